//! Checks that everything kept is whole: signatures, chains, feeds, entries, rows. Changes nothing;
//! says what it cannot prove.

use std::collections::BTreeMap;

use doorstep_model::change::ChainState;
use doorstep_model::feed::{Cursor, FeedHash};
use doorstep_model::ids::{AreaId, DocumentId, EpochId, SegmentHash};
use doorstep_model::segment::{MAJOR, Segment};
use doorstep_model::vet;
use rusqlite::params;
use serde::Serialize;

use crate::compact::segment_bytes;
use crate::error::{Error, Result};
use crate::ingest;
use crate::project;
use crate::replica::{Replica, Session};
use crate::seal::document_chain;
use crate::store::{counter, sql_u64};

/// What was looked at, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Verified {
    /// Areas whose feeds were hashed anew.
    pub areas: u64,
    /// Segments whose signature, hash and chain were checked.
    pub segments: u64,
    /// Entries compared with their segments.
    pub entries: u64,
    /// Segments of a later version: kept, and not read here.
    pub opaque: u64,
    /// What is wrong: code and where.
    pub problems: Vec<Problem>,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// `verify.signature`, `verify.hash`, `verify.chain`, `verify.change`, `verify.entries`,
    /// `verify.feed` or `verify.rows`.
    pub code: &'static str,
    /// Area, author and number, or table.
    pub at: String,
}

impl Verified {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.problems.is_empty()
    }

    fn report(&mut self, code: &'static str, at: impl ToString) {
        self.problems.push(Problem {
            code,
            at: at.to_string(),
        });
    }
}

impl Replica {
    /// Checks every segment, chain, feed and row. A writer waits for it: seconds for a committee.
    ///
    /// # Errors
    /// [`Error::Store`] when the store cannot be read at all.
    pub fn verify(&self) -> Result<Verified> {
        self.write(|session| {
            let mut verified = Verified::default();
            let areas: Vec<i64> = {
                let mut select = session
                    .door
                    .tx
                    .prepare("SELECT id FROM area ORDER BY code")?;
                select
                    .query_map([], |row| row.get(0))?
                    .collect::<rusqlite::Result<_>>()?
            };
            for area in areas {
                let code = session.door.directory.area_code(session.door.tx, area)?;
                chains(session, &mut verified, area, &code)?;
                feed(session, &mut verified, area, &code)?;
            }
            rows(session, &mut verified)?;
            Ok(verified)
        })
    }

    /// Drops all rows and computes them again from the entries.
    ///
    /// # Errors
    /// [`Error::Store`]: nothing changed.
    pub fn rebuild(&self) -> Result<()> {
        self.write(|session| {
            project::rebuild(session.door.tx, session.door.directory, session.door.packs)
        })
    }
}

/// Every author's chain in an area, from its first segment on.
fn chains(
    session: &mut Session<'_>,
    verified: &mut Verified,
    area: i64,
    code: &AreaId,
) -> Result<()> {
    let rows: Vec<(i64, i64, u64, [u8; 32], bool)> = {
        let mut select = session.door.tx.prepare(
            "SELECT id, author, n, hash, opaque FROM segment WHERE area = ?1 ORDER BY author, n",
        )?;
        select
            .query_map([area], |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    counter(row.get(2)?),
                    row.get(3)?,
                    row.get(4)?,
                ))
            })?
            .collect::<rusqlite::Result<_>>()?
    };
    let mut last: Option<(i64, u64, SegmentHash)> = None;
    let mut states: BTreeMap<(i64, DocumentId), ChainState> = BTreeMap::new();
    for (row, author, n, hash, opaque) in rows {
        verified.segments += 1;
        let of = session
            .door
            .directory
            .author(session.door.tx, author)?
            .clone();
        let at = format!("{code} {} {n}", of.tag);
        let bytes = segment_bytes(session.tx(), row)?;
        let segment = match Segment::read(&bytes) {
            Ok(segment) => segment,
            Err(_) => match Segment::read_header(&bytes) {
                Some(segment) => segment,
                None => {
                    verified.report("verify.hash", at);
                    continue;
                }
            },
        };
        if segment.hash().0 != hash {
            verified.report("verify.hash", &at);
        }
        if !segment.is_signed_by(&of.key) {
            verified.report("verify.signature", &at);
        }
        let expected = match last {
            Some((before, number, hash)) if before == author => (number + 1, Some(hash)),
            _ => (1, None),
        };
        if (segment.header.n, segment.header.previous) != expected || segment.header.n != n {
            verified.report("verify.chain", &at);
        }
        last = Some((author, n, segment.hash()));
        if opaque || segment.header.version != MAJOR {
            verified.opaque += 1;
            continue;
        }
        let mut entries: Vec<(u64, Vec<u8>)> = Vec::new();
        for change in &segment.changes {
            let state = states.entry((author, change.document)).or_default();
            match vet::vet(&of.key.0, code, change.document, state, change.bytes) {
                Ok(vetted) => {
                    *state = vetted.next;
                    entries.extend(vetted.entries.iter().map(|entry| {
                        (
                            entry.key.counter,
                            change.bytes[entry.value.clone()].to_vec(),
                        )
                    }));
                }
                Err(_) => verified.report("verify.change", &at),
            }
        }
        entries.sort();
        verified.entries += entries.len() as u64;
        if entries != stored_entries(session, row)? {
            verified.report("verify.entries", &at);
        }
    }
    for ((author, document), state) in states {
        let known = session.door.known_document(&document)?;
        let same = match known {
            Some(row) => document_chain(session.tx(), row, author)? == state,
            None => false,
        };
        if !same {
            verified.report("verify.chain", format!("{code} {document}"));
        }
    }
    Ok(())
}

