//! The shipped packs hold what the rules ask for, and every kind of damage to a pack is told.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::message::Lang;

fn shipped_json() -> Value {
    serde_json::from_str(include_str!("../../packs/cn.json")).unwrap()
}

/// The problems of the Chinese pack after `damage`, as `code place`.
fn problems_after(damage: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut json = shipped_json();
    damage(&mut json);
    match Pack::parse(&json.to_string()) {
        Ok(_) => Vec::new(),
        Err(PackError::Json(detail)) => vec![format!("pack.json {detail}")],
        Err(PackError::Invalid(problems)) => problems
            .iter()
            .map(|problem| format!("{} {}", problem.kind.code(), problem.place))
            .collect(),
    }
}

#[test]
fn every_market_ships_a_pack_with_all_asset_types() {
    for market in Market::ALL {
        let pack = Pack::shipped(market);
        assert_eq!(pack.market(), market);
        assert_eq!(pack.number(), 1);
        let assets: Vec<&str> = pack
            .assets()
            .iter()
            .map(|asset| asset.id.as_str())
            .collect();
        assert_eq!(
            assets,
            [
                "extinguisher.water",
                "extinguisher.foam",
                "extinguisher.dry_powder",
                "extinguisher.clean_agent",
                "extinguisher.co2",
                "hydrant.wall",
                "sprinkler.simple",
                "alarm.smoke",
                "board.fire",
                "gate"
            ]
        );
        for asset in pack.assets() {
            assert!(
                pack.duties_of(asset).count() > 0,
                "{} is owed something, if only a round",
                asset.id
            );
            assert!(
                pack.faults_of(&asset.id).count() > 1,
                "{} can be faulty",
                asset.id
            );
        }
    }
}

#[test]
fn every_checklist_has_its_number_of_points() {
    for market in Market::ALL {
        let points: Vec<(&str, usize)> = Pack::shipped(market)
            .checklists()
            .iter()
            .map(|list| (list.id.as_str(), list.points.len()))
            .collect();
        assert_eq!(
            points,
            [
                ("asset", 15),
                ("stairwell", 16),
                ("household", 14),
                ("shop", 10),
                ("elderly", 9),
                ("typhoon", 8)
            ]
        );
    }
}

#[test]
fn nine_faults_scrap_a_chinese_bottle_at_sight_and_missing_is_worse_than_all() {
    let pack = Pack::shipped(Market::Cn);
    let scrap: BTreeSet<&str> = pack
        .faults()
        .iter()
        .filter(|fault| fault.scrap_at_sight)
        .map(|fault| fault.code.as_str())
        .collect();
    assert_eq!(
        scrap,
        BTreeSet::from([
            "rust_third",
            "deformed",
            "head_cracked",
            "flat_bottom",
            "no_stop_valve",
            "not_provable",
            "soldered",
            "burnt",
            "age_reached"
        ])
    );
    assert!(
        pack.faults()
            .iter()
            .all(|fault| fault.severity < pack.missing_severity())
    );
    assert!(
        Pack::shipped(Market::Us)
            .faults()
            .iter()
            .all(|fault| !fault.scrap_at_sight)
    );
}

#[test]
fn no_gauge_fault_on_a_bottle_without_a_gauge() {
    let pack = Pack::shipped(Market::Cn);
    assert!(
        pack.faults_of("extinguisher.co2")
            .all(|fault| !fault.code.starts_with("pressure_"))
    );
    assert!(
        pack.faults_of("extinguisher.co2")
            .any(|fault| fault.code == "underweight")
    );
}

#[test]
fn what_must_be_put_right_at_once_has_a_same_day_timer() {
    let pack = Pack::shipped(Market::Cn);
    let at_once = pack.hazards().iter().filter(|hazard| {
        hazard
            .source
            .as_ref()
            .is_some_and(|source| source.clause.contains("Art. 31"))
    });
    assert_eq!(at_once.clone().count(), 7);
    assert!(
        at_once
            .into_iter()
            .all(|hazard| hazard.same_day && hazard.level <= 1)
    );
    assert_eq!(pack.hazard("production").unwrap().unit, "item");
    assert_eq!(pack.hazard("e_bike").unwrap().class, HazardClass::Fire);
}

#[test]
fn a_pack_survives_writing_and_reading() {
    for market in Market::ALL {
        let pack = Pack::shipped(market);
        assert_eq!(
            Pack::parse(&serde_json::to_string(pack).unwrap()).as_ref(),
            Ok(pack)
        );
    }
}

#[test]
fn references_to_nothing_are_told() {
    assert_eq!(
        problems_after(|pack| pack["assets"][0]["duties"][0] = json!("look.never")),
        ["pack.unknown_reference assets.extinguisher.water.duties"]
    );
    assert_eq!(
        problems_after(|pack| pack["assets"][0]["checklist"] = json!("nothing")),
        ["pack.unknown_reference assets.extinguisher.water.checklist"]
    );
    assert_eq!(
        problems_after(|pack| pack["faults"][0]["assets"][0] = json!("extinguisher.sand")),
        ["pack.unknown_reference faults.rust_third.assets"]
    );
    assert_eq!(
        problems_after(|pack| pack["hazards"][0]["unit"] = json!("litre")),
        ["pack.unknown_reference hazards.exit_blocked.unit"]
    );
    assert_eq!(
        problems_after(|pack| pack["duties"][0]["readings"] = json!(["calendar_period", "guess"])),
        ["pack.unknown_reference duties.look.month.readings"]
    );
    assert_eq!(
        problems_after(|pack| pack["duties"][2]["rule"]["months"]["ends_with"] = json!("look")),
        ["pack.unknown_reference assets.extinguisher.water.duties.service.water"],
        "a look is no life"
    );
    assert_eq!(
        problems_after(
            |pack| pack["duties"][2]["rule"]["months"]["contained_in"] = json!(["pressure_test"])
        ),
        ["pack.unknown_reference assets.extinguisher.water.duties.service.water"]
    );
    assert_eq!(
        problems_after(|pack| pack["away"]["reading"] = json!("guess")).len(),
        2,
        "unknown, and one unused"
    );
}

