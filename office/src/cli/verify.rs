//! `doorstep verify`: is everything kept whole?

use std::path::PathBuf;

use clap::Args;

use super::OfficeFolder;

/// Checks chains, signatures and hashes of everything kept, and that the rows equal a rebuild from
/// it. Changes nothing. Ends with 1 when something is not as it should be.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  doorstep verify
  doorstep verify --home p1 --json

It says what it proved and what it could not: below a baseline only the office's signature speaks.")]
pub struct VerifyArgs {
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
    /// A phone's folder in place of the office's.
    #[arg(long, value_name = "DIR", conflicts_with = "folder")]
    pub home: Option<PathBuf>,
}
