//! The serviceable rate and its coverage.

use super::*;

const POWDER: &str = "extinguisher.dry_powder";
const SPRINKLER: &str = "sprinkler.simple";

fn bottle(n: u64) -> AssetRow<'static> {
    AssetRow {
        asset: id(n),
        asset_type: POWDER,
        area: A,
        from: day(2016, 1, 1),
        until: None,
        mark: None,
    }
}

fn look(asset: u64, check: u64, at: u32, seen: Seen) -> LookRow<'static> {
    LookRow {
        asset: id(asset),
        check: id(check),
        at: noon(at),
        asset_type: POWDER,
        area: A,
        seen,
        scrap: ScrapFrom::Never,
        round: None,
        mark: None,
        late: false,
    }
}

fn rate<'a>(report: &'a Report, line: &str) -> &'a Rate {
    match total(report, line, 0) {
        Measured::Rate(rate) => rate,
        other => panic!("a rate, not {other:?}"),
    }
}

#[test]
fn a_hundred_percent_stands_beside_what_was_not_checked() {
    let mut fold = years(2017, 2017).fold();
    for n in 1..=4 {
        fold.asset(bottle(n));
    }
    fold.look(look(1, 101, day(2017, 5, 1), Seen::Normal));
    fold.look(look(2, 102, day(2017, 5, 1), Seen::Normal));
    let report = fold.finish();
    let rate = rate(&report, "S09.extinguishers");
    assert_eq!(rate.percent(), Decimal::whole(100));
    let coverage = rate.coverage.unwrap();
    assert_eq!((coverage.checked, coverage.registered), (2, 4));
    assert_eq!(coverage.on, day(2017, 12, 31));
    let left = part(total(&report, "S09.extinguishers", 0), Part::NotChecked);
    assert_eq!(left.as_deref(), Some("2"));
    for language in [Language::Zh, Language::En] {
        let text = report.text(language, Rounding::Down);
        assert!(text.contains("2/4 = 50%"), "{text}");
    }
}

#[test]
fn missing_is_checked_and_not_serviceable() {
    let mut fold = years(2017, 2017).fold();
    for (n, seen) in [(1, Seen::Normal), (2, Seen::Missing), (3, Seen::Faulty)] {
        fold.asset(bottle(n));
        fold.look(look(n, 100 + n, day(2017, 5, 1), seen));
    }
    let report = fold.finish();
    let rate = rate(&report, "S09.extinguishers");
    assert_eq!(rate.percent().to_string(), "33.3");
    assert_eq!(rate.part.entries, [id(101)]);
    assert_eq!(rate.whole.entries, [id(101), id(102), id(103)]);
    let missing = part(total(&report, "S09.extinguishers", 0), Part::Missing);
    assert_eq!(missing.as_deref(), Some("1"));
}

#[test]
fn the_scrap_month_passes_and_the_month_after_does_not() {
    let november = 2017 * 12 + 10;
    for (at, scrap, percent) in [
        (day(2017, 11, 30), ScrapFrom::AfterMonth(november), 100),
        (day(2017, 12, 1), ScrapFrom::AfterMonth(november), 0),
        (day(2017, 11, 1), ScrapFrom::AtOnce, 0),
        (day(2017, 12, 1), ScrapFrom::Never, 100),
    ] {
        let mut fold = years(2017, 2017).fold();
        fold.asset(bottle(1));
        let seen = look(1, 101, at, Seen::Normal);
        fold.look(LookRow { scrap, ..seen });
        let report = fold.finish();
        assert_eq!(
            rate(&report, "S09.extinguishers").percent(),
            Decimal::whole(percent),
            "{scrap:?}"
        );
    }
}

#[test]
fn of_several_looks_the_latest_counts_whatever_order_they_come_in() {
    let looks = [
        look(1, 101, day(2017, 3, 1), Seen::Missing),
        look(1, 102, day(2017, 9, 1), Seen::Normal),
        look(1, 103, day(2017, 6, 1), Seen::Faulty),
    ];
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]] {
        let mut fold = years(2017, 2017).fold();
        for at in order {
            fold.look(looks[at]);
        }
        fold.asset(bottle(1));
        let report = fold.finish();
        assert_eq!(rate(&report, "S09.extinguishers").part.entries, [id(102)]);
    }
}

