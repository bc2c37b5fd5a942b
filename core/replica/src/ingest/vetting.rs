//! What a segment says, read and held against what its author wrote before: its changes against the
//! author's chains in their documents, its counters against those given already. Nothing is stored here.

use std::collections::BTreeMap;

use doorstep_model::change::ChainState;
use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{ENTRIES_MAX, Entry, EntryKey, Opened};
use doorstep_model::ids::{DocumentId, Identity};
use doorstep_model::segment::Segment;
use doorstep_model::vet::{self, VetError};
use rusqlite::Connection;

use crate::StoreProblem;
use crate::directory::Author;
use crate::error::{Error, Result};
use crate::replica::Session;
use crate::seal::document_chain;
use crate::store::sql_u64;

/// The entries of a segment that was vetted and is not stored yet.
pub(crate) struct VettedSegment {
    pub(super) changes: Vec<VettedChange>,
}

pub(super) struct VettedChange {
    pub(super) name: DocumentName,
    pub(super) next: ChainState,
    pub(super) entries: Vec<VettedEntry>,
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
    pub(super) fn counters(&self) -> Vec<i64> {
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
pub(super) fn holders(tx: &Connection, author: i64, counters: &[i64]) -> Result<Vec<Option<i64>>> {
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
pub(super) fn vet_segment(
    session: &mut Session<'_>,
    author: &Author,
    segment: &Segment<'_>,
) -> Result<Result<VettedSegment, VetError>> {
    let area = &segment.header.area;
    let mut states: BTreeMap<DocumentId, (ChainState, Option<DocumentName>)> = BTreeMap::new();
    let mut changes = Vec::with_capacity(segment.changes.len());
    let mut entries_left = ENTRIES_MAX;
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
    let round = round.and_then(|round| RoundKey::from_bytes(&round));
    Identity::from_slice(&subject)
        .and_then(|subject| DocumentName::from_parts(kind, subject, round))
        .ok_or_else(|| Error::store(StoreProblem::Corrupt, "a document row names no document"))
}
