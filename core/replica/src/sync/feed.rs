//! An area's feed as the store holds it: the cursor, items behind a cursor, epochs.

use doorstep_model::feed::{Cursor, FeedHash, FeedItem, Receipt};
use doorstep_model::ids::{AreaId, AuthorTag, EpochId, SegmentHash};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::ingest;
use crate::replica::Session;
use crate::store::{counter, sql_u64};
use crate::sync::{epoch, peer};

/// What the area row says of its feed.
#[derive(Debug, Clone)]
pub(crate) struct Feed {
    pub(crate) area: i64,
    pub(crate) cursor: Option<Cursor>,
    /// Received-at of the newest item.
    pub(crate) received_at: i64,
    pub(crate) backed_up: u64,
}

pub(crate) fn read(tx: &Connection, area: i64) -> Result<Feed> {
    let (epoch, position, hash, received_at, backed_up): (
        Option<[u8; 8]>,
        i64,
        [u8; 16],
        i64,
        i64,
    ) = tx
        .prepare_cached(
            "SELECT epoch, position, hash, received_at, backed_up FROM area WHERE id = ?1",
        )?
        .query_row([area], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })?;
    let cursor = epoch.map(|epoch| Cursor {
        epoch: EpochId(epoch),
        position: counter(position),
        hash: FeedHash(hash),
    });
    Ok(Feed {
        area,
        cursor,
        received_at,
        backed_up: counter(backed_up),
    })
}

/// Whether anything of the feed is held.
pub(crate) fn has_cursor(tx: &Connection, area: i64) -> Result<bool> {
    Ok(tx
        .prepare_cached("SELECT position <> 0 FROM area WHERE id = ?1")?
        .query_row([area], |row| row.get(0))?)
}

/// Moves the feed's end.
pub(crate) fn advance(tx: &Connection, area: i64, cursor: &Cursor, received_at: i64) -> Result<()> {
    tx.prepare_cached(
        "UPDATE area SET epoch = ?2, position = ?3, hash = ?4, received_at = max(received_at, ?5) \
         WHERE id = ?1",
    )?
    .execute(params![
        area,
        cursor.epoch.0,
        sql_u64(cursor.position),
        cursor.hash.0,
        received_at
    ])?;
    Ok(())
}

/// The hash of this feed up to a position; `None` when the position is not there.
pub(crate) fn hash_at(tx: &Connection, area: i64, position: u64) -> Result<Option<FeedHash>> {
    if position == 0 {
        return Ok(Some(FeedHash::default()));
    }
    let hash: Option<Option<[u8; 16]>> = tx
        .prepare_cached("SELECT feed_hash FROM segment WHERE area = ?1 AND position = ?2")?
        .query_row(params![area, sql_u64(position)], |row| row.get(0))
        .optional()?;
    Ok(hash.flatten().map(FeedHash))
}

/// When the item at a position was received first; `None` when the position is not there.
pub(crate) fn received_at(tx: &Connection, area: i64, position: u64) -> Result<Option<i64>> {
    let at: Option<Option<i64>> = tx
        .prepare_cached("SELECT received_at FROM segment WHERE area = ?1 AND position = ?2")?
        .query_row(params![area, sql_u64(position)], |row| row.get(0))
        .optional()?;
    Ok(at.flatten())
}

/// One position of a feed, as it is told to somebody.
pub(crate) enum Told {
    /// The segment itself.
    Item(FeedItem),
    /// Only that it is there: the asker has its bytes.
    Receipt(Receipt),
}

/// The positions after `after`, in order, at most `budget` bytes of segments (one more is always
/// told). `has(author, n, hash)` says whether the asker holds a segment already. Returns also whether
/// the feed goes on.
pub(crate) fn after(
    tx: &Connection,
    area: i64,
    after: u64,
    budget: usize,
    mut has: impl FnMut(AuthorTag, u64, &SegmentHash) -> bool,
) -> Result<(Vec<Told>, bool)> {
    let mut select = tx.prepare_cached(
        "SELECT s.id, a.tag, s.n, s.hash FROM segment s JOIN author a ON a.id = s.author \
         WHERE s.area = ?1 AND s.position > ?2 ORDER BY s.position",
    )?;
    let mut rows = select.query(params![area, sql_u64(after)])?;
    let mut told = Vec::new();
    let mut bytes = 0;
    let mut archive = crate::compact::Archive::default();
    while let Some(row) = rows.next()? {
        let (id, author, n): (i64, AuthorTag, u64) =
            (row.get(0)?, AuthorTag(row.get(1)?), counter(row.get(2)?));
        let Some((position, arrival)) = ingest::arrival(tx, id)? else {
            continue;
        };
        let hash = SegmentHash(row.get(3)?);
        if has(author, n, &hash) {
            bytes += 16;
            told.push(Told::Receipt(Receipt {
                author,
                n,
                position,
                arrival,
            }));
        } else {
            let segment = archive.segment(tx, id)?;
            if !told.is_empty() && bytes + segment.len() > budget {
                return Ok((told, true));
            }
            bytes += segment.len();
            told.push(Told::Item(FeedItem {
                position,
                arrival,
                segment,
            }));
        }
        if bytes > budget {
            return Ok((told, rows.next()?.is_some()));
        }
    }
    Ok((told, false))
}

/// Goes back to the start of a feed, keeping everything that is here: what the feed brings again gets
/// its place anew.
pub(crate) fn begin_anew(session: &mut Session<'_>, code: &AreaId) -> Result<()> {
    let area = session.door.directory.area(session.door.tx, code)?;
    leave_places(session, area)?;
    session
        .tx()
        .prepare_cached(
            "UPDATE area SET epoch = NULL, position = 0, hash = zeroblob(16), statement = NULL \
             WHERE id = ?1",
        )?
        .execute([area])?;
    peer::tell_again(session, code)
}

/// Takes from the segments of an area their places in the feed, but not that they had one: rows that
/// rest on places are touched.
pub(crate) fn leave_places(session: &mut Session<'_>, area: i64) -> Result<()> {
    session
        .tx()
        .prepare_cached(
            "UPDATE segment SET was = COALESCE(was, position), position = NULL, feed_hash = NULL \
             WHERE area = ?1",
        )?
        .execute([area])?;
    epoch::touch_cases(session, area)
}
