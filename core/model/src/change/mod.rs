//! A change of ours: what one author adds to one document at once, built and read as bytes without
//! a document. Which changes of others may come in is decided in [`crate::vet`]; documents are kept
//! as changes in [`crate::chunks`]. Nothing here calls automerge.
//!
//! A change is a list of puts of byte scalars on the root map, and depends on its author's previous
//! change in that document only: never on anybody else's. So an author's place in a document is a
//! [`ChainState`] of four numbers, and the bytes follow from it and the entries alone.

mod layout;

pub(crate) use layout::{
    ACTION_PUT, HASHED_FROM, Head, MAGIC, Row, TYPE_CHANGE, VALUE_BYTES, body, column,
    hash_of_chunk,
};

use minicbor::{Decode, Encode};

use crate::entry::EntryKey;
use crate::ids::{AreaId, AuthorTag, ChangeHash, DocumentId, digest_parts};
use crate::vet::{self, VetError};

/// Most bytes of one change, its header included.
pub const CHANGE_MAX: usize = 16 * 1024;

/// The highest number that an op of ours may have: automerge keeps op numbers in 32 bits.
pub const OP_MAX: u64 = u32::MAX as u64;

/// Who a change is from, as automerge sees it: first 16 bytes of SHA-256 over (author's public key,
/// document id). One author has another actor in every document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Actor(pub [u8; 16]);

impl Actor {
    /// The actor of this author in this document.
    pub fn of(author_key: &[u8; 32], document: DocumentId) -> Self {
        let digest = digest_parts("doorstep actor", &[author_key, document.as_bytes()]);
        let mut actor = [0; 16];
        actor.copy_from_slice(&digest[..16]);
        Self(actor)
    }
}

/// How far an author's chain in one document has come. The default is a chain without changes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Encode, Decode)]
#[cbor(array)]
pub struct ChainState {
    /// Number of the last change; changes count from 1, so 0 = none yet.
    #[n(0)]
    pub seq: u64,
    /// Hash of the last change; absent exactly when there is none.
    #[n(1)]
    pub last_hash: Option<ChangeHash>,
    /// Number of the last op: how many entries the chain holds. At most [`OP_MAX`].
    #[n(2)]
    pub max_op: u64,
    /// Counter of the last entry; the next one's is higher.
    #[n(3)]
    pub last_counter: u64,
}

/// Bytes that are not a [`ChainState`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a chain state: {0}")]
pub struct ChainStateError(String);

impl ChainState {
    /// The state as CBOR, 5 to 62 bytes: `[seq, hash, max op, last counter]`.
    pub fn to_bytes(&self) -> Vec<u8> {
        crate::entry::encode(self)
    }

    /// Reads [`ChainState::to_bytes`].
    ///
    /// # Errors
    /// Other bytes, and states that no chain can be in: a hash without changes or the reverse,
    /// fewer ops than changes, more than [`OP_MAX`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ChainStateError> {
        let mut decoder = minicbor::Decoder::new(bytes);
        let state: Self = decoder
            .decode()
            .map_err(|error| ChainStateError(error.to_string()))?;
        let says = |text: &str| Err(ChainStateError(text.to_owned()));
        if decoder.position() != bytes.len() {
            return says("bytes after it");
        }
        if (state.seq == 0) != state.last_hash.is_none() {
            return says("a chain has a last hash exactly when it has changes");
        }
        if state.max_op < state.seq || state.max_op > OP_MAX {
            return says("the last op's number is out of range");
        }
        if state.seq == 0 && state != Self::default() {
            return says("a chain without changes has no ops and no counter");
        }
        Ok(state)
    }

    /// The state after one more change of `ops` entries.
    pub(crate) fn after(&self, hash: ChangeHash, ops: usize, last_counter: u64) -> Self {
        Self {
            seq: self.seq + 1,
            last_hash: Some(hash),
            max_op: self.max_op + ops as u64,
            last_counter,
        }
    }
}

/// A change made here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuiltChange {
    /// The uncompressed automerge chunk.
    pub bytes: Vec<u8>,
    /// SHA-256 of what the chunk says: automerge's own change hash.
    pub hash: ChangeHash,
    /// The author's chain with this change.
    pub next: ChainState,
}

/// The author's next change in this document: these entries, in this order.
///
/// The bytes and hash are those that automerge itself gives a transaction of the same puts on a
/// document which holds the author's changes only.
///
/// # Errors
/// Whatever [`vet::vet`] would refuse, with the same codes: what was built here passes everywhere.
pub fn build(
    author_key: &[u8; 32],
    area: &AreaId,
    document: DocumentId,
    chain: &ChainState,
    entries: &[(EntryKey, Vec<u8>)],
) -> Result<BuiltChange, VetError> {
    let writer = AuthorTag::of_key(author_key);
    let keyed = || entries.iter().map(|(key, value)| (*key, value.as_slice()));
    let last_counter = vet::entries_may_follow(writer, area, document, chain, keyed())?;
    let texts: Vec<String> = entries.iter().map(|(key, _)| key.to_string()).collect();
    let rows: Vec<Row<'_>> = texts
        .iter()
        .zip(entries)
        .map(|(key, (_, value))| Row { key, value })
        .collect();
    let head = Head::after(Actor::of(author_key, document), chain);
    let bytes = layout::chunk(&body(&head, &rows));
    if bytes.len() > CHANGE_MAX {
        return Err(VetError::TooLong);
    }
    let hash = layout::hash_of_chunk(&bytes);
    Ok(BuiltChange {
        next: chain.after(hash, entries.len(), last_counter),
        bytes,
        hash,
    })
}

/// The entries of a vetted change, in the order they were written.
///
/// # Errors
/// Bytes that are not a change of ours. Who wrote it and what it follows is not looked at: that was
/// vetted before.
pub fn read(bytes: &[u8]) -> Result<Vec<(EntryKey, Vec<u8>)>, VetError> {
    let chunk = vet::Chunk::parse(bytes)?;
    let rows = chunk.rows()?;
    rows.iter()
        .map(|row| {
            let key = row.key.parse().map_err(|_| VetError::BadKey)?;
            Ok((key, row.value.to_vec()))
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
