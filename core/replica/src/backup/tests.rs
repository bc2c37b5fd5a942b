use std::sync::Arc;

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Entry, Note};

use super::*;
use crate::act::testing::{EVENING, HeldClock, area};
use crate::replica::Options;
use crate::store::Place;

fn options(folder: &Path, marker: u8, clock: &Arc<HeldClock>) -> Options {
    Options {
        place: Place::Folder(folder.to_owned()),
        key: None,
        marker: vec![marker],
        clock: Arc::clone(clock) as Arc<dyn crate::Clock>,
        seed: Some([marker; 32]),
    }
}

fn says(office: &Office, text: &str) {
    office
        .write(|session| {
            let note = Note {
                text: text.to_owned(),
                photos: None,
            };
            let entry = Entry::new(note, session.now);
            session.put(&area(), &DocumentName::Desk, area().subject(), &entry)?;
            Ok(())
        })
        .unwrap();
}

fn notes(office: &Office) -> i64 {
    office
        .replica()
        .store
        .reader()
        .query_row("SELECT count(*) FROM entry WHERE kind = 18", [], |row| {
            row.get(0)
        })
        .unwrap()
}

fn backed_up(office: &Office) -> i64 {
    office
        .replica()
        .store
        .reader()
        .query_row(
            "SELECT backed_up FROM area WHERE code = ?1",
            [area().as_str()],
            |row| row.get(0),
        )
        .unwrap()
}

#[test]
fn what_was_written_after_the_backup_comes_back_from_the_second_place() {
    let disk = tempfile::tempdir().unwrap();
    let at = |name: &str| disk.path().join(name);
    let clock = HeldClock::at(EVENING);
    let office = Office::create(options(&at("office"), 1, &clock)).unwrap();
    office.copy_to(&at("copies")).unwrap();
    says(&office, "before the backup");
    let backup = office.backup(&at("backup")).unwrap();
    assert!(
        backup
            .positions
            .iter()
            .any(|(of, position)| *of == area() && *position > 0)
    );
    assert_eq!(
        office.backup(&at("backup")).unwrap_err().code(),
        "backup.exists"
    );
    says(&office, "after the backup");
    drop(office);

    clock.pass(3_600);
    restore(&at("backup"), &at("new")).unwrap();
    assert_eq!(
        restore(&at("backup"), &at("new")).unwrap_err().code(),
        "restore.not_empty"
    );
    let office = Office::open(options(&at("new"), 2, &clock)).unwrap();
    assert_eq!(notes(&office), 1);
    let copied = office.take_copies(&at("copies")).unwrap();
    assert_eq!(copied.new, 1, "{copied:?}");
    assert_eq!(notes(&office), 2);
    assert_eq!(
        office.take_copies(&at("copies")).unwrap().new,
        0,
        "taken once"
    );
}

#[test]
fn a_torn_end_of_the_second_place_is_passed_over() {
    let disk = tempfile::tempdir().unwrap();
    let clock = HeldClock::at(EVENING);
    let office = Office::create(options(&disk.path().join("office"), 1, &clock)).unwrap();
    office.copy_to(disk.path()).unwrap();
    says(&office, "one");
    says(&office, "two");
    let file = disk.path().join(COPIES);
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() - 7]).unwrap();
    let copied = office.take_copies(disk.path()).unwrap();
    assert!(copied.read >= 1);
    assert_eq!(notes(&office), 2);
}

#[test]
fn phones_may_let_go_of_what_the_oldest_kept_backup_holds() {
    let disk = tempfile::tempdir().unwrap();
    let clock = HeldClock::at(EVENING);
    let office = Office::create(options(&disk.path().join("office"), 1, &clock)).unwrap();
    says(&office, "one");
    office.backup(&disk.path().join("first")).unwrap();
    let first = backed_up(&office);
    says(&office, "two");
    office.backup(&disk.path().join("second")).unwrap();
    assert_eq!(backed_up(&office), first, "the older one is still kept");
    std::fs::remove_dir_all(disk.path().join("first")).unwrap();
    office.review_backups().unwrap();
    assert_eq!(backed_up(&office), first + 1);
}

