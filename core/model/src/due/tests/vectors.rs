//! The rule vectors of §2.10, one test a row, and what follows from them to the day.

use super::*;

/// The service months that fall due one after the other if each is done in its month.
fn services_of(asset_type: &str, made: &str) -> Vec<String> {
    let mut asset = asset(Market::Cn, asset_type).made(made);
    let mut due = Vec::new();
    while let Some(month) = asset
        .on("service", &format!("{made}-28"))
        .and_then(|owed| owed.due_month)
    {
        due.push(month.to_string());
        assert!(due.len() < 20, "the services come to no end: {due:?}");
        asset = asset.serviced(&month.to_string());
    }
    due
}

#[test]
fn cn_powder_never_serviced_is_due_after_five_years_and_scrap_after_ten() {
    let bottle = cn_powder().made("2021-11");
    assert_eq!(bottle.due_month("service", "2026-10-14"), "2026-11");
    assert_eq!(bottle.due_month("scrap", "2026-10-14"), "2031-11");
    for (day, status) in [
        ("2026-10-31", Status::NotDue),
        ("2026-11-01", Status::Due),
        ("2026-11-30", Status::Due),
        ("2026-12-01", Status::Overdue),
    ] {
        assert_eq!(bottle.status("service", day), status, "{day}");
    }
    assert_eq!(bottle.last_day("service", "2026-10-14"), "2026-11-30");
}

#[test]
fn a_service_moves_the_next_service_and_never_the_scrap_month() {
    let bottle = cn_powder().made("2021-11").serviced("2026-10");
    assert_eq!(bottle.due_month("service", "2026-10-14"), "2028-10");
    assert_eq!(bottle.due_month("scrap", "2026-10-14"), "2031-11");
}

#[test]
fn cn_powder_has_no_service_after_its_scrap_month() {
    assert_eq!(
        services_of("extinguisher.dry_powder", "2017-03"),
        ["2022-03", "2024-03", "2026-03"]
    );
    let bottle = cn_powder()
        .made("2017-03")
        .serviced("2026-03")
        .serviced("2022-03")
        .serviced("2024-03");
    assert_eq!(bottle.due_month("service", "2026-10-14"), "absent");
    assert_eq!(bottle.due_month("scrap", "2026-10-14"), "2027-03");
}

#[test]
fn cn_water_is_serviced_every_year_from_the_third_to_the_fifth() {
    assert_eq!(
        services_of("extinguisher.water", "2021-05"),
        ["2024-05", "2025-05", "2026-05"]
    );
    let bottle = asset(Market::Cn, "extinguisher.water").made("2021-05");
    assert_eq!(bottle.due_month("scrap", "2026-10-14"), "2027-05");
}

#[test]
fn cn_co2_lives_twelve_years_with_four_services() {
    assert_eq!(
        services_of("extinguisher.co2", "2014-12"),
        ["2019-12", "2021-12", "2023-12", "2025-12"]
    );
    let bottle = asset(Market::Cn, "extinguisher.co2").made("2014-12");
    assert_eq!(bottle.due_month("scrap", "2026-10-14"), "2026-12");
}

#[test]
fn cn_clean_agent_lives_ten_years() {
    assert_eq!(
        services_of("extinguisher.clean_agent", "2017-03"),
        ["2022-03", "2024-03", "2026-03"]
    );
    let bottle = asset(Market::Cn, "extinguisher.clean_agent").made("2017-03");
    assert_eq!(bottle.due_month("scrap", "2026-10-14"), "2027-03");
}

#[test]
fn a_cn_bottle_whose_month_is_unreadable_is_scrap_now() {
    for asset_type in ["water", "foam", "dry_powder", "clean_agent", "co2"] {
        let bottle = asset(Market::Cn, &format!("extinguisher.{asset_type}"))
            .unreadable()
            .serviced("2026-01");
        let scrap = bottle.on("scrap", "2026-10-14").unwrap();
        assert_eq!(scrap.status, Status::ScrapNow);
        assert_eq!(scrap.due_month, None);
        assert!(scrap.clause.contains("10.0.8"), "{}", scrap.clause);
        assert_eq!(
            bottle.kinds("2026-10-14"),
            ["look", "closer_look", "scrap"],
            "no service, no task"
        );
    }
}

