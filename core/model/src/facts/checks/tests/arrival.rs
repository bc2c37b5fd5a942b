//! The fold is a function of the set of entries: neither order nor repetition of arrival shows.

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

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_show(
        (all, shuffled) in any_history().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        prop_assert_eq!(fold(&all, &PlainSeverity), fold(&shuffled, &PlainSeverity));
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
