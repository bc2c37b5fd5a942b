//! Is everything kept whole? Every segment against its hash, its signature, the one before it and its
//! place in the feed; every entry against the signed bytes; every row against a rebuild. Changes
//! nothing: it works on a copy.

use doorstep_model::feed::{Cursor, FeedHash};
use doorstep_model::ids::{AreaId, EpochId, SegmentHash};
use doorstep_model::keys::PublicKey;
use doorstep_model::segment::{Segment, hash_of};
use rusqlite::{Connection, OptionalExtension, params};

use crate::compact::segment_bytes;
use crate::directory::Directory;
use crate::error::Result;
use crate::ingest;
use crate::project::{self, Packs};
use crate::replica::Replica;
use crate::store::{self, Place, Store, counter, sql_u64};

/// What a check of a store proved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Segments whose hash, signature and place were proved.
    pub segments: u64,
    /// Entries that equal their signed bytes.
    pub entries: u64,
    /// Segments of which something could not be proved here: what was before them came as a baseline
    /// under the office's signature, or their version is not understood.
    pub unproved: u64,
    /// Entries that are not sealed yet: no signature speaks for them.
    pub pending: u64,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A key of the messages.
    pub code: &'static str,
    /// Where: area, author and number of a segment, or a table.
    pub place: String,
}

impl Replica {
    /// Checks everything kept. `progress` hears how many segments of how many are done.
    ///
    /// # Errors
    /// [`crate::Error::Store`] when the store cannot be read at all; what can be read and is wrong is
    /// a finding.
    pub fn verify(
        &self,
        scratch: &std::path::Path,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Verified> {
        self.snapshot(&scratch.join(store::FILE), |_, _| {})?;
        let copy = Store::open(&Place::Folder(scratch.to_owned()), None)?;
        let tx = copy.writer();
        let mut verified = Verified::default();
        let sound: String = tx.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        if sound != "ok" {
            verified.find("verify.database", sound);
        }
        verified.segments_of(&tx, &mut progress)?;
        verified.rows_of(&tx, &self.packs)?;
        Ok(verified)
    }
}

/// A segment as its row has it.
struct Kept {
    row: i64,
    area: i64,
    code: String,
    author: i64,
    key: PublicKey,
    n: u64,
    hash: [u8; 32],
    opaque: bool,
    feed_hash: Option<[u8; 16]>,
}

impl Kept {
    fn place(&self) -> String {
        format!("{} {} {}", self.code, self.key.tag(), self.n)
    }
}

impl Verified {
    fn find(&mut self, code: &'static str, place: String) {
        self.findings.push(Finding { code, place });
    }

