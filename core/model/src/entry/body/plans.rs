//! What an office plans and closes for an area: rounds, campaigns, months, the horizon and what is
//! carried over it. Which of several words holds is for the projection.

use minicbor::{Decode, Encode};

use super::looks::VisitOutcome;
use crate::document::RoundKey;
use crate::entry::value::Outcome;
use crate::ids::{AssetId, AuthorTag, Identity, PersonId, PlaceId};

/// Kind 32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RoundPlanned {
    /// Name in words.
    #[n(8)]
    pub name: String,
    /// First day.
    #[n(9)]
    pub from: u32,
    /// Last day.
    #[n(10)]
    pub to: u32,
    /// Checklist of the pack.
    #[n(11)]
    pub checklist: Option<String>,
    /// Campaign that it belongs to.
    #[n(12)]
    pub campaign: Option<Identity>,
}

/// Kind 33. The subject is the building. Part `part` of `of`; effective when complete.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RoundTargets {
    /// The round.
    #[n(8)]
    pub round: Identity,
    /// Doors to visit.
    #[n(9)]
    pub doors: Vec<PlaceId>,
    /// Assets to check.
    #[n(10)]
    pub assets: Vec<AssetId>,
    /// Part number, from 1.
    #[n(11)]
    pub part: u16,
    /// Number of parts.
    #[n(12)]
    pub of: u16,
}

/// Up to which segment an author's work counts in a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct AuthorMark {
    /// Whose.
    #[n(0)]
    pub author: AuthorTag,
    /// Number of the last segment that counts.
    #[n(1)]
    pub last: u64,
}

/// Kind 34. The subject is the round. What the table leaves out is late.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RoundClosed {
    /// {author → last segment}.
    #[n(8)]
    pub table: Vec<AuthorMark>,
}

/// Kind 35. The subject is the area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MonthClosed {
    /// Which month.
    #[n(8)]
    pub month: u32,
    /// {author → last segment}.
    #[n(9)]
    pub table: Vec<AuthorMark>,
}

/// Kind 36. The subject is the area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Horizon {
    /// Building-rounds that leave phones with this entry.
    #[n(8)]
    pub rounds: Vec<HorizonRound>,
}

/// One building's part of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct HorizonRound {
    /// The building.
    #[n(0)]
    pub building: PlaceId,
    /// The round.
    #[n(1)]
    pub round: RoundKey,
}

/// Kind 37. The subject is the asset or household. A carried check keeps identity, person and time.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Carry {
    /// Identity of the last effective check or visit.
    #[n(8)]
    pub entry: Identity,
    /// Who made it.
    #[n(9)]
    pub person: PersonId,
    /// Its effective time, unix seconds.
    #[n(10)]
    pub time: i64,
    /// Of an asset: what was seen.
    #[n(11)]
    pub outcome: Outcome,
    /// Of a household: what became of it.
    #[n(12)]
    pub visit: Option<VisitOutcome>,
    /// Who wrote the original.
    #[n(13)]
    pub author: AuthorTag,
}

/// Kind 38. The subject is the campaign itself.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Campaign {
    /// Name in words.
    #[n(8)]
    pub name: String,
    /// First day.
    #[n(9)]
    pub from: u32,
    /// Last day.
    #[n(10)]
    pub to: u32,
}
