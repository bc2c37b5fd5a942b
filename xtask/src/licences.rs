//! Whose work an app carries: docs/licences.md, written from the crates that the library on a phone is
//! built of. What comes from elsewhere than crates is said here by hand. Whether a licence may come in is
//! deny.toml's.

use std::collections::BTreeMap;

use crate::run::{Done, Failed, cargo, print, root};

/// The list, from the root.
const LIST: &str = "docs/licences.md";

/// What is no crate.
const HEAD: &str = "# Licences

What an app carries with Doorstep, which itself is MIT or Apache-2.0 (LICENSE-MIT, LICENSE-APACHE). The \
crates are written by `cargo xtask licences`, and a test compares them; the licence of each stands in its \
sources. Nothing here is changed by us. MPL-2.0 asks an app to say where that source is to be had: as \
published, under these names, by Rust's registry of crates.

| beside the crates | licence | in |
|---|---|---|
| SQLite | public domain | every library |
| SQLCipher | BSD-3-Clause | the encrypted library |
| OpenSSL 3, its cryptography | Apache-2.0 | the encrypted library |
| Zstandard | BSD-3-Clause | every library |
| Kotlin's standard library, coroutines | Apache-2.0 | Kotlin |
| JNA | Apache-2.0 or LGPL-2.1-or-later | Kotlin |
| OkHttp, Okio | Apache-2.0 | `doorstep-okhttp`, the AAR |
| libcurl, the system's | curl | Swift on Linux, `DoorstepCurl` |

Python's package needs Python alone.

| crate in the library | licence |
|---|---|
";

/// Writes the list.
pub(crate) fn write() -> Done {
    let list = list()?;
    std::fs::write(root().join(LIST), list)
        .map_err(|error| Failed::new(format!("{LIST}: {error}")))?;
    print(LIST);
    Ok(())
}

fn list() -> Result<String, Failed> {
    let mut tree = cargo();
    tree.args([
        "tree",
        "--package",
        "doorstep-ffi",
        "--features",
        "sqlcipher",
    ]);
    tree.args(["--edges", "normal,no-proc-macro", "--prefix", "none"]);
    tree.args(["--target", "aarch64-linux-android", "--format", "{p}|{l}"]);
    let output = tree.output();
    let output = output.map_err(|error| Failed::new(format!("cargo tree: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failed::new(format!("cargo tree: {said}")));
    }
    let mut list = HEAD.to_owned();
    for (name, licence) in crates(&String::from_utf8_lossy(&output.stdout)) {
        list += &format!("| {name} | {licence} |\n");
    }
    Ok(list)
}

/// Reads lines like `zstd v0.13.3|MIT (*)`. Ours are left out: they have a folder behind their version.
fn crates(told: &str) -> BTreeMap<&str, String> {
    told.lines()
        .filter_map(|line| line.trim_end_matches(" (*)").split_once('|'))
        .filter(|(package, _)| !package.contains('('))
        .filter_map(|(package, licence)| {
            let (name, _) = package.split_once(' ')?;
            Some((name, licence.replace('/', " OR ")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_read_once_each_and_ours_are_not() {
        let told = "doorstep-ffi v0.1.0 (/home/me/bindings)|MIT OR Apache-2.0\n\
                    zstd v0.13.3|MIT\nautocfg v1.5.0|Apache-2.0/MIT\nzstd v0.13.3|MIT (*)\n";
        let read: Vec<_> = crates(told).into_iter().collect();
        assert_eq!(
            read,
            [
                ("autocfg", "Apache-2.0 OR MIT".to_owned()),
                ("zstd", "MIT".to_owned())
            ]
        );
    }

    #[test]
    fn the_list_is_of_what_the_library_is_built_of() {
        let written = std::fs::read_to_string(root().join(LIST)).unwrap_or_default();
        let now = list().map_err(|failed| failed.message).expect("cargo tree");
        assert!(written == now, "cargo xtask licences writes it anew");
    }
}
