//! What each act of a phone writes, refuses and repeats.

use crate::act::testing::*;

use doorstep_model::document::RoundKey;
use doorstep_model::entry::{AssetAdded, Field, FieldValue, Outcome, PlaceKind, VisitOutcome};

use doorstep_model::ids::{AssetId, PersonId, PlaceId};
use doorstep_model::role::Role;

use crate::act::once::{FORGOTTEN, REMEMBERED};
use crate::act::{Look, Right, Tap};
use crate::error::Error;

#[test]
fn a_tap_twice_writes_once_and_says_the_same() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let round = phone
        .open_round(&tap(), house.building, None, None)
        .unwrap();
    let once = tap();
    let first = phone.visit(&once, house.door, round, attempt(VisitOutcome::Absent));
    clock.pass(5);
    let again = phone.visit(&once, house.door, round, attempt(VisitOutcome::Absent));
    assert_eq!(first.unwrap(), again.unwrap());
    assert_eq!(
        count(&phone, "SELECT attempts FROM place WHERE kind = 3"),
        1
    );
}

#[test]
fn the_last_ten_thousand_requests_are_remembered_and_older_ones_forgotten() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let round = phone
        .open_round(&tap(), house.building, None, None)
        .unwrap();
    phone
        .store
        .writer()
        .execute(
            "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < ?1) \
             INSERT INTO request (id, result) SELECT randomblob(16), x'' FROM many",
            [REMEMBERED],
        )
        .unwrap();
    let first = count(&phone, "SELECT min(number) FROM request");
    let visit = |once: &Tap| phone.visit(once, house.door, round, attempt(VisitOutcome::Absent));
    let (mut last, mut said) = (tap(), None);
    for _ in 0..FORGOTTEN {
        last = tap();
        said = visit(&last).ok();
    }
    let here = count(&phone, "SELECT count(*) FROM request");
    assert!(
        (REMEMBERED..REMEMBERED + FORGOTTEN).contains(&here),
        "{here}"
    );
    assert!(count(&phone, "SELECT min(number) FROM request") > first);
    let entries = count(&phone, "SELECT count(*) FROM entry");
    assert_eq!(visit(&last).ok(), said);
    assert_eq!(count(&phone, "SELECT count(*) FROM entry"), entries);
}

#[test]
fn a_request_id_for_another_write_is_an_error_and_writes_nothing() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let round = phone
        .open_round(&tap(), house.building, None, None)
        .unwrap();
    let once = tap();
    phone
        .visit(&once, house.door, round, attempt(VisitOutcome::Absent))
        .unwrap();
    let other = phone.visit(&once, house.door, round, attempt(VisitOutcome::Refused));
    assert!(matches!(other, Err(Error::RequestReused(_))));
    assert_eq!(count(&phone, "SELECT visit FROM place WHERE kind = 3"), 1);
}

#[test]
fn an_unknown_fault_is_refused_with_its_code_and_leaves_nothing() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let round = phone
        .open_round(&tap(), house.building, None, None)
        .unwrap();
    let before = count(&phone, "SELECT count(*) FROM entry");
    let once = tap();
    let looks = [
        Look::new(house.bottle, Outcome::Normal),
        Look::new(house.bottle, Outcome::Faults(vec!["no_such_fault".into()])),
    ];
    let Err(Error::Refused { code, details }) = phone.check(&once, round, &looks) else {
        panic!("an unknown fault was taken");
    };
    assert_eq!(code, "check.unknown_fault");
    assert_eq!(details[0], ("codes", "no_such_fault".to_owned()));
    assert_eq!(count(&phone, "SELECT count(*) FROM entry"), before);
    // The same request may be tried again with what is right.
    phone.check(&once, round, &looks[..1]).unwrap();
    assert_eq!(cell(&phone, "SELECT result FROM asset"), "normal");
}

#[test]
fn all_normal_fills_in_only_what_was_not_looked_at() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let second = phone.add_asset(&tap(), bottle(house.door)).unwrap();
    let round = phone
        .open_round(&tap(), house.building, None, None)
        .unwrap();
    phone
        .check(&tap(), round, &[Look::new(house.bottle, Outcome::Missing)])
        .unwrap();
    let made = phone
        .all_normal(&tap(), round, &[house.building, house.door], true)
        .unwrap();
    assert_eq!(made.len(), 2, "one visit and one check");
    let missing = format!("SELECT result FROM asset WHERE id <> x'{}'", hex(second));
    assert_eq!(cell(&phone, &missing), "missing");
    assert_eq!(count(&phone, "SELECT visit FROM place WHERE kind = 3"), 0);
}

fn hex(asset: AssetId) -> String {
    data_encoding::HEXLOWER.encode(asset.identity().as_bytes())
}

