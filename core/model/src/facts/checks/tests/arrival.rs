//! The fold is a function of the set of entries: neither order nor repetition of arrival shows.

use std::collections::BTreeSet;

use super::*;
use proptest::prelude::*;

fn any_entry(n: u64) -> impl Strategy<Value = Placed> {
    let outcome = prop_oneof![
        Just(Outcome::Normal),
        Just(Outcome::Missing),
        Just(Outcome::of_faults(vec!["a".to_owned()])),
    ];
    let names = proptest::collection::vec(0u64..9, 1..4);
    let flags = (any::<bool>(), 0u8..12);
    (0u8..4, -8i64..8, outcome, names, flags).prop_map(
        move |(by, time, outcome, names, (date, kind))| {
            let time = NOON + time * 20 * MINUTE;
            let draft = match kind {
                0 => entry(by, n, time, correction(names[0], outcome)),
                1 => entry(by, n, time, decision(&names, outcome)),
                2 => entry(by, n, time, undo(id(names[0]))),
                _ => entry(by, n, time, crate::facts::testing::check(outcome)),
            };
            match kind {
                3 => draft.held().placed(),
                4 if date => draft.imported().date_only().placed(),
                5 => draft.imported().placed(),
                6 => draft.identity(id(names[0])).placed(),
                _ => draft.placed(),
            }
        },
    )
}

fn any_history() -> impl Strategy<Value = Vec<Placed>> {
    (1usize..9).prop_flat_map(|len| (0..len as u64).map(any_entry).collect::<Vec<_>>())
}

/// "The same person's later one of the same asset ≤ 60:00 after it; a clock time on both and the
/// later one later (of one author at one second: by counter)"; never between a row and a tap.
fn supersedes(later: &Look, earlier: &Look) -> bool {
    let comparable = later.person == earlier.person
        && later.imported == earlier.imported
        && !later.date_only
        && !earlier.date_only;
    let one_author = later
        .written
        .zip(earlier.written)
        .is_some_and(|(later, earlier)| later.0 == earlier.0 && later.1 > earlier.1);
    let apart = later.time - earlier.time;
    comparable && ((apart > 0 && apart <= HOUR) || (apart == 0 && one_author))
}

/// Two persons ≤ 60:00 apart; a date with anything of its day; one person's that cannot be ordered;
/// a row and a tap of one person ≤ 60:00 apart.
fn concerns(first: &Look, second: &Look) -> bool {
    let apart = (first.time - second.time).abs();
    if first.date_only || second.date_only {
        LocalDay::of(first.time) == LocalDay::of(second.time)
    } else if first.person != second.person || first.imported != second.imported {
        apart <= HOUR
    } else {
        apart == 0
    }
}

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_show(
        (all, shuffled) in any_history().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        prop_assert_eq!(fold(&all, &PlainSeverity), fold(&shuffled, &PlainSeverity));
    }

    #[test]
    fn supersession_and_disputes_are_the_definition_word_for_word(all in any_history()) {
        let state = fold(&all, &PlainSeverity);
        let looks = &state.history;
        for look in looks {
            let by = looks.iter().any(|later| supersedes(later, look));
            prop_assert_eq!(look.superseded_by.is_some(), by, "{:?}", look.identity);
        }
        let open: Vec<&Look> = looks.iter().filter(|look| look.superseded_by.is_none()).collect();
        let mut pairs = Vec::new();
        for (at, first) in open.iter().enumerate() {
            for second in &open[at + 1..] {
                let both = first.time.max(second.time);
                let ended = looks.iter().any(|look| look.time - both > HOUR);
                if concerns(first, second) && first.outcome != second.outcome && !ended {
                    pairs.push((first.identity, second.identity));
                }
            }
        }
        let mut found: Vec<_> = state.disputes.iter().flat_map(|one| one.pairs.clone()).collect();
        found.sort_unstable();
        pairs.sort_unstable();
        prop_assert_eq!(found, pairs);
        let places = |one: &Dispute| -> BTreeSet<usize> {
            one.places.iter().flat_map(|&(a, b)| [a, b]).collect()
        };
        let mut members: Vec<usize> = state.disputes.iter().flat_map(places).collect();
        let all_members = members.len();
        members.sort_unstable();
        members.dedup();
        prop_assert_eq!(members.len(), all_members, "a check is in one dispute");
    }

    #[test]
    fn an_entry_that_comes_twice_changes_nothing(all in any_history(), which in any::<prop::sample::Index>()) {
        let mut twice = all.clone();
        twice.push(all[which.index(all.len())].clone());
        prop_assert_eq!(fold(&all, &PlainSeverity), fold(&twice, &PlainSeverity));
    }

    #[test]
    fn what_counts_is_never_better_than_what_waits(all in any_history()) {
        let state = fold(&all, &PlainSeverity);
        let rank = |identity: &Identity| {
            let look = state.history.iter().filter(|look| look.identity == *identity);
            look.map(|look| PlainSeverity.rank(&look.outcome)).min().unwrap_or(0)
        };
        let worst = state.waiting().flat_map(|dispute| &dispute.checks).map(rank).max();
        let counts = state.current.as_ref().map(|current| PlainSeverity.rank(&current.outcome));
        prop_assert!(worst <= counts, "{:?} < {:?}", counts, worst);
    }
}
