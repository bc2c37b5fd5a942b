//! Counts, zero and gap, corrections.

use super::*;
use crate::entry::HandoutManner;

#[test]
fn bottles_count_in_the_year_of_their_line_and_name_their_entries() {
    let mut fold = years(2017, 2018).fold();
    fold.handout(handout(
        1,
        "extinguisher.dry_powder",
        2,
        "只",
        day(2017, 12, 31),
    ));
    fold.handout(handout(2, "extinguisher.co2", 1, "只", day(2017, 1, 1)));
    fold.handout(handout(3, "extinguisher.water", 5, "只", day(2018, 1, 1)));
    fold.handout(handout(4, "safety_pack.senior", 9, "只", day(2017, 5, 1)));
    let report = fold.finish();
    assert_eq!(value(&report, "S01", 0).as_deref(), Some("3"));
    assert_eq!(value(&report, "S01", 1).as_deref(), Some("5"));
    let Measured::Count(count) = total(&report, "S01", 0) else {
        panic!("a count")
    };
    assert_eq!(count.entries, [id(1), id(2)]);
}

#[test]
fn a_row_given_twice_counts_once() {
    let row = handout(1, "extinguisher.co2", 2, "只", day(2017, 3, 1));
    let case = hazard(5, day(2017, 3, 1), Some(day(2017, 3, 2)));
    let mut fold = years(2017, 2017).fold();
    for _ in 0..2 {
        fold.handout(row);
        fold.case(case);
    }
    let report = fold.finish();
    assert_eq!(value(&report, "S01", 0).as_deref(), Some("2"));
    assert_eq!(value(&report, "S12.hazards", 0).as_deref(), Some("1"));
}

#[test]
fn sheets_and_households_are_two_numbers() {
    let mut fold = years(2014, 2014).fold();
    let at = day(2014, 6, 1);
    let first = handout(1, "board.fire", 2, "张", at);
    fold.handout(first);
    let again = handout(2, "board.fire", 3, "张", at + 30);
    fold.handout(HandoutRow {
        household: first.household,
        ..again
    });
    fold.handout(handout(3, "board.fire", 1, "户", at));
    let report = fold.finish();
    assert_eq!(
        value(&report, "S02.boards", 0).as_deref(),
        Some("5"),
        "户 is no 张"
    );
    assert_eq!(value(&report, "S02.households", 0).as_deref(), Some("2"));
    let Measured::Count(count) = total(&report, "S02.households", 0) else {
        panic!("a count")
    };
    assert_eq!(
        count.entries,
        [id(1), id(3)],
        "the line that reached it first"
    );
}

#[test]
fn manners_stand_beside_the_number() {
    let mut fold = years(2017, 2017).fold();
    for (n, manner) in [
        (1, HandoutManner::New),
        (2, HandoutManner::New),
        (3, HandoutManner::Replacement),
    ] {
        let row = handout(n, "extinguisher.co2", 1, "只", day(2017, 3, 1));
        fold.handout(HandoutRow {
            manner: Some(manner),
            ..row
        });
    }
    let report = fold.finish();
    let bottles = total(&report, "S01", 0);
    assert_eq!(part(bottles, Part::New).as_deref(), Some("2"));
    assert_eq!(part(bottles, Part::Replacement).as_deref(), Some("1"));
    assert_eq!(part(bottles, Part::Additional), None);
}

#[test]
fn zero_is_claimed_only_where_every_area_and_month_is_covered() {
    let gap = years(2017, 2017).fold().finish();
    assert!(total(&gap, "S03", 0).is_gap());

    let mut one_area = years(2017, 2017);
    covered(&mut one_area, A, day(2017, 1, 1), day(2017, 12, 31));
    let report = one_area.clone().fold().finish();
    assert!(
        total(&report, "S03", 0).is_gap(),
        "B was never looked after"
    );
    let hydrants = &report.line("S03").unwrap().measured.as_ref().unwrap()[0];
    assert_eq!(hydrants.areas[0].1.amount(), Some(Amount::exact(0)));
    assert!(hydrants.areas[1].1.is_gap());

    covered(&mut one_area, B, day(2017, 2, 1), day(2017, 12, 31));
    assert!(
        total(&one_area.clone().fold().finish(), "S03", 0).is_gap(),
        "January is missing"
    );
    covered(&mut one_area, B, day(2017, 1, 20), day(2017, 1, 21));
    assert_eq!(
        value(&one_area.fold().finish(), "S03", 0).as_deref(),
        Some("0")
    );
}

