//! What the office keeps books of: batches of handouts, reported figures, the roster, import batches.
//! What was handed out to whom hangs on the household, in `extras`.

use std::collections::BTreeSet;

use doorstep_model::entry::{Body, Precision};
use doorstep_model::facts::{Standing, prepare};
use doorstep_model::ids::Identity;
use rusqlite::{Connection, OptionalExtension, params};

use super::Desk;
use super::gather::{Gathered, area_of};
use super::shown::{identity, mark};
use super::words::{json, month};
use crate::error::Result;

/// Writes the row of a batch of handouts or of a reported figure.
pub(super) fn project(desk: &mut Desk<'_>, subject: Identity, gathered: &Gathered) -> Result<()> {
    let entries = gathered.placed(|body| {
        matches!(
            body,
            Body::HandoutBatch(_) | Body::ReportedFigure(_) | Body::Undo(_)
        )
    });
    let prepared = prepare(&entries);
    let area = |entry| area_of(desk.tx, gathered.document_of(entry).unwrap_or_default());
    for placed in prepared.counting() {
        let Body::HandoutBatch(batch) = &placed.entry.body else {
            continue;
        };
        desk.tx
            .prepare_cached(
                "INSERT INTO handout_batch (id, area, item, size, manner, day, project, maker, \
                 factory, mark) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) \
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                subject.as_bytes(),
                area(placed.identity)?,
                batch.item,
                batch.size,
                batch.manner as u8,
                batch.day,
                batch.project,
                batch.maker,
                batch.factory.and_then(month).map(|month| month.to_string()),
                mark(placed),
            ])?;
    }
    // One figure told twice is one row with two quotes; what it says is what the first quote says.
    let figures: Vec<_> = prepared
        .counting()
        .filter_map(|placed| match &placed.entry.body {
            Body::ReportedFigure(figure) => Some((placed.identity, figure)),
            _ => None,
        })
        .collect();
    let Some((first, figure)) = figures.first() else {
        return Ok(());
    };
    let mut quotes: Vec<&str> = figures
        .iter()
        .map(|(_, told)| told.quote.as_str())
        .collect();
    quotes.sort_unstable();
    quotes.dedup();
    desk.tx
        .prepare_cached(
            "INSERT INTO figure (id, area, year, line, measure, value, unit, precision, quotes, \
             note, cumulative) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            subject.as_bytes(),
            area(*first)?,
            figure.year,
            figure.row,
            figure.measure,
            figure.value,
            figure.unit,
            figure.precision == Precision::LowerBound,
            json(&quotes),
            figure.note,
            figure.cumulative == Some(true),
        ])?;
    Ok(())
}

/// Writes the row of a person. Returns the cases that are judged by the person's role, if that
/// changed.
pub(super) fn project_person(
    desk: &mut Desk<'_>,
    subject: Identity,
    gathered: &Gathered,
) -> Result<Vec<Identity>> {
    let word = gathered.last_word(|body| match body {
        Body::PersonDeclared(person) => Some(person),
        _ => None,
    });
    let old: Option<u8> = desk
        .tx
        .prepare_cached("DELETE FROM person WHERE id = ?1 RETURNING role")?
        .query_row([subject.as_bytes()], |row| row.get(0))
        .optional()?;
    if let Some((loaded, person)) = word {
        let area = area_of(desk.tx, loaded.document)?;
        desk.tx
            .prepare_cached(
                "INSERT INTO person (id, area, roster, role, force) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                subject.as_bytes(),
                area,
                person.roster,
                person.role,
                person.force
            ])?;
    }
    if old == word.map(|(_, person)| person.role) {
        Ok(Vec::new())
    } else {
        office_cases(desk.tx)
    }
}

/// Cases in which an office wrote for somebody: the only ones that ask for a person's role.
fn office_cases(tx: &Connection) -> Result<Vec<Identity>> {
    let mut select = tx.prepare_cached(
        "SELECT DISTINCT entry.subject FROM matter JOIN entry ON entry.subject = matter.id \
         JOIN author ON author.id = entry.author \
         WHERE author.office = 1 AND entry.kind IN (16, 17)",
    )?;
    subjects(&mut select, &[])
}

/// Writes which batches hold an imported row, and whether a batch was taken back. Returns the
/// subjects of the rows that count otherwise now.
pub(super) fn project_import(
    desk: &mut Desk<'_>,
    subject: Identity,
    gathered: &Gathered,
) -> Result<Vec<Identity>> {
    let tx = desk.tx;
    let mut batches = BTreeSet::new();
    for loaded in &gathered.entries {
        if let Body::BatchRow(row) = &loaded.placed.entry.body
            && loaded.placed.standing == Standing::Counts
        {
            batches.insert((row.batch, area_of(tx, loaded.document)?));
        }
    }
    let mut stood = BTreeSet::new();
    {
        let mut select =
            tx.prepare_cached("SELECT batch, area FROM import_row WHERE subject = ?1")?;
        let mut rows = select.query([subject.as_bytes()])?;
        while let Some(row) = rows.next()? {
            if let Some(batch) = identity(row, 0)? {
                stood.insert((batch, row.get::<_, i64>(1)?));
            }
        }
    }
    let mut further = Vec::new();
    if batches != stood {
        tx.prepare_cached("DELETE FROM import_row WHERE subject = ?1")?
            .execute([subject.as_bytes()])?;
        for (batch, area) in &batches {
            tx.prepare_cached(
                "INSERT INTO import_row (subject, batch, area) VALUES (?1, ?2, ?3) \
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![subject.as_bytes(), batch.as_bytes(), area])?;
        }
        let mut select = tx.prepare_cached("SELECT subject FROM entry WHERE origin = ?1")?;
        further.extend(subjects(&mut select, &[subject.as_bytes()])?);
    }
    further.extend(project_undone(tx, subject, gathered)?);
    Ok(further)
}

fn project_undone(
    tx: &Connection,
    subject: Identity,
    gathered: &Gathered,
) -> Result<Vec<Identity>> {
    let undone = gathered.last_word(|body| matches!(body, Body::BatchUndone(_)).then_some(()));
    let stood = tx
        .prepare_cached("SELECT 1 FROM import_undone WHERE subject = ?1")?
        .exists([subject.as_bytes()])?;
    match (undone, stood) {
        (Some((loaded, ())), false) => {
            tx.prepare_cached("INSERT INTO import_undone (subject, area) VALUES (?1, ?2)")?
                .execute(params![subject.as_bytes(), area_of(tx, loaded.document)?])?;
        }
        (None, true) => {
            tx.prepare_cached("DELETE FROM import_undone WHERE subject = ?1")?
                .execute([subject.as_bytes()])?;
        }
        _ => return Ok(Vec::new()),
    }
    let mut select = tx.prepare_cached(
        "SELECT DISTINCT entry.subject FROM import_row \
         JOIN entry ON entry.origin = import_row.subject WHERE import_row.batch = ?1",
    )?;
    subjects(&mut select, &[subject.as_bytes()])
}

/// The subjects that a statement gives, in its order.
pub(super) fn subjects(
    select: &mut rusqlite::CachedStatement<'_>,
    parameters: &[&[u8]],
) -> Result<Vec<Identity>> {
    let mut rows = select.query(rusqlite::params_from_iter(parameters))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(identity(row, 0)?);
    }
    Ok(found)
}
