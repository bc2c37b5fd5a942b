//! A backup of an office as one file: the store at one moment, the key that phones trust, the names of
//! its people, its card. Never the installation's marker: whatever is restored must notice that it was.
//!
//! The file begins with a line that says what it is, then one line of JSON that lists its parts with
//! length and SHA-256, then the parts one after the other.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The first line, with the version of the format.
const HEAD: &str = "doorstep backup 1\n";

/// What the first line of any version begins with.
const HEAD_OF_ALL: &str = "doorstep backup ";

/// Longest list of parts, bytes.
const LIST_MAX: u64 = 64 * 1024;

/// Bytes in one go.
const CHUNK: usize = 256 * 1024;

/// Why a backup cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is a file already; a backup never takes the place of another.
    #[error("{0} is there already")]
    Exists(PathBuf),
    /// Not a backup.
    #[error("{0} is no backup of an office")]
    NotOne(PathBuf),
    /// A backup of a later version.
    #[error("{0} was written by a later version")]
    Later(PathBuf),
    /// It ends too early, or a part is not what its hash says.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

impl ArchiveError {
    /// The code of the message catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "backup.file",
            Self::Exists(_) => "backup.exists",
            Self::NotOne(_) => "backup.not_one",
            Self::Later(_) => "backup.later",
            Self::Damaged { .. } => "backup.damaged",
        }
    }
}

/// The list of what is in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Whose office.
    pub organisation: String,
    /// When it was made, unix seconds.
    pub made_at: i64,
    /// The files, in their order.
    pub parts: Vec<Part>,
}

/// One file in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name in the office's folder.
    pub name: String,
    /// Its length, bytes.
    pub length: u64,
    /// Its SHA-256, hex.
    pub sha256: String,
}

/// Writes a backup of `files`, each with its name in the office's folder; on return it is on the disk
/// under its name, whole. `progress` hears how many bytes of how many are written.
///
/// # Errors
/// See [`ArchiveError`]; then no file of this name was made.
pub fn write(
    to: &Path,
    organisation: &str,
    made_at: i64,
    files: &[(&str, PathBuf)],
    mut progress: impl FnMut(u64, u64),
) -> Result<Contents, ArchiveError> {
    if to.exists() {
        return Err(ArchiveError::Exists(to.to_owned()));
    }
    let mut parts = Vec::new();
    for (name, path) in files {
        let (length, sha256) = measure(path).map_err(file_error(path))?;
        parts.push(Part {
            name: (*name).to_owned(),
            length,
            sha256,
        });
    }
    let contents = Contents {
        organisation: organisation.to_owned(),
        made_at,
        parts,
    };
    let draft = to.with_extension(format!("{}.tmp", std::process::id()));
    let written = write_draft(&draft, &contents, files, &mut progress)
        // A name that somebody took meanwhile stays theirs.
        .and_then(|()| fs::hard_link(&draft, to))
        .and_then(|()| sync_folder(to));
    let removed = fs::remove_file(&draft);
    match written {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(ArchiveError::Exists(to.to_owned()))
        }
        Err(error) => Err(file_error(to)(error)),
        Ok(()) => removed.map(|()| contents).map_err(file_error(&draft)),
    }
}

fn write_draft(
    draft: &Path,
    contents: &Contents,
    files: &[(&str, PathBuf)],
    progress: &mut impl FnMut(u64, u64),
) -> io::Result<()> {
    let mut out = private(draft)?;
    out.write_all(HEAD.as_bytes())?;
    let mut list = serde_json::to_vec(contents)?;
    list.push(b'\n');
    out.write_all(&list)?;
    let of = contents.parts.iter().map(|part| part.length).sum();
    let mut done = 0;
    for (part, (_, path)) in contents.parts.iter().zip(files) {
        let mut left = File::open(path)?.take(part.length);
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = left.read(&mut chunk)?;
            if read == 0 {
                break;
            }
            out.write_all(&chunk[..read])?;
            done += read as u64;
            progress(done, of);
        }
    }
    out.sync_all()
}

/// Unpacks a backup into a folder that is empty or not there; on return all of it is there, or nothing.
/// Every part is proved by its hash.
///
/// # Errors
/// See [`ArchiveError`].
pub fn unpack(
    from: &Path,
    folder: &Path,
    mut progress: impl FnMut(u64, u64),
) -> Result<Contents, ArchiveError> {
    let mut file = BufReader::new(File::open(from).map_err(file_error(from))?);
    let contents = read_list(from, &mut file)?;
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let draft = folder.with_file_name(name);
    let unpacked = unpack_parts(from, &mut file, &contents, &draft, &mut progress)
        // An empty folder gives way to a rename.
        .and_then(|()| fs::rename(&draft, folder).map_err(file_error(folder)))
        .and_then(|()| sync_folder(folder).map_err(file_error(folder)));
    if unpacked.is_err() && draft.exists() {
        fs::remove_dir_all(&draft).map_err(file_error(&draft))?;
    }
    unpacked.map(|()| contents)
}

