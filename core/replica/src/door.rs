//! The one door for writes. A local tap, a segment of the feed and an import all add entries here;
//! the rows of every subject they touch are computed anew before the transaction commits.

use std::collections::btree_map::{self, BTreeMap};

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Body, CopyOf, Dated, Entry, EntryKey, Ruling, SegmentName, Verdict};
use doorstep_model::feed::Arrival;
use doorstep_model::ids::{AreaId, AuthorTag, DocumentId, Identity};
use doorstep_model::segment::Boot;
use doorstep_model::time::{Bounds, effective_time};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use crate::directory::Directory;
use crate::error::Result;
use crate::project::{self, Later, Overwriting};
use crate::store::{counter, sql_u64};

/// Verdicts as they stand in columns.
pub(crate) mod standing {
    pub(crate) const COUNTS: i64 = 0;
    pub(crate) const HELD: i64 = 1;
    pub(crate) const OUT: i64 = 2;
}

/// An open transaction through which entries come in.
pub(crate) struct Door<'a> {
    pub(crate) tx: &'a Connection,
    pub(crate) directory: &'a mut Directory,
    pub(crate) packs: &'a project::Packs,
    dirty: BTreeMap<Identity, Dirt>,
    /// Adds a row to `entry`: held from one entry to the next.
    insert: Option<CachedStatement<'a>>,
    /// Whether any verdict speaks of an entry, once that was asked: mostly none does.
    entries_ruled: Option<bool>,
}

/// What it takes to bring a subject's rows up to date.
enum Dirt {
    /// One entry came, which may be later than all before it.
    Later(Later),
    /// They are computed anew.
    Anew,
}

/// When the entries of a segment happened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timing {
    pub(crate) boots: Vec<Boot>,
    pub(crate) shifts: Vec<i64>,
    pub(crate) bounds: Bounds,
    /// Entries of an office author bear their own time.
    pub(crate) unbounded: bool,
}

impl Timing {
    /// Effective time of the entry with this counter and time.
    pub(crate) fn of(&self, counter: u64, time: i64) -> i64 {
        if self.unbounded {
            return time;
        }
        let boot = self.boots.iter().rposition(|boot| boot.from <= counter);
        let shift = boot
            .and_then(|at| self.shifts.get(at))
            .copied()
            .unwrap_or(0);
        effective_time(time, shift, self.bounds)
    }
}

/// One entry on its way in.
pub(crate) struct Incoming<'a> {
    pub(crate) author: i64,
    pub(crate) document: i64,
    pub(crate) segment: Option<i64>,
    pub(crate) key: EntryKey,
    pub(crate) entry: &'a Entry,
    /// The entry as its author wrote it.
    pub(crate) value: &'a [u8],
    pub(crate) time: i64,
    pub(crate) standing: i64,
}

impl<'a> Door<'a> {
    pub(crate) fn new(
        tx: &'a Connection,
        directory: &'a mut Directory,
        packs: &'a project::Packs,
    ) -> Self {
        Self {
            tx,
            directory,
            packs,
            dirty: BTreeMap::new(),
            insert: None,
            entries_ruled: None,
        }
    }

