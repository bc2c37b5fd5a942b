//! The horizon: rounds that leave the rows of every replica, the carries that stand for them, and the
//! answer to what arrives there late. What a carry means in a fold is the model's; which documents lie
//! below is `project::horizon`'s.
//!
//! A building goes below in one transaction, with the carries of everything in it, so that the rows
//! never show a building without its past.

use std::collections::{BTreeMap, BTreeSet};

use doorstep_model::calendar::local_day;
use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{Body, Carry, Horizon, HorizonRound, Outcome, Ruling, Verdict};
use doorstep_model::facts::{Placed, Standing, checks, rounds};
use doorstep_model::ids::{AreaId, AuthorTag, Identity, PlaceId, RequestId};
use doorstep_model::time::LocalDay;
use minicbor::{Decode, Encode};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::{Acting, Fingerprint, Tap, find};
use super::must_be_declared;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::project::{self, identity};
use crate::query::{self, LateLine};
use crate::sync::office::Office;

/// Rounds that one entry names, so that its value stays small.
const ROUNDS_AN_ENTRY: usize = 100;

/// Subjects that are answered in one transaction.
const SLICE: usize = 200;

/// Kinds that a round below the horizon may hold: what a carry stands for, and what reacts to it.
const CARRIED_KINDS: &str = "(0, 4, 5, 6, 7, 8, 18)";

/// What setting a horizon came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode, serde::Serialize)]
#[cbor(array)]
pub struct HorizonSet {
    /// Building-rounds that went below.
    #[n(0)]
    pub rounds: u64,
    /// Carries that were written.
    #[n(1)]
    pub carries: u64,
}

/// A building-round that could go below the horizon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundBefore {
    /// Which.
    pub round: HorizonRound,
    /// The building's name.
    pub building: String,
    /// The round's name, of an ad-hoc one its day.
    pub name: String,
    /// Why it stays above: a key of the messages; `None` when nothing holds it.
    pub stays: Option<&'static str>,
}

impl Office {
    /// Lets building-rounds go below the horizon: carries stand for them in the rows of every replica
    /// from now on. A round that lies there already is passed over.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an undeclared area or an unknown building; [`Error::Refused`] with
    /// `horizon.not_over`, `horizon.disputed`, `horizon.held` or `horizon.more`, which name the
    /// building and the round: nothing went below then. After [`Error::Store`] buildings that were done
    /// stay done, and the same request goes on with the others.
    pub fn set_horizon(
        &self,
        tap: &Tap,
        area: &AreaId,
        rounds: &[HorizonRound],
    ) -> Result<HorizonSet> {
        let today = self.today();
        let mut buildings: BTreeMap<PlaceId, BTreeSet<HorizonRound>> = BTreeMap::new();
        for round in rounds {
            buildings.entry(round.building).or_default().insert(*round);
        }
        {
            let reader = self.replica().reader()?;
            must_be_declared(&reader, area)?;
            for round in buildings.values().flatten() {
                if let Some(code) = stays(&reader, area, round, today)? {
                    return Err(Error::Refused {
                        code,
                        details: vec![
                            ("building", building_name(&reader, round.building)?),
                            ("round", round_name(&reader, round.round)?),
                        ],
                    });
                }
            }
        }
        let mut set = HorizonSet::default();
        for (building, rounds) in buildings {
            let rounds: Vec<HorizonRound> = rounds.into_iter().collect();
            let print = Fingerprint::of("set_horizon").with(area).with(&rounds);
            let slice = slice_of(tap, building.identity().as_bytes());
            let done = self.act(&slice, &print, |acting| {
                sink(acting, area, building, &rounds, today)
            })?;
            set.rounds += done.rounds;
            set.carries += done.carries;
        }
        Ok(set)
    }

