//! A second opinion: the rows of a replica worked out from all its entries at once, by the plainest
//! reading of the rules. Written apart from the product: nothing here calls or imitates the model's
//! `facts` and `due` or the replica's projection, so that an error must be made twice to go unseen.
//! Shared are only the bytes (entries, segments, grants) and the arithmetic of days.

pub mod about;
pub mod cases;
pub mod doors;
pub mod due;
pub mod fields;
pub mod lines;
pub mod looks;
pub mod order;
pub mod said;
pub mod standing;
pub mod table;
#[cfg(test)]
mod tests;
pub mod time;
pub mod words;

use std::collections::BTreeMap;

use doorstep_model::ids::{AuthorTag, Identity};
use doorstep_model::keys::PublicKey;
use rusqlite::Connection;

use crate::broken::{Broken, Checked, Promise};
use crate::ledger::StoreName;
use about::Known;
use said::{Epochs, Said, Writers};
use table::Table;

/// Tables of rows that nothing in a simulated world fills: they are empty.
const UNUSED: &[(&str, &str)] = &[
    ("round", "id"),
    ("round_target", "building"),
    ("campaign", "id"),
    ("month_close", "subject"),
    ("figure", "id"),
    ("adopted_pack", "subject"),
    ("same_as", "subject"),
    ("import_row", "subject"),
    ("import_undone", "subject"),
];

/// Who gives the second opinion.
pub struct Naive {
    organisation: PublicKey,
    writers: Writers,
}

impl Naive {
    /// For replicas of the organisation with this key.
    pub fn new(organisation: PublicKey) -> Self {
        Self {
            organisation,
            writers: Writers::new(),
        }
    }

    /// Holds the rows of a store against the second opinion on its entries.
    ///
    /// # Errors
    /// [`Promise::Diverged`] with the first row that differs, or the store's.
    pub fn agrees(&mut self, store: StoreName, connection: &Connection) -> Checked<()> {
        self.check(connection).map_err(|broken| Broken {
            words: format!("store {store}: {}", broken.words),
            ..broken
        })
    }

    /// When every entry was, by its author and its number among theirs.
    ///
    /// # Errors
    /// The store's.
    pub fn times(&mut self, connection: &Connection) -> Checked<BTreeMap<(AuthorTag, i64), i64>> {
        let all = self.read(connection)?;
        let key = |said: &Said| (said.writer.tag, said.counter.cast_signed());
        Ok(all.iter().map(|said| (key(said), said.time)).collect())
    }

    /// All entries with their times.
    fn read(&mut self, connection: &Connection) -> Checked<Vec<Said>> {
        let mut all = said::read(connection, &self.organisation, &mut self.writers)?;
        time::settle(&mut all);
        Ok(all)
    }

    fn check(&mut self, connection: &Connection) -> Checked<()> {
        let mut all = self.read(connection)?;
        time::agrees(&all)?;
        standing::settle(&mut all);
        standing::agrees(&all)?;
        let known = Known::of(&all);
        let epochs = Epochs::read(connection)?;
        for table in tables(&known, &epochs) {
            table.agrees(connection, |subject| story(&all, subject))?;
        }
        hanging_rows_are_counted(connection)
    }
}

/// Every table with the rows that should be in it.
fn tables(known: &Known<'_>, epochs: &Epochs) -> Vec<Table> {
    let mut tables = vec![
        fields::places(known),
        looks::assets(known),
        looks::disputes_of(known),
        fields::labels(known),
        cases::matters(known, epochs),
    ];
    tables.extend(lines::tables(known));
    tables.extend(words::tables(known));
    tables.extend(UNUSED.iter().map(|(name, columns)| Table {
        name,
        columns,
        rows: Default::default(),
    }));
    tables
}

/// The rows of places and assets count what hangs on them in other tables.
fn hanging_rows_are_counted(connection: &Connection) -> Checked<()> {
    for table in ["place", "asset"] {
        let sql = format!(
            "SELECT count(*) FROM {table} t WHERE extras <> \
             (SELECT count(*) FROM oddity WHERE subject = t.id) + \
             (SELECT count(*) FROM same_as WHERE subject = t.id) + \
             (SELECT count(*) FROM handout WHERE subject = t.id) + \
             (SELECT count(*) FROM attendance WHERE subject = t.id) + \
             (SELECT count(*) FROM round_target WHERE building = t.id)"
        );
        let wrong: i64 = connection
            .prepare_cached(&sql)?
            .query_row([], |row| row.get(0))?;
        same(
            format_args!("extras of {table} that are miscounted"),
            &wrong,
            &0,
        )?;
    }
    Ok(())
}

/// What was said of something, in order, for whoever must find out who is right.
fn story(all: &[Said], subject: Identity) -> String {
    let mut about: Vec<&Said> = all.iter().filter(|said| said.subject == subject).collect();
    about.sort_by_key(|said| said.order());
    let lines: Vec<String> = about
        .iter()
        .map(|said| {
            let (own, name, person) = (said.own_name(), said.identity, said.person.0);
            let (role, standing) = (said.role, said.standing);
            let place = said.sealed.as_ref().map(|s| (s.position, s.earlier, s.seen));
            let (after, body) = (&said.entry.envelope.after, &said.entry.body);
            format!(
                "  {} {name} (own {own}) by {person} {role} {standing:?} {place:?} after {after:?}: {body:?}",
                said.time
            )
        })
        .collect();
    lines.join("\n")
}

/// What the store says is what the second opinion says of it.
fn same<T: PartialEq + std::fmt::Debug>(
    what: impl std::fmt::Display,
    stored: &T,
    naive: &T,
) -> Checked<()> {
    if stored == naive {
        return Ok(());
    }
    Err(Broken::new(
        Promise::Diverged,
        format!("{what}: the store says {stored:?}, the naive fold {naive:?}"),
    ))
}
