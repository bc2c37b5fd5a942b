//! `doorstep import`: areas, places, assets and reported figures from CSV, and the files that phones
//! hand in.

mod bundle;
mod rows;

use std::io::Read;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::errand::Errand;
use super::{Failure, OfficeFolder, Output};

pub use bundle::{HandedFile, ImportBundles};

/// Imports a CSV file (UTF-8, with or without BOM, first line names the columns), or what phones hand in
/// as files. The same row or record twice is one; a file imported again changes nothing.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  doorstep import areas areas.csv
  doorstep import places places.csv --area 310101019005
  doorstep import assets bottles.csv --skip-bad
  doorstep import bundle p1.doorstep-bundle

A bad row refuses the whole file, and all bad rows are listed with line and column; --skip-bad takes
the others. Dates have the year first; 05/06/26 is refused, not guessed.")]
pub struct ImportArgs {
    /// What is in the file.
    #[command(subcommand)]
    pub what: ImportWhat,
}

/// What is in a file to import.
#[derive(Debug, Subcommand)]
pub enum ImportWhat {
    /// A table.
    #[command(flatten)]
    Table(ImportTable),
    /// 交件 · Files that phones handed in on a stick or in a chat
    #[command(after_long_help = "\
Examples:
  doorstep import bundle p1.doorstep-bundle
  doorstep import bundle /media/stick/p1.bundle /media/stick/p2.bundle --json

What doorstep phone bundle and rescue write. Only this office can open it. The records count as if the
phone had synced: the phone hears of it at its next sync. A file that comes twice says the same again and
changes nothing. Of several files the good ones are taken; it ends with 3 when one was refused.")]
    Bundle(ImportBundles),
}

/// What the rows of a table are.
#[derive(Debug, Subcommand, Serialize, Deserialize)]
pub enum ImportTable {
    /// 地区 · Areas: code, parent, level, name
    #[command(after_long_help = "\
Example:
  doorstep import areas areas.csv

Columns: code (1 to 24 letters, digits, - or _), parent (a code of this file or imported before), level
(city, district, street, station, committee, grid), name; if wanted from and until, the first day and
the first day on which it is no more. An area that is gone is not deleted: give it an until.")]
    Areas(ImportFile),
    /// 地点 · Places: name, kind, and the years they are named in
    #[command(after_long_help = "\
Example:
  doorstep import places places.csv --area 310101019005

Columns: name, kind (estate, building, old lane houses ...), named in (years); if wanted area. Rows
without an area of their own belong to --area. Places that look alike stay two until somebody links
them.")]
    Places(ImportIntoArea),
    /// 器材 · Assets: a register of extinguishers and other equipment
    #[command(after_long_help = "\
Example:
  doorstep import assets bottles.csv --skip-bad

Columns: area (code or name), building, place (a door; blank is the building itself), type (the pack's
code or its name), label, factory (2016-11, 2016.11, 16年11月, Nov-16; blank means not recorded), size,
serviced; if wanted place_kind, maker_life_years, note. A factory month that a person could not read is
written unreadable.")]
    Assets(ImportFile),
    /// 数字 · Reported figures: one a row, with the sentence each stands in
    #[command(after_long_help = "\
Example:
  doorstep import figures figures.csv --area 310101019

Columns: year, row, measure, value, unit, precision (exact, lower_bound), note, quote. --area is the area
that reported them. Reported figures stand beside measured ones and are never added to them.")]
    Figures(ImportIntoArea),
}

impl ImportArgs {
    /// Reads what there is to read here, and has the office take it in.
    ///
    /// # Errors
    /// `cli.file` when a file cannot be read; what the office says.
    pub fn send(self, input: impl Read, output: &mut Output<'_>) -> Result<(), Failure> {
        match self.what {
            ImportWhat::Table(table) => {
                let bytes = table.read(input)?;
                let folder = table.file().office.folder.clone();
                Errand::Import(table).send(&folder, &bytes, output)
            }
            ImportWhat::Bundle(bundles) => bundles.send(output),
        }
    }
}

/// A file to import.
#[derive(Debug, Args, Serialize, Deserialize)]
pub struct ImportFile {
    /// The CSV file; - reads standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
    /// Take the good rows although others are bad.
    #[arg(long)]
    pub skip_bad: bool,
}

/// A file to import, and where its rows belong.
#[derive(Debug, Args, Serialize, Deserialize)]
pub struct ImportIntoArea {
    /// The file.
    #[command(flatten)]
    pub file: ImportFile,
    /// The area that the rows belong to.
    #[arg(long, value_name = "CODE")]
    pub area: Option<String>,
}

/// Reads `2026-11`; gives the first day of the month.
///
/// # Errors
/// Words for the person who typed it.
pub(super) fn parse_month(text: &str) -> Result<Date, String> {
    let is_month = text.len() == 7 && text.as_bytes()[4] == b'-';
    format!("{text}-01")
        .parse()
        .ok()
        .filter(|_| is_month)
        .ok_or_else(|| format!("{text:?} is no month: write 2026-11"))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_month_has_its_year_first_and_exists() {
        assert_eq!(parse_month("2026-11"), Ok(date(2026, 11, 1)));
        for bad in [
            "2026-13",
            "26-11",
            "2026-1",
            "2026-11-02",
            "11-2026",
            "2026年11",
            "",
        ] {
            assert!(parse_month(bad).is_err(), "{bad}");
        }
    }
}
