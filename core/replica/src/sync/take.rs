//! What the office does with one segment that somebody hands in: stored, held, kept aside, or refused.
//! Whatever bears a known author's valid signature is on the disk before any code is answered; from a
//! file, also what may be of an author who is not known yet.

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Entry, Opened, Ruling, SegmentName, Verdict};
use doorstep_model::feed::{Arrival, Cursor, EarlierPosition};
use doorstep_model::ids::{AreaId, AuthorTag, BootId};
use doorstep_model::segment::{MAJOR, Segment};
use doorstep_model::time::{self, HandIn};
use doorstep_model::wire::{Notice, NoticeKind};
use rusqlite::{OptionalExtension, params};

use crate::directory::Author;
use crate::error::{Error, Result};
use crate::ingest::{self, Standing, VettedSegment};
use crate::replica::Session;
use crate::seal;
use crate::store::{column, counter, sql_u64};
use crate::sync::{feed, judge};

/// Who hands segments in, and what its clock says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Carrier {
    /// Absent for a file.
    pub(crate) author: Option<AuthorTag>,
    pub(crate) clock: (BootId, i64),
    /// It has just signed a nonce: the delay of its clock reading is bounded.
    pub(crate) challenged: bool,
}

/// Why the whole request must come again, signed: a boot's shift can only be taken then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChallengeFirst;

/// What became of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Taken {
    /// In the feed, now or before. A notice when it is held.
    InFeed(Option<Notice>),
    /// On the disk for the desk, or refused.
    Aside(Notice),
}

/// Most bytes of quarantined segments an author.
const QUARANTINE_MAX: i64 = 8 * 1024 * 1024;

/// An arrival that was fixed before, in an earlier epoch, and proved by an office's statement.
#[derive(Debug, Clone)]
pub(crate) struct Proved {
    pub(crate) arrival: Arrival,
    pub(crate) earlier: EarlierPosition,
}

/// Takes one segment, and then those that waited for it.
pub(crate) fn take(
    session: &mut Session<'_>,
    bytes: &[u8],
    carrier: &Carrier,
    proved: Option<&Proved>,
) -> Result<Result<Taken, ChallengeFirst>> {
    let taken = take_one(session, bytes, carrier, proved)?;
    if let Ok(Taken::InFeed(_)) = &taken
        && let Some(segment) = Segment::read_header(bytes)
    {
        let header = segment.header;
        let mut n = header.n;
        while let Some(waiting) = waiting_for(session, &header.area, header.author, n)? {
            // It came through somebody before, at a time that nothing bounds: it is not shifted.
            let carrier = Carrier {
                author: None,
                clock: (BootId([0; 8]), 0),
                challenged: false,
            };
            // One that waited for an unknown author may turn out not to be that author's: the next is tried.
            if let Ok(Taken::InFeed(_)) = take_one(session, &waiting, &carrier, None)? {
                n += 1;
            }
        }
    }
    Ok(taken)
}

fn take_one(
    session: &mut Session<'_>,
    bytes: &[u8],
    carrier: &Carrier,
    proved: Option<&Proved>,
) -> Result<Result<Taken, ChallengeFirst>> {
    let segment = match Segment::read(bytes) {
        Ok(segment) => segment,
        Err(error) => return unreadable(session, bytes, &error).map(Ok),
    };
    let header = &segment.header;
    if header.organisation != session.organisation_id()? {
        return Ok(Ok(aside(
            &segment,
            NoticeKind::Refused,
            "segment.wrong_organisation",
        )));
    }
    let known = session
        .door
        .directory
        .author_by_tag(session.door.tx, header.author)?
        .cloned();
    let author = match known {
        Some(author) => author,
        None => match newcomer(session, &segment, proved)? {
            Some(author) => author,
            // A file comes once, and the one with the author's first segment may come after it.
            None if carrier.author.is_none() && header.proof.is_none() => {
                keep(session, &segment, "chain.gap")?;
                return Ok(Ok(aside(&segment, NoticeKind::Gap, "chain.gap")));
            }
            None => {
                return Ok(Ok(aside(
                    &segment,
                    NoticeKind::Refused,
                    "segment.unknown_author",
                )));
            }
        },
    };
    if !segment.is_signed_by(&author.key) {
        return Ok(Ok(aside(
            &segment,
            NoticeKind::Refused,
            "segment.bad_signature",
        )));
    }
    chained(session, &segment, &author, carrier, proved)
}