#[test]
fn a_case_counts_in_the_period_of_its_close_once_and_never_while_open() {
    let mut fold = years(2016, 2017).fold();
    fold.case(hazard(1, day(2016, 12, 30), Some(day(2017, 1, 2))));
    fold.case(hazard(2, day(2016, 5, 1), None));
    let relapsed = hazard(3, day(2016, 5, 1), Some(day(2016, 6, 1)));
    fold.case(CaseRow {
        open: true,
        ..relapsed
    });
    let duplicate = hazard(4, day(2016, 5, 1), Some(day(2016, 6, 1)));
    fold.case(CaseRow {
        duplicate: true,
        ..duplicate
    });
    let on_spot = hazard(5, day(2017, 5, 1), Some(day(2017, 5, 1)));
    fold.case(CaseRow {
        on_spot: true,
        ..on_spot
    });
    let report = fold.finish();
    assert!(total(&report, "S11.hazards", 0).is_gap());
    assert_eq!(
        part(total(&report, "S11.hazards", 0), Part::Found).as_deref(),
        Some("3")
    );
    assert_eq!(
        part(total(&report, "S11.hazards", 0), Part::Open).as_deref(),
        Some("3")
    );
    let year = total(&report, "S11.hazards", 1);
    assert_eq!(value(&report, "S11.hazards", 1).as_deref(), Some("2"));
    assert_eq!(part(year, Part::OnTheSpot).as_deref(), Some("1"));
    assert_eq!(part(year, Part::Found).as_deref(), Some("1"));
    assert_eq!(part(year, Part::Open).as_deref(), Some("2"));
}

#[test]
fn items_and_places_are_counted_apart() {
    let mut fold = years(2015, 2015).fold();
    let (found, fixed) = (day(2015, 4, 1), Some(day(2015, 4, 9)));
    let production = |n, rectified| CaseRow {
        hazard_class: "production",
        unit: "条",
        ..hazard(n, found, rectified)
    };
    fold.case(production(1, fixed));
    fold.case(production(2, fixed));
    fold.case(production(3, None));
    fold.case(hazard(4, found, fixed));
    fold.case(repair(5, "hydrant.wall", day(2015, 6, 1)));
    fold.case(repair(6, "alarm.smoke", day(2015, 6, 1)));
    let report = fold.finish();
    assert_eq!(value(&report, "S19", 0).as_deref(), Some("2"));
    assert_eq!(value(&report, "S12.hazards", 0).as_deref(), Some("1"));
    assert_eq!(value(&report, "S03", 0).as_deref(), Some("1"));
    assert_eq!(value(&report, "S06", 0).as_deref(), Some("1"));
    let Measured::Rate(rate) = total(&report, "S19.rate", 0) else {
        panic!("a rate")
    };
    assert_eq!(rate.percent().to_string(), "66.6");
    assert_eq!(rate.whole.entries, [id(1), id(2), id(3)]);
    assert_eq!(
        part(total(&report, "S19.rate", 0), Part::Open).as_deref(),
        Some("1")
    );
}

#[test]
fn the_holiday_check_counts_its_campaigns_only() {
    let mut frame = years(2013, 2014);
    let (from, to) = (day(2013, 1, 10), day(2013, 2, 8));
    let name = "春节节前隐患大检查";
    frame.campaign(CampaignRow {
        identity: id(90),
        name,
        from,
        to,
    });
    let name = "除火患、保平安、促工作";
    frame.campaign(CampaignRow {
        identity: id(91),
        name,
        from,
        to,
    });
    for area in [A, B] {
        covered(&mut frame, area, day(2013, 1, 1), day(2014, 12, 31));
    }
    let mut fold = frame.fold();
    for (n, campaign) in [(1, Some(id(90))), (2, Some(id(91))), (3, None)] {
        let row = hazard(n, from, Some(to));
        fold.case(CaseRow { campaign, ..row });
    }
    let report = fold.finish();
    assert_eq!(value(&report, "S10", 0).as_deref(), Some("1"));
    assert_eq!(value(&report, "S12.hazards", 0).as_deref(), Some("3"));
    assert!(
        total(&report, "S10", 1).is_gap(),
        "no such check is known in 2014"
    );
    assert_eq!(value(&report, "S12.hazards", 1).as_deref(), Some("0"));
}

