//! A scene: several authors at work on one document, one of them about to hand in its next change.
//! Everything here is honest; the mutants are made of the last change.

use automerge::{Automerge, Change};
use doorstep_model::change::{Actor, BuiltChange, ChainState, build};
use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{Entry, EntryKey, Note, Opened};
use doorstep_model::ids::{AreaId, AuthorTag, DocumentId, Identity};
use doorstep_model::vet::{self, VetError, Vetted};

use crate::corpus;
use crate::dice::Dice;

/// An entry as a change holds it.
pub type Keyed = (EntryKey, Vec<u8>);

/// One author in the document.
#[derive(Clone)]
pub struct Author {
    /// Public key.
    pub key: [u8; 32],
    /// The area of the document.
    pub area: AreaId,
    /// The document.
    pub name: DocumentName,
    /// How far the author has come.
    pub chain: ChainState,
}

impl Author {
    /// An author with this key in the document that all authors of this suite share.
    pub fn new(key: [u8; 32]) -> Self {
        let building = Identity::of_entry(AuthorTag([9; 4]), 1);
        Self {
            key,
            area: AreaId::new("310101019005").expect("a legal area code"),
            name: DocumentName::Round(building, RoundKey::AdHoc(20_782)),
            chain: ChainState::default(),
        }
    }

    /// The document's id.
    pub fn document(&self) -> DocumentId {
        self.name.id(&self.area)
    }

    /// The author's actor id in the document.
    pub fn actor(&self) -> Actor {
        Actor::of(&self.key, self.document())
    }

    /// An entry of this author under this subject and counter.
    pub fn keyed(&self, subject: Identity, counter: u64, value: Vec<u8>) -> Keyed {
        let author = AuthorTag::of_key(&self.key);
        let key = EntryKey {
            subject,
            author,
            counter,
        };
        (key, value)
    }

    /// The entry that opens the document.
    pub fn opened(&self, counter: u64) -> Keyed {
        let opened = Opened {
            document: self.name.kind_code(),
            round: self.name.round(),
            pack: Some(1),
        };
        let value = Entry::new(opened, 1_795_600_000).to_bytes();
        self.keyed(self.name.subject(&self.area), counter, value)
    }

    /// A note with this counter and text.
    pub fn note(&self, counter: u64, text: &str) -> Keyed {
        let note = Note {
            text: text.to_owned(),
            photos: None,
        };
        let value = Entry::new(note, 1_795_600_001).to_bytes();
        self.keyed(Identity::of_hash([1; 16]), counter, value)
    }

    /// This many next entries of mixed kinds and versions; an author's first opens the document.
    pub fn entries(&self, count: usize, dice: &mut Dice) -> Vec<Keyed> {
        let mut counter = self.chain.last_counter;
        let mut entries = Vec::new();
        for _ in 0..count {
            counter += match dice.chance(8) {
                true => 1 + dice.number() % (1 << 32),
                false => 1,
            };
            if self.chain.seq == 0 && entries.is_empty() {
                entries.push(self.opened(counter));
                continue;
            }
            let subject = match dice.chance(2) {
                true => Identity::of_hash([dice.below(256) as u8; 16]),
                false => Identity::of_entry(AuthorTag([9; 4]), dice.number()),
            };
            entries.push(self.keyed(subject, counter, corpus::any_value(dice)));
        }
        entries
    }

    /// The change that these entries make after the chain.
    ///
    /// # Errors
    /// What the vetting would say.
    pub fn would_write(&self, entries: &[Keyed]) -> Result<BuiltChange, VetError> {
        build(&self.key, &self.area, self.document(), &self.chain, entries)
    }

    /// Writes these entries, or as many as one change can hold.
    ///
    /// # Panics
    /// If entries of ours cannot be built: a bug of the model.
    pub fn write(&mut self, mut entries: Vec<Keyed>) -> BuiltChange {
        loop {
            match self.would_write(&entries) {
                Ok(change) => {
                    self.chain = change.next;
                    return change;
                }
                Err(VetError::TooLong) if entries.len() > 1 => {
                    entries.truncate(entries.len() / 2);
                }
                Err(error) => panic!("honest entries are not built: {error}"),
            }
        }
    }

