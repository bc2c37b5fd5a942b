//! Segments of others on their way in: vetted against the chains of their author, stored verbatim,
//! their entries handed to the door. Who may send them, and what the office answers, is decided in
//! `sync`.

use std::collections::{BTreeMap, BTreeSet};

use doorstep_model::change::ChainState;
use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Entry, EntryKey, Opened, SegmentName};
use doorstep_model::feed::Arrival;
use doorstep_model::ids::{AreaId, Identity, SegmentHash};
use doorstep_model::segment::{MAJOR, Segment, SegmentChange, SegmentHeader};
use doorstep_model::time::Bounds;
use doorstep_model::vet::{self, VetError};
use rusqlite::{Connection, OptionalExtension, params};

use crate::compact::{self, Archive};
use crate::directory::Author;
use crate::door::{Incoming, Timing};
use crate::error::{Error, Result};
use crate::replica::Session;
use crate::seal::{Reach, document_chain, set_document_chain};
use crate::store::{counter, sql_u64};

/// Where and when the office's feed has a segment.
#[derive(Debug, Clone)]
pub(crate) struct Standing<'a> {
    pub(crate) position: u64,
    pub(crate) arrival: &'a Arrival,
    pub(crate) feed_hash: [u8; 16],
}

/// The entries of a segment that was vetted and is not stored yet.
pub(crate) struct VettedSegment {
    changes: Vec<VettedChange>,
}

struct VettedChange {
    name: DocumentName,
    next: ChainState,
    entries: Vec<VettedEntry>,
}

/// An entry that was vetted: decoded once on its way in.
pub(crate) struct VettedEntry {
    pub(crate) key: EntryKey,
    pub(crate) value: Vec<u8>,
    pub(crate) entry: Entry,
}

impl VettedSegment {
    /// A segment whose changes cannot be read by this version.
    pub(crate) fn opaque() -> Self {
        Self {
            changes: Vec::new(),
        }
    }

    /// The counters of the entries as the store has them, sorted.
    fn counters(&self) -> Vec<i64> {
        let mut counters: Vec<i64> = self.entries().map(|one| sql_u64(one.key.counter)).collect();
        counters.sort_unstable();
        counters
    }

    /// The entries, in order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &VettedEntry> + Clone {
        self.changes.iter().flat_map(|change| &change.entries)
    }
}

/// Vets a segment that is not here yet: its changes, and that its author gives each counter once. Stores
/// nothing.
pub(crate) fn vet_new(
    session: &mut Session<'_>,
    author: &Author,
    segment: &Segment<'_>,
) -> Result<Result<VettedSegment, VetError>> {
    let vetted = match vet_segment(session, author, segment)? {
        Ok(vetted) => vetted,
        Err(error) => return Ok(Err(error)),
    };
    let counters = vetted.counters();
    let again = counters.windows(2).any(|pair| pair[0] == pair[1])
        || !holders(session.tx(), author.id, &counters)?.is_empty();
    Ok(if again {
        Err(VetError::CounterUsed)
    } else {
        Ok(vetted)
    })
}

/// The segments of the author's stored entries that have one of these counters, `None` for pending
/// ones: of an honest author there are none. The counters are sorted.
fn holders(tx: &Connection, author: i64, counters: &[i64]) -> Result<Vec<Option<i64>>> {
    let (Some(first), Some(last)) = (counters.first(), counters.last()) else {
        return Ok(Vec::new());
    };
    // Work in another area may lie between them.
    let mut select = tx.prepare_cached(
        "SELECT counter, segment FROM entry WHERE author = ?1 AND counter BETWEEN ?2 AND ?3",
    )?;
    let mut rows = select.query([author, *first, *last])?;
    let mut holders = Vec::new();
    while let Some(row) = rows.next()? {
        if counters.binary_search(&row.get(0)?).is_ok() {
            holders.push(row.get(1)?);
        }
    }
    Ok(holders)
}

