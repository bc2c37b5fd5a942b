//! What an office does with its store beside its work: after an update rows are computed anew; once a
//! backup holds more, baselines for empty phones, and what was backed up moves from segments into documents. When that is safe is the replica's.
//!
//! Nobody waits for any of it. Each step is made beside the store and taken over in one short write
//! that lets every tap and sync that waits go first, so it may stop between any two steps and goes on
//! there another time.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;

use doorstep_replica::Result;
use doorstep_replica::sync::office::Office;

use crate::bureau::Bureau;

/// Documents that one step takes over: some milliseconds of the store's time.
const DOCUMENTS: usize = 32;

/// Computes rows of an older version anew, and brings an office's store up to what is in its backups, as
/// long as `go_on` says so.
///
/// # Errors
/// The store's; what was done until then stays.
pub fn catch_up(office: &Office, go_on: impl Fn() -> bool) -> Result<()> {
    while go_on() && !office.replica().upgrade_rows()? {}
    office.review_backups()?;
    while go_on() && office.build_next_baseline()? {}
    while go_on() && !office.replica().compact_slice(DOCUMENTS)? {}
    Ok(())
}

/// Wakes a thread of [`Upkeep`].
#[derive(Debug, Clone)]
pub struct Bell(Sender<()>);

impl Bell {
    /// A backup was made. Says whether anybody heard.
    pub fn ring(&self) -> bool {
        self.0.send(()).is_ok()
    }
}

/// The thread that keeps a running office's store in order: once when the office starts, and after
/// each backup. Dropping it ends it after the step that has begun.
pub struct Upkeep {
    bureau: Arc<Bureau>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Upkeep {
    /// Starts the thread; backups of this office ring for it from now on.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(bureau: Arc<Bureau>) -> io::Result<Self> {
        let (bell, rung) = mpsc::channel();
        let stopping = Arc::new(AtomicBool::new(false));
        let (kept, stop) = (Arc::clone(&bureau), Arc::clone(&stopping));
        let thread = std::thread::Builder::new()
            .name("upkeep".to_owned())
            .spawn(move || {
                loop {
                    let done = catch_up(kept.office(), || !stop.load(Ordering::Relaxed));
                    if let Err(error) = done {
                        tracing::error!(%error, "the store was not brought up to its backups");
                    }
                    if rung.recv().is_err() {
                        return;
                    }
                }
            })?;
        bureau.tell_backups(Some(Bell(bell)));
        Ok(Self {
            bureau,
            stopping,
            thread: Some(thread),
        })
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        // Without a bell the thread has nobody to wait for.
        self.bureau.tell_backups(None);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the upkeep ended badly");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use doorstep_replica::{Options, Place, SystemClock};

    use super::*;

    fn options(folder: &Path) -> Options {
        Options {
            place: Place::Folder(folder.to_owned()),
            key: None,
            marker: b"office".to_vec(),
            clock: Arc::new(SystemClock),
            seed: None,
        }
    }

    #[test]
    fn rows_of_an_older_version_are_computed_anew() {
        let folder = tempfile::tempdir().unwrap();
        drop(Office::create(options(folder.path())).unwrap());
        let database = rusqlite::Connection::open(folder.path().join("doorstep.db")).unwrap();
        database
            .execute(
                "UPDATE meta SET value = x'00000000' WHERE key = 'rows_version'",
                [],
            )
            .unwrap();
        let office = Office::open(options(folder.path())).unwrap();
        let waits = || {
            let select = "SELECT count(*) FROM meta WHERE key = 'rows_upgrade'";
            let count = database.query_row(select, [], |row| row.get::<_, i64>(0));
            count.unwrap()
        };
        assert_eq!(waits(), 1);
        catch_up(&office, || true).unwrap();
        assert_eq!(waits(), 0);
    }
}
