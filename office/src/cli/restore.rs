//! `doorstep restore`: an office from a backup.

use std::fs::File;
use std::path::PathBuf;

use clap::Args;
use doorstep_replica::copies_file;
use serde::Serialize;

use super::progress::{Bar, Progress};
use super::{Failure, OfficeFolder, Output, Sheet, Shown, moment};
use crate::archive;
use crate::bureau::Bureau;

/// Makes an office from a backup in an empty folder. Phones then hand in again what the backup had
/// not; open invitations are void; until the list of authors is confirmed only pushes are taken.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  doorstep restore /media/disk2/2026-11-26.doorstep
  doorstep restore tonight.doorstep --folder rehearsal
  doorstep restore tonight.doorstep --folder rehearsal --copies /media/stick

The old office must not run any more: two that run are noticed, and raise an alarm.")]
pub struct RestoreArgs {
    /// The backup.
    #[arg(value_name = "FILE")]
    pub backup: PathBuf,
    /// The folder that serve --copy-to wrote to, or the file in it: what the office itself wrote after
    /// the backup comes back from there.
    #[arg(long, value_name = "DIR")]
    pub copies: Option<PathBuf>,
    /// Where.
    #[command(flatten)]
    pub office: OfficeFolder,
}

/// An office that was restored.
#[derive(Debug, Serialize)]
struct Restored {
    name: String,
    folder: String,
    made_at: String,
    copies_taken: Option<u64>,
    names_taken: Option<u64>,
}

impl Shown for Restored {
    fn describe(&self, sheet: &mut Sheet) {
        sheet.line(format!(
            "恢复好了：{name}，备份时间 {at}，文件夹 {folder} · Restored: the backup of {at}",
            name = self.name,
            at = self.made_at,
            folder = self.folder,
        ));
        if let (Some(taken), Some(names)) = (self.copies_taken, self.names_taken) {
            sheet.line(format!(
                "从副本拿回办公室自己写的 {taken} 段、花名册 {names} 人 · taken from the copies: segments of the office {taken}, names {names}"
            ));
        }
        let folder = &self.folder;
        sheet.line(format!(
            "下一步 Next: doorstep verify --folder {folder}; doorstep confirm authors --folder {folder}; \
             doorstep serve --folder {folder}"
        ));
        sheet.line(
            "旧的办公室不要再运行；没用过的邀请都作废了 · The old office must not run any more; open invitations are void",
        );
    }
}

impl RestoreArgs {
    /// Makes an office of the backup, and opens it once: it starts a new epoch.
    ///
    /// # Errors
    /// `backup.*`; `cli.folder_not_empty`; `cli.file` for copies that are not there; then the folder is as it was.
    pub fn run(&self, output: &mut Output<'_>) -> Result<(), Failure> {
        let folder = &self.office.folder;
        let holds_something = folder
            .read_dir()
            .is_ok_and(|mut entries| entries.next().is_some());
        if holds_something {
            return Err(Failure::of_full_folder(folder));
        }
        let copies = self.copies.as_deref().map(copies_file);
        if let Some(file) = &copies {
            // A mistyped name must not leave half a restore behind.
            File::open(file).map_err(|error| Failure::of_file(file, &error))?;
        }
        let mut bar = Bar::on_terminal();
        let contents = archive::unpack(&self.backup, folder, |done, of| bar.reached(done, of))?;
        drop(bar);
        let bureau = Bureau::open(folder)?;
        let copied = copies.map(|file| bureau.take_copies(&file)).transpose()?;
        output.show(&Restored {
            name: bureau.name(),
            folder: folder.display().to_string(),
            made_at: moment(contents.made_at),
            copies_taken: copied.map(|(segments, _)| segments),
            names_taken: copied.map(|(_, names)| names),
        })
    }
}