#[test]
fn missing_words_are_told_whichever_language_it_is() {
    for language in ["zh", "en"] {
        assert_eq!(
            problems_after(
                |pack| pack["checklists"][1]["points"][3]["name"][language] = json!("  ")
            ),
            ["pack.text_missing checklists.stairwell.fire_door"]
        );
        assert_eq!(
            problems_after(|pack| pack["readings"][0]["why"][language] = json!("")),
            ["pack.text_missing readings.calendar_period"]
        );
    }
    let dropped = problems_after(|pack| {
        pack["units"][0]["name"]
            .as_object_mut()
            .unwrap()
            .remove("zh");
    });
    assert!(
        dropped[0].starts_with("pack.json missing field `zh`"),
        "{dropped:?}"
    );
}

#[test]
fn ids_that_stand_twice_are_told() {
    for (list, expected) in [
        ("units", "pack.duplicate units"),
        ("readings", "pack.duplicate readings"),
        ("duties", "pack.duplicate duties"),
        ("assets", "pack.duplicate assets"),
        ("checklists", "pack.duplicate checklists"),
        ("faults", "pack.duplicate faults"),
        ("hazards", "pack.duplicate hazards"),
    ] {
        let found = problems_after(|pack| {
            let again = pack[list][0].clone();
            pack[list].as_array_mut().unwrap().push(again);
        });
        assert_eq!(found, [expected]);
    }
    assert_eq!(
        problems_after(|pack| pack["assets"][0]["duties"] =
            json!(["look.month", "look.quarter", "service.water", "scrap.water"])),
        ["pack.duplicate assets.extinguisher.water.duties"],
        "two duties of one kind on one type"
    );
}

#[test]
fn intervals_that_make_no_sense_are_told() {
    for (rule, place) in [
        (
            json!({"months": {"from_factory": 36, "every": 0, "services": true, "ends_with": "scrap"}}),
            "service",
        ),
        (
            json!({"months": {"from_factory": 0, "every": 12, "services": true, "ends_with": "scrap"}}),
            "service",
        ),
        (
            json!({"months": {"every": 12, "services": true, "ends_with": "scrap"}}),
            "never begins",
        ),
        (
            json!({"months": {"from_factory": 36, "every": 1201, "ends_with": "scrap"}}),
            "a hundred years",
        ),
        (
            json!({"look": {"period": "month", "at_most_days": 0}}),
            "look",
        ),
        (json!({"days": {"days": 367}}), "days"),
    ] {
        let found = problems_after(|pack| pack["duties"][2]["rule"] = rule);
        assert_eq!(
            found,
            ["pack.interval duties.service.water.rule"],
            "{place}"
        );
    }
}

#[test]
fn numbers_out_of_range_are_told() {
    assert_eq!(
        problems_after(|pack| pack["number"] = json!(0)),
        ["pack.range number"]
    );
    assert_eq!(
        problems_after(|pack| pack["missing_severity"] = json!(0)),
        ["pack.range missing_severity"]
    );
    assert_eq!(
        problems_after(|pack| pack["faults"][0]["severity"] = json!(0)),
        ["pack.range faults.rust_third.severity"]
    );
    assert_eq!(
        problems_after(|pack| pack["hazards"][0]["level"] = json!(3)),
        ["pack.range hazards.exit_blocked.level"]
    );
    assert_eq!(
        problems_after(|pack| pack["away"]["of"] = json!(0)),
        ["pack.range away"]
    );
}

#[test]
fn what_is_blank_unused_or_without_a_life_is_told() {
    assert_eq!(
        problems_after(|pack| pack["duties"][0]["source"]["clause"] = json!(" ")),
        ["pack.blank duties.look.month.clause"]
    );
    assert_eq!(
        problems_after(
            |pack| pack["assets"][9]["unreadable"] = pack["assets"][0]["unreadable"].clone()
        ),
        ["pack.no_life assets.gate.unreadable"]
    );
    assert_eq!(
        problems_after(|pack| pack["assets"][7]["factory_month"] = json!("optional")),
        ["pack.no_life assets.alarm.smoke.factory_month"]
    );
    let unused = problems_after(|pack| pack["assets"][5]["duties"] = json!(["look.rounds"]));
    assert_eq!(unused, ["pack.unused duties"]);
}

#[test]
fn a_field_that_no_pack_has_is_told_and_not_skipped() {
    let found = problems_after(|pack| pack["duties"][0]["intervall"] = json!(3));
    assert!(found[0].contains("unknown field `intervall`"), "{found:?}");
}

#[test]
fn all_problems_are_told_at_once_in_both_languages() {
    let mut json = shipped_json();
    json["number"] = json!(0);
    json["hazards"][0]["unit"] = json!("litre");
    json["units"][0]["name"]["zh"] = json!("");
    json["assets"][0]["duties"][3] = json!("look.month");
    let error = Pack::parse(&json.to_string()).unwrap_err();
    for lang in [Lang::Zh, Lang::En] {
        let messages = error.messages(lang);
        assert!(messages.len() >= 4, "{messages:?}");
        assert!(
            messages
                .iter()
                .all(|words| !words.contains('{') && !words.starts_with("pack.")),
            "{messages:?}"
        );
    }
    assert!(error.to_string().contains("litre"));
}
