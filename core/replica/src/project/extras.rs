//! Rows that may hang on any subject: what was handed out there, attendance, target lists, same-as
//! links, and the entries that no row could follow. The subject's main row is not here.
//!
//! The main rows of assets and places count these, so that a tap on a subject without any asks no
//! further table.

use std::collections::{BTreeMap, BTreeSet};

use doorstep_model::entry::Body;
use doorstep_model::facts::rounds::coverage;
use doorstep_model::facts::{Placed, prepare};
use doorstep_model::ids::Identity;
use rusqlite::{Connection, OptionalExtension, params};

use super::Desk;
use super::gather::{Gathered, Loaded, area_of};
use super::shown::mark;
use crate::error::Result;

const TABLES: &[(&str, &str)] = &[
    ("oddity", "subject"),
    ("same_as", "subject"),
    ("handout", "subject"),
    ("attendance", "subject"),
    ("round_target", "building"),
];

/// Writes the rows that hang on a subject and returns how many there are. `had`: there may be old
/// ones.
pub(super) fn write(
    desk: &mut Desk<'_>,
    subject: Identity,
    gathered: &Gathered,
    had: bool,
) -> Result<i64> {
    if had {
        for (table, column) in TABLES {
            let sql = format!("DELETE FROM {table} WHERE {column} = ?1");
            desk.tx
                .prepare_cached(&sql)?
                .execute([subject.as_bytes()])?;
        }
    }
    let hanging = |body: &Body| {
        matches!(
            body,
            Body::HandoutLine(_)
                | Body::Attendance(_)
                | Body::SameAs(_)
                | Body::RoundTargets(_)
                | Body::AdHocTargets(_)
        )
    };
    let mut written = write_oddities(desk.tx, subject, gathered)?;
    if gathered
        .entries
        .iter()
        .any(|loaded| hanging(&loaded.placed.entry.body))
    {
        let entries = gathered.placed(|body| hanging(body) || matches!(body, Body::Undo(_)));
        let prepared = prepare(&entries);
        for placed in prepared.counting() {
            written += write_line(desk.tx, subject, gathered, placed)?;
        }
        written += write_links(desk.tx, subject, gathered)?;
        written += write_targets(desk.tx, subject, gathered)?;
    }
    Ok(written)
}

/// The area in which an entry was written: that of the least of its documents.
fn area_where(tx: &Connection, gathered: &Gathered, entry: Identity) -> Result<i64> {
    area_of(tx, gathered.document_of(entry).unwrap_or_default())
}

fn write_oddities(tx: &Connection, subject: Identity, gathered: &Gathered) -> Result<i64> {
    let mut written = 0;
    for odd in &gathered.oddities {
        written += tx
            .prepare_cached(
                "INSERT INTO oddity (subject, entry, code, area) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                subject.as_bytes(),
                odd.entry.as_bytes(),
                odd.code,
                area_of(tx, odd.document)?
            ])?;
    }
    Ok(written as i64)
}

fn write_line(
    tx: &Connection,
    subject: Identity,
    gathered: &Gathered,
    placed: &Placed,
) -> Result<i64> {
    let identity = placed.identity;
    let written = match &placed.entry.body {
        Body::HandoutLine(line) => tx
            .prepare_cached(
                "INSERT INTO handout (identity, subject, area, batch, item, quantity, unit, day, \
                 mark) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                identity.as_bytes(),
                subject.as_bytes(),
                area_where(tx, gathered, identity)?,
                line.batch.as_bytes(),
                line.item,
                line.quantity,
                line.unit,
                line.day,
                mark(placed),
            ])?,
        Body::Attendance(attendance) => tx
            .prepare_cached(
                "INSERT INTO attendance (identity, subject, area, person_times, day, force, mark) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                identity.as_bytes(),
                subject.as_bytes(),
                area_where(tx, gathered, identity)?,
                attendance.person_times,
                attendance.day,
                attendance.force,
                mark(placed),
            ])?,
        _ => 0,
    };
    Ok(written as i64)
}

/// Same-as links: of several words about one pair the office's last.
fn write_links(tx: &Connection, subject: Identity, gathered: &Gathered) -> Result<i64> {
    let others: BTreeSet<Identity> = gathered
        .entries
        .iter()
        .filter_map(|loaded| match &loaded.placed.entry.body {
            Body::SameAs(link) => Some(link.other),
            _ => None,
        })
        .collect();
    let mut written = 0;
    for other in others {
        let word = gathered.last_word(|body| match body {
            Body::SameAs(link) if link.other == other => Some(link.split != Some(true)),
            _ => None,
        });
        if let Some((loaded, true)) = word {
            written += tx
                .prepare_cached("INSERT INTO same_as (subject, other, area) VALUES (?1, ?2, ?3)")?
                .execute(params![
                    subject.as_bytes(),
                    other.as_bytes(),
                    area_of(tx, loaded.document)?
                ])?;
        }
    }
    Ok(written as i64)
}

/// The list of each round in this building: the frozen one, else what its openers said, united.
fn write_targets(tx: &Connection, subject: Identity, gathered: &Gathered) -> Result<i64> {
    let mut lists: BTreeMap<Vec<u8>, (i64, Vec<Placed>)> = BTreeMap::new();
    for loaded in &gathered.entries {
        let Some(round) = round_of(tx, loaded)? else {
            continue;
        };
        let area = area_of(tx, loaded.document)?;
        let list = lists.entry(round).or_insert((area, Vec::new()));
        list.1.push(loaded.placed.clone());
    }
    let mut written = 0;
    for (round, (area, entries)) in lists {
        let list = coverage(&entries, &[]);
        let doors = list.doors.keys().map(|door| (door.identity(), true));
        let assets = list.assets.keys().map(|asset| (asset.identity(), false));
        for (target, door) in doors.chain(assets) {
            written += tx
                .prepare_cached(
                    "INSERT INTO round_target (building, round, subject, area, door) \
                     VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    subject.as_bytes(),
                    round,
                    target.as_bytes(),
                    area,
                    door
                ])?;
        }
    }
    Ok(written as i64)
}

/// The key of the round whose list an entry is about; `None` for other entries.
fn round_of(tx: &Connection, loaded: &Loaded) -> Result<Option<Vec<u8>>> {
    Ok(match &loaded.placed.entry.body {
        Body::RoundTargets(list) => Some(list.round.as_bytes().to_vec()),
        Body::AdHocTargets(_) => tx
            .prepare_cached("SELECT round FROM document WHERE id = ?1")?
            .query_row([loaded.document], |row| row.get::<_, Option<Vec<u8>>>(0))
            .optional()?
            .flatten(),
        _ => None,
    })
}
