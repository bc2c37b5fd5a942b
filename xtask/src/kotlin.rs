//! Kotlin: generated code, the modules that Maven compiles, their tests against the real library. What is
//! in the modules is theirs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bindings::{self, Kind};
use crate::install;
use crate::run::{Failed, root, say, target};

/// Modules with tests, in the order of their classes.
const TESTED: &[&str] = &["doorstep-names", "doorstep-testkit", "doorstep-okhttp"];

/// Modules that stand on a library as it is shipped.
const SHIPPED: &str = "names,generated,doorstep,okhttp,story";

/// What Maven compiled for one kind of the library.
pub(crate) struct Compiled {
    /// Where Maven writes; the library is there too.
    build: PathBuf,
    /// The office's program, for tests that need a real one.
    office: PathBuf,
}

/// Compiles the modules for a library of this kind: with a test kit all of them and their tests.
pub(crate) fn compiled(kind: Kind) -> Result<Compiled, Failed> {
    install::java()?;
    let failed = |error: std::io::Error| Failed::new(format!("the Kotlin modules: {error}"));
    let library = bindings::library(kind)?;
    let build = target().join("kotlin").join(kind.name());
    std::fs::create_dir_all(&build).map_err(failed)?;
    std::fs::copy(&library, build.join(bindings::file_name())).map_err(failed)?;
    let generated = build.join("generated");
    generate(&library, &generated)?;
    let compiled = Compiled {
        office: bindings::office()?,
        build,
    };
    let modules: &[&str] = if kind.testkit {
        &[]
    } else {
        &["-Dmaven.test.skip=true", "--projects", SHIPPED]
    };
    compiled.maven(modules, &generated)?;
    Ok(compiled)
}

impl Compiled {
    /// Where everything of it is.
    pub(crate) fn folder(&self) -> &Path {
        &self.build
    }

    /// Where the classes of a module are.
    pub(crate) fn classes(&self, module: &str) -> PathBuf {
        let name = match module {
            "doorstep" => module.to_owned(),
            _ => format!("doorstep-{module}"),
        };
        self.build.join(name).join("classes")
    }

    /// A shell script that tells the story of the scene that it is given.
    pub(crate) fn teller(&self) -> String {
        let java = self.java(&["doorstep-story"]);
        let mut words = vec!["exec java".to_owned()];
        words.extend(java.get_args().map(|word| format!("'{}'", word.display())));
        words.push("doorstep.story.TellKt \"$1\"".to_owned());
        format!("#!/bin/sh\n{}\n", words.join(" "))
    }

    /// The tests of every module, in one process.
    pub(crate) fn tests(&self) -> Command {
        let mut java = self.java(TESTED);
        java.args(["org.junit.platform.console.ConsoleLauncher", "execute"]);
        java.args(["--disable-banner", "--details=summary"]);
        for module in TESTED {
            java.arg("--scan-classpath");
            java.arg(self.build.join(module).join("test-classes"));
        }
        java
    }

    /// Java with the classes of these modules and everything that they stand on.
    fn java(&self, modules: &[&str]) -> Command {
        let mut classes = OsString::new();
        let mut add = |part: &std::ffi::OsStr| {
            if !classes.is_empty() {
                classes.push(":");
            }
            classes.push(part);
        };
        for module in modules {
            let folder = self.build.join(module);
            add(folder.join("test-classes").as_os_str());
            add(folder.join("classes").as_os_str());
            // Maven wrote it just now.
            let below = std::fs::read_to_string(folder.join("classpath")).unwrap_or_default();
            add(below.trim().as_ref());
        }
        let mut java = Command::new("java");
        java.arg("-Djava.awt.headless=true");
        java.arg(property("jna.library.path", &self.build));
        java.arg(property("doorstep.office", &self.office));
        java.arg(property("doorstep.docs", &root().join("docs")));
        java.arg("-cp").arg(classes);
        java
    }

    fn maven(&self, modules: &[&str], generated: &Path) -> Result<(), Failed> {
        let output = Command::new("mvn")
            .current_dir(root().join("bindings/kotlin"))
            .args(["--batch-mode", "--quiet"])
            .arg("process-test-classes")
            .args(modules)
            .arg(property("doorstep.build", &self.build))
            .arg(property("doorstep.generated", generated))
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Failed::new(format!("mvn does not start: {error}")))?;
        if output.status.success() {
            return Ok(());
        }
        say(&String::from_utf8_lossy(&output.stdout));
        Err(Failed::new("the Kotlin modules do not build"))
    }
}

/// Writes the generated code, and finishes the renaming that the generator begins: it leaves the old names
/// in what constructors return and throw. What is left out here does not compile.
fn generate(library: &Path, out: &Path) -> Result<(), Failed> {
    let failed = |error: std::io::Error| Failed::new(format!("the generated Kotlin: {error}"));
    if out.exists() {
        std::fs::remove_dir_all(out).map_err(failed)?;
    }
    std::fs::create_dir_all(out).map_err(failed)?;
    bindings::generate(library, "kotlin", out)?;
    let file = out.join("doorstep/doorstep_ffi.kt");
    let code = std::fs::read_to_string(&file).map_err(failed)?;
    let code = code
        .replace("DoorstepException", "CoreException")
        .replace("FfiConverterTypeDoorstep.", "FfiConverterTypeCore.")
        .replace("): Doorstep {", "): Core {");
    std::fs::write(&file, code).map_err(failed)
}

fn property(name: &str, value: &Path) -> OsString {
    let mut text = OsString::from(format!("-D{name}="));
    text.push(value);
    text
}

/// Reads `[ 12 tests successful ]` and `[ 3 tests failed ]`: how many passed and failed.
pub(crate) fn summary(told: &str) -> Option<(u64, u64)> {
    let number = |words: &str| {
        let line = told.lines().find(|line| line.contains(words))?;
        let digits = line.trim_start_matches('[').trim_start();
        digits.split(' ').next()?.parse().ok()
    };
    Some((number(" tests successful")?, number(" tests failed")?))
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn what_junit_counted_is_read() {
        let told = "Test run finished after 26273 ms\n[         7 containers found      ]\n\
            [        72 tests successful      ]\n[         1 tests failed          ]\n";
        assert_eq!(summary(told), Some((72, 1)));
        assert_eq!(summary("Exception in thread main"), None);
    }
}
