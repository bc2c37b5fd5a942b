use super::*;
use crate::entry::{CaseClass, Note};
use crate::facts::testing::{Draft, NOON, entry, id, permuted, person, undo};
use crate::ids::{Identity, PlaceId};
use crate::role::Role;

mod arrival;
mod endings;
mod table;

const DAY: i64 = 86_400;

fn found(level: u8) -> Found {
    Found {
        class: CaseClass::Hazard,
        kind: "exit_blocked".to_owned(),
        place: PlaceId(id(500)),
        asset: None,
        level,
        suspected: None,
        note: None,
        photos: None,
        round: None,
        campaign: None,
    }
}

/// A step with everything that any step may need.
fn step(event: CaseEvent) -> CaseStep {
    CaseStep {
        event,
        note: Some("as seen".to_owned()),
        date: Some(30_000),
        body: Some("房管".to_owned()),
        receipt: Some("2026-17".to_owned()),
        into: None,
        passed: Some(true),
        level: None,
        approved_by: Some(person(200)),
        helpers: None,
        photos: None,
    }
}

fn fail() -> CaseStep {
    CaseStep {
        passed: Some(false),
        ..step(CaseEvent::Rechecked)
    }
}

/// Entry `n`, a minute after entry `n - 1`, by this person in this role, after these.
fn at(n: u64, by: u8, role: Role, body: impl Into<crate::entry::Body>, after: &[u64]) -> Draft {
    let time = NOON + n as i64 * 60;
    entry(by, n, time, body).role(role).after(after)
}

fn clerk(n: u64, event: CaseEvent, after: &[u64]) -> Placed {
    at(n, 10, Role::Clerk, step(event), after).placed()
}

fn worker(n: u64, event: CaseEvent, after: &[u64]) -> Placed {
    at(n, 20, Role::Department, step(event), after).placed()
}

fn volunteer(n: u64, body: impl Into<crate::entry::Body>, after: &[u64]) -> Placed {
    at(n, 30, Role::Volunteer, body, after).placed()
}

/// A case of level 1, from found (1) to reported (6).
fn reported() -> Vec<Placed> {
    vec![
        volunteer(1, found(1), &[]),
        clerk(2, CaseEvent::Registered, &[1]),
        clerk(3, CaseEvent::Dispatched, &[2]),
        worker(4, CaseEvent::Accepted, &[3]),
        worker(5, CaseEvent::Rectifying, &[4]),
        worker(6, CaseEvent::Reported, &[5]),
    ]
}

/// The same case re-checked (7) and closed (8).
fn closed() -> Vec<Placed> {
    let mut all = reported();
    all.push(volunteer(7, step(CaseEvent::Rechecked), &[6]));
    all.push(clerk(8, CaseEvent::Closed, &[7]));
    all
}

fn state(entries: &[Placed]) -> CaseState {
    let state = fold(entries);
    for slice in permuted(entries) {
        assert_eq!(fold(&slice), state, "arrival shows");
    }
    state
}

fn with(mut all: Vec<Placed>, more: impl IntoIterator<Item = Placed>) -> Vec<Placed> {
    all.extend(more);
    all
}

fn claims(state: &CaseState) -> Vec<(Identity, &'static str)> {
    state.claims().map(|(id, why)| (id, why.code())).collect()
}

#[test]
fn a_case_goes_from_found_to_closed() {
    let state = state(&closed());
    assert_eq!(state.state, State::Closed);
    assert!(!state.open());
    assert_eq!(claims(&state), []);
    assert_eq!(state.rectified_at(), Some(NOON + 8 * 60));
    assert_eq!(state.fixers, [person(20)]);
    assert_eq!(state.deadline, Some(LocalDay(30_000)));
    let order: Vec<_> = state.steps.iter().map(|step| step.identity).collect();
    assert_eq!(order, (1..=8).map(id).collect::<Vec<_>>());
}

#[test]
fn the_order_follows_what_was_seen_before_the_clock() {
    let mut all = reported();
    all[0].time = NOON + DAY;
    assert_eq!(state(&all).state, State::Reported);
    assert_eq!(state(&all).steps[0].identity, id(1));
}

#[test]
fn every_fixer_neither_rechecks_nor_closes_and_the_rechecker_may_close() {
    let by_fixer = at(7, 20, Role::Department, step(CaseEvent::Rechecked), &[6]).placed();
    let state_of = state(&with(reported(), [by_fixer]));
    assert_eq!(claims(&state_of), [(id(7), "fixer")]);

    // A second worker's own "rectifying" is only a claim, but that person wrote it.
    let mut all = reported();
    all.push(at(7, 10, Role::Clerk, step(CaseEvent::Rectifying), &[4]).placed());
    all.push(volunteer(8, step(CaseEvent::Rechecked), &[6, 7]));
    all.push(clerk(9, CaseEvent::Closed, &[8]));
    let second_worker = state(&all);
    assert_eq!(
        claims(&second_worker),
        [(id(7), "wrong_state"), (id(9), "fixer")]
    );

    let rechecker = at(7, 11, Role::Clerk, step(CaseEvent::Rechecked), &[6]).placed();
    let closer = at(8, 11, Role::Clerk, step(CaseEvent::Closed), &[7]).placed();
    assert_eq!(
        state(&with(reported(), [rechecker, closer])).state,
        State::Closed
    );
}

