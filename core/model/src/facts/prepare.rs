//! From all entries of a matter to those that count: copies of one entry made one, undone ones left
//! out, held and quarantined ones reported. What the remaining ones mean is for the folds.

use super::{Order, Placed, Standing};
use crate::entry::Body;
use crate::ids::Identity;

/// One entry, whatever the number of its copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known<'a> {
    /// The copy that holds: one that counts before one that does not, of these the first in order.
    pub placed: &'a Placed,
    /// The other copies that were received: equal identity, equal content.
    pub copies: Vec<&'a Placed>,
    /// Taken back by its own person on its own local day.
    pub undone: bool,
}

impl Known<'_> {
    /// Counts: neither held nor undone.
    pub fn counts(&self) -> bool {
        self.placed.standing == Standing::Counts && !self.undone
    }
}

/// What stands beside a fold's result, not in it: for the desk, and for "n held / quarantined".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Beside {
    /// Identities that wait for a person, in order.
    pub held: Vec<Identity>,
    /// Identities that do not count at all; sorted.
    pub quarantined: Vec<Identity>,
    /// Identities under which several different contents count: all stand, and the desk is warned;
    /// sorted.
    pub twins: Vec<Identity>,
}

/// The entries of a matter, each once, in order. Quarantined ones are as if they were not there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prepared<'a> {
    /// Every entry that is not quarantined, in order; see [`Known::counts`].
    pub known: Vec<Known<'a>>,
    /// What is reported and does not count.
    pub beside: Beside,
    /// Undo entries that take nothing back: another's entry, another day, or an unknown one.
    pub idle_undos: Vec<Identity>,
}

impl<'a> Prepared<'a> {
    /// The entries that count, in order.
    pub fn counting(&self) -> impl DoubleEndedIterator<Item = &'a Placed> + '_ {
        self.known
            .iter()
            .filter(|known| known.counts())
            .map(|known| known.placed)
    }
}

/// Makes copies one, applies undo, and sets aside what does not count.
///
/// Copies are entries of equal identity and equal content; of these the least effective time holds.
/// Equal identity with other content is two entries and a warning. An undo takes effect when its
/// person is the entry's and its local day is the entry's; an undo itself cannot be undone.
pub fn prepare(entries: &[Placed]) -> Prepared<'_> {
    let mut sorted: Vec<&Placed> = entries.iter().collect();
    sorted.sort_unstable_by_key(|placed| {
        (
            placed.identity,
            placed.content,
            placed.standing,
            placed.order(),
        )
    });
    let mut prepared = Prepared {
        known: Vec::with_capacity(sorted.len()),
        ..Prepared::default()
    };
    for copies in sorted.chunk_by(|a, b| a.identity == b.identity && a.content == b.content) {
        prepared.take_group(copies);
    }
    prepared.apply_undos();
    prepared.find_twins();
    prepared.beside.quarantined.dedup();
    prepared
        .known
        .sort_unstable_by_key(|known| (known.placed.order(), known.placed.content));
    prepared.beside.held = prepared
        .known
        .iter()
        .filter(|known| known.placed.standing == Standing::Held)
        .map(|known| known.placed.identity)
        .collect();
    prepared
}

