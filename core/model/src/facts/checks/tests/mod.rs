use super::*;
use crate::facts::testing::{
    Draft, NOON, correction, decision, entry, fault, id, missing, normal, permuted, person, undo,
};
use crate::ids::AuthorTag;
use crate::time::LocalDay;

mod arrival;

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;

fn state(entries: &[Placed]) -> ChecksState {
    let state = fold(entries, &PlainSeverity);
    for slice in permuted(entries) {
        assert_eq!(fold(&slice, &PlainSeverity), state, "arrival shows");
    }
    state
}

fn counts(state: &ChecksState) -> (Identity, Outcome) {
    let current = state.current.clone().expect("something counts");
    (current.counts, current.outcome)
}

fn ok(by: u8, n: u64, time: i64) -> Draft {
    entry(by, n, time, normal())
}

fn gone(by: u8, n: u64, time: i64) -> Draft {
    entry(by, n, time, missing())
}

#[test]
fn without_a_check_nothing_counts() {
    assert_eq!(state(&[]), ChecksState::default());
}

#[test]
fn two_persons_who_disagree_within_sixty_minutes_wait_and_the_worse_counts() {
    let all = [gone(1, 1, NOON).placed(), ok(2, 2, NOON + HOUR).placed()];
    let state = state(&all);
    assert_eq!(counts(&state), (id(1), Outcome::Missing));
    assert_eq!(state.waiting_pairs(), [(id(1), id(2))]);
}

#[test]
fn one_second_more_than_sixty_minutes_and_the_later_counts() {
    let all = [
        gone(1, 1, NOON).placed(),
        ok(2, 2, NOON + HOUR + 1).placed(),
    ];
    let state = state(&all);
    assert_eq!(counts(&state), (id(2), Outcome::Normal));
    assert!(state.disputes.is_empty());
}

#[test]
fn a_check_more_than_sixty_minutes_after_both_ends_the_dispute() {
    let pair = [
        gone(1, 1, NOON).placed(),
        ok(2, 2, NOON + MINUTE).placed(),
        ok(3, 3, NOON + MINUTE + HOUR + 1).placed(),
    ];
    let ended = state(&pair);
    assert_eq!(counts(&ended), (id(3), Outcome::Normal));
    assert!(ended.disputes.is_empty());
    let inside = [
        pair[0].clone(),
        pair[1].clone(),
        ok(3, 3, NOON + MINUTE + HOUR).placed(),
    ];
    let waits = state(&inside);
    assert_eq!(counts(&waits).1, Outcome::Missing);
    assert_eq!(waits.waiting_pairs(), [(id(1), id(2))]);
}

#[test]
fn a_persons_later_look_supersedes_the_earlier_whatever_the_phone() {
    let all = [
        gone(1, 1, NOON).placed(),
        entry(1, 2, NOON + HOUR, normal()).placed(),
    ];
    let mut other_phone = all[1].clone();
    other_phone.key.author = AuthorTag([99; 4]);
    let state = state(&[all[0].clone(), other_phone]);
    assert_eq!(counts(&state), (id(2), Outcome::Normal));
    assert_eq!(state.history[0].superseded_by, Some(id(2)));
    assert!(state.disputes.is_empty());
}

#[test]
fn what_is_superseded_does_not_dispute() {
    let all = [
        gone(1, 1, NOON).placed(),
        ok(2, 2, NOON + MINUTE).placed(),
        ok(1, 3, NOON + 2 * MINUTE).placed(),
    ];
    let state = state(&all);
    assert_eq!(counts(&state), (id(3), Outcome::Normal));
    assert!(state.disputes.is_empty());
}

#[test]
fn a_superseded_look_supersedes_the_one_before_it() {
    let all = [
        gone(1, 1, NOON).placed(),
        ok(1, 2, NOON + 50 * MINUTE).placed(),
        ok(1, 3, NOON + 100 * MINUTE).placed(),
    ];
    let by: Vec<_> = state(&all)
        .history
        .iter()
        .map(|l| l.superseded_by)
        .collect();
    assert_eq!(by, [Some(id(2)), Some(id(3)), None]);
}

#[test]
fn at_one_second_one_authors_counter_decides_and_two_authors_wait() {
    let all = [gone(1, 1, NOON).placed(), ok(1, 2, NOON).placed()];
    assert_eq!(counts(&state(&all)), (id(2), Outcome::Normal));

    let mut other_phone = all[1].clone();
    other_phone.identity = Identity::of_entry(AuthorTag([8; 4]), 2);
    let waits = state(&[all[0].clone(), other_phone]);
    assert_eq!(counts(&waits), (id(1), Outcome::Missing));
    assert_eq!(waits.waiting().count(), 1);
}

