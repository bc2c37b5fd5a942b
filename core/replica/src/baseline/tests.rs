mod below;

use std::collections::{BTreeMap, BTreeSet};

use doorstep_model::chunks;
use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{Entry, Visit, VisitOutcome};
use doorstep_model::ids::PlaceId;
use doorstep_model::materialise;
use doorstep_model::wire::{self, Reply};

use crate::replica::Replica;
use crate::sync::PIECE;
use crate::sync::phone::{Exchange, Step};
use crate::world::{
    self, Building, World, back_up_everything, checksum, committee, go_through, go_through_doors,
    segments,
};

/// A committee of three buildings that two phones went through for a year, in a backup, with its
/// baseline.
fn a_year() -> (World, Vec<Building>) {
    let world = World::new();
    let buildings: Vec<Building> = ["1号楼", "2号楼", "3号楼"]
        .iter()
        .map(|name| world.build(name, 4, 2))
        .collect();
    let phones = [world.phone(2), world.phone(3)];
    for month in 0..12 {
        for (phone, half) in phones.iter().zip([0..2, 2..4]) {
            for building in &buildings {
                go_through_doors(
                    phone,
                    &world.clock,
                    building,
                    20_788 + month * 30,
                    half.clone(),
                );
                world.sync(phone);
            }
        }
    }
    back_up_everything(&world.office);
    assert_eq!(world.office.build_baselines().unwrap(), 1);
    (world, buildings)
}

/// Everything that two replicas hold of the feed must be the same: segments, entries, rows.
fn assert_same(one: &Replica, other: &Replica) {
    assert_eq!(checksum(one), checksum(other));
    assert!(segments(one) == segments(other), "the segments differ");
    let entries = |replica: &Replica| {
        let tx = replica.store.reader();
        let mut select = tx
            .prepare(
                "SELECT a.tag, e.counter, e.time, e.standing, e.value FROM entry e \
                 JOIN author a ON a.id = e.author JOIN document d ON d.id = e.document \
                 JOIN area ar ON ar.id = d.area WHERE ar.code <> '@' ORDER BY 1, 2",
            )
            .unwrap();
        let row = |row: &rusqlite::Row<'_>| -> rusqlite::Result<_> {
            let key: (Vec<u8>, i64, i64, i64) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok((key, row.get::<_, Vec<u8>>(4)?))
        };
        select
            .query_map([], row)
            .unwrap()
            .collect::<rusqlite::Result<Vec<_>>>()
            .unwrap()
    };
    assert!(entries(one) == entries(other), "the entries differ");
    let feed = |replica: &Replica| {
        let tx = replica.store.reader();
        let mut select = tx
            .prepare(
                "SELECT position, hash, feed_hash, received_at, standing FROM segment \
                 WHERE position IS NOT NULL ORDER BY hash",
            )
            .unwrap();
        let row = |row: &rusqlite::Row<'_>| -> rusqlite::Result<_> {
            let at: (i64, Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((at, row.get::<_, i64>(3)?, row.get::<_, i64>(4)?))
        };
        select
            .query_map([], row)
            .unwrap()
            .collect::<rusqlite::Result<Vec<_>>>()
            .unwrap()
    };
    assert!(feed(one) == feed(other), "the feeds differ");
}

/// One exchange that is cut after this many replies. Returns the bytes of the longest one.
fn sync_cut(world: &World, phone: &Replica, replies: usize) -> usize {
    let mut exchange = Exchange::default();
    let mut reply: Option<Vec<u8>> = None;
    let mut longest = 0;
    for _ in 0..=replies {
        match phone.sync_step(&mut exchange, reply.as_deref()).unwrap() {
            Step::Send(request) => reply = world.office.handle(&[request]).unwrap().pop(),
            Step::Done(_) => break,
        }
        longest = longest.max(reply.as_ref().map_or(0, Vec::len));
    }
    longest
}

/// An exchange over a poor link, as long as `go_on` says so: no part of a baseline has more bytes than
/// `most`.
fn sync_in_parts(world: &World, phone: &Replica, most: usize, mut go_on: impl FnMut() -> bool) {
    let mut exchange = Exchange::default();
    let mut reply: Option<Vec<u8>> = None;
    while go_on() {
        let Step::Send(request) = phone.sync_step(&mut exchange, reply.as_deref()).unwrap() else {
            return;
        };
        let answer = world.office.handle(&[request]).unwrap().pop().unwrap();
        let mut answer: Reply = wire::from_wire(&answer).unwrap();
        if let Some(part) = &mut answer.baseline {
            part.bytes.truncate(most);
        }
        reply = Some(wire::to_wire(&answer));
    }
}

