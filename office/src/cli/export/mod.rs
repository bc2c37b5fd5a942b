//! `doorstep export`: records for others to read.

mod documents;
mod folder;
mod tables;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use doorstep_model::ids::AreaId;
use serde::{Deserialize, Serialize};

use super::invite::area_of;
use super::progress::Progress;
use super::{Failure, OfficeFolder, Output, Sheet, Shown};
use crate::bureau::Bureau;

/// Writes records into a new folder. What is generated, imported or held keeps its mark.
#[derive(Debug, Args, Serialize, Deserialize)]
#[command(after_long_help = "\
Examples:
  doorstep export csv --to out
  doorstep export automerge --area 310101019005 --to documents

A folder that has files in it is refused.")]
pub struct ExportArgs {
    /// In which form.
    #[command(subcommand)]
    pub form: ExportForm,
}

/// The form of an export.
#[derive(Debug, Subcommand, Serialize, Deserialize)]
pub enum ExportForm {
    /// 表格 · CSV, UTF-8 with BOM: one file a table
    #[command(after_long_help = "\
Example:
  doorstep export csv --to out")]
    Csv(ExportTo),
    /// 文档 · Automerge documents: any Automerge opens them and finds every entry
    #[command(after_long_help = "\
Example:
  doorstep export automerge --to documents --area 310101019005")]
    Automerge(ExportTo),
}

/// What goes where.
#[derive(Debug, Args, Serialize, Deserialize)]
pub struct ExportTo {
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
    /// The folder to write; made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// The area whose subtree is exported; without it everything.
    #[arg(long, value_name = "CODE")]
    pub area: Option<String>,
}

/// What was written.
#[derive(Debug, Serialize)]
struct Exported {
    folder: String,
    files: u64,
    rows: u64,
}

impl Shown for Exported {
    fn describe(&self, sheet: &mut Sheet) {
        let Self {
            folder,
            files,
            rows,
        } = self;
        sheet.line(format!(
            "写好了 {files} 个文件，{rows} 行或条：{folder} · {files} files, {rows} rows or records"
        ));
    }
}

impl ExportArgs {
    /// What goes where.
    pub fn to(&self) -> &ExportTo {
        match &self.form {
            ExportForm::Csv(to) | ExportForm::Automerge(to) => to,
        }
    }

    /// The same command for another process: its folder named from the root.
    ///
    /// # Errors
    /// When this process has no working folder.
    pub fn absolute(mut self) -> Result<Self, Failure> {
        let (ExportForm::Csv(to) | ExportForm::Automerge(to)) = &mut self.form;
        to.to = std::path::absolute(&to.to).map_err(|error| Failure::of_file(&to.to, &error))?;
        Ok(self)
    }

    /// Writes the export, whole or not at all.
    ///
    /// # Errors
    /// `cli.folder_not_empty`, `cli.file`, `area.unknown`, or what is wrong with the store.
    pub fn run(
        &self,
        bureau: &Bureau,
        output: &mut Output<'_>,
        progress: &mut dyn Progress,
    ) -> Result<(), Failure> {
        let to = self.to();
        let areas = subtree(bureau, to.area.as_deref())?;
        let draft = folder::Draft::beside(&to.to)?;
        let (files, rows) = match &self.form {
            ExportForm::Csv(_) => tables::write(bureau, &areas, draft.path(), progress)?,
            ExportForm::Automerge(_) => documents::write(bureau, &areas, draft.path(), progress)?,
        };
        draft.keep()?;
        output.show(&Exported {
            folder: shown(&to.to),
            files,
            rows,
        })
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The area that was named with everything below it; without a name every declared area, and for
/// documents the organisation's own.
pub(super) fn subtree(bureau: &Bureau, typed: Option<&str>) -> Result<Vec<AreaId>, Failure> {
    let declared = bureau.office().replica().declared_areas()?;
    let Some(typed) = typed else {
        let all = declared.into_iter().map(|area| area.code);
        return Ok(std::iter::once(AreaId::organisation()).chain(all).collect());
    };
    let mut inside = vec![area_of(bureau, typed)?];
    let mut at = 0;
    while let Some(above) = inside.get(at).cloned() {
        let below = declared
            .iter()
            .filter(|area| area.parent.as_ref() == Some(&above));
        for area in below {
            if !inside.contains(&area.code) {
                inside.push(area.code.clone());
            }
        }
        at += 1;
    }
    Ok(inside)
}
