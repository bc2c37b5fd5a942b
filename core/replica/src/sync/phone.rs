//! The phone's half: an exchange, and what to make of a reply; its requests are `request`'s. Nothing is taken from a
//! reply before the whole of it is checked against the office's signature.

mod request;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use doorstep_model::feed::{AreaStatement, Cursor, FeedItem, Receipt, Signed, Statement};
use doorstep_model::grant::{Grant, Invitation, Proof};
use doorstep_model::ids::{AreaId, AuthorTag, SegmentHash};
use doorstep_model::keys::KeyPair;
use doorstep_model::wire::{
    self, AreaReply, BaselineAsk, Nonce, Notice, NoticeKind, Reply, ReplyOutcome, WIRE_VERSION,
};
use rusqlite::params;

use crate::baseline::{self, Took};
use crate::error::{Error, Result};
use crate::ingest::{self, Standing};
use crate::meta::{self, Key};
use crate::replica::{Me, Replica, Session};
use crate::seal;
use crate::store::sql_u64;
use crate::sync::item::take_item;
use crate::sync::{epoch, feed, peer, succession};

use request::{has_unsent, next_request};
pub(crate) use request::{proof_for, subscribed};

/// Entries that one slice of a long reply writes at most: keeps the writer free for taps.
const SLICE: usize = 400;

/// Requests in a row that bring nothing new before an exchange gives up.
const IDLE_MAX: u32 = 4;

/// How often the office may ask for a statement before it is plain that the one it was shown proves
/// nothing. Once is too few: a reply may come twice.
const STATED_MAX: u32 = 2;

/// How an exchange stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send these bytes to the office and give its reply to the next step.
    Send(Vec<u8>),
    /// Nothing is left to exchange.
    Done(Summary),
}

/// What an exchange brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Own segments that the office confirmed.
    pub confirmed: u64,
    /// Segments of others that came.
    pub received: u64,
    /// Round trips made.
    pub round_trips: u32,
    /// Bytes sent and received, without HTTP.
    pub bytes: (u64, u64),
    /// What the office said about segments: code, author, number.
    pub notices: Vec<(String, AuthorTag, u64)>,
    /// Set when the office takes pushes only for now, or refuses this author: a code to show.
    pub limited: Option<&'static str>,
}

/// One exchange with the office, kept in memory between its steps. A new one may begin at any time:
/// everything it needs is in the store.
#[derive(Debug, Default)]
pub struct Exchange {
    answer: Option<Nonce>,
    /// Per area: own and relayed segments that this exchange has sent.
    sent: BTreeSet<(AreaId, AuthorTag, u64)>,
    wants_statement: BTreeSet<AreaId>,
    /// How often the office asked for an area's last statement.
    stated: BTreeMap<AreaId, u32>,
    chain_sent: BTreeSet<AreaId>,
    idle: u32,
    summary: Summary,
    /// What the last request pushed.
    pushed: usize,
    /// What the last request asked of a baseline.
    baseline: Option<BaselineAsk>,
    /// Segments kept aside that the last request carried: author and number.
    told: Vec<(AuthorTag, u64)>,
    /// Areas that the office has no baseline of.
    item_by_item: BTreeSet<AreaId>,
    /// Areas whose baseline was begun anew in this exchange.
    begun_again: BTreeSet<AreaId>,
}

/// An invitation whose grant its organisation signed.
pub(crate) fn opened(text: &str) -> Result<(Invitation, Grant)> {
    let invitation = Invitation::from_text(text);
    let invitation = invitation.map_err(|_| Error::refused("enrol.unreadable"))?;
    let grant = invitation.open();
    let grant = grant.map_err(|_| Error::refused("enrol.bad_signature"))?;
    Ok((invitation, grant))
}

