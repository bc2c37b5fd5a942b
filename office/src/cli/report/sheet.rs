//! How a report looks in a terminal: a row for every line and period, measured and reported side by
//! side, and the entries behind a number when they are asked for. Counting must not be here.

use doorstep_model::ids::Identity;
use doorstep_model::report::{
    Amount, Column, Count, Coverage, Covered, Gap, LineResult, Measured, Part, PartCount, Period,
    Rate, Report, Reported, Side, Sum, UnplacedReason, Words, day_text,
};
use serde::{Serialize, Serializer};

use super::super::{Sheet, Shown};

/// A report to be printed.
pub(super) struct Printed {
    pub(super) report: Report,
    /// With the entries behind each number.
    pub(super) entries: bool,
}

impl Serialize for Printed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.report.serialize(serializer)
    }
}

/// What stands in one row: a period or several that say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cells {
    measured: String,
    reported: String,
    beside: String,
    /// Nothing measured and nothing reported: rows like that are told once.
    gap: bool,
}

impl Shown for Printed {
    fn describe(&self, sheet: &mut Sheet) {
        let report = &self.report;
        let (on, Words { zh, en }) = (day_text(report.cut_off), &report.areas.name);
        sheet.line(format!("截至 {on}，{zh} · up to {on}, {en}"));
        let (told, silent): (Vec<&LineResult>, Vec<&LineResult>) =
            report.lines.iter().partition(|line| has_anything(line));
        if !told.is_empty() {
            let titles = [
                "项目 Line",
                "期间 Period",
                "实测 Measured",
                "上报 Reported",
                "旁注 Beside",
            ];
            sheet.table(titles, told.iter().flat_map(|line| rows(report, line)));
        }
        sheet.line(
            "— 无记录，不是零 · a gap, not zero；余 下限 · at least；两列从不相加 · never added",
        );
        if told.iter().any(|line| is_generated(line)) {
            sheet.line(
                "* 由上报数生成：只证明流程通，不证明属实 · \
                 generated from the reported figures: proves plumbing, not truth",
            );
        }
        if report.periods.len() > 1 {
            sheet.line(
                "合计后 (n/m)：m 年中 n 年有数 · after a sum (n/m): n of m years have a number",
            );
        }
        for line in told.iter().filter(|line| has_number(line)) {
            if let Some(Words { zh, en }) = &line.line.note {
                sheet.line(format!("{}：{zh} · {en}", line.line.id));
            }
        }
        if !silent.is_empty() {
            let ids: Vec<&str> = silent.iter().map(|line| line.line.id.as_str()).collect();
            sheet.line(format!(
                "没有数的项目 Lines without a figure: {}",
                ids.join(" ")
            ));
        }
        self.apart(sheet);
        if self.entries {
            for line in &told {
                entries(sheet, line);
            }
        }
    }
}

impl Printed {
    /// What no line has: figures that belong nowhere, records of other areas.
    fn apart(&self, sheet: &mut Sheet) {
        for figure in &self.report.unplaced {
            if figure.reason == UnplacedReason::NoLine {
                let quotes = quotes(&figure.figure.quotes);
                sheet.line(format!("不属任何一行 On no line: {} {quotes}", figure.year));
            }
        }
        if self.report.outside > 0 {
            let number = self.report.outside;
            sheet.line(format!(
                "另有 {number} 行记录在这些区域以外，没有计入 · rows of other areas, not counted: {number}"
            ));
        }
    }
}

/// Lines that records are counted for are shown with their gaps; the others only with a figure.
fn has_anything(line: &LineResult) -> bool {
    line.measured.is_some() || has_number(line)
}

fn has_number(line: &LineResult) -> bool {
    let mut columns = line.measured.iter().flatten();
    let mut reported = line.reported.iter();
    columns.any(|column| !column.total.is_gap())
        || reported.any(|(_, reported)| *reported != Reported::Gap)
}

