//! Saving work out of a database that cannot be opened any more: a newer schema, a damaged file. Every
//! row that can still be read and that no office has confirmed goes into a file for the office. The
//! database itself is opened for reading only and left as it is.

use std::collections::BTreeMap;
use std::path::Path;

use doorstep_model::bundle::{BUNDLE_VERSION, Bundle, BundledArea, UnsignedEntry};
use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::ids::{AreaId, AuthorTag, Identity, OrganisationId};
use doorstep_model::segment::Segment;
use doorstep_model::wire::SegmentBytes;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::bundle::{gather, seal_to, sealed_to};
use crate::clock::SystemClock;
use crate::error::{Error, Result, StoreProblem};
use crate::meta::{self, Key};
use crate::replica::{Options, Replica};
use crate::seal;
use crate::store::{FILE, Place, Store, column, counter, open_for_rescue};
use crate::sync::phone::opened;

/// What a rescue found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rescued {
    /// Segments in the file, those made of pending entries included.
    pub segments: u64,
    /// Pending entries that could be signed.
    pub signed: u64,
    /// Pending entries whose author's key or chain was not readable: in the file as they are.
    pub unsigned: u64,
    /// Rows that could not be read, and pending entries whose author's or document's row is one of them.
    /// What they held is lost unless the office has it.
    pub unreadable: u64,
}

/// Tables that a rescue reads, and which rows of them; those without a condition are read whole.
const TABLES: &[(&str, &str)] = &[
    ("area", "true"),
    ("author", "true"),
    ("chain", "true"),
    ("document", "true"),
    ("document_chain", "true"),
    ("boot", "true"),
    ("segment", "position IS NULL"),
    ("quarantine", "true"),
    ("entry", "segment IS NULL"),
];

/// Single values that sealing needs.
const KEYS: &[Key] = &[Key::Organisation, Key::OwnSecret, Key::Counter, Key::SealTo];

/// Puts everything readable and unconfirmed of the database in `folder` into a file for the office,
/// written to `out`. `invitation` is the text of any invitation of that office: where the database does
/// not say any more whom to seal to, or whose it is, it does; what the database says goes first.
/// The same folder gives the same entries every time; the office counts them once.
///
/// An invitation's grant is signed, its key to seal to is not: take one that comes from the office.
///
/// # Errors
/// [`Error::Store`] when there is no database, its key does not open it, `out` cannot be written,
/// nothing says whose work this is, or nothing could be read; [`Error::Refused`] with `bundle.no_key` when
/// nobody says whom to seal to; with `enrol.unreadable`, `enrol.bad_signature` or
/// `enrol.other_organisation` when `invitation` is none of that office's.
pub fn rescue(
    folder: &Path,
    key: Option<&[u8; 32]>,
    invitation: Option<&str>,
    out: &Path,
) -> Result<Rescued> {
    let invitation = invitation.map(opened).transpose()?;
    let broken = open_for_rescue(&folder.join(FILE), key)?;
    let mut rescued = Rescued::default();
    let scratch = scratch(&broken, &mut rescued)?;
    let segments = segments(&broken)?;
    let mut organisation = organisation(&scratch, &segments)?;
    let mut to = sealed_to(&scratch)?;
    if let Some((invitation, _)) = invitation {
        let invited = OrganisationId::of_key(&invitation.organisation.0);
        if *organisation.get_or_insert(invited) != invited {
            return Err(Error::refused("enrol.other_organisation"));
        }
        meta::set(&scratch, Key::Organisation, &invitation.organisation.0)?;
        to = to.or(invitation.seal_to);
    }
    let to = to.ok_or_else(|| Error::refused("bundle.no_key"))?;
    let organisation = organisation
        .ok_or_else(|| Error::store(StoreProblem::Corrupt, "nothing says whose work this is"))?;
    let unsigned = unsigned(&scratch)?;
    let pending = unsigned.len() as u64;
    // Of some nothing says the author or the document any more.
    rescued.unreadable +=
        count(&scratch, "SELECT count(*) FROM entry WHERE segment IS NULL")? - pending;
    let mut bundle = match signed(scratch) {
        Ok(bundle) => {
            rescued.signed = pending;
            bundle
        }
        Err(error) => {
            // Counted and told; why is for whoever looks closer.
            tracing::info!(%error, "pending entries cannot be signed");
            rescued.unsigned = pending;
            Bundle {
                version: BUNDLE_VERSION,
                organisation,
                areas: Vec::new(),
                unsigned,
            }
        }
    };
    add(&mut bundle, segments);
    if bundle.areas.is_empty() && bundle.unsigned.is_empty() && rescued.unreadable > 0 {
        let nothing = "nothing unconfirmed could be read in it";
        return Err(Error::store(StoreProblem::Corrupt, nothing));
    }
    rescued.segments = bundle
        .areas
        .iter()
        .map(|area| area.segments.len() as u64)
        .sum();
    std::fs::write(out, seal_to(&to, &bundle, &mut fresh_rng()?)?)?;
    Ok(rescued)
}

