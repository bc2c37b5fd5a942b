//! Screens, as they cross: one list of views each.

use doorstep_model::ids::{AreaId, AssetId, PlaceId};
use doorstep_replica::query;

use crate::error::Result;
use crate::handle::Doorstep;
use crate::ids::Round;

/// An area today.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AreaToday {
    /// Its code.
    pub area: AreaId,
    /// Its name, where declared.
    pub name: Option<String>,
    /// Households and premises.
    pub doors: u32,
    /// Assets in the register.
    pub assets: u32,
    /// A look is due this month, or was before.
    pub looks_due: u32,
    /// Work is due this month.
    pub work_due: u32,
    /// Work was due before, or is due at once.
    pub work_overdue: u32,
    /// Not found by the check that counts.
    pub missing: u32,
    /// Found faulty by the check that counts.
    pub faulty: u32,
    /// Cases that are not settled.
    pub open_cases: u32,
    /// Of these, the time limit is over.
    pub overdue_cases: u32,
    /// Checks that disagree and wait for the desk.
    pub disputes: u32,
    /// Own clock at the last complete sync, unix seconds.
    pub synced_at: Option<i64>,
}

/// A stairwell or building with everything in it: its doors in order, the lowest floor first.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DoorPlan {
    /// The place itself, with the assets that stand in none of its doors.
    pub place: Door,
    /// Its doors.
    pub doors: Vec<Door>,
    /// Doors answered in the round.
    pub covered: u32,
    /// Doors tried in the round where nobody answered.
    pub attempted: u32,
    /// Assets.
    pub assets: u32,
    /// Of these: checked in the round.
    pub checked: u32,
}

/// One door.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Door {
    /// The place.
    pub place: PlaceView,
    /// Its floor; none for the place of a plan itself.
    pub floor: Option<i64>,
    /// What became of it in the round: 0 answered, 1 absent, 2 refused, 3 empty, others newer than
    /// this version; none: not tried.
    pub outcome: Option<u8>,
    /// Somebody answered in the round, at any attempt.
    pub answered: bool,
    /// The assets there.
    pub assets: Vec<AssetView>,
}

/// One place in a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PlaceView {
    /// The place.
    pub id: PlaceId,
    /// 0 estate, 1 building, 2 stairwell, 3 household, 4 premises, 5 common part, others newer.
    pub kind: u8,
    /// What it is part of.
    pub parent: Option<PlaceId>,
    /// Name or number as printed.
    pub name: String,
    /// Label code.
    pub label: Option<String>,
}

/// One asset in a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AssetView {
    /// The asset.
    pub id: AssetId,
    /// Type code of the pack.
    pub asset_type: String,
    /// Label code.
    pub label: Option<String>,
    /// Factory month, `unreadable`, or none.
    pub factory: Option<String>,
    /// `normal`, `missing`, or a JSON list of fault codes; none: never checked.
    pub result: Option<String>,
    /// When that was, unix seconds.
    pub checked_at: Option<i64>,
    /// Undecided disputes.
    pub waiting: u32,
    /// Checked in the round.
    pub checked: bool,
}

/// A page of places.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PlacePage {
    /// The rows.
    pub rows: Vec<PlaceView>,
    /// What to ask for the rows after these.
    pub next: Option<String>,
}

#[uniffi::export]
impl Doorstep {
    /// The areas that this replica holds.
    pub fn areas(&self) -> Result<Vec<AreaId>> {
        Ok(self.replica.areas()?)
    }

    /// Today's numbers of these areas.
    pub fn today(&self, areas: Vec<AreaId>) -> Result<Vec<AreaToday>> {
        let lines = self.replica.today(&areas)?;
        Ok(lines.into_iter().map(AreaToday::from).collect())
    }

    /// The plan of the doors of a stairwell or building, in this round.
    pub fn door_plan(&self, at: PlaceId, round: Option<Round>) -> Result<DoorPlan> {
        let plan = self.replica.door_plan(at, round.map(Into::into))?;
        let doors = plan.floors.into_iter().flat_map(|floor| {
            let number = floor.floor;
            let doors = floor.doors.into_iter();
            doors.map(move |door| Door::of(door, Some(number)))
        });
        Ok(DoorPlan {
            doors: doors.collect(),
            place: Door::of(plan.place, None),
            covered: plan.covered,
            attempted: plan.attempted,
            assets: plan.assets,
            checked: plan.checked,
        })
    }

    /// The places in a place, or an area's that stand in none: at most `limit` after `after`.
    pub fn places(
        &self,
        area: AreaId,
        parent: Option<PlaceId>,
        after: Option<String>,
        limit: u32,
    ) -> Result<PlacePage> {
        let part = doorstep_replica::Part {
            after: after.as_deref(),
            limit: limit as usize,
        };
        let page = self.replica.places(&area, parent, part)?;
        Ok(PlacePage {
            rows: page.rows.into_iter().map(PlaceView::from).collect(),
            next: page.next,
        })
    }
}

impl Door {
    fn of(door: query::Door, floor: Option<i64>) -> Self {
        let assets = door.assets.into_iter().zip(door.checked);
        Self {
            place: door.place.into(),
            floor,
            outcome: door.outcome,
            answered: door.answered,
            assets: assets
                .map(|(asset, checked)| AssetView::of(asset, checked))
                .collect(),
        }
    }
}

impl AssetView {
    fn of(line: query::AssetLine, checked: bool) -> Self {
        Self {
            id: AssetId(line.id),
            asset_type: line.asset_type,
            label: line.label,
            factory: line.factory,
            result: line.result,
            checked_at: line.checked_at,
            waiting: line.waiting,
            checked,
        }
    }
}

impl From<query::PlaceLine> for PlaceView {
    fn from(line: query::PlaceLine) -> Self {
        Self {
            id: PlaceId(line.id),
            kind: line.kind,
            parent: line.parent.map(PlaceId),
            name: line.name,
            label: line.label,
        }
    }
}

impl From<query::AreaToday> for AreaToday {
    fn from(line: query::AreaToday) -> Self {
        Self {
            area: line.area,
            name: line.name,
            doors: line.doors,
            assets: line.assets,
            looks_due: line.looks_due,
            work_due: line.work_due,
            work_overdue: line.work_overdue,
            missing: line.missing,
            faulty: line.faulty,
            open_cases: line.open_cases,
            overdue_cases: line.overdue_cases,
            disputes: line.disputes,
            synced_at: line.synced_at,
        }
    }
}
