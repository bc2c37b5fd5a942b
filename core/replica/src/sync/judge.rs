//! What the office thinks of a segment that may come in: held for a person or not, by its author, its
//! grant, its times and what it claims to have seen; and whether its own clock can be believed.

use doorstep_model::entry::Body;
use doorstep_model::feed::{Arrival, EarlierPosition};
use doorstep_model::grant::{Grant, SUCCESSIONS_MAX};
use doorstep_model::ids::{AreaId, AuthorTag};
use doorstep_model::segment::Segment;
use doorstep_model::time;
use rusqlite::{Connection, OptionalExtension, params};

use crate::directory::Author;
use crate::error::{Error, Result};
use crate::ingest::{self, VettedSegment};
use crate::meta::{self, Key};
use crate::replica::Session;
use crate::sync::feed;

/// Why a segment must wait for a person, if it must.
pub(crate) fn judge(
    session: &mut Session<'_>,
    segment: &Segment<'_>,
    author: &Author,
    vetted: &VettedSegment,
    arrival: &Arrival,
) -> Result<Option<String>> {
    if author.office {
        return Ok(None);
    }
    let header = &segment.header;
    let organisation = session.organisation()?;
    let grant = session
        .door
        .directory
        .grant(author, &organisation)
        .ok_or_else(|| Error::store(crate::StoreProblem::Corrupt, "an author without a grant"))?;
    if let Some(code) = judge_author(session, author, &grant, arrival.received_at)? {
        return Ok(Some(code.to_owned()));
    }
    if !covers(session, &grant, &header.area)? {
        return Ok(Some("held.outside_area".to_owned()));
    }
    let timing = ingest::timing(header, false, Some(arrival));
    for one in vetted.entries() {
        if matches!(one.entry.body, Body::Opened(_)) {
            continue;
        }
        let time = timing.of(one.key.counter, one.entry.envelope.time);
        if time < grant.not_before {
            return Ok(Some("held.before_grant".to_owned()));
        }
        if time > grant.expires {
            return Ok(Some("held.after_grant".to_owned()));
        }
    }
    if contradicts(session, header)? {
        return Ok(Some("held.contradicted_seen".to_owned()));
    }
    Ok(None)
}

/// What speaks against an author as a whole, or against one that it goes on from: revoked, an
/// invitation used late or twice or void, a second succession. Its work is held and it reads nothing.
pub(crate) fn judge_author(
    session: &mut Session<'_>,
    author: &Author,
    grant: &Grant,
    at: i64,
) -> Result<Option<&'static str>> {
    let mut line = author.clone();
    for _ in 0..=SUCCESSIONS_MAX {
        if line.revoked_at.is_some_and(|revoked| revoked <= at) {
            return Ok(Some("held.revoked"));
        }
        let Some(predecessor) = line.predecessor else {
            break;
        };
        if is_second(session.tx(), predecessor, line.id)? {
            return Ok(Some("held.second_succession"));
        }
        match session
            .door
            .directory
            .author_by_tag(session.door.tx, predecessor)?
        {
            Some(older) => line = older.clone(),
            None => break,
        }
    }
    // The invitation was used, if at all, by the first of the line.
    let Some(until) = grant.use_until else {
        return Ok(None);
    };
    let first_at: i64 = session
        .tx()
        .prepare_cached("SELECT COALESCE(proof_at, ?2) FROM author WHERE id = ?1")?
        .query_row(params![line.id, at], |row| row.get(0))?;
    let used: Option<([u8; 4], bool)> = session
        .tx()
        .prepare_cached("SELECT author, voided FROM invitation_use WHERE id = ?1")?
        .query_row([grant.id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match used {
        Some((_, true)) => Some("held.invitation_void"),
        Some((by, _)) if by != line.tag.0 => Some("held.invitation_used"),
        _ if first_at > until => Some("held.invitation_late"),
        _ if is_void_since_restore(session, grant, first_at)? => Some("held.invitation_void"),
        _ => None,
    })
}

/// Whether another author has succeeded this one before, and no clerk has let the later go on.
pub(crate) fn is_second(tx: &Connection, predecessor: AuthorTag, successor: i64) -> Result<bool> {
    Ok(tx
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM author WHERE predecessor = ?1 AND id < ?2) \
             AND EXISTS (SELECT 1 FROM author WHERE id = ?2 AND confirmed = 0)",
        )?
        .query_row(params![predecessor.as_bytes(), successor], |row| row.get(0))?)
}

