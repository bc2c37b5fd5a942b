//! The office's half: a group of requests in, one transaction, replies out. Nothing is answered
//! before it is on the disk.

use doorstep_model::feed::{
    AreaStatement, Cursor, EpochStatement, FeedHash, Signed, Statement, trail_positions,
};
use doorstep_model::grant::{Grant, Proof};
use doorstep_model::ids::{AreaId, AuthorTag, EpochId, OrganisationId, SegmentHash};
use doorstep_model::keys::KeyPair;
use doorstep_model::role::Role;
use doorstep_model::segment::Segment;
use doorstep_model::wire::{
    self, Answer, AreaAsk, AreaReply, GrantBytes, Notice, Reply, ReplyOutcome, Request,
    StatementProof, TicketKey, WIRE_VERSION,
};
use rusqlite::{OptionalExtension, params};

use crate::error::{Error, Result, StoreProblem};
use crate::meta::{self, Key};
use crate::replica::{Me, Options, Replica, Session};
use crate::seal;
use crate::store::sql_u64;
use crate::sync::PIECE;
use crate::sync::feed::{self, Feed, Told};
use crate::sync::take::{self, Carrier, ChallengeFirst, Taken, place_own, publish};
use crate::sync::{epoch, judge, proof};

/// An office: a replica that orders the feeds of its areas.
pub struct Office {
    replica: Replica,
}

/// How long an office's own grant holds, seconds: as good as for ever; a new office author starts
/// with every epoch.
const OFFICE_TERM: i64 = 100 * 366 * 86_400;

impl Office {
    /// Makes a new organisation with this replica as its office.
    ///
    /// # Errors
    /// [`Error::Refused`] with `office.exists` when the folder holds an office already.
    pub fn create(options: Options) -> Result<Self> {
        let replica = Replica::open(options)?;
        let wall = replica.clock.wall();
        replica.write(|session| {
            if session.organisation.is_some() {
                return Err(Error::refused("office.exists"));
            }
            let organisation = KeyPair::generate(session.rng);
            meta::set(session.tx(), Key::Organisation, &organisation.public().0)?;
            meta::set(
                session.tx(),
                Key::OrganisationSecret,
                &organisation.secret(),
            )?;
            *session.organisation = Some(organisation.public());
            let mut secret = [0; 32];
            rand_core::Rng::fill_bytes(session.rng, &mut secret);
            meta::set(session.tx(), Key::TicketSecret, &secret)?;
            crate::bundle::make_key(session)?;
            new_office_author(session, wall)?;
            let area = AreaId::organisation();
            let row = seal::seal_proof(session, &area)?;
            place_own(session, row)
        })?;
        Ok(Self { replica })
    }

    /// Opens the office of a folder. A folder that was copied or put back notices by its marker, and
    /// starts a new epoch.
    ///
    /// # Errors
    /// [`Error::NotEnrolled`] when the folder holds no office.
    pub fn open(options: Options) -> Result<Self> {
        let office = Self {
            replica: Replica::open(options)?,
        };
        office.start()?;
        Ok(office)
    }

    /// An office on a replica that is open already.
    ///
    /// # Errors
    /// As [`Office::open`].
    pub fn on(replica: Replica) -> Result<Self> {
        let office = Self { replica };
        office.start()?;
        Ok(office)
    }

    fn start(&self) -> Result<()> {
        let wall = self.replica.clock.wall();
        self.replica.write(|session| {
            if meta::get(session.tx(), Key::OrganisationSecret)?.is_none() {
                return Err(Error::NotEnrolled);
            }
            session.now = wall;
            crate::bundle::make_key(session)?;
            if meta::get(session.tx(), Key::MustSucceed)?.is_some() {
                new_epochs(session)?;
            }
            // Sealed by a process that ended before it gave them positions.
            publish(session)
        })
    }

    /// The replica underneath, for queries.
    pub fn replica(&self) -> &Replica {
        &self.replica
    }

    /// Ends the office and gives its replica back.
    pub fn into_replica(self) -> Replica {
        self.replica
    }