#[test]
fn pairs_that_share_a_check_are_one_dispute() {
    let all = [
        ok(1, 1, NOON).placed(),
        entry(2, 2, NOON + MINUTE, fault("pressure_low")).placed(),
        gone(3, 3, NOON + 30 * MINUTE).placed(),
    ];
    let state = state(&all);
    assert_eq!(state.disputes.len(), 1);
    assert_eq!(state.disputes[0].checks, [id(1), id(2), id(3)]);
    assert_eq!(
        state.waiting_pairs(),
        [(id(1), id(2)), (id(1), id(3)), (id(2), id(3))]
    );
    assert_eq!(counts(&state), (id(3), Outcome::Missing));
}

#[test]
fn of_equal_rank_the_later_in_order_counts() {
    let all = [
        entry(1, 1, NOON, fault("b")).placed(),
        entry(2, 2, NOON + 1, fault("a")).placed(),
    ];
    assert_eq!(counts(&state(&all)).0, id(2));
}

#[test]
fn the_packs_ranks_say_what_is_worse() {
    let pack = |outcome: &Outcome| u8::from(*outcome == Outcome::Normal);
    let all = [gone(1, 1, NOON).placed(), ok(2, 2, NOON - 1).placed()];
    let current = fold(&all, &pack).current.expect("counts");
    assert_eq!(current.outcome, Outcome::Normal);
    assert_eq!(current.basis, Basis::Worst);
}

#[test]
fn a_decision_that_names_every_check_settles_until_an_unnamed_one_is_the_latest() {
    let pair = [gone(1, 1, NOON).placed(), ok(2, 2, NOON + MINUTE).placed()];
    let partly = entry(9, 7, NOON + HOUR, decision(&[1], Outcome::Normal)).placed();
    let whole = entry(9, 8, NOON + HOUR, decision(&[1, 2], Outcome::Normal)).placed();
    let with = |more: &[Placed]| [pair.as_slice(), more].concat();
    assert_eq!(state(&with(&[partly])).waiting().count(), 1);

    let settled = state(&with(std::slice::from_ref(&whole)));
    assert_eq!(counts(&settled), (id(8), Outcome::Normal));
    assert_eq!(settled.waiting().count(), 0);

    let later = gone(3, 3, NOON + 3 * HOUR).placed();
    let newer = state(&with(&[whole, later]));
    assert_eq!(counts(&newer), (id(3), Outcome::Missing));
}

#[test]
fn a_decision_yields_to_a_later_check_that_agrees_with_one_of_the_named() {
    let low = || fault("pressure_low");
    let all = [
        gone(1, 1, NOON).placed(),
        entry(2, 2, NOON + 30 * MINUTE, low()).placed(),
        entry(3, 3, NOON + 70 * MINUTE, low()).placed(),
        entry(9, 8, NOON + 2 * HOUR, decision(&[1, 2], Outcome::Normal)).placed(),
    ];
    let state = state(&all);
    assert_eq!(state.disputes.len(), 1, "the third is no part of it");
    assert_eq!(counts(&state).0, id(3));
    assert_eq!(state.waiting().count(), 0);
}

#[test]
fn of_several_decisions_the_last_counts() {
    let all = [
        gone(1, 1, NOON).placed(),
        ok(2, 2, NOON + MINUTE).placed(),
        entry(9, 8, NOON + HOUR, decision(&[1, 2], Outcome::Normal)).placed(),
        entry(9, 9, NOON + 2 * HOUR, decision(&[1, 2], Outcome::Missing)).placed(),
    ];
    assert_eq!(counts(&state(&all)), (id(9), Outcome::Missing));
}

#[test]
fn a_late_third_reopens_a_settled_dispute() {
    let all = [
        gone(1, 1, NOON).placed(),
        ok(2, 2, NOON + MINUTE).placed(),
        entry(9, 8, NOON + HOUR, decision(&[1, 2], Outcome::Normal)).placed(),
        entry(3, 3, NOON - MINUTE, fault("blocked")).placed(),
    ];
    let state = state(&all);
    assert_eq!(counts(&state), (id(1), Outcome::Missing));
    assert_eq!(state.waiting_pairs().len(), 3);
}

#[test]
fn a_late_third_that_agrees_with_the_worse_reopens_it_too() {
    let all = [
        gone(1, 1, NOON).placed(),
        ok(2, 2, NOON + MINUTE).placed(),
        entry(9, 8, NOON + HOUR, decision(&[1, 2], Outcome::Normal)).placed(),
        gone(3, 3, NOON - MINUTE).placed(),
    ];
    let state = state(&all);
    assert_eq!(counts(&state), (id(1), Outcome::Missing));
    assert_eq!(state.waiting_pairs(), [(id(3), id(2)), (id(1), id(2))]);
}

#[test]
fn a_date_stands_at_the_days_end_and_pairs_with_anything_of_the_day() {
    let all = [
        gone(1, 1, NOON).placed(),
        ok(2, 2, NOON - 4 * HOUR).date_only().imported().placed(),
    ];
    let state = state(&all);
    assert_eq!(
        state.history[1].time,
        LocalDay::of(NOON).last_second(),
        "the dated one is the later"
    );
    assert_eq!(state.waiting_pairs(), [(id(1), id(2))]);
    assert_eq!(counts(&state).1, Outcome::Missing);
}

