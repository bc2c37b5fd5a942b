//! From an asset's entries to its row, its label and its undecided disputes. The way of every tap
//! leads through here, so the row that stands is read first and only what differs is written. The
//! folds are the model's; the table's columns stand in `row`.

mod row;
mod works;

use std::sync::Arc;

use doorstep_model::entry::{AssetAdded, Body, Field};
use doorstep_model::facts::checks::{self, ChecksState, Look};
use doorstep_model::facts::fields::{self, FieldsState};
use doorstep_model::facts::{Placed, Standing};
use doorstep_model::ids::Identity;
use doorstep_model::time::LocalDay;
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::due::{DueMonths, Known};
use super::gather::{self, Gathered, area_of};
use super::later::Later;
use super::shown::{self, disputed, home, id, label_is_disputed, mark, number, text};
use super::words::{UNREADABLE, json, month, result_text};
use super::{Desk, clear_all, extras, place};
use crate::error::Result;
use row::{AssetRow, Counts, Fixed};
use works::Works;

/// Whether the entries of [`gather::tail`] give the same row as all of them would.
///
/// What counts is decided by the latest look and by looks that stand within 60:00, or within a local
/// day, of one another; so looks further back than that from the latest one change nothing. It takes
/// a latest look that counts well inside the tail, and nothing that reaches back to older looks:
/// corrections, undos, decisions, carries, copies, the horizon. The answer depends on the entries
/// alone.
pub(super) fn tail_suffices(tx: &Connection, subject: Identity, tail: &Gathered) -> Result<bool> {
    if tail.cut || tail.reaches_back {
        return Ok(false);
    }
    let mut newest = None;
    let mut counting = None;
    for placed in tail.entries.iter().map(|loaded| &loaded.placed) {
        if matches!(placed.entry.body, Body::Check(_)) && placed.standing == Standing::Counts {
            counting = counting.max(Some(placed.time));
        }
        if placed.entry.envelope.kind == gather::CHECK {
            newest = newest.max(Some(placed.time));
        }
    }
    let inside = match (newest, counting) {
        (Some(newest), Some(counting)) => newest - counting <= gather::TAIL / 2,
        (Some(_), None) => false,
        (None, _) => true,
    };
    Ok(inside && !gather::has_copies(tx, subject)?)
}

