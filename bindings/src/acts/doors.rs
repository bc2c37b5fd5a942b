//! At the doors, as it crosses: rounds, attempts, looks, and taking back or putting right what was said.

use doorstep_model::entry::Visit;
use doorstep_model::ids::{AssetId, PhotoHash, PlaceId};
use doorstep_replica::act;

use crate::crossing::crosses;
use crate::error::Result;
use crate::handle::Doorstep;
use crate::ids::{EntryId, Round, Tap};
use crate::terms::{AtDoor, Factory, Seen};
use crate::time::Day;

crosses! {
    /// What a round that was opened at the door looks at.
    pub struct Targets {
        /// Doors to visit.
        pub doors: Vec<PlaceId>,
        /// Assets to check.
        pub assets: Vec<AssetId>,
    }
}

crosses! {
    /// One attempt at a door.
    pub struct NewVisit {
        /// What became of it.
        pub outcome: AtDoor,
        /// A note.
        #[uniffi(default = None)]
        pub note: Option<String>,
        /// The day to come again.
        #[uniffi(default = None)]
        pub next: Option<Day>,
    }
}

crosses! {
    /// One look at one asset.
    pub struct NewLook {
        /// At which.
        pub asset: AssetId,
        /// What was seen.
        pub seen: Seen,
        /// A note.
        #[uniffi(default = None)]
        pub note: Option<String>,
        /// Photos, by name; they are on the disk already.
        #[uniffi(default = [])]
        pub photos: Vec<PhotoHash>,
        /// The factory month, where it was asked for.
        #[uniffi(default = None)]
        pub factory: Option<Factory>,
    }
}

crosses! {
    /// What is right instead of what was said before.
    pub enum Right {
        /// What was really seen of the asset.
        Check {
            /// It.
            seen: Seen,
        },
        /// What really became of the attempt at the door.
        Visit {
            /// It.
            outcome: AtDoor,
        },
    }
}

#[uniffi::export]
impl Doorstep {
    /// Opens a round of a building: a planned one, whose list is frozen; or without a plan today's,
    /// with this list or else everything known in the building.
    pub fn open_round(
        &self,
        tap: Tap,
        building: PlaceId,
        plan: Option<EntryId>,
        targets: Option<Targets>,
    ) -> Result<Round> {
        self.call(
            "Doorstep.open_round",
            (tap, building, plan, targets),
            |replica, (tap, building, plan, targets)| {
                let targets = targets.map(act::Targets::from);
                let round = replica.open_round(&tap.into(), building, plan, targets)?;
                Ok(round.into())
            },
        )
    }

    /// Records an attempt at a door.
    pub fn visit(
        &self,
        tap: Tap,
        place: PlaceId,
        round: Round,
        visit: NewVisit,
    ) -> Result<EntryId> {
        self.call(
            "Doorstep.visit",
            (tap, place, round, visit),
            |replica, (tap, place, round, visit)| {
                let visit = Visit {
                    outcome: visit.outcome.for_entry()?,
                    note: visit.note,
                    next: visit.next.map(Day::number),
                    date_only: None,
                };
                Ok(replica.visit(&tap.into(), place, round.into(), visit)?)
            },
        )
    }

    /// Records looks at assets, all or none.
    pub fn check(&self, tap: Tap, round: Round, looks: Vec<NewLook>) -> Result<Vec<EntryId>> {
        self.call(
            "Doorstep.check",
            (tap, round, looks),
            |replica, (tap, round, looks)| {
                let looks: Vec<act::Look> = looks
                    .into_iter()
                    .map(NewLook::for_entry)
                    .collect::<Result<_>>()?;
                Ok(replica.check(&tap.into(), round.into(), &looks)?)
            },
        )
    }

    /// 全部正常 at these places and below them; with `answered` their doors are visited too.
    pub fn all_normal(
        &self,
        tap: Tap,
        round: Round,
        places: Vec<PlaceId>,
        answered: bool,
    ) -> Result<Vec<EntryId>> {
        self.call(
            "Doorstep.all_normal",
            (tap, round, places, answered),
            |replica, (tap, round, places, answered)| {
                Ok(replica.all_normal(&tap.into(), round.into(), &places, answered)?)
            },
        )
    }

    /// Puts right what a check or a visit said, with a reason; the old one is kept.
    pub fn correct(&self, tap: Tap, of: EntryId, right: Right, reason: &str) -> Result<EntryId> {
        self.call(
            "Doorstep.correct",
            (tap, of, right, reason),
            |replica, (tap, of, right, reason)| {
                let right = match right {
                    Right::Check { seen } => act::Right::Check(seen.for_entry()?),
                    Right::Visit { outcome } => act::Right::Visit(outcome.for_entry()?),
                };
                Ok(replica.correct(&tap.into(), of, &right, reason)?)
            },
        )
    }

    /// Takes back the last write that is not taken back yet.
    pub fn undo_last(&self, tap: Tap) -> Result<Vec<EntryId>> {
        self.call("Doorstep.undo_last", tap, |replica, tap| {
            Ok(replica.undo_last(&tap.into())?)
        })
    }

    /// How many writes can be taken back.
    pub fn undo_depth(&self) -> Result<u32> {
        self.call("Doorstep.undo_depth", (), |replica, ()| {
            Ok(replica.undo_depth()?)
        })
    }
}

impl From<Targets> for act::Targets {
    fn from(targets: Targets) -> Self {
        Self {
            doors: targets.doors,
            assets: targets.assets,
        }
    }
}

impl NewLook {
    fn for_entry(self) -> Result<act::Look> {
        Ok(act::Look {
            asset: self.asset,
            outcome: self.seen.for_entry()?,
            note: self.note,
            photos: Some(self.photos),
            factory: self.factory.and_then(Factory::for_entry),
        })
    }
}
