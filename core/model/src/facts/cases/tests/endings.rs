//! What makes an ending effective and what makes it a claim.

use super::*;

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
    assert_eq!(held.beside.held, [id(9)]);
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
    let newer_note = crate::entry::Body::Unread { kind: 18 };
    let noted = state(&with(closed(), [volunteer(9, newer_note, &[2])]));
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
    let unrelated = state(&with(all, [other_epoch]));
    assert_eq!(unrelated.claims().count(), 2, "another epoch's positions");
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
fn a_reauthored_close_is_the_same_close() {
    let mut all = reported();
    all.push(volunteer(7, step(CaseEvent::Rechecked), &[6]));
    all.push(
        at(8, 10, Role::Clerk, step(CaseEvent::Closed), &[7])
            .received(50)
            .placed(),
    );
    let copy = at(8, 10, Role::Clerk, step(CaseEvent::Closed), &[7]);
    all.push(copy.counter(900).received(30).placed());
    let relapse = entry(31, 9, NOON + 450, step(CaseEvent::Relapsed)).seen(41);
    all.push(relapse.placed());
    let state = state(&all);
    assert_eq!(
        state.state,
        State::Relapsed,
        "one of its positions was seen"
    );
}
