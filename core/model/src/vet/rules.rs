//! Which entries may stand in an author's next change in a document. The same rules hold for what
//! is built here and for what others hand in.

use crate::change::{ChainState, OP_MAX};
use crate::document::DocumentName;
use crate::entry::{ENTRIES_MAX, EntryKey, Envelope, Opened, VALUE_MAX};
use crate::ids::{AreaId, AuthorTag, DocumentId};
use crate::vet::VetError;

/// Kind of the entry that names the document.
const KIND_OPENED: u16 = 0;

/// Judges the entries of the next change after `chain`, and returns the last one's counter.
///
/// # Errors
/// The first reason against them, in their order.
pub(crate) fn entries_may_follow<'a>(
    writer: AuthorTag,
    area: &AreaId,
    document: DocumentId,
    chain: &ChainState,
    entries: impl ExactSizeIterator<Item = (EntryKey, &'a [u8])>,
) -> Result<u64, VetError> {
    let count = entries.len();
    if count == 0 {
        return Err(VetError::NoEntries);
    }
    if count > ENTRIES_MAX {
        return Err(VetError::TooManyRows);
    }
    // A chain has no more changes than ops.
    let ops = chain.max_op.max(chain.seq);
    if ops.saturating_add(count as u64) > OP_MAX {
        return Err(VetError::TooManyOps);
    }
    let mut last_counter = (chain.seq > 0).then_some(chain.last_counter);
    for (key, value) in entries {
        if key.author != writer {
            return Err(VetError::WrongAuthor);
        }
        if last_counter.is_some_and(|last| last >= key.counter) {
            return Err(VetError::CounterNotRising);
        }
        if value.len() > VALUE_MAX {
            return Err(VetError::ValueTooLong);
        }
        let envelope = Envelope::from_bytes(value).map_err(|_| VetError::BadEnvelope)?;
        if envelope.kind == KIND_OPENED {
            opens(&key, value, area, document)?;
        } else if last_counter.is_none() {
            return Err(VetError::NotOpened);
        }
        last_counter = Some(key.counter);
    }
    last_counter.ok_or(VetError::NoEntries)
}

// What names the document reads the same in every minor version, so it is read whatever the minor.
fn opens(
    key: &EntryKey,
    value: &[u8],
    area: &AreaId,
    document: DocumentId,
) -> Result<(), VetError> {
    let opened: Opened = minicbor::decode(value).map_err(|_| VetError::WrongDocument)?;
    let named = DocumentName::id_of_opened(opened.document, key.subject, opened.round, area);
    match named == Some(document) {
        true => Ok(()),
        false => Err(VetError::WrongDocument),
    }
}
