//! `doorstep report`: which areas, periods and lines a report is asked for. Counting is the model's,
//! reading rows the replica's, how it looks stands in `sheet`.

mod sheet;

use clap::Args;
use doorstep_model::ids::AreaId;
use doorstep_model::report::{
    Frame, FrameError, LineRegister, NamedAreas, Period, Report, Words, day_text, local_day,
    month_of,
};
use doorstep_replica::DeclaredArea;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::export::subtree;
use super::import::parse_month;
use super::invite::area_of;
use super::{Exit, Failure, OfficeFolder, Output};
use crate::bureau::Bureau;

use sheet::Printed;
pub(crate) use sheet::reported_number;

/// Prints report lines: measured beside reported, coverage beside every rate, a dash where a year has
/// no figure. Every number can be followed to its records.
#[derive(Debug, Args, Serialize, Deserialize)]
#[command(after_long_help = "\
Examples:
  doorstep report
  doorstep report --year 2017 --area 310101019
  doorstep report --month 2026-10 --json
  doorstep report --line S02
  doorstep report --year 2017 --entries S01

Measured is counted from records, reported is what a summary said: two columns, never added. 余 marks a
lower bound (80余 = at least 80), * what was generated from the reported figures. — is a gap: nothing
shows that there was nothing, so it is not zero. Years that say the same nothing share a row. In JSON a
gap is null with \"gap\": true.")]
pub struct ReportArgs {
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
    /// The year; without year and month all years side by side, from the first that has anything.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1990..=2200))]
    pub year: Option<u16>,
    /// The month.
    #[arg(long, value_name = "YYYY-MM", conflicts_with = "year", value_parser = parse_month)]
    pub month: Option<Date>,
    /// The area whose subtree is counted (its code or name); without it the whole organisation.
    #[arg(long, value_name = "CODE")]
    pub area: Option<String>,
    /// Only this line, like S01; S02 means S02.households and S02.boards.
    #[arg(long, value_name = "LINE")]
    pub line: Option<String>,
    /// Only this line, and the ids of the entries behind each of its numbers.
    #[arg(long, value_name = "LINE", conflicts_with = "line")]
    pub entries: Option<String>,
}

impl ReportArgs {
    /// Counts and prints.
    ///
    /// # Errors
    /// `area.unknown`, `report.no_such_line`, `report.no_area`, `report.not_begun`; the store's.
    pub fn run(&self, bureau: &Bureau, output: &mut Output<'_>) -> Result<(), Failure> {
        let replica = bureau.office().replica();
        let today = local_day(replica.now());
        let periods = self.periods(today, replica.report_begins()?)?;
        let declared = replica.declared_areas()?;
        let asked = self.area.as_deref();
        let inside = subtree(bureau, asked)?;
        let members = counted(&declared, &inside, periods[0].first_day());
        let name = match asked {
            Some(typed) => name_of(&declared, &area_of(bureau, typed)?),
            None => bureau.name(),
        };
        let told_by = speakers(&declared, &members);
        let mut frame = Frame::new(
            LineRegister::shipped(),
            named(&name, today, members),
            periods,
            today,
        )?;
        frame.told_by(told_by);
        let mut report = replica.report(frame)?;
        if let Some(line) = self.entries.as_ref().or(self.line.as_ref()) {
            report = only(report, line)?;
        }
        if self.entries.is_none() {
            report = report.without_entries();
        }
        output.show(&Printed {
            report,
            entries: self.entries.is_some(),
        })
    }

    /// The columns: the one that was asked for, else every year since the first that has anything.
    fn periods(&self, today: u32, begins: Option<u32>) -> Result<Vec<Period>, Failure> {
        let this_year = u16::try_from(month_of(today) / 12).unwrap_or(u16::MAX);
        let asked = match (self.year, self.month) {
            (Some(year), _) => Period::Year(year),
            (None, Some(month)) => Period::Month(
                month.year().unsigned_abs() as u32 * 12 + month.month().unsigned_abs() as u32 - 1,
            ),
            (None, None) => {
                let first = begins.map_or(this_year, |day| {
                    u16::try_from(month_of(day) / 12).unwrap_or(this_year)
                });
                return Ok((first.min(this_year)..=this_year)
                    .map(Period::Year)
                    .collect());
            }
        };
        match asked.first_day() <= today {
            true => Ok(vec![asked]),
            false => Err(not_begun(asked, today)),
        }
    }
}