fn read_list(from: &Path, file: &mut impl BufRead) -> Result<Contents, ArchiveError> {
    let mut head = vec![];
    let line = file
        .take(HEAD.len() as u64 + 8)
        .read_until(b'\n', &mut head);
    line.map_err(file_error(from))?;
    if head != HEAD.as_bytes() {
        return Err(match head.starts_with(HEAD_OF_ALL.as_bytes()) {
            true => ArchiveError::Later(from.to_owned()),
            false => ArchiveError::NotOne(from.to_owned()),
        });
    }
    let mut list = vec![];
    let line = file.take(LIST_MAX).read_until(b'\n', &mut list);
    line.map_err(file_error(from))?;
    let contents: Contents =
        serde_json::from_slice(&list).map_err(|_| damaged(from, "its list does not read"))?;
    let is_plain = |part: &Part| {
        !part.name.is_empty()
            && !part.name.contains(['/', '\\', '\0'])
            && !part.name.starts_with('.')
    };
    match contents.parts.iter().all(is_plain) {
        true => Ok(contents),
        false => Err(damaged(from, "a part has a name that leads elsewhere")),
    }
}

fn unpack_parts(
    from: &Path,
    file: &mut impl Read,
    contents: &Contents,
    draft: &Path,
    progress: &mut impl FnMut(u64, u64),
) -> Result<(), ArchiveError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(draft)
        .map_err(file_error(draft))?;
    let of = contents.parts.iter().map(|part| part.length).sum();
    let mut done = 0;
    for part in &contents.parts {
        let path = draft.join(&part.name);
        let mut out = private(&path).map_err(file_error(&path))?;
        let mut hasher = Sha256::new();
        let mut left = file.by_ref().take(part.length);
        let mut chunk = vec![0; CHUNK];
        let mut length = 0;
        loop {
            let read = left.read(&mut chunk).map_err(file_error(from))?;
            if read == 0 {
                break;
            }
            hasher.update(&chunk[..read]);
            out.write_all(&chunk[..read]).map_err(file_error(&path))?;
            length += read as u64;
            done += read as u64;
            progress(done, of);
        }
        out.sync_all().map_err(file_error(&path))?;
        if length != part.length {
            return Err(damaged(from, &format!("{} ends too early", part.name)));
        }
        if HEXLOWER.encode(&hasher.finalize()) != part.sha256 {
            return Err(damaged(
                from,
                &format!("{} is not what was written", part.name),
            ));
        }
    }
    Ok(())
}

fn measure(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    let mut length = 0;
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok((length, HEXLOWER.encode(&hasher.finalize())));
        }
        hasher.update(&chunk[..read]);
        length += read as u64;
    }
}

/// A new file for its owner only: a backup holds keys.
fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        Some(parent) => File::open(parent)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

fn file_error(path: &Path) -> impl Fn(io::Error) -> ArchiveError + use<> {
    let path = path.to_owned();
    move |source| ArchiveError::File {
        path: path.clone(),
        source,
    }
}

fn damaged(path: &Path, what: &str) -> ArchiveError {
    ArchiveError::Damaged {
        path: path.to_owned(),
        what: what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn backup(folder: &Path) -> PathBuf {
        let (store, names) = (folder.join("store"), folder.join("names"));
        fs::write(&store, vec![7; 700_000]).unwrap();
        fs::write(&names, "张三\n").unwrap();
        let to = folder.join("tonight.doorstep");
        let files = [("doorstep.db", store), ("names.jsonl", names)];
        write(&to, "老西门街道", 1_795_660_325, &files, |_, _| {}).unwrap();
        to
    }

    #[test]
    fn what_goes_in_comes_out_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let to = backup(folder.path());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&to), 0o600);
        let again = folder.path().join("again");
        let mut told = (0, 0);
        let contents = unpack(&to, &again, |done, of| told = (done, of)).unwrap();
        assert_eq!(contents.organisation, "老西门街道");
        assert_eq!(told, (700_007, 700_007));
        assert_eq!(
            fs::read(again.join("doorstep.db")).unwrap(),
            vec![7; 700_000]
        );
        assert_eq!(mode(&again), 0o700);
        assert_eq!(mode(&again.join("names.jsonl")), 0o600);
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 4, "no draft stays behind");
    }

    #[test]
    fn a_backup_never_takes_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let to = backup(folder.path());
        let before = fs::read(&to).unwrap();
        let refused = write(&to, "x", 0, &[], |_, _| {}).unwrap_err();
        assert_eq!(refused.code(), "backup.exists");
        assert_eq!(fs::read(&to).unwrap(), before);
    }

    #[test]
    fn what_is_cut_changed_later_or_no_backup_is_said_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let whole = fs::read(backup(folder.path())).unwrap();
        let mut changed = whole.clone();
        let last = changed.len() - 1;
        changed[last] ^= 1;
        let later = [b"doorstep backup 2\n", &whole[HEAD.len()..]].concat();
        let bad = folder.path().join("bad.doorstep");
        let target = folder.path().join("rehearsal");
        for (bytes, code) in [
            (&whole[..whole.len() - 1], "backup.damaged"),
            (&whole[..30], "backup.damaged"),
            (&changed, "backup.damaged"),
            (&later, "backup.later"),
            (b"PK\x03\x04", "backup.not_one"),
            (b"", "backup.not_one"),
        ] {
            fs::write(&bad, bytes).unwrap();
            assert_eq!(unpack(&bad, &target, |_, _| {}).unwrap_err().code(), code);
            assert!(!target.exists());
        }
    }

    #[test]
    fn a_part_stays_in_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let list = r#"{"organisation":"x","made_at":0,"parts":[{"name":"../evil","length":0,"sha256":""}]}"#;
        let bad = folder.path().join("bad.doorstep");
        fs::write(&bad, format!("{HEAD}{list}\n")).unwrap();
        let refused = unpack(&bad, &folder.path().join("out"), |_, _| {}).unwrap_err();
        assert_eq!(refused.code(), "backup.damaged");
        assert!(!folder.path().join("evil").exists());
    }
}