fn took_baseline(phone: &Replica) -> bool {
    world::rows(phone, "segment WHERE compacted = 1") > 0
}

fn saved(replica: &Replica) -> Vec<Vec<u8>> {
    let kept = "SELECT saved FROM document WHERE saved IS NOT NULL ORDER BY hash";
    crate::store::column(&replica.store.reader(), kept, []).unwrap()
}

#[test]
fn a_phone_and_an_office_keep_the_same_changes_of_a_document_and_give_out_a_document() {
    let (world, _) = a_year();
    let phone = world.phone(9);
    world.sync(&phone);
    while !world.office.replica().compact_slice(8).unwrap() {}
    let changes = |saved: Vec<Vec<u8>>| -> BTreeSet<Vec<u8>> {
        let unpacked = saved.iter().map(|bytes| chunks::unpack(bytes).unwrap());
        unpacked.flat_map(BTreeMap::into_values).collect()
    };
    let of_phone = changes(saved(&phone));
    assert!(!of_phone.is_empty());
    assert!(of_phone.is_subset(&changes(saved(world.office.replica()))));
    for document in phone.export_documents(&committee()).unwrap() {
        let (_, document) = document.unwrap();
        assert!(!materialise::changes_of(&document).unwrap().is_empty());
    }
}

#[test]
fn a_segment_may_leave_before_its_documents_have_come() {
    let (world, _) = a_year();
    let phone = world.phone(9);
    world.sync(&phone);
    phone
        .write(|session| {
            let tx = session.tx();
            tx.execute("UPDATE document SET saved = NULL", [])?;
            let compacted = "SELECT id FROM segment WHERE compacted = 1";
            let rows: Vec<i64> = crate::store::column(tx, compacted, [])?;
            assert!(!rows.is_empty());
            crate::compact::forget(tx, &rows)
        })
        .unwrap();
    assert!(saved(&phone).is_empty());
}

#[test]
fn a_phone_from_a_baseline_holds_what_a_phone_from_the_feed_holds() {
    let (world, _) = a_year();
    let late = world.phone(9);
    world.sync(&late);
    assert!(took_baseline(&late));
    assert_eq!(world::rows(&late, "baseline_piece"), 0);
    let feed = {
        let without = world.phone(8);
        world
            .office
            .replica()
            .store
            .writer()
            .execute("DELETE FROM baseline", [])
            .unwrap();
        world.sync(&without);
        without
    };
    assert!(!took_baseline(&feed));
    // Both have one segment more than the other: their own.
    world.sync(&late);
    world.sync(&feed);
    world.sync(&late);
    assert_same(&late, &feed);
    assert_same(&late, world.office.replica());
}

#[test]
fn the_feed_goes_on_behind_a_baseline() {
    let (world, buildings) = a_year();
    let early = world.phone(5);
    go_through(&early, &world.clock, &buildings[0], 21_200);
    world.sync(&early);
    let late = world.phone(9);
    world.sync(&late);
    go_through(&late, &world.clock, &buildings[1], 21_201);
    world.sync(&late);
    world.sync(&early);
    assert!(took_baseline(&late));
    assert_same(&late, world.office.replica());
    assert_same(&early, world.office.replica());
}

#[test]
fn verdicts_hold_on_a_phone_from_a_baseline() {
    let (world, buildings) = a_year();
    let held = world.phone(6);
    world.clock.turn(2_000 * 86_400);
    go_through(&held, &world.clock, &buildings[0], 23_000);
    world.sync(&held);
    assert!(world.rows("segment WHERE standing = 1") > 0);
    back_up_everything(&world.office);
    assert_eq!(world.office.build_baselines().unwrap(), 1);
    let late = world.phone(9);
    world.sync(&late);
    assert!(took_baseline(&late));
    assert_eq!(
        world::rows(&late, "entry WHERE standing = 1"),
        world.rows("entry WHERE standing = 1")
    );
    world.sync(&late);
    assert_same(&late, world.office.replica());
}

#[test]
fn a_cut_loses_no_more_than_a_part_and_what_has_come_is_not_asked_again() {
    let (world, _) = a_year();
    let late = world.phone(9);
    let mut longest = 0;
    for _ in 0..60 {
        // Two replies come through, then the link is gone.
        longest = longest.max(sync_cut(&world, &late, 2));
    }
    assert!(longest <= PIECE + 4 * 1024, "{longest} bytes in one reply");
    world.sync(&late);
    assert_same(&late, world.office.replica());
}

