//! Explains one case: its events as a line of JSON, what the fold makes of them as another. The
//! schemas stand in the docs; the rules stand in `facts::cases`.

use serde_json::{Map, Value, json};

use super::line::{At, Names, Said, date_text, person, placed, unique};
use super::{Question, Refusal, answer};
use crate::entry::{Body, CaseClass, CaseEvent, CaseStep, Entry, Found, Note};
use crate::facts::cases::{self, CaseState};
use crate::facts::{FeedPoint, Placed, Standing};
use crate::ids::{CaseId, EpochId, Identity, PersonId, PlaceId};
use crate::role::Role;

/// One event, as the line says it. What is not listed here is passed over.
struct Event {
    id: String,
    kind: String,
    by: Option<String>,
    role: Role,
    at: At,
    after: Vec<String>,
    level: Option<u8>,
    passed: Option<bool>,
    suspected: Option<bool>,
    reason: Option<String>,
    deadline: Option<u32>,
    review_date: Option<u32>,
    body: Option<String>,
    receipt: Option<String>,
    approved_by: Option<String>,
    into: Option<String>,
    asker: Option<String>,
    standing: Standing,
    /// Positions in the feed at which the event was received.
    received: Vec<u64>,
    /// The feed's position that its segment's writer held.
    seen: Option<u64>,
    /// The whole object, by which an event given twice is one.
    raw: Value,
}

/// Answers one line; an answer has the line's `id`, and `error` where the line cannot be read.
pub fn explain_case(line: &str) -> Value {
    answer(line, explain)
}

fn explain(question: &Question) -> Result<Map<String, Value>, Refusal> {
    let events = question.objects("events")?;
    let events: Vec<Event> = events.iter().map(Event::read).collect::<Result<_, _>>()?;
    let ids = events.iter().flat_map(|event| {
        std::iter::once(&event.id)
            .chain(&event.after)
            .chain(&event.into)
    });
    let names = Names::of(ids);
    let authors = Names::of(events.iter().filter_map(|event| event.by.as_ref()));
    let entries: Vec<Placed> = events
        .iter()
        .map(|event| event.placed(&names, &authors))
        .collect();
    unique(&entries, &names)?;
    Ok(told(&cases::fold(&entries), &names))
}