impl Replica {
    /// Enrols this replica with the text of an invitation. Works without signal.
    ///
    /// # Errors
    /// [`Error::Refused`] with `enrol.unreadable`, `enrol.bad_signature`, or `enrol.already`.
    pub fn enrol(&self, text: &str) -> Result<()> {
        let (invitation, grant) = opened(text)?;
        self.write(|session| {
            if session.me.is_some() {
                return Err(Error::refused("enrol.already"));
            }
            let key = KeyPair::generate(session.rng);
            let proof = Proof::Granted {
                key: key.public(),
                grant: invitation.grant.clone(),
            };
            let author =
                session
                    .door
                    .directory
                    .admit_author(session.door.tx, &proof, &grant, None)?;
            meta::set(session.tx(), Key::Organisation, &invitation.organisation.0)?;
            meta::set(session.tx(), Key::OwnSecret, &key.secret())?;
            let address = minicbor::to_vec((&invitation.addresses, invitation.transport_key))
                .expect("addresses always encode");
            meta::set(session.tx(), Key::OfficeAddress, &address)?;
            if let Some(to) = &invitation.seal_to {
                meta::set(session.tx(), Key::SealTo, &to.to_bytes())?;
            }
            *session.organisation = Some(invitation.organisation);
            let area = grant.area.clone();
            session.become_author(Me {
                author,
                tag: key.public().tag(),
                key,
                grant,
                proof,
            });
            session
                .door
                .directory
                .area(session.door.tx, &AreaId::organisation())?;
            seal::seal_proof(session, &area)?;
            Ok(())
        })
    }