    /// Writes entries of the office and publishes them, in one transaction.
    pub(crate) fn write<T>(&self, act: impl FnOnce(&mut Session<'_>) -> Result<T>) -> Result<T> {
        let wall = self.replica.clock.wall();
        self.replica.write(|session| {
            session.now = wall;
            let result = act(session)?;
            publish(session)?;
            Ok(result)
        })
    }

    /// As [`Office::write`], for a slice of long work: whoever waits goes first.
    pub(crate) fn write_slice<T>(
        &self,
        act: impl FnOnce(&mut Session<'_>) -> Result<T>,
    ) -> Result<T> {
        let wall = self.replica.clock.wall();
        self.replica.write_slice(|session| {
            session.now = wall;
            let result = act(session)?;
            publish(session)?;
            Ok(result)
        })
    }

    /// Answers a group of requests: one transaction, one fsync for all, replies in their order.
    ///
    /// # Errors
    /// [`Error::Store`] when nothing of the group could be kept: nobody is answered then.
    pub fn handle(&self, requests: &[Vec<u8>]) -> Result<Vec<Vec<u8>>> {
        let wall = self.replica.clock.wall();
        self.replica.write(|session| {
            session.now = wall;
            let mut replies = Vec::with_capacity(requests.len());
            for request in requests {
                let before = session.before();
                session.tx().execute_batch("SAVEPOINT request")?;
                let reply = match wire::from_wire::<Request>(request) {
                    Ok(request) => answer(session, &request)?,
                    Err(_) => Err(plain(ReplyOutcome::Unreadable)),
                };
                let reply = match reply {
                    Ok(reply) => {
                        session.tx().execute_batch("RELEASE request")?;
                        reply
                    }
                    Err(refusal) => {
                        session
                            .tx()
                            .execute_batch("ROLLBACK TO request; RELEASE request")?;
                        session.rolled_back(before);
                        refusal
                    }
                };
                replies.push(wire::to_wire(&reply));
            }
            Ok(replies)
        })
    }

    /// The clerk has looked at the authors of a restored office: phones are answered again.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn confirm_authors(&self) -> Result<()> {
        self.replica
            .write(|session| meta::remove(session.tx(), Key::Unconfirmed))
    }

    /// The clerk says that the office's clock is right: positions are given again for a day.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn confirm_clock(&self) -> Result<()> {
        let until = self.replica.clock.wall() + 86_400;
        self.replica
            .write(|session| meta::set(session.tx(), Key::ClockConfirmed, &until.to_be_bytes()))?;
        self.take_waiting()
    }

    /// Takes the segments that waited for the office's clock.
    fn take_waiting(&self) -> Result<()> {
        self.write(|session| {
            let waiting: Vec<Vec<u8>> = {
                let mut select = session.door.tx.prepare_cached(
                    "SELECT bytes FROM quarantine WHERE code LIKE 'clock.%' ORDER BY author, n",
                )?;
                select
                    .query_map([], |row| row.get(0))?
                    .collect::<rusqlite::Result<_>>()?
            };
            session
                .tx()
                .execute("DELETE FROM quarantine WHERE code LIKE 'clock.%'", [])?;
            let carrier = Carrier {
                author: None,
                clock: (doorstep_model::ids::BootId([0; 8]), 0),
                challenged: false,
            };
            for bytes in waiting {
                let _ = take::take(session, &bytes, &carrier, None)?;
            }
            Ok(())
        })
    }

    /// Every item up to where the feeds stand now is in a backup that is kept.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn backed_up(&self, positions: &[(AreaId, u64)]) -> Result<()> {
        self.replica.write(|session| {
            for (area, position) in positions {
                session
                    .tx()
                    .prepare_cached("UPDATE area SET backed_up = ?2 WHERE code = ?1")?
                    .execute(params![area.as_str(), sql_u64(*position)])?;
            }
            Ok(())
        })
    }
}

/// A reply that says nothing but how the request fared.
fn plain(outcome: ReplyOutcome) -> Reply {
    Reply {
        version: WIRE_VERSION,
        outcome,
        ticket: None,
        nonce: None,
        office: None,
        areas: Vec::new(),
        statement: None,
        grant: None,
        baseline: None,
    }
}

fn ticket_key(session: &Session<'_>) -> Result<TicketKey> {
    meta::get_array(session.tx(), Key::TicketSecret)?
        .map(TicketKey)
        .ok_or_else(|| Error::store(StoreProblem::Corrupt, "no ticket secret"))
}

