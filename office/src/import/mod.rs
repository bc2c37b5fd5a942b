//! Registers from CSV files: bytes in, rows and problems out, rows into entries. No files, no store,
//! no clock: the caller reads the file, names today, and writes the entries.
//!
//! A row becomes the same entries whatever file it stands in and in whatever order files come: its
//! origin is a hash of what it says, and of the how-manieth such row of its file it is. Problems are
//! all listed; one refused row refuses the file, unless the rest is asked for
//! ([`Parsed::accept`]). Columns, notations and codes stand in docs/imports.md.

mod areas;
mod assets;
mod dates;
mod figures;
mod places;
mod problem;
mod shipped;
mod table;

use std::collections::BTreeMap;

use doorstep_model::document::DocumentName;
use doorstep_model::entry::Entry;
use doorstep_model::ids::{AreaId, Identity};

pub use areas::{AreaContext, AreaRow, LEVELS, area_entries, parse_areas};
pub use assets::{AssetContext, AssetRow, asset_entries, parse_assets};
pub use dates::{FactoryMonth, UNREADABLE};
pub use figures::{FigureContext, ImportedFigure, figure_entries, parse_figures};
pub use places::{PlaceContext, PlaceRow, parse_places, place_entries};
pub use problem::{Problem, Severity};
pub use shipped::{LAOXIMEN_AREAS, LAOXIMEN_FIGURES, LAOXIMEN_PLACES};
pub use table::{FILE_MAX, ROWS_MAX};

/// What an entry of an import is written as: its document within the row's area, its subject, and
/// the entry with its origin set.
pub type Imported = (DocumentName, Identity, Entry);

/// Areas by what a file may call them: the code, and the name where only one area has it.
pub type AreaNames = BTreeMap<String, AreaId>;

/// A file as it was read: the rows that are good, and every problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<Row> {
    /// Rows without a refusing problem, in the order of the file.
    pub rows: Vec<Row>,
    /// All problems, by line.
    pub problems: Vec<Problem>,
}

impl<Row> Parsed<Row> {
    fn new(rows: Vec<Row>, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.line);
        Self { rows, problems }
    }

    /// The rows to write. With `skip_bad` the good rows of a file that has bad ones.
    ///
    /// # Errors
    /// All problems, where a row is refused and bad rows are not to be skipped, or where the file
    /// is refused as a whole.
    pub fn accept(self, skip_bad: bool) -> Result<Vec<Row>, Vec<Problem>> {
        let bearable = match skip_bad {
            true => Severity::Row,
            false => Severity::Warning,
        };
        match self
            .problems
            .iter()
            .any(|problem| problem.severity > bearable)
        {
            true => Err(self.problems),
            false => Ok(self.rows),
        }
    }
}

/// The identity of an imported thing: a hash of what its row says.
fn origin(of: &str, parts: &[&str]) -> Identity {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    Identity::hashed(&format!("doorstep import {of}"), &parts)
}

/// The how-manieth time each key stands in a file, from 1.
#[derive(Default)]
struct Occurrences(BTreeMap<Identity, u32>);

impl Occurrences {
    fn of(&mut self, key: Identity) -> u32 {
        let times = self.0.entry(key).or_default();
        *times += 1;
        *times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(severity: Option<Severity>) -> Parsed<u8> {
        let problems = severity.map(|severity| Problem {
            line: 3,
            column: None,
            code: "import.x",
            severity,
            zh: String::new(),
            en: String::new(),
        });
        Parsed::new(vec![1, 2], problems.into_iter().collect())
    }

    #[test]
    fn a_bad_row_refuses_the_file_unless_the_rest_is_asked_for() {
        for (severity, strict, skipping) in [
            (None, true, true),
            (Some(Severity::Warning), true, true),
            (Some(Severity::Row), false, true),
            (Some(Severity::File), false, false),
        ] {
            assert_eq!(
                parsed(severity).accept(false).is_ok(),
                strict,
                "{severity:?}"
            );
            assert_eq!(
                parsed(severity).accept(true).is_ok(),
                skipping,
                "{severity:?}"
            );
        }
        assert_eq!(parsed(Some(Severity::Row)).accept(true), Ok(vec![1, 2]));
    }
}
