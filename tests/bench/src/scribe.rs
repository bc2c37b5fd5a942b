//! A device without a store: it signs segments and requests as a phone does, at a hundredth of the
//! cost, so that a benchmark measures who receives them. What a phone itself costs is not here.

use std::collections::BTreeMap;

use doorstep_model::change::{self, ChainState};
use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Body, Entry, EntryKey, Opened};
use doorstep_model::feed::{Cursor, Statement};
use doorstep_model::grant::{Grant, Proof};
use doorstep_model::ids::{
    AreaId, AuthorTag, BootId, DocumentId, Identity, OrganisationId, PersonId, SegmentHash,
};
use doorstep_model::keys::{KeyPair, PublicKey};
use doorstep_model::role::Role;
use doorstep_model::segment::{self, Boot, MAJOR, Seen, SegmentHeader};
use doorstep_model::wire::{
    self, Answer, AreaAsk, OwnTip, Reply, ReplyOutcome, Request, SegmentBytes, Ticket, WIRE_VERSION,
};

use crate::clock::NOON;

/// Whose an entry is: of a thing that is there, or of one that the entry makes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum About {
    Known(Identity),
    New,
}

/// A device with its key, its chains and where it stands in the feed.
pub(crate) struct Scribe {
    key: KeyPair,
    proof: Proof,
    organisation: OrganisationId,
    pub(crate) area: AreaId,
    boot: BootId,
    counter: u64,
    tip: Option<(u64, SegmentHash)>,
    chains: BTreeMap<DocumentId, ChainState>,
    pub(crate) cursor: Option<Cursor>,
    received_at: i64,
    ticket: Option<Ticket>,
    office: Option<AuthorTag>,
    /// Pending entries by document, in the order of their taps.
    pending: Vec<(DocumentName, Vec<(EntryKey, Vec<u8>)>)>,
    first_pending: u64,
}

impl Scribe {
    /// A device of this area with a grant of the organisation. Devices of other numbers are others.
    pub(crate) fn new(organisation: &KeyPair, area: &AreaId, role: Role, number: u32) -> Self {
        let mut secret = [7; 32];
        secret[..4].copy_from_slice(&number.to_be_bytes());
        let key = KeyPair::from_secret(&secret);
        let id = OrganisationId::of_key(&organisation.public().0);
        let mut grant_id = [3; 16];
        grant_id[..4].copy_from_slice(&number.to_be_bytes());
        let grant = Grant {
            id: grant_id,
            organisation: id,
            author: Some(key.public()),
            area: area.clone(),
            role,
            persons: vec![PersonId(Identity::of_hash(grant_id))],
            not_before: 0,
            expires: NOON + 10 * 366 * 86_400,
            labels: None,
            use_until: None,
            office: false,
        };
        let mut boot = [5; 8];
        boot[..4].copy_from_slice(&number.to_be_bytes());
        Self {
            proof: Proof::Granted {
                key: key.public(),
                grant: grant.sign(organisation),
            },
            key,
            organisation: id,
            area: area.clone(),
            boot: BootId(boot),
            counter: 0,
            tip: None,
            chains: BTreeMap::new(),
            cursor: None,
            received_at: 0,
            ticket: None,
            office: None,
            pending: Vec::new(),
            first_pending: 1,
        }
    }

    pub(crate) fn public(&self) -> PublicKey {
        self.key.public()
    }

    fn tag(&self) -> AuthorTag {
        self.key.public().tag()
    }

    /// Writes an entry of this time in a document; the document is opened with its first. Returns
    /// what the entry is about.
    pub(crate) fn put(
        &mut self,
        name: impl FnOnce(Identity) -> DocumentName,
        about: About,
        body: impl Into<Body>,
        time: i64,
    ) -> Identity {
        // The document's first entry, `opened`, may take the counter before.
        let made = Identity::of_entry(self.tag(), self.counter + 2);
        let subject = match about {
            About::Known(subject) => subject,
            About::New => made,
        };
        let name = name(subject);
        let id = name.id(&self.area);
        let at = match self.pending.iter().position(|(one, _)| *one == name) {
            Some(at) => at,
            None => {
                self.pending.push((name, Vec::new()));
                self.pending.len() - 1
            }
        };
        let opens = !self.chains.contains_key(&id) && self.pending[at].1.is_empty();
        let reserves = opens || matches!(about, About::New);
        let counter = self.counter + if reserves { 2 } else { 1 };
        if opens {
            let opened = Opened {
                document: name.kind_code(),
                round: name.round(),
                pack: None,
            };
            let key = self.entry_key(name.subject(&self.area), counter - 1);
            let value = Entry::new(opened, time).to_bytes();
            self.pending[at].1.push((key, value));
        }
        let key = self.entry_key(subject, counter);
        let value = Entry::new(body, time).to_bytes();
        self.pending[at].1.push((key, value));
        self.counter = counter;
        subject
    }

    fn entry_key(&self, subject: Identity, counter: u64) -> EntryKey {
        EntryKey {
            subject,
            author: self.tag(),
            counter,
        }
    }

