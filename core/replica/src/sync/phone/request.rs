//! What a phone asks and hands in: the next request of an exchange. What a reply means is the
//! parent's.

use doorstep_model::feed::{Signed, Statement};
use doorstep_model::grant::Proof;
use doorstep_model::ids::{AreaId, AuthorTag, SegmentHash};
use doorstep_model::wire::{
    Answer, AreaAsk, OwnTip, Request, SegmentBytes, StatementProof, Ticket, WIRE_VERSION,
};
use rusqlite::OptionalExtension;

use super::Exchange;
use crate::baseline;
use crate::compact::segment_bytes;
use crate::error::{Error, Result, StoreProblem};
use crate::ingest;
use crate::meta::{self, Key};
use crate::replica::Session;
use crate::seal;
use crate::store::counter;
use crate::sync::{PIECE, epoch, feed, peer};

/// The next request: what is unsent, as much as fits a piece, and where this replica stands.
pub(super) fn next_request(session: &mut Session<'_>, exchange: &mut Exchange) -> Result<Request> {
    let me = session.me()?.clone();
    let ticket = meta::get_array::<24>(session.tx(), Key::Ticket)?.map(Ticket);
    let clock = (session.boot.id, session.now);
    let answer = exchange.answer.take().map(|nonce| Answer {
        nonce,
        signature: me.key.sign(&Answer::message(&nonce, clock)).to_vec(),
        proof: Some(me.proof.clone()),
    });
    let knocks = ticket.is_none() && answer.is_none();
    exchange.pushed = 0;
    exchange.told.clear();
    let mut areas = Vec::new();
    exchange.baseline = None;
    if !knocks {
        let mut budget = PIECE;
        for (id, code) in subscribed(session)? {
            let only_push = next_baseline(session, exchange, id, &code)?;
            let ask = ask(session, exchange, id, code, &mut budget)?;
            areas.push(AreaAsk {
                only_push: (only_push || ask.only_push == Some(true)).then_some(true),
                ..ask
            });
        }
    }
    let unsent = unsent_entries(session, exchange)?;
    Ok(Request {
        version: WIRE_VERSION,
        organisation: session.organisation_id()?,
        author: me.tag,
        office: meta::get_array::<4>(session.tx(), Key::Office)?.map(AuthorTag),
        ticket,
        clock,
        answer,
        areas,
        budget: None,
        baseline: exchange.baseline.clone(),
        unsent: Some(unsent),
    })
}

/// Asks for a baseline of an area of which nothing is held, one area after the other. Returns whether
/// the area's feed waits for a baseline.
fn next_baseline(
    session: &Session<'_>,
    exchange: &mut Exchange,
    area: i64,
    code: &AreaId,
) -> Result<bool> {
    if *code == AreaId::organisation()
        || exchange.item_by_item.contains(code)
        || feed::has_cursor(session.tx(), area)?
    {
        return Ok(false);
    }
    let turn = exchange.baseline.is_none();
    if turn {
        exchange.baseline = Some(baseline::ask(session, area, code)?);
    }
    Ok(!turn || baseline::is_taking(session.tx(), area)?)
}

pub(crate) fn subscribed(session: &Session<'_>) -> Result<Vec<(i64, AreaId)>> {
    let mut select = session
        .door
        .tx
        .prepare_cached("SELECT id, code FROM area WHERE subscribed = 1 ORDER BY code")?;
    let rows = select.query_map([], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    })?;
    let mut areas = Vec::new();
    for row in rows {
        let (id, code) = row?;
        areas.push((
            id,
            AreaId::new(&code).map_err(|error| Error::store(StoreProblem::Corrupt, error))?,
        ));
    }
    Ok(areas)
}

