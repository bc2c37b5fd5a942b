use std::collections::BTreeSet;

use doorstep_model::segment::hash_of;

use crate::world::{self, World, back_up_everything, committee, go_through};

fn compact(replica: &crate::Replica) {
    for _ in 0..1_000 {
        if replica.compact_slice(3).unwrap() {
            return;
        }
    }
    panic!("compaction without end");
}

/// Two phones, two buildings, three rounds; the second phone walks both buildings in one evening.
fn a_quarter() -> World {
    let world = World::new();
    let buildings = [world.build("1号楼", 4, 2), world.build("2号楼", 3, 1)];
    let (one, two) = (world.phone(2), world.phone(3));
    for day in [20_788, 20_818, 20_850] {
        go_through(&one, &world.clock, &buildings[0], day);
        for building in &buildings {
            go_through(&two, &world.clock, building, day);
        }
        world.sync(&one);
        world.sync(&two);
    }
    world
}

#[test]
fn every_compacted_segment_comes_back_byte_for_byte() {
    let world = a_quarter();
    let before = world::segments(world.office.replica());
    let rows = world::checksum(world.office.replica());
    back_up_everything(&world.office);
    compact(world.office.replica());
    assert_eq!(world.rows("segment WHERE compacted = 0"), 0);
    let after = world::segments(world.office.replica());
    assert!(before.len() > 8);
    assert_eq!(before, after);
    for (hash, bytes) in after {
        assert_eq!(hash, hash_of(&bytes).0);
    }
    assert_eq!(world::checksum(world.office.replica()), rows);
}

#[test]
fn nothing_above_the_backup_is_compacted() {
    let world = a_quarter();
    assert!(world.office.replica().compact_slice(100).unwrap());
    assert_eq!(world.rows("segment WHERE compacted = 1"), 0);
    world.office.backed_up(&[(committee(), 3)]).unwrap();
    compact(world.office.replica());
    assert_eq!(world.rows("segment WHERE compacted = 1"), 3);
}

#[test]
fn a_phone_that_comes_late_gets_compacted_segments_through_the_feed() {
    let world = a_quarter();
    back_up_everything(&world.office);
    compact(world.office.replica());
    let late = world.phone(9);
    world.sync(&late);
    assert_eq!(
        world::checksum(&late),
        world::checksum(world.office.replica())
    );
}

#[test]
fn a_document_is_the_same_whether_it_was_compacted_half_all_or_not() {
    let world = a_quarter();
    let export = || {
        let documents = world
            .office
            .replica()
            .export_documents(&committee())
            .unwrap();
        documents.collect::<crate::Result<Vec<_>>>().unwrap()
    };
    let raw = export();
    assert!(raw.len() >= 8);
    world.office.backed_up(&[(committee(), 5)]).unwrap();
    compact(world.office.replica());
    assert_eq!(export(), raw);
    back_up_everything(&world.office);
    compact(world.office.replica());
    assert_eq!(export(), raw);
}

#[test]
fn an_exported_document_shows_every_entry_once() {
    let world = a_quarter();
    back_up_everything(&world.office);
    compact(world.office.replica());
    let mut seen = BTreeSet::new();
    for document in world
        .office
        .replica()
        .export_documents(&committee())
        .unwrap()
    {
        let (_, saved) = document.unwrap();
        for change in doorstep_model::materialise::changes_of(&saved).unwrap() {
            for (key, _) in doorstep_model::change::read(&change).unwrap() {
                assert!(seen.insert(key.to_string()), "{key} twice");
            }
        }
    }
    let entries = world.rows(
        "entry e JOIN document d ON d.id = e.document JOIN area a ON a.id = d.area \
         WHERE a.code = '310101019005'",
    );
    assert_eq!(seen.len() as u64, entries);
}

#[test]
fn a_compacted_segment_that_leaves_the_feed_leaves_its_documents() {
    let world = a_quarter();
    let phone = world.phone(7);
    world.sync(&phone);
    let tag = phone.author().unwrap();
    let building = world.build("5号楼", 2, 1);
    go_through(&phone, &world.clock, &building, 20_900);
    world.sync(&phone);
    back_up_everything(&world.office);
    compact(world.office.replica());
    let bytes = world
        .office
        .write(|session| {
            let author = session
                .door
                .directory
                .author_by_tag(session.door.tx, tag)?
                .unwrap()
                .id;
            let area = session.door.directory.area(session.door.tx, &committee())?;
            session.tx().execute(
                "UPDATE segment SET position = NULL WHERE area = ?1 AND author = ?2 AND n > 1",
                [area, author],
            )?;
            crate::ingest::withdraw(session, &committee(), author, 2, "chain.losing_branch")
        })
        .unwrap();
    assert_eq!(bytes.len(), 1);
    let documents = world
        .office
        .replica()
        .export_documents(&committee())
        .unwrap();
    for document in documents {
        for change in doorstep_model::materialise::changes_of(&document.unwrap().1).unwrap() {
            for (key, _) in doorstep_model::change::read(&change).unwrap() {
                assert_ne!(key.author, tag);
            }
        }
    }
}
