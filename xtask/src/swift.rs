//! Swift: generated code, the package that SwiftPM builds in a Debian folder, its tests against the real
//! library. What is in the package is its own, what the folder is `debian`'s.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::bindings::{self, Kind};
use crate::debian::{Folder, Made, Recipe};
use crate::run::{self, Done, Failed, fresh, print, root, target};

/// The folder that SwiftPM is in: Swift, the C++ library that it links, the network's headers.
/// Two thirds of Swift nothing here runs.
pub(crate) static DEBIAN: Recipe = Recipe {
    suite: "trixie",
    packages: &["swiftlang", "libstdc++-14-dev", "libcurl4-openssl-dev"],
    without: &[
        "/usr/libexec/swift/bin/*lldb*",
        "/usr/libexec/swift/bin/clangd",
        "/usr/libexec/swift/bin/sourcekit-lsp",
        "/usr/libexec/swift/bin/swift-format",
        "/usr/libexec/swift/lib/liblldb*",
        "/usr/libexec/swift/lib/libsourcekit*",
        "/usr/libexec/swift/lib/swift/embedded/*",
        "/usr/libexec/swift/lib/swift/FrameworkABIBaseline/*",
        "/usr/libexec/swift/lib/swift_static/*",
    ],
    apt: &[],
    holds: "Swift",
    purpose: "Swift is tested",
    task: "swift",
    made: OnceLock::new(),
};

/// The package is written by this name.
const GENERATED: &str = "Sources/DoorstepGenerated/DoorstepGenerated.swift";
const HEADER: &str = "Sources/CDoorstep/CDoorstep.h";

/// What tests of the library are built into.
const TESTS: &str = "doorstepPackageTests.xctest";

/// What SwiftPM built for one kind of the library; or why nothing can be built here.
pub(crate) enum Built {
    /// It is here.
    Here(Box<Package>),
    /// This system cannot make the folder: why, and what to do.
    Absent(String),
}

/// The package, built.
pub(crate) struct Package {
    folder: Folder,
    /// Where the package's files are, and where SwiftPM writes.
    package: PathBuf,
    build: PathBuf,
    /// The office's program, for tests that need a real one.
    office: PathBuf,
}

/// Builds the package for a library of this kind: with a test kit its tests, without the story.
pub(crate) fn built(kind: Kind) -> Result<Built, Failed> {
    let library = bindings::library(kind)?;
    let office = bindings::office()?;
    let folder = match DEBIAN.folder() {
        Made::Here(folder) => folder,
        Made::Absent(why) => return Ok(Built::Absent(why)),
        Made::Failed(why) => return Err(Failed::new(why)),
    };
    let place = target().join("swift").join(kind.name());
    let package = Package {
        folder,
        package: place.join("package"),
        build: place.join("build"),
        office,
    };
    let interface = interface(&package.package);
    write(&library, &package.package)?;
    // SwiftPM builds what stands on the generated code too little anew when a record has other fields: it
    // crashes. Another interface is built from nothing.
    if package.build.exists() && interface != self::interface(&package.package) {
        std::fs::remove_dir_all(&package.build)
            .map_err(|error| Failed::new(format!("{}: {error}", package.build.display())))?;
    }
    let libraries = place.join("lib");
    std::fs::create_dir_all(&libraries)
        .and_then(|()| std::fs::copy(&library, libraries.join(bindings::file_name())))
        .map_err(|error| Failed::new(format!("{}: {error}", libraries.display())))?;
    let mut build = package.swift("build");
    if kind.testkit {
        build.arg("--build-tests").env("DOORSTEP_TESTKIT", "1");
    } else {
        build
            .args(["--product", "Story"])
            .env("DOORSTEP_TESTKIT", "0");
    }
    build.arg("-Xlinker").arg(joined("-L", &libraries));
    build.arg("-Xlinker").arg(joined("-rpath=", &libraries));
    loudly_failing(&mut build, "the Swift package does not build")?;
    Ok(Built::Here(Box::new(package)))
}

impl Package {
    /// The tests: XCTest's and then Swift Testing's, in a process each.
    pub(crate) fn tests(&self) -> Command {
        let script = r#"
            at=$1; shift
            cd "$at"
            "$0" "$@" 2>&1
            first=$?
            "$0" --testing-library swift-testing 2>&1 || first=1
            exit $first
        "#;
        let mut tests = self.folder.run(&self.package, &[], "/bin/sh");
        tests.arg("-c").arg(script);
        tests.arg(self.build.join("debug").join(TESTS));
        tests.arg(&self.package);
        tests.env("DOORSTEP_OFFICE", &self.office);
        tests.env("DOORSTEP_DOCS", root().join("docs"));
        tests
    }

