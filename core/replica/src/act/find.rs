//! What the rows say of a thing that an act is about: where it is, in which document its entries go,
//! and the pack that its area works with. Writes nothing.

use std::sync::Arc;

use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{Body, Entry, PlaceKind};
use doorstep_model::ids::{AreaId, AssetId, Identity, PersonId, PlaceId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::door::rows_of;
use crate::error::{Error, Result, StoreProblem};
use crate::ingest::document_name;
use crate::project::Working;
use crate::replica::Session;

/// A place as acts need it.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) area: AreaId,
    pub(super) kind: PlaceKind,
    pub(super) building: Identity,
}

impl Spot {
    /// Where its structure is written.
    pub(super) fn document(&self) -> DocumentName {
        DocumentName::Place(self.building)
    }

    /// Somebody can knock at it.
    pub(super) fn is_door(&self) -> bool {
        matches!(self.kind, PlaceKind::Household | PlaceKind::Premises)
    }
}

/// An asset as acts need it.
#[derive(Debug, Clone)]
pub(super) struct Thing {
    pub(super) area: AreaId,
    pub(super) building: Identity,
    pub(super) asset_type: String,
}

impl Thing {
    /// Where its structure is written.
    pub(super) fn document(&self) -> DocumentName {
        DocumentName::Place(self.building)
    }
}

/// One stored entry.
pub(super) struct Stored {
    pub(super) identity: Identity,
    pub(super) row: i64,
    pub(super) area: AreaId,
    pub(super) document: i64,
    pub(super) name: DocumentName,
    pub(super) subject: Identity,
    pub(super) author: i64,
    pub(super) time: i64,
    pub(super) sealed: bool,
    pub(super) entry: Entry,
}

pub(super) fn place(session: &mut Session<'_>, id: PlaceId) -> Result<Spot> {
    let row: Option<(i64, u8, Vec<u8>)> = session
        .tx()
        .prepare_cached("SELECT area, kind, building FROM place WHERE id = ?1")?
        .query_row([id.identity().as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let (area, kind, building) = row.ok_or_else(|| not_found("place", id))?;
    let tx = session.door.tx;
    Ok(Spot {
        area: session.door.directory.area_code(tx, area)?,
        kind: place_kind(kind).ok_or_else(|| corrupt("a place's kind"))?,
        building: Identity::from_slice(&building).ok_or_else(|| corrupt("a building's id"))?,
    })
}

fn place_kind(code: u8) -> Option<PlaceKind> {
    use PlaceKind::{Building, CommonPart, Estate, Household, Premises, Stairwell};
    [Estate, Building, Stairwell, Household, Premises, CommonPart]
        .into_iter()
        .find(|kind| *kind as u8 == code)
}

pub(super) fn asset(session: &mut Session<'_>, id: AssetId) -> Result<Thing> {
    let row: Option<(i64, Vec<u8>, String)> = session
        .tx()
        .prepare_cached("SELECT area, building, type FROM asset WHERE id = ?1")?
        .query_row([id.identity().as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let (area, building, asset_type) = row.ok_or_else(|| not_found("asset", id))?;
    let tx = session.door.tx;
    Ok(Thing {
        area: session.door.directory.area_code(tx, area)?,
        building: Identity::from_slice(&building).ok_or_else(|| corrupt("a building's id"))?,
        asset_type,
    })
}

/// Whether a row with this id stands in a table.
pub(super) fn stands(tx: &Connection, table: Table, id: Identity) -> Result<bool> {
    let sql = match table {
        Table::Place => "SELECT EXISTS (SELECT 1 FROM place WHERE id = ?1)",
        Table::Asset => "SELECT EXISTS (SELECT 1 FROM asset WHERE id = ?1)",
        Table::Case => "SELECT EXISTS (SELECT 1 FROM matter WHERE id = ?1)",
        Table::Round => "SELECT EXISTS (SELECT 1 FROM round WHERE id = ?1)",
        Table::Batch => "SELECT EXISTS (SELECT 1 FROM handout_batch WHERE id = ?1)",
        Table::Campaign => "SELECT EXISTS (SELECT 1 FROM campaign WHERE id = ?1)",
    };
    Ok(tx
        .prepare_cached(sql)?
        .query_row([id.as_bytes()], |row| row.get(0))?)
}

/// Tables of things by their id.
#[derive(Debug, Clone, Copy)]
pub(super) enum Table {
    Place,
    Asset,
    Case,
    Round,
    Batch,
    Campaign,
}

impl Table {
    fn what(self) -> &'static str {
        match self {
            Self::Place => "place",
            Self::Asset => "asset",
            Self::Case => "case",
            Self::Round => "round",
            Self::Batch => "batch",
            Self::Campaign => "campaign",
        }
    }
}

/// Refuses an id that stands in no row.
pub(super) fn must_stand(tx: &Connection, table: Table, id: Identity) -> Result<()> {
    if stands(tx, table, id)? {
        Ok(())
    } else {
        Err(not_found(table.what(), id))
    }
}

/// A round that work may name: one that the office planned, or the ad-hoc one of today or of
/// yesterday, for an evening that goes past midnight.
pub(super) fn round(session: &Session<'_>, round: RoundKey, today: u32) -> Result<()> {
    match round {
        RoundKey::Plan(plan) => must_stand(session.tx(), Table::Round, plan),
        RoundKey::AdHoc(day) if day == today || day + 1 == today => Ok(()),
        RoundKey::AdHoc(_) => Err(Error::refused("round.other_day")),
    }
}

/// The pack that an area works with.
pub(super) fn pack(session: &mut Session<'_>, area: &AreaId) -> Result<Arc<Working>> {
    let door = &mut session.door;
    let id = door.directory.area(door.tx, area)?;
    door.packs.of(door.tx, id)
}

/// The entry with this identity; of several copies the first that this replica took in.
pub(super) fn entry(session: &mut Session<'_>, identity: Identity) -> Result<Option<Stored>> {
    let tx = session.door.tx;
    let Some(row) = rows_of(tx, session.door.directory, identity)?
        .into_iter()
        .min()
    else {
        return Ok(None);
    };
    let (document, subject, author, time, segment, value, area): (
        i64,
        Vec<u8>,
        i64,
        i64,
        Option<i64>,
        Vec<u8>,
        i64,
    ) = tx
        .prepare_cached(
            "SELECT e.document, e.subject, e.author, e.time, e.segment, e.value, d.area \
             FROM entry e JOIN document d ON d.id = e.document WHERE e.id = ?1",
        )?
        .query_row([row], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
            ))
        })?;
    Ok(Some(Stored {
        identity,
        row,
        document,
        author,
        time,
        area: session.door.directory.area_code(tx, area)?,
        name: document_name(tx, document)?,
        subject: Identity::from_slice(&subject).ok_or_else(|| corrupt("a subject's length"))?,
        sealed: segment.is_some(),
        entry: Entry::from_bytes(&value).map_err(|e| Error::store(StoreProblem::Corrupt, e))?,
    }))
}

