//! A folder for what a command needs only while it runs, inside a folder that is its owner's alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Failure;

/// Gone when dropped.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// An empty scratch folder inside `folder`. One that a crash left behind is emptied first.
    ///
    /// # Errors
    /// `cli.file`.
    pub(super) fn in_folder(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("scratch");
        let made = match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::create_dir(&path),
        };
        made.map_err(|error| Failure::of_file(&path, &error))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "a scratch folder stays behind");
        }
    }
}
