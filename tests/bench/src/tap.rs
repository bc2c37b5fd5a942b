//! What one tap costs: the thread's CPU beside two plain SQLite rows, the wall beside one fdatasync.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::time::Duration;

use rusqlite::{Connection, params};
use rustix::time::{ClockId, clock_gettime};

use crate::line::Line;
use crate::street::Street;

const ASSETS: usize = 48;
/// Taps that warm caches and statements, then taps that are measured.
const WARM: usize = 150;
const TAPS: usize = 1_000;

/// Thread CPU of a check, median, beside an entry row with six columns and two indexes and the upsert
/// of the asset's status row in one commit.
pub(crate) fn cpu() -> Line {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut street = Street::new(folder.path().join("phone"), ASSETS);
    let mut plain = Plain::new(&folder.path().join("plain.db"));
    let mut ours = Vec::new();
    let mut limit = Vec::new();
    for number in 0..WARM + TAPS {
        let mine = spent(|| street.check(number));
        let rows = spent(|| plain.tap(number));
        if number >= WARM {
            ours.push(mine);
            limit.push(rows);
        }
    }
    Line::beside("tap_cpu", median(&mut ours), "µs", median(&mut limit))
}

/// Wall of a check, median, beside one fdatasync of a small append.
pub(crate) fn durable() -> Line {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut street = Street::new(folder.path().join("phone"), ASSETS);
    let mut file = File::create(folder.path().join("append")).expect("a file");
    let mut ours = Vec::new();
    let mut limit = Vec::new();
    for number in 0..WARM + TAPS / 2 {
        let mine = passed(|| street.check(number));
        let synced = passed(|| {
            file.write_all(&[7; 300]).expect("room for a few bytes");
            rustix::fs::fdatasync(file.as_fd()).expect("a disk that syncs");
        });
        if number >= WARM {
            ours.push(mine);
            limit.push(synced);
        }
    }
    Line::beside("tap_durable", median(&mut ours), "µs", median(&mut limit))
}

/// The rows alone, as somebody would keep them without signatures, segments or a merge.
struct Plain {
    connection: Connection,
}

impl Plain {
    fn new(file: &std::path::Path) -> Self {
        let connection = Connection::open(file).expect("a database");
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 CREATE TABLE entry (id INTEGER PRIMARY KEY, author INTEGER NOT NULL, \
                 counter INTEGER NOT NULL, subject BLOB NOT NULL, time INTEGER NOT NULL, \
                 value BLOB NOT NULL) STRICT; \
                 CREATE UNIQUE INDEX entry_key ON entry (author, counter); \
                 CREATE INDEX entry_subject ON entry (subject); \
                 CREATE TABLE asset (id BLOB PRIMARY KEY NOT NULL, result TEXT NOT NULL, \
                 checked_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;",
            )
            .expect("a schema");
        Self { connection }
    }

    fn tap(&mut self, number: usize) {
        let mut subject = [7u8; 12];
        subject[..8].copy_from_slice(&((number % ASSETS) as u64).to_be_bytes());
        let transaction = self.connection.transaction().expect("a transaction");
        transaction
            .prepare_cached(
                "INSERT INTO entry (author, counter, subject, time, value) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )
            .and_then(|mut insert| {
                insert.execute(params![1, number as i64, subject, number as i64, [5u8; 15]])
            })
            .expect("a row");
        transaction
            .prepare_cached(
                "INSERT INTO asset (id, result, checked_at) VALUES (?1, 'normal', ?2) \
                 ON CONFLICT (id) DO UPDATE SET result = excluded.result, \
                 checked_at = excluded.checked_at",
            )
            .and_then(|mut upsert| upsert.execute(params![subject, number as i64]))
            .expect("a row");
        transaction.commit().expect("a commit");
    }
}

fn reading(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// CPU that this thread spends on something, µs.
fn spent(act: impl FnOnce()) -> f64 {
    let before = reading(ClockId::ThreadCPUTime);
    act();
    (reading(ClockId::ThreadCPUTime) - before).as_secs_f64() * 1e6
}

/// Time that something takes, µs.
pub(crate) fn passed(act: impl FnOnce()) -> f64 {
    let before = reading(ClockId::Monotonic);
    act();
    (reading(ClockId::Monotonic) - before).as_secs_f64() * 1e6
}

/// The median.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
