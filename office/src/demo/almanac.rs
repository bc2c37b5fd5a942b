//! The days of the demo: its fixed today, the days that phones work, and hours of a day. No clock is
//! read here or anywhere else in the demo, so that due dates come out the same on any day.

use doorstep_model::report::first_day_of;
use doorstep_model::time::LocalDay;

/// The local day that the demo calls today: 2026-11-30, in days since 1970-01-01.
pub(super) const TODAY: u32 = 20_787;

/// Seconds of an hour.
pub(super) const HOUR: i64 = 3_600;

/// Seconds of a day.
pub(super) const DAY: i64 = 24 * HOUR;

/// The stretch of days that phones work without signal. The last one is today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Almanac {
    days: u32,
}

impl Almanac {
    /// So many days, today the last.
    pub(super) fn of(days: u32) -> Self {
        Self { days: days.max(1) }
    }

    /// How many days.
    pub(super) fn days(self) -> u32 {
        self.days
    }

    /// The first day of work.
    pub(super) fn first(self) -> u32 {
        TODAY + 1 - self.days
    }

    /// The days of work.
    pub(super) fn all(self) -> std::ops::RangeInclusive<u32> {
        self.first()..=TODAY
    }

    /// The morning before the first day: the office registers the street and invites the phones.
    pub(super) fn opening(self) -> i64 {
        at(self.first() - 1, 9 * HOUR)
    }

    /// The day on whose evening the phone that will be lost is in the office for the last time.
    pub(super) fn last_seen(self) -> u32 {
        self.first() + (self.days * 2 / 3).saturating_sub(1)
    }

    /// The day before which the folder of one phone is cloned.
    pub(super) fn cloning(self) -> u32 {
        self.first() + self.days / 2
    }

    /// Tonight, when everybody is in the office with signal.
    pub(super) fn closing(self) -> i64 {
        at(TODAY, 22 * HOUR)
    }
}

/// So many seconds after a local day's midnight, in unix seconds.
pub(super) fn at(day: u32, seconds: i64) -> i64 {
    LocalDay(i64::from(day)).first_second() + seconds
}

/// A date as a local day.
pub(super) fn day_of(year: u16, month: u32, day: u32) -> u32 {
    first_day_of(self::month(year, month)) + day - 1
}

/// A month as entries write it.
pub(super) fn month(year: u16, month: u32) -> u32 {
    u32::from(year) * 12 + month - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_is_the_last_of_november_2026() {
        assert_eq!(doorstep_model::report::day_text(TODAY), "2026-11-30");
        assert_eq!(TODAY, day_of(2026, 11, 30));
    }

    #[test]
    fn a_month_of_work_begins_with_november() {
        let almanac = Almanac::of(30);
        assert_eq!(almanac.first(), day_of(2026, 11, 1));
        assert!(almanac.opening() < at(almanac.first(), 0));
        assert!(almanac.closing() > at(TODAY, 20 * HOUR));
    }

    #[test]
    fn the_lost_phone_and_the_clone_work_on_after_they_were_seen() {
        for days in [3, 5, 30] {
            let almanac = Almanac::of(days);
            assert!(almanac.all().contains(&almanac.last_seen()));
            assert!(almanac.last_seen() < TODAY, "{days} days");
            assert!(almanac.all().contains(&almanac.cloning()));
        }
    }
}
