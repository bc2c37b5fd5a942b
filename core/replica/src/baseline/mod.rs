//! Baselines: how an empty phone comes to hold an area without its whole feed. The office builds one
//! of what is in a backup (`build`), hands it out in parts, and the phone imports it piece by piece
//! (`import`). How a piece is laid out is the model's.
//!
//! A phone that has taken a baseline holds what a phone of the feed holds after compaction: the same
//! segment rows, with header and signature, the same documents, chains and entries. So nothing behind
//! an import knows of baselines, and every segment above the horizon can be proved to anybody. While
//! one is being taken the area has no cursor: what is imported is the office's word until the last
//! piece.
//!
//! Rounds below the horizon are left out: no row follows them, so the rows are the same. Of a segment
//! with changes there (`segment.cut`) the phone knows number, hash and place in the feed, and cannot
//! give it to anybody; of their documents it knows where each author's chain stands
//! (`document_chain.below`), so that late work there is vetted as everywhere.

mod build;
mod import;
mod rows;

use doorstep_model::baseline::PieceHash;
use doorstep_model::feed::Signed;
use doorstep_model::ids::AreaId;
use doorstep_model::wire::{BaselineAsk, BaselinePart};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{Error, Result};
use crate::store::sql_u64;
use crate::sync::PIECE;

pub(crate) use import::{Took, ask, give_up, import_slice, is_taking, take_part};

/// A feed shorter than this is told item by item.
const FEED_MIN: u64 = 64;

/// Baselines of an area that an office keeps: a phone that began with the last but one ends with it.
const KEPT: usize = 2;

fn newest(tx: &Connection, area: i64) -> Result<Option<Signed>> {
    Ok(tx
        .prepare_cached(
            "SELECT manifest FROM baseline WHERE area = ?1 ORDER BY position DESC LIMIT 1",
        )?
        .query_row([area], |row| row.get(0))
        .optional()?
        .map(Signed))
}

/// The wanted part of a baseline; `None` where there is none to be had.
pub(crate) fn part(tx: &Connection, area: i64, ask: &BaselineAsk) -> Result<Option<BaselinePart>> {
    let mut part = BaselinePart {
        area: ask.area.clone(),
        manifest: None,
        bytes: Vec::new(),
    };
    if ask.pieces.is_empty() {
        part.manifest = newest(tx, area)?;
        return Ok(part.manifest.is_some().then_some(part));
    }
    let mut offset = usize::try_from(ask.offset).unwrap_or(usize::MAX);
    for piece in &ask.pieces {
        let Some(bytes) = piece_bytes(tx, area, piece)? else {
            break;
        };
        part.bytes
            .extend_from_slice(bytes.get(offset..).unwrap_or_default());
        offset = 0;
        if part.bytes.len() >= PIECE {
            part.bytes.truncate(PIECE);
            break;
        }
    }
    Ok(Some(part))
}

fn piece_bytes(tx: &Connection, area: i64, hash: &PieceHash) -> Result<Option<Vec<u8>>> {
    Ok(tx
        .prepare_cached("SELECT bytes FROM baseline_piece WHERE area = ?1 AND hash = ?2")?
        .query_row(params![area, hash.0], |row| row.get(0))
        .optional()?)
}

fn put_piece(tx: &Connection, area: i64, hash: &PieceHash, bytes: &[u8]) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO baseline_piece (area, hash, bytes) VALUES (?1, ?2, ?3) \
         ON CONFLICT (area, hash) DO NOTHING",
    )?
    .execute(params![area, hash.0, bytes])?;
    Ok(())
}

fn put_manifest(tx: &Connection, area: i64, position: u64, manifest: &Signed) -> Result<()> {
    tx.prepare_cached("INSERT INTO baseline (area, position, manifest) VALUES (?1, ?2, ?3)")?
        .execute(params![area, sql_u64(position), manifest.0])?;
    Ok(())
}

/// What an office handed out does not hold.
fn broken(why: impl ToString) -> Error {
    Error::Peer(why.to_string())
}

/// The areas that have a feed, the organisation's left out: every phone takes that item by item.
fn areas(tx: &Connection) -> Result<Vec<(i64, AreaId)>> {
    let mut select = tx.prepare_cached("SELECT id, code FROM area WHERE position > 0")?;
    let mut rows = select.query([])?;
    let mut areas = Vec::new();
    while let Some(row) = rows.next()? {
        if let Ok(code) = AreaId::new(&row.get::<_, String>(1)?)
            && code != AreaId::organisation()
        {
            areas.push((row.get(0)?, code));
        }
    }
    Ok(areas)
}

#[cfg(test)]
mod tests;
