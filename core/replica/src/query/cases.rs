//! Cases: lists of an area, and one case with its events in order, what was taken and what is only
//! claimed.

use doorstep_model::entry::{Body, CaseEvent};
use doorstep_model::facts::cases::{Fate, Why, fold};
use doorstep_model::ids::{AssetId, CaseId, Identity, PersonId, PhotoHash, PlaceId};
use doorstep_model::time::LocalDay;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::{Page, as_text, as_text_if_any, as_texts, key_parts, named, read_for};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::project;

/// One case in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseLine {
    /// The case.
    #[serde(serialize_with = "as_text")]
    pub id: CaseId,
    /// 0 hazard, 1 repair.
    pub class: u8,
    /// Hazard kind of the pack, or the fault to repair.
    pub kind: String,
    /// Where.
    #[serde(serialize_with = "as_text_if_any")]
    pub place: Option<PlaceId>,
    /// On which asset.
    #[serde(serialize_with = "as_text_if_any")]
    pub asset: Option<AssetId>,
    /// Where it stands.
    pub state: String,
    /// Not settled yet.
    pub open: bool,
    /// 0 to 3.
    pub level: u8,
    /// Suspected to be a major hazard.
    pub suspected: bool,
    /// When it was found.
    pub found_at: i64,
    /// Last day of the time limit.
    pub deadline: Option<i64>,
    /// The time limit is over on the day asked, and its clock runs.
    pub overdue: bool,
    /// Day of the effective end.
    pub rectified: Option<i64>,
    /// Put right at once.
    pub on_spot: bool,
    /// Events that were not legal where they stood.
    pub claims: u32,
    /// The finder's note.
    pub note: Option<String>,
    /// Photos named in it.
    pub photos: u32,
}

/// Which cases of an area.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CaseFilter {
    /// Not settled.
    #[default]
    Open,
    /// Not settled, and the time limit is over.
    Overdue,
    /// Settled.
    Settled,
}

const COLUMNS: &str = "id, class, kind, place, asset, state, open, level, suspected, found_at, \
                       deadline, stopped, rectified, on_spot, json_array_length(claims), note, \
                       photos";

/// The cases of an area, the latest found first.
pub(crate) fn cases(
    connection: &Connection,
    area: i64,
    filter: CaseFilter,
    after: Option<&str>,
    limit: usize,
    now: i64,
) -> Result<Page<CaseLine>> {
    let today = LocalDay::of(now);
    let (open, overdue) = match filter {
        CaseFilter::Open => (true, "1"),
        CaseFilter::Overdue => (true, "deadline < ?6 AND stopped = 0"),
        CaseFilter::Settled => (false, "1"),
    };
    let key = key_parts(after)
        .and_then(|[at, id]: [&str; 2]| Some((at.parse().ok()?, id.parse::<Identity>().ok()?)));
    let (before, id) = key.map_or((i64::MAX, None), |(at, id)| (at, Some(id)));
    let sql = format!(
        "SELECT {COLUMNS} FROM matter WHERE area = ?1 AND open = ?2 AND (found_at, id) < (?3, ?4) \
         AND {overdue} AND ?6 IS NOT NULL ORDER BY found_at DESC, id DESC LIMIT ?5"
    );
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query(params![
        area,
        open,
        before,
        id.as_ref().map_or(&[][..], Identity::as_bytes),
        read_for(limit),
        today.0
    ])?;
    let mut keyed = Vec::new();
    while let Some(row) = rows.next()? {
        let line = line(row, today)?;
        keyed.push((format!("{}|{}", line.found_at, line.id), line));
    }
    Ok(Page::of(keyed, limit))
}

/// The cases on an asset, open ones first.
pub(super) fn of_asset(connection: &Connection, id: AssetId, now: i64) -> Result<Vec<CaseLine>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM matter WHERE asset = ?1 ORDER BY open DESC, found_at DESC, id"
    );
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query([id.0.as_bytes()])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        lines.push(line(row, LocalDay::of(now))?);
    }
    Ok(lines)
}

fn line(row: &Row<'_>, today: LocalDay) -> Result<CaseLine> {
    let open: bool = row.get(6)?;
    let deadline: Option<i64> = row.get(10)?;
    let stopped: bool = row.get(11)?;
    Ok(CaseLine {
        id: CaseId(named(row, 0)?),
        class: row.get(1)?,
        kind: row.get(2)?,
        place: project::identity(row, 3)?.map(PlaceId),
        asset: project::identity(row, 4)?.map(AssetId),
        state: row.get(5)?,
        open,
        level: row.get(7)?,
        suspected: row.get(8)?,
        found_at: row.get(9)?,
        deadline,
        overdue: open && !stopped && deadline.is_some_and(|day| day < today.0),
        rectified: row.get(12)?,
        on_spot: row.get(13)?,
        claims: row.get(14)?,
        note: row.get(15)?,
        photos: row.get(16)?,
    })
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CasePage {
    /// As in lists.
    pub case: CaseLine,
    /// Everything said about it, in the order in which it is judged.
    pub events: Vec<EventLine>,
    /// Who put it right since it was found or came back: they neither re-check nor close.
    #[serde(serialize_with = "as_texts")]
    pub fixers: Vec<PersonId>,
    /// Identities that a new event has to name as seen: everything that no other event names.
    #[serde(serialize_with = "as_texts")]
    pub latest: Vec<Identity>,
}

/// One thing said about a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventLine {
    /// The entry.
    #[serde(serialize_with = "as_text")]
    pub entry: Identity,
    /// `found`, the step's name, `note`, or `unread`.
    pub kind: &'static str,
    /// Who.
    #[serde(serialize_with = "as_text")]
    pub person: PersonId,
    /// When.
    pub time: i64,
    /// The state after it, if it was taken.
    pub state: Option<&'static str>,
    /// Why it is only a claim.
    pub claim: Option<Claim>,
    /// What was written.
    pub note: Option<String>,
    /// Deadline or review day.
    pub day: Option<u32>,
    /// Handling body.
    pub body: Option<String>,
    /// Photos, by hash.
    #[serde(serialize_with = "as_texts")]
    pub photos: Vec<PhotoHash>,
}

