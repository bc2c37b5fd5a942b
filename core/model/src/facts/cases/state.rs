//! What the fold of a case gives: plain values, equal on every replica that knows the same entries.

use super::{State, Why};
use crate::facts::Beside;
use crate::ids::{CaseId, Identity, PersonId};
use crate::time::LocalDay;

/// What became of one entry of the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Legal where it stands; the case is in this state after it.
    Taken(State),
    /// Not legal where it stands, or concurrent with what it would end: shown, without effect.
    Claim(Why),
    /// Not an event that could be taken: a note, a held or undone event, an unknown kind.
    Aside,
}

/// One entry of the case where it stands in the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The entry.
    pub identity: Identity,
    /// Who.
    pub person: PersonId,
    /// When, unix seconds.
    pub time: i64,
    /// What became of it.
    pub fate: Fate,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// Closed after a passed re-check.
    Closed,
    /// Put right at once; counted apart as well.
    OnTheSpot,
    /// The same matter as another case: this one counts as nothing.
    Merged,
}

/// The event that ended a case which is not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The event.
    pub by: Identity,
    /// Its effective time, unix seconds.
    pub time: i64,
    /// How.
    pub how: Ending,
}

impl End {
    /// The local day that the end counts for.
    pub fn day(&self) -> LocalDay {
        LocalDay::of(self.time)
    }
}

/// A re-opening, linked to the end that did not last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relapse {
    /// The relapse.
    pub by: Identity,
    /// The end that it re-opens.
    pub of: End,
}

/// The fold of one case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaseState {
    /// The finding that was taken, and its local day.
    pub found: Option<(Identity, LocalDay)>,
    /// Where the case stands.
    pub state: State,
    /// 0 to 3: 0 only together with its fix, 3 only judged. None before a finding.
    pub level: Option<u8>,
    /// Suspected to be a major hazard, and not taken back.
    pub suspected: bool,
    /// Judged a major hazard by the fire body.
    pub judged: bool,
    /// The last day of the time limit. While the clock is stopped: as it stood then; every local day
    /// parked is added when the case goes on.
    pub deadline: Option<LocalDay>,
    /// Parked: the time limit does not run.
    pub clock_stopped: bool,
    /// Of a parked case: when to look at it again.
    pub review: Option<LocalDay>,
    /// How it ended; none while it is open.
    pub end: Option<End>,
    /// Of a merged case: the case that it is the same as, where the event says so.
    pub merged_into: Option<CaseId>,
    /// Re-openings, in order.
    pub relapses: Vec<Relapse>,
    /// Every person who wrote *rectifying* or *reported* since found or relapsed; sorted. They
    /// neither re-check nor close.
    pub fixers: Vec<PersonId>,
    /// Every entry that is not quarantined, in order.
    pub steps: Vec<Step>,
    /// (entry, what its `after` names and nobody here knows), sorted: orders nothing.
    pub unknown_after: Vec<(Identity, Identity)>,
    /// (entry, what its `after` names), sorted, where that closes a circle: orders nothing.
    pub circular_after: Vec<(Identity, Identity)>,
    /// What is held, quarantined or doubled: reported, not in the rest.
    pub beside: Beside,
}

impl CaseState {
    /// The matter is not settled. Parked and handed over are open; a case without a finding is not.
    pub fn open(&self) -> bool {
        self.state.is_open()
    }

    /// When it was rectified, unix seconds: its effective close or on-the-spot fix, while it is not
    /// open. A merged case is rectified with the other one.
    pub fn rectified_at(&self) -> Option<i64> {
        let end = self.end?;
        (end.how != Ending::Merged).then_some(end.time)
    }

    /// The claims, in order.
    pub fn claims(&self) -> impl Iterator<Item = (Identity, &Why)> {
        self.steps.iter().filter_map(|step| match &step.fate {
            Fate::Claim(why) => Some((step.identity, why)),
            Fate::Taken(_) | Fate::Aside => None,
        })
    }
}
