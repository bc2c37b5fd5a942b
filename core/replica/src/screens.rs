//! What a screen asks for: one call a screen, pages where a list may be long. Reads only; what the
//! rows mean is in `query`.

use doorstep_model::document::RoundKey;
use doorstep_model::ids::{AreaId, AssetId, CaseId, PlaceId};
use doorstep_model::pack::Pack;
use doorstep_model::report::{Frame, Report};
use doorstep_model::time::LocalDay;
use rusqlite::{Connection, OptionalExtension};

use crate::error::{Error, Result};
use crate::project::{self, TableSum};
use crate::query::{
    self, AreaToday, AssetFilter, AssetLine, AssetPage, Bearer, CaseFilter, CaseLine, CasePage,
    DisputeLine, DoorPlan, LabelClash, Page, PlaceLine, RoundCoverage, RoundLine,
};
use crate::replica::Replica;

/// A part of a list: what comes after the last row seen, and how many rows at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// [`Page::next`] of the part before; none for the first.
    pub after: Option<&'a str>,
    /// Most rows; at most [`query::PAGE_MAX`] are given.
    pub limit: usize,
}

impl Part<'_> {
    /// The first rows.
    pub fn first(limit: usize) -> Self {
        Self { after: None, limit }
    }
}

impl Replica {
    /// Areas whose feeds are held here, by code; the organisation's own is left out.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn areas(&self) -> Result<Vec<AreaId>> {
        let reader = self.reader()?;
        let mut select = reader.prepare_cached(
            "SELECT code FROM area WHERE subscribed = 1 AND code <> ?1 ORDER BY code",
        )?;
        let codes = select
            .query_map([AreaId::organisation().as_str()], |row| {
                row.get::<_, String>(0)
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(codes
            .iter()
            .filter_map(|code| AreaId::new(code).ok())
            .collect())
    }

    /// Today's numbers of these areas.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn today(&self, areas: &[AreaId]) -> Result<Vec<AreaToday>> {
        query::today(&*self.reader()?, areas, self.now())
    }

    /// The plan of the doors of a stairwell or building, in this round.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Store`].
    pub fn door_plan(&self, at: PlaceId, round: Option<RoundKey>) -> Result<DoorPlan> {
        query::door_plan(&*self.reader()?, &self.packs, at, round, self.now())?
            .ok_or_else(|| not_found("place", at))
    }

    /// One asset with its history, disputed fields and what it is owed.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Store`].
    pub fn asset(&self, id: AssetId) -> Result<AssetPage> {
        query::asset(&*self.reader()?, &self.packs, id, self.now())?
            .ok_or_else(|| not_found("asset", id))
    }

    /// The assets of an area, by type.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an area that is not held here; [`Error::Store`].
    pub fn assets(
        &self,
        area: &AreaId,
        filter: &AssetFilter,
        part: Part<'_>,
    ) -> Result<Page<AssetLine>> {
        let reader = self.reader()?;
        let area = number(&reader, area)?;
        query::assets(
            &reader,
            &self.packs,
            area,
            filter,
            part.after,
            part.limit,
            self.now(),
        )
    }

    /// The cases of an area, the latest found first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an area that is not held here; [`Error::Store`].
    pub fn cases(
        &self,
        area: &AreaId,
        filter: CaseFilter,
        part: Part<'_>,
    ) -> Result<Page<CaseLine>> {
        let reader = self.reader()?;
        let area = number(&reader, area)?;
        query::cases(&reader, area, filter, part.after, part.limit, self.now())
    }

    /// One case with its events.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Store`].
    pub fn case(&self, id: CaseId) -> Result<CasePage> {
        query::case(&*self.reader()?, id, self.now())?.ok_or_else(|| not_found("case", id))
    }

    /// The disputes that wait at the desk of an area, the oldest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an area that is not held here; [`Error::Store`].
    pub fn disputes(&self, area: &AreaId, part: Part<'_>) -> Result<Page<DisputeLine>> {
        let reader = self.reader()?;
        let area = number(&reader, area)?;
        query::disputes(&reader, area, part.after, part.limit)
    }

    /// The label codes of an area that several things bear.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an area that is not held here; [`Error::Store`].
    pub fn label_clashes(&self, area: &AreaId, part: Part<'_>) -> Result<Page<LabelClash>> {
        let reader = self.reader()?;
        let area = number(&reader, area)?;
        query::label_clashes(&reader, area, part.after, part.limit)
    }

    /// Everything that bears this label code.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn bearers(&self, label: &str) -> Result<Vec<Bearer>> {
        query::bearers(&*self.reader()?, label)
    }

    /// The places in a place, or an area's that stand in none.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an area that is not held here; [`Error::Store`].
    pub fn places(
        &self,
        area: &AreaId,
        parent: Option<PlaceId>,
        part: Part<'_>,
    ) -> Result<Page<PlaceLine>> {
        let reader = self.reader()?;
        let area = number(&reader, area)?;
        query::places(&reader, area, parent, part.after, part.limit)
    }

    /// The rounds of an area that have begun and are not closed.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an area that is not held here; [`Error::Store`].
    pub fn open_rounds(&self, area: &AreaId) -> Result<Vec<RoundLine>> {
        let reader = self.reader()?;
        let area = number(&reader, area)?;
        query::open_rounds(&reader, area, LocalDay::of(self.now()))
    }

    /// How far a round has come: its frozen list, and what joined later.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn coverage(&self, area: &AreaId, round: RoundKey) -> Result<RoundCoverage> {
        query::coverage(&*self.reader()?, area, round)
    }

    /// The pack that an area works with: its types of assets, faults and hazards, for forms.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an area that is not held here; [`Error::Store`].
    pub fn pack(&self, area: &AreaId) -> Result<Pack> {
        let reader = self.reader()?;
        let area = number(&reader, area)?;
        Ok(self.packs.of(&reader, area)?.pack.clone())
    }

    /// The first local day of anything that a report counts or repeats; `None` where there is nothing.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn report_begins(&self) -> Result<Option<u32>> {
        query::first_day(&*self.reader()?)
    }

    /// Fills a report's frame from the rows.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn report(&self, frame: Frame) -> Result<Report> {
        query::report(&*self.reader()?, &self.packs, frame)
    }

    /// Checksums of an area's rows, a table at a time. Equal on every replica at equal cursors of the
    /// area and the organisation and equal packs, where nothing is pending or provisional.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn checksums(&self, area: &AreaId) -> Result<Vec<TableSum>> {
        project::checksums(&*self.reader()?, area)
    }

    /// One checksum over all of [`Replica::checksums`].
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn area_checksum(&self, area: &AreaId) -> Result<[u8; 32]> {
        project::area_checksum(&*self.reader()?, &self.packs, area)
    }
}

fn number(connection: &Connection, area: &AreaId) -> Result<i64> {
    connection
        .prepare_cached("SELECT id FROM area WHERE code = ?1")?
        .query_row([area.as_str()], |row| row.get(0))
        .optional()?
        .ok_or_else(|| not_found("area", area))
}

fn not_found(what: &'static str, id: impl ToString) -> Error {
    Error::NotFound {
        what,
        id: id.to_string(),
    }
}
