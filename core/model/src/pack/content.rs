//! The content of a pack as data: asset types, checklists, faults, hazards, units, and their look-up.
//!
//! No validation (that is `validate`) and no meaning of intervals (that is `crate::due`).

use serde::{Deserialize, Serialize};

use super::{Duty, FactoryMonth, Market, OnUnreadable, Source};
use crate::calendar::{Date, Month};
use crate::message::Text;

/// One version of one market's rules.
///
/// Read one with [`Pack::parse`], which validates: serde alone checks only the form. Nothing can
/// change it afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    pub(super) id: String,
    pub(super) number: u32,
    pub(super) market: Market,
    pub(super) dated: Date,
    pub(super) readings: Vec<Reading>,
    pub(super) units: Vec<Unit>,
    pub(super) month_task: Source,
    pub(super) duties: Vec<Duty>,
    pub(super) assets: Vec<AssetType>,
    pub(super) checklists: Vec<Checklist>,
    pub(super) missing_severity: u8,
    pub(super) faults: Vec<Fault>,
    pub(super) hazards: Vec<HazardKind>,
    #[serde(default)]
    pub(super) away: Option<AwayRule>,
    #[serde(default)]
    pub(super) rating: Option<RatingRule>,
}

/// Where the texts leave two ways, the one we take, with the reason that the screen shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Its id.
    pub id: String,
    /// What is read, and why.
    pub why: Text,
}

/// A unit in which figures are stored as printed and never added to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its id.
    pub id: String,
    /// How it is printed (处, 条, ㎡).
    pub name: Text,
}

/// A type of thing that is inspected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetType {
    /// Its id, for instance `extinguisher.dry_powder`.
    pub id: String,
    /// What people call it.
    pub name: Text,
    /// Whether its factory month is needed.
    pub factory_month: FactoryMonth,
    /// What an unreadable factory month means.
    pub unreadable: OnUnreadable,
    /// No such thing was made before this month; an earlier stamp is as good as unreadable.
    #[serde(default)]
    pub existed_since: Option<Month>,
    /// The ids of what is owed to it, in the order in which screens show them.
    pub duties: Vec<String>,
    /// The id of its checklist, if it has one of its own.
    #[serde(default)]
    pub checklist: Option<String>,
}

/// What a volunteer looks at, point by point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checklist {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: Text,
    /// The points in the order in which they are walked.
    pub points: Vec<Checkpoint>,
}

/// One point of a checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Its id, unique in the list.
    pub id: String,
    /// What to look at.
    pub name: Text,
}

/// A fault that a check can find.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Its code in results.
    pub code: String,
    /// What people call it.
    pub name: Text,
    /// How grave: 1-255, normal being 0. Of two results the graver is the worse.
    pub severity: u8,
    /// Whether it makes the asset scrap at sight.
    pub scrap_at_sight: bool,
    /// The asset types that can have it.
    pub assets: Vec<String>,
}

/// A kind of hazard (隐患).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HazardKind {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: Text,
    /// Fire or production; the two are reported apart.
    pub class: HazardClass,
    /// The level it starts with, 0-2; level 3 is judged by the fire body only.
    pub level: u8,
    /// The id of the unit in which it is counted.
    pub unit: String,
    /// Whether it must be put right the same local day.
    pub same_day: bool,
    /// Where it comes from, if a text names it.
    #[serde(default)]
    pub source: Option<Source>,
}

/// The class of a hazard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HazardClass {
    /// Fire hazards, counted in places (处).
    Fire,
    /// Production-safety hazards, counted in items (条).
    Production,
}

/// Which part of a unit's bottles may be away for service at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwayRule {
    /// `parts` of …
    pub parts: u32,
    /// … `of` equal parts.
    pub of: u32,
    /// Where it comes from.
    pub source: Source,
    /// The id of the reading behind it.
    pub reading: String,
}

/// How many 1A ratings the public floor area of a residence asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatingRule {
    /// The area above which the first is asked for, and per which each further one is; m².
    pub step_square_metres: u32,
    /// Where it comes from.
    pub source: Source,
    /// The id of the reading at exact multiples of the step.
    pub reading: String,
}

impl Pack {
    /// Its id; a market's packs share it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its number, from 1: its version. The same number with other content is refused elsewhere.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Whose rules it holds.
    pub fn market(&self) -> Market {
        self.market
    }

    /// The day on which its sources were last looked through.
    pub fn dated(&self) -> Date {
        self.dated
    }

    /// Why this reading was taken.
    pub fn reading(&self, id: &str) -> Option<&Text> {
        self.readings
            .iter()
            .find(|reading| reading.id == id)
            .map(|reading| &reading.why)
    }

    /// Every unit.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The unit of this id.
    pub fn unit(&self, id: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.id == id)
    }

    /// The source of the task to find a factory month.
    pub fn month_task(&self) -> &Source {
        &self.month_task
    }

    /// Every asset type.
    pub fn assets(&self) -> &[AssetType] {
        &self.assets
    }

    /// The asset type of this id.
    pub fn asset(&self, id: &str) -> Option<&AssetType> {
        self.assets.iter().find(|asset| asset.id == id)
    }

    /// What is owed to `asset`, in its order.
    pub fn duties_of<'a>(&'a self, asset: &'a AssetType) -> impl Iterator<Item = &'a Duty> {
        asset
            .duties
            .iter()
            .filter_map(|id| self.duties.iter().find(|duty| duty.id == *id))
    }

    /// Every checklist.
    pub fn checklists(&self) -> &[Checklist] {
        &self.checklists
    }

    /// The checklist of this id.
    pub fn checklist(&self, id: &str) -> Option<&Checklist> {
        self.checklists.iter().find(|list| list.id == id)
    }

    /// How grave it is that an asset is missing, on the scale of [`Fault::severity`].
    pub fn missing_severity(&self) -> u8 {
        self.missing_severity
    }

    /// Every fault.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The fault of this code.
    pub fn fault(&self, code: &str) -> Option<&Fault> {
        self.faults.iter().find(|fault| fault.code == code)
    }

    /// The faults that an asset of this type can have, in the pack's order.
    pub fn faults_of<'a>(&'a self, asset_type: &'a str) -> impl Iterator<Item = &'a Fault> {
        self.faults
            .iter()
            .filter(move |fault| fault.assets.iter().any(|asset| asset == asset_type))
    }

    /// Every kind of hazard.
    pub fn hazards(&self) -> &[HazardKind] {
        &self.hazards
    }

    /// The kind of hazard of this id.
    pub fn hazard(&self, id: &str) -> Option<&HazardKind> {
        self.hazards.iter().find(|hazard| hazard.id == id)
    }

    /// The rule for bottles away at service, if this market has one.
    pub fn away(&self) -> Option<&AwayRule> {
        self.away.as_ref()
    }

    /// The rule for ratings by floor area, if this market has one.
    pub fn rating(&self) -> Option<&RatingRule> {
        self.rating.as_ref()
    }
}