/// Answers one request; `Err` is a reply for which nothing of the request may stay.
fn answer(session: &mut Session<'_>, request: &Request) -> Result<Result<Reply, Reply>> {
    if request.version != WIRE_VERSION {
        return Ok(Err(plain(ReplyOutcome::Unreadable)));
    }
    if request.organisation != session.organisation_id()? {
        return Ok(Err(plain(ReplyOutcome::WrongOrganisation)));
    }
    let tickets = ticket_key(session)?;
    let challenge = |session: &Session<'_>| Reply {
        nonce: Some(tickets.nonce(request.author, session.now)),
        ..plain(ReplyOutcome::Challenge)
    };
    let challenged = match &request.answer {
        None => false,
        Some(answer) => match answered(session, &tickets, request, answer)? {
            Answered::Yes => true,
            Answered::No => return Ok(Err(challenge(session))),
            Answered::Unknown => return Ok(Err(plain(ReplyOutcome::UnknownAuthor))),
        },
    };
    let ticketed = request
        .ticket
        .as_ref()
        .is_some_and(|ticket| tickets.accepts(request.author, ticket, session.now));
    if !challenged && !ticketed {
        return Ok(Err(challenge(session)));
    }
    let carrier = Carrier {
        author: Some(request.author),
        clock: request.clock,
        challenged,
    };
    match areas(session, request, &carrier)? {
        Ok(reply) => Ok(Ok(Reply {
            ticket: Some(tickets.ticket(request.author, session.now)),
            ..reply
        })),
        Err(ChallengeFirst) => Ok(Err(challenge(session))),
    }
}

enum Answered {
    Yes,
    No,
    Unknown,
}

/// Whether the answer to a challenge is the asking author's.
fn answered(
    session: &mut Session<'_>,
    tickets: &TicketKey,
    request: &Request,
    answer: &Answer,
) -> Result<Answered> {
    if !tickets.is_fresh(request.author, &answer.nonce, session.now) {
        return Ok(Answered::No);
    }
    let known = session
        .door
        .directory
        .author_by_tag(session.door.tx, request.author)?
        .map(|author| author.key);
    let key = match (known, &answer.proof) {
        (Some(key), _) => key,
        (None, Some(proof))
            if proof.key().tag() == request.author
                && proof.open(&session.organisation()?).is_ok() =>
        {
            proof.key()
        }
        (None, _) => return Ok(Answered::Unknown),
    };
    let message = Answer::message(&answer.nonce, request.clock);
    Ok(if key.verifies(&message, &answer.signature) {
        Answered::Yes
    } else {
        Answered::No
    })
}

/// What the asker may do here.
struct Rights {
    grant: Option<Grant>,
    may_read: bool,
}

fn rights(session: &mut Session<'_>, request: &Request) -> Result<Rights> {
    let organisation = session.organisation()?;
    let Some(author) = session
        .door
        .directory
        .author_by_tag(session.door.tx, request.author)?
    else {
        return Ok(Rights {
            grant: None,
            may_read: false,
        });
    };
    let author = author.clone();
    let grant = minicbor::decode::<Proof>(&author.proof)
        .ok()
        .and_then(|proof| proof.open(&organisation).ok());
    let may_read = match &grant {
        Some(grant) => {
            session.now <= grant.expires
                && judge::judge_author(session, &author, grant, session.now)?.is_none()
        }
        None => false,
    };
    Ok(Rights { grant, may_read })
}

