//! What can be taken back, how, and until when.

use doorstep_model::entry::{Outcome, PlaceKind, VisitOutcome};
use doorstep_model::ids::{Identity, PersonId};
use doorstep_model::role::Role;

use crate::act::Look;
use crate::act::testing::*;

#[test]
fn what_was_not_sealed_is_dropped_with_its_undo() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let before = count(&phone, "SELECT count(*) FROM entry");
    let round = phone
        .open_round(&tap(), house.building, None, None)
        .unwrap();
    phone
        .check(&tap(), round, &[Look::new(house.bottle, Outcome::Missing)])
        .unwrap();
    assert_eq!(phone.undo_last(&tap()).unwrap().len(), 1);
    assert_eq!(cell(&phone, "SELECT result FROM asset"), "");
    phone.undo_last(&tap()).unwrap();
    assert_eq!(
        count(&phone, "SELECT count(*) FROM entry"),
        before,
        "the round was never opened"
    );
    phone
        .visit(&tap(), house.door, round, attempt(VisitOutcome::Answered))
        .unwrap();
    assert_eq!(
        count(&phone, "SELECT count(*) FROM entry WHERE kind = 0"),
        2,
        "it opens again"
    );
}

#[test]
fn what_was_sealed_today_is_undone_by_an_entry_and_tomorrow_it_is_too_late() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let round = phone
        .open_round(&tap(), house.building, None, None)
        .unwrap();
    phone
        .check(&tap(), round, &[Look::new(house.bottle, Outcome::Missing)])
        .unwrap();
    phone
        .visit(&tap(), house.door, round, attempt(VisitOutcome::Refused))
        .unwrap();
    phone.seal().unwrap();
    phone.undo_last(&tap()).unwrap();
    assert_eq!(
        count(&phone, "SELECT attempts FROM place WHERE kind = 3"),
        0
    );
    assert_eq!(
        count(&phone, "SELECT count(*) FROM entry WHERE kind = 4"),
        1,
        "it is kept"
    );
    clock.pass(86_400);
    assert_eq!(phone.undo_last(&tap()).unwrap_err().code(), "undo.too_late");
    assert_eq!(cell(&phone, "SELECT result FROM asset"), "missing");
}

#[test]
fn what_was_handed_on_from_a_shared_phone_is_taken_back_by_whoever_did_it() {
    let clock = HeldClock::at(EVENING);
    let persons = [1, 2].map(|n| PersonId(Identity::of_hash([n; 16])));
    let phone = phone_as(&clock, Role::Volunteer, &persons);
    let shop = || place(PlaceKind::Premises, None, "五金店");
    let [zhang, li] = persons;
    phone.add_place(&tap().by(zhang), None, shop()).unwrap();
    phone.undo_last(&tap().by(li)).unwrap();
    phone.add_place(&tap().by(zhang), None, shop()).unwrap();
    phone.seal().unwrap();
    let not_hers = phone.undo_last(&tap().by(li));
    assert_eq!(not_hers.unwrap_err().code(), "undo.not_yours");
    assert_eq!(count(&phone, "SELECT count(*) FROM place"), 1);
    phone.undo_last(&tap().by(zhang)).unwrap();
    assert_eq!(count(&phone, "SELECT count(*) FROM place"), 0);
}

#[test]
fn ten_taps_can_be_taken_back_and_no_more() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let round = phone
        .open_round(&tap(), house.building, None, None)
        .unwrap();
    for _ in 0..12 {
        phone
            .visit(&tap(), house.door, round, attempt(VisitOutcome::Absent))
            .unwrap();
    }
    assert_eq!(phone.undo_depth().unwrap(), 10);
    for _ in 0..10 {
        phone.undo_last(&tap()).unwrap();
    }
    assert_eq!(phone.undo_last(&tap()).unwrap_err().code(), "undo.nothing");
    assert_eq!(
        count(&phone, "SELECT attempts FROM place WHERE kind = 3"),
        2
    );
}

#[test]
fn an_undo_that_is_asked_for_again_takes_nothing_more_back() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let round = phone
        .open_round(&tap(), house.building, None, None)
        .unwrap();
    for _ in 0..2 {
        phone
            .visit(&tap(), house.door, round, attempt(VisitOutcome::Absent))
            .unwrap();
    }
    let once = tap();
    let first = phone.undo_last(&once).unwrap();
    assert_eq!(phone.undo_last(&once).unwrap(), first);
    assert_eq!(
        count(&phone, "SELECT attempts FROM place WHERE kind = 3"),
        1
    );
}

#[test]
fn many_entries_in_one_tap_are_sealed_in_its_transaction() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let round = phone
        .open_round(&tap(), house.building, None, None)
        .unwrap();
    let looks = vec![Look::new(house.bottle, Outcome::Normal); 300];
    phone.check(&tap(), round, &looks).unwrap();
    assert_eq!(
        count(&phone, "SELECT count(*) FROM entry WHERE segment IS NULL"),
        0
    );
    phone.undo_last(&tap()).unwrap();
    assert_eq!(cell(&phone, "SELECT result FROM asset"), "");
}