/// A segment whose header reads but whose changes do not is kept, if its signature is good.
fn unreadable(
    session: &mut Session<'_>,
    bytes: &[u8],
    error: &doorstep_model::segment::SegmentError,
) -> Result<Taken> {
    use doorstep_model::segment::SegmentError;
    let refused = |code: &str| {
        Taken::Aside(Notice {
            kind: NoticeKind::Refused,
            author: AuthorTag([0; 4]),
            n: 0,
            code: code.to_owned(),
        })
    };
    let SegmentError::NoChanges(_) = error else {
        return Ok(refused("segment.unreadable"));
    };
    let Some(segment) = Segment::read_header(bytes) else {
        return Ok(refused("segment.unreadable"));
    };
    let author = session
        .door
        .directory
        .author_by_tag(session.door.tx, segment.header.author)?
        .cloned();
    match author {
        Some(author) if segment.is_signed_by(&author.key) => {
            restart(session, &segment, &author, "segment.no_changes")
        }
        _ => Ok(refused("segment.unreadable")),
    }
}

/// Takes in the author of a first segment, if its proof is this organisation's.
fn newcomer(
    session: &mut Session<'_>,
    segment: &Segment<'_>,
    proved: Option<&Proved>,
) -> Result<Option<Author>> {
    let Some(proof) = &segment.header.proof else {
        return Ok(None);
    };
    if proof.key().tag() != segment.header.author || !segment.is_signed_by(&proof.key()) {
        return Ok(None);
    }
    let Ok(grant) = proof.open(&session.organisation()?) else {
        return Ok(None);
    };
    // Its invitation was used when an earlier office first saw it.
    let at = proved.map_or(session.now, |proved| proved.arrival.received_at);
    let id = session
        .door
        .directory
        .admit_author(session.door.tx, proof, &grant, Some(at))?;
    Ok(Some(
        session.door.directory.author(session.door.tx, id)?.clone(),
    ))
}

/// A signed segment of a known author against its chain.
fn chained(
    session: &mut Session<'_>,
    segment: &Segment<'_>,
    author: &Author,
    carrier: &Carrier,
    proved: Option<&Proved>,
) -> Result<Result<Taken, ChallengeFirst>> {
    let header = &segment.header;
    let area = session.door.directory.area(session.door.tx, &header.area)?;
    if let Some((_, hash, _)) = ingest::find(session.tx(), area, author.id, header.n)? {
        return if hash == segment.hash() {
            Ok(Ok(Taken::InFeed(None)))
        } else {
            fork(session, segment, author).map(Ok)
        };
    }
    let chain = seal::chain(session.tx(), area, author.id)?;
    let ended = match chain.ended {
        Some(code) => Some(code),
        None => forked_elsewhere(session, author.id)?,
    };
    if let Some(code) = &ended {
        keep(session, segment, code)?;
        let kind = kind_of_end(code);
        return Ok(Ok(aside(segment, kind, code)));
    }
    if author.office && lost_before(session, header)? {
        return fork(session, segment, author).map(Ok);
    }
    if header.n > chain.n + 1 {
        keep(session, segment, "chain.gap")?;
        return Ok(Ok(aside(segment, NoticeKind::Gap, "chain.gap")));
    }
    if header.previous != chain.hash {
        return fork(session, segment, author).map(Ok);
    }
    if let Some(code) = judge::clock_in_doubt(session, area)? {
        keep(session, segment, code)?;
        return Ok(Ok(aside(segment, NoticeKind::Wait, code)));
    }
    let shifts = match shifts(session, segment, author, carrier, proved)? {
        Ok(shifts) => shifts,
        Err(first) => return Ok(Err(first)),
    };
    let opaque = header.version != MAJOR || ingest::is_opaque(session.tx(), area, author.id)?;
    let vetted = if opaque {
        VettedSegment::opaque()
    } else {
        match ingest::vet_new(session, author, segment)? {
            Ok(vetted) => vetted,
            Err(error) => return restart(session, segment, author, error.code()).map(Ok),
        }
    };
    store(session, segment, author, &vetted, shifts, proved).map(Ok)
}

