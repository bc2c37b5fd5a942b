//! Cases and disputes, as they cross: lists of an area, one case with its events, checks that disagree.

use doorstep_model::ids::{AreaId, AssetId, CaseId, PersonId, PhotoHash, PlaceId};
use doorstep_replica::query;

use super::part;
use crate::crossing::crosses;
use crate::error::{Problem, Result};
use crate::handle::Doorstep;
use crate::ids::EntryId;
use crate::terms::{CaseClass, CaseEvent, CaseState, Seen};
use crate::time::{Day, Moment, moment};

crosses! {
    /// One case in a list.
    pub struct CaseView {
        /// The case.
        pub id: CaseId,
        /// Hazard or repair.
        pub about: CaseClass,
        /// Hazard kind of the pack, or the fault to repair.
        pub kind: String,
        /// Where.
        pub place: Option<PlaceId>,
        /// On which asset.
        pub asset: Option<AssetId>,
        /// Where it stands.
        pub state: CaseState,
        /// Not settled yet.
        pub open: bool,
        /// 0 to 3.
        pub level: u8,
        /// Suspected to be a major hazard.
        pub suspected: bool,
        /// When it was found.
        pub found_at: Moment,
        /// Last day of the time limit.
        pub deadline: Option<Day>,
        /// The time limit is over today, and its clock runs.
        pub overdue: bool,
        /// Day of the effective end.
        pub rectified: Option<Day>,
        /// Put right at once.
        pub on_spot: bool,
        /// Events that were not legal where they stood.
        pub claims: u32,
        /// The finder's note.
        pub note: Option<String>,
        /// Photos named in it.
        pub photos: u32,
    }
}

crosses! {
    /// A page of cases.
    pub struct CaseRows {
        /// The rows.
        pub rows: Vec<CaseView>,
        /// What to ask for the rows after these; none at the end.
        pub next: Option<String>,
    }
}

crosses! {
    /// Which cases of an area.
    #[derive(Copy)]
    pub enum CaseFilter {
        /// Not settled.
        Open,
        /// Not settled, and the time limit is over.
        Overdue,
        /// Settled.
        Settled,
    }
}

crosses! {
    /// One case.
    pub struct CasePage {
        /// As in lists.
        pub case: CaseView,
        /// Everything said about it, in the order in which it is judged.
        pub events: Vec<EventView>,
        /// Who put it right since it was found or came back: they neither re-check nor close.
        pub fixers: Vec<PersonId>,
    }
}

crosses! {
    /// One thing said about a case.
    pub struct EventView {
        /// The entry.
        pub entry: EntryId,
        /// What.
        pub event: CaseEvent,
        /// Who.
        pub person: PersonId,
        /// When.
        pub at: Moment,
        /// The state after it, if it was taken.
        pub state: Option<CaseState>,
        /// Why it is only a claim.
        pub claim: Option<Problem>,
        /// What was written.
        pub note: Option<String>,
        /// Deadline or review day.
        pub day: Option<Day>,
        /// Handling body.
        pub body: Option<String>,
        /// Photos, by name.
        pub photos: Vec<PhotoHash>,
    }
}

crosses! {
    /// Checks of one asset that disagree and wait for the desk.
    pub struct DisputeView {
        /// On which asset.
        pub asset: AssetId,
        /// Its type.
        pub asset_type: String,
        /// Its label.
        pub label: Option<String>,
        /// Name of the place where it is.
        pub place: Option<String>,
        /// Time of the first check.
        pub since: Moment,
        /// Every check of it, in order: a decision has to name them all.
        pub checks: Vec<Told>,
    }
}

crosses! {
    /// One check of a dispute.
    pub struct Told {
        /// The check.
        pub check: EntryId,
        /// Who looked.
        pub person: PersonId,
        /// When.
        pub at: Moment,
        /// What was seen.
        pub result: Seen,
    }
}

crosses! {
    /// A page of disputes.
    pub struct DisputeRows {
        /// The rows.
        pub rows: Vec<DisputeView>,
        /// What to ask for the rows after these; none at the end.
        pub next: Option<String>,
    }
}

#[uniffi::export]
impl Doorstep {
    /// The cases of an area, the latest found first: at most `limit` after `after`.
    pub fn cases(
        &self,
        area: AreaId,
        filter: CaseFilter,
        after: Option<String>,
        limit: u32,
    ) -> Result<CaseRows> {
        self.call(
            "Doorstep.cases",
            (area, filter, after, limit),
            |replica, (area, filter, after, limit)| {
                let page = replica.cases(&area, filter.into(), part(after.as_ref(), limit))?;
                Ok(CaseRows {
                    rows: page.rows.into_iter().map(CaseView::from).collect(),
                    next: page.next,
                })
            },
        )
    }

    /// One case with its events.
    pub fn case(&self, id: CaseId) -> Result<CasePage> {
        self.call("Doorstep.case", id, |replica, id| {
            let page = replica.case(id)?;
            Ok(CasePage {
                case: page.case.into(),
                events: page.events.into_iter().map(EventView::from).collect(),
                fixers: page.fixers,
            })
        })
    }

    /// The disputes that wait at the desk of an area, the oldest first: at most `limit` after `after`.
    pub fn disputes(&self, area: AreaId, after: Option<String>, limit: u32) -> Result<DisputeRows> {
        self.call(
            "Doorstep.disputes",
            (area, after, limit),
            |replica, (area, after, limit)| {
                let page = replica.disputes(&area, part(after.as_ref(), limit))?;
                Ok(DisputeRows {
                    rows: page.rows.into_iter().map(DisputeView::from).collect(),
                    next: page.next,
                })
            },
        )
    }
}

impl From<CaseFilter> for query::CaseFilter {
    fn from(filter: CaseFilter) -> Self {
        match filter {
            CaseFilter::Open => Self::Open,
            CaseFilter::Overdue => Self::Overdue,
            CaseFilter::Settled => Self::Settled,
        }
    }
}

impl From<query::CaseLine> for CaseView {
    fn from(line: query::CaseLine) -> Self {
        Self {
            id: line.id,
            about: line.class.into(),
            kind: line.kind,
            place: line.place,
            asset: line.asset,
            state: line.state.as_str().into(),
            open: line.open,
            level: line.level,
            suspected: line.suspected,
            found_at: moment(line.found_at),
            deadline: line.deadline.map(Day::of),
            overdue: line.overdue,
            rectified: line.rectified.map(Day::of),
            on_spot: line.on_spot,
            claims: line.claims,
            note: line.note,
            photos: line.photos,
        }
    }
}

impl From<query::EventLine> for EventView {
    fn from(line: query::EventLine) -> Self {
        Self {
            entry: line.entry,
            event: line.kind.into(),
            person: line.person,
            at: moment(line.time),
            state: line.state.map(CaseState::from),
            claim: line.claim.map(|claim| Problem::from(&claim.into())),
            note: line.note,
            day: line.day.map(Day::of),
            body: line.body,
            photos: line.photos,
        }
    }
}

impl From<query::DisputeLine> for DisputeView {
    fn from(line: query::DisputeLine) -> Self {
        let checks = line.checks.into_iter();
        let checks = checks.map(|told| Told {
            check: told.check,
            person: told.person,
            at: moment(told.time),
            result: Seen::of_row(&told.result),
        });
        Self {
            asset: line.asset,
            asset_type: line.asset_type,
            label: line.label,
            place: line.place,
            since: moment(line.since),
            checks: checks.collect(),
        }
    }
}
