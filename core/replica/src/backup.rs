//! Backups of an office: a whole copy of its store while it works, the positions that such copies
//! hold, and a second place for what the office itself wrote and no phone has pulled yet.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use doorstep_model::ids::{AreaId, BootId, SegmentHash};
use doorstep_model::segment::{SEGMENT_MAX, hash_of};
use rusqlite::{Connection, params};

use crate::compact::Archive;
use crate::error::{Error, Result, StoreProblem};
use crate::replica::Session;
use crate::store::{FILE, counter, sql_u64};
use crate::sync::office::Office;
use crate::sync::take::{self, Carrier};

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The file.
    pub file: PathBuf,
    /// How far each area's feed is in it.
    pub positions: Vec<(AreaId, u64)>,
}

/// What came back from a second place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Copied {
    /// Segments read there.
    pub read: u64,
    /// Of these, not in this office before.
    pub new: u64,
}

impl Office {
    /// Copies the whole store into a folder that must be empty or new, while the office works. From
    /// then on phones may let go of what every backup that is still kept holds.
    ///
    /// # Errors
    /// [`Error::Refused`] with `backup.exists` when the folder holds a store already;
    /// [`Error::Store`] when it cannot be written: no half of a copy is left under the store's name.
    pub fn backup(&self, into: &Path) -> Result<Backup> {
        std::fs::create_dir_all(into)?;
        let file = into.join(FILE);
        if file.exists() {
            return Err(Error::refused("backup.exists"));
        }
        let part = into.join(format!("{FILE}.part"));
        if part.exists() {
            std::fs::remove_file(&part)?;
        }
        self.replica()
            .store
            .copy_into(&part)
            .inspect_err(|_| drop(std::fs::remove_file(&part)))?;
        sync_to_disk(&part)?;
        let positions = positions_of(&part)?;
        std::fs::rename(&part, &file)?;
        sync_to_disk(into)?;
        self.replica().write(|session| {
            note_backup(session, into, &positions)?;
            apply_kept(session)
        })?;
        Ok(Backup { file, positions })
    }

    /// Copies the whole store as it is at one moment into a file that is not there yet, while the office
    /// works, for a host that keeps its backups in a form of its own. Gives how far each area's feed
    /// is in it. Nothing counts as backed up before [`Office::keeps_backup`].
    ///
    /// # Errors
    /// [`Error::Store`] when it cannot be written.
    pub fn copy_store(&self, file: &Path) -> Result<Vec<(AreaId, u64)>> {
        self.replica().store.copy_into(file)?;
        sync_to_disk(file)?;
        positions_of(file)
    }

    /// A backup that reaches so far is kept in this file from now on.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn keeps_backup(&self, file: &Path, positions: &[(AreaId, u64)]) -> Result<()> {
        self.replica().write(|session| {
            note_backup(session, file, positions)?;
            apply_kept(session)
        })
    }

    /// Looks which backups are still there: one that was deleted holds nothing any more.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn review_backups(&self) -> Result<()> {
        self.replica().write(apply_kept)
    }

    /// From now on every segment that the office itself writes is also appended to a file in this
    /// folder, on its disk, before the write counts as done. What is not there yet is appended at once.
    ///
    /// # Errors
    /// [`Error::Store`] when the folder cannot be written.
    pub fn copy_to(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = File::options()
            .create(true)
            .append(true)
            .read(true)
            .open(copies_file(folder))?;
        let mut known = BTreeSet::new();
        let mut whole = 0;
        while let Some(segment) = next_copy(&mut file)? {
            whole += 4 + segment.len() as u64;
            known.insert(hash_of(&segment));
        }
        // A frame that a power cut left torn would hide everything behind it.
        file.set_len(whole)?;
        let replica = self.replica();
        replica.copies.set(file);
        let writer = replica.store.writer();
        let missing: Vec<i64> = own_segments(&writer)?
            .into_iter()
            .filter(|(_, hash)| !known.contains(hash))
            .map(|(row, _)| row)
            .collect();
        replica.copies.append(&writer, &missing)
    }

    /// Takes in what an office wrote to a second place, the folder or the file in it: after a restore,
    /// what its backup lacks.
    ///
    /// # Errors
    /// [`Error::Store`]. A torn end, as a power cut leaves it, is no error: what is whole is taken.
    pub fn take_copies(&self, place: &Path) -> Result<Copied> {
        let mut file = File::open(copies_file(place))?;
        let mut copied = Copied::default();
        while let Some(segment) = next_copy(&mut file)? {
            copied.read += 1;
            let new = self.write(|session| {
                let carrier = Carrier {
                    author: None,
                    clock: (BootId([0; 8]), 0),
                    challenged: false,
                };
                let before = segments(session)?;
                let _ = take::take(session, &segment, &carrier, None)?;
                Ok(segments(session)? > before)
            })?;
            copied.new += u64::from(new);
        }
        Ok(copied)
    }
}

