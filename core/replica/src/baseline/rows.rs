//! What a complete piece says, as rows: segments, the entries of their changes, signatures. A slice at a
//! time; nothing here decides which piece, or when.

use std::collections::BTreeMap;

use doorstep_model::baseline::{
    ChainsBelow, DocumentKey, Manifest, PackedChange, PieceContent, SegmentTable, Signatures,
};
use doorstep_model::change::{self, ChainState};
use doorstep_model::chunks;
use doorstep_model::entry::{Entry, SegmentName};
use doorstep_model::feed::Cursor;
use doorstep_model::ids::{AreaId, AuthorTag, SegmentHash};
use doorstep_model::keys::SIGNATURE_LEN;
use doorstep_model::segment::{MAJOR, SegmentHeader};
use rusqlite::{OptionalExtension, params};

use super::{broken, piece_bytes};
use crate::compact;
use crate::door::{Incoming, Timing};
use crate::error::Result;
use crate::ingest::{self, Standing, Stored};
use crate::replica::Session;
use crate::seal::{Reach, document_chain, set_chain_below, set_document_chain};
use crate::store::sql_u64;
use crate::sync::item::{author_of, make_room, take_item};

/// Entries that one slice of an import writes, about: keeps the writer free for taps.
const SLICE: usize = 250;

/// Stands where a signature will, until the signatures have come.
const UNSIGNED: [u8; SIGNATURE_LEN] = [0; SIGNATURE_LEN];

/// Stores the segments from the row `from` on, as many as fit a slice. Returns the row after them.
pub(super) fn import_segments(
    session: &mut Session<'_>,
    manifest: &Manifest,
    bytes: &[u8],
    from: usize,
) -> Result<usize> {
    let table = SegmentTable::from_piece(bytes).map_err(broken)?;
    let start = Cursor::start(manifest.cursor.epoch);
    if from == 0 && table.end(start) != manifest.cursor {
        return Err(broken("the segments do not lead to the baseline's cursor"));
    }
    let until = table.rows.len().min(from + SLICE);
    let mut cursor = start;
    let mut tips: BTreeMap<u32, (u64, SegmentHash)> = BTreeMap::new();
    let mut changes: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    for (index, row) in table.rows.iter().enumerate().take(until) {
        let hash = table.hash(index);
        cursor = cursor.advanced(&hash, &row.arrival);
        let tip = tips.insert(row.author, (1, hash));
        let n = tip.map_or(1, |(n, _)| n + 1);
        tips.insert(row.author, (n, hash));
        let mut references = Vec::with_capacity(row.documents.len());
        for document in &row.documents {
            let seq = changes.entry((row.author, *document)).or_insert(0);
            *seq += 1;
            references.push((*document, *seq));
        }
        if index < from {
            continue;
        }
        let at = Standing {
            position: cursor.position,
            arrival: &row.arrival,
            feed_hash: cursor.hash.0,
        };
        if let Some(whole) = &row.whole {
            take_item(session, whole, &at)?;
            continue;
        }
        let header = SegmentHeader {
            version: MAJOR,
            organisation: manifest.organisation,
            area: manifest.area.clone(),
            author: table.authors[row.author as usize],
            n,
            previous: tip.map(|(_, hash)| hash),
            boots: row.boots.clone(),
            seen: row.seen,
            proof: row.proof.clone(),
            replaces: row.replaces,
        };
        let author = author_of(session, &header)?;
        if let Some(row) = make_room(session, &header, hash, &author)? {
            ingest::place(session, row, &at)?;
            continue;
        }
        let mut local = Vec::with_capacity(references.len());
        for (document, seq) in references {
            let name = table.documents[document as usize].name().map_err(broken)?;
            local.push((session.door.document(&manifest.area, &name)?, seq));
        }
        let reduced = compact::reduced(&header, &local, &UNSIGNED);
        let stored = Stored {
            header: &header,
            hash,
            bytes: &reduced,
            compacted: true,
            cut: row.cut,
            opaque: false,
            reach: Reach::default(),
        };
        ingest::admit_reduced(session, &author, &stored, &at)?;
    }
    Ok(until)
}

