//! A folder that is written whole or not at all: beside its place first, then moved there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::Failure;

/// A folder being written. Dropped without [`Draft::keep`], it is gone.
pub(super) struct Draft {
    path: PathBuf,
    target: PathBuf,
}

impl Draft {
    /// A draft beside `target`, which must be empty or not there.
    ///
    /// # Errors
    /// `cli.folder_not_empty`; `cli.file` when nothing can be written there.
    pub(super) fn beside(target: &Path) -> Result<Self, Failure> {
        match fs::read_dir(target) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Err(Failure::of_full_folder(target));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::of_file(target, &error)),
        }
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.tmp", std::process::id()));
        let draft = Self {
            path: target.with_file_name(name),
            target: target.to_owned(),
        };
        fs::create_dir_all(&draft.path).map_err(|error| Failure::of_file(&draft.path, &error))?;
        Ok(draft)
    }

    /// Where to write meanwhile.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the folder in its place.
    ///
    /// # Errors
    /// `cli.file`.
    pub(super) fn keep(self) -> Result<(), Failure> {
        // An empty folder gives way to a rename.
        fs::rename(&self.path, &self.target).map_err(|error| Failure::of_file(&self.target, &error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.path.exists()
            && let Err(error) = fs::remove_dir_all(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "a half-written export stays behind");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_appears_whole_or_not_at_all() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("out");
        let draft = Draft::beside(&target).unwrap();
        fs::write(draft.path().join("a.csv"), "a").unwrap();
        drop(draft);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
        let draft = Draft::beside(&target).unwrap();
        fs::write(draft.path().join("a.csv"), "a").unwrap();
        draft.keep().unwrap();
        assert!(target.join("a.csv").exists());
        let refused = Draft::beside(&target).err().unwrap();
        assert_eq!(refused.code, "cli.folder_not_empty");
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    }
}