#[test]
fn nfpa_powder_counts_exam_and_test_from_its_making() {
    let bottle = us_powder().made("2014-06");
    assert_eq!(bottle.due_month("exam", "2016-01-01"), "2020-06");
    assert_eq!(bottle.due_month("pressure_test", "2016-01-01"), "2026-06");
}

#[test]
fn nfpa_powder_opened_and_recharged_counts_its_exam_from_then() {
    let bottle = us_powder().made("2014-06").serviced("2018-09");
    assert_eq!(bottle.due_month("exam", "2019-01-01"), "2024-09");
    assert_eq!(
        bottle.due_month("pressure_test", "2019-01-01"),
        "2026-06",
        "opening is no test"
    );
}

#[test]
fn nfpa_exams_and_tests_follow_the_tables() {
    for (asset_type, exam, test) in [
        ("extinguisher.water", "2025-06", "2025-06"),
        ("extinguisher.foam", "2023-06", "2025-06"),
        ("extinguisher.dry_powder", "2026-06", "2032-06"),
        ("extinguisher.clean_agent", "2026-06", "2032-06"),
        ("extinguisher.co2", "2025-06", "2025-06"),
    ] {
        let bottle = asset(Market::Us, asset_type).made("2020-06");
        assert_eq!(bottle.due_month("exam", "2020-07-01"), exam, "{asset_type}");
        assert_eq!(
            bottle.due_month("pressure_test", "2020-07-01"),
            test,
            "{asset_type}"
        );
    }
    assert!(
        asset(Market::Us, "extinguisher.co2")
            .on("conductivity_test", "2026-10-14")
            .is_some()
    );
}

#[test]
fn nfpa_looks_follow_within_thirty_one_days() {
    let bottle = us_powder().last("look", "2026-10-01");
    assert_eq!(bottle.last_day("look", "2026-10-14"), "2026-11-01");
    assert_eq!(bottle.status("look", "2026-10-31"), Status::NotDue);
    assert_eq!(bottle.status("look", "2026-11-01"), Status::Due);
    assert_eq!(bottle.status("look", "2026-11-02"), Status::Overdue);
}

#[test]
fn cn_looks_have_the_whole_next_month() {
    let bottle = cn_powder().last("look", "2026-10-01");
    assert_eq!(bottle.last_day("look", "2026-10-14"), "2026-11-30");
    assert_eq!(bottle.due_month("look", "2026-10-14"), "2026-11");
    assert_eq!(bottle.status("look", "2026-10-31"), Status::NotDue);
    assert_eq!(bottle.status("look", "2026-11-01"), Status::Due);
    assert_eq!(bottle.status("look", "2026-11-30"), Status::Due);
    assert_eq!(bottle.status("look", "2026-12-01"), Status::Overdue);
}

#[test]
fn uk_bottles_are_replaced_by_their_twentieth_year() {
    let bottle = uk_powder().made("2006-11");
    assert_eq!(bottle.due_month("replace", "2026-10-14"), "2026-11");
    assert_eq!(bottle.status("replace", "2026-11-30"), Status::Due);
    assert_eq!(bottle.status("replace", "2026-12-01"), Status::Overdue);
    assert!(
        bottle.on("scrap", "2026-12-01").is_none(),
        "replaced, not scrapped at sight"
    );
}

#[test]
fn a_smoke_alarm_lives_as_long_as_the_shorter_of_two_lives() {
    let made = |market| asset(market, "alarm.smoke").made("2016-08");
    for (alarm, month) in [
        (made(Market::Cn).maker_says(10), "2026-08"),
        (made(Market::Cn), "2028-08"),
        (made(Market::Cn).maker_says(15), "2028-08"),
        (made(Market::Us), "2026-08"),
        (made(Market::Us).maker_says(7), "2023-08"),
        (made(Market::Uk), "2026-08"),
        (made(Market::Uk).maker_says(12), "2026-08"),
    ] {
        assert_eq!(alarm.due_month("replace", "2017-01-01"), month, "{alarm:?}");
    }
}

#[test]
fn the_date_rule_is_month_arithmetic() {
    let bottle = cn_powder().made("2016-11");
    assert_eq!(bottle.due_month("scrap", "2026-10-14"), "2026-11");
    assert_eq!(bottle.status("scrap", "2026-11-30"), Status::Due);
    assert_eq!(bottle.status("scrap", "2026-12-01"), Status::ScrapNow);
}
