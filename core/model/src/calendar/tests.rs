//! Months and days as people write them, and periods that leave no gap.

use super::*;

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn day(text: &str) -> Date {
    parse_day(text).unwrap()
}

#[test]
fn a_month_reads_and_prints_one_form_only() {
    assert_eq!(month("2016-11").to_string(), "2016-11");
    for text in [
        "2016-1",
        "2016-00",
        "2016-13",
        "16-11",
        "2016/11",
        "2016-11-01",
        " 2016-11",
        "2016-11 ",
        "Nov-16",
        "+016-11",
        "２０１６-11",
        "0000-05",
        "",
        "-",
    ] {
        assert_eq!(
            text.parse::<Month>(),
            Err(CalendarError::NotAMonth(text.into())),
            "{text}"
        );
    }
}

#[test]
fn months_add_across_years_and_stop_at_the_end_of_the_calendar() {
    assert_eq!(month("2016-11").plus(120), month("2026-11"));
    assert_eq!(month("2016-11").plus(1), month("2016-12"));
    assert_eq!(month("2016-11").plus(2), month("2017-01"));
    assert_eq!(month("2016-12").plus(0), month("2016-12"));
    assert_eq!(month("9999-11").plus(24), Month::MAX);
    assert_eq!(month("9999-12").plus(u16::MAX), Month::MAX);
}

#[test]
fn months_order_by_time_and_know_their_days() {
    assert!(month("2016-12") < month("2017-01"));
    assert_eq!(month("2024-02").last_day(), day("2024-02-29"));
    assert_eq!(month("2026-02").last_day(), day("2026-02-28"));
    assert_eq!(Month::of(day("2026-10-31")), month("2026-10"));
    assert!(month("2026-10").contains(day("2026-10-01")));
    assert!(!month("2026-10").contains(day("2026-11-01")));
}

#[test]
fn a_month_is_a_text_in_json() {
    let json = serde_json::to_string(&month("2021-05")).unwrap();
    assert_eq!(json, "\"2021-05\"");
    assert_eq!(
        serde_json::from_str::<Month>(&json).unwrap(),
        month("2021-05")
    );
    assert!(serde_json::from_str::<Month>("\"2021-5\"").is_err());
}

#[test]
fn a_day_that_does_not_exist_is_refused() {
    assert_eq!(day("2024-02-29").to_string(), "2024-02-29");
    for text in [
        "2026-02-29",
        "2026-04-31",
        "2026-1-1",
        "20261001",
        "2026-10-01T08:00",
        "05/06/26",
    ] {
        assert_eq!(
            parse_day(text),
            Err(CalendarError::NotADay(text.into())),
            "{text}"
        );
    }
}

#[test]
fn the_local_day_turns_at_sixteen_hours_utc() {
    assert_eq!(local_day(0), day("1970-01-01"));
    assert_eq!(
        local_day(57_599),
        day("1970-01-01"),
        "15:59:59 UTC is 23:59:59 here"
    );
    assert_eq!(local_day(57_600), day("1970-01-02"));
    assert_eq!(local_day(-28_801), day("1969-12-31"));
    assert_eq!(local_time(1_790_812_800).to_string(), "2026-10-01T08:00:00");
}

#[test]
fn a_broken_clock_still_has_a_day() {
    assert_eq!(local_day(i64::MAX).year(), 9999);
    assert_eq!(local_day(i64::MIN).year(), -9999);
}

#[test]
fn periods_tile_the_calendar() {
    let span = |first: &str, last: &str| Days {
        first: day(first),
        last: day(last),
    };
    for (period, asked, around, after) in [
        (
            Period::Month,
            "2026-10-01",
            span("2026-10-01", "2026-10-31"),
            span("2026-11-01", "2026-11-30"),
        ),
        (
            Period::Month,
            "2026-12-31",
            span("2026-12-01", "2026-12-31"),
            span("2027-01-01", "2027-01-31"),
        ),
        (
            Period::HalfMonth,
            "2026-02-15",
            span("2026-02-01", "2026-02-15"),
            span("2026-02-16", "2026-02-28"),
        ),
        (
            Period::HalfMonth,
            "2026-02-16",
            span("2026-02-16", "2026-02-28"),
            span("2026-03-01", "2026-03-15"),
        ),
        (
            Period::Quarter,
            "2026-10-09",
            span("2026-10-01", "2026-12-31"),
            span("2027-01-01", "2027-03-31"),
        ),
        (
            Period::Quarter,
            "2026-03-31",
            span("2026-01-01", "2026-03-31"),
            span("2026-04-01", "2026-06-30"),
        ),
    ] {
        assert_eq!(
            period.around(day(asked)),
            around,
            "{period:?} around {asked}"
        );
        assert_eq!(period.after(day(asked)), after, "{period:?} after {asked}");
        assert!(around.contain(day(asked)));
        assert!(!after.contain(day(asked)));
    }
}

#[test]
fn a_leap_day_has_its_anniversary_on_the_twenty_eighth() {
    assert_eq!(same_day_after(day("2024-02-29"), 12), day("2025-02-28"));
    assert_eq!(same_day_after(day("2025-10-14"), 12), day("2026-10-14"));
    assert_eq!(days_after(day("2026-10-01"), 31), day("2026-11-01"));
}
