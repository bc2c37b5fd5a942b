//! Sealing: pending entries become one change a document and one signed segment an area. The bytes
//! of the entries are copied, not made again, and no document is opened.

use std::collections::BTreeMap;

use doorstep_model::change::{self, ChainState};
use doorstep_model::entry::{ENTRIES_MAX, EntryKey};
use doorstep_model::grant::Proof;
use doorstep_model::ids::{AreaId, AuthorTag, BootId, DocumentId, Identity, SegmentHash};
use doorstep_model::segment::{self, Boot, MAJOR, SEGMENT_MAX, Seen, SegmentHeader};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result, StoreProblem};
use crate::replica::Session;
use crate::store::{counter, sql_u64};

/// Room in a segment for its header, proof and signature, bytes.
const HEADER_ROOM: usize = 2_048;
/// What a change costs beside its entries, bytes: chunk header, actor, dependency, columns.
const CHANGE_ROOM: usize = 200;
/// What an entry costs in a change beside its value, bytes: its key and its share of the columns.
const ENTRY_ROOM: usize = 64;

/// An entry that waits for its seal.
struct Pending {
    row: i64,
    document: i64,
    document_id: DocumentId,
    key: EntryKey,
    value: Vec<u8>,
}

/// What a re-authored segment repeats of the one it replaces.
#[derive(Debug, Clone)]
pub(crate) struct Repeats {
    pub(crate) replaces: (AuthorTag, u64),
    pub(crate) seen: Option<Seen>,
    pub(crate) boots: Vec<Boot>,
}

/// An author's chain in an area.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chain {
    pub(crate) n: u64,
    pub(crate) hash: Option<SegmentHash>,
    pub(crate) ended: Option<String>,
}

pub(crate) fn chain(tx: &Connection, area: i64, author: i64) -> Result<Chain> {
    let row = tx
        .prepare_cached("SELECT n, hash, ended FROM chain WHERE area = ?1 AND author = ?2")?
        .query_row([area, author], |row| {
            Ok(Chain {
                n: counter(row.get(0)?),
                hash: row.get::<_, Option<[u8; 32]>>(1)?.map(SegmentHash),
                ended: row.get(2)?,
            })
        })
        .optional()?;
    Ok(row.unwrap_or_default())
}

pub(crate) fn document_chain(tx: &Connection, document: i64, author: i64) -> Result<ChainState> {
    let state: Option<Vec<u8>> = tx
        .prepare_cached("SELECT state FROM document_chain WHERE document = ?1 AND author = ?2")?
        .query_row([document, author], |row| row.get(0))
        .optional()?;
    match state {
        None => Ok(ChainState::default()),
        Some(bytes) => ChainState::from_bytes(&bytes)
            .map_err(|error| Error::store(StoreProblem::Corrupt, error)),
    }
}

pub(crate) fn set_document_chain(
    tx: &Connection,
    document: i64,
    author: i64,
    state: &ChainState,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO document_chain (document, author, state) VALUES (?1, ?2, ?3) \
         ON CONFLICT (document, author) DO UPDATE SET state = excluded.state",
    )?
    .execute(params![document, author, state.to_bytes()])?;
    Ok(())
}

/// Sets an author's chain in a document to where it stood when a baseline left its changes out. What is
/// here may have led further.
pub(crate) fn set_chain_below(
    tx: &Connection,
    document: i64,
    author: i64,
    below: &ChainState,
) -> Result<()> {
    if document_chain(tx, document, author)?.seq < below.seq {
        set_document_chain(tx, document, author, below)?;
        tx.prepare_cached(
            "UPDATE document_chain SET below = state WHERE document = ?1 AND author = ?2",
        )?
        .execute([document, author])?;
    }
    Ok(())
}

