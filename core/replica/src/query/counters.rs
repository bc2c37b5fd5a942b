//! Where one's own entries are: only here, at the office, waiting for a person, left out. What the
//! office has is told by receipts only.

use doorstep_model::ids::AuthorTag;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use crate::error::Result;

/// Entries of a device, whichever of its authors wrote them. The entries that only name a document
/// are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Only on this phone: not sealed, or sealed and without a receipt.
    pub only_here: u64,
    /// On the office's disk, by its receipt; held ones too.
    pub received: u64,
    /// Of all: waiting for a person at the office.
    pub held: u64,
    /// Of all: refused or quarantined.
    pub left_out: u64,
    /// Segments that do not flow: a fork, a gap, a change that failed vetting.
    pub quarantined_segments: u64,
}

/// Counts the entries of these authors.
pub(crate) fn counters(connection: &Connection, authors: &[AuthorTag]) -> Result<Counters> {
    let mut counters = Counters::default();
    for tag in authors {
        let author: Option<i64> = connection
            .prepare_cached("SELECT id FROM author WHERE tag = ?1")?
            .query_row([tag.as_bytes()], |row| row.get(0))
            .optional()?;
        if let Some(author) = author {
            counters.add(connection, author)?;
        }
        counters.quarantined_segments += one(
            connection,
            "SELECT count(*) FROM quarantine WHERE author = ?1",
            tag.as_bytes(),
        )?;
    }
    Ok(counters)
}

impl Counters {
    fn add(&mut self, connection: &Connection, author: i64) -> Result<()> {
        // The unary plus keeps SQLite from going through all that the author ever wrote.
        let pending = one(
            connection,
            "SELECT count(*) FROM entry WHERE segment IS NULL AND +author = ?1 AND kind <> 0",
            author,
        )?;
        // The few segments without a receipt.
        let sealed = one(
            connection,
            "SELECT count(*) FROM segment CROSS JOIN sealed ON sealed.within = segment.id \
             WHERE segment.author = ?1 AND segment.received_at IS NULL AND sealed.kind <> 0",
            author,
        )?;
        let all = one(
            connection,
            "SELECT count(*) FROM entry WHERE author = ?1 AND kind <> 0",
            author,
        )?;
        self.only_here += pending + sealed;
        self.received += all.saturating_sub(pending + sealed);
        self.held += standing(connection, author, 1)?;
        self.left_out += standing(connection, author, 2)?;
        Ok(())
    }
}

fn standing(connection: &Connection, author: i64, standing: i64) -> Result<u64> {
    let count: i64 = connection
        .prepare_cached(
            "SELECT count(*) FROM entry INDEXED BY entry_standing \
             WHERE standing > 0 AND standing = ?1 AND author = ?2 AND kind <> 0",
        )?
        .query_row(params![standing, author], |row| row.get(0))?;
    Ok(crate::store::count(count))
}

fn one(connection: &Connection, sql: &str, parameter: impl rusqlite::ToSql) -> Result<u64> {
    let count: i64 = connection
        .prepare_cached(sql)?
        .query_row([parameter], |row| row.get(0))?;
    Ok(crate::store::count(count))
}
