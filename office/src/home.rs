//! The folder in which a replica lives, phone's or office's: its store, and beside it the marker that
//! tells this installation from every copy of it. What is in the store must not matter here.
//!
//! The marker is 16 random bytes in a file of their own, with the number that the file system gave
//! that file. A backup holds the store and never the marker, and a copied folder has the bytes in a
//! file of another number: either way the replica sees a marker that it does not know and goes on as
//! somebody new, so that two folders never write under one name.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use doorstep_replica::{Options, Place, SystemClock};

/// The database in the folder, as the replica names it.
const STORE: &str = "doorstep.db";

/// The file of the marker.
const MARKER: &str = "installation";

/// Why a folder cannot be lived in.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// Nothing was ever made there.
    #[error("{0} holds no store")]
    Nothing(PathBuf),
    /// The folder or its marker cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl HomeError {
    /// The code of the message catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Nothing(_) => "home.nothing",
            Self::File { .. } => "home.file",
        }
    }
}

/// Whether something lives in this folder.
pub fn is_lived_in(folder: &Path) -> bool {
    folder.join(STORE).exists()
}

/// How to open what lives in this folder.
///
/// # Errors
/// [`HomeError::Nothing`]; [`HomeError::File`] when the marker cannot be read.
pub fn lived_in(folder: &Path) -> Result<Options, HomeError> {
    if !is_lived_in(folder) {
        return Err(HomeError::Nothing(folder.to_owned()));
    }
    new(folder)
}

/// How to open a folder that may be new: made for its owner only, with a marker.
///
/// # Errors
/// [`HomeError::File`].
pub fn new(folder: &Path) -> Result<Options, HomeError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| HomeError::File { path, source }
    };
    if !folder.exists() {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(at(folder))?;
    }
    let path = folder.join(MARKER);
    let marker = marker(folder, &path).map_err(at(&path))?;
    Ok(Options {
        place: Place::Folder(folder.to_owned()),
        key: None,
        marker,
        clock: Arc::new(SystemClock),
        seed: None,
    })
}

/// The marker, made if it is not there.
fn marker(folder: &Path, path: &Path) -> io::Result<Vec<u8>> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(mut file) => {
            let mut random = [0; 16];
            getrandom::fill(&mut random).map_err(io::Error::other)?;
            file.write_all(&random)?;
            file.sync_all()?;
            File::open(folder)?.sync_all()?;
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    let mut marker = fs::read(path)?;
    marker.extend(fs::metadata(path)?.ino().to_be_bytes());
    Ok(marker)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_marker_stays_and_a_copied_folder_has_another() {
        let parent = tempfile::tempdir().unwrap();
        let (home, copy) = (parent.path().join("p1"), parent.path().join("p2"));
        let first = new(&home).unwrap().marker;
        assert_eq!(new(&home).unwrap().marker, first);
        fs::create_dir(&copy).unwrap();
        fs::copy(home.join(MARKER), copy.join(MARKER)).unwrap();
        assert_ne!(new(&copy).unwrap().marker, first);
        assert!(first.len() >= 16);
    }

    #[test]
    fn only_its_owner_reads_the_folder_and_its_marker() {
        let parent = tempfile::tempdir().unwrap();
        let home = parent.path().join("p1");
        new(&home).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&home), 0o700);
        assert_eq!(mode(&home.join(MARKER)), 0o600);
    }

    #[test]
    fn an_empty_folder_is_said_and_nothing_is_made_in_it() {
        let parent = tempfile::tempdir().unwrap();
        let error = lived_in(parent.path()).err().unwrap();
        assert_eq!(error.code(), "home.nothing");
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