#[test]
fn the_register_is_counted_on_the_last_day() {
    let mut fold = years(2017, 2017).fold();
    fold.asset(bottle(1));
    fold.asset(AssetRow {
        until: Some(day(2017, 12, 31)),
        ..bottle(2)
    });
    fold.asset(AssetRow {
        until: Some(day(2018, 1, 1)),
        ..bottle(3)
    });
    fold.asset(AssetRow {
        from: day(2018, 1, 1),
        ..bottle(4)
    });
    fold.look(look(2, 102, day(2017, 5, 1), Seen::Normal));
    let report = fold.finish();
    let rate = rate(&report, "S09.extinguishers");
    let coverage = rate.coverage.unwrap();
    assert_eq!(
        (coverage.checked, coverage.registered),
        (0, 2),
        "1 and 3 stood there"
    );
    assert_eq!(rate.whole.entries, [id(102)], "2 was checked all the same");
    let gone = part(
        total(&report, "S09.extinguishers", 0),
        Part::NoLongerRegistered,
    );
    assert_eq!(gone.as_deref(), Some("1"));
}

#[test]
fn an_asset_that_moves_is_one_asset_of_the_street() {
    let mut fold = years(2017, 2017).fold();
    let moved = day(2017, 7, 1);
    fold.asset(AssetRow {
        until: Some(moved),
        ..bottle(1)
    });
    fold.asset(AssetRow {
        area: B,
        from: moved,
        ..bottle(1)
    });
    fold.look(look(1, 101, moved - 9, Seen::Missing));
    let later = look(1, 102, moved + 9, Seen::Normal);
    fold.look(LookRow { area: B, ..later });
    let report = fold.finish();
    let rate = rate(&report, "S09.extinguishers");
    assert_eq!(rate.whole.entries, [id(102)]);
    assert_eq!(
        rate.coverage.map(|c| (c.checked, c.registered)),
        Some((1, 1))
    );
}

#[test]
fn nothing_checked_is_no_rate() {
    let mut frame = years(2017, 2017);
    for area in [A, B] {
        covered(&mut frame, area, day(2017, 1, 1), day(2017, 12, 31));
    }
    let mut fold = frame.fold();
    fold.asset(bottle(1));
    let report = fold.finish();
    let Measured::Gap(gap) = total(&report, "S09.extinguishers", 0) else {
        panic!("0 of 0 is no rate")
    };
    assert_eq!(
        gap.coverage.map(|c| (c.checked, c.registered)),
        Some((0, 1))
    );
}

#[test]
fn types_without_interval_are_judged_by_the_last_round_that_was_closed() {
    let mut frame = years(2017, 2017);
    let ends = [(91, day(2017, 3, 31)), (92, day(2017, 9, 30))];
    for (round, to) in ends {
        let round = id(round);
        frame.closed_round(ClosedRoundRow { round, area: A, to });
    }
    let mut fold = frame.fold();
    for n in 1..=3 {
        fold.asset(AssetRow {
            asset_type: SPRINKLER,
            ..bottle(n)
        });
    }
    let mut put = |asset, check, at, seen, round, late| {
        let row = look(asset, check, at, seen);
        fold.look(LookRow {
            asset_type: SPRINKLER,
            round,
            late,
            ..row
        });
    };
    put(1, 101, day(2017, 9, 5), Seen::Normal, Some(id(92)), false);
    put(1, 102, day(2017, 11, 5), Seen::Faulty, Some(id(93)), false);
    put(2, 103, day(2017, 3, 5), Seen::Normal, Some(id(91)), false);
    put(2, 104, day(2017, 9, 5), Seen::Faulty, None, false);
    put(3, 105, day(2017, 9, 5), Seen::Faulty, Some(id(92)), true);
    let report = fold.finish();
    let rate = rate(&report, "S09.sprinklers");
    assert_eq!(
        rate.whole.entries,
        [id(101)],
        "round 92 is the last that was closed"
    );
    assert_eq!(
        rate.coverage.map(|c| (c.checked, c.registered)),
        Some((1, 3))
    );
    let late = part(total(&report, "S09.sprinklers", 0), Part::Late);
    assert_eq!(
        late.as_deref(),
        Some("1"),
        "what the closing table leaves out is late"
    );
}

#[test]
fn five_years_of_monthly_checks_hold_one_look_an_asset_and_year() {
    let mut fold = years(2013, 2017).fold();
    let mut check = 0;
    for asset in 0..200 {
        fold.asset(AssetRow {
            from: day(2013, 1, 1),
            ..bottle(asset)
        });
        for month in 0..60 {
            check += 1;
            let at = first_day_of(2013 * 12 + month);
            fold.look(look(asset, 10_000 + check, at, Seen::Normal));
        }
    }
    let report = fold.finish();
    let years = report
        .line("S09.extinguishers")
        .unwrap()
        .measured
        .as_ref()
        .unwrap();
    for column in years {
        let Measured::Rate(rate) = &column.total else {
            panic!("a rate")
        };
        assert_eq!(rate.whole.value, Decimal::whole(200));
    }
}
