//! Python: the package as it is imported, its tests against the real library, its wheel.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bindings::{self, Kind};
use crate::install;
use crate::run::{Done, Failed, fresh, root, target};
use crate::size;

/// Puts the package together for tests. Returns the folder that Python imports from.
pub(crate) fn package(kind: Kind) -> Result<PathBuf, Failed> {
    install::python()?;
    let library = bindings::library(kind)?;
    let testkit = if kind.testkit { "testkit" } else { "story" };
    let name = if kind.encrypted { "encrypted" } else { "plain" };
    let folder = target().join("python").join(format!("{testkit}-{name}"));
    assemble(&folder, &library, &library)?;
    Ok(folder)
}

/// Makes the wheel that is shipped, its library encrypted and stripped.
pub(crate) fn wheel() -> Done {
    let shipped = size::shipped(true)?;
    let folder = target().join("python").join("wheel");
    assemble(&folder, &shipped.with_symbols, &shipped.stripped)?;
    let mut python = Command::new("python3");
    python.arg(root().join("bindings/python/wheel.py"));
    python.arg(&folder).arg(target().join("wheels"));
    let status = python.arg(env!("CARGO_PKG_VERSION")).status();
    if status.is_ok_and(|status| status.success()) {
        Ok(())
    } else {
        Err(Failed::new("no wheel was made"))
    }
}

/// Written code, code generated from one build of the library, and another build of it.
fn assemble(folder: &Path, interface: &Path, library: &Path) -> Done {
    let failed = |error: std::io::Error| Failed::new(format!("the Python package: {error}"));
    let package = folder.join("doorstep");
    fresh(&package)?;
    for entry in std::fs::read_dir(root().join("bindings/python/doorstep")).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().is_file() {
            std::fs::copy(entry.path(), package.join(entry.file_name())).map_err(failed)?;
        }
    }
    bindings::generate(interface, "python", &package)?;
    std::fs::copy(library, package.join(bindings::file_name())).map_err(failed)?;
    Ok(())
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
