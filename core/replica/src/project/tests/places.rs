//! Places: what belongs to which building, and what became of the last attempt at a door.

use doorstep_model::entry::{
    AdHocTargets, Entry, Field, FieldSet, FieldValue, HandoutLine, PlaceKind, Visit, VisitOutcome,
};
use doorstep_model::ids::{Identity, PlaceId};

use crate::project::testing::{NOON, Script, Who, assets, is_a_set_function};

struct Street {
    script: Script,
    houses: [Identity; 2],
    stair: Identity,
    door: Identity,
    bottle: Identity,
}

fn street() -> Street {
    let mut script = Script::default();
    let houses = [script.building("3号楼"), script.building("5号楼")];
    let stair = script.place(PlaceKind::Stairwell, Some(houses[0]), "2单元");
    let door = script.place(PlaceKind::Household, Some(stair), "204");
    let bottle = script.bottle(door);
    Street {
        script,
        houses,
        stair,
        door,
        bottle,
    }
}

fn hex(id: Identity) -> String {
    data_encoding::HEXUPPER.encode(id.as_bytes())
}

#[test]
fn a_bottle_is_in_the_building_on_top_of_its_door() {
    let street = street();
    let world = is_a_set_function(&street.script);
    assert_eq!(
        world.asset(street.bottle, "hex(building)"),
        hex(street.houses[0])
    );
    assert_eq!(
        world.of("place", street.door, "hex(building)"),
        hex(street.houses[0])
    );
}

#[test]
fn a_stairwell_that_belongs_elsewhere_takes_its_doors_and_bottles_along() {
    let Street {
        mut script,
        houses,
        stair,
        door,
        bottle,
    } = street();
    let moved = FieldSet {
        field: Field::Place,
        value: FieldValue::Id(houses[1]),
    };
    script
        .after(&[stair])
        .say(Who::Office, stair, NOON + 60, moved);
    let world = is_a_set_function(&script);
    assert_eq!(world.of("place", door, "hex(building)"), hex(houses[1]));
    assert_eq!(world.asset(bottle, "hex(building)"), hex(houses[1]));
}

#[test]
fn places_that_hold_one_another_are_in_the_least_of_them() {
    let Street {
        mut script,
        houses,
        stair,
        door,
        bottle,
    } = street();
    let inside = FieldSet {
        field: Field::Place,
        value: FieldValue::Id(door),
    };
    script
        .after(&[houses[0]])
        .say(Who::Office, houses[0], NOON + 60, inside);
    let world = is_a_set_function(&script);
    let least = [houses[0], stair, door].into_iter().min().expect("three");
    for place in [houses[0], stair, door] {
        assert_eq!(world.of("place", place, "hex(building)"), hex(least));
    }
    assert_eq!(world.asset(bottle, "hex(building)"), hex(least));
}

#[test]
fn the_last_attempt_stands_and_all_are_counted() {
    let Street {
        mut script, door, ..
    } = street();
    script.visit(Who::Wang, door, NOON, VisitOutcome::Absent);
    script.visit(Who::Li, door, NOON + 86_400, VisitOutcome::Answered);
    let slip = script.visit(Who::Wang, door, NOON + 90_000, VisitOutcome::Refused);
    script.undo(Who::Wang, door, NOON + 90_010, slip);
    let world = is_a_set_function(&script);
    assert_eq!(
        world.of("place", door, "visit"),
        (VisitOutcome::Answered as u8).to_string()
    );
    assert_eq!(world.of("place", door, "attempts"), "2");
}

#[test]
fn what_a_household_got_hangs_on_it() {
    let Street {
        mut script, door, ..
    } = street();
    let line = HandoutLine {
        batch: Identity::of_hash([4; 16]),
        quantity: 2,
        unit: "只".to_owned(),
        day: None,
        item: "extinguisher.dry_powder".to_owned(),
    };
    let got = script.say(Who::Wang, door, NOON, line);
    let world = is_a_set_function(&script);
    assert_eq!(world.text("SELECT quantity || unit FROM handout"), "2只");
    let mut world = world;
    world.remove(got);
    assert_eq!(world.text("SELECT count(*) FROM handout"), "0");
    assert_eq!(world.of("place", door, "extras"), "0");
}

#[test]
fn the_lists_of_two_openers_are_united_and_a_part_alone_is_none() {
    let Street {
        mut script,
        houses,
        door,
        bottle,
        stair,
    } = street();
    let list = |doors: &[Identity], bottles: &[Identity], of| AdHocTargets {
        doors: doors.iter().copied().map(PlaceId).collect(),
        assets: assets(bottles),
        part: 1,
        of,
    };
    script.say(Who::Wang, houses[0], NOON, list(&[door], &[], 1));
    script.say(Who::Li, houses[0], NOON + 5, list(&[], &[bottle], 1));
    script.say(Who::Zhao, houses[0], NOON + 9, list(&[stair], &[], 2));
    let world = is_a_set_function(&script);
    assert_eq!(world.text("SELECT count(*) FROM round_target"), "2");
    assert_eq!(world.text("SELECT sum(door) FROM round_target"), "1");
}

#[test]
fn a_log_that_knows_the_day_of_a_visit_tells_the_tap_of_that_day_again() {
    let Street {
        mut script, door, ..
    } = street();
    script.visit(Who::Wang, door, NOON, VisitOutcome::Absent);
    let in_log = |script: &mut Script, row, time| {
        let visit = Visit {
            outcome: VisitOutcome::Absent,
            note: None,
            next: None,
            date_only: Some(true),
        };
        let entry = Entry::new(visit, time)
            .by(Some(Who::Wang.person()))
            .with_origin(Identity::of_hash([row; 16]));
        script.write(Who::Office, Some(door), entry);
    };
    in_log(&mut script, 6, NOON - 7_200);
    let world = is_a_set_function(&script);
    assert_eq!(world.of("place", door, "attempts"), "1");
    // Of the day before it is another attempt.
    in_log(&mut script, 7, NOON - 86_400);
    let world = is_a_set_function(&script);
    assert_eq!(world.of("place", door, "attempts"), "2");
}
