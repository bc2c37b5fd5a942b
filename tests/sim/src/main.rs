//! The simulator as a program: replays what once broke, runs seeds, shrinks and keeps what breaks now.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that prints its report"
)]

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use doorstep_sim::regress;
use doorstep_sim::run::{Outcome, Report, run, run_seeds};
use doorstep_sim::script::Script;
use doorstep_sim::shrink::shrink;

/// Lines of a trace that are shown.
const TRACE_SHOWN: usize = 40;

/// Runs simulated worlds and holds every promise against them.
#[derive(Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Threads; as many as the machine has cores when absent.
    #[arg(long)]
    threads: Option<usize>,
    /// Print the report as one JSON object, and nothing else on standard output.
    #[arg(long)]
    json: bool,
    /// Neither shrink nor keep what breaks.
    #[arg(long)]
    no_shrink: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // How long it took: no decision of a world hangs on it.
    let began = Instant::now();
    let mut report = Report::default();
    let mut broken: Vec<Script> = Vec::new();
    match regress::kept(&regress::folder()) {
        Ok(kept) => {
            for (file, script) in kept {
                let outcome = run(&script);
                report.add(&outcome);
                tell(&file, &script, &outcome);
            }
        }
        Err(error) => {
            eprintln!("regressions: {error}");
            return ExitCode::from(2);
        }
    }
    let threads = arguments
        .threads
        .or_else(|| std::thread::available_parallelism().ok().map(Into::into))
        .unwrap_or(1);
    let seeds = arguments.from..arguments.from.saturating_add(arguments.seeds);
    run_seeds(seeds, threads, |script, outcome| {
        report.add(&outcome);
        if outcome.broken.is_some() {
            tell(&format!("seed {}", script.seed), &script, &outcome);
            broken.push(script);
        }
        true
    });
    report.wall_s = began.elapsed().as_secs_f64();
    if !arguments.no_shrink
        && let Some(first) = broken.into_iter().min_by_key(|script| script.seed)
    {
        keep_shortest(&first);
    }
    print(&report, arguments.json);
    if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    }
}

fn tell(name: &str, script: &Script, outcome: &Outcome) {
    let Some((at, broken)) = &outcome.broken else {
        return;
    };
    let shown = outcome.trace.len().saturating_sub(TRACE_SHOWN);
    for line in &outcome.trace[shown..] {
        eprintln!("    {line}");
    }
    eprintln!("{name}, step {at} of {}: {broken}", script.steps.len());
}

fn keep_shortest(script: &Script) {
    let Some((_, broken)) = run(script).broken else {
        return;
    };
    let short = shrink(script, broken.promise);
    let outcome = run(&short);
    tell(&format!("seed {} shrunk", short.seed), &short, &outcome);
    match regress::keep(&regress::folder(), &short) {
        Ok(file) => eprintln!("kept as {}", file.display()),
        Err(error) => eprintln!("not kept: {error}"),
    }
}

fn print(report: &Report, json: bool) {
    if json {
        match serde_json::to_string(report) {
            Ok(text) => println!("{text}"),
            Err(error) => eprintln!("{error}"),
        }
        return;
    }
    println!(
        "{} scripts, {} device-days in {:.1} s: lost {}, twice {}, diverged {}, other {}",
        report.seeds,
        report.device_days,
        report.wall_s,
        report.lost,
        report.twice,
        report.diverged,
        report.failed
    );
    for (fault, count) in &report.faults {
        println!("  {count:>8} {fault}");
    }
}
