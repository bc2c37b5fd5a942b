//! Whether a replica answers: paused before the system suspends the app, closed for good; and where
//! its own entries are. What is written stands elsewhere.

use std::sync::atomic::{AtomicU8, Ordering};

use doorstep_model::ids::AuthorTag;

use crate::error::{Error, Result};
use crate::query::{self, Counters};
use crate::replica::Replica;
use crate::seal;

/// Lets calls in, or not.
#[derive(Debug, Default)]
pub(crate) struct Gate(AtomicU8);

const OPEN: u8 = 0;
const PAUSED: u8 = 1;
const CLOSED: u8 = 2;

impl Gate {
    /// [`Error::Closed`] while nothing may be read or written.
    pub(crate) fn pass(&self) -> Result<()> {
        match self.0.load(Ordering::SeqCst) {
            OPEN => Ok(()),
            _ => Err(Error::Closed),
        }
    }

    /// Goes from one state to another, unless it is in a third.
    fn go(&self, from: u8, to: u8) -> bool {
        self.0
            .compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }
}

impl Replica {
    /// Makes everything pending ready to be handed on: when the app goes to the background. Sealed
    /// work can still be undone on its day.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn seal(&self) -> Result<()> {
        self.write(|session| seal::seal(session).map(|_| ()))
    }

    /// Ends every call before the system suspends the app: waits for the one that is writing, seals,
    /// and moves the log into the database file. Until [`Replica::resume`] every call is
    /// [`Error::Closed`]. Pausing twice is pausing once.
    ///
    /// # Errors
    /// [`Error::Store`] when the last seal failed: it is paused all the same, and what was shown as
    /// saved is saved. [`Error::Closed`] after [`Replica::close`].
    pub fn pause(&self) -> Result<()> {
        if self.gate.go(OPEN, PAUSED) {
            return self.settle_down();
        }
        match self.gate.0.load(Ordering::SeqCst) {
            CLOSED => Err(Error::Closed),
            _ => Ok(()),
        }
    }

    /// Goes on after [`Replica::pause`].
    ///
    /// # Errors
    /// [`Error::Closed`] after [`Replica::close`].
    pub fn resume(&self) -> Result<()> {
        self.gate.go(PAUSED, OPEN);
        self.gate.pass()
    }

    /// Ends the replica: as [`Replica::pause`], for good. Whoever waits for a change returns. Closing
    /// twice is closing once.
    ///
    /// # Errors
    /// [`Error::Store`] when the last seal failed: it is closed all the same.
    pub fn close(&self) -> Result<()> {
        let settled = if self.gate.go(OPEN, CLOSED) {
            self.settle_down()
        } else {
            self.gate.go(PAUSED, CLOSED);
            Ok(())
        };
        self.changes.close();
        settled
    }

    /// How many of this device's entries are only here, received by the office, held, left out.
    ///
    /// # Errors
    /// [`Error::NotEnrolled`]; [`Error::Store`].
    pub fn counters(&self) -> Result<Counters> {
        let authors = self.own_authors()?;
        query::counters(&*self.reader()?, &authors)
    }

    /// This device's authors, the present one first.
    pub(crate) fn own_authors(&self) -> Result<Vec<AuthorTag>> {
        self.write(|session| {
            let mut next = Some(session.me()?.tag);
            let mut authors = Vec::new();
            while let Some(tag) = next {
                if authors.contains(&tag) {
                    break;
                }
                authors.push(tag);
                let door = &mut session.door;
                next = door
                    .directory
                    .author_by_tag(door.tx, tag)?
                    .and_then(|author| author.predecessor);
            }
            Ok(authors)
        })
    }

    fn settle_down(&self) -> Result<()> {
        let sealed = self.write_behind_gate(|session| seal::seal(session).map(|_| ()));
        // A log that cannot be moved now is moved at the next opening.
        let moved =
            self.store
                .writer()
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if let Err(error) = moved {
            tracing::warn!(%error, "the log stays beside the database");
        }
        sealed
    }
}