/// Takes what is pushed and tells what is new, area by area.
fn areas(
    session: &mut Session<'_>,
    request: &Request,
    carrier: &Carrier,
) -> Result<Result<Reply, ChallengeFirst>> {
    let mut notices: Vec<Vec<Notice>> = Vec::with_capacity(request.areas.len());
    for ask in &request.areas {
        if let Some(proof) = &ask.statement {
            learn_loss(session, &ask.area, proof)?;
        }
        if let Some(chain) = &ask.chain {
            proof::learn(session, &ask.area, chain)?;
        }
    }
    // Before anything is taken: its clock is a witness of the office's.
    let known = record_contact(session, request)?;
    for ask in &request.areas {
        let mut of_area = Vec::new();
        // Whose cursor is not in this feed must first follow or prove: its segments come again then,
        // with what an earlier office had fixed about them.
        let taken = if stands_here(session, ask)? {
            ask.segments.as_slice()
        } else {
            &[]
        };
        for segment in taken {
            let proved = proof::of(session, &segment.0)?;
            match take::take(session, &segment.0, carrier, proved.as_ref())? {
                Ok(Taken::InFeed(notice)) => of_area.extend(notice),
                Ok(Taken::Aside(notice)) => of_area.push(notice),
                Err(first) => return Ok(Err(first)),
            }
        }
        notices.push(of_area);
    }
    if !known {
        record_contact(session, request)?;
    }
    let rights = rights(session, request)?;
    let push_only = meta::get(session.tx(), Key::Unconfirmed)?.is_some();
    let mut budget = request.budget.map_or(PIECE, |budget| {
        usize::try_from(budget).unwrap_or(PIECE).min(PIECE)
    });
    let mut replies = Vec::new();
    let mut statements = Vec::new();
    let mut baseline = None;
    for (ask, notices) in request.areas.iter().zip(notices) {
        let readable = rights.may_read
            && !push_only
            && match &rights.grant {
                Some(grant) => {
                    ask.area == AreaId::organisation() || judge::covers(session, grant, &ask.area)?
                }
                None => false,
            };
        let part = match &request.baseline {
            Some(wanted) if readable && wanted.area == ask.area => {
                let area = session.door.directory.area(session.door.tx, &ask.area)?;
                crate::baseline::part(session.tx(), area, wanted)?
            }
            _ => None,
        };
        let told = readable && part.is_none() && ask.only_push != Some(true);
        baseline = baseline.or(part);
        let (reply, statement) = tell(session, request, ask, notices, told, &mut budget)?;
        replies.extend(reply);
        statements.extend(statement);
    }
    let me = session.me()?.clone();
    let statement = (!statements.is_empty()).then(|| {
        let statement = Statement {
            organisation: request.organisation,
            office: me.tag,
            at: session.now,
            areas: statements,
        };
        Signed::new(&statement, &me.key)
    });
    let outcome = if rights.grant.is_none() {
        ReplyOutcome::UnknownAuthor
    } else if push_only || !rights.may_read {
        ReplyOutcome::PushOnly
    } else {
        ReplyOutcome::Done
    };
    Ok(Ok(Reply {
        areas: replies,
        statement,
        grant: issued(session, request.author)?,
        office: (request.office != Some(me.tag)).then(|| me.proof.clone()),
        baseline,
        ..plain(outcome)
    }))
}

/// The grant that was issued to an author and that it has not shown yet.
fn issued(session: &mut Session<'_>, author: AuthorTag) -> Result<Option<GrantBytes>> {
    let Some(author) = session
        .door
        .directory
        .author_by_tag(session.door.tx, author)?
        .cloned()
    else {
        return Ok(None);
    };
    let bytes: Option<Vec<u8>> = session
        .tx()
        .prepare_cached("SELECT bytes FROM issued WHERE author = ?1")?
        .query_row([author.id], |row| row.get(0))
        .optional()?;
    let shown = minicbor::decode::<Proof>(&author.proof)
        .map_err(|error| Error::store(StoreProblem::Corrupt, error))?;
    Ok(bytes.filter(|bytes| bytes != shown.grant()).map(GrantBytes))
}

/// Remembers when a phone was last here, how much it still holds, and how far its clock is off.
/// Returns whether its author is known.
fn record_contact(session: &mut Session<'_>, request: &Request) -> Result<bool> {
    let Some(author) = session
        .door
        .directory
        .author_by_tag(session.door.tx, request.author)?
    else {
        return Ok(false);
    };
    let id = author.id;
    session
        .tx()
        .prepare_cached(
            "INSERT INTO contact (author, at, unsent, off) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (author) DO UPDATE SET at = excluded.at, unsent = excluded.unsent, \
             off = excluded.off",
        )?
        .execute(params![
            id,
            session.now,
            request.unsent,
            request.clock.1 - session.now
        ])?;
    Ok(true)
}