#[test]
fn an_ad_hoc_round_is_of_its_day_and_may_run_past_midnight() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let round = phone
        .open_round(&tap(), house.building, None, None)
        .unwrap();
    assert_eq!(round, RoundKey::AdHoc(20_782));
    clock.pass(6 * 3_600);
    phone
        .visit(&tap(), house.door, round, attempt(VisitOutcome::Answered))
        .unwrap();
    clock.pass(86_400);
    let late = phone.visit(&tap(), house.door, round, attempt(VisitOutcome::Answered));
    assert_eq!(late.unwrap_err().code(), "round.other_day");
}

#[test]
fn a_correction_needs_a_reason_and_a_check_stays_a_check() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let round = phone
        .open_round(&tap(), house.building, None, None)
        .unwrap();
    let made = phone
        .check(&tap(), round, &[Look::new(house.bottle, Outcome::Missing)])
        .unwrap();
    let right = Right::Check(Outcome::Normal);
    let silent = phone.correct(&tap(), made[0], &right, " \u{0}");
    assert_eq!(silent.unwrap_err().code(), "correct.no_reason");
    let other = phone.correct(
        &tap(),
        made[0],
        &Right::Visit(VisitOutcome::Absent),
        "看错了",
    );
    assert_eq!(other.unwrap_err().code(), "correct.other_kind");
    let first = phone.correct(&tap(), made[0], &right, "柜子后面").unwrap();
    assert_eq!(cell(&phone, "SELECT result FROM asset"), "normal");
    clock.pass(1);
    phone
        .correct(&tap(), first, &Right::Check(Outcome::Missing), "不是这只")
        .unwrap();
    assert_eq!(cell(&phone, "SELECT result FROM asset"), "missing");
}

#[test]
fn places_stand_where_they_can() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let refused = |kind, parent, name: &str| {
        phone
            .add_place(&tap(), None, place(kind, parent, name))
            .unwrap_err()
            .code()
    };
    assert_eq!(
        refused(PlaceKind::Household, None, "1"),
        "place.needs_parent"
    );
    assert_eq!(
        refused(PlaceKind::Building, Some(house.building), "1"),
        "place.stands_alone"
    );
    assert_eq!(refused(PlaceKind::Building, None, "\u{202E}"), "text.empty");
    assert_eq!(
        refused(
            PlaceKind::Stairwell,
            Some(PlaceId(house.bottle.identity())),
            "1"
        ),
        "call.not_found"
    );
    phone
        .add_place(&tap(), None, place(PlaceKind::Premises, None, "五金店"))
        .unwrap();
}

#[test]
fn labels_come_from_the_block_one_after_the_other_and_are_checked() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let first = phone.next_label().unwrap();
    assert_eq!(first.number(), 8_192);
    assert_eq!(phone.next_label().unwrap(), first, "asking uses nothing up");
    let labelled = AssetAdded {
        label: Some(first.grouped().to_lowercase()),
        ..bottle(house.door)
    };
    phone.add_asset(&tap(), labelled).unwrap();
    assert_eq!(cell(&phone, "SELECT code FROM label"), first.to_string());
    assert_eq!(phone.next_label().unwrap().number(), 8_193);
    let misread = FieldValue::Text("2222222Z".into());
    let refused = phone.set_field(&tap(), house.bottle.identity(), Field::Label, misread);
    assert_eq!(refused.unwrap_err().code(), "label.check");
}

#[test]
fn a_field_replaces_every_value_known_here() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let subject = house.bottle.identity();
    let set = |month| phone.set_field(&tap(), subject, Field::Factory, FieldValue::Number(month));
    assert_eq!(set(2027 * 12).unwrap_err().code(), "factory.future");
    assert_eq!(set(1900 * 12).unwrap_err().code(), "factory.impossible");
    set(2016 * 12 + 10).unwrap();
    clock.pass(-10);
    set(0).unwrap();
    assert_eq!(cell(&phone, "SELECT factory FROM asset"), "unreadable");
    assert_eq!(cell(&phone, "SELECT disputed FROM asset"), "");
    let name = phone.set_field(&tap(), subject, Field::Name, FieldValue::Text("x".into()));
    assert_eq!(name.unwrap_err().code(), "field.not_here");
}

#[test]
fn who_acts_must_be_in_the_grant_and_is_asked_for_when_there_are_several() {
    let clock = HeldClock::at(EVENING);
    let person = |n: u64| {
        PersonId(doorstep_model::ids::Identity::of_entry(
            doorstep_model::ids::AuthorTag([9; 4]),
            n,
        ))
    };
    let phone = phone_as(&clock, Role::Volunteer, &[person(1), person(2)]);
    let shop = || place(PlaceKind::Premises, None, "五金店");
    let nobody = phone.add_place(&tap(), None, shop());
    assert_eq!(nobody.unwrap_err().code(), "act.who");
    let stranger = phone.add_place(&tap().by(person(3)), None, shop());
    assert_eq!(stranger.unwrap_err().code(), "act.not_your_person");
    phone.add_place(&tap().by(person(2)), None, shop()).unwrap();
    let auditor = phone_as(&clock, Role::Auditor, &[]);
    assert_eq!(
        auditor.add_place(&tap(), None, shop()).unwrap_err().code(),
        "act.reads_only"
    );
}
