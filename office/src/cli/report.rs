//! `doorstep report`: report lines with what they rest on. Which areas and columns a report has is
//! decided here; every number, and how it is told, is the model's.

use std::collections::BTreeSet;

use clap::Args;
use doorstep_model::calendar::LOCAL;
use doorstep_model::ids::AreaId;
use doorstep_model::report::{
    Column, Frame, Language, LineRegister, Measured, NamedAreas, Period, Report, Rounding, Words,
    day_text, local_day,
};
use doorstep_replica::{DeclaredArea, Replica};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize, Serializer};

use super::import::parse_month;
use super::{Exit, Failure, OfficeFolder, Output, Sheet, Shown};
use crate::report_cell;

/// Prints report lines: measured beside reported, coverage beside every rate, a dash where a year has
/// no figure. Every number can be followed to its records.
#[derive(Debug, Args, Serialize, Deserialize)]
#[command(after_long_help = "\
Examples:
  doorstep report
  doorstep report --year 2017 --area 310101019
  doorstep report --month 2026-10 --json
  doorstep report --year 2017 --line S01 --entries

Lower bounds are marked with 余 or \"more than\"; they are never shown as exact. In JSON a gap is null
with \"gap\": true. Reported figures stand only in the report of the whole area that reported them.
What each line counts is described in docs/reports.md.")]
pub struct ReportArgs {
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
    /// The year; without year and month all years side by side.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1990..=2200))]
    pub year: Option<u16>,
    /// The month.
    #[arg(long, value_name = "YYYY-MM", conflicts_with = "year", value_parser = parse_month)]
    pub month: Option<Date>,
    /// The area whose subtree is counted; without it the whole organisation.
    #[arg(long, value_name = "CODE")]
    pub area: Option<String>,
    /// Only this line, like S01; S09 means S09.tank and all others that begin with it.
    #[arg(long, value_name = "LINE")]
    pub line: Option<String>,
    /// The ids of the entries behind each number too.
    #[arg(long)]
    pub entries: bool,
}

/// A report that is printed.
struct Printed {
    report: Report,
    with_entries: bool,
}

impl Serialize for Printed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.report.serialize(serializer)
    }
}

impl Shown for Printed {
    fn describe(&self, sheet: &mut Sheet) {
        if self.report.periods.len() > 1 {
            self.describe_years(sheet);
        } else {
            sheet.line(self.report.text(Language::Zh, Rounding::AsCounted));
            sheet.line(self.report.text(Language::En, Rounding::AsCounted));
        }
        if self.with_entries {
            self.describe_entries(sheet);
        }
    }
}

impl Printed {
    /// All years side by side. Those without any number are named below the table, not shown as rows of
    /// dashes.
    fn describe_years(&self, sheet: &mut Sheet) {
        let report = &self.report;
        let (areas, day) = (&report.areas.name, day_text(report.cut_off));
        sheet.line(format!(
            "截至{day};{}(上:按记录计数;下“报”:上报;— 无记录,不是零)",
            areas.zh
        ));
        sheet.line(format!(
            "Up to {day}; {} (above: counted from records; 报 below: reported; — is a gap, not zero)",
            areas.en
        ));
        let cells: Vec<Vec<Option<String>>> = report
            .lines
            .iter()
            .map(|line| {
                let columns = report.periods.iter().enumerate();
                let cell = |(at, period): (usize, &Period)| report_cell::of(line, at, *period);
                columns.map(cell).collect()
            })
            .collect();
        let (shown, empty): (Vec<usize>, Vec<usize>) = (0..report.periods.len())
            .partition(|column| cells.iter().any(|line| line[*column].is_some()));
        let title = |column: &usize| report.periods[*column].to_string();
        let mut titles = vec!["项目 Line".to_owned()];
        titles.extend(shown.iter().map(title));
        let rows = report.lines.iter().zip(&cells).map(|(result, cells)| {
            let line = &result.line;
            let name = format!(
                "{} {}({})\n{}",
                line.id, line.name.zh, line.unit.zh, line.name.en
            );
            let cell = |column: &usize| cells[*column].clone().unwrap_or_else(|| "—".to_owned());
            std::iter::once(name)
                .chain(shown.iter().map(cell))
                .collect()
        });
        sheet.wide_table(&titles, rows.collect());
        if !empty.is_empty() {
            let years: Vec<String> = empty.iter().map(title).collect();
            sheet.line(format!(
                "没有任何数字的年份(空缺,不是零) · years without any number (gaps, not zero): {}",
                years.join(", ")
            ));
        }
        sheet.line("一年的全文 · one year in full: doorstep report --year 2017");
    }