/// Writes the rows of an asset.
pub(super) fn project(
    desk: &mut Desk<'_>,
    subject: Identity,
    mut gathered: Gathered,
) -> Result<()> {
    let old = AssetRow::read(desk.tx, subject)?;
    if old.is_none() {
        clear_all(desk.tx, subject)?;
    }
    let structure = gathered.placed(is_structure);
    let fields = fields::fold(&structure);
    let Some((made_by, made)) = creation(&structure, &fields) else {
        clear_all(desk.tx, subject)?;
        extras::write(desk, subject, &gathered, true)?;
        return Ok(());
    };
    let area = area_of(desk.tx, home(&gathered, made_by.identity))?;
    let working = desk.packs.of(desk.tx, area)?;
    let state = checks::fold(&gathered.placed(is_look), working.as_ref());
    note_oddities(&mut gathered, &fields, &state);
    let works = Works::among(&gathered);
    let known = Known {
        asset_type: text(&fields, Field::AssetType).unwrap_or_else(|| made.asset_type.clone()),
        factory: factory(&fields),
        services: works.text(),
        registered: made_by.day().0,
        maker_life: number(&fields, Field::MakerLife).and_then(|years| years.try_into().ok()),
        looked_on: last_look(&state).map(|look| LocalDay::of(look.time).0),
    };
    let months = match (works.ended, working.calendar.months(&working.pack, &known)) {
        // Nothing is owed to what is scrapped or replaced.
        (Some(_), _) => Arc::new(DueMonths::none()),
        (None, Some(months)) => months,
        (None, None) => {
            gathered.note([(made_by.identity, "unknown_type")]);
            Arc::new(DueMonths::none())
        }
    };
    let had_extras = old.as_ref().is_none_or(|old| old.fixed.extras > 0);
    let extras = extras::write(desk, subject, &gathered, had_extras)?;
    let at = id(&fields, Field::Place).unwrap_or(made.place.identity());
    let building = match &old {
        // A place that moves takes its assets along, so what stands holds.
        Some(old) if old.fixed.place == at => old.fixed.building,
        _ => place::building_of(desk.tx, at)?,
    };
    let row = AssetRow {
        fixed: Fixed {
            area,
            factory: known.factory,
            maker_life: known.maker_life,
            registered: known.registered,
            asset_type: known.asset_type,
            place: at,
            building,
            label: text(&fields, Field::Label),
            size: text(&fields, Field::Size),
            batch: made.batch,
            registration: made.registration as u8,
            mark: mark(made_by),
            services: known.services,
            ended: works.ended.map(|month| month.to_string()),
            away: works.away,
            disputed: disputed(&fields),
            extras,
            reaches_back: gathered.reaches_back,
        },
        counts: Counts::of(&state, &months),
    };
    match &old {
        Some(old) if *old == row => {}
        Some(old) if old.fixed == row.fixed => row.counts.write(desk.tx, subject)?,
        _ => row.write(desk.tx, subject)?,
    }
    if old
        .as_ref()
        .is_none_or(|old| labels_may_differ(&old.fixed, &row.fixed))
    {
        shown::write_labels(desk.tx, subject, area, &fields)?;
    }
    if row.counts.waiting > 0 || old.is_some_and(|old| old.counts.waiting > 0) {
        write_disputes(desk.tx, subject, area, &state)?;
    }
    Ok(())
}

/// Writes looks that are later than all before them over the rows of their assets.
pub(super) struct Looks<'a> {
    stands: CachedStatement<'a>,
    counts: CachedStatement<'a>,
}

impl<'a> Looks<'a> {
    pub(super) fn new(tx: &'a Connection) -> Result<Self> {
        Ok(Self {
            stands: tx.prepare_cached(
                "SELECT area, ended, type, factory, services, registered, maker_life FROM asset \
                 WHERE id = ?1 AND reaches_back = 0 AND waiting = 0 \
                 AND (looked_on IS NULL OR looked_on + 1 < ?2)",
            )?,
            counts: tx.prepare_cached(row::WRITE_COUNTS)?,
        })
    }

    /// Writes one look: a whole local day lies between it and the last one, so that it can be in no
    /// dispute with them, and nothing that is known of the asset speaks of others. Returns whether that
    /// is so.
    pub(super) fn write(
        &mut self,
        desk: &mut Desk<'_>,
        subject: Identity,
        later: &Later,
        result: &str,
    ) -> Result<bool> {
        let looked_on = LocalDay::of(later.time).0;
        let stands = self
            .stands
            .query_row(params![subject.as_bytes(), looked_on], |row| {
                let known = Known {
                    asset_type: row.get(2)?,
                    factory: row.get(3)?,
                    services: row.get(4)?,
                    registered: row.get(5)?,
                    maker_life: row.get(6)?,
                    looked_on: Some(looked_on),
                };
                Ok((row.get(0)?, row.get::<_, Option<String>>(1)?, known))
            })
            .optional()?;
        let Some((area, ended, known)) = stands else {
            return Ok(false);
        };
        let working = desk.packs.of(desk.tx, area)?;
        let months = match ended {
            Some(_) => Some(Arc::new(DueMonths::none())),
            None => working.calendar.months(&working.pack, &known),
        };
        let Some(months) = months else {
            return Ok(false);
        };
        let counts = Counts {
            result: Some(result.to_owned()),
            counts: Some(later.identity),
            checked_at: Some(later.time),
            looked_on: Some(looked_on),
            looked_by: Some(later.person.identity()),
            waiting: 0,
            due: months.text.clone(),
            look_due: months.look,
            work_due: months.work,
        };
        counts.write_by(&mut self.counts, subject)?;
        Ok(true)
    }
}

