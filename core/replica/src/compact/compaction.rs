//! Compaction: what is in a backup of the office moves from segments into documents, off the hot path.
//! Nothing is taken out of a segment before the document was read again and the segment was made from it
//! once more, byte for byte. How changes are packed is the model's.

use std::collections::{BTreeMap, BTreeSet};

use doorstep_model::change::Actor;
use doorstep_model::chunks::{self, Chains};
use doorstep_model::ids::DocumentId;
use doorstep_model::keys::SIGNATURE_LEN;
use doorstep_model::segment::Segment;
use rusqlite::{Connection, OptionalExtension, params};

use super::archive::{References, join, reduced};
use super::corrupt;
use crate::error::Result;
use crate::replica::{Replica, Session};
use crate::seal::chain_below;

/// Segments that one slice looks at, at most: bounds its memory to 8 MiB of them.
const SEGMENTS_MAX: usize = 512;

/// The next segments to compact with everything that belongs to them, read in one go.
struct Plan {
    segments: Vec<Raw>,
    documents: BTreeMap<i64, Held>,
}

/// A segment that still has its changes.
struct Raw {
    row: i64,
    key: [u8; 32],
    bytes: Vec<u8>,
    documents: Vec<i64>,
}

struct Held {
    id: DocumentId,
    saved: Option<Vec<u8>>,
}

/// What replaces them.
struct Made {
    /// Row, bytes before, bytes after.
    segments: Vec<(i64, Vec<u8>, Vec<u8>)>,
    /// Row, what it held before, what it holds after.
    documents: Vec<(i64, Option<Vec<u8>>, Vec<u8>)>,
}

impl Plan {
    /// The next segments in the order of the feeds whose documents are at most `max`; one at least.
    fn read(tx: &Connection, max: usize) -> Result<Self> {
        let mut plan = Self {
            segments: Vec::new(),
            documents: BTreeMap::new(),
        };
        let mut stay_raw: BTreeSet<(i64, i64)> = BTreeSet::new();
        let mut select = tx.prepare_cached(
            "SELECT s.id, s.bytes, a.public_key, s.area, s.author FROM segment s \
             JOIN author a ON a.id = s.author \
             JOIN area ar ON ar.id = s.area WHERE s.compacted = 0 AND s.opaque = 0 \
             AND s.position IS NOT NULL AND s.position <= ar.backed_up ORDER BY s.area, s.position",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let mut raw = Raw {
                row: row.get(0)?,
                bytes: row.get(1)?,
                key: row.get(2)?,
                documents: Vec::new(),
            };
            let (area, author) = (row.get(3)?, row.get(4)?);
            let mut more = BTreeMap::new();
            for change in &Segment::read(&raw.bytes).map_err(corrupt)?.changes {
                if chain_below(tx, &change.document, author)?.is_some() {
                    stay_raw.insert((area, author));
                    break;
                }
                let (document, held) = held(tx, change.document)?;
                raw.documents.push(document);
                if !plan.documents.contains_key(&document) {
                    more.insert(document, held);
                }
            }
            if stay_raw.contains(&(area, author)) {
                continue;
            }
            let full = plan.documents.len() + more.len() > max;
            if !plan.segments.is_empty() && (full || plan.segments.len() >= SEGMENTS_MAX) {
                break;
            }
            plan.documents.append(&mut more);
            plan.segments.push(raw);
        }
        Ok(plan)
    }

    /// Packs the documents, reads them again, and makes every segment from them once more. Touches
    /// no store.
    fn make(self) -> Result<Made> {
        let mut changes: BTreeMap<i64, Vec<Vec<u8>>> = BTreeMap::new();
        for (document, held) in &self.documents {
            if let Some(saved) = &held.saved {
                let before = chunks::unpack(saved).map_err(corrupt)?.into_values();
                changes.entry(*document).or_default().extend(before);
            }
        }
        for raw in &self.segments {
            let segment = Segment::read(&raw.bytes).map_err(corrupt)?;
            for (document, change) in raw.documents.iter().zip(&segment.changes) {
                changes
                    .entry(*document)
                    .or_default()
                    .push(change.bytes.to_vec());
            }
        }
        let mut documents = Vec::with_capacity(changes.len());
        let mut reloaded = BTreeMap::new();
        for (document, held) in self.documents {
            let of_it = changes.remove(&document).unwrap_or_default();
            let saved = chunks::pack(&of_it).map_err(corrupt)?;
            let chains = chunks::unpack(&saved).map_err(corrupt)?;
            reloaded.insert(document, (held.id, chains));
            documents.push((document, held.saved, saved));
        }
        let mut segments = Vec::with_capacity(self.segments.len());
        for raw in self.segments {
            let after = raw.reduced(&reloaded)?;
            segments.push((raw.row, raw.bytes, after));
        }
        Ok(Made {
            segments,
            documents,
        })
    }
}

