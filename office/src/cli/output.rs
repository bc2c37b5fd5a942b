//! Results, printed once: a result says how it looks for people, serde says how it looks for
//! programs, and a command never asks which of the two it is. Failures are not results.

use std::io::{self, Write};

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use serde::Serialize;

use super::failure::Failure;

/// A result that can be printed.
pub trait Shown: Serialize {
    /// Writes it for people.
    fn describe(&self, sheet: &mut Sheet);
}

/// What people see of a result: lines and tables, in order.
#[derive(Debug, Default)]
pub struct Sheet(String);

impl Sheet {
    /// A line of text.
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.0.push_str(text.as_ref());
        self.0.push('\n');
    }

    /// A table. Columns whose cells are all numbers or dashes stand to the right.
    pub fn table<const N: usize>(
        &mut self,
        titles: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) {
        let rows = rows.into_iter().map(Vec::from).collect();
        self.wide_table(&titles.map(str::to_owned), rows);
    }

    /// The same, of as many columns as there are titles.
    pub fn wide_table(&mut self, titles: &[String], rows: Vec<Vec<String>>) {
        let mut table = Table::new();
        table
            .load_style(UTF8_FULL_CONDENSED)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(titles);
        for (index, column) in table.column_iter_mut().enumerate() {
            let cell = |row: &Vec<String>| row.get(index).is_some_and(|cell| is_number(cell));
            if !rows.is_empty() && rows.iter().all(cell) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for row in rows {
            table.add_row(row.into_iter().map(Cell::new));
        }
        self.line(table.to_string());
    }

    /// Facts with their names, one a line.
    pub fn facts(&mut self, facts: &[(&str, String)]) {
        for (name, value) in facts {
            self.line(format!("{name}: {value}"));
        }
    }
}

fn is_number(text: &str) -> bool {
    text == "—" || (!text.is_empty() && text.chars().all(|c| "0123456789,.+-%".contains(c)))
}

/// Where results go, and how.
pub struct Output<'a> {
    json: bool,
    writer: Box<dyn Write + 'a>,
    notes: Box<dyn Write + 'a>,
}

impl<'a> Output<'a> {
    /// Results for programs (`json`) or for people.
    pub fn new(json: bool, writer: impl Write + 'a) -> Self {
        Self {
            json,
            writer: Box::new(writer),
            notes: Box::new(io::sink()),
        }
    }

    /// The same, with what people should know beside the result told here.
    #[must_use]
    pub fn noting(mut self, notes: impl Write + 'a) -> Self {
        self.notes = Box::new(notes);
        self
    }

    /// Says something to people that is not part of the result: it never stands on standard output,
    /// and programs do not hear it.
    pub fn note(&mut self, text: impl AsRef<str>) {
        if !self.json {
            // Who does not hear a note still has the result. One write, so that a note stays one.
            let _ = self
                .notes
                .write_all(format!("{}\n", text.as_ref().trim_end()).as_bytes());
        }
    }

    /// Prints what is a result already: another process printed it.
    ///
    /// # Errors
    /// When standard output is gone; a reader that has read enough is no error.
    pub fn write(&mut self, text: &[u8]) -> io::Result<()> {
        let written = self
            .writer
            .write_all(text)
            .and_then(|()| self.writer.flush());
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether programs read it: then nothing else may stand on standard output.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints a result: a line of JSON, or what [`Shown::describe`] says.
    ///
    /// # Errors
    /// When standard output is gone; a reader that has read enough (`| head`) is no failure.
    pub fn show(&mut self, result: &impl Shown) -> Result<(), Failure> {
        let text = if self.json {
            let mut line = serde_json::to_string(result)
                .map_err(|error| Failure::of_stream(&io::Error::other(error)))?;
            line.push('\n');
            line
        } else {
            let mut sheet = Sheet::default();
            result.describe(&mut sheet);
            sheet.0
        };
        self.write(text.as_bytes())
            .map_err(|error| Failure::of_stream(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Counted {
        area: &'static str,
        received: Option<u64>,
    }

    impl Shown for Vec<Counted> {
        fn describe(&self, sheet: &mut Sheet) {
            sheet.line("今天 Today");
            let rows = self.iter().map(|row| {
                let received = row.received.map_or("—".to_owned(), |n| n.to_string());
                [row.area.to_owned(), received]
            });
            sheet.table(["地区 Area", "收到 Received"], rows);
        }
    }

    fn counted() -> Vec<Counted> {
        vec![
            Counted {
                area: "大兴居委会",
                received: Some(1208),
            },
            Counted {
                area: "大林居委会",
                received: None,
            },
        ]
    }

    fn printed(json: bool) -> String {
        let mut bytes = vec![];
        Output::new(json, &mut bytes).show(&counted()).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn people_get_a_table_with_numbers_to_the_right_and_dashes_for_gaps() {
        let text = printed(false);
        assert!(text.starts_with("今天 Today\n"), "{text}");
        assert!(text.contains("│ 大兴居委会 ┆          1208 │"), "{text}");
        assert!(text.contains("│ 大林居委会 ┆             — │"), "{text}");
    }

    #[test]
    fn programs_get_one_line_with_null_for_gaps() {
        assert_eq!(
            printed(true),
            "[{\"area\":\"大兴居委会\",\"received\":1208},{\"area\":\"大林居委会\",\"received\":null}]\n"
        );
    }

    /// A reader that went away, or a disk that is full.
    struct Gone(io::ErrorKind);

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn who_has_read_enough_may_go_but_a_full_disk_is_said() {
        let show = |kind| Output::new(true, Gone(kind)).show(&counted());
        assert_eq!(show(io::ErrorKind::BrokenPipe), Ok(()));
        let failure = show(io::ErrorKind::StorageFull).unwrap_err();
        assert_eq!(failure.code, "cli.stream");
    }
}
