//! A report from the rows: what covers a period, what was handed out, found, put right, attended and
//! reported. Looks at assets are in `looks`, what came after a close in `late`. How lines are counted
//! is the model's.
//!
//! Rows hold the present: a report of an earlier cut-off leaves out what happened since, and a case
//! that was opened again since then counts as open.

mod late;
mod looks;

use std::collections::{BTreeMap, BTreeSet};

use doorstep_model::document::RoundKey;
use doorstep_model::entry::{CaseClass, HandoutManner, Mark, Precision};
use doorstep_model::ids::Identity;
use doorstep_model::pack::HazardClass;
use doorstep_model::report::{
    Amount, AttendanceRow, CampaignRow, CaseRow, ClosedRoundRow, CoverKind, CoverRow, FigureRow,
    Frame, HandoutRow, Report, ReportFold, first_day_of, local_day,
};
use rusqlite::{Connection, Row};

use self::late::Closes;
use crate::error::Result;
use crate::project::{Packs, identity};

/// [`doorstep_model::document::DocumentName::Round`]'s kind.
const ROUND: u8 = 2;

/// Fills a frame from the rows.
pub(crate) fn report(connection: &Connection, packs: &Packs, mut frame: Frame) -> Result<Report> {
    cover(connection, &mut frame)?;
    campaigns(connection, &mut frame)?;
    closed_rounds(connection, &mut frame)?;
    let closes = Closes::read(connection)?;
    let areas = area_codes(connection)?;
    let members = frame.members().map(str::to_owned).collect();
    let reading = Reading {
        connection,
        packs,
        closes: &closes,
        areas: &areas,
        members: &members,
    };
    let mut fold = frame.fold();
    reading.handouts(&mut fold)?;
    reading.cases(&mut fold)?;
    reading.attendance(&mut fold)?;
    reading.looks(&mut fold)?;
    reading.figures(&mut fold)?;
    Ok(fold.finish())
}

/// What every kind of row is read with.
struct Reading<'r> {
    connection: &'r Connection,
    packs: &'r Packs,
    closes: &'r Closes,
    areas: &'r BTreeMap<i64, String>,
    /// The areas that the report counts.
    members: &'r BTreeSet<String>,
}

