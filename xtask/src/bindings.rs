//! The library of the bindings, built in one of its kinds, and the code that the generator writes for a
//! language. What a language's lane does with both is its own.

use std::path::{Path, PathBuf};

use crate::run::{Done, Failed, cargo, encrypted_target, target};

/// How the library is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Kind {
    /// With what tests stand on, and no app has.
    pub(crate) testkit: bool,
    /// With SQLCipher.
    pub(crate) encrypted: bool,
}

impl Kind {
    /// What a folder for it is called.
    pub(crate) fn name(self) -> &'static str {
        match (self.testkit, self.encrypted) {
            (true, _) => "testkit",
            (false, true) => "encrypted",
            (false, false) => "plain",
        }
    }

    /// Its features, as cargo takes them.
    fn features(self) -> String {
        let mut features = Vec::new();
        if self.testkit {
            features.push("testkit");
        }
        if self.encrypted {
            features.push("sqlcipher");
        }
        features.join(",")
    }

    /// Its target folder: what links SQLCipher does not displace what does not.
    fn target(self) -> PathBuf {
        if self.encrypted {
            encrypted_target()
        } else {
            target()
        }
    }
}

/// Builds the library for tests, its symbols left in: the generator reads the interface from them.
pub(crate) fn library(kind: Kind) -> Result<PathBuf, Failed> {
    let target = kind.target();
    let mut build = cargo();
    build.args(["rustc", "--quiet", "--package", "doorstep-ffi", "--lib"]);
    build.args(["--crate-type", "cdylib"]);
    build.args(["--features", &kind.features(), "--target-dir"]);
    let status = build.arg(&target).status();
    if !status.is_ok_and(|status| status.success()) {
        return Err(Failed::new("doorstep-ffi does not build"));
    }
    Ok(target.join("debug").join(file_name()))
}

/// Builds the library for speed, as the benchmarks that call it are; its symbols stay.
pub(crate) fn fast_library() -> Result<PathBuf, Failed> {
    let status = cargo()
        .args(["rustc", "--quiet", "--package", "doorstep-ffi", "--lib"])
        .args(["--release", "--crate-type", "cdylib", "--target-dir"])
        .arg(target())
        .status();
    if !status.is_ok_and(|status| status.success()) {
        return Err(Failed::new("doorstep-ffi does not build for speed"));
    }
    Ok(target().join("release").join(file_name()))
}

/// Writes a language's code for this library into a folder.
pub(crate) fn generate(library: &Path, language: &str, out: &Path) -> Done {
    let status = cargo()
        .args(["run", "--quiet", "--package", "doorstep-bindgen", "--"])
        .arg("generate")
        .arg(library)
        .args(["--language", language, "--no-format", "--out-dir"])
        .arg(out)
        .stdout(std::process::Stdio::null())
        .status();
    if status.is_ok_and(|status| status.success()) {
        Ok(())
    } else {
        Err(Failed::new(format!("no {language} was generated")))
    }
}

/// The office's program, built for tests.
pub(crate) fn office() -> Result<PathBuf, Failed> {
    let built = cargo()
        .args(["build", "--quiet", "--package", "doorstep-office"])
        .args(["--bin", "doorstep"])
        .status();
    if !built.is_ok_and(|status| status.success()) {
        return Err(Failed::new("doorstep-office does not build"));
    }
    Ok(target().join("debug").join("doorstep"))
}

/// What the library is called on this system.
pub(crate) fn file_name() -> &'static str {
    if cfg!(target_os = "macos") {
        "libdoorstep_ffi.dylib"
    } else {
        "libdoorstep_ffi.so"
    }
}
