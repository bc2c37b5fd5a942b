//! Times as they cross: moments as each language's own instant, local days and months as its own
//! dates. Which clock is read is the replica's.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use doorstep_model::calendar;

use crate::error::DoorstepError;

/// A moment, to the second.
pub type Moment = SystemTime;

/// The first second of the year 1 and the last of 9999: what every language can hold.
const MOMENTS: (i64, i64) = (-62_135_596_800, 253_402_300_799);

/// The moment of these unix seconds.
pub(crate) fn moment(seconds: i64) -> Moment {
    let seconds = seconds.clamp(MOMENTS.0, MOMENTS.1);
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        SystemTime::UNIX_EPOCH - distance
    } else {
        SystemTime::UNIX_EPOCH + distance
    }
}

/// A local day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub u32);

impl Day {
    /// The day of a row's number, which is never below 0 in work of ours.
    pub(crate) fn of(number: i64) -> Self {
        Self(u32::try_from(number).unwrap_or(0))
    }
}

uniffi::custom_type!(Day, i32, {
    lower: |day| i32::try_from(day.0).unwrap_or(i32::MAX),
    try_lift: |number| {
        let day = u32::try_from(number).map_err(|_| bad("day", &number.to_string()))?;
        Ok(Day(day))
    },
});

/// A month, as `YYYY-MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month(calendar::Month);

impl Month {
    /// As entries write months: year × 12 + month − 1.
    pub(crate) fn number(self) -> u32 {
        let year = u32::try_from(self.0.year()).unwrap_or(0);
        year * 12 + u32::try_from(self.0.month()).unwrap_or(1) - 1
    }
}

impl FromStr for Month {
    type Err = calendar::CalendarError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<calendar::Month> for Month {
    fn from(month: calendar::Month) -> Self {
        Self(month)
    }
}

uniffi::custom_type!(Month, String, {
    lower: |month| month.to_string(),
    try_lift: |text| text.parse().map_err(|_| bad("month", &text).into()),
});

fn bad(what: &str, text: &str) -> DoorstepError {
    DoorstepError::bad_argument("call.bad_value", &[("what", what), ("text", text)])
}

#[cfg(test)]
mod tests {
    use super::{Month, moment};
    use std::time::{Duration, SystemTime};

    #[test]
    fn a_moment_before_1970_or_out_of_reach_is_no_panic() {
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(moment(-1), before);
        assert_eq!(moment(i64::MIN), moment(-62_135_596_800));
        assert_eq!(moment(i64::MAX), moment(253_402_300_799));
    }

    #[test]
    fn a_month_is_counted_as_entries_count_it() {
        let month: Month = "2016-11".parse().unwrap();
        assert_eq!(month.number(), 2016 * 12 + 10);
        assert_eq!(month.to_string(), "2016-11");
        assert!("2016-13".parse::<Month>().is_err());
    }
}
