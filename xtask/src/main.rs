//! The one developer command. It starts what other crates do (tests, demo, simulator, mutation suite,
//! benchmarks) and installs what they need; it tests and measures nothing itself.

mod aar;
mod android;
mod bindings;
mod debian;
mod install;
mod kotlin;
mod licences;
mod openssl;
mod parity;
mod python;
mod release;
mod run;
mod size;
mod story;
mod swift;
mod test;
mod tidy;
mod xcframework;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use story::{Tellers, Telling};

/// Doorstep's developer command.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    after_help = "First steps on a new machine: `cargo xtask demo --exit`, then `cargo xtask test`."
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build and run the demo: a month of 40 phones on real data, over real HTTP. Options go to
    /// `doorstep demo`: --exit, --open, --json, --seed, --phones, --days, --buildings.
    Demo {
        /// Handed to `doorstep demo`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// All tests: format, lints, rooms, unit, contract, simulator, mutation, browser, encryption. Ends
    /// with `N passed, N failed`. Installs what is missing when it may.
    Test {
        /// Only tests of Rust code: no browser, no node, no encryption lane.
        #[arg(long)]
        quick: bool,
    },
    /// Simulated phones and offices with faults: --seeds N [--from S] [--json].
    Sim {
        /// Handed to the simulator.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Mutated changes against vetting and automerge: --count N [--seed S] [--json].
    Mutate {
        /// Handed to the mutation suite.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Benchmarks beside their limits, measured in the same run: [NAME …] [--json].
    Bench {
        /// Handed to the benchmarks.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// The Kotlin modules: compiled, and tested against the real library. Installs Maven and a JDK when
    /// it may.
    Kotlin,
    /// The Python package, tested against the real library.
    Python,
    /// The Swift package: built and tested against the real library, in a Debian folder that is made where
    /// it may be.
    Swift {
        /// Write its documentation, an archive of DocC, in place of testing it.
        #[arg(long)]
        docc: bool,
    },
    /// The library for Android, as a folder of Maven's. Needs an NDK.
    Aar {
        /// Pack this machine's library: for a look at the packing, for no phone.
        #[arg(long)]
        host: bool,
    },
    /// The test kit for apps, beside the AAR: a jar with this machine's library, never in an app.
    Testkit,
    /// Type-check the library for Android, 64 bits and 32, without an NDK: in a Debian folder that is made
    /// where it may be. No C, nothing linked.
    AndroidCheck,
    /// The Swift package for Xcode, with the library for iPhones, their simulators and Macs. Needs a Mac.
    Xcframework {
        /// Write it with this machine's library and build it: for a look at the package, for no phone.
        #[arg(long)]
        host: bool,
    },
    /// Size of the library that apps carry, without and with SQLCipher, beside its bars.
    Size {
        /// One JSON object at the end.
        #[arg(long)]
        json: bool,
    },
    /// Whose work an app carries: writes docs/licences.md.
    Licences,
    /// The Python wheel that is shipped: encrypted library, into target/wheels.
    Wheel,
    /// What is tested in which language: every exported item against what was seen to cross.
    Parity {
        /// One JSON object at the end.
        #[arg(long)]
        json: bool,
        /// Break one type after the other: every language has to notice each.
        #[arg(long = "break")]
        break_each: bool,
        /// Of this language alone: python, kotlin, swift.
        #[arg(long, value_name = "NAME", requires = "break_each")]
        language: Option<String>,
    },
    /// One evening told in each language against a real office: what they read back must be the same.
    Story {
        /// Where all answers at the doors are drawn from.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// One JSON object at the end: a checksum a language, null with the reason where it cannot be made.
        #[arg(long)]
        json: bool,
        /// Without encryption: quicker to build.
        #[arg(long)]
        plain: bool,
        /// Keep every language's folder here.
        #[arg(long, value_name = "DIR")]
        keep: Option<std::path::PathBuf>,
    },
    /// Before a release: an app's code compiled by the oldest Kotlin, the story told by what R8 leaves of
    /// the AAR, the quick start for Python by the wheel, the type-check for Android, the sizes. About half
    /// an hour.
    ReleaseCheck {
        /// Keep the sizes in docs/sizes.csv.
        #[arg(long)]
        record: bool,
    },
    /// Check the arrows between the rooms, and what must not be in them.
    Tidy,
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Demo { arguments } => {
            let mut all = vec!["demo".to_owned()];
            all.extend(arguments);
            run::release("doorstep-office", "doorstep", &all)
        }
        Task::Test { quick } => test::all(quick),
        Task::Python => test::python(),
        Task::Sim { arguments } => run::release("doorstep-sim", "doorstep-sim", &arguments),
        Task::Mutate { arguments } => {
            run::release("doorstep-mutate", "doorstep-mutate", &arguments)
        }
        Task::Bench { arguments } => bench(&arguments),
        Task::Aar { host } => aar::write(host),
        Task::Testkit => aar::testkit::write(),
        Task::AndroidCheck => android::check(),
        Task::Xcframework { host } => xcframework::write(host),
        Task::Kotlin => test::kotlin(),
        Task::Swift { docc: true } => swift::documentation(),
        Task::Swift { .. } => test::swift(),
        Task::Size { json } => size::both(json),
        Task::Licences => licences::write(),
        Task::Wheel => python::wheel(),
        Task::Parity {
            break_each: true,
            language,
            ..
        } => parity::break_each(language.as_deref()),
        Task::Parity { json, .. } => parity::table(json),
        Task::Story {
            seed,
            json,
            plain,
            keep,
        } => Tellers::built(&Telling {
            json,
            plain,
            keep: keep.as_deref(),
            kotlin_alone: None,
        })
        .and_then(|tellers| tellers.tell(seed))
        .map(|_| ()),
        Task::ReleaseCheck { record } => release::check(record),
        Task::Tidy => tidy::check().map(|checked| run::say(&format!("{checked} rules hold"))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(run::Failed { message, code }) => {
            run::say(&message);
            ExitCode::from(code)
        }
    }
}

/// Every benchmark that is asked for: those of the Kotlin library with its program, the one of the
/// encrypted store in a build of its own.
fn bench(arguments: &[String]) -> run::Done {
    const ENCRYPTED: &str = "tap_cpu_encrypted";
    const KOTLIN: &[&str] = &["kotlin_call", "kotlin_record", "kotlin_page"];
    let names: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let asks_for_help = arguments.iter().any(|one| one == "--help" || one == "-h");
    let wanted = |line: &str| {
        let named = names.is_empty() || names.iter().any(|name| line.contains(name.as_str()));
        named && !asks_for_help
    };
    let mut all = arguments.to_vec();
    let mut kotlin = Ok(());
    if KOTLIN.iter().any(|line| wanted(line)) {
        if let Some(why) = install::without_java() {
            run::say(&format!("{} are left out: {why}", KOTLIN.join(", ")));
        } else {
            match kotlin::measured().and_then(|compiled| compiled.measurer()) {
                Ok(program) => all.push(format!("--kotlin={}", program.display())),
                // The other lines are measured before it is said.
                Err(failed) => kotlin = Err(failed),
            }
        }
    }
    run::release("doorstep-bench", "doorstep-bench", &all)?;
    kotlin?;
    if !wanted(ENCRYPTED) {
        return Ok(());
    }
    let mut only = vec!["--only".to_owned(), ENCRYPTED.to_owned()];
    only.extend(
        arguments
            .iter()
            .filter(|argument| *argument == "--json")
            .cloned(),
    );
    run::release_encrypted("doorstep-bench", "doorstep-bench", &only)
}