    /// The building-rounds of an area that ended before a day (days since 1970-01-01) and are not
    /// below the horizon, in the order of buildings.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an undeclared area; [`Error::Store`].
    pub fn rounds_before(&self, area: &AreaId, day: u32) -> Result<Vec<RoundBefore>> {
        let today = self.today();
        let reader = self.replica().reader()?;
        must_be_declared(&reader, area)?;
        let mut select = reader.prepare_cached(
            "SELECT d.subject, d.round, r.last_day FROM document d \
             JOIN area a ON a.id = d.area LEFT JOIN round r ON r.id = d.round \
             WHERE a.code = ?1 AND d.kind = 2 AND NOT EXISTS (SELECT 1 FROM horizon h \
             WHERE h.building = d.subject AND h.round = d.round AND h.area = d.area) \
             ORDER BY d.subject, d.round",
        )?;
        let mut rows = select.query([area.as_str()])?;
        let mut before = Vec::new();
        while let Some(row) = rows.next()? {
            let key = RoundKey::from_bytes(&row.get::<_, Vec<u8>>(1)?);
            let (Some(building), Some(round)) = (identity(row, 0)?, key) else {
                continue;
            };
            let last = match round {
                RoundKey::AdHoc(last) => Some(last),
                RoundKey::Plan(_) => row.get(2)?,
            };
            if last.is_some_and(|last| last < day) {
                let round = HorizonRound {
                    building: PlaceId(building),
                    round,
                };
                let stays = stays(&reader, area, &round, today)?;
                before.push(RoundBefore {
                    building: building_name(&reader, round.building)?,
                    name: round_name(&reader, round.round)?,
                    round,
                    stays,
                });
            }
        }
        Ok(before)
    }

    /// What arrived below the horizon of an area after that was set, the oldest arrival first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn late_below_horizon(&self, area: &AreaId) -> Result<Vec<LateLine>> {
        query::late_below(&*self.replica().reader()?, area)
    }

    /// Answers what arrived late: a new carry for every asset and door of which something late has
    /// no answer yet, or whose carry says otherwise than what is known now. Returns how many.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an undeclared area; [`Error::Store`]: what was answered stays.
    pub fn answer_late(&self, tap: &Tap, area: &AreaId) -> Result<u64> {
        let subjects = {
            let reader = self.replica().reader()?;
            must_be_declared(&reader, area)?;
            subjects_below(&reader, area)?
        };
        let open: BTreeSet<Identity> = self
            .late_below_horizon(area)?
            .into_iter()
            .filter(|line| !line.answered)
            .map(|line| line.subject)
            .collect();
        let mut written = 0;
        for subjects in subjects.chunks(SLICE) {
            let print = Fingerprint::of("answer_late").with(area).with(subjects);
            let slice = slice_of(tap, subjects[0].as_bytes());
            written += self.act(&slice, &print, |acting| {
                let mut written = 0;
                for subject in subjects {
                    let anew = open.contains(subject);
                    written += carry(acting, area, *subject, &BTreeSet::new(), anew)?;
                }
                Ok(written)
            })?;
        }
        Ok(written)
    }

    fn today(&self) -> u32 {
        u32::try_from(LocalDay::of(self.replica().now()).0).unwrap_or(0)
    }
}

/// The same tap for one part of a request: repeated as a whole, each part is done once.
fn slice_of(tap: &Tap, part: &[u8]) -> Tap {
    let id = Identity::hashed("doorstep horizon slice", &[&tap.request.0, part]);
    let mut request = [0; 16];
    request.copy_from_slice(id.as_bytes());
    Tap {
        request: RequestId(request),
        ..*tap
    }
}

/// Lets the rounds of a building go below, and carries what is in them.
fn sink(
    acting: &mut Acting<'_, '_>,
    area: &AreaId,
    building: PlaceId,
    rounds: &[HorizonRound],
    today: u32,
) -> Result<HorizonSet> {
    find::place(acting.session, building)?;
    let mut fresh = Vec::new();
    for round in rounds {
        let tx = acting.session.tx();
        // Something may have come since all were looked through.
        if is_below(tx, area, round)? || stays(tx, area, round, today)?.is_some() {
            continue;
        }
        fresh.push(*round);
    }
    let mut documents = BTreeSet::new();
    for round in &fresh {
        documents.extend(document(acting.session.tx(), area, round)?);
    }
    let mut carries = 0;
    for subject in subjects_of(acting.session.tx(), &documents)? {
        carries += carry(acting, area, subject, &documents, true)?;
    }
    for rounds in fresh.chunks(ROUNDS_AN_ENTRY) {
        let rounds = rounds.to_vec();
        acting.put(
            area,
            &DocumentName::Plan,
            area.subject(),
            Horizon { rounds },
        )?;
    }
    Ok(HorizonSet {
        rounds: fresh.len() as u64,
        carries,
    })
}