#[test]
fn who_fixed_before_the_relapse_may_recheck_after_it() {
    let mut all = closed();
    all.push(volunteer(9, step(CaseEvent::Relapsed), &[8]));
    let relapsed = state(&all);
    assert!(relapsed.fixers.is_empty() && relapsed.open());
    assert_eq!(relapsed.relapses.len(), 1);
    assert_eq!(relapsed.relapses[0].of.by, id(8));
    assert_eq!(relapsed.rectified_at(), None);
    all.push(at(10, 21, Role::Department, step(CaseEvent::Rectifying), &[9]).placed());
    all.push(at(11, 21, Role::Department, step(CaseEvent::Reported), &[10]).placed());
    all.push(at(12, 20, Role::Department, step(CaseEvent::Rechecked), &[11]).placed());
    assert_eq!(state(&all).state, State::RecheckPassed);
}

#[test]
fn a_failed_recheck_counts_whatever_the_order() {
    for (first, second) in [
        (step(CaseEvent::Rechecked), fail()),
        (fail(), step(CaseEvent::Rechecked)),
    ] {
        let one = at(7, 30, Role::Volunteer, first, &[6]).placed();
        let other = at(8, 31, Role::Volunteer, second, &[6]).placed();
        let state = state(&with(reported(), [one, other]));
        assert_eq!(state.state, State::RecheckFailed);
    }
}

#[test]
fn of_accept_and_return_the_first_in_order_holds() {
    let mut all = reported();
    all.truncate(3);
    all.push(worker(4, CaseEvent::Accepted, &[3]));
    all.push(at(5, 21, Role::Department, step(CaseEvent::Returned), &[3]).placed());
    let state = state(&all);
    assert_eq!(state.state, State::Accepted);
    assert_eq!(claims(&state), [(id(5), "wrong_state")]);
}

#[test]
fn only_the_fire_body_says_level_three() {
    let mut all = vec![volunteer(1, found(3), &[])];
    let suspected = state(&all);
    assert_eq!((suspected.level, suspected.suspected), (Some(2), true));
    all.push(at(2, 40, Role::FireBody, step(CaseEvent::Judged3), &[1]).placed());
    let judged = state(&all);
    assert_eq!((judged.level, judged.judged), (Some(3), true));
    let mut lower = step(CaseEvent::Registered);
    lower.level = Some(1);
    all.push(at(3, 10, Role::Clerk, lower, &[2]).placed());
    assert_eq!(state(&all).level, Some(3));
}

#[test]
fn a_withdrawal_takes_back_the_suspicions_that_it_had_seen() {
    let mut all = vec![
        volunteer(1, found(1), &[]),
        volunteer(2, step(CaseEvent::Suspected3), &[1]),
        clerk(3, CaseEvent::SuspicionWithdrawn, &[2]),
    ];
    assert!(!state(&all).suspected);
    let unseen = at(4, 31, Role::Volunteer, step(CaseEvent::Suspected3), &[1]);
    let mut unseen = unseen.placed();
    unseen.time = NOON + 61;
    all.push(unseen);
    assert!(state(&all).suspected, "nobody took back the second one");
}

#[test]
fn unfixed_level_zero_is_one_with_a_timer_that_ends_with_the_local_day() {
    let state = state(&[volunteer(1, found(0), &[])]);
    assert_eq!(state.level, Some(1));
    assert_eq!(state.deadline, Some(LocalDay::of(NOON)));
}

#[test]
fn the_clock_stops_while_parked_and_not_while_extended() {
    let dated = |event, date| CaseStep {
        date: Some(date),
        ..step(event)
    };
    let today = LocalDay::of(NOON).0 as u32;
    let mut all = vec![
        volunteer(1, found(1), &[]),
        clerk(2, CaseEvent::Registered, &[1]),
        at(
            3,
            10,
            Role::Clerk,
            dated(CaseEvent::Dispatched, today + 5),
            &[2],
        )
        .placed(),
        at(
            4,
            10,
            Role::Clerk,
            dated(CaseEvent::Extended, today + 8),
            &[3],
        )
        .placed(),
        at(
            5,
            10,
            Role::Clerk,
            dated(CaseEvent::Parked, today + 90),
            &[4],
        )
        .placed(),
    ];
    let parked = state(&all);
    assert!(parked.clock_stopped && parked.open());
    assert_eq!(parked.review, Some(LocalDay::of(NOON).plus(90)));
    assert_eq!(parked.deadline, Some(LocalDay::of(NOON).plus(8)));
    let mut resumed = worker(6, CaseEvent::Rectifying, &[5]);
    resumed.time = NOON + 10 * DAY;
    all.push(resumed);
    let goes_on = state(&all);
    assert!(!goes_on.clock_stopped);
    assert_eq!(goes_on.deadline, Some(LocalDay::of(NOON).plus(18)));
}
