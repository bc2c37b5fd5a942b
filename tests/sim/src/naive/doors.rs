//! What is known of each door by going there: the last attempt that counts and how many there were.

use doorstep_model::entry::{Body, VisitOutcome};
use doorstep_model::ids::Identity;
use rusqlite::Connection;

use super::fields::made;
use super::looks::original;
use super::said::Said;
use super::{is_undone, same, story};
use crate::broken::Checked;

/// What a door's attempts come to: outcome, instant and next day of the last, and how many.
type Known = (Option<u8>, Option<i64>, Option<u32>, usize);

fn fold(counting: &[&Said], door: Identity) -> Known {
    let about: Vec<&Said> = counting
        .iter()
        .filter(|said| said.subject == door && !is_undone(counting, said))
        .copied()
        .collect();
    let attempts: Vec<(&Said, VisitOutcome, Option<u32>)> = about
        .iter()
        .filter_map(|said| match &said.entry.body {
            Body::Visit(visit) => {
                let outcome = corrected(&about, said.identity).unwrap_or(visit.outcome);
                Some((*said, outcome, visit.next))
            }
            _ => None,
        })
        .collect();
    let last = attempts.iter().max_by_key(|(said, _, _)| said.order());
    match last {
        None => (None, None, None, 0),
        Some((said, outcome, next)) => {
            (Some(*outcome as u8), Some(said.time), *next, attempts.len())
        }
    }
}

/// What the last correction that speaks of an attempt says really became of it.
fn corrected(about: &[&Said], visit: Identity) -> Option<VisitOutcome> {
    about
        .iter()
        .filter(|said| original(about, said.identity) == visit)
        .filter_map(|said| match &said.entry.body {
            Body::Correction(correction) => Some((said.order(), correction.visit?)),
            _ => None,
        })
        .max_by_key(|(order, _)| *order)
        .map(|(_, outcome)| outcome)
}

/// Every place's row says what the attempts at its door come to.
///
/// # Errors
/// A row that differs.
pub fn agrees(connection: &Connection, counting: &[&Said]) -> Checked<()> {
    let mut select = connection.prepare_cached(
        "SELECT visit, visit_at, visit_next, attempts FROM place WHERE id = ?1",
    )?;
    for door in made(counting, |body| matches!(body, Body::PlaceAdded(_))) {
        let row: Known = select.query_row([door.as_bytes()], |row| {
            let attempts: u32 = row.get(3)?;
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, attempts as usize))
        })?;
        same(
            format_args!("visits of {door}, of which\n{}\n", story(counting, door)),
            &row,
            &fold(counting, door),
        )?;
    }
    Ok(())
}
