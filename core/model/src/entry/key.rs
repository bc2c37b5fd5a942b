//! The key of an entry in its document: `subject.author-tag.counter`, each part base64url.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;

use crate::ids::{AuthorTag, Identity};

/// Longest key, in bytes. The longest that this version writes has 41.
pub const KEY_MAX: usize = 64;

/// The longest key that this version writes: 16, 4 and 8 bytes in base64url, and two points.
const TEXT_MAX: usize = 41;

/// Where an entry stands in its document, and who wrote it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EntryKey {
    /// What the entry is about: a place, an asset, a case, another entry, an area.
    pub subject: Identity,
    /// Who wrote it.
    pub author: AuthorTag,
    /// The author's count of entries; rises by one an entry, and jumps at every opening of the store.
    pub counter: u64,
}

/// A text that is not an entry's key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an entry key")]
pub struct KeyError(pub String);

impl EntryKey {
    /// The identity of the entry when it has no honoured origin.
    pub fn identity(&self) -> Identity {
        Identity::of_entry(self.author, self.counter)
    }
}

impl fmt::Display for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; TEXT_MAX];
        let mut end = 0;
        let counter = self.counter.to_be_bytes();
        for part in [self.subject.as_bytes(), self.author.as_bytes(), &counter] {
            if end > 0 {
                text[end] = b'.';
                end += 1;
            }
            let from = end;
            end += BASE64URL_NOPAD.encode_len(part.len());
            BASE64URL_NOPAD.encode_mut(part, &mut text[from..end]);
        }
        f.write_str(std::str::from_utf8(&text[..end]).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for EntryKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let parse = || {
            if text.len() > KEY_MAX {
                return None;
            }
            let mut parts = text.split('.');
            let mut bytes = [0; 16];
            let subject = Identity::from_slice(decode(parts.next()?, &mut bytes)?)?;
            let author = AuthorTag::from_slice(decode(parts.next()?, &mut bytes)?)?;
            let counter = decode(parts.next()?, &mut bytes)?.try_into().ok()?;
            let counter = u64::from_be_bytes(counter);
            parts.next().is_none().then_some(Self {
                subject,
                author,
                counter,
            })
        };
        parse().ok_or_else(|| KeyError(text.chars().take(KEY_MAX).collect()))
    }
}

/// The bytes of one part, where they fit.
fn decode<'a>(part: &str, bytes: &'a mut [u8; 16]) -> Option<&'a [u8]> {
    let len = BASE64URL_NOPAD.decode_len(part.len()).ok()?;
    let bytes = bytes.get_mut(..len)?;
    BASE64URL_NOPAD.decode_mut(part.as_bytes(), bytes).ok()?;
    Some(bytes)
}
