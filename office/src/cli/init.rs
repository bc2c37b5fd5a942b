//! `doorstep init`: a new office in an empty folder.

use clap::Args;

use super::OfficeFolder;

/// Makes the organisation's key, the office's key, the transport key and an empty store.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  doorstep init --name 老西门街道
  doorstep init --name 老西门街道 --folder /srv/doorstep

The folder then holds everything the office is: its keys, its store, its photos. A folder that is an
office already is refused, never overwritten. Back it up with doorstep backup; do not copy it while
the office runs.")]
pub struct InitArgs {
    /// The organisation's name, as it stands on the page and in reports.
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Where.
    #[command(flatten)]
    pub office: OfficeFolder,
}
