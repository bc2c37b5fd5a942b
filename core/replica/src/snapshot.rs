//! A copy of the store as it is at one moment, in a file of its own, while everybody goes on reading
//! and writing. What is done with the file, and what lies beside it in a backup, is the host's.

use std::path::Path;
use std::time::Duration;

use doorstep_model::ids::AreaId;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Result, StoreProblem};
use crate::replica::Replica;
use crate::store;

/// Pages copied in one go: 4 MiB.
const STEP: i32 = 1_024;

/// How long to wait for somebody who writes into the log.
const WAIT: Duration = Duration::from_millis(20);

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// How far each feed is in it, for [`crate::sync::office::Office::backed_up`].
    pub positions: Vec<(AreaId, u64)>,
}

impl Replica {
    /// Copies the store into a new database file. `progress` hears how many pages of how many are
    /// done.
    ///
    /// # Errors
    /// [`Error::Store`]: full, read-only, or as [`StoreProblem::KeyMismatch`] for a store that is
    /// encrypted or lives in memory, of which there is no plain file to copy.
    pub fn snapshot(&self, file: &Path, progress: impl FnMut(u64, u64)) -> Result<Snapshot> {
        let folder = self.store.folder().ok_or_else(|| {
            Error::store(StoreProblem::KeyMismatch, "this store is in no file")
        })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let source = Connection::open_with_flags(folder.join(store::FILE), flags)?;
        // One moment for the whole copy: who writes meanwhile does not start it over.
        source.execute_batch("BEGIN")?;
        source.query_row("SELECT count(*) FROM meta", [], |_| Ok(()))?;
        let mut copy = Connection::open(file)?;
        copy_pages(&source, &mut copy, progress)?;
        // One file, with no log beside it.
        copy.pragma_update(None, "journal_mode", "DELETE")?;
        Ok(Snapshot {
            positions: positions(&copy)?,
        })
    }
}

/// How far each feed is in this database.
pub(crate) fn positions(connection: &Connection) -> Result<Vec<(AreaId, u64)>> {
    let mut select =
        connection.prepare("SELECT code, position FROM area WHERE position <> 0 ORDER BY code")?;
    let mut rows = select.query([])?;
    let mut positions = Vec::new();
    while let Some(row) = rows.next()? {
        if let Ok(area) = AreaId::new(&row.get::<_, String>(0)?) {
            positions.push((area, store::counter(row.get(1)?)));
        }
    }
    Ok(positions)
}

fn copy_pages(
    source: &Connection,
    copy: &mut Connection,
    mut progress: impl FnMut(u64, u64),
) -> Result<()> {
    let backup = Backup::new(source, copy)?;
    loop {
        match backup.step(STEP)? {
            StepResult::Done => return Ok(()),
            StepResult::Busy | StepResult::Locked => std::thread::sleep(WAIT),
            _ => {
                let told = backup.progress();
                let of = u64::try_from(told.pagecount).unwrap_or(0);
                let left = u64::try_from(told.remaining).unwrap_or(0);
                progress(of.saturating_sub(left), of);
            }
        }
    }
}
