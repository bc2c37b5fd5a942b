//! A phone that hands in without a connection: its records in a file that only its office opens, on a
//! stick or in a chat; and the same out of a phone whose store does not open any more.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use doorstep_replica::{Replica, Rescued, rescue};
use serde::Serialize;

use super::super::{Exit, Failure, Output, Sheet, Shown};
use crate::home::{self, HomeError};

/// A file for the office.
#[derive(Debug, Serialize)]
struct Bundled {
    file: String,
    bytes: usize,
    only_here: u64,
}

impl Shown for Bundled {
    fn describe(&self, sheet: &mut Sheet) {
        let Self {
            file,
            bytes,
            only_here,
        } = self;
        sheet.line(format!(
            "{file}：{only_here} 条记录，{bytes} 字节，只有本单位的办公室能打开 · \
             {only_here} records, {bytes} bytes, for the office's eyes only"
        ));
        sheet.line(format!(
            "交给办公室：doorstep import bundle {file}；到下次同步为止手机仍算“只在手机上” · \
             Hand it to the office; the phone hears of it at its next sync"
        ));
    }
}

/// Writes what the office may not have into a file.
pub(super) fn bundle(replica: &Replica, to: &Path, output: &mut Output<'_>) -> Result<(), Failure> {
    let bytes = replica.export_bundle()?;
    write_new(to, &bytes)?;
    output.show(&Bundled {
        file: to.display().to_string(),
        bytes: bytes.len(),
        only_here: replica.counters()?.only_here,
    })
}

/// What was saved out of a phone.
#[derive(Debug, Serialize)]
struct Saved {
    file: String,
    segments: u64,
    signed: u64,
    unsigned: u64,
    unreadable: u64,
}

impl Shown for Saved {
    fn describe(&self, sheet: &mut Sheet) {
        let Self {
            file,
            segments,
            signed,
            unsigned,
            unreadable,
        } = self;
        sheet.line(format!(
            "{file}：{segments} 段，其中刚签名的记录 {signed} 条；无法签名 {unsigned} 条；读不出 {unreadable} 行 · \
             {segments} segments, {signed} records just signed, {unsigned} that cannot be signed, {unreadable} rows unreadable"
        ));
        sheet.line(format!(
            "交给办公室：doorstep import bundle {file}；手机文件夹没有动 · \
             Hand it to the office; the phone's folder was left as it is"
        ));
    }
}

/// Saves what no office has out of a phone whose store does not open. `invitation` is any of the
/// office's: it says whom to seal to where the phone cannot.
pub(super) fn rescue_from(
    folder: &Path,
    to: &Path,
    invitation: Option<&str>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    if !home::is_lived_in(folder) {
        return Err(HomeError::Nothing(folder.to_owned()).into());
    }
    // Taken before any work: a rescue that cannot be written says so at once, and overwrites nothing.
    new_file(to)?;
    let rescued = rescue(folder, None, invitation, to);
    if rescued.is_err() {
        std::fs::remove_file(to).map_err(|error| Failure::of_file(to, &error))?;
    }
    let Rescued {
        segments,
        signed,
        unsigned,
        unreadable,
    } = rescued?;
    output.show(&Saved {
        file: to.display().to_string(),
        segments,
        signed,
        unsigned,
        unreadable,
    })
}

/// A file for its owner only that was not there before.
fn new_file(path: &Path) -> Result<File, Failure> {
    let made = OpenOptions::new().write(true).create_new(true).open(path);
    made.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => already_there(path),
        _ => Failure::of_file(path, &error),
    })
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut file = new_file(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.map_err(|error| {
        // Half a file would look like a whole one to whoever carries it.
        let _ = std::fs::remove_file(path);
        Failure::of_file(path, &error)
    })
}

fn already_there(path: &Path) -> Failure {
    let path = path.display();
    Failure::new(
        Exit::BadInput,
        "cli.file_exists",
        (
            format!("{path} 已经有了"),
            format!("{path} is there already"),
        ),
        (
            "请换一个文件名；已有的不会被覆盖。",
            "Take another name; what is there is never overwritten.",
        ),
    )
}
