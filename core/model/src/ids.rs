//! Names of things: authors, entries, places, documents, areas. Pure values with one text form
//! each; nothing here knows what the named thing contains.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

/// A text that is not the base64url form of the id it was given for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {kind}")]
pub struct IdError {
    /// What was expected, in words.
    pub kind: &'static str,
    /// What was given, at most 80 characters of it.
    pub text: String,
}

impl IdError {
    fn new(kind: &'static str, text: &str) -> Self {
        Self {
            kind,
            text: text.chars().take(80).collect(),
        }
    }
}

/// In CBOR a byte string: what `to_bytes` gives and `from_bytes` reads, or an error of this name.
macro_rules! bytes_in_cbor {
    ($name:ident, $what:literal) => {
        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(&self.to_bytes())?;
                Ok(())
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                let at = d.position();
                let other = || minicbor::decode::Error::message($what).at(at);
                Self::from_bytes(d.bytes()?).ok_or_else(other)
            }
        }
    };
}

pub(crate) use bytes_in_cbor;

macro_rules! fixed_bytes {
    ($(#[$doc:meta])* $name:ident, $len:literal, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// The bytes of the id.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }

            /// The id with exactly these bytes; `None` when the length differs.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&BASE64URL_NOPAD.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                BASE64URL_NOPAD
                    .decode(text.as_bytes())
                    .ok()
                    .and_then(|bytes| Self::from_slice(&bytes))
                    .ok_or_else(|| IdError::new($kind, text))
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(&self.0)?;
                Ok(())
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                let at = d.position();
                Self::from_slice(d.bytes()?)
                    .ok_or_else(|| minicbor::decode::Error::message($kind).at(at))
            }
        }
    };
}

fixed_bytes!(
    /// The first 4 bytes of SHA-256 of an author's public key. Unique within an organisation: a key
    /// whose tag is taken already is thrown away and another one made.
    AuthorTag, 4, "author tag"
);
fixed_bytes!(
    /// First 8 bytes of SHA-256 of the organisation's public key.
    OrganisationId, 8, "organisation id"
);
fixed_bytes!(
    /// First 16 bytes of SHA-256 over (area, kind, key): see [`crate::document`].
    DocumentId, 16, "document id"
);
fixed_bytes!(
    /// One run of an area's feed between two restores of the office; random.
    EpochId, 8, "epoch id"
);
fixed_bytes!(
    /// One start of a phone's operating system, as far as the phone can tell; random. A clock shift
    /// belongs to a boot.
    BootId, 8, "boot id"
);
fixed_bytes!(
    /// SHA-256 of a whole segment, signature included.
    SegmentHash, 32, "segment hash"
);
fixed_bytes!(
    /// SHA-256 of an uncompressed automerge change: automerge's own change hash.
    ChangeHash, 32, "change hash"
);
fixed_bytes!(
    /// SHA-256 of a photo's bytes as they are stored.
    PhotoHash, 32, "photo hash"
);
fixed_bytes!(
    /// The caller's name for one write; the same id twice writes once.
    RequestId, 16, "request id"
);

impl AuthorTag {
    /// The tag of the author with this Ed25519 public key.
    pub fn of_key(public_key: &[u8; 32]) -> Self {
        let digest = Sha256::digest(public_key);
        Self([digest[0], digest[1], digest[2], digest[3]])
    }
}

impl OrganisationId {
    /// The id of the organisation with this Ed25519 public key.
    pub fn of_key(public_key: &[u8; 32]) -> Self {
        let digest = Sha256::digest(public_key);
        let mut id = [0; 8];
        id.copy_from_slice(&digest[..8]);
        Self(id)
    }
}

/// Who an entry is, on every replica and for ever: its `origin` if it has an honoured one, else its
/// author tag and counter (12 bytes, counter big-endian); an imported row's is 16 bytes of a hash.
///
/// Identities compare as their bytes, a shorter one before its extensions.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    bytes: [u8; 16],
    len: u8,
}

impl Identity {
    /// The identity of the entry that `author` wrote with this counter.
    pub fn of_entry(author: AuthorTag, counter: u64) -> Self {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&author.0);
        bytes[4..12].copy_from_slice(&counter.to_be_bytes());
        Self { bytes, len: 12 }
    }

    /// The identity of something named by a hash: an imported row, an area.
    pub const fn of_hash(hash: [u8; 16]) -> Self {
        Self {
            bytes: hash,
            len: 16,
        }
    }

    /// The 16-byte identity of whatever `parts` say, each part counted with its length, so that no
    /// two lists of parts give the same bytes.
    pub fn hashed(label: &str, parts: &[&[u8]]) -> Self {
        let digest = digest_parts(label, parts);
        let mut hash = [0; 16];
        hash.copy_from_slice(&digest[..16]);
        Self::of_hash(hash)
    }

    /// The identity with exactly these 12 or 16 bytes.
    pub fn from_slice(slice: &[u8]) -> Option<Self> {
        if slice.len() != 12 && slice.len() != 16 {
            return None;
        }
        let mut bytes = [0; 16];
        bytes[..slice.len()].copy_from_slice(slice);
        Some(Self {
            bytes,
            len: slice.len() as u8,
        })
    }

    /// The 12 or 16 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The author tag and counter inside a 12-byte identity; `None` for a hash.
    pub fn entry_parts(&self) -> Option<(AuthorTag, u64)> {
        if self.len != 12 {
            return None;
        }
        let mut tag = [0; 4];
        tag.copy_from_slice(&self.bytes[..4]);
        let mut counter = [0; 8];
        counter.copy_from_slice(&self.bytes[4..12]);
        Some((AuthorTag(tag), u64::from_be_bytes(counter)))
    }
}