impl Raw {
    /// What stays of the segment, once it came back from the documents as it was.
    fn reduced(&self, reloaded: &BTreeMap<i64, (DocumentId, Chains)>) -> Result<Vec<u8>> {
        let segment = Segment::read(&self.bytes).map_err(corrupt)?;
        let mut references = References::with_capacity(self.documents.len());
        for (document, change) in self.documents.iter().zip(&segment.changes) {
            let actor = Actor::of(&self.key, change.document);
            let place = reloaded.get(document).and_then(|(_, chains)| {
                let of_author = chains.range((actor, 0)..=(actor, u64::MAX));
                of_author
                    .into_iter()
                    .find(|(_, bytes)| *bytes == change.bytes)
            });
            let Some(((_, seq), _)) = place else {
                return Err(corrupt("a change did not come back from its document"));
            };
            references.push((*document, *seq));
        }
        let signature = &self.bytes[self.bytes.len() - SIGNATURE_LEN..];
        let again = join(
            &segment.header,
            &references,
            signature,
            &self.key,
            |document| reloaded.get(&document).map(|(id, chains)| (*id, chains)),
        )?;
        if again != self.bytes {
            return Err(corrupt("a segment did not come back as it was"));
        }
        Ok(reduced(&segment.header, &references, signature))
    }
}

fn held(tx: &Connection, id: DocumentId) -> Result<(i64, Held)> {
    tx.prepare_cached("SELECT id, saved FROM document WHERE hash = ?1")?
        .query_row([id.as_bytes()], |row| {
            Ok((
                row.get(0)?,
                Held {
                    id,
                    saved: row.get(1)?,
                },
            ))
        })
        .optional()?
        .ok_or_else(|| corrupt("a change of a document that is not here"))
}

impl Made {
    /// Takes the documents' and segments' new bytes over, unless somebody was here meanwhile.
    fn store(&self, session: &mut Session<'_>) -> Result<()> {
        let tx = session.tx();
        for (row, before, _) in &self.documents {
            let now: Option<Vec<u8>> = tx
                .prepare_cached("SELECT saved FROM document WHERE id = ?1")?
                .query_row([row], |row| row.get(0))?;
            if now != *before {
                return Ok(());
            }
        }
        for (row, before, _) in &self.segments {
            let same: Option<bool> = tx
                .prepare_cached("SELECT compacted = 0 AND bytes = ?2 FROM segment WHERE id = ?1")?
                .query_row(params![row, before], |row| row.get(0))
                .optional()?;
            if same != Some(true) {
                return Ok(());
            }
        }
        for (row, _, after) in &self.documents {
            tx.prepare_cached("UPDATE document SET saved = ?2 WHERE id = ?1")?
                .execute(params![row, after])?;
        }
        for (row, _, after) in &self.segments {
            tx.prepare_cached("UPDATE segment SET bytes = ?2, compacted = 1 WHERE id = ?1")?
                .execute(params![row, after])?;
        }
        Ok(())
    }
}

impl Replica {
    /// Compacts the next segments that are in a backup of the office: those of about `max` documents.
    /// Documents are made and tried while nobody waits; a tap goes first. Returns whether nothing is
    /// left to do.
    ///
    /// # Errors
    /// [`Error::Store`] as corrupt when a document or segment would not come back as it was: nothing
    /// was changed then, the raw changes stay the truth.
    pub fn compact_slice(&self, max: usize) -> Result<bool> {
        let plan = Plan::read(&*self.reader()?, max)?;
        if plan.segments.is_empty() {
            return Ok(true);
        }
        let made = plan.make()?;
        self.write_slice(|session| made.store(session))?;
        Ok(false)
    }
}
