//! `doorstep horizon`: old rounds leave the phones, and what arrives there late is answered. What lies
//! below, and what stands for it, is the replica's.

use clap::{Args, Subcommand};
use doorstep_model::calendar::LOCAL;
use doorstep_model::message::{self, Lang};
use doorstep_model::time::LocalDay;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::invite::area_of;
use super::{Failure, OfficeFolder, Output, Sheet, Shown, moment};
use crate::bureau::{self, Bureau};

/// Lets old rounds leave the phones: of every asset and door its last look stays.
#[derive(Debug, Args, Serialize, Deserialize)]
#[command(after_long_help = "\
Examples:
  doorstep horizon set --area 310101019005 --before 2026-01-01
  doorstep horizon set --area 310101019005 --before 2026-01-01 --yes
  doorstep horizon late --area 310101019005 --answer

Reports of this office go on counting what lies below. A horizon does not come up again.")]
pub struct HorizonArgs {
    /// What to do.
    #[command(subcommand)]
    pub what: HorizonWhat,
}

/// What can be done about a horizon.
#[derive(Debug, Subcommand, Serialize, Deserialize)]
pub enum HorizonWhat {
    /// 设界线 · Let the rounds that ended before a day leave the phones
    #[command(after_long_help = "\
Examples:
  doorstep horizon set --area 310101019005 --before 2026-01-01
  doorstep horizon set --area 310101019005 --before 2026-01-01 --yes

Without --yes it only prints which rounds would go, and which stay and why.")]
    Set(HorizonSetArgs),
    /// 迟到 · What arrived below the horizon after it was set
    #[command(after_long_help = "\
Examples:
  doorstep horizon late --area 310101019005
  doorstep horizon late --area 310101019005 --answer

Late work changes no phone's rows until it is answered.")]
    Late(HorizonLateArgs),
}

/// Which rounds.
#[derive(Debug, Args, Serialize, Deserialize)]
pub struct HorizonSetArgs {
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
    /// The area.
    #[arg(long, value_name = "CODE")]
    pub area: String,
    /// Rounds whose last day is before this one.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub before: Date,
    /// Do it.
    #[arg(long)]
    pub yes: bool,
}

/// Of which area.
#[derive(Debug, Args, Serialize, Deserialize)]
pub struct HorizonLateArgs {
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
    /// The area.
    #[arg(long, value_name = "CODE")]
    pub area: String,
    /// Answer it: say anew what stands for each asset and door.
    #[arg(long)]
    pub answer: bool,
}

/// The rounds of an area before a day.
#[derive(Debug, Serialize)]
struct Rounds {
    done: bool,
    went: u64,
    carries: u64,
    rounds: Vec<Round>,
}

#[derive(Debug, Serialize)]
struct Round {
    building: String,
    round: String,
    /// Code of what keeps it.
    stays: Option<&'static str>,
}

impl Shown for Rounds {
    fn describe(&self, sheet: &mut Sheet) {
        let rows = self.rounds.iter().map(|round| {
            let why = round.stays.map(|code| {
                let arguments: [(&str, &dyn std::fmt::Display); 2] =
                    [("building", &round.building), ("round", &round.round)];
                let zh = message::text(Lang::Zh, code, &arguments);
                format!("{zh} · {}", message::text(Lang::En, code, &arguments))
            });
            [
                round.building.clone(),
                round.round.clone(),
                why.unwrap_or("—".to_owned()),
            ]
        });
        sheet.table(
            ["楼 Building", "轮次 Round", "留下的原因 Stays because"],
            rows,
        );
        sheet.line(match self.done {
            true => format!(
                "{went} 个轮次离开手机，{carries} 条最后记录留下 · {went} rounds leave the phones, {carries} last looks stay",
                went = self.went,
                carries = self.carries
            ),
            false => "还没有执行：看过后加 --yes · Nothing was done yet: add --yes once you have looked through it".to_owned(),
        });
    }
}

