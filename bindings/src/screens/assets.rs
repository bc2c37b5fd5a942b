//! Assets, as they cross: lists of an area, one asset with its history, and what bears a label.

use doorstep_model::due;
use doorstep_model::ids::{AreaId, AssetId, PersonId, PhotoHash, PlaceId};
use doorstep_replica::query;

use super::{CaseView, part};
use crate::crossing::crosses;
use crate::error::Result;
use crate::handle::Doorstep;
use crate::ids::EntryId;
use crate::terms::{Factory, Field, OwedStatus, Seen};
use crate::time::{Moment, Month, moment};

crosses! {
    /// One asset in a list.
    pub struct AssetView {
        /// The asset.
        pub id: AssetId,
        /// Type code of the pack.
        pub asset_type: String,
        /// Where it is.
        pub place: PlaceId,
        /// The building on top of that.
        pub building: PlaceId,
        /// Label code.
        pub label: Option<String>,
        /// Size as printed.
        pub size: Option<String>,
        /// When it was made.
        pub factory: Factory,
        /// What the check that counts saw; none: never checked.
        pub result: Option<Seen>,
        /// When that was.
        pub checked_at: Option<Moment>,
        /// Undecided disputes.
        pub waiting: u32,
        /// Month in which it was scrapped or replaced.
        pub ended: Option<Month>,
        /// Taken away for service.
        pub away: bool,
        /// What it is owed today.
        pub owed: Vec<Owed>,
    }
}

crosses! {
    /// One thing owed, in short.
    pub struct Owed {
        /// What: `look`, `service`, `scrap` and what else the pack says.
        pub kind: String,
        /// Month of the last allowed day.
        pub due_month: Option<Month>,
        /// How it stands.
        pub status: OwedStatus,
    }
}

crosses! {
    /// One thing owed, with where it comes from.
    pub struct Obligation {
        /// In short.
        pub owed: Owed,
        /// The clause.
        pub clause: String,
    }
}

crosses! {
    /// A page of assets.
    pub struct AssetRows {
        /// The rows.
        pub rows: Vec<AssetView>,
        /// What to ask for the rows after these; none at the end.
        pub next: Option<String>,
    }
}

crosses! {
    /// Which assets of an area.
    pub struct AssetFilter {
        /// Of this type only.
        #[uniffi(default = None)]
        pub asset_type: Option<String>,
        /// In this building only.
        #[uniffi(default = None)]
        pub building: Option<PlaceId>,
        /// In this state only.
        #[uniffi(default = None)]
        pub state: Option<AssetState>,
    }
}

crosses! {
    /// States to filter by.
    #[derive(Copy)]
    pub enum AssetState {
        /// Checks disagree.
        Waiting,
        /// The check that counts found a fault.
        Faulty,
        /// The check that counts did not find it.
        Missing,
        /// Nobody looked yet.
        NeverChecked,
        /// A look is due this month, or was before.
        LookDue,
        /// Something else is due this month, or was before.
        WorkDue,
        /// The factory month was never written down.
        NoFactoryMonth,
    }
}

crosses! {
    /// An asset with everything known of it.
    pub struct AssetPage {
        /// As in lists.
        pub asset: AssetView,
        /// Every field that anybody gave a value.
        pub fields: Vec<FieldView>,
        /// Every look, the latest first.
        pub history: Vec<LookView>,
        /// What it is owed today, with clauses.
        pub obligations: Vec<Obligation>,
        /// Its cases, open ones first.
        pub cases: Vec<CaseView>,
        /// Entries about it that wait for a person at the desk.
        pub held: u32,
    }
}

crosses! {
    /// One field.
    pub struct FieldView {
        /// Which.
        pub field: Field,
        /// Candidates say different things.
        pub disputed: bool,
        /// At least one; the last is on screen.
        pub candidates: Vec<Candidate>,
    }
}

crosses! {
    /// One value that nobody who had seen it replaced.
    pub struct Candidate {
        /// The entry that gives it.
        pub entry: EntryId,
        /// The value; none when it is said to be empty.
        pub value: Option<String>,
        /// Who gave it.
        pub person: PersonId,
        /// When.
        pub at: Moment,
    }
}

crosses! {
    /// One look.
    pub struct LookView {
        /// The check.
        pub check: EntryId,
        /// Who looked.
        pub person: PersonId,
        /// When.
        pub at: Moment,
        /// Only the day of it is known.
        pub date_only: bool,
        /// From an imported log.
        pub imported: bool,
        /// What was seen.
        pub result: Seen,
        /// The correction that holds for it.
        pub corrected_by: Option<EntryId>,
        /// The same person's later look: this one is history only.
        pub superseded_by: Option<EntryId>,
        /// In a dispute that waits for the desk.
        pub waiting: bool,
        /// A note.
        pub note: Option<String>,
        /// Photos, by name.
        pub photos: Vec<PhotoHash>,
    }
}

crosses! {
    /// A thing that bears a label code: a place, or an asset at one.
    pub struct Bearer {
        /// The asset; none where a place bears it.
        pub asset: Option<AssetId>,
        /// The place; none where an asset bears it.
        pub place: Option<PlaceId>,
        /// Type of the asset.
        pub asset_type: Option<String>,
        /// Name of the place that it is, or stands in.
        pub place_name: Option<String>,
        /// Another candidate says something else.
        pub disputed: bool,
    }
}