    /// The program that tells the story, and a program that runs what it is given where the first can be
    /// run: in the folder, without a network. `more` is where it is outside.
    pub(crate) fn teller(&self, more: &[&Path]) -> Result<(PathBuf, PathBuf), Failed> {
        let enter = self.package.with_file_name("enter");
        let script = format!(
            "#!/bin/sh\nexport PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root\n\
             unset LD_LIBRARY_PATH TMPDIR # cargo names a folder with another kind of the library\n\
             exec {} \"$@\"\n",
            self.folder.prefix(&self.package, more)
        );
        run::executable(&enter, &script)
            .map_err(|error| Failed::new(format!("{}: {error}", enter.display())))?;
        Ok((self.build.join("debug").join("Story"), enter))
    }

    /// SwiftPM, in the package.
    fn swift(&self, task: &str) -> Command {
        let mut swift = self.folder.run(&self.package, &[], "swift");
        swift.arg(task).arg("--disable-sandbox");
        swift.arg("--scratch-path").arg(&self.build);
        swift
    }
}

/// The generated code that a package has now.
fn interface(package: &Path) -> Option<Vec<u8>> {
    std::fs::read(package.join(GENERATED)).ok()
}

/// Writes the package: what stands in the repository, and what is generated from the library. Files that
/// are as they should be are left alone, and SwiftPM builds no more than it has to.
fn write(library: &Path, package: &Path) -> Done {
    let failed = |error: std::io::Error| Failed::new(format!("the Swift package: {error}"));
    generated(library, package)?;
    let mut files = BTreeSet::from([PathBuf::from(GENERATED), PathBuf::from(HEADER)]);
    copy(
        &root().join("bindings/swift"),
        package,
        Path::new(""),
        &mut files,
    )
    .map_err(failed)?;
    remove_others(package, Path::new(""), &files).map_err(failed)
}

/// Writes the documentation of the library, as DocC's archive.
pub(crate) fn documentation() -> Done {
    let kind = Kind {
        testkit: true,
        encrypted: false,
    };
    let package = match built(kind)? {
        Built::Here(package) => package,
        Built::Absent(why) => return Err(Failed::new(why)),
    };
    let place = target().join("swift").join("docs");
    let graphs = place.join("graphs");
    let failed = |error: std::io::Error| Failed::new(format!("{}: {error}", place.display()));
    fresh(&place)?;
    std::fs::create_dir_all(&graphs).map_err(failed)?;
    let modules = package.build.join("debug").join("Modules");
    // What Debian's compiler calls this machine.
    let machine = format!("{}-pc-linux-gnu", std::env::consts::ARCH);
    for module in ["Doorstep", "DoorstepGenerated", "DoorstepNames"] {
        let mut extract = package.folder.run(&package.package, &[], "swift");
        extract.args(["symbolgraph-extract", "-minimum-access-level", "public"]);
        extract.args(["-module-name", module, "-target", &machine]);
        extract.arg("-I").arg(&modules);
        extract
            .arg("-I")
            .arg(package.package.join("Sources/CDoorstep"));
        extract.arg("-output-dir").arg(&graphs);
        loudly_failing(&mut extract, "no symbols were read")?;
    }
    let docc = "/usr/libexec/swift/bin/docc";
    let mut convert = package.folder.run(&package.package, &[], docc);
    convert.args(["convert", "Sources/Doorstep/Doorstep.docc"]);
    convert.args([
        "--warnings-as-errors",
        "--fallback-display-name",
        "Doorstep",
    ]);
    convert.args(["--fallback-bundle-identifier", "cn.doorstep"]);
    convert.arg("--additional-symbol-graph-dir").arg(&graphs);
    let archive = place.join("Doorstep.doccarchive");
    convert.arg("--output-path").arg(&archive);
    // DocC writes into a temporary folder and moves that to where it belongs: here a rename. Between file
    // systems it is a copy, and Foundation sets each copied folder's time rounded to microseconds: the last
    // half microsecond of a second becomes 1,000,000, which the kernel refuses (NSCocoaErrorDomain 512). An
    // archive has fifteen hundred folders, so that it happens.
    convert.env("TMPDIR", &place);
    loudly_failing(&mut convert, "the documentation is not whole")?;
    print(&archive.display().to_string());
    Ok(())
}

/// Writes what is generated from the library into a package. Returns its header.
pub(crate) fn generated(library: &Path, package: &Path) -> Result<PathBuf, Failed> {
    let failed = |error: std::io::Error| Failed::new(format!("the generated Swift: {error}"));
    let generated = package.with_file_name("generated");
    fresh(&generated)?;
    bindings::generate(library, "swift", &generated)?;
    let code = generated.join("DoorstepGenerated.swift");
    finish(&code).map_err(failed)?;
    update(&code, &package.join(GENERATED)).map_err(failed)?;
    let header = generated.join("CDoorstep.h");
    update(&header, &package.join(HEADER)).map_err(failed)?;
    Ok(package.join(HEADER))
}

