//! Compacted segments: their changes lie in the documents. What stays of a segment is its header, which
//! changes it had, and its signature, so that every segment is given back byte for byte. Whoever wants
//! a segment's bytes asks here.
//!
//! A document's `saved` holds the changes of all compacted segments, as [`chunks`]; raw segments hold
//! the others. How automerge would save a document matters to an export alone.
//!
//! A segment that a baseline cut at the horizon is stored as compacted, but some of its changes are in
//! no document here: it has no bytes any more. What its author wrote later below the horizon cannot be
//! put into a document without them and stays raw, with everything of that author behind it.

mod archive;
mod compaction;
#[cfg(feature = "documents")]
mod export;

use std::collections::{BTreeMap, BTreeSet};

use doorstep_model::change::Actor;
use doorstep_model::chunks;
use doorstep_model::ids::DocumentId;
use rusqlite::{Connection, OptionalExtension, params};

pub(crate) use archive::{Archive, documents_of, header, reduced, segment_bytes};
#[cfg(feature = "documents")]
pub use export::Documents;

use archive::parts;

use crate::error::{Error, Result, StoreProblem};

fn corrupt(why: impl ToString) -> Error {
    Error::store(StoreProblem::Corrupt, why)
}

/// Takes segments out of the documents again: they leave the rows for good, and no document may hold
/// what no row does. Their bytes are gone from here afterwards.
pub(crate) fn forget(tx: &Connection, rows: &[i64]) -> Result<()> {
    let mut out: BTreeMap<i64, BTreeSet<(Actor, u64)>> = BTreeMap::new();
    for row in rows {
        let compacted: Option<(Vec<u8>, [u8; 32])> = tx
            .prepare_cached(
                "SELECT s.bytes, a.public_key FROM segment s JOIN author a ON a.id = s.author \
                 WHERE s.id = ?1 AND s.compacted = 1",
            )?
            .query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((bytes, key)) = compacted else {
            continue;
        };
        for (document, seq) in parts(&bytes)?.1 {
            let (id, _) = document_of(tx, document)?;
            out.entry(document)
                .or_default()
                .insert((Actor::of(&key, id), seq));
        }
    }
    for (document, out) in out {
        let (_, saved) = document_of(tx, document)?;
        // Below the horizon, or of a baseline that has not come whole: in no document here.
        if saved.is_empty() {
            continue;
        }
        let mut chains = chunks::unpack(&saved).map_err(corrupt)?;
        chains.retain(|place, _| !out.contains(place));
        let rest: Vec<Vec<u8>> = chains.into_values().collect();
        let saved = match rest.is_empty() {
            true => None,
            false => Some(chunks::pack(&rest).map_err(corrupt)?),
        };
        tx.prepare_cached("UPDATE document SET saved = ?2 WHERE id = ?1")?
            .execute(params![document, saved])?;
    }
    Ok(())
}

fn document_of(tx: &Connection, document: i64) -> Result<(DocumentId, Vec<u8>)> {
    Ok(tx
        .prepare_cached("SELECT hash, COALESCE(saved, x'') FROM document WHERE id = ?1")?
        .query_row([document], |row| Ok((DocumentId(row.get(0)?), row.get(1)?)))?)
}

#[cfg(test)]
mod tests;
