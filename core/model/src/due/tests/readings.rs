//! The readings of §2.12: where the texts leave two ways, the one we take, and that we say so.

use super::*;

#[test]
fn a_service_before_the_first_was_due_counts_and_is_said_to_be_a_reading() {
    let bottle = cn_powder().made("2021-11").serviced("2023-01");
    assert_eq!(bottle.due_month("service", "2023-02-01"), "2025-01");
    assert_eq!(bottle.readings("service", "2023-02-01"), ["early_service"]);
    let in_time = cn_powder().made("2021-11").serviced("2026-11");
    assert!(in_time.readings("service", "2026-12-01").is_empty());
}

#[test]
fn a_service_in_the_scrap_month_itself_falls_away() {
    let bottle = cn_powder().made("2016-11").serviced("2024-11");
    assert_eq!(bottle.due_month("service", "2026-10-14"), "absent");
    let just_before = cn_powder().made("2016-11").serviced("2024-10");
    assert_eq!(just_before.due_month("service", "2026-09-14"), "2026-10");
}

#[test]
fn an_overdue_service_is_shown_until_the_scrap_month_begins() {
    let bottle = cn_powder().made("2016-11");
    assert_eq!(bottle.due_month("service", "2026-10-31"), "2021-11");
    assert_eq!(bottle.status("service", "2026-10-31"), Status::Overdue);
    for day in ["2026-11-01", "2026-12-01", "2030-01-01"] {
        assert_eq!(bottle.due_month("service", day), "absent", "{day}");
    }
    assert_eq!(bottle.status("scrap", "2026-10-31"), Status::NotDue);
}

#[test]
fn the_scrap_month_is_still_allowed_and_the_next_is_scrap_at_sight() {
    let bottle = cn_powder().made("2016-11");
    assert_eq!(bottle.status("scrap", "2026-11-01"), Status::Due);
    assert_eq!(bottle.last_day("scrap", "2026-11-01"), "2026-11-30");
    assert_eq!(bottle.status("scrap", "2026-12-01"), Status::ScrapNow);
    assert_eq!(bottle.due_month("scrap", "2026-12-01"), "2026-11");
    assert_eq!(bottle.readings("scrap", "2026-11-01"), ["scrap_month"]);
}

#[test]
fn a_look_stays_owed_on_a_bottle_past_its_scrap_month() {
    let bottle = cn_powder().made("2010-01").last("look", "2026-09-30");
    assert_eq!(bottle.kinds("2026-10-14"), ["look", "closer_look", "scrap"]);
    assert_eq!(bottle.status("look", "2026-10-14"), Status::Due);
    assert_eq!(bottle.status("scrap", "2026-10-14"), Status::ScrapNow);
}

#[test]
fn a_month_in_the_future_is_not_provable_until_it_has_come() {
    let bottle = cn_powder().made("2026-11");
    assert_eq!(bottle.status("scrap", "2026-10-31"), Status::ScrapNow);
    assert_eq!(bottle.readings("scrap", "2026-10-31"), ["not_provable"]);
    assert_eq!(bottle.due_month("service", "2026-10-31"), "absent");
    assert_eq!(bottle.status("scrap", "2026-11-01"), Status::NotDue);
    assert_eq!(bottle.due_month("scrap", "2026-11-01"), "2036-11");
}

#[test]
fn a_month_before_the_type_existed_is_not_provable() {
    let bottle = cn_powder().made("1937-07");
    assert_eq!(bottle.status("scrap", "2026-10-14"), Status::ScrapNow);
    assert_eq!(bottle.due_month("scrap", "2026-10-14"), "-");
    let alarm = asset(Market::Cn, "alarm.smoke").made("1937-07");
    assert_eq!(alarm.due_month("find_month", "2026-10-14"), "-");
}

