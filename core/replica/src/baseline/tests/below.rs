//! A phone that starts from a baseline of an area with a horizon: the same rows, without the bytes of
//! the old rounds.

use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{
    AreaDeclared, Body, CaseClass, Check, Entry, Found, HandoutBatch, HandoutLine, HandoutManner,
    HorizonRound, Outcome, Service, ServiceKind, Visit, VisitOutcome,
};
use doorstep_model::ids::{AssetId, Identity, PhotoHash, PlaceId};

use super::{sync_in_parts, took_baseline};
use crate::act::testing::tap;
use crate::replica::Replica;
use crate::world::{
    self, Building, World, back_up_everything, checksum, clone_of, committee, go_through,
    go_through_doors, meet,
};

/// The first day of work in these tests: years before the world begins.
const OLD: u32 = 19_000;

/// One round a month, of every building.
fn day(month: u32) -> u32 {
    OLD + month * 30
}

/// A committee of two buildings that two phones went through for so many months.
fn years(months: u32) -> (World, Vec<Building>, [Replica; 2]) {
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
    let buildings: Vec<Building> = ["1号楼", "2号楼"]
        .iter()
        .map(|name| world.build(name, 6, 2))
        .collect();
    let phones = [world.phone(2), world.phone(3)];
    for month in 0..months {
        for (phone, half) in phones.iter().zip([0..3, 3..6]) {
            for building in &buildings {
                go_through_doors(phone, &world.clock, building, day(month), half.clone());
            }
            world.sync(phone);
        }
    }
    (world, buildings, phones)
}

fn sink(world: &World, buildings: &[Building], months: std::ops::Range<u32>) {
    let rounds: Vec<HorizonRound> = buildings
        .iter()
        .flat_map(|building| {
            months.clone().map(|month| HorizonRound {
                building: PlaceId(building.id),
                round: RoundKey::AdHoc(day(month)),
            })
        })
        .collect();
    world.clock.turn(3_600);
    world
        .office
        .set_horizon(&tap(), &committee(), &rounds)
        .unwrap();
}

/// Bytes of the newest baseline, which is built of everything.
fn build(world: &World) -> u64 {
    back_up_everything(&world.office);
    assert_eq!(world.office.build_baselines().unwrap(), 1);
    let tx = world.office.replica().store.reader();
    let bytes: i64 = tx
        .query_row("SELECT sum(length(bytes)) FROM baseline_piece", [], |row| {
            row.get(0)
        })
        .unwrap();
    bytes.unsigned_abs()
}

fn late_phone(world: &World) -> Replica {
    let late = world.phone(9);
    world.sync(&late);
    assert!(took_baseline(&late));
    late
}

fn checks(replica: &Replica) -> u64 {
    world::rows(replica, "entry WHERE kind = 5")
}

/// Rows as at the office and on a phone that saw everything, after a rebuild too; nothing wrong.
fn assert_agrees(world: &World, late: &Replica, old: &Replica) {
    world.sync(old);
    world.sync(late);
    assert_eq!(checksum(late), checksum(world.office.replica()));
    assert_eq!(checksum(late), checksum(old));
    assert_eq!(late.verify().unwrap().problems, []);
    late.rebuild().unwrap();
    assert_eq!(checksum(late), checksum(old));
}

/// Three years of two buildings of 24 doors that one phone goes through every month, an evening each,
/// as people do it: at odd times, one check in 20 with a note, one in 30 with a photo.
fn three_real_years(horizon: bool) -> (World, Replica, u64) {
    let (world, ..) = years(0);
    let buildings = ["3号楼", "4号楼"].map(|name| world.build(name, 24, 2));
    let phone = world.phone(4);
    let mut dice: u64 = 7;
    let mut roll = |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (dice >> 33) % sides
    };
    let evenings = (0..36).flat_map(|month| buildings.iter().map(move |one| (month, one)));
    for (month, building) in evenings {
        let name = DocumentName::Round(building.id, RoundKey::AdHoc(day(month)));
        for (door, assets) in &building.doors {
            let visit = Visit {
                outcome: VisitOutcome::Answered,
                note: None,
                next: None,
                date_only: None,
            };
            write(&phone, &name, *door, visit);
            for asset in assets {
                world.clock.turn(15 + roll(76).cast_signed());
                let check = Check {
                    outcome: Outcome::Normal,
                    note: (roll(20) == 0).then(|| format!("压力表{}号偏低", roll(3_500))),
                    photos: (roll(30) == 0).then(|| {
                        let hash = std::array::from_fn(|_| u8::try_from(roll(256)).unwrap());
                        vec![PhotoHash(hash)]
                    }),
                    pack: None,
                    date_only: None,
                };
                write(&phone, &name, *asset, check);
            }
        }
        world.sync(&phone);
    }
    if horizon {
        sink(&world, &buildings, 0..24);
    }
    let bytes = build(&world);
    (world, phone, bytes)
}

