//! Two phones side by side: each tells how far it has come with every author, and gives what the other
//! lacks, byte for byte. Sans-IO: the host moves the bytes through whatever pipe there is. What is
//! given is judged as if no office existed; it stays provisional until the feed has it.

use std::collections::BTreeSet;

use doorstep_model::grant::{Grant, Proof};
use doorstep_model::ids::{AreaId, AuthorTag, SegmentHash};
use doorstep_model::peer::{AreaTips, Hello, PEER_VERSION, PeerMessage, next_frame, to_frame};
use doorstep_model::segment::{MAJOR, Segment};
use doorstep_model::wire::{OwnTip, SegmentBytes};
use rand_core::Rng;
use rusqlite::params;

use crate::baseline;
use crate::compact::Archive;
use crate::directory::Author;
use crate::error::{Error, Result};
use crate::ingest::{self, VettedSegment};
use crate::meta::{self, Key};
use crate::replica::{Replica, Session};
use crate::seal;
use crate::store::{column, counter, sql_u64};
use crate::sync::{PIECE, succession, take};

/// Segments that a phone tells it keeps aside, at most; the newest.
const ASIDE_MAX: i64 = 4_096;

/// Segments of a message that one slice takes in.
const SLICE: usize = 8;

/// What an exchange with a peer brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PeerSummary {
    /// Segments given, those kept aside included.
    pub given: u64,
    /// Segments taken: provisional until the office's feed has them.
    pub taken: u64,
    /// Segments kept aside: a gap, another branch, a failed vetting, or aside at the peer as well.
    pub aside: u64,
    /// Segments thrown away: unreadable, unsigned, of nobody with a grant of this organisation.
    pub refused: u64,
}

/// One exchange with another phone, kept in memory between its steps. A cut costs nothing but the
/// way: begin again.
#[derive(Debug, Default)]
pub struct PeerExchange {
    pipe: Vec<u8>,
    own: Option<Hello>,
    peer: Option<Hello>,
    answered: bool,
    /// The peer has proved that it holds the key of its hello.
    verified: bool,
    give: Vec<i64>,
    give_aside: Vec<i64>,
    done: bool,
    peer_done: bool,
    summary: PeerSummary,
}

impl PeerExchange {
    /// Whether both have nothing more to say.
    pub fn is_done(&self) -> bool {
        self.done && self.peer_done
    }

    /// What it has brought so far.
    pub fn summary(&self) -> &PeerSummary {
        &self.summary
    }

    /// Takes what came through the pipe, in any portions, and returns what to send. Who begins calls
    /// it with `None` once. Nothing to send means that the peer's words are awaited, or that the
    /// exchange [is done](PeerExchange::is_done).
    ///
    /// # Errors
    /// [`Error::Refused`] with `peer.other_organisation` or `peer.not_a_member`; [`Error::Peer`] for
    /// bytes that are no conversation of ours. What was taken before stays.
    pub fn step(&mut self, replica: &Replica, incoming: Option<&[u8]>) -> Result<Option<Vec<u8>>> {
        if self.own.is_none() {
            self.own = Some(replica.write(say_hello)?);
            if incoming.is_none() {
                let message = PeerMessage {
                    hello: self.own.clone(),
                    ..PeerMessage::default()
                };
                return Ok(Some(to_frame(&message)));
            }
        }
        self.pipe.extend_from_slice(incoming.unwrap_or_default());
        let mut out = Vec::new();
        while !self.is_done() {
            let next = next_frame(&mut self.pipe);
            let Some(message) = next.map_err(|error| Error::Peer(error.to_string()))? else {
                break;
            };
            if let Some(reply) = self.converse(replica, message)? {
                out.extend_from_slice(&to_frame(&reply));
            }
        }
        Ok((!out.is_empty()).then_some(out))
    }

    fn converse(&mut self, replica: &Replica, message: PeerMessage) -> Result<Option<PeerMessage>> {
        let Some(own) = self.own.clone() else {
            return Ok(None);
        };
        let mut reply = PeerMessage::default();
        if let Some(hello) = message.hello {
            if hello.version != PEER_VERSION {
                return Err(Error::Peer(format!("a peer of version {}", hello.version)));
            }
            if hello.organisation != own.organisation {
                return Err(Error::refused("peer.other_organisation"));
            }
            if message.answer.is_none() {
                // The peer began: it has not heard our hello yet.
                reply.hello = Some(own.clone());
            }
            self.peer = Some(hello);
        }
        let Some(peer) = self.peer.clone() else {
            return Err(Error::Peer("a peer that does not say who it is".into()));
        };
        if let Some(answer) = &message.answer {
            if !peer.is_answered(&own.nonce, answer) {
                return Err(Error::refused("peer.not_a_member"));
            }
            let lacks = replica.write(|session| lacks(session, &peer))?;
            (self.give, self.give_aside) =
                lacks.ok_or_else(|| Error::refused("peer.not_a_member"))?;
            self.verified = true;
        }
        if self.verified {
            self.take(replica, &message.segments, false)?;
            self.take(replica, &message.aside, true)?;
            self.peer_done = message.done;
        }
        if self.is_done() {
            return Ok(None);
        }
        if !self.answered {
            self.answered = true;
            let key = replica.write(|session| Ok(session.me()?.key.clone()))?;
            reply.answer = Some(own.answer(&peer.nonce, &key));
        }
        if self.verified {
            self.fill(replica, &mut reply)?;
        }
        Ok(Some(reply))
    }