/// Why something said about a case is only a claim, as a code of the message catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// The code, `case.…`.
    pub code: &'static str,
    /// What its text names, by argument.
    pub details: Vec<(&'static str, String)>,
}

impl Claim {
    pub(crate) fn of(why: &Why) -> Self {
        let (code, details) = match why {
            Why::WrongState(state) => {
                ("case.wrong_state", vec![("state", state.name().to_owned())])
            }
            Why::WrongRole(role) => ("case.wrong_role", vec![("role", role.name().to_owned())]),
            Why::NoReason => ("case.no_reason", Vec::new()),
            Why::NoResult => ("case.no_result", Vec::new()),
            Why::NoReviewDate => ("case.no_review_date", Vec::new()),
            Why::NoReceipt => ("case.no_receipt", Vec::new()),
            Why::NotApproved => ("case.not_approved", Vec::new()),
            Why::Fixer => ("case.fixer", Vec::new()),
            Why::Level(level) => ("case.level", vec![("level", level.to_string())]),
            Why::Suspected => ("case.suspected", Vec::new()),
            Why::Concurrent(events) => {
                ("case.concurrent", vec![("count", events.len().to_string())])
            }
        };
        Self { code, details }
    }
}

/// As the refusal that it would have been, had nobody allowed a claim.
impl From<Claim> for Error {
    fn from(claim: Claim) -> Self {
        Self::Refused {
            code: claim.code,
            details: claim.details,
        }
    }
}

/// One case; `None` when there is none of this id.
pub(crate) fn case(connection: &Connection, id: CaseId, now: i64) -> Result<Option<CasePage>> {
    let sql = format!("SELECT {COLUMNS} FROM matter WHERE id = ?1");
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query([id.0.as_bytes()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let case = line(row, LocalDay::of(now))?;
    let mut gathered = project::entries(connection, &mut Directory::default(), id.0)?;
    project::place_in_feed(connection, id.0, &mut gathered.entries)?;
    let placed = gathered.placed(|_| true);
    let state = fold(&placed);
    let mut events = Vec::with_capacity(state.steps.len());
    for step in &state.steps {
        let entry = placed
            .iter()
            .find(|placed| placed.identity == step.identity);
        match entry.map(|placed| &placed.entry.body) {
            // Names the document; says nothing about the case.
            None | Some(Body::Opened(_)) => {}
            Some(said) => events.push(event(said, step)),
        }
    }
    let named: Vec<Identity> = placed.iter().flat_map(|one| one.after().to_vec()).collect();
    let latest = state
        .steps
        .iter()
        .filter(|step| !named.contains(&step.identity));
    Ok(Some(CasePage {
        case,
        latest: latest.map(|step| step.identity).collect(),
        fixers: state.fixers.clone(),
        events,
    }))
}

fn event(said: &Body, step: &doorstep_model::facts::cases::Step) -> EventLine {
    let mut line = EventLine {
        entry: step.identity,
        kind: "unread",
        person: step.person,
        time: step.time,
        state: None,
        claim: None,
        note: None,
        day: None,
        body: None,
        photos: Vec::new(),
    };
    match &step.fate {
        Fate::Taken(state) => line.state = Some(state.name()),
        Fate::Claim(why) => line.claim = Some(Claim::of(why)),
        Fate::Aside => {}
    }
    let photos = match said {
        Body::Found(found) => {
            line.kind = "found";
            line.note = found.note.clone();
            &found.photos
        }
        Body::CaseStep(step) => {
            line.kind = event_name(step.event);
            line.note = step.note.clone();
            line.day = step.date;
            line.body = step.body.clone();
            &step.photos
        }
        Body::Note(note) => {
            line.kind = "note";
            line.note = Some(note.text.clone());
            &note.photos
        }
        _ => &None,
    };
    line.photos = photos.clone().unwrap_or_default();
    line
}

/// The name of a step in JSON.
fn event_name(event: CaseEvent) -> &'static str {
    match event {
        CaseEvent::Registered => "registered",
        CaseEvent::FixedOnSpot => "fixed_on_spot",
        CaseEvent::Merged => "merged",
        CaseEvent::Dispatched => "dispatched",
        CaseEvent::Accepted => "accepted",
        CaseEvent::Returned => "returned",
        CaseEvent::Rectifying => "rectifying",
        CaseEvent::Reported => "reported",
        CaseEvent::Rechecked => "rechecked",
        CaseEvent::Closed => "closed",
        CaseEvent::Extended => "extended",
        CaseEvent::Parked => "parked",
        CaseEvent::HandedOver => "handed_over",
        CaseEvent::Relapsed => "relapsed",
        CaseEvent::Suspected3 => "suspected3",
        CaseEvent::Judged3 => "judged3",
        CaseEvent::SuspicionWithdrawn => "suspicion_withdrawn",
    }
}

/// Open cases of an area, and those whose time limit is over on this day.
pub(super) fn open_and_overdue(
    connection: &Connection,
    area: i64,
    today: LocalDay,
) -> Result<(u32, u32)> {
    Ok(connection
        .prepare_cached(
            "SELECT count(*), count(*) FILTER (WHERE deadline < ?2 AND stopped = 0) FROM matter \
             WHERE area = ?1 AND open = 1 AND mark <> 2",
        )?
        .query_row(params![area, today.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .unwrap_or_default())
}
