//! Taking in many entries that were made elsewhere: registers, logs, generated streets. In slices, each
//! its own transaction, between which a waiting tap goes first. What a row means was read before.

use doorstep_model::document::DocumentName;
use doorstep_model::entry::Entry;
use doorstep_model::ids::{AreaId, Identity};

use crate::error::{Error, Result};
use crate::replica::Session;
use crate::sync::office::Office;
use crate::sync::take;

/// Entries of one slice: with the entries that open documents they fit one or two segments.
const SLICE: usize = 200;

/// One entry to take in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Where it belongs.
    pub area: AreaId,
    /// In which document.
    pub document: DocumentName,
    /// What it is about; what it makes has its origin as id.
    pub subject: Identity,
    /// The entry: with its own time, and an origin that names what it repeats.
    pub entry: Entry,
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    /// Rows that were written.
    pub written: u64,
    /// Rows whose origin was here already.
    pub known: u64,
}

impl Office {
    /// Takes in rows. One whose origin is here already is passed over, so that an import that was cut
    /// is simply run again. After each slice `progress` hears how many rows are through.
    ///
    /// # Errors
    /// [`Error::Refused`] with `import.no_origin` before anything of that slice is written; what
    /// earlier slices wrote stays.
    pub fn import(&self, rows: &[ImportRow], mut progress: impl FnMut(u64)) -> Result<Imported> {
        let wall = self.replica().clock.wall();
        let mut imported = Imported::default();
        for slice in rows.chunks(SLICE) {
            let written = self.replica().write_slice(|session| {
                session.now = wall;
                let mut written = 0;
                for row in slice {
                    written += u64::from(take_in(session, row)?);
                }
                take::publish(session)?;
                Ok(written)
            })?;
            imported.written += written;
            imported.known += slice.len() as u64 - written;
            progress(imported.written + imported.known);
        }
        Ok(imported)
    }
}

/// Writes a row unless its origin is here. Returns whether it did.
fn take_in(session: &mut Session<'_>, row: &ImportRow) -> Result<bool> {
    let origin = row
        .entry
        .envelope
        .origin
        .ok_or_else(|| Error::refused("import.no_origin"))?;
    let here: bool = session
        .tx()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM entry WHERE origin = ?1)")?
        .query_row([origin.as_bytes()], |found| found.get(0))?;
    if here {
        return Ok(false);
    }
    session.put(&row.area, &row.document, row.subject, &row.entry)?;
    Ok(true)
}
