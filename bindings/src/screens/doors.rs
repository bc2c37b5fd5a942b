//! Places, as they cross: what stands in what, and the plan of doors (楼盘表).

use doorstep_model::ids::{AreaId, PlaceId};
use doorstep_replica::query;

use super::{AssetView, part};
use crate::crossing::crosses;
use crate::error::Result;
use crate::handle::Doorstep;
use crate::ids::Round;
use crate::terms::{AtDoor, PlaceKind};
use crate::time::{Day, Moment, moment};

crosses! {
    /// A stairwell or building with everything in it: its doors in order, the lowest floor first.
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
}

crosses! {
    /// One door.
    pub struct Door {
        /// The place.
        pub place: PlaceView,
        /// Its floor; none for the place of a plan itself.
        pub floor: Option<i64>,
        /// What became of the last attempt in the round; none: not tried.
        pub outcome: Option<AtDoor>,
        /// Somebody answered in the round, at any attempt.
        pub answered: bool,
        /// The assets there.
        pub assets: Vec<DoorAsset>,
    }
}

crosses! {
    /// An asset behind a door.
    pub struct DoorAsset {
        /// The asset.
        pub asset: AssetView,
        /// Checked in the round.
        pub checked: bool,
    }
}

crosses! {
    /// One place in a list.
    pub struct PlaceView {
        /// The place.
        pub id: PlaceId,
        /// What it is.
        pub kind: PlaceKind,
        /// What it is part of.
        pub parent: Option<PlaceId>,
        /// Name or number as printed.
        pub name: String,
        /// Sorting number among its siblings.
        pub order: i64,
        /// Label code.
        pub label: Option<String>,
        /// Household state.
        pub state: Option<String>,
        /// What became of the last attempt known, in any round.
        pub visit: Option<AtDoor>,
        /// When that was.
        pub visited_at: Option<Moment>,
        /// Day proposed for the next attempt.
        pub visit_next: Option<Day>,
        /// Attempts known.
        pub attempts: u32,
    }
}

crosses! {
    /// A page of places.
    pub struct PlaceRows {
        /// The rows.
        pub rows: Vec<PlaceView>,
        /// What to ask for the rows after these; none at the end.
        pub next: Option<String>,
    }
}

#[uniffi::export]
impl Doorstep {
    /// The plan of the doors of a stairwell or building, in this round.
    pub fn door_plan(&self, at: PlaceId, round: Option<Round>) -> Result<DoorPlan> {
        self.call("Doorstep.door_plan", (at, round), |replica, (at, round)| {
            let plan = replica.door_plan(at, round.map(Into::into))?;
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
        })
    }

    /// The places in a place, or an area's that stand in none: at most `limit` after `after`.
    pub fn places(
        &self,
        area: AreaId,
        parent: Option<PlaceId>,
        after: Option<String>,
        limit: u32,
    ) -> Result<PlaceRows> {
        self.call(
            "Doorstep.places",
            (area, parent, after, limit),
            |replica, (area, parent, after, limit)| {
                let page = replica.places(&area, parent, part(after.as_ref(), limit))?;
                Ok(PlaceRows {
                    rows: page.rows.into_iter().map(PlaceView::from).collect(),
                    next: page.next,
                })
            },
        )
    }

    /// The name of a place, after that of the building it is in.
    pub fn place_name(&self, place: PlaceId) -> Result<Option<String>> {
        self.call("Doorstep.place_name", place, |replica, place| {
            Ok(replica.place_name(place)?)
        })
    }
}

impl Door {
    fn of(door: query::Door, floor: Option<i64>) -> Self {
        let assets = door.assets.into_iter().zip(door.checked);
        let assets = assets.map(|(asset, checked)| DoorAsset {
            asset: asset.into(),
            checked,
        });
        Self {
            place: door.place.into(),
            floor,
            outcome: door.outcome.map(Into::into),
            answered: door.answered,
            assets: assets.collect(),
        }
    }
}

impl From<query::PlaceLine> for PlaceView {
    fn from(line: query::PlaceLine) -> Self {
        Self {
            id: line.id,
            kind: line.kind.into(),
            parent: line.parent,
            name: line.name,
            order: line.ordering,
            label: line.label,
            state: line.state,
            visit: line.visit.map(Into::into),
            visited_at: line.visit_at.map(moment),
            visit_next: line.visit_next.map(Day::of),
            attempts: line.attempts,
        }
    }
}
