//! Python: the package as it is imported, its tests against the real library, its wheel.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bindings::{self, Kind};
use crate::run::{Failed, root, target};

/// Puts the package together: written and generated code beside the library. Returns the folder that
/// Python imports from.
pub(crate) fn package(kind: Kind) -> Result<PathBuf, Failed> {
    let failed = |error: std::io::Error| Failed::new(format!("the Python package: {error}"));
    let library = bindings::library(kind)?;
    let name = if kind.encrypted { "encrypted" } else { "plain" };
    let folder = target().join("python").join(name);
    let package = folder.join("doorstep");
    if package.exists() {
        std::fs::remove_dir_all(&package).map_err(failed)?;
    }
    std::fs::create_dir_all(&package).map_err(failed)?;
    for entry in std::fs::read_dir(root().join("bindings/python/doorstep")).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().is_file() {
            std::fs::copy(entry.path(), package.join(entry.file_name())).map_err(failed)?;
        }
    }
    bindings::generate(&library, "python", &package)?;
    std::fs::copy(&library, package.join(bindings::file_name())).map_err(failed)?;
    Ok(folder)
}

/// The tests of the package, to be run by unittest.
pub(crate) fn tests(package: &Path) -> Command {
    let mut python = Command::new("python3");
    python
        .args([
            "-W",
            "error",
            "-m",
            "unittest",
            "discover",
            "--start-directory",
        ])
        .arg(root().join("bindings/python/tests"))
        .arg("--verbose")
        .env("PYTHONPATH", package)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    python
}
