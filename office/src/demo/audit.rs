//! The count from outside: the callers' ledgers held against the bytes on the office's disk and
//! against exported documents. No row of the product is read, so that a wrong row cannot agree with
//! itself.

use std::collections::{BTreeMap, BTreeSet};

use doorstep_model::change;
use doorstep_model::entry::{Entry, EntryKey};
use doorstep_model::ids::{AreaId, AuthorTag, Identity};
use doorstep_model::materialise;
use doorstep_model::segment::Segment;
use doorstep_replica::Replica;

use super::DemoError;
use super::ledger::Ledger;

/// Every record on a disk by its identity: the origin of what was written again, else its own.
///
/// With `forget` the first segment of this author that says anything is left out: for the test that
/// the count can fail.
///
/// # Errors
/// The store's.
pub(super) fn records(
    office: &Replica,
    mut forget: Option<AuthorTag>,
) -> Result<BTreeSet<Identity>, DemoError> {
    let mut records = BTreeSet::new();
    office.each_segment(|bytes| {
        // What cannot be read is on the disk and holds no record that anybody could name.
        let Ok(segment) = Segment::read(bytes) else {
            return;
        };
        let named = forget == Some(segment.header.author);
        if named && !segment.changes.is_empty() {
            forget = None;
            return;
        }
        for change in &segment.changes {
            let entries = change::read(change.bytes).unwrap_or_default();
            records.extend(entries.iter().map(|(key, value)| identity(key, value)));
        }
    })?;
    Ok(records)
}

/// Of the calls of a ledger, how many the records hold with everything that they wrote.
pub(super) fn received(ledger: &Ledger, records: &BTreeSet<Identity>) -> u64 {
    let whole = |wrote: &[Identity]| wrote.iter().all(|entry| records.contains(entry));
    let calls = ledger.calls().iter();
    calls.filter(|call| whole(&call.wrote)).count() as u64
}

/// How many records the exported documents of these areas hold once too often.
///
/// # Errors
/// The store's; a document that does not open.
pub(super) fn twice(office: &Replica, areas: &[AreaId]) -> Result<u64, DemoError> {
    let mut times: BTreeMap<Identity, u64> = BTreeMap::new();
    for area in areas {
        for document in office.export_documents(area)? {
            let (_, saved) = document?;
            let changes = materialise::changes_of(&saved)
                .map_err(|error| DemoError::Document(error.to_string()))?;
            for change in changes {
                let entries = change::read(&change)
                    .map_err(|error| DemoError::Document(error.to_string()))?;
                for (key, value) in &entries {
                    *times.entry(identity(key, value)).or_default() += 1;
                }
            }
        }
    }
    Ok(times.values().map(|times| times - 1).sum())
}

fn identity(key: &EntryKey, value: &[u8]) -> Identity {
    let entry = Entry::from_bytes(value).ok();
    let origin = entry.and_then(|entry| entry.envelope.origin);
    origin.unwrap_or_else(|| key.identity())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_received_only_with_everything_that_it_wrote() {
        let entry = |number| Identity::of_entry(AuthorTag([1; 4]), number);
        let mut ledger = Ledger::of("1");
        let (whole, half) = (ledger.tap(), ledger.tap());
        ledger.wrote(&whole, [entry(1), entry(2)]);
        ledger.wrote(&half, [entry(3), entry(4)]);
        let records = BTreeSet::from([entry(1), entry(2), entry(3), entry(9)]);
        assert_eq!(received(&ledger, &records), 1);
    }
}
