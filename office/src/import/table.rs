//! From bytes to rows of clean cells: encoding, columns, quotes, lengths, characters that are never
//! stored. What a cell means is for the readers of areas, places, assets and figures.

use std::collections::BTreeMap;

use super::problem::{Problem, Severity, Wrong, shown};

/// Largest file: 32 MiB.
pub const FILE_MAX: usize = 32 << 20;

/// Most rows of a file, the header aside: five times the register that the street is planned for.
pub const ROWS_MAX: usize = 200_000;

/// A column that a file may have.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) zh: &'static str,
    pub(super) required: bool,
    pub(super) max_characters: usize,
}

impl Column {
    pub(super) const fn required(name: &'static str, zh: &'static str, max: usize) -> Self {
        Self {
            name,
            zh,
            required: true,
            max_characters: max,
        }
    }

    pub(super) const fn optional(name: &'static str, zh: &'static str, max: usize) -> Self {
        Self {
            name,
            zh,
            required: false,
            max_characters: max,
        }
    }
}

/// One row: its line, and a cell for every known column, blank where the file has none.
pub(super) struct Cells {
    pub(super) line: u64,
    cells: BTreeMap<&'static str, String>,
}

impl Cells {
    /// The cell of a column, trimmed.
    pub(super) fn cell(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    /// The cell, `None` where it is blank.
    pub(super) fn filled(&self, column: &str) -> Option<&str> {
        Some(self.cell(column)).filter(|cell| !cell.is_empty())
    }
}

/// Reads a file with these columns: the rows that can be read, and every problem of the others. A
/// file-wide problem leaves no rows.
pub(super) fn read(bytes: &[u8], columns: &'static [Column]) -> (Vec<Cells>, Vec<Problem>) {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    if bytes.len() > FILE_MAX {
        let (bytes, max) = (bytes.len(), FILE_MAX);
        return (
            Vec::new(),
            vec![Problem::of_file(Wrong::FileTooLarge { bytes, max })],
        );
    }
    let mut records = Records::new(bytes);
    let header = match records.next() {
        Some(header) => header,
        None => return (Vec::new(), vec![Problem::of_file(Wrong::Empty)]),
    };
    let header = match Header::of(&header, columns) {
        Ok(header) => header,
        Err(problem) => return (Vec::new(), vec![problem]),
    };
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for (index, record) in records.enumerate() {
        if index == ROWS_MAX {
            let wrong = Wrong::TooManyRows { max: ROWS_MAX };
            return (Vec::new(), vec![Problem::of_file(wrong)]);
        }
        let known = problems.len();
        let row = header.row(&record, columns, &mut problems);
        if !problems[known..].iter().any(Problem::refuses) {
            rows.extend(row);
        }
    }
    (rows, problems)
}

/// One record with the bytes it stands in.
struct Record<'a> {
    line: u64,
    raw: &'a [u8],
    cells: csv::ByteRecord,
}

/// The records of a file, blank lines left out, each with its true line.
struct Records<'a> {
    bytes: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    line: u64,
    counted_to: usize,
}

impl<'a> Records<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(bytes);
        Self {
            bytes,
            reader,
            line: 1,
            counted_to: 0,
        }
    }

    fn offset(&self) -> usize {
        let offset = usize::try_from(self.reader.position().byte());
        offset.map_or(self.bytes.len(), |offset| offset.min(self.bytes.len()))
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let from = self.offset();
        let mut cells = csv::ByteRecord::new();
        // Memory neither fails nor has records of unequal length under `flexible`.
        if !matches!(self.reader.read_byte_record(&mut cells), Ok(true)) {
            return None;
        }
        let raw = &self.bytes[from..self.offset()];
        let blank = raw
            .iter()
            .take_while(|b| matches!(b, b'\r' | b'\n'))
            .count();
        let start = from + blank;
        let lines = self.bytes[self.counted_to..start].iter();
        self.line += lines.filter(|b| **b == b'\n').count() as u64;
        self.counted_to = start;
        Some(Record {
            line: self.line,
            raw: &raw[blank..],
            cells,
        })
    }
}

/// Which known column each cell of a row belongs to.
struct Header {
    columns: Vec<usize>,
}

