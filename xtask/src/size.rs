//! How large the shipped library is: built for size, stripped, with and without SQLCipher; and what the
//! encrypted one is linked to.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::bindings::file_name;
use crate::openssl::{self, Machine};
use crate::run::{Done, Failed, cargo, print, root, target};

/// Most bytes of the library without SQLCipher, and with it.
const MOST: u64 = 4_000_000;
const MOST_ENCRYPTED: u64 = 7_000_000;

/// What the library may need of the system: the C library and its parts, unwinding, the loader.
/// Cryptography is inside.
const NEEDED: &[&str] = &["libc.so", "libm.so", "libdl.so", "libgcc_s.so", "ld-linux"];

/// Parts of SQLite that no query of ours uses: full-text and spatial indices, statistics, functions of
/// dates, hooks for tools.
const WITHOUT: &[&str] = &[
    "-USQLITE_ENABLE_FTS3",
    "-USQLITE_ENABLE_FTS3_PARENTHESIS",
    "-USQLITE_ENABLE_FTS5",
    "-USQLITE_ENABLE_RTREE",
    "-USQLITE_ENABLE_STAT4",
    "-USQLITE_ENABLE_DBSTAT_VTAB",
    "-USQLITE_ENABLE_API_ARMOR",
    "-USQLITE_ENABLE_LOAD_EXTENSION",
    "-USQLITE_SOUNDEX",
    "-DSQLITE_OMIT_LOAD_EXTENSION",
    "-DSQLITE_OMIT_DATETIME_FUNCS",
    "-DSQLITE_OMIT_DEPRECATED",
    "-DSQLITE_OMIT_SHARED_CACHE",
    "-DSQLITE_OMIT_TCL_VARIABLE",
    "-DSQLITE_OMIT_TRACE",
    "-DSQLITE_DEFAULT_MEMSTATUS=0",
];

/// For everything in C: no tables for unwinding, since no panic goes through it; and of zstd the smaller
/// of two ways, without the strategies that levels 6 to 12 do not use. What is written stays the same.
pub(crate) const C: &str = "-fno-unwind-tables -fno-asynchronous-unwind-tables \
                 -DHUF_FORCE_DECOMPRESS_X1 -DZSTD_FORCE_DECOMPRESS_SEQUENCES_SHORT -DZSTD_NO_INLINE \
                 -DZSTD_EXCLUDE_DFAST_BLOCK_COMPRESSOR -DZSTD_EXCLUDE_GREEDY_BLOCK_COMPRESSOR \
                 -DZSTD_EXCLUDE_BTULTRA_BLOCK_COMPRESSOR";

/// Functions with the same code are one: the linker that comes with rustc knows how, and the NDK's.
pub(crate) const LINKED: &[&str] = if cfg!(target_os = "macos") {
    &[]
} else {
    &["-C", "link-arg=-Wl,--icf=all"]
};

/// For everything in Rust. Frame pointers: unwinding needs a third less of tables to say where a frame
/// ends, and the code does not grow. Signatures in plain 64-bit arithmetic, as a phone's processor does
/// them anyway: the other way is for AVX2.
const RUST: &str = r#"-C force-frame-pointers=yes --cfg curve25519_dalek_backend="serial""#;

/// Builds both and says their sizes.
pub(crate) fn both(as_json: bool) -> Done {
    let [plain, encrypted] = measured()?;
    if as_json {
        print(&json!({"lib": plain, "lib_sqlcipher": encrypted}).to_string());
    } else {
        tell(plain, encrypted);
    }
    judge(plain, encrypted)
}

/// Prints both beside their bars.
pub(crate) fn tell(plain: u64, encrypted: u64) {
    print(&format!("without SQLCipher {plain} bytes, at most {MOST}"));
    print(&format!(
        "encrypted {encrypted} bytes, at most {MOST_ENCRYPTED}"
    ));
}

/// Builds both and sees what they are linked to. Their sizes in bytes: without SQLCipher, and encrypted.
pub(crate) fn measured() -> Result<[u64; 2], Failed> {
    let plain = shipped(false)?.stripped;
    let encrypted = shipped(true)?.stripped;
    for library in [&plain, &encrypted] {
        let strange = strange_needs(library)?;
        if !strange.is_empty() {
            let strange = strange.join(", ");
            return Err(Failed::new(format!(
                "{} needs {strange}",
                library.display()
            )));
        }
    }
    Ok([size_of(&plain)?, size_of(&encrypted)?])
}

/// Holds both sizes against their bars.
pub(crate) fn judge(plain: u64, encrypted: u64) -> Done {
    if plain > MOST || encrypted > MOST_ENCRYPTED {
        return Err(Failed::new("the library is larger than its bar"));
    }
    Ok(())
}

fn cargo_home() -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let named = named.filter(|named| named.is_absolute());
    named.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

/// The library as it is shipped.
pub(crate) struct Shipped {
    /// What the generator reads the interface from.
    pub(crate) with_symbols: PathBuf,
    /// What apps carry.
    pub(crate) stripped: PathBuf,
}