#[uniffi::export]
impl Doorstep {
    /// The assets of an area, by type: at most `limit` after `after`.
    pub fn assets(
        &self,
        area: AreaId,
        filter: AssetFilter,
        after: Option<String>,
        limit: u32,
    ) -> Result<AssetRows> {
        self.call(
            "Doorstep.assets",
            (area, filter, after, limit),
            |replica, (area, filter, after, limit)| {
                let filter = filter.into();
                let page = replica.assets(&area, &filter, part(after.as_ref(), limit))?;
                Ok(AssetRows {
                    rows: page.rows.into_iter().map(AssetView::from).collect(),
                    next: page.next,
                })
            },
        )
    }

    /// One asset with its history, disputed fields and what it is owed.
    pub fn asset(&self, id: AssetId) -> Result<AssetPage> {
        self.call("Doorstep.asset", id, |replica, id| {
            Ok(replica.asset(id)?.into())
        })
    }

    /// Everything that bears this label code: one thing, where labels are stuck on well.
    pub fn bearers(&self, label: &str) -> Result<Vec<Bearer>> {
        self.call("Doorstep.bearers", label, |replica, label| {
            let bearers = replica.bearers(label)?.into_iter();
            Ok(bearers.map(Bearer::from).collect())
        })
    }
}

impl From<query::AssetLine> for AssetView {
    fn from(line: query::AssetLine) -> Self {
        Self {
            id: line.id,
            asset_type: line.asset_type,
            place: line.place,
            building: line.building,
            label: line.label,
            size: line.size,
            factory: Factory::of_row(line.factory.as_deref()),
            result: line.result.as_deref().map(Seen::of_row),
            checked_at: line.checked_at.map(moment),
            waiting: line.waiting,
            ended: line.ended.and_then(|month| month.parse().ok()),
            away: line.away,
            owed: line.owed.into_iter().map(Owed::from).collect(),
        }
    }
}

impl From<query::Owed> for Owed {
    fn from(owed: query::Owed) -> Self {
        Self {
            kind: owed.kind,
            due_month: owed.due_month.and_then(|month| month.parse().ok()),
            status: owed.status.into(),
        }
    }
}

impl From<due::Obligation> for Obligation {
    fn from(obligation: due::Obligation) -> Self {
        Self {
            owed: Owed {
                kind: obligation.kind.as_str().to_owned(),
                due_month: obligation.due_month.map(Month::from),
                status: obligation.status.into(),
            },
            clause: obligation.clause,
        }
    }
}

impl From<AssetFilter> for query::AssetFilter {
    fn from(filter: AssetFilter) -> Self {
        Self {
            asset_type: filter.asset_type,
            building: filter.building,
            state: filter.state.map(|state| match state {
                AssetState::Waiting => query::AssetState::Waiting,
                AssetState::Faulty => query::AssetState::Faulty,
                AssetState::Missing => query::AssetState::Missing,
                AssetState::NeverChecked => query::AssetState::NeverChecked,
                AssetState::LookDue => query::AssetState::LookDue,
                AssetState::WorkDue => query::AssetState::WorkDue,
                AssetState::NoFactoryMonth => query::AssetState::NoFactoryMonth,
            }),
        }
    }
}

impl From<query::AssetPage> for AssetPage {
    fn from(page: query::AssetPage) -> Self {
        Self {
            asset: page.asset.into(),
            fields: page.fields.into_iter().map(FieldView::from).collect(),
            history: page.history.into_iter().map(LookView::from).collect(),
            obligations: page.obligations.into_iter().map(Obligation::from).collect(),
            cases: page.cases.into_iter().map(CaseView::from).collect(),
            held: page.held,
        }
    }
}

impl From<query::FieldLine> for FieldView {
    fn from(line: query::FieldLine) -> Self {
        let candidates = line.candidates.into_iter().map(|candidate| Candidate {
            entry: candidate.entry,
            value: candidate.value,
            person: candidate.person,
            at: moment(candidate.time),
        });
        Self {
            field: line.field.into(),
            disputed: line.disputed,
            candidates: candidates.collect(),
        }
    }
}

impl From<query::LookLine> for LookView {
    fn from(line: query::LookLine) -> Self {
        Self {
            check: line.check,
            person: line.person,
            at: moment(line.time),
            date_only: line.date_only,
            imported: line.imported,
            result: Seen::of_row(&line.result),
            corrected_by: line.corrected_by,
            superseded_by: line.superseded_by,
            waiting: line.waiting,
            note: line.note,
            photos: line.photos,
        }
    }
}

impl From<query::Bearer> for Bearer {
    fn from(bearer: query::Bearer) -> Self {
        let (place, asset, asset_type) = match bearer.thing {
            query::Thing::Place(id) => (Some(id), None, None),
            query::Thing::Asset { id, asset_type } => (None, Some(id), Some(asset_type)),
        };
        Self {
            asset,
            place,
            asset_type,
            place_name: bearer.place,
            disputed: bearer.disputed,
        }
    }
}
