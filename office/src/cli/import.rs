//! `doorstep import`: areas, places, assets and reported figures from CSV.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::OfficeFolder;

/// Imports a CSV file (UTF-8, with or without BOM, first line names the columns). One file is one
/// batch. The same row twice is one row; a file imported again changes nothing.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  doorstep import areas areas.csv
  doorstep import places places.csv --area 310101019
  doorstep import assets bottles.csv --area 310101019005 --skip-bad

A bad row refuses the whole file, and all bad rows are listed with line and column; --skip-bad takes
the others. Dates have the year first; 05/06/26 is refused, not guessed.")]
pub struct ImportArgs {
    /// What the rows are.
    #[command(subcommand)]
    pub what: ImportWhat,
}

/// What the rows of a file are.
#[derive(Debug, Subcommand)]
pub enum ImportWhat {
    /// 地区 · Areas: code, parent, level, name
    #[command(after_long_help = "\
Example:
  doorstep import areas areas.csv

Columns: code (12 digits or fewer), parent (a code of this file or of the store), level (city,
district, street, station, committee, grid), name. An area that is gone is not deleted: give it an
end on the page.")]
    Areas(ImportFile),
    /// 地点 · Places: name, kind, and the years they are named in
    #[command(after_long_help = "\
Example:
  doorstep import places places.csv --area 310101019

Columns: name, kind, named in. Places that look alike stay two until somebody links them.")]
    Places(ImportFile),
    /// 器材 · Assets: a register of extinguishers and other equipment
    #[command(after_long_help = "\
Example:
  doorstep import assets bottles.csv --area 310101019005 --skip-bad

Columns: label, type, place, factory (2016-11, 2016.11, 16年11月, Nov-16; blank means not recorded),
checked. A factory month that a person could not read is written unreadable.")]
    Assets(ImportFile),
    /// 数字 · Reported figures: one a row, with the sentence each stands in
    #[command(after_long_help = "\
Example:
  doorstep import figures figures.csv --area 310101019

Columns: year, row, measure, value, unit, precision (exact, lower_bound), note, quote. Reported
figures stand beside measured ones and are never added to them.")]
    Figures(ImportFile),
}

/// A file to import.
#[derive(Debug, Args)]
pub struct ImportFile {
    /// The CSV file; - reads standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
    /// The area that the rows belong to.
    #[arg(long, value_name = "CODE")]
    pub area: Option<String>,
    /// Take the good rows although others are bad.
    #[arg(long)]
    pub skip_bad: bool,
    /// The month that days without year and month belong to, as the sender confirmed it.
    #[arg(long, value_name = "YYYY-MM", value_parser = parse_month)]
    pub month: Option<Date>,
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
