//! The test kit as apps get it: every class of the library and the kit, and this machine's library with
//! what tests need, in one jar beside the AAR. It stands in the AAR's place in an app's tests on a computer,
//! and is in no app.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{MODULES, copy, copy_text, jar};
use crate::bindings::{self, Kind};
use crate::kotlin::{self, Compiled};
use crate::run::{Done, Failed, fresh, print, root, target};

/// Where the artifact stands in the folder of Maven's.
const PLACE: &str = "cn/doorstep/doorstep-testkit";

/// What is published of the kit.
pub(crate) struct Kit {
    /// The folder of Maven's.
    pub(crate) repository: PathBuf,
    /// The jar in it.
    pub(crate) jar: PathBuf,
}

/// Writes it into `target/aar`.
pub(crate) fn write() -> Done {
    let kind = Kind {
        testkit: true,
        encrypted: false,
    };
    let kit = publish(&kotlin::compiled(kind)?)?;
    print(&kit.jar.display().to_string());
    Ok(())
}

/// Packs modules that are compiled over a library with the test kit.
pub(crate) fn publish(compiled: &Compiled) -> Result<Kit, Failed> {
    let version = env!("CARGO_PKG_VERSION");
    let repository = target().join("aar");
    let folder = repository.join(PLACE).join(version);
    let parts = repository.join("testkit");
    fresh(&folder)?;
    fresh(&parts)?;
    let library = parts.join(machine()?).join(bindings::file_name());
    copy(&compiled.folder().join(bindings::file_name()), &library)?;
    without_debugging(&library)?;
    let classes = MODULES.iter().chain(["testkit"].iter());
    let classes = classes.map(|module| compiled.classes(module));
    let name = format!("doorstep-testkit-{version}");
    let packed = folder.join(format!("{name}.jar"));
    jar(&packed, classes.chain([parts]))?;
    let pom = std::fs::read_to_string(root().join("bindings/kotlin/testkit/published.pom"))
        .map_err(|error| Failed::new(format!("the pom: {error}")))?;
    let pom = pom.replace("VERSION", version);
    copy_text(&pom, &folder.join(format!("{name}.pom")))?;
    Ok(Kit {
        repository,
        jar: packed,
    })
}

/// What JNA calls this machine: it looks for a library there in a jar.
fn machine() -> Result<&'static str, Failed> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Ok("linux-x86-64"),
        ("linux", "aarch64") => Ok("linux-aarch64"),
        ("macos", "x86_64") => Ok("darwin-x86-64"),
        ("macos", "aarch64") => Ok("darwin-aarch64"),
        (system, machine) => Err(Failed::new(format!(
            "no test kit for {system} on {machine}: Linux and macOS have one"
        ))),
    }
}

fn without_debugging(library: &Path) -> Done {
    let mut strip = Command::new("strip");
    // Both systems' way to leave what is looked up by name.
    let stripped = strip.arg("-S").arg(library).status();
    match stripped.is_ok_and(|status| status.success()) {
        true => Ok(()),
        false => Err(Failed::new("strip failed: install binutils")),
    }
}