/// Where an author's chain in a document stood when a baseline left its changes out.
pub(crate) fn chain_below(
    tx: &Connection,
    document: &DocumentId,
    author: i64,
) -> Result<Option<ChainState>> {
    let below: Option<Option<Vec<u8>>> = tx
        .prepare_cached(
            "SELECT c.below FROM document_chain c JOIN document d ON d.id = c.document \
             WHERE d.hash = ?1 AND c.author = ?2",
        )?
        .query_row(params![document.as_bytes(), author], |row| row.get(0))
        .optional()?;
    below
        .flatten()
        .map(|bytes| ChainState::from_bytes(&bytes))
        .transpose()
        .map_err(|error| Error::store(StoreProblem::Corrupt, error))
}

/// How many own entries wait for a seal.
pub(crate) fn pending_count(tx: &Connection) -> Result<usize> {
    let count: i64 = tx
        .prepare_cached("SELECT count(*) FROM entry WHERE segment IS NULL")?
        .query_row([], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Seals everything pending. Returns the rows of the segments made, in order.
pub(crate) fn seal(session: &mut Session<'_>) -> Result<Vec<i64>> {
    seal_as(session, None)
}

/// Seals everything pending, as a repetition of another author's segment when `repeats` is given.
pub(crate) fn seal_as(session: &mut Session<'_>, repeats: Option<&Repeats>) -> Result<Vec<i64>> {
    let Some(me) = session.me.clone() else {
        return Ok(Vec::new());
    };
    let mut by_area: BTreeMap<i64, Vec<Pending>> = BTreeMap::new();
    {
        let mut select = session.door.tx.prepare_cached(
            "SELECT e.id, e.counter, e.document, d.hash, d.area, e.subject, e.value \
             FROM entry e JOIN document d ON d.id = e.document \
             WHERE e.segment IS NULL ORDER BY e.counter",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let subject: Vec<u8> = row.get(5)?;
            let subject = Identity::from_slice(&subject)
                .ok_or_else(|| Error::store(StoreProblem::Corrupt, "a subject's length"))?;
            by_area.entry(row.get(4)?).or_default().push(Pending {
                row: row.get(0)?,
                document: row.get(2)?,
                document_id: DocumentId(row.get(3)?),
                key: EntryKey {
                    subject,
                    author: me.tag,
                    counter: counter(row.get(1)?),
                },
                value: row.get(6)?,
            });
        }
    }
    let mut made = Vec::new();
    for (area, pending) in by_area {
        let code = session.door.directory.area_code(session.door.tx, area)?;
        for part in split(&pending) {
            made.push(seal_part(session, area, &code, part, repeats)?);
        }
        session
            .tx()
            .prepare_cached("UPDATE chain SET seen = NULL WHERE area = ?1 AND author = ?2")?
            .execute([area, me.author])?;
    }
    session
        .tx()
        .prepare_cached("DELETE FROM boot")?
        .execute([])?;
    session.keep_counter()?;
    session.sealed();
    Ok(made)
}

/// Cuts a list of pending entries into parts that each fit a segment.
fn split(pending: &[Pending]) -> Vec<&[Pending]> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut bytes = HEADER_ROOM;
    let mut documents = Vec::new();
    for (at, entry) in pending.iter().enumerate() {
        let mut cost = entry.value.len() + ENTRY_ROOM;
        if !documents.contains(&entry.document) {
            cost += CHANGE_ROOM;
        }
        if at > from && (at - from >= ENTRIES_MAX || bytes + cost > SEGMENT_MAX) {
            parts.push(&pending[from..at]);
            from = at;
            bytes = HEADER_ROOM;
            documents.clear();
            cost = entry.value.len() + ENTRY_ROOM + CHANGE_ROOM;
        }
        if !documents.contains(&entry.document) {
            documents.push(entry.document);
        }
        bytes += cost;
    }
    if from < pending.len() {
        parts.push(&pending[from..]);
    }
    parts
}

/// Between which counters the entries of a segment lie, as the store sorts them: where its entries are
/// looked for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reach {
    pub(crate) first: Option<i64>,
    pub(crate) last: Option<i64>,
}

