//! `doorstep-mutate --count N --seed S --json`: the mutation suite with memory watched. Exits with 1
//! if anything was harmed.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use doorstep_mutate::{Outcome, run};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Edits valid changes, makes them well formed again, and tries each against the vetting and, if let
/// through, against a document with honest work in it.
#[derive(Parser)]
struct Args {
    /// How many mutants.
    #[arg(long, default_value_t = 100_000)]
    count: u64,
    /// The same seed gives the same mutants.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the outcome as one JSON object, as the last line.
    #[arg(long)]
    json: bool,
}

fn main() -> std::io::Result<ExitCode> {
    let args = Args::parse();
    let outcome = run(args.count, args.seed, &MEMORY);
    let mut out = std::io::stdout().lock();
    match args.json {
        true => writeln!(out, "{}", serde_json::to_string(&outcome)?)?,
        false => tell(&mut out, &outcome)?,
    }
    Ok(match outcome.is_harmless() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn tell(out: &mut impl Write, outcome: &Outcome) -> std::io::Result<()> {
    writeln!(out, "mutants           {:>10}", outcome.count)?;
    for (code, count) in &outcome.refused {
        writeln!(out, "  {code:<24}{count:>10}")?;
    }
    writeln!(out, "let through       {:>10}", outcome.let_through)?;
    writeln!(out, "panics            {:>10}", outcome.panics)?;
    writeln!(out, "poisoned          {:>10}", outcome.poisoned)?;
    writeln!(out, "honest refused    {:>10}", outcome.honest_refused)?;
    writeln!(out, "peak extra bytes  {:>10}", outcome.peak_extra_bytes)
}