/// Where entries about a thing go: its case, its building, or the document of the entry it is.
pub(super) fn home(session: &mut Session<'_>, subject: Identity) -> Result<(AreaId, DocumentName)> {
    if stands(session.tx(), Table::Place, subject)? {
        let spot = place(session, PlaceId(subject))?;
        return Ok((spot.area.clone(), spot.document()));
    }
    if stands(session.tx(), Table::Asset, subject)? {
        let thing = asset(session, AssetId(subject))?;
        return Ok((thing.area.clone(), thing.document()));
    }
    match entry(session, subject)? {
        Some(found) => Ok((found.area, found.name)),
        None => Err(not_found("thing", subject)),
    }
}

/// Whether this author has written something of that kind about a subject in a document.
pub(super) fn said_in(
    session: &mut Session<'_>,
    area: &AreaId,
    name: &DocumentName,
    subject: Identity,
    is: impl Fn(&Body) -> bool,
) -> Result<bool> {
    let author = session.me()?.author;
    let Some(document) = session.door.known_document(&name.id(area))? else {
        return Ok(false);
    };
    let mut select = session.door.tx.prepare_cached(
        "SELECT value FROM entry WHERE subject = ?1 AND document = ?2 AND author = ?3",
    )?;
    let mut rows = select.query(params![subject.as_bytes(), document, author])?;
    while let Some(row) = rows.next()? {
        let value: Vec<u8> = row.get(0)?;
        if Entry::from_bytes(&value).is_ok_and(|entry| is(&entry.body)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the office has declared this person.
pub(super) fn is_declared(tx: &Connection, person: PersonId) -> Result<bool> {
    Ok(tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM person WHERE id = ?1)")?
        .query_row([person.identity().as_bytes()], |row| row.get(0))?)
}

pub(super) fn not_found(what: &'static str, id: impl ToString) -> Error {
    Error::NotFound {
        what,
        id: id.to_string(),
    }
}

fn corrupt(what: &'static str) -> Error {
    Error::store(StoreProblem::Corrupt, what)
}
