//! Below the horizon rows are what the office's carries say, in whatever order things arrive.

use doorstep_model::document::RoundKey;
use doorstep_model::entry::{
    Carry, CaseClass, CaseEvent, Entry, Found, HandoutBatch, HandoutLine, HandoutManner, Horizon,
    HorizonRound, Outcome, Ruling, Service, ServiceKind, Visit, VisitOutcome,
};
use doorstep_model::ids::{AssetId, AuthorTag, Identity, PlaceId};

use super::cases::step;
use crate::project::testing::{NOON, Script, Who, committee, is_a_set_function, street, verdict};

const DAY: i64 = 86_400;
const OLD: RoundKey = RoundKey::AdHoc(20_400);

fn sink(script: &mut Script, at: i64, rounds: &[RoundKey]) -> Identity {
    let rounds = rounds
        .iter()
        .map(|round| HorizonRound {
            building: PlaceId(street()),
            round: *round,
        })
        .collect();
    script.say(Who::Office, committee().subject(), at, Horizon { rounds })
}

fn carry_of(who: Who, entry: Identity, time: i64, outcome: Outcome) -> Carry {
    Carry {
        entry,
        person: who.person(),
        time,
        outcome,
        visit: None,
        author: AuthorTag(who.tag().0),
    }
}

/// An extinguisher that was looked at twice in the old round, and once since.
fn a_bottle_with_a_past(since: bool) -> (Script, Identity, Identity) {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let bottle = script.bottle(house);
    script.in_round(OLD);
    script.check(Who::Wang, bottle, NOON - 300 * DAY, Outcome::Normal);
    let last = script.check(Who::Li, bottle, NOON - 290 * DAY, Outcome::Missing);
    if since {
        script.in_round(RoundKey::AdHoc(20_781));
        script.check(Who::Wang, bottle, NOON - DAY, Outcome::Normal);
    }
    (script, bottle, last)
}

#[test]
fn a_carry_keeps_identity_person_and_time_of_what_it_stands_for() {
    let (mut script, bottle, last) = a_bottle_with_a_past(false);
    let before = is_a_set_function(&script);
    let columns = [
        "result",
        "counts",
        "checked_at",
        "looked_on",
        "looked_by",
        "due",
    ];
    let row =
        |world: &crate::project::testing::World| columns.map(|column| world.asset(bottle, column));
    let stood = row(&before);
    script.say(
        Who::Office,
        bottle,
        NOON,
        carry_of(Who::Li, last, NOON - 290 * DAY, Outcome::Missing),
    );
    sink(&mut script, NOON, &[OLD]);
    let world = is_a_set_function(&script);
    assert_eq!(row(&world), stood);
    assert_eq!(world.looks(bottle), 2, "what is here is told as history");
}

#[test]
fn without_a_carry_nothing_below_the_horizon_is_in_the_rows() {
    let (mut script, bottle, _) = a_bottle_with_a_past(false);
    sink(&mut script, NOON, &[OLD]);
    let world = is_a_set_function(&script);
    assert_eq!(world.asset(bottle, "result"), "");
    assert_eq!(world.asset(bottle, "checked_at"), "");
}

#[test]
fn a_look_above_the_horizon_counts_after_the_carried_one() {
    let (mut script, bottle, last) = a_bottle_with_a_past(true);
    script.say(
        Who::Office,
        bottle,
        NOON,
        carry_of(Who::Li, last, NOON - 290 * DAY, Outcome::Missing),
    );
    sink(&mut script, NOON, &[OLD]);
    assert_eq!(is_a_set_function(&script).asset(bottle, "result"), "normal");
}

#[test]
fn a_late_look_changes_nothing_until_a_new_carry_answers_it() {
    let (mut script, bottle, last) = a_bottle_with_a_past(true);
    let carry = carry_of(Who::Li, last, NOON - 290 * DAY, Outcome::Missing);
    script.say(Who::Office, bottle, NOON, carry);
    sink(&mut script, NOON, &[OLD]);
    script.in_round(OLD);
    // Its clock is wrong: by its time it would be the latest look of all.
    let late = script.check(Who::Zhao, bottle, NOON + DAY, Outcome::Missing);
    assert_eq!(is_a_set_function(&script).asset(bottle, "result"), "normal");
    let answer = carry_of(Who::Zhao, late, NOON + DAY, Outcome::Missing);
    script.say(Who::Office, bottle, NOON + 2 * DAY, answer);
    let world = is_a_set_function(&script);
    assert_eq!(world.asset(bottle, "result"), "missing");
    assert_eq!(
        world.asset(bottle, "counts"),
        format!("{:?}", rusqlite::types::ValueRef::Blob(late.as_bytes()))
    );
}

