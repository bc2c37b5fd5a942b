//! The key of an entry in its document: `subject.author-tag.counter`, each part base64url.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;

use crate::ids::{AuthorTag, Identity};

/// Longest key, in bytes. The longest that this version writes has 41.
pub const KEY_MAX: usize = 64;

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
        let counter = BASE64URL_NOPAD.encode(&self.counter.to_be_bytes());
        write!(f, "{}.{}.{}", self.subject, self.author, counter)
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
            let subject = parts.next()?.parse().ok()?;
            let author = parts.next()?.parse().ok()?;
            let counter = BASE64URL_NOPAD.decode(parts.next()?.as_bytes()).ok()?;
            let counter = u64::from_be_bytes(counter.try_into().ok()?);
            parts.next().is_none().then_some(Self {
                subject,
                author,
                counter,
            })
        };
        parse().ok_or_else(|| KeyError(text.chars().take(KEY_MAX).collect()))
    }
}
