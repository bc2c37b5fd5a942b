//! The state of one case, folded from its events: what was taken, what is only a claim and why.
//! Which step is legal from where stands in `rules`, what precedes what in `ancestry`; nothing here
//! knows rounds, reports or screens.
//!
//! Events are judged one by one in order. One that is legal where it stands is *taken* and moves the
//! case; any other is a *claim*: shown, and without effect. An event that ends the case (closed,
//! fixed on the spot, merged) is a claim too while any known event of the case is concurrent with
//! it. Held events and unknown kinds are known but never taken; notes are neither.

mod ancestry;
mod rules;
mod state;

use std::collections::BTreeSet;

use super::{Placed, Standing, prepare};
use crate::entry::{Body, CaseEvent, CaseStep, Found};
use crate::ids::PersonId;
use crate::time::LocalDay;

use ancestry::Ancestry;
pub use rules::{Act, State, Why, legal_from, legal_role};
pub use state::{CaseState, End, Ending, Fate, Relapse, Step};

/// How an entry takes part in the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    /// An event that may be taken.
    Acts(Act<'a>),
    /// An event that is known but cannot be taken: held, or of an unknown kind.
    Known(Option<Act<'a>>),
    /// Orders others by what it had seen, and is no event: a note, an undone event.
    Silent,
}

impl<'a> Part<'a> {
    fn of(placed: &'a Placed, undone: bool) -> Self {
        const OPENED: u16 = 0;
        const NOTE: u16 = 18;
        if undone {
            return Self::Silent;
        }
        let act = match &placed.entry.body {
            Body::Found(found) => Some(Act::Found(found)),
            Body::CaseStep(step) => Some(Act::Step(step)),
            Body::Unread { kind } if ![OPENED, NOTE].contains(kind) => None,
            _ => return Self::Silent,
        };
        match act {
            Some(act) if placed.standing == Standing::Counts => Self::Acts(act),
            act => Self::Known(act),
        }
    }

    fn is_event(&self) -> bool {
        !matches!(self, Self::Silent)
    }

    fn act(&self) -> Option<Act<'a>> {
        match self {
            Self::Acts(act) => Some(*act),
            Self::Known(act) => *act,
            Self::Silent => None,
        }
    }
}

/// Folds the entries of **one** case. Entries of kinds that are no matter of cases only pass on what
/// their writers had seen.
pub fn fold(entries: &[Placed]) -> CaseState {
    let prepared = prepare(entries);
    let parts: Vec<Part<'_>> = prepared
        .known
        .iter()
        .map(|known| Part::of(known.placed, known.undone))
        .collect();
    let ends = |at: usize| match parts[at] {
        Part::Acts(act) => act.ends(),
        Part::Known(_) | Part::Silent => false,
    };
    let ancestry = Ancestry::of(&prepared.known, |at| parts[at].is_event(), ends);
    let mut course = Course::default();
    for &at in &ancestry.order {
        let placed = prepared.known[at].placed;
        let fate = match parts[at] {
            Part::Acts(act) => course.judge(at, placed, act, &ancestry),
            Part::Known(_) | Part::Silent => Fate::Aside,
        };
        if parts[at].act().is_some_and(|act| act.fixes()) {
            course.fixers.insert(placed.person);
        }
        course.case.steps.push(Step {
            identity: placed.identity,
            person: placed.person,
            time: placed.stands_at(),
            fate,
        });
    }
    let name = |at: usize| prepared.known[at].placed.identity;
    let mut circular_after: Vec<_> = ancestry
        .circular
        .iter()
        .map(|&(from, to)| (name(from), name(to)))
        .collect();
    circular_after.sort_unstable();
    circular_after.dedup();
    CaseState {
        unknown_after: ancestry.unknown,
        circular_after,
        beside: prepared.beside,
        ..course.finish()
    }
}

/// The case while its events are judged one after another.
#[derive(Default)]
struct Course {
    case: CaseState,
    /// As said; see [`CaseState::level`] for what it comes to.
    said_level: u8,
    fixers: BTreeSet<PersonId>,
    /// Places of the events that raised a suspicion which stands.
    suspicions: Vec<usize>,
    parked_on: Option<LocalDay>,
}

impl Course {
    /// 0 only together with its fix: unfixed it is 1.
    fn level(&self) -> u8 {
        match self.case.state {
            State::FixedOnSpot => self.said_level,
            _ => self.said_level.max(1),
        }
    }