#[test]
fn an_unreadable_month_elsewhere_is_a_task_and_no_scrap() {
    for thing in [
        us_powder(),
        uk_powder(),
        asset(Market::Cn, "alarm.smoke"),
        asset(Market::Us, "alarm.smoke"),
        asset(Market::Cn, "hydrant.wall"),
        asset(Market::Cn, "gate"),
    ] {
        let thing = thing.unreadable();
        let task = thing.on("find_month", "2026-10-14").unwrap();
        assert_eq!((task.status, task.due_month), (Status::None, None));
        assert_eq!(task.readings, ["month_unknown"]);
        assert!(
            thing
                .all_on("2026-10-14")
                .iter()
                .all(|owed| owed.status != Status::ScrapNow),
            "{thing:?}"
        );
    }
}

#[test]
fn a_month_that_nobody_recorded_gives_no_date_and_a_task() {
    for thing in [
        cn_powder(),
        uk_powder(),
        us_powder(),
        asset(Market::Cn, "alarm.smoke"),
    ] {
        let owed = thing.all_on("2026-10-14");
        assert!(
            owed.iter()
                .all(|owed| owed.status == Status::None && owed.due_month.is_none()),
            "{owed:?}"
        );
        assert_eq!(
            owed.last().map(|owed| owed.kind.clone()),
            Some(Kind::find_month())
        );
    }
    let serviced = cn_powder().serviced("2026-01");
    assert_eq!(
        serviced.due_month("service", "2026-10-14"),
        "-",
        "scrap may come before that service"
    );
    assert_eq!(
        us_powder()
            .serviced("2026-01")
            .due_month("exam", "2026-10-14"),
        "2032-01",
        "nothing ends it"
    );
}

#[test]
fn looks_go_on_whatever_is_known_of_the_factory_month() {
    for bottle in [
        cn_powder(),
        cn_powder().unreadable(),
        cn_powder().made("2021-11"),
    ] {
        assert_eq!(
            bottle
                .last("look", "2026-10-01")
                .last_day("look", "2026-10-14"),
            "2026-11-30"
        );
    }
}

#[test]
fn things_without_an_interval_appear_in_rounds_and_need_no_month() {
    for asset_type in ["gate", "board.fire", "sprinkler.simple"] {
        let owed = asset(Market::Cn, asset_type)
            .registered("2026-01-01")
            .all_on("2026-10-14");
        assert_eq!(owed.len(), 1, "{asset_type}");
        assert_eq!(
            (owed[0].kind.as_str(), owed[0].status, owed[0].due_month),
            ("look", Status::None, None)
        );
    }
}

#[test]
fn a_cn_hydrant_is_looked_at_once_a_quarter() {
    let hydrant = asset(Market::Cn, "hydrant.wall").last("look", "2026-07-01");
    assert_eq!(hydrant.last_day("look", "2026-08-01"), "2026-12-31");
    assert_eq!(hydrant.status("look", "2026-09-30"), Status::NotDue);
    assert_eq!(hydrant.status("look", "2026-10-01"), Status::Due);
    assert_eq!(hydrant.status("look", "2027-01-01"), Status::Overdue);
    assert_eq!(
        hydrant.kinds("2026-08-01"),
        ["look"],
        "no factory month needed"
    );
}

#[test]
fn a_half_monthly_look_has_the_next_half_of_the_month() {
    let first_half = cn_powder().last("closer_look", "2026-10-03");
    assert_eq!(
        first_half.last_day("closer_look", "2026-10-05"),
        "2026-10-31"
    );
    assert_eq!(
        first_half.status("closer_look", "2026-10-15"),
        Status::NotDue
    );
    assert_eq!(first_half.status("closer_look", "2026-10-16"), Status::Due);
    assert_eq!(
        first_half.status("closer_look", "2026-11-01"),
        Status::Overdue
    );
    let second_half = cn_powder().last("closer_look", "2026-10-16");
    assert_eq!(
        second_half.last_day("closer_look", "2026-10-17"),
        "2026-11-15"
    );
    assert_eq!(
        cn_powder().status("closer_look", "2026-10-05"),
        Status::None,
        "only where the place asks for it"
    );
}