/// Gives the segment its position, and its first verdict when it is held.
fn store(
    session: &mut Session<'_>,
    segment: &Segment<'_>,
    author: &Author,
    vetted: &VettedSegment,
    shifts: Vec<i64>,
    proved: Option<&Proved>,
) -> Result<Taken> {
    let header = &segment.header;
    let arrival = match proved {
        Some(proved) => Arrival {
            earlier: Some(proved.earlier),
            ..proved.arrival.clone()
        },
        None => {
            let area = session.door.directory.area(session.door.tx, &header.area)?;
            let feed = feed::read(session.tx(), area)?;
            Arrival {
                received_at: session.now.max(feed.received_at),
                shifts,
                earlier: None,
            }
        }
    };
    if let Some(proof) = &header.proof
        && proof.key() == author.key
        && let Ok(grant) = proof.open(&session.organisation()?)
    {
        // A newer grant replaces the older; a first one is here already.
        session.door.directory.admit_author(
            session.door.tx,
            proof,
            &grant,
            Some(arrival.received_at),
        )?;
        session
            .tx()
            .prepare_cached("DELETE FROM issued WHERE author = ?1 AND bytes = ?2")?
            .execute(params![author.id, proof.grant()])?;
        judge::use_invitation(session, &grant, author, arrival.received_at)?;
    }
    session
        .tx()
        .prepare_cached(
            "DELETE FROM quarantine WHERE hash = ?1 AND (code = 'chain.gap' OR code LIKE 'clock.%')",
        )?
        .execute([segment.hash().as_bytes()])?;
    let held = judge::judge(session, segment, author, vetted, &arrival)?;
    append(session, author, segment, vetted, &arrival)?;
    let Some(code) = held else {
        return Ok(Taken::InFeed(None));
    };
    hold(
        session,
        &header.area,
        SegmentName {
            author: header.author,
            n: header.n,
        },
        &code,
    )?;
    Ok(Taken::InFeed(Some(Notice {
        kind: NoticeKind::Held,
        author: header.author,
        n: header.n,
        code,
    })))
}

/// Appends a segment to its area's feed.
pub(crate) fn append(
    session: &mut Session<'_>,
    author: &Author,
    segment: &Segment<'_>,
    vetted: &VettedSegment,
    arrival: &Arrival,
) -> Result<i64> {
    let (cursor, area) = next_cursor(session, &segment.header.area, segment, arrival)?;
    let at = Standing {
        position: cursor.position,
        arrival,
        feed_hash: cursor.hash.0,
    };
    let row = ingest::admit(session, author, segment, vetted, Some(&at))?;
    feed::advance(session.tx(), area, &cursor, arrival.received_at)?;
    Ok(row)
}

/// The feed's cursor with one more segment.
fn next_cursor(
    session: &mut Session<'_>,
    code: &AreaId,
    segment: &Segment<'_>,
    arrival: &Arrival,
) -> Result<(Cursor, i64)> {
    let area = session.door.directory.area(session.door.tx, code)?;
    let feed = feed::read(session.tx(), area)?;
    let cursor = match feed.cursor {
        Some(cursor) => cursor,
        None => {
            let mut epoch = [0; 8];
            epoch.copy_from_slice(&session.random16()[..8]);
            Cursor::start(doorstep_model::ids::EpochId(epoch))
        }
    };
    Ok((cursor.advanced(&segment.hash(), arrival), area))
}

