//! Where each case stands: its events in the order of what their writers had seen, each judged where it
//! stands. What is not legal there is a claim.

use std::collections::{BTreeMap, BTreeSet};

use doorstep_model::entry::{Body, CaseEvent, CaseStep, Found};
use doorstep_model::ids::Identity;
use doorstep_model::role::Role;
use doorstep_model::time::LocalDay;
use rusqlite::Connection;

use super::said::{Epochs, Person, Said, Standing};
use super::standing::once;
use super::{is_undone, read_ids, same, story};
use crate::broken::{Broken, Checked, Promise};

/// Document kind of cases.
const CASE: u8 = 3;

/// Where a case stands.
#[derive(Debug, PartialEq, Eq)]
struct Stands {
    state: String,
    open: bool,
    level: u8,
    suspected: bool,
    judged: bool,
    found_at: i64,
    found_by: Option<Identity>,
    rectified: Option<i64>,
    claims: BTreeSet<Identity>,
}

/// The events of a case and what precedes what.
struct Course<'a> {
    events: Vec<&'a Said>,
    /// Pairs (earlier, later) of positions in `events`.
    follows: BTreeSet<(usize, usize)>,
}

impl<'a> Course<'a> {
    fn of(all: &'a [Said], case: Identity, epochs: &Epochs) -> Self {
        let mut course = Self {
            events: events(all, case),
            follows: BTreeSet::new(),
        };
        let all_named = course.named();
        course.follows = all_named
            .iter()
            .filter(|(earlier, later)| !reaches(&all_named, *later, *earlier))
            .copied()
            .collect();
        let after = course.follows.clone();
        for (end, ends) in course.events.iter().enumerate() {
            for (event, said) in course.events.iter().enumerate() {
                let apart = end != event
                    && !reaches(&after, end, event)
                    && !reaches(&after, event, end);
                if apart && is_ending(ends) && epochs.covers(said, ends) {
                    course.follows.insert((end, event));
                }
            }
        }
        course
    }

    /// What each event's writer had seen of the others.
    fn named(&self) -> BTreeSet<(usize, usize)> {
        let mut named = BTreeSet::new();
        for (later, said) in self.events.iter().enumerate() {
            for seen in said.entry.envelope.after.iter().flatten() {
                for (earlier, other) in self.events.iter().enumerate() {
                    if other.identity == *seen && earlier != later {
                        named.insert((earlier, later));
                    }
                }
            }
        }
        named
    }

    /// Of those whose predecessors have all been taken the first in order, again and again.
    fn in_order(&self) -> Vec<usize> {
        let mut left: BTreeSet<usize> = (0..self.events.len()).collect();
        let mut order = Vec::new();
        while !left.is_empty() {
            let may_come = |at: &&usize| {
                !self
                    .follows
                    .iter()
                    .any(|(earlier, later)| later == *at && left.contains(earlier))
            };
            let next = left
                .iter()
                .filter(may_come)
                .min_by_key(|at| self.events[**at].order())
                .copied();
            let Some(next) = next else { break };
            left.remove(&next);
            order.push(next);
        }
        order
    }

    /// An event that neither precedes nor follows it.
    fn has_something_beside(&self, at: usize) -> bool {
        (0..self.events.len()).any(|other| {
            other != at
                && !reaches(&self.follows, at, other)
                && !reaches(&self.follows, other, at)
        })
    }
}

/// Whether a chain of pairs leads from one to the other.
fn reaches(pairs: &BTreeSet<(usize, usize)>, from: usize, to: usize) -> bool {
    let mut reached = BTreeSet::from([from]);
    loop {
        let further: Vec<usize> = pairs
            .iter()
            .filter(|(earlier, later)| reached.contains(earlier) && !reached.contains(later))
            .map(|(_, later)| *later)
            .collect();
        if further.is_empty() {
            return reached.contains(&to);
        }
        reached.extend(further);
    }
}

/// Everything known to have happened to a case: what counts, and what is held.
fn events(all: &[Said], case: Identity) -> Vec<&Said> {
    let of_case = |said: &&Said| said.subject == case && said.document.0 == CASE;
    let counting = once(
        all.iter()
            .filter(of_case)
            .filter(|said| said.standing == Standing::Counts),
    );
    let held = once(
        all.iter()
            .filter(of_case)
            .filter(|said| said.standing == Standing::Held),
    );
    let is_event = |said: &&Said| {
        matches!(
            said.entry.body,
            Body::Found(_) | Body::CaseStep(_) | Body::Unread { .. }
        )
    };
    let mut events: Vec<&Said> = counting
        .iter()
        .filter(|said| !is_undone(&counting, said))
        .copied()
        .collect();
    events.extend(held.iter().filter(|said| {
        !counting
            .iter()
            .any(|other| other.identity == said.identity && other.content == said.content)
    }));
    events.retain(is_event);
    events
}

