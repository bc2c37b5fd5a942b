use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use super::migrate::SCHEMA;
use super::*;
use crate::replica::{Options, Replica};
use crate::{StoreProblem, SystemClock};

fn problem(folder: &Path, key: Option<[u8; 32]>) -> StoreProblem {
    match Store::open(&Place::Folder(folder.to_owned()), key.as_ref()) {
        Err(Error::Store { reason, .. }) => reason,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it opened"),
    }
}

fn options(folder: &Path) -> Options {
    Options {
        place: Place::Folder(folder.to_owned()),
        key: if cfg!(feature = "sqlcipher") {
            Some([7; 32])
        } else {
            None
        },
        marker: vec![1],
        clock: Arc::new(SystemClock),
        seed: Some([1; 32]),
    }
}

fn key() -> Option<[u8; 32]> {
    cfg!(feature = "sqlcipher").then_some([7; 32])
}

#[test]
fn a_second_opener_is_told_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let first = Store::open(&Place::Folder(folder.path().into()), key().as_ref()).unwrap();
    assert_eq!(problem(folder.path(), key()), StoreProblem::InUse);
    first
        .writer()
        .execute("INSERT INTO draft VALUES ('a', 'b')", [])
        .unwrap();
    drop(first);
    Store::open(&Place::Folder(folder.path().into()), key().as_ref()).unwrap();
}

#[test]
fn a_newer_schema_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Place::Folder(folder.path().into()), key().as_ref()).unwrap();
    store
        .writer()
        .pragma_update(None, "user_version", SCHEMA + 1)
        .unwrap();
    drop(store);
    let file = folder.path().join(FILE);
    assert_eq!(problem(folder.path(), key()), StoreProblem::Newer);
    // Its pages may have moved out of the log; none is gone.
    assert!(std::fs::metadata(&file).unwrap().len() > 4096);
    assert_eq!(problem(folder.path(), key()), StoreProblem::Newer);
}

#[test]
fn bytes_that_are_no_database_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE);
    let bytes = [b"not a database, and somebody's only copy of something".as_slice(); 100].concat();
    std::fs::write(&file, &bytes).unwrap();
    let said = problem(folder.path(), key());
    let expected = if cfg!(feature = "sqlcipher") {
        StoreProblem::WrongKey
    } else {
        StoreProblem::Corrupt
    };
    assert_eq!(said, expected);
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
}

#[cfg(not(feature = "sqlcipher"))]
#[test]
fn a_damaged_page_is_a_coded_error_and_nothing_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(&Place::Folder(folder.path().into()), None).unwrap());
    let file = folder.path().join(FILE);
    let mut bytes = std::fs::read(&file).unwrap();
    for byte in &mut bytes[100..4096] {
        *byte ^= 0x5a;
    }
    std::fs::write(&file, &bytes).unwrap();
    assert_eq!(problem(folder.path(), None), StoreProblem::Corrupt);
}

#[test]
fn a_folder_that_cannot_be_written_says_so() {
    // Root may write anywhere but in the kernel's own file systems.
    let said = problem(Path::new("/sys/kernel/doorstep"), key());
    assert_eq!(said, StoreProblem::ReadOnly);
}

#[test]
fn a_full_disk_refuses_the_write_and_keeps_everything_before() {
    let folder = tempfile::tempdir().unwrap();
    let replica = Replica::open(options(folder.path())).unwrap();
    let pages: i64 = replica
        .store
        .writer()
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    let write = |key: &str, length: usize| {
        replica.write(|session| {
            session.tx().execute(
                "INSERT INTO draft VALUES (?1, ?2)",
                [key, &"x".repeat(length)],
            )?;
            Ok(())
        })
    };
    write("before", 10).unwrap();
    limit_pages(&replica, pages + 3);
    let full = write("too much", 1_000_000).unwrap_err();
    assert_eq!(full.code(), "store.full");
    assert!(full.is_retryable());
    limit_pages(&replica, 1_000_000);
    write("after", 1_000_000).unwrap();
    let kept: i64 = replica
        .store
        .reader()
        .query_row(
            "SELECT count(*) FROM draft WHERE key IN ('before', 'after')",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(kept, 2);
}

fn limit_pages(replica: &Replica, pages: i64) {
    let set: i64 = replica
        .store
        .writer()
        .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(set, pages);
}

#[cfg(not(feature = "sqlcipher"))]
#[test]
fn a_build_that_cannot_encrypt_says_so_when_it_is_given_a_key() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        problem(folder.path(), Some([1; 32])),
        StoreProblem::KeyMismatch
    );
}

