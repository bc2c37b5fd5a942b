//! The entries of many changes as columns: who wrote about what, when, and what is said, each beside
//! its like. The bytes of every entry come back as they were.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::stream::{Reader, Writer};
use super::{DocumentKey, NotAPiece, deflate, inflate};
use crate::entry::{ENTRIES_MAX, EntryKey, encode};
use crate::ids::{AuthorTag, Identity};

/// The entries of one change, and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedChange {
    /// Its document.
    pub document: DocumentKey,
    /// Its author.
    pub author: AuthorTag,
    /// Number of its segment in the author's chain in the area.
    pub n: u64,
    /// What it writes, in order: at most [`ENTRIES_MAX`].
    pub entries: Vec<(EntryKey, Vec<u8>)>,
}

#[derive(Default, Encode, Decode)]
#[cbor(array)]
struct Columns {
    #[n(0)]
    documents: Vec<DocumentKey>,
    #[n(1)]
    authors: Vec<AuthorTag>,
    #[n(2)]
    subjects: Vec<Identity>,
    /// Values without their times: most looks at an extinguisher say the same.
    #[n(3)]
    words: Vec<Words>,
    /// Per change: document, author, n, number of entries.
    #[cbor(n(4), with = "minicbor::bytes")]
    changes: Vec<u8>,
    /// Per entry, as differences to the one before: counter, subject, words, time.
    #[cbor(n(5), with = "minicbor::bytes")]
    counters: Vec<u8>,
    #[cbor(n(6), with = "minicbor::bytes")]
    about: Vec<u8>,
    #[cbor(n(7), with = "minicbor::bytes")]
    says: Vec<u8>,
    #[cbor(n(8), with = "minicbor::bytes")]
    times: Vec<u8>,
}

/// A value, its time taken out when that can be put back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
struct Words {
    #[cbor(n(0), with = "minicbor::bytes")]
    bytes: Vec<u8>,
    #[n(1)]
    timed: bool,
}

/// Key of the time in an entry's map.
const TIME: u64 = 2;

impl Words {
    fn of(value: &[u8]) -> (Self, i64) {
        if let Some((bytes, time)) = without_time(value) {
            let words = Self { bytes, timed: true };
            if words.at(time).as_deref() == Ok(value) {
                return (words, time);
            }
        }
        (
            Self {
                bytes: value.to_vec(),
                timed: false,
            },
            0,
        )
    }

    /// The value with this time in it.
    fn at(&self, time: i64) -> Result<Vec<u8>, NotAPiece> {
        if !self.timed {
            return Ok(self.bytes.clone());
        }
        let at = time_at(&self.bytes)
            .ok_or_else(|| NotAPiece("an entry has no place for its time".to_owned()))?;
        let (before, after) = self.bytes.split_at(at);
        Ok([before, &encode(&time), after].concat())
    }
}

/// Where the time of an entry begins: behind its key.
fn time_at(value: &[u8]) -> Option<usize> {
    let mut decoder = minicbor::Decoder::new(value);
    for _ in 0..decoder.map().ok()?? {
        if decoder.u64().ok()? == TIME {
            return Some(decoder.position());
        }
        decoder.skip().ok()?;
    }
    None
}

fn without_time(value: &[u8]) -> Option<(Vec<u8>, i64)> {
    let at = time_at(value)?;
    let mut decoder = minicbor::Decoder::new(&value[at..]);
    let time = decoder.i64().ok()?;
    let after = at + decoder.position();
    Some(([&value[..at], &value[after..]].concat(), time))
}

/// Gives each value its index, in the order in which they come.
struct Indexed<T> {
    order: Vec<T>,
    known: BTreeMap<T, u64>,
}

impl<T: Ord + Clone> Indexed<T> {
    fn empty() -> Self {
        Self {
            order: Vec::new(),
            known: BTreeMap::new(),
        }
    }

    fn index(&mut self, value: &T) -> u64 {
        if let Some(index) = self.known.get(value) {
            return *index;
        }
        let index = self.order.len() as u64;
        self.order.push(value.clone());
        self.known.insert(value.clone(), index);
        index
    }
}

/// These changes as a piece. Their order is kept; changes of one document stand together, each
/// author's by number.
pub fn pack(changes: &[PackedChange]) -> Vec<u8> {
    let mut documents = Indexed::empty();
    let mut authors = Indexed::empty();
    let mut subjects = Indexed::empty();
    let mut words = Indexed::empty();
    let [mut heads, mut counters, mut about, mut says, mut times] =
        std::array::from_fn(|_| Writer::default());
    let (mut counter, mut subject, mut word, mut time) = (0, 0, 0, 0);
    for change in changes {
        heads.put(documents.index(&change.document));
        heads.put(authors.index(&change.author));
        heads.put(change.n);
        heads.put(change.entries.len() as u64);
        for (key, value) in &change.entries {
            counters.put_difference(counter, key.counter);
            counter = key.counter;
            let next = subjects.index(&key.subject);
            about.put_difference(subject, next);
            subject = next;
            let (text, at) = Words::of(value);
            let next = words.index(&text);
            says.put_difference(word, next);
            word = next;
            if text.timed {
                times.put_difference(time, at.cast_unsigned());
                time = at.cast_unsigned();
            }
        }
    }
    deflate(&encode(&Columns {
        documents: documents.order,
        authors: authors.order,
        subjects: subjects.order,
        words: words.order,
        changes: heads.into_bytes(),
        counters: counters.into_bytes(),
        about: about.into_bytes(),
        says: says.into_bytes(),
        times: times.into_bytes(),
    }))
}

/// Reads [`pack`].
///
/// # Errors
/// [`NotAPiece`]. What the entries say, and whether they make the changes that they should, is not
/// looked at.
pub fn unpack(piece: &[u8]) -> Result<Vec<PackedChange>, NotAPiece> {
    let columns: Columns = inflate(piece)?;
    let mut heads = Reader::of(&columns.changes);
    let mut counters = Reader::of(&columns.counters);
    let mut about = Reader::of(&columns.about);
    let mut says = Reader::of(&columns.says);
    let mut times = Reader::of(&columns.times);
    let (mut counter, mut subject, mut word, mut time) = (0u64, 0u64, 0u64, 0u64);
    let mut changes = Vec::new();
    while !heads.is_done() {
        let document = columns.documents[heads.index(columns.documents.len())?];
        let author = columns.authors[heads.index(columns.authors.len())?];
        let n = heads.get()?;
        let count = heads.get()?;
        if count > ENTRIES_MAX as u64 {
            return Err(NotAPiece("a change of too many entries".to_owned()));
        }
        let mut entries = Vec::new();
        for _ in 0..count {
            counter = counters.get_difference(counter)?;
            let of = about.index_after(subject, columns.subjects.len())?;
            subject = of as u64;
            let said = says.index_after(word, columns.words.len())?;
            word = said as u64;
            let words = &columns.words[said];
            if words.timed {
                time = times.get_difference(time)?;
            }
            let key = EntryKey {
                subject: columns.subjects[of],
                author,
                counter,
            };
            entries.push((key, words.at(time.cast_signed())?));
        }
        changes.push(PackedChange {
            document,
            author,
            n,
            entries,
        });
    }
    match counters.is_done() && about.is_done() && says.is_done() && times.is_done() {
        true => Ok(changes),
        false => Err(NotAPiece("columns of different lengths".to_owned())),
    }
}
