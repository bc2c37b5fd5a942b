//! One device, a new author: after a restore, a clone, a fork, or a change that failed vetting. What
//! no office has confirmed is written again under the new key, with its old identity as origin.

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Body, Entry, EntryKey};
use doorstep_model::ids::AreaId;
use doorstep_model::keys::KeyPair;
use doorstep_model::segment::{Boot, Segment};

use crate::compact::Archive;
use crate::error::{Error, Result, StoreProblem};
use crate::ingest::{self, document_name};
use crate::meta::{self, Key};
use crate::replica::{Me, Session};
use crate::seal::{self, Repeats};

/// Goes on as a new author if the folder was restored or cloned, or another device wrote with the key.
pub(crate) fn if_due(session: &mut Session<'_>) -> Result<()> {
    if session.me.is_some() && meta::get(session.tx(), Key::MustSucceed)?.is_some() {
        go_on_as_new(session, None)?;
    }
    Ok(())
}

/// Makes a new author for this device and writes everything unconfirmed again under it. The segment
/// `bad` failed the office's vetting: what in it is malformed is left out, kept and shown.
pub(crate) fn go_on_as_new(session: &mut Session<'_>, bad: Option<&(AreaId, u64)>) -> Result<()> {
    // Pending entries first become segments, so that their boots and what was seen stay with them.
    seal::seal(session)?;
    let old = session.me()?.clone();
    let unconfirmed = unconfirmed(session, old.author)?;
    let mut copies = Vec::new();
    for (area, n, bytes) in &unconfirmed {
        copies.push((area.clone(), *n, read(session, bytes)?));
    }
    for (area, n) in first_of_each(&unconfirmed) {
        ingest::withdraw(session, &area, old.author, n, "own.superseded")?;
    }
    become_new(session, &old)?;
    for (area, n, copy) in copies {
        let left_out = bad.is_some_and(|(of, number)| *of == area && *number == n);
        write_again(session, &area, &old, n, copy, left_out)?;
    }
    let area = session.me()?.grant.area.clone();
    let id = session.door.directory.area(session.door.tx, &area)?;
    let author = session.me()?.author;
    if seal::chain(session.tx(), id, author)?.n == 0 {
        seal::seal_proof(session, &area)?;
    }
    meta::remove(session.tx(), Key::MustSucceed)?;
    meta::remove(session.tx(), Key::Ticket)
}

/// The feed has another segment under an own number: the own ones from there on were never
/// confirmed, and everything unconfirmed goes on under a new author.
pub(crate) fn set_aside(session: &mut Session<'_>) -> Result<()> {
    go_on_as_new(session, None)
}

/// The entries of a segment, with what they repeat.
struct Copy {
    entries: Vec<(DocumentName, EntryKey, Vec<u8>)>,
    boots: Vec<Boot>,
    seen: Option<doorstep_model::segment::Seen>,
}

