//! Explains one case: its events as a line of JSON, what the fold makes of them as another. The
//! schemas stand in the docs; the rules stand in `facts::cases`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::line::{Names, Refusal, Said, answer, at, date_text, day, person, placed, unique};
use crate::entry::{Body, CaseClass, CaseEvent, CaseStep, Entry, Found, Note};
use crate::facts::cases::{self, CaseState};
use crate::facts::{FeedPoint, Placed, Standing};
use crate::ids::{CaseId, EpochId, Identity, PersonId, PlaceId};
use crate::role::Role;

#[derive(Deserialize)]
struct Question {
    events: Vec<Value>,
}

/// One event, as the line says it. What is not listed here is passed over.
#[derive(Deserialize)]
struct Event {
    id: String,
    kind: String,
    by: Option<String>,
    role: Option<String>,
    at: String,
    after: Option<Vec<String>>,
    level: Option<u8>,
    result: Option<String>,
    suspected: Option<bool>,
    reason: Option<String>,
    deadline: Option<String>,
    review_date: Option<String>,
    body: Option<String>,
    receipt: Option<String>,
    approved_by: Option<String>,
    into: Option<String>,
    asker: Option<String>,
    standing: Option<String>,
    /// Positions in the feed at which the event was received.
    received: Option<Vec<u64>>,
    /// The feed's position that its segment's writer held.
    seen: Option<u64>,
}

/// Answers one line; an answer has the line's `id`, and `error` where the line cannot be read.
pub fn explain_case(line: &str) -> Value {
    answer(line, explain)
}

fn explain(question: Question) -> Result<Value, Refusal> {
    let mut events = Vec::with_capacity(question.events.len());
    for raw in question.events {
        let event: Event = serde_json::from_value(raw.clone()).map_err(|error| {
            let detail = error.to_string();
            Refusal::new(
                "bad_event",
                "事件读不懂",
                "an event cannot be read",
                &detail,
            )
        })?;
        events.push((event, raw));
    }
    let ids = events.iter().flat_map(|(event, _)| {
        std::iter::once(&event.id)
            .chain(event.after.iter().flatten())
            .chain(&event.into)
    });
    let names = Names::of(ids);
    let authors = Names::of(events.iter().filter_map(|(event, _)| event.by.as_ref()));
    let mut entries = Vec::with_capacity(events.len());
    for (event, raw) in events {
        entries.push(event.placed(raw, &names, &authors)?);
    }
    unique(&entries, &names)?;
    Ok(told(&cases::fold(&entries), &names))
}

/// The answer's fields.
fn told(case: &CaseState, names: &Names) -> Value {
    let claims: Vec<Value> = case
        .claims()
        .map(|(identity, why)| json!({"id": names.text(identity), "why": why.code()}))
        .collect();
    let order: Vec<&str> = case
        .steps
        .iter()
        .map(|step| names.text(step.identity))
        .collect();
    json!({
        "state": case.state.name(),
        "open": case.open(),
        "level": case.level,
        "suspected3": case.suspected,
        "judged3": case.judged,
        "claims": claims,
        "order": order,
        "deadline": case.deadline.and_then(date_text),
    })
}

impl Event {
    fn placed(&self, raw: Value, names: &Names, authors: &Names) -> Result<Placed, Refusal> {
        let at = at(&self.at)?;
        let after = self.after.iter().flatten();
        let after: Vec<Identity> = after.map(|id| names.identity(id)).collect();
        let said = Said {
            id: &self.id,
            person: self.by(),
            author: self.by(),
            role: role(self.role.as_deref())?,
            at,
            standing: standing(self.standing.as_deref())?,
            raw,
        };
        let entry = Entry::new(self.said(names)?, at.seconds).after(after);
        let mut placed = placed(&said, names, authors, entry);
        let received = self.received.iter().flatten();
        placed.received = received.copied().map(point).collect();
        placed.seen = self.seen.map(point);
        Ok(placed)
    }

    /// The person, the same one wherever nobody is named.
    fn by(&self) -> &str {
        self.by.as_deref().unwrap_or_default()
    }

    /// What the event says. A kind that is not known here is an unknown kind there too.
    fn said(&self, names: &Names) -> Result<Body, Refusal> {
        let event = match self.kind.as_str() {
            "found" => return Ok(self.found().into()),
            "note" | "photo" => return Ok(self.note().into()),
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
            _ => return Ok(Body::Unread { kind: u16::MAX }),
        };
        self.step(event, names).map(Body::from)
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

    fn step(&self, event: CaseEvent, names: &Names) -> Result<CaseStep, Refusal> {
        let date = match event {
            CaseEvent::Parked => self.review_date.as_deref(),
            _ => self.deadline.as_deref(),
        };
        let date = match date {
            Some(text) => Some(u32::try_from(day(text)?.0).map_err(|_| {
                let (zh, en) = ("日期太早", "the date is too early");
                Refusal::new("bad_time", zh, en, text)
            })?),
            None => None,
        };
        Ok(CaseStep {
            event,
            note: self.reason.clone(),
            date,
            body: self.body.clone(),
            receipt: self.receipt.clone(),
            into: self.into.as_deref().map(|id| CaseId(names.identity(id))),
            passed: passed(self.result.as_deref())?,
            level: self.level,
            approved_by: self.approval(),
            helpers: None,
            photos: None,
        })
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

/// The role of this text; without one, a volunteer.
fn role(text: Option<&str>) -> Result<Role, Refusal> {
    match text {
        None => Ok(Role::Volunteer),
        Some("office") => Ok(Role::Clerk),
        Some("fire") => Ok(Role::FireBody),
        Some(text) => text
            .parse()
            .map_err(|_| Refusal::new("bad_role", "没有这个角色", "no such role", text)),
    }
}

fn standing(text: Option<&str>) -> Result<Standing, Refusal> {
    match text {
        None | Some("counts" | "accepted" | "released") => Ok(Standing::Counts),
        Some("held") => Ok(Standing::Held),
        Some("quarantined" | "refused") => Ok(Standing::Quarantined),
        Some(text) => {
            let (zh, en) = ("没有这种处理结果", "no such standing");
            Err(Refusal::new("bad_standing", zh, en, text))
        }
    }
}

fn passed(text: Option<&str>) -> Result<Option<bool>, Refusal> {
    match text {
        None => Ok(None),
        Some("pass" | "passed") => Ok(Some(true)),
        Some("fail" | "failed") => Ok(Some(false)),
        Some(text) => {
            let (zh, en) = ("复查结果不是 pass 或 fail", "neither pass nor fail");
            Err(Refusal::new("bad_result", zh, en, text))
        }
    }
}

#[cfg(test)]
mod tests;
