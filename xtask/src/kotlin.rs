//! Kotlin: generated code, the modules that Maven compiles, their tests against the real library. What is
//! in the modules is theirs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bindings::{self, Kind};
use crate::install;
use crate::run::{Failed, executable, fresh, root, say, target};

/// Modules with tests, in the order of their classes.
const TESTED: &[&str] = &["doorstep-names", "doorstep-testkit", "doorstep-okhttp"];

/// The module whose tests run on Android's classes, in a process of their own: others stand something else
/// in their place.
const ON_ANDROID: &str = "doorstep-android-tests";

/// Modules that stand on a library as it is shipped.
const SHIPPED: &str = "names,generated,doorstep,okhttp,background,story";

/// What is measured, and the module that measures it: built by no test.
const MEASURED: &str = "names,generated,doorstep,bench";

/// What Maven compiled for one kind of the library.
pub(crate) struct Compiled {
    /// Where Maven writes; the library is there too.
    build: PathBuf,
    /// The office's program, for tests that need a real one.
    office: Option<PathBuf>,
}

/// Compiles the modules for a library of this kind: with a test kit all of them and their tests.
pub(crate) fn compiled(kind: Kind) -> Result<Compiled, Failed> {
    install::java()?;
    let library = bindings::library(kind)?;
    let modules: &[&str] = if kind.testkit {
        &[]
    } else {
        &["-Dmaven.test.skip=true", "--projects", SHIPPED]
    };
    let office = kind.testkit.then(bindings::office).transpose()?;
    over(&library, kind.name(), office, modules)
}

/// Compiles what benchmarks measure, over a library that is built for speed as they are. A JDK and Maven
/// have to be there.
pub(crate) fn measured() -> Result<Compiled, Failed> {
    let library = bindings::fast_library()?;
    let modules = [
        "-Dmaven.test.skip=true",
        "--activate-profiles=bench",
        "--projects",
        MEASURED,
    ];
    over(&library, "bench", None, &modules)
}