    /// Seals what is pending: one change a document, one segment.
    pub(crate) fn seal(&mut self) -> Vec<u8> {
        let mut changes = Vec::with_capacity(self.pending.len());
        for (name, entries) in std::mem::take(&mut self.pending) {
            let id = name.id(&self.area);
            let state = self.chains.get(&id).copied().unwrap_or_default();
            let built = change::build(&self.key.public().0, &self.area, id, &state, &entries)
                .expect("entries of ours build");
            self.chains.insert(id, built.next);
            changes.push((id, built.bytes));
        }
        let n = self.tip.map_or(1, |(n, _)| n + 1);
        let header = SegmentHeader {
            version: MAJOR,
            organisation: self.organisation,
            area: self.area.clone(),
            author: self.tag(),
            n,
            previous: self.tip.map(|(_, hash)| hash),
            boots: vec![Boot {
                from: self.first_pending,
                id: self.boot,
                anchor: NOON - 86_400,
            }],
            seen: self
                .cursor
                .filter(|cursor| cursor.position > 0)
                .map(|cursor| Seen {
                    epoch: cursor.epoch,
                    position: cursor.position,
                    received_at: self.received_at,
                }),
            proof: (n == 1).then(|| self.proof.clone()),
            replaces: None,
        };
        let bytes = segment::seal(&header, &changes, &self.key);
        self.tip = Some((n, segment::hash_of(&bytes)));
        self.first_pending = self.counter + 1;
        bytes
    }

    /// A request that pushes these segments and asks for at most `budget` bytes of news;
    /// with 0 for none.
    pub(crate) fn request(&self, segments: &[Vec<u8>], budget: u32, now: i64) -> Vec<u8> {
        self.ask(segments, budget, now, None)
    }

    fn ask(&self, segments: &[Vec<u8>], budget: u32, now: i64, answer: Option<Answer>) -> Vec<u8> {
        wire::to_wire(&Request {
            version: WIRE_VERSION,
            organisation: self.organisation,
            author: self.tag(),
            office: self.office,
            ticket: self.ticket,
            clock: (self.boot, now),
            answer,
            areas: vec![AreaAsk {
                area: self.area.clone(),
                cursor: self.cursor,
                own: self.tip.map(|(n, hash)| OwnTip::new(n, &hash)),
                segments: segments.iter().cloned().map(SegmentBytes).collect(),
                statement: None,
                chain: None,
                only_push: (budget == 0).then_some(true),
            }],
            budget: Some(budget),
            baseline: None,
            unsent: None,
        })
    }

    /// Takes a reply in. When it is a challenge the request to make again, signed.
    pub(crate) fn take(
        &mut self,
        reply: &[u8],
        segments: &[Vec<u8>],
        budget: u32,
        now: i64,
    ) -> Taken {
        let reply: Reply = wire::from_wire(reply).expect("a reply of ours");
        if let Some(ticket) = reply.ticket {
            self.ticket = Some(ticket);
        }
        if let Some(office) = &reply.office {
            self.office = Some(office.key().tag());
        }
        match (reply.outcome, reply.nonce) {
            (ReplyOutcome::Done, _) => {}
            (ReplyOutcome::Challenge, Some(nonce)) => {
                let message = Answer::message(&nonce, (self.boot, now));
                let answer = Answer {
                    nonce,
                    signature: self.key.sign(&message).to_vec(),
                    proof: Some(self.proof.clone()),
                };
                return Taken::Again(self.ask(segments, budget, now, Some(answer)));
            }
            (outcome, _) => return Taken::Refused(format!("{outcome:?}")),
        }
        if let Some(area) = reply.areas.iter().find(|area| !area.notices.is_empty()) {
            return Taken::Refused(format!("{:?}", area.notices));
        }
        let statement: Option<Statement> = reply.statement.and_then(|said| said.claims().ok());
        for said in statement.iter().flat_map(|statement| &statement.areas) {
            let items = reply.areas.iter().flat_map(|area| &area.items);
            let newest = items.map(|item| item.arrival.received_at);
            let own = said.receipts.iter().map(|own| own.arrival.received_at);
            self.received_at = newest.chain(own).fold(self.received_at, i64::max);
            self.cursor = Some(said.cursor);
        }
        Taken::Done {
            more: reply.areas.iter().any(|area| area.more),
        }
    }

    /// Pushes segments and asks for nothing: what a carrier does.
    pub(crate) fn push(
        &mut self,
        segments: &[Vec<u8>],
        now: i64,
        mut office: impl FnMut(Vec<u8>) -> Vec<u8>,
    ) {
        let reply = office(self.request(segments, 0, now));
        match self.take(&reply, segments, 0, now) {
            Taken::Done { .. } => {}
            Taken::Again(request) => {
                let reply = office(request);
                let taken = self.take(&reply, segments, 0, now);
                assert!(matches!(taken, Taken::Done { .. }), "{taken:?}");
            }
            Taken::Refused(why) => panic!("the office refused: {why}"),
        }
    }

    /// Pushes nothing and takes all news.
    pub(crate) fn pull(
        &mut self,
        budget: u32,
        now: i64,
        mut office: impl FnMut(Vec<u8>) -> Vec<u8>,
    ) {
        loop {
            let reply = office(self.request(&[], budget, now));
            match self.take(&reply, &[], budget, now) {
                Taken::Done { more: true } => {}
                Taken::Done { more: false } => return,
                other => panic!("a ticket was given: {other:?}"),
            }
        }
    }

    /// Enrols the device: shows its proof and gets a ticket.
    pub(crate) fn enrol(&mut self, now: i64, office: impl FnMut(Vec<u8>) -> Vec<u8>) {
        let first = self.seal();
        self.push(&[first], now, office);
    }
}

/// What a reply meant.
#[derive(Debug)]
pub(crate) enum Taken {
    /// Everything is there, or more is to be asked for.
    Done { more: bool },
    /// This request must be sent instead.
    Again(Vec<u8>),
    /// Something was not taken.
    Refused(String),
}