fn write(phone: &Replica, name: &DocumentName, subject: Identity, body: impl Into<Body>) {
    phone
        .write(|session| {
            let entry = Entry::new(body, session.now);
            session.put(&committee(), name, subject, &entry)
        })
        .unwrap();
}

#[test]
fn two_of_three_years_are_left_out_and_the_rows_are_the_same() {
    let (_, _, whole) = three_real_years(false);
    let (world, phone, left) = three_real_years(true);
    assert!(left * 3 < whole * 2, "{left} of {whole} bytes");
    let late = late_phone(&world);
    assert_agrees(&world, &late, &phone);
    assert_eq!(checks(&late), 12 * 96);
    assert_eq!(checks(&phone), 36 * 96);
    let told = |replica: &Replica| world::rows(replica, "asset WHERE result = 'normal'");
    assert_eq!(told(&late), 96);
}

#[test]
fn what_such_a_phone_cannot_prove_it_says() {
    let (world, buildings, [phone, _]) = years(36);
    sink(&world, &buildings, 0..24);
    build(&world);
    let late = late_phone(&world);
    world.sync(&late);
    let verified = late.verify().unwrap();
    assert_eq!(verified.problems, []);
    assert_eq!(verified.below, 48, "two phones a month");
    let unproved: Vec<&str> = verified.unproved.iter().map(|one| one.code).collect();
    assert_eq!(unproved, ["verify.below_horizon"]);
    world.sync(&phone);
    assert_eq!(phone.verify().unwrap().unproved, []);
    // A changed place in the feed is noticed all the same.
    late.store
        .writer()
        .execute("UPDATE segment SET hash = randomblob(32) WHERE id = (SELECT max(id) FROM segment WHERE cut = 1)", [])
        .unwrap();
    assert!(!late.verify().unwrap().is_whole());
}

#[test]
fn services_handouts_and_open_cases_of_old_rounds_come_along() {
    let (world, buildings, [phone, _]) = years(36);
    let (door, bottles) = &buildings[0].doors[0];
    let (door, bottle) = (PlaceId(*door), AssetId(bottles[0]));
    let batch = HandoutBatch {
        item: "smoke_alarm".to_owned(),
        size: None,
        manner: HandoutManner::New,
        day: day(3),
        project: None,
        maker: None,
        factory: None,
    };
    let office = &world.office;
    let batch = office.start_handout(&tap(), &committee(), batch).unwrap();
    world.sync(&phone);
    let line = HandoutLine {
        batch,
        quantity: 1,
        unit: "只".to_owned(),
        day: None,
        item: "smoke_alarm".to_owned(),
    };
    phone.handout_line(&tap(), door, line).unwrap();
    let service = Service {
        kind: ServiceKind::Serviced,
        month: 2025 * 12 + 5,
        firm: None,
        note: None,
        successor: None,
    };
    phone.service(&tap(), bottle, service).unwrap();
    let found = Found {
        class: CaseClass::Repair,
        kind: "pressure_low".to_owned(),
        place: door,
        asset: Some(bottle),
        level: 1,
        suspected: None,
        note: None,
        photos: None,
        round: None,
        campaign: None,
    };
    phone.found(&tap(), found, None).unwrap();
    world.sync(&phone);
    sink(&world, &buildings, 0..36);
    build(&world);
    let late = late_phone(&world);
    assert_agrees(&world, &late, &phone);
    for replica in [&late, &phone, world.office.replica()] {
        assert_eq!(world::rows(replica, "handout WHERE quantity = 1"), 1);
        assert_eq!(world::rows(replica, "matter WHERE open = 1"), 1);
        assert_eq!(
            world::rows(replica, "asset WHERE services LIKE '%2025-06%'"),
            1
        );
    }
    assert_eq!(checks(&late), 0);
}

#[test]
fn a_segment_of_an_old_and_a_new_round_brings_the_new_one() {
    let (world, buildings, [phone, _]) = years(36);
    go_through(&phone, &world.clock, &buildings[0], day(3));
    go_through(&phone, &world.clock, &buildings[1], day(40));
    world.sync(&phone);
    sink(&world, &buildings, 0..24);
    build(&world);
    let late = late_phone(&world);
    assert_agrees(&world, &late, &phone);
    assert_eq!(checks(&late), 12 * 24 + 12);
}

