//! Whether what a replica holds can still be proved: chains, hashes and signatures of every segment,
//! the feed's own hash, entries against the changes that wrote them, documents, and rows against a
//! rebuild. Changes nothing; what to do about a problem is a person's to decide.

use std::collections::BTreeMap;

use doorstep_model::change::{Actor, ChainState};
use doorstep_model::feed::{Arrival, Cursor, Signed, Statement};
use doorstep_model::grant::Proof;
use doorstep_model::ids::{AreaId, AuthorTag, DocumentId, EpochId, SegmentHash};
use doorstep_model::keys::PublicKey;
use doorstep_model::materialise;
use doorstep_model::segment::{Segment, hash_of};
use doorstep_model::vet;
use rusqlite::{Connection, params};

use crate::baseline;
use crate::compact::Archive;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ingest;
use crate::meta::{self, Key};
use crate::project::{self, Packs};
use crate::replica::Replica;
use crate::seal::document_chain;
use crate::store::counter;
use crate::sync::feed;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Report {
    /// Areas looked at.
    pub areas: u64,
    /// Segments made again and checked against hash, chain and signature.
    pub segments: u64,
    /// Changes vetted anew against their author's chain.
    pub changes: u64,
    /// Entries compared with the change that wrote them.
    pub entries: u64,
    /// Saved documents loaded.
    pub documents: u64,
    /// What is wrong. Empty: everything that can be proved holds.
    pub problems: Vec<Problem>,
    /// What is right as far as it goes and cannot be proved here.
    pub unproved: Vec<Problem>,
}

/// One thing that is wrong or cannot be proved.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// Code of the message catalogue, `verify.` and a few words.
    pub code: &'static str,
    /// The area, when it is of one.
    pub area: Option<String>,
    /// What exactly: an author and number, a document, a table.
    pub what: String,
}

/// At most this many problems are listed: a broken store has more of the same.
const PROBLEMS_MAX: usize = 1_000;

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    fn wrong(&mut self, code: &'static str, area: Option<&AreaId>, what: impl ToString) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem(code, area, what));
        }
    }

    fn unproved(&mut self, code: &'static str, area: &AreaId, what: impl ToString) {
        self.unproved.push(problem(code, Some(area), what));
    }
}

fn problem(code: &'static str, area: Option<&AreaId>, what: impl ToString) -> Problem {
    Problem { code, area: area.map(|area| area.as_str().to_owned()), what: what.to_string() }
}

impl Replica {
    /// Checks everything that this replica holds. Long work: reads every byte, and computes all rows
    /// a second time in memory.
    ///
    /// # Errors
    /// [`Error::Store`] when the store cannot be read at all. What is wrong with what it holds is in
    /// the report.
    pub fn verify(&self) -> Result<Report> {
        let mut copy = Connection::open_in_memory()?;
        {
            let tx = self.reader()?;
            let backup = rusqlite::backup::Backup::new(&tx, &mut copy)?;
            backup.run_to_completion(1_000, std::time::Duration::ZERO, None)?;
        }
        // The copy is a moment of the store: taps go on meanwhile.
        let organisation = meta::get_array::<32>(&copy, Key::Organisation)?
            .map(PublicKey)
            .ok_or(Error::NotEnrolled)?;
        let mut report = Report::default();
        let authors = authors(&copy, &organisation, &mut report)?;
        for (area, code) in areas(&copy)? {
            report.areas += 1;
            if baseline::is_taking(&copy, area)? && !feed::has_cursor(&copy, area)? {
                let what = "segments have no signatures here until the last piece has come";
                report.unproved("verify.baseline_underway", &code, what);
                continue;
            }
            let verifier = AreaVerifier { tx: &copy, area, code: &code, authors: &authors };
            verifier.chains(&mut report)?;
            verifier.feed(&mut report)?;
            verifier.documents(&mut report)?;
            verifier.statement(&mut report)?;
        }
        rows(&copy, &self.packs, &mut report)?;
        Ok(report)
    }
}

