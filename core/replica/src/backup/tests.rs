use std::sync::Arc;

use super::*;
use crate::replica::Replica;
use crate::store::{FILE, Place};
use crate::world::{self, World, checksum, go_through, options, segments, sync as meet};

/// An office in a folder, a phone that works, and a backup from between.
struct Street {
    world: World,
    folder: tempfile::TempDir,

    phone: Replica,
}

impl Street {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn restored(&self, name: &str) -> Office {
        restore(&self.path("backup"), &self.path(name)).unwrap();
        let place = Place::Folder(self.path(name));
        Office::open(options(&self.world.clock, place, 50)).unwrap()
    }
}

/// A backup that holds a building and a walk through it; after it another walk, and another building
/// that no phone has heard of.
fn backed_up_between() -> Street {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(world::Hands::default());
    let place = Place::Folder(folder.path().join("office"));
    let office = Office::create(options(&clock, place, 1)).unwrap();
    let world = World { clock, office };
    world.office.copy_to(&folder.path().join("copies")).unwrap();
    let building = world.build("3号楼", 4, 2);
    let phone = world.phone(2);
    world.sync(&phone);
    go_through(&phone, &world.clock, &building, 20_788);
    world.sync(&phone);
    world.office.backup(&folder.path().join("backup")).unwrap();
    world.clock.turn(600);
    go_through(&phone, &world.clock, &building, 20_789);
    world.sync(&phone);
    world.build("4号楼", 2, 1);
    Street { world, folder, phone }
}

#[test]
fn a_restored_office_gets_back_from_phones_what_came_after_the_backup() {
    let street = backed_up_between();
    let times = |replica: &Replica| {
        let tx = replica.store.reader();
        let mut select = tx
            .prepare("SELECT time FROM entry WHERE kind IN (4, 5) ORDER BY author, counter")
            .unwrap();
        let times: Vec<i64> = select
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        times
    };
    let before = times(street.world.office.replica());
    street.world.clock.turn(86_400);
    let office = street.restored("restored");
    assert_eq!(world::rows(office.replica(), "entry WHERE kind = 5"), 8);
    let limited = meet(&street.phone, &office).limited;
    assert_eq!(limited, Some("sync.push_only"), "until the clerk has looked at the authors");
    office.confirm_authors().unwrap();
    meet(&street.phone, &office);
    meet(&street.phone, &office);
    assert_eq!(world::rows(office.replica(), "entry WHERE kind = 5"), 16);
    assert_eq!(times(office.replica()), before, "as the office before had received them");
    assert_eq!(checksum(&street.phone), checksum(office.replica()));
}

#[test]
fn what_only_the_office_knew_comes_back_from_its_copies() {
    let street = backed_up_between();
    let office = street.restored("restored");
    assert_eq!(world::rows(office.replica(), "place WHERE kind = 1"), 1);
    let taken = office.take_copies(&street.path("copies")).unwrap();
    assert!(taken > 0);
    assert_eq!(world::rows(office.replica(), "place WHERE kind = 1"), 2);
    let rows = checksum(office.replica());
    office.take_copies(&street.path("copies")).unwrap();
    assert_eq!(checksum(office.replica()), rows, "twice is once");
    office.confirm_authors().unwrap();
    meet(&street.phone, &office);
    meet(&street.phone, &office);
    assert_eq!(checksum(&street.phone), checksum(office.replica()));
    assert_eq!(world::rows(&street.phone, "place WHERE kind = 1"), 2);
}

#[test]
fn every_segment_of_the_office_is_in_the_copies_before_it_is_said_to_be_saved() {
    let street = backed_up_between();
    let office = street.world.office.replica();
    let own: Vec<Vec<u8>> = {
        let offices: Vec<[u8; 32]> = {
            let tx = office.store.reader();
            let mut select = tx
                .prepare(
                    "SELECT s.hash FROM segment s JOIN author a ON a.id = s.author \
                     WHERE a.office = 1",
                )
                .unwrap();
            let hashes = select.query_map([], |row| row.get(0)).unwrap();
            hashes.collect::<rusqlite::Result<_>>().unwrap()
        };
        let all = segments(office).into_iter();
        all.filter(|(hash, _)| offices.iter().any(|own| own[..] == hash[..]))
            .map(|(_, bytes)| bytes)
            .collect()
    };
    let copies = std::fs::read(street.path("copies").join(crate::COPIES_FILE)).unwrap();
    assert_eq!(copies.len(), own.iter().map(|bytes| bytes.len() + 4).sum::<usize>());
    for bytes in &own {
        assert!(copies.windows(bytes.len()).any(|window| window == bytes.as_slice()));
    }
}

#[test]
fn a_torn_copy_is_mended_when_the_office_opens_the_file_again() {
    let street = backed_up_between();
    let file = street.path("copies").join(crate::COPIES_FILE);
    let whole = std::fs::read(&file).unwrap();
    for cut in [whole.len() - 1, whole.len() - 70, 3, 0] {
        std::fs::write(&file, &whole[..cut]).unwrap();
        street.world.office.copy_to(&street.path("copies")).unwrap();
        assert_eq!(std::fs::read(&file).unwrap().len(), whole.len(), "cut at {cut}");
    }
}

#[test]
fn phones_may_forget_only_what_the_oldest_kept_backup_holds() {
    let street = backed_up_between();
    let office = &street.world.office;
    let told = || {
        let tx = office.replica().store.reader();
        let row = tx.query_row(
            "SELECT backed_up, position FROM area WHERE code = '310101019005'",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
        );
        row.unwrap()
    };
    let (first, position) = told();
    assert!(first > 0 && first < position);
    office.backup(&street.path("second")).unwrap();
    assert_eq!(told().0, first);
    assert_eq!(office.backups().unwrap().len(), 2);
    std::fs::remove_dir_all(street.path("backup")).unwrap();
    assert_eq!(office.backups().unwrap().len(), 1);
    assert_eq!(told().0, position);
}

#[test]
fn a_backup_holds_no_key_but_in_its_keys_file() {
    let street = backed_up_between();
    let secret: [u8; 32] = {
        let tx = street.world.office.replica().store.reader();
        meta::get_array(&tx, Key::OrganisationSecret).unwrap().unwrap()
    };
    let holds = |name: &str| {
        let bytes = std::fs::read(street.path("backup").join(name)).unwrap();
        bytes.windows(32).any(|window| window == secret)
    };
    assert!(!holds(FILE));
    assert!(holds(KEYS_FILE));
}

#[test]
fn nothing_is_restored_over_an_office_out_of_nothing_or_out_of_a_damaged_backup() {
    let street = backed_up_between();
    let code = |from: &str, into: &str| {
        restore(&street.path(from), &street.path(into)).unwrap_err().code()
    };
    assert_eq!(code("backup", "office"), "restore.not_empty");
    assert_eq!(code("nowhere", "new"), "restore.no_backup");
    let again = street.world.office.backup(&street.path("backup")).unwrap_err();
    assert_eq!(again.code(), "backup.exists");
    let file = street.path("backup").join(FILE);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8_192].fill(0x5a);
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(code("backup", "new"), "store.corrupt");
    assert!(!street.path("new").join(FILE).exists());
}