/// What is new in one area for the asker.
fn tell(
    session: &mut Session<'_>,
    request: &Request,
    ask: &AreaAsk,
    notices: Vec<Notice>,
    readable: bool,
    budget: &mut usize,
) -> Result<(Option<AreaReply>, Option<AreaStatement>)> {
    let area = session.door.directory.area(session.door.tx, &ask.area)?;
    let feed = feed::read(session.tx(), area)?;
    let mut reply = AreaReply {
        area: ask.area.clone(),
        items: Vec::new(),
        more: false,
        notices,
        epoch: None,
        wants_statement: false,
    };
    let Some(current) = feed.cursor else {
        let said = !reply.notices.is_empty();
        return Ok((said.then_some(reply), None));
    };
    let asked = match place_of(session, &feed, ask)? {
        Asked::At(position) => position,
        Asked::OtherEpoch => {
            reply.epoch = Some(epoch_statement(session, &feed)?);
            return Ok((Some(reply), None));
        }
        Asked::Unknown => {
            reply.wants_statement = true;
            return Ok((Some(reply), None));
        }
    };
    let pushed: Vec<(AuthorTag, u64, SegmentHash)> = ask
        .segments
        .iter()
        .filter_map(|bytes| Segment::read_header(&bytes.0))
        .map(|segment| (segment.header.author, segment.header.n, segment.hash()))
        .collect();
    let own_tip = clone_free_tip(session, area, request.author, ask, &mut reply.notices)?;
    let mut receipts = Vec::new();
    let mut cursor = Cursor {
        position: asked,
        ..current
    };
    if readable {
        let has = |author: AuthorTag, n: u64, hash: &SegmentHash| {
            (author == request.author && n <= own_tip) || pushed.contains(&(author, n, *hash))
        };
        let (told, more) = feed::after(session.tx(), area, asked, *budget, has)?;
        reply.more = more;
        for one in told {
            match one {
                Told::Item(item) => {
                    *budget = budget.saturating_sub(item.segment.len());
                    cursor.position = item.position;
                    reply.items.push(item);
                }
                Told::Receipt(receipt) => {
                    cursor.position = receipt.position;
                    receipts.push(receipt);
                }
            }
        }
    }
    // A segment that was here before is told again: same segment, same receipt.
    for (author, n, hash) in &pushed {
        if receipts
            .iter()
            .any(|receipt| receipt.author == *author && receipt.n == *n)
        {
            continue;
        }
        let again = receipt_of(session, area, *author, *n, hash)?;
        receipts.extend(again.filter(|again| !readable || again.position <= cursor.position));
    }
    cursor.hash = feed::hash_at(session.tx(), area, cursor.position)?.unwrap_or_default();
    let moved =
        !receipts.is_empty() || !reply.items.is_empty() || (readable && ask.cursor.is_none());
    let statement = moved.then(|| AreaStatement {
        area: ask.area.clone(),
        cursor,
        receipts,
        backed_up: feed.backed_up,
    });
    let says = !reply.items.is_empty() || reply.more || !reply.notices.is_empty();
    Ok((says.then_some(reply), statement))
}

fn receipt_of(
    session: &mut Session<'_>,
    area: i64,
    author: AuthorTag,
    n: u64,
    hash: &SegmentHash,
) -> Result<Option<doorstep_model::feed::Receipt>> {
    let Some(id) = session
        .door
        .directory
        .author_by_tag(session.door.tx, author)?
        .map(|a| a.id)
    else {
        return Ok(None);
    };
    let here = crate::ingest::find(session.tx(), area, id, n)?;
    let Some((row, ..)) = here.filter(|(_, here, _)| here == hash) else {
        return Ok(None);
    };
    Ok(
        crate::ingest::arrival(session.tx(), row)?.map(|(position, arrival)| {
            doorstep_model::feed::Receipt {
                author,
                n,
                position,
                arrival,
            }
        }),
    )
}

/// Up to which of its own segments the asker needs no bytes: all, unless two devices write with its
/// key, so that what stands here under its numbers may be the other's.
fn clone_free_tip(
    session: &mut Session<'_>,
    area: i64,
    author: AuthorTag,
    ask: &AreaAsk,
    notices: &mut Vec<Notice>,
) -> Result<u64> {
    let Some(own) = ask.own else { return Ok(0) };
    let Some(id) = session
        .door
        .directory
        .author_by_tag(session.door.tx, author)?
        .map(|a| a.id)
    else {
        return Ok(own.n);
    };
    let ended = seal::chain(session.tx(), area, id)?.ended;
    let other = crate::ingest::find(session.tx(), area, id, own.n)?
        .is_some_and(|(_, hash, _)| hash.0[..8] != own.hash);
    if !other && ended.is_none() {
        return Ok(own.n);
    }
    if notices.is_empty() {
        let code = ended.unwrap_or_else(|| "chain.forked".to_owned());
        let kind = take::kind_of_end(&code);
        notices.push(Notice {
            kind,
            author,
            n: own.n,
            code,
        });
    }
    Ok(0)
}

