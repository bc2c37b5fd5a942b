//! Where each case stands: its events in the order of what their writers had seen, each judged where it
//! stands. What is not legal there is a claim.

use std::collections::BTreeSet;

use doorstep_model::entry::{Body, CaseEvent, CaseStep, Found};
use doorstep_model::ids::{Identity, PersonId};
use doorstep_model::role::Role;
use doorstep_model::time::LocalDay;

use super::about::{About, Known};
use super::lines::mark;
use super::said::{Epochs, Said, Standing};
use super::table::{Row, Table, row};

/// The events of a case and what precedes what.
struct Course<'a> {
    events: Vec<&'a Said>,
    /// Pairs (earlier, later) of positions in `events`.
    follows: BTreeSet<(usize, usize)>,
}

impl<'a> Course<'a> {
    fn of(about: &About<'a>, epochs: &Epochs) -> Self {
        let mut course = Self {
            events: events(about),
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
                let apart =
                    end != event && !reaches(&after, end, event) && !reaches(&after, event, end);
                let had = || about.copies(ends).any(|copy| epochs.covers(said, copy));
                if apart && is_ending(ends) && had() {
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
            other != at && !reaches(&self.follows, at, other) && !reaches(&self.follows, other, at)
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
fn events<'a>(about: &About<'a>) -> Vec<&'a Said> {
    let held = about
        .beside
        .iter()
        .filter(|said| said.standing == Standing::Held);
    about
        .counting
        .iter()
        .chain(held)
        .filter(|said| {
            matches!(
                said.entry.body,
                Body::Found(_) | Body::CaseStep(_) | Body::Unread { .. }
            )
        })
        .copied()
        .collect()
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
struct Case<'a> {
    found_by: &'a Said,
    found: &'a Found,
    state: &'static str,
    level: u8,
    /// Positions of the events that suspect it of level 3 and that nobody took back.
    suspicions: BTreeSet<usize>,
    judged: bool,
    deadline: Option<i64>,
    parked: Option<i64>,
    review: Option<i64>,
    rectified: Option<i64>,
    merged: Option<Identity>,
    fixers: BTreeSet<PersonId>,
}

impl<'a> Case<'a> {
    fn found(at: usize, said: &'a Said, found: &'a Found) -> Self {
        let is_suspected = found.suspected == Some(true) || found.level > 2;
        Self {
            found_by: said,
            found,
            state: "found",
            level: found.level.min(2),
            suspicions: is_suspected.then_some(at).into_iter().collect(),
            judged: false,
            // What could be put right at once has until the day ends.
            deadline: (found.level == 0).then_some(day(said)),
            parked: None,
            review: None,
            rectified: None,
            merged: None,
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
        // What it is said to be with the step counts for the step.
        let level = self.level().max(step.level.unwrap_or(0));
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
                    && level <= 1
                    && self.suspicions.is_empty()
                    && !beside
            }
            CaseEvent::Merged => from(&["registered"]) && office && !beside,
            CaseEvent::Dispatched => {
                from(&[
                    "registered",
                    "returned",
                    "recheck_failed",
                    "parked",
                    "relapsed",
                ]) && office
            }
            CaseEvent::Accepted => from(&["dispatched"]) && department,
            CaseEvent::Returned => {
                from(&["dispatched", "handed_over"]) && department && said_something(&step.note)
            }
            CaseEvent::Rectifying => {
                let at_once = from(&["registered"]) && level <= 1;
                (from(&["accepted", "recheck_failed", "parked", "relapsed"]) || at_once)
                    && department
            }
            CaseEvent::Reported => from(&["rectifying", "recheck_failed"]) && department,
            CaseEvent::Rechecked => {
                let again = from(&["recheck_passed"]) && step.passed == Some(false);
                (from(&["reported", "handed_over"]) || again) && !is_fixer && step.passed.is_some()
            }
            CaseEvent::Closed => from(&["recheck_passed"]) && office && !is_fixer && !beside,
            CaseEvent::Extended => {
                let other = step.approved_by;
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
    fn take(&mut self, at: usize, said: &Said, step: &CaseStep, course: &Course<'_>) -> bool {
        let after = self.after(said, step, course.has_something_beside(at));
        if matches!(step.event, CaseEvent::Rectifying | CaseEvent::Reported) {
            self.fixers.insert(said.person);
        }
        let Some(after) = after else {
            return false;
        };
        if after != self.state {
            self.go_on(day(said));
        }
        self.state = after;
        self.take_level(at, said, step);
        let date = step.date.map(i64::from);
        match step.event {
            CaseEvent::Dispatched | CaseEvent::Extended => self.deadline = date.or(self.deadline),
            CaseEvent::Parked => {
                self.parked = Some(day(said));
                self.review = date;
            }
            CaseEvent::Suspected3 => {
                self.suspicions.insert(at);
            }
            // Only what the office had seen.
            CaseEvent::SuspicionWithdrawn => self
                .suspicions
                .retain(|suspicion| !reaches(&course.follows, *suspicion, at)),
            CaseEvent::Judged3 => {
                self.judged = true;
                self.level = 3;
            }
            CaseEvent::Relapsed => {
                self.fixers.clear();
                self.rectified = None;
                self.deadline = None;
            }
            CaseEvent::Closed => self.rectified = Some(day(said)),
            CaseEvent::FixedOnSpot => {
                self.rectified = Some(day(said));
                self.deadline = None;
            }
            CaseEvent::Merged => self.merged = step.into.map(|case| case.0),
            _ => {}
        }
        true
    }

    /// The days parked are added to the time limit.
    fn go_on(&mut self, today: i64) {
        if let Some(since) = self.parked.take() {
            let stopped = (today - since).max(0);
            self.deadline = self.deadline.map(|deadline| deadline + stopped);
            self.review = None;
        }
    }

    /// Only the fire body says 3, and what it judged only it lowers.
    fn take_level(&mut self, at: usize, said: &Said, step: &CaseStep) {
        let Some(level) = step.level.filter(|_| step.event != CaseEvent::Judged3) else {
            return;
        };
        if level > 2 {
            self.suspicions.insert(at);
        }
        if !self.judged || said.role == Role::FireBody {
            self.level = level.min(2);
        }
        if level == 0 && self.is_open() && self.deadline.is_none() {
            self.deadline = Some(day(said));
        }
    }
}

fn day(said: &Said) -> i64 {
    LocalDay::of(said.time).0
}

/// Goes through the events of a case. Nothing when its finding does not count.
fn fold<'a>(about: &About<'a>, epochs: &Epochs) -> Option<(Case<'a>, Vec<String>)> {
    let course = Course::of(about, epochs);
    let mut case: Option<Case<'_>> = None;
    let mut claims = Vec::new();
    for at in course.in_order() {
        let said = course.events[at];
        if said.standing == Standing::Held {
            continue;
        }
        let taken = match (&said.entry.body, &mut case) {
            (Body::Found(found), None) => {
                case = Some(Case::found(at, said, found));
                true
            }
            (Body::CaseStep(step), Some(case)) => case.take(at, said, step, &course),
            (Body::Unread { .. }, _) => true,
            _ => false,
        };
        if !taken {
            claims.push(said.identity.to_string());
        }
    }
    case.map(|case| (case, claims))
}

/// Every case and where it stands. Why a step is a claim is not compared: of several reasons the
/// product names one.
pub fn matters(known: &Known<'_>, epochs: &Epochs) -> Table {
    let rows = known.things().filter_map(|(id, about)| {
        about.first(|body| matches!(body, Body::Found(_)).then_some(()))?;
        let (case, claims) = fold(about, epochs)?;
        Some(matter(id, &case, &claims, photos(about)))
    });
    Table {
        name: "matter",
        columns: "id, class, kind, place, asset, state, open, level, suspected, judged, found_at, \
                  found_by, round, campaign, deadline, stopped, review, rectified, on_spot, \
                  duplicate, merged, note, photos, mark, \
                  (SELECT json_group_array(claim.value ->> 0) FROM json_each(claims) AS claim)",
        rows: rows.collect(),
    }
}

fn matter(id: Identity, case: &Case<'_>, claims: &[String], photos: usize) -> Row {
    let found = case.found;
    row![
        id,
        found.class as u8,
        &found.kind,
        found.place.identity(),
        found.asset.map(|asset| asset.0),
        case.state,
        case.is_open(),
        case.level(),
        !case.suspicions.is_empty(),
        case.judged,
        case.found_by.time,
        case.found_by.person.identity(),
        found.round.map(|round| round.to_bytes()),
        found.campaign,
        case.deadline,
        case.parked.is_some(),
        case.review,
        case.rectified,
        case.state == "fixed_on_spot",
        case.state == "merged",
        case.merged,
        found.note.clone(),
        photos,
        mark(case.found_by),
        serde_json::json!(claims).to_string(),
    ]
}

/// Of everything written about it, also of what is held.
fn photos(about: &About<'_>) -> usize {
    let said = about.counting.iter().chain(&about.beside);
    said.map(|said| match &said.entry.body {
        Body::Found(found) => &found.photos,
        Body::CaseStep(step) => &step.photos,
        Body::Note(note) => &note.photos,
        _ => &None,
    })
    .map(|photos| photos.as_ref().map_or(0, Vec::len))
    .sum()
}