/// Writes the carry of an asset or door if it says otherwise than the one that holds, or `anew`.
/// `sinking`: documents that go below together with it. Returns how many entries were written.
fn carry(
    acting: &mut Acting<'_, '_>,
    area: &AreaId,
    subject: Identity,
    sinking: &BTreeSet<i64>,
    anew: bool,
) -> Result<u64> {
    let door = &mut acting.session.door;
    let gathered = project::history(door.tx, door.directory, subject)?;
    let mut below = Vec::new();
    for loaded in gathered.entries {
        let seen = matches!(loaded.placed.entry.body, Body::Check(_) | Body::Visit(_));
        let under = sinking.contains(&loaded.document)
            || door.directory.is_below(door.tx, loaded.document)?;
        if !seen || under {
            below.push(loaded.placed);
        }
    }
    let area_id = door.directory.area(door.tx, area)?;
    let working = door.packs.of(door.tx, area_id)?;
    let carried = of_asset(&below, working.as_ref()).or_else(|| of_door(&below, subject));
    let standing: Vec<Placed> = project::entries(door.tx, door.directory, subject)?
        .entries
        .into_iter()
        .map(|loaded| loaded.placed)
        .filter(|placed| placed.standing == Standing::Counts)
        .collect();
    let holds = standing.iter().find_map(|placed| match &placed.entry.body {
        Body::Carry(carry) => Some((placed.identity, carry)),
        _ => None,
    });
    match (carried, holds) {
        (None, None) => Ok(0),
        (Some(carried), Some((_, holds))) if !anew && carried == *holds => Ok(0),
        (Some(carried), _) => {
            acting.put(area, &DocumentName::Plan, subject, carried)?;
            Ok(1)
        }
        // What was carried counts no more and nothing else is there: no carry may stand.
        (None, Some(_)) => {
            let carries = carries_of(acting.session.tx(), subject)?;
            for carry in &carries {
                let verdict = Verdict {
                    ruling: Ruling::Refused,
                    segment: None,
                    code: "horizon.nothing_left".to_owned(),
                    reason: None,
                };
                acting.put(area, &DocumentName::Desk, *carry, verdict)?;
            }
            Ok(carries.len() as u64)
        }
    }
}

/// The last effective look among entries, with what counts of it.
fn of_asset(below: &[Placed], severity: &impl checks::Severity) -> Option<Carry> {
    let looks: Vec<Placed> = below
        .iter()
        .filter(|placed| project::is_look(&placed.entry.body))
        .cloned()
        .collect();
    let state = checks::fold(&looks, severity);
    let current = state.current?;
    let effective = |look: &&checks::Look| look.superseded_by.is_none();
    let look = state
        .history
        .iter()
        .find(|look| look.identity == current.counts)
        // A decision counts for the last look that it settled.
        .or_else(|| state.history.iter().rfind(effective))?;
    Some(Carry {
        entry: look.identity,
        person: look.person,
        time: look.time,
        outcome: current.outcome,
        visit: None,
        author: author_of(&looks, look.identity),
    })
}

/// The last attempt at a door among entries.
fn of_door(below: &[Placed], door: Identity) -> Option<Carry> {
    let doors = rounds::fold_doors(below);
    let last = doors.get(&PlaceId(door))?.last()?;
    Some(Carry {
        entry: last.identity,
        person: last.person,
        time: last.time,
        outcome: Outcome::Normal,
        visit: Some(last.outcome),
        author: author_of(below, last.identity),
    })
}

fn author_of(entries: &[Placed], identity: Identity) -> AuthorTag {
    let written = |placed: &&Placed| placed.identity == identity;
    entries
        .iter()
        .filter(written)
        .map(|placed| placed.key.author)
        .min()
        .or_else(|| identity.entry_parts().map(|(author, _)| author))
        .unwrap_or(AuthorTag([0; 4]))
}

/// Why a building-round cannot go below the horizon yet.
fn stays(
    tx: &Connection,
    area: &AreaId,
    round: &HorizonRound,
    today: u32,
) -> Result<Option<&'static str>> {
    let over = match round.round {
        // Work of yesterday may still be written down today.
        RoundKey::AdHoc(day) => day + 1 < today,
        RoundKey::Plan(plan) => tx
            .prepare_cached("SELECT 1 FROM round WHERE id = ?1 AND closed IS NOT NULL")?
            .exists([plan.as_bytes()])?,
    };
    if !over {
        return Ok(Some("horizon.not_over"));
    }
    let Some(document) = document(tx, area, round)? else {
        return Ok(None);
    };
    let holds = |sql: &str| -> Result<bool> { Ok(tx.prepare_cached(sql)?.exists([document])?) };
    if holds("SELECT 1 FROM entry WHERE document = ?1 AND standing = 1")? {
        return Ok(Some("horizon.held"));
    }
    if holds(&format!(
        "SELECT 1 FROM entry WHERE document = ?1 AND kind NOT IN {CARRIED_KINDS}"
    ))? {
        return Ok(Some("horizon.more"));
    }
    Ok(is_disputed(tx, document)?.then_some("horizon.disputed"))
}