/// Whether the asker's cursor is a point of this feed as it is now.
fn stands_here(session: &mut Session<'_>, ask: &AreaAsk) -> Result<bool> {
    let area = session.door.directory.area(session.door.tx, &ask.area)?;
    let feed = feed::read(session.tx(), area)?;
    Ok(matches!(place_of(session, &feed, ask)?, Asked::At(_)))
}

enum Asked {
    At(u64),
    OtherEpoch,
    Unknown,
}

/// Where the asker's cursor stands in this feed.
fn place_of(session: &Session<'_>, feed: &Feed, ask: &AreaAsk) -> Result<Asked> {
    let (Some(asked), Some(current)) = (ask.cursor, feed.cursor) else {
        return Ok(Asked::At(0));
    };
    if asked.epoch == current.epoch {
        let here = feed::hash_at(session.tx(), feed.area, asked.position)?;
        return Ok(if here == Some(asked.hash) {
            Asked::At(asked.position)
        } else {
            Asked::Unknown
        });
    }
    let replaced: bool = session
        .tx()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM epoch WHERE area = ?1 AND epoch = ?2)")?
        .query_row(params![feed.area, asked.epoch.0], |row| row.get(0))?;
    Ok(if replaced {
        Asked::OtherEpoch
    } else {
        Asked::Unknown
    })
}

/// The signed word about the epoch that an area is in now.
fn epoch_statement(session: &mut Session<'_>, feed: &Feed) -> Result<Signed> {
    let stored: Option<Option<Vec<u8>>> = session
        .tx()
        .prepare_cached("SELECT epoch_said FROM area WHERE id = ?1")?
        .query_row([feed.area], |row| row.get(0))
        .optional()?;
    stored
        .flatten()
        .map(Signed)
        .ok_or_else(|| Error::store(StoreProblem::Corrupt, "an epoch without its statement"))
}

/// An office's own signature under a cursor that this office cannot confirm proves that it has lost
/// something: a new epoch starts. No phone can cause that by itself.
fn learn_loss(session: &mut Session<'_>, area: &AreaId, proof: &StatementProof) -> Result<()> {
    let Some(statement) = open_statement(session, proof)? else {
        return Ok(());
    };
    let Some(said) = statement.areas.iter().find(|said| said.area == *area) else {
        return Ok(());
    };
    let id = session.door.directory.area(session.door.tx, area)?;
    let feed = feed::read(session.tx(), id)?;
    let Some(current) = feed.cursor else {
        return Ok(());
    };
    let confirmed = said.cursor.epoch == current.epoch
        && feed::hash_at(session.tx(), id, said.cursor.position)? == Some(said.cursor.hash);
    let known_epoch = said.cursor.epoch == current.epoch
        || session
            .tx()
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM epoch WHERE area = ?1 AND epoch = ?2)")?
            .query_row(params![id, said.cursor.epoch.0], |row| row.get(0))?;
    if confirmed || (known_epoch && said.cursor.epoch != current.epoch) {
        return Ok(());
    }
    session
        .tx()
        .prepare_cached("INSERT INTO epoch (area, epoch) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![id, said.cursor.epoch.0])?;
    new_epochs(session)
}

/// A statement signed by an office author of this organisation; `None` for anything else.
pub(crate) fn open_statement(
    session: &Session<'_>,
    proof: &StatementProof,
) -> Result<Option<Statement>> {
    let organisation = session.organisation()?;
    let office = proof
        .office
        .open(&organisation)
        .is_ok_and(|grant| grant.office);
    if !office {
        return Ok(None);
    }
    Ok(proof
        .statement
        .open::<Statement>(&proof.office.key())
        .ok()
        .filter(|statement| {
            statement.organisation == OrganisationId::of_key(&organisation.0)
                && statement.office == proof.office.key().tag()
        }))
}

