//! Rounds, as they cross: which are open, and how far each has come.

use doorstep_model::ids::{AreaId, PlaceId};
use doorstep_replica::query;

use crate::crossing::crosses;
use crate::error::Result;
use crate::handle::Doorstep;
use crate::ids::{EntryId, Round};
use crate::time::Day;

crosses! {
    /// One planned round.
    pub struct RoundView {
        /// Its plan.
        pub plan: EntryId,
        /// Name in words.
        pub name: String,
        /// First day.
        pub first_day: Day,
        /// Last day.
        pub last_day: Day,
        /// Its last day is over.
        pub late: bool,
        /// Doors on its frozen list.
        pub doors: u32,
        /// Assets on its frozen list.
        pub assets: u32,
    }
}

crosses! {
    /// How far a round has come.
    pub struct Coverage {
        /// All buildings together.
        pub total: BuildingCoverage,
        /// Each building.
        pub buildings: Vec<BuildingCoverage>,
    }
}

crosses! {
    /// How far a round has come in a building.
    pub struct BuildingCoverage {
        /// Which; none in the sum of all.
        pub building: Option<PlaceId>,
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
}

#[uniffi::export]
impl Doorstep {
    /// The planned rounds of an area that have begun and are not closed, the one that ends first first.
    pub fn open_rounds(&self, area: AreaId) -> Result<Vec<RoundView>> {
        self.call("Doorstep.open_rounds", area, |replica, area| {
            let rounds = replica.open_rounds(&area)?.into_iter();
            Ok(rounds.map(RoundView::from).collect())
        })
    }

    /// How far a round has come: its list, and what joined later.
    pub fn coverage(&self, area: AreaId, round: Round) -> Result<Coverage> {
        self.call(
            "Doorstep.coverage",
            (area, round),
            |replica, (area, round)| {
                let coverage = replica.coverage(&area, round.into())?;
                let buildings = coverage.buildings.into_iter();
                Ok(Coverage {
                    total: BuildingCoverage::of(None, &coverage.total),
                    buildings: buildings
                        .map(|(building, done)| BuildingCoverage::of(Some(building), &done))
                        .collect(),
                })
            },
        )
    }
}

impl From<query::RoundLine> for RoundView {
    fn from(line: query::RoundLine) -> Self {
        Self {
            plan: line.id,
            name: line.name,
            first_day: Day::of(line.first_day),
            last_day: Day::of(line.last_day),
            late: line.late,
            doors: line.doors,
            assets: line.assets,
        }
    }
}

impl BuildingCoverage {
    fn of(building: Option<PlaceId>, done: &query::BuildingCoverage) -> Self {
        Self {
            building,
            doors: done.doors,
            covered: done.covered,
            attempted: done.attempted,
            assets: done.assets,
            checked: done.checked,
            extra_doors: done.extra_doors,
            extra_assets: done.extra_assets,
            held: done.held,
        }
    }
}