#[test]
fn late_work_below_is_vetted_and_answered_as_everywhere() {
    let (world, buildings, [phone, other]) = years(36);
    sink(&world, &buildings, 0..24);
    build(&world);
    let late = late_phone(&world);
    world.clock.turn(60);
    // Known chains there, and one that was never there.
    go_through(&phone, &world.clock, &buildings[0], day(5));
    let stranger = world.phone(4);
    go_through(&stranger, &world.clock, &buildings[0], day(5));
    go_through(&phone, &world.clock, &buildings[1], day(37));
    world.sync(&phone);
    world.sync(&stranger);
    assert_agrees(&world, &late, &other);
    world.clock.turn(60);
    assert!(world.office.answer_late(&tap(), &committee()).unwrap() > 0);
    assert_agrees(&world, &late, &other);
    assert_eq!(world::rows(&late, "segment WHERE opaque = 1"), 0);
    // What cannot go into a document without what was left out stays as it came.
    back_up_everything(&world.office);
    world.sync(&late);
    while !late.compact_slice(8).unwrap() {}
    assert!(world::rows(&late, "segment WHERE compacted = 0") >= 1);
    assert_agrees(&world, &late, &other);
    let documents = late.export_documents(&committee()).unwrap();
    assert!(documents.map(Result::unwrap).count() > 12);
}

#[test]
fn a_horizon_above_the_baseline_leaves_nothing_out() {
    let (world, buildings, [phone, _]) = years(36);
    back_up_everything(&world.office);
    sink(&world, &buildings, 0..24);
    assert_eq!(world.office.build_baselines().unwrap(), 1);
    let late = late_phone(&world);
    assert_eq!(world::rows(&late, "segment WHERE cut = 1"), 0);
    assert_agrees(&world, &late, &phone);
}

#[test]
fn what_was_cut_is_given_to_no_peer_and_the_rest_is() {
    let (world, buildings, [phone, other]) = years(36);
    sink(&world, &buildings, 0..24);
    build(&world);
    let late = late_phone(&world);
    world.sync(&late);
    world.sync(&other);
    go_through(&late, &world.clock, &buildings[0], day(38));
    let (given, _) = meet(&late, &other, 10_000);
    assert_eq!((given.given, given.refused), (1, 0));
    // One that has nothing gets the register and no author with a hole.
    let empty = world.phone(5);
    let (given, _) = meet(&late, &empty, 10_000);
    assert!(given.given > 0);
    assert_eq!(world::rows(&empty, "quarantine"), 0);
    world.sync(&empty);
    assert_agrees(&world, &empty, &phone);
}

#[test]
fn a_branch_that_the_feed_refutes_is_taken_back_behind_what_was_cut() {
    let (world, buildings, [phone, other]) = years(36);
    sink(&world, &buildings, 0..24);
    build(&world);
    let late = late_phone(&world);
    let copy = clone_of(&phone, &world.clock, 7);
    go_through(&phone, &world.clock, &buildings[0], day(38));
    go_through(&copy, &world.clock, &buildings[1], day(39));
    meet(&late, &phone, 10_000);
    assert_eq!(world::rows(&late, "segment WHERE received_at IS NULL"), 1);
    world.sync(&copy);
    world.sync(&late);
    world.sync(&phone);
    // The branch that was there first goes on, below the horizon too.
    go_through(&copy, &world.clock, &buildings[1], day(7));
    world.sync(&copy);
    assert_agrees(&world, &late, &other);
    assert_eq!(world::rows(&late, "segment WHERE opaque = 1"), 0);
}

#[test]
fn a_baseline_with_a_horizon_that_is_begun_anew_comes_to_the_same() {
    let (world, buildings, [phone, _]) = years(36);
    sink(&world, &buildings, 0..12);
    build(&world);
    let late = world.phone(9);
    sync_in_parts(&world, &late, 500, || {
        world::rows(&late, "document_chain WHERE below IS NOT NULL") == 0
    });
    assert!(world::rows(&late, "segment WHERE cut = 1") > 0);
    for months in [12..14, 14..16, 16..18] {
        sink(&world, &buildings, months);
        back_up_everything(&world.office);
        assert_eq!(world.office.build_baselines().unwrap(), 1);
    }
    world.sync(&late);
    assert!(took_baseline(&late));
    assert_eq!(world::rows(&late, "segment WHERE cut = 1"), 36);
    assert_agrees(&world, &late, &phone);
}
