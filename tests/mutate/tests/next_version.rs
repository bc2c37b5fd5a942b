//! What this version writes and what the next one may write passes, and comes out of documents as it
//! went in.

use doorstep_model::change;
use doorstep_model::entry::{Body, Entry, Envelope};
use doorstep_model::ids::Identity;
use doorstep_model::materialise;
use doorstep_mutate::corpus;
use doorstep_mutate::dice::Dice;
use doorstep_mutate::scene::{Author, Keyed};

/// One author's entries with these values, the first of them `opened`, in changes of 20.
fn hand_in(values: Vec<Vec<u8>>) -> (Vec<Keyed>, Vec<Vec<u8>>) {
    let mut author = Author::new([5; 32]);
    let mut entries = vec![author.opened(1)];
    for (at, value) in values.into_iter().enumerate() {
        entries.push(author.keyed(Identity::of_hash([6; 16]), 2 + at as u64, value));
    }
    let mut changes = Vec::new();
    for entries in entries.chunks(20) {
        let built = author.would_write(entries).expect("these may stand");
        let vetted = author.vet(&built.bytes).expect("these may come in");
        assert_eq!(vetted.next, built.next);
        author.chain = vetted.next;
        changes.push(built.bytes);
    }
    (entries, changes)
}

fn entries_in(saved: &[u8]) -> Vec<Keyed> {
    let changes = materialise::changes_of(saved).expect("a document of ours");
    let read = |bytes: &Vec<u8>| change::read(bytes).expect("a change of ours");
    changes.iter().flat_map(read).collect()
}

#[test]
fn every_kind_of_this_version_passes() {
    let kinds = corpus::every_kind();
    let codes: Vec<u16> = kinds.iter().map(|entry| entry.body.kind()).collect();
    assert_eq!(codes, Body::KINDS, "the corpus has one entry of every kind");
    let values: Vec<Vec<u8>> = kinds[1..].iter().map(Entry::to_bytes).collect();
    for (entry, value) in kinds[1..].iter().zip(&values) {
        assert_eq!(Entry::from_bytes(value).as_ref(), Ok(entry));
    }
    let (entries, changes) = hand_in(values);
    let saved = materialise::document(&changes).expect("a document");
    assert_eq!(entries_in(&saved), entries);
}

#[test]
fn the_next_version_is_stored_and_handed_on() {
    let mut dice = Dice::seeded(7);
    let values: Vec<Vec<u8>> = (0..2000)
        .map(|_| corpus::from_the_next_version(&mut dice))
        .collect();
    let of_kind = |known: bool| {
        values.iter().filter(move |value| {
            let envelope = Envelope::from_bytes(value).expect("an envelope");
            Body::KINDS.contains(&envelope.kind) == known
        })
    };
    assert!(of_kind(true).count() > 100 && of_kind(false).count() > 100);
    let (entries, changes) = hand_in(values);
    let saved = materialise::document(&changes).expect("a document");
    assert_eq!(entries_in(&saved), entries);
}