#[test]
fn uk_looks_are_calendar_months() {
    assert_eq!(
        uk_powder()
            .last("look", "2026-10-31")
            .last_day("look", "2026-10-31"),
        "2026-11-30"
    );
    assert_eq!(
        uk_powder()
            .last("look", "2026-10-01")
            .readings("look", "2026-10-14"),
        ["calendar_period"]
    );
}

#[test]
fn the_nfpa_look_is_the_stricter_of_month_and_days() {
    for (last, last_allowed) in [
        ("2026-10-01", "2026-11-01"),
        ("2026-10-30", "2026-11-30"),
        ("2026-10-31", "2026-11-30"),
        ("2026-01-31", "2026-02-28"),
        ("2026-02-01", "2026-03-04"),
        ("2026-12-15", "2027-01-15"),
    ] {
        let bottle = us_powder().last("look", last);
        assert_eq!(bottle.last_day("look", last), last_allowed, "after {last}");
        assert_eq!(bottle.status("look", last), Status::NotDue);
    }
}

#[test]
fn weekly_is_seven_days() {
    let alarm = asset(Market::Uk, "alarm.smoke").last("test", "2026-10-28");
    assert_eq!(alarm.last_day("test", "2026-10-28"), "2026-11-04");
    assert_eq!(alarm.due_month("test", "2026-10-28"), "2026-11");
    assert_eq!(alarm.status("test", "2026-10-31"), Status::NotDue);
    assert_eq!(alarm.status("test", "2026-11-04"), Status::Due);
    assert_eq!(alarm.status("test", "2026-11-05"), Status::Overdue);
}

#[test]
fn a_weekly_thing_is_not_due_on_the_day_on_which_it_was_done() {
    let alarm = asset(Market::Uk, "alarm.smoke").last("test", "2026-10-05");
    assert_eq!(alarm.status("test", "2026-10-05"), Status::NotDue);
    assert_eq!(alarm.status("test", "2026-10-06"), Status::Due);
}

#[test]
fn yearly_things_are_exact_to_the_month_in_the_uk_and_to_the_day_under_nfpa() {
    let uk = uk_powder()
        .made("2020-01")
        .last("basic_service", "2025-10-14");
    assert_eq!(uk.last_day("basic_service", "2026-01-01"), "2026-10-31");
    let us = us_powder()
        .made("2020-01")
        .last("maintenance", "2025-10-14");
    assert_eq!(us.last_day("maintenance", "2026-01-01"), "2026-10-14");
    assert_eq!(us.status("maintenance", "2026-09-30"), Status::NotDue);
    assert_eq!(us.status("maintenance", "2026-10-14"), Status::Due);
    assert_eq!(us.status("maintenance", "2026-10-15"), Status::Overdue);
}

#[test]
fn a_yearly_thing_that_was_never_done_counts_from_the_factory_month_or_the_registration() {
    assert_eq!(
        uk_powder()
            .made("2026-02")
            .last_day("basic_service", "2026-10-14"),
        "2027-02-28"
    );
    let undated = uk_powder().registered("2026-10-14");
    assert_eq!(
        undated.last_day("basic_service", "2026-10-14"),
        "2026-10-31"
    );
    assert_eq!(
        undated.readings("basic_service", "2026-10-14"),
        ["year_by_month", "never_looked"]
    );
}

#[test]
fn what_was_never_looked_at_is_due_by_the_end_of_the_month_of_registration() {
    for (thing, kind) in [
        (cn_powder(), "look"),
        (us_powder(), "look"),
        (uk_powder(), "look"),
        (asset(Market::Cn, "hydrant.wall"), "look"),
        (asset(Market::Uk, "alarm.smoke"), "test"),
    ] {
        let thing = thing.registered("2026-10-14");
        assert_eq!(
            thing.last_day(kind, "2026-10-14"),
            "2026-10-31",
            "{thing:?}"
        );
        assert_eq!(thing.status(kind, "2026-10-14"), Status::Due);
        assert_eq!(thing.status(kind, "2026-11-01"), Status::Overdue);
        assert!(
            thing
                .readings(kind, "2026-10-14")
                .contains(&"never_looked".to_owned())
        );
    }
}

