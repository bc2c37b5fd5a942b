//! The same story in each language: builds what each needs, and lets the story's own program tell it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bindings::{self, Kind};
use crate::run::{Done, Failed, cargo, encrypted_target, executable, print, root, say, target};
use crate::swift::{self, Built};
use crate::{kotlin, python};

/// What it is told by.
const LIBRARY: Kind = Kind {
    testkit: false,
    encrypted: true,
};

/// How it is told.
pub(crate) struct Telling<'a> {
    /// One JSON object at the end.
    pub(crate) json: bool,
    /// Without encryption: quicker to build, for whoever works on it.
    pub(crate) plain: bool,
    /// Keep every lane's folder here.
    pub(crate) keep: Option<&'a Path>,
    /// In Kotlin alone, by this program.
    pub(crate) kotlin_alone: Option<&'a Path>,
}

/// Who tells it: all that it takes is built.
pub(crate) struct Tellers {
    program: PathBuf,
    arguments: Vec<OsString>,
}

impl Tellers {
    /// Those of every language that can be made here.
    pub(crate) fn built(telling: &Telling<'_>) -> Result<Self, Failed> {
        let kind = Kind {
            encrypted: !telling.plain,
            ..LIBRARY
        };
        let office = build(&target(), "doorstep-office", "doorstep", &[])?;
        let mut arguments: Vec<OsString> = vec!["--office".into(), office.into()];
        let keep = telling.keep.map(kept).transpose()?;
        match telling.kotlin_alone {
            Some(program) => arguments.push(lane("kotlin", program).into()),
            None => add_lanes(&mut arguments, kind, keep.as_deref())?,
        }
        if telling.json {
            arguments.push("--json".into());
        }
        if let Some(keep) = keep {
            arguments.extend(["--keep".into(), keep.into()]);
        }
        Ok(Self {
            program: teller(kind)?,
            arguments,
        })
    }

    /// Tells it, all answers drawn from `seed`, and gives back what was said at the end.
    pub(crate) fn tell(&self, seed: u64) -> Result<String, Failed> {
        let output = Command::new(&self.program)
            .args(&self.arguments)
            .args(["--seed", &seed.to_string()])
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| Failed::new(format!("doorstep-story does not start: {error}")))?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        print(told.trim_end());
        if output.status.success() {
            Ok(told)
        } else {
            Err(Failed::new("the story was not told the same"))
        }
    }
}

/// Adds every language that can be made here.
fn add_lanes(arguments: &mut Vec<OsString>, kind: Kind, keep: Option<&Path>) -> Done {
    arguments.push(lane("python", &python_teller(kind)?).into());
    arguments.push(lane("kotlin", &kotlin_teller(kind)?).into());
    let kept: Vec<&Path> = keep.into_iter().collect();
    match swift::built(kind)? {
        Built::Here(package) => {
            let (program, enter) = package.teller(&kept)?;
            arguments.push(lane("swift", &program).into());
            arguments.push(format!("--inside=swift={}", enter.display()).into());
        }
        Built::Absent(why) => {
            say(&why);
            arguments.push(format!("--absent=swift={why}").into());
        }
    }
    Ok(())
}

/// The folder, made, by a name that is the same everywhere.
fn kept(folder: &Path) -> Result<PathBuf, Failed> {
    std::fs::create_dir_all(folder)
        .and_then(|()| folder.canonicalize())
        .map_err(|error| Failed::new(format!("{}: {error}", folder.display())))
}

fn lane(name: &str, program: &Path) -> String {
    format!("--lane={name}={}", program.display())
}

/// A program that tells the story in Python.
fn python_teller(kind: Kind) -> Result<PathBuf, Failed> {
    let package = python::package(kind)?;
    let script = format!(
        "#!/bin/sh\nPYTHONDONTWRITEBYTECODE=1 PYTHONPATH=\"{}\" exec python3 -W error \"{}\" \"$1\"\n",
        package.display(),
        root().join("bindings/python/story/tell.py").display()
    );
    let file = package.join("tell");
    executable(&file, &script)
        .map_err(|error| Failed::new(format!("{}: {error}", file.display())))?;
    Ok(file)
}

/// A program that tells the story in Kotlin.
fn kotlin_teller(kind: Kind) -> Result<PathBuf, Failed> {
    kotlin::compiled(kind)?.teller()
}

/// Compiles what it takes in Rust and is used by nothing else: it may be done ahead.
pub(crate) fn compile() -> Done {
    bindings::library(LIBRARY)?;
    teller(LIBRARY).map(|_| ())
}

/// The program that tells it in Rust, and asks the others.
fn teller(kind: Kind) -> Result<PathBuf, Failed> {
    let (folder, features): (_, &[&str]) = if kind.encrypted {
        (encrypted_target(), &["--features", "sqlcipher"])
    } else {
        (target(), &[])
    };
    build(&folder, "doorstep-story", "doorstep-story", features)
}

fn build(folder: &Path, package: &str, binary: &str, features: &[&str]) -> Result<PathBuf, Failed> {
    let status = cargo()
        .args(["build", "--quiet", "--package", package, "--bin", binary])
        .args(features)
        .arg("--target-dir")
        .arg(folder)
        .status();
    if status.is_ok_and(|status| status.success()) {
        Ok(folder.join("debug").join(binary))
    } else {
        Err(Failed::new(format!("{package} does not build")))
    }
}
