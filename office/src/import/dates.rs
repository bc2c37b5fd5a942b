//! Days and months as people write them in registers. Only readings that cannot be taken another
//! way: the year stands first, and what may mean two things is refused, never guessed.

use doorstep_model::report::{first_day_of, month_of, month_text};
use jiff::civil::Date;

use super::problem::{Wrong, shown};

/// What a register says of a factory month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactoryMonth {
    /// The cell is blank: nobody has read it yet.
    NotRecorded,
    /// A person looked and says that it cannot be read.
    Unreadable,
    /// The month, `year * 12 + month - 1`.
    Month(u32),
}

impl FactoryMonth {
    /// As [`doorstep_model::entry::AssetAdded`] keeps it: absent, 0, or the month.
    pub fn stored(self) -> Option<u32> {
        match self {
            Self::NotRecorded => None,
            Self::Unreadable => Some(0),
            Self::Month(month) => Some(month),
        }
    }
}

/// The words for a month that a person could not read.
pub const UNREADABLE: [&str; 2] = ["unreadable", "无法辨认"];

/// Reads a factory cell: blank, unreadable, or one of the notations of [`month`].
pub(super) fn factory_month(cell: &str, today: u32) -> Result<FactoryMonth, Wrong> {
    if cell.is_empty() {
        return Ok(FactoryMonth::NotRecorded);
    }
    if UNREADABLE
        .iter()
        .any(|word| cell.eq_ignore_ascii_case(word))
    {
        return Ok(FactoryMonth::Unreadable);
    }
    month(cell, today).map(FactoryMonth::Month)
}

/// Reads a month up to today's: `2016.11`, `16年11月`, `Nov-16`, an Excel serial, `2016-11-00`, and
/// what stands between them (`2016/11`, `2016-11-05`, `201611`). A day, where there is one, only has
/// to exist; a serial that is no first of month means its month.
pub(super) fn month(cell: &str, today: u32) -> Result<u32, Wrong> {
    let text = half_width(cell);
    let written = Written::read(&text, month_of(today) / 12)?;
    let month = written.month(&text)?;
    if month > month_of(today) {
        return Err(Wrong::Future {
            found: month_text(month),
        });
    }
    Ok(month)
}

/// Reads a day, as local days since 1970-01-01: `2016-11-05`, `2016.11.5`, `2016/11/05`,
/// `2016年11月5日`, `20161105`, an Excel serial.
pub(super) fn day(cell: &str) -> Result<u32, Wrong> {
    let text = half_width(cell);
    let found = || shown(&text);
    match Written::read(&text, 0)? {
        Written::Serial(date) => {
            day_number(date).ok_or_else(|| Wrong::Before1970 { found: found() })
        }
        Written::Parts {
            year,
            month,
            day: Some(day),
        } => {
            let date = calendar_day(year, month, day);
            let date = date.ok_or_else(|| Wrong::ImpossibleDate { found: found() })?;
            day_number(date).ok_or_else(|| Wrong::Before1970 { found: found() })
        }
        Written::Parts { day: None, .. } => Err(Wrong::NotADate { found: found() }),
    }
}

/// A date as it is written, the year first.
enum Written {
    Serial(Date),
    Parts {
        year: u32,
        month: u32,
        day: Option<u32>,
    },
}

