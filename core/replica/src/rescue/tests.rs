use std::sync::Arc;

use doorstep_model::grant::Invitation;
use rusqlite::Connection;

use super::*;
use crate::world::{self, World, go_through, options};

struct Broken {
    world: World,
    folder: tempfile::TempDir,
}

/// A phone in a folder with work that no office has seen: eight checks sealed, eight pending.
fn a_phone() -> Broken {
    a_phone_after(1)
}

/// As [`a_phone`], with the checks of so many evenings pending.
fn a_phone_after(evenings: u32) -> Broken {
    let world = World::new();
    let building = world.build("3号楼", 4, 2);
    let folder = tempfile::tempdir().unwrap();
    let place = Place::Folder(folder.path().to_owned());
    let phone = Replica::open(options(&world.clock, place, 2)).unwrap();
    phone.enrol(&world.invitation(2)).unwrap();
    world.sync(&phone);
    go_through(&phone, &world.clock, &building, 20_788);
    phone.seal().unwrap();
    for evening in 0..evenings {
        go_through(&phone, &world.clock, &building, 20_789 + evening);
    }
    Broken { world, folder }
}

impl Broken {
    fn database(&self) -> Connection {
        Connection::open(self.folder.path().join(FILE)).unwrap()
    }

    fn rescue(&self) -> Result<(Rescued, Vec<u8>)> {
        self.rescue_for(None)
    }

    fn rescue_with(&self, invitation: &str) -> Result<(Rescued, Vec<u8>)> {
        self.rescue_for(Some(invitation))
    }

    fn rescue_for(&self, invitation: Option<&str>) -> Result<(Rescued, Vec<u8>)> {
        let out = self.folder.path().join("rescued.bundle");
        let rescued = rescue(self.folder.path(), None, invitation, &out)?;
        Ok((rescued, std::fs::read(out).unwrap()))
    }

    fn open(&self) -> Result<Replica> {
        let place = Place::Folder(self.folder.path().to_owned());
        Replica::open(options(&Arc::clone(&self.world.clock), place, 2))
    }
}

#[test]
fn a_store_of_a_newer_version_gives_everything_signed() {
    let broken = a_phone();
    broken
        .database()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    assert_eq!(broken.open().err().unwrap().code(), "store.newer");
    let (rescued, file) = broken.rescue().unwrap();
    assert_eq!((rescued.unsigned, rescued.unreadable), (0, 0));
    assert_eq!(rescued.segments, 2);
    broken.world.office.take_bundle(&file).unwrap();
    assert_eq!(broken.world.rows("entry WHERE kind = 5"), 16);
}

#[test]
fn without_the_key_what_is_pending_is_handed_in_as_it_is() {
    let broken = a_phone();
    let database = broken.database();
    database
        .execute("DELETE FROM meta WHERE key = 'own_secret'", [])
        .unwrap();
    let (rescued, file) = broken.rescue().unwrap();
    assert_eq!(rescued.signed, 0);
    assert!(rescued.unsigned >= 12, "{rescued:?}");
    let summary = broken.world.office.take_bundle(&file).unwrap();
    assert_eq!(summary.unsigned, rescued.unsigned);
    assert_eq!(
        broken.world.rows("entry WHERE kind = 5"),
        8,
        "the sealed ones"
    );
}

#[test]
fn the_database_is_not_touched_and_a_second_rescue_gives_the_same_entries() {
    let broken = a_phone();
    broken
        .database()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let before = std::fs::read(broken.folder.path().join(FILE)).unwrap();
    for _ in 0..2 {
        let (_, file) = broken.rescue().unwrap();
        broken.world.office.take_bundle(&file).unwrap();
    }
    assert_eq!(
        std::fs::read(broken.folder.path().join(FILE)).unwrap(),
        before
    );
    assert_eq!(broken.world.rows("entry WHERE kind = 5"), 16);
    assert_eq!(broken.world.rows("quarantine"), 0);
}

#[test]
fn a_damaged_file_gives_what_can_be_read() {
    let broken = a_phone();
    broken
        .database()
        .pragma_update(None, "wal_checkpoint", "TRUNCATE")
        .ok();
    let path = broken.folder.path().join(FILE);
    let whole = std::fs::read(&path).unwrap();
    let page = 4_096;
    let mut most = 0;
    for hurt in 1..whole.len() / page {
        let mut bytes = whole.clone();
        bytes[hurt * page..(hurt + 1) * page].fill(0x5a);
        std::fs::write(&path, &bytes).unwrap();
        match broken.rescue() {
            Ok((_, file)) => {
                let _ = broken.world.office.take_bundle(&file).unwrap();
            }
            Err(error) => assert_ne!(error.code(), ""),
        }
        most = most.max(broken.world.rows("entry WHERE kind = 5"));
    }
    assert_eq!(most, 16, "some pages hold nothing of this work");
    assert_eq!(
        world::rows(
            broken.world.office.replica(),
            "quarantine WHERE code LIKE 'vet.%'"
        ),
        0
    );
}