/// The areas that a report counts: those inside that hold no others, and that were there on or after
/// its first day. Records are made in them; what only holds others would be covered by nobody.
fn counted(declared: &[DeclaredArea], inside: &[AreaId], first_day: u32) -> Vec<(AreaId, String)> {
    declared
        .iter()
        .filter(|area| inside.contains(&area.code) && !holds_others(declared, area))
        .filter(|area| area.until.is_none_or(|until| until > first_day))
        .map(|area| (area.code.clone(), area.name.clone()))
        .collect()
}

/// The areas whose own figures are about exactly these members: a street that holds them all and
/// nothing else of today. What it reported says nothing of one of its committees, and nothing of two
/// streets.
fn speakers(declared: &[DeclaredArea], members: &[(AreaId, String)]) -> Vec<AreaId> {
    let is_member = |code: &AreaId| members.iter().any(|(member, _)| member == code);
    let others: Vec<&AreaId> = declared
        .iter()
        .filter(|area| area.until.is_none() && !holds_others(declared, area))
        .map(|area| &area.code)
        .filter(|code| !is_member(code))
        .collect();
    let speaks = |above: &AreaId| {
        members
            .iter()
            .all(|(member, _)| is_within(declared, member, above))
            && !others.iter().any(|other| is_within(declared, other, above))
    };
    declared
        .iter()
        .map(|area| &area.code)
        .filter(|code| speaks(code))
        .cloned()
        .collect()
}

fn holds_others(declared: &[DeclaredArea], area: &DeclaredArea) -> bool {
    declared
        .iter()
        .any(|other| other.parent.as_ref() == Some(&area.code))
}

/// Whether an area is `above` or lies in it.
fn is_within(declared: &[DeclaredArea], code: &AreaId, above: &AreaId) -> bool {
    let above_it = |code: &AreaId| {
        let area = declared.iter().find(|area| area.code == *code);
        area.and_then(|area| area.parent.clone())
    };
    // As many steps as there are areas: a circle ends too.
    std::iter::successors(Some(code.clone()), above_it)
        .take(declared.len() + 1)
        .any(|code| code == *above)
}

fn name_of(declared: &[DeclaredArea], code: &AreaId) -> String {
    let area = declared.iter().find(|area| area.code == *code);
    area.map_or_else(|| code.to_string(), |area| area.name.clone())
}

fn named(name: &str, today: u32, members: Vec<(AreaId, String)>) -> NamedAreas {
    let number = members.len();
    NamedAreas {
        name: Words {
            zh: format!("{name}的{number}个区域"),
            en: match number {
                1 => format!("1 area of {name}"),
                _ => format!("{number} areas of {name}"),
            },
        },
        on: today,
        members,
    }
}

/// The report with this line alone, or the lines of this row.
fn only(mut report: Report, typed: &str) -> Result<Report, Failure> {
    let known: Vec<String> = report
        .lines
        .iter()
        .map(|line| line.line.id.clone())
        .collect();
    let row = format!("{typed}.");
    report
        .lines
        .retain(|result| result.line.id == typed || result.line.id.starts_with(&row));
    if report.lines.is_empty() {
        return Err(no_such_line(typed, &known));
    }
    let kept: Vec<String> = report
        .lines
        .iter()
        .map(|line| line.line.id.clone())
        .collect();
    report
        .charts
        .retain(|chart| chart.lines.iter().any(|id| kept.contains(id)));
    report.unplaced.clear();
    Ok(report)
}

fn no_such_line(typed: &str, known: &[String]) -> Failure {
    let known = known.join(" ");
    Failure::new(
        Exit::BadInput,
        "report.no_such_line",
        (
            format!("报表没有“{typed}”这一行；有的是：{known}"),
            format!("the report has no line {typed:?}; there are: {known}"),
        ),
        (
            "请写其中一个编号，或不加 --line 看全部。",
            "Write one of these, or leave the line out to see all.",
        ),
    )
}

