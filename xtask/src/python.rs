//! Python: the package as it is imported, its tests against the real library, its wheel.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bindings::{self, Kind};
use crate::install;
use crate::run::{Done, Failed, cargo, executable, fresh, print, root, say, target};
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

/// Makes the wheel that is shipped, and says where it is.
pub(crate) fn wheel() -> Done {
    print(&packed()?.display().to_string());
    Ok(())
}

/// The quick start of the documentation by the wheel that is shipped, installed into an environment of its
/// own, against a real office.
pub(crate) fn quick_start() -> Done {
    install::python()?;
    let wheel = packed()?;
    say("the quick start for Python, by the wheel");
    let place = target().join("python").join("installed");
    fresh(&place)?;
    succeeds(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
    let python = place.join("bin").join("python");
    let mut pip = Command::new(&python);
    pip.args(["-I", "-m", "pip", "install", "--quiet", "--no-index"]);
    pip.args(["--no-deps", "--disable-pip-version-check"]);
    succeeds(pip.arg(wheel))?;
    let program = place.join("quick-start");
    let script = format!(
        "#!/bin/sh\nexec \"{}\" -I -W error \"{}\" \"$1\"\n",
        python.display(),
        root()
            .join("bindings/python/tests/quick_start.py")
            .display()
    );
    executable(&program, &script).map_err(failed)?;
    // A scene of the story has an office, invitations and a folder; here nothing else of it is told.
    let mut story = cargo();
    story.args(["run", "--quiet", "--package", "doorstep-story", "--"]);
    story.args(["--alone", "--clear", "--office"]);
    story.arg(bindings::office()?);
    story.arg(format!("--lane=python={}", program.display()));
    succeeds(&mut story)
}

/// Makes the wheel that is shipped, its library encrypted and stripped.
fn packed() -> Result<PathBuf, Failed> {
    let shipped = size::shipped(true)?;
    let folder = target().join("python").join("wheel");
    assemble(&folder, &shipped.with_symbols, &shipped.stripped)?;
    let mut python = Command::new("python3");
    python.arg(root().join("bindings/python/wheel.py"));
    python.arg(&folder).arg(target().join("wheels"));
    let made = python.arg(env!("CARGO_PKG_VERSION")).output();
    let made = made.map_err(failed)?;
    if !made.status.success() {
        say(&String::from_utf8_lossy(&made.stderr));
        return Err(Failed::new("no wheel was made"));
    }
    Ok(String::from_utf8_lossy(&made.stdout).trim().into())
}

/// Written code, code generated from one build of the library, and another build of it.
fn assemble(folder: &Path, interface: &Path, library: &Path) -> Done {
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

fn succeeds(command: &mut Command) -> Done {
    if command.status().is_ok_and(|status| status.success()) {
        Ok(())
    } else {
        Err(Failed::new(
            "the quick start for Python does not run by the wheel",
        ))
    }
}

fn failed(error: std::io::Error) -> Failed {
    Failed::new(format!("the Python package: {error}"))
}
