//! Backups of an office, and a new office out of one. A backup is a copy of the database without its
//! keys, and the keys beside it in a file of their own. What phones may forget follows from the oldest
//! backup that is still kept. The transport key and photos are the host's to copy.

use std::fs::File;
use std::path::{Path, PathBuf};

use doorstep_model::ids::AreaId;
use rusqlite::{Connection, OpenFlags, params};

use crate::error::{Error, Result, StoreProblem};
use crate::meta::{self, Key};
use crate::replica::Session;
use crate::store::{FILE, sql_u64};
use crate::sync::office::Office;

/// The file with the keys of a backup.
pub const KEYS_FILE: &str = "doorstep.keys";

/// Values that stand in the keys' file and not in the copied database.
const KEYS: &[Key] =
    &[Key::OrganisationSecret, Key::OwnSecret, Key::TicketSecret, Key::SealingKey];

/// A backup that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its folder.
    pub folder: PathBuf,
    /// When it was made, unix seconds, office clock.
    pub at: i64,
    /// How far it holds each area's feed.
    pub positions: Vec<(AreaId, u64)>,
}

impl Office {
    /// Backs this office up into `folder`, which must not hold a backup yet, while it goes on working.
    /// From then on phones may forget what is in the oldest of the backups that are still there.
    ///
    /// # Errors
    /// [`Error::Refused`] with `backup.exists`; [`Error::Store`] when the folder cannot be written:
    /// nothing counts as backed up then.
    pub fn backup(&self, folder: &Path) -> Result<Backup> {
        if folder.join(FILE).exists() || folder.join(KEYS_FILE).exists() {
            return Err(Error::refused("backup.exists"));
        }
        std::fs::create_dir_all(folder)?;
        let copied = self.copy_database(folder);
        let (keys, positions) = match copied {
            Ok(copied) => copied,
            Err(error) => {
                // Half a backup must not look like one.
                let _ = std::fs::remove_file(folder.join(FILE));
                return Err(error);
            }
        };
        write_keys(&folder.join(KEYS_FILE), &keys)?;
        sync(&folder.join(FILE))?;
        sync(folder)?;
        let at = self.replica().clock.wall();
        let backup = Backup { folder: folder.to_owned(), at, positions };
        self.write(|session| {
            record(session, &backup)?;
            recount(session)
        })?;
        Ok(backup)
    }

    /// The backups that are still there, the oldest first. One whose folder has gone is forgotten, and
    /// phones must keep no less for it.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn backups(&self) -> Result<Vec<Backup>> {
        self.write(|session| {
            recount(session)?;
            list(session.tx())
        })
    }

    fn copy_database(&self, folder: &Path) -> Result<(Secrets, Positions)> {
        let file = folder.join(FILE);
        {
            let reader = self.replica().reader()?;
            reader.backup("main", &file, None::<fn(rusqlite::backup::Progress)>)?;
        }
        let copy = Connection::open(&file)?;
        copy.pragma_update(None, "journal_mode", "DELETE")?;
        copy.pragma_update(None, "secure_delete", "ON")?;
        let mut keys = Vec::new();
        for key in KEYS {
            if let Some(value) = meta::get(&copy, *key)? {
                keys.push((key.name().to_owned(), value));
            }
            meta::remove(&copy, *key)?;
        }
        let positions = positions(&copy)?;
        copy.close().map_err(|(_, error)| error)?;
        Ok((keys, positions))
    }
}

type Positions = Vec<(AreaId, u64)>;

/// Keys by the names of their values.
type Secrets = Vec<(String, Vec<u8>)>;

fn positions(connection: &Connection) -> Result<Positions> {
    let mut select =
        connection.prepare("SELECT code, position FROM area WHERE epoch IS NOT NULL ORDER BY code")?;
    let mut rows = select.query([])?;
    let mut positions = Vec::new();
    while let Some(row) = rows.next()? {
        let code = AreaId::new(&row.get::<_, String>(0)?)
            .map_err(|error| Error::store(StoreProblem::Corrupt, error))?;
        positions.push((code, crate::store::counter(row.get(1)?)));
    }
    Ok(positions)
}

fn write_keys(path: &Path, keys: &[(String, Vec<u8>)]) -> Result<()> {
    let keys: Vec<(&str, &minicbor::bytes::ByteSlice)> =
        keys.iter().map(|(name, value)| (name.as_str(), value.as_slice().into())).collect();
    let bytes = minicbor::to_vec(keys).expect("a list of bytes always encodes");
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    std::io::Write::write_all(&mut file, &bytes)?;
    file.sync_all()?;
    Ok(())
}