    /// Puts as much into a message as fits a piece.
    fn fill(&mut self, replica: &Replica, message: &mut PeerMessage) -> Result<()> {
        let tx = replica.reader()?;
        let mut archive = Archive::default();
        let mut bytes = 0;
        while bytes < PIECE
            && let Some(row) = self.give.pop()
        {
            let segment = archive.segment(&tx, row)?;
            bytes += segment.len();
            message.segments.push(SegmentBytes(segment));
            self.summary.given += 1;
        }
        while bytes < PIECE
            && let Some(row) = self.give_aside.pop()
        {
            let segment = ingest::quarantined(&tx, row)?;
            bytes += segment.len();
            message.aside.push(SegmentBytes(segment));
            self.summary.given += 1;
        }
        message.done = self.give.is_empty() && self.give_aside.is_empty();
        self.done = message.done;
        Ok(())
    }

    fn take(&mut self, replica: &Replica, segments: &[SegmentBytes], aside: bool) -> Result<()> {
        for slice in segments.chunks(SLICE) {
            let fates = replica.write_slice(|session| {
                let fates = slice
                    .iter()
                    .map(|segment| take_one(session, &segment.0, aside));
                fates.collect::<Result<Vec<_>>>()
            })?;
            for fate in fates {
                match fate {
                    Fate::Known => {}
                    Fate::Taken => self.summary.taken += 1,
                    Fate::Aside => self.summary.aside += 1,
                    Fate::Refused => self.summary.refused += 1,
                }
            }
        }
        Ok(())
    }
}

fn say_hello(session: &mut Session<'_>) -> Result<Hello> {
    succession::if_due(session)?;
    seal::seal(session)?;
    let mut nonce = [0; 16];
    session.rng.fill_bytes(&mut nonce);
    let mut areas = Vec::new();
    for (area, code) in held_areas(session)? {
        areas.push(AreaTips {
            area: code,
            tips: tips(session, area)?,
        });
    }
    let aside: Vec<[u8; 32]> = column(
        session.door.tx,
        "SELECT hash FROM quarantine ORDER BY id DESC LIMIT ?1",
        [ASIDE_MAX],
    )?;
    Ok(Hello {
        version: PEER_VERSION,
        organisation: session.organisation_id()?,
        proof: session.me()?.proof.clone(),
        nonce,
        areas,
        aside: aside.iter().flat_map(|hash| hash[..8].to_vec()).collect(),
    })
}

/// The areas that this phone holds, but for those whose baseline is still on its way.
fn held_areas(session: &mut Session<'_>) -> Result<Vec<(i64, AreaId)>> {
    let mut held = Vec::new();
    for (area, code) in crate::sync::phone::subscribed(session)? {
        if !baseline::is_taking(session.tx(), area)? {
            held.push((area, code));
        }
    }
    Ok(held)
}

