//! What the office's page counts beside the rows: which phones work where and when they were here,
//! what came in, what stands in the way. Reads only.

use doorstep_model::ids::AreaId;
use rusqlite::Connection;

use crate::error::Result;
use crate::meta::{self, Key};
use crate::store::count;
use crate::sync::office::Office;

/// The phones of an area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaPhones {
    /// The area; a phone that works in several stands in the one it wrote in first.
    pub area: AreaId,
    /// Phones that may write; one that went on as a new author is one.
    pub phones: u32,
    /// Of these, phones not heard of since the moment asked.
    pub silent: u32,
    /// Unix seconds: the last contact of any of them.
    pub last_contact: Option<i64>,
    /// Entries that they said are still on them; none when none has said.
    pub unsent: Option<u64>,
}

impl Office {
    /// The phones of every area that has some, by code. Silent is who was not here after `since`.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub fn area_phones(&self, since: i64) -> Result<Vec<AreaPhones>> {
        let reader = self.replica().reader()?;
        let mut select = reader.prepare_cached(
            "SELECT area.code, count(*), count(*) FILTER (WHERE COALESCE(contact.at, 0) < ?1), \
             max(contact.at), sum(contact.unsent) FROM author \
             JOIN (SELECT author, min(area) AS area FROM chain WHERE area <> \
               (SELECT id FROM area WHERE code = ?2) GROUP BY author) AS home \
               ON home.author = author.id \
             JOIN area ON area.id = home.area \
             LEFT JOIN contact ON contact.author = author.id \
             WHERE author.office = 0 AND author.revoked_at IS NULL AND author.tag NOT IN \
               (SELECT predecessor FROM author WHERE predecessor IS NOT NULL) \
             GROUP BY area.code ORDER BY area.code",
        )?;
        let mut rows = select.query((since, AreaId::organisation().as_str()))?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            let Ok(area) = AreaId::new(&row.get::<_, String>(0)?) else {
                continue;
            };
            lines.push(AreaPhones {
                area,
                phones: row.get(1)?,
                silent: row.get(2)?,
                last_contact: row.get(3)?,
                unsent: row.get::<_, Option<i64>>(4)?.map(count),
            });
        }
        Ok(lines)
    }

    /// How many records of phones stand in each area, held ones too, and how far was counted: asked
    /// again with that, what came since.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub fn received(&self, after: i64) -> Result<(i64, Vec<(AreaId, u64)>)> {
        let reader = self.replica().reader()?;
        let last: i64 = reader
            .prepare_cached("SELECT COALESCE(max(id), 0) FROM entry")?
            .query_row([], |row| row.get(0))?;
        let mut select = reader.prepare_cached(
            "SELECT area.code, count(*) FROM entry JOIN document ON document.id = entry.document \
             JOIN area ON area.id = document.area JOIN author ON author.id = entry.author \
             WHERE entry.id > ?1 AND entry.id <= ?2 AND entry.kind <> 0 AND author.office = 0 \
             GROUP BY area.code",
        )?;
        let mut rows = select.query((after, last))?;
        let mut areas = Vec::new();
        while let Some(row) = rows.next()? {
            if let Ok(area) = AreaId::new(&row.get::<_, String>(0)?) {
                areas.push((area, count(row.get(1)?)));
            }
        }
        Ok((last, areas))
    }

    /// Whether the clerk has still to look at the list of authors after a restore: until then only
    /// pushes are answered.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub fn is_unconfirmed(&self) -> Result<bool> {
        Ok(meta::get(&*self.replica().reader()?, Key::Unconfirmed)?.is_some())
    }

    /// How many segments are kept aside, by the code that says why.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub fn aside(&self) -> Result<Vec<(String, u64)>> {
        let reader = self.replica().reader()?;
        by_code(
            &reader,
            "SELECT code, count(*) FROM quarantine GROUP BY code ORDER BY code",
        )
    }

    /// How many segments and entries wait for a person, by the code that says why.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub fn held_by_code(&self) -> Result<Vec<(String, u64)>> {
        let mut codes: Vec<(String, u64)> = Vec::new();
        for line in self.held()? {
            match codes.iter_mut().find(|(code, _)| *code == line.code) {
                Some((_, number)) => *number += 1,
                None => codes.push((line.code, 1)),
            }
        }
        codes.sort();
        Ok(codes)
    }
}

fn by_code(connection: &Connection, sql: &str) -> Result<Vec<(String, u64)>> {
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, count(row.get::<_, i64>(1)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