impl Reach {
    pub(crate) fn of(counters: impl Iterator<Item = u64>) -> Self {
        counters
            .map(sql_u64)
            .fold(Self::default(), |reach, counter| Self {
                first: Some(reach.first.map_or(counter, |first| first.min(counter))),
                last: reach.last.max(Some(counter)),
            })
    }

    /// Notes that more entries of a stored segment are here.
    pub(crate) fn widen(self, tx: &Connection, segment: i64) -> Result<()> {
        if self.first.is_none() {
            return Ok(());
        }
        tx.prepare_cached(
            "UPDATE segment SET first = min(COALESCE(first, ?2), ?2), \
             last = max(COALESCE(last, ?3), ?3) WHERE id = ?1",
        )?
        .execute(params![segment, self.first, self.last])?;
        Ok(())
    }
}

/// Seals one part. An empty part shows nothing but the author's proof.
fn seal_part(
    session: &mut Session<'_>,
    area: i64,
    code: &AreaId,
    part: &[impl std::borrow::Borrow<Pending>],
    repeats: Option<&Repeats>,
) -> Result<i64> {
    let me = session.me()?.clone();
    let mut documents: Vec<(i64, DocumentId, Vec<(EntryKey, Vec<u8>)>)> = Vec::new();
    for entry in part.iter().map(std::borrow::Borrow::borrow) {
        let entries = match documents
            .iter_mut()
            .find(|(row, ..)| *row == entry.document)
        {
            Some((.., entries)) => entries,
            None => {
                documents.push((entry.document, entry.document_id, Vec::new()));
                &mut documents.last_mut().expect("just pushed").2
            }
        };
        entries.push((entry.key, entry.value.clone()));
    }
    let mut changes = Vec::with_capacity(documents.len());
    for (document, id, entries) in &documents {
        let state = document_chain(session.tx(), *document, me.author)?;
        let built = change::build(&me.key.public().0, code, *id, &state, entries)
            .map_err(|error| Error::store(StoreProblem::Corrupt, error))?;
        set_document_chain(session.tx(), *document, me.author, &built.next)?;
        changes.push((*id, built.bytes));
    }
    let chain = chain(session.tx(), area, me.author)?;
    let n = chain.n + 1;
    let (boots, seen) = match repeats {
        Some(repeats) => (repeats.boots.clone(), repeats.seen),
        None => {
            let counters = part.iter().map(|entry| entry.borrow().key.counter);
            (
                boots(session.tx(), counters)?,
                recorded_seen(session.tx(), area, me.author)?,
            )
        }
    };
    let digest = digest_of(&me.proof);
    // At n = 1, and again after a new grant.
    let shows = n == 1 || shown(session.tx(), area, me.author)?.as_deref() != Some(&digest);
    let header = SegmentHeader {
        version: MAJOR,
        organisation: session.organisation_id()?,
        area: code.clone(),
        author: me.tag,
        n,
        previous: chain.hash,
        boots,
        seen,
        proof: shows.then(|| me.proof.clone()),
        replaces: repeats.map(|repeats| repeats.replaces),
    };
    let bytes = segment::seal(&header, &changes, &me.key);
    let hash = segment::hash_of(&bytes);
    let reach = Reach::of(part.iter().map(|entry| entry.borrow().key.counter));
    session
        .tx()
        .prepare_cached(
            "INSERT INTO segment (area, author, n, hash, bytes, seen_epoch, seen, seen_at, first, \
             last) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            area,
            me.author,
            sql_u64(n),
            hash.0,
            bytes,
            seen.map(|seen| seen.epoch.0),
            seen.map(|seen| sql_u64(seen.position)),
            seen.map(|seen| seen.received_at),
            reach.first,
            reach.last,
        ])?;
    let row = session.tx().last_insert_rowid();
    {
        let mut update = session
            .door
            .tx
            .prepare_cached("UPDATE entry SET segment = ?2 WHERE id = ?1")?;
        let mut verdict = session
            .door
            .tx
            .prepare_cached("UPDATE verdict SET n = ?2 WHERE entry = ?1 AND n <> 0")?;
        let mut dated = session
            .door
            .tx
            .prepare_cached("UPDATE dated SET said = ?2 WHERE entry = ?1")?;
        for entry in part.iter().map(std::borrow::Borrow::borrow) {
            update.execute([entry.row, row])?;
            if me.grant.office {
                verdict.execute([entry.row, sql_u64(n)])?;
                dated.execute([entry.row, sql_u64(n)])?;
            }
        }
    }
    session
        .tx()
        .prepare_cached(
            "INSERT INTO chain (area, author, n, hash, shown) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (area, author) DO UPDATE SET n = excluded.n, hash = excluded.hash, \
             shown = excluded.shown",
        )?
        .execute(params![area, me.author, sql_u64(n), hash.0, digest])?;
    Ok(row)
}