#[test]
fn a_hydrostatic_test_contains_the_exam() {
    let bottle = us_powder()
        .made("2014-06")
        .serviced("2020-06")
        .last("pressure_test", "2026-06-20");
    assert_eq!(bottle.due_month("exam", "2026-10-14"), "2032-06");
    assert_eq!(bottle.due_month("pressure_test", "2026-10-14"), "2038-06");
    assert_eq!(
        bottle.readings("exam", "2026-10-14"),
        ["test_contains_exam"]
    );
    let opened_later = bottle.serviced("2028-02");
    assert_eq!(opened_later.due_month("exam", "2028-10-14"), "2034-02");
    assert_eq!(
        opened_later.due_month("pressure_test", "2028-10-14"),
        "2038-06"
    );
}

#[test]
fn foam_is_as_water_in_china() {
    let foam = asset(Market::Cn, "extinguisher.foam").made("2021-05");
    assert_eq!(foam.due_month("service", "2022-01-01"), "2024-05");
    assert_eq!(foam.due_month("scrap", "2022-01-01"), "2027-05");
    assert_eq!(foam.readings("service", "2022-01-01"), ["foam_as_water"]);
}

#[test]
fn a_uk_extended_service_falls_away_with_the_replacement() {
    let bottle = uk_powder()
        .made("2006-11")
        .serviced("2011-11")
        .serviced("2016-11")
        .serviced("2021-10");
    assert_eq!(
        bottle.due_month("extended_service", "2026-10-14"),
        "2026-10"
    );
    assert_eq!(bottle.due_month("extended_service", "2026-11-01"), "absent");
    let in_step = uk_powder().made("2006-11").serviced("2021-11");
    assert_eq!(
        in_step.due_month("extended_service", "2026-10-14"),
        "absent"
    );
    assert_eq!(in_step.due_month("replace", "2026-10-14"), "2026-11");
}

#[test]
fn a_uk_basic_service_is_contained_in_the_extended_one_and_not_the_other_way_round() {
    let bottle = uk_powder()
        .made("2020-01")
        .serviced("2025-01")
        .last("basic_service", "2026-01-10");
    assert_eq!(bottle.due_month("basic_service", "2026-02-01"), "2027-01");
    assert_eq!(
        bottle.due_month("extended_service", "2026-02-01"),
        "2030-01"
    );
    assert_eq!(
        uk_powder()
            .made("2020-01")
            .serviced("2025-01")
            .due_month("basic_service", "2025-02-01"),
        "2026-01"
    );
}

#[test]
fn co2_and_clean_agent_have_an_overhaul_after_ten_years_in_the_uk() {
    let bottle = asset(Market::Uk, "extinguisher.co2").made("2014-06");
    assert_eq!(bottle.due_month("overhaul", "2020-01-01"), "2024-06");
    assert_eq!(bottle.due_month("extended_service", "2020-01-01"), "absent");
}

#[test]
fn two_lives_are_a_reading_and_one_is_not() {
    let alarm = asset(Market::Cn, "alarm.smoke").made("2020-08");
    assert!(alarm.readings("replace", "2026-10-14").is_empty());
    assert_eq!(
        alarm.maker_says(10).readings("replace", "2026-10-14"),
        ["two_lives"]
    );
    assert_eq!(
        cn_powder()
            .made("2021-11")
            .maker_says(3)
            .due_month("scrap", "2026-10-14"),
        "2031-11",
        "a bottle's life is the standard's"
    );
}
