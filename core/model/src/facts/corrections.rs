//! Which correction holds for an entry. A correction takes the place, the person and the time of
//! what it corrects; here only *which* is found, applying it is for the fold of checks or visits.

use super::{Order, Placed, Prepared};
use crate::entry::{Body, Correction};
use crate::ids::Identity;

/// The corrections among prepared entries, by the original that each corrects in the end.
#[derive(Debug, Clone, Default)]
pub struct Corrections<'a> {
    /// Sorted by original, then order.
    holding: Vec<Corrected<'a>>,
    /// Of every known correction, its own identity and its original; sorted.
    originals: Vec<(Identity, Option<Identity>)>,
}

/// The correction of one original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corrected<'a> {
    /// What is corrected in the end.
    pub original: Identity,
    /// The correction's own place in the order.
    pub order: Order,
    /// The correction itself.
    pub identity: Identity,
    /// What it says.
    pub correction: &'a Correction,
}

impl<'a> Corrections<'a> {
    /// Finds the original of every correction: correcting a correction corrects the original. A
    /// chain goes through corrections that are held or undone, but those do not hold themselves.
    /// Corrections that name one another in a circle correct nothing.
    pub fn among(prepared: &Prepared<'a>) -> Self {
        let mut links: Vec<(Identity, Identity)> = Vec::new();
        for known in &prepared.known {
            if let Body::Correction(correction) = &known.placed.entry.body {
                links.push((known.placed.identity, correction.of));
            }
        }
        if links.is_empty() {
            return Self::default();
        }
        links.sort_unstable();
        links.dedup_by_key(|link| link.0);
        let originals = resolve(&links);
        let mut corrections = Self {
            holding: Vec::new(),
            originals,
        };
        for placed in prepared.counting() {
            if let Body::Correction(correction) = &placed.entry.body
                && let Some(original) = corrections.original(correction.of)
            {
                corrections.holding.push(Corrected {
                    original,
                    order: placed.order(),
                    identity: placed.identity,
                    correction,
                });
            }
        }
        corrections
            .holding
            .sort_unstable_by_key(|one| (one.original, one.order));
        corrections
    }

    /// What this identity corrects in the end; itself when it is no correction. `None` in a circle.
    pub fn original(&self, identity: Identity) -> Option<Identity> {
        match self.originals.binary_search_by_key(&identity, |one| one.0) {
            Ok(at) => self.originals[at].1,
            Err(_) => Some(identity),
        }
    }

    /// The correction that holds for this original: the last in order. Where the original is
    /// carried, only one after the `carry` entry: that one holds the earlier ones already.
    pub fn of(&self, original: Identity, carry: Option<Order>) -> Option<Corrected<'a>> {
        let until = self.holding.partition_point(|one| one.original <= original);
        let last = self.holding[..until].last()?;
        let applies = last.original == original && carry.is_none_or(|carry| carry < last.order);
        applies.then_some(*last)
    }

    /// As [`Corrections::of`], and of a phone entry also the corrections of the imported rows that
    /// are folded into it: `folded` is (row, entry).
    pub(super) fn of_folded(
        &self,
        original: Identity,
        folded: &[(Identity, Identity)],
        carry: Option<Order>,
    ) -> Option<Corrected<'a>> {
        let rows = folded.iter().filter(|(_, entry)| *entry == original);
        rows.filter_map(|(row, _)| self.of(*row, carry))
            .chain(self.of(original, carry))
            .max_by_key(|one| one.order)
    }

    /// Corrections of something that is not known here, or of one another; sorted.
    pub fn dangling(
        &self,
        prepared: &Prepared<'_>,
        exists: impl Fn(Identity) -> bool,
    ) -> Vec<Identity> {
        let mut dangling: Vec<Identity> = prepared
            .counting()
            .filter(|placed: &&Placed| match &placed.entry.body {
                Body::Correction(correction) => !self.original(correction.of).is_some_and(&exists),
                _ => false,
            })
            .map(|placed| placed.identity)
            .collect();
        dangling.sort_unstable();
        dangling
    }
}