/// Builds the library for size and strips a copy.
pub(crate) fn shipped(encrypted: bool) -> Result<Shipped, Failed> {
    let name = if encrypted { "encrypted" } else { "plain" };
    let target = target().join("shipped").join(name);
    let mut build = cargo();
    build.args(["rustc", "--package", "doorstep-ffi", "--lib"]);
    build.args(["--crate-type", "cdylib", "--target-dir"]);
    build.arg(&target);
    as_shipped(&mut build, encrypted);
    if let (true, Some(machine)) = (encrypted, Machine::here()) {
        openssl::found_by(&mut build, machine, &target, C)?;
    }
    build.arg("--").args(LINKED);
    if !build.status().is_ok_and(|status| status.success()) {
        return Err(Failed::new("doorstep-ffi does not build for size"));
    }
    let with_symbols = target.join("size").join(file_name());
    let stripped = target.join(file_name());
    let mut strip = Command::new("strip");
    strip.args(["--strip-unneeded", "-o"]);
    strip.arg(&stripped).arg(&with_symbols);
    if !strip.status().is_ok_and(|status| status.success()) {
        return Err(Failed::new("strip failed: install binutils"));
    }
    names_no_machine(&stripped)?;
    Ok(Shipped {
        with_symbols,
        stripped,
    })
}

/// How everything that apps carry is built, for whatever machine: by cargo itself, or by what calls it.
pub(crate) fn as_shipped(build: &mut Command, encrypted: bool) {
    build.args(["--profile", "size"]);
    if encrypted {
        build.args(["--features", "sqlcipher"]);
    }
    build.env("LIBSQLITE3_FLAGS", WITHOUT.join(" "));
    build.env("CFLAGS", C);
    let own = std::env::var("RUSTFLAGS").unwrap_or_default();
    let named = without_paths();
    // Cargo takes these before all others.
    build.env_remove("CARGO_ENCODED_RUSTFLAGS");
    build.env("RUSTFLAGS", format!("{RUST} {named} {own}"));
}

/// The same, encrypted, for the machines that cargo calls so. Below SQLCipher each has a small OpenSSL.
pub(crate) fn as_shipped_for(build: &mut Command, machines: &[&str]) -> Done {
    as_shipped(build, true);
    let folder = target().join("shipped").join("encrypted");
    for name in machines {
        let machine = Machine::named(name)
            .ok_or_else(|| Failed::new(format!("no OpenSSL is known for {name}")))?;
        openssl::found_by(build, machine, &folder, C)?;
    }
    Ok(())
}

/// Where this machine keeps the sources of crates is nobody's matter: what a panic names begins with the
/// crate.
fn without_paths() -> String {
    let sources = cargo_home().map(|home| home.join("registry/src").display().to_string());
    // Cargo takes the flags apart at spaces.
    let sources = sources.filter(|sources| !sources.contains(' '));
    sources.map_or_else(String::new, |sources| {
        format!("--remap-path-prefix={sources}=")
    })
}

pub(crate) fn size_of(file: &Path) -> Result<u64, Failed> {
    let metadata = std::fs::metadata(file);
    let metadata = metadata.map_err(|error| Failed::new(format!("{}: {error}", file.display())))?;
    Ok(metadata.len())
}

/// No folder of this machine stands in a library that apps carry.
pub(crate) fn names_no_machine(library: &Path) -> Done {
    let bytes = std::fs::read(library);
    let bytes = bytes.map_err(|error| Failed::new(format!("{}: {error}", library.display())))?;
    let folders = [Some(root()), Some(target()), cargo_home()];
    for folder in folders.into_iter().flatten() {
        let name = folder.as_os_str().as_encoded_bytes();
        if bytes.windows(name.len()).any(|bytes| bytes == name) {
            return Err(Failed::new(format!(
                "{} tells of {}",
                library.display(),
                folder.display()
            )));
        }
    }
    Ok(())
}

/// Libraries that it needs and should not.
fn strange_needs(library: &Path) -> Result<Vec<String>, Failed> {
    let output = Command::new("readelf").arg("-d").arg(library).output();
    let output = output.map_err(|error| Failed::new(format!("readelf: {error}")))?;
    Ok(needed(&String::from_utf8_lossy(&output.stdout))
        .filter(|name| !NEEDED.iter().any(|known| name.starts_with(known)))
        .map(str::to_owned)
        .collect())
}

/// Reads ` 0x… (NEEDED)  Shared library: [libc.so.6]`.
fn needed(told: &str) -> impl Iterator<Item = &str> {
    told.lines()
        .filter(|line| line.contains("(NEEDED)"))
        .filter_map(|line| line.split_once('[')?.1.strip_suffix(']'))
}

#[cfg(test)]
mod tests {
    use super::needed;

    #[test]
    fn what_a_library_needs_is_read() {
        let told = " 0x0001 (NEEDED)  Shared library: [libc.so.6]\n 0x000e (SONAME)  x: [a.so]\n";
        assert_eq!(needed(told).collect::<Vec<_>>(), ["libc.so.6"]);
    }
}
