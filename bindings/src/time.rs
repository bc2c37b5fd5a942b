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

/// A local day, counted from 1970-01-01: that day to 9999-12-31, the last that every language can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(u32);

/// 9999-12-31.
const LAST_DAY: u32 = 2_932_896;

impl Day {
    /// The day of a number in an entry or a row, the nearest where that is none.
    pub(crate) fn of(number: impl Into<i64>) -> Self {
        let number = number.into().clamp(0, LAST_DAY.into());
        Self(u32::try_from(number).expect("no number below 0 is left"))
    }

    /// As entries write days: days since 1970-01-01.
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

uniffi::custom_type!(Day, i32, {
    lower: |day| i32::try_from(day.0).expect("the last day is a number of 22 bits"),
    try_lift: |number| {
        let day = u32::try_from(number).ok().filter(|day| *day <= LAST_DAY);
        Ok(Day(day.ok_or_else(|| DoorstepError::bad_value("day", number))?))
    },
});

/// A month, as `YYYY-MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month(calendar::Month);

impl Month {
    /// As entries write months: year × 12 + month − 1.
    pub(crate) fn number(self) -> u32 {
        let part = |number: i16| u32::try_from(number).expect("a month is of a year from 1 on");
        part(self.0.year()) * 12 + part(self.0.month().into()) - 1
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
    try_lift: |text| text.parse().map_err(|_| DoorstepError::bad_value("month", text).into()),
});

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{Day, LAST_DAY, Month, moment};
    use crate::UniFfiTag;
    use crate::error::DoorstepError;

    #[test]
    fn a_moment_before_1970_or_out_of_reach_is_no_panic() {
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(moment(-1), before);
        assert_eq!(moment(i64::MIN), moment(-62_135_596_800));
        assert_eq!(moment(i64::MAX), moment(253_402_300_799));
    }

    #[test]
    fn a_day_out_of_reach_is_the_nearest_on_its_way_out() {
        let out = |day: Day| <Day as uniffi::Lower<UniFfiTag>>::lower(day);
        assert_eq!(out(Day::of(i64::MIN)), 0);
        assert_eq!(out(Day::of(u32::MAX)), 2_932_896);
        assert_eq!(out(Day::of(i64::MAX)), out(Day::of(LAST_DAY)));
        let last = doorstep_model::calendar::parse_day("9999-12-31").unwrap();
        let first = doorstep_model::calendar::parse_day("1970-01-01").unwrap();
        assert_eq!(i64::from((last - first).get_days()), i64::from(LAST_DAY));
    }

    #[test]
    fn a_day_out_of_reach_is_refused_with_words_on_its_way_in() {
        let lift = |number: i32| <Day as uniffi::Lift<UniFfiTag>>::try_lift(number);
        assert_eq!(lift(0).unwrap(), Day::of(0));
        assert_eq!(lift(2_932_896).unwrap(), Day::of(LAST_DAY));
        for number in [i32::MIN, -1, 2_932_897, i32::MAX] {
            let error = lift(number).unwrap_err();
            let Some(DoorstepError::BadArgument { problem }) = error.downcast_ref() else {
                panic!("{number} was taken for a day");
            };
            assert_eq!(problem.code, "call.bad_value");
            assert_eq!(problem.zh, format!("本版本不能写这样的日期：{number}"));
        }
    }

    #[test]
    fn months_reach_from_the_year_1_to_9999() {
        for text in ["0001-01", "9999-12"] {
            let month: Month = text.parse().unwrap();
            assert_eq!(month.to_string(), text);
        }
        for text in [
            "0000-12",
            "10000-01",
            "+10000-01",
            "-0001-01",
            "2016-00",
            "",
        ] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_month_is_counted_as_entries_count_it() {
        let month: Month = "2016-11".parse().unwrap();
        assert_eq!(month.number(), 2016 * 12 + 10);
        assert_eq!(month.to_string(), "2016-11");
        assert!("2016-13".parse::<Month>().is_err());
    }
}
