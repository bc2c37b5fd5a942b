//! The SQLite file: opening with a defined answer to everything that can be wrong with it,
//! pragmas, migrations, and turns between a waiting tap and a long import. No table's meaning.

mod migrate;
mod values;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::config::DbConfig;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OpenFlags, Params, TransactionBehavior};

pub(crate) use migrate::{ROW_TABLES, ROWS_SQL};
pub(crate) use values::{count, counter, sql_u64};

use crate::error::{Error, Result, StoreProblem};

/// Name of the database in its folder.
pub(crate) const FILE: &str = "doorstep.db";

const LOCK: &str = "doorstep.lock";

/// Where a replica lives.
#[derive(Debug, Clone)]
pub enum Place {
    /// A folder of its own, made when it is not there.
    Folder(PathBuf),
    /// Nowhere: gone with the process. For tests and previews.
    Memory,
}

/// A replica's database. One writer; readers do not wait for it when it is a file.
pub struct Store {
    writer: Mutex<Connection>,
    reader: Option<Mutex<Connection>>,
    /// Taps that wait for the writer: an import lets them go first.
    waiting: AtomicUsize,
    folder: Option<PathBuf>,
    /// Held while the store is open: a second process gets a coded error.
    _lock: Option<File>,
}

impl Store {
    /// Opens or makes the database. Never deletes, truncates or recreates what it cannot read.
    ///
    /// # Errors
    /// [`Error::Store`] with the reason: newer schema, corrupt, read-only, full, in use, wrong key.
    pub fn open(place: &Place, key: Option<&[u8; 32]>) -> Result<Self> {
        match place {
            Place::Memory => Self::from_connection(prepare(Connection::open_in_memory()?, key)?),
            Place::Folder(folder) => {
                std::fs::create_dir_all(folder)?;
                let lock = lock(folder)?;
                let file = folder.join(FILE);
                refuse_plain_or_foreign(&file, key.is_some())?;
                let writer = prepare(Connection::open(&file)?, key)?;
                migrate::run(&writer, Some(&file))?;
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let reader = prepare_reader(Connection::open_with_flags(&file, flags)?, key)?;
                Ok(Self {
                    writer: Mutex::new(writer),
                    reader: Some(Mutex::new(reader)),
                    waiting: AtomicUsize::new(0),
                    folder: Some(folder.clone()),
                    _lock: Some(lock),
                })
            }
        }
    }

    /// A store on a connection that is open already: how tests start a replica again on the same
    /// memory after a crash.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn from_connection(connection: Connection) -> Result<Self> {
        migrate::run(&connection, None)?;
        keep_plans(&connection)?;
        connection.set_prepared_statement_cache_capacity(200);
        Ok(Self {
            writer: Mutex::new(connection),
            reader: None,
            waiting: AtomicUsize::new(0),
            folder: None,
            _lock: None,
        })
    }

    /// The connection, after everything else has let go of the store.
    pub fn into_connection(self) -> Connection {
        self.writer
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the log beside the file grow to 16 MB where 4 are usual: an office writes the same pages
    /// evening after evening, and each is copied back into the file once.
    pub(crate) fn expect_many_writes(&self) -> Result<()> {
        Ok(self
            .writer()
            .pragma_update(None, "wal_autocheckpoint", 4_000)?)
    }

    /// The folder, unless the store lives in memory.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Copies the whole store, as it is committed now, into a new file. Writers go on meanwhile.
    pub(crate) fn copy_into(&self, file: &Path) -> Result<()> {
        let path = file.to_string_lossy();
        match &self.folder {
            // A connection of its own: the reader may not write, not even elsewhere.
            Some(folder) => {
                let own = Connection::open(folder.join(FILE))?;
                own.busy_timeout(std::time::Duration::from_secs(5))?;
                own.execute("VACUUM INTO ?1", [path])?;
            }
            None => {
                self.writer().execute("VACUUM INTO ?1", [path])?;
            }
        }
        Ok(())
    }

    /// The writer, for somebody who waits for it.
    pub(crate) fn writer(&self) -> MutexGuard<'_, Connection> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let guard = lock_whatever(&self.writer);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        guard
    }

    /// The writer, for one slice of long work: lets everybody who waits go first.
    pub(crate) fn writer_when_idle(&self) -> MutexGuard<'_, Connection> {
        while self.waiting.load(Ordering::SeqCst) > 0 {
            std::thread::yield_now();
        }
        lock_whatever(&self.writer)
    }

    /// A connection to read with: sees what was committed, waits for no writer when it is a file.
    pub(crate) fn reader(&self) -> MutexGuard<'_, Connection> {
        match &self.reader {
            Some(reader) => lock_whatever(reader),
            None => self.writer(),
        }
    }
}