impl PartialOrd for Identity {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Identity {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(self.as_bytes()))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({self})")
    }
}

impl FromStr for Identity {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        BASE64URL_NOPAD
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| Self::from_slice(&bytes))
            .ok_or_else(|| IdError::new("identity", text))
    }
}

impl<C> minicbor::Encode<C> for Identity {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(self.as_bytes())?;
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Identity {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let at = d.position();
        Self::from_slice(d.bytes()?).ok_or_else(|| {
            minicbor::decode::Error::message("an identity has 12 or 16 bytes").at(at)
        })
    }
}

macro_rules! named_identity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode,
        )]
        #[cbor(transparent)]
        pub struct $name(#[n(0)] pub Identity);

        impl $name {
            /// The identity of the entry that made it.
            pub fn identity(&self) -> Identity {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.parse().map(Self)
            }
        }
    };
}

named_identity!(
    /// A building, stairwell, household or premises.
    PlaceId
);
named_identity!(
    /// A thing that is inspected.
    AssetId
);
named_identity!(
    /// A hazard (隐患) or another matter with a flow.
    CaseId
);
named_identity!(
    /// A person who acts. Names and phone numbers are not here: the office keeps them apart.
    PersonId
);

/// Longest text of an [`AreaId`], in bytes.
pub const AREA_ID_MAX: usize = 24;

/// The code of an area: a node of the tree city › district › street › station › committee › grid,
/// such as the national code `310101019005`. The feed of the organisation itself has [`AreaId::organisation`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AreaId(String);

impl AreaId {
    /// An area code: 1 to [`AREA_ID_MAX`] characters of `A-Z a-z 0-9 - _ @`.
    ///
    /// # Errors
    /// Anything else, the empty text included.
    pub fn new(code: &str) -> Result<Self, IdError> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'@');
        if code.is_empty() || code.len() > AREA_ID_MAX || !code.bytes().all(legal) {
            return Err(IdError::new("area code", code));
        }
        Ok(Self(code.to_owned()))
    }

    /// The feed that every member of the organisation reads: areas, packs, revocations.
    pub fn organisation() -> Self {
        Self("@".to_owned())
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The subject that entries about the area itself use.
    pub fn subject(&self) -> Identity {
        Identity::hashed("doorstep area", &[self.0.as_bytes()])
    }
}

impl fmt::Display for AreaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AreaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AreaId({})", self.0)
    }
}

impl FromStr for AreaId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::new(text)
    }
}

impl<C> minicbor::Encode<C> for AreaId {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(&self.0)?;
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for AreaId {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let at = d.position();
        Self::new(d.str()?).map_err(|_| minicbor::decode::Error::message("area code").at(at))
    }
}

/// SHA-256 over a label and parts, each with its length before it.
pub(crate) fn digest_parts(label: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update((label.len() as u64).to_be_bytes());
    hasher.update(label.as_bytes());
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_reads_back_from_its_text() {
        let entry = Identity::of_entry(AuthorTag([1, 2, 3, 4]), 5_000_000_000);
        assert_eq!(entry.to_string().len(), 16);
        assert_eq!(entry.to_string().parse(), Ok(entry));
        assert_eq!(
            entry.entry_parts(),
            Some((AuthorTag([1, 2, 3, 4]), 5_000_000_000))
        );
        let row = Identity::hashed("row", &[b"a", b"bc"]);
        assert_eq!(row.to_string().parse(), Ok(row));
        assert_eq!(row.entry_parts(), None);
        assert!("AAAA".parse::<Identity>().is_err());
    }

    #[test]
    fn hashed_identities_count_where_a_part_ends() {
        assert_ne!(
            Identity::hashed("x", &[b"ab", b"c"]),
            Identity::hashed("x", &[b"a", b"bc"])
        );
        assert_ne!(Identity::hashed("x", &[b"a"]), Identity::hashed("xa", &[]));
    }

    #[test]
    fn identities_compare_as_their_bytes() {
        let early = Identity::of_entry(AuthorTag([0, 0, 0, 1]), 255);
        let late = Identity::of_entry(AuthorTag([0, 0, 0, 1]), 256);
        assert!(early < late);
    }

    #[test]
    fn an_area_code_is_short_and_plain() {
        assert!(AreaId::new("310101019005").is_ok());
        for bad in ["", "a b", "文庙", "0123456789012345678901234"] {
            assert!(AreaId::new(bad).is_err(), "{bad}");
        }
    }
}
