//! Whether what a replica holds can still be proved: chains, hashes and signatures of every segment,
//! the feed's own hash, entries against the changes that wrote them, documents, and rows against a
//! rebuild. Changes nothing; what to do about a problem is a person's to decide.

use std::borrow::Cow;
use std::collections::BTreeMap;

use doorstep_model::change::{self, Actor, ChainState};
use doorstep_model::chunks;
use doorstep_model::feed::{Arrival, Cursor, Signed, Statement};
use doorstep_model::grant::Proof;
use doorstep_model::ids::{AreaId, AuthorTag, DocumentId, EpochId, SegmentHash};
use doorstep_model::keys::PublicKey;
use doorstep_model::segment::{Segment, SegmentChange, hash_of};
use doorstep_model::vet;
use rusqlite::{Connection, params};
use serde::Serialize;

use crate::baseline;
use crate::compact::Archive;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ingest;
use crate::meta::{self, Key};
use crate::project::{self, Packs};
use crate::replica::Replica;
use crate::seal::{chain_below, document_chain};
use crate::store::counter;
use crate::sync::feed;

/// What was looked at, what is wrong with it, and what cannot be proved here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Verified {
    /// Areas looked at.
    pub areas: u64,
    /// Segments whose signature, hash and chain were checked, compacted ones made again for it.
    pub segments: u64,
    /// Entries compared with the changes that wrote them.
    pub entries: u64,
    /// Segments of a later version: kept, and not read here.
    pub opaque: u64,
    /// Segments with changes below the horizon that a baseline left out: that they stand where they do
    /// in the feed is proved, what they said and who signed it is not.
    pub below: u64,
    /// Documents with compacted changes that were read.
    pub documents: u64,
    /// What is wrong: code and where; at most a thousand of them.
    pub problems: Vec<Problem>,
    /// What is not wrong as far as it goes and cannot be proved here: code and where.
    pub unproved: Vec<Problem>,
}

/// One thing that is not as it should be, or cannot be proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Of what is wrong `verify.author`, `verify.signature`, `verify.hash`, `verify.chain`,
    /// `verify.change`, `verify.entries`, `verify.feed`, `verify.document`, `verify.lost` or
    /// `verify.rows`; of what is unproved `verify.baseline_underway`, `verify.below_horizon` or
    /// `verify.order_unsigned`.
    pub code: &'static str,
    /// Area, author and number, document, or table.
    pub at: String,
}

/// Problems that are listed, at most: a broken store has more of the same.
const PROBLEMS_MAX: usize = 1_000;

impl Verified {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.problems.is_empty()
    }

    fn report(&mut self, code: &'static str, at: impl ToString) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem {
                code,
                at: at.to_string(),
            });
        }
    }

    fn unproved(&mut self, code: &'static str, at: impl ToString) {
        self.unproved.push(Problem {
            code,
            at: at.to_string(),
        });
    }
}

