//! What one tap costs: the thread's CPU beside two plain SQLite rows, the wall beside one fdatasync.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;

use doorstep_replica::{Options, Place};

use crate::clock::{median, passed, spent};
use crate::line::Line;
use crate::plain::{Plain, Row};
use crate::street::{self, Street};

const ASSETS: usize = 48;
/// Taps that warm caches and statements, then taps that are measured.
const WARM: usize = 150;
const TAPS: usize = 1_000;

/// Thread CPU of a check, median, beside an entry row with six columns and two indexes and the upsert
/// of the asset's status row in one commit.
pub(crate) fn cpu() -> Line {
    cpu_beside_plain_rows("tap_cpu", None)
}

/// The same on an encrypted store; the plain rows beside it stay plain.
#[cfg(feature = "sqlcipher")]
pub(crate) fn cpu_encrypted() -> Line {
    cpu_beside_plain_rows("tap_cpu_encrypted", Some([7; 32]))
}

fn cpu_beside_plain_rows(name: &str, key: Option<[u8; 32]>) -> Line {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = Options {
        key,
        ..street::options(Place::Folder(folder.path().join("phone")), 1)
    };
    let mut street = Street::on(options, ASSETS);
    let mut plain = Plain::new(&folder.path().join("plain.db"));
    let mut ours = Vec::new();
    let mut limit = Vec::new();
    for number in 0..WARM + TAPS {
        let mine = spent(|| street.check(number));
        let subject = subject(number);
        let row = Row {
            author: 1,
            counter: number as i64,
            subject: &subject,
            time: number as i64,
            value: &[5; 15],
        };
        let rows = spent(|| plain.commit([row]));
        if number >= WARM {
            ours.push(mine * 1e6);
            limit.push(rows * 1e6);
        }
    }
    Line::beside(name, median(&mut ours), "µs", median(&mut limit))
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
            ours.push(mine * 1e6);
            limit.push(synced * 1e6);
        }
    }
    Line::beside("tap_durable", median(&mut ours), "µs", median(&mut limit))
}

/// An identity of the length of ours.
fn subject(number: usize) -> [u8; 12] {
    let mut subject = [7; 12];
    subject[..8].copy_from_slice(&((number % ASSETS) as u64).to_be_bytes());
    subject
}
