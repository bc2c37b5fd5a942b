//! `doorstep init`: a new office in an empty folder.

use clap::Args;
use data_encoding::HEXLOWER;
use serde::Serialize;

use super::{Failure, OfficeFolder, Output, Sheet, Shown};
use crate::bureau::Bureau;

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

/// What was made.
#[derive(Debug, Serialize)]
struct Made {
    name: String,
    folder: String,
    transport_key: String,
}

impl Shown for Made {
    fn describe(&self, sheet: &mut Sheet) {
        sheet.line(format!("办公室建好了 · The office is made: {}", self.name));
        sheet.line(format!("文件夹 Folder: {}", self.folder));
        sheet.line(format!("密钥 Key: {}", self.transport_key));
        sheet.line("下一步 Next: doorstep import areas areas.csv");
    }
}

impl InitArgs {
    /// Makes the office.
    ///
    /// # Errors
    /// `office.exists` for a folder that is one already; whatever is wrong with the folder or name.
    pub fn run(&self, output: &mut Output<'_>) -> Result<(), Failure> {
        let bureau = Bureau::create(&self.office.folder, &self.name)?;
        output.show(&Made {
            name: bureau.name(),
            folder: self.office.folder.display().to_string(),
            transport_key: HEXLOWER.encode(&bureau.key().spki_sha256()),
        })
    }
}