impl<'a> Prepared<'a> {
    /// Takes the copies of one entry, the one that holds first. Groups come sorted by identity.
    fn take_group(&mut self, copies: &[&'a Placed]) {
        let Some((&placed, others)) = copies.split_first() else {
            return;
        };
        if placed.standing == Standing::Quarantined {
            self.beside.quarantined.push(placed.identity);
            return;
        }
        self.known.push(Known {
            placed,
            copies: others.to_vec(),
            undone: false,
        });
    }

    /// Lists the identities that count with several contents. `known` is sorted by identity here.
    fn find_twins(&mut self) {
        self.beside.twins = self
            .known
            .chunk_by(|a, b| a.placed.identity == b.placed.identity)
            .filter(|group| group.iter().filter(|known| known.counts()).count() > 1)
            .map(|group| group[0].placed.identity)
            .collect();
    }

    /// Marks what is undone. `known` is sorted by identity here.
    fn apply_undos(&mut self) {
        let undos: Vec<(&Placed, Identity)> = self
            .counting()
            .filter_map(|placed| match &placed.entry.body {
                Body::Undo(undo) => Some((placed, undo.of)),
                _ => None,
            })
            .collect();
        let mut idle: Vec<(Order, Identity)> = Vec::new();
        for (undo, of) in undos {
            let from = self
                .known
                .partition_point(|known| known.placed.identity < of);
            let mut took = false;
            for target in &mut self.known[from..] {
                if target.placed.identity != of {
                    break;
                }
                let own = target.placed.person == undo.person
                    && target.placed.day() == undo.day()
                    && !matches!(target.placed.entry.body, Body::Undo(_));
                target.undone |= own;
                took |= own;
            }
            if !took {
                idle.push((undo.order(), undo.identity));
            }
        }
        idle.sort_unstable();
        self.idle_undos = idle.into_iter().map(|(_, identity)| identity).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::testing::{NOON, entry, normal, permuted, undo};

    #[test]
    fn of_equal_origins_the_least_time_holds() {
        let first = entry(1, 1, NOON, normal()).placed();
        let late = entry(1, 1, NOON + 50, normal()).counter(900).placed();
        for slice in permuted(&[first.clone(), late.clone()]) {
            let prepared = prepare(&slice);
            assert_eq!(prepared.known.len(), 1);
            assert_eq!(prepared.known[0].placed, &first);
            assert_eq!(prepared.known[0].copies, [&late]);
            assert!(prepared.beside.twins.is_empty());
        }
    }

    #[test]
    fn a_copy_that_counts_holds_over_an_earlier_one_that_is_held() {
        let held = entry(1, 1, NOON, normal()).held().placed();
        let adopted = entry(1, 1, NOON + 50, normal()).counter(900).placed();
        let both = [held, adopted.clone()];
        let prepared = prepare(&both);
        assert_eq!(prepared.counting().collect::<Vec<_>>(), [&adopted]);
        assert!(prepared.beside.held.is_empty());
    }

    #[test]
    fn equal_identity_and_other_content_are_two_and_a_warning() {
        let one = entry(1, 1, NOON, normal()).placed();
        let other = entry(1, 1, NOON + 1, crate::facts::testing::missing())
            .counter(900)
            .placed();
        let both = [one.clone(), other];
        let prepared = prepare(&both);
        assert_eq!(prepared.counting().count(), 2);
        assert_eq!(prepared.beside.twins, [one.identity]);
    }

    #[test]
    fn an_undo_takes_back_ones_own_of_the_same_day_only() {
        let mine = entry(1, 1, NOON, normal()).placed();
        let yours = entry(2, 2, NOON, normal()).placed();
        let undo_mine = entry(1, 3, NOON + 5, undo(mine.identity)).placed();
        let undo_yours = entry(1, 4, NOON + 5, undo(yours.identity)).placed();
        let tomorrow = entry(2, 5, NOON + 86_400, undo(yours.identity)).placed();
        let all = [
            mine.clone(),
            yours.clone(),
            undo_mine,
            undo_yours.clone(),
            tomorrow.clone(),
        ];
        for slice in permuted(&all) {
            let prepared = prepare(&slice);
            let undone: Vec<_> = prepared.known.iter().filter(|k| k.undone).collect();
            assert_eq!(undone.len(), 1);
            assert_eq!(undone[0].placed.identity, mine.identity);
            assert_eq!(
                prepared.idle_undos,
                [undo_yours.identity, tomorrow.identity]
            );
        }
    }

    #[test]
    fn held_and_quarantined_are_reported_and_do_not_count() {
        let held = entry(1, 1, NOON, normal()).held().placed();
        let out = entry(1, 2, NOON, normal()).quarantined().placed();
        let both = [held.clone(), out.clone()];
        let prepared = prepare(&both);
        assert_eq!(prepared.counting().count(), 0);
        assert_eq!(prepared.beside.held, [held.identity]);
        assert_eq!(prepared.beside.quarantined, [out.identity]);
        assert_eq!(prepared.known.len(), 1, "the quarantined one is not known");
    }
}
