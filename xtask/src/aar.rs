//! The library for Android as a folder of Maven's: an AAR with classes, native libraries, manifest and
//! rules for R8; its pom and its description for Gradle; its sources. The native libraries need an NDK; what packs them does not.

mod metadata;
pub(crate) mod testkit;

use std::path::{Path, PathBuf};
use std::process::Command;

use self::metadata::Artifact;
use crate::bindings::{self, Kind};
use crate::kotlin::{self, Compiled};
use crate::openssl::OLDEST_ANDROID;
use crate::run::{Done, Failed, cargo, fresh, print, root, target};
use crate::size;

/// What Android calls the machines that phones are.
const MACHINES: &[&str] = &["arm64-v8a", "armeabi-v7a", "x86_64"];

/// The same, as cargo calls them.
pub(crate) const TARGETS: [&str; 3] = [
    "aarch64-linux-android",
    "armv7-linux-androideabi",
    "x86_64-linux-android",
];

/// Modules in the AAR.
const MODULES: &[&str] = &["names", "generated", "doorstep", "okhttp", "background"];

/// What is published, and what of it is inside the AAR.
pub(crate) struct Published {
    /// The folder of Maven's.
    pub(crate) repository: PathBuf,
    /// The classes in the AAR.
    pub(crate) classes: PathBuf,
    /// The rules for R8 in it.
    pub(crate) rules: PathBuf,
}

/// Writes the folder. With `host` it holds this machine's library, to see that the packing is right; such
/// an AAR is for no phone.
pub(crate) fn write(host: bool) -> Done {
    let kind = Kind {
        testkit: false,
        encrypted: !host,
    };
    let compiled = kotlin::compiled(kind)?;
    let native = if host { Native::Host } else { Native::Phones };
    let published = publish(&compiled, native)?;
    print(&published.repository.join(PLACE).display().to_string());
    Ok(())
}

/// Whose libraries an AAR carries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Native {
    /// Those of phones: what is shipped.
    Phones,
    /// This machine's: for a look, for no phone.
    Host,
}

/// Where an artifact stands in a folder of Maven's.
const PLACE: &str = "cn/doorstep/doorstep-android";

/// Writes the folder from modules that are compiled.
pub(crate) fn publish(compiled: &Compiled, native: Native) -> Result<Published, Failed> {
    let version = env!("CARGO_PKG_VERSION");
    let repository = target().join("aar");
    let folder = repository.join(PLACE).join(version);
    let parts = repository.join("parts");
    fresh(&folder)?;
    fresh(&parts)?;
    match native {
        Native::Host => copy(
            &compiled.folder().join(bindings::file_name()),
            &parts.join("jni/x86_64/libdoorstep_ffi.so"),
        )?,
        Native::Phones => libraries(&parts.join("jni"))?,
    }
    check_pages(&parts.join("jni"), native)?;
    let own = root().join("bindings/kotlin/android");
    copy(
        &own.join("AndroidManifest.xml"),
        &parts.join("AndroidManifest.xml"),
    )?;
    let rules = parts.join("proguard.txt");
    copy(&own.join("consumer-rules.pro"), &rules)?;
    copy_text("", &parts.join("R.txt"))?;
    let modules: Vec<PathBuf> = MODULES.iter().map(|it| compiled.classes(it)).collect();
    check_manifest(&parts.join("AndroidManifest.xml"), &modules)?;
    let classes = parts.join("classes.jar");
    jar(&classes, modules)?;
    let name = format!("doorstep-android-{version}");
    let archive = format!("{name}.aar");
    jar(&folder.join(&archive), [parts])?;
    let sources = MODULES.iter().map(|module| match *module {
        "generated" => compiled.folder().join(module),
        module => {
            let module = root().join("bindings/kotlin").join(module);
            module.join("src/main/kotlin")
        }
    });
    let with_sources = format!("{name}-sources.jar");
    jar(&folder.join(&with_sources), sources)?;
    let pom = std::fs::read_to_string(own.join("doorstep.pom"))
        .map_err(|error| Failed::new(format!("the pom: {error}")))?;
    let pom = pom.replace("VERSION", version);
    copy_text(&pom, &folder.join(format!("{name}.pom")))?;
    let module = metadata::module(
        &pom,
        &artifact(&folder, archive)?,
        &artifact(&folder, with_sources)?,
    );
    copy_text(
        &format!("{module:#}\n"),
        &folder.join(format!("{name}.module")),
    )?;
    Ok(Published {
        repository,
        classes,
        rules,
    })
}

fn artifact(folder: &Path, name: String) -> Result<Artifact, Failed> {
    let size = size::size_of(&folder.join(&name))?;
    Ok(Artifact { name, size })
}

/// Builds the libraries for phones.
fn libraries(out: &Path) -> Done {
    if std::env::var_os("ANDROID_NDK_HOME").is_none() {
        return Err(Failed::new(
            "no Android NDK: set ANDROID_NDK_HOME to one of version r28 or newer, and\n  \
             cargo install cargo-ndk && rustup target add aarch64-linux-android \
             armv7-linux-androideabi x86_64-linux-android\n\
             `cargo xtask aar --host` packs this machine's library, for no phone",
        ));
    }
    let mut ndk = cargo();
    ndk.args(["ndk", "--platform", &OLDEST_ANDROID.to_string()]);
    for machine in MACHINES {
        ndk.args(["--target", machine]);
    }
    ndk.arg("--output-dir").arg(out);
    ndk.args(["build", "--package", "doorstep-ffi"]);
    size::as_shipped_for(&mut ndk, &TARGETS)?;
    if !ndk.status().is_ok_and(|status| status.success()) {
        return Err(Failed::new("the libraries for Android do not build"));
    }
    MACHINES.iter().try_for_each(|machine| {
        size::names_no_machine(&out.join(machine).join("libdoorstep_ffi.so"))
    })
}

