//! What the office says of an area itself: its place in the tree, the pack it works with, closed
//! months, revoked authors, the next transport key. Of several words on one thing the last in the
//! office's order holds.

use std::collections::{BTreeMap, BTreeSet};

use doorstep_model::entry::Body;
use doorstep_model::facts::Standing;
use doorstep_model::ids::{AreaId, AuthorTag, Identity};
use rusqlite::{Connection, OptionalExtension, params};

use super::gather::{Gathered, area_of};
use super::shown::identity;
use super::words::{marks_text, month};
use super::{Desk, Packs};
use crate::error::Result;

/// Writes the rows of an area. Returns the assets that come under another pack by them.
pub(super) fn project(
    desk: &mut Desk<'_>,
    subject: Identity,
    gathered: &Gathered,
) -> Result<Vec<Identity>> {
    write_months(desk.tx, subject, gathered)?;
    write_transport_key(desk.tx, subject, gathered)?;
    write_revocations(desk, subject, gathered)?;
    let declared = declared(desk.tx, subject, gathered)?;
    let adopted = adopted(desk, subject, gathered)?;
    let stood = standing(desk.tx, subject)?;
    if (&declared, &adopted) == (&stood.0, &stood.1) {
        return Ok(Vec::new());
    }
    let parent = |row: &Option<AreaRow>| {
        row.as_ref()
            .map(|row| (row.code.clone(), row.parent.clone()))
    };
    let packs_may_differ = adopted != stood.1 || parent(&declared) != parent(&stood.0);
    let areas = if packs_may_differ {
        areas_with_packs(desk)?
    } else {
        Vec::new()
    };
    write_area(desk.tx, subject, declared.as_ref())?;
    write_pack(desk.tx, subject, adopted.as_ref())?;
    desk.packs.forget();
    let mut further = Vec::new();
    for (area, before) in areas {
        let now = desk.packs.of(desk.tx, area)?;
        if !std::sync::Arc::ptr_eq(&before, &now) {
            let mut select = desk
                .tx
                .prepare_cached("SELECT id FROM asset WHERE area = ?1")?;
            let mut rows = select.query([area])?;
            while let Some(row) = rows.next()? {
                further.extend(identity(row, 0)?);
            }
        }
    }
    Ok(further)
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct AreaRow {
    area: i64,
    code: String,
    parent: Option<String>,
    level: String,
    name: String,
    since: Option<u32>,
    until: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct PackRow {
    area: i64,
    pack: String,
    number: u32,
    hash: [u8; 32],
}

fn declared(tx: &Connection, subject: Identity, gathered: &Gathered) -> Result<Option<AreaRow>> {
    let word = gathered.last_word(|body| match body {
        // An area is declared under its own name only.
        Body::AreaDeclared(area) => AreaId::new(&area.code)
            .is_ok_and(|code| code.subject() == subject)
            .then_some(area),
        _ => None,
    });
    let Some((loaded, area)) = word else {
        return Ok(None);
    };
    Ok(Some(AreaRow {
        area: area_of(tx, loaded.document)?,
        code: area.code.clone(),
        parent: area.parent.clone(),
        level: area.level.clone(),
        name: area.name.clone(),
        since: area.from,
        until: area.until,
    }))
}

/// The pack that holds: the last adopted one whose number does not stand for other content, among the
/// shipped packs or the earlier words.
fn adopted(desk: &Desk<'_>, subject: Identity, gathered: &Gathered) -> Result<Option<PackRow>> {
    let mut words: Vec<_> = gathered
        .entries
        .iter()
        .filter(|loaded| loaded.placed.standing == Standing::Counts)
        .filter_map(|loaded| match &loaded.placed.entry.body {
            Body::PackAdopted(pack) => Some((loaded, pack)),
            _ => None,
        })
        .collect();
    words.sort_unstable_by_key(|(loaded, _)| loaded.word);
    let mut known: BTreeMap<(&str, u32), [u8; 32]> = BTreeMap::new();
    let mut holds = None;
    for (loaded, pack) in words {
        let first = known.entry((&pack.pack, pack.number)).or_insert(pack.hash);
        let other =
            *first != pack.hash || Packs::contradicts_shipped(&pack.pack, pack.number, &pack.hash);
        let area = area_of(desk.tx, loaded.document)?;
        if other {
            desk.tx
                .prepare_cached(
                    "INSERT INTO oddity (subject, entry, code, area) \
                     VALUES (?1, ?2, 'pack_same_number', ?3) ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    subject.as_bytes(),
                    loaded.placed.identity.as_bytes(),
                    area
                ])?;
        } else {
            let (pack, number, hash) = (pack.pack.clone(), pack.number, pack.hash);
            holds = Some(PackRow {
                area,
                pack,
                number,
                hash,
            });
        }
    }
    Ok(holds)
}

fn standing(tx: &Connection, subject: Identity) -> Result<(Option<AreaRow>, Option<PackRow>)> {
    let area = tx
        .prepare_cached(
            "SELECT area, code, parent, level, name, since, until FROM area_row WHERE subject = ?1",
        )?
        .query_row([subject.as_bytes()], |row| {
            Ok(AreaRow {
                area: row.get(0)?,
                code: row.get(1)?,
                parent: row.get(2)?,
                level: row.get(3)?,
                name: row.get(4)?,
                since: row.get(5)?,
                until: row.get(6)?,
            })
        })
        .optional()?;
    let pack = tx
        .prepare_cached("SELECT area, pack, number, hash FROM adopted_pack WHERE subject = ?1")?
        .query_row([subject.as_bytes()], |row| {
            Ok(PackRow {
                area: row.get(0)?,
                pack: row.get(1)?,
                number: row.get(2)?,
                hash: row.get(3)?,
            })
        })
        .optional()?;
    Ok((area, pack))
}

fn write_area(tx: &Connection, subject: Identity, row: Option<&AreaRow>) -> Result<()> {
    tx.prepare_cached("DELETE FROM area_row WHERE subject = ?1")?
        .execute([subject.as_bytes()])?;
    if let Some(row) = row {
        tx.prepare_cached(
            "INSERT INTO area_row (subject, area, code, parent, level, name, since, until) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            subject.as_bytes(),
            row.area,
            row.code,
            row.parent,
            row.level,
            row.name,
            row.since,
            row.until
        ])?;
    }
    Ok(())
}

