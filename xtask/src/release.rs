//! What is looked at before a release and takes too long for every test run: whether what apps carry is
//! what was tested, and how large it is. The checks themselves are in the modules that they are about.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::aar::testkit::{self, Kit};
use crate::aar::{self, Native, Published};
use crate::android;
use crate::bindings::Kind;
use crate::kotlin::{self, Compiled, property};
use crate::python;
use crate::run::{Done, Failed, fresh, print, root, say};
use crate::size;
use crate::story::{Tellers, Telling};

/// What R8 may not take away because something outside names it: an app's own rule, as its activities are.
const OF_THE_APP: &str =
    "-keep class doorstep.story.TellKt { public static void main(java.lang.String[]); }\n";

/// What the code of the documentation for Android leaves out.
const IMPORTS: &str = "\
import android.app.Application
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import doorstep.*
import doorstep.background.*
import doorstep.okhttp.OkHttpOfficeLink
import java.io.File
import java.security.KeyStore
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

";

/// What a test of an app in the documentation leaves out.
const IMPORTS_OF_A_TEST: &str = "\
import doorstep.*
import doorstep.testkit.Street
import java.time.Instant

";

/// Where what was measured at each release check is kept, a line a day: bytes.
const SIZES: &str = "docs/sizes.csv";

/// Everything of it. The sizes come last: they are told, and recorded, also where they are over their bars.
pub(crate) fn check(record: bool) -> Done {
    tested_by_an_app()?;
    let [classes, story] = shrunk()?;
    python::quick_start()?;
    android::check()?;
    let [plain, encrypted] = size::measured()?;
    size::tell(plain, encrypted);
    print(&format!("classes in the AAR {classes} bytes"));
    print(&format!(
        "the story and all that it stands on, after R8, {story} bytes"
    ));
    if record {
        let file = root().join(SIZES);
        let day = jiff::Timestamp::now().strftime("%F");
        let line = format!("{day},{plain},{encrypted},{classes},{story}");
        write(&file, &with_line(&read(&file)?, &line))?;
    }
    size::judge(plain, encrypted)
}

/// A table with the line of a day, in place of an older one of that day.
fn with_line(table: &str, line: &str) -> String {
    let day = line.split(',').next().unwrap_or(line);
    let others = table
        .lines()
        .filter(|old| old.split(',').next() != Some(day));
    let lines: Vec<&str> = others.chain([line]).collect();
    lines.join("\n") + "\n"
}

/// A test of an app, as the documentation has it, compiled by the oldest Kotlin against the test kit as it
/// is published, and run with nothing else.
fn tested_by_an_app() -> Done {
    let kind = Kind {
        testkit: true,
        encrypted: false,
    };
    let compiled = kotlin::compiled(kind)?;
    let Kit { repository, jar } = testkit::publish(&compiled)?;
    say("a test of an app, by the published test kit");
    let code = compiled.folder().join("code");
    fresh(&code)?;
    let test = block(
        &read(&root().join("docs/bindings.md"))?,
        "suspend fun aBadLink",
    )?;
    write(
        &code.join("AppsTest.kt"),
        &format!(
            "{IMPORTS_OF_A_TEST}{test}\nfun main() = kotlinx.coroutines.runBlocking {{ aBadLinkLosesNothing() }}\n"
        ),
    )?;
    forget_published()?;
    let mut maven = Command::new("mvn");
    maven.current_dir(root().join("bindings/kotlin"));
    maven.args(["--batch-mode", "--quiet", "--file", "release/testkit.xml"]);
    maven.arg("process-test-classes");
    maven.arg(property("doorstep.build", compiled.folder()));
    maven.arg(property("doorstep.published", &repository));
    maven.arg(property("doorstep.jar", &jar));
    maven.arg(property("doorstep.code", &code));
    if !succeeds(maven.stdin(Stdio::null())) {
        return Err(Failed::new(
            "an app's test does not compile against the test kit",
        ));
    }
    let module = compiled.folder().join("doorstep-release-testkit");
    let below = read(&module.join("classpath"))?;
    let classes = format!("{}:{}", module.join("classes").display(), below.trim());
    match succeeds(Command::new("java").args(["-cp", &classes, "AppsTestKt"])) {
        true => Ok(()),
        false => Err(Failed::new("an app's test by the published test kit fails")),
    }
}

/// Maven keeps what it once resolved of a release and never asks again: what was published before now.
fn forget_published() -> Done {
    let Some(home) = std::env::home_dir() else {
        return Ok(());
    };
    for name in ["doorstep-android", "doorstep-testkit"] {
        let copy = home.join(".m2/repository/cn/doorstep").join(name);
        match std::fs::remove_dir_all(&copy) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failed::new(format!("{}: {error}", copy.display())));
            }
            _ => {}
        }
    }
    Ok(())
}

fn succeeds(command: &mut Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}

/// The AAR's classes as an app has them: an app's code compiled against what is published, then everything
/// through R8 with no rules but those that come with the AAR, and the story told by what is left. Returns the bytes of the AAR's
/// classes and of what R8 left of everything.
fn shrunk() -> Result<[u64; 2], Failed> {
    let kind = Kind {
        testkit: false,
        encrypted: true,
    };
    let compiled = kotlin::compiled(kind)?;
    let published = aar::publish(&compiled, Native::Host)?;
    say("compiling the documentation's code with the oldest Kotlin");
    forget_published()?;
    let tools = consumer(&compiled, &published)?;
    say("R8: about two minutes");
    let jar = r8(&compiled, &published, &tools)?;
    let teller = compiled.teller_of(&jar)?;
    Tellers::built(&Telling {
        json: true,
        plain: false,
        keep: None,
        kotlin_alone: Some(&teller),
    })?
    .tell(1)?;
    Ok([size::size_of(&published.classes)?, size::size_of(&jar)?])
}

