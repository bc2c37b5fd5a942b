//! When everything happened: the writer's own time, corrected by what the office saw of its clock, not
//! before what the writer had seen and not after the office had it.

use doorstep_model::entry::{Body, Dated};
use rusqlite::Connection;

use super::said::{Said, Sealed};
use super::same;
use crate::broken::Checked;

/// Gives every entry its effective time.
pub fn settle(all: &mut [Said]) {
    let times: Vec<i64> = all.iter().map(|said| effective(all, said)).collect();
    for (said, time) in all.iter_mut().zip(times) {
        said.time = time;
    }
}

fn effective(all: &[Said], said: &Said) -> i64 {
    let own = said.entry.envelope.time;
    if said.writer.office {
        return said.entry.envelope.copy.map_or(own, |copy| copy.time);
    }
    let Some(sealed) = &said.sealed else {
        return own;
    };
    let (received_at, shifts) = match (proved(all, said, sealed), &sealed.arrival) {
        (Some(dated), _) => (dated.received_at, &dated.shifts),
        (None, Some((received_at, shifts))) => (*received_at, shifts),
        (None, None) => return own,
    };
    let boot = sealed
        .boots
        .iter()
        .rposition(|boot| boot.from <= said.counter);
    let shift = boot.and_then(|boot| shifts.get(boot)).copied().unwrap_or(0);
    let not_before = sealed.seen.map_or(i64::MIN, |seen| seen.received_at);
    (own + shift).max(not_before).min(received_at)
}

/// What the office wrote about a segment whose earlier receipt was proved only later.
fn proved<'a>(all: &'a [Said], said: &Said, sealed: &Sealed) -> Option<&'a Dated> {
    all.iter()
        .filter(|word| word.writer.office && word.area == said.area)
        .filter_map(|word| match &word.entry.body {
            Body::Dated(dated)
                if dated.segment.author == said.writer.tag && dated.segment.n == sealed.n =>
            {
                Some((word.office_order(), dated))
            }
            _ => None,
        })
        .max_by_key(|(order, _)| *order)
        .map(|(_, dated)| dated)
}

/// The office's store says the same times.
///
/// # Errors
/// A time that differs.
pub fn agrees(connection: &Connection, all: &[Said]) -> Checked<()> {
    let mut select = connection.prepare_cached("SELECT time FROM entry WHERE id = ?1")?;
    for said in all {
        let time: i64 = select.query_row([said.row], |row| row.get(0))?;
        same(
            format_args!("time of {}", said.own_name()),
            &time,
            &said.time,
        )?;
    }
    Ok(())
}
