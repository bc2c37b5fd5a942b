//! Segments of others on their way in: stored verbatim once `vetting` let them through, their entries
//! handed to the door, their places in the feed. Who may send them, and what the office answers, is decided
//! in `sync`.

mod vetting;
mod withdraw;

use doorstep_model::entry::SegmentName;
use doorstep_model::feed::Arrival;
use doorstep_model::ids::{Identity, SegmentHash};
use doorstep_model::segment::{MAJOR, Segment, SegmentHeader};
use doorstep_model::time::Bounds;
use rusqlite::{Connection, OptionalExtension, params};

pub(crate) use self::vetting::{VettedSegment, document_name, name_opened, vet_new};
pub(crate) use self::withdraw::{drop_reduced, end_author, withdraw, withdraw_clashing};
use crate::compact;
use crate::directory::Author;
use crate::door::{Incoming, Timing};
use crate::error::Result;
use crate::replica::Session;
use crate::seal::{Reach, set_document_chain};
use crate::store::{counter, sql_u64};

/// Where and when the office's feed has a segment.
#[derive(Debug, Clone)]
pub(crate) struct Standing<'a> {
    pub(crate) position: u64,
    pub(crate) arrival: &'a Arrival,
    pub(crate) feed_hash: [u8; 16],
}

/// Stores a segment and adds its entries. The author's chain must be at its number.
pub(crate) fn admit(
    session: &mut Session<'_>,
    author: &Author,
    segment: &Segment<'_>,
    vetted: &VettedSegment,
    at: Option<&Standing<'_>>,
) -> Result<i64> {
    let header = &segment.header;
    let area = session.door.directory.area(session.door.tx, &header.area)?;
    let name = SegmentName {
        author: header.author,
        n: header.n,
    };
    let ruling = session.door.segment_ruling(area, name)?;
    let opaque =
        vetted.changes.is_empty() && !(header.version == MAJOR && segment.changes.is_empty());
    let stored = Stored {
        header,
        hash: segment.hash(),
        bytes: segment.bytes,
        compacted: false,
        cut: false,
        opaque,
        reach: Reach::of(vetted.entries().map(|one| one.key.counter)),
    };
    let row = insert(session.tx(), area, author.id, &stored, ruling, at)?;
    let proved = session.door.dated(area, name)?;
    let arrival = at.map(|at| proved.as_ref().unwrap_or(at.arrival));
    let timing = timing(header, author.office, arrival);
    for change in &vetted.changes {
        let document = session.door.document(&header.area, &change.name)?;
        for one in &change.entries {
            session.door.add(&Incoming {
                author: author.id,
                document,
                segment: Some(row),
                key: one.key,
                entry: &one.entry,
                value: &one.value,
                time: timing.of(one.key.counter, one.entry.envelope.time),
                standing: ruling,
            })?;
        }
        set_document_chain(session.tx(), document, author.id, &change.next)?;
    }
    extend_chain(session.tx(), area, author.id, &stored)?;
    Ok(row)
}

/// Stores what is left of a segment whose changes come with their documents: no entries yet.
pub(crate) fn admit_reduced(
    session: &mut Session<'_>,
    author: &Author,
    stored: &Stored<'_>,
    at: &Standing<'_>,
) -> Result<i64> {
    let header = stored.header;
    let area = session.door.directory.area(session.door.tx, &header.area)?;
    let name = SegmentName {
        author: header.author,
        n: header.n,
    };
    let ruling = session.door.segment_ruling(area, name)?;
    let row = insert(session.tx(), area, author.id, stored, ruling, Some(at))?;
    extend_chain(session.tx(), area, author.id, stored)?;
    Ok(row)
}

/// A segment on its way into its table.
pub(crate) struct Stored<'a> {
    pub(crate) header: &'a SegmentHeader,
    pub(crate) hash: SegmentHash,
    /// All of it, or what compaction leaves.
    pub(crate) bytes: &'a [u8],
    pub(crate) compacted: bool,
    /// Compacted, and not all of its changes are here.
    pub(crate) cut: bool,
    pub(crate) opaque: bool,
    pub(crate) reach: Reach,
}