/// Seals what the office itself wrote and gives it its positions, in the same transaction; before it
/// whatever still waits for one, since a chain has no holes in the feed.
pub(crate) fn publish(session: &mut Session<'_>) -> Result<()> {
    seal::seal(session)?;
    let rows: Vec<i64> = column(
        session.door.tx,
        "SELECT s.id FROM segment s JOIN author a ON a.id = s.author \
             WHERE a.office = 1 AND s.received_at IS NULL ORDER BY s.area, a.succession, s.n",
        [],
    )?;
    for row in rows {
        place_own(session, row)?;
    }
    Ok(())
}

/// Gives a segment of the office itself its position.
pub(crate) fn place_own(session: &mut Session<'_>, row: i64) -> Result<()> {
    let bytes = crate::compact::segment_bytes(session.tx(), row)?;
    let segment =
        Segment::read(&bytes).map_err(|error| Error::store(crate::StoreProblem::Corrupt, error))?;
    let code = segment.header.area.clone();
    let area = session.door.directory.area(session.door.tx, &code)?;
    if judge::clock_in_doubt(session, area)?.is_some() {
        // Written and kept; its position waits for the clerk's word about the clock.
        return Ok(());
    }
    let received_at = session.now.max(feed::read(session.tx(), area)?.received_at);
    let arrival = Arrival {
        received_at,
        shifts: Vec::new(),
        earlier: None,
    };
    let (cursor, area) = next_cursor(session, &code, &segment, &arrival)?;
    let at = Standing {
        position: cursor.position,
        arrival: &arrival,
        feed_hash: cursor.hash.0,
    };
    ingest::place(session, row, &at)?;
    session.published.push(row);
    feed::advance(session.tx(), area, &cursor, received_at)
}

/// Writes the first verdict of a segment, in its transaction.
fn hold(session: &mut Session<'_>, area: &AreaId, name: SegmentName, code: &str) -> Result<()> {
    let verdict = Verdict {
        ruling: Ruling::Held,
        segment: Some(name),
        code: code.to_owned(),
        reason: None,
    };
    let entry = Entry::new(verdict, session.now);
    session.put(area, &DocumentName::Desk, area.subject(), &entry)?;
    publish(session)
}