    fn segments_of(
        &mut self,
        tx: &Connection,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<()> {
        let of: i64 = tx.query_row("SELECT count(*) FROM segment", [], |row| row.get(0))?;
        let of = store::count(of);
        let mut select = tx.prepare(
            "SELECT segment.id, segment.area, area.code, segment.author, author.public_key, \
             segment.n, segment.hash, segment.opaque, segment.feed_hash FROM segment \
             JOIN author ON author.id = segment.author JOIN area ON area.id = segment.area \
             ORDER BY segment.area, segment.author, segment.n",
        )?;
        let mut rows = select.query([])?;
        let mut done = 0;
        while let Some(row) = rows.next()? {
            let kept = Kept {
                row: row.get(0)?,
                area: row.get(1)?,
                code: row.get(2)?,
                author: row.get(3)?,
                key: PublicKey(row.get(4)?),
                n: counter(row.get(5)?),
                hash: row.get(6)?,
                opaque: row.get(7)?,
                feed_hash: row.get(8)?,
            };
            self.segment(tx, &kept)?;
            done += 1;
            progress(done, of);
        }
        let pending: i64 = tx.query_row(
            "SELECT count(*) FROM entry WHERE segment IS NULL AND kind <> 0",
            [],
            |row| row.get(0),
        )?;
        self.pending = store::count(pending);
        Ok(())
    }

    fn segment(&mut self, tx: &Connection, kept: &Kept) -> Result<()> {
        let Ok(bytes) = segment_bytes(tx, kept.row) else {
            self.find("verify.unreadable", kept.place());
            return Ok(());
        };
        if hash_of(&bytes).0 != kept.hash {
            self.find("verify.hash", kept.place());
            return Ok(());
        }
        let Some(header) = Segment::read_header(&bytes) else {
            self.find("verify.unreadable", kept.place());
            return Ok(());
        };
        if !header.is_signed_by(&kept.key) {
            self.find("verify.signature", kept.place());
        }
        let chained = self.chained(tx, kept, header.header.previous)?;
        let placed = self.placed(tx, kept)?;
        let read = match kept.opaque {
            true => false,
            false => self.entries_of(tx, kept, &bytes)?,
        };
        match chained && placed && read {
            true => self.segments += 1,
            false => self.unproved += 1,
        }
        Ok(())
    }

    /// Whether the segment before is here; a finding when it is another.
    fn chained(
        &mut self,
        tx: &Connection,
        kept: &Kept,
        previous: Option<SegmentHash>,
    ) -> Result<bool> {
        if kept.n <= 1 {
            if previous.is_some() {
                self.find("verify.chain", kept.place());
            }
            return Ok(true);
        }
        let before: Option<[u8; 32]> = tx
            .prepare_cached("SELECT hash FROM segment WHERE area = ?1 AND author = ?2 AND n = ?3")?
            .query_row(params![kept.area, kept.author, sql_u64(kept.n - 1)], |row| {
                row.get(0)
            })
            .optional()?;
        if let Some(before) = before
            && previous != Some(SegmentHash(before))
        {
            self.find("verify.chain", kept.place());
        }
        Ok(before.is_some())
    }

    /// Whether its place in the feed was proved; a finding when the feed's hash is another.
    fn placed(&mut self, tx: &Connection, kept: &Kept) -> Result<bool> {
        let (Some((position, arrival)), Some(here)) =
            (ingest::arrival(tx, kept.row)?, kept.feed_hash)
        else {
            return Ok(true);
        };
        let before = match position {
            0 | 1 => Some([0; 16]),
            _ => tx
                .prepare_cached("SELECT feed_hash FROM segment WHERE area = ?1 AND position = ?2")?
                .query_row(params![kept.area, sql_u64(position - 1)], |row| row.get(0))
                .optional()?
                .flatten(),
        };
        let Some(before) = before else {
            return Ok(false);
        };
        let cursor = Cursor {
            epoch: EpochId([0; 8]),
            position: position.saturating_sub(1),
            hash: FeedHash(before),
        };
        if cursor.advanced(&SegmentHash(kept.hash), &arrival).hash.0 != here {
            self.find("verify.feed", kept.place());
        }
        Ok(true)
    }

    /// Compares every entry with what was signed. Whether the changes could be read.
    fn entries_of(&mut self, tx: &Connection, kept: &Kept, bytes: &[u8]) -> Result<bool> {
        let Ok(segment) = Segment::read(bytes) else {
            return Ok(false);
        };
        for change in &segment.changes {
            let Ok(entries) = doorstep_model::change::read(change.bytes) else {
                return Ok(false);
            };
            for (key, value) in entries {
                let stored: Option<Vec<u8>> = tx
                    .prepare_cached("SELECT value FROM entry WHERE author = ?1 AND counter = ?2")?
                    .query_row(params![kept.author, sql_u64(key.counter)], |row| row.get(0))
                    .optional()?;
                match stored {
                    Some(stored) if stored == value => self.entries += 1,
                    Some(_) => self.find("verify.entry", format!("{} {key}", kept.place())),
                    None => self.find("verify.entry_missing", format!("{} {key}", kept.place())),
                }
            }
        }
        Ok(true)
    }

    /// Compares the rows with those of a rebuild.
    fn rows_of(&mut self, tx: &Connection, packs: &Packs) -> Result<()> {
        let areas: Vec<AreaId> = tx
            .prepare("SELECT code FROM area ORDER BY code")?
            .query_map([], |row| row.get::<_, String>(0))?
            .filter_map(|code| code.ok().and_then(|code| AreaId::new(&code).ok()))
            .collect();
        let sums = |tx: &Connection| -> Result<Vec<_>> {
            areas
                .iter()
                .map(|area| project::checksums(tx, area))
                .collect()
        };
        let before = sums(tx)?;
        tx.execute_batch("BEGIN")?;
        project::rebuild(tx, &mut Directory::default(), packs)?;
        let after = sums(tx)?;
        tx.execute_batch("ROLLBACK")?;
        for (area, (before, after)) in areas.iter().zip(before.into_iter().zip(after)) {
            for (before, after) in before.iter().zip(&after) {
                if before != after {
                    self.find("verify.rows", format!("{area} {}", before.table));
                }
            }
        }
        Ok(())
    }
}
