//! The Swift package for Xcode: the library for Apple's machines as an XCFramework, generated code, what is
//! written by hand. The libraries need a Mac with Xcode; what is written around them does not.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Done, Failed, cargo, print, root, target};
use crate::{bindings, swift};

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

/// What apps build: these targets, with the framework in place of the header.
const PACKAGE: &str = r#"// swift-tools-version: 6.0
// Doorstep for Swift, written by `cargo xtask xcframework`.

import PackageDescription

let package = Package(
    name: "doorstep",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.library(name: "Doorstep", targets: ["Doorstep"])],
    targets: [
        CDOORSTEP,
        .target(name: "DoorstepNames"),
        .target(
            name: "DoorstepGenerated",
            dependencies: ["CDoorstep", "DoorstepNames"],
            swiftSettings: [.swiftLanguageMode(.v5)]
        ),
        .target(name: "Doorstep", dependencies: ["DoorstepGenerated", "DoorstepNames"]),
    ]
)
"#;

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
    fresh(&package).map_err(failed)?;
    let header = swift::generated(&library, &package)?;
    for name in CARRIED {
        let from = root().join("bindings/swift/Sources").join(name);
        copied(&from, &package.join("Sources").join(name)).map_err(failed)?;
    }
    let headers = place.join("headers");
    fresh(&headers).map_err(failed)?;
    std::fs::copy(header, headers.join("CDoorstep.h")).map_err(failed)?;
    let target = if host {
        std::fs::write(headers.join("module.modulemap"), modulemap(true)).map_err(failed)?;
        copied(&headers, &package.join("Sources/CDoorstep")).map_err(failed)?;
        std::fs::copy(&library, place.join(bindings::file_name())).map_err(failed)?;
        r#".systemLibrary(name: "CDoorstep")"#
    } else {
        std::fs::write(headers.join("module.modulemap"), modulemap(false)).map_err(failed)?;
        framework(&place, &headers, &package.join("CDoorstep.xcframework"))?;
        std::fs::remove_dir_all(package.join("Sources/CDoorstep")).map_err(failed)?;
        r#".binaryTarget(name: "CDoorstep", path: "CDoorstep.xcframework")"#
    };
    let manifest = PACKAGE.replace("CDOORSTEP", target);
    std::fs::write(package.join("Package.swift"), manifest).map_err(failed)?;
    if host {
        swift::builds(&package, &place)?;
    }
    print(&package.display().to_string());
    Ok(())
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
            build.args(["--profile", "size", "--crate-type", "staticlib"]);
            build.args(["--features", "sqlcipher", "--target", machine]);
            build.env("IPHONEOS_DEPLOYMENT_TARGET", "16.0");
            build.env("MACOSX_DEPLOYMENT_TARGET", "13.0");
            run(&mut build, machine)?;
            files.push(target().join(machine).join("size").join(LIBRARY));
        }
        let together = place.join(slice);
        std::fs::create_dir_all(&together)
            .map_err(|error| Failed::new(format!("{}: {error}", together.display())))?;
        run(&mut joined(&files, &together.join(LIBRARY)), slice)?;
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

fn fresh(folder: &Path) -> std::io::Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)
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
    use super::{PACKAGE, modulemap};

    #[test]
    fn the_header_is_linked_by_the_module_only_where_there_is_no_framework() {
        assert!(modulemap(true).contains("link \"doorstep_ffi\""));
        assert!(!modulemap(false).contains("link"));
    }

    #[test]
    fn the_manifest_has_one_place_for_the_library() {
        assert_eq!(PACKAGE.matches("CDOORSTEP").count(), 1);
    }
}