#[test]
fn person_times_add_up_and_stand_by_force() {
    let mut fold = years(2015, 2015).fold();
    for (n, force, person_times) in [
        (1, "volunteer", 12),
        (2, "volunteer", 8),
        (3, "grid_patrol", 5),
    ] {
        fold.attendance(AttendanceRow {
            identity: id(n),
            area: B,
            day: day(2015, 3, 5),
            person_times,
            force: Some(force),
            mark: None,
            late: false,
        });
    }
    let report = fold.finish();
    assert_eq!(value(&report, "S12.person_times", 0).as_deref(), Some("25"));
    let forces = total(&report, "S12.person_times", 0);
    assert_eq!(
        part(forces, Part::Force("volunteer".into())).as_deref(),
        Some("20")
    );
}

#[test]
fn practice_never_counts_and_generated_says_so() {
    let mut fold = years(2017, 2017).fold();
    let row = handout(1, "extinguisher.co2", 4, "只", day(2017, 3, 1));
    fold.handout(HandoutRow {
        mark: Some(Mark::Practice),
        ..row
    });
    let row = handout(2, "extinguisher.co2", 1, "只", day(2017, 3, 1));
    fold.handout(HandoutRow {
        mark: GENERATED,
        ..row
    });
    let report = fold.finish();
    assert_eq!(value(&report, "S01", 0).as_deref(), Some("1"));
    assert!(total(&report, "S01", 0).is_generated());
    let json = serde_json::to_value(&report).unwrap();
    let cell = &json["lines"][0]["measured"][0]["total"];
    let note = cell["generated_note"]["en"].as_str().unwrap();
    assert!(note.contains("plumbing, not truth"), "{note}");
}

#[test]
fn what_came_after_the_close_of_a_month_is_a_correction_of_that_month_only() {
    let month = Period::Month(2017 * 12 + 2);
    let rows = [false, true].map(|late| {
        let row = handout(
            u64::from(late),
            "extinguisher.co2",
            3,
            "只",
            day(2017, 3, 9),
        );
        HandoutRow { late, ..row }
    });
    let (mut by_month, mut by_year) = (frame(&[month]).fold(), years(2017, 2017).fold());
    for row in rows {
        by_month.handout(row);
        by_year.handout(row);
    }
    let (by_month, by_year) = (by_month.finish(), by_year.finish());
    let Measured::Count(count) = total(&by_month, "S01", 0) else {
        panic!("a count")
    };
    assert_eq!(count.amount, Amount::exact(3));
    let corrections = count.corrections.as_ref().unwrap();
    assert_eq!(
        (corrections.value, &corrections.entries),
        (Decimal::whole(3), &vec![id(1)])
    );
    assert_eq!(value(&by_year, "S01", 0).as_deref(), Some("6"));
    assert!(
        by_month.line("S01").unwrap().reported.is_empty(),
        "figures are of years"
    );
}

#[test]
fn rows_of_other_areas_are_told_apart_and_later_days_left_out() {
    let mut fold = years(2017, 2017).fold();
    let row = handout(1, "extinguisher.co2", 1, "只", day(2017, 3, 1));
    fold.handout(HandoutRow {
        area: "310101019099",
        ..row
    });
    fold.handout(handout(2, "extinguisher.co2", 1, "只", day(2018, 1, 1)));
    let report = fold.finish();
    assert!(total(&report, "S01", 0).is_gap());
    assert_eq!(report.outside, 1);
}

#[test]
fn the_order_in_which_rows_arrive_does_not_show() {
    let at = day(2017, 3, 1);
    let measure = "wall hydrants repaired";
    let rows: [&dyn Fn(&mut ReportFold); 6] = [
        &|fold| fold.handout(handout(1, "board.fire", 2, "张", at)),
        &|fold| {
            let again = handout(2, "board.fire", 1, "张", at + 1);
            fold.handout(HandoutRow {
                household: id(1_000_001),
                ..again
            });
        },
        &|fold| fold.case(repair(3, "hydrant.wall", at)),
        &|fold| fold.case(hazard(4, at, None)),
        &|fold| fold.figure(figure(5, 2017, "S03", measure, Amount::exact(70), "处")),
        &|fold| fold.figure(figure(6, 2017, "S03", measure, Amount::exact(71), "处")),
    ];
    let told = |order: &mut dyn Iterator<Item = usize>| {
        let mut fold = years(2017, 2017).fold();
        order.for_each(|row| rows[row](&mut fold));
        fold.finish()
    };
    let first = told(&mut (0..6));
    assert_eq!(value(&first, "S02.households", 0).as_deref(), Some("1"));
    for start in 1..6 {
        assert_eq!(told(&mut (0..6).cycle().skip(start).take(6)), first);
        assert_eq!(told(&mut (0..6).rev().cycle().skip(start).take(6)), first);
    }
}
