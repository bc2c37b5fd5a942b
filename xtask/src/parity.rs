//! The table of what is tested in which language: every exported function, field, variant and own type
//! against what a test build saw cross. And the proof that each language's tests look at what crosses:
//! with one type broken on purpose they fail.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::json;

use crate::bindings::{self, Kind};
use crate::run::{Done, Failed, cargo, print, say, target};
use crate::swift::{self, Built};
use crate::{kotlin, python};

/// Where a lane's tests write what crossed.
pub(crate) const CROSSED: &str = "DOORSTEP_CROSSED";

/// The type that crosses wrongly in a lane's tests.
const BREAK: &str = "DOORSTEP_BREAK";

const TESTKIT: Kind = Kind {
    testkit: true,
    encrypted: false,
};

/// A language, and how its tests are started once they are built.
struct Lane {
    name: &'static str,
    tests: Box<dyn Fn() -> Command>,
}

/// The lanes that can be made here, and of each other one why not.
struct Lanes {
    here: Vec<Lane>,
    absent: BTreeMap<&'static str, String>,
}

/// Runs the tests of every language that can be made here and says what none of them saw.
pub(crate) fn table(as_json: bool) -> Done {
    let items = items()?;
    let mut languages = BTreeMap::new();
    let mut missing = Vec::new();
    let Lanes { here, absent } = lanes()?;
    for lane in here {
        let seen = crossed(&lane)?;
        let tested = items.intersection(&seen).count();
        languages.insert(lane.name, tested);
        let unseen = items.difference(&seen);
        missing.extend(unseen.map(|item| format!("{} {item}", lane.name)));
    }
    if as_json {
        let mut table = json!({"items": items.len(), "languages": languages, "missing": missing});
        if !absent.is_empty() {
            table["absent"] = json!(absent);
        }
        print(&table.to_string());
    } else {
        for (name, tested) in &languages {
            print(&format!("{name}: {tested} of {}", items.len()));
        }
        for (name, why) in &absent {
            print(&format!("{name}: not told here: {why}"));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failed::new(format!(
        "without a test:\n{}",
        missing.join("\n")
    )))
}

/// Breaks one type after the other; the tests of every language, or of the one that is named, have to
/// notice each. That they are green as long as nothing is broken is seen first.
pub(crate) fn break_each(only: Option<&str>) -> Done {
    let types: BTreeSet<String> = items()?
        .iter()
        .filter_map(|item| item.split('.').next())
        .filter(|name| name.starts_with(char::is_uppercase) && !IS_NO_VALUE.contains(name))
        .map(str::to_owned)
        .collect();
    let mut unnoticed = Vec::new();
    let Lanes { here, absent } = lanes()?;
    for (name, why) in absent {
        say(&format!("{name} left out: {why}"));
    }
    let asked = |lane: &Lane| only.is_none_or(|only| only == lane.name);
    if !here.iter().any(asked) {
        return Err(Failed::new("no such language here"));
    }
    for lane in here.into_iter().filter(asked) {
        let began = Instant::now();
        crossed(&lane)?;
        for name in &types {
            let mut tests = (lane.tests)();
            tests.env(BREAK, name);
            tests.stdout(Stdio::null()).stderr(Stdio::null());
            let status = tests.status();
            let red = status.is_ok_and(|status| !status.success());
            say(&format!(
                "{} {name}: {}",
                lane.name,
                if red { "noticed" } else { "NOT NOTICED" }
            ));
            if !red {
                unnoticed.push(format!("{} {name}", lane.name));
            }
        }
        say(&format!(
            "{}: {} types in {} s",
            lane.name,
            types.len(),
            began.elapsed().as_secs()
        ));
    }
    if unnoticed.is_empty() {
        return Ok(());
    }
    Err(Failed::new(format!(
        "crossed wrongly without a red test:\n{}",
        unnoticed.join("\n")
    )))
}

/// Objects and errors, which are no values.
const IS_NO_VALUE: &[&str] = &[
    "Doorstep",
    "Changes",
    "Exchange",
    "PeerExchange",
    "DoorstepError",
];

/// The codes that every language's tests meet: of a call that is wrong in itself, and of a database that
/// `open` refuses. Metadata knows no codes. `call.bad_id` is answered before a call begins, where nothing
/// is recorded; a full disk, a wrong key and a folder that cannot be written are the story's and the core's.
const CODES: [&str; 11] = [
    "call.bad_value",
    "call.broke",
    "call.closed",
    "call.key_length",
    "call.not_enrolled",
    "call.not_found",
    "call.request_reused",
    "store.corrupt",
    "store.in_use",
    "store.key_mismatch",
    "store.newer",
];

/// Everything that the library exports, what tests stand on left out, and codes.
fn items() -> Result<BTreeSet<String>, Failed> {
    let library = bindings::library(TESTKIT)?;
    let output = cargo()
        .args([
            "run",
            "--quiet",
            "--package",
            "doorstep-bindgen",
            "--",
            "items",
        ])
        .arg(library)
        .output()
        .map_err(|error| Failed::new(format!("cargo does not start: {error}")))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(Failed::new(format!("the items of the library: {told}")));
    }
    let list = String::from_utf8_lossy(&output.stdout);
    let codes = CODES.map(|code| format!("code {code}"));
    Ok(list.lines().map(str::to_owned).chain(codes).collect())
}