struct Signer {
    id: i64,
    tag: AuthorTag,
    key: PublicKey,
}

/// Every author whose proof holds.
fn authors(
    tx: &Connection,
    organisation: &PublicKey,
    report: &mut Report,
) -> Result<BTreeMap<i64, Signer>> {
    let mut select = tx.prepare("SELECT id, tag, public_key, proof FROM author")?;
    let mut rows = select.query([])?;
    let mut authors = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let signer = Signer {
            id: row.get(0)?,
            tag: AuthorTag(row.get(1)?),
            key: PublicKey(row.get(2)?),
        };
        let proof: Vec<u8> = row.get(3)?;
        let holds = minicbor::decode::<Proof>(&proof)
            .is_ok_and(|proof| proof.key() == signer.key && proof.open(organisation).is_ok());
        if !holds || signer.key.tag() != signer.tag {
            report.wrong("verify.author", None, signer.tag);
        }
        authors.insert(signer.id, signer);
    }
    Ok(authors)
}

fn areas(tx: &Connection) -> Result<Vec<(i64, AreaId)>> {
    let mut select = tx.prepare("SELECT id, code FROM area ORDER BY code")?;
    let mut rows = select.query([])?;
    let mut areas = Vec::new();
    while let Some(row) = rows.next()? {
        let code = AreaId::new(&row.get::<_, String>(1)?)
            .map_err(|error| Error::store(crate::StoreProblem::Corrupt, error))?;
        areas.push((row.get(0)?, code));
    }
    Ok(areas)
}

struct AreaVerifier<'a> {
    tx: &'a Connection,
    area: i64,
    code: &'a AreaId,
    authors: &'a BTreeMap<i64, Signer>,
}

