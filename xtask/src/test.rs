//! All tests in their lanes, counted together.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};

use crate::bindings::Kind;
use crate::run::{Done, Failed, cargo, encrypted_target, root, say};
use crate::story::{self, Tellers, Telling};
use crate::swift::{self, Built};
use crate::{install, kotlin, parity, python, tidy};

/// The tests of the office that need Chromium and node.
const BROWSER: &str = "page_in_browser::";

/// The stories that are told in every language.
const STORIES: [u64; 2] = [1, 2];

/// What tests of other languages stand on.
const TESTKIT: Kind = Kind {
    testkit: true,
    encrypted: false,
};

/// Tests counted so far.
#[derive(Default)]
struct Count {
    passed: u64,
    failed: u64,
}

/// Runs every lane, then says `N passed, N failed` alone on a line.
pub(crate) fn all(quick: bool) -> Done {
    let mut count = Count::default();
    if !quick {
        install::all()?;
        for folder in ["tests/interop-node", "tests/e2e"] {
            let folder = root().join(folder);
            if folder.join("package-lock.json").exists() {
                install::npm(&folder)?;
            }
        }
        // It takes minutes of waiting for packages: meanwhile Rust is compiled.
        std::thread::spawn(|| swift::DEBIAN.folder());
    }
    match tidy::check() {
        Ok(rules) => count.passed += rules,
        Err(Failed { message, .. }) => {
            say(&message);
            count.failed += 1;
        }
    }
    count.step("format", cargo().args(["fmt", "--all", "--check"]));
    count.lints("lints", &["--workspace"]);
    count.lints(
        "lints of the test kit",
        &["--package", "doorstep-ffi", "--features", "testkit"],
    );
    let mut workspace = cargo();
    workspace.args(["test", "--workspace", "--no-fail-fast"]);
    if quick {
        say("quick: without the browser, JavaScript automerge and the encrypted store");
        workspace.args(["--exclude", "doorstep-interop"]);
        workspace.args(["--", "--skip", BROWSER]);
    }
    count.cargo_test("workspace", &mut workspace);
    let mut testkit = cargo();
    testkit.args(["test", "--package", "doorstep-ffi", "--features", "testkit"]);
    testkit.arg("--no-fail-fast");
    count.cargo_test("test kit", &mut testkit);
    if !quick {
        let place = encrypted_target();
        let place = place.to_string_lossy();
        let mut store = vec!["--package", "doorstep-replica", "--features", "sqlcipher"];
        store.extend(["--target-dir", &place]);
        count.lints("lints of the encrypted store", &store);
        let mut encrypted = cargo();
        encrypted.arg("test").args(&store);
        encrypted.arg("--no-fail-fast");
        count.cargo_test("encryption", &mut encrypted);
        // Languages wait for packages and for their own tests: meanwhile what tells the story is compiled.
        std::thread::spawn(story::compile);
        count.python();
        count.kotlin();
        count.swift();
        count.stories();
    }
    count.told()
}

/// The Python lane alone.
pub(crate) fn python() -> Done {
    let mut count = Count::default();
    count.python();
    count.told()
}

/// The Swift lane alone.
pub(crate) fn swift() -> Done {
    let mut count = Count::default();
    count.swift();
    count.told()
}

/// The Kotlin lane alone.
pub(crate) fn kotlin() -> Done {
    let mut count = Count::default();
    count.kotlin();
    count.told()
}

impl Count {
    /// Says what was counted, alone on the last line.
    fn told(&self) -> Done {
        let mut out = std::io::stdout();
        let _ = writeln!(out, "{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 {
            Ok(())
        } else {
            Err(Failed::new("some tests failed, see above"))
        }
    }

    /// A lane that passes or fails as a whole.
    fn step(&mut self, name: &str, command: &mut Command) {
        say(&format!("== {name}"));
        match command.status() {
            Ok(status) if status.success() => self.passed += 1,
            _ => {
                say(&format!("{name} failed"));
                self.failed += 1;
            }
        }
    }

    /// The lints of these packages and of their tests, as errors.
    fn lints(&mut self, name: &str, of: &[&str]) {
        let mut lints = cargo();
        lints.args(["clippy", "--quiet", "--all-targets"]).args(of);
        self.step(name, lints.args(["--", "-D", "warnings"]));
    }

    /// The Python package against the real library: its tests are counted from unittest's own summary.
    fn python(&mut self) {
        let tests = || Ok(python::tests(&python::package(TESTKIT)?));
        self.language("python", tests, unittest_summary);
    }

    /// The Kotlin modules against the real library: their tests are counted from JUnit's own summary.
    fn kotlin(&mut self) {
        let compiled = match kotlin::compiled(TESTKIT) {
            Ok(compiled) => compiled,
            Err(failed) => return self.task(Err(failed)),
        };
        self.language("kotlin", || Ok(compiled.tests()), kotlin::summary);
        say("== kotlin on Android's classes");
        match compiled
            .tests_on_android()
            .and_then(|mut tests| output("kotlin", &mut tests))
        {
            Ok(output) => {
                self.counted(&output, kotlin::android_summary);
            }
            Err(failed) => self.task(Err(failed)),
        }
    }

    /// The Swift package against the real library, where a folder with Swift can be made: its tests are
    /// counted from the summaries of XCTest and Swift Testing. Its documentation has to be whole.
    fn swift(&mut self) {
        match swift::built(TESTKIT) {
            Ok(Built::Here(package)) => {
                self.language("swift", || Ok(package.tests()), swift::summary);
                self.task(swift::documentation());
            }
            Ok(Built::Absent(why)) => say(&format!("== swift\nskipped: {why}")),
            Err(failed) => self.task(Err(failed)),
        }
    }