fn is_ending(said: &Said) -> bool {
    let Body::CaseStep(step) = &said.entry.body else {
        return false;
    };
    matches!(
        step.event,
        CaseEvent::Closed | CaseEvent::FixedOnSpot | CaseEvent::Merged
    )
}

/// A case while its events are gone through.
struct Case {
    state: &'static str,
    level: u8,
    suspected: bool,
    judged: bool,
    found: (i64, Person),
    rectified: Option<i64>,
    fixers: BTreeSet<Person>,
}

impl Case {
    fn found(said: &Said, found: &Found) -> Self {
        Self {
            state: "found",
            level: found.level.min(2),
            suspected: found.suspected == Some(true) || found.level > 2,
            judged: false,
            found: (said.time, said.person),
            rectified: None,
            fixers: BTreeSet::new(),
        }
    }

    /// Unfixed, nothing is of level 0.
    fn level(&self) -> u8 {
        match self.state {
            "fixed_on_spot" => self.level,
            _ => self.level.max(1),
        }
    }

    fn is_open(&self) -> bool {
        !["merged", "fixed_on_spot", "closed"].contains(&self.state)
    }

    /// The state that a step leads to, if it is legal here.
    fn after(&self, said: &Said, step: &CaseStep, beside: bool) -> Option<&'static str> {
        let office = said.role.is_office();
        let department = said.role != Role::Volunteer;
        let is_fixer = self.fixers.contains(&said.person);
        let from = |states: &[&str]| states.contains(&self.state);
        let under_way = from(&[
            "registered",
            "dispatched",
            "accepted",
            "rectifying",
            "returned",
            "recheck_failed",
        ]);
        let said_something = |text: &Option<String>| text.as_ref().is_some_and(|t| !t.is_empty());
        let legal = match step.event {
            CaseEvent::Registered => from(&["found", "relapsed"]) && office,
            CaseEvent::FixedOnSpot => {
                from(&["found", "registered", "relapsed"])
                    && step.level.unwrap_or(self.level()) <= 1
                    && !self.suspected
                    && !beside
            }
            CaseEvent::Merged => from(&["registered"]) && office && !beside,
            CaseEvent::Dispatched => {
                from(&["registered", "returned", "recheck_failed", "parked", "relapsed"]) && office
            }
            CaseEvent::Accepted => from(&["dispatched"]) && department,
            CaseEvent::Returned => {
                from(&["dispatched", "handed_over"]) && department && said_something(&step.note)
            }
            CaseEvent::Rectifying => {
                let at_once = from(&["registered"]) && self.level() <= 1;
                (from(&["accepted", "recheck_failed", "parked", "relapsed"]) || at_once)
                    && department
            }
            CaseEvent::Reported => from(&["rectifying", "recheck_failed"]) && department,
            CaseEvent::Rechecked => {
                let again = from(&["recheck_passed"]) && step.passed == Some(false);
                (from(&["reported", "handed_over"]) || again)
                    && !is_fixer
                    && step.passed.is_some()
            }
            CaseEvent::Closed => from(&["recheck_passed"]) && office && !is_fixer && !beside,
            CaseEvent::Extended => {
                let other = step.approved_by.map(Person::Named);
                from(&["dispatched", "accepted", "rectifying", "recheck_failed"])
                    && office
                    && other.is_some_and(|other| other != said.person)
            }
            CaseEvent::Parked => under_way && office && step.date.is_some(),
            CaseEvent::HandedOver => {
                (under_way || from(&["parked"]))
                    && office
                    && said_something(&step.body)
                    && said_something(&step.receipt)
            }
            CaseEvent::Relapsed => from(&["closed", "fixed_on_spot"]),
            CaseEvent::Suspected3 => true,
            CaseEvent::Judged3 => said.role == Role::FireBody,
            CaseEvent::SuspicionWithdrawn => office && said_something(&step.note),
        };
        legal.then_some(match step.event {
            CaseEvent::Registered => "registered",
            CaseEvent::FixedOnSpot => "fixed_on_spot",
            CaseEvent::Merged => "merged",
            CaseEvent::Dispatched => "dispatched",
            CaseEvent::Accepted => "accepted",
            CaseEvent::Returned => "returned",
            CaseEvent::Rectifying => "rectifying",
            CaseEvent::Reported => "reported",
            CaseEvent::Rechecked if step.passed == Some(true) => "recheck_passed",
            CaseEvent::Rechecked => "recheck_failed",
            CaseEvent::Closed => "closed",
            CaseEvent::Parked => "parked",
            CaseEvent::HandedOver => "handed_over",
            CaseEvent::Relapsed => "relapsed",
            CaseEvent::Extended
            | CaseEvent::Suspected3
            | CaseEvent::Judged3
            | CaseEvent::SuspicionWithdrawn => self.state,
        })
    }

    /// Takes a step, or says that it is a claim.
    fn take(&mut self, said: &Said, step: &CaseStep, beside: bool) -> bool {
        let after = self.after(said, step, beside);
        if matches!(step.event, CaseEvent::Rectifying | CaseEvent::Reported) {
            self.fixers.insert(said.person);
        }
        let Some(after) = after else {
            return false;
        };
        self.state = after;
        match step.level {
            Some(level @ 0..=2) => self.level = level,
            Some(_) => self.suspected = true,
            None => {}
        }
        match step.event {
            CaseEvent::Suspected3 => self.suspected = true,
            CaseEvent::SuspicionWithdrawn => self.suspected = false,
            CaseEvent::Judged3 => {
                self.judged = true;
                self.level = 3;
            }
            CaseEvent::Relapsed => {
                self.fixers.clear();
                self.rectified = None;
            }
            CaseEvent::Closed | CaseEvent::FixedOnSpot => {
                self.rectified = Some(LocalDay::of(said.time).0);
            }
            _ => {}
        }
        true
    }
}

