//! Segments that are on the disk and do not flow: listed with their codes, tried again, or taken over
//! when their device does not come back.

use doorstep_model::ids::{AreaId, AuthorTag, BootId};
use doorstep_model::segment::Segment;
use rusqlite::{OptionalExtension, params};

use super::super::{Fingerprint, Tap};
use super::desk::area;
use crate::error::{Error, Result, StoreProblem};
use crate::store::counter;
use crate::sync::office::Office;
use crate::sync::take::{self, Carrier, Taken};

/// A segment that was kept aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineLine {
    /// Its number at this office.
    pub id: i64,
    /// Where it was written.
    pub area: AreaId,
    /// Who signed it.
    pub author: AuthorTag,
    /// Its number in its author's chain.
    pub n: u64,
    /// Why it does not flow: a key of the messages.
    pub code: String,
    /// When it came, unix seconds.
    pub stored_at: i64,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Code of a branch whose entries the office wrote again.
pub(crate) const ADOPTED: &str = "chain.adopted";

impl Office {
    /// The segments that do not flow, the oldest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn quarantined(&self) -> Result<Vec<QuarantineLine>> {
        let reader = self.replica().reader()?;
        let mut select = reader.prepare_cached(
            "SELECT id, area, author, n, code, stored_at, length(bytes) FROM quarantine ORDER BY id",
        )?;
        let mut rows = select.query([])?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            lines.push(QuarantineLine {
                id: row.get(0)?,
                area: area(row.get(1)?)?,
                author: AuthorTag(row.get(2)?),
                n: counter(row.get(3)?),
                code: row.get(4)?,
                stored_at: row.get(5)?,
                bytes: counter(row.get(6)?),
            });
        }
        Ok(lines)
    }

    /// Takes over what a branch says that lost a fork, or whose author ended, when its device does not
    /// come back: the office writes its entries again, under their old identities, with their persons
    /// and times. If the device does come back, equal origins are one.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown number; [`Error::Refused`] with `branch.not_lost` for a
    /// segment that only waits for something.
    pub fn adopt_branch(&self, tap: &Tap, id: i64) -> Result<()> {
        let print = Fingerprint::of("adopt_branch").with(id);
        self.act(tap, &print, |acting| {
            let (bytes, code, stored_at) = kept(acting.session.tx(), id)?;
            if code == ADOPTED {
                return Ok(());
            }
            if code == "chain.gap" || code.starts_with("clock.") {
                return Err(Error::refused("branch.not_lost"));
            }
            let segment = Segment::read(&bytes)
                .map_err(|error| Error::store(StoreProblem::Corrupt, error))?;
            take::adopt(acting.session, &segment, stored_at)?;
            acting
                .session
                .tx()
                .prepare_cached("UPDATE quarantine SET code = ?2 WHERE id = ?1")?
                .execute(params![id, ADOPTED])?;
            Ok(())
        })
    }

    /// Tries a segment again that waited for something. Returns whether it flows now; if it does not,
    /// it stays, with the reason of today.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown number.
    pub fn retry_quarantined(&self, tap: &Tap, id: i64) -> Result<bool> {
        let print = Fingerprint::of("retry_quarantined").with(id);
        self.act(tap, &print, |acting| {
            let (bytes, code, stored_at) = kept(acting.session.tx(), id)?;
            if code == ADOPTED {
                return Ok(false);
            }
            let tx = acting.session.door.tx;
            tx.prepare_cached("DELETE FROM quarantine WHERE id = ?1")?
                .execute([id])?;
            let carrier = Carrier {
                author: None,
                clock: (BootId([0; 8]), 0),
                challenged: false,
            };
            match take::take(acting.session, &bytes, &carrier, None)? {
                Ok(Taken::InFeed(_)) => Ok(true),
                Ok(Taken::Aside(_)) | Err(_) => {
                    let segment = Segment::read_header(&bytes).ok_or_else(|| {
                        Error::store(StoreProblem::Corrupt, "a kept segment without a header")
                    })?;
                    // Whatever was said now, nothing that was kept is lost.
                    crate::ingest::quarantine(tx, &segment, &code, stored_at)?;
                    Ok(false)
                }
            }
        })
    }
}

fn kept(tx: &rusqlite::Connection, id: i64) -> Result<(Vec<u8>, String, i64)> {
    tx.prepare_cached("SELECT bytes, code, stored_at FROM quarantine WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?
        .ok_or_else(|| Error::NotFound {
            what: "segment",
            id: id.to_string(),
        })
}
