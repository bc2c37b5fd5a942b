//! Somebody with a key of their own and bytes made by hand: writes segments without any replica, and
//! talks to the office without a phone. What they send, honest or not, is decided elsewhere.

use doorstep_model::change::{self, ChainState};
use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{Check, Entry, EntryKey, Opened, Outcome};
use doorstep_model::grant::{Grant, Proof};
use doorstep_model::ids::{AreaId, BootId, DocumentId, Identity, OrganisationId, SegmentHash};
use doorstep_model::keys::{KeyPair, PublicKey};
use doorstep_model::role::Role;
use doorstep_model::segment::{self, Boot, MAJOR, Seen, SegmentHeader};
use doorstep_model::wire::{
    self, Answer, AreaAsk, Nonce, Notice, Reply, Request, SegmentBytes, WIRE_VERSION,
};

use crate::broken::{Broken, Checked, Promise};
use crate::dice::Dice;
use crate::world::World;

/// A boot of no phone.
const BOOT: BootId = BootId([0x5e; 8]);

/// One writer with its chain in one area.
pub struct Stranger {
    /// Its key.
    pub key: KeyPair,
    /// What it shows.
    pub proof: Proof,
    /// Where it writes.
    pub area: AreaId,
    organisation: OrganisationId,
    building: Identity,
    round: DocumentName,
    asset: Identity,
    /// Number and hash of its last segment.
    pub last: Option<(u64, SegmentHash)>,
    chain: ChainState,
    counter: u64,
}

/// What of a segment is not as it should be.
#[derive(Debug, Clone, Default)]
pub struct Bent {
    /// Written in this area instead.
    pub area: Option<AreaId>,
    /// Claims to have seen this.
    pub seen: Option<Seen>,
    /// Bears somebody else's tag and number.
    pub as_author: Option<(doorstep_model::ids::AuthorTag, u64, Option<SegmentHash>)>,
    /// One bit of its change is another.
    pub change: bool,
}

/// A grant of an area for this key, or for whoever brings it.
pub fn grant(
    world: &World,
    area: &AreaId,
    author: Option<PublicKey>,
    dice: &mut Dice,
) -> Checked<Grant> {
    let organisation = world.office.process()?.organisation_key()?.public();
    let mut id = [0; 16];
    id.copy_from_slice(&dice.seed()[..16]);
    Ok(Grant {
        id,
        organisation: OrganisationId::of_key(&organisation.0),
        author,
        area: area.clone(),
        role: Role::Volunteer,
        persons: vec![crate::world::person_of(area, 5)],
        not_before: world.now() - 3_600,
        expires: world.now() + 86_400,
        labels: None,
        use_until: author.is_none().then(|| world.now() + 86_400),
        office: false,
    })
}

impl Stranger {
    /// Somebody who may write in an area, about an asset of it.
    ///
    /// # Errors
    /// A call that failed.
    pub fn new(
        world: &World,
        area: &AreaId,
        on: (Identity, Identity),
        dice: &mut Dice,
    ) -> Checked<Self> {
        let key = KeyPair::from_secret(&dice.seed());
        let grant = grant(world, area, Some(key.public()), dice)?;
        let signed = grant.sign(&world.office.process()?.organisation_key()?);
        Ok(Self::with(key, signed, &grant, on, world))
    }

    /// Somebody who shows this grant.
    pub fn with(
        key: KeyPair,
        signed: Vec<u8>,
        grant: &Grant,
        (asset, building): (Identity, Identity),
        world: &World,
    ) -> Self {
        let day = doorstep_model::time::LocalDay::of(world.now()).0;
        Self {
            proof: Proof::Granted {
                key: key.public(),
                grant: signed,
            },
            key,
            area: grant.area.clone(),
            organisation: grant.organisation,
            building,
            round: DocumentName::Round(building, RoundKey::AdHoc(u32::try_from(day).unwrap_or(0))),
            asset,
            last: None,
            chain: ChainState::default(),
            counter: 0,
        }
    }

