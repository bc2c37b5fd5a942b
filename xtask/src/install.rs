//! What tests need beside Rust: a browser, its fonts, node, Maven with a JDK. Installed on Debian and Ubuntu when this
//! runs as root; elsewhere the exact command is said.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::run::{Done, Failed, say};

/// A program and the Debian packages that bring it.
const NEEDED: &[(&str, &[&str])] = &[
    ("node", &["nodejs"]),
    ("npm", &["npm"]),
    ("chromium", &["chromium"]),
    // The encrypted lane builds OpenSSL.
    ("perl", &["perl"]),
    ("make", &["make"]),
    // Size and needs of the library.
    ("readelf", &["binutils"]),
];

/// What Python needs: the package itself, certificates for its tests.
const PYTHON: &[(&str, &[&str])] = &[("python3", &["python3"]), ("openssl", &["openssl"])];

/// The module that puts pip into a folder of its own, where the wheel is installed: Debian packs it apart,
/// and lets nobody install beside its own packages (PEP 668).
const ENSUREPIP: (&str, &str) = ("ensurepip", "python3-venv");

/// What Kotlin needs.
const JAVA: &[(&str, &[&str])] = &[("mvn", &["maven"]), ("javac", &["default-jdk-headless"])];

/// A file that shows that Chinese text will not come out as boxes.
const FONT: (&str, &str) = ("/usr/share/fonts/opentype/noto", "fonts-noto-cjk");

/// Makes sure that everything needed is there.
pub(crate) fn all() -> Done {
    let mut missing = missing(NEEDED);
    missing.extend(missing_of_python());
    missing.extend(self::missing(JAVA));
    if !Path::new(FONT.0).exists() {
        missing.push(FONT.1);
    }
    install(&missing)
}

/// Makes sure that a folder with another Debian can be made.
pub(crate) fn debootstrap() -> Done {
    install(&missing(&[("debootstrap", &["debootstrap"])]))
}

/// Makes sure that Python is there, with what makes environments.
pub(crate) fn python() -> Done {
    install(&missing_of_python())
}

fn missing_of_python() -> Vec<&'static str> {
    let mut missing = missing(PYTHON);
    let (module, package) = ENSUREPIP;
    let imported = Command::new("python3")
        .args(["-c", &format!("import {module}")])
        .stderr(Stdio::null())
        .status();
    if !imported.is_ok_and(|status| status.success()) {
        missing.push(package);
    }
    missing
}

/// Makes sure that Maven and a JDK are there.
pub(crate) fn java() -> Done {
    install(&missing(JAVA))
}

/// What is not there of Maven and a JDK, in words: nothing is installed for a measurement.
pub(crate) fn without_java() -> Option<String> {
    let missing = missing(JAVA);
    (!missing.is_empty()).then(|| format!("{} not installed", missing.join(" and ")))
}

fn missing(needed: &[(&str, &'static [&'static str])]) -> Vec<&'static str> {
    let absent = needed.iter().filter(|(program, _)| !has(program));
    absent
        .flat_map(|(_, packages)| *packages)
        .copied()
        .collect()
}

fn install(missing: &[&str]) -> Done {
    if missing.is_empty() {
        return Ok(());
    }
    let command = format!(
        "apt-get install -y --no-install-recommends {}",
        missing.join(" ")
    );
    if !has("apt-get") || !is_root() {
        return Err(Failed::new(format!(
            "missing: {}\nOn Debian or Ubuntu, as root:\n  apt-get update && {command}",
            missing.join(", ")
        )));
    }
    say(&format!("installing {}", missing.join(", ")));
    apt(&["update", "-qq"])?;
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(missing);
    apt(&install)
}

/// Installs the node packages of a folder as its lock file says.
pub(crate) fn npm(folder: &Path) -> Done {
    say(&format!("npm ci in {}", folder.display()));
    let status = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(folder)
        .status()
        .map_err(|error| Failed::new(format!("npm does not start: {error}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failed::new("npm ci failed"))
    }
}

fn apt(arguments: &[&str]) -> Done {
    let status = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null())
        .status()
        .map_err(|error| Failed::new(format!("apt-get does not start: {error}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failed::new(format!(
            "apt-get {} failed",
            arguments.join(" ")
        )))
    }
}

fn has(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

pub(crate) fn is_root() -> bool {
    let said = Command::new("id").arg("-u").output();
    said.is_ok_and(|said| said.stdout.trim_ascii() == b"0")
}
