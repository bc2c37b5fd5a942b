//! Every cell of (state, event, role), and what each step needs.

use super::*;

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

/// The table of legal steps in docs/data-model.md, written a second time: event, legal from, legal roles, state
/// after it (none: unchanged).
pub(super) type Row = (CaseStep, &'static [State], &'static [Role], Option<State>);

pub(super) fn table() -> Vec<Row> {
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