/// Makes the folder of an office out of a backup. The office that is opened on it, with a marker of
/// its own, starts new epochs and answers pushes only until its authors are confirmed.
///
/// # Errors
/// [`Error::Refused`] with `restore.not_empty` when the folder holds a store already;
/// [`Error::Store`] when the backup is damaged: nothing is made then.
pub fn restore(backup: &Path, into: &Path) -> Result<()> {
    let from = backup.join(FILE);
    let file = into.join(FILE);
    if file.exists() {
        return Err(Error::refused("restore.not_empty"));
    }
    let whole: String = Connection::open_with_flags(
        &from,
        rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
    )?
    .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if whole != "ok" {
        return Err(Error::store(StoreProblem::Corrupt, whole));
    }
    std::fs::create_dir_all(into)?;
    let part = into.join(format!("{FILE}.part"));
    std::fs::copy(&from, &part)?;
    sync_to_disk(&part)?;
    std::fs::rename(&part, &file)?;
    sync_to_disk(into)
}

/// The file that [`Office::copy_to`] writes in a folder; a file that was named itself is that one.
pub fn copies_file(place: &Path) -> PathBuf {
    match place.is_dir() {
        true => place.join(COPIES),
        false => place.to_owned(),
    }
}

/// Name of the file in the second place.
const COPIES: &str = "office-segments";

/// Where the office's own segments are copied to, once that is asked for.
#[derive(Debug, Default)]
pub(crate) struct Copies(Mutex<Option<File>>);

impl Copies {
    fn set(&self, file: File) {
        *self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(file);
    }

    /// Appends segments, each after its length, and waits for the disk. Before the commit: a copy of
    /// what was never committed is harmless, the other way round is a loss.
    pub(crate) fn append(&self, tx: &Connection, rows: &[i64]) -> Result<()> {
        let mut guard = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(file) = guard.as_mut().filter(|_| !rows.is_empty()) else {
            return Ok(());
        };
        let mut bytes = Vec::new();
        let mut archive = Archive::default();
        for row in rows {
            let segment = archive.segment(tx, *row)?;
            bytes.extend_from_slice(&(segment.len() as u32).to_be_bytes());
            bytes.extend_from_slice(&segment);
        }
        file.write_all(&bytes)?;
        file.sync_data()?;
        Ok(())
    }
}

fn next_copy(file: &mut File) -> Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    if file.read_exact(&mut length).is_err() {
        return Ok(None);
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > SEGMENT_MAX {
        return Ok(None);
    }
    let mut segment = vec![0; length];
    match file.read_exact(&mut segment) {
        Ok(()) => Ok(Some(segment)),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The segments of this office and of those before it, in the order in which they came to be.
fn own_segments(tx: &Connection) -> Result<Vec<(i64, SegmentHash)>> {
    let mut select = tx.prepare(
        "SELECT s.id, s.hash FROM segment s JOIN author a ON a.id = s.author \
         WHERE a.office = 1 ORDER BY s.id",
    )?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, SegmentHash(row.get(1)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn segments(session: &Session<'_>) -> Result<i64> {
    Ok(session
        .tx()
        .query_row("SELECT count(*) FROM segment", [], |row| row.get(0))?)
}

fn sync_to_disk(path: &Path) -> Result<()> {
    Ok(File::open(path)?.sync_all()?)
}

/// How far the feeds are in a copy of a store.
fn positions_of(file: &Path) -> Result<Vec<(AreaId, u64)>> {
    let copy = Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut select = copy.prepare("SELECT code, position FROM area WHERE epoch IS NOT NULL")?;
    let rows = select.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
    })?;
    let mut positions = Vec::new();
    for row in rows {
        let (code, position) = row?;
        if let Ok(area) = AreaId::new(&code) {
            positions.push((area, counter(position)));
        }
    }
    Ok(positions)
}

fn note_backup(session: &Session<'_>, folder: &Path, positions: &[(AreaId, u64)]) -> Result<()> {
    let folder = folder.canonicalize()?.to_string_lossy().into_owned();
    for (area, position) in positions {
        session
            .tx()
            .prepare_cached(
                "INSERT INTO backup (folder, area, position, made_at) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (folder, area) DO UPDATE SET position = excluded.position, \
                 made_at = excluded.made_at",
            )?
            .execute(params![
                folder,
                area.as_str(),
                sql_u64(*position),
                session.now
            ])?;
    }
    Ok(())
}

/// Every area is backed up as far as the oldest backup that is still there.
fn apply_kept(session: &mut Session<'_>) -> Result<()> {
    let folders: Vec<String> = {
        let mut select = session
            .door
            .tx
            .prepare("SELECT DISTINCT folder FROM backup")?;
        select
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?
    };
    for folder in folders {
        let place = Path::new(&folder);
        if !(place.is_file() || place.join(FILE).is_file()) {
            session
                .tx()
                .execute("DELETE FROM backup WHERE folder = ?1", [&folder])?;
        }
    }
    session.tx().execute(
        "UPDATE area SET backed_up = max(backed_up, COALESCE(\
         (SELECT min(position) FROM backup WHERE backup.area = area.code), 0))",
        [],
    )?;
    Ok(())
}

// An office keeps plain files: a build for phones has no use for these.
#[cfg(test)]
#[cfg(not(feature = "sqlcipher"))]
mod tests;