fn read_keys(path: &Path) -> Result<Secrets> {
    let bytes = std::fs::read(path)?;
    let keys: Vec<(String, minicbor::bytes::ByteVec)> = minicbor::decode(&bytes)
        .map_err(|error| Error::store(StoreProblem::Corrupt, error))?;
    Ok(keys.into_iter().map(|(name, value)| (name, value.into())).collect())
}

/// Waits until a file or folder is on the disk.
fn sync(path: &Path) -> Result<()> {
    File::open(path)?.sync_all()?;
    Ok(())
}

fn record(session: &Session<'_>, backup: &Backup) -> Result<()> {
    let positions = minicbor::to_vec(&backup.positions).expect("positions always encode");
    session
        .tx()
        .prepare_cached("INSERT INTO backup (name, at, positions) VALUES (?1, ?2, ?3)")?
        .execute(params![backup.folder.to_string_lossy(), backup.at, positions])?;
    Ok(())
}

fn list(tx: &Connection) -> Result<Vec<Backup>> {
    let mut select = tx.prepare_cached("SELECT name, at, positions FROM backup ORDER BY id")?;
    let mut rows = select.query([])?;
    let mut backups = Vec::new();
    while let Some(row) = rows.next()? {
        let positions: Vec<u8> = row.get(2)?;
        backups.push(Backup {
            folder: PathBuf::from(row.get::<_, String>(0)?),
            at: row.get(1)?,
            positions: minicbor::decode(&positions)
                .map_err(|error| Error::store(StoreProblem::Corrupt, error))?,
        });
    }
    Ok(backups)
}

/// Forgets backups that are no longer there, and says anew what is in all that are. A position never
/// falls: what a phone was told to be safe it may have forgotten.
fn recount(session: &Session<'_>) -> Result<()> {
    let tx = session.tx();
    for backup in list(tx)? {
        if !backup.folder.join(FILE).exists() {
            tx.prepare_cached("DELETE FROM backup WHERE name = ?1")?
                .execute([backup.folder.to_string_lossy()])?;
        }
    }
    let kept = list(tx)?;
    let Some(oldest) = kept.first() else { return Ok(()) };
    for (area, position) in &oldest.positions {
        tx.prepare_cached("UPDATE area SET backed_up = max(backed_up, ?2) WHERE code = ?1")?
            .execute(params![area.as_str(), sql_u64(*position)])?;
    }
    Ok(())
}

/// Makes the folder of an office out of a backup. The office that is opened there starts new epochs
/// as a new author, takes pushes only until the clerk has confirmed the list of authors, and gets back
/// from phones what came after the backup.
///
/// # Errors
/// [`Error::Refused`] with `restore.not_empty` when there is an office in `into`, `restore.no_backup`
/// when there is none in `from`; [`Error::Store`] as corrupt for a damaged backup: `into` is left as it
/// was.
pub fn restore(from: &Path, into: &Path) -> Result<()> {
    if into.join(FILE).exists() {
        return Err(Error::refused("restore.not_empty"));
    }
    if !from.join(FILE).exists() || !from.join(KEYS_FILE).exists() {
        return Err(Error::refused("restore.no_backup"));
    }
    let keys = read_keys(&from.join(KEYS_FILE))?;
    std::fs::create_dir_all(into)?;
    let half = into.join(format!("{FILE}.restoring"));
    let made = fill(&from.join(FILE), &half, &keys).and_then(|()| {
        std::fs::rename(&half, into.join(FILE))?;
        sync(into)
    });
    if made.is_err() {
        let _ = std::fs::remove_file(&half);
    }
    made
}

fn fill(from: &Path, half: &Path, keys: &[(String, Vec<u8>)]) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let backup = Connection::open_with_flags(from, flags)?;
    let sound: String = backup.query_row("PRAGMA quick_check", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(Error::store(StoreProblem::Corrupt, sound));
    }
    let _ = std::fs::remove_file(half);
    backup.backup("main", half, None::<fn(rusqlite::backup::Progress)>)?;
    let restored = Connection::open(half)?;
    for key in KEYS {
        if let Some((_, value)) = keys.iter().find(|(name, _)| name == key.name()) {
            meta::set(&restored, *key, value)?;
        }
    }
    if meta::get(&restored, Key::OrganisationSecret)?.is_none() {
        return Err(Error::store(StoreProblem::Corrupt, "the keys of the backup are not an office's"));
    }
    // Whatever marker the host brings: this office has a past that it does not know.
    meta::set(&restored, Key::MustSucceed, b"restored")?;
    restored.close().map_err(|(_, error)| error)?;
    sync(half)
}

#[cfg(test)]
mod tests;
