use super::*;
use crate::world::{self, World, back_up_everything, go_through};

/// A phone and an office with two rounds between them, half of it compacted.
fn a_world() -> (World, Replica) {
    let world = World::new();
    let building = world.build("3号楼", 4, 2);
    let phone = world.phone(2);
    for day in [20_788, 20_818] {
        world.sync(&phone);
        go_through(&phone, &world.clock, &building, day);
        world.sync(&phone);
        back_up_everything(&world.office);
        while !world.office.replica().compact_slice(8).unwrap() {}
    }
    go_through(&phone, &world.clock, &building, 20_850);
    world.sync(&phone);
    (world, phone)
}

fn codes(verified: &Verified) -> Vec<&'static str> {
    let mut codes: Vec<_> = verified
        .problems
        .iter()
        .map(|problem| problem.code)
        .collect();
    codes.dedup();
    codes
}

#[test]
fn a_sound_replica_is_said_to_be_sound() {
    let (world, phone) = a_world();
    for replica in [world.office.replica(), &phone] {
        let verified = replica.verify().unwrap();
        assert_eq!(verified.problems, []);
        assert_eq!(verified.unproved, []);
        assert!(
            verified.segments >= 6 && verified.entries > 30,
            "{verified:?}"
        );
    }
    assert!(world.office.replica().verify().unwrap().documents >= 3);
}

#[test]
fn every_kind_of_damage_is_named() {
    let damages = [
        (
            "UPDATE segment SET bytes = CAST(substr(bytes, 1, length(bytes) - 1) AS BLOB) \
          WHERE id = (SELECT max(id) FROM segment)",
            "verify.hash",
        ),
        (
            "UPDATE segment SET hash = zeroblob(32) WHERE n = 2",
            "verify.hash",
        ),
        (
            "DELETE FROM segment WHERE id = (SELECT max(id) - 1 FROM segment)",
            "verify.chain",
        ),
        (
            "UPDATE segment SET received_at = received_at + 1 WHERE position = 2",
            "verify.feed",
        ),
        (
            "UPDATE entry SET value = CAST(substr(value, 1, length(value) - 1) AS BLOB) \
          WHERE id = (SELECT max(id) FROM entry)",
            "verify.entries",
        ),
        (
            "DELETE FROM entry WHERE id = (SELECT max(id) FROM entry)",
            "verify.entries",
        ),
        (
            "UPDATE document SET saved = x'0102' WHERE saved IS NOT NULL",
            "verify.lost",
        ),
        (
            "UPDATE document_chain SET state = x'8400f60000'",
            "verify.chain",
        ),
        ("UPDATE chain SET n = n + 1", "verify.chain"),
        ("UPDATE asset SET result = '\"missing\"'", "verify.rows"),
        ("UPDATE author SET proof = x'00'", "verify.author"),
    ];
    for (sql, code) in damages {
        let (world, _) = a_world();
        let office = world.office.replica();
        office.store.writer().execute_batch(sql).unwrap();
        let found = codes(&office.verify().unwrap());
        assert!(found.contains(&code), "{sql}: {found:?}");
    }
}

#[test]
fn a_phone_from_a_baseline_proves_what_a_phone_from_the_feed_proves() {
    let world = World::new();
    let building = world.build("3号楼", 4, 2);
    let phone = world.phone(2);
    for day in 0..70 {
        go_through(&phone, &world.clock, &building, 20_788 + day);
        world.sync(&phone);
    }
    back_up_everything(&world.office);
    assert_eq!(world.office.build_baselines().unwrap(), 1);
    let late = world.phone(9);
    world.sync(&late);
    assert!(world::rows(&late, "segment WHERE compacted = 1") > 64);
    let verified = late.verify().unwrap();
    assert_eq!(verified.problems, []);
    assert_eq!(verified.unproved, []);
    assert!(verified.segments > 70);
}

#[test]
fn what_the_office_has_not_signed_is_said_to_be_unproved() {
    let (_, phone) = a_world();
    phone
        .store
        .writer()
        .execute("UPDATE area SET statement = NULL WHERE code <> '@'", [])
        .unwrap();
    let verified = phone.verify().unwrap();
    assert!(verified.is_whole());
    assert_eq!(verified.unproved.len(), 1);
    assert_eq!(verified.unproved[0].code, "verify.order_unsigned");
}