/// Whether a check of a document is in a dispute that waits.
fn is_disputed(tx: &Connection, document: i64) -> Result<bool> {
    let mut select = tx.prepare_cached(
        "SELECT dispute.checks FROM dispute WHERE dispute.asset IN \
         (SELECT subject FROM entry WHERE document = ?1)",
    )?;
    let mut rows = select.query([document])?;
    let mut directory = Directory::default();
    while let Some(row) = rows.next()? {
        let told: String = row.get(0)?;
        let told: Vec<(String, String, i64, String)> =
            serde_json::from_str(&told).unwrap_or_default();
        for (check, ..) in told {
            let Ok(check) = check.parse::<Identity>() else {
                continue;
            };
            for entry in crate::door::rows_of(tx, &mut directory, check)? {
                let here = tx
                    .prepare_cached("SELECT 1 FROM entry WHERE id = ?1 AND document = ?2")?
                    .exists([entry, document])?;
                if here {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

fn document(tx: &Connection, area: &AreaId, round: &HorizonRound) -> Result<Option<i64>> {
    let hash = DocumentName::Round(round.building.identity(), round.round).id(area);
    Ok(tx
        .prepare_cached("SELECT id FROM document WHERE hash = ?1")?
        .query_row([hash.as_bytes()], |row| row.get(0))
        .optional()?)
}

fn is_below(tx: &Connection, area: &AreaId, round: &HorizonRound) -> Result<bool> {
    Ok(tx
        .prepare_cached(
            "SELECT 1 FROM horizon WHERE building = ?1 AND round = ?2 \
             AND area = (SELECT id FROM area WHERE code = ?3)",
        )?
        .exists(params![
            round.building.identity().as_bytes(),
            round.round.to_bytes(),
            area.as_str()
        ])?)
}

/// What was looked at or visited in some documents.
fn subjects_of(tx: &Connection, documents: &BTreeSet<i64>) -> Result<BTreeSet<Identity>> {
    let mut subjects = BTreeSet::new();
    let mut select = tx.prepare_cached(
        "SELECT DISTINCT subject FROM entry WHERE document = ?1 AND kind IN (4, 5)",
    )?;
    for document in documents {
        let mut rows = select.query([document])?;
        while let Some(row) = rows.next()? {
            subjects.extend(identity(row, 0)?);
        }
    }
    Ok(subjects)
}

/// What was looked at or visited below the horizon of an area.
fn subjects_below(tx: &Connection, area: &AreaId) -> Result<Vec<Identity>> {
    let mut select = tx.prepare_cached(
        "SELECT DISTINCT e.subject FROM horizon h JOIN area a ON a.id = h.area \
         JOIN document d ON d.subject = h.building AND d.kind = 2 AND d.round = h.round \
         AND d.area = h.area JOIN entry e ON e.document = d.id \
         WHERE a.code = ?1 AND e.kind IN (4, 5) ORDER BY e.subject",
    )?;
    let mut rows = select.query([area.as_str()])?;
    let mut subjects = Vec::new();
    while let Some(row) = rows.next()? {
        subjects.extend(identity(row, 0)?);
    }
    Ok(subjects)
}

/// Every carry of a thing that counts.
fn carries_of(tx: &Connection, subject: Identity) -> Result<Vec<Identity>> {
    let mut select = tx.prepare_cached(
        "SELECT a.tag, e.counter, e.origin FROM entry e JOIN author a ON a.id = e.author \
         WHERE e.subject = ?1 AND e.kind = 37 AND e.standing = 0 ORDER BY e.id",
    )?;
    let carries = select
        .query_map([subject.as_bytes()], query::entry_name)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(carries)
}

fn building_name(tx: &Connection, building: PlaceId) -> Result<String> {
    let name: Option<String> = tx
        .prepare_cached("SELECT name FROM place WHERE id = ?1")?
        .query_row([building.identity().as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(name.unwrap_or_else(|| building.to_string()))
}

fn round_name(tx: &Connection, round: RoundKey) -> Result<String> {
    Ok(match round {
        RoundKey::AdHoc(day) => local_day(LocalDay(day.into()).first_second()).to_string(),
        RoundKey::Plan(plan) => tx
            .prepare_cached("SELECT name FROM round WHERE id = ?1")?
            .query_row([plan.as_bytes()], |row| row.get(0))
            .optional()?
            .unwrap_or_else(|| plan.to_string()),
    })
}