    /// Also holds this area's feed: for a phone whose grant covers several.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn subscribe(&self, area: &AreaId) -> Result<()> {
        self.write(|session| {
            let id = session.door.directory.area(session.door.tx, area)?;
            session
                .tx()
                .prepare_cached("UPDATE area SET subscribed = 1 WHERE id = ?1")?
                .execute([id])?;
            Ok(())
        })
    }

    /// One step of an exchange. Without a reply it begins: everything pending is sealed and the first
    /// request comes back. The host sends each request to the office and gives the reply to the
    /// next step, until [`Step::Done`]. A lost reply costs nothing but the way: begin again.
    ///
    /// # Errors
    /// [`Error::Peer`] for a reply that is not this office's word: nothing of it was taken.
    pub fn sync_step(&self, exchange: &mut Exchange, reply: Option<&[u8]>) -> Result<Step> {
        if let Some(bytes) = reply {
            exchange.summary.bytes.1 += bytes.len() as u64;
            let reply: Reply =
                wire::from_wire(bytes).map_err(|error| Error::Peer(error.to_string()))?;
            if !self.take_reply(exchange, reply)? {
                return Ok(Step::Done(exchange.summary.clone()));
            }
        } else {
            self.write(|session| {
                succession::if_due(session)?;
                seal::seal(session)
            })?;
            // What a last exchange had brought before the process ended.
            self.import_baseline(exchange)?;
        }
        let request = self.write(|session| next_request(session, exchange))?;
        let bytes = wire::to_wire(&request);
        exchange.summary.round_trips += 1;
        exchange.summary.bytes.0 += bytes.len() as u64;
        Ok(Step::Send(bytes))
    }

    /// Takes a reply in. Returns whether another request should follow.
    fn take_reply(&self, exchange: &mut Exchange, reply: Reply) -> Result<bool> {
        if reply.version != WIRE_VERSION {
            return Err(Error::Peer(format!("a reply of version {}", reply.version)));
        }
        match reply.outcome {
            ReplyOutcome::Done => exchange.summary.limited = None,
            ReplyOutcome::PushOnly => exchange.summary.limited = Some("sync.push_only"),
            ReplyOutcome::UnknownAuthor => exchange.summary.limited = Some("sync.unknown_author"),
            ReplyOutcome::WrongOrganisation => {
                exchange.summary.limited = Some("sync.wrong_organisation");
                return Ok(false);
            }
            ReplyOutcome::Unreadable => {
                exchange.summary.limited = Some("sync.unreadable");
                return Ok(false);
            }
            ReplyOutcome::Challenge => {
                exchange.idle += 1;
                exchange.answer = reply.nonce;
                exchange.sent.clear();
                exchange.chain_sent.clear();
                return Ok(exchange.idle < IDLE_MAX && exchange.answer.is_some());
            }
        }
        exchange.answer = None;
        let mut moved = self.write(|session| take_head(session, exchange, &reply))?;
        let before = (exchange.summary.confirmed, exchange.summary.received);
        if let Some(signed) = &reply.statement {
            self.take_statement(exchange, signed, &reply)?;
        }
        moved |= self.take_baseline(exchange, &reply)?;
        moved |= self.write(|session| heed(session, exchange, &reply))?;
        let progressed = moved || before != (exchange.summary.confirmed, exchange.summary.received);
        exchange.idle = if progressed { 0 } else { exchange.idle + 1 };
        let more = reply
            .areas
            .iter()
            .any(|area| area.more || area.wants_statement)
            || reply.areas.iter().any(|area| area.epoch.is_some())
            || moved;
        let left = exchange.pushed > 0 && self.write(|session| has_unsent(session, exchange))?;
        Ok((more || left) && exchange.idle < IDLE_MAX)
    }

    /// Takes in what came of a baseline, and imports what is complete. Returns whether anything came.
    fn take_baseline(&self, exchange: &mut Exchange, reply: &Reply) -> Result<bool> {
        let Some(ask) = exchange.baseline.take() else {
            return Ok(false);
        };
        let Some(part) = &reply.baseline else {
            exchange.item_by_item.insert(ask.area);
            return Ok(false);
        };
        let took = self.write(|session| baseline::take_part(session, &ask, part))?;
        self.import_baseline(exchange)?;
        if took == Took::Again && !exchange.begun_again.insert(ask.area.clone()) {
            // The office goes on to newer ones faster than they come.
            exchange.item_by_item.insert(ask.area);
        }
        Ok(took != Took::Nothing)
    }

    /// Imports what is complete of baselines, in slices. One that does not hold is given up for the
    /// feed.
    fn import_baseline(&self, exchange: &mut Exchange) -> Result<()> {
        loop {
            match self.write_slice(baseline::import_slice) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(Error::Peer(why)) => {
                    tracing::warn!(why, "a baseline does not hold");
                    exchange.item_by_item.extend(self.write(baseline::give_up)?);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes in what the office signed: receipts, cursors and the items between them.
    fn take_statement(
        &self,
        exchange: &mut Exchange,
        signed: &Signed,
        reply: &Reply,
    ) -> Result<()> {
        let statement = self.write(|session| open_statement(session, signed))?;
        for said in &statement.areas {
            let items: &[FeedItem] = reply
                .areas
                .iter()
                .find(|area| area.area == said.area)
                .map_or(&[], |area| area.items.as_slice());
            self.take_area(exchange, signed, said, items)?;
        }
        Ok(())
    }

    /// Takes one area's news, in slices: a waiting tap goes first between two.
    fn take_area(
        &self,
        exchange: &mut Exchange,
        signed: &Signed,
        said: &AreaStatement,
        items: &[FeedItem],
    ) -> Result<()> {
        let news = self.write(|session| check_news(session, said, items))?;
        let mut rest = news.as_slice();
        loop {
            rest = self.write_slice(|session| {
                let mut entries = 0;
                for (at, one) in rest.iter().enumerate() {
                    entries += take_one(session, said, one)?;
                    match one {
                        News::Mine { .. } => exchange.summary.confirmed += 1,
                        News::Item { .. } => exchange.summary.received += 1,
                    }
                    if entries >= SLICE && at + 1 < rest.len() {
                        return Ok(&rest[at + 1..]);
                    }
                }
                // With the last item, so that no cursor of ours is without its proof.
                keep_statement(session, signed, said)?;
                Ok(&rest[rest.len()..])
            })?;
            if rest.is_empty() {
                return Ok(());
            }
        }
    }
}

/// Keeps what the office signed about the place where this replica is now, and the receipts for
/// segments whose places come later. What it signed about an earlier place came late.
fn keep_statement(session: &mut Session<'_>, signed: &Signed, said: &AreaStatement) -> Result<()> {
    for receipt in &said.receipts {
        confirm_early(session, said, receipt)?;
    }
    let area = session.door.directory.area(session.door.tx, &said.area)?;
    session
        .tx()
        .prepare_cached(
            "UPDATE area SET statement = ?2, backed_up = ?3, synced_at = ?4, epoch = ?5 \
             WHERE id = ?1 AND position = ?6",
        )?
        .execute(params![
            area,
            signed.0,
            sql_u64(said.backed_up),
            session.now,
            said.cursor.epoch.0,
            sql_u64(said.cursor.position)
        ])?;
    Ok(())
}

/// One position of the feed that is new here.
enum News<'a> {
    /// A segment that is here already gets its place.
    Mine {
        row: i64,
        cursor: Cursor,
        receipt: &'a Receipt,
    },
    /// A segment comes with it.
    Item { cursor: Cursor, item: &'a FeedItem },
}

/// What concerns no single area: ticket, office, epochs.
fn take_head(session: &mut Session<'_>, exchange: &mut Exchange, reply: &Reply) -> Result<bool> {
    // Whoever must first follow or prove had nothing taken from it: told again, with the rest.
    let nothing_taken = |area: &AreaReply| area.epoch.is_some() || area.wants_statement;
    if reply.areas.iter().any(nothing_taken) {
        exchange.told.clear();
    }
    // A request that told what is kept aside asked for no items: another asks for them.
    let mut moved = !exchange.told.is_empty();
    for (author, n) in &exchange.told {
        peer::told(session, *author, *n)?;
    }
    if let Some(ticket) = &reply.ticket {
        meta::set(session.tx(), Key::Ticket, &ticket.0)?;
    }
    if let Some(proof) = &reply.office {
        let grant = proof
            .open(&session.organisation()?)
            .map_err(|_| Error::Peer("the office shows no grant of this organisation".into()))?;
        if !grant.office {
            return Err(Error::Peer("who answers is no office".into()));
        }
        session
            .door
            .directory
            .admit_author(session.door.tx, proof, &grant, None)?;
        meta::set(session.tx(), Key::Office, proof.key().tag().as_bytes())?;
    }
    if let Some(grant) = &reply.grant {
        moved |= take_grant(session, &grant.0)?;
    }
    for area in &reply.areas {
        if area.wants_statement {
            moved = true;
            exchange.sent.retain(|(of, ..)| *of != area.area);
            let asked = exchange.stated.entry(area.area.clone()).or_default();
            *asked += 1;
            if *asked > STATED_MAX {
                // Its signature proved nothing: this replica alone begins the feed anew.
                feed::begin_anew(session, &area.area)?;
            } else {
                exchange.wants_statement.insert(area.area.clone());
            }
        }
        if let Some(signed) = &area.epoch {
            moved |= epoch::follow(session, &area.area, signed)?;
            exchange.sent.clear();
            exchange.chain_sent.remove(&area.area);
        }
    }
    Ok(moved)
}

/// What to do about notices, once what the office confirmed beside them is confirmed here: only the
/// rest goes on under a new author.
fn heed(session: &mut Session<'_>, exchange: &mut Exchange, reply: &Reply) -> Result<bool> {
    let mut moved = false;
    for area in &reply.areas {
        for notice in &area.notices {
            exchange
                .summary
                .notices
                .push((notice.code.clone(), notice.author, notice.n));
            let mine = session.me()?.tag == notice.author;
            // Said of the one that is kept aside here, not of its twin in the chain.
            let of_aside = exchange.told.contains(&(notice.author, notice.n));
            match notice.kind {
                NoticeKind::Forked | NoticeKind::Restart | NoticeKind::Ended if mine => {
                    let bad =
                        (notice.kind == NoticeKind::Restart).then(|| (area.area.clone(), notice.n));
                    if may_succeed(&notice.code) {
                        succession::go_on_as_new(session, bad.as_ref())?;
                        exchange.sent.clear();
                        moved = true;
                    }
                }
                NoticeKind::Forked
                | NoticeKind::Restart
                | NoticeKind::Ended
                | NoticeKind::Refused
                    if !mine && !of_aside =>
                {
                    set_other_aside(session, &area.area, notice)?;
                }
                NoticeKind::Held
                | NoticeKind::Gap
                | NoticeKind::Wait
                | NoticeKind::Refused
                | NoticeKind::Forked
                | NoticeKind::Restart
                | NoticeKind::Ended => {}
            }
        }
    }
    if meta::get(session.tx(), Key::MustSucceed)?.is_some() {
        succession::if_due(session)?;
        moved = true;
    }
    Ok(moved)
}

/// A segment of somebody else that this replica carried and the office does not take: it waits in the
/// quarantine store and is offered again only to an office that was restored.
fn set_other_aside(session: &mut Session<'_>, area: &AreaId, notice: &Notice) -> Result<()> {
    let author = session
        .door
        .directory
        .author_by_tag(session.door.tx, notice.author)?
        .map(|author| author.id);
    let Some(author) = author else { return Ok(()) };
    ingest::withdraw(session, area, author, notice.n, &notice.code)?;
    peer::told(session, notice.author, notice.n)
}

/// Works under a newer grant from now on, and shows it. One of another key is no business of ours.
fn take_grant(session: &mut Session<'_>, bytes: &[u8]) -> Result<bool> {
    let me = session.me()?.clone();
    if me.proof.grant() == bytes {
        return Ok(false);
    }
    let proof = me.proof.regranted(bytes.to_vec());
    let Ok(grant) = proof.open(&session.organisation()?) else {
        return Ok(false);
    };
    session
        .door
        .directory
        .admit_author(session.door.tx, &proof, &grant, None)?;
    let area = grant.area.clone();
    *session.me = Some(Arc::new(Me { grant, proof, ..me }));
    // What is pending was done under either grant: it is judged by its time.
    seal::seal(session)?;
    seal::seal_proof(session, &area)?;
    Ok(true)
}

/// A revoked author does not go on as another: its person asks the clerk.
fn may_succeed(code: &str) -> bool {
    code != "held.revoked"
}

fn open_statement(session: &mut Session<'_>, signed: &Signed) -> Result<Statement> {
    let wrong = || Error::Peer("the statement is not signed by an office".into());
    let claimed: Statement = signed.claims().map_err(|_| wrong())?;
    let office = session
        .door
        .directory
        .author_by_tag(session.door.tx, claimed.office)?
        .filter(|author| author.office)
        .ok_or_else(wrong)?;
    let statement: Statement = signed.open(&office.key).map_err(|_| wrong())?;
    if statement.organisation != session.organisation_id()? {
        return Err(wrong());
    }
    Ok(statement)
}

/// Hashes the news onto the own cursor: the result must be the signed one. Writes nothing.
fn check_news<'a>(
    session: &mut Session<'_>,
    said: &'a AreaStatement,
    items: &'a [FeedItem],
) -> Result<Vec<News<'a>>> {
    let area = session.door.directory.area(session.door.tx, &said.area)?;
    let held = feed::read(session.tx(), area)?;
    let mut cursor = held.cursor.unwrap_or(Cursor::start(said.cursor.epoch));
    if cursor.epoch != said.cursor.epoch {
        return Err(Error::Peer("the statement is of another epoch".into()));
    }
    let behind = said.cursor.position < cursor.position;
    if behind && feed::hash_at(session.tx(), area, said.cursor.position)? == Some(said.cursor.hash)
    {
        // An older reply that comes after a newer one: all of it is here.
        return Ok(Vec::new());
    }
    let mut by_position: BTreeMap<u64, News<'a>> = BTreeMap::new();
    for item in items {
        by_position.insert(item.position, News::Item { cursor, item });
    }
    for receipt in &said.receipts {
        if receipt.position <= cursor.position {
            continue;
        }
        let author = session
            .door
            .directory
            .author_by_tag(session.door.tx, receipt.author)?
            .map(|a| a.id);
        let here = match author {
            Some(author) => ingest::find(session.tx(), area, author, receipt.n)?,
            None => None,
        };
        let Some((row, ..)) = here else {
            if receipt.position > said.cursor.position {
                continue;
            }
            return Err(Error::Peer(
                "a receipt for a segment that is not here".into(),
            ));
        };
        by_position.insert(
            receipt.position,
            News::Mine {
                row,
                cursor,
                receipt,
            },
        );
    }
    let mut news = Vec::new();
    for (position, one) in by_position {
        if position <= cursor.position || position > said.cursor.position {
            continue;
        }
        if position != cursor.position + 1 {
            return Err(Error::Peer("the feed has a hole".into()));
        }
        let one = match one {
            News::Mine { row, receipt, .. } => {
                let hash: [u8; 32] = session
                    .tx()
                    .prepare_cached("SELECT hash FROM segment WHERE id = ?1")?
                    .query_row([row], |row| row.get(0))?;
                cursor = cursor.advanced(&SegmentHash(hash), &receipt.arrival);
                News::Mine {
                    row,
                    cursor,
                    receipt,
                }
            }
            News::Item { item, .. } => {
                let hash = doorstep_model::segment::hash_of(&item.segment);
                cursor = cursor.advanced(&hash, &item.arrival);
                News::Item { cursor, item }
            }
        };
        news.push(one);
    }
    if cursor != said.cursor {
        return Err(Error::Peer("items and cursor do not fit".into()));
    }
    Ok(news)
}