fn not_begun(period: Period, today: u32) -> Failure {
    let today = day_text(today);
    Failure::new(
        Exit::BadInput,
        "report.not_begun",
        (
            format!("{period} 还没有开始，今天是 {today}"),
            format!("{period} has not begun, today is {today}"),
        ),
        (
            "请写已经开始的年或月。",
            "Write a year or month that has begun.",
        ),
    )
}

impl From<FrameError> for Failure {
    fn from(error: FrameError) -> Self {
        Self::new(
            Exit::BadInput,
            "report.no_area",
            (
                "没有区域可以统计",
                format!("there is no area to count: {error}"),
            ),
            (
                "请先导入区域：doorstep import areas areas.csv；已撤销的区域请写它还在时的年份。",
                "Import areas first: doorstep import areas areas.csv; of an area that is no more, write a year in which it was.",
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(code: &str, parent: Option<&str>, until: Option<u32>) -> DeclaredArea {
        DeclaredArea {
            code: AreaId::new(code).unwrap(),
            name: format!("{code} 区"),
            level: "committee".to_owned(),
            parent: parent.map(|code| AreaId::new(code).unwrap()),
            until,
        }
    }

    /// A district of two streets: the first with two committees and a third that ended, the second
    /// with one.
    fn tree() -> Vec<DeclaredArea> {
        vec![
            declared("D", None, None),
            declared("S1", Some("D"), None),
            declared("S2", Some("D"), None),
            declared("C1", Some("S1"), None),
            declared("C2", Some("S1"), None),
            declared("gone", Some("S1"), Some(17_000)),
            declared("C3", Some("S2"), None),
        ]
    }

    fn codes<'a>(areas: impl IntoIterator<Item = &'a AreaId>) -> Vec<&'a str> {
        areas.into_iter().map(AreaId::as_str).collect()
    }

    fn members(inside: &[&str], first_day: u32) -> Vec<(AreaId, String)> {
        let inside: Vec<AreaId> = inside
            .iter()
            .map(|code| AreaId::new(code).unwrap())
            .collect();
        counted(&tree(), &inside, first_day)
    }

    #[test]
    fn committees_are_counted_and_one_that_ended_in_the_years_before_it_did() {
        let street = ["S1", "C1", "C2", "gone"];
        let of = |first_day| members(&street, first_day);
        assert_eq!(
            codes(of(16_000).iter().map(|(code, _)| code)),
            ["C1", "C2", "gone"]
        );
        assert_eq!(codes(of(17_000).iter().map(|(code, _)| code)), ["C1", "C2"]);
    }

    #[test]
    fn a_street_speaks_for_all_its_committees_and_for_nothing_else() {
        let speakers = |inside: &[&str]| {
            let speakers = speakers(&tree(), &members(inside, 18_000));
            codes(&speakers).join(" ")
        };
        assert_eq!(speakers(&["S1", "C1", "C2"]), "S1");
        assert_eq!(speakers(&["C1"]), "C1");
        assert_eq!(speakers(&["S2", "C3"]), "S2 C3");
        assert_eq!(speakers(&["D", "S1", "S2", "C1", "C2", "C3"]), "D");
    }

    #[test]
    fn all_years_begin_with_the_first_that_has_anything() {
        let asked = ReportArgs {
            office: OfficeFolder {
                folder: "unused".into(),
            },
            year: None,
            month: None,
            area: None,
            line: None,
            entries: None,
        };
        let (today, in_2024) = (20_782, 19_800);
        let years = asked.periods(today, Some(in_2024)).unwrap();
        assert_eq!(years, [2024, 2025, 2026].map(Period::Year));
        assert_eq!(asked.periods(today, None).unwrap(), [Period::Year(2026)]);
        let later = ReportArgs {
            year: Some(2027),
            ..asked
        };
        let refused = later.periods(today, None).unwrap_err();
        assert_eq!(refused.code, "report.not_begun");
    }
}
