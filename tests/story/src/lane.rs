//! A language: Rust in this process, any other as a program.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::str::FromStr;

use serde_json::Value;

use crate::rust;
use crate::stage::Stage;

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
    },
}

impl FromStr for Lane {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, path) = pair(text)?;
        Ok(Self::Program {
            name,
            path: path.into(),
        })
    }
}

/// Reads NAME=WHY.
pub(crate) fn absent(text: &str) -> Result<(String, String), String> {
    pair(text)
}

fn pair(text: &str) -> Result<(String, String), String> {
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

    /// Tells the story. Returns what was read back.
    pub(crate) fn tell(&self, stage: &Stage) -> Result<Value, String> {
        match self {
            Self::Rust => rust::tell(&stage.scene).map_err(|error| format!("rust: {error}")),
            Self::Program { name, path } => {
                let output = Command::new(path)
                    .arg(&stage.file)
                    .stderr(Stdio::inherit())
                    .output()
                    .map_err(|error| format!("{name} does not start: {error}"))?;
                let printed = String::from_utf8_lossy(&output.stdout);
                if !output.status.success() {
                    return Err(format!("{name} ended with {}:\n{printed}", output.status));
                }
                let last = printed.trim_end().lines().last().unwrap_or_default();
                serde_json::from_str(last)
                    .map_err(|error| format!("{name} printed {last:?}: {error}"))
            }
        }
    }
}
