use super::*;
use crate::entry::{CaseClass, Note};
use crate::facts::testing::{Draft, NOON, entry, id, permuted, person, undo};
use crate::ids::PlaceId;
use crate::role::Role;
use proptest::prelude::*;

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
    let mut early = (*all[0].entry).clone();
    early.envelope.time = NOON + DAY;
    all[0].time = NOON + DAY;
    assert_eq!(state(&all).state, State::Reported);
    assert_eq!(state(&all).steps[0].identity, id(1));
}

/// Takes a case of level 1 into each state; the history's people are 10, 20 and 30.
fn into(target: State) -> Vec<Placed> {
    use CaseEvent as E;
    let steps = |events: &[CaseEvent]| {
        let mut all = vec![volunteer(1, found(1), &[])];
        for (n, &event) in (2..).zip(events) {
            let before = [n - 1];
            all.push(match event {
                E::Accepted | E::Returned | E::Rectifying | E::Reported => {
                    worker(n, event, &before)
                }
                E::Rechecked | E::FixedOnSpot | E::Relapsed => volunteer(n, step(event), &before),
                _ => clerk(n, event, &before),
            });
        }
        all
    };
    match target {
        State::Nothing => Vec::new(),
        State::Found => steps(&[]),
        State::Registered => steps(&[E::Registered]),
        State::Merged => steps(&[E::Registered, E::Merged]),
        State::FixedOnSpot => steps(&[E::FixedOnSpot]),
        State::Dispatched => steps(&[E::Registered, E::Dispatched]),
        State::Accepted => steps(&[E::Registered, E::Dispatched, E::Accepted]),
        State::Returned => steps(&[E::Registered, E::Dispatched, E::Returned]),
        State::Rectifying => steps(&[E::Registered, E::Rectifying]),
        State::Reported => reported(),
        State::RecheckPassed => with(reported(), [volunteer(7, step(CaseEvent::Rechecked), &[6])]),
        State::RecheckFailed => with(reported(), [volunteer(7, fail(), &[6])]),
        State::Closed => closed(),
        State::Parked => steps(&[E::Registered, E::Parked]),
        State::HandedOver => steps(&[E::Registered, E::HandedOver]),
        State::Relapsed => steps(&[E::FixedOnSpot, E::Relapsed]),
    }
}

/// The table of the settled questions, written a second time: event, legal from, legal roles, state
/// after it (none: unchanged).
type Row = (CaseStep, &'static [State], &'static [Role], Option<State>);

