//! `doorstep demo`: the main job on real data, on one machine.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::{Exit, Failure, Output, Sheet, Shown};
use crate::demo::{Played, Script, play};

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

/// Where the page of the demo is, printed when it stays.
#[derive(Debug, Serialize)]
struct PageAt {
    page: String,
    stays: bool,
}

impl Shown for PageAt {
    fn describe(&self, sheet: &mut Sheet) {
        match self.stays {
            true => {
                sheet.line(format!("页面 Page: {}", self.page));
                sheet.line("按 Ctrl-C 停止 · Ctrl-C stops");
            }
            false => sheet.line(format!(
                "页面 Page: {}(已结束;不加 --exit 会留着 · gone; without --exit it stays)",
                self.page
            )),
        }
    }
}

impl DemoArgs {
    /// Plays the demo, prints what came of it, and keeps the page open unless told to end.
    ///
    /// # Errors
    /// [`Exit::Refused`] with `demo.count` when a zero is not zero; what stopped it before.
    pub fn run(&self, output: &mut Output<'_>) -> Result<(), Failure> {
        let temporary = tempfile::tempdir().map_err(|error| Failure::of_stream(&error))?;
        let folder = self.keep.as_deref().unwrap_or(temporary.path());
        let played = play(&self.script(output.is_json()), folder)?;
        let page = PageAt {
            page: played.page.clone(),
            stays: !self.exit,
        };
        // For programs the count is the last line.
        if output.is_json() {
            output.show(&page)?;
            output.show(&played.lines)?;
            output.show(&played.outcome)?;
        } else {
            output.show(&played.outcome)?;
            output.show(&played.lines)?;
            output.show(&page)?;
        }
        let held = verdict(&played);
        if !self.exit && held.is_ok() {
            played
                .server()
                .wait_for_signal()
                .map_err(|error| Failure::of_stream(&error))?;
        }
        held
    }

    fn script(&self, silent: bool) -> Script {
        Script {
            seed: self.seed,
            phones: self.phones,
            days: self.days,
            buildings: self.buildings,
            silent,
            forget_a_segment: false,
        }
    }
}

fn verdict(played: &Played) -> Result<(), Failure> {
    if played.outcome.holds() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Refused,
        "demo.count",
        (
            "清点不通过:有记录丢失、重复,或有手机与办公室不一致",
            "the count fails: records are lost or counted twice, or a phone does not agree",
        ),
        (
            "请把上面的表连同 --seed 报给我们。",
            "Report the table above with its --seed.",
        ),
    ))
}