fn lanes() -> Result<Lanes, Failed> {
    let package = python::package(TESTKIT)?;
    let compiled = kotlin::compiled(TESTKIT)?;
    let mut here = vec![
        Lane {
            name: "python",
            tests: Box::new(move || {
                let mut tests = python::tests(&package);
                tests.arg("--failfast");
                tests
            }),
        },
        Lane {
            name: "kotlin",
            tests: Box::new(move || {
                let mut tests = compiled.tests();
                tests.arg("--fail-fast");
                tests
            }),
        },
    ];
    let mut absent = BTreeMap::new();
    match swift::built(TESTKIT)? {
        // Its tests end at the first that fails when a type is broken.
        Built::Here(package) => here.push(Lane {
            name: "swift",
            tests: Box::new(move || package.tests()),
        }),
        Built::Absent(why) => {
            absent.insert("swift", why);
        }
    }
    Ok(Lanes { here, absent })
}

/// The items that a lane's tests did not see, from the file that they wrote.
pub(crate) fn untested(crossed: &Path) -> Result<Vec<String>, Failed> {
    let seen = read(crossed)?;
    Ok(items()?.difference(&seen).cloned().collect())
}

fn crossed(lane: &Lane) -> Result<BTreeSet<String>, Failed> {
    let file = told_in(lane.name)?;
    say(&format!("== {}", lane.name));
    let output = (lane.tests)()
        .env(CROSSED, &file)
        .output()
        .map_err(|error| Failed::new(format!("{} does not start: {error}", lane.name)))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(Failed::new(format!("{told}\n{} failed", lane.name)));
    }
    read(&file)
}

fn read(crossed: &Path) -> Result<BTreeSet<String>, Failed> {
    let list = std::fs::read_to_string(crossed)
        .map_err(|error| Failed::new(format!("{}: {error}", crossed.display())))?;
    Ok(list.lines().map(str::to_owned).collect())
}

/// A file for what crossed, that an earlier run left nothing in.
pub(crate) fn told_in(lane: &str) -> Result<PathBuf, Failed> {
    let folder = target().join("parity");
    let prepare = |folder: &Path| -> std::io::Result<PathBuf> {
        std::fs::create_dir_all(folder)?;
        let file = folder.join(format!("{lane}.txt"));
        std::fs::write(&file, "")?;
        Ok(file)
    };
    prepare(&folder).map_err(|error| Failed::new(format!("{}: {error}", folder.display())))
}
