//! `doorstep demo`: the main job on real data, on one machine.

use std::path::PathBuf;

use clap::Args;

/// Imports the areas and figures of a real sub-district, lets phones work a month without signal,
/// with overlaps, contradictions, a clone, a wrong clock and a lost phone, syncs them through a link
/// that cuts, and prints what was made, received, lost and counted twice.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  doorstep demo
  doorstep demo --exit --json
  doorstep demo --seed 7 --phones 8 --days 5 --buildings 20

The same seed makes the same records. The demo's \"today\" is fixed and printed, so that due dates
come out the same on any day. It ends with 1 if a zero is not zero: lost, twice, replicas that
differ.")]
pub struct DemoArgs {
    /// Where all chance comes from.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many phones.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=2000))]
    pub phones: u32,
    /// How many days they work without signal.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=366))]
    pub days: u32,
    /// How many buildings are generated on the named places; without it as many as the figures ask
    /// for.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub buildings: Option<u32>,
    /// Print the results and end.
    #[arg(long, conflicts_with = "open")]
    pub exit: bool,
    /// Print the results and keep the page open; the default.
    #[arg(long)]
    pub open: bool,
    /// Keep the office and the phones in this folder; without it they are gone afterwards.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}