fn tips(session: &Session<'_>, area: i64) -> Result<Vec<(AuthorTag, OwnTip)>> {
    let mut select = session.door.tx.prepare_cached(
        "SELECT a.tag, c.n, c.hash FROM chain c JOIN author a ON a.id = c.author \
         WHERE c.area = ?1 AND c.n > 0 AND c.hash IS NOT NULL ORDER BY a.tag",
    )?;
    let rows = select.query_map([area], |row| {
        let tip = OwnTip::new(counter(row.get(1)?), &SegmentHash(row.get(2)?));
        Ok((AuthorTag(row.get(0)?), tip))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The segments that the peer lacks, and those aside that it does not know, the next one last. `None`
/// when it has no business here.
fn lacks(session: &mut Session<'_>, peer: &Hello) -> Result<Option<(Vec<i64>, Vec<i64>)>> {
    let Ok(grant) = peer.proof.open(&session.organisation()?) else {
        return Ok(None);
    };
    let tag = peer.proof.key().tag();
    let known = session.door.directory.author_by_tag(session.door.tx, tag)?;
    if known.is_some_and(|known| known.key != peer.proof.key()) {
        return Ok(None);
    }
    let revoked = known.is_some_and(|known| known.revoked_at.is_some());
    if revoked || session.now > grant.expires {
        // It may hand in, and reads nothing.
        return Ok(Some((Vec::new(), Vec::new())));
    }
    let mut give = Vec::new();
    let mut readable = BTreeSet::new();
    for (area, code) in held_areas(session)? {
        let Some(theirs) = peer.areas.iter().find(|tips| tips.area == code) else {
            continue;
        };
        if code == AreaId::organisation() || crate::sync::judge::covers(session, &grant, &code)? {
            readable.insert(code.as_str().to_owned());
            lacks_of(session, area, theirs, &mut give)?;
        }
    }
    give.reverse();
    let mut aside = Vec::new();
    let known: BTreeSet<&[u8]> = peer.aside.chunks_exact(8).collect();
    let mut select = session
        .door
        .tx
        .prepare_cached("SELECT id, area, hash FROM quarantine ORDER BY id DESC LIMIT ?1")?;
    let mut rows = select.query([ASIDE_MAX])?;
    while let Some(row) = rows.next()? {
        let (area, hash): (String, [u8; 32]) = (row.get(1)?, row.get(2)?);
        if readable.contains(&area) && !known.contains(&hash[..8]) {
            aside.push(row.get(0)?);
        }
    }
    Ok(Some((give, aside)))
}

fn lacks_of(
    session: &Session<'_>,
    area: i64,
    theirs: &AreaTips,
    give: &mut Vec<i64>,
) -> Result<()> {
    let mut select = session.door.tx.prepare_cached(
        "SELECT s.id, a.tag, s.n, s.hash, s.cut FROM segment s JOIN author a ON a.id = s.author \
         WHERE s.area = ?1 ORDER BY a.succession, s.author, s.n",
    )?;
    let mut rows = select.query([area])?;
    // An author of whom a segment cannot be given: what comes behind it would be a gap.
    let mut given_up = None;
    while let Some(row) = rows.next()? {
        let (tag, n) = (AuthorTag(row.get(1)?), counter(row.get(2)?));
        let hash: [u8; 32] = row.get(3)?;
        let tip = theirs
            .tips
            .iter()
            .find(|(theirs, _)| *theirs == tag)
            .map(|(_, tip)| *tip);
        // Another segment under their last number is a second branch: they get it to keep aside.
        let lacks = tip.is_none_or(|tip| n > tip.n || (n == tip.n && hash[..8] != tip.hash));
        if lacks && row.get(4)? {
            given_up = Some(tag);
        }
        if lacks && given_up != Some(tag) {
            give.push(row.get(0)?);
        }
    }
    Ok(())
}

/// What became of a segment that a peer gave.
enum Fate {
    Known,
    Taken,
    Aside,
    Refused,
}

fn take_one(session: &mut Session<'_>, bytes: &[u8], aside: bool) -> Result<Fate> {
    let (segment, readable) = match Segment::read(bytes) {
        Ok(segment) => (segment, true),
        Err(_) => match Segment::read_header(bytes) {
            Some(segment) => (segment, false),
            None => return Ok(Fate::Refused),
        },
    };
    let header = &segment.header;
    if header.organisation != session.organisation_id()? {
        return Ok(Fate::Refused);
    }
    let held = held_areas(session)?;
    let Some((area, _)) = held.into_iter().find(|(_, code)| *code == header.area) else {
        return Ok(Fate::Refused);
    };
    let Some(author) = signer(session, &segment)? else {
        return Ok(Fate::Refused);
    };
    if aside || !readable {
        return set_aside(session, &segment, "peer.aside");
    }
    chained(session, area, &segment, &author)
}

/// The author that signed a segment: known, or with a proof of this organisation. A second key under
/// a tag that is taken signs nothing.
fn signer(session: &mut Session<'_>, segment: &Segment<'_>) -> Result<Option<Author>> {
    let header = &segment.header;
    let known = session
        .door
        .directory
        .author_by_tag(session.door.tx, header.author)?;
    if let Some(author) = known.cloned() {
        return Ok(segment.is_signed_by(&author.key).then_some(author));
    }
    let Some(proof) = &header.proof else {
        return Ok(None);
    };
    if proof.key().tag() != header.author || !segment.is_signed_by(&proof.key()) {
        return Ok(None);
    }
    let Some(grant) = shown_grant(session, proof)? else {
        return Ok(None);
    };
    let id = session
        .door
        .directory
        .admit_author(session.door.tx, proof, &grant, None)?;
    Ok(Some(
        session.door.directory.author(session.door.tx, id)?.clone(),
    ))
}

fn shown_grant(session: &Session<'_>, proof: &Proof) -> Result<Option<Grant>> {
    Ok(proof.open(&session.organisation()?).ok())
}

/// A signed segment against its author's chain as it is here.
fn chained(
    session: &mut Session<'_>,
    area: i64,
    segment: &Segment<'_>,
    author: &Author,
) -> Result<Fate> {
    let header = &segment.header;
    let here = ingest::find(session.tx(), area, author.id, header.n)?;
    if here.is_some_and(|(_, hash, _)| hash == segment.hash()) {
        return Ok(Fate::Known);
    }
    if session.me()?.author == author.id {
        // Another device writes with our key.
        meta::set(session.tx(), Key::MustSucceed, b"cloned")?;
        return set_aside(session, segment, "peer.own_key");
    }
    let chain = seal::chain(session.tx(), area, author.id)?;
    if here.is_some() || (header.n == chain.n + 1 && header.previous != chain.hash) {
        return set_aside(session, segment, "peer.other_branch");
    }
    if chain.ended.is_some() {
        return set_aside(session, segment, "peer.ended");
    }
    if header.n > chain.n + 1 {
        return set_aside(session, segment, "peer.gap");
    }
    let opaque = header.version != MAJOR || ingest::is_opaque(session.tx(), area, author.id)?;
    let vetted = if opaque {
        VettedSegment::opaque()
    } else {
        match ingest::vet_new(session, author, segment)? {
            Ok(vetted) => vetted,
            Err(_) => return set_aside(session, segment, "peer.not_vetted"),
        }
    };
    ingest::admit(session, author, segment, &vetted, None)?;
    Ok(Fate::Taken)
}

/// Keeps a segment aside, for the office to judge: within the quota of its author.
fn set_aside(session: &mut Session<'_>, segment: &Segment<'_>, code: &str) -> Result<Fate> {
    let known: bool = session
        .tx()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM quarantine WHERE hash = ?1)")?
        .query_row([segment.hash().as_bytes()], |row| row.get(0))?;
    if known {
        return Ok(Fate::Known);
    }
    take::keep(session, segment, code)?;
    Ok(Fate::Aside)
}

impl Replica {
    /// The authors that are known by an invitation alone: no office has confirmed them yet. What they
    /// wrote is shown as provisional.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn provisional_authors(&self) -> Result<Vec<AuthorTag>> {
        let tx = self.reader()?;
        let organisation =
            meta::get_array::<32>(&tx, Key::Organisation)?.ok_or(Error::NotEnrolled)?;
        let organisation = doorstep_model::keys::PublicKey(organisation);
        let mut select = tx.prepare_cached(
            "SELECT a.tag, a.proof FROM author a WHERE NOT EXISTS \
             (SELECT 1 FROM segment s WHERE s.author = a.id AND s.received_at IS NOT NULL) \
             ORDER BY a.tag",
        )?;
        let mut rows = select.query([])?;
        let mut provisional = Vec::new();
        while let Some(row) = rows.next()? {
            let proof: Vec<u8> = row.get(1)?;
            let invited = minicbor::decode::<Proof>(&proof)
                .ok()
                .and_then(|proof| proof.open(&organisation).ok())
                .is_some_and(|grant| grant.author.is_none());
            if invited {
                provisional.push(AuthorTag(row.get(0)?));
            }
        }
        Ok(provisional)
    }
}

/// Segments aside that the office was not told of yet, but those that were written again by their own
/// device.
pub(crate) fn untold(session: &Session<'_>, area: &AreaId) -> Result<Vec<(i64, AuthorTag, u64)>> {
    let mut select = session.door.tx.prepare_cached(
        "SELECT id, author, n FROM quarantine WHERE area = ?1 AND told = 0 \
         AND code <> 'own.superseded' ORDER BY author, n",
    )?;
    let rows = select.query_map([area.as_str()], |row| {
        Ok((row.get(0)?, AuthorTag(row.get(1)?), counter(row.get(2)?)))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The office has answered a request with this segment: it is on its disk, or refused for good.
pub(crate) fn told(session: &Session<'_>, author: AuthorTag, n: u64) -> Result<()> {
    session
        .tx()
        .prepare_cached("UPDATE quarantine SET told = 1 WHERE author = ?1 AND n = ?2")?
        .execute(params![author.as_bytes(), sql_u64(n)])?;
    Ok(())
}

/// An office that lost something may have lost what it kept aside as well.
pub(crate) fn tell_again(session: &Session<'_>, area: &AreaId) -> Result<()> {
    session
        .tx()
        .prepare_cached("UPDATE quarantine SET told = 0 WHERE area = ?1")?
        .execute([area.as_str()])?;
    Ok(())
}

#[cfg(test)]
mod tests;
