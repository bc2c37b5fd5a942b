//! Taking out again what was taken in: what a feed refutes, what a baseline leaves unfinished. The author's
//! chains go back to what stays. Why something goes is decided in `sync`.

use std::collections::BTreeSet;

use doorstep_model::ids::AreaId;
use doorstep_model::segment::{Segment, SegmentChange, SegmentHeader};
use rusqlite::{Connection, OptionalExtension, params};

use super::quarantine;
use super::vetting::{holders, vet_segment};
use crate::StoreProblem;
use crate::compact::{self, Archive};
use crate::directory::Author;
use crate::error::{Error, Result};
use crate::replica::Session;
use crate::seal::set_document_chain;
use crate::store::{column, counter, sql_u64};

/// Takes an author's segments from `n` on out of the rows, into the quarantine store: the feed
/// refuted them, or their author goes on as another. The author's chains are set back. Returns their
/// bytes; of one that a baseline cut there are none.
pub(crate) fn withdraw(
    session: &mut Session<'_>,
    area: &AreaId,
    author: i64,
    n: u64,
    code: &str,
) -> Result<Vec<Vec<u8>>> {
    let area_id = session.door.directory.area(session.door.tx, area)?;
    let mut withdrawn: Vec<(i64, Option<Vec<u8>>)> = Vec::new();
    let mut archive = Archive::default();
    {
        let mut select = session.door.tx.prepare_cached(
            "SELECT id, cut FROM segment WHERE area = ?1 AND author = ?2 AND n >= ?3 \
             AND position IS NULL ORDER BY n",
        )?;
        let mut rows = select.query(params![area_id, author, sql_u64(n)])?;
        while let Some(row) = rows.next()? {
            let (row, cut) = (row.get(0)?, row.get(1)?);
            let bytes = match cut {
                true => None,
                false => Some(archive.segment(session.door.tx, row)?),
            };
            withdrawn.push((row, bytes));
        }
    }
    let rows: Vec<i64> = withdrawn.iter().map(|(row, _)| *row).collect();
    compact::forget(session.door.tx, &rows)?;
    for (row, bytes) in &withdrawn {
        if let Some(bytes) = bytes {
            let segment =
                Segment::read(bytes).map_err(|error| Error::store(StoreProblem::Corrupt, error))?;
            quarantine(session.tx(), &segment, code, session.now)?;
        }
        remove_entries(session, *row)?;
        session
            .tx()
            .prepare_cached("DELETE FROM segment WHERE id = ?1")?
            .execute([*row])?;
    }
    if !withdrawn.is_empty() {
        rechain(session, area_id, author)?;
    }
    Ok(withdrawn
        .into_iter()
        .filter_map(|(_, bytes)| bytes)
        .collect())
}

/// Withdraws what no feed has of the author's segments with a counter that this segment gives too.
pub(crate) fn withdraw_clashing(
    session: &mut Session<'_>,
    author: &Author,
    segment: &Segment<'_>,
    code: &str,
) -> Result<()> {
    let Ok(vetted) = vet_segment(session, author, segment)? else {
        return Ok(());
    };
    let holders: BTreeSet<i64> = holders(session.tx(), author.id, &vetted.counters())?
        .into_iter()
        .flatten()
        .collect();
    for row in holders {
        let here: Option<(i64, i64)> = session
            .tx()
            .prepare_cached("SELECT area, n FROM segment WHERE id = ?1 AND position IS NULL")?
            .query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        // One withdrawn before takes what follows it along.
        if let Some((area, n)) = here {
            let area = session.door.directory.area_code(session.door.tx, area)?;
            withdraw(session, &area, author.id, counter(n), code)?;
        }
    }
    Ok(())
}

/// Takes an author's compacted segments in an area out of the rows, and sets its chains back: of a
/// baseline that is not finished.
pub(crate) fn drop_reduced(session: &mut Session<'_>, area: i64, author: i64) -> Result<()> {
    let rows: Vec<i64> = column(
        session.door.tx,
        "SELECT id FROM segment WHERE area = ?1 AND author = ?2 AND compacted = 1",
        [area, author],
    )?;
    for row in rows {
        remove_entries(session, row)?;
        session
            .tx()
            .prepare_cached("DELETE FROM segment WHERE id = ?1")?
            .execute([row])?;
    }
    // What they left out goes with them.
    session
        .tx()
        .prepare_cached(
            "UPDATE document_chain SET below = NULL WHERE author = ?2 \
             AND document IN (SELECT id FROM document WHERE area = ?1)",
        )?
        .execute([area, author])?;
    rechain(session, area, author)
}

