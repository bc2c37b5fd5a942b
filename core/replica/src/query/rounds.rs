//! Rounds: which are open, and how much of a round's frozen list is covered. Doors are covered by
//! *answered*, assets by checks; what is only attempted, and what was done off the list, is told
//! apart.

use std::collections::BTreeMap;

use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::Body;
use doorstep_model::facts::rounds::{self, Cover, Coverage};
use doorstep_model::ids::{AreaId, Identity, PlaceId};
use doorstep_model::time::LocalDay;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::{as_text, by_text, named};
use crate::directory::Directory;
use crate::error::Result;
use crate::project::{self, Gathered, identity};

/// One round in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoundLine {
    /// The entry that planned it.
    #[serde(serialize_with = "as_text")]
    pub id: Identity,
    /// Name in words.
    pub name: String,
    /// First day.
    pub first_day: i64,
    /// Last day.
    pub last_day: i64,
    /// Last day is over on the day asked.
    pub late: bool,
    /// Doors on its frozen list.
    pub doors: u32,
    /// Assets on its frozen list.
    pub assets: u32,
}

/// The rounds of an area that have begun and are not closed, the one that ends first first.
pub(crate) fn open_rounds(
    connection: &Connection,
    area: i64,
    today: LocalDay,
) -> Result<Vec<RoundLine>> {
    let mut select = connection.prepare_cached(
        "SELECT id, name, first_day, last_day, \
         (SELECT count(*) FROM round_target WHERE round_target.round = round.id AND door = 1), \
         (SELECT count(*) FROM round_target WHERE round_target.round = round.id AND door = 0) \
         FROM round WHERE area = ?1 AND closed IS NULL AND first_day <= ?2 ORDER BY last_day, id",
    )?;
    let mut rows = select.query(params![area, today.0])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let last_day = row.get(3)?;
        lines.push(RoundLine {
            id: named(row, 0)?,
            name: row.get(1)?,
            first_day: row.get(2)?,
            last_day,
            late: last_day < today.0,
            doors: row.get(4)?,
            assets: row.get(5)?,
        });
    }
    Ok(lines)
}

/// How far a round is done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RoundCoverage {
    /// All buildings together.
    pub total: BuildingCoverage,
    /// By building.
    #[serde(serialize_with = "by_text")]
    pub buildings: BTreeMap<PlaceId, BuildingCoverage>,
}

/// How far a round is done in a building.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct BuildingCoverage {
    /// Doors on the list.
    pub doors: u32,
    /// Of these: somebody answered.
    pub covered: u32,
    /// Of these: tried, and nobody answered.
    pub attempted: u32,
    /// Assets on the list.
    pub assets: u32,
    /// Of these: checked.
    pub checked: u32,
    /// Doors tried that are not on the list.
    pub extra_doors: u32,
    /// Assets checked that are not on the list.
    pub extra_assets: u32,
    /// Entries that wait for a person, beside the numbers.
    pub held: u32,
}

impl BuildingCoverage {
    fn of(coverage: &Coverage) -> Self {
        let some = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            doors: some(coverage.doors.len()),
            covered: some(coverage.doors_at(Cover::Covered)),
            attempted: some(coverage.doors_at(Cover::Attempted)),
            assets: some(coverage.assets.len()),
            checked: some(coverage.assets_checked()),
            extra_doors: some(coverage.extra_doors.len()),
            extra_assets: some(coverage.extra_assets.len()),
            held: some(coverage.beside.held.len()),
        }
    }

    fn add(&mut self, other: &Self) {
        self.doors += other.doors;
        self.covered += other.covered;
        self.attempted += other.attempted;
        self.assets += other.assets;
        self.checked += other.checked;
        self.extra_doors += other.extra_doors;
        self.extra_assets += other.extra_assets;
        self.held += other.held;
    }
}

/// Folds a round over all buildings that it has a list for, or work in.
pub(crate) fn coverage(
    connection: &Connection,
    area: &AreaId,
    round: RoundKey,
) -> Result<RoundCoverage> {
    let mut directory = Directory::default();
    let mut select = connection.prepare_cached(
        "SELECT building FROM round_target WHERE round = ?1 \
         UNION SELECT document.subject FROM document JOIN area ON area.id = document.area \
         WHERE document.round = ?1 AND document.kind = 2 AND area.code = ?2",
    )?;
    let mut rows = select.query(params![round.to_bytes(), area.as_str()])?;
    let mut whole = RoundCoverage::default();
    while let Some(row) = rows.next()? {
        let Some(building) = identity(row, 0)? else {
            continue;
        };
        let work = work(connection, &mut directory, area, building, round)?;
        let lists = project::entries(connection, &mut directory, building)?;
        let frozen = lists.placed(|body| match body {
            Body::RoundTargets(list) => RoundKey::Plan(list.round) == round,
            _ => false,
        });
        let openers = work.placed(|body| matches!(body, Body::AdHocTargets(_)));
        let done = BuildingCoverage::of(&rounds::coverage(
            &[frozen, openers].concat(),
            &work.placed(|_| true),
        ));
        whole.total.add(&done);
        whole.buildings.insert(PlaceId(building), done);
    }
    Ok(whole)
}

/// Everything written in a round in a building.
pub(super) fn work(
    connection: &Connection,
    directory: &mut Directory,
    area: &AreaId,
    building: Identity,
    round: RoundKey,
) -> Result<Gathered> {
    let hash = DocumentName::Round(building, round).id(area);
    let document: Option<i64> = connection
        .prepare_cached("SELECT id FROM document WHERE hash = ?1")?
        .query_row([hash.as_bytes()], |row| row.get(0))
        .optional()?;
    match document {
        Some(document) => project::entries_of_document(connection, directory, document),
        None => Ok(Gathered::default()),
    }
}