fn write_pack(tx: &Connection, subject: Identity, row: Option<&PackRow>) -> Result<()> {
    tx.prepare_cached("DELETE FROM adopted_pack WHERE subject = ?1")?
        .execute([subject.as_bytes()])?;
    if let Some(row) = row {
        tx.prepare_cached(
            "INSERT INTO adopted_pack (subject, area, pack, number, hash) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            subject.as_bytes(),
            row.area,
            row.pack,
            row.number,
            row.hash
        ])?;
    }
    Ok(())
}

type AreaPacks = Vec<(i64, std::sync::Arc<super::packs::Working>)>;

/// The pack of every area that has assets.
fn areas_with_packs(desk: &mut Desk<'_>) -> Result<AreaPacks> {
    let mut areas = Vec::new();
    {
        let mut select = desk.tx.prepare_cached(
            "SELECT id FROM area WHERE EXISTS (SELECT 1 FROM asset WHERE asset.area = area.id)",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            areas.push(row.get(0)?);
        }
    }
    let pack = |area| Ok((area, desk.packs.of(desk.tx, area)?));
    areas.into_iter().map(pack).collect()
}

fn write_months(tx: &Connection, subject: Identity, gathered: &Gathered) -> Result<()> {
    let months: BTreeSet<u32> = gathered
        .entries
        .iter()
        .filter_map(|loaded| match &loaded.placed.entry.body {
            Body::MonthClosed(closed) => Some(closed.month),
            _ => None,
        })
        .collect();
    for number in months {
        let word = gathered.last_word(|body| match body {
            Body::MonthClosed(closed) if closed.month == number => Some(marks_text(&closed.table)),
            _ => None,
        });
        if let (Some((loaded, marks)), Some(month)) = (word, month(number)) {
            tx.prepare_cached(
                "INSERT INTO month_close (subject, month, area, marks) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                subject.as_bytes(),
                month.to_string(),
                area_of(tx, loaded.document)?,
                marks
            ])?;
        }
    }
    Ok(())
}

fn write_transport_key(tx: &Connection, subject: Identity, gathered: &Gathered) -> Result<()> {
    let word = gathered.last_word(|body| match body {
        Body::TransportKey(key) => Some(key.key),
        _ => None,
    });
    if let Some((loaded, key)) = word {
        tx.prepare_cached("INSERT INTO transport_key (subject, area, key) VALUES (?1, ?2, ?3)")?
            .execute(params![
                subject.as_bytes(),
                area_of(tx, loaded.document)?,
                key
            ])?;
    }
    Ok(())
}

/// Revocations, and what they make of their authors: the first received one counts. One that the
/// office has not received yet revokes nothing.
fn write_revocations(desk: &mut Desk<'_>, subject: Identity, gathered: &Gathered) -> Result<()> {
    let tx = desk.tx;
    let mut revoked: BTreeMap<AuthorTag, (i64, i64)> = BTreeMap::new();
    for loaded in &gathered.entries {
        let Body::AuthorRevoked(said) = &loaded.placed.entry.body else {
            continue;
        };
        if loaded.placed.standing != Standing::Counts {
            continue;
        }
        let received: Option<i64> = tx
            .prepare_cached(
                "SELECT segment.received_at FROM entry JOIN segment ON segment.id = entry.segment \
                 WHERE entry.id = ?1 AND COALESCE(segment.position, segment.was) IS NOT NULL",
            )?
            .query_row([loaded.row], |row| row.get(0))
            .optional()?
            .flatten();
        if let Some(at) = received {
            let area = area_of(tx, loaded.document)?;
            let first = revoked.entry(said.author).or_insert((at, area));
            *first = (*first).min((at, area));
        }
    }
    let mut stood = BTreeMap::new();
    {
        let mut select = tx.prepare_cached(
            "SELECT author, received_at, area FROM revocation WHERE subject = ?1",
        )?;
        let mut rows = select.query([subject.as_bytes()])?;
        while let Some(row) = rows.next()? {
            stood.insert(AuthorTag(row.get(0)?), (row.get(1)?, row.get(2)?));
        }
    }
    if stood == revoked {
        return Ok(());
    }
    tx.prepare_cached("DELETE FROM revocation WHERE subject = ?1")?
        .execute([subject.as_bytes()])?;
    for (author, (at, area)) in &revoked {
        tx.prepare_cached(
            "INSERT INTO revocation (subject, author, area, received_at) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![subject.as_bytes(), author.as_bytes(), area, at])?;
    }
    for author in stood.keys().chain(revoked.keys()) {
        let id: Option<i64> = tx
            .prepare_cached(
                "UPDATE author SET revoked_at = \
                 (SELECT min(received_at) FROM revocation WHERE revocation.author = author.tag) \
                 WHERE tag = ?1 RETURNING id",
            )?
            .query_row([author.as_bytes()], |row| row.get(0))
            .optional()?;
        if let Some(id) = id {
            desk.directory.forget_author(id);
        }
    }
    Ok(())
}
