//! Notations: what reads, what is refused, and what is refused for being readable in two ways.

use super::*;

const NOVEMBER_2016: u32 = 2016 * 12 + 10;

/// 2026-11-25.
fn today() -> u32 {
    first_day_of(2026 * 12 + 10) + 24
}

#[test]
fn five_notations_and_their_neighbours_mean_november_2016() {
    for cell in [
        "2016.11",
        "16年11月",
        "Nov-16",
        "42675",
        "2016-11-00",
        "2016-11",
        "2016/11",
        "2016.11.05",
        "2016年11月",
        "2016年11月5日",
        "Nov-2016",
        "November 2016",
        "nov-16",
        "42689",
        "42675.0",
        "201611",
        "20161100",
        "20161130",
        "２０１６．１１",
        " 2016-11 ",
    ] {
        assert_eq!(month(cell, today()), Ok(NOVEMBER_2016), "{cell}");
    }
}

#[test]
fn what_may_mean_two_things_is_refused() {
    for cell in [
        "05/06/26", "16.11", "11/2016", "11-16", "16-Nov", "5.6.2016",
    ] {
        let found = cell.to_owned();
        assert_eq!(
            month(cell, today()),
            Err(Wrong::YearNotFirst { found }),
            "{cell}"
        );
    }
    let found = "2016.1".to_owned();
    assert_eq!(
        month("2016.1", today()),
        Err(Wrong::AmbiguousMonth { found })
    );
    assert_eq!(month("2016.01", today()), Ok(2016 * 12));
    assert_eq!(month("2016-1", today()), Ok(2016 * 12));
    assert_eq!(month("2016.3", today()), Ok(2016 * 12 + 2));
}

#[test]
fn days_and_months_that_never_were_are_refused() {
    for cell in [
        "2016.13",
        "2016-00",
        "2016-02-30",
        "2015-02-29",
        "16年13月",
        "2016-11-31",
        "1016-11",
        "201613",
        "99999",
        "2016-00-00",
        "20161131",
    ] {
        let found = cell.to_owned();
        assert_eq!(
            month(cell, today()),
            Err(Wrong::ImpossibleDate { found }),
            "{cell}"
        );
    }
    assert_eq!(month("2016-02-29", today()), Ok(2016 * 12 + 1));
}

#[test]
fn a_month_after_this_one_is_refused_and_this_one_is_not() {
    assert_eq!(month("2026-11", today()), Ok(2026 * 12 + 10));
    let found = "2026-12".to_owned();
    assert_eq!(month("2026.12", today()), Err(Wrong::Future { found }));
    assert!(matches!(
        month("Nov-27", today()),
        Err(Wrong::Future { .. })
    ));
}

#[test]
fn two_digits_of_a_chinese_year_never_lie_ahead() {
    assert_eq!(month("26年11月", today()), Ok(2026 * 12 + 10));
    assert_eq!(month("99年5月", today()), Ok(1999 * 12 + 4));
}

#[test]
fn blank_unreadable_and_half_read_are_three_things() {
    assert_eq!(factory_month("", today()), Ok(FactoryMonth::NotRecorded));
    for cell in ["unreadable", "Unreadable", "无法辨认"] {
        assert_eq!(factory_month(cell, today()), Ok(FactoryMonth::Unreadable));
    }
    for cell in ["2016", "2016年"] {
        let found = cell.to_owned();
        assert_eq!(
            factory_month(cell, today()),
            Err(Wrong::MonthMissing { found })
        );
    }
    for cell in ["?", "不详", "2016-", "Nov", "-", "2016-11-05-01", "1234567"] {
        assert!(
            matches!(factory_month(cell, today()), Err(Wrong::NotADate { .. })),
            "{cell}"
        );
    }
    assert_eq!(FactoryMonth::Unreadable.stored(), Some(0));
    assert_eq!(FactoryMonth::NotRecorded.stored(), None);
}

#[test]
fn a_day_is_whole_and_not_before_1970() {
    let fifth = first_day_of(NOVEMBER_2016) + 4;
    for cell in [
        "2016-11-05",
        "2016.11.5",
        "2016/11/05",
        "2016年11月5日",
        "20161105",
        "42679",
    ] {
        assert_eq!(day(cell), Ok(fifth), "{cell}");
    }
    assert!(matches!(day("2016-11"), Err(Wrong::NotADate { .. })));
    assert!(matches!(
        day("2016-11-00"),
        Err(Wrong::ImpossibleDate { .. })
    ));
    assert!(matches!(day("1954-05-01"), Err(Wrong::Before1970 { .. })));
    assert!(matches!(day("05/06/26"), Err(Wrong::YearNotFirst { .. })));
}
