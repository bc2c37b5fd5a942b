//! A phone and a new epoch of an area's feed: following it, and proving what the old one had fixed.

use doorstep_model::feed::{Arrival, EarlierPosition, EpochStatement, Signed, Statement};
use doorstep_model::ids::{AreaId, EpochId, SegmentHash};
use doorstep_model::wire::{ArrivalChain, ChainLink};
use rusqlite::{OptionalExtension, params};

use crate::error::{Error, Result};
use crate::meta::{self, Key};
use crate::replica::Session;
use crate::store::{column, counter, sql_u64};
use crate::sync::phone::proof_for;
use crate::sync::{feed, peer};

/// Follows an office into its new epoch, if the statement names the own one as replaced: the cursor
/// goes to the highest position where both feeds are the same, everything above is offered again.
/// Returns whether it did; another epoch is an alarm, and nothing moves.
pub(crate) fn follow(session: &mut Session<'_>, area: &AreaId, signed: &Signed) -> Result<bool> {
    let wrong = || Error::Peer("the epoch is not stated by an office".into());
    let claimed: EpochStatement = signed.claims().map_err(|_| wrong())?;
    let office = session
        .door
        .directory
        .author_by_tag(session.door.tx, claimed.office)?
        .filter(|author| author.office)
        .ok_or_else(wrong)?;
    let statement: EpochStatement = signed.open(&office.key).map_err(|_| wrong())?;
    if statement.organisation != session.organisation_id()? || statement.area != *area {
        return Err(wrong());
    }
    let id = session.door.directory.area(session.door.tx, area)?;
    let held = feed::read(session.tx(), id)?;
    let Some(old) = held.cursor else {
        return Ok(false);
    };
    if old.epoch == statement.epoch {
        return Ok(false);
    }
    if !statement.replaces.contains(&old.epoch) {
        meta::set(session.tx(), Key::ForeignEpoch, area.as_str().as_bytes())?;
        return Ok(false);
    }
    let mut common = (0, Default::default());
    for (position, hash) in std::iter::once(&statement.continues).chain(&statement.trail) {
        if *position > common.0 && feed::hash_at(session.tx(), id, *position)? == Some(*hash) {
            common = (*position, *hash);
        }
    }
    session
        .tx()
        .prepare_cached(
            "INSERT INTO epoch (area, epoch, until, statement) \
             SELECT id, ?2, ?3, statement FROM area WHERE id = ?1 \
             ON CONFLICT (area, epoch) DO UPDATE SET until = excluded.until",
        )?
        .execute(params![id, old.epoch.0, sql_u64(statement.continues.0)])?;
    session
        .tx()
        .prepare_cached(
            "UPDATE segment SET was_epoch = ?3, was = position, position = NULL, feed_hash = NULL \
             WHERE area = ?1 AND position > ?2",
        )?
        .execute(params![id, sql_u64(common.0), old.epoch.0])?;
    session
        .tx()
        .prepare_cached(
            "UPDATE area SET epoch = ?2, position = ?3, hash = ?4, epoch_said = ?5, backed_up = 0, \
             received_at = ?6 WHERE id = ?1",
        )?
        .execute(params![
            id,
            statement.epoch.0,
            sql_u64(common.0),
            common.1.0,
            signed.0,
            feed::received_at(session.tx(), id, common.0)?.unwrap_or(0)
        ])?;
    peer::tell_again(session, area)?;
    touch_cases(session, id)?;
    Ok(true)
}

/// What a close has seen is judged by places in the feed, and those of the epoch that stands count: cases
/// are folded anew when it changes.
pub(crate) fn touch_cases(session: &mut Session<'_>, area: i64) -> Result<()> {
    let subjects: Vec<Vec<u8>> = column(
        session.door.tx,
        "SELECT id FROM matter WHERE area = ?1",
        [area],
    )?;
    for subject in subjects {
        if let Some(subject) = doorstep_model::ids::Identity::from_slice(&subject) {
            session.door.touch(subject);
        }
    }
    Ok(())
}

/// The proof of what the epoch before had fixed about the segments that are offered again; `None`
/// when there are none, or the signed cursor is not reached.
pub(crate) fn chain(session: &mut Session<'_>, area: i64) -> Result<Option<ArrivalChain>> {
    let was: Option<[u8; 8]> = session
        .tx()
        .prepare_cached(
            "SELECT was_epoch FROM segment WHERE area = ?1 AND position IS NULL \
             AND was_epoch IS NOT NULL LIMIT 1",
        )?
        .query_row([area], |row| row.get(0))
        .optional()?;
    let Some(was) = was else { return Ok(None) };
    let signed: Option<Option<Vec<u8>>> = session
        .tx()
        .prepare_cached("SELECT statement FROM epoch WHERE area = ?1 AND epoch = ?2")?
        .query_row(params![area, was], |row| row.get(0))
        .optional()?;
    let Some(signed) = signed.flatten().map(Signed) else {
        return Ok(None);
    };
    let Ok(statement) = signed.claims::<Statement>() else {
        return Ok(None);
    };
    let code = session.door.directory.area_code(session.door.tx, area)?;
    let Some(said) = statement.areas.iter().find(|said| said.area == code) else {
        return Ok(None);
    };
    if said.cursor.epoch != EpochId(was) {
        return Ok(None);
    }
    let mut links = Vec::new();
    let mut first = None;
    {
        let mut select = session.door.tx.prepare_cached(
            "SELECT id, hash, was, received_at, shifts, earlier FROM segment \
             WHERE area = ?1 AND was_epoch = ?2 AND was <= ?3 ORDER BY was",
        )?;
        let mut rows = select.query(params![area, was, sql_u64(said.cursor.position)])?;
        while let Some(row) = rows.next()? {
            let position = counter(row.get(2)?);
            let from = *first.get_or_insert(position - 1);
            if position != from + links.len() as u64 + 1 {
                return Ok(None);
            }
            let Some(received_at) = row.get::<_, Option<i64>>(3)? else {
                return Ok(None);
            };
            links.push(ChainLink {
                segment: SegmentHash(row.get(1)?),
                arrival: Arrival {
                    received_at,
                    shifts: row
                        .get::<_, Option<Vec<u8>>>(4)?
                        .and_then(|bytes| minicbor::decode(&bytes).ok())
                        .unwrap_or_default(),
                    earlier: row
                        .get::<_, Option<Vec<u8>>>(5)?
                        .and_then(|bytes| minicbor::decode::<EarlierPosition>(&bytes).ok()),
                },
            });
        }
    }
    let Some(from) = first else { return Ok(None) };
    if from + links.len() as u64 != said.cursor.position {
        return Ok(None);
    }
    Ok(proof_for(session, signed)?.map(|statement| ArrivalChain {
        from,
        items: links,
        statement,
    }))
}
