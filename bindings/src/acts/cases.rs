//! Hazards and repairs, as they cross: a finding, its steps, and deciding between others.

use doorstep_model::entry::{CaseStep, Found};
use doorstep_model::ids::{AssetId, CaseId, PersonId, PhotoHash, PlaceId};
use doorstep_replica::act;

use crate::crossing::crosses;
use crate::error::Result;
use crate::handle::Doorstep;
use crate::ids::{EntryId, Round, Subject, Tap};
use crate::terms::{CaseClass, CaseEvent, Seen};
use crate::time::Day;

crosses! {
    /// A hazard or a repair.
    pub struct NewCase {
        /// Which of the two.
        pub about: CaseClass,
        /// Hazard kind of the pack, or the fault to repair.
        pub kind: String,
        /// Where.
        pub place: PlaceId,
        /// On which asset, if on one.
        #[uniffi(default = None)]
        pub asset: Option<AssetId>,
        /// Level 0 to 2; 0 only together with its fix.
        #[uniffi(default = 1)]
        pub level: u8,
        /// Suspected to be a major hazard.
        #[uniffi(default = false)]
        pub suspected: bool,
        /// A note.
        #[uniffi(default = None)]
        pub note: Option<String>,
        /// Photos, by name.
        #[uniffi(default = [])]
        pub photos: Vec<PhotoHash>,
        /// The round in which it was found.
        #[uniffi(default = None)]
        pub round: Option<Round>,
        /// The campaign that it belongs to.
        #[uniffi(default = None)]
        pub campaign: Option<EntryId>,
    }
}

crosses! {
    /// How it was put right on the spot.
    pub struct Fix {
        /// What was done.
        #[uniffi(default = None)]
        pub note: Option<String>,
        /// Photos of it put right, by name.
        #[uniffi(default = [])]
        pub photos: Vec<PhotoHash>,
    }
}

crosses! {
    /// A later step of a case.
    pub struct NewStep {
        /// Which.
        pub event: CaseEvent,
        /// Reason, measure or remark.
        #[uniffi(default = None)]
        pub note: Option<String>,
        /// Deadline of a dispatch or extension, review date of a parking.
        #[uniffi(default = None)]
        pub day: Option<Day>,
        /// Handling body of a dispatch or hand-over.
        #[uniffi(default = None)]
        pub body: Option<String>,
        /// The body's receipt number of a hand-over.
        #[uniffi(default = None)]
        pub receipt: Option<String>,
        /// The case that this one is merged into.
        #[uniffi(default = None)]
        pub into: Option<CaseId>,
        /// Of a re-check: passed or not.
        #[uniffi(default = None)]
        pub passed: Option<bool>,
        /// Level from now on.
        #[uniffi(default = None)]
        pub level: Option<u8>,
        /// Who approved an extension.
        #[uniffi(default = None)]
        pub approved_by: Option<PersonId>,
        /// Helping bodies of a dispatch.
        #[uniffi(default = [])]
        pub helpers: Vec<String>,
        /// Photos, by name.
        #[uniffi(default = [])]
        pub photos: Vec<PhotoHash>,
    }
}

#[uniffi::export]
impl Doorstep {
    /// Records a hazard or a repair, and with `fix` that it was put right on the spot.
    pub fn found(&self, tap: Tap, found: NewCase, fix: Option<Fix>) -> Result<CaseId> {
        self.call(
            "Doorstep.found",
            (tap, found, fix),
            |replica, (tap, found, fix)| {
                let found = found.for_entry()?;
                let fix = fix.map(|fix| act::Fix {
                    note: fix.note,
                    photos: Some(fix.photos),
                });
                Ok(replica.found(&tap.into(), found, fix)?)
            },
        )
    }

    /// Takes a step of a case. With `allow_claim` a step that is not legal as far as is known here is
    /// recorded as a claim.
    pub fn case_step(
        &self,
        tap: Tap,
        id: CaseId,
        step: NewStep,
        allow_claim: bool,
    ) -> Result<EntryId> {
        self.call(
            "Doorstep.case_step",
            (tap, id, step, allow_claim),
            |replica, (tap, id, step, allow_claim)| {
                let step = step.for_entry()?;
                Ok(replica.case_step(&tap.into(), id, step, allow_claim)?)
            },
        )
    }

    /// Settles a dispute between checks of one asset; it names every check that the decider saw.
    pub fn decide(
        &self,
        tap: Tap,
        asset: AssetId,
        names: Vec<EntryId>,
        seen: Seen,
        reason: Option<String>,
    ) -> Result<EntryId> {
        self.call(
            "Doorstep.decide",
            (tap, asset, names, seen, reason),
            |replica, (tap, asset, names, seen, reason)| {
                let outcome = seen.for_entry()?;
                Ok(replica.decide(&tap.into(), asset, &names, outcome, reason.as_deref())?)
            },
        )
    }

    /// Says that two places, assets or cases are one thing, or with `split` that they are not after all.
    pub fn same_as(&self, tap: Tap, one: Subject, other: Subject, split: bool) -> Result<EntryId> {
        self.call(
            "Doorstep.same_as",
            (tap, one, other, split),
            |replica, (tap, one, other, split)| {
                Ok(replica.same_as(&tap.into(), one.into(), other.into(), split)?)
            },
        )
    }
}

impl NewCase {
    fn for_entry(self) -> Result<Found> {
        Ok(Found {
            class: self.about.for_entry()?,
            kind: self.kind,
            place: self.place,
            asset: self.asset,
            level: self.level,
            suspected: Some(self.suspected),
            note: self.note,
            photos: Some(self.photos),
            round: self.round.map(Into::into),
            campaign: self.campaign,
        })
    }
}

impl NewStep {
    fn for_entry(self) -> Result<CaseStep> {
        Ok(CaseStep {
            event: self.event.for_entry()?,
            note: self.note,
            date: self.day.map(Day::number),
            body: self.body,
            receipt: self.receipt,
            into: self.into,
            passed: self.passed,
            level: self.level,
            approved_by: self.approved_by,
            helpers: Some(self.helpers),
            photos: Some(self.photos),
        })
    }
}