/// Puts the signatures from `from` on behind their segments. Returns the index behind a slice of them.
pub(super) fn import_signatures(
    session: &mut Session<'_>,
    area: i64,
    manifest: &Manifest,
    bytes: &[u8],
    from: usize,
) -> Result<usize> {
    let table = manifest
        .pieces
        .iter()
        .find(|piece| piece.content == PieceContent::Segments);
    let table = table.ok_or_else(|| broken("a baseline without segments"))?;
    let table = piece_bytes(session.tx(), area, &table.hash)?.unwrap_or_default();
    let table = SegmentTable::from_piece(&table).map_err(broken)?;
    let positions: Vec<u64> = (1..)
        .zip(&table.rows)
        .filter(|(_, row)| row.is_made_again())
        .map(|(at, _)| at)
        .collect();
    let signatures = Signatures::from_piece(bytes, positions.len()).map_err(broken)?;
    let until = positions.len().min(from + SLICE);
    for (position, signature) in positions
        .iter()
        .zip(signatures.iter())
        .take(until)
        .skip(from)
    {
        let reduced: Option<(i64, Vec<u8>)> = session
            .tx()
            .prepare_cached(
                "SELECT id, bytes FROM segment WHERE area = ?1 AND position = ?2 AND compacted = 1",
            )?
            .query_row(params![area, sql_u64(*position)], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        // What was here before the baseline has its own.
        let Some((row, mut bytes)) = reduced else {
            continue;
        };
        bytes.truncate(bytes.len() - SIGNATURE_LEN);
        bytes.extend_from_slice(signature);
        session
            .tx()
            .prepare_cached("UPDATE segment SET bytes = ?2 WHERE id = ?1")?
            .execute(params![row, bytes])?;
    }
    Ok(until)
}

/// Takes over where chains stand in the documents that are left out, from the chain `from` on. Returns
/// the index behind a slice of them.
pub(super) fn import_chains_below(
    session: &mut Session<'_>,
    code: &AreaId,
    bytes: &[u8],
    from: usize,
) -> Result<usize> {
    let below = ChainsBelow::from_piece(bytes).map_err(broken)?;
    let until = below.chains.len().min(from + SLICE);
    for chain in below.chains.iter().take(until).skip(from) {
        let name = below.documents[chain.document as usize]
            .name()
            .map_err(broken)?;
        let document = session.door.document(code, &name)?;
        let tag = below.authors[chain.author as usize];
        let author = session.door.directory.author_by_tag(session.door.tx, tag)?;
        let author = author
            .ok_or_else(|| broken("a chain of an author without a segment"))?
            .id;
        set_chain_below(session.tx(), document, author, &chain.state)?;
    }
    Ok(until)
}

/// Adds the entries of the changes from `from` on, as many as fit a slice. Returns the index behind.
pub(super) fn import_changes(
    session: &mut Session<'_>,
    area: i64,
    code: &AreaId,
    changes: &[PackedChange],
    from: usize,
) -> Result<usize> {
    let mut at = from;
    let mut entries = 0;
    while at < changes.len() && entries < SLICE {
        let key = changes[at].document;
        let first = changes[..at]
            .iter()
            .rposition(|change| change.document != key);
        let first = first.map_or(0, |before| before + 1);
        let behind = changes[at..]
            .iter()
            .position(|change| change.document != key);
        let behind = behind.map_or(changes.len(), |offset| at + offset);
        let made = Made::of(session, code, &key, &changes[first..behind])?;
        while at < behind && entries < SLICE {
            made.add_entries(session, area, &changes[at])?;
            entries += changes[at].entries.len();
            at += 1;
        }
        if at == behind {
            made.finish(session)?;
        }
    }
    Ok(at)
}

/// The changes of one document, made again from their entries.
struct Made {
    document: i64,
    /// The author's local number, and its chain behind its last change.
    chains: BTreeMap<AuthorTag, (i64, ChainState)>,
    changes: Vec<Vec<u8>>,
}

impl Made {
    fn of(
        session: &mut Session<'_>,
        code: &AreaId,
        key: &DocumentKey,
        changes: &[PackedChange],
    ) -> Result<Self> {
        let name = key.name().map_err(broken)?;
        let id = name.id(code);
        let mut made = Self {
            document: session.door.document(code, &name)?,
            chains: BTreeMap::new(),
            changes: Vec::with_capacity(changes.len()),
        };
        for change in changes {
            let author = session
                .door
                .directory
                .author_by_tag(session.door.tx, change.author)?
                .ok_or_else(|| broken("entries of an author without a segment"))?;
            let (_, chain) = made
                .chains
                .entry(change.author)
                .or_insert((author.id, ChainState::default()));
            let built =
                change::build(&author.key.0, code, id, chain, &change.entries).map_err(broken)?;
            *chain = built.next;
            made.changes.push(built.bytes);
        }
        Ok(made)
    }

    /// Adds what one of the changes says, unless its segment was here before the baseline.
    fn add_entries(
        &self,
        session: &mut Session<'_>,
        area: i64,
        change: &PackedChange,
    ) -> Result<()> {
        let (author, _) = self.chains[&change.author];
        let row = ingest::find(session.tx(), area, author, change.n)?
            .ok_or_else(|| broken("entries of a segment that is not in the table"))?
            .0;
        let (compacted, standing): (bool, i64) = session
            .tx()
            .prepare_cached("SELECT compacted, standing FROM segment WHERE id = ?1")?
            .query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if !compacted {
            return Ok(());
        }
        let counters = change.entries.iter().map(|(key, _)| key.counter);
        Reach::of(counters).widen(session.tx(), row)?;
        let timing = timing(session, row, author)?;
        for (key, value) in &change.entries {
            let entry = Entry::from_bytes(value).map_err(broken)?;
            session.door.add(&Incoming {
                author,
                document: self.document,
                segment: Some(row),
                key: *key,
                entry: &entry,
                value,
                time: timing.of(key.counter, entry.envelope.time),
                standing,
            })?;
        }
        Ok(())
    }

    /// Keeps the document, and how far each author's chain in it has come.
    fn finish(&self, session: &mut Session<'_>) -> Result<()> {
        let saved = chunks::pack(&self.changes).map_err(broken)?;
        session
            .tx()
            .prepare_cached("UPDATE document SET saved = ?2 WHERE id = ?1")?
            .execute(params![self.document, saved])?;
        for (author, chain) in self.chains.values() {
            // A segment that was here before may have led further.
            if document_chain(session.tx(), self.document, *author)?.seq < chain.seq {
                set_document_chain(session.tx(), self.document, *author, chain)?;
            }
        }
        Ok(())
    }
}

fn timing(session: &mut Session<'_>, row: i64, author: i64) -> Result<Timing> {
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
    let arrival = match session.door.dated(area, name)? {
        Some(proved) => Some(proved),
        None => ingest::arrival(session.tx(), row)?.map(|(_, arrival)| arrival),
    };
    Ok(ingest::timing(&header, office, arrival.as_ref()))
}