#[test]
fn what_lies_behind_damaged_pages_is_read_row_by_row() {
    let broken = a_phone_after(12);
    let (pages, index, all) = {
        let database = broken.database();
        database
            .pragma_update(None, "wal_checkpoint", "TRUNCATE")
            .ok();
        let mut leaves = database
            .prepare("SELECT pageno FROM dbstat WHERE name = 'entry' AND pagetype = 'leaf'")
            .unwrap();
        let pages: Vec<u32> = leaves
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        let index = count(
            &database,
            "SELECT rootpage FROM sqlite_schema WHERE name = 'entry_key'",
        );
        let all = count(&database, "SELECT count(*) FROM entry").unwrap();
        (pages, index.unwrap() as u32, all)
    };
    let [first, .., last] = pages[..] else {
        panic!("{pages:?}");
    };
    let path = broken.folder.path().join(FILE);
    let whole = std::fs::read(&path).unwrap();
    for hurt in [vec![first, index], vec![first, last]] {
        let mut bytes = whole.clone();
        for page in hurt.iter().map(|page| *page as usize) {
            bytes[(page - 1) * 4_096..page * 4_096].fill(0x5a);
        }
        std::fs::write(&path, &bytes).unwrap();
        let (rescued, _) = broken.rescue().unwrap();
        let found = rescued.signed + rescued.unsigned;
        assert!(found > 0, "{rescued:?}");
        // What was sealed is in the first page; all else was found but what is in the damaged ones.
        assert_eq!(found + rescued.unreadable, all, "without pages {hurt:?}");
    }
}

#[test]
fn nobody_to_seal_to_is_said_before_anything_is_written() {
    let broken = a_phone();
    broken
        .database()
        .execute("DELETE FROM meta WHERE key = 'seal_to'", [])
        .unwrap();
    assert_eq!(broken.rescue().unwrap_err().code(), "bundle.no_key");
    let out = broken.folder.path().join("rescued.bundle");
    assert!(!out.exists());
    let (_, file) = broken.rescue_with(&broken.world.invitation(9)).unwrap();
    broken.world.office.take_bundle(&file).unwrap();
    assert_eq!(broken.world.rows("entry WHERE kind = 5"), 16);
}

#[test]
fn a_damaged_key_to_seal_to_is_none_and_an_invitation_says_it() {
    let broken = a_phone();
    let database = broken.database();
    let mut key = meta::get(&database, Key::SealTo).unwrap().unwrap();
    key[7] ^= 0x10;
    meta::set(&database, Key::SealTo, &key).unwrap();
    drop(database);
    assert_eq!(broken.rescue().unwrap_err().code(), "bundle.no_key");
    let (rescued, file) = broken.rescue_with(&broken.world.invitation(9)).unwrap();
    assert_eq!(rescued.segments, 2);
    broken.world.office.take_bundle(&file).unwrap();
}

#[test]
fn an_invitation_changes_nothing_where_the_store_knows_its_office() {
    let broken = a_phone();
    let mut forged = Invitation::from_text(&broken.world.invitation(9)).unwrap();
    forged.seal_to = World::with_seed(77).office.seal_to().ok();
    let (_, file) = broken.rescue_with(&forged.to_text()).unwrap();
    broken.world.office.take_bundle(&file).unwrap();
}

#[test]
fn an_invitation_says_whose_work_it_is_where_the_store_cannot() {
    let broken = a_phone();
    broken
        .database()
        .execute_batch(
            "DELETE FROM meta WHERE key IN ('seal_to', 'organisation');
             DELETE FROM segment WHERE position IS NULL;",
        )
        .unwrap();
    let (rescued, file) = broken.rescue_with(&broken.world.invitation(9)).unwrap();
    assert!(rescued.signed >= 8, "{rescued:?}");
    broken.world.office.take_bundle(&file).unwrap();
    assert_eq!(
        broken.world.rows("quarantine"),
        1,
        "behind what was deleted"
    );
}

#[test]
fn the_segments_say_whose_work_it_is_where_the_store_cannot() {
    let broken = a_phone();
    broken
        .database()
        .execute("DELETE FROM meta WHERE key = 'organisation'", [])
        .unwrap();
    let of_another = World::with_seed(77).invitation(9);
    let refused = broken.rescue_with(&of_another).unwrap_err();
    assert_eq!(refused.code(), "enrol.other_organisation");
    let (rescued, file) = broken.rescue().unwrap();
    assert_eq!((rescued.segments, rescued.signed), (1, 0), "{rescued:?}");
    let summary = broken.world.office.take_bundle(&file).unwrap();
    assert_eq!(summary.unsigned, rescued.unsigned);
}

#[test]
fn segments_go_in_without_the_rows_of_their_author_and_what_is_pending_is_told() {
    let broken = a_phone();
    let database = broken.database();
    let pending = count(
        &database,
        "SELECT count(*) FROM entry WHERE segment IS NULL",
    )
    .unwrap();
    database.execute("DELETE FROM author", []).unwrap();
    drop(database);
    let (rescued, file) = broken.rescue().unwrap();
    let (unsigned, unreadable) = (rescued.unsigned, rescued.unreadable);
    assert_eq!((rescued.segments, unsigned, unreadable), (1, 0, pending));
    broken.world.office.take_bundle(&file).unwrap();
    assert_eq!(broken.world.rows("entry WHERE kind = 5"), 8);
}

#[test]
fn a_file_of_nothing_is_not_made_of_what_cannot_be_read() {
    let broken = a_phone();
    broken
        .database()
        .execute_batch("DROP TABLE entry; DROP TABLE segment;")
        .unwrap();
    let nothing = broken.rescue_with(&broken.world.invitation(9)).unwrap_err();
    assert_eq!(nothing.code(), "store.corrupt");
    assert!(!broken.folder.path().join("rescued.bundle").exists());
}

#[test]
fn what_is_no_invitation_of_the_stores_office_is_refused() {
    let broken = a_phone();
    let of_another = World::with_seed(77).invitation(9);
    let mut unsigned = Invitation::from_text(&broken.world.invitation(9)).unwrap();
    unsigned.grant.pop();
    for (text, code) in [
        (of_another, "enrol.other_organisation"),
        (unsigned.to_text(), "enrol.bad_signature"),
        ("DS1.".to_owned(), "enrol.unreadable"),
    ] {
        assert_eq!(broken.rescue_with(&text).unwrap_err().code(), code);
    }
}
