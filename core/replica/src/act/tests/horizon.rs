//! The office lets old rounds go below the horizon and answers what arrives there late.

use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{AreaDeclared, Check, Entry, HorizonRound, Outcome, Ruling};
use doorstep_model::ids::{Identity, PlaceId};

use crate::act::office::{HorizonSet, Target};
use crate::act::testing::tap;
use crate::error::Error;
use crate::replica::Replica;
use crate::world::{Building, World, checksum, committee, go_through, rows};

/// A day long ago, before the world begins.
const OLD: u32 = 20_500;

fn a_house() -> (World, Building) {
    let world = World::new();
    let area = AreaDeclared {
        code: committee().as_str().to_owned(),
        parent: None,
        level: "committee".to_owned(),
        name: "文庙".to_owned(),
        from: None,
        until: None,
    };
    world.office.declare_area(&tap(), area).unwrap();
    let building = world.build("3号楼", 4, 2);
    (world, building)
}

fn below(building: &Building, day: u32) -> HorizonRound {
    HorizonRound {
        building: PlaceId(building.id),
        round: RoundKey::AdHoc(day),
    }
}

fn look_at(phone: &Replica, building: &Building, day: u32, asset: Identity, outcome: Outcome) {
    let name = DocumentName::Round(building.id, RoundKey::AdHoc(day));
    phone
        .write(|session| {
            let check = Check {
                outcome,
                note: None,
                photos: None,
                pack: None,
                date_only: None,
            };
            session.put(&committee(), &name, asset, &Entry::new(check, session.now))
        })
        .unwrap();
}

