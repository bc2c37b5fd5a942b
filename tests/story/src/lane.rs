//! A language: Rust in this process, any other as a program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;

use serde_json::Value;

use crate::rust;
use crate::script::Script;
use crate::stage::Stage;

/// What is told, and with what.
pub(crate) struct Telling<'a> {
    /// The `doorstep` program.
    pub(crate) office: &'a Path,
    /// What happens.
    pub(crate) script: &'a Script,
    /// Keep every lane's folder here.
    pub(crate) keep: Option<&'a Path>,
    /// The link cuts nothing.
    pub(crate) clear: bool,
}

/// Who tells the story.
#[derive(Debug, Clone)]
pub(crate) enum Lane {
    /// This program.
    Rust,
    /// Another one.
    Program {
        /// Its language.
        name: String,
        /// The program.
        path: PathBuf,
        /// The program that runs others where this one can be run, the office too: in a system of its own.
        inside: Option<PathBuf>,
    },
}

impl FromStr for Lane {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, path) = pair(text)?;
        Ok(Self::Program {
            name,
            path: path.into(),
            inside: None,
        })
    }
}

/// Reads NAME=VALUE.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| format!("{text:?} is not NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Lane {
    /// Its language.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Rust => "rust",
            Self::Program { name, .. } => name,
        }
    }

    /// Runs it, and itself, inside: what is run inside tells the story alone.
    pub(crate) fn put_inside(&mut self, of: &str, program: PathBuf) {
        if let Self::Program { name, inside, .. } = self
            && name == of
        {
            *inside = Some(program);
        }
    }

    /// Tells the story on a stage of its own. Returns what was read back.
    pub(crate) fn tell(&self, telling: &Telling<'_>) -> Result<Value, String> {
        if let Self::Program {
            name,
            path,
            inside: Some(inside),
        } = self
        {
            let this = std::env::current_exe().map_err(|error| error.to_string())?;
            let mut alone = Command::new(inside);
            alone.arg(this).arg("--alone");
            alone.arg(format!("--lane={name}={}", path.display()));
            alone.arg("--office").arg(telling.office);
            alone.arg("--seed").arg(telling.script.seed.to_string());
            if telling.clear {
                alone.arg("--clear");
            }
            if let Some(keep) = telling.keep {
                alone.arg("--keep").arg(keep);
            }
            return read_back(name, &mut alone);
        }
        let stage = Stage::set(telling, self.name())?;
        let back = match self {
            Self::Rust => rust::tell(&stage.scene).map_err(|error| format!("rust: {error}"))?,
            Self::Program { name, path, .. } => {
                read_back(name, Command::new(path).arg(&stage.file))?
            }
        };
        if !telling.clear {
            stage.ended_well()?;
        }
        Ok(back)
    }
}

/// What a program prints on its last line.
fn read_back(name: &str, program: &mut Command) -> Result<Value, String> {
    let output = program
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{name} does not start: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(format!("{name} ended with {}:\n{printed}", output.status));
    }
    let last = printed.trim_end().lines().last().unwrap_or_default();
    serde_json::from_str(last).map_err(|error| format!("{name} printed {last:?}: {error}"))
}
