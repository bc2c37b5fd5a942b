//! `doorstep restore`: an office from a backup.

use std::path::PathBuf;

use clap::Args;

use super::OfficeFolder;

/// Makes an office from a backup in an empty folder. Phones then hand in again what the backup had
/// not; open invitations are void; until the list of authors is confirmed only pushes are taken.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  doorstep restore /media/disk2/2026-11-26.doorstep
  doorstep restore tonight.doorstep --folder rehearsal

The old office must not run any more: two that run are noticed, and raise an alarm.")]
pub struct RestoreArgs {
    /// The backup.
    #[arg(value_name = "FILE")]
    pub backup: PathBuf,
    /// Where.
    #[command(flatten)]
    pub office: OfficeFolder,
}
