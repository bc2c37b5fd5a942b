//! When everything happened: the writer's own time, corrected by what the office saw of its clock, not
//! before what the writer had seen and not after the office had it.

use doorstep_model::entry::{Body, Dated};

use super::said::{Said, Sealed};
use super::same;
use crate::broken::Checked;

/// Gives every entry its effective time.
pub fn settle(all: &mut [Said]) {
    let words: Vec<(usize, Dated)> = (0..all.len())
        .filter(|at| all[*at].writer.office)
        .filter_map(|at| match &all[at].entry.body {
            Body::Dated(dated) => Some((at, dated.clone())),
            _ => None,
        })
        .collect();
    let times: Vec<i64> = all
        .iter()
        .map(|said| effective(all, &words, said))
        .collect();
    for (said, time) in all.iter_mut().zip(times) {
        said.time = time;
    }
}

fn effective(all: &[Said], words: &[(usize, Dated)], said: &Said) -> i64 {
    let own = said.entry.envelope.time;
    if said.writer.office {
        return said.entry.envelope.copy.map_or(own, |copy| copy.time);
    }
    let Some(sealed) = &said.sealed else {
        return own;
    };
    let (received_at, shifts) = match (proved(all, words, said, sealed), &sealed.arrival) {
        (_, None) => return own,
        (Some(dated), _) => (dated.received_at, &dated.shifts),
        (None, Some((received_at, shifts))) => (*received_at, shifts),
    };
    let boot = sealed
        .boots
        .iter()
        .rposition(|boot| boot.from <= said.counter);
    let shift = boot.and_then(|boot| shifts.get(boot)).copied().unwrap_or(0);
    let not_before = sealed.seen.map_or(i64::MIN, |seen| seen.received_at);
    (own + shift).max(not_before).min(received_at)
}

/// The office's last word about a segment whose earlier receipt was proved only later.
fn proved<'a>(
    all: &[Said],
    words: &'a [(usize, Dated)],
    said: &Said,
    sealed: &Sealed,
) -> Option<&'a Dated> {
    words
        .iter()
        .filter(|(word, dated)| {
            all[*word].area == said.area
                && dated.segment.author == said.writer.tag
                && dated.segment.n == sealed.n
        })
        .max_by_key(|(word, _)| all[*word].office_order())
        .map(|(_, dated)| dated)
}

/// The store says the same times.
///
/// # Errors
/// A time that differs.
pub fn agrees(all: &[Said]) -> Checked<()> {
    for said in all {
        let what = format_args!("time of {} ({:?})", said.own_name(), said.sealed);
        same(what, &said.stored.time, &said.time)?;
    }
    Ok(())
}