fn extend_chain(tx: &Connection, area: i64, author: i64, stored: &Stored<'_>) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO chain (area, author, n, hash, opaque) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (area, author) DO UPDATE SET n = excluded.n, hash = excluded.hash, \
         opaque = max(opaque, excluded.opaque)",
    )?
    .execute(params![
        area,
        author,
        sql_u64(stored.header.n),
        stored.hash.0,
        stored.opaque
    ])?;
    Ok(())
}

/// Whether earlier segments of this author are opaque here, so that this one must be too.
pub(crate) fn is_opaque(tx: &Connection, area: i64, author: i64) -> Result<bool> {
    let opaque: Option<bool> = tx
        .prepare_cached("SELECT opaque FROM chain WHERE area = ?1 AND author = ?2")?
        .query_row([area, author], |row| row.get(0))
        .optional()?;
    Ok(opaque.unwrap_or(false))
}

fn insert(
    tx: &Connection,
    area: i64,
    author: i64,
    stored: &Stored<'_>,
    ruling: i64,
    at: Option<&Standing<'_>>,
) -> Result<i64> {
    let seen = stored.header.seen;
    let arrival = at.map(|at| at.arrival);
    Ok(tx
        .prepare_cached(
            "INSERT INTO segment (area, author, n, hash, bytes, opaque, seen_epoch, seen, seen_at, \
             received_at, shifts, earlier, position, feed_hash, standing, compacted, cut, first, \
             last) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, \
             ?17, ?18, ?19) \
             RETURNING id",
        )?
        .query_row(
            params![
                area,
                author,
                sql_u64(stored.header.n),
                stored.hash.0,
                stored.bytes,
                stored.opaque,
                seen.map(|seen| seen.epoch.0),
                seen.map(|seen| sql_u64(seen.position)),
                seen.map(|seen| seen.received_at),
                arrival.map(|arrival| arrival.received_at),
                arrival.map(encode_shifts),
                arrival.and_then(encode_earlier),
                at.map(|at| sql_u64(at.position)),
                at.map(|at| at.feed_hash),
                ruling,
                stored.compacted,
                stored.cut,
                stored.reach.first,
                stored.reach.last,
            ],
            |row| row.get(0),
        )?)
}

fn encode_shifts(arrival: &Arrival) -> Vec<u8> {
    minicbor::to_vec(&arrival.shifts).expect("a list of numbers always encodes")
}

fn encode_earlier(arrival: &Arrival) -> Option<Vec<u8>> {
    arrival
        .earlier
        .map(|earlier| minicbor::to_vec(earlier).expect("a position always encodes"))
}

/// When the entries of a segment happened, as far as is known.
pub(crate) fn timing(header: &SegmentHeader, office: bool, arrival: Option<&Arrival>) -> Timing {
    Timing {
        boots: header.boots.clone(),
        shifts: arrival
            .map(|arrival| arrival.shifts.clone())
            .unwrap_or_default(),
        bounds: match arrival {
            // Before its receipt an entry uses its own time.
            None => Bounds::default(),
            Some(arrival) => Bounds {
                lo: header.seen.map(|seen| seen.received_at),
                hi: Some(arrival.received_at),
            },
        },
        unbounded: office,
    }
}

/// Gives a segment that is here already its place in the feed: the one move of its entries' times.
pub(crate) fn place(session: &mut Session<'_>, row: i64, at: &Standing<'_>) -> Result<()> {
    session
        .tx()
        .prepare_cached(
            "UPDATE segment SET received_at = ?2, shifts = ?3, earlier = ?4, position = ?5, \
             feed_hash = ?6 WHERE id = ?1",
        )?
        .execute(params![
            row,
            at.arrival.received_at,
            encode_shifts(at.arrival),
            encode_earlier(at.arrival),
            sql_u64(at.position),
            at.feed_hash,
        ])?;
    retime(session, row, at.arrival)?;
    // Where a segment stands in the feed decides what a close has seen, and since when an author is
    // revoked.
    let mut select = session.door.tx.prepare_cached(
        "SELECT DISTINCT subject FROM sealed WHERE within = ?1 AND kind IN (16, 17, 51)",
    )?;
    let mut rows = select.query([row])?;
    let mut subjects = Vec::new();
    while let Some(row) = rows.next()? {
        let subject: Vec<u8> = row.get(0)?;
        subjects.extend(Identity::from_slice(&subject));
    }
    drop(rows);
    for subject in subjects {
        session.door.touch(subject);
    }
    Ok(())
}

