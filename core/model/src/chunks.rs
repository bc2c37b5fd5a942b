//! A document as a replica keeps it: its changes, chunk after chunk in one zstd frame. Inflated it is the
//! file that automerge writes when it saves incrementally, and loads; it is made and read here without
//! automerge, and is smaller than what automerge saves in one piece. Who may be in it was vetted before.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::change::Actor;
use crate::ids::ChangeHash;
use crate::vet;

/// Compression level: a document is packed seldom and read seldom.
const LEVEL: i32 = 6;

/// The changes of one document by their author there and their number in the author's chain.
pub type Chains = BTreeMap<(Actor, u64), Vec<u8>>;

/// Bytes that are no document's changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the changes of a document: {0}")]
pub struct NotChunks(&'static str);

const NO_MEMORY: NotChunks = NotChunks("no memory to pack them");
const TWICE: NotChunks = NotChunks("two changes of one author with the same number");

/// Packs vetted changes, given in any order. The same set gives the same bytes.
///
/// # Errors
/// A change that is none of ours, two of one author with the same number, one without the change before
/// it; too little memory.
pub fn pack<B: AsRef<[u8]>>(changes: &[B]) -> Result<Vec<u8>, NotChunks> {
    let mut chains = BTreeMap::new();
    for change in changes {
        let change = change.as_ref();
        let (place, chunk) = read(change)?;
        match chains.entry(place) {
            Entry::Vacant(free) => {
                free.insert((chunk, change));
            }
            Entry::Occupied(held) if held.get().1 == change => {}
            Entry::Occupied(_) => return Err(TWICE),
        }
    }
    let mut plain = Vec::new();
    let length = chains.values().map(|(_, change)| change.len()).sum();
    plain.try_reserve_exact(length).map_err(|_| NO_MEMORY)?;
    let mut before: Option<((Actor, u64), ChangeHash)> = None;
    for (place, (chunk, change)) in chains {
        let (actor, seq) = place;
        let follows = match before.filter(|((of, _), _)| *of == actor) {
            Some(((_, last), hash)) => last + 1 == seq && chunk.deps == hash.0,
            None => seq == 1 && chunk.deps.is_empty(),
        };
        if !follows {
            return Err(NotChunks("a change without the one before it"));
        }
        before = Some((place, chunk.hash));
        plain.extend_from_slice(change);
    }
    zstd::bulk::compress(&plain, LEVEL).map_err(|_| NO_MEMORY)
}

/// The changes that [`pack`] was given.
///
/// # Errors
/// Other bytes; too little memory.
pub fn unpack(bytes: &[u8]) -> Result<Chains, NotChunks> {
    let plain = inflate(bytes)?;
    let mut rest = &plain[..];
    let mut chains = Chains::new();
    while !rest.is_empty() {
        let end = vet::end_of_chunk(rest).map_err(|_| NotChunks("cut"))?;
        let (change, behind) = rest.split_at(end);
        let (place, _) = read(change)?;
        if chains.insert(place, change.to_vec()).is_some() {
            return Err(TWICE);
        }
        rest = behind;
    }
    Ok(chains)
}

/// The chunks one after the other, as automerge loads them.
///
/// # Errors
/// Bytes that are not one whole frame; less memory than it says it takes.
pub fn inflate(bytes: &[u8]) -> Result<Vec<u8>, NotChunks> {
    let size = zstd::zstd_safe::get_frame_content_size(bytes)
        .ok()
        .flatten()
        .and_then(|size| usize::try_from(size).ok())
        .ok_or(NotChunks("of no stated length"))?;
    // A length that no memory has is an error of zstd's, and ends no process. What is reserved and not
    // written costs nothing.
    zstd::bulk::decompress(bytes, size).map_err(|_| NotChunks("damaged, or no memory for them"))
}

fn read(change: &[u8]) -> Result<((Actor, u64), vet::Chunk<'_>), NotChunks> {
    let chunk = vet::Chunk::parse(change);
    let chunk = chunk.map_err(|_| NotChunks("a change that is none of ours"))?;
    let actor = chunk.actor.try_into();
    let actor = actor.map_err(|_| NotChunks("a change of no author"))?;
    Ok(((Actor(actor), chunk.seq), chunk))
}

#[cfg(test)]
mod tests;