impl Reading<'_> {
    fn area(&self, number: i64) -> &str {
        self.areas.get(&number).map_or("", String::as_str)
    }

    fn handouts(&self, fold: &mut ReportFold) -> Result<()> {
        let mut select = self.connection.prepare_cached(
            "SELECT h.identity, h.subject, h.area, h.batch, h.item, h.quantity, h.unit, \
             COALESCE(h.day, b.day), b.manner, h.mark FROM handout h \
             LEFT JOIN handout_batch b ON b.id = h.batch",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            // Without its batch nobody knows yet on which day it was.
            let Some(day) = row.get::<_, Option<u32>>(7)? else {
                continue;
            };
            let (item, unit): (String, String) = (row.get(4)?, row.get(6)?);
            let line = named(row, 0)?;
            let area = self.area(row.get(2)?);
            fold.handout(HandoutRow {
                identity: line,
                household: named(row, 1)?,
                batch: named(row, 3)?,
                item: &item,
                quantity: row.get(5)?,
                unit: &unit,
                day,
                area,
                manner: row.get::<_, Option<u8>>(8)?.and_then(manner),
                mark: mark(row.get(9)?),
                late: self.closes.is_late(self.connection, area, day, line)?,
            });
        }
        Ok(())
    }

    fn cases(&self, fold: &mut ReportFold) -> Result<()> {
        let mut select = self.connection.prepare_cached(
            "SELECT m.id, m.area, m.class, m.kind, m.place, m.found_at, m.rectified, m.on_spot, \
             m.open, m.duplicate, m.campaign, m.mark, a.type FROM matter m \
             LEFT JOIN asset a ON a.id = m.asset",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(1)?;
            let (kind, asset_type): (String, Option<String>) = (row.get(3)?, row.get(12)?);
            let working = self.packs.of(self.connection, number)?;
            let hazard = working.pack.hazard(&kind);
            let unit = hazard.and_then(|hazard| working.pack.unit(&hazard.unit));
            let class = match row.get::<_, u8>(2)? {
                0 => CaseClass::Hazard,
                _ => CaseClass::Repair,
            };
            let (area, case) = (self.area(number), named(row, 0)?);
            let rectified_day: Option<u32> = row.get(6)?;
            let late = match rectified_day {
                Some(day) => self.closes.is_end_late(self.connection, area, day, case)?,
                None => false,
            };
            fold.case(CaseRow {
                identity: case,
                class,
                kind: &kind,
                hazard_class: hazard.map_or("", |hazard| class_name(hazard.class)),
                unit: unit.map_or("", |unit| unit.name.zh.as_str()),
                asset_type: asset_type.as_deref(),
                place: named(row, 4)?,
                area,
                found_day: local_day(row.get(5)?),
                rectified_day,
                on_spot: row.get(7)?,
                open: row.get(8)?,
                duplicate: row.get(9)?,
                campaign: identity(row, 10)?,
                mark: mark(row.get(11)?),
                late,
            });
        }
        Ok(())
    }

    fn attendance(&self, fold: &mut ReportFold) -> Result<()> {
        let mut select = self.connection.prepare_cached(
            "SELECT identity, area, day, person_times, force, mark FROM attendance",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let force: Option<String> = row.get(4)?;
            let (entry, area, day) = (named(row, 0)?, self.area(row.get(1)?), row.get(2)?);
            fold.attendance(AttendanceRow {
                identity: entry,
                area,
                day,
                person_times: row.get(3)?,
                force: force.as_deref(),
                mark: mark(row.get(5)?),
                late: self.closes.is_late(self.connection, area, day, entry)?,
            });
        }
        Ok(())
    }

    /// The figures of areas that the report holds whole: a street's sentence says nothing of one committee.
    fn figures(&self, fold: &mut ReportFold) -> Result<()> {
        let mut select = self.connection.prepare_cached(
            "SELECT id, year, line, measure, value, unit, precision, quotes, note, cumulative, area \
             FROM figure",
        )?;
        let mut whole: BTreeMap<i64, bool> = BTreeMap::new();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let area: i64 = row.get(10)?;
            let whole = match whole.get(&area) {
                Some(whole) => *whole,
                None => {
                    let found = self.holds_whole(area)?;
                    whole.insert(area, found);
                    found
                }
            };
            if !whole {
                continue;
            }
            let (value, quotes): (String, String) = (row.get(4)?, row.get(7)?);
            // A number that does not read is no number; its entry is shown with its words.
            let Ok(value) = value.parse() else { continue };
            let precision = match row.get::<_, u8>(6)? {
                0 => Precision::Exact,
                _ => Precision::LowerBound,
            };
            fold.figure(FigureRow {
                identity: named(row, 0)?,
                year: row.get(1)?,
                row: row.get(2)?,
                measure: row.get(3)?,
                amount: Amount { value, precision },
                unit: row.get(5)?,
                quotes: serde_json::from_str(&quotes).unwrap_or_default(),
                note: row.get(8)?,
                cumulative: row.get(9)?,
            });
        }
        Ok(())
    }

    /// Whether the report counts every area that this one consists of.
    fn holds_whole(&self, area: i64) -> Result<bool> {
        let Some(code) = self.areas.get(&area) else {
            return Ok(false);
        };
        let mut select = self.connection.prepare_cached(
            "WITH RECURSIVE below (code) AS (SELECT ?1 UNION \
             SELECT a.code FROM below JOIN area_row a ON a.parent = below.code \
             WHERE a.until IS NULL) \
             SELECT code FROM below WHERE NOT EXISTS \
             (SELECT 1 FROM area_row a WHERE a.parent = below.code AND a.until IS NULL)",
        )?;
        let mut rows = select.query([code])?;
        while let Some(row) = rows.next()? {
            let part: String = row.get(0)?;
            if !self.members.contains(&part) && !self.members.contains(code) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The year of the oldest record that a report could count; `None` where there is none.
pub(crate) fn first_year(connection: &Connection) -> Result<Option<u16>> {
    Ok(connection
        .prepare_cached(
            "SELECT min(year) FROM (SELECT min(year) AS year FROM figure UNION ALL \
             SELECT CAST(strftime('%Y', min(day) * 86400, 'unixepoch') AS INTEGER) FROM ( \
             SELECT min(found_at) / 86400 AS day FROM matter UNION ALL \
             SELECT min(day) FROM handout_batch UNION ALL SELECT min(day) FROM handout UNION ALL \
             SELECT min(day) FROM attendance UNION ALL SELECT min(first_day) FROM round)) \
             WHERE year >= 1990",
        )?
        .query_row([], |row| row.get(0))?)
}

/// Rounds that are closed or in which something was recorded, and months whose ledger was closed.
fn cover(connection: &Connection, frame: &mut Frame) -> Result<()> {
    let mut select = connection.prepare_cached(
        "SELECT a.code, r.first_day, r.last_day FROM round r JOIN area a ON a.id = r.area \
         WHERE r.closed IS NOT NULL OR EXISTS (SELECT 1 FROM document d \
         JOIN entry e ON e.document = d.id WHERE d.round = r.id AND e.kind IN (4, 5))",
    )?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        frame.cover(CoverRow {
            area: &row.get::<_, String>(0)?,
            kind: CoverKind::Round,
            from: row.get(1)?,
            to: row.get(2)?,
        });
    }
    let mut select = connection.prepare_cached(
        "SELECT DISTINCT a.code, d.round FROM document d JOIN area a ON a.id = d.area \
         WHERE d.kind = ?1 AND length(d.round) = 4 AND EXISTS \
         (SELECT 1 FROM entry e WHERE e.document = d.id AND e.kind IN (4, 5))",
    )?;
    let mut rows = select.query([ROUND])?;
    while let Some(row) = rows.next()? {
        if let Some(RoundKey::AdHoc(day)) = RoundKey::from_bytes(&row.get::<_, Vec<u8>>(1)?) {
            frame.cover(CoverRow {
                area: &row.get::<_, String>(0)?,
                kind: CoverKind::Round,
                from: day,
                to: day,
            });
        }
    }
    let mut select = connection
        .prepare_cached("SELECT a.code, c.month FROM month_close c JOIN area a ON a.id = c.area")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(month) = late::month_of_text(&row.get::<_, String>(1)?) {
            frame.cover(CoverRow {
                area: &row.get::<_, String>(0)?,
                kind: CoverKind::ClosedLedger,
                from: first_day_of(month),
                to: first_day_of(month + 1) - 1,
            });
        }
    }
    Ok(())
}