    /// The next segment, with one check in it.
    ///
    /// # Errors
    /// A change that cannot be built.
    pub fn segment(&mut self, now: i64, bent: &Bent) -> Checked<Vec<u8>> {
        let area = bent.area.clone().unwrap_or_else(|| self.area.clone());
        let document = self.round.id(&area);
        let entries = self.entries(&area, now);
        let key = self.key.public();
        let built = change::build(&key.0, &area, document, &self.chain, &entries)
            .map_err(|error| Broken::new(Promise::Failed, error.to_string()))?;
        let mut bytes = built.bytes;
        if bent.change
            && let Some(last) = bytes.last_mut()
        {
            *last ^= 1;
        }
        self.chain = built.next;
        let number = self.last.map_or(1, |(n, _)| n + 1);
        let (author, n, previous) =
            bent.as_author
                .unwrap_or((key.tag(), number, self.last.map(|(_, hash)| hash)));
        let header = SegmentHeader {
            version: MAJOR,
            organisation: self.organisation,
            area,
            author,
            n,
            previous,
            boots: vec![Boot {
                from: 1,
                id: BOOT,
                anchor: now,
            }],
            seen: bent.seen,
            proof: (n == 1).then(|| self.proof.clone()),
            replaces: None,
        };
        let changes: Vec<(DocumentId, Vec<u8>)> = vec![(document, bytes)];
        let sealed = segment::seal(&header, &changes, &self.key);
        self.last = Some((n, segment::hash_of(&sealed)));
        Ok(sealed)
    }

    /// Goes on in another document, and counts its entries from one again.
    pub fn begin_again(&mut self) {
        self.round = DocumentName::Round(self.building, RoundKey::AdHoc(1));
        self.chain = ChainState::default();
        self.counter = 0;
    }

    fn entries(&mut self, area: &AreaId, now: i64) -> Vec<(EntryKey, Vec<u8>)> {
        let mut entries = Vec::new();
        if self.chain.seq == 0 {
            let opened = Opened {
                document: self.round.kind_code(),
                round: self.round.round(),
                pack: None,
            };
            entries.push((self.round.subject(area), Entry::new(opened, now)));
        }
        let check = Check {
            outcome: Outcome::Missing,
            note: None,
            photos: None,
            pack: None,
            date_only: None,
        };
        entries.push((self.asset, Entry::new(check, now)));
        entries
            .into_iter()
            .map(|(subject, entry)| {
                self.counter += 1;
                let key = EntryKey {
                    subject,
                    author: self.key.public().tag(),
                    counter: self.counter,
                };
                (key, entry.to_bytes())
            })
            .collect()
    }

    /// Hands segments in. Returns what the office says of them.
    ///
    /// # Errors
    /// A call that failed.
    pub fn hand_in(
        &self,
        world: &mut World,
        area: &AreaId,
        segments: &[Vec<u8>],
    ) -> Checked<Vec<Notice>> {
        let knocked = self.say(world, None, Vec::new())?;
        let Some(nonce) = knocked.nonce else {
            return Err(Broken::new(
                Promise::Failed,
                "a stranger was not challenged",
            ));
        };
        let ask = AreaAsk {
            area: area.clone(),
            cursor: None,
            own: None,
            segments: segments.iter().cloned().map(SegmentBytes).collect(),
            statement: None,
            chain: None,
            only_push: Some(true),
        };
        let reply = self.say(world, Some(nonce), vec![ask])?;
        let of_area = reply.areas.into_iter().find(|said| said.area == *area);
        Ok(of_area.map(|said| said.notices).unwrap_or_default())
    }

    fn say(&self, world: &mut World, nonce: Option<Nonce>, areas: Vec<AreaAsk>) -> Checked<Reply> {
        let clock = (BOOT, world.now());
        let answer = nonce.map(|nonce| Answer {
            nonce,
            signature: self.key.sign(&Answer::message(&nonce, clock)).to_vec(),
            proof: Some(self.proof.clone()),
        });
        let request = Request {
            version: WIRE_VERSION,
            organisation: self.organisation,
            author: self.key.public().tag(),
            office: None,
            ticket: None,
            clock,
            answer,
            areas,
            budget: Some(0),
            baseline: None,
            unsent: None,
        };
        let requests = [wire::to_wire(&request)];
        let replies = world.office.call(|office| office.handle(&requests))?;
        let reply = replies.and_then(|replies| replies.into_iter().next());
        let reply = reply.ok_or_else(|| Broken::new(Promise::Failed, "the office died unasked"))?;
        crate::watch::receipts(world, &reply)?;
        wire::from_wire(&reply).map_err(|error| Broken::new(Promise::Failed, error.to_string()))
    }
}
