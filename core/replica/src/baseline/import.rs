//! How a phone takes a baseline: which piece next, what arrives of it, and the import in slices
//! between which a tap goes first. What a piece says becomes the same rows that the feed would have
//! made; changes are made again and must come out as their authors signed them.

use std::collections::BTreeSet;

use doorstep_model::baseline::{Manifest, PieceContent, PieceHash, PieceName, unpack};
use doorstep_model::feed::{AreaStatement, Signed, Statement};
use doorstep_model::ids::{AreaId, Identity, PlaceId};
use doorstep_model::wire::{BaselineAsk, BaselinePart};
use rusqlite::{Connection, OptionalExtension, params};

use super::rows::{import_chains_below, import_changes, import_segments, import_signatures};
use super::{broken, newest, piece_bytes, put_manifest, put_piece};
use crate::error::Result;
use crate::ingest;
use crate::meta::{self, Key};
use crate::replica::{Replica, Session};
use crate::store::{column, count, sql_u64};
use crate::sync::{PIECE, feed};

impl Replica {
    /// The buildings to come first when a baseline is taken: where she works today.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn prefer_buildings(&self, buildings: &[PlaceId]) -> Result<()> {
        let wanted: Vec<Identity> = buildings
            .iter()
            .map(|building| building.identity())
            .collect();
        let bytes = minicbor::to_vec(&wanted).expect("a list of identities always encodes");
        self.write(|session| meta::set(session.tx(), Key::PreferredBuildings, &bytes))
    }
}

/// Whether a baseline of this area is being taken: it has no cursor until the last piece.
pub(crate) fn is_taking(tx: &Connection, area: i64) -> Result<bool> {
    Ok(newest(tx, area)?.is_some())
}

/// What to ask of a baseline: the newest manifest, or the pieces that are still missing, as many as
/// fit a reply.
pub(crate) fn ask(session: &Session<'_>, area: i64, code: &AreaId) -> Result<BaselineAsk> {
    let mut ask = BaselineAsk {
        area: code.clone(),
        pieces: Vec::new(),
        offset: 0,
    };
    let Some(manifest) = taking(session.tx(), area)? else {
        return Ok(ask);
    };
    let mut bytes = 0;
    for piece in in_order(session, &manifest)? {
        let here = length_here(session.tx(), area, &piece)?;
        if here >= u64::from(piece.length) {
            continue;
        }
        if ask.pieces.is_empty() {
            ask.offset = here;
        }
        bytes += u64::from(piece.length) - here;
        ask.pieces.push(piece.hash);
        if bytes >= PIECE as u64 {
            break;
        }
    }
    Ok(ask)
}

fn taking(tx: &Connection, area: i64) -> Result<Option<Manifest>> {
    let Some(signed) = newest(tx, area)? else {
        return Ok(None);
    };
    signed
        .claims()
        .map(Some)
        .map_err(|_| broken("a manifest that does not decode"))
}

/// The pieces in the order in which this phone wants them.
fn in_order(session: &Session<'_>, manifest: &Manifest) -> Result<Vec<PieceName>> {
    let preferred: Vec<Identity> = meta::get(session.tx(), Key::PreferredBuildings)?
        .and_then(|bytes| minicbor::decode(&bytes).ok())
        .unwrap_or_default();
    let mut pieces = manifest.pieces.clone();
    pieces.sort_by_key(|piece| match (piece.content, piece.building) {
        (PieceContent::Segments, _) => (0, 0),
        (PieceContent::Area, _) => (1, 0),
        (PieceContent::Building, Some(building)) => {
            match preferred.iter().position(|wanted| *wanted == building) {
                Some(place) => (2, place),
                None => (4, 0),
            }
        }
        (PieceContent::Cases | PieceContent::Building, _) => (3, 0),
        (PieceContent::Below, _) => (5, 0),
        (PieceContent::Signatures, _) => (6, 0),
    });
    Ok(pieces)
}

fn length_here(tx: &Connection, area: i64, piece: &PieceName) -> Result<u64> {
    let length: Option<i64> = tx
        .prepare_cached("SELECT length(bytes) FROM baseline_piece WHERE area = ?1 AND hash = ?2")?
        .query_row(params![area, piece.hash.0], |row| row.get(0))
        .optional()?;
    Ok(length.map_or(0, count))
}

/// What became of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Took {
    /// Something came.
    Part,
    /// It is not what it should be: ask again.
    Nothing,
    /// The office has gone on to a newer baseline, which is begun from its manifest.
    Again,
}