/// A restore voids open invitations: those that this office does not know to have given out since.
fn is_void_since_restore(session: &Session<'_>, grant: &Grant, first_at: i64) -> Result<bool> {
    let before = meta::get_array::<8>(session.tx(), Key::InvitationsVoidBefore)?;
    let Some(before) = before.map(i64::from_be_bytes) else {
        return Ok(false);
    };
    if first_at < before {
        return Ok(false);
    }
    let since: bool = session
        .tx()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM invitation WHERE id = ?1 AND made_at >= ?2)")?
        .query_row(params![grant.id, before], |row| row.get(0))?;
    Ok(!since)
}

/// Remembers whose first segment brought an invitation.
pub(crate) fn use_invitation(
    session: &mut Session<'_>,
    grant: &Grant,
    author: &Author,
    at: i64,
) -> Result<()> {
    if grant.use_until.is_some() && author.predecessor.is_none() {
        session
            .tx()
            .prepare_cached(
                "INSERT INTO invitation_use (id, author, at) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (id) DO NOTHING",
            )?
            .execute(params![grant.id, author.tag.0, at])?;
    }
    Ok(())
}

/// Whether a grant reaches an area: its own, or one below it in the tree.
pub(crate) fn covers(session: &Session<'_>, grant: &Grant, area: &AreaId) -> Result<bool> {
    let mut failed = None;
    let covered = grant.covers(area, |area, ancestor| {
        is_within(session.door.tx, area, ancestor).unwrap_or_else(|error| {
            failed = Some(error);
            false
        })
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(covered),
    }
}

fn is_within(tx: &Connection, area: &AreaId, ancestor: &AreaId) -> Result<bool> {
    Ok(tx
        .prepare_cached(
            "WITH RECURSIVE up (code, depth) AS (SELECT ?1, 0 UNION \
             SELECT a.parent, up.depth + 1 FROM up JOIN area_row a ON a.code = up.code \
             WHERE a.parent IS NOT NULL AND up.depth < 16) \
             SELECT EXISTS (SELECT 1 FROM up WHERE code = ?2)",
        )?
        .query_row([area.as_str(), ancestor.as_str()], |row| row.get(0))?)
}

/// Whether the feed says something else at the point that the segment claims to have seen.
fn contradicts(
    session: &mut Session<'_>,
    header: &doorstep_model::segment::SegmentHeader,
) -> Result<bool> {
    let Some(seen) = header.seen else {
        return Ok(false);
    };
    let area = session.door.directory.area(session.door.tx, &header.area)?;
    let feed = feed::read(session.tx(), area)?;
    let Some(cursor) = feed.cursor else {
        return Ok(false);
    };
    if cursor.epoch != seen.epoch {
        // Judged in its own epoch: what stood there keeps its earlier position.
        let earlier = minicbor::to_vec(EarlierPosition {
            epoch: seen.epoch,
            position: seen.position,
        })
        .expect("a position always encodes");
        let at: Option<i64> = session
            .tx()
            .prepare_cached("SELECT received_at FROM segment WHERE area = ?1 AND earlier = ?2")?
            .query_row(params![area, earlier], |row| row.get(0))
            .optional()?;
        return Ok(at.is_some_and(|at| at != seen.received_at));
    }
    let at = feed::received_at(session.tx(), area, seen.position)?;
    Ok(at != Some(seen.received_at))
}

/// The office's clock stops positions when it is before the newest item, or a day ahead of it and of
/// the clocks of most phones that came since, until the clerk confirms it. What a phone's clock said
/// earlier was measured by another state of the office's, and says nothing of it now.
pub(crate) fn clock_in_doubt(session: &mut Session<'_>, area: i64) -> Result<Option<&'static str>> {
    let last: i64 = session
        .tx()
        .prepare_cached("SELECT received_at FROM area WHERE id = ?1")?
        .query_row([area], |row| row.get(0))?;
    if last == 0 || clock_confirmed(session)? {
        return Ok(None);
    }
    if session.now < last - time::SHIFT_FREE {
        return Ok(Some("clock.behind"));
    }
    if session.now > last + DAY {
        let (asked, far): (i64, i64) = session
            .tx()
            .prepare_cached(
                "SELECT count(*), COALESCE(sum(off < ?1), 0) FROM contact WHERE at > ?2",
            )?
            .query_row([-DAY, last + DAY], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if far * 2 > asked {
            return Ok(Some("clock.ahead"));
        }
    }
    Ok(None)
}

const DAY: i64 = 86_400;

fn clock_confirmed(session: &Session<'_>) -> Result<bool> {
    let until = crate::meta::get_array::<8>(session.tx(), crate::meta::Key::ClockConfirmed)?;
    Ok(until.is_some_and(|until| session.now <= i64::from_be_bytes(until)))
}