    /// What the vetting says of bytes that this author hands in next.
    ///
    /// # Errors
    /// The reason against them.
    pub fn vet(&self, bytes: &[u8]) -> Result<Vetted, VetError> {
        vet::vet(&self.key, &self.area, self.document(), &self.chain, bytes)
    }
}

/// A document at the moment before one author's next change.
pub struct Scene {
    /// Who is about to hand in, with the chain before it.
    pub author: Author,
    /// The honest change to be handed in.
    pub change: BuiltChange,
    /// What everybody handed in before.
    pub before: Vec<BuiltChange>,
    /// What others hand in after.
    pub after: Vec<BuiltChange>,
    /// The document with everything before.
    pub document: Automerge,
    chains: Vec<(Author, Vec<BuiltChange>)>,
}

impl Scene {
    /// Sets a scene of two to four authors with up to three changes each.
    ///
    /// # Panics
    /// If automerge does not take honest changes.
    pub fn set(dice: &mut Dice) -> Self {
        let mut author = Author::new(key(dice));
        let mut others: Vec<Author> = (0..1 + dice.below(3))
            .map(|_| Author::new(key(dice)))
            .collect();
        let mut chains: Vec<_> = others.iter().map(|other| (other.clone(), vec![])).collect();
        chains.push((author.clone(), vec![]));
        let mut before = Vec::new();
        let mut after = Vec::new();
        for (at, other) in others.iter_mut().enumerate() {
            for written in 0..1 + dice.below(3) {
                let change = other.write(other.entries(size(dice), dice));
                chains[at].1.push(change.clone());
                match written {
                    0 => before.push(change),
                    _ => after.push(change),
                }
            }
        }
        for _ in 0..dice.below(3) {
            let change = author.write(author.entries(size(dice), dice));
            chains[others.len()].1.push(change.clone());
            before.push(change);
        }
        let change = author.clone().write(author.entries(size(dice), dice));
        chains[others.len()].1.push(change.clone());
        Self {
            document: document_of(&before),
            author,
            change,
            before,
            after,
            chains,
        }
    }

    /// The scene in which this author has written these texts, each as one change beside another
    /// author's, and is about to hand in the last of them.
    ///
    /// # Panics
    /// Without texts.
    pub fn of_texts(texts: &[&str]) -> Self {
        let mut author = Author::new([1; 32]);
        let mut other = Author::new([2; 32]);
        let other_wrote = other.write(vec![other.opened(1), other.note(2, "the other")]);
        let mut written = Vec::new();
        let mut chains = vec![(author.clone(), vec![]), (other, vec![other_wrote.clone()])];
        for (at, text) in texts.iter().enumerate() {
            let counter = 10 * at as u64;
            let mut entries = vec![
                author.note(counter + 1, text),
                author.note(counter + 2, text),
            ];
            if at == 0 {
                entries.insert(0, author.opened(counter));
            }
            written.push((author.clone(), author.write(entries)));
        }
        let (author, change) = written.pop().expect("a scene has a text");
        let mut before = vec![other_wrote];
        before.extend(written.into_iter().map(|(_, change)| change));
        chains[0]
            .1
            .extend(before[1..].iter().cloned().chain([change.clone()]));
        Self {
            document: document_of(&before),
            author,
            change,
            before,
            after: Vec::new(),
            chains,
        }
    }

    /// How many honest changes of the scene are refused in the place where they belong.
    pub fn honest_refused(&self) -> u64 {
        let mut refused = 0;
        for (author, changes) in &self.chains {
            let mut author = author.clone();
            for change in changes {
                match author.vet(&change.bytes) {
                    Ok(vetted) if vetted.next == change.next => {}
                    _ => refused += 1,
                }
                author.chain = change.next;
            }
        }
        refused
    }
}

fn document_of(changes: &[BuiltChange]) -> Automerge {
    let mut document = Automerge::new();
    for written in changes {
        let change = Change::try_from(&written.bytes[..]).expect("honest changes parse");
        document
            .apply_changes([change])
            .expect("honest changes apply");
    }
    document
}

fn key(dice: &mut Dice) -> [u8; 32] {
    let mut key = [0; 32];
    key.copy_from_slice(&dice.bytes(32));
    key
}

fn size(dice: &mut Dice) -> usize {
    match dice.below(12) {
        0 => 67,
        1 => 200,
        _ => 1 + dice.below(6),
    }
}