    /// Under each number the ids that it counts: what `doorstep export` and the page name the same.
    fn describe_entries(&self, sheet: &mut Sheet) {
        sheet.line("记录编号 · Entries");
        for result in &self.report.lines {
            for column in result.measured.iter().flatten() {
                let entries = entries(column);
                if entries.is_empty() {
                    continue;
                }
                let (line, period) = (&result.line.id, column.period);
                sheet.line(format!("{line} {period}: {}", entries.len()));
                for entry in entries {
                    sheet.line(format!("  {entry}"));
                }
            }
        }
    }
}

fn entries(column: &Column) -> Vec<String> {
    let identities = match &column.total {
        Measured::Count(count) => &count.entries,
        Measured::Rate(rate) => &rate.whole.entries,
        Measured::Gap(_) => return Vec::new(),
    };
    identities.iter().map(ToString::to_string).collect()
}

impl ReportArgs {
    /// Prints the report of an office's store.
    ///
    /// # Errors
    /// An area or a line that there is not; the store's.
    pub fn run(&self, replica: &Replica, output: &mut Output<'_>) -> Result<(), Failure> {
        let now = replica.now();
        let register = self.register()?;
        let areas = self.areas(&replica.declared_areas()?, local_day(now))?;
        let periods = self.periods(replica, now)?;
        let frame = Frame::new(register, areas, periods, local_day(now))
            .expect("areas are told apart by code, and years rise");
        let mut report = replica.report(frame)?;
        if !self.entries {
            report = report.without_entries();
        }
        output.show(&Printed {
            report,
            with_entries: self.entries,
        })
    }