/// Takes a part that answers `ask`.
pub(crate) fn take_part(
    session: &mut Session<'_>,
    ask: &BaselineAsk,
    part: &BaselinePart,
) -> Result<Took> {
    if part.area != ask.area {
        return Err(broken("a part of another area's baseline"));
    }
    let area = session.door.directory.area(session.door.tx, &part.area)?;
    if let Some(signed) = &part.manifest {
        // A reply may come a second time, when the baseline is under way or done.
        if feed::has_cursor(session.tx(), area)? || taking(session.tx(), area)?.is_some() {
            return Ok(Took::Nothing);
        }
        take_manifest(session, area, &part.area, signed)?;
        return Ok(Took::Part);
    }
    let Some(manifest) = taking(session.tx(), area)? else {
        return Ok(Took::Nothing);
    };
    if part.bytes.is_empty() {
        abandon(session, area)?;
        return Ok(Took::Again);
    }
    let mut rest = part.bytes.as_slice();
    for hash in &ask.pieces {
        let Some(piece) = manifest.pieces.iter().find(|piece| piece.hash == *hash) else {
            return Err(broken("a piece that the manifest does not name"));
        };
        let here = length_here(session.tx(), area, piece)?;
        let missing = usize::try_from(u64::from(piece.length).saturating_sub(here)).unwrap_or(0);
        let (mine, behind) = rest.split_at(missing.min(rest.len()));
        rest = behind;
        put_piece(session.tx(), area, hash, &[])?;
        session
            .tx()
            .prepare_cached(
                "UPDATE baseline_piece SET bytes = CAST(bytes || ?3 AS BLOB) WHERE area = ?1 AND hash = ?2",
            )?
            .execute(params![area, hash.0, mine])?;
        if mine.len() == missing
            && piece_bytes(session.tx(), area, hash)?.map(|bytes| PieceHash::of(&bytes))
                != Some(*hash)
        {
            session
                .tx()
                .prepare_cached("DELETE FROM baseline_piece WHERE area = ?1 AND hash = ?2")?
                .execute(params![area, hash.0])?;
            return Ok(Took::Nothing);
        }
    }
    Ok(Took::Part)
}

fn take_manifest(
    session: &mut Session<'_>,
    area: i64,
    code: &AreaId,
    signed: &Signed,
) -> Result<()> {
    let wrong = || broken("the baseline is not signed by an office");
    let claimed: Manifest = signed.claims().map_err(|_| wrong())?;
    let office = session
        .door
        .directory
        .author_by_tag(session.door.tx, claimed.office)?
        .filter(|author| author.office)
        .map(|author| author.key)
        .ok_or_else(wrong)?;
    let manifest: Manifest = signed.open(&office).map_err(|_| wrong())?;
    let statement: Statement = manifest.statement.open(&office).map_err(|_| wrong())?;
    let says = |said: &AreaStatement| said.area == *code && said.cursor == manifest.cursor;
    if manifest.organisation != session.organisation_id()?
        || manifest.area != *code
        || !statement.areas.iter().any(says)
    {
        return Err(wrong());
    }
    put_manifest(session.tx(), area, manifest.cursor.position, signed)?;
    drop_foreign_pieces(session.tx(), area, &manifest)
}