/// Vets every change of a segment against what its author wrote before in its documents. Stores nothing.
fn vet_segment(
    session: &mut Session<'_>,
    author: &Author,
    segment: &Segment<'_>,
) -> Result<Result<VettedSegment, VetError>> {
    let area = &segment.header.area;
    let mut states: BTreeMap<doorstep_model::ids::DocumentId, (ChainState, Option<DocumentName>)> =
        BTreeMap::new();
    let mut changes = Vec::with_capacity(segment.changes.len());
    let mut entries_left = doorstep_model::entry::ENTRIES_MAX;
    for change in &segment.changes {
        let (state, known) = match states.get(&change.document) {
            Some((state, name)) => (*state, *name),
            None => match session.door.known_document(&change.document)? {
                Some(document) => (
                    document_chain(session.tx(), document, author.id)?,
                    Some(document_name(session.tx(), document)?),
                ),
                None => (ChainState::default(), None),
            },
        };
        let vetted = match vet::vet(&author.key.0, area, change.document, &state, change.bytes) {
            Ok(vetted) => vetted,
            Err(error) => return Ok(Err(error)),
        };
        if vetted.entries.len() > entries_left {
            return Ok(Err(VetError::TooManyRows));
        }
        entries_left -= vetted.entries.len();
        let entries = vetted
            .entries
            .iter()
            .map(|entry| {
                let value = change.bytes[entry.value.clone()].to_vec();
                Ok(VettedEntry {
                    key: entry.key,
                    entry: Entry::from_bytes(&value)
                        .map_err(|error| Error::Peer(error.to_string()))?,
                    value,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let Some(name) = known.or_else(|| opened_name(&entries)) else {
            return Ok(Err(VetError::NotOpened));
        };
        states.insert(change.document, (vetted.next, Some(name)));
        changes.push(VettedChange {
            name,
            next: vetted.next,
            entries,
        });
    }
    Ok(Ok(VettedSegment { changes }))
}

/// The document that the first entry of a chain opens: vetting has compared it with the id.
fn opened_name(entries: &[VettedEntry]) -> Option<DocumentName> {
    let first = entries.first()?;
    name_opened(&first.key, &first.value)
}

/// The document that an `opened` entry names, of whatever minor version: what names it never changes.
pub(crate) fn name_opened(key: &EntryKey, value: &[u8]) -> Option<DocumentName> {
    let opened: Opened = minicbor::decode(value).ok()?;
    DocumentName::from_parts(opened.document, key.subject, opened.round)
}

/// What a stored document is about.
pub(crate) fn document_name(tx: &Connection, document: i64) -> Result<DocumentName> {
    let (kind, subject, round): (u8, Vec<u8>, Option<Vec<u8>>) = tx
        .prepare_cached("SELECT kind, subject, round FROM document WHERE id = ?1")?
        .query_row([document], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let round = round.and_then(|round| doorstep_model::document::RoundKey::from_bytes(&round));
    Identity::from_slice(&subject)
        .and_then(|subject| DocumentName::from_parts(kind, subject, round))
        .ok_or_else(|| {
            Error::store(
                crate::StoreProblem::Corrupt,
                "a document row names no document",
            )
        })
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
            let segment = Segment::read(bytes)
                .map_err(|error| Error::store(crate::StoreProblem::Corrupt, error))?;
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
    let rows: Vec<i64> = {
        let mut select = session.door.tx.prepare_cached(
            "SELECT id FROM segment WHERE area = ?1 AND author = ?2 AND compacted = 1",
        )?;
        select
            .query_map([area, author], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?
    };
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
    let rows: Vec<i64> = {
        let mut select = session
            .door
            .tx
            .prepare_cached("SELECT id FROM sealed WHERE within = ?1")?;
        select
            .query_map([segment], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?
    };
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
        let segment = Segment::read(&bytes)
            .map_err(|error| Error::store(crate::StoreProblem::Corrupt, error))?;
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
