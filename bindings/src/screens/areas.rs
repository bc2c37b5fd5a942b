//! Areas, as they cross: the tree that the organisation declared, and what each owes today.

use doorstep_model::ids::AreaId;
use doorstep_replica::query;

use crate::crossing::crosses;
use crate::error::Result;
use crate::handle::Doorstep;
use crate::time::{Day, Moment, moment};

crosses! {
    /// An area of the tree.
    pub struct DeclaredArea {
        /// Its code.
        pub area: AreaId,
        /// Its name.
        pub name: String,
        /// Its level: `city` to `grid`.
        pub level: String,
        /// The area that it is part of.
        pub parent: Option<AreaId>,
        /// First day on which it is no more.
        pub until: Option<Day>,
    }
}

crosses! {
    /// An area today.
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
        /// Own clock at the last complete sync.
        pub synced_at: Option<Moment>,
    }
}

#[uniffi::export]
impl Doorstep {
    /// The areas that this replica holds.
    pub fn areas(&self) -> Result<Vec<AreaId>> {
        self.call("Doorstep.areas", (), |replica, ()| Ok(replica.areas()?))
    }

    /// Every area that the organisation declared.
    pub fn declared_areas(&self) -> Result<Vec<DeclaredArea>> {
        self.call("Doorstep.declared_areas", (), |replica, ()| {
            let areas = replica.declared_areas()?.into_iter();
            let areas = areas.map(|area| DeclaredArea {
                area: area.code,
                name: area.name,
                level: area.level,
                parent: area.parent,
                until: area.until.map(Day::of),
            });
            Ok(areas.collect())
        })
    }

    /// Today's numbers of these areas.
    pub fn today(&self, areas: Vec<AreaId>) -> Result<Vec<AreaToday>> {
        self.call("Doorstep.today", areas, |replica, areas| {
            let lines = replica.today(&areas)?;
            Ok(lines.into_iter().map(AreaToday::from).collect())
        })
    }

    /// SHA-256 over an area's rows. Equal on every replica at equal cursors and packs, where nothing is
    /// pending or provisional.
    pub fn checksum(&self, area: AreaId) -> Result<Vec<u8>> {
        self.call("Doorstep.checksum", area, |replica, area| {
            Ok(replica.area_checksum(&area)?.to_vec())
        })
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
            synced_at: line.synced_at.map(moment),
        }
    }
}
