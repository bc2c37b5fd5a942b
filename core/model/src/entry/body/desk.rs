//! What an office says of entries, segments and batches: verdicts, decisions, proofs. What becomes of
//! their targets is for the door.

use minicbor::{Decode, Encode};

use crate::entry::value::Outcome;
use crate::ids::{AuthorTag, Identity};

/// What the office says of an entry or segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Ruling {
    /// Waits for a person; leaves the rows, not the documents.
    #[n(0)]
    Held,
    /// Counts after all.
    #[n(1)]
    Accepted,
    /// Does not count.
    #[n(2)]
    Refused,
    /// Does not count, and is not shown to phones.
    #[n(3)]
    Quarantined,
    /// A quarantine is lifted.
    #[n(4)]
    Released,
}

/// One segment of one author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(array)]
pub struct SegmentName {
    /// Whose.
    #[n(0)]
    pub author: AuthorTag,
    /// Its number, from 1.
    #[n(1)]
    pub n: u64,
}

/// Kind 40. The subject is the entry, or the area when a whole segment is named.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Verdict {
    /// What becomes of it.
    #[n(8)]
    pub ruling: Ruling,
    /// The segment, when the verdict is of all its entries.
    #[n(9)]
    pub segment: Option<SegmentName>,
    /// Why, as a code: see `message`.
    #[n(10)]
    pub code: String,
    /// A person's words.
    #[n(11)]
    pub reason: Option<String>,
}

/// Kind 41. The subject is the asset.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Decision {
    /// Every check of the dispute that the decider saw.
    #[n(8)]
    pub names: Vec<Identity>,
    /// What counts.
    #[n(9)]
    pub outcome: Outcome,
    /// Why.
    #[n(10)]
    pub reason: Option<String>,
}

/// Kind 42. The subject is the one, `other` the other.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SameAs {
    /// The other.
    #[n(8)]
    pub other: Identity,
    /// True: no longer said to be the same.
    #[n(9)]
    pub split: Option<bool>,
}

/// Kind 43. The subject is the area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Dated {
    /// Which segment.
    #[n(8)]
    pub segment: SegmentName,
    /// Its first received-at, unix seconds.
    #[n(9)]
    pub received_at: i64,
    /// Shift of each of its boots, seconds.
    #[n(10)]
    pub shifts: Vec<i64>,
}

/// Kind 44. The subject is the batch.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BatchUndone {
    /// Why.
    #[n(8)]
    pub reason: Option<String>,
}

/// Kind 45. The subject is the row's identity.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BatchRow {
    /// The batch.
    #[n(8)]
    pub batch: Identity,
}