    fn judge(&mut self, at: usize, placed: &Placed, act: Act<'_>, ancestry: &Ancestry) -> Fate {
        let moment = rules::Moment {
            state: self.case.state,
            level: self.level(),
            suspected: !self.suspicions.is_empty() || self.case.judged,
            is_fixer: self.fixers.contains(&placed.person),
        };
        let judged = rules::judge(&moment, act, placed.person, placed.role);
        let next = match judged {
            Ok(next) => next,
            Err(why) => return Fate::Claim(why),
        };
        if let Some(concurrent) = ancestry.concurrent_with(at) {
            return Fate::Claim(Why::Concurrent(concurrent));
        }
        match act {
            Act::Found(found) => self.take_found(at, placed, found),
            Act::Step(step) => self.take_step(at, placed, step, next, ancestry),
        }
        self.case.state = next;
        Fate::Taken(next)
    }

    fn take_found(&mut self, at: usize, placed: &Placed, found: &Found) {
        self.case.found = Some((placed.identity, placed.day()));
        self.fixers.clear();
        if found.suspected == Some(true) || found.level > 2 {
            self.suspicions.push(at);
        }
        if !self.case.judged {
            self.said_level = found.level.min(2);
        }
        if found.level == 0 {
            self.case.deadline = Some(placed.day());
        }
    }

    fn take_step(
        &mut self,
        at: usize,
        placed: &Placed,
        step: &CaseStep,
        next: State,
        ancestry: &Ancestry,
    ) {
        self.take_level(at, placed, step, next);
        if next != self.case.state {
            self.leave_parking(placed.day());
        }
        let day = step.date.map(|day| LocalDay(day.into()));
        match step.event {
            CaseEvent::Dispatched | CaseEvent::Extended => {
                self.case.deadline = day.or(self.case.deadline);
            }
            CaseEvent::Parked => {
                self.parked_on = Some(placed.day());
                self.case.review = day;
            }
            CaseEvent::Closed => self.end(placed, Ending::Closed),
            CaseEvent::FixedOnSpot => {
                self.case.deadline = None;
                self.end(placed, Ending::OnTheSpot);
            }
            CaseEvent::Merged => {
                self.case.merged_into = step.into;
                self.end(placed, Ending::Merged);
            }
            CaseEvent::Relapsed => {
                self.fixers.clear();
                self.case.deadline = None;
                let by = placed.identity;
                let relapse = self.case.end.take().map(|of| Relapse { by, of });
                self.case.relapses.extend(relapse);
            }
            CaseEvent::Suspected3 => self.suspicions.push(at),
            CaseEvent::Judged3 => {
                self.case.judged = true;
                self.said_level = 3;
            }
            CaseEvent::SuspicionWithdrawn => self
                .suspicions
                .retain(|&suspicion| !ancestry.precedes(suspicion, at)),
            CaseEvent::Registered
            | CaseEvent::Accepted
            | CaseEvent::Returned
            | CaseEvent::Rectifying
            | CaseEvent::Reported
            | CaseEvent::Rechecked
            | CaseEvent::HandedOver => {}
        }
    }

    /// A level from now on. Only the fire body says 3, by judging: in any other step it is a
    /// suspicion, and what was judged only the fire body lowers.
    fn take_level(&mut self, at: usize, placed: &Placed, step: &CaseStep, next: State) {
        let Some(level) = step.level else {
            return;
        };
        if step.event == CaseEvent::Judged3 {
            return;
        }
        if level > 2 {
            self.suspicions.push(at);
        }
        if !self.case.judged || placed.role == crate::role::Role::FireBody {
            self.said_level = level.min(2);
        }
        if level == 0 && next.is_open() && self.case.deadline.is_none() {
            self.case.deadline = Some(placed.day());
        }
    }

    /// The clock goes on: the days parked are added to the time limit.
    fn leave_parking(&mut self, today: LocalDay) {
        if let Some(since) = self.parked_on.take() {
            let stopped = (today.0 - since.0).max(0);
            self.case.deadline = self.case.deadline.map(|day| day.plus(stopped));
            self.case.review = None;
        }
    }

    fn end(&mut self, placed: &Placed, how: Ending) {
        self.case.end = Some(End {
            by: placed.identity,
            time: placed.stands_at(),
            how,
        });
    }

    fn finish(self) -> CaseState {
        let level = self.level();
        CaseState {
            level: self.case.found.map(|_| level),
            suspected: !self.suspicions.is_empty(),
            clock_stopped: self.parked_on.is_some(),
            fixers: self.fixers.into_iter().collect(),
            ..self.case
        }
    }
}

#[cfg(test)]
mod tests;
