//! What is said at doors and assets in a round, and what puts it right. What counts of it is for the
//! folds.

use minicbor::{Decode, Encode};

use crate::entry::value::Outcome;
use crate::ids::{AssetId, Identity, PhotoHash, PlaceId};

/// What became of an attempt at a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum VisitOutcome {
    /// 已查: somebody answered; the door is covered.
    #[n(0)]
    Answered,
    /// 没人
    #[n(1)]
    Absent,
    /// 拒绝
    #[n(2)]
    Refused,
    /// 空关
    #[n(3)]
    Empty,
}

/// Kind 4.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Visit {
    /// What became of it.
    #[n(8)]
    pub outcome: VisitOutcome,
    /// A note.
    #[n(9)]
    pub note: Option<String>,
    /// When to come again: a day.
    #[n(10)]
    pub next: Option<u32>,
    /// The time is a date only (an imported row): it stands at that day's end.
    #[n(11)]
    pub date_only: Option<bool>,
}

/// Kind 5. Only exceptions are spelled out: a normal look has no keys at all.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Check {
    /// What was seen.
    #[n(8)]
    pub outcome: Outcome,
    /// A note.
    #[n(9)]
    pub note: Option<String>,
    /// Photos, by hash.
    #[n(10)]
    pub photos: Option<Vec<PhotoHash>>,
    /// Pack number, where it differs from the one in the writer's `opened`.
    #[n(11)]
    pub pack: Option<u32>,
    /// The time is a date only (an imported row): it stands at that day's end.
    #[n(12)]
    pub date_only: Option<bool>,
}

/// Kind 6.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Undo {
    /// What is taken back.
    #[n(8)]
    pub of: Identity,
}

/// Kind 7. Takes place, person and time of what it corrects.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Correction {
    /// What is corrected.
    #[n(8)]
    pub of: Identity,
    /// Of a check: what was really seen. Normal when absent and `visit` is absent too.
    #[n(9)]
    pub outcome: Outcome,
    /// Of a visit: what really became of it.
    #[n(10)]
    pub visit: Option<VisitOutcome>,
    /// Why.
    #[n(11)]
    pub reason: String,
}

/// Kind 8. Part `part` of `of`; effective when complete.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AdHocTargets {
    /// Doors to visit.
    #[n(8)]
    pub doors: Vec<PlaceId>,
    /// Assets to check.
    #[n(9)]
    pub assets: Vec<AssetId>,
    /// Part number, from 1.
    #[n(10)]
    pub part: u16,
    /// Number of parts.
    #[n(11)]
    pub of: u16,
}