fn stored_entries(session: &Session<'_>, segment: i64) -> Result<Vec<(u64, Vec<u8>)>> {
    let mut select = session
        .door
        .tx
        .prepare_cached("SELECT counter, value FROM entry WHERE segment = ?1")?;
    let mut entries: Vec<(u64, Vec<u8>)> = select
        .query_map([segment], |row| Ok((counter(row.get(0)?), row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    entries.sort();
    Ok(entries)
}

/// Hashes an area's feed from its start and compares every point with what is kept.
fn feed(
    session: &mut Session<'_>,
    verified: &mut Verified,
    area: i64,
    code: &AreaId,
) -> Result<()> {
    let held = crate::sync::feed::read(session.tx(), area)?;
    let Some(end) = held.cursor else {
        return Ok(());
    };
    verified.areas += 1;
    let rows: Vec<(i64, [u8; 32], Option<[u8; 16]>)> = {
        let mut select = session.door.tx.prepare(
            "SELECT id, hash, feed_hash FROM segment WHERE area = ?1 AND position <= ?2 \
             ORDER BY position",
        )?;
        select
            .query_map(params![area, sql_u64(end.position)], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?
            .collect::<rusqlite::Result<_>>()?
    };
    let mut cursor = Cursor::start(EpochId([0; 8]));
    for (row, hash, feed_hash) in rows {
        let Some((position, arrival)) = ingest::arrival(session.tx(), row)? else {
            continue;
        };
        cursor = cursor.advanced(&SegmentHash(hash), &arrival);
        if position != cursor.position || feed_hash.map(FeedHash) != Some(cursor.hash) {
            verified.report("verify.feed", format!("{code} {position}"));
            return Ok(());
        }
    }
    if (cursor.position, cursor.hash) != (end.position, end.hash) {
        verified.report("verify.feed", format!("{code} {}", end.position));
    }
    Ok(())
}

/// Compares the rows with what a full rebuild gives, and takes the rebuild back.
fn rows(session: &mut Session<'_>, verified: &mut Verified) -> Result<()> {
    let codes: Vec<AreaId> = {
        let mut select = session
            .door
            .tx
            .prepare("SELECT code FROM area ORDER BY code")?;
        let codes = select
            .query_map([], |row| row.get::<_, String>(0))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        codes
            .iter()
            .filter_map(|code| AreaId::new(code).ok())
            .collect()
    };
    let sums = |session: &Session<'_>| {
        codes
            .iter()
            .map(|code| project::checksums(session.door.tx, code))
            .collect::<Result<Vec<_>, Error>>()
    };
    let before = sums(session)?;
    session.tx().execute_batch("SAVEPOINT verify")?;
    project::rebuild(session.door.tx, session.door.directory, session.door.packs)?;
    let after = sums(session)?;
    session
        .tx()
        .execute_batch("ROLLBACK TO verify; RELEASE verify")?;
    session.door.directory.clear();
    for ((code, before), after) in codes.iter().zip(before).zip(after) {
        for (table, again) in before.iter().zip(&after) {
            if table != again {
                verified.report("verify.rows", format!("{code} {}", table.table));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use doorstep_model::entry::Outcome;

    use super::*;
    use crate::act::Look;
    use crate::act::testing::{EVENING, HeldClock, house, phone, tap};

    fn worked_on() -> Replica {
        let replica = phone(&HeldClock::at(EVENING));
        let house = house(&replica);
        let round = replica
            .open_round(&tap(), house.building, None, None)
            .unwrap();
        replica
            .check(&tap(), round, &[Look::new(house.bottle, Outcome::Normal)])
            .unwrap();
        replica.seal().unwrap();
        replica
    }

    #[test]
    fn a_sound_replica_is_whole() {
        let replica = worked_on();
        let verified = replica.verify().unwrap();
        assert!(verified.is_whole(), "{verified:?}");
        assert_eq!(verified.segments, 2);
        assert!(verified.entries >= 6);
        replica.rebuild().unwrap();
        assert_eq!(
            replica.verify().unwrap(),
            verified,
            "looking changes nothing"
        );
    }

    #[test]
    fn every_kind_of_damage_is_found_and_named() {
        for (damage, code) in [
            (
                "UPDATE segment SET bytes = CAST(bytes || x'00' AS BLOB) WHERE n = 2",
                "verify.signature",
            ),
            (
                "UPDATE segment SET hash = zeroblob(32) WHERE n = 2",
                "verify.hash",
            ),
            ("DELETE FROM segment WHERE n = 1", "verify.chain"),
            (
                "UPDATE entry SET value = x'a20005021a6b06ae80' WHERE kind = 5",
                "verify.entries",
            ),
            ("DELETE FROM entry WHERE kind = 5", "verify.entries"),
            ("DELETE FROM document_chain", "verify.chain"),
            ("UPDATE asset SET result = '\"missing\"'", "verify.rows"),
            ("DELETE FROM asset", "verify.rows"),
        ] {
            let replica = worked_on();
            replica.store.writer().execute(damage, []).unwrap();
            let verified = replica.verify().unwrap();
            let codes: Vec<_> = verified
                .problems
                .iter()
                .map(|problem| problem.code)
                .collect();
            assert!(codes.contains(&code), "{damage}: {codes:?}");
        }
    }
}
