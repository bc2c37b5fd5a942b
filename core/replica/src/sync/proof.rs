//! What an earlier office had fixed about segments that come back after a restore: proved by hashing
//! them onto the common feed until a cursor under an office's signature comes out.

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Dated, Entry, SegmentName};
use doorstep_model::feed::{Arrival, Cursor, EarlierPosition};
use doorstep_model::ids::{AreaId, AuthorTag, EpochId};
use doorstep_model::segment;
use doorstep_model::wire::ArrivalChain;
use rusqlite::{OptionalExtension, params};

use crate::error::Result;
use crate::replica::Session;
use crate::store::{counter, sql_u64};
use crate::sync::feed;
use crate::sync::new_epoch::open_statement;
use crate::sync::take::{Proved, publish};

/// Remembers every arrival that the chain proves. A chain that proves nothing is ignored: what it
/// claims can do no harm then.
pub(crate) fn learn(session: &mut Session<'_>, area: &AreaId, chain: &ArrivalChain) -> Result<()> {
    let Some(statement) = open_statement(session, &chain.statement)? else {
        return Ok(());
    };
    let Some(said) = statement.areas.iter().find(|said| said.area == *area) else {
        return Ok(());
    };
    let id = session.door.directory.area(session.door.tx, area)?;
    let Some(hash) = feed::hash_at(session.tx(), id, chain.from)? else {
        return Ok(());
    };
    let mut cursor = Cursor {
        epoch: said.cursor.epoch,
        position: chain.from,
        hash,
    };
    for link in &chain.items {
        cursor = cursor.advanced(&link.segment, &link.arrival);
    }
    if cursor != said.cursor {
        return Ok(());
    }
    for (position, link) in (chain.from + 1..).zip(&chain.items) {
        let arrival = minicbor::to_vec(&link.arrival).expect("an arrival always encodes");
        let fresh = session
            .tx()
            .prepare_cached(
                "INSERT INTO proved_arrival (segment, arrival, epoch, position) \
                 VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                link.segment.as_bytes(),
                arrival,
                said.cursor.epoch.0,
                sql_u64(position)
            ])?;
        if fresh > 0 {
            date(session, area, id, &link.segment, &link.arrival)?;
        }
    }
    publish(session)
}

/// A proof that comes after its segment is an entry of the office, which holds over the item.
fn date(
    session: &mut Session<'_>,
    code: &AreaId,
    area: i64,
    hash: &doorstep_model::ids::SegmentHash,
    arrival: &Arrival,
) -> Result<()> {
    let here: Option<([u8; 4], i64, bool)> = session
        .tx()
        .prepare_cached(
            "SELECT a.tag, s.n, a.office FROM segment s JOIN author a ON a.id = s.author \
             WHERE s.area = ?1 AND s.hash = ?2 AND s.earlier IS NULL AND s.received_at <> ?3",
        )?
        .query_row(params![area, hash.as_bytes(), arrival.received_at], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((author, n, false)) = here else {
        return Ok(());
    };
    let dated = Dated {
        segment: SegmentName {
            author: AuthorTag(author),
            n: counter(n),
        },
        received_at: arrival.received_at,
        shifts: arrival.shifts.clone(),
    };
    let entry = Entry::new(dated, session.now);
    session.put(code, &DocumentName::Desk, code.subject(), &entry)?;
    Ok(())
}

/// What is proved about a segment.
pub(crate) fn of(session: &Session<'_>, bytes: &[u8]) -> Result<Option<Proved>> {
    let hash = segment::hash_of(bytes);
    let row: Option<(Vec<u8>, [u8; 8], i64)> = session
        .tx()
        .prepare_cached("SELECT arrival, epoch, position FROM proved_arrival WHERE segment = ?1")?
        .query_row([hash.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    Ok(row.and_then(|(arrival, epoch, position)| {
        let arrival: Arrival = minicbor::decode(&arrival).ok()?;
        // An item that came back before keeps the point of its first epoch.
        let earlier = arrival.earlier.unwrap_or(EarlierPosition {
            epoch: EpochId(epoch),
            position: counter(position),
        });
        Some(Proved { arrival, earlier })
    }))
}