#[test]
fn a_damaged_backup_is_not_restored() {
    let disk = tempfile::tempdir().unwrap();
    let backup = disk.path().join("backup");
    std::fs::create_dir(&backup).unwrap();
    std::fs::write(backup.join(FILE), b"no database at all, just some words").unwrap();
    let into = disk.path().join("new");
    assert_eq!(restore(&backup, &into).unwrap_err().code(), "store.corrupt");
    assert!(!into.join(FILE).exists());
}

#[test]
fn a_torn_second_place_is_mended_and_completed_when_copying_begins_again() {
    let disk = tempfile::tempdir().unwrap();
    let clock = HeldClock::at(EVENING);
    let office = Office::create(options(&disk.path().join("office"), 1, &clock)).unwrap();
    says(&office, "before anybody copied");
    office.copy_to(disk.path()).unwrap();
    says(&office, "one");
    let file = disk.path().join(COPIES);
    let whole = std::fs::read(&file).unwrap();
    for cut in [whole.len() - 1, whole.len() - 70, 3, 0] {
        std::fs::write(&file, &whole[..cut]).unwrap();
        office.copy_to(disk.path()).unwrap();
        assert!(std::fs::read(&file).unwrap() == whole, "cut at {cut}");
    }
    std::fs::write(&file, &whole[..whole.len() - 1]).unwrap();
    office.copy_to(disk.path()).unwrap();
    says(&office, "behind the mended end");
    let empty = Office::create(options(&disk.path().join("other"), 2, &clock)).unwrap();
    let read = empty.take_copies(disk.path()).unwrap().read;
    let own = own_segments(&office.replica().store.writer()).unwrap();
    assert_eq!(read, own.len() as u64);
}

#[test]
fn a_restored_office_gets_back_from_phones_what_came_after_the_backup() {
    use crate::world::{self, World, checksum, go_through, sync};

    let disk = tempfile::tempdir().unwrap();
    let clock = Arc::new(world::Hands::default());
    let place = Place::Folder(disk.path().join("office"));
    let office = Office::create(world::options(&clock, place, 1)).unwrap();
    let world = World { clock, office };
    let building = world.build("3号楼", 4, 2);
    let phone = world.phone(2);
    world.sync(&phone);
    go_through(&phone, &world.clock, &building, 20_788);
    world.sync(&phone);
    world.office.backup(&disk.path().join("backup")).unwrap();
    world.clock.turn(600);
    go_through(&phone, &world.clock, &building, 20_789);
    world.sync(&phone);
    let times = |replica: &crate::Replica| {
        let tx = replica.store.reader();
        let mut select = tx
            .prepare("SELECT time FROM entry WHERE kind IN (4, 5) ORDER BY author, counter")
            .unwrap();
        let times = select.query_map([], |row| row.get::<_, i64>(0)).unwrap();
        times.collect::<rusqlite::Result<Vec<_>>>().unwrap()
    };
    let before = times(world.office.replica());

    world.clock.turn(86_400);
    restore(&disk.path().join("backup"), &disk.path().join("new")).unwrap();
    let place = Place::Folder(disk.path().join("new"));
    let office = Office::open(world::options(&world.clock, place, 50)).unwrap();
    assert_eq!(world::rows(office.replica(), "entry WHERE kind = 5"), 8);
    let limited = sync(&phone, &office).limited;
    assert_eq!(
        limited,
        Some("sync.push_only"),
        "until the clerk has looked at the authors"
    );
    office.confirm_authors().unwrap();
    sync(&phone, &office);
    sync(&phone, &office);
    assert_eq!(world::rows(office.replica(), "entry WHERE kind = 5"), 16);
    assert_eq!(
        times(office.replica()),
        before,
        "as the office before had received them"
    );
    assert_eq!(checksum(&phone), checksum(office.replica()));
    assert_eq!(phone.verify().unwrap().problems, []);
    assert_eq!(office.replica().verify().unwrap().problems, []);
}
