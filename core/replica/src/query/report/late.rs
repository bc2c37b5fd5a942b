//! What arrived after the close of its month or round: whatever the close's table of authors leaves
//! out, whatever its time says. Nothing is counted here.

use std::collections::BTreeMap;

use doorstep_model::ids::Identity;
use doorstep_model::report::month_of;
use doorstep_model::time::LocalDay;
use rusqlite::{Connection, OptionalExtension, params};

use crate::directory::Directory;
use crate::error::Result;
use crate::project;

/// {author's tag → last segment that counts}.
type Marks = BTreeMap<String, u64>;

/// The closes of all months and rounds.
#[derive(Debug, Default)]
pub(super) struct Closes {
    months: BTreeMap<(String, u32), Marks>,
    rounds: BTreeMap<Identity, Marks>,
}

/// Reads `2026-11` as `year * 12 + month - 1`.
pub(super) fn month_of_text(text: &str) -> Option<u32> {
    let (year, month) = text.split_once('-')?;
    let (year, month): (u32, u32) = (year.parse().ok()?, month.parse().ok()?);
    (1..=12).contains(&month).then(|| year * 12 + month - 1)
}

fn marks(text: &str) -> Marks {
    let listed: Vec<(String, u64)> = serde_json::from_str(text).unwrap_or_default();
    listed.into_iter().collect()
}

impl Closes {
    pub(super) fn read(connection: &Connection) -> Result<Self> {
        let mut closes = Self::default();
        let mut select = connection.prepare_cached(
            "SELECT a.code, c.month, c.marks FROM month_close c JOIN area a ON a.id = c.area",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            if let Some(month) = month_of_text(&row.get::<_, String>(1)?) {
                let marks = marks(&row.get::<_, String>(2)?);
                closes.months.insert((row.get(0)?, month), marks);
            }
        }
        let mut select =
            connection.prepare_cached("SELECT id, closed FROM round WHERE closed IS NOT NULL")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            if let Some(round) = project::identity(row, 0)? {
                closes
                    .rounds
                    .insert(round, marks(&row.get::<_, String>(1)?));
            }
        }
        Ok(closes)
    }

    fn month(&self, area: &str, day: u32) -> Option<&Marks> {
        if self.months.is_empty() {
            return None;
        }
        self.months.get(&(area.to_owned(), month_of(day)))
    }

    /// Whether an entry of this day arrived after its month was closed.
    pub(super) fn is_late(
        &self,
        connection: &Connection,
        area: &str,
        day: u32,
        entry: Identity,
    ) -> Result<bool> {
        match self.month(area, day) {
            Some(marks) => Ok(!is_counted(connection, marks, entry)?),
            None => Ok(false),
        }
    }

    /// The same for a look, which a closed round may leave out as well.
    pub(super) fn is_look_late(
        &self,
        connection: &Connection,
        area: &str,
        day: u32,
        round: Option<Identity>,
        check: Identity,
    ) -> Result<bool> {
        if let Some(marks) = round.and_then(|round| self.rounds.get(&round))
            && !is_counted(connection, marks, check)?
        {
            return Ok(true);
        }
        self.is_late(connection, area, day, check)
    }

    /// Whether the end of a case on this day arrived after that month was closed: none of the day's
    /// steps is in the table.
    pub(super) fn is_end_late(
        &self,
        connection: &Connection,
        area: &str,
        day: u32,
        case: Identity,
    ) -> Result<bool> {
        let Some(marks) = self.month(area, day) else {
            return Ok(false);
        };
        let gathered = project::entries(connection, &mut Directory::default(), case)?;
        let (from, to) = (
            LocalDay(day.into()).first_second(),
            LocalDay(day.into()).last_second(),
        );
        for step in &gathered.entries {
            let time = step.placed.time;
            if (from..=to).contains(&time) && is_counted(connection, marks, step.placed.identity)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether a table of authors takes an entry in.
fn is_counted(connection: &Connection, marks: &Marks, entry: Identity) -> Result<bool> {
    let own = entry.entry_parts();
    let by_key = "SELECT a.tag, s.n FROM entry e JOIN author a ON a.id = e.author \
                  JOIN segment s ON s.id = e.segment";
    let found: Option<([u8; 4], i64)> = match own {
        Some((author, counter)) => connection
            .prepare_cached(&format!("{by_key} WHERE a.tag = ?1 AND e.counter = ?2"))?
            .query_row(params![author.0, crate::store::sql_u64(counter)], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?,
        None => connection
            .prepare_cached(&format!(
                "{by_key} WHERE e.origin = ?1 ORDER BY e.id LIMIT 1"
            ))?
            .query_row([entry.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?,
    };
    Ok(found.is_some_and(|(tag, n)| {
        let tag = doorstep_model::ids::AuthorTag(tag).to_string();
        marks
            .get(&tag)
            .is_some_and(|last| crate::store::counter(n) <= *last)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_read_as_it_is_written() {
        assert_eq!(month_of_text("2026-11"), Some(2026 * 12 + 10));
        assert_eq!(month_of_text("2026-13"), None);
        assert_eq!(month_of_text("2026"), None);
    }
}
