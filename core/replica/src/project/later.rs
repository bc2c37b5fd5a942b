//! A check or a visit that is later than all before it: mostly all that an evening brings. What it
//! changes is written over the row that stands, and nothing but that row is read. The row comes out as
//! the folds would give it; whatever else came is left to them.

use doorstep_model::entry::{Body, Entry, VisitOutcome};
use doorstep_model::ids::{Identity, PersonId};
use rusqlite::{CachedStatement, Connection, params};

use super::gather::is_date_only;
use super::words::result_text;
use super::{Desk, asset};
use crate::directory::{Author, Directory};
use crate::error::Result;
use crate::project::Packs;

/// One entry that came alone to its subject, as a row may follow it without the entries before.
#[derive(Debug)]
pub(crate) struct Later {
    /// Local number of its document.
    pub(crate) document: i64,
    pub(super) identity: Identity,
    pub(super) person: PersonId,
    /// Effective time, unix seconds.
    pub(super) time: i64,
    said: Said,
}

#[derive(Debug)]
enum Said {
    Look {
        /// As in the row.
        result: String,
    },
    Attempt {
        outcome: VisitOutcome,
        next: Option<u32>,
    },
    /// That a document was opened: no row follows it.
    Opening,
}

impl Later {
    /// `None` for entries whose rows take more than the row that stands: of the office, that bear only
    /// a date, of other kinds.
    pub(crate) fn of(
        author: &Author,
        document: i64,
        identity: Identity,
        time: i64,
        entry: &Entry,
    ) -> Option<Self> {
        if author.office || is_date_only(&entry.body) {
            return None;
        }
        let said = match &entry.body {
            Body::Check(check) => Said::Look {
                result: result_text(&check.outcome).into_owned(),
            },
            Body::Visit(visit) if visit.date_only != Some(true) => Said::Attempt {
                outcome: visit.outcome,
                next: visit.next,
            },
            Body::Opened(_) => Said::Opening,
            _ => return None,
        };
        Some(Self {
            document,
            identity,
            person: entry.envelope.by.unwrap_or(author.person),
            time,
            said,
        })
    }
}

/// Writes entries over rows, one after the other: its statements are held from one to the next.
#[derive(Default)]
pub(crate) struct Overwriting<'a> {
    looks: Option<asset::Looks<'a>>,
    attempts: Option<CachedStatement<'a>>,
}

impl<'a> Overwriting<'a> {
    /// Writes what the entry changes over its subject's row. Returns whether it could: if not, nothing
    /// was written, and the row is to be computed anew.
    ///
    /// # Errors
    /// The store's.
    pub(crate) fn append(
        &mut self,
        tx: &'a Connection,
        directory: &mut Directory,
        packs: &Packs,
        subject: Identity,
        later: &Later,
    ) -> Result<bool> {
        if directory.is_below(tx, later.document)? {
            return Ok(false);
        }
        match &later.said {
            Said::Look { result } => {
                let desk = &mut Desk {
                    tx,
                    directory,
                    packs,
                };
                let looks = match &mut self.looks {
                    Some(looks) => looks,
                    none => none.insert(asset::Looks::new(tx)?),
                };
                looks.write(desk, subject, later, result)
            }
            Said::Attempt { outcome, next } => {
                let attempts = match &mut self.attempts {
                    Some(attempts) => attempts,
                    none => none.insert(tx.prepare_cached(
                        "UPDATE place SET visit = ?2, visit_at = ?3, visit_next = ?4, \
                         attempts = attempts + 1 WHERE id = ?1 AND reaches_back = 0 \
                         AND (visit_at IS NULL OR visit_at < ?3)",
                    )?),
                };
                let written = attempts.execute(params![
                    subject.as_bytes(),
                    *outcome as u8,
                    later.time,
                    next
                ])?;
                Ok(written == 1)
            }
            Said::Opening => Ok(true),
        }
    }
}