fn table() -> Vec<Row> {
    use CaseEvent as E;
    use State as S;
    const OFFICE: &[Role] = &[Role::Clerk, Role::Station, Role::Street];
    const ANYONE: &[Role] = &Role::ALL;
    const NO_VOLUNTEER: &[Role] = &[
        Role::Clerk,
        Role::Station,
        Role::Street,
        Role::Department,
        Role::FireBody,
        Role::Auditor,
    ];
    const IN_WORK: &[State] = &[
        S::Registered,
        S::Dispatched,
        S::Accepted,
        S::Rectifying,
        S::Returned,
        S::RecheckFailed,
    ];
    fn row(
        event: CaseEvent,
        from: &'static [State],
        who: &'static [Role],
        to: Option<State>,
    ) -> Row {
        (step(event), from, who, to)
    }
    vec![
        row(
            E::Registered,
            &[S::Found, S::Relapsed],
            OFFICE,
            Some(S::Registered),
        ),
        row(
            E::FixedOnSpot,
            &[S::Found, S::Registered, S::Relapsed],
            ANYONE,
            Some(S::FixedOnSpot),
        ),
        row(E::Merged, &[S::Registered], OFFICE, Some(S::Merged)),
        row(
            E::Dispatched,
            &[
                S::Registered,
                S::Returned,
                S::RecheckFailed,
                S::Parked,
                S::Relapsed,
            ],
            OFFICE,
            Some(S::Dispatched),
        ),
        row(
            E::Accepted,
            &[S::Dispatched],
            NO_VOLUNTEER,
            Some(S::Accepted),
        ),
        row(
            E::Returned,
            &[S::Dispatched, S::HandedOver],
            NO_VOLUNTEER,
            Some(S::Returned),
        ),
        row(
            E::Rectifying,
            &[
                S::Accepted,
                S::RecheckFailed,
                S::Parked,
                S::Relapsed,
                S::Registered,
            ],
            NO_VOLUNTEER,
            Some(S::Rectifying),
        ),
        row(
            E::Reported,
            &[S::Rectifying, S::RecheckFailed],
            NO_VOLUNTEER,
            Some(S::Reported),
        ),
        row(
            E::Rechecked,
            &[S::Reported, S::HandedOver],
            ANYONE,
            Some(S::RecheckPassed),
        ),
        (
            fail(),
            &[S::Reported, S::HandedOver, S::RecheckPassed],
            ANYONE,
            Some(S::RecheckFailed),
        ),
        row(E::Closed, &[S::RecheckPassed], OFFICE, Some(S::Closed)),
        row(
            E::Extended,
            &[S::Dispatched, S::Accepted, S::Rectifying, S::RecheckFailed],
            OFFICE,
            None,
        ),
        row(E::Parked, IN_WORK, OFFICE, Some(S::Parked)),
        row(
            E::HandedOver,
            &[
                S::Registered,
                S::Dispatched,
                S::Accepted,
                S::Rectifying,
                S::Returned,
                S::RecheckFailed,
                S::Parked,
            ],
            OFFICE,
            Some(S::HandedOver),
        ),
        row(
            E::Relapsed,
            &[S::Closed, S::FixedOnSpot],
            ANYONE,
            Some(S::Relapsed),
        ),
        row(E::Suspected3, &S::ALL, ANYONE, None),
        row(E::Judged3, &S::ALL, &[Role::FireBody], None),
        row(E::SuspicionWithdrawn, &S::ALL, OFFICE, None),
    ]
}

#[test]
fn every_cell_of_state_event_and_role_is_as_the_table_says() {
    for from in State::ALL {
        let before = into(from);
        assert_eq!(fold(&before).state, from, "the way into {from:?}");
        let last = before.len() as u64;
        let heads = if last == 0 { vec![] } else { vec![last] };
        for (said, legal_from, legal_roles, to) in table() {
            for role in Role::ALL {
                let tried = at(last + 1, 77, role, said.clone(), &heads).placed();
                let state = fold(&with(before.clone(), [tried]));
                let legal = legal_from.contains(&from) && legal_roles.contains(&role);
                let cell = format!("{from:?} {:?} {role:?}", said.event);
                assert_eq!(claims(&state).is_empty(), legal, "{cell}");
                let after = if legal { to.unwrap_or(from) } else { from };
                assert_eq!(state.state, after, "{cell}");
            }
        }
    }
}

#[test]
fn a_second_finding_is_a_claim_in_every_state() {
    for from in State::ALL
        .into_iter()
        .filter(|&from| from != State::Nothing)
    {
        let before = into(from);
        let last = before.len() as u64;
        let again = volunteer(last + 1, found(2), &[last]);
        let state = fold(&with(before, [again]));
        assert_eq!(claims(&state), [(id(last + 1), "wrong_state")], "{from:?}");
        assert_eq!(state.level, Some(1));
    }
}