fn campaigns(connection: &Connection, frame: &mut Frame) -> Result<()> {
    let mut select =
        connection.prepare_cached("SELECT id, name, first_day, last_day FROM campaign")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        frame.campaign(CampaignRow {
            identity: named(row, 0)?,
            name: &row.get::<_, String>(1)?,
            from: row.get(2)?,
            to: row.get(3)?,
        });
    }
    Ok(())
}

fn closed_rounds(connection: &Connection, frame: &mut Frame) -> Result<()> {
    let mut select = connection.prepare_cached(
        "SELECT r.id, a.code, r.last_day FROM round r JOIN area a ON a.id = r.area \
         WHERE r.closed IS NOT NULL",
    )?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        frame.closed_round(ClosedRoundRow {
            round: named(row, 0)?,
            area: &row.get::<_, String>(1)?,
            to: row.get(2)?,
        });
    }
    Ok(())
}

fn area_codes(connection: &Connection) -> Result<BTreeMap<i64, String>> {
    let mut select = connection.prepare_cached("SELECT id, code FROM area")?;
    let codes = select
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(codes)
}

/// An identity that the schema says is there.
fn named(row: &Row<'_>, column: usize) -> rusqlite::Result<Identity> {
    Ok(identity(row, column)?.unwrap_or(Identity::of_hash([0; 16])))
}

fn class_name(class: HazardClass) -> &'static str {
    match class {
        HazardClass::Fire => "fire",
        HazardClass::Production => "production",
    }
}

fn mark(number: u16) -> Option<Mark> {
    match number {
        0 => None,
        1 => Some(Mark::Generated),
        2 => Some(Mark::Practice),
        other => Some(Mark::Other(other)),
    }
}

fn manner(number: u8) -> Option<HandoutManner> {
    match number {
        0 => Some(HandoutManner::New),
        1 => Some(HandoutManner::Replacement),
        2 => Some(HandoutManner::Additional),
        _ => None,
    }
}
