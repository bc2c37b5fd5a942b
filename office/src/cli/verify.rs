//! `doorstep verify`: is everything kept whole?

use std::path::{Path, PathBuf};

use clap::Args;
use doorstep_model::message::Text;
use doorstep_replica::Replica;
use serde::{Deserialize, Serialize};

use super::progress::Progress;
use super::scratch::Scratch;
use super::{Exit, Failure, OfficeFolder, Output, Sheet, Shown};

/// Checks chains, signatures and hashes of everything kept, and that the rows equal a rebuild from
/// it. Changes nothing. Ends with 1 when something is not as it should be.
#[derive(Debug, Args, Serialize, Deserialize)]
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

/// What a check proved.
#[derive(Debug, Serialize)]
struct Proved {
    segments: u64,
    entries: u64,
    unproved_segments: u64,
    pending_entries: u64,
    findings: Vec<Finding>,
}

/// Something that is not as it should be.
#[derive(Debug, Serialize)]
struct Finding {
    code: &'static str,
    place: String,
    zh: String,
    en: String,
}

impl Shown for Proved {
    fn describe(&self, sheet: &mut Sheet) {
        sheet.line(format!(
            "{segments} 段、{entries} 条记录，签名、顺序、内容都对 · {segments} segments, {entries} records proved",
            segments = self.segments,
            entries = self.entries
        ));
        if self.unproved_segments > 0 {
            sheet.line(format!(
                "{number} 段前面的历史不在这里，只有办公室的签名为证 · {number} segments whose past is not here: only the office's signature speaks for it",
                number = self.unproved_segments
            ));
        }
        if self.pending_entries > 0 {
            sheet.line(format!(
                "{number} 条还没有封签 · {number} records are not sealed yet",
                number = self.pending_entries
            ));
        }
        for finding in &self.findings {
            let Finding { code, place, zh, en } = finding;
            sheet.line(format!("{place} [{code}]: {zh} · {en}"));
        }
        sheet.line(match self.findings.is_empty() {
            true => "表格与重算一致，一切完好 · The rows equal a rebuild: everything is whole",
            false => "有地方不对 · Something is not as it should be",
        });
    }
}

/// Checks this replica; the copy that it works on lies in its folder and is gone afterwards.
///
/// # Errors
/// `verify.failed` when something is not as it should be; what is wrong with the store.
pub fn verify(
    replica: &Replica,
    folder: &Path,
    output: &mut Output<'_>,
    progress: &mut dyn Progress,
) -> Result<(), Failure> {
    let scratch = Scratch::in_folder(folder)?;
    let verified = replica.verify(scratch.path(), |done, of| progress.reached(done, of))?;
    let findings: Vec<Finding> = verified
        .findings
        .into_iter()
        .map(|finding| {
            let Text { zh, en } = Text::of(finding.code, &[]);
            Finding {
                code: finding.code,
                place: finding.place,
                zh,
                en,
            }
        })
        .collect();
    let wrong = findings.len();
    output.show(&Proved {
        segments: verified.segments,
        entries: verified.entries,
        unproved_segments: verified.unproved,
        pending_entries: verified.pending,
        findings,
    })?;
    match wrong {
        0 => Ok(()),
        _ => Err(Failure::new(
            Exit::Refused,
            "verify.failed",
            (
                format!("有 {wrong} 处不对，都列在上面"),
                match wrong {
                    1 => "1 thing is not as it should be, it is listed above".to_owned(),
                    n => format!("{n} things are not as they should be, all listed above"),
                },
            ),
            (
                "不要删除这个文件夹。用 doorstep restore 把备份恢复到别的文件夹，再核对一次；手机会补交备份以后的记录。",
                "Do not delete the folder. Restore a backup into another folder with doorstep restore and verify that; phones hand in again what came after it.",
            ),
        )),
    }
}
