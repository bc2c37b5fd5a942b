//! What a table should hold beside what it holds. What its rows mean is not here.

use std::collections::BTreeSet;

use doorstep_model::ids::Identity;
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::broken::{Broken, Checked, Promise};

/// What stands in one column of one row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// Nobody said.
    Null,
    /// A number, an instant, a day, yes or no.
    Number(i64),
    /// Words, or JSON.
    Text(String),
    /// An identity or another name in bytes.
    Bytes(Vec<u8>),
}

/// One row, its key first.
pub type Row = Vec<Cell>;

/// A table with the rows that the naive fold expects in it.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, as SQL writes them; those of the key first.
    pub columns: &'static str,
    /// Its rows.
    pub rows: BTreeSet<Row>,
}

impl Table {
    /// The store's table holds these rows and no others. `story` tells what was said of the thing that
    /// a wrong row is about.
    ///
    /// # Errors
    /// The first row that differs; the store's.
    pub fn agrees(
        &self,
        connection: &Connection,
        story: impl Fn(Identity) -> String,
    ) -> Checked<()> {
        let stored = read(connection, self.name, self.columns)?;
        let Some(first) = stored.symmetric_difference(&self.rows).next() else {
            return Ok(());
        };
        let same_key = |row: &&Row| row.first() == first.first();
        let differing = |rows: &BTreeSet<Row>, others: &BTreeSet<Row>| -> Vec<String> {
            rows.difference(others)
                .filter(same_key)
                .map(|row| format!("{row:?}"))
                .collect()
        };
        let about = first.first().and_then(Cell::identity);
        Err(Broken::new(
            Promise::Diverged,
            format!(
                "{} ({}): the rows say {}, the naive fold {}, of\n{}",
                self.name,
                self.columns,
                differing(&stored, &self.rows).join(", "),
                differing(&self.rows, &stored).join(", "),
                about.map(story).unwrap_or_default(),
            ),
        ))
    }
}

fn read(connection: &Connection, name: &str, columns: &str) -> Checked<BTreeSet<Row>> {
    let mut select = connection.prepare_cached(&format!("SELECT {columns} FROM {name}"))?;
    let count = select.column_count();
    let mut rows = select.query([])?;
    let mut read = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let cells: rusqlite::Result<Row> = (0..count)
            .map(|at| row.get_ref(at).map(Cell::from))
            .collect();
        read.insert(cells?);
    }
    Ok(read)
}

impl Cell {
    fn identity(&self) -> Option<Identity> {
        match self {
            Self::Bytes(bytes) => Identity::from_slice(bytes),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self, self.identity()) {
            (_, Some(identity)) => write!(f, "{identity}"),
            (Self::Null, _) => write!(f, "-"),
            (Self::Number(number), _) => write!(f, "{number}"),
            (Self::Text(text), _) => write!(f, "{text:?}"),
            (Self::Bytes(bytes), _) => write!(f, "{bytes:02x?}"),
        }
    }
}

impl From<ValueRef<'_>> for Cell {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Number(number),
            // No compared column holds one; its bits would differ from any number.
            ValueRef::Real(real) => Self::Text(real.to_string()),
            ValueRef::Text(text) => Self::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {
        $(impl From<$number> for Cell {
            fn from(number: $number) -> Self {
                Self::Number(number.into())
            }
        })*
    };
}

numbers!(bool, u8, u16, u32, i64);

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Self::Number(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Identity> for Cell {
    fn from(identity: Identity) -> Self {
        Self::Bytes(identity.as_bytes().to_vec())
    }
}

impl From<Vec<u8>> for Cell {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// A row of anything that can stand in a column.
macro_rules! row {
    ($($cell:expr),* $(,)?) => {
        vec![$($crate::naive::table::Cell::from($cell)),*]
    };
}

pub(super) use row;