    /// The local number of a document; it comes to be with its first entry.
    pub(crate) fn document(&mut self, area: &AreaId, name: &DocumentName) -> Result<i64> {
        let area_id = self.directory.area(self.tx, area)?;
        let hash = name.id(area);
        if let Some(id) = self.known_document(&hash)? {
            return Ok(id);
        }
        self.tx
            .prepare_cached(
                "INSERT INTO document (hash, area, kind, subject, round) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                hash.0,
                area_id,
                name.kind_code(),
                name.subject(area).as_bytes(),
                name.round().map(|round| round.to_bytes()),
            ])?;
        Ok(self.tx.last_insert_rowid())
    }

    fn area_of(&self, document: i64) -> Result<i64> {
        Ok(self
            .tx
            .prepare_cached("SELECT area FROM document WHERE id = ?1")?
            .query_row([document], |row| row.get(0))?)
    }

    pub(crate) fn known_document(&self, hash: &DocumentId) -> Result<Option<i64>> {
        Ok(self
            .tx
            .prepare_cached("SELECT id FROM document WHERE hash = ?1")?
            .query_row([hash.as_bytes()], |row| row.get(0))
            .optional()?)
    }

    /// Adds one entry and remembers whose rows it touches.
    pub(crate) fn add(&mut self, incoming: &Incoming<'_>) -> Result<i64> {
        let entry = incoming.entry;
        let origin = match entry.envelope.origin {
            Some(origin) if self.directory.honours(self.tx, incoming.author, origin)? => {
                Some(origin)
            }
            _ => None,
        };
        let identity = origin.unwrap_or_else(|| incoming.key.identity());
        let standing = incoming.standing.max(self.entry_ruling(identity)?);
        self.inserting()?.execute(params![
            incoming.author,
            sql_u64(incoming.key.counter),
            incoming.document,
            incoming.segment,
            incoming.key.subject.as_bytes(),
            entry.envelope.kind,
            incoming.time,
            standing,
            origin.as_ref().map(Identity::as_bytes),
            incoming.value,
        ])?;
        let row = self.tx.last_insert_rowid();
        match &entry.body {
            Body::Verdict(verdict) => {
                self.rule(incoming, verdict, entry.envelope.copy, row)?;
            }
            Body::Dated(dated) => self.date(incoming, dated, row)?,
            _ => {}
        }
        let later = match (origin, standing) {
            (None, standing::COUNTS) => {
                let author = self.directory.author(self.tx, incoming.author)?;
                Later::of(author, incoming.document, identity, incoming.time, entry)
            }
            _ => None,
        };
        match self.dirty.entry(incoming.key.subject) {
            btree_map::Entry::Vacant(clean) => {
                clean.insert(later.map_or(Dirt::Anew, Dirt::Later));
            }
            btree_map::Entry::Occupied(mut dirt) => {
                dirt.insert(Dirt::Anew);
            }
        }
        Ok(row)
    }

    fn inserting(&mut self) -> Result<&mut CachedStatement<'a>> {
        Ok(match &mut self.insert {
            Some(insert) => insert,
            none => none.insert(self.tx.prepare_cached(
                "INSERT INTO entry (author, counter, document, segment, subject, kind, time, \
                 standing, origin, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?),
        })
    }

    /// Marks a subject whose rows must be computed anew.
    pub(crate) fn touch(&mut self, subject: Identity) {
        self.dirty.insert(subject, Dirt::Anew);
    }

    /// A part of the transaction was rolled back: nothing remembered may come from it. What it touched is
    /// computed from the entries that are there.
    pub(crate) fn rolled_back(&mut self) {
        self.directory.clear();
        self.packs.forget();
        self.entries_ruled = None;
        for dirt in self.dirty.values_mut() {
            *dirt = Dirt::Anew;
        }
    }

    /// Computes the rows of everything touched. Returns whether anything was.
    pub(crate) fn settle(&mut self) -> Result<bool> {
        let touched = !self.dirty.is_empty();
        let mut overwriting = Overwriting::default();
        // Rows may touch further subjects, also such as were computed already: a role that changed
        // judges its cases anew.
        while let Some((subject, dirt)) = self.dirty.pop_first() {
            if let Dirt::Later(later) = dirt
                && overwriting.append(self.tx, self.directory, self.packs, subject, &later)?
            {
                continue;
            }
            let further = project::recompute(self.tx, self.directory, self.packs, subject)?;
            for subject in further {
                self.touch(subject);
            }
        }
        Ok(touched)
    }

    /// Takes entries out again: undone before they were sealed, or on a branch that the feed refuted.
    pub(crate) fn remove(&mut self, row: i64) -> Result<()> {
        let (subject, document, value): (Vec<u8>, i64, Vec<u8>) = self
            .tx
            .prepare_cached("DELETE FROM entry WHERE id = ?1 RETURNING subject, document, value")?
            .query_row([row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let Some(subject) = Identity::from_slice(&subject) else {
            return Ok(());
        };
        self.touch(subject);
        let ruled = self
            .tx
            .prepare_cached("DELETE FROM verdict WHERE entry = ?1")?
            .execute([row])?;
        if ruled > 0
            && let Ok(entry) = Entry::from_bytes(&value)
            && let Body::Verdict(verdict) = entry.body
        {
            // What it ruled on stands as the verdict before it says.
            let area = self.area_of(document)?;
            self.apply_ruling(area, verdict.segment, subject)?;
        }
        let dated: Option<(i64, [u8; 4], i64)> = self
            .tx
            .prepare_cached("DELETE FROM dated WHERE entry = ?1 RETURNING area, author, n")?
            .query_row([row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        if let Some((area, author, n)) = dated {
            let (author, n) = (AuthorTag(author), counter(n));
            self.redate(area, SegmentName { author, n })?;
        }
        Ok(())
    }

    /// Gives the entries of a segment their times anew: the one move that a receipt allows.
    pub(crate) fn retime(&mut self, segment: i64, timing: &Timing) -> Result<()> {
        let mut select = self.tx.prepare_cached(
            "SELECT id, counter, subject, time, value FROM sealed WHERE within = ?1",
        )?;
        let mut rows = select.query([segment])?;
        let mut moved = Vec::new();
        while let Some(row) = rows.next()? {
            let value: Vec<u8> = row.get(4)?;
            let Ok(entry) = Entry::from_bytes(&value) else {
                continue;
            };
            let time = timing.of(counter(row.get(1)?), entry.envelope.time);
            if time != row.get::<_, i64>(3)? {
                let subject: Vec<u8> = row.get(2)?;
                moved.push((row.get::<_, i64>(0)?, time, Identity::from_slice(&subject)));
            }
        }
        drop(rows);
        for (id, time, subject) in moved {
            self.tx
                .prepare_cached("UPDATE entry SET time = ?2 WHERE id = ?1")?
                .execute(params![id, time])?;
            self.dirty
                .extend(subject.map(|subject| (subject, Dirt::Anew)));
        }
        Ok(())
    }

    /// What the office's verdicts make of a segment.
    pub(crate) fn segment_ruling(&self, area: i64, name: SegmentName) -> Result<i64> {
        self.ruling(&segment_target(area, name))
    }

    fn entry_ruling(&mut self, identity: Identity) -> Result<i64> {
        let ruled = match self.entries_ruled {
            Some(ruled) => ruled,
            None => {
                let ruled = self
                    .tx
                    .prepare_cached("SELECT 1 FROM verdict WHERE target >= ?1")?
                    .exists([[ENTRY].as_slice()])?;
                *self.entries_ruled.insert(ruled)
            }
        };
        match ruled {
            true => self.ruling(&entry_target(identity)),
            false => Ok(standing::COUNTS),
        }
    }

    fn ruling(&self, target: &[u8]) -> Result<i64> {
        let ruling: Option<u8> = self
            .tx
            .prepare_cached(
                "SELECT ruling FROM verdict WHERE target = ?1 \
                 ORDER BY succession DESC, n DESC, counter DESC LIMIT 1",
            )?
            .query_row([target], |row| row.get(0))
            .optional()?;
        Ok(match ruling {
            Some(0) => standing::HELD,
            Some(2 | 3) => standing::OUT,
            _ => standing::COUNTS,
        })
    }

    /// Records an arrival that was proved later. It holds over the feed's item.
    fn date(&mut self, incoming: &Incoming<'_>, dated: &Dated, row: i64) -> Result<()> {
        let author = self.directory.author(self.tx, incoming.author)?;
        if !author.office || incoming.standing != standing::COUNTS {
            return Ok(());
        }
        let succession = author.succession;
        let area = self.area_of(incoming.document)?;
        let arrival = Arrival {
            received_at: dated.received_at,
            shifts: dated.shifts.clone(),
            earlier: None,
        };
        self.tx
            .prepare_cached(
                "INSERT INTO dated (area, author, n, succession, said, counter, arrival, entry) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                area,
                dated.segment.author.as_bytes(),
                sql_u64(dated.segment.n),
                succession,
                self.said_in(incoming.segment)?,
                sql_u64(incoming.key.counter),
                minicbor::to_vec(&arrival).expect("an arrival always encodes"),
                row,
            ])?;
        self.redate(area, dated.segment)
    }

    /// The arrival of a segment that was proved later, if one was: the office's last word on it.
    pub(crate) fn dated(&self, area: i64, name: SegmentName) -> Result<Option<Arrival>> {
        let arrival: Option<Vec<u8>> = self
            .tx
            .prepare_cached(
                "SELECT arrival FROM dated WHERE area = ?1 AND author = ?2 AND n = ?3 \
                 ORDER BY succession DESC, said DESC, counter DESC LIMIT 1",
            )?
            .query_row(
                params![area, name.author.as_bytes(), sql_u64(name.n)],
                |row| row.get(0),
            )
            .optional()?;
        Ok(arrival.and_then(|bytes| minicbor::decode(&bytes).ok()))
    }

    /// Gives a segment that is here the times of the arrival that holds now.
    fn redate(&mut self, area: i64, name: SegmentName) -> Result<()> {
        let Some(author) = self.directory.author_by_tag(self.tx, name.author)? else {
            return Ok(());
        };
        let (author, office) = (author.id, author.office);
        let row: Option<i64> = self
            .tx
            .prepare_cached("SELECT id FROM segment WHERE area = ?1 AND author = ?2 AND n = ?3")?
            .query_row(params![area, author, sql_u64(name.n)], |row| row.get(0))
            .optional()?;
        let Some(row) = row else { return Ok(()) };
        // What no office has received yet keeps its own times.
        let Some((_, received)) = crate::ingest::arrival(self.tx, row)? else {
            return Ok(());
        };
        let arrival = self.dated(area, name)?.unwrap_or(received);
        let header = crate::compact::header(self.tx, row)?;
        self.retime(row, &crate::ingest::timing(&header, office, Some(&arrival)))
    }

    /// Number of the segment that an office's word stands in; one that is not sealed yet comes after
    /// everything that is.
    fn said_in(&self, segment: Option<i64>) -> Result<i64> {
        Ok(match segment {
            Some(segment) => self
                .tx
                .prepare_cached("SELECT n FROM segment WHERE id = ?1")?
                .query_row([segment], |row| row.get(0))?,
            None => i64::MAX,
        })
    }

    /// Records a verdict of an office author and gives its target the standing of the last one.
    fn rule(
        &mut self,
        incoming: &Incoming<'_>,
        verdict: &Verdict,
        copied: Option<CopyOf>,
        row: i64,
    ) -> Result<()> {
        let author = self.directory.author(self.tx, incoming.author)?;
        if !author.office || incoming.standing != standing::COUNTS {
            return Ok(());
        }
        let mut succession = author.succession;
        let area = self.area_of(incoming.document)?;
        let target = match verdict.segment {
            Some(name) => segment_target(area, name),
            None => {
                self.entries_ruled = Some(true);
                entry_target(incoming.key.subject)
            }
        };
        let ruling = match verdict.ruling {
            Ruling::Held => 0,
            Ruling::Accepted => 1,
            Ruling::Refused => 2,
            Ruling::Quarantined => 3,
            Ruling::Released => 4,
        };
        let mut n = self.said_in(incoming.segment)?;
        if let Some(copied) = copied {
            // What an older office said never outranks a newer one, whoever repeats it.
            let older = self.directory.author_by_tag(self.tx, copied.author)?;
            succession = older.map_or(0, |author| author.succession);
            n = 0;
        }
        self.tx
            .prepare_cached(
                "INSERT INTO verdict (target, succession, n, counter, ruling, code, entry) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                target,
                succession,
                n,
                sql_u64(incoming.key.counter),
                ruling,
                verdict.code,
                row,
            ])?;
        self.apply_ruling(area, verdict.segment, incoming.key.subject)
    }

    /// Writes the standing that the verdicts give to a segment's entries, or to one entry.
    pub(crate) fn apply_ruling(
        &mut self,
        area: i64,
        segment: Option<SegmentName>,
        identity: Identity,
    ) -> Result<()> {
        let Some(name) = segment else {
            return self.apply_entry_ruling(identity);
        };
        let standing = self.segment_ruling(area, name)?;
        let Some(author) = self.directory.author_by_tag(self.tx, name.author)? else {
            return Ok(());
        };
        let id: Option<i64> = self
            .tx
            .prepare_cached(
                "UPDATE segment SET standing = ?4 WHERE area = ?1 AND author = ?2 AND n = ?3 \
                 RETURNING id",
            )?
            .query_row(params![area, author.id, sql_u64(name.n), standing], |row| {
                row.get(0)
            })
            .optional()?;
        if let Some(id) = id {
            let rows: Vec<i64> = self
                .tx
                .prepare_cached("SELECT id FROM sealed WHERE within = ?1")?
                .query_map([id], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            for row in rows {
                self.stand(row)?;
            }
        }
        Ok(())
    }

    fn apply_entry_ruling(&mut self, identity: Identity) -> Result<()> {
        for row in rows_of(self.tx, self.directory, identity)? {
            self.stand(row)?;
        }
        Ok(())
    }

    /// Gives one entry the stricter of what is ruled on its segment and on itself.
    fn stand(&mut self, row: i64) -> Result<()> {
        let (tag, count, origin, subject, of_segment): (_, _, Option<Vec<u8>>, Vec<u8>, i64) = self
            .tx
            .prepare_cached(
                "SELECT a.tag, e.counter, e.origin, e.subject, COALESCE(s.standing, 0) \
                 FROM entry e JOIN author a ON a.id = e.author \
                 LEFT JOIN segment s ON s.id = e.segment WHERE e.id = ?1",
            )?
            .query_row([row], |row| {
                let (tag, origin, subject) = (row.get(0)?, row.get(2)?, row.get(3)?);
                Ok((tag, row.get(1)?, origin, subject, row.get(4)?))
            })?;
        let identity = origin
            .and_then(|origin| Identity::from_slice(&origin))
            .unwrap_or_else(|| Identity::of_entry(AuthorTag(tag), counter(count)));
        let standing = self.entry_ruling(identity)?.max(of_segment);
        self.tx
            .prepare_cached("UPDATE entry SET standing = ?2 WHERE id = ?1")?
            .execute(params![row, standing])?;
        if let Some(subject) = Identity::from_slice(&subject) {
            self.touch(subject);
        }
        Ok(())
    }
}

/// The rows of all copies of an entry.
pub(crate) fn rows_of(
    tx: &Connection,
    directory: &mut Directory,
    identity: Identity,
) -> Result<Vec<i64>> {
    let mut found = Vec::new();
    let mut select = tx.prepare_cached("SELECT id FROM entry WHERE origin = ?1")?;
    let mut rows = select.query([identity.as_bytes()])?;
    while let Some(row) = rows.next()? {
        found.push(row.get(0)?);
    }
    if let Some((tag, count)) = identity.entry_parts()
        && let Some(author) = directory.author_by_tag(tx, tag)?
    {
        let own: Option<i64> = tx
            .prepare_cached(
                "SELECT id FROM entry WHERE author = ?1 AND counter = ?2 AND origin IS NULL",
            )?
            .query_row(params![author.id, sql_u64(count)], |row| row.get(0))
            .optional()?;
        found.extend(own);
    }
    Ok(found)
}

/// First byte of what a verdict speaks of. Entries come last, so that one look at the end of the table
/// tells whether any verdict speaks of one.
const SEGMENT: u8 = 0;
const ENTRY: u8 = 1;

/// A segment as what a verdict speaks of.
pub(crate) fn segment_target(area: i64, name: SegmentName) -> Vec<u8> {
    [
        [SEGMENT].as_slice(),
        &area.to_be_bytes(),
        &name.author.0,
        &name.n.to_be_bytes(),
    ]
    .concat()
}

/// An entry as what a verdict speaks of.
pub(crate) fn entry_target(identity: Identity) -> Vec<u8> {
    [[ENTRY].as_slice(), identity.as_bytes()].concat()
}
