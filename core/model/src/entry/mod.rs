//! The unit of fact: a write-once entry, its key in the document and its bytes. What an entry means
//! beside others is decided in `facts`, never here.
//!
//! An entry is one deterministic CBOR map with small integer keys: 0-7 are the envelope, 8 and above
//! the body of its kind. The bytes are made once, at the tap, and never again: what a newer version
//! added stays in them.

mod body;
mod key;
mod value;

pub use body::*;
pub use key::{EntryKey, KEY_MAX, KeyError};
pub use value::{FieldValue, Outcome};

use crate::ids::{AuthorTag, Identity, PersonId};

/// Most bytes of one entry's value.
pub const VALUE_MAX: usize = 4096;

/// Most entries of one change and of one segment.
pub const ENTRIES_MAX: usize = 256;

/// What every entry says, whatever its kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Envelope {
    /// The kind's number: see [`Body`].
    #[n(0)]
    pub kind: u16,
    /// Minor version of the kind; absent is 0. An unknown one is stored and forwarded, not
    /// projected.
    #[n(1)]
    pub minor: Option<u16>,
    /// When, in unix seconds, by the writer's boot: its anchor plus monotonic time that counts sleep.
    #[n(2)]
    pub time: i64,
    /// Who, when the author's grant names several persons.
    #[n(3)]
    pub by: Option<PersonId>,
    /// What the writer had seen of the same matter and reacts to: identities.
    #[n(4)]
    pub after: Option<Vec<Identity>>,
    /// The identity of what this entry re-authors or imports.
    #[n(5)]
    pub origin: Option<Identity>,
    /// Where a generated entry came from; absent for real work.
    #[n(6)]
    pub mark: Option<Mark>,
    /// Author and effective time of what the office copied; the person stands in `by`.
    #[n(7)]
    pub copy: Option<CopyOf>,
}

/// Marks an entry that is not somebody's work. Survives every export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Generated from a reported figure, for a demo.
    Generated,
    /// Made in a practice stairwell; never enters statistics.
    Practice,
    /// A mark of a later version: kept, and not counted as somebody's work.
    Other(u16),
}

impl Mark {
    /// The mark's number.
    pub fn code(self) -> u16 {
        match self {
            Self::Generated => 1,
            Self::Practice => 2,
            Self::Other(code) => code,
        }
    }
}

impl<C> minicbor::Encode<C> for Mark {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.u16(self.code())?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Mark {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Ok(match d.u16()? {
            1 => Self::Generated,
            2 => Self::Practice,
            code => Self::Other(code),
        })
    }
}

/// What an office copy repeats of its original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct CopyOf {
    /// Author of the original.
    #[n(0)]
    pub author: AuthorTag,
    /// Effective time of the original, unix seconds.
    #[n(1)]
    pub time: i64,
}

/// An entry as its writer meant it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Kind, time, person, `after`, origin.
    pub envelope: Envelope,
    /// What it says.
    pub body: Body,
}

/// Bytes that are not an entry of any version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed entry: {0}")]
pub struct MalformedEntry(pub String);

impl Entry {
    /// A new entry of this body at this time, nothing else said.
    pub fn new(body: impl Into<Body>, time: i64) -> Self {
        let body = body.into();
        Self {
            envelope: Envelope {
                kind: body.kind(),
                time,
                ..Envelope::default()
            },
            body,
        }
    }

    /// The same entry as a reaction to these.
    #[must_use]
    pub fn after(mut self, seen: Vec<Identity>) -> Self {
        self.envelope.after = (!seen.is_empty()).then_some(seen);
        self
    }

    /// The same entry, said by this person.
    #[must_use]
    pub fn by(mut self, person: Option<PersonId>) -> Self {
        self.envelope.by = person;
        self
    }

    /// The same entry under the identity of what it repeats.
    #[must_use]
    pub fn with_origin(mut self, origin: Identity) -> Self {
        self.envelope.origin = Some(origin);
        self
    }

