//! What the tests of the folds are written with: placed entries in few words, and their orders of
//! arrival.

use std::sync::Arc;

use super::{FeedPoint, Placed, Standing};
use crate::entry::{Body, Check, Correction, Decision, Entry, EntryKey, Outcome, Undo};
use crate::ids::{AuthorTag, EpochId, Identity, PersonId};
use crate::role::Role;

/// 2026-11-25 12:00 at +08:00.
pub(crate) const NOON: i64 = 1_795_579_200;

/// The subject that all test entries are about.
pub(crate) fn subject() -> Identity {
    Identity::of_hash([0xaa; 16])
}

/// Person number `n`.
pub(crate) fn person(n: u8) -> PersonId {
    PersonId(Identity::of_hash([n; 16]))
}

/// The identity of test entry number `n`: higher numbers are later in order at one second.
pub(crate) fn id(n: u64) -> Identity {
    Identity::of_entry(AuthorTag([7; 4]), n)
}

pub(crate) struct Draft {
    placed: Placed,
}

/// An entry number `n` of person `by` at this time, written as a volunteer.
pub(crate) fn entry(by: u8, n: u64, time: i64, body: impl Into<Body>) -> Draft {
    let entry = Entry::new(body, time);
    Draft {
        placed: Placed {
            key: EntryKey {
                subject: subject(),
                author: AuthorTag([by; 4]),
                counter: n,
            },
            identity: id(n),
            person: person(by),
            role: Role::Volunteer,
            time,
            date_only: false,
            imported: false,
            standing: Standing::Counts,
            received: Vec::new(),
            seen: None,
            content: [0; 32],
            entry: Arc::new(entry),
        },
    }
}

impl Draft {
    pub(crate) fn placed(mut self) -> Placed {
        let bytes = self.placed.entry.to_bytes();
        self.placed.content = Entry::content(&bytes, self.placed.key.subject).expect("our entry");
        self.placed
    }

    pub(crate) fn role(mut self, role: Role) -> Self {
        self.placed.role = role;
        self
    }

    pub(crate) fn about(mut self, subject: Identity) -> Self {
        self.placed.key.subject = subject;
        self
    }

    pub(crate) fn identity(mut self, identity: Identity) -> Self {
        self.placed.identity = identity;
        self
    }

    pub(crate) fn counter(mut self, counter: u64) -> Self {
        self.placed.key.counter = counter;
        self
    }

    pub(crate) fn after(mut self, seen: &[u64]) -> Self {
        let entry = (*self.placed.entry).clone();
        self.placed.entry = Arc::new(entry.after(seen.iter().map(|&n| id(n)).collect()));
        self
    }

    pub(crate) fn held(mut self) -> Self {
        self.placed.standing = Standing::Held;
        self
    }

    pub(crate) fn quarantined(mut self) -> Self {
        self.placed.standing = Standing::Quarantined;
        self
    }

    pub(crate) fn date_only(mut self) -> Self {
        self.placed.date_only = true;
        self
    }

    pub(crate) fn imported(mut self) -> Self {
        self.placed.imported = true;
        self
    }

    pub(crate) fn received(mut self, position: u64) -> Self {
        self.placed.received.push(point(position));
        self
    }

    pub(crate) fn seen(mut self, position: u64) -> Self {
        self.placed.seen = Some(point(position));
        self
    }
}

fn point(position: u64) -> FeedPoint {
    FeedPoint {
        epoch: EpochId([1; 8]),
        position,
    }
}

pub(crate) fn check(outcome: Outcome) -> Check {
    Check {
        outcome,
        note: None,
        photos: None,
        pack: None,
        date_only: None,
    }
}

pub(crate) fn normal() -> Check {
    check(Outcome::Normal)
}

pub(crate) fn missing() -> Check {
    check(Outcome::Missing)
}

pub(crate) fn fault(code: &str) -> Check {
    check(Outcome::of_faults(vec![code.to_owned()]))
}

pub(crate) fn undo(of: Identity) -> Undo {
    Undo { of }
}

pub(crate) fn correction(of: u64, outcome: Outcome) -> Correction {
    Correction {
        of: id(of),
        outcome,
        visit: None,
        reason: "misread".to_owned(),
    }
}

pub(crate) fn decision(names: &[u64], outcome: Outcome) -> Decision {
    Decision {
        names: names.iter().map(|&n| id(n)).collect(),
        outcome,
        reason: None,
    }
}

/// Some orders of arrival that differ much: as given, reversed, and every rotation of both.
pub(crate) fn permuted<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    let mut orders = Vec::new();
    for turn in 0..items.len().max(1) {
        let mut order = items.to_vec();
        order.rotate_left(turn.min(items.len()));
        orders.push(order.iter().rev().cloned().collect());
        orders.push(order);
    }
    orders
}
