//! `doorstep backup`: everything the office is, in one file.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::progress::Progress;
use super::scratch::Scratch;
use super::{Failure, OfficeFolder, Output, Sheet, Shown, moment};
use crate::archive;
use crate::bureau::{self, Bureau};
use crate::{roster, transport};

/// Writes a backup: store, keys and names as they are at one moment. The office may run meanwhile.
#[derive(Debug, Args, Serialize, Deserialize)]
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

/// The store's name in a backup and in a folder.
const STORE: &str = "doorstep.db";

/// A backup that was written.
#[derive(Debug, Serialize)]
struct BackedUp {
    file: String,
    bytes: u64,
    made_at: String,
    areas: usize,
}

impl Shown for BackedUp {
    fn describe(&self, sheet: &mut Sheet) {
        let Self {
            file,
            bytes,
            made_at,
            areas,
        } = self;
        sheet.line(format!(
            "备份好了：{file}，{bytes} 字节，{areas} 个区域，{made_at} · Backed up: {bytes} bytes, {areas} areas"
        ));
        sheet.line(
            "里面有办公室的密钥，请锁好；请演练一次 · It holds the office's keys, lock it away; rehearse: \
             doorstep restore FILE --folder rehearsal",
        );
    }
}

impl BackupArgs {
    /// The same command for another process: its file named from the root.
    ///
    /// # Errors
    /// When this process has no working folder.
    pub fn absolute(mut self) -> Result<Self, Failure> {
        self.to =
            std::path::absolute(&self.to).map_err(|error| Failure::of_file(&self.to, &error))?;
        Ok(self)
    }

    /// Writes the backup, and tells the office what is in it.
    ///
    /// # Errors
    /// `backup.*`, or what is wrong with the store; then no file was made.
    pub fn run(
        &self,
        bureau: &Bureau,
        output: &mut Output<'_>,
        progress: &mut dyn Progress,
    ) -> Result<(), Failure> {
        if self.to.exists() {
            return Err(archive::ArchiveError::Exists(self.to.clone()).into());
        }
        let office = bureau.office();
        let made_at = office.replica().now();
        let scratch = Scratch::in_folder(bureau.folder())?;
        let copy = scratch.path().join(STORE);
        let positions = office.copy_store(&copy)?;
        let mut files = vec![(STORE, copy)];
        for name in [
            transport::KEY_FILE,
            transport::NEXT_KEY_FILE,
            bureau::CARD,
            roster::FILE,
        ] {
            let (path, copy) = (bureau.folder().join(name), scratch.path().join(name));
            if path.exists() {
                // Somebody new may be put on the roster while the backup is written.
                std::fs::copy(&path, &copy).map_err(|error| Failure::of_file(&path, &error))?;
                files.push((name, copy));
            }
        }
        let contents = archive::write(&self.to, &bureau.name(), made_at, &files, |done, of| {
            progress.reached(done, of);
        })?;
        office.keeps_backup(&self.to, &positions)?;
        output.show(&BackedUp {
            file: self.to.display().to_string(),
            bytes: contents.parts.iter().map(|part| part.length).sum(),
            made_at: moment(made_at),
            areas: positions.len(),
        })?;
        Ok(bureau.backed_up()?)
    }
}