/// Whose work it is: the store says so, or a segment in it.
fn organisation(scratch: &Connection, segments: &[Vec<u8>]) -> Result<Option<OrganisationId>> {
    if let Some(key) = meta::get_array::<32>(scratch, Key::Organisation)? {
        return Ok(Some(OrganisationId::of_key(&key)));
    }
    let mut headers = segments
        .iter()
        .filter_map(|bytes| Segment::read_header(bytes));
    Ok(headers.next().map(|segment| segment.header.organisation))
}

/// Segments that no office has confirmed, those kept aside behind all others. A table that a newer
/// version changed still has their bytes.
fn segments(broken: &Connection) -> Result<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    for (table, which) in [
        ("segment", "position IS NULL AND compacted = 0"),
        ("quarantine", "true"),
    ] {
        let mut rows = BTreeMap::new();
        // What cannot be read was counted when the table was copied.
        each_row(broken, (table, which, "id, bytes"), |row| {
            rows.insert(row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?);
            Ok(())
        })?;
        all.extend(rows.into_values());
    }
    Ok(all)
}

fn fresh_rng() -> Result<ChaCha20Rng> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| Error::store(StoreProblem::Io, error))?;
    Ok(ChaCha20Rng::from_seed(seed))
}

/// A store in memory with every row that could be read.
fn scratch(broken: &Connection, rescued: &mut Rescued) -> Result<Connection> {
    let store = Store::open(&Place::Memory, None)?;
    let scratch = store.into_connection();
    for key in KEYS {
        match meta::get(broken, *key) {
            Ok(Some(value)) => meta::set(&scratch, *key, &value)?,
            Ok(None) => {}
            Err(_) => rescued.unreadable += 1,
        }
    }
    for (table, which) in TABLES {
        rescued.unreadable += copy(broken, &scratch, table, which)?;
    }
    Ok(scratch)
}

/// Copies what can be read of a table. Returns how many rows could not.
fn copy(broken: &Connection, scratch: &Connection, table: &str, which: &str) -> Result<u64> {
    let columns: Vec<String> = column(scratch, "SELECT name FROM pragma_table_info(?1)", [table])?;
    let list = columns.join(", ");
    let places = vec!["?"; columns.len()].join(", ");
    let mut insert = scratch.prepare(&format!(
        "INSERT OR IGNORE INTO {table} ({list}) VALUES ({places})"
    ))?;
    each_row(broken, (table, which, &list), |row| {
        let values = (0..columns.len()).map(|column| row.get::<_, Value>(column));
        insert.execute(params_from_iter(
            values.collect::<rusqlite::Result<Vec<_>>>()?,
        ))?;
        Ok(())
    })
}

/// Hands over what can be read of a table: those rows, those columns. Behind a damaged page the rows are
/// asked for one by one, and some come twice. Returns how many could not be read; one for a table that has
/// no such columns.
fn each_row(
    broken: &Connection,
    (table, which, list): (&str, &str, &str),
    mut take: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<()>,
) -> Result<u64> {
    let Ok(mut select) = broken.prepare(&format!("SELECT {list} FROM {table} WHERE {which}"))
    else {
        return Ok(1);
    };
    let mut rows = select.query([])?;
    loop {
        match rows.next() {
            Ok(Some(row)) => take(row)?,
            Ok(None) => return Ok(0),
            Err(_) => break,
        }
    }
    drop(rows);
    let Some(last) = last_row(broken, table) else {
        return Ok(1);
    };
    let mut select = broken.prepare(&format!(
        "SELECT {list} FROM {table} WHERE id = ?1 AND {which}"
    ))?;
    let mut unreadable = 0;
    for id in 1..=last {
        let mut rows = select.query([id])?;
        match rows.next() {
            Ok(Some(row)) => take(row)?,
            Ok(None) => {}
            Err(_) => unreadable += 1,
        }
    }
    Ok(unreadable)
}

