//! How values of the model stand in columns: outcomes, months, tables of authors. One spelling each,
//! because rows are compared by their bytes. No table is written here.

use doorstep_model::calendar::Month;
use doorstep_model::entry::{AuthorMark, Outcome};
use std::borrow::Cow;

/// The text of an outcome in rows: `normal`, `missing`, or a JSON array of fault codes.
pub(crate) fn result_text(outcome: &Outcome) -> Cow<'static, str> {
    match outcome {
        Outcome::Normal => Cow::Borrowed("normal"),
        Outcome::Missing => Cow::Borrowed("missing"),
        Outcome::Faults(codes) => Cow::Owned(json(codes)),
    }
}

/// The factory month of a bottle that somebody looked at and could not read.
pub(crate) const UNREADABLE: &str = "unreadable";

/// The month of an entry's number, `year * 12 + month - 1`; `None` when there is no such month.
pub(crate) fn month(number: u32) -> Option<Month> {
    let year = i16::try_from(number / 12).ok()?;
    let month = i8::try_from(number % 12 + 1).ok()?;
    Month::new(year, month).ok()
}

/// The number of a month, as in [`month`].
pub(crate) fn month_number(month: Month) -> i64 {
    i64::from(month.year()) * 12 + i64::from(month.month()) - 1
}

/// JSON of a table {author → last segment}, sorted by author.
pub(super) fn marks_text(marks: &[AuthorMark]) -> String {
    let mut marks: Vec<(String, u64)> = marks
        .iter()
        .map(|mark| (mark.author.to_string(), mark.last))
        .collect();
    marks.sort_unstable();
    json(&marks)
}

/// JSON of plain data: texts, numbers, lists.
pub(super) fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data always has a JSON form")
}