/// Every part of a library that is loaded begins at a page, as large as its phone may have them.
fn check_pages(folder: &Path, native: Native) -> Done {
    for machine in MACHINES {
        let file = folder.join(machine).join("libdoorstep_ffi.so");
        let Ok(library) = std::fs::read(&file) else {
            continue;
        };
        let least = page(machine, native);
        match alignment(&library) {
            Some(aligned) if aligned >= least => {}
            found => {
                return Err(Failed::new(format!(
                    "{}: loads at pages of {found:?} bytes, not {least}",
                    file.display()
                )));
            }
        }
    }
    Ok(())
}

/// Bytes of a page: 16 KiB on phones of 64 bits, 4 KiB on those of 32 and on this machine.
fn page(machine: &str, native: Native) -> u64 {
    match (native, machine) {
        (Native::Phones, "arm64-v8a" | "x86_64") => 16 * 1024,
        _ => 4 * 1024,
    }
}

/// Every class of ours that the manifest names is packed: else Android finds none when it starts it.
fn check_manifest(manifest: &Path, classes: &[PathBuf]) -> Done {
    let manifest = std::fs::read_to_string(manifest)
        .map_err(|error| Failed::new(format!("the manifest: {error}")))?;
    for name in named(&manifest) {
        let file = format!("{}.class", name.replace('.', "/"));
        if !classes.iter().any(|folder| folder.join(&file).exists()) {
            return Err(Failed::new(format!(
                "the manifest names {name}, which is in no module of the AAR"
            )));
        }
    }
    Ok(())
}

/// The classes of ours that a manifest names.
fn named(manifest: &str) -> impl Iterator<Item = &str> {
    manifest
        .split("android:name=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|name| name.starts_with("doorstep."))
}

/// The smallest alignment of the parts of an ELF file that are loaded.
fn alignment(file: &[u8]) -> Option<u64> {
    let wide = match file.get(..5)? {
        [0x7f, b'E', b'L', b'F', 2] => true,
        [0x7f, b'E', b'L', b'F', 1] => false,
        _ => return None,
    };
    let number = |at: usize, bytes: usize| -> Option<u64> {
        let bytes = file.get(at..at.checked_add(bytes)?)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        )
    };
    // Where program headers are, how long each is, how many; and in one of them the alignment.
    let (table, size, count, align) = if wide {
        (number(32, 8)?, number(54, 2)?, number(56, 2)?, (48, 8))
    } else {
        (number(28, 4)?, number(42, 2)?, number(44, 2)?, (28, 4))
    };
    const LOAD: u64 = 1;
    let mut least = None;
    for header in 0..count {
        let at = usize::try_from(table + header * size).ok()?;
        if number(at, 4)? == LOAD {
            let here = number(at + align.0, align.1)?;
            least = Some(least.map_or(here, |least: u64| least.min(here)));
        }
    }
    least
}

/// Packs folders into one archive, without a manifest of Java's.
pub(crate) fn jar(file: &Path, folders: impl IntoIterator<Item = PathBuf>) -> Done {
    let mut jar = Command::new("jar");
    jar.arg("--create").arg("--no-manifest");
    jar.arg("--file").arg(file);
    for folder in folders {
        jar.arg("-C").arg(folder).arg(".");
    }
    if jar.status().is_ok_and(|status| status.success()) {
        Ok(())
    } else {
        Err(Failed::new(format!("{} is not packed", file.display())))
    }
}

fn copy(from: &Path, to: &Path) -> Done {
    let failed = |error: std::io::Error| Failed::new(format!("{}: {error}", from.display()));
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::copy(from, to).map_err(failed)?;
    Ok(())
}

fn copy_text(text: &str, to: &Path) -> Done {
    std::fs::write(to, text).map_err(|error| Failed::new(format!("{}: {error}", to.display())))
}

#[cfg(test)]
mod tests {
    use super::{MACHINES, Native, alignment, named, page};

    /// An ELF file of 64 bits with two parts that are loaded and one that is not.
    fn library(alignments: [u64; 2]) -> Vec<u8> {
        let mut file = vec![0; 64 + 3 * 56];
        file[..5].copy_from_slice(b"\x7fELF\x02");
        file[32] = 64;
        file[54] = 56;
        file[56] = 3;
        for (header, (kind, align)) in [(1, alignments[0]), (6, 8), (1, alignments[1])]
            .into_iter()
            .enumerate()
        {
            let at = 64 + header * 56;
            file[at] = kind;
            file[at + 48..at + 56].copy_from_slice(&u64::to_le_bytes(align));
        }
        file
    }

    #[test]
    fn classes_of_ours_are_read_from_the_manifest_of_the_aar() {
        let manifest = include_str!("../../bindings/kotlin/android/AndroidManifest.xml");
        let named: Vec<&str> = named(manifest).collect();
        assert_eq!(named, ["doorstep.background.SyncJob"]);
    }

    #[test]
    fn the_smallest_alignment_of_what_is_loaded_counts() {
        assert_eq!(alignment(&library([16_384, 65_536])), Some(16_384));
        assert_eq!(alignment(&library([16_384, 4_096])), Some(4_096));
        assert_eq!(alignment(b"no library"), None);
        assert_eq!(alignment(&library([1, 1])[..80]), None);
    }

    #[test]
    fn every_phone_of_64_bits_may_have_pages_of_16_kib() {
        let pages = MACHINES.iter().map(|machine| page(machine, Native::Phones));
        assert_eq!(pages.collect::<Vec<_>>(), [16_384, 4_096, 16_384]);
        assert_eq!(page("x86_64", Native::Host), 4_096);
    }
}
