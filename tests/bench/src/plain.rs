//! The limit of taps and of ingest: the rows alone, as somebody would keep them without segments, a
//! merge or a projection. An entry row with six columns and two indexes, and a status row.

use std::path::Path;

use rusqlite::{Connection, params};

/// A database of such rows, as durable as ours.
pub(crate) struct Plain {
    connection: Connection,
}

/// One entry.
pub(crate) struct Row<'a> {
    pub(crate) author: i64,
    pub(crate) counter: i64,
    pub(crate) subject: &'a [u8],
    pub(crate) time: i64,
    pub(crate) value: &'a [u8],
}

impl Plain {
    pub(crate) fn new(file: &Path) -> Self {
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

    /// Writes rows in one transaction.
    pub(crate) fn commit<'a>(&mut self, rows: impl IntoIterator<Item = Row<'a>>) {
        let transaction = self.connection.transaction().expect("a transaction");
        {
            let mut insert = transaction
                .prepare_cached(
                    "INSERT INTO entry (author, counter, subject, time, value) \
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )
                .expect("a statement");
            let mut upsert = transaction
                .prepare_cached(
                    "INSERT INTO asset (id, result, checked_at) VALUES (?1, 'normal', ?2) \
                     ON CONFLICT (id) DO UPDATE SET result = excluded.result, \
                     checked_at = excluded.checked_at",
                )
                .expect("a statement");
            for row in rows {
                insert
                    .execute(params![
                        row.author,
                        row.counter,
                        row.subject,
                        row.time,
                        row.value
                    ])
                    .expect("a row");
                upsert
                    .execute(params![row.subject, row.time])
                    .expect("a row");
            }
        }
        transaction.commit().expect("a commit");
    }
}
