//! What the office answers to one request: who asks and what they may read, what becomes of what they
//! push, what is new for them. Inside the transaction of [`super::office::Office::handle`].

use std::sync::Arc;

use doorstep_model::feed::{AreaStatement, Cursor, Signed, Statement};
use doorstep_model::grant::{Grant, Proof};
use doorstep_model::ids::{AreaId, AuthorTag, SegmentHash};
use doorstep_model::segment::Segment;
use doorstep_model::wire::{
    Answer, AreaAsk, AreaReply, GrantBytes, Notice, Reply, ReplyOutcome, Request, TicketKey,
    WIRE_VERSION,
};
use rusqlite::{OptionalExtension, params};

use crate::error::{Error, Result, StoreProblem};
use crate::meta::{self, Key};
use crate::replica::Session;
use crate::seal;
use crate::sync::PIECE;
use crate::sync::feed::{self, Feed, Told};
use crate::sync::new_epoch::{epoch_statement, learn_loss};
use crate::sync::take::{self, Carrier, ChallengeFirst, Taken};
use crate::sync::{judge, proof};

/// A reply that says nothing but how the request fared.
pub(crate) fn plain(outcome: ReplyOutcome) -> Reply {
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

pub(crate) fn ticket_key(session: &Session<'_>) -> Result<TicketKey> {
    meta::get_array(session.tx(), Key::TicketSecret)?
        .map(TicketKey)
        .ok_or_else(|| Error::store(StoreProblem::Corrupt, "no ticket secret"))
}

/// Answers one request; `Err` is a reply for which nothing of the request may stay.
pub(crate) fn answer(session: &mut Session<'_>, request: &Request) -> Result<Result<Reply, Reply>> {
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
    grant: Option<Arc<Grant>>,
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
    let grant = session.door.directory.grant(&author, &organisation);
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