#[test]
fn of_several_carries_the_offices_last_word_holds_whatever_its_clock_said() {
    let (mut script, bottle, last) = a_bottle_with_a_past(false);
    let said = |outcome| carry_of(Who::Li, last, NOON - 290 * DAY, outcome);
    script.say(Who::Office, bottle, NOON + DAY, said(Outcome::Missing));
    script.say(Who::Office, bottle, NOON, said(Outcome::Normal));
    sink(&mut script, NOON, &[OLD]);
    assert_eq!(is_a_set_function(&script).asset(bottle, "result"), "normal");
}

/// What was found in the old round, done to the bottle and handed out then.
fn a_round_with_consequences(script: &mut Script, bottle: Identity) {
    let then = NOON - 290 * DAY;
    script.in_round(OLD);
    let flat = script.building("5号楼");
    script.visit(Who::Li, flat, then, VisitOutcome::Answered);
    for (class, kind) in [
        (CaseClass::Hazard, "corridor.piled"),
        (CaseClass::Repair, "low"),
    ] {
        let found = Found {
            class,
            kind: kind.to_owned(),
            place: PlaceId(flat),
            asset: Some(AssetId(bottle)),
            level: 1,
            suspected: None,
            note: None,
            photos: None,
            round: Some(OLD),
            campaign: None,
        };
        let case = script.make(Who::Li, then, found);
        script.say(Who::Office, case, then + DAY, step(CaseEvent::Registered));
    }
    let service = Service {
        kind: ServiceKind::Serviced,
        month: 2026 * 12 + 1,
        firm: None,
        note: None,
        successor: None,
    };
    script.say(Who::Li, bottle, then, service);
    let batch = HandoutBatch {
        item: "smoke_alarm".to_owned(),
        size: None,
        manner: HandoutManner::New,
        day: 20_400,
        project: None,
        maker: None,
        factory: None,
    };
    let batch = script.make(Who::Office, then, batch);
    let line = HandoutLine {
        batch,
        quantity: 2,
        unit: "只".to_owned(),
        day: None,
        item: "smoke_alarm".to_owned(),
    };
    script.say(Who::Li, flat, then, line);
}

#[test]
fn services_handouts_and_cases_stay_as_they_are_when_their_round_goes_below() {
    let (mut script, bottle, last) = a_bottle_with_a_past(false);
    a_round_with_consequences(&mut script, bottle);
    let told = |script: &Script| {
        let world = is_a_set_function(script);
        [
            "SELECT services, due, work_due, ended, away FROM asset",
            "SELECT id, class, state, open, deadline, round, claims FROM matter ORDER BY id",
            "SELECT subject, batch, item, quantity, unit, day FROM handout",
            "SELECT id, item, manner, day FROM handout_batch",
        ]
        .map(|sql| world.text(sql))
    };
    let before = told(&script);
    assert!(before.iter().all(|table| !table.is_empty()), "{before:?}");
    let carry = carry_of(Who::Li, last, NOON - 290 * DAY, Outcome::Missing);
    script.say(Who::Office, bottle, NOON, carry);
    sink(&mut script, NOON, &[OLD]);
    assert_eq!(told(&script), before);
}

#[test]
fn a_horizon_that_is_refused_brings_everything_back() {
    let (mut script, bottle, _) = a_bottle_with_a_past(false);
    let horizon = sink(&mut script, NOON, &[OLD]);
    script.say(Who::Office, horizon, NOON, verdict(Ruling::Refused));
    assert_eq!(
        is_a_set_function(&script).asset(bottle, "result"),
        "missing"
    );
}

#[test]
fn a_phone_sets_no_horizon() {
    let (mut script, bottle, _) = a_bottle_with_a_past(false);
    let rounds = vec![HorizonRound {
        building: PlaceId(street()),
        round: OLD,
    }];
    script.write(
        Who::Wang,
        Some(committee().subject()),
        Entry::new(Horizon { rounds }, NOON),
    );
    let world = is_a_set_function(&script);
    assert_eq!(world.asset(bottle, "result"), "missing");
    assert_eq!(world.codes(), "not_allowed");
}

#[test]
fn a_door_keeps_its_last_attempt() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let door = script.place(
        doorstep_model::entry::PlaceKind::Household,
        Some(house),
        "301",
    );
    script.in_round(OLD);
    script.visit(Who::Wang, door, NOON - 300 * DAY, VisitOutcome::Answered);
    let visit = Visit {
        outcome: VisitOutcome::Absent,
        note: None,
        next: None,
        date_only: None,
    };
    let last = script.say(Who::Li, door, NOON - 299 * DAY, visit);
    let mut carry = carry_of(Who::Li, last, NOON - 299 * DAY, Outcome::Normal);
    carry.visit = Some(VisitOutcome::Absent);
    script.say(Who::Office, door, NOON, carry);
    sink(&mut script, NOON, &[OLD]);
    let world = is_a_set_function(&script);
    let absent = (VisitOutcome::Absent as u8).to_string();
    assert_eq!(world.of("place", door, "visit"), absent);
    assert_eq!(world.of("place", door, "attempts"), "1");
}
