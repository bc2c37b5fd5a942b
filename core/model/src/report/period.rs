//! Years, months and local days as a report counts them. Nothing here knows a rule of intervals;
//! instants are cut into days only by the fixed +08:00 of the street.

use std::fmt;

use jiff::civil::Date;
use serde::{Serialize, Serializer};

/// Seconds by which local time is ahead of UTC.
const LOCAL_AHEAD: i64 = 8 * 3600;

/// The local day of an instant: days since 1970-01-01; 0 before that day.
pub fn local_day(unix_seconds: i64) -> u32 {
    let day = unix_seconds.saturating_add(LOCAL_AHEAD).div_euclid(86_400);
    u32::try_from(day.max(0)).unwrap_or(u32::MAX)
}

/// A day as `2017-12-31`; days past the calendar's end print as their number.
pub fn day_text(day: u32) -> String {
    date_of(day).map_or_else(|| day.to_string(), |date| date.to_string())
}

/// A month (`year * 12 + month - 1`) as `2017-12`.
pub fn month_text(month: u32) -> String {
    format!("{:04}-{:02}", month / 12, month % 12 + 1)
}

/// The month that a local day lies in, as `year * 12 + month - 1`.
pub fn month_of(day: u32) -> u32 {
    date_of(day).map_or(u32::MAX, |date| {
        u32::try_from(date.year()).unwrap_or(0) * 12 + date.month().unsigned_abs() as u32 - 1
    })
}

/// The first day of a month; past the calendar's end the largest day there is.
pub fn first_day_of(month: u32) -> u32 {
    let year = i16::try_from(month / 12).ok();
    let date = year.and_then(|year| Date::new(year, (month % 12 + 1) as i8, 1).ok());
    date.map_or(u32::MAX, |date| {
        let days = date.duration_since(EPOCH).as_secs() / 86_400;
        u32::try_from(days.max(0)).unwrap_or(u32::MAX)
    })
}

const EPOCH: Date = Date::constant(1970, 1, 1);

fn date_of(day: u32) -> Option<Date> {
    let span = jiff::SignedDuration::from_hours(i64::from(day) * 24);
    EPOCH.checked_add(span).ok()
}

/// What one column of a report stands for. Periods order by their first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// A calendar year.
    Year(u16),
    /// A calendar month, `year * 12 + month - 1`.
    Month(u32),
}

impl Period {
    /// First local day.
    pub fn first_day(self) -> u32 {
        first_day_of(self.first_month())
    }

    /// Last local day.
    pub fn last_day(self) -> u32 {
        first_day_of(self.first_month() + self.length()).saturating_sub(1)
    }

    /// First month.
    pub fn first_month(self) -> u32 {
        match self {
            Self::Year(year) => u32::from(year) * 12,
            Self::Month(month) => month,
        }
    }

    /// How many months it has.
    pub fn length(self) -> u32 {
        match self {
            Self::Year(_) => 12,
            Self::Month(_) => 1,
        }
    }

    /// True of a day within it.
    pub fn contains(self, day: u32) -> bool {
        (self.first_day()..=self.last_day()).contains(&day)
    }

    /// The year, of a year.
    pub fn year(self) -> Option<u16> {
        match self {
            Self::Year(year) => Some(year),
            Self::Month(_) => None,
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(f, "{year}"),
            Self::Month(month) => f.write_str(&month_text(*month)),
        }
    }
}

impl Serialize for Period {
    /// `"2017"` or `"2017-09"`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_runs_from_its_first_to_its_last_local_day() {
        let year = Period::Year(2017);
        assert_eq!(day_text(year.first_day()), "2017-01-01");
        assert_eq!(day_text(year.last_day()), "2017-12-31");
        let leap = Period::Month(2016 * 12 + 1);
        assert_eq!(leap.to_string(), "2016-02");
        assert_eq!(day_text(leap.last_day()), "2016-02-29");
    }

    #[test]
    fn new_years_eve_ends_at_sixteen_hours_utc() {
        // 2017-12-31T15:59:59Z and one second later.
        let last = local_day(1_514_735_999);
        assert_eq!(day_text(last), "2017-12-31");
        assert_eq!(local_day(1_514_736_000), last + 1);
        assert!(Period::Year(2017).contains(last));
        assert!(!Period::Year(2017).contains(last + 1));
    }

    #[test]
    fn a_month_and_its_days_agree() {
        for month in (1970 * 12)..(2100 * 12) {
            assert_eq!(month_of(first_day_of(month)), month);
            assert_eq!(month_of(Period::Month(month).last_day()), month);
        }
    }
}