/// Builds a package of its own, to see that it does; the library is in `libraries`.
pub(crate) fn builds(package: &Path, libraries: &Path) -> Done {
    let folder = DEBIAN.folder().or_failed()?;
    let mut swift = folder.run(package, &[], "swift");
    swift.args(["build", "--disable-sandbox", "--scratch-path"]);
    swift.arg(libraries.join("build"));
    swift.arg("-Xlinker").arg(joined("-L", libraries));
    loudly_failing(&mut swift, "the package for Xcode does not build")
}

/// Finishes the renaming that the generator begins: it leaves the old names in what constructors return
/// and throw. What is left out here does not compile.
fn finish(generated: &Path) -> std::io::Result<()> {
    let code = std::fs::read_to_string(generated)?;
    let code = code
        .replace(" -> Doorstep  {", " -> Core  {")
        .replace("TypeDoorstep_lift", "TypeCore_lift")
        .replace("TypeDoorstepError_lift", "TypeCoreError_lift");
    std::fs::write(generated, code)
}

fn copy(from: &Path, to: &Path, at: &Path, files: &mut BTreeSet<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(from.join(at))? {
        let path = at.join(entry?.file_name());
        if from.join(&path).is_dir() {
            copy(from, to, &path, files)?;
        } else {
            update(&from.join(&path), &to.join(&path))?;
            files.insert(path);
        }
    }
    Ok(())
}

fn update(from: &Path, to: &Path) -> std::io::Result<()> {
    let new = std::fs::read(from)?;
    if std::fs::read(to).is_ok_and(|old| old == new) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(to, new)
}

fn remove_others(package: &Path, at: &Path, files: &BTreeSet<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(package.join(at))? {
        let path = at.join(entry?.file_name());
        if package.join(&path).is_dir() {
            remove_others(package, &path, files)?;
        } else if !files.contains(&path) {
            std::fs::remove_file(package.join(&path))?;
        }
    }
    Ok(())
}

fn joined(option: &str, path: &Path) -> std::ffi::OsString {
    let mut word = std::ffi::OsString::from(option);
    word.push(path);
    word
}

/// Runs it; what it said is told only if it failed.
fn loudly_failing(command: &mut Command, otherwise: &str) -> Done {
    let output = command
        .output()
        .map_err(|error| Failed::new(format!("{otherwise}: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    Err(Failed::new(format!("{told}\n{otherwise}")))
}

/// Reads `Executed 85 tests, with 2 failures` of XCTest, the last of them being the sum, and what Swift
/// Testing says of its own: how many passed and failed.
pub(crate) fn summary(told: &str) -> Option<(u64, u64)> {
    let number = |text: &str, before: &str| -> Option<u64> {
        text.split(before)
            .next()?
            .split_whitespace()
            .last()?
            .parse()
            .ok()
    };
    let sum = told
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("Executed "))
        .next_back()?;
    let ran = number(sum, " test")?;
    let failures = sum
        .split_once("with ")
        .and_then(|(_, rest)| number(rest, " failure"))?;
    let run = told
        .lines()
        .find_map(|line| line.split_once("Test run with "))?
        .1;
    let ran_too = number(run, " test")?;
    let failed_too = told
        .lines()
        .filter(|line| line.contains("Test ") && line.contains(" failed after "))
        .filter(|line| !line.contains("Test run ") && !line.contains("Suite "))
        .count();
    let failed_too = u64::try_from(failed_too).unwrap_or(u64::MAX);
    // One test may fail more than once.
    let failed = failures.min(ran) + failed_too;
    Some(((ran + ran_too).saturating_sub(failed), failed))
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn what_both_libraries_counted_is_read() {
        let told = "Executed 3 tests, with 0 failures (0 unexpected) in 0.1 (0.1) seconds\n\
            \t Executed 85 tests, with 2 failures (0 unexpected) in 9.1 (9.1) seconds\n\
            ✘ Test \"names\" failed after 0.001 seconds with 1 issue.\n\
            ✘ Test run with 12 tests failed after 0.004 seconds with 1 issue.\n";
        assert_eq!(summary(told), Some((94, 3)));
        let well = "Executed 1 test, with 0 failures (0 unexpected)\n\
            ✔ Test run with 1 test passed after 0.004 seconds.\n";
        assert_eq!(summary(well), Some((2, 0)));
        assert_eq!(summary("Executed 1 test, with 0 failures"), None);
        assert_eq!(summary("error: no such module"), None);
    }
}