fn ask(
    session: &mut Session<'_>,
    exchange: &mut Exchange,
    area: i64,
    code: AreaId,
    budget: &mut usize,
) -> Result<AreaAsk> {
    let me = session.me()?.clone();
    let cursor = feed::read(session.tx(), area)?.cursor;
    let mut segments = Vec::new();
    for (row, author, n) in unplaced(session, area)? {
        if exchange.sent.contains(&(code.clone(), author, n)) {
            continue;
        }
        let bytes = segment_bytes(session.tx(), row)?;
        if exchange.pushed > 0 && bytes.len() > *budget {
            break;
        }
        *budget = budget.saturating_sub(bytes.len());
        exchange.sent.insert((code.clone(), author, n));
        exchange.pushed += 1;
        segments.push(SegmentBytes(bytes));
    }
    let told_before = exchange.told.len();
    for (row, author, n) in peer::untold(session, &code)? {
        let bytes = ingest::quarantined(session.tx(), row)?;
        if exchange.pushed > 0 && bytes.len() > *budget {
            break;
        }
        *budget = budget.saturating_sub(bytes.len());
        exchange.told.push((author, n));
        exchange.pushed += 1;
        segments.push(SegmentBytes(bytes));
    }
    let statement = match exchange.wants_statement.remove(&code) {
        true => statement_proof(session, area)?,
        false => None,
    };
    let chain = if segments.is_empty() || exchange.chain_sent.contains(&code) {
        None
    } else {
        epoch::chain(session, area)?
    };
    if chain.is_some() {
        exchange.chain_sent.insert(code.clone());
    }
    let own = crate::sync::take::tip(session, area, me.author)?
        .map(|(n, hash)| OwnTip::new(n, &SegmentHash(hash)));
    Ok(AreaAsk {
        area: code,
        cursor,
        own,
        segments,
        statement,
        chain,
        // Of a segment that is kept aside here a place in the feed would mean nothing: it must come
        // whole, and the office takes what it was just given for known.
        only_push: (exchange.told.len() > told_before).then_some(true),
    })
}

/// Segments without a place in the feed, each author's in order.
fn unplaced(session: &Session<'_>, area: i64) -> Result<Vec<(i64, AuthorTag, u64)>> {
    let mut select = session.door.tx.prepare_cached(
        "SELECT s.id, a.tag, s.n FROM segment s JOIN author a ON a.id = s.author \
         WHERE s.area = ?1 AND s.position IS NULL AND s.cut = 0 \
         ORDER BY s.was IS NULL, s.was, a.succession, s.author, s.n",
    )?;
    let rows = select
        .query_map([area], |row| {
            Ok((row.get(0)?, AuthorTag(row.get(1)?), counter(row.get(2)?)))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

pub(super) fn has_unsent(session: &mut Session<'_>, exchange: &Exchange) -> Result<bool> {
    for (area, code) in subscribed(session)? {
        for (_, author, n) in unplaced(session, area)? {
            if !exchange.sent.contains(&(code.clone(), author, n)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Own entries that the office does not have and that this request does not carry.
fn unsent_entries(session: &Session<'_>, exchange: &Exchange) -> Result<u32> {
    let me = session.me()?;
    let mut select = session.door.tx.prepare_cached(
        "SELECT ar.code, s.n, count(*) FROM segment s CROSS JOIN sealed e ON e.within = s.id \
         JOIN area ar ON ar.id = s.area \
         WHERE s.author = ?1 AND s.received_at IS NULL GROUP BY s.id",
    )?;
    let mut rows = select.query([me.author])?;
    let mut unsent = seal::pending_count(session.tx())?;
    while let Some(row) = rows.next()? {
        let (code, n, entries): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let sent = AreaId::new(&code)
            .is_ok_and(|code| exchange.sent.contains(&(code, me.tag, counter(n))));
        if !sent {
            unsent += usize::try_from(entries).unwrap_or(0);
        }
    }
    Ok(u32::try_from(unsent).unwrap_or(u32::MAX))
}

/// The last statement about an area with the proof of the office that signed it.
pub(crate) fn statement_proof(
    session: &mut Session<'_>,
    area: i64,
) -> Result<Option<StatementProof>> {
    let bytes: Option<Option<Vec<u8>>> = session
        .tx()
        .prepare_cached("SELECT statement FROM area WHERE id = ?1")?
        .query_row([area], |row| row.get(0))
        .optional()?;
    match bytes.flatten() {
        Some(bytes) => proof_for(session, Signed(bytes)),
        None => Ok(None),
    }
}

/// A statement with the proof of its signer.
pub(crate) fn proof_for(
    session: &mut Session<'_>,
    statement: Signed,
) -> Result<Option<StatementProof>> {
    let Ok(claimed) = statement.claims::<Statement>() else {
        return Ok(None);
    };
    let office = session
        .door
        .directory
        .author_by_tag(session.door.tx, claimed.office)?;
    Ok(office
        .and_then(|office| minicbor::decode::<Proof>(&office.proof).ok())
        .map(|office| StatementProof { statement, office }))
}