impl Header {
    fn of(record: &Record<'_>, columns: &[Column]) -> Result<Self, Problem> {
        let file = |wrong| Problem::new(record.line, None, Severity::File, wrong);
        let text = std::str::from_utf8(record.raw).map_err(|_| file(Wrong::NotUtf8))?;
        if text.contains('\0') {
            return Err(file(Wrong::Nul));
        }
        let names: Vec<String> = record
            .cells
            .iter()
            .map(|cell| clean(&String::from_utf8_lossy(cell)).0)
            .collect();
        let found: Vec<_> = names
            .iter()
            .map(|name| columns.iter().position(|column| column.is_called(name)))
            .collect();
        let known: Option<Vec<usize>> = found.iter().copied().collect();
        let once = |index| found.iter().filter(|found| **found == Some(index)).count();
        let complete = columns.iter().enumerate().all(|(index, column)| {
            let times = once(index);
            times == 1 || (times == 0 && !column.required)
        });
        match known {
            Some(columns) if complete => Ok(Self { columns }),
            Some(_) | None => Err(file(Wrong::Columns {
                expected: expected(columns),
                found: shown(&names.join(",")),
            })),
        }
    }

    /// The row; `None` of one without anything in it.
    fn row(
        &self,
        record: &Record<'_>,
        columns: &'static [Column],
        problems: &mut Vec<Problem>,
    ) -> Option<Cells> {
        if let Err(error) = std::str::from_utf8(record.raw) {
            let before = &record.raw[..error.valid_up_to()];
            let line = record.line + before.iter().filter(|b| **b == b'\n').count() as u64;
            problems.push(Problem::of_row(line, Wrong::NotUtf8));
            return None;
        }
        if record.raw.contains(&0) {
            problems.push(Problem::of_row(record.line, Wrong::Nul));
            return None;
        }
        if record.raw.iter().filter(|b| **b == b'"').count() % 2 == 1 {
            problems.push(Problem::of_row(record.line, Wrong::Quotes));
            return None;
        }
        let texts: Vec<_> = record.cells.iter().map(String::from_utf8_lossy).collect();
        if texts.iter().all(|cell| cell.trim().is_empty()) {
            return None;
        }
        if texts.len() != self.columns.len() {
            let (expected, found) = (self.columns.len(), texts.len());
            let wrong = Wrong::CellCount { expected, found };
            problems.push(Problem::of_row(record.line, wrong));
            return None;
        }
        let mut cells = BTreeMap::new();
        for (text, &column) in texts.iter().zip(&self.columns) {
            let column = &columns[column];
            let (cell, cleaned) = clean(text);
            if cleaned {
                problems.push(Problem::of_cell(record.line, column.name, Wrong::Cleaned));
            }
            let (characters, max) = (cell.chars().count(), column.max_characters);
            if characters > max {
                let wrong = Wrong::CellTooLong { characters, max };
                problems.push(Problem::of_cell(record.line, column.name, wrong));
            }
            cells.insert(column.name, cell);
        }
        Some(Cells {
            line: record.line,
            cells,
        })
    }
}

impl Column {
    fn is_called(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(self.name) || name == self.zh
    }
}

/// `code(代码),parent(上级),[from(起)]`: optional columns in brackets.
fn expected(columns: &[Column]) -> String {
    let names = columns.iter().map(|column| match column.required {
        true => format!("{}({})", column.name, column.zh),
        false => format!("[{}({})]", column.name, column.zh),
    });
    names.collect::<Vec<_>>().join(",")
}

/// The text without control and direction characters, trimmed, and whether any was taken out. Line
/// breaks and tabs become blanks.
pub(super) fn clean(text: &str) -> (String, bool) {
    let trimmed = text.trim();
    let mut cleaned = false;
    let kept: String = trimmed
        .chars()
        .filter_map(|character| {
            let replaced = match character {
                '\n' | '\t' => Some(' '),
                '\r' => None,
                '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2028}'..='\u{2029}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}' => None,
                control if control.is_control() => None,
                other => return Some(other),
            };
            cleaned = true;
            replaced
        })
        .collect();
    (kept.trim().to_owned(), cleaned)
}

#[cfg(test)]
mod tests;
