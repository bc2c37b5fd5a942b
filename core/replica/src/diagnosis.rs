//! What a developer needs to know about a replica that does not do what it should: versions, numbers
//! and states. No name, no note, no id of a thing: nothing that a person typed.

use serde::Serialize;

use crate::error::Result;
use crate::query::Counters;
use crate::replica::Replica;
use crate::store::count;

/// The state of a replica, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// Version of this library.
    pub version: &'static str,
    /// Version of SQLite.
    pub sqlite: &'static str,
    /// Number of the last migration.
    pub schema: i64,
    /// Bytes of the database.
    pub bytes: u64,
    /// Tag of the author, once enrolled.
    pub author: Option<String>,
    /// Its role.
    pub role: Option<&'static str>,
    /// Wall clock, unix seconds.
    pub wall: i64,
    /// Now by this boot.
    pub now: i64,
    /// The number of the last change.
    pub change: u64,
    /// Where its own entries are, once enrolled.
    pub counters: Option<Counters>,
    /// The feeds that it holds.
    pub areas: Vec<AreaDiagnosis>,
    /// Rows of the tables that grow.
    pub rows: Vec<(&'static str, u64)>,
}

/// The state of one feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AreaDiagnosis {
    /// Code of the area.
    pub code: String,
    /// Position of the cursor.
    pub position: u64,
    /// Own clock at the last complete sync.
    pub synced_at: Option<i64>,
}

/// Tables whose size tells something.
const TABLES: [&str; 6] = [
    "area",
    "author",
    "document",
    "entry",
    "segment",
    "quarantine",
];

impl Replica {
    /// The state of this replica, without its content.
    ///
    /// # Errors
    /// [`crate::Error::Closed`]; [`crate::Error::Store`].
    pub fn diagnosis(&self) -> Result<Diagnosis> {
        let counters = match self.author() {
            Some(_) => Some(self.counters()?),
            None => None,
        };
        let reader = self.reader()?;
        let number = |sql: &str| reader.query_row(sql, [], |row| row.get::<_, i64>(0));
        let mut select =
            reader.prepare_cached("SELECT code, position, synced_at FROM area ORDER BY code")?;
        let areas = select.query_map([], |row| {
            Ok(AreaDiagnosis {
                code: row.get(0)?,
                position: count(row.get(1)?),
                synced_at: row.get(2)?,
            })
        })?;
        let mut rows = Vec::new();
        for table in TABLES {
            let found = number(&format!("SELECT count(*) FROM {table}"))?;
            rows.push((table, count(found)));
        }
        Ok(Diagnosis {
            version: env!("CARGO_PKG_VERSION"),
            sqlite: rusqlite::version(),
            schema: number("PRAGMA user_version")?,
            bytes: count(number("PRAGMA page_count")?.saturating_mul(number("PRAGMA page_size")?)),
            author: self.author().map(|tag| tag.to_string()),
            role: self.role().map(|role| role.name()),
            wall: self.clock.wall(),
            now: self.now(),
            change: self.change(),
            counters,
            areas: areas.collect::<rusqlite::Result<_>>()?,
            rows,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::act::testing::{EVENING, HeldClock, house, phone, tap};
    use doorstep_model::entry::Note;

    #[test]
    fn a_diagnosis_counts_and_tells_nothing_that_was_typed() {
        let phone = phone(&HeldClock::at(EVENING));
        let house = house(&phone);
        let note = Note {
            text: "王阿婆不在家".to_owned(),
            photos: None,
        };
        phone.note(&tap(), house.door.identity(), note).unwrap();
        let diagnosis = phone.diagnosis().unwrap();
        assert_eq!(diagnosis.now, EVENING);
        assert!(diagnosis.rows.contains(&("author", 1)), "{diagnosis:?}");
        assert!(!format!("{diagnosis:?}").contains("王阿婆"));
    }
}