    fn register(&self) -> Result<LineRegister, Failure> {
        let mut register = LineRegister::shipped();
        let Some(wanted) = &self.line else {
            return Ok(register);
        };
        let all: Vec<String> = register.lines.iter().map(|line| line.id.clone()).collect();
        register.lines.retain(|line| {
            let rest = line.id.strip_prefix(wanted.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        let kept: BTreeSet<&str> = register.lines.iter().map(|line| &*line.id).collect();
        register
            .charts
            .retain(|chart| chart.lines.iter().all(|line| kept.contains(&**line)));
        if kept.is_empty() {
            let all = all.join(", ");
            return Err(Failure::new(
                Exit::Usage,
                "report.no_such_line",
                (
                    format!("没有 {wanted} 这一行;有:{all}"),
                    format!("there is no line {wanted}; there are: {all}"),
                ),
                (
                    "请从上面选一行,或不写 --line。",
                    "Take one of these, or leave --line out.",
                ),
            ));
        }
        Ok(register)
    }

    /// The areas that consist of no others, below the one that is asked for: records are made there.
    fn areas(&self, declared: &[DeclaredArea], today: u32) -> Result<NamedAreas, Failure> {
        let there: Vec<&DeclaredArea> = declared
            .iter()
            .filter(|area| area.until.is_none_or(|until| until > today))
            .collect();
        let root = match &self.area {
            Some(code) => Some(*there.iter().find(|area| area.code.as_str() == code).ok_or_else(
                || {
                    Failure::new(
                        Exit::Usage,
                        "report.no_such_area",
                        (
                            format!("没有代码为 {code} 的区域"),
                            format!("there is no area with the code {code}"),
                        ),
                        (
                            "代码在导入的区域表里,例如 310101019。",
                            "Codes stand in the file of areas that was imported, like 310101019.",
                        ),
                    )
                },
            )?),
            None => None,
        };
        let is_below = |area: &DeclaredArea| {
            root.is_none_or(|root| ancestors(&there, area).any(|one| one.code == root.code))
        };
        let members: Vec<(AreaId, String)> = there
            .iter()
            .filter(|area| is_below(area))
            .filter(|area| {
                !there
                    .iter()
                    .any(|one| one.parent.as_ref() == Some(&area.code))
            })
            .map(|area| (area.code.clone(), area.name.clone()))
            .collect();
        let count = members.len();
        let name = match root {
            Some(root) => Words {
                zh: format!("{}:{count}个基层区域", root.name),
                en: format!("{}: {count} areas", root.name),
            },
            None => Words {
                zh: format!("全部{count}个基层区域"),
                en: format!("all {count} areas"),
            },
        };
        Ok(NamedAreas {
            name,
            on: today,
            members,
        })
    }

    fn periods(&self, replica: &Replica, now: i64) -> Result<Vec<Period>, Failure> {
        if let Some(month) = self.month {
            let months = i32::from(month.year()) * 12 + i32::from(month.month()) - 1;
            return Ok(vec![Period::Month(months.unsigned_abs())]);
        }
        if let Some(year) = self.year {
            return Ok(vec![Period::Year(year)]);
        }
        let this_year = Timestamp::from_second(now)
            .map_or(1970, |now| LOCAL.to_datetime(now).year().unsigned_abs());
        let first = replica.first_report_year()?.unwrap_or(this_year);
        Ok((first.min(this_year)..=this_year)
            .map(Period::Year)
            .collect())
    }
}

/// An area and those that it is part of, the nearest first. A circle ends.
fn ancestors<'a>(
    all: &'a [&'a DeclaredArea],
    area: &'a DeclaredArea,
) -> impl Iterator<Item = &'a DeclaredArea> {
    std::iter::successors(Some(area), |area| {
        let parent = area.parent.as_ref()?;
        all.iter().copied().find(|one| one.code == *parent)
    })
    .take(16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(code: &str, parent: Option<&str>, until: Option<u32>) -> DeclaredArea {
        let named = |text: &str| AreaId::new(text).unwrap();
        DeclaredArea {
            code: named(code),
            name: format!("区域{code}"),
            level: "committee".into(),
            parent: parent.map(named),
            until,
        }
    }

    fn asked(area: Option<&str>, line: Option<&str>) -> ReportArgs {
        ReportArgs {
            office: OfficeFolder {
                folder: "office".into(),
            },
            year: None,
            month: None,
            area: area.map(str::to_owned),
            line: line.map(str::to_owned),
            entries: false,
        }
    }

    fn codes(areas: &NamedAreas) -> Vec<&str> {
        areas
            .members
            .iter()
            .map(|(code, _)| code.as_str())
            .collect()
    }

    #[test]
    fn a_report_counts_the_areas_that_consist_of_no_others() {
        let declared = [
            area("310101", None, None),
            area("310101019", Some("310101"), None),
            area("310101019005", Some("310101019"), None),
            area("310101019006", Some("310101019"), None),
            area("310101019007", Some("310101019"), Some(20_000)),
            area("310101020", Some("310101"), None),
        ];
        let all = asked(None, None).areas(&declared, 20_500).unwrap();
        assert_eq!(codes(&all), ["310101019005", "310101019006", "310101020"]);
        let street = asked(Some("310101019"), None).areas(&declared, 20_500);
        assert_eq!(codes(&street.unwrap()), ["310101019005", "310101019006"]);
        let earlier = asked(Some("310101019"), None).areas(&declared, 19_000);
        assert_eq!(earlier.unwrap().members.len(), 3);
        let nowhere = asked(Some("999999"), None).areas(&declared, 20_500);
        assert_eq!(nowhere.unwrap_err().code, "report.no_such_area");
    }

    #[test]
    fn a_line_is_taken_with_its_parts_and_no_others() {
        let ids = |line: &str| -> Vec<String> {
            let register = asked(None, Some(line)).register().unwrap();
            register.lines.into_iter().map(|line| line.id).collect()
        };
        assert_eq!(ids("S01"), ["S01"]);
        assert!(ids("S09").len() > 1);
        assert!(ids("S09").iter().all(|id| id.starts_with("S09.")));
        let none = asked(None, Some("S0")).register();
        assert_eq!(none.unwrap_err().code, "report.no_such_line");
    }
}