pub(crate) fn is_structure(body: &Body) -> bool {
    matches!(
        body,
        Body::AssetAdded(_) | Body::FieldSet(_) | Body::Undo(_)
    )
}

pub(crate) fn is_look(body: &Body) -> bool {
    matches!(
        body,
        Body::Check(_) | Body::Carry(_) | Body::Decision(_) | Body::Correction(_) | Body::Undo(_)
    )
}

/// The entry that made the asset, if one counts.
fn creation<'a>(
    structure: &'a [Placed],
    fields: &FieldsState,
) -> Option<(&'a Placed, &'a AssetAdded)> {
    let by = fields.created_by?;
    structure
        .iter()
        .filter(|placed| placed.identity == by && placed.standing == Standing::Counts)
        .filter_map(|placed| match &placed.entry.body {
            Body::AssetAdded(added) => Some((placed, added)),
            _ => None,
        })
        .min_by_key(|(placed, _)| (placed.order(), placed.content))
}

/// The factory month as it stands in the row.
fn factory(fields: &FieldsState) -> Option<String> {
    let number = number(fields, Field::Factory)?;
    let month = u32::try_from(number)
        .ok()
        .filter(|number| *number > 0)
        .and_then(month);
    Some(month.map_or_else(|| UNREADABLE.to_owned(), |month| month.to_string()))
}

/// The last look that no later one of the same person supersedes.
fn last_look(state: &ChecksState) -> Option<&Look> {
    state
        .history
        .iter()
        .rfind(|look| look.superseded_by.is_none())
}

fn note_oddities(gathered: &mut Gathered, fields: &FieldsState, state: &ChecksState) {
    gathered.note(fields.beside.twins.iter().map(|entry| (*entry, "clash")));
    gathered.note(state.beside.twins.iter().map(|entry| (*entry, "clash")));
    gathered.note(state.dangling.iter().map(|entry| (*entry, "dangling")));
}

fn labels_may_differ(old: &Fixed, new: &Fixed) -> bool {
    old.label != new.label
        || old.area != new.area
        || label_is_disputed(&old.disputed)
        || label_is_disputed(&new.disputed)
}

impl Counts {
    fn of(state: &ChecksState, months: &DueMonths) -> Self {
        let look = last_look(state);
        let now = state.current.as_ref();
        Self {
            result: now.map(|now| result_text(&now.outcome).into_owned()),
            counts: now.map(|now| now.counts),
            checked_at: now.map(|now| now.time),
            looked_on: look.map(|look| LocalDay::of(look.time).0),
            looked_by: look.map(|look| look.person.identity()),
            waiting: state.waiting().count() as i64,
            due: months.text.clone(),
            look_due: months.look,
            work_due: months.work,
        }
    }
}

/// Writes the disputes that wait for the desk, each with all its checks.
fn write_disputes(
    tx: &Connection,
    subject: Identity,
    area: i64,
    state: &ChecksState,
) -> Result<()> {
    tx.prepare_cached("DELETE FROM dispute WHERE asset = ?1")?
        .execute([subject.as_bytes()])?;
    for (number, dispute) in (0i64..).zip(state.waiting()) {
        let looks: Vec<&Look> = state
            .history
            .iter()
            .filter(|look| dispute.checks.contains(&look.identity))
            .collect();
        let told: Vec<_> = looks
            .iter()
            .map(|look| {
                let result = result_text(&look.outcome);
                (
                    look.identity.to_string(),
                    look.person.to_string(),
                    look.time,
                    result,
                )
            })
            .collect();
        let since = looks.first().map(|look| look.time);
        tx.prepare_cached(
            "INSERT INTO dispute (asset, number, area, since, checks) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            subject.as_bytes(),
            number,
            area,
            since,
            json(&told)
        ])?;
    }
    Ok(())
}