/// A connection that only reads, to a file that [`Store::open`] may refuse.
///
/// # Errors
/// [`Error::Store`] when there is no such file or the key does not open it.
pub(crate) fn open_for_rescue(file: &Path, key: Option<&[u8; 32]>) -> Result<Connection> {
    refuse_plain_or_foreign(file, key.is_some())?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    unlock(&connection, key)?;
    Ok(connection)
}

/// A panic elsewhere rolls its transaction back and leaves the connection sound, so a poisoned mutex
/// is no reason to refuse everybody after it.
fn lock_whatever(mutex: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lock(folder: &Path) -> Result<File> {
    let file = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(folder.join(LOCK))?;
    for attempt in 0..LOCK_ATTEMPTS {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            // A program that is being started holds a copy of every lock for a moment.
            Err(TryLockError::WouldBlock) if attempt + 1 < LOCK_ATTEMPTS => pause(),
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
    Err(Error::store(
        StoreProblem::InUse,
        "another process has this folder open",
    ))
}

const LOCK_ATTEMPTS: u32 = 20;

#[expect(
    clippy::disallowed_methods,
    reason = "waits once, at opening, for at most a second"
)]
fn pause() {
    std::thread::sleep(std::time::Duration::from_millis(50));
}

/// Plain SQLite ignores `PRAGMA key` without a word, and SQLCipher calls a plain file "not a
/// database": so the file's first bytes are looked at before either.
fn refuse_plain_or_foreign(file: &Path, has_key: bool) -> Result<()> {
    use std::io::Read;
    if has_key && !cfg!(feature = "sqlcipher") {
        return Err(Error::store(
            StoreProblem::KeyMismatch,
            "this build cannot encrypt",
        ));
    }
    let mut head = [0u8; 16];
    let plain = match File::open(file) {
        Ok(mut opened) => match opened.read_exact(&mut head) {
            Ok(()) => Some(head == *b"SQLite format 3\0"),
            Err(_) => None,
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    match (plain, has_key) {
        (Some(true), true) => Err(Error::store(
            StoreProblem::KeyMismatch,
            "the file is not encrypted",
        )),
        (Some(false), false) if cfg!(feature = "sqlcipher") => Err(Error::store(
            StoreProblem::KeyMismatch,
            "not plain SQLite, and no key was given",
        )),
        _ => Ok(()),
    }
}

#[cfg(feature = "sqlcipher")]
fn unlock(connection: &Connection, key: Option<&[u8; 32]>) -> Result<()> {
    if let Some(key) = key {
        // Lines of its own on the app's standard error: what is wrong is an error of this call.
        connection.pragma_update(None, "cipher_log_level", "NONE")?;
        let hex = data_encoding::HEXLOWER.encode(key);
        connection.pragma_update(None, "key", format!("x'{hex}'"))?;
        let opened = connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()));
        if opened.is_err() {
            return Err(Error::store(
                StoreProblem::WrongKey,
                "the key does not open this file",
            ));
        }
    }
    Ok(())
}

#[cfg(not(feature = "sqlcipher"))]
fn unlock(_: &Connection, key: Option<&[u8; 32]>) -> Result<()> {
    match key {
        None => Ok(()),
        Some(_) => Err(Error::store(
            StoreProblem::KeyMismatch,
            "this build cannot encrypt",
        )),
    }
}

/// Pragmas of the writer. `synchronous=FULL` in WAL: a commit that returned survives a power cut.
fn prepare(connection: Connection, key: Option<&[u8; 32]>) -> Result<Connection> {
    unlock(&connection, key)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    // Android has no usable temporary folder.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -8_000)?;
    keep_plans(&connection)?;
    connection.set_prepared_statement_cache_capacity(200);
    Ok(connection)
}

/// Keeps the plan of a prepared statement. By default SQLite looks at bound values while it plans and
/// then plans anew at every binding: measured, 25 µs for a read of 5 µs.
fn keep_plans(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn prepare_reader(connection: Connection, key: Option<&[u8; 32]>) -> Result<Connection> {
    unlock(&connection, key)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "query_only", "ON")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    keep_plans(&connection)?;
    connection.set_prepared_statement_cache_capacity(100);
    Ok(connection)
}

/// A write transaction: takes the write lock at once, so that it never fails half-way for it.
pub(crate) fn begin(connection: &mut Connection) -> Result<rusqlite::Transaction<'_>> {
    Ok(connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

/// The first column of all rows that a statement gives, in its order.
pub(crate) fn column<T: FromSql>(
    tx: &Connection,
    sql: &str,
    parameters: impl Params,
) -> Result<Vec<T>> {
    let mut select = tx.prepare_cached(sql)?;
    let rows = select.query_map(parameters, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests;
