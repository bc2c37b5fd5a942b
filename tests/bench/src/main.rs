//! Doorstep's benchmarks: every bar as one line, its limit measured beside it in the same run. Numbers
//! only; what must hold is asserted in tests, by counts and bytes.

#![allow(clippy::print_stdout, reason = "the results are the output")]

mod age;
mod bytes;
mod clock;
mod committee;
mod data;
mod ingest;
mod kotlin;
mod line;
mod load;
mod memory;
mod merge;
mod plain;
mod scribe;
mod street;
mod tap;
mod turns;
mod wire;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::Parser;

use crate::line::Line;

/// Runs Doorstep's benchmarks.
#[derive(Parser)]
#[command(name = "cargo xtask bench")]
struct Arguments {
    /// Only benchmarks whose name contains one of these.
    names: Vec<String>,
    /// One JSON object a line: {name, value, unit, limit, ratio}.
    #[arg(long)]
    json: bool,
    /// Run this one benchmark in this process.
    #[arg(long, hide = true)]
    only: Option<String>,
    /// Every order of `merge_18`, not only some: takes long.
    #[arg(long)]
    full: bool,
    /// The program that measures calls through the Kotlin library; without it those lines are left out.
    #[arg(long, hide = true)]
    kotlin: Option<PathBuf>,
    /// Serve the office in this folder: the other process of the load.
    #[arg(long, hide = true)]
    serve: Option<PathBuf>,
}

type Bench = (&'static [&'static str], fn() -> Vec<Line>);

/// Every benchmark with the names of its lines; the first names the process that it runs in.
const BENCHES: &[Bench] = &[
    (&["sync_nothing_new", "sync_one_each"], wire::small_syncs),
    (&["wire_check"], || vec![bytes::wire_check()]),
    (&["wire_evening"], || vec![bytes::wire_evening()]),
    (&["rest_check"], || vec![bytes::rest_check()]),
    (&["rest_check_full"], || vec![bytes::rest_check_full()]),
    (&["tap_cpu"], || vec![tap::cpu()]),
    #[cfg(feature = "sqlcipher")]
    (&["tap_cpu_encrypted"], || vec![tap::cpu_encrypted()]),
    (&["tap_durable"], || vec![tap::durable()]),
    (&["cold_seal"], age::cold_seal),
    (&["tap_p99_during_import"], turns::tap_during_import),
    (&["ingest"], ingest::ingest),
    (&["open_200k", "list_page"], age::large_store),
    (&["year_report"], age::year_report),
    (&["baseline"], wire::baseline),
    (&["first_sync_2g"], wire::first_sync),
    (&["load_p99", "load_rss"], load::load),
    (&["merge_18"], merge::merge),
    // Nothing without its program.
    (&[KOTLIN, "kotlin_record", "kotlin_page"], Vec::new),
];

/// The benchmark of the Kotlin library.
const KOTLIN: &str = "kotlin_call";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(folder) = &arguments.serve {
        load::serve(folder);
        return ExitCode::SUCCESS;
    }
    if let Some(only) = &arguments.only {
        for (names, bench) in BENCHES {
            if names[0] == only {
                let lines = match (names[0], &arguments.kotlin) {
                    ("merge_18", _) if arguments.full => merge::merge_all(),
                    (KOTLIN, Some(program)) => kotlin::beside_rust(program),
                    _ => bench(),
                };
                // What is measured there is held by another process.
                let peak = (names[0] != KOTLIN).then(|| memory::peak_line(names[0]));
                let peak = peak.flatten();
                for line in lines.into_iter().chain(peak) {
                    show(&line, arguments.json);
                }
            }
        }
        return ExitCode::SUCCESS;
    }
    let wanted = |names: &[&str]| {
        arguments.names.is_empty()
            || arguments
                .names
                .iter()
                .any(|part| names.iter().any(|name| name.contains(part.as_str())))
    };
    let mut all_ran = true;
    for (names, _) in BENCHES {
        if wanted(names) {
            all_ran &= run_alone(names[0], &arguments);
        }
    }
    if all_ran {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs one benchmark in a process of its own, so that its peak of memory is its own. Its lines go
/// where ours go.
fn run_alone(name: &str, arguments: &Arguments) -> bool {
    let Ok(program) = std::env::current_exe() else {
        return false;
    };
    let mut command = Command::new(program);
    command.args(["--only", name]);
    if arguments.json {
        command.arg("--json");
    }
    if arguments.full {
        command.arg("--full");
    }
    if let Some(program) = &arguments.kotlin {
        command.arg("--kotlin").arg(program);
    }
    command.status().is_ok_and(|status| status.success())
}

fn show(line: &Line, json: bool) {
    let text = if json { line.json() } else { line.words() };
    println!("{text}");
}