#[cfg(feature = "sqlcipher")]
mod encrypted {
    use super::*;

    #[test]
    fn nothing_readable_is_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Place::Folder(folder.path().into()), Some(&[7; 32])).unwrap();
        store
            .writer()
            .execute("INSERT INTO draft VALUES ('where', '蓬莱路303弄3号楼')", [])
            .unwrap();
        drop(store);
        let mut looked_at = 0;
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            looked_at += bytes.len();
            for text in ["SQLite format", "CREATE TABLE", "蓬莱路"] {
                let found = bytes
                    .windows(text.len())
                    .any(|window| window == text.as_bytes());
                assert!(!found, "{text}");
            }
        }
        assert!(looked_at > 4096);
    }

    #[test]
    fn a_wrong_key_a_missing_key_and_a_plain_file_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open(&Place::Folder(folder.path().into()), Some(&[7; 32])).unwrap());
        assert_eq!(
            problem(folder.path(), Some([8; 32])),
            StoreProblem::WrongKey
        );
        assert_eq!(problem(folder.path(), None), StoreProblem::KeyMismatch);
        let plain = tempfile::tempdir().unwrap();
        drop(Store::open(&Place::Folder(plain.path().into()), None).unwrap());
        assert_eq!(
            problem(plain.path(), Some([7; 32])),
            StoreProblem::KeyMismatch
        );
        Store::open(&Place::Folder(folder.path().into()), Some(&[7; 32])).unwrap();
    }

    #[test]
    fn a_wrong_key_is_an_error_of_the_call_and_no_line_on_standard_error() {
        // The test above in a process of its own: standard error belongs to all of it.
        let told_apart = "store::tests::encrypted::\
                          a_wrong_key_a_missing_key_and_a_plain_file_are_told_apart";
        let run = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", told_apart, "--nocapture"])
            .output()
            .unwrap();
        assert!(String::from_utf8_lossy(&run.stdout).contains("1 passed"));
        assert_eq!(String::from_utf8_lossy(&run.stderr), "");
    }
}

#[test]
fn the_file_of_schema_1_still_opens() {
    // Made anew with the schema until the first release, never after it.
    let folder = tempfile::tempdir().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schema-1.db");
    if cfg!(feature = "sqlcipher") {
        return;
    }
    std::fs::copy(&fixture, folder.path().join(FILE)).unwrap();
    let mut options = self::options(folder.path());
    options.marker = b"the fixture's phone".to_vec();
    let replica = Replica::open(options).unwrap();
    let entries: i64 = replica
        .store
        .reader()
        .query_row("SELECT count(*) FROM entry", [], |row| row.get(0))
        .unwrap();
    assert_eq!(entries, 31);
    assert!(replica.author().is_some());
    // A new file has the same tables: a change of the schema is a migration and a second fixture.
    let layout = |replica: &Replica| -> Vec<Option<String>> {
        let reader = replica.store.reader();
        let mut select = reader
            .prepare("SELECT sql FROM sqlite_schema ORDER BY name")
            .unwrap();
        let rows = select.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    };
    let fresh = tempfile::tempdir().unwrap();
    let fresh = Replica::open(self::options(fresh.path())).unwrap();
    assert_eq!(layout(&replica), layout(&fresh));
}

#[test]
fn an_uncommitted_write_is_not_there_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Place::Folder(folder.path().into()), key().as_ref()).unwrap();
    {
        let mut writer = store.writer();
        let tx = begin(&mut writer).unwrap();
        tx.execute("INSERT INTO draft VALUES ('half', 'written')", [])
            .unwrap();
        // The process ends here: nothing rolls back, nothing commits.
        std::mem::forget(tx);
    }
    let second = Connection::open(folder.path().join(FILE)).unwrap();
    if let Some(key) = key() {
        let hex = data_encoding::HEXLOWER.encode(&key);
        second
            .pragma_update(None, "key", format!("x'{hex}'"))
            .unwrap();
    }
    let rows: i64 = second
        .query_row("SELECT count(*) FROM draft", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 0);
}