/// The shift of every boot of the segment, fixed for ever at the boot's first receipt.
fn shifts(
    session: &mut Session<'_>,
    segment: &Segment<'_>,
    author: &Author,
    carrier: &Carrier,
    proved: Option<&Proved>,
) -> Result<Result<Vec<i64>, ChallengeFirst>> {
    let boots = &segment.header.boots;
    let mut shifts = Vec::with_capacity(boots.len());
    for (index, boot) in boots.iter().enumerate() {
        let fixed: Option<i64> = session
            .tx()
            .prepare_cached("SELECT shift FROM boot_shift WHERE author = ?1 AND boot = ?2")?
            .query_row(params![author.id, boot.id.0], |row| row.get(0))
            .optional()?;
        let shift = match (fixed, proved) {
            (Some(shift), _) => shift,
            (None, Some(proved)) => proved.arrival.shift(index),
            (None, None) => {
                let hand_in = if carrier.author != Some(author.tag) {
                    HandIn::Relayed
                } else if carrier.clock.0 != boot.id {
                    HandIn::EarlierBoot
                } else if carrier.challenged {
                    HandIn::Challenged
                } else {
                    HandIn::Unchallenged
                };
                match time::shift(session.now, carrier.clock.1, hand_in) {
                    Ok(shift) => shift,
                    Err(_) => return Ok(Err(ChallengeFirst)),
                }
            }
        };
        session
            .tx()
            .prepare_cached(
                "INSERT INTO boot_shift (author, boot, shift) VALUES (?1, ?2, ?3) \
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![author.id, boot.id.0, shift])?;
        shifts.push(shift);
    }
    if shifts.iter().all(|shift| *shift == 0) {
        shifts.clear();
    }
    Ok(Ok(shifts))
}

/// Two segments with one number: the losing branch is on the disk, the author ends for both phones.
fn fork(session: &mut Session<'_>, segment: &Segment<'_>, author: &Author) -> Result<Taken> {
    if author.office {
        // A predecessor of this office wrote it in a history that was lost: it is taken over, once.
        if !is_kept(session, segment)? {
            ingest::quarantine(session.tx(), segment, LOST_BRANCH, session.now)?;
            adopt(session, segment, session.now)?;
        }
        return Ok(aside(segment, NoticeKind::Refused, LOST_BRANCH));
    }
    keep(session, segment, "chain.forked")?;
    ingest::end_author(session, None, author.id, "chain.forked")?;
    Ok(aside(segment, NoticeKind::Forked, "chain.forked"))
}

/// A fork ends an author everywhere, in areas that came later too.
fn forked_elsewhere(session: &Session<'_>, author: i64) -> Result<Option<String>> {
    Ok(session
        .tx()
        .prepare_cached(
            "SELECT ended FROM chain WHERE author = ?1 AND ended = 'chain.forked' LIMIT 1",
        )?
        .query_row([author], |row| row.get(0))
        .optional()?)
}

/// Code of an office's segment from a history that was lost.
const LOST_BRANCH: &str = "chain.lost_branch";

fn is_kept(session: &Session<'_>, segment: &Segment<'_>) -> Result<bool> {
    Ok(session
        .tx()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM quarantine WHERE hash = ?1)")?
        .query_row([segment.hash().as_bytes()], |row| row.get(0))?)
}

/// Whether the segment before this one is of a lost history of an office.
fn lost_before(
    session: &Session<'_>,
    header: &doorstep_model::segment::SegmentHeader,
) -> Result<bool> {
    let Some(previous) = header.previous else {
        return Ok(false);
    };
    Ok(session
        .tx()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM quarantine WHERE hash = ?1 AND code = ?2)")?
        .query_row(params![previous.as_bytes(), LOST_BRANCH], |row| row.get(0))?)
}

/// What the device of an author that was ended for this reason should do.
pub(crate) fn kind_of_end(code: &str) -> NoticeKind {
    match code {
        "chain.forked" => NoticeKind::Forked,
        code if code.starts_with("vet.") || code == "segment.no_changes" => NoticeKind::Restart,
        _ => NoticeKind::Ended,
    }
}

/// A change fails vetting: the bytes are kept with the reason, the author ends in this area.
fn restart(
    session: &mut Session<'_>,
    segment: &Segment<'_>,
    author: &Author,
    code: &str,
) -> Result<Taken> {
    keep(session, segment, code)?;
    let area = session
        .door
        .directory
        .area(session.door.tx, &segment.header.area)?;
    ingest::end_author(session, Some(area), author.id, code)?;
    Ok(aside(segment, NoticeKind::Restart, code))
}