fn drop_foreign_pieces(tx: &Connection, area: i64, manifest: &Manifest) -> Result<()> {
    let named: BTreeSet<PieceHash> = manifest.pieces.iter().map(|piece| piece.hash).collect();
    let mut select = tx.prepare_cached("SELECT id, hash FROM baseline_piece WHERE area = ?1")?;
    let here: Vec<(i64, [u8; 32])> = select
        .query_map([area], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (id, hash) in here {
        if !named.contains(&PieceHash(hash)) {
            tx.prepare_cached("DELETE FROM baseline_piece WHERE id = ?1")?
                .execute([id])?;
        }
    }
    Ok(())
}

/// Imports the next slice of what has come. Returns whether there is more to import now.
///
/// # Errors
/// [`Error::Peer`] when a piece does not make what it should: nothing of the slice is taken.
pub(crate) fn import_slice(session: &mut Session<'_>) -> Result<bool> {
    for area in taken(session.tx())? {
        let Some(manifest) = taking(session.tx(), area)? else {
            continue;
        };
        if import_of(session, area, &manifest)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The areas of which a baseline is being taken. An office keeps baselines for others and has a
/// cursor in each of their areas.
fn taken(tx: &Connection) -> Result<Vec<i64>> {
    let mut select = tx.prepare_cached(
        "SELECT DISTINCT b.area FROM baseline b JOIN area a ON a.id = b.area \
         WHERE a.position = 0 ORDER BY b.area",
    )?;
    let areas = select
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(areas)
}

/// Takes out everything of baselines that are not finished. Returns their areas.
pub(crate) fn give_up(session: &mut Session<'_>) -> Result<Vec<AreaId>> {
    let mut given_up = Vec::new();
    for area in taken(session.tx())? {
        abandon(session, area)?;
        session
            .tx()
            .prepare_cached("DELETE FROM baseline_piece WHERE area = ?1")?
            .execute([area])?;
        given_up.push(session.door.directory.area_code(session.door.tx, area)?);
    }
    Ok(given_up)
}

fn import_of(session: &mut Session<'_>, area: i64, manifest: &Manifest) -> Result<bool> {
    let mut left = false;
    for piece in in_order(session, manifest)? {
        let complete = length_here(session.tx(), area, &piece)? == u64::from(piece.length);
        if !complete {
            left = true;
            if piece.content == PieceContent::Segments {
                return Ok(false);
            }
            continue;
        }
        let bytes = piece_bytes(session.tx(), area, &piece.hash)?.unwrap_or_default();
        let done = done(session.tx(), area, &piece.hash)?;
        let next = match piece.content {
            PieceContent::Segments => import_segments(session, manifest, &bytes, done)?,
            PieceContent::Below => import_chains_below(session, &manifest.area, &bytes, done)?,
            PieceContent::Signatures => import_signatures(session, area, manifest, &bytes, done)?,
            PieceContent::Area | PieceContent::Building | PieceContent::Cases => {
                let changes = unpack(&bytes).map_err(broken)?;
                import_changes(session, area, &manifest.area, &changes, done)?
            }
        };
        if next > done {
            set_done(session.tx(), area, &piece.hash, next)?;
            return Ok(true);
        }
    }
    if !left {
        finish(session, area, manifest)?;
    }
    Ok(false)
}

fn done(tx: &Connection, area: i64, hash: &PieceHash) -> Result<usize> {
    let done: i64 = tx
        .prepare_cached("SELECT done FROM baseline_piece WHERE area = ?1 AND hash = ?2")?
        .query_row(params![area, hash.0], |row| row.get(0))?;
    Ok(usize::try_from(done).unwrap_or(0))
}

fn set_done(tx: &Connection, area: i64, hash: &PieceHash, done: usize) -> Result<()> {
    tx.prepare_cached("UPDATE baseline_piece SET done = ?3 WHERE area = ?1 AND hash = ?2")?
        .execute(params![
            area,
            hash.0,
            i64::try_from(done).unwrap_or(i64::MAX)
        ])?;
    Ok(())
}

/// Everything is here: the area stands at the baseline's cursor, and the feed goes on from there.
fn finish(session: &mut Session<'_>, area: i64, manifest: &Manifest) -> Result<()> {
    let received_at: i64 = session
        .tx()
        .prepare_cached("SELECT received_at FROM segment WHERE area = ?1 AND position = ?2")?
        .query_row(params![area, sql_u64(manifest.cursor.position)], |row| {
            row.get(0)
        })?;
    feed::advance(session.tx(), area, &manifest.cursor, received_at)?;
    session
        .tx()
        .prepare_cached("UPDATE area SET backed_up = ?2, statement = ?3 WHERE id = ?1")?
        .execute(params![
            area,
            sql_u64(manifest.cursor.position),
            manifest.statement.0
        ])?;
    for sql in [
        "DELETE FROM baseline WHERE area = ?1",
        "DELETE FROM baseline_piece WHERE area = ?1",
    ] {
        session.tx().prepare_cached(sql)?.execute([area])?;
    }
    Ok(())
}

/// Takes out what a baseline that cannot be finished has brought; pieces stay for the next one.
fn abandon(session: &mut Session<'_>, area: i64) -> Result<()> {
    let authors: Vec<i64> = column(
        session.door.tx,
        "SELECT DISTINCT author FROM segment WHERE area = ?1 AND position IS NOT NULL",
        [area],
    )?;
    feed::leave_places(session, area)?;
    session
        .tx()
        .prepare_cached("UPDATE document SET saved = NULL WHERE area = ?1")?
        .execute([area])?;
    for author in authors {
        ingest::drop_reduced(session, area, author)?;
    }
    session
        .tx()
        .prepare_cached("UPDATE baseline_piece SET done = 0 WHERE area = ?1")?
        .execute([area])?;
    session
        .tx()
        .prepare_cached("DELETE FROM baseline WHERE area = ?1")?
        .execute([area])?;
    Ok(())
}
