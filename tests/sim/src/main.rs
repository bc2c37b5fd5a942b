//! The simulator as a program: runs seeds, prints what broke.
#![expect(clippy::print_stdout, reason = "a program that prints its report")]

use std::process::ExitCode;

use clap::Parser;
use doorstep_sim::faults::Faults;
use doorstep_sim::run::{Report, run};
use doorstep_sim::script::{Script, Size};

/// Runs simulated worlds and holds every promise against them.
#[derive(Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Small and without faults.
    #[arg(long)]
    calm: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut report = Report::default();
    let mut faults = Faults::default();
    for seed in arguments.from..arguments.from + arguments.seeds {
        let script = if arguments.calm {
            Script::of(
                seed,
                Size {
                    areas: 1,
                    phones: 2,
                    days: 2,
                    faults: false,
                },
            )
        } else {
            Script::of_seed(seed)
        };
        let outcome = run(&script);
        if let Some((at, broken)) = &outcome.broken {
            for line in outcome.trace.iter().rev().take(30).rev() {
                println!("    {line}");
            }
            println!("seed {seed} step {at}/{}: {broken}", script.steps.len());
        }
        report.add(&outcome, &mut faults);
    }
    match serde_json::to_string(&report) {
        Ok(text) => println!("{text}"),
        Err(error) => println!("{error}"),
    }
    if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
