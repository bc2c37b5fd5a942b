//! What a store holds, read from the bytes of its segments and never from its rows: identities of
//! entries, and the marks by which one tap is told from another.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use doorstep_model::change;
use doorstep_model::entry::Entry;
use doorstep_model::ids::{AuthorTag, Identity, SegmentHash};
use doorstep_model::segment::Segment;
use rusqlite::Connection;

use crate::broken::Checked;

/// One entry as far as counting needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// Who it is.
    pub identity: Identity,
    /// The tap that made it, if it bears a mark.
    pub mark: Option<u64>,
}

/// Segments read before, by their hash: a segment never changes.
#[derive(Debug, Default)]
pub struct Contents(BTreeMap<SegmentHash, Rc<Vec<Content>>>);

impl Contents {
    /// The entries of a segment.
    pub fn of(
        &mut self,
        hash: SegmentHash,
        bytes: impl FnOnce() -> Checked<Vec<u8>>,
    ) -> Checked<Rc<Vec<Content>>> {
        if let Some(known) = self.0.get(&hash) {
            return Ok(Rc::clone(known));
        }
        let read = Rc::new(read(&bytes()?));
        self.0.insert(hash, Rc::clone(&read));
        Ok(read)
    }

    /// The identities of everything in a store: pending, in segments, and set aside.
    pub fn held(&mut self, connection: &Connection) -> Checked<BTreeSet<Identity>> {
        let mut held = pending(connection)?;
        for table in ["segment", "quarantine"] {
            for (hash, row) in hashes(connection, &format!("SELECT hash, id FROM {table}"))? {
                let entries = self.of(hash, || bytes_of(connection, table, row))?;
                held.extend(entries.iter().map(|content| content.identity));
            }
        }
        Ok(held)
    }

    /// The entries of everything that has a place in a feed here.
    pub fn in_feeds(&mut self, connection: &Connection) -> Checked<Vec<Rc<Vec<Content>>>> {
        let sql = "SELECT hash, id FROM segment WHERE position IS NOT NULL";
        hashes(connection, sql)?
            .into_iter()
            .map(|(hash, row)| self.of(hash, || bytes_of(connection, "segment", row)))
            .collect()
    }
}

fn hashes(connection: &Connection, sql: &str) -> Checked<Vec<(SegmentHash, i64)>> {
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map([], |row| Ok((SegmentHash(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn bytes_of(connection: &Connection, table: &str, row: i64) -> Checked<Vec<u8>> {
    let sql = format!("SELECT bytes FROM {table} WHERE id = ?1");
    Ok(connection
        .prepare_cached(&sql)?
        .query_row([row], |row| row.get(0))?)
}

fn pending(connection: &Connection) -> Checked<BTreeSet<Identity>> {
    let mut select = connection.prepare_cached(
        "SELECT a.tag, e.counter, e.value FROM entry e JOIN author a ON a.id = e.author \
         WHERE e.segment IS NULL",
    )?;
    let mut rows = select.query([])?;
    let mut held = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let counter: i64 = row.get(1)?;
        let own = Identity::of_entry(AuthorTag(row.get(0)?), counter.cast_unsigned());
        let value: Vec<u8> = row.get(2)?;
        held.extend(content(own, &value).map(|content| content.identity));
    }
    Ok(held)
}

fn read(bytes: &[u8]) -> Vec<Content> {
    let Ok(segment) = Segment::read(bytes) else {
        return Vec::new();
    };
    segment
        .changes
        .iter()
        .filter_map(|change| change::read(change.bytes).ok())
        .flatten()
        .filter_map(|(key, value)| content(key.identity(), &value))
        .collect()
}

fn content(own: Identity, value: &[u8]) -> Option<Content> {
    let entry = Entry::from_bytes(value).ok()?;
    Some(Content {
        identity: entry.envelope.origin.unwrap_or(own),
        mark: mark_in(value),
    })
}

/// The text that marks what a tap wrote.
pub fn mark_text(mark: u64) -> String {
    format!("#{mark}#")
}

/// The mark in an entry's bytes.
fn mark_in(value: &[u8]) -> Option<u64> {
    let from = value.iter().position(|byte| *byte == b'#')? + 1;
    let len = value[from..].iter().position(|byte| *byte == b'#')?;
    std::str::from_utf8(&value[from..from + len])
        .ok()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_where_it_was_written() {
        let text = format!("等等 {}", mark_text(1_234));
        assert_eq!(mark_in(text.as_bytes()), Some(1_234));
        assert_eq!(mark_in(b"no mark # here"), None);
        assert_eq!(mark_in(b"none"), None);
    }
}
