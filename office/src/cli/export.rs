//! `doorstep export`: records for others to read.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::OfficeFolder;

/// Writes records into a new folder. What is generated, imported or held keeps its mark.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  doorstep export csv --to out
  doorstep export automerge --area 310101019005 --to documents

A folder that has files in it is refused.")]
pub struct ExportArgs {
    /// In which form.
    #[command(subcommand)]
    pub form: ExportForm,
}

/// The form of an export.
#[derive(Debug, Subcommand)]
pub enum ExportForm {
    /// 表格 · CSV, UTF-8 with BOM: one file a table
    #[command(after_long_help = "\
Example:
  doorstep export csv --to out")]
    Csv(ExportTo),
    /// 文档 · Automerge documents: any Automerge opens them and finds every entry
    #[command(after_long_help = "\
Example:
  doorstep export automerge --to documents --area 310101019005")]
    Automerge(ExportTo),
}

/// What goes where.
#[derive(Debug, Args)]
pub struct ExportTo {
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
    /// The folder to write; made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// The area whose subtree is exported; without it everything.
    #[arg(long, value_name = "CODE")]
    pub area: Option<String>,
}
