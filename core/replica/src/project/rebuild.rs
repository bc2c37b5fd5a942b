//! Filling the rows anew from the entries: all at once, or in slices between which taps go on. What a
//! row says is decided as ever, subject by subject.

use std::collections::BTreeSet;

use doorstep_model::entry::PersonDeclared;
use doorstep_model::ids::Identity;
use rusqlite::Connection;

use super::ledger::subjects;
use super::shown::identity;
use super::{Packs, recompute};
use crate::directory::Directory;
use crate::error::Result;
use crate::store::{ROW_TABLES, ROWS_SQL};

/// Subjects of one slice of [`rebuild`].
const SLICE: usize = 1_000;

/// Drops all rows and computes them again, in the caller's transaction.
///
/// # Errors
/// The store's: nothing changed once the caller rolls back.
pub(crate) fn rebuild(tx: &Connection, directory: &mut Directory, packs: &Packs) -> Result<()> {
    for table in ROW_TABLES {
        tx.execute_batch(&format!("DROP TABLE IF EXISTS {table}"))?;
    }
    tx.execute_batch(ROWS_SQL)?;
    fill(tx, directory, packs)
}

/// Computes all rows into tables that are empty.
///
/// # Errors
/// As [`rebuild`].
pub(crate) fn fill(tx: &Connection, directory: &mut Directory, packs: &Packs) -> Result<()> {
    packs.forget();
    directory.forget_horizon();
    // Cases are judged by roles: with the persons there first, none is computed again for each of them.
    for person in persons(tx)? {
        recompute(tx, directory, packs, person)?;
    }
    let mut after = None;
    loop {
        after = rebuild_slice(tx, directory, packs, after, SLICE)?;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Computes the rows of the next subjects after this one, at most `max` of them and what depends on
/// them. Returns the last of them, `None` when there are no more.
///
/// # Errors
/// The store's.
pub(crate) fn rebuild_slice(
    tx: &Connection,
    directory: &mut Directory,
    packs: &Packs,
    after: Option<Identity>,
    max: usize,
) -> Result<Option<Identity>> {
    let slice = subjects_after(tx, after, max)?;
    let last = slice.last().copied();
    let mut open: BTreeSet<Identity> = slice.into_iter().collect();
    while let Some(subject) = open.pop_first() {
        let further = recompute(tx, directory, packs, subject)?;
        // What comes later in the order is computed in its turn.
        open.extend(further.into_iter().filter(|subject| Some(*subject) <= last));
    }
    Ok(last)
}

fn persons(tx: &Connection) -> Result<Vec<Identity>> {
    let sql = format!(
        "SELECT DISTINCT subject FROM entry WHERE kind = {}",
        PersonDeclared::KIND
    );
    subjects(&mut tx.prepare_cached(&sql)?, &[])
}

fn subjects_after(tx: &Connection, after: Option<Identity>, max: usize) -> Result<Vec<Identity>> {
    let mut select = tx.prepare_cached(
        "SELECT DISTINCT subject FROM entry WHERE subject > ?1 ORDER BY subject LIMIT ?2",
    )?;
    let from = after.as_ref().map_or(&[][..], Identity::as_bytes);
    let mut rows = select.query(rusqlite::params![from, max as i64])?;
    let mut subjects = Vec::with_capacity(max);
    while let Some(row) = rows.next()? {
        subjects.extend(identity(row, 0)?);
    }
    Ok(subjects)
}
