//! Numbered migrations, forward only, each in one transaction. A released file is kept as a fixture;
//! until the first release schema 1 changes in place, and its fixture with it.

use std::path::Path;

use rusqlite::Connection;

use crate::error::{Error, Result, StoreProblem};

/// The schema that this code reads and writes.
pub(crate) const SCHEMA: i64 = 1;

/// The projected rows: dropped and filled again at will.
pub(crate) const ROWS_SQL: &str = include_str!("schema/0001_rows.sql");

/// Names of the projected tables, in the order of [`ROWS_SQL`].
pub(crate) const ROW_TABLES: &[&str] = &[
    "place",
    "asset",
    "label",
    "dispute",
    "matter",
    "handout",
    "handout_batch",
    "attendance",
    "round",
    "round_target",
    "campaign",
    "month_close",
    "horizon",
    "figure",
    "area_row",
    "person",
    "adopted_pack",
    "revocation",
    "transport_key",
    "same_as",
    "import_row",
    "import_undone",
    "oddity",
];

const MIGRATIONS: &[&str] = &[concat!(
    include_str!("schema/0001.sql"),
    include_str!("schema/0001_rows.sql")
)];

/// Brings the file to [`SCHEMA`]. A file of an older schema is copied beside itself first.
pub(super) fn run(connection: &Connection, file: Option<&Path>) -> Result<()> {
    let version: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => {
                Error::store(StoreProblem::Corrupt, error)
            }
            _ => error.into(),
        })?;
    if version > SCHEMA {
        let details = format!("schema {version}, this version knows {SCHEMA}");
        return Err(Error::store(StoreProblem::Newer, details));
    }
    if version > 0
        && version < SCHEMA
        && let Some(file) = file
    {
        let copy = file.with_extension(format!("schema-{version}.db"));
        connection.backup("main", copy, None::<fn(rusqlite::backup::Progress)>)?;
    }
    for (index, sql) in MIGRATIONS
        .iter()
        .enumerate()
        .skip(usize::try_from(version).unwrap_or(0))
    {
        let number = index + 1;
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE; {sql} PRAGMA user_version = {number}; COMMIT;"
        ))?;
    }
    Ok(())
}