#[test]
fn one_persons_dated_row_that_differs_from_their_tap_of_the_day_waits() {
    let all = [
        ok(1, 1, NOON).placed(),
        gone(1, 2, NOON).date_only().imported().placed(),
    ];
    let state = state(&all);
    assert_eq!(state.waiting_pairs(), [(id(1), id(2))]);
    assert_eq!(counts(&state).1, Outcome::Missing);
    assert_eq!(state.history[0].superseded_by, None);
}

#[test]
fn an_imported_row_and_the_same_persons_tap_within_sixty_minutes_wait() {
    let all = [
        gone(1, 1, NOON).imported().placed(),
        ok(1, 2, NOON + HOUR).placed(),
    ];
    let near = state(&all);
    assert_eq!(counts(&near), (id(1), Outcome::Missing));
    assert_eq!(near.waiting_pairs(), [(id(1), id(2))]);
    let far = [all[0].clone(), ok(1, 2, NOON + HOUR + 1).placed()];
    assert_eq!(counts(&state(&far)), (id(2), Outcome::Normal));
}

#[test]
fn a_row_that_tells_a_tap_again_is_folded_into_it() {
    let all = [
        ok(1, 1, NOON).placed(),
        ok(1, 2, NOON).date_only().imported().placed(),
        gone(2, 3, NOON + 3 * HOUR).placed(),
    ];
    let state = state(&all);
    assert_eq!(state.folded, [(id(2), id(1))]);
    assert_eq!(counts(&state), (id(3), Outcome::Missing));
    assert!(state.disputes.is_empty(), "the row's day end is no look");
}

#[test]
fn a_correction_takes_place_person_and_time() {
    let all = [
        gone(1, 1, NOON).placed(),
        ok(2, 2, NOON + 30 * MINUTE).placed(),
        entry(9, 3, NOON + 50 * HOUR, correction(1, Outcome::Normal)).placed(),
    ];
    let state = state(&all);
    assert_eq!(counts(&state), (id(2), Outcome::Normal));
    assert!(state.disputes.is_empty());
    let look = &state.history[0];
    assert_eq!((look.person, look.time), (person(1), NOON));
    assert_eq!(look.corrected_by, Some(id(3)));
}

#[test]
fn a_correction_can_raise_a_dispute_and_a_decision_may_name_it() {
    let all = [
        ok(1, 1, NOON).placed(),
        ok(2, 2, NOON + MINUTE).placed(),
        entry(9, 3, NOON + 2 * HOUR, correction(1, Outcome::Missing)).placed(),
    ];
    assert_eq!(state(&all).waiting_pairs(), [(id(1), id(2))]);
    let named = entry(9, 4, NOON + 3 * HOUR, decision(&[3, 2], Outcome::Normal)).placed();
    let settled = state(&[all.as_slice(), &[named]].concat());
    assert_eq!(counts(&settled), (id(4), Outcome::Normal));
}

#[test]
fn an_undone_check_neither_counts_nor_supersedes() {
    let all = [
        gone(1, 1, NOON).placed(),
        ok(1, 2, NOON + MINUTE).placed(),
        entry(1, 3, NOON + 2 * MINUTE, undo(id(2))).placed(),
    ];
    let state = state(&all);
    assert_eq!(counts(&state), (id(1), Outcome::Missing));
    assert_eq!(state.history.len(), 1);
}

#[test]
fn a_held_check_stands_beside_the_number() {
    let all = [ok(1, 1, NOON).placed(), gone(2, 2, NOON).held().placed()];
    let state = state(&all);
    assert_eq!(counts(&state), (id(1), Outcome::Normal));
    assert_eq!(state.beside.held, [id(2)]);
}

#[test]
fn a_carried_check_keeps_identity_person_and_time() {
    let carry = |n: u64, of: u64, outcome| {
        let carry = crate::entry::Carry {
            entry: id(of),
            person: person(1),
            time: NOON,
            outcome,
            visit: None,
            author: AuthorTag([1; 4]),
        };
        entry(9, n, NOON + (n as i64) * HOUR, carry).placed()
    };
    let all = [
        carry(50, 1, Outcome::Normal),
        carry(60, 2, Outcome::Missing),
        ok(2, 3, NOON + MINUTE).placed(),
        gone(1, 2, NOON - MINUTE).placed(),
    ];
    let state = state(&all);
    assert_eq!(state.history.len(), 2, "the later carry holds, once");
    assert_eq!(state.history[0].identity, id(2));
    assert_eq!(state.history[0].person, person(1));
    assert_eq!(state.history[0].time, NOON);
    assert_eq!(state.waiting_pairs(), [(id(2), id(3))]);
}