/// Own segments that no office has confirmed, in order.
fn unconfirmed(session: &mut Session<'_>, author: i64) -> Result<Vec<(AreaId, u64, Vec<u8>)>> {
    let rows: Vec<(i64, i64, i64)> = {
        let mut select = session.door.tx.prepare_cached(
            "SELECT area, n, id FROM segment WHERE author = ?1 AND received_at IS NULL \
             ORDER BY area, n",
        )?;
        select
            .query_map([author], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?
    };
    let mut found = Vec::new();
    let mut archive = Archive::default();
    for (area, n, row) in rows {
        let code = session.door.directory.area_code(session.door.tx, area)?;
        let bytes = archive.segment(session.tx(), row)?;
        found.push((code, crate::store::counter(n), bytes));
    }
    Ok(found)
}

fn first_of_each(segments: &[(AreaId, u64, Vec<u8>)]) -> Vec<(AreaId, u64)> {
    let mut first: Vec<(AreaId, u64)> = Vec::new();
    for (area, n, _) in segments {
        if first.last().is_none_or(|(last, _)| last != area) {
            first.push((area.clone(), *n));
        }
    }
    first
}

fn read(session: &mut Session<'_>, bytes: &[u8]) -> Result<Copy> {
    let segment =
        Segment::read(bytes).map_err(|error| Error::store(StoreProblem::Corrupt, error))?;
    let mut entries = Vec::new();
    for change in &segment.changes {
        let Some(document) = session.door.known_document(&change.document)? else {
            continue;
        };
        let name = document_name(session.tx(), document)?;
        let Ok(read) = doorstep_model::change::read(change.bytes) else {
            continue;
        };
        entries.extend(read.into_iter().map(|(key, value)| (name, key, value)));
    }
    entries.sort_by_key(|(_, key, _)| key.counter);
    Ok(Copy {
        entries,
        boots: segment.header.boots.clone(),
        seen: segment.header.seen,
    })
}

fn become_new(session: &mut Session<'_>, old: &Me) -> Result<()> {
    let key = loop {
        let key = KeyPair::generate(session.rng);
        let tag = key.public().tag();
        if session
            .door
            .directory
            .author_by_tag(session.door.tx, tag)?
            .is_none()
        {
            break key;
        }
    };
    let proof = old.proof.handed_on(&old.key, &key.public());
    let author = session
        .door
        .directory
        .admit_author(session.door.tx, &proof, &old.grant, None)?;
    meta::set(session.tx(), Key::OwnSecret, &key.secret())?;
    let grant = old.grant.clone();
    session.become_author(Me {
        author,
        tag: key.public().tag(),
        key,
        grant,
        proof,
    });
    Ok(())
}

/// Writes a segment's entries again as one of the new author that names the one it replaces.
fn write_again(
    session: &mut Session<'_>,
    area: &AreaId,
    old: &Me,
    n: u64,
    copy: Copy,
    check: bool,
) -> Result<()> {
    let mut renumbered: Vec<(u64, u64)> = Vec::new();
    for (name, key, value) in copy.entries {
        let Ok(entry) = Entry::from_bytes(&value) else {
            keep_left_out(session, &value)?;
            continue;
        };
        if matches!(entry.body, Body::Opened(_)) {
            continue;
        }
        if check && !is_sound(&entry) {
            keep_left_out(session, &value)?;
            continue;
        }
        let identity = entry.envelope.origin.unwrap_or_else(|| key.identity());
        let bytes = Entry::reauthored(&value, |envelope| envelope.origin = Some(identity))
            .map_err(|error| Error::store(StoreProblem::Corrupt, error))?;
        let counter = session.put_again(area, &name, key.subject, &bytes)?;
        renumbered.push((key.counter, counter));
    }
    let boots = copy
        .boots
        .iter()
        .filter_map(|boot| {
            let from = renumbered
                .iter()
                .find(|(before, _)| *before >= boot.from)?
                .1;
            Some(Boot { from, ..*boot })
        })
        .collect();
    let repeats = Repeats {
        replaces: (old.tag, n),
        seen: copy.seen,
        boots,
    };
    seal::seal_as(session, Some(&repeats))?;
    Ok(())
}

/// Whether an entry is one that this version would write itself.
fn is_sound(entry: &Entry) -> bool {
    !matches!(entry.body, Body::Unread { .. })
}

/// Keeps the bytes of an entry that could not go on, so that it is shown and not lost.
fn keep_left_out(session: &mut Session<'_>, value: &[u8]) -> Result<()> {
    let mut kept: Vec<minicbor::bytes::ByteVec> = meta::get(session.tx(), Key::LeftOut)?
        .and_then(|bytes| minicbor::decode(&bytes).ok())
        .unwrap_or_default();
    kept.push(value.to_vec().into());
    let bytes = minicbor::to_vec(&kept).expect("a list of bytes always encodes");
    meta::set(session.tx(), Key::LeftOut, &bytes)
}
