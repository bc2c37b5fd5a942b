//! Reads figures.csv: numbers that a text reported, each with the sentence it stands in. They fill
//! the reported column only; nothing here touches what is measured.

use std::collections::BTreeMap;

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Entry, Precision, ReportedFigure, VALUE_MAX};
use doorstep_model::ids::Identity;
use doorstep_model::report::{Decimal, DecimalError};

use super::places::year;
use super::problem::{Problem, Wrong, shown};
use super::table::{Cells, Column, read};
use super::{Imported, Parsed, dates, origin};

const COLUMNS: &[Column] = &[
    Column::required("year", "年份", 10),
    Column::required("row", "行号", 10),
    Column::required("measure", "指标", 200),
    Column::required("value", "数值", 20),
    Column::required("unit", "单位", 20),
    Column::required("precision", "精度", 20),
    Column::required("note", "备注", 400),
    Column::required("quote", "原文", 400),
];

/// What is known before the file is read.
#[derive(Debug, Clone, Copy)]
pub struct FigureContext {
    /// The local day of the import.
    pub today: u32,
}

/// One figure with every sentence that tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedFigure {
    /// Lines of the file that tell it, rising.
    pub lines: Vec<u64>,
    /// Year of the text.
    pub year: u16,
    /// Row of the line register, such as `S01`.
    pub row: String,
    /// What was measured, in words.
    pub measure: String,
    /// The number.
    pub value: Decimal,
    /// Unit as printed.
    pub unit: String,
    /// Exact or at least.
    pub precision: Precision,
    /// What is easily misread; several notes one a line.
    pub note: Option<String>,
    /// The sentences, in the order of their bytes.
    pub quotes: Vec<String>,
    /// Counted since an unstated start: its note says *cumulative* or 累计.
    pub cumulative: bool,
}

/// Reads figures.csv. Rows that tell the same number of the same measure and year are one figure.
pub fn parse_figures(bytes: &[u8], context: &FigureContext) -> Parsed<ImportedFigure> {
    let (cells, mut problems) = read(bytes, COLUMNS);
    let mut figures: Vec<ImportedFigure> = Vec::new();
    let mut index: BTreeMap<(u16, String, String, String), usize> = BTreeMap::new();
    for cells in cells {
        let Some(figure) = figure(&cells, context, &mut problems) else {
            continue;
        };
        let (row, measure, unit) = (&figure.row, &figure.measure, &figure.unit);
        let key = (figure.year, row.clone(), measure.clone(), unit.clone());
        let Some(&at) = index.get(&key) else {
            index.insert(key, figures.len());
            figures.push(figure);
            continue;
        };
        let first = figures[at].lines[0];
        if !figures[at].says_the_same_as(&figure) {
            problems.push(Problem::of_row(cells.line, Wrong::Contradiction { first }));
        } else if figures[at].quotes.contains(&figure.quotes[0]) {
            problems.push(Problem::of_row(cells.line, Wrong::Duplicate { first }));
        } else {
            figures[at].tell(figure);
        }
    }
    figures.retain(|figure| {
        let (bytes, max) = (figure.entry(0).to_bytes().len(), VALUE_MAX);
        if bytes > max {
            let line = figure.lines[0];
            problems.push(Problem::of_row(line, Wrong::EntryTooLong { bytes, max }));
        }
        bytes <= max
    });
    Parsed::new(figures, problems)
}

/// The entries of figures, in the desk document of the reporting area. The subject is year, row and
/// measure; quotes stand one a line.
pub fn figure_entries(figures: &[ImportedFigure], at: i64) -> Vec<Imported> {
    let entries = figures.iter();
    entries
        .map(|figure| (DocumentName::Desk, figure.subject(), figure.entry(at)))
        .collect()
}

impl ImportedFigure {
    /// What the figure is about: year, row, measure.
    pub fn subject(&self) -> Identity {
        origin(
            "figure subject",
            &[&self.year.to_string(), &self.row, &self.measure],
        )
    }

    /// Everything the number says; quotes and notes are remarks.
    fn origin(&self) -> Identity {
        let precision = match self.precision {
            Precision::Exact => "exact",
            Precision::LowerBound => "lower_bound",
        };
        let (year, value) = (self.year.to_string(), self.value.to_string());
        let cumulative = match self.cumulative {
            true => "cumulative",
            false => "",
        };
        let parts = [
            year.as_str(),
            &self.row,
            &self.measure,
            &value,
            &self.unit,
            precision,
            cumulative,
            "1",
        ];
        origin("figure", &parts)
    }

    fn entry(&self, at: i64) -> Entry {
        let reported = ReportedFigure {
            year: self.year,
            row: self.row.clone(),
            measure: self.measure.clone(),
            value: self.value.to_string(),
            unit: self.unit.clone(),
            precision: self.precision,
            quote: self.quotes.join("\n"),
            note: self.note.clone(),
            cumulative: self.cumulative.then_some(true),
        };
        Entry::new(reported, at).with_origin(self.origin())
    }

    fn says_the_same_as(&self, other: &Self) -> bool {
        let said = |figure: &Self| (figure.value, figure.precision, figure.cumulative);
        said(self) == said(other)
    }

