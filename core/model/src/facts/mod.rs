//! What entries mean beside one another: the folds from a list of placed entries to plain rows.
//! Every fold is a set function: the same entries in any order of arrival give equal results.
//! Nothing here reads bytes, stores or clocks; who may write is decided before, in the grant.
//!
//! An [`Placed`] entry is what a fold takes; `prepare` leaves out what does not count; `checks`,
//! `fields`, `cases`, `rounds`, `labels` and `handouts` each fold the entries of one matter.

pub mod cases;
pub mod checks;
mod circles;
mod corrections;
pub mod fields;
pub mod handouts;
mod imported;
pub mod labels;
mod prepare;
pub mod rounds;

use std::sync::Arc;

pub use corrections::{Corrected, Corrections};
pub use prepare::{Beside, Known, Prepared, prepare};

use crate::entry::{Entry, EntryKey};
use crate::ids::{AuthorTag, EpochId, Identity, PersonId};
use crate::role::Role;
use crate::time::LocalDay;

/// A place in the feed of an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedPoint {
    /// The feed's run between two restores of the office.
    pub epoch: EpochId,
    /// Position in it.
    pub position: u64,
}

/// What the office's verdicts make of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Counts: nothing was said, or accepted, or released.
    Counts,
    /// Waits for a person: known, not counted.
    Held,
    /// Refused or quarantined: as if it were not there.
    Quarantined,
}

/// One decoded entry as the folds see it. Two replicas that hold the same feed hold equal ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Where it stands in its document, and who wrote it.
    pub key: EntryKey,
    /// Its origin if that is honoured, else its author tag and counter.
    pub identity: Identity,
    /// Who acted. Rules compare persons, never authors.
    pub person: PersonId,
    /// The person's role under the grant that the entry is judged by.
    pub role: Role,
    /// Effective time in unix seconds: see [`crate::time::effective_time`].
    pub time: i64,
    /// Only the date of `time` is meant: the entry stands at the end of that local day.
    pub date_only: bool,
    /// An imported row of a log or register, not a tap.
    pub imported: bool,
    /// What the office's verdicts make of it.
    pub standing: Standing,
    /// Where its segment stands in the feed: now, and in earlier epochs. Empty before receipt.
    pub received: Vec<FeedPoint>,
    /// The newest feed item that its segment's writer held.
    pub seen: Option<FeedPoint>,
    /// [`Entry::content`]: kind, subject and body, without who and when.
    pub content: [u8; 32],
    /// What it says. Shared: a clone of a placed entry copies no body.
    pub entry: Arc<Entry>,
}

/// The order of everything: effective time, identity, author tag, counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Order {
    /// Where it stands in time, unix seconds.
    pub time: i64,
    /// Which entry.
    pub identity: Identity,
    /// Who wrote this copy of it.
    pub author: AuthorTag,
    /// The author's counter.
    pub counter: u64,
}

impl Placed {
    /// Where the entry stands in time, unix seconds: its effective time, or the last second of its
    /// day when only a date is meant.
    pub fn stands_at(&self) -> i64 {
        if self.date_only {
            LocalDay::of(self.time).last_second()
        } else {
            self.time
        }
    }

    /// The local day that the entry belongs to.
    pub fn day(&self) -> LocalDay {
        LocalDay::of(self.time)
    }

    /// Its place in the order of everything.
    pub fn order(&self) -> Order {
        Order {
            time: self.stands_at(),
            identity: self.identity,
            author: self.key.author,
            counter: self.key.counter,
        }
    }

    /// The author and counter under which it was first written: those of the identity, so that a
    /// re-authored entry keeps its turn. `None` for an imported row, whose place in its file says
    /// nothing about turns.
    pub fn first_written(&self) -> Option<(AuthorTag, u64)> {
        if self.imported {
            return None;
        }
        let own = (self.key.author, self.key.counter);
        Some(self.identity.entry_parts().unwrap_or(own))
    }

    /// What its writer had seen of the same matter.
    pub fn after(&self) -> &[Identity] {
        self.entry.envelope.after.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
pub(crate) mod testing;
