//! The yearly lines of the demo: what the records say beside what the summaries reported. Counting is
//! the report's; which columns are shown, and in how few words, is decided here.

use doorstep_model::ids::AreaId;
use doorstep_model::report::{Frame, LineRegister, LineResult, NamedAreas, Period, Words};
use doorstep_replica::Replica;
use serde::Serialize;

use super::DemoError;
use super::almanac::TODAY;
use crate::cli::{Sheet, Shown};
use crate::report_cell;

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
            measured: measured.and_then(|column| report_cell::measured(&column.total)),
            generated: measured.is_some_and(|column| column.total.is_generated()),
            reported: reported.and_then(|(_, reported)| report_cell::reported(reported)),
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

impl Cell {
    fn describe(&self) -> String {
        report_cell::cell(
            self.measured.as_deref(),
            self.generated,
            self.reported.as_deref(),
        )
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
