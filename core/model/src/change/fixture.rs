//! An author at work on one round of one building, for the tests of changes, vetting and documents.

use crate::change::{Actor, BuiltChange, ChainState, build};
use crate::document::{DocumentName, RoundKey};
use crate::entry::{Check, Entry, EntryKey, Opened, Outcome};
use crate::ids::{AreaId, AuthorTag, DocumentId, Identity};
use crate::vet::{self, VetError, Vetted};

pub(crate) struct Volunteer {
    pub(crate) key: [u8; 32],
    pub(crate) area: AreaId,
    pub(crate) round: DocumentName,
    pub(crate) chain: ChainState,
}

pub(crate) type Keyed = (EntryKey, Vec<u8>);

impl Volunteer {
    pub(crate) fn new(key: u8) -> Self {
        let building = Identity::of_entry(AuthorTag([9; 4]), 1);
        Self {
            key: [key; 32],
            area: AreaId::new("310101019005").unwrap(),
            round: DocumentName::Round(building, RoundKey::AdHoc(20_782)),
            chain: ChainState::default(),
        }
    }

    pub(crate) fn tag(&self) -> AuthorTag {
        AuthorTag::of_key(&self.key)
    }

    pub(crate) fn document(&self) -> DocumentId {
        self.round.id(&self.area)
    }

    pub(crate) fn actor(&self) -> Actor {
        Actor::of(&self.key, self.document())
    }

    pub(crate) fn keyed(&self, subject: Identity, counter: u64, entry: &Entry) -> Keyed {
        let key = EntryKey {
            subject,
            author: self.tag(),
            counter,
        };
        (key, entry.to_bytes())
    }

    pub(crate) fn opened(&self, counter: u64) -> Keyed {
        let opened = Opened {
            document: self.round.kind_code(),
            round: self.round.round(),
            pack: Some(1),
        };
        let subject = self.round.subject(&self.area);
        self.keyed(subject, counter, &Entry::new(opened, 1_795_600_000))
    }

    pub(crate) fn check(&self, counter: u64) -> Keyed {
        let asset = Identity::of_entry(AuthorTag([9; 4]), 100 + counter);
        let check = Check {
            outcome: Outcome::Normal,
            note: None,
            photos: None,
            pack: None,
            date_only: None,
        };
        let at = 1_795_600_000 + i64::try_from(counter).unwrap();
        self.keyed(asset, counter, &Entry::new(check, at))
    }

    /// The change that these entries would make, the chain left where it is.
    pub(crate) fn would_write(&self, entries: &[Keyed]) -> Result<BuiltChange, VetError> {
        build(&self.key, &self.area, self.document(), &self.chain, entries)
    }

    pub(crate) fn write(&mut self, entries: &[Keyed]) -> BuiltChange {
        let change = self.would_write(entries).unwrap();
        self.chain = change.next;
        change
    }

    /// Opens the round and looks at this many extinguishers, as one change.
    pub(crate) fn visit(&mut self, checks: u64) -> BuiltChange {
        let from = self.chain.last_counter + 1;
        let mut entries = Vec::new();
        if self.chain.seq == 0 {
            entries.push(self.opened(from));
        }
        entries.extend((0..checks).map(|i| self.check(from + 1 + i)));
        self.write(&entries)
    }

    pub(crate) fn vet(&self, bytes: &[u8]) -> Result<Vetted, VetError> {
        vet::vet(&self.key, &self.area, self.document(), &self.chain, bytes)
    }
}

/// Three volunteers, three changes each, in the order of a sync that mixes them.
pub(crate) fn an_evening() -> Vec<Vec<u8>> {
    let mut volunteers = [1, 2, 3].map(Volunteer::new);
    let mut changes = Vec::new();
    for round in 0..3 {
        for volunteer in &mut volunteers {
            changes.push(volunteer.visit(round * 4 + 1).bytes);
        }
    }
    changes
}
