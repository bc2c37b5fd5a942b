//! The cryptography below SQLCipher, as small as it may be: OpenSSL's libcrypto from the source that the
//! lock file names, without the algorithms that SQLCipher never asks for. Tests use it whole; what apps
//! carry uses this.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::run::{Done, Failed, cargo, say};

/// Left out: everything but AES, SHA-1, SHA-2, HMAC, PBKDF2, random numbers, and what cannot be.
const WITHOUT: &str = "shared module tests apps docs dso engine legacy ssl tls dtls quic comp zlib ec dh dsa aria \
    camellia idea seed bf cast des md4 mdc2 rc2 rc4 rmd160 whirlpool chacha poly1305 siphash blake2 scrypt \
    argon2 siv ocb cmac sm3 sm4 cms ct ts ocsp srp psk cmp rfc3779 sock ui-console async err filenames ml-dsa \
    ml-kem slh-dsa lms http multiblock gost afalgeng capieng static-engine";

/// The folder, below the root of a phone, where OpenSSL thinks that it is installed.
const NOWHERE: &str = "nonexistent";

/// A machine that libraries are built for, as OpenSSL and cargo call it.
pub(crate) struct Machine {
    pub(crate) openssl: &'static str,
    pub(crate) cargo: &'static str,
}

/// This machine; `None` where nothing here knows it: there OpenSSL stays whole.
pub(crate) fn here() -> Option<Machine> {
    let (openssl, cargo) = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => ("linux-x86_64", "x86_64-unknown-linux-gnu"),
        ("linux", "aarch64") => ("linux-aarch64", "aarch64-unknown-linux-gnu"),
        _ => return None,
    };
    Some(Machine { openssl, cargo })
}

/// Builds it under `folder`, once, and has cargo find it there. `c` are the flags of what is in C.
pub(crate) fn found_by(build: &mut Command, machine: &Machine, folder: &Path, c: &str) -> Done {
    let made = folder.join("openssl").join(machine.cargo);
    let installed = made.join(NOWHERE);
    if !installed.join("lib/libcrypto.a").exists() {
        make(&source()?, &made, machine, c)?;
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
    let build = made.join("build");
    std::fs::create_dir_all(&build).map_err(failed)?;
    let mut configure = Command::new("perl");
    configure.arg(source.join("Configure")).arg(machine.openssl);
    // No file of a system is ever read, nor one of the machine that built it.
    configure.args(["--prefix", "--openssldir"].map(|which| format!("{which}=/{NOWHERE}")));
    configure.arg("--libdir=lib");
    configure.args(WITHOUT.split_whitespace().map(|part| format!("no-{part}")));
    configure.args(["-Os", "-fPIC", "-ffunction-sections", "-fdata-sections"]);
    configure.args(c.split_whitespace());
    run(&mut configure, &build)?;
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    run(
        Command::new("make")
            .arg(format!("-j{jobs}"))
            .arg("build_libs"),
        &build,
    )?;
    let mut install = Command::new("make");
    install.arg("install_dev");
    run(install.arg(format!("DESTDIR={}", made.display())), &build)
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
