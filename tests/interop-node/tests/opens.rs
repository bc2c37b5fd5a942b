//! Documents made of several authors' changes open in JavaScript with every entry and every change.

use std::collections::BTreeMap;
use std::fs;

use data_encoding::HEXLOWER;
use doorstep_interop::{Contents, read_with_node};
use doorstep_model::change::{self, BuiltChange};
use doorstep_model::materialise;
use doorstep_mutate::dice::Dice;
use doorstep_mutate::scene::Author;

/// What some authors hand in by turns, some of it of the next version.
fn an_evening(authors: u8, turns: usize, dice: &mut Dice) -> Vec<BuiltChange> {
    let mut authors: Vec<Author> = (1..=authors).map(|key| Author::new([key; 32])).collect();
    let mut changes = Vec::new();
    for _ in 0..turns {
        for author in &mut authors {
            let count = 1 + dice.below(40);
            let entries = author.entries(count, dice);
            changes.push(author.write(entries));
        }
    }
    changes
}

fn as_written(changes: &[BuiltChange]) -> Contents {
    let entries: BTreeMap<String, String> = changes
        .iter()
        .flat_map(|change| change::read(&change.bytes).expect("a change of ours"))
        .map(|(key, value)| (key.to_string(), HEXLOWER.encode(&value)))
        .collect();
    let mut hashes: Vec<String> = changes
        .iter()
        .map(|change| HEXLOWER.encode(change.hash.as_bytes()))
        .collect();
    hashes.sort();
    Contents {
        entries,
        changes: hashes,
    }
}

#[test]
fn javascript_reads_what_we_wrote() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut dice = Dice::seeded(11);
    let mut files = Vec::new();
    let mut written = Vec::new();
    for (authors, turns) in [(1, 1), (3, 4), (8, 2), (1, 30)] {
        let changes = an_evening(authors, turns, &mut dice);
        let raw: Vec<&[u8]> = changes.iter().map(|change| &change.bytes[..]).collect();
        let saved = materialise::document(&raw).expect("a document");
        let file = folder.path().join(format!("{authors}-{turns}.automerge"));
        fs::write(&file, saved).expect("a file");
        files.push(file);
        written.push(as_written(&changes));
    }
    let read = read_with_node(&files).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read, written);
}

#[test]
fn javascript_does_not_open_a_cut_document() {
    let folder = tempfile::tempdir().expect("a folder");
    let changes = an_evening(1, 2, &mut Dice::seeded(12));
    let raw: Vec<&[u8]> = changes.iter().map(|change| &change.bytes[..]).collect();
    let saved = materialise::document(&raw).expect("a document");
    let file = folder.path().join("cut.automerge");
    fs::write(&file, &saved[..saved.len() / 2]).expect("a file");
    let error = read_with_node(&[file]).expect_err("half a document");
    assert!(
        error.to_string().contains("cut.automerge does not open"),
        "{error}"
    );
}