impl Replica {
    /// Checks every author, segment, chain, feed, document and row, on a copy in memory of one moment:
    /// nobody waits for it.
    ///
    /// # Errors
    /// [`Error::NotEnrolled`]; [`Error::Store`] when the store cannot be read at all.
    pub fn verify(&self) -> Result<Verified> {
        let mut copy = Connection::open_in_memory()?;
        {
            let tx = self.reader()?;
            let backup = rusqlite::backup::Backup::new(&tx, &mut copy)?;
            backup.run_to_completion(1_000, std::time::Duration::ZERO, None)?;
        }
        let organisation = meta::get_array::<32>(&copy, Key::Organisation)?
            .map(PublicKey)
            .ok_or(Error::NotEnrolled)?;
        let mut verified = Verified::default();
        let authors = authors(&copy, &organisation, &mut verified)?;
        for (area, code) in areas(&copy)? {
            verified.areas += 1;
            if baseline::is_taking(&copy, area)? && !feed::has_cursor(&copy, area)? {
                verified.unproved("verify.baseline_underway", &code);
                continue;
            }
            let verifier = AreaVerifier {
                tx: &copy,
                area,
                code: &code,
                authors: &authors,
            };
            verifier.chains(&mut verified)?;
            verifier.feed(&mut verified)?;
            verifier.documents(&mut verified)?;
            verifier.statement(&mut verified)?;
        }
        rows(&copy, &self.packs, &mut verified)?;
        Ok(verified)
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

struct Signer {
    id: i64,
    tag: AuthorTag,
    key: PublicKey,
}

/// Every author whose proof holds.
fn authors(
    tx: &Connection,
    organisation: &PublicKey,
    verified: &mut Verified,
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
            verified.report("verify.author", signer.tag);
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

/// A segment's row.
struct Row {
    id: i64,
    n: u64,
    hash: SegmentHash,
    opaque: bool,
    cut: bool,
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
    fn chains(&self, verified: &mut Verified) -> Result<()> {
        let mut archive = Archive::default();
        let below = verified.below;
        for signer in self.authors.values() {
            let rows: Vec<Row> = self
                .tx
                .prepare_cached(
                    "SELECT id, n, hash, opaque, cut FROM segment \
                     WHERE area = ?1 AND author = ?2 ORDER BY n",
                )?
                .query_map([self.area, signer.id], |row| {
                    Ok(Row {
                        id: row.get(0)?,
                        n: counter(row.get(1)?),
                        hash: SegmentHash(row.get(2)?),
                        opaque: row.get(3)?,
                        cut: row.get(4)?,
                    })
                })?
                .collect::<rusqlite::Result<_>>()?;
            let mut last: Option<(u64, SegmentHash)> = None;
            let mut chains = BTreeMap::new();
            for row in &rows {
                verified.segments += 1;
                verified.opaque += u64::from(row.opaque);
                let at = format!("{} {} {}", self.code, signer.tag, row.n);
                let place = (row, last, at.as_str());
                match row.cut {
                    true => self.cut(place, signer, &mut archive, &mut chains, verified)?,
                    false => self.whole(place, signer, &mut archive, &mut chains, verified)?,
                }
                last = Some((row.n, row.hash));
            }
            self.tips(signer, last, &chains, verified)?;
        }
        if verified.below > below {
            verified.unproved("verify.below_horizon", self.code);
        }
        Ok(())
    }

    /// A segment of which everything is here.
    fn whole(
        &self,
        (row, last, at): (&Row, Option<(u64, SegmentHash)>, &str),
        signer: &Signer,
        archive: &mut Archive,
        chains: &mut BTreeMap<DocumentId, ChainState>,
        verified: &mut Verified,
    ) -> Result<()> {
        match archive.segment(self.tx, row.id) {
            Ok(bytes) => {
                check(row, signer, &bytes, last, at, verified);
                if let Ok(segment) = Segment::read(&bytes)
                    && !row.opaque
                {
                    self.entries(row.id, signer, &segment.changes, chains, at, verified)?;
                }
            }
            Err(error) => verified.report("verify.lost", format!("{at}: {error}")),
        }
        Ok(())
    }

    /// A segment that a baseline cut: its number, and what of it is above the horizon.
    fn cut(
        &self,
        (row, last, at): (&Row, Option<(u64, SegmentHash)>, &str),
        signer: &Signer,
        archive: &mut Archive,
        chains: &mut BTreeMap<DocumentId, ChainState>,
        verified: &mut Verified,
    ) -> Result<()> {
        verified.below += 1;
        match archive.changes_here(self.tx, row.id) {
            Ok((header, changes)) => {
                let expected = (last.map_or(1, |(n, _)| n + 1), last.map(|(_, hash)| hash));
                if (header.n, header.previous) != expected || row.n != expected.0 {
                    verified.report("verify.chain", at);
                }
                let changes: Vec<SegmentChange<'_>> = changes
                    .iter()
                    .map(|(document, bytes)| SegmentChange {
                        document: *document,
                        bytes,
                    })
                    .collect();
                self.entries(row.id, signer, &changes, chains, at, verified)?;
            }
            Err(error) => verified.report("verify.lost", format!("{at}: {error}")),
        }
        Ok(())
    }

    /// Changes against their author's chains, entries against the changes.
    fn entries(
        &self,
        row: i64,
        signer: &Signer,
        changes: &[SegmentChange<'_>],
        chains: &mut BTreeMap<DocumentId, ChainState>,
        at: &str,
        verified: &mut Verified,
    ) -> Result<()> {
        let mut written: BTreeMap<u64, Cow<'_, [u8]>> = BTreeMap::new();
        for change in changes {
            // Below the horizon a chain goes on from where a baseline says that it stood.
            let below = chain_below(self.tx, &change.document, signer.id)?;
            let chain = chains
                .entry(change.document)
                .or_insert(below.unwrap_or_default());
            let key = &signer.key.0;
            match vet::vet(key, self.code, change.document, chain, change.bytes) {
                Ok(vetted) => {
                    *chain = vetted.next;
                    for entry in vetted.entries {
                        let value = &change.bytes[entry.value];
                        written.insert(entry.key.counter, Cow::Borrowed(value));
                    }
                }
                // What was here before the baseline is older than where the chain goes on.
                Err(_) if below.is_some() => {
                    let read = change::read(change.bytes).unwrap_or_default();
                    let values = read.into_iter();
                    written.extend(values.map(|(key, value)| (key.counter, Cow::Owned(value))));
                }
                Err(error) => verified.report("verify.change", format!("{at}: {error}")),
            }
        }
        let mut select = self
            .tx
            .prepare_cached("SELECT counter, value FROM sealed WHERE within = ?1")?;
        let mut rows = select.query([row])?;
        let mut here = 0;
        let mut same = true;
        while let Some(row) = rows.next()? {
            here += 1;
            let value: Vec<u8> = row.get(1)?;
            let signed = written.get(&counter(row.get(0)?));
            same &= signed.is_some_and(|signed| **signed == *value);
        }
        verified.entries += here;
        if !same || here != written.len() as u64 {
            verified.report("verify.entries", at);
        }
        Ok(())
    }

    /// Where an author's chains end, as the store goes on from there.
    fn tips(
        &self,
        signer: &Signer,
        last: Option<(u64, SegmentHash)>,
        chains: &BTreeMap<DocumentId, ChainState>,
        verified: &mut Verified,
    ) -> Result<()> {
        let chain = crate::seal::chain(self.tx, self.area, signer.id)?;
        if (chain.n, chain.hash) != (last.map_or(0, |(n, _)| n), last.map(|(_, hash)| hash)) {
            verified.report("verify.chain", format!("{} {}", self.code, signer.tag));
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
                let at = format!("{} {} {document}", self.code, signer.tag);
                verified.report("verify.chain", at);
            }
        }
        Ok(())
    }

    /// The feed's positions without holes, and its hash over them.
    fn feed(&self, verified: &mut Verified) -> Result<()> {
        let held = feed::read(self.tx, self.area)?;
        let epoch = held.cursor.map_or(EpochId([0; 8]), |cursor| cursor.epoch);
        let mut cursor = Cursor::start(epoch);
        let mut select = self.tx.prepare_cached(
            "SELECT id, hash, feed_hash FROM segment WHERE area = ?1 AND position IS NOT NULL \
             ORDER BY position",
        )?;
        let mut rows = select.query([self.area])?;
        while let Some(row) = rows.next()? {
            let found: Option<(u64, Arrival)> = ingest::arrival(self.tx, row.get(0)?)?;
            let Some((position, arrival)) = found else {
                continue;
            };
            cursor = cursor.advanced(&SegmentHash(row.get(1)?), &arrival);
            let hash: Option<[u8; 16]> = row.get(2)?;
            if position != cursor.position || hash != Some(cursor.hash.0) {
                verified.report("verify.feed", format!("{} {position}", self.code));
                return Ok(());
            }
        }
        if held.cursor.unwrap_or(cursor) != cursor {
            verified.report("verify.feed", self.code);
        }
        Ok(())
    }

    /// Documents can be read, and hold only what their authors' segments hold.
    fn documents(&self, verified: &mut Verified) -> Result<()> {
        let signed = self.signed_changes()?;
        let mut select = self.tx.prepare_cached(
            "SELECT hash, saved FROM document WHERE area = ?1 AND saved IS NOT NULL",
        )?;
        let mut rows = select.query([self.area])?;
        while let Some(row) = rows.next()? {
            verified.documents += 1;
            let id = DocumentId(row.get(0)?);
            let saved: Vec<u8> = row.get(1)?;
            match chunks::unpack(&saved) {
                Ok(chains) => {
                    let most = |actor: &Actor| signed.get(&(id, *actor)).copied().unwrap_or(0);
                    if chains.keys().any(|(actor, seq)| *seq > most(actor)) {
                        verified.report("verify.document", format!("{} {id}: foreign", self.code));
                    }
                }
                Err(error) => {
                    verified.report("verify.document", format!("{} {id}: {error}", self.code));
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
            let Some(signer) = self.authors.get(&row.get(1)?) else {
                continue;
            };
            let seq = ChainState::from_bytes(&state).map_or(0, |state| state.seq);
            signed.insert((id, Actor::of(&signer.key.0, id)), seq);
        }
        Ok(signed)
    }

    /// Order and received-at are the office's word: how far they are under its signature.
    fn statement(&self, verified: &mut Verified) -> Result<()> {
        let held = feed::read(self.tx, self.area)?;
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
            let office = self
                .authors
                .values()
                .find(|signer| signer.tag == claimed.office)?;
            let statement: Statement = signed.open(&office.key).ok()?;
            statement
                .areas
                .into_iter()
                .find(|said| said.area == *self.code)
        });
        // An office signs for others; its own feed is in its own hand.
        if meta::get(self.tx, Key::OrganisationSecret)?.is_some() {
            return Ok(());
        }
        match said {
            Some(said) if said.cursor == cursor => {}
            Some(said) if said.cursor.epoch == cursor.epoch => {
                let at = format!("{} {}", self.code, said.cursor.position + 1);
                verified.unproved("verify.order_unsigned", at);
            }
            _ => verified.unproved("verify.order_unsigned", format!("{} 1", self.code)),
        }
        Ok(())
    }
}

/// One segment against its hash, its author's key and the segment before it.
fn check(
    row: &Row,
    signer: &Signer,
    bytes: &[u8],
    last: Option<(u64, SegmentHash)>,
    at: &str,
    verified: &mut Verified,
) {
    if hash_of(bytes) != row.hash {
        verified.report("verify.hash", at);
    }
    let segment = Segment::read(bytes)
        .ok()
        .or_else(|| Segment::read_header(bytes));
    if !segment
        .as_ref()
        .is_some_and(|segment| segment.is_signed_by(&signer.key))
    {
        verified.report("verify.signature", at);
    }
    let expected = (last.map_or(1, |(n, _)| n + 1), last.map(|(_, hash)| hash));
    let said = segment.map(|segment| (segment.header.n, segment.header.previous));
    if said != Some(expected) || row.n != expected.0 {
        verified.report("verify.chain", at);
    }
}

/// Rows against a rebuild, area by area and table by table.
fn rows(copy: &Connection, packs: &Packs, verified: &mut Verified) -> Result<()> {
    let areas = areas(copy)?;
    let sums = |tx: &Connection| -> Result<Vec<_>> {
        areas
            .iter()
            .map(|(_, code)| project::checksums(tx, code))
            .collect()
    };
    let before = sums(copy)?;
    if let Err(error) = project::rebuild(copy, &mut Directory::default(), packs) {
        verified.report("verify.rows", error);
        return Ok(());
    }
    let after = sums(copy)?;
    for ((_, code), (before, after)) in areas.iter().zip(before.iter().zip(&after)) {
        for (was, is) in before.iter().zip(after) {
            if was != is {
                verified.report("verify.rows", format!("{code} {}", was.table));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