/// Writes what a segment says again that will not flow, under its old identities and with its persons
/// and times; it came at `stored_at`.
pub(crate) fn adopt(
    session: &mut Session<'_>,
    segment: &Segment<'_>,
    stored_at: i64,
) -> Result<()> {
    let area = &segment.header.area;
    let author = session
        .door
        .directory
        .author_by_tag(session.door.tx, segment.header.author)?
        .cloned()
        .ok_or_else(|| Error::store(crate::StoreProblem::Corrupt, "a branch of nobody"))?;
    let arrival = Arrival {
        received_at: stored_at,
        shifts: known_shifts(session, &author, segment)?,
        earlier: None,
    };
    let timing = ingest::timing(&segment.header, author.office, Some(&arrival));
    let mut names: std::collections::BTreeMap<_, DocumentName> = std::collections::BTreeMap::new();
    for change in &segment.changes {
        let Ok(entries) = doorstep_model::change::read(change.bytes) else {
            continue;
        };
        for (key, value) in entries {
            let Ok(entry) = Entry::from_bytes(&value) else {
                continue;
            };
            if entry.envelope.kind == Opened::KIND {
                names.extend(ingest::name_opened(&key, &value).map(|name| (change.document, name)));
                continue;
            }
            let name = match names.get(&change.document) {
                Some(name) => *name,
                None => match session.door.known_document(&change.document)? {
                    Some(document) => ingest::document_name(session.tx(), document)?,
                    None => continue,
                },
            };
            let identity = entry.envelope.origin.unwrap_or_else(|| key.identity());
            let mut copy = entry;
            copy.envelope.origin = Some(identity);
            copy.envelope.by = copy.envelope.by.or(Some(author.person));
            copy.envelope.copy = Some(doorstep_model::entry::CopyOf {
                author: segment.header.author,
                time: timing.of(key.counter, copy.envelope.time),
            });
            session.put(area, &name, key.subject, &copy)?;
        }
    }
    publish(session)
}

/// The shifts of a segment's boots as far as they were fixed; 0 for any other.
fn known_shifts(session: &Session<'_>, author: &Author, segment: &Segment<'_>) -> Result<Vec<i64>> {
    let mut select = session
        .door
        .tx
        .prepare_cached("SELECT shift FROM boot_shift WHERE author = ?1 AND boot = ?2")?;
    segment
        .header
        .boots
        .iter()
        .map(|boot| {
            let shift: Option<i64> = select
                .query_row(params![author.id, boot.id.0], |row| row.get(0))
                .optional()?;
            Ok(shift.unwrap_or(0))
        })
        .collect()
}

/// The segment after `n` that came too early, taken out of the quarantine store.
fn waiting_for(
    session: &mut Session<'_>,
    area: &AreaId,
    author: AuthorTag,
    n: u64,
) -> Result<Option<Vec<u8>>> {
    Ok(session
        .tx()
        .prepare_cached(
            "DELETE FROM quarantine WHERE id = (SELECT id FROM quarantine WHERE author = ?1 \
             AND n = ?2 AND area = ?3 AND code = 'chain.gap' LIMIT 1) RETURNING bytes",
        )?
        .query_row(
            params![author.as_bytes(), sql_u64(n + 1), area.as_str()],
            |row| row.get(0),
        )
        .optional()?)
}

/// Keeps a segment aside, up to a quota per author. It is signed, or it came in a file and waits for the
/// segment that says who signs.
pub(crate) fn keep(session: &mut Session<'_>, segment: &Segment<'_>, code: &str) -> Result<()> {
    let used: Option<i64> = session
        .tx()
        .prepare_cached("SELECT sum(length(bytes)) FROM quarantine WHERE author = ?1")?
        .query_row([segment.header.author.as_bytes()], |row| row.get(0))?;
    if used.unwrap_or(0) < QUARANTINE_MAX {
        ingest::quarantine(session.tx(), segment, code, session.now)?;
    }
    Ok(())
}

fn aside(segment: &Segment<'_>, kind: NoticeKind, code: &str) -> Taken {
    Taken::Aside(Notice {
        kind,
        author: segment.header.author,
        n: segment.header.n,
        code: code.to_owned(),
    })
}

/// The last segment of an author that is here.
pub(crate) fn tip(
    session: &mut Session<'_>,
    area: i64,
    author: i64,
) -> Result<Option<(u64, [u8; 32])>> {
    Ok(session
        .tx()
        .prepare_cached("SELECT n, hash FROM chain WHERE area = ?1 AND author = ?2 AND n > 0")?
        .query_row([area, author], |row| {
            Ok((counter(row.get(0)?), row.get(1)?))
        })
        .optional()?)
}
