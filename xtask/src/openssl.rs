//! The cryptography below SQLCipher, as small as it may be: OpenSSL's libcrypto from the source that the
//! lock file names, without the algorithms that SQLCipher never asks for. Tests use it whole; what apps
//! carry uses this.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::run::{Done, Failed, cargo, fresh, say};

/// Left out: everything but AES, SHA-1, SHA-2, HMAC, PBKDF2, random numbers, and what cannot be.
const WITHOUT: &str = "shared module tests apps docs dso engine legacy ssl tls dtls quic comp zlib ec dh dsa aria \
    camellia idea seed bf cast des md4 mdc2 rc2 rc4 rmd160 whirlpool chacha poly1305 siphash blake2 scrypt \
    argon2 siv ocb cmac sm3 sm4 cms ct ts ocsp srp psk cmp rfc3779 sock ui-console async err filenames ml-dsa \
    ml-kem slh-dsa lms http multiblock gost afalgeng capieng static-engine";

/// The oldest Android that apps run on, as the NDK counts (minSdk).
pub(crate) const OLDEST_ANDROID: u32 = 26;

/// The folder, below the root of a phone, where OpenSSL thinks that it is installed.
const NOWHERE: &str = "nonexistent";

/// A machine that libraries are built for, as cargo and OpenSSL call it.
pub(crate) struct Machine {
    cargo: &'static str,
    openssl: &'static str,
}

const MACHINES: &[Machine] = &[
    Machine::new("x86_64-unknown-linux-gnu", "linux-x86_64"),
    Machine::new("aarch64-unknown-linux-gnu", "linux-aarch64"),
    Machine::new("aarch64-linux-android", "android-arm64"),
    Machine::new("armv7-linux-androideabi", "android-arm"),
    Machine::new("x86_64-linux-android", "android-x86_64"),
    Machine::new("aarch64-apple-ios", "ios64-xcrun"),
    Machine::new("aarch64-apple-ios-sim", "iossimulator-arm64-xcrun"),
    Machine::new("x86_64-apple-ios", "iossimulator-x86_64-xcrun"),
    Machine::new("aarch64-apple-darwin", "darwin64-arm64"),
    Machine::new("x86_64-apple-darwin", "darwin64-x86_64"),
];

impl Machine {
    const fn new(cargo: &'static str, openssl: &'static str) -> Self {
        Self { cargo, openssl }
    }

    /// The one that cargo calls so.
    pub(crate) fn named(cargo: &str) -> Option<&'static Self> {
        MACHINES.iter().find(|machine| machine.cargo == cargo)
    }

    /// This one; `None` where nothing here knows it: there OpenSSL stays whole.
    pub(crate) fn here() -> Option<&'static Self> {
        let arch = std::env::consts::ARCH;
        match std::env::consts::OS {
            "linux" => Self::named(&format!("{arch}-unknown-linux-gnu")),
            "macos" => Self::named(&format!("{arch}-apple-darwin")),
            _ => None,
        }
    }

    /// Where its compilers are; `None` where the system's are taken.
    fn ndk(&self) -> Option<PathBuf> {
        let ndk = std::env::var_os("ANDROID_NDK_HOME")?;
        self.openssl
            .starts_with("android-")
            .then(|| PathBuf::from(ndk))
    }
}

/// Builds it under `folder`, once, and has cargo find it there. `c` are the flags of what is in C.
pub(crate) fn found_by(build: &mut Command, machine: &Machine, folder: &Path, c: &str) -> Done {
    let made = folder.join("openssl").join(machine.cargo);
    let installed = made.join(NOWHERE);
    let source = source()?;
    // What it is made from: another version, another part left out, another flag makes it anew.
    let recipe = format!(
        "{}\n{WITHOUT}\n{c}\n{:?}\n",
        source.display(),
        machine.ndk()
    );
    let finished = made.join("finished");
    if !std::fs::read_to_string(&finished).is_ok_and(|made| made == recipe) {
        let failed = |error| Failed::new(format!("{}: {error}", made.display()));
        fresh(&made)?;
        make(&source, &made, machine, c)?;
        std::fs::write(&finished, recipe).map_err(failed)?;
    }
    let name = machine.cargo.replace('-', "_").to_uppercase();
    build.env("OPENSSL_NO_VENDOR", "1");
    build.env(format!("{name}_OPENSSL_DIR"), &installed);
    build.env(format!("{name}_OPENSSL_STATIC"), "1");
    build.env(format!("{name}_OPENSSL_LIBS"), "crypto");
    Ok(())
}

