//! The library for Android, type-checked without an NDK and without Android's standard library: cargo of a
//! newer Debian checks that too, from its sources, and C is left out. Nothing is linked, nothing can be
//! run. What an NDK builds is `aar`'s.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

use crate::debian::{Folder, Recipe};
use crate::run::{Done, Failed, cargo, print, root, target};

/// What rustc calls the phones' machines: of 64 bits and of 32.
const TARGETS: &[&str] = &["aarch64-linux-android", "armv7-linux-androideabi"];

/// The folder that cargo is in. Its Rust is newer than what the workspace asks for, and has the sources of
/// the standard library. A mirror may hold this Debian as it was some weeks ago: good enough.
static DEBIAN: Recipe = Recipe {
    suite: "sid",
    packages: &["cargo", "rustc", "rust-src"],
    without: &[],
    apt: &["Acquire::Check-Valid-Until \"false\";"],
    holds: "Rust and its sources",
    purpose: "Android is type-checked",
    task: "android-check",
    made: OnceLock::new(),
};

/// Where rust-src has the standard library.
const STANDARD: &str = "/usr/lib/rustlib/src/rust/library/Cargo.toml";

/// Checks the library for every target, each to its end, and prints a line for each that holds.
pub(crate) fn check() -> Done {
    let folder = DEBIAN.folder().or_failed()?;
    fetch(&root().join("Cargo.toml"))?;
    fetch(&folder.outside(Path::new(STANDARD)))?;
    let home = cargo_home()?;
    tell_sources(&folder, &home)?;
    let mut wrong = Vec::new();
    for target in TARGETS {
        let began = Instant::now();
        if check_for(target, &folder, &home)? {
            let seconds = began.elapsed().as_secs_f64();
            print(&format!("{target} {seconds:.1} s ok"));
        } else {
            wrong.push(*target);
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Failed::new(format!(
        "doorstep-ffi does not check for {}",
        wrong.join(", ")
    )))
}

/// Brings what a workspace stands on, before the folder is entered, where there is no network. This
/// machine's cargo does, which knows where it takes crates from.
fn fetch(workspace: &Path) -> Done {
    let mut fetch = cargo();
    fetch.args(["fetch", "--quiet", "--locked"]);
    for target in TARGETS {
        fetch.args(["--target", target]);
    }
    fetch.arg("--manifest-path").arg(workspace);
    // The standard library's own workspace is one that not every cargo may read.
    fetch.env("RUSTC_BOOTSTRAP", "1");
    if fetch.status().is_ok_and(|status| status.success()) {
        Ok(())
    } else {
        Err(Failed::new(format!(
            "the crates of {} cannot be fetched",
            workspace.display()
        )))
    }
}

/// Whether the library checks for this target. Cargo says itself what is wrong.
fn check_for(machine: &str, folder: &Folder, home: &Path) -> Result<bool, Failed> {
    let mut check = folder.run(&root(), &[&home.join("registry")], "cargo");
    check.args(["check", "--quiet", "--locked", "--offline"]);
    check.args(["--package", "doorstep-ffi", "--lib"]);
    check.args(["-Zbuild-std=std,panic_abort", "--target", machine]);
    check.arg("--target-dir").arg(target().join("android"));
    // Macros and the standard library are the only code that is made: quickly rather than well.
    check.args(["--config", "profile.dev.package.\"*\".opt-level=0"]);
    check.env("CARGO_HOME", home);
    // For `-Zbuild-std` alone, which only a nightly has otherwise.
    check.env("RUSTC_BOOTSTRAP", "1");
    // Programs that do nothing: SQLite and zstd are not compiled, there are no headers for them.
    for program in ["CC", "AR"] {
        check.env(variable(program, machine), "/bin/true");
    }
    // This machine's compilers and linkers are not in the folder.
    for other in ["RUSTC", "RUSTC_WRAPPER", "RUSTFLAGS"] {
        check.env_remove(other);
    }
    let status = check
        .status()
        .map_err(|error| Failed::new(format!("cargo does not start: {error}")))?;
    Ok(status.success())
}

/// What names a program of a target: `CC_aarch64_linux_android`.
fn variable(program: &str, machine: &str) -> String {
    format!("{program}_{}", machine.replace('-', "_"))
}

/// Where this machine's cargo keeps crates.
fn cargo_home() -> Result<PathBuf, Failed> {
    let told = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    told.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
        .ok_or_else(|| Failed::new("no home folder: set CARGO_HOME"))
}

/// Tells cargo in the folder where crates come from, if this machine's takes them from a mirror: they lie
/// under the mirror's name.
fn tell_sources(folder: &Folder, home: &Path) -> Done {
    let told = std::fs::read_to_string(home.join("config.toml")).unwrap_or_default();
    let inside = folder.outside(home);
    std::fs::create_dir_all(&inside)
        .and_then(|()| std::fs::write(inside.join("config.toml"), sources(&told)))
        .map_err(|error| Failed::new(format!("{}: {error}", inside.display())))
}

/// The tables of cargo's configuration that say where crates come from. What it says of building is of
/// this machine.
fn sources(config: &str) -> String {
    let mut is_kept = false;
    let kept = config.lines().filter(|line| {
        if let Some(table) = line.trim_start().strip_prefix('[') {
            is_kept = table.starts_with("source.") || table.starts_with("registr");
        }
        is_kept
    });
    kept.map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::{TARGETS, sources, variable};

    #[test]
    fn of_a_configuration_only_where_crates_come_from_goes_along() {
        let config = "# mine\n[build]\nrustc-wrapper = \"x\"\n\
            [source.crates-io]\nreplace-with = \"near\"\n\
            [target.x86_64-unknown-linux-gnu]\nlinker = \"y\"\n\
            [registries.near]\nindex = \"z\"\n";
        let expected = "[source.crates-io]\nreplace-with = \"near\"\n\
            [registries.near]\nindex = \"z\"\n";
        assert_eq!(sources(config), expected);
        assert_eq!(sources(""), "");
    }

    #[test]
    fn a_program_of_each_target_has_a_variable_of_its_own() {
        let named: Vec<String> = TARGETS.iter().map(|it| variable("CC", it)).collect();
        let expected = ["CC_aarch64_linux_android", "CC_armv7_linux_androideabi"];
        assert_eq!(named, expected);
    }
}