    /// The entry's bytes: envelope and body as one map, keys rising. Same entry, same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let envelope = encode(&self.envelope);
        let body = self.body.to_map();
        join_maps(&envelope, &body)
    }

    /// The same entry under another origin and author, every byte of its body kept: what a new
    /// author writes for what an old one did. Reads `bytes` of any kind or minor version.
    ///
    /// # Errors
    /// `bytes` whose envelope does not decode.
    pub fn reauthored(
        bytes: &[u8],
        change: impl FnOnce(&mut Envelope),
    ) -> Result<Vec<u8>, MalformedEntry> {
        let mut envelope = Envelope::from_bytes(bytes)?;
        let body = body_part(bytes)?;
        change(&mut envelope);
        Ok(join_maps(&encode(&envelope), &body))
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// The envelope does not decode: the entry is malformed whatever its version. A body that this
    /// version cannot read is [`Body::Unread`], no error.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedEntry> {
        let envelope = Envelope::from_bytes(bytes)?;
        let body = Body::from_map(envelope.kind, envelope.minor.unwrap_or(0), bytes);
        Ok(Self { envelope, body })
    }

    /// What makes two entries of one identity say the same: kind, subject, and the body's bytes;
    /// author, origin, person and time are left out.
    ///
    /// # Errors
    /// `bytes` that are not a CBOR map.
    pub fn content(bytes: &[u8], subject: Identity) -> Result<[u8; 32], MalformedEntry> {
        let envelope = Envelope::from_bytes(bytes)?;
        let body = body_part(bytes)?;
        let minor = envelope.minor.unwrap_or(0).to_be_bytes();
        let parts: [&[u8]; 4] = [
            &envelope.kind.to_be_bytes(),
            &minor,
            subject.as_bytes(),
            &body,
        ];
        Ok(crate::ids::digest_parts("doorstep content", &parts))
    }
}

impl Envelope {
    /// Reads and checks the envelope of an entry of any kind and version: one definite map with
    /// rising unsigned keys, at most [`VALUE_MAX`] bytes, nothing after it.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedEntry> {
        if bytes.len() > VALUE_MAX {
            return Err(MalformedEntry(format!(
                "{} bytes, at most {VALUE_MAX}",
                bytes.len()
            )));
        }
        walk_map(bytes, |_, _| {})?;
        minicbor::decode(bytes).map_err(|error| MalformedEntry(error.to_string()))
    }
}

pub(crate) fn encode<T: minicbor::Encode<()>>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).expect("writing CBOR to memory cannot fail")
}

/// Calls `each(key, position of the key)` for every entry of the map and checks its shape.
fn walk_map(bytes: &[u8], mut each: impl FnMut(u64, usize)) -> Result<(), MalformedEntry> {
    let malformed = |error: minicbor::decode::Error| MalformedEntry(error.to_string());
    let mut decoder = minicbor::Decoder::new(bytes);
    let count = decoder
        .map()
        .map_err(malformed)?
        .ok_or_else(|| MalformedEntry("a map of unstated length".to_owned()))?;
    let mut last = None;
    for _ in 0..count {
        let position = decoder.position();
        let key = decoder.u64().map_err(malformed)?;
        if last.is_some_and(|last| last >= key) {
            return Err(MalformedEntry("map keys do not rise".to_owned()));
        }
        last = Some(key);
        decoder.skip().map_err(malformed)?;
        each(key, position);
    }
    if decoder.position() != bytes.len() {
        return Err(MalformedEntry("bytes after the entry".to_owned()));
    }
    Ok(())
}

/// First body key; the keys below it are the envelope's.
const BODY_FROM: u64 = 8;

/// The body of an entry as a map of its own, bytes untouched.
fn body_part(bytes: &[u8]) -> Result<Vec<u8>, MalformedEntry> {
    let mut count = 0u64;
    let mut start = bytes.len();
    walk_map(bytes, |key, position| {
        if key >= BODY_FROM {
            count += 1;
            start = start.min(position);
        }
    })?;
    let mut map = map_head(count);
    map.extend_from_slice(&bytes[start..]);
    Ok(map)
}

fn map_head(count: u64) -> Vec<u8> {
    let mut head = Vec::with_capacity(64);
    minicbor::Encoder::new(&mut head)
        .map(count)
        .expect("writing CBOR to memory cannot fail");
    head
}

/// One map of two whose keys do not meet and of which the first's are lower.
fn join_maps(low: &[u8], high: &[u8]) -> Vec<u8> {
    let split = |map: &[u8]| {
        let mut decoder = minicbor::Decoder::new(map);
        let count = decoder
            .map()
            .ok()
            .flatten()
            .expect("both parts are definite maps of ours");
        (count, decoder.position())
    };
    let (low_count, low_from) = split(low);
    let (high_count, high_from) = split(high);
    let mut joined = map_head(low_count + high_count);
    joined.extend_from_slice(&low[low_from..]);
    joined.extend_from_slice(&high[high_from..]);
    joined
}

#[cfg(test)]
mod tests;