    /// The same story in every language, for each seed, and another for another seed.
    fn stories(&mut self) {
        say("== the tellers of the story");
        let tellers = match Tellers::built(&Telling {
            json: true,
            plain: false,
            keep: None,
            kotlin_alone: None,
        }) {
            Ok(tellers) => tellers,
            Err(failed) => return self.task(Err(failed)),
        };
        let mut told = BTreeSet::new();
        for seed in STORIES {
            say(&format!("== story {seed}"));
            self.task(tellers.tell(seed).and_then(|story| {
                if told.insert(story) {
                    Ok(())
                } else {
                    Err(Failed::new("two seeds tell the same story"))
                }
            }));
        }
    }

    /// The tests of a language, and whether they saw every exported item.
    fn language(
        &mut self,
        name: &str,
        tests: impl FnOnce() -> Result<Command, Failed>,
        summary: fn(&str) -> Option<(u64, u64)>,
    ) {
        say(&format!("== {name}"));
        let done = parity::told_in(name).and_then(|crossed| {
            let output = output(name, tests()?.env(parity::CROSSED, &crossed))?;
            Ok((output, parity::untested(&crossed)?))
        });
        match done {
            Ok((output, untested)) => {
                if self.counted(&output, summary) && !untested.is_empty() {
                    say(&format!(
                        "without a test in {name}: {}",
                        untested.join(", ")
                    ));
                    self.failed += 1;
                }
            }
            Err(failed) => self.task(Err(failed)),
        }
    }

    /// Counts a run of tests from its own summary, and says what it told unless all passed.
    fn counted(&mut self, output: &Output, summary: fn(&str) -> Option<(u64, u64)>) -> bool {
        let told = [output.stdout.as_slice(), &output.stderr].concat();
        let told = String::from_utf8_lossy(&told);
        let (passed, mut failed) = summary(&told).unwrap_or_default();
        let is_good = output.status.success() && passed > 0;
        if !is_good {
            say(&told);
            failed = failed.max(1);
        }
        self.passed += passed;
        self.failed += failed;
        is_good
    }

    /// A lane that another part of this command runs.
    fn task(&mut self, done: Done) {
        match done {
            Ok(()) => self.passed += 1,
            Err(Failed { message, .. }) => {
                say(&message);
                self.failed += 1;
            }
        }
    }

    /// A cargo test run: its tests are counted from its own summaries, and a run that fails without
    /// naming a failed test counts as one.
    fn cargo_test(&mut self, name: &str, command: &mut Command) {
        say(&format!("== {name}"));
        let Ok(mut child) = command.stdout(Stdio::piped()).spawn() else {
            say("cargo does not start");
            self.failed += 1;
            return;
        };
        let mut failed_here = 0;
        if let Some(output) = child.stdout.take() {
            let mut out = std::io::stdout();
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some((passed, failed)) = summary(&line) {
                    self.passed += passed;
                    failed_here += failed;
                }
                // The runner's own closing lines are told in ours.
                if !line.starts_with("test ") || !line.ends_with("ok") {
                    let _ = writeln!(out, "{line}");
                }
            }
        }
        let succeeded = child.wait().is_ok_and(|status| status.success());
        if !succeeded && failed_here == 0 {
            failed_here = 1;
        }
        self.failed += failed_here;
    }
}

/// Runs a language's tests to their end.
fn output(name: &str, tests: &mut Command) -> Result<Output, Failed> {
    let output = tests.output();
    output.map_err(|error| Failed::new(format!("{name} does not start: {error}")))
}

/// Reads `test result: ok. 12 passed; 1 failed; …`.
fn summary(line: &str) -> Option<(u64, u64)> {
    let rest = line.strip_prefix("test result: ")?;
    let number = |word: &str| {
        let at = rest.find(word)?;
        rest[..at]
            .trim_end()
            .rsplit([' ', ';'])
            .next()?
            .parse()
            .ok()
    };
    Some((number(" passed")?, number(" failed")?))
}

/// Reads `Ran 12 tests in …` and `FAILED (failures=1, errors=2)`: how many passed and failed.
fn unittest_summary(told: &str) -> Option<(u64, u64)> {
    let ran = told.lines().find_map(|line| line.strip_prefix("Ran "))?;
    let ran: u64 = ran.split(' ').next()?.parse().ok()?;
    let told_failed = told.lines().find_map(|line| line.strip_prefix("FAILED ("));
    let failed = told_failed.unwrap_or("").trim_end_matches(')').split(", ");
    let failed = failed
        .filter_map(|part| part.split_once('='))
        .filter(|(what, _)| ["failures", "errors"].contains(what))
        .filter_map(|(_, number)| number.parse::<u64>().ok())
        .sum();
    Some((ran.saturating_sub(failed), failed))
}

#[cfg(test)]
mod tests {
    use super::{summary, unittest_summary};

    #[test]
    fn what_unittest_counted_is_read() {
        let told = "...\nRan 12 tests in 0.3s\n\nFAILED (failures=1, errors=2)\n";
        assert_eq!(unittest_summary(told), Some((9, 3)));
        assert_eq!(
            unittest_summary("Ran 12 tests in 0.3s\n\nOK"),
            Some((12, 0))
        );
        assert_eq!(unittest_summary("ImportError"), None);
    }

    #[test]
    fn a_summary_line_is_read_and_others_are_not() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured";
        assert_eq!(summary(line), Some((12, 3)));
        assert_eq!(summary("test a::b ... ok"), None);
    }
}
