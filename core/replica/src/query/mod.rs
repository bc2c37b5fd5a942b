//! What screens ask: each screen is one call, each list comes in pages by key. Rows are read, never
//! written; what depends on now (due, overdue) is computed here and nowhere else. How rows come about
//! is `project`'s.
//!
//! Times are unix seconds, days local days since 1970-01-01, months `YYYY-MM`.

mod asset;
mod assets;
mod below;
mod cases;
mod counters;
mod desk;
mod doors;
mod owed;
mod places;
mod report;
mod rounds;
mod today;

use std::collections::BTreeMap;
use std::fmt::Display;

use doorstep_model::ids::Identity;
use rusqlite::Row;
use serde::{Serialize, Serializer};

use crate::error::{Error, StoreProblem};
use crate::project::identity;

pub use asset::{AssetPage, CandidateLine, FieldLine, LookLine};
pub use assets::{AssetFilter, AssetLine, AssetState};
pub use below::LateLine;
pub use cases::{CaseFilter, CaseLine, CasePage, Claim, EventLine};
pub use counters::Counters;
pub use desk::{Bearer, DisputeLine, LabelClash, Thing, ToldLine};
pub use doors::{Door, DoorPlan, Floor};
pub use owed::Owed;
pub use places::PlaceLine;
pub use rounds::{BuildingCoverage, RoundCoverage, RoundLine};
pub use today::AreaToday;

pub(crate) use asset::asset;
pub(crate) use assets::assets;
pub(crate) use below::{entry_name, late_below};
pub(crate) use cases::{case, cases};
pub(crate) use counters::counters;
pub(crate) use desk::{bearers, disputes, label_clashes};
pub(crate) use doors::door_plan;
pub(crate) use places::places;
pub(crate) use report::{first_day, report};
pub(crate) use rounds::{coverage, open_rounds};
pub(crate) use today::today;

/// Most rows of a page, whatever is asked.
pub const PAGE_MAX: usize = 500;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Page<T> {
    /// The rows, in the order of the list.
    pub rows: Vec<T>,
    /// What to ask for the rows after these; `None` at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The first `limit` of rows that were read one more than asked for, each with its key.
    fn of(mut keyed: Vec<(String, T)>, limit: usize) -> Self {
        let more = keyed.len() > limit;
        keyed.truncate(limit);
        let next = keyed.last().filter(|_| more).map(|(key, _)| key.clone());
        Self {
            rows: keyed.into_iter().map(|(_, row)| row).collect(),
            next,
        }
    }
}

/// Rows to read for a page of at most this many: one more tells whether there are others.
fn read_for(limit: usize) -> i64 {
    limit.clamp(1, PAGE_MAX) as i64 + 1
}

/// The key after which a page starts, as [`Page::next`] gave it: parts joined by `|`. Anything else
/// starts at the beginning.
fn key_parts<const N: usize>(after: Option<&str>) -> Option<[&str; N]> {
    let parts: Vec<&str> = after?.splitn(N, '|').collect();
    parts.try_into().ok()
}

/// The identity in a column that always holds one.
fn named(row: &Row<'_>, column: usize) -> crate::error::Result<Identity> {
    let found = identity(row, column)?;
    found.ok_or_else(|| Error::store(StoreProblem::Corrupt, "a row names nothing"))
}

/// Serialises anything with a text form as that text.
fn as_text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// As [`as_text`], `null` where there is nothing.
fn as_text_if_any<T: Display, S: Serializer>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

/// As [`as_text`], the keys of a map.
fn by_text<K: Display, V: Serialize, S: Serializer>(
    map: &BTreeMap<K, V>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(map.iter().map(|(key, value)| (key.to_string(), value)))
}

/// As [`as_text`], each of a list.
fn as_texts<T: Display, S: Serializer>(values: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(ToString::to_string))
}

#[cfg(test)]
mod tests;
