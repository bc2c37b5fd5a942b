//! Areas, persons, packs, authors and keys, as the office declares them. Trust in them is for grants.

use minicbor::{Decode, Encode};

use crate::ids::AuthorTag;

/// Kind 48. The subject is the area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AreaDeclared {
    /// Code.
    #[n(8)]
    pub code: String,
    /// Code of the area that it is part of.
    #[n(9)]
    pub parent: Option<String>,
    /// Level: `city`, `district`, `street`, `station`, `committee`, `grid`.
    #[n(10)]
    pub level: String,
    /// Name.
    #[n(11)]
    pub name: String,
    /// First day; absent = since ever.
    #[n(12)]
    pub from: Option<u32>,
    /// First day on which it is no more; absent = still there.
    #[n(13)]
    pub until: Option<u32>,
}

/// Kind 49. The subject is the person.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PersonDeclared {
    /// Roster number, never a name.
    #[n(8)]
    pub roster: String,
    /// Role code of the grant.
    #[n(9)]
    pub role: u8,
    /// Force type (力量类别).
    #[n(10)]
    pub force: Option<String>,
}

impl PersonDeclared {
    /// Its number.
    pub const KIND: u16 = 49;
}

/// Kind 50. The subject is the area it holds for.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PackAdopted {
    /// Pack id.
    #[n(8)]
    pub pack: String,
    /// Pack number.
    #[n(9)]
    pub number: u32,
    /// SHA-256 of the pack's bytes: the same number with other content is refused.
    #[cbor(n(10), with = "minicbor::bytes")]
    pub hash: [u8; 32],
}

/// Kind 51. The subject is the area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AuthorRevoked {
    /// Whose.
    #[n(8)]
    pub author: AuthorTag,
    /// Why.
    #[n(9)]
    pub reason: Option<String>,
}

/// Kind 52. The subject is the area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AuthorSucceeded {
    /// The author that ends.
    #[n(8)]
    pub old: AuthorTag,
    /// The author that goes on.
    #[n(9)]
    pub new: AuthorTag,
}

/// Kind 53. The subject is the area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TransportKey {
    /// SHA-256 of the next public key.
    #[cbor(n(8), with = "minicbor::bytes")]
    pub key: [u8; 32],
}

impl TransportKey {
    /// Its number.
    pub const KIND: u16 = 53;
}

/// Kind 54. The subject is the area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct InvitationVoided {
    /// The invitation's id.
    #[cbor(n(8), with = "minicbor::bytes")]
    pub invitation: [u8; 16],
}
