//! How the office packs an area up to what is in a backup. Nothing is loaded but rows; what goes into
//! which piece is decided here, how it is laid out is the model's.

use std::collections::{BTreeMap, BTreeSet};

use doorstep_model::baseline::{
    ChainBelow, ChainsBelow, DocumentKey, Manifest, PackedChange, PieceContent, PieceHash,
    PieceName, SegmentRow, SegmentTable, Signatures, pack,
};
use doorstep_model::change::{self, ChainState};
use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Body, Entry, EntryKey};
use doorstep_model::feed::{AreaStatement, Cursor, Signed, Statement};
use doorstep_model::ids::{AreaId, AuthorTag, DocumentId, Identity};
use doorstep_model::keys::SIGNATURE_LEN;
use doorstep_model::segment::Segment;
use rusqlite::{Connection, params};

use super::{FEED_MIN, KEPT, areas, put_manifest, put_piece};
use crate::compact;
use crate::error::{Error, Result, StoreProblem};
use crate::ingest::{arrival, document_name};
use crate::replica::Session;
use crate::store::{counter, sql_u64};
use crate::sync::feed;
use crate::sync::office::Office;

/// Entries of a piece, about: a piece ends with the document that goes beyond.
const ENTRIES_A_PIECE: usize = 4_000;

/// An area packed up to a position.
struct Packed {
    area: i64,
    code: AreaId,
    cursor: Cursor,
    pieces: Vec<(PieceName, Vec<u8>)>,
}

impl Office {
    /// Builds the baseline of every area whose backed-up position has moved on since its last one.
    /// Returns how many were built.
    ///
    /// # Errors
    /// [`Error::Store`]; baselines that were finished before it stay.
    pub fn build_baselines(&self) -> Result<usize> {
        let mut built = 0;
        while self.build_next_baseline()? {
            built += 1;
        }
        Ok(built)
    }

