//! The Swift package for Xcode: the library for Apple's machines as an XCFramework, generated code, what is
//! written by hand. The libraries need a Mac with Xcode; what is written around them does not.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Done, Failed, cargo, fresh, print, root, target};
use crate::{bindings, size, swift};

/// The slices of the framework, and the machines in each: those of one slice are put into one file.
const SLICES: &[(&str, &[&str])] = &[
    ("ios", &["aarch64-apple-ios"]),
    (
        "ios-simulator",
        &["aarch64-apple-ios-sim", "x86_64-apple-ios"],
    ),
    ("macos", &["aarch64-apple-darwin", "x86_64-apple-darwin"]),
];

/// The static library that goes in.
const LIBRARY: &str = "libdoorstep_ffi.a";

/// Where the library is in the manifest of the repository, and what comes after all that apps take.
const HEADER: &str = r#".systemLibrary(name: "CDoorstep")"#;
const END: &str = "        // What follows is for this repository";

/// Targets that apps carry.
const CARRIED: &[&str] = &["DoorstepNames", "Doorstep"];

/// Writes the package. With `host` this system's library stands in place of the framework, to see that the
/// package builds; such a package is for no phone.
pub(crate) fn write(host: bool) -> Done {
    if !host && !cfg!(target_os = "macos") {
        return Err(Failed::new(
            "an XCFramework is made on a Mac: install Xcode 16 or newer, and\n  \
             rustup target add aarch64-apple-ios aarch64-apple-ios-sim x86_64-apple-ios \
             aarch64-apple-darwin x86_64-apple-darwin\n  \
             cargo xtask xcframework\n\
             `cargo xtask xcframework --host` writes the package with this machine's library, for no phone",
        ));
    }
    let library = bindings::library(bindings::Kind::default())?;
    let place = target().join("xcframework");
    let package = place.join("doorstep");
    let failed = |error: std::io::Error| Failed::new(format!("{}: {error}", place.display()));
    fresh(&package)?;
    let header = swift::generated(&library, &package)?;
    for name in CARRIED {
        let from = root().join("bindings/swift/Sources").join(name);
        copied(&from, &package.join("Sources").join(name)).map_err(failed)?;
    }
    let headers = place.join("headers");
    fresh(&headers)?;
    std::fs::copy(header, headers.join("CDoorstep.h")).map_err(failed)?;
    let target = if host {
        std::fs::write(headers.join("module.modulemap"), modulemap(true)).map_err(failed)?;
        copied(&headers, &package.join("Sources/CDoorstep")).map_err(failed)?;
        std::fs::copy(&library, place.join(bindings::file_name())).map_err(failed)?;
        HEADER
    } else {
        std::fs::write(headers.join("module.modulemap"), modulemap(false)).map_err(failed)?;
        framework(&place, &headers, &package.join("CDoorstep.xcframework"))?;
        std::fs::remove_dir_all(package.join("Sources/CDoorstep")).map_err(failed)?;
        r#".binaryTarget(name: "CDoorstep", path: "CDoorstep.xcframework")"#
    };
    let own =
        std::fs::read_to_string(root().join("bindings/swift/Package.swift")).map_err(failed)?;
    let manifest = manifest(&own, target)
        .ok_or_else(|| Failed::new("bindings/swift/Package.swift is not divided as it was"))?;
    std::fs::write(package.join("Package.swift"), manifest).map_err(failed)?;
    if host {
        swift::builds(&package, &place)?;
    }
    print(&package.display().to_string());
    Ok(())
}

/// All machines, as cargo calls them.
#[cfg(test)]
pub(crate) fn targets() -> impl Iterator<Item = &'static &'static str> {
    SLICES.iter().flat_map(|(_, machines)| *machines)
}

/// The manifest that apps take: that of the repository as far as it is theirs, with the library where its
/// header is here.
fn manifest(own: &str, library: &str) -> Option<String> {
    let (theirs, _) = own.split_once(END)?;
    let (before, after) = theirs.split_once(HEADER)?;
    Some(format!("{before}{library}{after}    ]\n)\n"))
}

/// How the header is one module. A framework's library is linked by Xcode.
fn modulemap(links: bool) -> String {
    let link = if links {
        "    link \"doorstep_ffi\"\n"
    } else {
        ""
    };
    format!("module CDoorstep {{\n    header \"CDoorstep.h\"\n{link}    export *\n}}\n")
}

/// Builds the library for every machine and puts the slices into one framework.
fn framework(place: &Path, headers: &Path, out: &Path) -> Done {
    let mut create = Command::new("xcodebuild");
    create.arg("-create-xcframework");
    for (slice, machines) in SLICES {
        let mut files = Vec::new();
        for machine in *machines {
            let mut build = cargo();
            build.args(["rustc", "--package", "doorstep-ffi", "--lib"]);
            build.args(["--crate-type", "staticlib", "--target", machine]);
            size::as_shipped_for(&mut build, &[machine])?;
            build.env("IPHONEOS_DEPLOYMENT_TARGET", "16.0");
            build.env("MACOSX_DEPLOYMENT_TARGET", "13.0");
            run(&mut build, machine)?;
            files.push(target().join(machine).join("size").join(LIBRARY));
        }
        let together = place.join(slice);
        std::fs::create_dir_all(&together)
            .map_err(|error| Failed::new(format!("{}: {error}", together.display())))?;
        run(&mut joined(&files, &together.join(LIBRARY)), slice)?;
        size::names_no_machine(&together.join(LIBRARY))?;
        create.arg("-library").arg(together.join(LIBRARY));
        create.arg("-headers").arg(headers);
    }
    run(create.arg("-output").arg(out), "xcodebuild")
}

/// Puts the libraries of several machines into one file.
fn joined(files: &[PathBuf], out: &Path) -> Command {
    let mut lipo = Command::new("lipo");
    lipo.arg("-create").args(files).arg("-output").arg(out);
    lipo
}

fn run(command: &mut Command, what: &str) -> Done {
    if command.status().is_ok_and(|status| status.success()) {
        Ok(())
    } else {
        Err(Failed::new(format!("{what} does not build")))
    }
}

fn copied(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let there = to.join(entry.file_name());
        if entry.path().is_dir() {
            copied(&entry.path(), &there)?;
        } else {
            std::fs::copy(entry.path(), there)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{manifest, modulemap};

    #[test]
    fn the_header_is_linked_by_the_module_only_where_there_is_no_framework() {
        assert!(modulemap(true).contains("link \"doorstep_ffi\""));
        assert!(!modulemap(false).contains("link"));
    }

    #[test]
    fn apps_take_the_targets_of_the_repository_but_not_what_is_its_own() {
        let own = include_str!("../../bindings/swift/Package.swift");
        let manifest = manifest(own, "LIBRARY").unwrap();
        assert_eq!(manifest.matches("LIBRARY,\n").count(), 1);
        assert!(manifest.contains(r#".target(name: "Doorstep", dependencies"#));
        for own in ["CDoorstep\")", "Curl", "Testkit", "Story"] {
            assert!(!manifest.contains(own), "{own}");
        }
        assert!(manifest.ends_with("]),\n    ]\n)\n"));
        assert_eq!(super::manifest("", "LIBRARY"), None);
    }
}