/// Compiles the code of the documentation against the published pom, and fetches R8.
fn consumer(compiled: &Compiled, published: &Published) -> Result<PathBuf, Failed> {
    let code = compiled.folder().join("code");
    fresh(&code)?;
    let docs = read(&root().join("docs/bindings.md"))?;
    write(
        &code.join("FirstEvening.kt"),
        &block(&docs, "suspend fun firstEvening(")?,
    )?;
    let recipes = [
        block(&docs, "class App : ")?,
        block(&docs, "class KeystoreWrap : ")?,
    ];
    write(
        &code.join("Recipes.kt"),
        &format!("{IMPORTS}{}", recipes.join("\n")),
    )?;
    let mut maven = Command::new("mvn");
    maven.current_dir(root().join("bindings/kotlin"));
    maven.args([
        "--batch-mode",
        "--quiet",
        "--file",
        "release/pom.xml",
        "process-classes",
    ]);
    maven.arg(property("doorstep.build", compiled.folder()));
    maven.arg(property("doorstep.published", &published.repository));
    maven.arg(property("doorstep.classes", &published.classes));
    maven.arg(property("doorstep.code", &code));
    if !succeeds(maven.stdin(Stdio::null())) {
        return Err(Failed::new(
            "an app's code does not compile against the AAR",
        ));
    }
    Ok(compiled.folder().join("doorstep-release/r8"))
}

/// The story, the library's classes and all that they stand on through R8, as classes for Java.
fn r8(compiled: &Compiled, published: &Published, tools: &Path) -> Result<PathBuf, Failed> {
    let rules = compiled.folder().join("app.pro");
    write(&rules, OF_THE_APP)?;
    let story = compiled.folder().join("story.jar");
    aar::jar(&story, [compiled.classes("story")])?;
    let out = compiled.folder().join("shrunk.jar");
    let map = compiled.folder().join("shrunk.map");
    let mut r8 = Command::new("java");
    r8.arg("-cp").arg(tools.join("r8.jar"));
    r8.args(["com.android.tools.r8.R8", "--release", "--classfile"]);
    r8.arg("--output")
        .arg(&out)
        .arg("--pg-map-output")
        .arg(&map);
    r8.arg("--lib").arg(tools.join("android-all.jar"));
    r8.arg("--lib").arg(java_home()?);
    r8.arg("--pg-conf").arg(&rules);
    r8.arg("--pg-conf").arg(&published.rules);
    r8.arg(&published.classes).arg(&story);
    r8.args(compiled.jars("doorstep-story"));
    let output = r8.stdin(Stdio::null()).output();
    let output = output.map_err(|error| Failed::new(format!("R8 does not start: {error}")))?;
    if !output.status.success() {
        say(&String::from_utf8_lossy(&output.stderr));
        return Err(Failed::new("R8 refuses the library's classes"));
    }
    // Else nothing was tried: every class would be where it was.
    if !renames(&read(&map)?) {
        return Err(Failed::new("R8 renamed none of the library's classes"));
    }
    Ok(out)
}

/// Whether a map of R8's gives a class of the library another name.
fn renames(map: &str) -> bool {
    map.lines().any(|line| {
        line.strip_suffix(':')
            .and_then(|line| line.split_once(" -> "))
            .is_some_and(|(from, to)| from.starts_with("doorstep.") && from != to)
    })
}

/// The block of Kotlin in a document that has these words.
fn block(document: &str, words: &str) -> Result<String, Failed> {
    document
        .split("```kotlin\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"))
        .map(|(code, _)| code)
        .find(|code| code.contains(words))
        .map(str::to_owned)
        .ok_or_else(|| Failed::new(format!("docs/bindings.md has no code with `{words}`")))
}

/// Where the classes of Java itself are.
fn java_home() -> Result<String, Failed> {
    let asked = Command::new("java")
        .args(["-XshowSettings:properties", "-version"])
        .output()
        .map_err(|error| Failed::new(format!("java does not start: {error}")))?;
    let told = String::from_utf8_lossy(&asked.stderr).into_owned();
    told.lines()
        .find_map(|line| line.trim().strip_prefix("java.home = "))
        .map(str::to_owned)
        .ok_or_else(|| Failed::new("java does not say where its home is"))
}

fn read(file: &Path) -> Result<String, Failed> {
    std::fs::read_to_string(file)
        .map_err(|error| Failed::new(format!("{}: {error}", file.display())))
}

fn write(file: &Path, text: &str) -> Done {
    std::fs::write(file, text).map_err(|error| Failed::new(format!("{}: {error}", file.display())))
}

#[cfg(test)]
mod tests {
    use super::{block, renames, with_line};

    #[test]
    fn a_day_has_one_line_in_the_table_of_sizes() {
        let table = "day,lib\n2026-11-28,5\n2026-11-29,4\n";
        assert_eq!(
            with_line(table, "2026-11-29,3"),
            "day,lib\n2026-11-28,5\n2026-11-29,3\n"
        );
    }

    #[test]
    fn the_code_of_a_recipe_is_found_by_its_words() {
        let document = "```kotlin\nval a = 1\n```\ntext\n```kotlin\nclass App : B\n```\n";
        assert_eq!(
            block(document, "class App : ").ok().as_deref(),
            Some("class App : B\n")
        );
        assert!(block(document, "text").is_err());
    }

    #[test]
    fn a_class_that_keeps_its_name_is_not_renamed() {
        assert!(!renames(
            "doorstep.Doorstep -> doorstep.Doorstep:\n    int a -> b\n"
        ));
        assert!(!renames("okhttp3.Call -> a.b:\n"));
        assert!(renames("doorstep.Doorstep -> a.b:\n"));
    }
}