    fn tell(&mut self, again: Self) {
        self.lines.extend(again.lines);
        self.quotes.extend(again.quotes);
        self.quotes.sort();
        let mut notes: Vec<String> = self.note.take().into_iter().chain(again.note).collect();
        notes.sort();
        notes.dedup();
        self.note = (!notes.is_empty()).then(|| notes.join("\n"));
    }
}

fn figure(
    cells: &Cells,
    context: &FigureContext,
    problems: &mut Vec<Problem>,
) -> Option<ImportedFigure> {
    let known = problems.len();
    let mut wrong =
        |column: &str, wrong| problems.push(Problem::of_cell(cells.line, column, wrong));
    for column in [
        "year",
        "row",
        "measure",
        "value",
        "unit",
        "precision",
        "quote",
    ] {
        if cells.filled(column).is_none() {
            wrong(column, Wrong::Blank);
        }
    }
    let told_in = year(cells.cell("year"), context.today);
    if let (None, Some(found)) = (told_in, cells.filled("year")) {
        wrong(
            "year",
            Wrong::Year {
                found: shown(found),
            },
        );
    }
    let row = dates::half_width(cells.cell("row"));
    let row_reads = row
        .strip_prefix('S')
        .is_some_and(|number| number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit()));
    if !row_reads && !row.is_empty() {
        wrong("row", Wrong::Row { found: shown(&row) });
    }
    let (unit, quote) = (cells.cell("unit"), cells.cell("quote"));
    let value = match cells.filled("value").map(number) {
        Some(Ok(value)) => Some(value),
        Some(Err(number)) => {
            wrong("value", number);
            None
        }
        None => None,
    };
    if let Some(value) = value.filter(|value| unit == "%" && *value > Decimal::whole(100)) {
        wrong(
            "value",
            Wrong::Percent {
                found: value.to_string(),
            },
        );
    }
    let precision = match cells.filled("precision").map(precision) {
        Some(Ok(precision)) => Some(precision),
        Some(Err(precision)) => {
            wrong("precision", precision);
            None
        }
        None => None,
    };
    if let (Some(value), Some(precision)) = (value, precision)
        && let Some(quoted) = against_quote(value, unit, precision, quote)
    {
        wrong("precision", quoted);
    }
    if problems.len() > known {
        return None;
    }
    let note = cells.filled("note");
    Some(ImportedFigure {
        lines: vec![cells.line],
        year: told_in?,
        row,
        measure: cells.cell("measure").to_owned(),
        value: value?,
        unit: unit.to_owned(),
        precision: precision?,
        cumulative: note.is_some_and(|note| {
            note.to_lowercase().contains("cumulative") || note.contains("累计")
        }),
        note: note.map(str::to_owned),
        quotes: vec![quote.to_owned()],
    })
}

fn number(cell: &str) -> Result<Decimal, Wrong> {
    let text = dates::half_width(cell);
    let found = || shown(cell);
    text.parse().map_err(|error| match error {
        DecimalError::TooPrecise => Wrong::TwoDecimals { found: found() },
        DecimalError::TooLarge => Wrong::Number { found: found() },
        DecimalError::NotANumber => {
            let mut ends = text.split(['-', '–', '—', '~', '至', '到']);
            let parts = ends
                .by_ref()
                .filter(|end| end.trim().parse::<Decimal>().is_ok());
            match (parts.count(), cell.contains('近')) {
                (_, true) => Wrong::Nearly,
                (2, false) => Wrong::Range { found: found() },
                (_, false) => Wrong::Number { found: found() },
            }
        }
    })
}

fn precision(cell: &str) -> Result<Precision, Wrong> {
    match cell {
        "exact" | "准数" => Ok(Precision::Exact),
        "lower_bound" | "余" | "多" | "以上" | "超过" => Ok(Precision::LowerBound),
        "近" | "nearly" => Err(Wrong::Nearly),
        other => Err(Wrong::NotOneOf {
            found: shown(other),
            known: "exact(准数), lower_bound(余、多、以上、超过)".into(),
        }),
    }
}

/// What the quote says against the row: 近 before the number, or 余, 多, 以上, 超过 beside a number
/// that the row calls exact.
fn against_quote(value: Decimal, unit: &str, precision: Precision, quote: &str) -> Option<Wrong> {
    let digits = value.to_string();
    for (at, _) in quote.match_indices(&digits) {
        let (before, after) = (&quote[..at], &quote[at + digits.len()..]);
        let in_number = |c: char| c.is_ascii_digit() || c == '.';
        if before.ends_with(in_number) || after.starts_with(in_number) {
            continue;
        }
        let nearby = ["最近", "附近", "邻近"]
            .iter()
            .any(|word| before.ends_with(word));
        if before.ends_with('近') && !nearby {
            return Some(Wrong::Nearly);
        }
        let after_unit = after.strip_prefix(unit).unwrap_or(after);
        let more = ["余", "多"]
            .into_iter()
            .find(|word| after.starts_with(word));
        let more = more.or(after_unit.starts_with("以上").then_some("以上"));
        let found = match more {
            Some(word) => format!("{digits}{word}"),
            None if before.ends_with("超过") => format!("超过{digits}"),
            None => continue,
        };
        return (precision == Precision::Exact).then_some(Wrong::PrecisionAgainstQuote { found });
    }
    None
}

#[cfg(test)]
mod tests;
