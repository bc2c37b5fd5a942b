//! The yearly lines of the demo: what the records say beside what the summaries reported. Counting is
//! the report's; which columns are shown, and in how few words, is decided here.

use doorstep_model::ids::AreaId;
use doorstep_model::report::{
    Frame, LineRegister, LineResult, Measured, NamedAreas, Period, Words,
};
use doorstep_replica::Replica;
use serde::Serialize;

use super::DemoError;
use super::almanac::TODAY;
use crate::cli::report::reported_number;
use crate::cli::{Sheet, Shown};

/// The years of the summaries, and this one.
const YEARS: [u16; 6] = [2013, 2014, 2015, 2016, 2017, 2026];

/// The lines of all years.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lines {
    lines: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Row {
    id: String,
    zh: String,
    en: String,
    unit: String,
    /// Whether records can say anything of it, or only summaries.
    counted: bool,
    years: Vec<Cell>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Cell {
    year: u16,
    /// What the records say; null is a gap.
    measured: Option<String>,
    /// Made from the reported figures: proves plumbing, not truth.
    generated: bool,
    /// What the summary says; null is a gap.
    reported: Option<String>,
}

impl Lines {
    /// Counts the lines over these committees.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn count(
        office: &Replica,
        committees: Vec<(AreaId, String)>,
    ) -> Result<Self, DemoError> {
        let number = committees.len();
        let areas = NamedAreas {
            name: Words {
                zh: format!("{number}居委会"),
                en: format!("{number} committees"),
            },
            on: TODAY,
            members: committees,
        };
        let periods = YEARS.map(Period::Year).to_vec();
        let frame = Frame::new(LineRegister::shipped(), areas, periods, TODAY)?;
        let report = office.report(frame)?;
        let lines = report.lines.iter().map(row).collect();
        Ok(Self { lines })
    }
}

fn row(result: &LineResult) -> Row {
    let years = YEARS.iter().enumerate().map(|(column, year)| {
        let measured = result.measured.as_ref().and_then(|all| all.get(column));
        let reported = result.reported.iter().find(|(of, _)| of == year);
        Cell {
            year: *year,
            measured: measured.and_then(|column| measured_text(&column.total)),
            generated: measured.is_some_and(|column| column.total.is_generated()),
            reported: reported.and_then(|(_, reported)| reported_number(reported)),
        }
    });
    Row {
        id: result.line.id.clone(),
        zh: result.line.name.zh.clone(),
        en: result.line.name.en.clone(),
        unit: result.line.unit.zh.clone(),
        counted: result.measured.is_some(),
        years: years.collect(),
    }
}

fn measured_text(measured: &Measured) -> Option<String> {
    match measured {
        Measured::Count(count) => Some(count.amount.value.to_string()),
        Measured::Rate(rate) => {
            let coverage = rate.coverage.and_then(|coverage| coverage.percent());
            let covered = coverage.map_or_else(String::new, |covered| format!(" (查{covered}%)"));
            Some(format!("{}%{covered}", rate.percent()))
        }
        Measured::Gap(_) => None,
    }
}

impl Cell {
    /// Counted above, reported below; nothing where neither is.
    fn describe(&self) -> String {
        let measured = self.measured.as_deref().unwrap_or("—");
        let mark = if self.generated { "*" } else { "" };
        match &self.reported {
            Some(reported) => format!("{measured}{mark}\n报 {reported}"),
            None => format!("{measured}{mark}"),
        }
    }
}

impl Shown for Lines {
    fn describe(&self, sheet: &mut Sheet) {
        sheet.line(
            "历年数字(上:按记录计数;下“报”:总结所报;— 无记录,不是零)\n\
             Yearly lines (above: counted from records; 报 below: as reported; — is a gap, not zero)",
        );
        let years = YEARS.map(|year| year.to_string());
        let [a, b, c, d, e, f] = years.each_ref().map(String::as_str);
        let (counted, others): (Vec<&Row>, Vec<&Row>) =
            self.lines.iter().partition(|row| row.counted);
        let rows = counted.into_iter().map(|row| {
            let name = format!("{} {}({})\n{}", row.id, row.zh, row.unit, row.en);
            let cell = |column: usize| {
                row.years
                    .get(column)
                    .map(Cell::describe)
                    .unwrap_or_default()
            };
            [name, cell(0), cell(1), cell(2), cell(3), cell(4), cell(5)]
        });
        sheet.table(["项目 Line", a, b, c, d, e, f], rows);
        let others = others.len();
        sheet.line(format!(
            "另有 {others} 项只有总结所报的数 · {others} more lines are only reported: doorstep report"
        ));
        sheet.line(
            "* 由上报数生成:证明管道通畅,不证明真实\n\
             * generated from the reported figures: proves plumbing, not truth",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_a_dash_and_what_was_generated_says_so() {
        let cell = |measured: Option<&str>, generated, reported: Option<&str>| Cell {
            year: 2013,
            measured: measured.map(str::to_owned),
            generated,
            reported: reported.map(str::to_owned),
        };
        assert_eq!(
            cell(Some("83"), true, Some("80余")).describe(),
            "83*\n报 80余"
        );
        assert_eq!(cell(None, false, Some("100")).describe(), "—\n报 100");
        assert_eq!(cell(None, false, None).describe(), "—");
    }
}
