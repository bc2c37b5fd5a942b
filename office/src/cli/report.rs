//! `doorstep report`: report lines with what they rest on.

use clap::Args;
use jiff::civil::Date;

use super::OfficeFolder;
use super::import::parse_month;

/// Prints report lines: measured beside reported, coverage beside every rate, a dash where a year has
/// no figure. Every number can be followed to its records.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  doorstep report
  doorstep report --year 2017 --area 310101019
  doorstep report --month 2026-10 --json
  doorstep report --year 2017 --line S01 --entries

Lower bounds are marked with 余 or \"at least\"; they are never shown as exact. In JSON a gap is null
with \"gap\": true.")]
pub struct ReportArgs {
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
    /// The year; without year and month all years side by side.
    #[arg(long, value_parser = clap::value_parser!(i16).range(1990..=2200))]
    pub year: Option<i16>,
    /// The month.
    #[arg(long, value_name = "YYYY-MM", conflicts_with = "year", value_parser = parse_month)]
    pub month: Option<Date>,
    /// The area whose subtree is counted; without it the whole organisation.
    #[arg(long, value_name = "CODE")]
    pub area: Option<String>,
    /// Only this line, like S01.
    #[arg(long, value_name = "LINE")]
    pub line: Option<String>,
    /// The ids of the entries behind each number too.
    #[arg(long)]
    pub entries: bool,
}
