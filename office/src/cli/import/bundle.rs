//! `doorstep import bundle`: files that phones handed in. What is in one is the replica's.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use doorstep_model::bundle::BUNDLE_MAX;
use serde::{Deserialize, Serialize};

use super::super::errand::Errand;
use super::super::notice::Notice;
use super::super::{Exit, Failure, OfficeFolder, Output, Sheet, Shown};
use crate::bureau::Bureau;

/// Files that phones handed in.
#[derive(Debug, Args)]
pub struct ImportBundles {
    /// The files.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
}

/// One of them, its bytes apart.
#[derive(Debug, Serialize, Deserialize)]
pub struct HandedFile {
    file: String,
}

/// What became of a file.
#[derive(Debug, Serialize)]
struct Taken {
    file: String,
    segments: u64,
    received: u64,
    held: u64,
    aside: u64,
    refused: u64,
    unsigned: u64,
    notices: Vec<Notice>,
}

impl Shown for Taken {
    fn describe(&self, sheet: &mut Sheet) {
        let Self {
            file,
            segments,
            received,
            held,
            aside,
            refused,
            unsigned,
            notices,
        } = self;
        sheet.line(format!(
            "{file}：{segments} 段，收到 {received}（待审 {held}），另存 {aside}，不收 {refused} · \
             {segments} segments: {received} received ({held} held for review), {aside} kept aside, {refused} refused"
        ));
        if *unsigned > 0 {
            sheet.line(format!(
                "{unsigned} 条没有签名，留给办公室处理 · without a signature, kept for the desk: {unsigned}"
            ));
        }
        Notice::list(notices, sheet);
    }
}

impl ImportBundles {
    /// Has the office take each file. A refused file does not keep the others out.
    ///
    /// # Errors
    /// `bundle.refused` when one was refused; anything that would meet the next file too.
    pub(super) fn send(&self, output: &mut Output<'_>) -> Result<(), Failure> {
        let mut refused = Vec::new();
        for path in &self.files {
            let named = HandedFile {
                file: path.display().to_string(),
            };
            let sent = read(path).and_then(|bytes| {
                Errand::HandedIn(named).send(&self.office.folder, &bytes, output)
            });
            match sent {
                Err(failure) if failure.exit == Exit::BadInput && self.files.len() > 1 => {
                    refused.push((path, failure));
                }
                other => other?,
            }
        }
        match refused.is_empty() {
            true => Ok(()),
            false => Err(some_refused(&refused)),
        }
    }
}

/// The bytes of a file, a few more than any bundle has at most.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(2 * BUNDLE_MAX as u64).read_to_end(&mut bytes))
        .map_err(|error| Failure::of_file(path, &error))?;
    Ok(bytes)
}

impl HandedFile {
    /// Takes the file.
    ///
    /// # Errors
    /// `bundle.*`; nothing was taken then.
    pub fn take(
        &self,
        bureau: &Bureau,
        bytes: &[u8],
        output: &mut Output<'_>,
    ) -> Result<(), Failure> {
        let summary = bureau.office().take_bundle(bytes)?;
        output.show(&Taken {
            file: self.file.clone(),
            segments: summary.segments,
            received: summary.received,
            held: summary.held,
            aside: summary.aside,
            refused: summary.refused,
            unsigned: summary.unsigned,
            notices: Notice::each_once(summary.notices.iter().map(|(code, ..)| code.as_str())),
        })
    }
}

fn some_refused(refused: &[(&PathBuf, Failure)]) -> Failure {
    let each = |words: fn(&Failure) -> &str| {
        let files = refused.iter().map(|(path, failure)| {
            format!("{} [{}]: {}", path.display(), failure.code, words(failure))
        });
        files.collect::<Vec<_>>().join("\n  ")
    };
    Failure::new(
        Exit::BadInput,
        "bundle.refused",
        (
            format!(
                "没有收下的文件：\n  {}",
                each(|failure| &failure.happened.zh)
            ),
            format!(
                "files that were not taken:\n  {}",
                each(|failure| &failure.happened.en)
            ),
        ),
        (
            "其余的都收下了；这些请从手机重新导出一次。",
            "The others were taken; write these from the phone again.",
        ),
    )
}
