//! The arrows between the rooms, held: who may depend on whom, and what must not be in a room's tree
//! of dependencies at all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::run::{Failed, cargo, root};

/// Which of our crates a crate may use, outside its tests.
const ARROWS: &[(&str, &[&str])] = &[
    ("doorstep-model", &[]),
    ("doorstep-replica", &["doorstep-model"]),
    ("doorstep-office", &["doorstep-model", "doorstep-replica"]),
    ("doorstep-ffi", &["doorstep-model", "doorstep-replica"]),
    ("doorstep-bindgen", &[]),
    ("xtask", &[]),
];

/// Crates that may not be anywhere below a crate of ours.
const NEVER_BELOW: &[(&str, &[&str])] = &[
    (
        "doorstep-model",
        &[
            "rusqlite", "tokio", "hyper", "reqwest", "ureq", "axum", "rustls", "chrono", "time",
        ],
    ),
    (
        "doorstep-replica",
        &["tokio", "hyper", "reqwest", "ureq", "axum", "rustls"],
    ),
    (
        "doorstep-ffi",
        &[
            "automerge",
            "tokio",
            "hyper",
            "reqwest",
            "ureq",
            "axum",
            "rustls",
        ],
    ),
    ("doorstep-office", &["openssl", "native-tls"]),
];

/// Checks every rule. Returns how many there are.
pub(crate) fn check() -> Result<u64, Failed> {
    let metadata = metadata()?;
    let packages = Packages::read(&metadata)
        .ok_or_else(|| Failed::new("cargo metadata is not what it used to be"))?;
    let mut broken = Vec::new();
    let mut rules = 0;
    rules += 1;
    for name in packages.ours.keys() {
        if !ARROWS.iter().any(|(known, _)| known == name) && !packages.tests.contains(name) {
            broken.push(format!(
                "{name} is in no row of the table: say what it may use"
            ));
        }
    }
    for (name, allowed) in ARROWS {
        rules += 1;
        for used in packages.direct(name) {
            if packages.ours.contains_key(&used) && !allowed.contains(&used.as_str()) {
                broken.push(format!("{name} must not use {used}"));
            }
        }
    }
    for (name, banned) in NEVER_BELOW {
        let below = below(name)?;
        for ban in *banned {
            rules += 1;
            if below.contains(*ban) {
                broken.push(format!("{name} must not have {ban} below it"));
            }
        }
    }
    if broken.is_empty() {
        Ok(rules)
    } else {
        Err(Failed::new(broken.join("\n")))
    }
}

fn metadata() -> Result<Value, Failed> {
    let output = cargo()
        .args(["metadata", "--format-version", "1"])
        .output()
        .map_err(|error| Failed::new(format!("cargo metadata: {error}")))?;
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Failed::new(format!("cargo metadata: {error}")))
}

/// Names by package id, and what each package is built with.
struct Packages {
    names: BTreeMap<String, String>,
    ours: BTreeMap<String, String>,
    /// Names of those of ours that are for tests.
    tests: BTreeSet<String>,
    /// Package id → ids of what it is built with.
    uses: BTreeMap<String, Vec<String>>,
}

impl Packages {
    fn read(metadata: &Value) -> Option<Self> {
        let text = |value: &Value, key: &str| Some(value.get(key)?.as_str()?.to_owned());
        let mut names = BTreeMap::new();
        let mut tests = BTreeSet::new();
        let of_tests = root().join("tests");
        for package in metadata.get("packages")?.as_array()? {
            let name = text(package, "name")?;
            if Path::new(&text(package, "manifest_path")?).starts_with(&of_tests) {
                tests.insert(name.clone());
            }
            names.insert(text(package, "id")?, name);
        }
        let members = metadata.get("workspace_members")?.as_array()?;
        let ours = members
            .iter()
            .filter_map(Value::as_str)
            .filter_map(|id| Some((names.get(id)?.clone(), id.to_owned())))
            .collect();
        let mut uses = BTreeMap::new();
        for node in metadata.get("resolve")?.get("nodes")?.as_array()? {
            let mut used = Vec::new();
            for dependency in node.get("deps")?.as_array()? {
                let mut kinds = dependency.get("dep_kinds")?.as_array()?.iter();
                // `null` is a normal one, "build" of its build script.
                if kinds.any(|kind| kind.get("kind").and_then(Value::as_str) != Some("dev")) {
                    used.push(text(dependency, "pkg")?);
                }
            }
            uses.insert(text(node, "id")?, used);
        }
        Some(Self {
            names,
            ours,
            tests,
            uses,
        })
    }

    /// Names of the crates that `name` uses itself, outside its tests.
    fn direct(&self, name: &str) -> Vec<String> {
        let ids = self.ours.get(name).and_then(|id| self.uses.get(id));
        ids.into_iter()
            .flatten()
            .filter_map(|id| self.names.get(id).cloned())
            .collect()
    }
}

/// Names of everything below `name`, on every system, with the features it is built with alone: cargo
/// metadata would give it those that the rest of the workspace asks of the same crates.
fn below(name: &str) -> Result<BTreeSet<String>, Failed> {
    let failed = |error: &dyn std::fmt::Display| Failed::new(format!("cargo tree: {error}"));
    let output = cargo()
        .args(["tree", "--package", name, "--edges", "normal,build"])
        .args(["--target", "all", "--prefix", "none", "--format", "{p}"])
        .output()
        .map_err(|error| failed(&error))?;
    if !output.status.success() {
        return Err(failed(&String::from_utf8_lossy(&output.stderr)));
    }
    let tree = String::from_utf8_lossy(&output.stdout);
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    Ok(names.map(str::to_owned).collect())
}
