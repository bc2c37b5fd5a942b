//! The plan of doors (楼盘表) of a stairwell or building: floors and doors, what became of each in a
//! round, the assets behind it and what they owe.

use std::collections::{BTreeMap, BTreeSet};

use doorstep_model::document::RoundKey;
use doorstep_model::entry::Body;
use doorstep_model::facts::prepare;
use doorstep_model::facts::rounds::{DoorState, fold_doors};
use doorstep_model::ids::{AreaId, Identity, PlaceId};
use rusqlite::Connection;
use serde::Serialize;

use super::assets::{self, AssetLine};
use super::places::{self, PlaceLine};
use super::rounds::work;
use crate::directory::Directory;
use crate::error::Result;
use crate::project::{Packs, Working, identity};

/// A stairwell or building with everything in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DoorPlan {
    /// The stairwell or building itself, with the assets that stand in none of its doors.
    pub place: Door,
    /// Its floors, the lowest first.
    pub floors: Vec<Floor>,
    /// Doors.
    pub doors: u32,
    /// Of these: answered in the round.
    pub covered: u32,
    /// Of these: tried in the round, and nobody answered.
    pub attempted: u32,
    /// Assets.
    pub assets: u32,
    /// Of these: checked in the round.
    pub checked: u32,
}

/// One floor: the doors whose sorting numbers share their hundreds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Floor {
    /// Which.
    pub floor: i64,
    /// Its doors in order.
    pub doors: Vec<Door>,
}

/// One door.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Door {
    /// The place.
    pub place: PlaceLine,
    /// What became of it in the round: 0 answered, 1 absent, 2 refused, 3 empty; none: not tried.
    pub outcome: Option<u8>,
    /// Somebody answered in the round, at any attempt.
    pub answered: bool,
    /// The assets there.
    pub assets: Vec<AssetLine>,
    /// Which of these were checked in the round, in the same order.
    pub checked: Vec<bool>,
}

/// Doors on one floor of the numbering: floor times this plus door.
const FLOOR: i64 = 100;

/// Most levels below a building that a plan goes down.
const LEVELS: usize = 4;

/// The plan of a place; `None` when there is none of this id. Without a round nothing in it was tried
/// or checked.
pub(crate) fn door_plan(
    connection: &Connection,
    packs: &Packs,
    at: PlaceId,
    round: Option<RoundKey>,
    now: i64,
) -> Result<Option<DoorPlan>> {
    let sql = format!(
        "SELECT {}, building, area, (SELECT code FROM area WHERE area.id = place.area) \
         FROM place WHERE id = ?1",
        places::COLUMNS
    );
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query([at.0.as_bytes()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let place = places::line(row)?;
    let building = identity(row, 11)?.unwrap_or(at.0);
    let working = packs.of(connection, row.get(12)?)?;
    let area = AreaId::new(&row.get::<_, String>(13)?).ok();
    let done = match (round, area) {
        (Some(round), Some(area)) => Done::in_round(connection, &area, building, round)?,
        _ => Done::default(),
    };
    let look = Look {
        connection,
        working: &working,
        done: &done,
        now,
    };
    let whole = look.door(place)?;
    let mut floors: BTreeMap<i64, Vec<Door>> = BTreeMap::new();
    let mut level = vec![at.0];
    for _ in 0..LEVELS {
        let mut below = Vec::new();
        for parent in level {
            for child in children(connection, parent)? {
                below.push(child.id.0);
                if is_door(&child) {
                    let floor = child.ordering.div_euclid(FLOOR);
                    floors.entry(floor).or_default().push(look.door(child)?);
                }
            }
        }
        level = below;
    }
    Ok(Some(sum_up(whole, floors)))
}

fn sum_up(place: Door, floors: BTreeMap<i64, Vec<Door>>) -> DoorPlan {
    let floors: Vec<Floor> = floors
        .into_iter()
        .map(|(floor, doors)| Floor { floor, doors })
        .collect();
    let doors = || floors.iter().flat_map(|floor| &floor.doors);
    let some = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let with_place = || doors().chain(std::iter::once(&place));
    DoorPlan {
        doors: some(doors().count()),
        covered: some(doors().filter(|door| door.answered).count()),
        attempted: some(
            doors()
                .filter(|door| !door.answered && door.outcome.is_some())
                .count(),
        ),
        assets: some(with_place().map(|door| door.assets.len()).sum()),
        checked: some(
            with_place()
                .flat_map(|door| &door.checked)
                .filter(|done| **done)
                .count(),
        ),
        place,
        floors,
    }
}

/// Households, premises and common parts are doors; what holds them is not.
fn is_door(place: &PlaceLine) -> bool {
    const HOUSEHOLD: u8 = 3;
    place.kind >= HOUSEHOLD
}

/// What was done in a round.
#[derive(Default)]
struct Done {
    doors: BTreeMap<PlaceId, DoorState>,
    checked: BTreeSet<Identity>,
}

impl Done {
    fn in_round(
        connection: &Connection,
        area: &AreaId,
        building: Identity,
        round: RoundKey,
    ) -> Result<Self> {
        let work = work(connection, &mut Directory::default(), area, building, round)?;
        let entries = work.placed(|_| true);
        let checked = prepare(&entries)
            .counting()
            .filter(|placed| matches!(placed.entry.body, Body::Check(_)))
            .map(|placed| placed.key.subject)
            .collect();
        Ok(Self {
            doors: fold_doors(&entries),
            checked,
        })
    }
}

/// What the doors of one plan are read with.
struct Look<'a> {
    connection: &'a Connection,
    working: &'a Working,
    done: &'a Done,
    now: i64,
}

impl Look<'_> {
    fn door(&self, place: PlaceLine) -> Result<Door> {
        let sql = format!(
            "SELECT {} FROM asset WHERE place = ?1 AND ended IS NULL ORDER BY type, id",
            assets::COLUMNS
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let mut rows = select.query([place.id.0.as_bytes()])?;
        let mut assets = Vec::new();
        while let Some(row) = rows.next()? {
            assets.push(assets::line(row, self.working, self.now)?);
        }
        let state = self.done.doors.get(&place.id);
        let is_checked = |asset: &AssetLine| self.done.checked.contains(&asset.id.0);
        Ok(Door {
            outcome: state
                .and_then(DoorState::last)
                .map(|attempt| attempt.outcome as u8),
            answered: state.is_some_and(DoorState::answered),
            checked: assets.iter().map(is_checked).collect(),
            assets,
            place,
        })
    }
}

fn children(connection: &Connection, parent: Identity) -> Result<Vec<PlaceLine>> {
    let sql = format!(
        "SELECT {} FROM place WHERE parent = ?1 ORDER BY ordering, id",
        places::COLUMNS
    );
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query([parent.as_bytes()])?;
    let mut children = Vec::new();
    while let Some(row) = rows.next()? {
        children.push(places::line(row)?);
    }
    Ok(children)
}