/// The last number that a row of a table may have: as SQLite keeps it, or where it keeps none, as the end
/// of the table says, and where that cannot be read, as an index does.
fn last_row(broken: &Connection, table: &str) -> Option<i64> {
    let sequence = broken.query_row(
        "SELECT seq FROM sqlite_sequence WHERE name = ?1",
        [table],
        |row| row.get(0),
    );
    let ask = |sql: &str| broken.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
    sequence
        .map(Some)
        .or_else(|_| ask(&format!("SELECT max(id) FROM {table}")))
        .or_else(|_| {
            ask(&format!(
                "SELECT max(id) FROM {table} INDEXED BY {table}_key"
            ))
        })
        .ok()
        .map(Option::unwrap_or_default)
}

/// Seals what is pending under the own key, and gathers it with the rest.
fn signed(scratch: Connection) -> Result<Bundle> {
    let options = Options {
        place: Place::Memory,
        key: None,
        marker: b"rescue".to_vec(),
        clock: std::sync::Arc::new(SystemClock),
        seed: None,
    };
    let replica = Replica::on(Store::from_connection(scratch)?, options)?;
    replica.write(|session| {
        session.me()?;
        seal::seal(session)?;
        gather(session)
    })
}

/// Adds segments that are not in it yet: their author's row may be damaged, they are not.
fn add(bundle: &mut Bundle, segments: Vec<Vec<u8>>) {
    for bytes in segments {
        let Some(segment) = Segment::read_header(&bytes) else {
            continue;
        };
        let area = segment.header.area;
        let at = bundle.areas.iter().position(|of| of.area == area);
        let at = at.unwrap_or_else(|| {
            bundle.areas.push(BundledArea {
                area,
                chain: None,
                segments: Vec::new(),
            });
            bundle.areas.len() - 1
        });
        let held = &mut bundle.areas[at].segments;
        if !held.iter().any(|held| held.0 == bytes) {
            held.push(SegmentBytes(bytes));
        }
    }
}

/// Pending entries as they are, with what their document is.
fn unsigned(scratch: &Connection) -> Result<Vec<UnsignedEntry>> {
    let mut select = scratch.prepare(
        "SELECT ar.code, d.kind, d.subject, d.round, a.tag, e.counter, e.subject, e.value \
         FROM entry e JOIN document d ON d.id = e.document JOIN area ar ON ar.id = d.area \
         JOIN author a ON a.id = e.author WHERE e.segment IS NULL ORDER BY e.counter",
    )?;
    let mut rows = select.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let area = AreaId::new(&row.get::<_, String>(0)?).ok();
        let about = Identity::from_slice(&row.get::<_, Vec<u8>>(2)?);
        let round = row.get::<_, Option<Vec<u8>>>(3)?;
        let subject = Identity::from_slice(&row.get::<_, Vec<u8>>(6)?);
        let (Some(area), Some(about), Some(subject)) = (area, about, subject) else {
            continue;
        };
        let round = round.and_then(|round| RoundKey::from_bytes(&round));
        let kind = row.get(1)?;
        if DocumentName::from_parts(kind, about, round).is_none() {
            continue;
        }
        found.push(UnsignedEntry {
            area,
            document: (kind, about, round),
            author: AuthorTag(row.get(4)?),
            counter: counter(row.get(5)?),
            subject,
            value: row.get(7)?,
        });
    }
    Ok(found)
}

fn count(connection: &Connection, sql: &str) -> Result<u64> {
    Ok(crate::store::count(connection.query_row(
        sql,
        [],
        |row| row.get(0),
    )?))
}

#[cfg(test)]
mod tests;
