//! The horizon of an area: the building-rounds whose documents no row follows any more. What stands for
//! them are `carry` entries; what a carry means is the model's.

use std::collections::BTreeMap;

use doorstep_model::entry::{Body, HorizonRound};
use doorstep_model::facts::Standing;
use doorstep_model::ids::Identity;
use rusqlite::{Connection, params};

use super::Desk;
use super::gather::{Gathered, area_of};
use super::shown::identity;
use crate::error::Result;

/// By building and round key: the area, and when an office first said so.
type Rounds = BTreeMap<(Identity, Vec<u8>), (i64, i64)>;

/// Writes which building-rounds lie below the horizon. It never rises again: what any word names is
/// below. Returns the subjects of the entries that went below, or came up with a word that no longer
/// counts.
pub(super) fn project(
    desk: &mut Desk<'_>,
    subject: Identity,
    gathered: &Gathered,
) -> Result<Vec<Identity>> {
    let said = said(desk, subject, gathered)?;
    let stood = standing(desk.tx, subject)?;
    if said == stood {
        return Ok(Vec::new());
    }
    desk.tx
        .prepare_cached("DELETE FROM horizon WHERE subject = ?1")?
        .execute([subject.as_bytes()])?;
    for ((building, round), (area, at)) in &said {
        desk.tx
            .prepare_cached(
                "INSERT INTO horizon (building, round, subject, area, at) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                building.as_bytes(),
                round,
                subject.as_bytes(),
                area,
                at
            ])?;
    }
    desk.directory.forget_horizon();
    let mut further = Vec::new();
    let moved = said
        .iter()
        .filter(|(round, _)| !stood.contains_key(*round))
        .chain(stood.iter().filter(|(round, _)| !said.contains_key(*round)));
    for ((building, round), (area, _)) in moved {
        further.extend(subjects_of(desk.tx, *area, *building, round)?);
    }
    Ok(further)
}

fn said(desk: &mut Desk<'_>, subject: Identity, gathered: &Gathered) -> Result<Rounds> {
    let mut rounds = Rounds::new();
    for loaded in &gathered.entries {
        let Body::Horizon(horizon) = &loaded.placed.entry.body else {
            continue;
        };
        if loaded.placed.standing != Standing::Counts {
            continue;
        }
        let area = area_of(desk.tx, loaded.document)?;
        // An area's horizon is set in its own plan only.
        if desk.directory.area_code(desk.tx, area)?.subject() != subject {
            continue;
        }
        let word = (area, loaded.placed.time);
        for HorizonRound { building, round } in &horizon.rounds {
            let first = rounds
                .entry((building.identity(), round.to_bytes()))
                .or_insert(word);
            first.1 = first.1.min(word.1);
        }
    }
    Ok(rounds)
}

fn standing(tx: &Connection, subject: Identity) -> Result<Rounds> {
    let mut select =
        tx.prepare_cached("SELECT building, round, area, at FROM horizon WHERE subject = ?1")?;
    let mut rows = select.query([subject.as_bytes()])?;
    let mut rounds = Rounds::new();
    while let Some(row) = rows.next()? {
        if let Some(building) = identity(row, 0)? {
            rounds.insert((building, row.get(1)?), (row.get(2)?, row.get(3)?));
        }
    }
    Ok(rounds)
}

/// Everything that was written about in a round in a building.
fn subjects_of(
    tx: &Connection,
    area: i64,
    building: Identity,
    round: &[u8],
) -> Result<Vec<Identity>> {
    let mut select = tx.prepare_cached(
        "SELECT DISTINCT entry.subject FROM document JOIN entry ON entry.document = document.id \
         WHERE document.subject = ?1 AND document.kind = 2 AND document.round = ?2 \
         AND document.area = ?3",
    )?;
    let mut rows = select.query(params![building.as_bytes(), round, area])?;
    let mut subjects = Vec::new();
    while let Some(row) = rows.next()? {
        subjects.extend(identity(row, 0)?);
    }
    Ok(subjects)
}