/// Goes through the events of a case. Nothing when its finding does not count.
fn fold(all: &[Said], case: Identity, epochs: &Epochs) -> Option<Stands> {
    let course = Course::of(all, case, epochs);
    let mut stands: Option<Case> = None;
    let mut claims = BTreeSet::new();
    for at in course.in_order() {
        let said = course.events[at];
        if said.standing == Standing::Held {
            continue;
        }
        let taken = match (&said.entry.body, &mut stands) {
            (Body::Found(found), None) => {
                stands = Some(Case::found(said, found));
                true
            }
            (Body::CaseStep(step), Some(case)) => {
                case.take(said, step, course.has_something_beside(at))
            }
            (Body::Unread { .. }, _) => true,
            _ => false,
        };
        if !taken {
            claims.insert(said.identity);
        }
    }
    stands.map(|case| Stands {
        state: case.state.to_owned(),
        open: case.is_open(),
        level: case.level(),
        suspected: case.suspected,
        judged: case.judged,
        found_at: case.found.0,
        found_by: match case.found.1 {
            Person::Named(person) => Some(person.identity()),
            Person::Holder(_) => None,
        },
        rectified: case.rectified,
        claims,
    })
}

/// Every case's row says where it stands.
///
/// # Errors
/// A row that differs.
pub fn agrees(connection: &Connection, all: &[Said], counting: &[&Said]) -> Checked<()> {
    let epochs = Epochs::read(connection)?;
    let found: BTreeSet<Identity> = counting
        .iter()
        .filter(|said| matches!(said.entry.body, Body::Found(_)))
        .map(|said| said.subject)
        .collect();
    let stand: BTreeMap<Identity, Stands> = found
        .into_iter()
        .filter_map(|case| Some((case, fold(all, case, &epochs)?)))
        .collect();
    let cases: BTreeSet<Identity> = stand.keys().copied().collect();
    let rows = read_ids(connection, "SELECT id FROM matter")?;
    same("every case", &rows, &cases)?;
    for (case, naive) in stand {
        let everything: Vec<&Said> = all.iter().collect();
        same(
            format_args!("case {case} {epochs:?}, of which\n{}\n", story(&everything, case)),
            &row(connection, case)?,
            &naive,
        )?;
    }
    Ok(())
}

fn row(connection: &Connection, case: Identity) -> Checked<Stands> {
    let mut select = connection.prepare_cached(
        "SELECT state, open, level, suspected, judged, found_at, found_by, rectified, claims \
         FROM matter WHERE id = ?1",
    )?;
    let (mut row, claims): (Stands, String) = select.query_row([case.as_bytes()], |row| {
        let stands = Stands {
            state: row.get(0)?,
            open: row.get(1)?,
            level: row.get(2)?,
            suspected: row.get(3)?,
            judged: row.get(4)?,
            found_at: row.get(5)?,
            found_by: Identity::from_slice(&row.get::<_, Vec<u8>>(6)?),
            rectified: row.get(7)?,
            claims: BTreeSet::new(),
        };
        Ok((stands, row.get(8)?))
    })?;
    let unreadable = || Broken::new(Promise::Failed, format!("claims {claims}"));
    let listed: Vec<(String, String)> = serde_json::from_str(&claims).map_err(|_| unreadable())?;
    for (event, _) in listed {
        row.claims.insert(event.parse().map_err(|_| unreadable())?);
    }
    Ok(row)
}