/// Where the source is that the lock file names.
fn source() -> Result<PathBuf, Failed> {
    let failed = |error: &dyn std::fmt::Display| Failed::new(format!("cargo metadata: {error}"));
    let output = cargo()
        .args(["metadata", "--format-version", "1", "--features"])
        .arg("doorstep-ffi/sqlcipher")
        .output()
        .map_err(|error| failed(&error))?;
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| failed(&error))?;
    let packages = metadata.get("packages").and_then(Value::as_array);
    packages
        .into_iter()
        .flatten()
        .find(|package| package.get("name").and_then(Value::as_str) == Some("openssl-src"))
        .and_then(|package| package.get("manifest_path")?.as_str())
        .and_then(|manifest| Some(Path::new(manifest).parent()?.join("openssl")))
        .ok_or_else(|| failed(&"no openssl-src"))
}

fn make(source: &Path, made: &Path, machine: &Machine, c: &str) -> Done {
    let failed = |error: std::io::Error| Failed::new(format!("{}: {error}", made.display()));
    say(&format!("building a small OpenSSL for {}", machine.cargo));
    let folder = made.join("build");
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let ndk = machine.ndk();
    let run = |program: &str, with: &mut dyn FnMut(&mut Command)| {
        let mut command = Command::new(program);
        if let Some(ndk) = &ndk {
            command.env("ANDROID_NDK_ROOT", ndk);
            command.env("PATH", with_compilers(ndk)?);
        }
        with(&mut command);
        run(&mut command, &folder)
    };
    run("perl", &mut |configure| {
        configure.arg(source.join("Configure")).arg(machine.openssl);
        // No file of a system is ever read, nor one of the machine that built it.
        configure.args(["--prefix", "--openssldir"].map(|which| format!("{which}=/{NOWHERE}")));
        configure.arg("--libdir=lib");
        configure.args(WITHOUT.split_whitespace().map(|part| format!("no-{part}")));
        configure.args(["-Os", "-fPIC", "-ffunction-sections", "-fdata-sections"]);
        configure.args(c.split_whitespace());
        if ndk.is_some() {
            configure.arg(format!("-D__ANDROID_API__={OLDEST_ANDROID}"));
        }
    })?;
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    run("make", &mut |make| {
        make.arg(format!("-j{jobs}")).arg("build_libs");
    })?;
    run("make", &mut |make| {
        make.arg("install_dev")
            .arg(format!("DESTDIR={}", made.display()));
    })
}

/// Where programs are found, those of the NDK first: OpenSSL asks for its `clang` by name.
fn with_compilers(ndk: &Path) -> Result<OsString, Failed> {
    let hosts = ndk.join("toolchains/llvm/prebuilt");
    let host = std::fs::read_dir(&hosts)
        .ok()
        .and_then(|mut all| all.next());
    let Some(Ok(host)) = host else {
        return Err(Failed::new(format!(
            "{} has no compilers: ANDROID_NDK_HOME names no NDK",
            hosts.display()
        )));
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = [host.path().join("bin")]
        .into_iter()
        .chain(std::env::split_paths(&path));
    std::env::join_paths(all).map_err(|error| Failed::new(format!("PATH: {error}")))
}

fn run(command: &mut Command, folder: &Path) -> Done {
    let output = command.current_dir(folder).stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            say(&String::from_utf8_lossy(&output.stderr));
            Err(Failed::new("OpenSSL does not build"))
        }
        Err(error) => Err(Failed::new(format!("perl or make does not start: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::Machine;

    #[test]
    fn this_machine_and_every_phone_have_a_small_openssl() {
        assert!(Machine::here().is_some() || !cfg!(any(target_os = "linux", target_os = "macos")));
        for cargo in crate::aar::TARGETS
            .iter()
            .chain(crate::xcframework::targets())
        {
            assert!(Machine::named(cargo).is_some(), "{cargo}");
        }
    }
}