/// Takes one position of the feed. Returns how many entries it touched.
fn take_one(session: &mut Session<'_>, said: &AreaStatement, news: &News<'_>) -> Result<usize> {
    let area = session.door.directory.area(session.door.tx, &said.area)?;
    let (cursor, arrival) = match news {
        News::Mine {
            row,
            cursor,
            receipt,
        } => {
            let at = Standing {
                position: cursor.position,
                arrival: &receipt.arrival,
                feed_hash: cursor.hash.0,
            };
            ingest::place(session, *row, &at)?;
            (cursor, &receipt.arrival)
        }
        News::Item { cursor, item } => {
            let at = Standing {
                position: cursor.position,
                arrival: &item.arrival,
                feed_hash: cursor.hash.0,
            };
            take_item(session, &item.segment, &at)?;
            (cursor, &item.arrival)
        }
    };
    feed::advance(session.tx(), area, cursor, arrival.received_at)?;
    let entries: i64 = session
        .tx()
        .prepare_cached(
            "SELECT count(*) FROM sealed WHERE within = \
             (SELECT id FROM segment WHERE area = ?1 AND position = ?2)",
        )?
        .query_row(params![area, sql_u64(cursor.position)], |row| row.get(0))?;
    Ok(usize::try_from(entries).unwrap_or(0))
}

/// A receipt for a segment whose place in the feed is not reached yet: it is on the office's disk,
/// its times are fixed; its position comes with the feed. What an earlier epoch had fixed stays until
/// then: the item comes with the entry that dates it.
fn confirm_early(session: &mut Session<'_>, said: &AreaStatement, receipt: &Receipt) -> Result<()> {
    let area = session.door.directory.area(session.door.tx, &said.area)?;
    let Some(author) = session
        .door
        .directory
        .author_by_tag(session.door.tx, receipt.author)?
        .map(|a| a.id)
    else {
        return Ok(());
    };
    let Some((row, _, None)) = ingest::find(session.tx(), area, author, receipt.n)? else {
        return Ok(());
    };
    let fixed: bool = session
        .tx()
        .prepare_cached("SELECT received_at IS NOT NULL FROM segment WHERE id = ?1")?
        .query_row([row], |row| row.get(0))?;
    if fixed {
        return Ok(());
    }
    ingest::confirm(session, row, &receipt.arrival)
}
