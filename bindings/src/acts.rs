//! Writes, as they cross: each once by its request id.

use doorstep_model::entry::{Outcome, Visit, VisitOutcome};
use doorstep_model::ids::{AssetId, PlaceId, RequestId};
use doorstep_replica::act::{Look, Tap};

use crate::error::Result;
use crate::handle::Doorstep;
use crate::ids::{EntryId, Round};

/// What was seen of an asset.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Seen {
    /// Everything in order.
    Normal,
    /// Registered here, and not here.
    Missing,
    /// These fault codes of the pack; none is normal.
    Faults {
        /// Codes.
        codes: Vec<String>,
    },
}

/// One look at one asset.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewLook {
    /// At which.
    pub asset: AssetId,
    /// What was seen.
    pub seen: Seen,
    /// A note.
    pub note: Option<String>,
}

/// What became of an attempt at a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum AtDoor {
    /// 已查
    Answered,
    /// 没人
    Absent,
    /// 拒绝
    Refused,
    /// 空关
    Empty,
}

#[uniffi::export]
impl Doorstep {
    /// Opens a round of a building: a planned one, or without a plan today's.
    pub fn open_round(
        &self,
        request: RequestId,
        building: PlaceId,
        plan: Option<EntryId>,
    ) -> Result<Round> {
        let round = self
            .replica
            .open_round(&Tap::new(request), building, plan, None)?;
        Ok(round.into())
    }

    /// Records looks at assets, all or none.
    pub fn check(
        &self,
        request: RequestId,
        round: Round,
        looks: Vec<NewLook>,
    ) -> Result<Vec<EntryId>> {
        let looks: Vec<Look> = looks.into_iter().map(Look::from).collect();
        Ok(self
            .replica
            .check(&Tap::new(request), round.into(), &looks)?)
    }

    /// 全部正常 at these places and below them; with `answered` their doors are visited too.
    pub fn all_normal(
        &self,
        request: RequestId,
        round: Round,
        places: Vec<PlaceId>,
        answered: bool,
    ) -> Result<Vec<EntryId>> {
        Ok(self
            .replica
            .all_normal(&Tap::new(request), round.into(), &places, answered)?)
    }

    /// Records an attempt at a door; `next` is the day to come again, in days since 1970-01-01.
    pub fn visit(
        &self,
        request: RequestId,
        place: PlaceId,
        round: Round,
        outcome: AtDoor,
        note: Option<String>,
        next: Option<u32>,
    ) -> Result<EntryId> {
        let outcome = outcome.into();
        let visit = Visit {
            outcome,
            note,
            next,
        };
        Ok(self
            .replica
            .visit(&Tap::new(request), place, round.into(), visit)?)
    }

    /// Takes back the last write that is not taken back yet.
    pub fn undo_last(&self, request: RequestId) -> Result<Vec<EntryId>> {
        Ok(self.replica.undo_last(&Tap::new(request))?)
    }

    /// How many writes can be taken back.
    pub fn undo_depth(&self) -> Result<u32> {
        Ok(self.replica.undo_depth()?)
    }
}

impl From<NewLook> for Look {
    fn from(look: NewLook) -> Self {
        let outcome = match look.seen {
            Seen::Normal => Outcome::Normal,
            Seen::Missing => Outcome::Missing,
            Seen::Faults { codes } => Outcome::of_faults(codes),
        };
        Self {
            note: look.note,
            ..Self::new(look.asset, outcome)
        }
    }
}

impl From<AtDoor> for VisitOutcome {
    fn from(outcome: AtDoor) -> Self {
        match outcome {
            AtDoor::Answered => Self::Answered,
            AtDoor::Absent => Self::Absent,
            AtDoor::Refused => Self::Refused,
            AtDoor::Empty => Self::Empty,
        }
    }
}