/// The answer's fields.
fn told(case: &CaseState, names: &Names) -> Map<String, Value> {
    let claims: Vec<Value> = case
        .claims()
        .map(|(identity, why)| json!({"id": names.text(identity), "why": why.code()}))
        .collect();
    let order: Vec<&str> = case
        .steps
        .iter()
        .map(|step| names.text(step.identity))
        .collect();
    let fields = [
        ("state", json!(case.state.name())),
        ("open", json!(case.open())),
        ("level", json!(case.level)),
        ("suspected3", json!(case.suspected)),
        ("judged3", json!(case.judged)),
        ("claims", json!(claims)),
        ("order", json!(order)),
        ("deadline", json!(case.deadline.and_then(date_text))),
    ];
    fields
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

impl Event {
    fn read(question: &Question) -> Result<Self, Refusal> {
        let text = |field| Ok(question.text(field)?.map(str::to_owned));
        let level = question.whole("level", 0..=3, "expected.level")?;
        Ok(Self {
            id: question.required_text("id")?.to_owned(),
            kind: question.required_text("kind")?.to_owned(),
            by: text("by")?,
            role: role(question)?,
            at: question.required_at("at")?,
            after: question.texts("after")?,
            level: level.and_then(|level| u8::try_from(level).ok()),
            passed: passed(question)?,
            suspected: question.flag("suspected")?,
            reason: text("reason")?,
            deadline: day(question, "deadline")?,
            review_date: day(question, "review_date")?,
            body: text("body")?,
            receipt: text("receipt")?,
            approved_by: text("approved_by")?,
            into: text("into")?,
            asker: text("asker")?,
            standing: standing(question)?,
            received: question.positions("received")?,
            seen: question.position("seen")?,
            raw: question.value(),
        })
    }

    fn placed(&self, names: &Names, authors: &Names) -> Placed {
        let after: Vec<Identity> = self.after.iter().map(|id| names.identity(id)).collect();
        let said = Said {
            id: &self.id,
            person: self.by(),
            author: self.by(),
            role: self.role,
            at: self.at,
            standing: self.standing,
            raw: &self.raw,
        };
        let entry = Entry::new(self.said(names), self.at.seconds).after(after);
        let mut placed = placed(&said, names, authors, entry);
        placed.received = self.received.iter().copied().map(point).collect();
        placed.seen = self.seen.map(point);
        placed
    }

    /// The person, the same one wherever nobody is named.
    fn by(&self) -> &str {
        self.by.as_deref().unwrap_or_default()
    }

    /// What the event says. A kind that is not known here is an unknown kind there too.
    fn said(&self, names: &Names) -> Body {
        let event = match self.kind.as_str() {
            "found" => return self.found().into(),
            "note" | "photo" => return self.note().into(),
            "registered" => CaseEvent::Registered,
            "merged" => CaseEvent::Merged,
            "fixed_on_spot" => CaseEvent::FixedOnSpot,
            "dispatched" => CaseEvent::Dispatched,
            "accepted" => CaseEvent::Accepted,
            "returned" => CaseEvent::Returned,
            "rectifying" => CaseEvent::Rectifying,
            "reported" => CaseEvent::Reported,
            "rechecked" => CaseEvent::Rechecked,
            "closed" => CaseEvent::Closed,
            "extended" => CaseEvent::Extended,
            "parked" => CaseEvent::Parked,
            "handed_over" => CaseEvent::HandedOver,
            "relapsed" => CaseEvent::Relapsed,
            "suspected3" => CaseEvent::Suspected3,
            "judged3" => CaseEvent::Judged3,
            "suspicion_withdrawn" => CaseEvent::SuspicionWithdrawn,
            _ => return Body::Unread { kind: u16::MAX },
        };
        self.step(event, names).into()
    }

    fn found(&self) -> Found {
        Found {
            class: CaseClass::Hazard,
            kind: String::new(),
            place: PlaceId(Identity::of_hash([0; 16])),
            asset: None,
            level: self.level.unwrap_or(1),
            suspected: self.suspected,
            note: self.reason.clone(),
            photos: None,
            round: None,
            campaign: None,
        }
    }

    fn note(&self) -> Note {
        Note {
            text: self.reason.clone().unwrap_or_default(),
            photos: None,
        }
    }

    fn step(&self, event: CaseEvent, names: &Names) -> CaseStep {
        CaseStep {
            event,
            note: self.reason.clone(),
            date: match event {
                CaseEvent::Parked => self.review_date,
                _ => self.deadline,
            },
            body: self.body.clone(),
            receipt: self.receipt.clone(),
            into: self.into.as_deref().map(|id| CaseId(names.identity(id))),
            passed: self.passed,
            level: self.level,
            approved_by: self.approval(),
            helpers: None,
            photos: None,
        }
    }

    /// Who approved, as the entry has it: beside its writer. Where the line names an asker, asker
    /// and approver are compared instead; the writer approves what another asked for.
    fn approval(&self) -> Option<PersonId> {
        let Some(asker) = &self.asker else {
            return self.approved_by.as_deref().map(person);
        };
        let by = self.by();
        let approver = self.approved_by.as_deref().unwrap_or(by);
        let other = if approver == asker {
            by
        } else if approver == by {
            asker
        } else {
            approver
        };
        Some(person(other))
    }
}

fn point(position: u64) -> FeedPoint {
    FeedPoint {
        epoch: EpochId([0; 8]),
        position,
    }
}

/// A day that may be absent: a date, or the local day of an instant.
fn day(question: &Question, field: &str) -> Result<Option<u32>, Refusal> {
    let Some(at) = question.at(field)? else {
        return Ok(None);
    };
    match u32::try_from(at.day().0) {
        Ok(day) => Ok(Some(day)),
        // Before 1970: no deadline of anybody's.
        Err(_) => Err(question.bad_time(field, question.text(field)?.unwrap_or_default())),
    }
}

/// The role; without one, a volunteer.
fn role(question: &Question) -> Result<Role, Refusal> {
    match question.text("role")? {
        None => Ok(Role::Volunteer),
        Some("office") => Ok(Role::Clerk),
        Some("fire") => Ok(Role::FireBody),
        Some(text) => text
            .parse()
            .map_err(|_| question.expected("role", "expected.role")),
    }
}

fn standing(question: &Question) -> Result<Standing, Refusal> {
    match question.text("standing")? {
        None | Some("counts" | "accepted" | "released") => Ok(Standing::Counts),
        Some("held") => Ok(Standing::Held),
        Some("quarantined" | "refused") => Ok(Standing::Quarantined),
        Some(_) => Err(question.expected("standing", "expected.standing")),
    }
}

fn passed(question: &Question) -> Result<Option<bool>, Refusal> {
    match question.text("result")? {
        None => Ok(None),
        Some("pass" | "passed") => Ok(Some(true)),
        Some("fail" | "failed") => Ok(Some(false)),
        Some(_) => Err(question.expected("result", "expected.pass_or_fail")),
    }
}

#[cfg(test)]
mod tests;
