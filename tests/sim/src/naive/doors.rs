//! What is known of each door by going there: the last attempt that counts and how many there were.

use doorstep_model::entry::{Body, VisitOutcome};
use doorstep_model::ids::Identity;

use super::about::About;
use super::order::Order;
use super::table::{Row, row};

/// One attempt at a door.
struct Attempt {
    at: (i64, Identity),
    outcome: VisitOutcome,
    /// The day on which to come again.
    next: Option<u32>,
}

/// What became of the last attempt, when, when the next one is, and how many there were.
pub fn attempts(about: &About<'_>) -> Row {
    let carry = about.last_word(|body| match body {
        Body::Carry(carry) => carry.visit.map(|outcome| (carry, outcome)),
        _ => None,
    });
    let carried = carry.as_ref().map(|(_, (carry, _))| carry.entry);
    let mut attempts: Vec<Attempt> = about
        .each(|body| match body {
            Body::Visit(visit) => Some(visit),
            _ => None,
        })
        .filter(|(said, _)| Some(said.identity) != carried)
        .map(|(said, visit)| Attempt {
            at: (said.time, said.identity),
            outcome: corrected(about, said.identity, None).unwrap_or(visit.outcome),
            next: visit.next,
        })
        .collect();
    if let Some((said, (carry, outcome))) = carry {
        attempts.push(Attempt {
            at: (carry.time, carry.entry),
            outcome: corrected(about, carry.entry, Some(said.order())).unwrap_or(outcome),
            next: None,
        });
    }
    let count = attempts.len();
    match attempts.into_iter().max_by_key(|attempt| attempt.at) {
        None => row![None::<u8>, None::<i64>, None::<u32>, 0u8],
        Some(last) => row![last.outcome as u8, last.at.0, last.next, count],
    }
}

/// What the last correction says really became of an attempt; what was said before it was carried is
/// in the carry.
fn corrected(about: &About<'_>, visit: Identity, carried: Option<Order>) -> Option<VisitOutcome> {
    about
        .each(|body| match body {
            Body::Correction(correction) => Some(correction),
            _ => None,
        })
        .filter(|(said, correction)| {
            about.original(correction.of) == visit
                && carried.is_none_or(|carried| carried < said.order())
        })
        .max_by_key(|(said, _)| said.order())
        .and_then(|(_, correction)| correction.visit)
}
