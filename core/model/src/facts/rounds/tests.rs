use super::*;
use crate::entry::{AdHocTargets, Correction, Outcome, RoundTargets, Visit};
use crate::facts::testing::{Draft, NOON, correction, entry, id, normal, permuted, person, undo};

fn door(n: u64) -> PlaceId {
    PlaceId(id(1_000 + n))
}

fn asset(n: u64) -> AssetId {
    AssetId(id(2_000 + n))
}

fn visit(by: u8, n: u64, at: PlaceId, outcome: VisitOutcome) -> Draft {
    let visit = Visit {
        outcome,
        note: None,
        next: None,
        date_only: None,
    };
    entry(by, n, NOON + n as i64, visit).about(at.identity())
}

fn frozen(n: u64, part: u16, of: u16, doors: &[u64]) -> Placed {
    let list = RoundTargets {
        round: id(900),
        doors: doors.iter().map(|&n| door(n)).collect(),
        assets: vec![asset(u64::from(part))],
        part,
        of,
    };
    entry(9, n, NOON - 10_000 + n as i64, list).placed()
}

fn opened(by: u8, n: u64, doors: &[u64]) -> Placed {
    let list = AdHocTargets {
        doors: doors.iter().map(|&n| door(n)).collect(),
        assets: Vec::new(),
        part: 1,
        of: 1,
    };
    entry(by, n, NOON, list).placed()
}

#[test]
fn the_last_outcome_stands_and_every_attempt_is_kept() {
    let all = [
        visit(1, 1, door(1), VisitOutcome::Absent).placed(),
        visit(1, 2, door(1), VisitOutcome::Refused).placed(),
        visit(2, 3, door(2), VisitOutcome::Answered).placed(),
    ];
    for slice in permuted(&all) {
        let doors = fold_doors(&slice);
        let first = &doors[&door(1)];
        assert_eq!(
            first.last().map(|one| one.outcome),
            Some(VisitOutcome::Refused)
        );
        assert_eq!(first.attempts.len(), 2);
        assert_eq!(first.cover(), Cover::Attempted);
        assert_eq!(doors[&door(2)].cover(), Cover::Covered);
    }
}

#[test]
fn a_door_that_answered_once_stays_covered() {
    let all = [
        visit(1, 1, door(1), VisitOutcome::Answered).placed(),
        visit(1, 2, door(1), VisitOutcome::Absent).placed(),
    ];
    assert_eq!(fold_doors(&all)[&door(1)].cover(), Cover::Covered);
}

#[test]
fn a_corrected_visit_keeps_its_person_and_time() {
    let all = [
        visit(1, 1, door(1), VisitOutcome::Answered).placed(),
        entry(
            2,
            2,
            NOON + 90_000,
            Correction {
                visit: Some(VisitOutcome::Absent),
                ..correction(1, Outcome::Normal)
            },
        )
        .placed(),
    ];
    let doors = fold_doors(&all);
    let last = doors[&door(1)].last().expect("one attempt");
    assert_eq!(last.outcome, VisitOutcome::Absent);
    assert_eq!((last.person, last.time), (person(1), NOON + 1));
    assert_eq!(last.corrected_by, Some(id(2)));
}

#[test]
fn an_undone_visit_never_was() {
    let all = [
        visit(1, 1, door(1), VisitOutcome::Answered).placed(),
        entry(1, 2, NOON + 5, undo(id(1))).placed(),
    ];
    assert!(fold_doors(&all).is_empty());
}

#[test]
fn a_log_row_that_tells_a_tap_again_is_no_second_attempt() {
    let all = [
        visit(1, 1, door(1), VisitOutcome::Absent).placed(),
        visit(1, 2, door(1), VisitOutcome::Absent)
            .imported()
            .date_only()
            .placed(),
    ];
    for slice in permuted(&all) {
        let state = &fold_doors(&slice)[&door(1)];
        assert_eq!(state.attempts.len(), 1);
        assert_eq!(state.folded, [(id(2), id(1))]);
    }
}

#[test]
fn a_carried_visit_stands_for_the_one_below_the_horizon() {
    let carry = Carry {
        entry: id(1),
        person: person(1),
        time: NOON,
        outcome: Outcome::Normal,
        visit: Some(VisitOutcome::Answered),
        author: crate::ids::AuthorTag([1; 4]),
    };
    let all = [entry(9, 50, NOON + 90_000, carry)
        .about(door(1).identity())
        .placed()];
    let doors = fold_doors(&all);
    let last = doors[&door(1)].last().expect("carried");
    assert_eq!(
        (last.identity, last.person, last.time),
        (id(1), person(1), NOON)
    );
}

#[test]
fn coverage_is_of_the_frozen_list_and_what_joined_later_is_extra() {
    let targets = [frozen(1, 1, 2, &[1, 2]), frozen(2, 2, 2, &[3])];
    let work = [
        visit(1, 10, door(1), VisitOutcome::Answered).placed(),
        visit(1, 11, door(2), VisitOutcome::Absent).placed(),
        visit(1, 12, door(7), VisitOutcome::Answered).placed(),
        entry(1, 13, NOON, normal())
            .about(asset(1).identity())
            .placed(),
        entry(1, 14, NOON, normal())
            .about(asset(5).identity())
            .placed(),
    ];
    for slice in permuted(&work) {
        let done = coverage(&targets, &slice);
        assert_eq!(done.doors_at(Cover::Covered), 1);
        assert_eq!(done.doors_at(Cover::Attempted), 1);
        assert_eq!(done.doors_at(Cover::Untouched), 1);
        assert_eq!(done.assets_checked(), 1);
        assert_eq!(done.assets.len(), 2);
        assert_eq!(done.extra_doors, BTreeSet::from([door(7)]));
        assert_eq!(done.extra_assets, BTreeSet::from([asset(5)]));
    }
}

#[test]
fn a_list_with_a_missing_part_is_no_list_yet() {
    let done = coverage(&[frozen(2, 2, 2, &[3])], &[]);
    assert!(done.doors.is_empty());
    assert_eq!(done.ignored_parts, [id(2)]);
}

#[test]
fn a_second_list_does_not_thaw_the_first() {
    let targets = [
        frozen(1, 1, 1, &[1]),
        frozen(2, 1, 1, &[2]),
        frozen(3, 1, 2, &[3]),
    ];
    for slice in permuted(&targets) {
        let done = coverage(&slice, &[]);
        assert_eq!(done.doors.keys().collect::<Vec<_>>(), [&door(1)]);
        assert_eq!(done.ignored_parts, [id(2), id(3)]);
    }
}

#[test]
fn the_lists_of_several_openers_are_united() {
    let targets = [opened(1, 1, &[1, 2]), opened(2, 2, &[2, 3])];
    let done = coverage(&targets, &[]);
    assert_eq!(
        done.doors.keys().collect::<Vec<_>>(),
        [&door(1), &door(2), &door(3)]
    );
}

#[test]
fn a_frozen_list_is_not_united_with_what_an_opener_lists() {
    let targets = [frozen(1, 1, 1, &[1]), opened(2, 2, &[2])];
    let done = coverage(&targets, &[]);
    assert_eq!(done.doors.keys().collect::<Vec<_>>(), [&door(1)]);
    assert_eq!(done.ignored_parts, [id(2)]);
}