impl AreaVerifier<'_> {
    /// Every author's segments: numbers without holes, each chained to the one before, signed, and as
    /// their hash says; their changes as the author's chains allow, their entries as they are here.
    fn chains(&self, report: &mut Report) -> Result<()> {
        let mut archive = Archive::default();
        for signer in self.authors.values() {
            let rows: Vec<(i64, u64, [u8; 32], bool)> = self
                .tx
                .prepare_cached(
                    "SELECT id, n, hash, opaque FROM segment WHERE area = ?1 AND author = ?2 \
                     ORDER BY n",
                )?
                .query_map([self.area, signer.id], |row| {
                    Ok((row.get(0)?, counter(row.get(1)?), row.get(2)?, row.get(3)?))
                })?
                .collect::<rusqlite::Result<_>>()?;
            let mut previous: Option<SegmentHash> = None;
            let mut chains: BTreeMap<DocumentId, ChainState> = BTreeMap::new();
            for (expected, (row, n, hash, opaque)) in (1..).zip(&rows) {
                report.segments += 1;
                let name = format!("{} {n}", signer.tag);
                let bytes = match archive.segment(self.tx, *row) {
                    Ok(bytes) => bytes,
                    Err(error) => {
                        report.wrong("verify.segment_lost", Some(self.code), name + &error.to_string());
                        previous = Some(SegmentHash(*hash));
                        continue;
                    }
                };
                let segment = Segment::read(&bytes).ok().or_else(|| Segment::read_header(&bytes));
                let header = segment.as_ref().map(|segment| &segment.header);
                let chained = header.is_some_and(|header| {
                    header.n == *n && *n == expected && header.previous == previous
                });
                let signed = segment.as_ref().is_some_and(|one| one.is_signed_by(&signer.key));
                if hash_of(&bytes).0 != *hash || !chained || !signed {
                    report.wrong("verify.segment", Some(self.code), &name);
                }
                previous = Some(SegmentHash(*hash));
                if let Some(segment) = segment.filter(|_| !opaque) {
                    self.entries(*row, signer, &segment, &mut chains, &name, report)?;
                }
            }
            self.tips(signer, rows.len() as u64, previous, &chains, report)?;
        }
        Ok(())
    }

    /// Changes against their author's chains, entries against the changes.
    fn entries(
        &self,
        row: i64,
        signer: &Signer,
        segment: &Segment<'_>,
        chains: &mut BTreeMap<DocumentId, ChainState>,
        name: &str,
        report: &mut Report,
    ) -> Result<()> {
        let mut written: BTreeMap<u64, &[u8]> = BTreeMap::new();
        for change in &segment.changes {
            report.changes += 1;
            let chain = chains.entry(change.document).or_default();
            match vet::vet(&signer.key.0, self.code, change.document, chain, change.bytes) {
                Ok(vetted) => {
                    *chain = vetted.next;
                    let values = vetted.entries.iter();
                    written.extend(values.map(|e| (e.key.counter, &change.bytes[e.value.clone()])));
                }
                Err(error) => report.wrong("verify.change", Some(self.code), format!("{name}: {error}")),
            }
        }
        let mut select =
            self.tx.prepare_cached("SELECT counter, value FROM entry WHERE segment = ?1")?;
        let mut rows = select.query([row])?;
        let mut here = 0;
        let mut same = true;
        while let Some(row) = rows.next()? {
            here += 1;
            let value: Vec<u8> = row.get(1)?;
            same &= written.get(&counter(row.get(0)?)) == Some(&value.as_slice());
        }
        report.entries += here;
        if !same || here != written.len() as u64 {
            report.wrong("verify.entries", Some(self.code), name);
        }
        Ok(())
    }

    /// Where an author's chains end, as the store goes on from there.
    fn tips(
        &self,
        signer: &Signer,
        n: u64,
        hash: Option<SegmentHash>,
        chains: &BTreeMap<DocumentId, ChainState>,
        report: &mut Report,
    ) -> Result<()> {
        let chain = crate::seal::chain(self.tx, self.area, signer.id)?;
        if (chain.n, chain.hash) != (n, hash) {
            report.wrong("verify.chain", Some(self.code), signer.tag);
        }
        for (document, state) in chains {
            let row = self.tx.query_row(
                "SELECT id FROM document WHERE hash = ?1",
                [document.as_bytes()],
                |row| row.get(0),
            );
            let known = match row {
                Ok(row) => document_chain(self.tx, row, signer.id)? == *state,
                Err(_) => false,
            };
            if !known {
                let what = format!("{} in {document}", signer.tag);
                report.wrong("verify.chain", Some(self.code), what);
            }
        }
        Ok(())
    }

    /// The feed's positions without holes, and its hash over them.
    fn feed(&self, report: &mut Report) -> Result<()> {
        let held = feed::read(self.tx, self.area, self.code)?;
        let epoch = held.cursor.map_or(EpochId([0; 8]), |cursor| cursor.epoch);
        let mut cursor = Cursor::start(epoch);
        let mut select = self.tx.prepare_cached(
            "SELECT id, hash, feed_hash FROM segment WHERE area = ?1 AND position IS NOT NULL \
             ORDER BY position",
        )?;
        let mut rows = select.query([self.area])?;
        while let Some(row) = rows.next()? {
            let found: Option<(u64, Arrival)> = ingest::arrival(self.tx, row.get(0)?)?;
            let Some((position, arrival)) = found else { continue };
            cursor = cursor.advanced(&SegmentHash(row.get(1)?), &arrival);
            let hash: Option<[u8; 16]> = row.get(2)?;
            if position != cursor.position || hash != Some(cursor.hash.0) {
                report.wrong("verify.feed", Some(self.code), format!("position {position}"));
                return Ok(());
            }
        }
        if held.cursor.unwrap_or(cursor) != cursor {
            report.wrong("verify.feed", Some(self.code), "the cursor");
        }
        Ok(())
    }

    /// Saved documents load, and hold only what their authors' segments hold.
    fn documents(&self, report: &mut Report) -> Result<()> {
        let signed = self.signed_changes()?;
        let mut select = self.tx.prepare_cached(
            "SELECT hash, saved FROM document WHERE area = ?1 AND saved IS NOT NULL",
        )?;
        let mut rows = select.query([self.area])?;
        while let Some(row) = rows.next()? {
            report.documents += 1;
            let id = DocumentId(row.get(0)?);
            let saved: Vec<u8> = row.get(1)?;
            match materialise::chains_of(&saved) {
                Ok(chains) => {
                    let most = |actor: &Actor| signed.get(&(id, *actor)).copied().unwrap_or(0);
                    if chains.keys().any(|(actor, seq)| *seq > most(actor)) {
                        report.wrong("verify.document", Some(self.code), format!("{id}: foreign"));
                    }
                }
                Err(error) => {
                    report.wrong("verify.document", Some(self.code), format!("{id}: {error}"));
                }
            }
        }
        Ok(())
    }

    /// How many changes of each author each document may hold.
    fn signed_changes(&self) -> Result<BTreeMap<(DocumentId, Actor), u64>> {
        let mut select = self.tx.prepare_cached(
            "SELECT d.hash, c.author, c.state FROM document_chain c \
             JOIN document d ON d.id = c.document WHERE d.area = ?1",
        )?;
        let mut rows = select.query(params![self.area])?;
        let mut signed = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let id = DocumentId(row.get(0)?);
            let state: Vec<u8> = row.get(2)?;
            let Some(signer) = self.authors.get(&row.get(1)?) else { continue };
            let seq = ChainState::from_bytes(&state).map_or(0, |state| state.seq);
            signed.insert((id, Actor::of(&signer.key.0, id)), seq);
        }
        Ok(signed)
    }

    /// Order and received-at are the office's word: how far they are under its signature.
    fn statement(&self, report: &mut Report) -> Result<()> {
        let held = feed::read(self.tx, self.area, self.code)?;
        let Some(cursor) = held.cursor.filter(|cursor| cursor.position > 0) else {
            return Ok(());
        };
        let signed: Option<Vec<u8>> = self.tx.query_row(
            "SELECT statement FROM area WHERE id = ?1",
            [self.area],
            |row| row.get(0),
        )?;
        let said = signed.map(Signed).and_then(|signed| {
            let claimed: Statement = signed.claims().ok()?;
            let office = self.authors.values().find(|signer| signer.tag == claimed.office)?;
            let statement: Statement = signed.open(&office.key).ok()?;
            statement.areas.into_iter().find(|said| said.area == *self.code)
        });
        // An office signs for others; its own feed is in its own hand.
        if meta::get(self.tx, Key::OrganisationSecret)?.is_some() {
            return Ok(());
        }
        match said {
            Some(said) if said.cursor == cursor => {}
            Some(said) if said.cursor.epoch == cursor.epoch => {
                let what = format!("positions above {}", said.cursor.position);
                report.unproved("verify.order_unsigned", self.code, what);
            }
            _ => report.unproved("verify.order_unsigned", self.code, "every position"),
        }
        Ok(())
    }
}

/// Rows against a rebuild, area by area and table by table.
fn rows(copy: &Connection, packs: &Packs, report: &mut Report) -> Result<()> {
    let areas = areas(copy)?;
    let sums = |tx: &Connection| -> Result<Vec<_>> {
        areas.iter().map(|(_, code)| project::checksums(tx, code)).collect()
    };
    let before = sums(copy)?;
    if let Err(error) = project::rebuild(copy, &mut Directory::default(), packs) {
        report.wrong("verify.rows", None, error);
        return Ok(());
    }
    let after = sums(copy)?;
    for ((_, code), (before, after)) in areas.iter().zip(before.iter().zip(&after)) {
        for (was, is) in before.iter().zip(after) {
            if was != is {
                let what = format!("{}: {} rows, {} rebuilt", was.table, was.rows, is.rows);
                report.wrong("verify.rows", Some(code), what);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
