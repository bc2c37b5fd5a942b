//! Months, calendar periods and local days: the arithmetic that every rule of intervals stands on.
//!
//! Nothing here knows what an obligation is, and nothing reads a clock: callers pass the day they
//! ask about. Days are [`jiff::civil::Date`], re-exported as [`Date`]; the only time zone is the
//! fixed [`LOCAL`] offset, because the records of one street never cross a zone.

use core::fmt;
use core::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

pub use jiff::civil::Date;

/// The zone in which days, months and years of records are read: UTC+08:00 all the year.
pub const LOCAL: Offset = Offset::constant(8);

/// A calendar month, the precision of a factory stamp (`2016-11`).
///
/// Years run from 1 to 9999; months order by time. Reads and prints as `YYYY-MM` and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    year: i16,
    month: i8,
}

/// A text or a pair of numbers that is no month or no day of the calendar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Not `YYYY-MM` with a year from 0001 and a month from 01 to 12.
    #[error("read {0:?} as a month YYYY-MM")]
    NotAMonth(String),
    /// Not `YYYY-MM-DD`, or a day that this month does not have.
    #[error("read {0:?} as a day YYYY-MM-DD")]
    NotADay(String),
}

impl Month {
    /// The last month there is, 9999-12; arithmetic stops here.
    pub const MAX: Month = Month {
        year: 9999,
        month: 12,
    };

    /// The month `month` (1-12) of `year` (1-9999).
    pub fn new(year: i16, month: i8) -> Result<Month, CalendarError> {
        if (1..=9999).contains(&year) && (1..=12).contains(&month) {
            Ok(Month { year, month })
        } else {
            Err(CalendarError::NotAMonth(format!("{year:04}-{month:02}")))
        }
    }

    /// The month that `day` lies in. Days before the year 1 count as its first month.
    pub fn of(day: Date) -> Month {
        if day.year() < 1 {
            return Month { year: 1, month: 1 };
        }
        Month {
            year: day.year(),
            month: day.month(),
        }
    }

    /// The year, 1-9999.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month of the year, 1-12.
    pub fn month(self) -> i8 {
        self.month
    }

    /// The month `months` later: 2016-11 and 120 months give 2026-11. Stops at [`Month::MAX`].
    pub fn plus(self, months: u16) -> Month {
        let since_year_zero = i32::from(self.year) * 12 + i32::from(self.month) - 1;
        let later = since_year_zero + i32::from(months);
        match (i16::try_from(later / 12), i8::try_from(later % 12)) {
            (Ok(year), Ok(month)) if year <= 9999 => Month {
                year,
                month: month + 1,
            },
            _ => Month::MAX,
        }
    }

    /// Its first day.
    pub fn first_day(self) -> Date {
        Date::constant(self.year, self.month, 1)
    }

    /// Its last day, the 28th to the 31st.
    pub fn last_day(self) -> Date {
        self.first_day().last_of_month()
    }

    /// Whether `day` lies in it.
    pub fn contains(self, day: Date) -> bool {
        Month::of(day) == self
    }
}

impl FromStr for Month {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Month, CalendarError> {
        let refused = || CalendarError::NotAMonth(text.to_owned());
        let [year, month] = digits(text, [4, 2]).ok_or_else(refused)?;
        let month = i8::try_from(month).map_err(|_| refused())?;
        Month::new(year, month).map_err(|_| refused())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl TryFrom<String> for Month {
    type Error = CalendarError;

    fn try_from(text: String) -> Result<Month, CalendarError> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> String {
        month.to_string()
    }
}

/// Reads `YYYY-MM-DD` and nothing else: no other order, no time, no day that does not exist.
pub fn parse_day(text: &str) -> Result<Date, CalendarError> {
    let refused = || CalendarError::NotADay(text.to_owned());
    let [year, month, day] = digits(text, [4, 2, 2]).ok_or_else(refused)?;
    let month = i8::try_from(month).map_err(|_| refused())?;
    let day = i8::try_from(day).map_err(|_| refused())?;
    if year < 1 {
        return Err(refused());
    }
    Date::new(year, month, day).map_err(|_| refused())
}

/// The numbers of a text of ASCII digit groups of exactly these widths, joined by hyphens.
fn digits<const N: usize>(text: &str, widths: [usize; N]) -> Option<[i16; N]> {
    let mut groups = text.split('-');
    let mut numbers = [0; N];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let group = groups.next()?;
        if group.len() != width || !group.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = group.parse().ok()?;
    }
    groups.next().is_none().then_some(numbers)
}

/// The local date and time of `unix_seconds`, seconds since 1970-01-01T00:00:00Z.
///
/// Total: what lies outside the years −9999 to 9999 (a broken clock) is drawn to that bound.
pub fn local_time(unix_seconds: i64) -> DateTime {
    let bounded = unix_seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    LOCAL.to_datetime(Timestamp::constant(bounded, 0))
}

/// The local day of `unix_seconds`: 16:00 UTC already belongs to the next day.
pub fn local_day(unix_seconds: i64) -> Date {
    local_time(unix_seconds).date()
}

/// The day `days` later, at most 9999-12-31.
pub fn days_after(day: Date, days: u16) -> Date {
    day.saturating_add(jiff::Span::new().days(i64::from(days)))
}

/// The same day `months` later, or the last day of that month where it has no such day.
///
/// 2024-02-29 and 12 months give 2025-02-28. At most 9999-12-31.
pub fn same_day_after(day: Date, months: u16) -> Date {
    day.saturating_add(jiff::Span::new().months(i64::from(months)))
}

/// A kind of calendar period in which one look is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// The 1st to the 15th, and the 16th to the end of the month.
    HalfMonth,
    /// A calendar month.
    Month,
    /// January to March, April to June, July to September, October to December.
    Quarter,
}

/// Days from `first` to `last`, both inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Days {
    /// The first day.
    pub first: Date,
    /// The last day, never before the first.
    pub last: Date,
}

impl Days {
    /// Whether `day` is one of them.
    pub fn contain(self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }
}

impl Period {
    /// The period of this kind that `day` lies in.
    pub fn around(self, day: Date) -> Days {
        let month = Month::of(day);
        let middle = days_after(month.first_day(), 14);
        match self {
            Period::HalfMonth if day <= middle => Days {
                first: month.first_day(),
                last: middle,
            },
            Period::HalfMonth => Days {
                first: days_after(middle, 1),
                last: month.last_day(),
            },
            Period::Month => Days {
                first: month.first_day(),
                last: month.last_day(),
            },
            Period::Quarter => {
                let first = Month {
                    year: month.year,
                    month: (month.month - 1) / 3 * 3 + 1,
                };
                Days {
                    first: first.first_day(),
                    last: first.plus(2).last_day(),
                }
            }
        }
    }

    /// The period of this kind that follows the one `day` lies in.
    pub fn after(self, day: Date) -> Days {
        self.around(days_after(self.around(day).last, 1))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
