//! From entries to looks: each check once, with the outcome of its correction, in order, and which
//! of one person's looks a later one supersedes. Disputes between looks are not here.

use crate::entry::{Body, Carry, Outcome};
use crate::facts::imported::{Told, fold_imported};
use crate::facts::{Corrections, Placed, Prepared};
use crate::ids::{AuthorTag, Identity, PersonId};
use crate::time::WINDOW;

/// One look at the asset, as it counts in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The check's identity; a carried check keeps its own.
    pub identity: Identity,
    /// Who looked.
    pub person: PersonId,
    /// When, unix seconds; the last second of the day where only a date is known.
    pub time: i64,
    /// Only the date is known.
    pub date_only: bool,
    /// From an imported log, not a phone.
    pub imported: bool,
    /// A `carry` entry stands for it: its own entry lies below the horizon.
    pub carried: bool,
    /// Author and counter as first written, by which looks of one second are ordered.
    pub written: Option<(AuthorTag, u64)>,
    /// What was seen, corrections applied.
    pub outcome: Outcome,
    /// The correction that holds for it.
    pub corrected_by: Option<Identity>,
    /// The same person's later look within 60:00: this one is history only.
    pub superseded_by: Option<Identity>,
}

impl Look {
    /// Its place in the order of everything.
    pub(super) fn order(&self) -> (i64, Identity, Option<(AuthorTag, u64)>) {
        (self.time, self.identity, self.written)
    }
}

/// The looks among entries, in order.
pub(super) struct Gathered {
    pub(super) looks: Vec<Look>,
    pub(super) folded: Vec<(Identity, Identity)>,
    pub(super) dangling: Vec<Identity>,
}

/// Makes looks of checks and of the carry that holds, folds imported rows into the phone entries
/// that tell the same, and applies corrections.
pub(super) fn gather(prepared: &Prepared<'_>, corrections: &Corrections<'_>) -> Gathered {
    let carry = last_carry(prepared);
    let told: Vec<Told<'_, &Outcome>> = prepared
        .counting()
        .filter_map(|placed| match &placed.entry.body {
            Body::Check(check) => Some(Told {
                placed,
                result: &check.outcome,
            }),
            _ => None,
        })
        .filter(|told| carry.is_none_or(|(_, carry)| carry.entry != told.placed.identity))
        .collect();
    let pairs = fold_imported(&told);
    let folded: Vec<(Identity, Identity)> = pairs
        .iter()
        .map(|&(row, entry)| (told[row].placed.identity, told[entry].placed.identity))
        .collect();
    let correct = |identity, carried| corrections.of_folded(identity, &folded, carried);
    let mut looks = Vec::with_capacity(told.len() + 1);
    for (at, one) in told.iter().enumerate() {
        if pairs.binary_search_by_key(&at, |pair| pair.0).is_err() {
            let correction = correct(one.placed.identity, None);
            looks.push(Look {
                identity: one.placed.identity,
                person: one.placed.person,
                time: one.placed.stands_at(),
                date_only: one.placed.date_only,
                imported: one.placed.imported,
                carried: false,
                written: one.placed.first_written(),
                outcome: correction
                    .map_or(one.result, |of| &of.correction.outcome)
                    .clone(),
                corrected_by: correction.map(|of| of.identity),
                superseded_by: None,
            });
        }
    }
    if let Some((placed, carry)) = carry {
        let correction = correct(carry.entry, Some(placed.order()));
        let written = carry.entry.entry_parts();
        looks.push(Look {
            identity: carry.entry,
            person: carry.person,
            time: carry.time,
            date_only: false,
            imported: written.is_none(),
            carried: true,
            written,
            outcome: correction
                .map_or(&carry.outcome, |of| &of.correction.outcome)
                .clone(),
            corrected_by: correction.map(|of| of.identity),
            superseded_by: None,
        });
    }
    let known = |identity| {
        told.iter().any(|one| one.placed.identity == identity)
            || carry.is_some_and(|(_, carry)| carry.entry == identity)
    };
    let dangling = corrections.dangling(prepared, known);
    looks.sort_by(|a, b| (a.order(), &a.outcome).cmp(&(b.order(), &b.outcome)));
    Gathered {
        looks,
        folded,
        dangling,
    }
}

/// The carry that holds for the asset: the last in order; an earlier one is void.
fn last_carry<'a>(prepared: &Prepared<'a>) -> Option<(&'a Placed, &'a Carry)> {
    prepared
        .counting()
        .rev()
        .find_map(|placed| match &placed.entry.body {
            Body::Carry(carry) if carry.visit.is_none() => Some((placed, carry)),
            _ => None,
        })
}

/// Marks each look that the same person's later look within 60:00 supersedes, whatever the phone.
///
/// Both need a clock time, and the later one must be later: at one second only the same author's
/// higher counter is. An imported row and a tap never supersede each other: they wait instead.
pub(super) fn supersede(looks: &mut [Look]) {
    let mut turns: Vec<usize> = (0..looks.len())
        .filter(|&at| !looks[at].date_only)
        .collect();
    let side = |look: &Look| (look.person, look.imported);
    turns.sort_by_key(|&at| (side(&looks[at]), looks[at].time, looks[at].written));
    // Walking back, `later` is the person's earliest look at a later second, `higher` the same
    // author's next counter at the same second. Twins share a counter and do not order each other.
    let (mut later, mut higher): (Option<usize>, Option<usize>) = (None, None);
    for turn in (0..turns.len()).rev() {
        let at = turns[turn];
        let next = turns.get(turn + 1).copied();
        let next = next.filter(|&next| side(&looks[next]) == side(&looks[at]));
        match next {
            None => (later, higher) = (None, None),
            Some(next) if looks[next].time > looks[at].time => {
                (later, higher) = (Some(next), None);
            }
            Some(next) => match (looks[at].written, looks[next].written) {
                (Some(own), Some(other)) if own.0 == other.0 => {
                    higher = if own.1 < other.1 { Some(next) } else { higher };
                }
                _ => higher = None,
            },
        }
        let within = later.filter(|&later| looks[later].time - looks[at].time <= WINDOW);
        looks[at].superseded_by = higher.or(within).map(|by| looks[by].identity);
    }
}
