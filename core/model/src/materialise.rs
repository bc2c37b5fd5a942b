//! Documents as automerge saves them, made of vetted changes, and the changes taken out of them again,
//! byte for byte: for exports, never for what a replica itself keeps (that is [`crate::chunks`]). Here
//! and nowhere else in the model automerge is called; it gets vetted changes only, and still may not
//! take the process down or lose anything: it runs behind a belt against panics, and no document
//! leaves before it was loaded again and compared.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{Automerge, Change, ReadDoc};

use crate::change;
use crate::ids::ChangeHash;
use crate::vet::VetError;

/// Why no document, or no changes, came out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MaterialiseError {
    /// A change that is not of the kind that passes vetting.
    #[error("change {index} of the list is none of ours: {error}")]
    NotVetted {
        /// Its place in the list, from 0.
        index: usize,
        /// What is wrong with it.
        error: VetError,
    },
    /// A change that automerge does not take beside the others, such as a second one of the same
    /// author and number.
    #[error("change {hash} is not taken: {reason}")]
    Refused {
        /// Which.
        hash: ChangeHash,
        /// Automerge's words.
        reason: String,
    },
    /// A change that did not come out of the saved document as it went in, or that the document
    /// cannot show because the change before it is missing.
    #[error("change {0} does not come back from the document")]
    Lost(ChangeHash),
    /// A change came out that did not go in.
    #[error("change {0} came out of the document and never went in")]
    Foreign(ChangeHash),
    /// An entry that a reader of the document would not see, or would see with another value.
    #[error("entry {0} is not visible in the document")]
    Hidden(String),
    /// Bytes that are not a document.
    #[error("not a document: {0}")]
    NotADocument(String),
    /// Automerge panicked. What it held is thrown away.
    #[error("automerge panicked: {0}")]
    Panicked(String),
}

/// The saved document that holds exactly these vetted changes, each once, given in any order.
///
/// The same set of changes gives the same bytes in this version of automerge; what other versions
/// write differs, so documents are compared by their changes.
///
/// # Errors
/// The document would not hold every change byte for byte with every entry visible: a change is
/// missing before another, or two are one author's same number, or automerge fails. Nothing is
/// returned then, and the raw changes stay the truth.
pub fn document<B: AsRef<[u8]>>(changes: &[B]) -> Result<Vec<u8>, MaterialiseError> {
    let mut entries = Vec::new();
    for (index, bytes) in changes.iter().enumerate() {
        let read = change::read(bytes.as_ref())
            .map_err(|error| MaterialiseError::NotVetted { index, error })?;
        entries.extend(read);
    }
    behind_belt(|| {
        let given = parse_all(changes)?;
        let mut in_order: Vec<&Change> = given.values().collect();
        in_order.sort_by(|one, other| {
            let place = |change: &Change| (change.seq(), change.hash().0);
            place(one).cmp(&place(other))
        });
        let mut document = Automerge::new();
        for change in in_order {
            document.apply_changes([change.clone()]).map_err(|error| {
                MaterialiseError::Refused {
                    hash: hash_of(change),
                    reason: error.to_string(),
                }
            })?;
        }
        let saved = document.save();
        let reloaded = load(&saved)?;
        comes_back(&reloaded, &given)?;
        for (key, value) in &entries {
            shows(&reloaded, &key.to_string(), value)?;
        }
        Ok(saved)
    })
}

/// The raw changes in a saved document, each after the one that it depends on.
///
/// They are what went in, if [`document`] made it; anything else is vetted before use. Loading has
/// no bound on memory but the document's own: only for documents of our own disk or under the
/// office's signature.
///
/// # Errors
/// Bytes that automerge does not load as one document.
pub fn changes_of(saved: &[u8]) -> Result<Vec<Vec<u8>>, MaterialiseError> {
    behind_belt(|| {
        let document = load(saved)?;
        let raw = |change: Change| change.raw_bytes().to_vec();
        Ok(document.get_changes(&[]).into_iter().map(raw).collect())
    })
}

/// Runs what calls automerge; a panic becomes an error. Nothing that it touched is used afterwards.
fn behind_belt<T>(
    work: impl FnOnce() -> Result<T, MaterialiseError>,
) -> Result<T, MaterialiseError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let words = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned());
        Err(MaterialiseError::Panicked(words.unwrap_or_default()))
    })
}

fn parse_all<B: AsRef<[u8]>>(
    changes: &[B],
) -> Result<BTreeMap<ChangeHash, Change>, MaterialiseError> {
    changes
        .iter()
        .map(|bytes| {
            let change = Change::try_from(bytes.as_ref())
                .map_err(|error| MaterialiseError::NotADocument(error.to_string()))?;
            Ok((hash_of(&change), change))
        })
        .collect()
}

fn load(saved: &[u8]) -> Result<Automerge, MaterialiseError> {
    Automerge::load(saved).map_err(|error| MaterialiseError::NotADocument(error.to_string()))
}

fn hash_of(change: &Change) -> ChangeHash {
    ChangeHash(change.hash().0)
}

fn comes_back(
    document: &Automerge,
    given: &BTreeMap<ChangeHash, Change>,
) -> Result<(), MaterialiseError> {
    let back: BTreeMap<ChangeHash, Change> = document
        .get_changes(&[])
        .into_iter()
        .map(|change| (hash_of(&change), change))
        .collect();
    for (hash, change) in given {
        let same = |found: &Change| found.raw_bytes() == change.raw_bytes();
        if !back.get(hash).is_some_and(same) {
            return Err(MaterialiseError::Lost(*hash));
        }
    }
    match back.keys().find(|hash| !given.contains_key(hash)) {
        Some(foreign) => Err(MaterialiseError::Foreign(*foreign)),
        None => Ok(()),
    }
}

fn shows(document: &Automerge, key: &str, value: &[u8]) -> Result<(), MaterialiseError> {
    let seen = document
        .get(automerge::ROOT, key)
        .map_err(|error| MaterialiseError::NotADocument(error.to_string()))?;
    match seen.as_ref().and_then(|(seen, _)| seen.as_bytes()) {
        Some(bytes) if bytes == value => Ok(()),
        _ => Err(MaterialiseError::Hidden(key.to_owned())),
    }
}

#[cfg(test)]
mod tests;
