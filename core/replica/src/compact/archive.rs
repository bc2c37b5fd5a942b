//! Segments as they were signed, whether they are compacted or not. What is left of a compacted one is
//! laid out here and nowhere else.

use std::collections::BTreeMap;

use doorstep_model::change::Actor;
use doorstep_model::chunks::{self, Chains};
use doorstep_model::ids::DocumentId;
use doorstep_model::keys::SIGNATURE_LEN;
use doorstep_model::segment::{self, SegmentHeader};
use rusqlite::Connection;

use super::corrupt;
use crate::error::Result;

/// Documents that an [`Archive`] keeps open, at most.
const OPEN_MAX: usize = 64;

/// What is left of a compacted segment between header and signature: per change the local number of
/// its document and its number in the author's chain there.
pub(super) type References = Vec<(i64, u64)>;

/// The bytes of a stored segment, exactly as they were signed.
pub(crate) fn segment_bytes(tx: &Connection, row: i64) -> Result<Vec<u8>> {
    Archive::default().segment(tx, row)
}

/// What a stored segment says of itself: nothing is opened for it, compacted or not.
pub(crate) fn header(tx: &Connection, row: i64) -> Result<SegmentHeader> {
    let bytes: Vec<u8> = tx
        .prepare_cached("SELECT bytes FROM segment WHERE id = ?1")?
        .query_row([row], |row| row.get(0))?;
    Ok(segment::header_of(&bytes).map_err(corrupt)?.0)
}

/// What stays of a segment once its changes are in documents.
pub(crate) fn reduced(
    header: &SegmentHeader,
    references: &[(i64, u64)],
    signature: &[u8],
) -> Vec<u8> {
    let mut bytes = minicbor::to_vec(header).expect("a header always encodes");
    minicbor::encode(references, &mut bytes).expect("writing CBOR to memory cannot fail");
    bytes.extend_from_slice(signature);
    bytes
}

/// The local numbers of the documents that a compacted segment has changes of, in its order.
pub(crate) fn documents_of(reduced: &[u8]) -> Result<Vec<i64>> {
    Ok(parts(reduced)?
        .1
        .into_iter()
        .map(|(document, _)| document)
        .collect())
}

/// Gives segments back, and keeps the documents that it opened for the next one.
#[derive(Debug, Default)]
pub(crate) struct Archive {
    open: BTreeMap<i64, (DocumentId, Chains)>,
}

impl Archive {
    /// The bytes of a stored segment, exactly as they were signed. One that was cut has none: whoever
    /// asks passes it over.
    pub(crate) fn segment(&mut self, tx: &Connection, row: i64) -> Result<Vec<u8>> {
        let (bytes, compacted, key): (Vec<u8>, bool, [u8; 32]) = tx
            .prepare_cached(
                "SELECT s.bytes, s.compacted, a.public_key FROM segment s \
                 JOIN author a ON a.id = s.author WHERE s.id = ?1",
            )?
            .query_row([row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        if !compacted {
            return Ok(bytes);
        }
        let (header, references, signature) = parts(&bytes)?;
        for (document, _) in &references {
            self.open(tx, *document)?;
        }
        join(&header, &references, signature, &key, |document| {
            self.open.get(&document).map(|(id, chains)| (*id, chains))
        })
    }

    /// What of a compacted segment is here: its header, and its changes in the documents that no
    /// baseline left out, in order.
    pub(crate) fn changes_here(
        &mut self,
        tx: &Connection,
        row: i64,
    ) -> Result<(SegmentHeader, Vec<(DocumentId, Vec<u8>)>)> {
        let (bytes, key): (Vec<u8>, [u8; 32]) = tx
            .prepare_cached(
                "SELECT s.bytes, a.public_key FROM segment s JOIN author a ON a.id = s.author \
                 WHERE s.id = ?1 AND s.compacted = 1",
            )?
            .query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (header, references, _) = parts(&bytes)?;
        let mut changes = Vec::with_capacity(references.len());
        for (document, seq) in references {
            self.open(tx, document)?;
            let found = self.open.get(&document).and_then(|(id, chains)| {
                let change = chains.get(&(Actor::of(&key, *id), seq))?;
                Some((*id, change.clone()))
            });
            changes.push(found.ok_or_else(|| corrupt("a change is not in its document"))?);
        }
        Ok((header, changes))
    }

    fn open(&mut self, tx: &Connection, document: i64) -> Result<()> {
        if self.open.contains_key(&document) {
            return Ok(());
        }
        if self.open.len() >= OPEN_MAX {
            self.open.clear();
        }
        let (id, saved): ([u8; 16], Option<Vec<u8>>) = tx
            .prepare_cached("SELECT hash, saved FROM document WHERE id = ?1")?
            .query_row([document], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let chains = match saved {
            Some(saved) => chunks::unpack(&saved).map_err(corrupt)?,
            None => Chains::new(),
        };
        self.open.insert(document, (DocumentId(id), chains));
        Ok(())
    }
}

pub(super) fn parts(bytes: &[u8]) -> Result<(SegmentHeader, References, &[u8])> {
    let (header, at) = segment::header_of(bytes).map_err(corrupt)?;
    let end = bytes
        .len()
        .checked_sub(SIGNATURE_LEN)
        .filter(|end| *end >= at);
    let Some(end) = end else {
        return Err(corrupt("a compacted segment without its signature"));
    };
    let references = minicbor::decode(&bytes[at..end]).map_err(corrupt)?;
    Ok((header, references, &bytes[end..]))
}

pub(super) fn join<'c>(
    header: &SegmentHeader,
    references: &[(i64, u64)],
    signature: &[u8],
    key: &[u8; 32],
    chains: impl Fn(i64) -> Option<(DocumentId, &'c Chains)>,
) -> Result<Vec<u8>> {
    let changes = references
        .iter()
        .map(|(document, seq)| {
            let (id, chains) = chains(*document)?;
            Some((id, chains.get(&(Actor::of(key, id), *seq))?.as_slice()))
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| corrupt("a compacted segment whose changes are not in their documents"))?;
    Ok(segment::join(header, changes.into_iter(), signature))
}
