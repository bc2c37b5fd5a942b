//! The row of a place: what it is, where it belongs, what became of the last attempt at its door; and
//! the building that everything below it is in. Rounds and their coverage are not here.

use std::collections::BTreeSet;

use doorstep_model::entry::{Body, Field, PlaceAdded};
use doorstep_model::facts::fields::{self, FieldsState};
use doorstep_model::facts::rounds::{DoorState, fold_doors};
use doorstep_model::facts::{Placed, Standing};
use doorstep_model::ids::{Identity, PlaceId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::gather::{Gathered, area_of};
use super::shown::{self, disputed, home, id, identity, label_is_disputed, number, text};
use super::{Desk, clear_all, extras};
use crate::error::Result;

/// How many places may stand in one another. Deeper ones end where this is reached.
const DEPTH: usize = 64;

/// The row as it stands in its table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PlaceRow {
    area: i64,
    kind: u8,
    parent: Option<Identity>,
    building: Option<Identity>,
    name: String,
    ordering: i64,
    label: Option<String>,
    state: Option<String>,
    visit: Option<u8>,
    visit_at: Option<i64>,
    visit_next: Option<u32>,
    attempts: i64,
    disputed: String,
    extras: i64,
    reaches_back: bool,
}

/// Writes the rows of a place, and takes everything below along when it moves.
pub(super) fn project(
    desk: &mut Desk<'_>,
    subject: Identity,
    mut gathered: Gathered,
) -> Result<()> {
    let old = PlaceRow::read(desk.tx, subject)?;
    if old.is_none() {
        clear_all(desk.tx, subject)?;
    }
    let structure = gathered.placed(|body| {
        matches!(
            body,
            Body::PlaceAdded(_) | Body::FieldSet(_) | Body::Undo(_)
        )
    });
    let fields = fields::fold(&structure);
    gathered.note(fields.beside.twins.iter().map(|entry| (*entry, "clash")));
    let Some((made_by, made)) = creation(&structure, &fields) else {
        clear_all(desk.tx, subject)?;
        extras::write(desk, subject, &gathered, true)?;
        return Ok(());
    };
    let area = area_of(desk.tx, home(&gathered, made_by.identity))?;
    let had_extras = old.as_ref().is_none_or(|old| old.extras > 0);
    let extras = extras::write(desk, subject, &gathered, had_extras)?;
    let door = door(&gathered, subject);
    let last = door.last();
    let parent = id(&fields, Field::Place);
    let row = PlaceRow {
        area,
        kind: made.kind as u8,
        parent,
        building: Some(topmost(desk.tx, subject, parent)?),
        name: text(&fields, Field::Name).unwrap_or_else(|| made.name.clone()),
        ordering: number(&fields, Field::Order)
            .and_then(|order| i64::try_from(order).ok())
            .unwrap_or_default(),
        label: text(&fields, Field::Label),
        state: text(&fields, Field::HouseholdState),
        visit: last.map(|attempt| attempt.outcome as u8),
        visit_at: last.map(|attempt| attempt.time),
        visit_next: last.and_then(|attempt| attempt.next),
        attempts: door.attempts.len() as i64,
        disputed: disputed(&fields),
        extras,
        reaches_back: gathered.reaches_back,
    };
    if old.as_ref() != Some(&row) {
        row.write(desk.tx, subject)?;
    }
    let labels_stand = old.as_ref().is_some_and(|old| {
        old.label == row.label
            && old.area == row.area
            && !label_is_disputed(&old.disputed)
            && !label_is_disputed(&row.disputed)
    });
    if !labels_stand {
        shown::write_labels(desk.tx, subject, area, &fields)?;
    }
    let moved = old.is_none_or(|old| old.parent != row.parent || old.building != row.building);
    if moved {
        settle_below(desk.tx, subject)
    } else {
        Ok(())
    }
}

fn creation<'a>(
    structure: &'a [Placed],
    fields: &FieldsState,
) -> Option<(&'a Placed, &'a PlaceAdded)> {
    let by = fields.created_by?;
    structure
        .iter()
        .filter(|placed| placed.identity == by && placed.standing == Standing::Counts)
        .filter_map(|placed| match &placed.entry.body {
            Body::PlaceAdded(added) => Some((placed, added)),
            _ => None,
        })
        .min_by_key(|(placed, _)| (placed.order(), placed.content))
}

fn door(gathered: &Gathered, subject: Identity) -> DoorState {
    let attempts = gathered.placed(|body| {
        matches!(
            body,
            Body::Visit(_) | Body::Carry(_) | Body::Correction(_) | Body::Undo(_)
        )
    });
    if attempts.is_empty() {
        return DoorState::default();
    }
    fold_doors(&attempts)
        .remove(&PlaceId(subject))
        .unwrap_or_default()
}

