//! Lists of assets: of an area by type and state, of the places of a door plan. One asset with its
//! history is not here.

use doorstep_model::calendar::{Month, local_day};
use doorstep_model::ids::{AssetId, Identity, PlaceId};
use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::owed::{Facts, Owed};
use super::{Page, as_text, key_parts, named, read_for};
use crate::error::Result;
use crate::project::{Packs, Working, month_number};

/// One asset in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssetLine {
    /// The asset.
    #[serde(serialize_with = "as_text")]
    pub id: AssetId,
    /// Type code of the pack.
    #[serde(rename = "type")]
    pub asset_type: String,
    /// Where it is.
    #[serde(serialize_with = "as_text")]
    pub place: PlaceId,
    /// The building on top of that.
    #[serde(serialize_with = "as_text")]
    pub building: PlaceId,
    /// Label code.
    pub label: Option<String>,
    /// Size as printed.
    pub size: Option<String>,
    /// Factory month, `unreadable`, or none: not recorded.
    pub factory: Option<String>,
    /// `normal`, `missing`, a JSON list of fault codes; none: never checked.
    pub result: Option<String>,
    /// When that was.
    pub checked_at: Option<i64>,
    /// Undecided disputes.
    pub waiting: u32,
    /// Month in which it was scrapped or replaced.
    pub ended: Option<String>,
    /// Taken away for service.
    pub away: bool,
    /// What is owed on the day asked.
    pub owed: Vec<Owed>,
}

/// Which assets of an area.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssetFilter {
    /// Of this type only.
    pub asset_type: Option<String>,
    /// In this building only.
    pub building: Option<PlaceId>,
    /// In this state only.
    pub state: Option<AssetState>,
}

/// States to filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl AssetState {
    /// The condition on a row; `?5` is the month of now.
    fn condition(self) -> &'static str {
        match self {
            Self::Waiting => "waiting > 0",
            Self::Faulty => "result NOT IN ('normal', 'missing')",
            Self::Missing => "result = 'missing'",
            Self::NeverChecked => "result IS NULL",
            Self::LookDue => "look_due <= ?5",
            Self::WorkDue => "work_due <= ?5",
            Self::NoFactoryMonth => "factory IS NULL",
        }
    }
}

/// Columns of an [`AssetLine`], in the order of [`line`].
pub(super) const COLUMNS: &str = "id, type, place, building, label, size, factory, result, \
                                  checked_at, waiting, ended, away, services, looked_on, \
                                  registered, maker_life";

/// The assets of an area by type and id, those that are no more left out.
pub(crate) fn assets(
    connection: &Connection,
    packs: &Packs,
    area: i64,
    filter: &AssetFilter,
    after: Option<&str>,
    limit: usize,
    now: i64,
) -> Result<Page<AssetLine>> {
    let [from_type, from_id] = key_parts(after).unwrap_or(["", ""]);
    let from_id: Option<Identity> = from_id.parse().ok();
    let state = filter.state.map_or("1", AssetState::condition);
    let asset_type = if filter.asset_type.is_some() {
        "type = ?6"
    } else {
        "?6 IS NULL"
    };
    let building = if filter.building.is_some() {
        "building = ?7"
    } else {
        "?7 IS NULL"
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM asset WHERE area = ?1 AND (type, id) > (?2, ?3) AND ended IS NULL \
         AND {state} AND {asset_type} AND {building} AND ?5 > 0 ORDER BY type, id LIMIT ?4"
    );
    let today = local_day(now);
    let working = packs.of(connection, area)?;
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query(params![
        area,
        from_type,
        from_id.as_ref().map_or(&[][..], Identity::as_bytes),
        read_for(limit),
        month_number(Month::of(today)),
        filter.asset_type,
        filter
            .building
            .as_ref()
            .map(|building| building.0.as_bytes()),
    ])?;
    let mut keyed = Vec::new();
    while let Some(row) = rows.next()? {
        let line = line(row, &working, now)?;
        keyed.push((format!("{}|{}", line.asset_type, line.id), line));
    }
    Ok(Page::of(keyed, limit))
}

/// Reads a line from [`COLUMNS`].
pub(super) fn line(row: &Row<'_>, working: &Working, now: i64) -> Result<AssetLine> {
    let facts = facts(row)?;
    Ok(AssetLine {
        id: AssetId(named(row, 0)?),
        place: PlaceId(named(row, 2)?),
        building: PlaceId(named(row, 3)?),
        label: row.get(4)?,
        size: row.get(5)?,
        result: row.get(7)?,
        checked_at: row.get(8)?,
        waiting: row.get(9)?,
        ended: row.get(10)?,
        away: row.get(11)?,
        owed: facts.owed(working, local_day(now)),
        asset_type: facts.asset_type,
        factory: facts.factory,
    })
}

/// The facts of what is owed, from [`COLUMNS`].
pub(super) fn facts(row: &Row<'_>) -> Result<Facts> {
    Ok(Facts {
        asset_type: row.get(1)?,
        factory: row.get(6)?,
        services: row.get(12)?,
        looked_on: row.get(13)?,
        registered: row.get(14)?,
        maker_life: row.get(15)?,
        ended: row.get::<_, Option<String>>(10)?.is_some(),
    })
}
