//! What arrived below the horizon after that was set. It changes no row; answering it is the office's,
//! elsewhere.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use doorstep_model::facts::checks::{self, PlainSeverity};
use doorstep_model::ids::{AreaId, AuthorTag, Identity};
use rusqlite::{Connection, Row};

use crate::directory::Directory;
use crate::error::Result;
use crate::project::{self, identity};
use crate::store::{count, counter};

/// An entry that arrived below the horizon after that was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateLine {
    /// The entry.
    pub entry: Identity,
    /// The asset or door that it is about.
    pub subject: Identity,
    /// Who wrote it.
    pub author: AuthorTag,
    /// Its effective time, unix seconds.
    pub time: i64,
    /// When the office had it, unix seconds.
    pub received_at: i64,
    /// A carry was written since.
    pub answered: bool,
    /// It is a look in a contradiction that nobody has decided. No row shows one below the horizon: the
    /// worse is carried, until a decision names the looks and the carry is written anew.
    pub contradicts: bool,
}

/// Looks, attempts and what puts them right or takes them back, in rounds below the horizon of an
/// area, that the office received after it had said so.
const LATE: &str = "\
    FROM horizon h JOIN document d ON d.subject = h.building AND d.kind = 2 \
    AND d.round = h.round AND d.area = h.area JOIN entry e ON e.document = d.id \
    JOIN segment s ON s.id = e.segment JOIN author a ON a.id = e.author \
    WHERE h.subject = ?1 AND e.kind IN (4, 5, 6, 7) AND s.received_at > h.at";

/// A carry was written since.
const ANSWERED: &str = "\
    EXISTS (SELECT 1 FROM entry c WHERE c.subject = e.subject AND c.kind = 37 \
    AND c.standing = 0 AND c.time >= s.received_at)";

/// Everything late in an area, the oldest arrival first.
pub(crate) fn late_below(connection: &Connection, area: &AreaId) -> Result<Vec<LateLine>> {
    let sql = format!(
        "SELECT a.tag, e.counter, e.origin, e.subject, e.time, s.received_at, {ANSWERED} {LATE} \
         ORDER BY s.received_at, e.id"
    );
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query([area.subject().as_bytes()])?;
    let mut lines = Vec::new();
    let mut undecided = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let entry = entry_name(row)?;
        let subject = identity(row, 3)?.unwrap_or(Identity::of_hash([0; 16]));
        let looks = match undecided.entry(subject) {
            btree_map::Entry::Occupied(known) => known.into_mut(),
            btree_map::Entry::Vacant(new) => new.insert(undecided_looks(connection, subject)?),
        };
        lines.push(LateLine {
            entry,
            subject,
            contradicts: looks.contains(&entry),
            author: AuthorTag(row.get(0)?),
            time: row.get(4)?,
            received_at: row.get(5)?,
            answered: row.get(6)?,
        });
    }
    Ok(lines)
}

/// The looks at an asset that contradict one another, wherever they stand, and wait for a decision.
fn undecided_looks(connection: &Connection, asset: Identity) -> Result<BTreeSet<Identity>> {
    let history = project::history(connection, &mut Directory::default(), asset)?;
    let looks = history.placed(project::is_look);
    let state = checks::fold(&looks, &PlainSeverity);
    let checks = state.waiting().flat_map(|dispute| &dispute.checks);
    Ok(checks.copied().collect())
}

/// How much of it no carry has answered yet.
pub(super) fn unanswered(connection: &Connection, area: &AreaId) -> Result<u32> {
    let sql = format!("SELECT count(*) {LATE} AND NOT {ANSWERED}");
    let number: i64 = connection
        .prepare_cached(&sql)?
        .query_row([area.subject().as_bytes()], |row| row.get(0))?;
    Ok(u32::try_from(count(number)).unwrap_or(u32::MAX))
}

/// The identity of an entry from its author's tag, its counter and its origin.
pub(crate) fn entry_name(row: &Row<'_>) -> rusqlite::Result<Identity> {
    let own = Identity::of_entry(AuthorTag(row.get(0)?), counter(row.get(1)?));
    Ok(identity(row, 2)?.unwrap_or(own))
}
