//! How far one's own work has come: when the office last took some of it, what of it no backup holds
//! yet, what is on its way there a second time. Reads only.

use doorstep_model::ids::AuthorTag;
use rusqlite::{Connection, params};

use crate::error::Result;
use crate::replica::Replica;
use crate::store::count;

/// Own work beyond what [`crate::query::Counters`] counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HandedIn {
    /// Unix seconds by the office's clock: when it took the newest of this device's work.
    pub received_at: Option<i64>,
    /// Entries that the office has and that are in no backup of it yet.
    pub not_backed_up: u64,
    /// Entries that a restored office has lost and that are being handed in again.
    pub again: u64,
}

impl Replica {
    /// How far the work of this device has come, whichever of its authors wrote it.
    ///
    /// # Errors
    /// [`crate::Error::NotEnrolled`]; [`crate::Error::Store`].
    pub fn handed_in(&self) -> Result<HandedIn> {
        let authors = self.own_authors()?;
        let reader = self.reader()?;
        let mut handed = HandedIn::default();
        for author in authors {
            handed.add(&reader, author)?;
        }
        Ok(handed)
    }
}

impl HandedIn {
    fn add(&mut self, connection: &Connection, author: AuthorTag) -> Result<()> {
        let (received_at, not_backed_up, again): (Option<i64>, i64, i64) = connection
            .prepare_cached(
                "SELECT max(segment.received_at) FILTER (WHERE entries > 0), \
                 sum(entries) FILTER (WHERE segment.received_at IS NOT NULL \
                   AND (segment.position IS NULL OR segment.position > area.backed_up)), \
                 sum(entries) FILTER (WHERE segment.position IS NULL AND segment.was IS NOT NULL) \
                 FROM (SELECT segment.*, (SELECT count(*) FROM sealed \
                   WHERE sealed.within = segment.id AND sealed.kind <> 0) AS entries FROM segment \
                   WHERE segment.author = (SELECT id FROM author WHERE tag = ?1)) AS segment \
                 JOIN area ON area.id = segment.area",
            )?
            .query_row(params![author.as_bytes()], |row| {
                let whole = |column| {
                    row.get::<_, Option<i64>>(column)
                        .map(Option::unwrap_or_default)
                };
                Ok((row.get(0)?, whole(1)?, whole(2)?))
            })?;
        self.received_at = self.received_at.max(received_at);
        self.not_backed_up += count(not_backed_up);
        self.again += count(again);
        Ok(())
    }
}