#[test]
fn what_a_step_needs_and_lacks_makes_it_a_claim() {
    let lacking = |event, change: fn(&mut CaseStep)| {
        let mut lacking = step(event);
        change(&mut lacking);
        lacking
    };
    let cases = [
        (
            State::Dispatched,
            Role::Department,
            lacking(CaseEvent::Returned, |s| s.note = None),
            "no_reason",
        ),
        (
            State::Dispatched,
            Role::Department,
            lacking(CaseEvent::Returned, |s| s.note = Some(" ".into())),
            "no_reason",
        ),
        (
            State::Reported,
            Role::Volunteer,
            lacking(CaseEvent::Rechecked, |s| s.passed = None),
            "no_result",
        ),
        (
            State::Registered,
            Role::Clerk,
            lacking(CaseEvent::Parked, |s| s.date = None),
            "no_review_date",
        ),
        (
            State::Registered,
            Role::Clerk,
            lacking(CaseEvent::HandedOver, |s| s.body = None),
            "no_receipt",
        ),
        (
            State::Registered,
            Role::Clerk,
            lacking(CaseEvent::HandedOver, |s| s.receipt = None),
            "no_receipt",
        ),
        (
            State::Accepted,
            Role::Clerk,
            lacking(CaseEvent::Extended, |s| s.approved_by = None),
            "not_approved",
        ),
        (
            State::Accepted,
            Role::Clerk,
            lacking(CaseEvent::Extended, |s| s.approved_by = Some(person(77))),
            "not_approved",
        ),
        (
            State::Found,
            Role::Clerk,
            lacking(CaseEvent::SuspicionWithdrawn, |s| s.note = None),
            "no_reason",
        ),
        (
            State::Found,
            Role::Volunteer,
            lacking(CaseEvent::FixedOnSpot, |s| s.level = Some(2)),
            "level",
        ),
    ];
    for (from, role, said, why) in cases {
        let before = into(from);
        let last = before.len() as u64;
        let tried = at(last + 1, 77, role, said, &[last]).placed();
        let state = state(&with(before, [tried]));
        assert_eq!(claims(&state), [(id(last + 1), why)]);
        assert_eq!(state.state, from);
    }
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
fn a_close_that_misses_a_known_event_is_a_claim_and_names_it() {
    let unseen = volunteer(9, step(CaseEvent::Suspected3), &[2]);
    let state = state(&with(closed(), [unseen]));
    assert_eq!(state.state, State::RecheckPassed);
    assert!(state.open());
    let claims: Vec<_> = state.claims().collect();
    assert_eq!(claims, [(id(8), &Why::Concurrent(vec![id(9)]))]);
}

#[test]
fn held_and_unknown_events_make_a_close_a_claim_and_quarantined_ones_and_notes_do_not() {
    let suspicion = || at(9, 30, Role::Volunteer, step(CaseEvent::Suspected3), &[2]);
    let held = state(&with(closed(), [suspicion().held().placed()]));
    assert_eq!(claims(&held), [(id(8), "concurrent")]);
    assert_eq!(held.held, [id(9)]);
    assert!(!held.suspected, "known, and not taken");

    let unread = crate::entry::Body::Unread { kind: 9_999 };
    let unknown = state(&with(closed(), [volunteer(9, unread, &[2])]));
    assert_eq!(claims(&unknown), [(id(8), "concurrent")]);

    let quarantined = state(&with(closed(), [suspicion().quarantined().placed()]));
    assert_eq!(quarantined.state, State::Closed);

    let note = Note {
        text: "still there?".to_owned(),
        photos: None,
    };
    let noted = state(&with(closed(), [volunteer(9, note, &[2])]));
    assert_eq!(noted.state, State::Closed);
}

#[test]
fn what_was_seen_through_a_note_was_seen() {
    let mut all = reported();
    let note = Note {
        text: "looks fine".to_owned(),
        photos: None,
    };
    all.push(volunteer(7, step(CaseEvent::Rechecked), &[6]));
    all.push(volunteer(8, note, &[7]));
    all.push(clerk(9, CaseEvent::Closed, &[8]));
    assert_eq!(state(&all).state, State::Closed);
}

#[test]
fn an_undone_event_has_no_effect_and_still_passes_on_what_it_had_seen() {
    let mut all = reported();
    all.push(volunteer(7, step(CaseEvent::Rechecked), &[6]));
    all.push(volunteer(8, step(CaseEvent::Suspected3), &[7]));
    all.push(volunteer(9, undo(id(8)), &[]));
    all.push(clerk(10, CaseEvent::Closed, &[8]));
    let state = state(&all);
    assert_eq!(state.state, State::Closed);
    assert!(!state.suspected);
}

#[test]
fn an_event_whose_segment_had_seen_the_close_is_judged_after_it() {
    let mut all = reported();
    all.push(volunteer(7, step(CaseEvent::Rechecked), &[6]));
    all.push(
        at(8, 10, Role::Clerk, step(CaseEvent::Closed), &[7])
            .received(40)
            .placed(),
    );
    // Earlier by its clock, without `after`, but written on a phone that held position 40.
    let relapse = || entry(31, 9, NOON + 450, step(CaseEvent::Relapsed));
    let seen = state(&with(all.clone(), [relapse().seen(40).placed()]));
    assert_eq!(seen.state, State::Relapsed);
    assert_eq!(claims(&seen), []);
    assert_eq!(seen.relapses[0].of.by, id(8));

    let not_seen = state(&with(all.clone(), [relapse().seen(39).placed()]));
    assert_eq!(
        claims(&not_seen),
        [(id(9), "wrong_state"), (id(8), "concurrent")]
    );
    let mut other_epoch = relapse().seen(90).placed();
    if let Some(point) = &mut other_epoch.seen {
        point.epoch.0[0] = 2;
    }
    assert!(state(&with(all, [other_epoch])).open());
}

#[test]
fn two_closings_that_do_not_know_each_other_are_two_claims() {
    let other = at(9, 11, Role::Station, step(CaseEvent::Closed), &[7]).placed();
    let state = state(&with(closed(), [other]));
    assert_eq!(
        claims(&state),
        [(id(8), "concurrent"), (id(9), "concurrent")]
    );
}

#[test]
fn a_fix_on_the_spot_and_a_merge_need_the_same() {
    let spot = volunteer(2, step(CaseEvent::FixedOnSpot), &[1]);
    let suspicion = at(3, 31, Role::Volunteer, step(CaseEvent::Suspected3), &[1]).placed();
    let first = volunteer(1, found(0), &[]);
    let fixed = state(&[first.clone(), spot.clone()]);
    assert_eq!((fixed.state, fixed.level), (State::FixedOnSpot, Some(0)));
    assert_eq!(fixed.end.map(|end| end.how), Some(Ending::OnTheSpot));
    let open = state(&[first.clone(), spot, suspicion]);
    assert_eq!((open.state, open.level), (State::Found, Some(1)));

    let registered = clerk(2, CaseEvent::Registered, &[1]);
    let merged = clerk(4, CaseEvent::Merged, &[2]);
    let unseen = clerk(3, CaseEvent::Dispatched, &[2]);
    let alone = state(&[first.clone(), registered.clone(), merged.clone()]);
    assert_eq!(alone.state, State::Merged);
    assert_eq!(alone.rectified_at(), None, "a duplicate counts as nothing");
    let crossing = state(&[first, registered, merged, unseen]);
    assert_eq!(crossing.state, State::Dispatched);
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

#[test]
fn a_reauthored_close_is_the_same_close() {
    let mut all = reported();
    all.push(volunteer(7, step(CaseEvent::Rechecked), &[6]));
    all.push(
        at(8, 10, Role::Clerk, step(CaseEvent::Closed), &[7])
            .received(40)
            .placed(),
    );
    let copy = at(8, 10, Role::Clerk, step(CaseEvent::Closed), &[7]);
    all.push(copy.counter(900).received(90).placed());
    let relapse = entry(31, 9, NOON + 450, step(CaseEvent::Relapsed)).seen(41);
    all.push(relapse.placed());
    let state = state(&all);
    assert_eq!(state.state, State::Relapsed, "its first position was seen");
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

proptest! {
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