fn is_generated(line: &LineResult) -> bool {
    let mut columns = line.measured.iter().flatten();
    columns.any(|column| column.total.is_generated())
}

/// The rows of a line: its periods, those that say the same nothing together, and the sum.
fn rows(report: &Report, line: &LineResult) -> Vec<[String; 5]> {
    let mut told: Vec<(Period, Period, Cells)> = Vec::new();
    for (index, period) in report.periods.iter().enumerate() {
        let cells = cells(line, index, *period);
        match told.last_mut() {
            Some((_, last, before)) if cells.gap && *before == cells => *last = *period,
            _ => told.push((*period, *period, cells)),
        }
    }
    let Words { zh, en } = &line.line.name;
    let unit = &line.line.unit.zh;
    let mut name = format!("{} {zh}（{unit}）\n{en}", line.line.id);
    let mut rows: Vec<[String; 5]> = Vec::new();
    let mut row = |period: String, cells: Cells| {
        let Cells {
            measured,
            reported,
            beside,
            ..
        } = cells;
        rows.push([
            std::mem::take(&mut name),
            period,
            measured,
            reported,
            beside,
        ]);
    };
    for (first, last, cells) in told {
        match first == last {
            true => row(first.to_string(), cells),
            false => row(format!("{first}–{last}"), cells),
        }
    }
    if report.periods.len() > 1 && (line.measured_sum, line.reported_sum) != (None, None) {
        let sum = |sum: Option<Sum>| {
            sum.map_or("—".to_owned(), |sum| {
                format!("{} ({}/{})", number(sum.amount), sum.known, sum.of)
            })
        };
        let cells = Cells {
            measured: sum(line.measured_sum),
            reported: sum(line.reported_sum),
            beside: String::new(),
            gap: false,
        };
        row("合计 Sum".to_owned(), cells);
    }
    rows
}

fn cells(line: &LineResult, index: usize, period: Period) -> Cells {
    let measured = line
        .measured
        .as_ref()
        .and_then(|columns| columns.get(index));
    let reported = line
        .reported
        .iter()
        .find(|(year, _)| Some(*year) == period.year())
        .map(|(_, reported)| reported);
    let measured_gap = measured.is_none_or(|column| column.total.is_gap());
    let reported = reported.and_then(reported_number);
    Cells {
        gap: measured_gap && reported.is_none(),
        measured: measured.map_or("—".to_owned(), |column| measured_number(&column.total)),
        reported: reported.unwrap_or("—".to_owned()),
        beside: measured
            .map(|column| beside(&column.total))
            .unwrap_or_default(),
    }
}

/// `9321`, `80余`.
fn number(amount: Amount) -> String {
    match amount.is_lower_bound() {
        true => format!("{}余", amount.value),
        false => amount.value.to_string(),
    }
}

fn measured_number(measured: &Measured) -> String {
    let mark = if measured.is_generated() { "*" } else { "" };
    match measured {
        Measured::Count(count) => format!("{}{mark}", number(count.amount)),
        Measured::Rate(rate) => format!("{}%{mark}", rate.percent()),
        Measured::Gap(_) => "—".to_owned(),
    }
}

/// What the texts say, as they have it; several numbers for one thing side by side.
pub(crate) fn reported_number(reported: &Reported) -> Option<String> {
    match reported {
        Reported::Figure(figure) if figure.cumulative => {
            Some(format!("{}（累计 cumulative）", number(figure.amount)))
        }
        Reported::Figure(figure) => Some(number(figure.amount)),
        Reported::Several(figures) => {
            let numbers: Vec<String> = figures.iter().map(|told| number(told.amount)).collect();
            Some(numbers.join(" / "))
        }
        Reported::Gap => None,
    }
}