fn remove_entries(session: &mut Session<'_>, segment: i64) -> Result<()> {
    let rows: Vec<i64> = column(
        session.door.tx,
        "SELECT id FROM sealed WHERE within = ?1",
        [segment],
    )?;
    for row in rows {
        session.door.remove(row)?;
    }
    Ok(())
}

/// Sets an author's chains in an area to what its remaining segments say.
fn rechain(session: &mut Session<'_>, area: i64, author: i64) -> Result<()> {
    let tx = session.door.tx;
    let last: Option<(i64, [u8; 32])> = tx
        .prepare_cached(
            "SELECT n, hash FROM segment WHERE area = ?1 AND author = ?2 ORDER BY n DESC LIMIT 1",
        )?
        .query_row([area, author], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    tx.prepare_cached(
        "INSERT INTO chain (area, author, n, hash) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (area, author) DO UPDATE SET n = excluded.n, hash = excluded.hash",
    )?
    .execute(params![
        area,
        author,
        last.map_or(0, |l| l.0),
        last.map(|l| l.1)
    ])?;
    set_back_documents(tx, area, author)?;
    let this = session.door.directory.author(tx, author)?.clone();
    let kept: Vec<(i64, bool)> = {
        let mut select = tx.prepare_cached(
            "SELECT id, cut FROM segment WHERE area = ?1 AND author = ?2 AND opaque = 0 ORDER BY n",
        )?;
        select
            .query_map([area, author], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?
    };
    let mut archive = Archive::default();
    for (row, cut) in kept {
        if cut {
            let (header, changes) = archive.changes_here(session.tx(), row)?;
            let changes = changes.iter().map(|(document, bytes)| SegmentChange {
                document: *document,
                bytes,
            });
            go_over(session, &this, &header, changes)?;
            continue;
        }
        let bytes = archive.segment(session.tx(), row)?;
        let segment =
            Segment::read(&bytes).map_err(|error| Error::store(StoreProblem::Corrupt, error))?;
        go_over(session, &this, &segment.header, segment.changes.into_iter())?;
    }
    Ok(())
}

/// Sets an author's chains in the documents of an area to their beginning: to none, or to where a
/// baseline let them go on.
fn set_back_documents(tx: &Connection, area: i64, author: i64) -> Result<()> {
    for sql in [
        "DELETE FROM document_chain WHERE author = ?2 AND below IS NULL \
         AND document IN (SELECT id FROM document WHERE area = ?1)",
        "UPDATE document_chain SET state = below WHERE author = ?2 \
         AND document IN (SELECT id FROM document WHERE area = ?1)",
    ] {
        tx.prepare_cached(sql)?.execute([area, author])?;
    }
    Ok(())
}

/// Takes an author's chains in documents over changes of a segment that is here. One that a chain does
/// not lead to, because it went on from below the horizon, is passed over.
fn go_over<'a>(
    session: &mut Session<'_>,
    author: &Author,
    header: &SegmentHeader,
    changes: impl Iterator<Item = SegmentChange<'a>>,
) -> Result<()> {
    for change in changes {
        let alone = Segment {
            header: header.clone(),
            changes: vec![change],
            bytes: &[],
        };
        if let Ok(vetted) = vet_segment(session, author, &alone)? {
            for change in &vetted.changes {
                let document = session.door.document(&header.area, &change.name)?;
                set_document_chain(session.tx(), document, author.id, &change.next)?;
            }
        }
    }
    Ok(())
}

/// Ends an author's chain in an area, or in all areas.
pub(crate) fn end_author(
    session: &mut Session<'_>,
    area: Option<i64>,
    author: i64,
    code: &str,
) -> Result<()> {
    let tx = session.tx();
    match area {
        Some(area) => {
            tx.prepare_cached(
                "INSERT INTO chain (area, author, ended) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (area, author) DO UPDATE SET ended = COALESCE(ended, excluded.ended)",
            )?
            .execute(params![area, author, code])?;
        }
        None => {
            tx.prepare_cached(
                "INSERT INTO chain (area, author, ended) SELECT id, ?1, ?2 FROM area WHERE true \
                 ON CONFLICT (area, author) DO UPDATE SET ended = COALESCE(ended, excluded.ended)",
            )?
            .execute(params![author, code])?;
        }
    }
    Ok(())
}