    /// Builds the baseline of the next area whose backed-up position has moved on since its last one:
    /// work for an idle minute. Packing holds no lock that a tap or a sync waits for. Returns whether
    /// there was one to build.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn build_next_baseline(&self) -> Result<bool> {
        let replica = self.replica();
        let areas = areas(&*replica.reader()?)?;
        for (area, code) in areas {
            let packed = pack_area(&*replica.reader()?, area, &code)?;
            if let Some(packed) = packed {
                replica.write_slice(|session| packed.offer(session))?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Packed {
    fn offer(&self, session: &mut Session<'_>) -> Result<()> {
        let me = session.me()?.clone();
        let statement = Statement {
            organisation: session.organisation_id()?,
            office: me.tag,
            at: session.now,
            areas: vec![AreaStatement {
                area: self.code.clone(),
                cursor: self.cursor,
                receipts: Vec::new(),
                backed_up: self.cursor.position,
            }],
        };
        let manifest = Manifest {
            organisation: session.organisation_id()?,
            office: me.tag,
            area: self.code.clone(),
            cursor: self.cursor,
            at: session.now,
            pieces: self.pieces.iter().map(|(name, _)| *name).collect(),
            statement: Signed::new(&statement, &me.key),
        };
        let signed = Signed::new(&manifest, &me.key);
        for (name, bytes) in &self.pieces {
            put_piece(session.tx(), self.area, &name.hash, bytes)?;
        }
        put_manifest(session.tx(), self.area, self.cursor.position, &signed)?;
        drop_older(session.tx(), self.area)
    }
}

/// Drops what no kept manifest names.
fn drop_older(tx: &Connection, area: i64) -> Result<()> {
    tx.prepare_cached(
        "DELETE FROM baseline WHERE area = ?1 AND id NOT IN \
         (SELECT id FROM baseline WHERE area = ?1 ORDER BY position DESC LIMIT ?2)",
    )?
    .execute(params![area, KEPT as i64])?;
    let mut named: Vec<PieceHash> = Vec::new();
    let mut select = tx.prepare_cached("SELECT manifest FROM baseline WHERE area = ?1")?;
    let mut rows = select.query([area])?;
    while let Some(row) = rows.next()? {
        if let Ok(manifest) = Signed(row.get(0)?).claims::<Manifest>() {
            named.extend(manifest.pieces.iter().map(|piece| piece.hash));
        }
    }
    let mut select = tx.prepare_cached("SELECT id, hash FROM baseline_piece WHERE area = ?1")?;
    let pieces: Vec<(i64, [u8; 32])> = select
        .query_map([area], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (id, hash) in pieces {
        if !named.contains(&PieceHash(hash)) {
            tx.prepare_cached("DELETE FROM baseline_piece WHERE id = ?1")?
                .execute([id])?;
        }
    }
    Ok(())
}

/// Packs an area; `None` when its feed is short or nothing more is in a backup.
fn pack_area(tx: &Connection, area: i64, code: &AreaId) -> Result<Option<Packed>> {
    let feed = feed::read(tx, area)?;
    let Some(cursor) = feed.cursor else {
        return Ok(None);
    };
    let position = feed.backed_up.min(cursor.position);
    let packed_before: bool = tx
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM baseline WHERE area = ?1 AND position >= ?2)",
        )?
        .query_row(params![area, sql_u64(position)], |row| row.get(0))?;
    if position < FEED_MIN || packed_before {
        return Ok(None);
    }
    let hash = feed::hash_at(tx, area, position)?
        .ok_or_else(|| corrupt("a feed without a hash at its backed-up position"))?;
    let cursor = Cursor {
        epoch: cursor.epoch,
        position,
        hash,
    };
    let documents = documents(tx, area, code, position)?;
    let (table, signatures) = table(tx, area, position, &documents)?;
    if table.end(Cursor::start(cursor.epoch)) != cursor {
        return Err(corrupt("the segments do not lead to the feed's own hash"));
    }
    let mut pieces = vec![named(table.to_piece(), PieceContent::Segments, None)];
    let (below, above) = entries(tx, area, position, &documents)?;
    for (content, building, changes) in contents(above) {
        pieces.push(named(pack(&changes), content, building));
    }
    if !below.is_empty() {
        let below = chains_below(tx, code, &below)?;
        pieces.push(named(below.to_piece(), PieceContent::Below, None));
    }
    pieces.push(named(signatures.to_piece(), PieceContent::Signatures, None));
    Ok(Some(Packed {
        area,
        code: code.clone(),
        cursor,
        pieces,
    }))
}

fn corrupt(why: impl ToString) -> Error {
    Error::store(StoreProblem::Corrupt, why)
}

fn named(
    bytes: Vec<u8>,
    content: PieceContent,
    building: Option<Identity>,
) -> (PieceName, Vec<u8>) {
    let name = PieceName {
        hash: PieceHash::of(&bytes),
        length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        content,
        building,
    };
    (name, bytes)
}

/// The documents of an area by their local number.
struct Documents {
    keys: BTreeMap<i64, DocumentKey>,
    rows: BTreeMap<DocumentId, i64>,
    /// Those that lie below the horizon for whoever stands at the position: left out.
    below: BTreeSet<i64>,
}

fn documents(tx: &Connection, area: i64, code: &AreaId, position: u64) -> Result<Documents> {
    let mut found = Documents {
        keys: BTreeMap::new(),
        rows: BTreeMap::new(),
        below: BTreeSet::new(),
    };
    let mut select = tx.prepare_cached("SELECT id, hash FROM document WHERE area = ?1")?;
    let mut rows = select.query([area])?;
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        found
            .keys
            .insert(id, DocumentKey::of(&document_name(tx, id)?, code));
        found.rows.insert(DocumentId(row.get(1)?), id);
    }
    found.below = below(tx, area, code, position, &found.rows)?;
    Ok(found)
}

/// The documents that a `horizon` entry at or before a position names. A word that counts no more is
/// not in the table of rows.
fn below(
    tx: &Connection,
    area: i64,
    code: &AreaId,
    position: u64,
    documents: &BTreeMap<DocumentId, i64>,
) -> Result<BTreeSet<i64>> {
    let mut below = BTreeSet::new();
    let mut stands = tx
        .prepare_cached("SELECT 1 FROM horizon WHERE building = ?1 AND round = ?2 AND area = ?3")?;
    let mut select = tx.prepare_cached(
        "SELECT e.value FROM entry e JOIN segment s ON s.id = e.segment \
         WHERE e.subject = ?1 AND e.kind = 36 AND e.standing = 0 \
         AND s.area = ?2 AND s.position <= ?3",
    )?;
    let mut rows = select.query(params![code.subject().as_bytes(), area, sql_u64(position)])?;
    while let Some(row) = rows.next()? {
        let value: Vec<u8> = row.get(0)?;
        let Ok(Body::Horizon(horizon)) = Entry::from_bytes(&value).map(|entry| entry.body) else {
            continue;
        };
        for round in horizon.rounds {
            let building = round.building.identity();
            let name = DocumentName::Round(building, round.round);
            if let Some(document) = documents.get(&name.id(code))
                && stands.exists(params![building.as_bytes(), round.round.to_bytes(), area])?
            {
                below.insert(*document);
            }
        }
    }
    Ok(below)
}

/// How far each author's chain in each document has come by these changes, which stand as
/// [`entries`] gives them.
fn chains_below(tx: &Connection, code: &AreaId, changes: &[PackedChange]) -> Result<ChainsBelow> {
    let mut below = ChainsBelow::default();
    for of_one in changes.chunk_by(|a, b| (a.document, a.author) == (b.document, b.author)) {
        let (key, author) = (of_one[0].document, of_one[0].author);
        let document = key.name().map_err(corrupt)?.id(code);
        let public: [u8; 32] = tx
            .prepare_cached("SELECT public_key FROM author WHERE tag = ?1")?
            .query_row([author.as_bytes()], |row| row.get(0))?;
        let mut state = ChainState::default();
        for change in of_one {
            state = change::build(&public, code, document, &state, &change.entries)
                .map_err(corrupt)?
                .next;
        }
        below.chains.push(ChainBelow {
            document: index_of(&mut below.documents, key),
            author: index_of(&mut below.authors, author),
            state,
        });
    }
    Ok(below)
}

/// The index of a value in a list, where it is put if it is new: of short lists.
fn index_of<T: PartialEq>(list: &mut Vec<T>, value: T) -> u32 {
    let at = list.iter().rposition(|known| *known == value);
    let at = at.unwrap_or_else(|| {
        list.push(value);
        list.len() - 1
    });
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The segments up to a position, without their changes, and their signatures.
fn table(
    tx: &Connection,
    area: i64,
    position: u64,
    documents: &Documents,
) -> Result<(SegmentTable, Signatures)> {
    let mut table = SegmentTable::default();
    let mut signatures = Signatures::default();
    let mut authors: BTreeMap<AuthorTag, (u32, u64)> = BTreeMap::new();
    let mut indexes: BTreeMap<i64, u32> = BTreeMap::new();
    let mut select = tx.prepare_cached(
        "SELECT s.id, a.tag, s.n, s.hash, s.bytes, s.opaque, s.compacted FROM segment s \
         JOIN author a ON a.id = s.author WHERE s.area = ?1 AND s.position <= ?2 \
         ORDER BY s.position",
    )?;
    let mut rows = select.query(params![area, sql_u64(position)])?;
    while let Some(row) = rows.next()? {
        let (tag, n) = (AuthorTag(row.get(1)?), counter(row.get(2)?));
        let next = u32::try_from(authors.len()).unwrap_or(u32::MAX);
        let (author, last) = authors.entry(tag).or_insert_with(|| {
            table.authors.push(tag);
            (next, 0)
        });
        if n != *last + 1 {
            return Err(corrupt("an author's segments do not stand in order"));
        }
        *last = n;
        let (_, arrival) =
            arrival(tx, row.get(0)?)?.ok_or_else(|| corrupt("an item without its arrival"))?;
        let bytes: Vec<u8> = row.get(4)?;
        let (header, _) = doorstep_model::segment::header_of(&bytes).map_err(corrupt)?;
        let opaque: bool = row.get(5)?;
        let mut made = SegmentRow {
            author: *author,
            boots: header.boots,
            seen: header.seen,
            arrival,
            documents: Vec::new(),
            proof: header.proof,
            replaces: header.replaces,
            whole: None,
            cut: false,
        };
        table.hashes.extend_from_slice(&row.get::<_, [u8; 32]>(3)?);
        if opaque {
            made.whole = Some(bytes);
        } else {
            let (below, above): (Vec<i64>, Vec<i64>) =
                documents_of(&bytes, row.get(6)?, documents)?
                    .into_iter()
                    .partition(|document| documents.below.contains(document));
            made.cut = !below.is_empty();
            if made.cut && above.is_empty() {
                made.boots = Vec::new();
                made.seen = None;
            }
            if made.is_made_again() {
                signatures.push(&bytes[bytes.len() - SIGNATURE_LEN..]);
            }
            for document in above {
                let next = u32::try_from(indexes.len()).unwrap_or(u32::MAX);
                made.documents
                    .push(*indexes.entry(document).or_insert(next));
                if indexes.len() > table.documents.len() {
                    table.documents.push(documents.keys[&document]);
                }
            }
        }
        table.rows.push(made);
    }
    Ok((table, signatures))
}

/// The local numbers of the documents that a segment has changes of, in its order.
fn documents_of(bytes: &[u8], compacted: bool, documents: &Documents) -> Result<Vec<i64>> {
    if compacted {
        return compact::documents_of(bytes);
    }
    let segment = Segment::read(bytes).map_err(corrupt)?;
    let rows = segment
        .changes
        .iter()
        .map(|change| documents.rows.get(&change.document).copied());
    rows.collect::<Option<_>>()
        .ok_or_else(|| corrupt("a change of a document that is not here"))
}

/// Every entry up to a position, as the changes that they were written with: those below the horizon,
/// and the others. Documents stand in the order in which they came to be, each author's changes by
/// number.
fn entries(
    tx: &Connection,
    area: i64,
    position: u64,
    documents: &Documents,
) -> Result<(Vec<PackedChange>, Vec<PackedChange>)> {
    let mut found: BTreeMap<(i64, AuthorTag, u64), Vec<(EntryKey, Vec<u8>)>> = BTreeMap::new();
    let mut select = tx.prepare_cached(
        "SELECT e.document, a.tag, s.n, e.counter, e.subject, e.value FROM segment s \
         JOIN author a ON a.id = s.author JOIN sealed e ON e.within = s.id \
         WHERE s.area = ?1 AND s.position <= ?2",
    )?;
    let mut rows = select.query(params![area, sql_u64(position)])?;
    while let Some(row) = rows.next()? {
        let author = AuthorTag(row.get(1)?);
        let subject: Vec<u8> = row.get(4)?;
        let subject =
            Identity::from_slice(&subject).ok_or_else(|| corrupt("a subject's length"))?;
        let key = EntryKey {
            subject,
            author,
            counter: counter(row.get(3)?),
        };
        let change = (row.get(0)?, author, counter(row.get(2)?));
        found.entry(change).or_default().push((key, row.get(5)?));
    }
    let (mut below, mut above) = (Vec::new(), Vec::with_capacity(found.len()));
    for ((document, author, n), mut entries) in found {
        entries.sort_by_key(|(key, _)| key.counter);
        let changes = match documents.below.contains(&document) {
            true => &mut below,
            false => &mut above,
        };
        changes.push(PackedChange {
            document: documents.keys[&document],
            author,
            n,
            entries,
        });
    }
    Ok((below, above))
}

/// What goes into one piece.
type Content = (PieceContent, Option<Identity>, Vec<PackedChange>);

/// Changes by the piece that they travel in: what the office writes, cases, then buildings.
fn contents(changes: Vec<PackedChange>) -> Vec<Content> {
    let mut by_content: BTreeMap<_, Vec<PackedChange>> = BTreeMap::new();
    for change in changes {
        by_content
            .entry(change.document.content())
            .or_default()
            .push(change);
    }
    let mut pieces = Vec::new();
    for ((content, building), changes) in by_content {
        let mut part: Vec<PackedChange> = Vec::new();
        let mut entries = 0;
        for change in changes {
            let new_document = part
                .last()
                .is_none_or(|last| last.document != change.document);
            if entries >= ENTRIES_A_PIECE && new_document {
                pieces.push((content, building, std::mem::take(&mut part)));
                entries = 0;
            }
            entries += change.entries.len();
            part.push(change);
        }
        pieces.push((content, building, part));
    }
    pieces
}