/// The building that what stands at this place is in.
pub(super) fn building_of(tx: &Connection, at: Identity) -> Result<Identity> {
    let building = tx
        .prepare_cached("SELECT building FROM place WHERE id = ?1")?
        .query_row([at.as_bytes()], |row| identity(row, 0))
        .optional()?;
    Ok(building.flatten().unwrap_or(at))
}

/// Takes a place's row out; what stands below is then in the place itself, as far as anybody knows.
pub(super) fn remove(tx: &Connection, subject: Identity) -> Result<()> {
    let mut delete = tx.prepare_cached("DELETE FROM place WHERE id = ?1")?;
    if delete.execute([subject.as_bytes()])? > 0 {
        drop(delete);
        settle_below(tx, subject)?;
    }
    Ok(())
}

/// The place on top of all that hold this one, by following parents. Of places that hold one another
/// in a circle it is the least.
fn topmost(tx: &Connection, subject: Identity, parent: Option<Identity>) -> Result<Identity> {
    let mut path = vec![subject];
    let mut next = parent;
    while let Some(at) = next {
        if let Some(from) = path.iter().position(|known| *known == at) {
            return Ok(path[from..].iter().copied().min().unwrap_or(at));
        }
        path.push(at);
        if path.len() > DEPTH {
            break;
        }
        next = tx
            .prepare_cached("SELECT parent FROM place WHERE id = ?1")?
            .query_row([at.as_bytes()], |row| identity(row, 0))
            .optional()?
            .flatten();
    }
    Ok(path.last().copied().unwrap_or(subject))
}

/// Gives everything below a place the building that it is in now.
fn settle_below(tx: &Connection, subject: Identity) -> Result<()> {
    let mut settled = BTreeSet::new();
    let mut open = vec![subject];
    while let Some(at) = open.pop() {
        if !settled.insert(at) {
            continue;
        }
        let building = building_of(tx, at)?;
        tx.prepare_cached("UPDATE asset SET building = ?2 WHERE place = ?1 AND building <> ?2")?
            .execute(params![at.as_bytes(), building.as_bytes()])?;
        for child in children(tx, at)? {
            let building = topmost(tx, child, Some(at))?;
            tx.prepare_cached("UPDATE place SET building = ?2 WHERE id = ?1 AND building <> ?2")?
                .execute(params![child.as_bytes(), building.as_bytes()])?;
            open.push(child);
        }
    }
    Ok(())
}

fn children(tx: &Connection, at: Identity) -> Result<Vec<Identity>> {
    let mut select = tx.prepare_cached("SELECT id FROM place WHERE parent = ?1")?;
    let mut rows = select.query([at.as_bytes()])?;
    let mut children = Vec::new();
    while let Some(row) = rows.next()? {
        children.extend(identity(row, 0)?);
    }
    Ok(children)
}

impl PlaceRow {
    fn read(tx: &Connection, subject: Identity) -> Result<Option<Self>> {
        let row = tx
            .prepare_cached(
                "SELECT area, kind, parent, building, name, ordering, label, state, visit, visit_at, \
                 visit_next, attempts, disputed, extras, reaches_back FROM place WHERE id = ?1",
            )?
            .query_row([subject.as_bytes()], Self::of)
            .optional()?;
        Ok(row)
    }

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            area: row.get(0)?,
            kind: row.get(1)?,
            parent: identity(row, 2)?,
            building: identity(row, 3)?,
            name: row.get(4)?,
            ordering: row.get(5)?,
            label: row.get(6)?,
            state: row.get(7)?,
            visit: row.get(8)?,
            visit_at: row.get(9)?,
            visit_next: row.get(10)?,
            attempts: row.get(11)?,
            disputed: row.get(12)?,
            extras: row.get(13)?,
            reaches_back: row.get(14)?,
        })
    }

    fn write(&self, tx: &Connection, subject: Identity) -> Result<()> {
        tx.prepare_cached(
            "INSERT OR REPLACE INTO place (id, area, kind, parent, building, name, ordering, label, \
             state, visit, visit_at, visit_next, attempts, disputed, extras, reaches_back) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(params![
            subject.as_bytes(),
            self.area,
            self.kind,
            self.parent.as_ref().map(Identity::as_bytes),
            self.building.as_ref().map(Identity::as_bytes),
            self.name,
            self.ordering,
            self.label,
            self.state,
            self.visit,
            self.visit_at,
            self.visit_next,
            self.attempts,
            self.disputed,
            self.extras,
            self.reaches_back,
        ])?;
        Ok(())
    }
}