/// What a number rests on, a thing a line.
fn beside(measured: &Measured) -> String {
    let mut said: Vec<String> = Vec::new();
    match measured {
        Measured::Count(Count {
            corrections,
            parts,
            covered,
            ..
        }) => {
            said.extend(
                corrections
                    .as_ref()
                    .map(|late| format!("另有更正 corrections apart {}", late.value)),
            );
            said.extend(parts.iter().map(part));
            said.extend(areas(*covered));
        }
        Measured::Rate(Rate {
            part: some,
            whole,
            coverage,
            parts,
            covered,
            ..
        }) => {
            said.push(format!("{}/{}", some.value, whole.value));
            said.extend(coverage.map(checked));
            said.extend(parts.iter().map(part));
            said.extend(areas(*covered));
        }
        Measured::Gap(Gap {
            parts, coverage, ..
        }) => {
            said.extend(coverage.filter(|c| c.registered > 0).map(checked));
            let known = parts.iter().filter(|known| known.part != Part::NotChecked);
            said.extend(known.map(part));
        }
    }
    said.join("\n")
}

fn checked(coverage: Coverage) -> String {
    let Coverage {
        checked,
        registered,
        ..
    } = coverage;
    let percent = coverage
        .percent()
        .map_or(String::new(), |percent| format!(" = {percent}%"));
    format!("已查/在册 checked/registered {checked}/{registered}{percent}")
}

fn part(part: &PartCount) -> String {
    let Words { zh, en } = part.part.words();
    let value = part.side.value;
    match zh == en {
        true => format!("{zh} {value}"),
        false => format!("{zh} {en} {value}"),
    }
}

fn areas(covered: Covered) -> Option<String> {
    let (known, of) = (covered.areas, covered.of_areas);
    (known < of).then(|| format!("{of} 个区域中 {known} 个有数 · {known} of {of} areas"))
}

/// The entries behind each number of a line.
fn entries(sheet: &mut Sheet, line: &LineResult) {
    let id = &line.line.id;
    for Column { period, total, .. } in line.measured.iter().flatten() {
        let head = format!("{id} {period} 实测 measured {}", measured_number(total));
        match total {
            Measured::Count(count) => {
                listed(sheet, &head, &count.entries);
                if let Some(late) = &count.corrections {
                    listed_part(sheet, &head, "更正 corrections", late);
                }
                listed_parts(sheet, &head, &count.parts);
            }
            Measured::Rate(rate) => {
                listed_part(sheet, &head, "分子 part", &rate.part);
                listed_part(sheet, &head, "分母 whole", &rate.whole);
                listed_parts(sheet, &head, &rate.parts);
            }
            Measured::Gap(gap) => listed_parts(sheet, &head, &gap.parts),
        }
    }
    for (year, reported) in &line.reported {
        let figures = match reported {
            Reported::Figure(figure) => std::slice::from_ref(figure),
            Reported::Several(figures) => figures.as_slice(),
            Reported::Gap => &[],
        };
        for figure in figures {
            let quotes = quotes(&figure.quotes);
            let amount = number(figure.amount);
            let head = format!("{id} {year} 上报 reported {amount}：{quotes}");
            listed(sheet, &head, &figure.entries);
        }
    }
}

/// The sentences that tell a figure, one after the other.
fn quotes(quotes: &[String]) -> String {
    let sentences: Vec<&str> = quotes.iter().flat_map(|quote| quote.lines()).collect();
    sentences.join(" / ")
}

fn listed_parts(sheet: &mut Sheet, head: &str, parts: &[PartCount]) {
    for part in parts {
        let Words { zh, en } = part.part.words();
        listed_part(sheet, head, &format!("{zh} {en}"), &part.side);
    }
}

fn listed_part(sheet: &mut Sheet, head: &str, what: &str, side: &Side) {
    listed(
        sheet,
        &format!("{head}，{what} {}", side.value),
        &side.entries,
    );
}

fn listed(sheet: &mut Sheet, head: &str, entries: &[Identity]) {
    if entries.is_empty() {
        return;
    }
    sheet.line(head);
    for entry in entries {
        sheet.line(format!("  {entry}"));
    }
}
