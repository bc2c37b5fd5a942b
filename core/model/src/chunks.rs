//! A document as a replica keeps it: its changes, chunk after chunk in one zstd frame. Inflated it is the
//! file that automerge writes when it saves incrementally, and loads; it is made and read here without
//! automerge, and is smaller than what automerge saves in one piece. Who may be in it was vetted before.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::change::Actor;
use crate::vet;

/// Most bytes of a document's changes: a building and round has some hundred thousand.
const CHUNKS_MAX: usize = 256 * 1024 * 1024;

/// Compression level: a document is packed seldom and read seldom.
const LEVEL: i32 = 6;

/// The changes of one document by their author there and their number in the author's chain.
pub type Chains = BTreeMap<(Actor, u64), Vec<u8>>;

/// Bytes that are no document's changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the changes of a document: {0}")]
pub struct NotChunks(&'static str);

/// Packs vetted changes, given in any order. The same set gives the same bytes.
///
/// # Errors
/// A change that is none of ours, two of one author with the same number, more than fits one document.
pub fn pack<B: AsRef<[u8]>>(changes: &[B]) -> Result<Vec<u8>, NotChunks> {
    let mut chains = BTreeMap::new();
    for change in changes {
        keep(&mut chains, change.as_ref())?;
    }
    // Whatever a change depends on is its author's, and comes before it.
    let plain: Vec<u8> = chains.into_values().flatten().copied().collect();
    if plain.len() > CHUNKS_MAX {
        return Err(NotChunks("too long"));
    }
    zstd::bulk::compress(&plain, LEVEL).map_err(|_| NotChunks("no memory to pack them"))
}

/// The changes that [`pack`] was given.
///
/// # Errors
/// Other bytes. What is longer than a document may be is not inflated.
pub fn unpack(bytes: &[u8]) -> Result<Chains, NotChunks> {
    let plain = inflate(bytes)?;
    let mut rest = &plain[..];
    let mut chains = Chains::new();
    while !rest.is_empty() {
        let end = vet::end_of_chunk(rest).map_err(|_| NotChunks("cut"))?;
        let (change, behind) = rest.split_at(end);
        keep(&mut chains, change.to_vec())?;
        rest = behind;
    }
    Ok(chains)
}

/// The chunks one after the other, as automerge loads them.
///
/// # Errors
/// Bytes that are not one frame, or of more than a document.
pub fn inflate(bytes: &[u8]) -> Result<Vec<u8>, NotChunks> {
    let size = zstd::zstd_safe::get_frame_content_size(bytes)
        .ok()
        .flatten()
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size <= CHUNKS_MAX)
        .ok_or(NotChunks("of no stated length, or too long"))?;
    zstd::bulk::decompress(bytes, size).map_err(|_| NotChunks("damaged"))
}

fn place_of(change: &[u8]) -> Result<(Actor, u64), NotChunks> {
    let chunk =
        vet::Chunk::parse(change).map_err(|_| NotChunks("a change that is none of ours"))?;
    let actor = chunk.actor.try_into();
    let actor = actor.map_err(|_| NotChunks("a change of no author"))?;
    Ok((Actor(actor), chunk.seq))
}

fn keep<C: AsRef<[u8]>>(
    chains: &mut BTreeMap<(Actor, u64), C>,
    change: C,
) -> Result<(), NotChunks> {
    let place = place_of(change.as_ref())?;
    match chains.entry(place) {
        Entry::Vacant(free) => {
            free.insert(change);
            Ok(())
        }
        Entry::Occupied(held) if held.get().as_ref() == change.as_ref() => Ok(()),
        Entry::Occupied(_) => Err(NotChunks("two changes of one author with the same number")),
    }
}

#[cfg(test)]
mod tests;
