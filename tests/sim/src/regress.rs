//! Scripts that once broke a promise, kept as files: one JSON object each, replayed before anything new
//! is tried. A file is never edited; it goes when its steps no longer exist.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::script::Script;

/// Where they are kept.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions")
}

/// Every kept script with its file's name, in the order of names.
///
/// # Errors
/// A folder or file that cannot be read, or holds no script.
pub fn kept(folder: &Path) -> io::Result<Vec<(String, Script)>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "json")
    });
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let script = serde_json::from_str(&fs::read_to_string(&file)?)?;
            Ok((file.display().to_string(), script))
        })
        .collect()
}

/// Keeps a script under its seed. Returns the file.
///
/// # Errors
/// A folder that cannot be written.
pub fn keep(folder: &Path, script: &Script) -> io::Result<PathBuf> {
    let file = folder.join(format!("seed-{}.json", script.seed));
    fs::write(&file, serde_json::to_string_pretty(script)? + "\n")?;
    Ok(file)
}