fn refused(result: Result<HorizonSet, Error>) -> &'static str {
    match result {
        Err(Error::Refused { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

/// Result, person and time of every asset, outcome of every door.
fn told(replica: &Replica) -> String {
    let tx = replica.store.reader();
    tx.query_row(
        "SELECT (SELECT group_concat(hex(id) || result || hex(counts) || checked_at || \
         hex(looked_by) || due) FROM (SELECT * FROM asset ORDER BY id)) || \
         (SELECT group_concat(hex(id) || visit || visit_at) FROM (SELECT * FROM place \
         WHERE kind = 3 ORDER BY id))",
        [],
        |row| row.get(0),
    )
    .unwrap()
}

#[test]
fn rows_say_the_same_below_the_horizon_on_the_phone_and_at_the_office() {
    let (world, building) = a_house();
    let phone = world.phone(2);
    go_through(&phone, &world.clock, &building, OLD);
    go_through(&phone, &world.clock, &building, OLD + 30);
    world.sync(&phone);
    world.clock.turn(3_600);
    let before = told(world.office.replica());
    let rounds = [below(&building, OLD), below(&building, OLD + 30)];
    let request = tap();
    let set = world
        .office
        .set_horizon(&request, &committee(), &rounds)
        .unwrap();
    assert_eq!(
        set,
        HorizonSet {
            rounds: 2,
            carries: 12
        }
    );
    assert_eq!(told(world.office.replica()), before);
    world.sync(&phone);
    assert_eq!(told(&phone), before);
    assert_eq!(checksum(&phone), checksum(world.office.replica()));
    // The same request again, and the same rounds again.
    let office = &world.office;
    assert_eq!(
        office.set_horizon(&request, &committee(), &rounds).unwrap(),
        set
    );
    let again = office.set_horizon(&tap(), &committee(), &rounds).unwrap();
    assert_eq!(again, HorizonSet::default());
    assert_eq!(rows(&phone, "entry WHERE kind = 37"), 12);
    let sum = checksum(&phone);
    phone.rebuild().unwrap();
    assert_eq!(checksum(&phone), sum);
}

#[test]
fn what_arrives_late_is_listed_and_answered_by_a_new_carry() {
    let (world, building) = a_house();
    let (phone, away) = (world.phone(2), world.phone(3));
    let bottle = building.doors[0].1[0];
    world.sync(&away);
    go_through(&phone, &world.clock, &building, OLD);
    world.clock.turn(7_200);
    look_at(&away, &building, OLD, bottle, Outcome::Missing);
    world.sync(&phone);
    world.clock.turn(7_200);
    let office = &world.office;
    office
        .set_horizon(&tap(), &committee(), &[below(&building, OLD)])
        .unwrap();
    assert_eq!(office.late_below_horizon(&committee()).unwrap(), []);
    let before = told(office.replica());
    world.clock.turn(7_200);
    world.sync(&away);
    let late = office.late_below_horizon(&committee()).unwrap();
    assert_eq!(late.len(), 1);
    assert_eq!((late[0].subject, late[0].answered), (bottle, false));
    let oddities = || office.replica().today(&[committee()]).unwrap()[0].oddities;
    assert_eq!(oddities(), 1);
    assert_eq!(told(office.replica()), before, "late work changes no row");
    assert_eq!(told(&away), before);
    world.clock.turn(60);
    assert_eq!(office.answer_late(&tap(), &committee()).unwrap(), 1);
    assert!(office.late_below_horizon(&committee()).unwrap()[0].answered);
    assert_eq!(oddities(), 0);
    assert_eq!(rows(office.replica(), "asset WHERE result = 'missing'"), 1);
    assert_eq!(office.answer_late(&tap(), &committee()).unwrap(), 0);
    world.sync(&away);
    world.sync(&phone);
    assert_eq!(checksum(&phone), checksum(office.replica()));
    assert_eq!(checksum(&away), checksum(office.replica()));
}

#[test]
fn a_round_with_an_undecided_dispute_stays_above_until_it_is_decided() {
    let (world, building) = a_house();
    let (one, two) = (world.phone(2), world.phone(3));
    let bottle = building.doors[0].1[0];
    look_at(&one, &building, OLD, bottle, Outcome::Normal);
    look_at(&two, &building, OLD, bottle, Outcome::Missing);
    world.sync(&one);
    world.sync(&two);
    world.clock.turn(7_200);
    let office = &world.office;
    let set = || office.set_horizon(&tap(), &committee(), &[below(&building, OLD)]);
    assert_eq!(refused(set()), "horizon.disputed");
    assert_eq!(rows(office.replica(), "horizon"), 0);
    let open = office
        .replica()
        .disputes(&committee(), crate::screens::Part::first(9))
        .unwrap();
    let names: Vec<Identity> = open.rows[0].checks.iter().map(|told| told.check).collect();
    office
        .replica()
        .decide(
            &tap(),
            doorstep_model::ids::AssetId(bottle),
            &names,
            Outcome::Missing,
            Some("看过"),
        )
        .unwrap();
    assert_eq!(set().unwrap().carries, 1);
    assert_eq!(rows(office.replica(), "asset WHERE result = 'missing'"), 1);
    world.sync(&one);
    assert_eq!(checksum(&one), checksum(office.replica()));
}

#[test]
fn a_round_with_a_held_entry_or_one_that_goes_on_stays_above() {
    let (world, building) = a_house();
    let phone = world.phone(2);
    let bottle = building.doors[0].1[0];
    look_at(&phone, &building, OLD, bottle, Outcome::Normal);
    world.sync(&phone);
    world.clock.turn(60);
    let office = &world.office;
    let set = |day| office.set_horizon(&tap(), &committee(), &[below(&building, day)]);
    assert_eq!(refused(set(20_787)), "horizon.not_over");
    let check: Identity = {
        let tx = office.replica().store.reader();
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, [u8; 4]>(0)?, row.get::<_, i64>(1)?));
        let (tag, n) = tx
            .query_row(
                "SELECT a.tag, e.counter FROM entry e JOIN author a ON a.id = e.author \
                 WHERE e.kind = 5",
                [],
                row,
            )
            .unwrap();
        Identity::of_entry(doorstep_model::ids::AuthorTag(tag), n.cast_unsigned())
    };
    let rule = |ruling| {
        office
            .verdict(
                &tap(),
                &Target::Entry(check),
                ruling,
                "held.before_grant",
                None,
            )
            .unwrap()
    };
    rule(Ruling::Held);
    assert_eq!(refused(set(OLD)), "horizon.held");
    rule(Ruling::Accepted);
    assert_eq!(set(OLD).unwrap().carries, 1);
    // What a carry stands for may be refused later: nothing is left to carry.
    office
        .verdict(
            &tap(),
            &Target::Entry(check),
            Ruling::Refused,
            "held.before_grant",
            Some("假的"),
        )
        .unwrap();
    assert_eq!(office.answer_late(&tap(), &committee()).unwrap(), 1);
    assert_eq!(rows(office.replica(), "asset WHERE result IS NOT NULL"), 0);
    world.sync(&phone);
    assert_eq!(checksum(&phone), checksum(office.replica()));
}

#[test]
fn the_offices_reports_still_count_what_lies_below() {
    let (world, building) = a_house();
    let phone = world.phone(2);
    go_through(&phone, &world.clock, &building, OLD);
    go_through(&phone, &world.clock, &building, OLD + 30);
    world.sync(&phone);
    world.clock.turn(3_600);
    let bottle = doorstep_model::ids::AssetId(building.doors[0].1[0]);
    let looks = || world.office.replica().asset(bottle).unwrap().history.len();
    assert_eq!(looks(), 2);
    let rounds = [below(&building, OLD), below(&building, OLD + 30)];
    world
        .office
        .set_horizon(&tap(), &committee(), &rounds)
        .unwrap();
    assert_eq!(looks(), 2);
}

#[test]
fn late_looks_that_contradict_are_marked_and_the_worse_stands_until_it_is_decided() {
    let (world, building) = a_house();
    let (one, two) = (world.phone(2), world.phone(3));
    let bottle = building.doors[0].1[0];
    let phone = world.phone(4);
    go_through(&phone, &world.clock, &building, OLD);
    world.sync(&phone);
    world.clock.turn(7_200);
    let office = &world.office;
    office
        .set_horizon(&tap(), &committee(), &[below(&building, OLD)])
        .unwrap();
    world.clock.turn(7_200);
    look_at(&one, &building, OLD, bottle, Outcome::Normal);
    look_at(&two, &building, OLD, bottle, Outcome::Missing);
    world.clock.turn(7_200);
    world.sync(&one);
    let marks = || {
        let late = office.late_below_horizon(&committee()).unwrap();
        let marks = late.iter().map(|line| (line.answered, line.contradicts));
        marks.collect::<Vec<_>>()
    };
    assert_eq!(marks(), [(false, false)]);
    world.sync(&two);
    assert_eq!(marks(), [(false, true), (false, true)]);
    world.clock.turn(60);
    assert_eq!(office.answer_late(&tap(), &committee()).unwrap(), 1);
    assert_eq!(marks(), [(true, true), (true, true)]);
    assert_eq!(rows(office.replica(), "asset WHERE result = 'missing'"), 1);
    assert_eq!(rows(office.replica(), "dispute"), 0);
    let late = office.late_below_horizon(&committee()).unwrap();
    let names: Vec<Identity> = late.iter().map(|line| line.entry).collect();
    let asset = doorstep_model::ids::AssetId(bottle);
    office
        .replica()
        .decide(&tap(), asset, &names, Outcome::Normal, Some("看过"))
        .unwrap();
    assert_eq!(marks(), [(true, false), (true, false)]);
    world.clock.turn(60);
    assert_eq!(office.answer_late(&tap(), &committee()).unwrap(), 1);
    assert_eq!(rows(office.replica(), "asset WHERE result = 'missing'"), 0);
    for phone in [&one, &two, &phone] {
        world.sync(phone);
        world.sync(phone);
        assert_eq!(checksum(phone), checksum(office.replica()));
    }
}
