//! Places: what stands in what, one level at a time.

use doorstep_model::ids::{Identity, PlaceId};
use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::{Page, as_text, as_text_if_any, key_parts, named, read_for};
use crate::error::Result;
use crate::project::identity;

/// One place in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceLine {
    /// The place.
    #[serde(serialize_with = "as_text")]
    pub id: PlaceId,
    /// 0 estate, 1 building, 2 stairwell, 3 household, 4 premises, 5 common part.
    pub kind: u8,
    /// What it is part of.
    #[serde(serialize_with = "as_text_if_any")]
    pub parent: Option<PlaceId>,
    /// Name or number as printed.
    pub name: String,
    /// Sorting number among its siblings.
    pub ordering: i64,
    /// Label code.
    pub label: Option<String>,
    /// Household state.
    pub state: Option<String>,
    /// Outcome of the last attempt: 0 answered, 1 absent, 2 refused, 3 empty.
    pub visit: Option<u8>,
    /// When that was.
    pub visit_at: Option<i64>,
    /// Day proposed for the next attempt.
    pub visit_next: Option<i64>,
    /// Attempts known.
    pub attempts: u32,
}

/// Columns of a [`PlaceLine`], in the order of [`line`].
pub(super) const COLUMNS: &str = "id, kind, parent, name, ordering, label, state, visit, visit_at, \
                                  visit_next, attempts";

/// The places in a place, or those of an area that stand in none, in their order.
pub(crate) fn places(
    connection: &Connection,
    area: i64,
    parent: Option<PlaceId>,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<PlaceLine>> {
    let key = key_parts(after).and_then(|[ordering, id]: [&str; 2]| {
        Some((ordering.parse::<i64>().ok()?, id.parse::<Identity>().ok()?))
    });
    let (ordering, from) = key.map_or((i64::MIN, None), |(ordering, id)| (ordering, Some(id)));
    let inside = if parent.is_some() {
        "parent = ?2 AND ?1 > 0"
    } else {
        "parent IS ?2 AND area = ?1"
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM place WHERE {inside} AND (ordering, id) > (?3, ?4) \
         ORDER BY ordering, id LIMIT ?5"
    );
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query(params![
        area,
        parent.as_ref().map(|parent| parent.0.as_bytes()),
        ordering,
        from.as_ref().map_or(&[][..], Identity::as_bytes),
        read_for(limit)
    ])?;
    let mut keyed = Vec::new();
    while let Some(row) = rows.next()? {
        let line = line(row)?;
        keyed.push((format!("{}|{}", line.ordering, line.id), line));
    }
    Ok(Page::of(keyed, limit))
}

/// Reads a line from [`COLUMNS`].
pub(super) fn line(row: &Row<'_>) -> Result<PlaceLine> {
    Ok(PlaceLine {
        id: PlaceId(named(row, 0)?),
        kind: row.get(1)?,
        parent: identity(row, 2)?.map(PlaceId),
        name: row.get(3)?,
        ordering: row.get(4)?,
        label: row.get(5)?,
        state: row.get(6)?,
        visit: row.get(7)?,
        visit_at: row.get(8)?,
        visit_next: row.get(9)?,
        attempts: row.get(10)?,
    })
}
