//! Today: one line of numbers an area. What is due is counted by month, so that it is the same all
//! day.

use doorstep_model::calendar::{Month, local_day};
use doorstep_model::ids::AreaId;
use doorstep_model::time::LocalDay;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::as_text;
use super::below::unanswered;
use super::cases::open_and_overdue;
use super::rounds::{RoundLine, open_rounds};
use crate::error::Result;
use crate::project::month_number;

/// An area today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AreaToday {
    /// Its code.
    #[serde(serialize_with = "as_text")]
    pub area: AreaId,
    /// Its name, where the organisation declared it.
    pub name: Option<String>,
    /// Households and premises.
    pub doors: u32,
    /// Assets in the register, those that are no more left out.
    pub assets: u32,
    /// Of these: a look is due this month, or was before.
    pub looks_due: u32,
    /// Of these: service, test, scrap or replacement is due this month.
    pub work_due: u32,
    /// Of these: it was due before this month, or is due at once.
    pub work_overdue: u32,
    /// Of these: the check that counts did not find it.
    pub missing: u32,
    /// Of these: the check that counts found a fault.
    pub faulty: u32,
    /// Cases that are not settled.
    pub open_cases: u32,
    /// Of these: the time limit is over.
    pub overdue_cases: u32,
    /// Checks that disagree and wait for the desk.
    pub disputes: u32,
    /// Entries that wait for a person.
    pub held: u32,
    /// Entries that no row could follow, and those late below the horizon without an answer.
    pub oddities: u32,
    /// Rounds that have begun and are not closed.
    pub rounds: Vec<RoundLine>,
    /// Received-at of the newest feed item held here.
    pub received_at: i64,
    /// Own clock at the last complete sync.
    pub synced_at: Option<i64>,
}

/// The numbers of these areas; one that this replica does not hold is left out.
pub(crate) fn today(connection: &Connection, areas: &[AreaId], now: i64) -> Result<Vec<AreaToday>> {
    let mut lines = Vec::with_capacity(areas.len());
    for area in areas {
        lines.extend(line(connection, area, now)?);
    }
    Ok(lines)
}

fn line(connection: &Connection, area: &AreaId, now: i64) -> Result<Option<AreaToday>> {
    let feed: Option<(i64, i64, Option<i64>)> = connection
        .prepare_cached("SELECT id, received_at, synced_at FROM area WHERE code = ?1")?
        .query_row([area.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((id, received_at, synced_at)) = feed else {
        return Ok(None);
    };
    let today = LocalDay::of(now);
    let (open_cases, overdue_cases) = open_and_overdue(connection, id, today)?;
    let assets = Assets::count(connection, id, month_number(Month::of(local_day(now))))?;
    let one = |sql: &str| -> Result<u32> {
        Ok(connection
            .prepare_cached(sql)?
            .query_row([id], |row| row.get(0))?)
    };
    Ok(Some(AreaToday {
        area: area.clone(),
        name: connection
            .prepare_cached("SELECT name FROM area_row WHERE code = ?1 ORDER BY subject")?
            .query_row([area.as_str()], |row| row.get(0))
            .optional()?,
        doors: one("SELECT count(*) FROM place WHERE area = ?1 AND kind IN (3, 4)")?,
        assets: assets.all,
        looks_due: assets.looks_due,
        work_due: assets.work_due,
        work_overdue: assets.work_overdue,
        missing: assets.missing,
        faulty: assets.faulty,
        open_cases,
        overdue_cases,
        disputes: one("SELECT count(*) FROM dispute WHERE area = ?1")?,
        held: one("SELECT count(*) FROM entry INDEXED BY entry_standing \
             JOIN document ON document.id = entry.document \
             WHERE entry.standing > 0 AND entry.standing = 1 AND document.area = ?1")?,
        oddities: one("SELECT count(*) FROM oddity WHERE area = ?1")?
            + unanswered(connection, area)?,
        rounds: open_rounds(connection, id, today)?,
        received_at,
        synced_at,
    }))
}

/// Numbers of an area's assets; those that are no more, and those for practice, left out.
struct Assets {
    all: u32,
    looks_due: u32,
    work_due: u32,
    work_overdue: u32,
    missing: u32,
    faulty: u32,
}

impl Assets {
    fn count(connection: &Connection, area: i64, month: i64) -> Result<Self> {
        Ok(connection
            .prepare_cached(
                "SELECT count(*), count(*) FILTER (WHERE look_due <= ?2), \
                 count(*) FILTER (WHERE work_due = ?2), count(*) FILTER (WHERE work_due < ?2), \
                 count(*) FILTER (WHERE result = 'missing'), \
                 count(*) FILTER (WHERE result NOT IN ('normal', 'missing')) \
                 FROM asset WHERE area = ?1 AND ended IS NULL AND mark <> 2",
            )?
            .query_row(params![area, month], |row| {
                Ok(Self {
                    all: row.get(0)?,
                    looks_due: row.get(1)?,
                    work_due: row.get(2)?,
                    work_overdue: row.get(3)?,
                    missing: row.get(4)?,
                    faulty: row.get(5)?,
                })
            })?)
    }
}
