//! `doorstep verify`: is everything kept whole?

use std::path::PathBuf;

use clap::Args;
use doorstep_model::message::Text;
use doorstep_replica::{Problem, Replica};
use serde::{Deserialize, Serialize};

use super::{Exit, Failure, OfficeFolder, Output, Sheet, Shown};

/// Checks chains, signatures and hashes of everything kept, and that the rows equal a rebuild from
/// it. Changes nothing. Ends with 1 when something is not as it should be.
#[derive(Debug, Args, Serialize, Deserialize)]
#[command(after_long_help = "\
Examples:
  doorstep verify
  doorstep verify --home p1 --json

It says what it proved and what it could not: an area that is still being loaded, and an order of
records that the office has not signed yet.")]
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
    areas: u64,
    segments: u64,
    entries: u64,
    documents: u64,
    of_a_later_version: u64,
    below_horizon: u64,
    findings: Vec<Finding>,
    unproved: Vec<Finding>,
}

/// Something that is not as it should be, or that cannot be proved here.
#[derive(Debug, Serialize)]
struct Finding {
    code: &'static str,
    at: String,
    zh: String,
    en: String,
}

impl Shown for Proved {
    fn describe(&self, sheet: &mut Sheet) {
        let Self {
            areas,
            segments,
            entries,
            documents,
            of_a_later_version,
            below_horizon,
            findings,
            unproved,
        } = self;
        sheet.line(format!(
            "查过 {areas} 个区域、{segments} 段、{entries} 条记录、{documents} 份存档的签名、次序和内容 · \
             checked: {areas} areas, {segments} segments, {entries} records, {documents} documents"
        ));
        if *below_horizon > 0 {
            sheet.line(format!(
                "其中 {below_horizon} 段在历史界线以下,这里只能核实次序 · \
                 {below_horizon} of the segments lie below the horizon: only their place is proved here"
            ));
        }
        if *of_a_later_version > 0 {
            sheet.line(format!(
                "{of_a_later_version} 段是新版写的，这里读不了内容 · of a later version, kept and not read here: {of_a_later_version}"
            ));
        }
        for Finding { code, at, zh, en } in findings.iter().chain(unproved) {
            sheet.line(format!("{at} [{code}]: {zh} · {en}"));
        }
        sheet.line(match findings.is_empty() {
            true => "一切完好，表格与重算一致 · Everything is whole, and the rows equal a rebuild",
            false => "有地方不对 · Something is not as it should be",
        });
    }
}

/// Checks everything that this replica keeps.
///
/// # Errors
/// `verify.failed` when something is not as it should be; what is wrong with the store.
pub fn verify(replica: &Replica, output: &mut Output<'_>) -> Result<(), Failure> {
    let verified = replica.verify()?;
    let findings = found(verified.problems);
    let wrong = findings.len();
    output.show(&Proved {
        areas: verified.areas,
        segments: verified.segments,
        entries: verified.entries,
        documents: verified.documents,
        of_a_later_version: verified.opaque,
        below_horizon: verified.below,
        findings,
        unproved: found(verified.unproved),
    })?;
    match wrong {
        0 => Ok(()),
        _ => Err(failed(wrong)),
    }
}

fn found(problems: Vec<Problem>) -> Vec<Finding> {
    let finding = |problem: Problem| {
        let Text { zh, en } = Text::of(problem.code, &[]);
        Finding {
            code: problem.code,
            at: problem.at,
            zh,
            en,
        }
    };
    problems.into_iter().map(finding).collect()
}

fn failed(wrong: usize) -> Failure {
    Failure::new(
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
            "Do not delete the folder. Restore a backup into another folder and verify that; phones hand in again what came after it.",
        ),
    )
}
