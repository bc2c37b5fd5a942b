//! Commands that need the office's store: done here when nobody has it open, else by the office that
//! runs. What each does stands in its own file.

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::backup::BackupArgs;
use super::confirm::ConfirmArgs;
use super::export::ExportArgs;
use super::horizon::HorizonArgs;
use super::import::{HandedFile, ImportTable};
use super::invite::InviteArgs;
use super::key::KeyArgs;
use super::progress::{Bar, Progress};
use super::report::ReportArgs;
use super::verify::{VerifyArgs, verify};
use super::{Failure, Output};
use crate::bureau::Bureau;
use crate::hatch::{self, Ended, Hatch, Said, Saying};

/// Something to be done with an office.
#[derive(Debug, Serialize, Deserialize)]
pub enum Errand {
    /// `doorstep invite`.
    Invite(InviteArgs),
    /// `doorstep import`, with the file beside it.
    Import(ImportTable),
    /// A file of `doorstep import bundle`, beside it.
    HandedIn(HandedFile),
    /// `doorstep export`, its folder as the office's process finds it.
    Export(ExportArgs),
    /// `doorstep confirm`.
    Confirm(ConfirmArgs),
    /// `doorstep horizon`.
    Horizon(HorizonArgs),
    /// `doorstep key`.
    Key(KeyArgs),
    /// `doorstep report`.
    Report(ReportArgs),
    /// `doorstep verify`.
    Verify(VerifyArgs),
    /// `doorstep backup`, its file as the office's process finds it.
    Backup(BackupArgs),
}

/// An errand as it goes through the hatch.
#[derive(Serialize, Deserialize)]
struct Asked<E> {
    json: bool,
    errand: E,
}

impl Errand {
    /// Does it with an open office.
    ///
    /// # Errors
    /// What the command fails with.
    pub fn run(
        &self,
        bureau: &Bureau,
        file: &[u8],
        output: &mut Output<'_>,
        progress: &mut dyn Progress,
    ) -> Result<(), Failure> {
        match self {
            Self::Invite(args) => args.run(bureau, output),
            Self::Import(args) => args.run(bureau, file, output, progress),
            Self::HandedIn(named) => named.take(bureau, file, output),
            Self::Export(args) => args.run(bureau, output, progress),
            Self::Confirm(args) => args.run(bureau, output),
            Self::Horizon(args) => args.run(bureau, output),
            Self::Key(args) => args.run(bureau, output),
            Self::Report(args) => args.run(bureau, output),
            Self::Verify(_) => verify(bureau.office().replica(), output),
            Self::Backup(args) => args.run(bureau, output, progress),
        }
    }

    /// Has it done: by the office that runs in `folder`, else by opening the folder.
    ///
    /// # Errors
    /// What the command fails with.
    pub fn send(&self, folder: &Path, file: &[u8], output: &mut Output<'_>) -> Result<(), Failure> {
        let mut bar = Bar::on_terminal();
        let asked = Asked {
            json: output.is_json(),
            errand: self,
        };
        let ended = hatch::ask(folder, &asked, file, |said: Said<Failure>| {
            match said {
                Said::Result(text) => output.write(text.as_bytes())?,
                Said::Note(text) => output.note(text),
                Said::Progress(done, of) => bar.reached(done, of),
                Said::Done | Said::Failed(_) => {}
            }
            Ok(())
        });
        match ended.map_err(|error| Failure::of_hatch(&error))? {
            Some(Ended::Done) => Ok(()),
            Some(Ended::Failed(failure)) => Err(failure),
            None => self.run(&Bureau::open(folder)?, file, output, &mut bar),
        }
    }
}

/// Opens the hatch of a running office. An office whose folder takes no socket runs without: other
/// commands then have to wait until it stops.
pub fn open_hatch(bureau: &Arc<Bureau>) -> Option<Hatch> {
    let served = Arc::clone(bureau);
    let run = move |asked: Asked<Errand>, file: Vec<u8>, say: Saying<'_, Failure>| {
        let say = RefCell::new(say);
        let mut output = Output::new(
            asked.json,
            Teller {
                say: &say,
                of: Said::Result,
            },
        )
        .noting(Teller {
            say: &say,
            of: Said::Note,
        });
        let mut progress = Watched { say: &say };
        asked.errand.run(&served, &file, &mut output, &mut progress)
    };
    match Hatch::open(bureau.folder(), run, Failure::of_other_version) {
        Ok(hatch) => Some(hatch),
        Err(error) => {
            tracing::warn!(%error, "other commands cannot reach this office while it runs");
            None
        }
    }
}

/// Sends what is written through the hatch.
struct Teller<'s, 'f> {
    say: &'s RefCell<Saying<'f, Failure>>,
    of: fn(String) -> Said<Failure>,
}

impl Write for Teller<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        (self.say.borrow_mut())(&(self.of)(text))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Tells the command that waits how far it is.
struct Watched<'s, 'f> {
    say: &'s RefCell<Saying<'f, Failure>>,
}

impl Progress for Watched<'_, '_> {
    fn reached(&mut self, done: u64, of: u64) {
        // Whoever went away is told no more; the work goes on.
        let _ = (self.say.borrow_mut())(&Said::Progress(done, of));
    }
}
