//! Which changes of others may come in: a pure function of the author's chain in the document and
//! the bytes, run before anything else touches them. No document is loaded and automerge is not
//! called: one well-formed change can panic it or poison a document for good. What entries mean is
//! not looked at; a kind, minor version or body that this version does not know is let through.
//!
//! The rules in short: one uncompressed change of at most 16 KiB and 256 rows; from this author's
//! actor, next in its chain, depending on its predecessor alone; nothing but puts of entries with
//! this author's keys; the first entry of a chain opens this very document. Last, the change must be
//! byte for byte what [`crate::change::build`] writes for the same entries: whatever passes could
//! have been written by us.

mod error;
mod input;
mod reader;
mod rules;

use std::ops::Range;

pub use error::VetError;
pub(crate) use reader::{Chunk, end_of_chunk};
pub(crate) use rules::entries_may_follow;

use crate::change::{Actor, ChainState, Head, Row, body};
use crate::entry::EntryKey;
use crate::ids::{AreaId, AuthorTag, ChangeHash, DocumentId};

/// A change that may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vetted {
    /// Automerge's hash of the change.
    pub hash: ChangeHash,
    /// Its entries, in the order they were written; at least one.
    pub entries: Vec<VettedEntry>,
    /// The author's chain with this change.
    pub next: ChainState,
}

/// An entry of a vetted change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VettedEntry {
    /// Its key in the document.
    pub key: EntryKey,
    /// Where its value stands in the bytes that were vetted.
    pub value: Range<usize>,
}

/// Judges the bytes of a change that `author_key` hands in for this document after `chain`.
///
/// # Errors
/// The first reason against it. The caller keeps the bytes and ends the author in this area.
pub fn vet(
    author_key: &[u8; 32],
    area: &AreaId,
    document: DocumentId,
    chain: &ChainState,
    bytes: &[u8],
) -> Result<Vetted, VetError> {
    let chunk = Chunk::parse(bytes)?;
    let actor = Actor::of(author_key, document);
    follows(&chunk, actor, chain)?;
    let rows = chunk.rows()?;
    let entries = entries_of(&rows, chunk.values_from)?;
    let keyed = entries
        .iter()
        .zip(&rows)
        .map(|(entry, row)| (entry.key, row.value));
    let writer = AuthorTag::of_key(author_key);
    let last_counter = entries_may_follow(writer, area, document, chain, keyed)?;
    if body(&Head::after(actor, chain), &rows) != chunk.body {
        return Err(VetError::NotCanonical);
    }
    Ok(Vetted {
        hash: chunk.hash,
        next: chain.after(chunk.hash, entries.len(), last_counter),
        entries,
    })
}

/// Holds the fields of a change against the chain that it claims to continue.
fn follows(chunk: &Chunk<'_>, actor: Actor, chain: &ChainState) -> Result<(), VetError> {
    let refused = |wrong: bool, why: VetError| if wrong { Err(why) } else { Ok(()) };
    let previous = chain.last_hash.as_ref();
    refused(chunk.actor != actor.0, VetError::WrongActor)?;
    refused(chunk.seq <= chain.seq, VetError::SeqTaken)?;
    refused(chunk.seq - chain.seq > 1, VetError::SeqGap)?;
    refused(
        chunk.deps != previous.map_or(&[][..], ChangeHash::as_bytes),
        VetError::WrongDeps,
    )?;
    refused(
        chain.max_op.checked_add(1) != Some(chunk.start_op),
        VetError::WrongStartOp,
    )?;
    refused(chunk.time != 0, VetError::HasTime)?;
    refused(chunk.message_len > 0, VetError::HasMessage)?;
    refused(chunk.other_actors > 0, VetError::OtherActors)?;
    refused(chunk.extra_len > 0, VetError::ExtraBytes)
}

/// The rows' keys, and where their values stand: one after the other from `at`.
fn entries_of(rows: &[Row<'_>], mut at: usize) -> Result<Vec<VettedEntry>, VetError> {
    rows.iter()
        .map(|row| {
            let key = row.key.parse().map_err(|_| VetError::BadKey)?;
            let value = at..at + row.value.len();
            at = value.end;
            Ok(VettedEntry { key, value })
        })
        .collect()
}

#[cfg(test)]
mod tests;
