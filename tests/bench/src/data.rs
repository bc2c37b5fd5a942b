//! The data of the byte bars: one building's checks as a volunteer makes them. Drawn from a seed, so
//! that two runs compress the same bytes.

use doorstep_model::change::{self, ChainState};
use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{Body, Check, Entry, EntryKey, Opened, Outcome, Visit, VisitOutcome};
use doorstep_model::ids::{
    AreaId, AuthorTag, BootId, DocumentId, EpochId, Identity, OrganisationId, PhotoHash,
    SegmentHash,
};
use doorstep_model::keys::KeyPair;
use doorstep_model::segment::{self, Boot, MAJOR, Seen, SegmentHeader};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

/// What share of the checks has a note, and what share a photo, in percent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extras {
    pub(crate) notes: u32,
    pub(crate) photos: u32,
}

/// The mix of the byte bars.
pub(crate) const FULL: Extras = Extras {
    notes: 5,
    photos: 3,
};
/// Checks and nothing else.
pub(crate) const BARE: Extras = Extras {
    notes: 0,
    photos: 0,
};

/// How many different characters notes are drawn from.
const CHARACTERS: u32 = 3_500;

/// A note of 20 characters, in so many cases of a hundred.
pub(crate) fn note(rng: &mut ChaCha20Rng, percent: u32) -> Option<String> {
    let drawn = rng.next_u32() % 100 < percent;
    drawn.then(|| {
        (0..20)
            .filter_map(|_| char::from_u32(0x4e00 + rng.next_u32() % CHARACTERS))
            .collect()
    })
}

/// The hash of a photo, in so many cases of a hundred.
pub(crate) fn photo(rng: &mut ChaCha20Rng, percent: u32) -> Option<PhotoHash> {
    let drawn = rng.next_u32() % 100 < percent;
    drawn.then(|| {
        let mut hash = [0; 32];
        rng.fill_bytes(&mut hash);
        PhotoHash(hash)
    })
}

/// A volunteer in a building whose assets stand in the register.
pub(crate) struct Volunteer {
    pub(crate) rng: ChaCha20Rng,
    pub(crate) key: KeyPair,
    pub(crate) area: AreaId,
    pub(crate) building: Identity,
    counter: u64,
    time: i64,
    registrar: AuthorTag,
    first_asset: u64,
}

impl Volunteer {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let key = KeyPair::generate(&mut rng);
        let mut tag = [0; 4];
        rng.fill_bytes(&mut tag);
        let counter = u64::from(rng.next_u32()) * 7;
        let first_asset = u64::from(rng.next_u32()) * 3;
        Self {
            rng,
            key,
            area: AreaId::new("310101019005").expect("a national code"),
            building: Identity::of_entry(AuthorTag(tag), first_asset),
            counter,
            time: 1_795_600_000,
            registrar: AuthorTag(tag),
            first_asset,
        }
    }

    /// The asset with this number in the building, as its registrar named it.
    pub(crate) fn asset(&self, number: u64) -> Identity {
        Identity::of_entry(self.registrar, self.first_asset + 2 + 2 * number)
    }

    /// A door, registered in the same go.
    fn door(&self, number: u64) -> Identity {
        Identity::of_entry(self.registrar, self.first_asset + 10_000 + 2 * number)
    }

    pub(crate) fn round(&self) -> DocumentName {
        DocumentName::Round(self.building, RoundKey::AdHoc(20_782))
    }

    fn entry(&mut self, subject: Identity, body: impl Into<Body>) -> (EntryKey, Vec<u8>) {
        self.counter += 1;
        self.time += i64::from(15 + self.rng.next_u32() % 76);
        let key = EntryKey {
            subject,
            author: self.key.public().tag(),
            counter: self.counter,
        };
        (key, Entry::new(body, self.time).to_bytes())
    }

    /// The entry that opens a document.
    pub(crate) fn opened(&mut self, name: &DocumentName) -> (EntryKey, Vec<u8>) {
        let opened = Opened {
            document: name.kind_code(),
            round: name.round(),
            pack: None,
        };
        let subject = name.subject(&self.area.clone());
        self.entry(subject, opened)
    }

    pub(crate) fn check(&mut self, asset: u64, extras: Extras) -> (EntryKey, Vec<u8>) {
        let note = note(&mut self.rng, extras.notes);
        let photos = photo(&mut self.rng, extras.photos).map(|hash| vec![hash]);
        let subject = self.asset(asset);
        let check = Check {
            outcome: Outcome::Normal,
            note,
            photos,
            pack: None,
            date_only: None,
        };
        self.entry(subject, check)
    }

    pub(crate) fn visit(&mut self, door: u64) -> (EntryKey, Vec<u8>) {
        let subject = self.door(door);
        self.entry(
            subject,
            Visit {
                outcome: VisitOutcome::Answered,
                note: None,
                next: None,
                date_only: None,
            },
        )
    }

    /// The next change of this volunteer in a document.
    pub(crate) fn change(
        &self,
        name: &DocumentName,
        state: &ChainState,
        entries: &[(EntryKey, Vec<u8>)],
    ) -> change::BuiltChange {
        let id = name.id(&self.area);
        change::build(&self.key.public().0, &self.area, id, state, entries)
            .expect("entries of ours build")
    }

    /// A segment as it is signed, in the middle of a chain.
    pub(crate) fn segment(&mut self, changes: &[(DocumentId, Vec<u8>)]) -> Vec<u8> {
        let mut random = [0; 56];
        self.rng.fill_bytes(&mut random);
        let part = |from: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&random[from..from + 8]);
            eight
        };
        let mut previous = [0; 32];
        previous.copy_from_slice(&random[24..]);
        let header = SegmentHeader {
            version: MAJOR,
            organisation: OrganisationId(part(0)),
            area: self.area.clone(),
            author: self.key.public().tag(),
            n: 41,
            previous: Some(SegmentHash(previous)),
            boots: vec![Boot {
                from: self.counter.saturating_sub(66),
                id: BootId(part(8)),
                anchor: 1_795_500_000,
            }],
            seen: Some(Seen {
                epoch: EpochId(part(16)),
                position: 1_234,
                received_at: 1_795_590_000,
            }),
            proof: None,
            replaces: None,
        };
        segment::seal(&header, changes, &self.key)
    }
}
