//! What a change does: refused by the vetting, or let through and then given to automerge beside
//! honest work, saved, loaded and read again.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{Automerge, Change, ROOT, ReadDoc};
use doorstep_model::change;
use doorstep_model::vet::{VetError, Vetted};

use crate::scene::Scene;

/// What a change did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Harm {
    /// Nothing: the vetting refused it.
    Refused(VetError),
    /// Nothing: it was let through, and everything is as it should be.
    None,
    /// The document lost something or cannot be used; in words, what.
    Poisoned(String),
    /// Something panicked, with these words.
    Panic(String),
}

/// Hands `bytes` in at the scene's open place and looks what becomes of everybody's work.
pub fn of(scene: &Scene, bytes: &[u8]) -> Harm {
    let mut refused = None;
    let harm = behind_belt(|| match scene.author.vet(bytes) {
        Ok(vetted) => lives_on(scene, bytes, &vetted),
        Err(error) => {
            refused = Some(error);
            Ok(())
        }
    });
    refused.map_or(harm, Harm::Refused)
}

/// Hands `bytes` to automerge without vetting: what the vetting protects from.
pub fn without_vetting(scene: &Scene, bytes: &[u8]) -> Harm {
    behind_belt(|| {
        let mut document = scene.document.clone();
        let mut expected = parse(scene.before.iter().map(|change| &change.bytes[..]))?;
        expected.extend(apply(&mut document, std::iter::once(bytes))?);
        survives(&document, &expected)
    })
}

fn behind_belt(try_out: impl FnOnce() -> Result<(), String>) -> Harm {
    match catch_unwind(AssertUnwindSafe(try_out)) {
        Ok(Ok(())) => Harm::None,
        Ok(Err(what)) => Harm::Poisoned(what),
        Err(panic) => {
            let words = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned());
            Harm::Panic(words.unwrap_or_default())
        }
    }
}

fn lives_on(scene: &Scene, bytes: &[u8], vetted: &Vetted) -> Result<(), String> {
    let mut document = scene.document.clone();
    let before = scene.before.iter().map(|change| &change.bytes[..]);
    let after = scene.after.iter().map(|change| &change.bytes[..]);
    let follow_on = follow_on(scene, vetted);
    let next = std::iter::once(bytes).chain(follow_on.as_deref());
    let mut expected = parse(before)?;
    expected.extend(apply(&mut document, next.chain(after))?);
    survives(&document, &expected)
}

/// What the author hands in next, unless its counters are used up.
fn follow_on(scene: &Scene, vetted: &Vetted) -> Option<Vec<u8>> {
    let mut author = scene.author.clone();
    author.chain = vetted.next;
    let counter = author.chain.last_counter.checked_add(1)?;
    let note = author.note(counter, "the author goes on");
    Some(author.write(vec![note]).bytes)
}

type Changes = BTreeMap<[u8; 32], Change>;

fn parse<'a>(changes: impl Iterator<Item = &'a [u8]>) -> Result<Changes, String> {
    changes
        .map(|bytes| {
            let change = Change::try_from(bytes).map_err(|error| error.to_string())?;
            Ok((change.hash().0, change))
        })
        .collect()
}

fn apply<'a>(
    document: &mut Automerge,
    changes: impl Iterator<Item = &'a [u8]>,
) -> Result<Changes, String> {
    let changes: Vec<&[u8]> = changes.collect();
    for bytes in &changes {
        let change = Change::try_from(*bytes).map_err(|error| error.to_string())?;
        document
            .apply_changes([change])
            .map_err(|error| error.to_string())?;
    }
    parse(changes.into_iter())
}

/// Every change comes back from the document, before and after saving, and every entry is seen.
fn survives(document: &Automerge, expected: &Changes) -> Result<(), String> {
    holds(document, expected)?;
    let saved = document.save();
    let loaded = Automerge::load(&saved).map_err(|error| format!("does not load: {error}"))?;
    holds(&loaded, expected)?;
    for change in expected.values() {
        // What is none of ours has no entries to look for; it may still hide those of others.
        let entries = change::read(change.raw_bytes()).unwrap_or_default();
        for (key, value) in entries {
            let seen = loaded
                .get_all(ROOT, key.to_string())
                .map_err(|error| error.to_string())?;
            let values: Vec<_> = seen.iter().map(|(seen, _)| seen.as_bytes()).collect();
            if values != [Some(&value[..])] {
                return Err(format!("{key} is not seen as it was written"));
            }
        }
    }
    Ok(())
}

fn holds(document: &Automerge, expected: &Changes) -> Result<(), String> {
    let found = document.get_changes(&[]);
    if found.len() != expected.len() {
        return Err(format!("{} changes of {}", found.len(), expected.len()));
    }
    for change in found {
        let given = expected.get(&change.hash().0);
        if given.is_none_or(|given| given.raw_bytes() != change.raw_bytes()) {
            return Err(format!("change {} is another", change.hash()));
        }
    }
    Ok(())
}
