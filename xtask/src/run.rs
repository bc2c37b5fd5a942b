//! Starting other programs and saying what happened to them.

use std::io::Write;
use std::path::Path;
use std::process::Command;

/// A task that did not succeed.
pub(crate) struct Failed {
    /// What to tell the person who started it.
    pub(crate) message: String,
    /// Exit code.
    pub(crate) code: u8,
}

impl Failed {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: 1,
        }
    }
}

pub(crate) type Done = Result<(), Failed>;

/// Says something to the person, beside the output of programs.
pub(crate) fn say(message: &str) {
    let _ = writeln!(std::io::stderr(), "{message}");
}

/// Prints a result, which other programs may read.
pub(crate) fn print(result: &str) {
    let _ = writeln!(std::io::stdout(), "{result}");
}

/// The cargo that runs this.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// The workspace's root folder.
pub(crate) fn root() -> std::path::PathBuf {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Builds a binary of the workspace for speed and runs it in the caller's folder, its exit code kept.
pub(crate) fn release(package: &str, binary: &str, arguments: &[String]) -> Done {
    release_in(&target(), &[], package, binary, arguments)
}

/// Where cargo builds.
pub(crate) fn target() -> std::path::PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    // Cargo takes a relative one from where it is started, which is the root.
    root().join(named)
}

/// The same with an encrypted store, in a target folder of its own.
pub(crate) fn release_encrypted(package: &str, binary: &str, arguments: &[String]) -> Done {
    let features = ["--features", "sqlcipher"];
    release_in(&encrypted_target(), &features, package, binary, arguments)
}

/// Where what links SQLCipher is built, so that it does not displace what does not.
pub(crate) fn encrypted_target() -> std::path::PathBuf {
    target().join("encrypted")
}

fn release_in(
    target: &std::path::Path,
    features: &[&str],
    package: &str,
    binary: &str,
    arguments: &[String],
) -> Done {
    let built = cargo()
        .args(["build", "--release", "--package", package, "--bin", binary])
        .args(features)
        .arg("--target-dir")
        .arg(target)
        .status()
        .map_err(|error| Failed::new(format!("cargo does not start: {error}")))?;
    if !built.success() {
        return Err(Failed::new(format!("{package} does not build")));
    }
    let status = Command::new(target.join("release").join(binary))
        .args(arguments)
        .status()
        .map_err(|error| Failed::new(format!("{binary} does not start: {error}")))?;
    match status.code() {
        Some(0) => Ok(()),
        code => Err(Failed {
            message: format!("{binary} ended with {status}"),
            code: code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
        }),
    }
}

/// Writes a program that the shell runs.
#[cfg(unix)]
pub(crate) fn executable(file: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(file, text)?;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))
}

/// Writes a program that the shell runs.
#[cfg(not(unix))]
pub(crate) fn executable(file: &Path, text: &str) -> std::io::Result<()> {
    std::fs::write(file, text)
}

/// Makes a folder anew, with nothing in it.
pub(crate) fn fresh(folder: &Path) -> Done {
    let failed = |error: std::io::Error| Failed::new(format!("{}: {error}", folder.display()));
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(failed)?;
    }
    std::fs::create_dir_all(folder).map_err(failed)
}