/// Follows every link (correction, what it names) to what is no correction; sorted by correction.
fn resolve(links: &[(Identity, Identity)]) -> Vec<(Identity, Option<Identity>)> {
    #[derive(Clone, Copy, PartialEq)]
    enum Walk {
        New,
        Open,
        Done(Option<Identity>),
    }
    let next = |at: usize| links.binary_search_by_key(&links[at].1, |link| link.0);
    let mut walks = vec![Walk::New; links.len()];
    let mut path = Vec::new();
    for start in 0..links.len() {
        let mut at = start;
        let end = loop {
            match walks[at] {
                Walk::Done(end) => break end,
                Walk::Open => break None,
                Walk::New => {
                    walks[at] = Walk::Open;
                    path.push(at);
                    match next(at) {
                        Ok(named) => at = named,
                        Err(_) => break Some(links[at].1),
                    }
                }
            }
        };
        for walked in path.drain(..) {
            walks[walked] = Walk::Done(end);
        }
    }
    let ends = walks.into_iter().map(|walk| match walk {
        Walk::Done(end) => end,
        Walk::New | Walk::Open => None,
    });
    links.iter().map(|link| link.0).zip(ends).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Outcome;
    use crate::facts::prepare;
    use crate::facts::testing::{NOON, correction, entry, id, normal, permuted};

    #[test]
    fn correcting_a_correction_corrects_the_original_and_the_later_holds() {
        let all = [
            entry(1, 1, NOON, normal()).placed(),
            entry(2, 2, NOON + 90, correction(1, Outcome::Missing)).placed(),
            entry(2, 3, NOON + 60, correction(2, Outcome::Normal)).placed(),
        ];
        for slice in permuted(&all) {
            let prepared = prepare(&slice);
            let corrections = Corrections::among(&prepared);
            let holding = corrections.of(id(1), None).expect("one holds");
            assert_eq!(holding.identity, id(2), "the later, not the outer one");
            assert_eq!(holding.correction.outcome, Outcome::Missing);
        }
    }

    #[test]
    fn a_chain_goes_through_a_held_correction() {
        let all = [
            entry(1, 1, NOON, normal()).placed(),
            entry(2, 2, NOON + 10, correction(1, Outcome::Missing))
                .held()
                .placed(),
            entry(2, 3, NOON + 20, correction(2, Outcome::Normal)).placed(),
        ];
        let prepared = prepare(&all);
        let corrections = Corrections::among(&prepared);
        let holding = corrections.of(id(1), None).map(|one| one.identity);
        assert_eq!(holding, Some(id(3)));
    }

    #[test]
    fn a_circle_corrects_nothing_and_is_listed() {
        let all = [
            entry(1, 1, NOON, normal()).placed(),
            entry(2, 2, NOON + 10, correction(3, Outcome::Missing)).placed(),
            entry(2, 3, NOON + 20, correction(2, Outcome::Missing)).placed(),
            entry(2, 4, NOON + 20, correction(99, Outcome::Missing)).placed(),
        ];
        let prepared = prepare(&all);
        let corrections = Corrections::among(&prepared);
        assert_eq!(corrections.of(id(1), None), None);
        let dangling = corrections.dangling(&prepared, |identity| identity == id(1));
        assert_eq!(dangling, [id(2), id(3), id(4)]);
    }

    #[test]
    fn a_carry_holds_the_corrections_before_it() {
        let all = [entry(2, 2, NOON + 10, correction(1, Outcome::Missing)).placed()];
        let carry = |time| entry(9, 9, time, normal()).placed().order();
        let prepared = prepare(&all);
        let corrections = Corrections::among(&prepared);
        assert!(corrections.of(id(1), Some(carry(NOON))).is_some());
        assert!(corrections.of(id(1), Some(carry(NOON + 60))).is_none());
    }
}