#[test]
fn what_is_written_while_a_baseline_comes_is_pushed_and_stays() {
    let (world, buildings) = a_year();
    let late = world.phone(9);
    let mut exchange = Exchange::default();
    let mut reply: Option<Vec<u8>> = None;
    for step in 0..40 {
        let name = DocumentName::Round(buildings[0].id, RoundKey::AdHoc(21_300));
        let visit = Visit {
            outcome: VisitOutcome::Answered,
            note: None,
            next: None,
            date_only: None,
        };
        late.write(|session| {
            let entry = Entry::new(visit, session.now);
            session.put(&committee(), &name, buildings[0].doors[0].0, &entry)
        })
        .unwrap();
        world.clock.turn(60 + step);
        match late.sync_step(&mut exchange, reply.as_deref()).unwrap() {
            Step::Send(request) => reply = world.office.handle(&[request]).unwrap().pop(),
            Step::Done(_) => break,
        }
    }
    world.sync(&late);
    assert!(took_baseline(&late));
    let own = late.author().unwrap();
    let visits = format!(
        "entry e JOIN author a ON a.id = e.author WHERE e.kind = 4 AND hex(a.tag) = '{}'",
        data_encoding::HEXUPPER.encode(own.as_bytes())
    );
    assert!(world::rows(&late, &visits) > 3);
    assert_eq!(world.rows(&visits), world::rows(&late, &visits));
    assert_same(&late, world.office.replica());
}

#[test]
fn a_building_that_is_asked_for_first_is_complete_before_the_others() {
    let (world, buildings) = a_year();
    let late = world.phone(9);
    let wanted = &buildings[2];
    late.prefer_buildings(&[PlaceId(wanted.id)]).unwrap();
    let checks_of = |replica: &Replica, building: &Building| {
        let tx = replica.store.reader();
        let count: i64 = tx
            .query_row(
                "SELECT count(*) FROM entry e JOIN document d ON d.id = e.document \
                 WHERE d.subject = ?1 AND e.kind = 5",
                [building.id.as_bytes()],
                |row| row.get(0),
            )
            .unwrap();
        count
    };
    let whole = checks_of(world.office.replica(), wanted);
    sync_in_parts(&world, &late, 200, || checks_of(&late, wanted) < whole);
    assert_eq!(checks_of(&late, wanted), whole);
    assert_eq!(checks_of(&late, &buildings[0]), 0);
    world.sync(&late);
    assert_same(&late, world.office.replica());
}

#[test]
fn a_baseline_that_the_office_has_dropped_is_begun_anew() {
    let (world, buildings) = a_year();
    let late = world.phone(9);
    sync_in_parts(&world, &late, 500, || {
        world::rows(&late, "entry WHERE kind = 5") == 0
    });
    assert!(world::rows(&late, "baseline_piece") > 0);
    let walker = world.phone(5);
    for round in 0..3 {
        go_through(&walker, &world.clock, &buildings[0], 21_400 + round);
        world.sync(&walker);
        back_up_everything(&world.office);
        assert_eq!(world.office.build_baselines().unwrap(), 1);
    }
    world.sync(&late);
    assert!(took_baseline(&late));
    world.sync(&late);
    assert_same(&late, world.office.replica());
}

#[test]
fn a_bent_piece_is_thrown_away_and_a_lying_one_gives_way_to_the_feed() {
    let (world, _) = a_year();
    let bent = world.phone(9);
    let mut exchange = Exchange::default();
    let mut reply: Option<Vec<u8>> = None;
    let mut bend = 3;
    while let Step::Send(request) = bent.sync_step(&mut exchange, reply.as_deref()).unwrap() {
        let answer = world.office.handle(&[request]).unwrap().pop().unwrap();
        let mut answer: Reply = wire::from_wire(&answer).unwrap();
        if let Some(part) = &mut answer.baseline
            && let Some(byte) = part.bytes.get_mut(100)
            && bend > 0
        {
            bend -= 1;
            *byte ^= 1;
        }
        reply = Some(wire::to_wire(&answer));
    }
    world.sync(&bent);
    assert_same(&bent, world.office.replica());
}

#[test]
fn a_short_feed_and_a_feed_without_a_backup_are_told_item_by_item() {
    let world = World::new();
    world.build("1号楼", 4, 2);
    back_up_everything(&world.office);
    assert_eq!(world.office.build_baselines().unwrap(), 0);
    let late = world.phone(9);
    world.sync(&late);
    assert!(!took_baseline(&late));
    assert_eq!(checksum(&late), checksum(world.office.replica()));
}
