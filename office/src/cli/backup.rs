//! `doorstep backup`: everything the office is, in one file.

use std::path::PathBuf;

use clap::Args;

use super::OfficeFolder;

/// Writes a backup: store, keys and photos as they are at one moment. The office may run meanwhile.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  doorstep backup --to /media/disk2/2026-11-26.doorstep
  doorstep backup --to /media/disk2/tonight.doorstep --json

The file holds the office's keys: keep it where the office's folder may be kept. Phones show their
records as backed up after their next sync. Rehearse: doorstep restore into another folder, then
doorstep verify.")]
pub struct BackupArgs {
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
    /// The file to write; one that is there is refused.
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
}