/// Compiles modules for this library, into a folder of this name.
fn over(
    library: &Path,
    name: &str,
    office: Option<PathBuf>,
    modules: &[&str],
) -> Result<Compiled, Failed> {
    let failed = |error: std::io::Error| Failed::new(format!("the Kotlin modules: {error}"));
    let build = target().join("kotlin").join(name);
    std::fs::create_dir_all(&build).map_err(failed)?;
    std::fs::copy(library, build.join(bindings::file_name())).map_err(failed)?;
    let generated = build.join("generated");
    generate(library, &generated)?;
    let compiled = Compiled { build, office };
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

    /// A program that tells the story of the scene that it is given.
    pub(crate) fn teller(&self) -> Result<PathBuf, Failed> {
        self.program("tell", "doorstep.story.TellKt", &["doorstep-story"], &[])
    }

    /// The same with all classes from one jar.
    pub(crate) fn teller_of(&self, jar: &Path) -> Result<PathBuf, Failed> {
        let jars = [jar.to_owned()];
        self.program("tell-from-jar", "doorstep.story.TellKt", &[], &jars)
    }

    /// A program that measures calls on the street in the folder that it is given.
    pub(crate) fn measurer(&self) -> Result<PathBuf, Failed> {
        self.program(
            "measure",
            "doorstep.bench.MeasureKt",
            &["doorstep-bench"],
            &[],
        )
    }

    /// The jars that a module stands on, without classes of ours.
    pub(crate) fn jars(&self, module: &str) -> Vec<PathBuf> {
        self.below(module)
            .split(':')
            .filter(|part| part.ends_with(".jar"))
            .map(PathBuf::from)
            .collect()
    }

    /// The class path that Maven wrote for a module just now.
    fn below(&self, module: &str) -> String {
        let told = std::fs::read_to_string(self.build.join(module).join("classpath"));
        told.unwrap_or_default().trim().to_owned()
    }

    /// Writes a shell script that runs a main class, of modules or of a jar, with the arguments that it is
    /// given.
    fn program(
        &self,
        name: &str,
        class: &str,
        modules: &[&str],
        jars: &[PathBuf],
    ) -> Result<PathBuf, Failed> {
        let java = self.java(modules, jars);
        let mut words = vec!["exec java".to_owned()];
        words.extend(java.get_args().map(|word| format!("'{}'", word.display())));
        words.push(format!("{class} \"$@\""));
        let file = self.build.join(name);
        executable(&file, &format!("#!/bin/sh\n{}\n", words.join(" ")))
            .map_err(|error| Failed::new(format!("{}: {error}", file.display())))?;
        Ok(file)
    }

    /// The tests of every module, in one process.
    pub(crate) fn tests(&self) -> Command {
        let mut java = self.java(TESTED, &[]);
        java.args(["org.junit.platform.console.ConsoleLauncher", "execute"]);
        java.args(["--disable-banner", "--details=summary"]);
        for module in TESTED {
            java.arg("--scan-classpath");
            java.arg(self.build.join(module).join("test-classes"));
        }
        java
    }

    /// The tests that run on Android's classes, by Robolectric.
    pub(crate) fn tests_on_android(&self) -> Result<Command, Failed> {
        let folder = self.build.join(ON_ANDROID);
        let android = folder.join("android");
        let mut unpack = Command::new("jar");
        unpack.current_dir(&android);
        unpack.args(["--extract", "--file", "monitor.aar", "classes.jar"]);
        if !unpack.status().is_ok_and(|status| status.success()) {
            return Err(Failed::new(
                "what Robolectric runs tests by is not unpacked",
            ));
        }
        let mut java = self.java(&[ON_ANDROID], &[android.join("classes.jar")]);
        java.arg("-Drobolectric.offline=true");
        java.arg(property("robolectric.dependency.dir", &android));
        for package in ["java.lang", "java.lang.reflect"] {
            java.arg(format!("--add-opens=java.base/{package}=ALL-UNNAMED"));
        }
        java.arg("org.junit.runner.JUnitCore");
        java.args(test_classes(&folder.join("test-classes"))?);
        Ok(java)
    }

    /// Java with the classes of these modules, these jars, and everything that the modules stand on.
    fn java(&self, modules: &[&str], jars: &[PathBuf]) -> Command {
        let mut classes = OsString::new();
        let mut add = |part: &std::ffi::OsStr| {
            if !classes.is_empty() {
                classes.push(":");
            }
            classes.push(part);
        };
        jars.iter().for_each(|jar| add(jar.as_os_str()));
        for module in modules {
            let folder = self.build.join(module);
            add(folder.join("test-classes").as_os_str());
            add(folder.join("classes").as_os_str());
            add(self.below(module).as_ref());
        }
        let mut java = Command::new("java");
        java.arg("-Djava.awt.headless=true");
        java.arg(property("jna.library.path", &self.build));
        if let Some(office) = &self.office {
            java.arg(property("doorstep.office", office));
        }
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
    fresh(out)?;
    bindings::generate(library, "kotlin", out)?;
    let file = out.join("doorstep/doorstep_ffi.kt");
    let code = std::fs::read_to_string(&file).map_err(failed)?;
    let code = code
        .replace("DoorstepException", "CoreException")
        .replace("FfiConverterTypeDoorstep.", "FfiConverterTypeCore.")
        .replace("): Doorstep {", "): Core {");
    std::fs::write(&file, code).map_err(failed)
}

pub(crate) fn property(name: &str, value: &Path) -> OsString {
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

/// The classes of tests in a folder, by the names of their files.
fn test_classes(folder: &Path) -> Result<Vec<String>, Failed> {
    let failed = |error: std::io::Error| Failed::new(format!("{}: {error}", folder.display()));
    let mut found = Vec::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, package)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() {
                folders.push((entry.path(), format!("{package}{name}.")));
            } else if let Some(class) = name.strip_suffix("Test.class") {
                found.push(format!("{package}{class}Test"));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Reads `OK (12 tests)` and `Tests run: 12,  Failures: 3`: how many passed and failed.
pub(crate) fn android_summary(told: &str) -> Option<(u64, u64)> {
    let first = |text: &str| text.split([' ', ',']).next()?.parse::<u64>().ok();
    let after = |words: &str| {
        let line = told.lines().find_map(|line| line.split_once(words))?.1;
        first(line.trim_start())
    };
    if let Some(passed) = after("OK (") {
        return Some((passed, 0));
    }
    let failed = after("Failures:")?;
    Some((after("Tests run:")?.saturating_sub(failed), failed))
}

#[cfg(test)]
mod tests {
    use super::{android_summary, summary};

    #[test]
    fn what_junit_counted_on_android_is_read() {
        assert_eq!(
            android_summary("..\nTime: 9,1\n\nOK (14 tests)\n"),
            Some((14, 0))
        );
        let told = "There was 1 failure:\n1) a\nTests run: 14,  Failures: 1\n";
        assert_eq!(android_summary(told), Some((13, 1)));
        assert_eq!(android_summary("Exception in thread main"), None);
    }

    #[test]
    fn what_junit_counted_is_read() {
        let told = "Test run finished after 26273 ms\n[         7 containers found      ]\n\
            [        72 tests successful      ]\n[         1 tests failed          ]\n";
        assert_eq!(summary(told), Some((72, 1)));
        assert_eq!(summary("Exception in thread main"), None);
    }
}