/// Seals a segment without entries: it shows the author's proof and takes number 1.
pub(crate) fn seal_proof(session: &mut Session<'_>, code: &AreaId) -> Result<i64> {
    let area = session.door.directory.area(session.door.tx, code)?;
    seal_part(session, area, code, &[] as &[Pending], None)
}

/// What stands for a proof in `chain.shown`.
fn digest_of(proof: &Proof) -> [u8; 8] {
    let bytes = minicbor::to_vec(proof).expect("a proof always encodes");
    let digest = Sha256::digest(bytes);
    let mut short = [0; 8];
    short.copy_from_slice(&digest[..8]);
    short
}

fn shown(tx: &Connection, area: i64, author: i64) -> Result<Option<Vec<u8>>> {
    let shown: Option<Option<Vec<u8>>> = tx
        .prepare_cached("SELECT shown FROM chain WHERE area = ?1 AND author = ?2")?
        .query_row([area, author], |row| row.get(0))
        .optional()?;
    Ok(shown.flatten())
}

fn recorded_seen(tx: &Connection, area: i64, author: i64) -> Result<Option<Seen>> {
    let bytes: Option<Option<Vec<u8>>> = tx
        .prepare_cached("SELECT seen FROM chain WHERE area = ?1 AND author = ?2")?
        .query_row([area, author], |row| row.get(0))
        .optional()?;
    Ok(bytes
        .flatten()
        .and_then(|bytes| minicbor::decode::<Option<Seen>>(&bytes).ok())
        .flatten())
}

/// The boots under which these counters were given, each with the first of them.
fn boots(tx: &Connection, counters: impl Iterator<Item = u64>) -> Result<Vec<Boot>> {
    let mut recorded: Vec<Boot> = Vec::new();
    let mut select =
        tx.prepare_cached("SELECT from_counter, id, anchor FROM boot ORDER BY from_counter")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        recorded.push(Boot {
            from: counter(row.get(0)?),
            id: BootId(row.get(1)?),
            anchor: row.get(2)?,
        });
    }
    let mut used: Vec<Boot> = Vec::new();
    for count in counters {
        if let Some(boot) = recorded.iter().rev().find(|boot| boot.from <= count)
            && used.last().is_none_or(|last| last.id != boot.id)
        {
            used.push(Boot {
                from: count,
                ..*boot
            });
        }
    }
    Ok(used)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::act::testing::{EVENING, HeldClock, house, phone};

    #[test]
    fn a_change_without_entries_hides_none_of_its_segment() {
        let replica = phone(&HeldClock::at(EVENING));
        house(&replica);
        let within = |tx: &Connection, segment: i64| -> i64 {
            tx.query_row(
                "SELECT count(*) FROM sealed WHERE within = ?1",
                [segment],
                |row| row.get(0),
            )
            .unwrap()
        };
        let (before, after) = replica
            .write(|session| {
                seal(session)?;
                let tx = session.tx();
                let segment = tx.query_row("SELECT max(id) FROM segment", [], |row| row.get(0))?;
                let before = within(tx, segment);
                Reach::of(std::iter::empty()).widen(tx, segment)?;
                Ok((before, within(tx, segment)))
            })
            .unwrap();
        assert!(before > 0);
        assert_eq!(after, before);
    }
}