/// Takes over what the office fixed about a segment that is here, before its place is known. Its entries
/// keep their own times until the place comes: only below a signed cursor can the arrival be proved to an
/// office that was restored, and times move once.
pub(crate) fn confirm(session: &mut Session<'_>, row: i64, arrival: &Arrival) -> Result<()> {
    session
        .tx()
        .prepare_cached(
            "UPDATE segment SET received_at = ?2, shifts = ?3, earlier = ?4 WHERE id = ?1",
        )?
        .execute(params![
            row,
            arrival.received_at,
            encode_shifts(arrival),
            encode_earlier(arrival)
        ])?;
    Ok(())
}

/// Gives the entries of a segment the times that its arrival allows.
fn retime(session: &mut Session<'_>, row: i64, arrival: &Arrival) -> Result<()> {
    let author: i64 = session
        .tx()
        .prepare_cached("SELECT author FROM segment WHERE id = ?1")?
        .query_row([row], |row| row.get(0))?;
    let office = session
        .door
        .directory
        .author(session.door.tx, author)?
        .office;
    let header = compact::header(session.tx(), row)?;
    let area = session.door.directory.area(session.door.tx, &header.area)?;
    let name = SegmentName {
        author: header.author,
        n: header.n,
    };
    let proved = session.door.dated(area, name)?;
    let arrival = proved.as_ref().unwrap_or(arrival);
    session
        .door
        .retime(row, &timing(&header, office, Some(arrival)))
}

/// The row of a segment, if it is here, with its hash.
pub(crate) fn find(
    tx: &Connection,
    area: i64,
    author: i64,
    n: u64,
) -> Result<Option<(i64, SegmentHash, Option<u64>)>> {
    Ok(tx
        .prepare_cached(
            "SELECT id, hash, position FROM segment WHERE area = ?1 AND author = ?2 AND n = ?3",
        )?
        .query_row(params![area, author, sql_u64(n)], |row| {
            let position: Option<i64> = row.get(2)?;
            Ok((row.get(0)?, SegmentHash(row.get(1)?), position.map(counter)))
        })
        .optional()?)
}

/// What the office fixed about a stored segment, once it has a position.
pub(crate) fn arrival(tx: &Connection, row: i64) -> Result<Option<(u64, Arrival)>> {
    let (position, received_at, shifts, earlier): (
        Option<i64>,
        Option<i64>,
        Option<Vec<u8>>,
        Option<Vec<u8>>,
    ) = tx
        .prepare_cached("SELECT position, received_at, shifts, earlier FROM segment WHERE id = ?1")?
        .query_row([row], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
    let (Some(position), Some(received_at)) = (position, received_at) else {
        return Ok(None);
    };
    let arrival = Arrival {
        received_at,
        shifts: shifts
            .and_then(|bytes| minicbor::decode(&bytes).ok())
            .unwrap_or_default(),
        earlier: earlier.and_then(|bytes| minicbor::decode(&bytes).ok()),
    };
    Ok(Some((counter(position), arrival)))
}

/// Keeps signed bytes that do not flow, with the reason. The same bytes once.
pub(crate) fn quarantine(
    tx: &Connection,
    segment: &Segment<'_>,
    code: &str,
    now: i64,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO quarantine (area, author, n, hash, bytes, code, stored_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (hash) DO NOTHING",
    )?
    .execute(params![
        segment.header.area.as_str(),
        segment.header.author.as_bytes(),
        sql_u64(segment.header.n),
        segment.hash().0,
        segment.bytes,
        code,
        now,
    ])?;
    Ok(())
}

/// The bytes of a segment that is kept aside.
pub(crate) fn quarantined(tx: &Connection, row: i64) -> Result<Vec<u8>> {
    Ok(tx
        .prepare_cached("SELECT bytes FROM quarantine WHERE id = ?1")?
        .query_row([row], |row| row.get(0))?)
}