impl Written {
    fn read(text: &str, this_year: u32) -> Result<Self, Wrong> {
        let found = || shown(text);
        if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
            return Self::of_digits(text);
        }
        if let Some(serial) = text.strip_suffix(".0").filter(|serial| serial.len() == 5) {
            return Self::of_digits(serial);
        }
        if text.contains('年') {
            return Self::of_chinese(text, this_year);
        }
        if text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic()) {
            return Self::of_english(text);
        }
        let separator = text.chars().find(|c| matches!(c, '.' | '/' | '-'));
        let Some(separator) = separator else {
            return Err(Wrong::NotADate { found: found() });
        };
        let parts: Vec<&str> = text.split(separator).collect();
        let digits = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !parts.iter().all(digits) || !(2..=3).contains(&parts.len()) {
            let english_last = parts
                .last()
                .is_some_and(|part| english_month(part).is_some());
            return Err(match english_last {
                true => Wrong::YearNotFirst { found: found() },
                false => Wrong::NotADate { found: found() },
            });
        }
        if parts[0].len() != 4 {
            return Err(Wrong::YearNotFirst { found: found() });
        }
        if separator == '.' && parts.len() == 2 && parts[1] == "1" {
            return Err(Wrong::AmbiguousMonth { found: found() });
        }
        Self::of_parts(text, parts[0], parts[1], parts.get(2).copied())
    }

    fn of_parts(text: &str, year: &str, month: &str, day: Option<&str>) -> Result<Self, Wrong> {
        let number = |part: &str| match part.len() {
            1..=4 => part.parse::<u32>().ok(),
            _ => None,
        };
        let impossible = || Wrong::ImpossibleDate { found: shown(text) };
        Ok(Self::Parts {
            year: number(year).ok_or_else(impossible)?,
            month: number(month).ok_or_else(impossible)?,
            day: day
                .map(|day| number(day).ok_or_else(impossible))
                .transpose()?,
        })
    }

    fn of_digits(digits: &str) -> Result<Self, Wrong> {
        match digits.len() {
            4 => Err(Wrong::MonthMissing {
                found: digits.into(),
            }),
            5 => serial_day(digits)
                .map(Self::Serial)
                .ok_or_else(|| Wrong::ImpossibleDate {
                    found: digits.into(),
                }),
            6 => Self::of_parts(digits, &digits[..4], &digits[4..], None),
            8 => Self::of_parts(digits, &digits[..4], &digits[4..6], Some(&digits[6..])),
            _ => Err(Wrong::NotADate {
                found: shown(digits),
            }),
        }
    }

    /// `2016年11月`, `16年11月`, `2016年11月5日`. Two digits are the year of this century, or of the
    /// last where this century's is still to come.
    fn of_chinese(text: &str, this_year: u32) -> Result<Self, Wrong> {
        let not_a_date = || Wrong::NotADate { found: shown(text) };
        let (year, rest) = text.split_once('年').ok_or_else(not_a_date)?;
        let (month, rest) = match rest.split_once('月') {
            Some(parts) => parts,
            None if rest.is_empty() => return Err(Wrong::MonthMissing { found: shown(text) }),
            None => return Err(not_a_date()),
        };
        let day = rest.strip_suffix(['日', '号']).unwrap_or(rest);
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year) || !digits(month) || !digits(day) || month.is_empty() {
            return Err(not_a_date());
        }
        let year = match year.len() {
            4 => year.to_owned(),
            2 if format!("20{year}") <= this_year.to_string() => format!("20{year}"),
            2 => format!("19{year}"),
            _ => return Err(not_a_date()),
        };
        Self::of_parts(text, &year, month, (!day.is_empty()).then_some(day))
    }

    /// `Nov-16`, as Excel prints a month: never the 16th of November here.
    fn of_english(text: &str) -> Result<Self, Wrong> {
        let not_a_date = || Wrong::NotADate { found: shown(text) };
        let (name, year) = text.split_once(['-', ' ', '/']).ok_or_else(not_a_date)?;
        let month = english_month(name).ok_or_else(not_a_date)?;
        if !year.bytes().all(|b| b.is_ascii_digit()) || !matches!(year.len(), 2 | 4) {
            return Err(not_a_date());
        }
        let year: u32 = year.parse().map_err(|_| not_a_date())?;
        let year = if year < 100 { 2000 + year } else { year };
        Ok(Self::Parts {
            year,
            month,
            day: None,
        })
    }

    fn month(&self, text: &str) -> Result<u32, Wrong> {
        let month = match self {
            Self::Serial(date) => Some((i32::from(date.year()), i32::from(date.month()))),
            Self::Parts { year, month, day } => {
                let day = day.filter(|day| *day > 0).unwrap_or(1);
                let date = calendar_day(*year, *month, day);
                date.map(|date| (i32::from(date.year()), i32::from(date.month())))
            }
        };
        let month = month.and_then(|(year, month)| u32::try_from(year * 12 + month - 1).ok());
        month.ok_or_else(|| Wrong::ImpossibleDate { found: shown(text) })
    }
}

/// A day of the calendar from 1950 to 2099: nothing in a register is older, or so far ahead.
fn calendar_day(year: u32, month: u32, day: u32) -> Option<Date> {
    if !(1950..2100).contains(&year) {
        return None;
    }
    let (year, month) = (i16::try_from(year).ok()?, i8::try_from(month).ok()?);
    Date::new(year, month, i8::try_from(day).ok()?).ok()
}

/// The day of an Excel serial; 60 and below, where Excel has a day that never was, are not dates of
/// a register.
fn serial_day(digits: &str) -> Option<Date> {
    let days: i64 = digits.parse().ok()?;
    let span = jiff::SignedDuration::from_hours(days * 24);
    let date = Date::constant(1899, 12, 30).checked_add(span).ok()?;
    (1950..2100).contains(&date.year()).then_some(date)
}

fn day_number(date: Date) -> Option<u32> {
    if date.year() < 1970 {
        return None;
    }
    let month = u32::try_from(i32::from(date.year()) * 12 + i32::from(date.month()) - 1).ok()?;
    Some(first_day_of(month) + u32::from(date.day().unsigned_abs()) - 1)
}

fn english_month(name: &str) -> Option<u32> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let name = name.to_ascii_lowercase();
    let position = NAMES
        .iter()
        .position(|full| name == *full || name == full[..3])?;
    u32::try_from(position + 1).ok()
}

/// Full-width digits, letters and signs as their ASCII ones, without blanks around them.
pub(super) fn half_width(text: &str) -> String {
    let narrow = text.chars().map(|character| match character {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character)
        }
        '\u{3000}' => ' ',
        other => other,
    });
    narrow.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests;