/// What arrived late.
#[derive(Debug, Serialize)]
struct Late {
    answered: u64,
    late: Vec<LateEntry>,
}

#[derive(Debug, Serialize)]
struct LateEntry {
    entry: String,
    subject: String,
    author: String,
    at: String,
    received: String,
    answered: bool,
    /// It is in a contradiction that nobody has decided.
    contradicts: bool,
}

impl Shown for Late {
    fn describe(&self, sheet: &mut Sheet) {
        let rows = self.late.iter().map(|line| {
            [
                line.subject.clone(),
                line.author.clone(),
                line.at.clone(),
                line.received.clone(),
                if line.answered { "✓" } else { "—" }.to_owned(),
                if line.contradicts { "！" } else { "—" }.to_owned(),
            ]
        });
        sheet.table(
            [
                "对象 About",
                "设备 Device",
                "时间 At",
                "收到 Received",
                "已答复 Answered",
                "矛盾 Contradicts",
            ],
            rows,
        );
        sheet.line(format!(
            "新写 {n} 条答复 · {n} answers written",
            n = self.answered
        ));
    }
}

impl HorizonArgs {
    /// The office's folder.
    pub fn office(&self) -> &OfficeFolder {
        match &self.what {
            HorizonWhat::Set(args) => &args.office,
            HorizonWhat::Late(args) => &args.office,
        }
    }

    /// Does it, or shows what would be done.
    ///
    /// # Errors
    /// When the area is not declared, or what is wrong with the store.
    pub fn run(&self, bureau: &Bureau, output: &mut Output<'_>) -> Result<(), Failure> {
        match &self.what {
            HorizonWhat::Set(args) => args.run(bureau, output),
            HorizonWhat::Late(args) => args.run(bureau, output),
        }
    }
}

impl HorizonSetArgs {
    fn run(&self, bureau: &Bureau, output: &mut Output<'_>) -> Result<(), Failure> {
        let office = bureau.office();
        let area = area_of(bureau, &self.area)?;
        let before = office.rounds_before(&area, day_number(self.before))?;
        let mut shown = Rounds {
            done: self.yes,
            went: 0,
            carries: 0,
            rounds: Vec::with_capacity(before.len()),
        };
        if self.yes {
            let free = before.iter().filter(|round| round.stays.is_none());
            let rounds: Vec<_> = free.map(|round| round.round).collect();
            let set = office.set_horizon(&bureau::tap()?, &area, &rounds)?;
            (shown.went, shown.carries) = (set.rounds, set.carries);
        }
        shown.rounds.extend(before.into_iter().map(|round| Round {
            building: round.building,
            round: round.name,
            stays: round.stays,
        }));
        output.show(&shown)
    }
}

impl HorizonLateArgs {
    fn run(&self, bureau: &Bureau, output: &mut Output<'_>) -> Result<(), Failure> {
        let office = bureau.office();
        let area = area_of(bureau, &self.area)?;
        let answered = match self.answer {
            true => office.answer_late(&bureau::tap()?, &area)?,
            false => 0,
        };
        let late = office.late_below_horizon(&area)?;
        output.show(&Late {
            answered,
            late: late
                .into_iter()
                .map(|line| LateEntry {
                    entry: line.entry.to_string(),
                    subject: line.subject.to_string(),
                    author: line.author.to_string(),
                    at: moment(line.time),
                    received: moment(line.received_at),
                    answered: line.answered,
                    contradicts: line.contradicts,
                })
                .collect(),
        })
    }
}

/// Days since 1970-01-01 of a local date; 0 for what is before.
fn day_number(date: Date) -> u32 {
    let midnight = LOCAL.to_timestamp(date.at(0, 0, 0, 0));
    let seconds = midnight.map_or(0, |at| at.as_second());
    u32::try_from(LocalDay::of(seconds).0).unwrap_or(0)
}