/// Starts a new epoch in every area, with a new office author.
pub(crate) fn new_epochs(session: &mut Session<'_>) -> Result<()> {
    new_office_author(session, session.now)?;
    let me = session.me()?.clone();
    let areas: Vec<(i64, String)> = {
        let mut select = session
            .door
            .tx
            .prepare_cached("SELECT id, code FROM area WHERE epoch IS NOT NULL ORDER BY code")?;
        select
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?
    };
    for (id, code) in areas {
        let code = AreaId::new(&code).map_err(|e| Error::store(StoreProblem::Corrupt, e))?;
        new_epoch(session, &me, id, &code)?;
    }
    // They lead into the epoch before.
    session
        .tx()
        .execute_batch("DELETE FROM baseline; DELETE FROM baseline_piece")?;
    meta::set(session.tx(), Key::Unconfirmed, b"1")?;
    meta::set(
        session.tx(),
        Key::InvitationsVoidBefore,
        &session.now.to_be_bytes(),
    )?;
    meta::remove(session.tx(), Key::MustSucceed)
}

fn new_epoch(session: &mut Session<'_>, me: &Me, area: i64, code: &AreaId) -> Result<()> {
    let Some(old) = feed::read(session.tx(), area)?.cursor else {
        return Ok(());
    };
    let mut named = [0; 8];
    named.copy_from_slice(&session.random16()[..8]);
    session
        .tx()
        .prepare_cached(
            "INSERT INTO epoch (area, epoch, until) VALUES (?1, ?2, ?3) \
             ON CONFLICT (area, epoch) DO UPDATE SET until = excluded.until",
        )?
        .execute(params![area, old.epoch.0, sql_u64(old.position)])?;
    let replaces: Vec<EpochId> = {
        let mut select = session
            .door
            .tx
            .prepare_cached("SELECT epoch FROM epoch WHERE area = ?1 ORDER BY epoch")?;
        select
            .query_map([area], |row| row.get::<_, [u8; 8]>(0).map(EpochId))?
            .collect::<rusqlite::Result<_>>()?
    };
    let trail = trail_positions(old.position)
        .into_iter()
        .filter_map(
            |position| match feed::hash_at(session.tx(), area, position) {
                Ok(Some(hash)) => Some(Ok((position, hash))),
                Ok(None) => None,
                Err(error) => Some(Err(error)),
            },
        )
        .collect::<Result<Vec<(u64, FeedHash)>>>()?;
    let statement = EpochStatement {
        organisation: session.organisation_id()?,
        office: me.tag,
        area: code.clone(),
        epoch: EpochId(named),
        replaces,
        continues: (old.position, old.hash),
        trail,
        at: session.now,
    };
    let signed = Signed::new(&statement, &me.key);
    session
        .tx()
        .prepare_cached("UPDATE area SET epoch = ?2, epoch_said = ?3 WHERE id = ?1")?
        .execute(params![area, named, signed.0])?;
    epoch::touch_cases(session, area)?;
    let row = seal::seal_proof(session, code)?;
    place_own(session, row)
}

/// Makes this office's next author, under the organisation's key.
fn new_office_author(session: &mut Session<'_>, now: i64) -> Result<()> {
    let secret =
        meta::get_array::<32>(session.tx(), Key::OrganisationSecret)?.ok_or(Error::NotEnrolled)?;
    let organisation = KeyPair::from_secret(&secret);
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
    let proof = match session.me.as_ref() {
        Some(old) => old.proof.handed_on(&old.key, &key.public()),
        None => {
            let grant = Grant {
                id: session.random16(),
                organisation: OrganisationId::of_key(&organisation.public().0),
                author: Some(key.public()),
                area: AreaId::organisation(),
                role: Role::Street,
                persons: Vec::new(),
                not_before: 0,
                expires: now + OFFICE_TERM,
                labels: None,
                use_until: None,
                office: true,
            };
            Proof::Granted {
                key: key.public(),
                grant: grant.sign(&organisation),
            }
        }
    };
    let opened = proof
        .open(&organisation.public())
        .map_err(|error| Error::store(StoreProblem::Corrupt, error))?;
    let author =
        session
            .door
            .directory
            .admit_author(session.door.tx, &proof, &opened, Some(now))?;
    meta::set(session.tx(), Key::OwnSecret, &key.secret())?;
    let me = Me {
        author,
        tag: key.public().tag(),
        key,
        grant: opened,
        proof,
    };
    session.become_author(me);
    Ok(())
}
