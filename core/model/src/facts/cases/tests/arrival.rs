//! The fold is a function of the set of entries: neither order nor repetition of arrival shows.

use std::collections::BTreeSet;

use super::table::table;
use super::*;
use crate::facts::Known;
use proptest::prelude::*;

#[test]
fn what_names_nothing_known_or_closes_a_circle_orders_nothing_and_is_listed() {
    let all = [
        volunteer(1, found(1), &[99]),
        clerk(2, CaseEvent::Registered, &[1, 3]),
        volunteer(3, step(CaseEvent::Suspected3), &[2, 3]),
    ];
    let state = state(&all);
    assert_eq!(state.unknown_after, [(id(1), id(99))]);
    assert_eq!(
        state.circular_after,
        [(id(2), id(3)), (id(3), id(2)), (id(3), id(3))]
    );
    assert_eq!(state.state, State::Registered);
}

fn any_event(n: u64) -> impl Strategy<Value = Placed> {
    let events: Vec<CaseStep> = table().into_iter().map(|row| row.0).collect();
    let body = prop_oneof![
        1 => (0u8..4).prop_map(|level| crate::entry::Body::from(found(level))),
        8 => prop::sample::select(events).prop_map(crate::entry::Body::from),
        1 => (0u64..8).prop_map(|of| crate::entry::Body::from(undo(id(of)))),
        1 => Just(crate::entry::Body::Unread { kind: 9_999 }),
    ];
    let after = proptest::collection::vec(0u64..9, 0..3);
    let role = prop::sample::select(Role::ALL.to_vec());
    let feed = (0u64..9, proptest::option::of(0u64..9), 0u8..8);
    (body, 0u8..4, role, 0i64..6, after, feed).prop_map(
        move |(body, by, role, time, after, (received, seen, standing))| {
            let draft = entry(by, n, NOON + time * 60, body)
                .role(role)
                .after(&after);
            let draft = draft.received(received);
            let draft = match seen {
                Some(seen) => draft.seen(seen),
                None => draft,
            };
            match standing {
                0 => draft.held().placed(),
                1 => draft.quarantined().placed(),
                2 => draft
                    .identity(id(after.first().copied().unwrap_or(n)))
                    .placed(),
                _ => draft.placed(),
            }
        },
    )
}

fn any_case() -> impl Strategy<Value = Vec<Placed>> {
    (1usize..10).prop_flat_map(|len| (0..len as u64).map(any_event).collect::<Vec<_>>())
}

/// What each known entry had seen, through others too, by position: the definition, slowly.
fn ancestors(known: &[Known<'_>]) -> Vec<BTreeSet<Identity>> {
    let mut seen: Vec<BTreeSet<Identity>> = known
        .iter()
        .map(|one| one.placed.after().iter().copied().collect())
        .collect();
    loop {
        let before = seen.clone();
        for own in &mut seen {
            for (other, one) in known.iter().enumerate() {
                if own.contains(&one.placed.identity) {
                    own.extend(before[other].iter().copied());
                }
            }
        }
        if seen == before {
            return seen;
        }
    }
}

proptest! {
    #[test]
    fn an_ending_is_taken_only_where_no_event_is_concurrent(all in any_case()) {
        let state = fold(&all);
        if !state.circular_after.is_empty() {
            return Ok(());
        }
        let prepared = crate::facts::prepare(&all);
        let known = &prepared.known;
        let seen = ancestors(known);
        let is_event = |one: &Known<'_>| !one.undone && !matches!(one.placed.entry.body, Body::Undo(_));
        for step in &state.steps {
            let at = known.iter().position(|one| {
                one.placed.identity == step.identity && one.placed.stands_at() == step.time
            });
            let at = at.expect("every step is known");
            let ends = matches!(&known[at].placed.entry.body, Body::CaseStep(step) if Act::Step(step).ends());
            if !ends || state.beside.twins.contains(&step.identity) {
                continue;
            }
            let concurrent = known.iter().enumerate().filter(|(other, one)| {
                *other != at
                    && is_event(one)
                    && !seen[at].contains(&one.placed.identity)
                    && !seen[*other].contains(&step.identity)
            });
            let uncovered = concurrent.filter(|(_, one)| {
                let positions = known[at].placed.received.iter();
                !positions.clone().any(|point| one.placed.seen.is_some_and(|seen| seen.position >= point.position))
            });
            let uncovered = uncovered.count();
            match &step.fate {
                Fate::Taken(_) => prop_assert_eq!(uncovered, 0),
                Fate::Claim(Why::Concurrent(with)) => prop_assert!(with.len() >= uncovered && !with.is_empty()),
                Fate::Claim(_) | Fate::Aside => {}
            }
        }
    }

    #[test]
    fn the_order_of_arrival_does_not_show(
        (all, shuffled) in any_case().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        prop_assert_eq!(fold(&all), fold(&shuffled));
    }

    #[test]
    fn an_event_that_comes_twice_changes_nothing(all in any_case(), which in any::<prop::sample::Index>()) {
        let mut twice = all.clone();
        twice.push(all[which.index(all.len())].clone());
        prop_assert_eq!(fold(&all), fold(&twice));
    }

    #[test]
    fn every_known_entry_stands_in_the_order_once(all in any_case()) {
        let state = fold(&all);
        let known = crate::facts::prepare(&all).known.len();
        prop_assert_eq!(state.steps.len(), known);
        prop_assert_eq!(state.end.is_some(), matches!(state.state, State::Closed | State::FixedOnSpot | State::Merged));
    }

    #[test]
    fn two_that_merge_what_they_have_never_close_a_case_that_both_held_open(
        ours in any_case(),
        theirs in any_case(),
    ) {
        // Theirs under other identities: what the one side wrote, the other had not seen.
        let theirs = theirs.into_iter().map(|mut placed| {
            placed.identity = Identity::hashed("other side", &[placed.identity.as_bytes()]);
            placed.seen = None;
            let mut entry = (*placed.entry).clone();
            entry.envelope.after = None;
            placed.entry = std::sync::Arc::new(entry);
            placed
        });
        let ours: Vec<Placed> = ours.into_iter().map(|mut placed| { placed.seen = None; placed }).collect();
        let theirs: Vec<Placed> = theirs.collect();
        let ends = |all: &[Placed]| fold(all).end.is_some();
        if !ends(&ours) && !ends(&theirs) {
            let merged = fold(&[ours.as_slice(), theirs.as_slice()].concat());
            prop_assert_eq!(merged.end, None);
        }
    }
}
