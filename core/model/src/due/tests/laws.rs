//! What holds of every asset on every day, whatever its history.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::calendar::days_after;

fn any_month() -> impl Strategy<Value = Month> {
    (2012_i16..2032, 1_i8..=12).prop_map(|(year, month)| Month::new(year, month).unwrap())
}

fn any_day() -> impl Strategy<Value = Date> {
    (any_month(), 0_u16..31).prop_map(|(month, days)| days_after(month.first_day(), days))
}

fn any_factory() -> impl Strategy<Value = Factory> {
    prop_oneof![
        Just(Factory::Unreadable),
        Just(Factory::NotRecorded),
        any_month().prop_map(Factory::Month)
    ]
}

fn any_asset() -> impl Strategy<Value = Asset> {
    let kinds = [
        "look",
        "closer_look",
        "service",
        "exam",
        "pressure_test",
        "maintenance",
        "basic_service",
        "test",
    ];
    let last = btree_map(
        proptest::sample::select(kinds.to_vec()).prop_map(Kind::named),
        any_day(),
        0..4,
    );
    (
        proptest::sample::select(Market::ALL.to_vec()),
        0_usize..10,
        any_factory(),
        vec(any_month(), 0..4),
        last,
        option::of(any_day()),
        option::of(1_u8..20),
    )
        .prop_map(
            |(market, index, factory, services, last, registered, maker_life_years)| Asset {
                market,
                facts: AssetFacts {
                    asset_type: Pack::shipped(market).assets()[index].id.clone(),
                    factory,
                    services,
                    last,
                    registered,
                    maker_life_years,
                },
            },
        )
}

proptest! {
    #[test]
    fn status_only_moves_forward_and_dates_stay(asset in any_asset(), from in any_day(), days in 0_u16..2_000) {
        let (earlier, later) = (from, days_after(from, days));
        let stamped = |day| matches!(asset.facts.factory, Factory::Month(month) if month > Month::of(day));
        prop_assume!(!stamped(earlier));
        let pack = Pack::shipped(asset.market);
        let before = obligations(pack, &asset.facts, earlier).unwrap();
        let after = obligations(pack, &asset.facts, later).unwrap();
        for now in &after {
            let then = before.iter().find(|owed| owed.kind == now.kind);
            prop_assert!(then.is_some(), "{} came out of nothing", now.kind);
            let then = then.unwrap();
            prop_assert!(then.status <= now.status, "{then:?} became {now:?}");
            prop_assert_eq!(then.last_allowed_day, now.last_allowed_day);
        }
    }

    #[test]
    fn no_kind_stands_twice_and_dates_agree(asset in any_asset(), on in any_day()) {
        let owed = obligations(Pack::shipped(asset.market), &asset.facts, on).unwrap();
        let kinds: std::collections::BTreeSet<_> = owed.iter().map(|owed| &owed.kind).collect();
        prop_assert_eq!(kinds.len(), owed.len());
        for one in &owed {
            prop_assert_eq!(one.due_month, one.last_allowed_day.map(Month::of));
            match one.status {
                Status::NotDue | Status::Due => prop_assert!(one.last_allowed_day >= Some(on), "{one:?}"),
                Status::Overdue => prop_assert!(one.last_allowed_day < Some(on), "{one:?}"),
                Status::ScrapNow => prop_assert!(one.last_allowed_day.is_none_or(|last| last < on), "{one:?}"),
                Status::None => prop_assert_eq!(one.last_allowed_day, None),
            }
        }
    }

    #[test]
    fn no_service_stands_in_or_after_the_scrap_month(asset in any_asset(), on in any_day()) {
        let owed = obligations(Pack::shipped(asset.market), &asset.facts, on).unwrap();
        let month = |kind: &str| owed.iter().find(|owed| owed.kind.as_str() == kind).and_then(|owed| owed.due_month);
        for (service, life) in [("service", "scrap"), ("extended_service", "replace"), ("overhaul", "replace")] {
            if let (Some(service), Some(ends)) = (month(service), month(life)) {
                prop_assert!(service < ends && Month::of(on) < ends);
            }
        }
    }

    #[test]
    fn the_order_of_services_does_not_matter(asset in any_asset(), on in any_day()) {
        let mut reversed = asset.clone();
        reversed.facts.services.reverse();
        let pack = Pack::shipped(asset.market);
        prop_assert_eq!(obligations(pack, &asset.facts, on), obligations(pack, &reversed.facts, on));
    }
}

#[test]
fn the_two_halves_compose() {
    let bottle = cn_powder().made("2021-11").registered("2026-10-01");
    let standings = standings(Pack::shipped(Market::Cn), &bottle.facts).unwrap();
    let months: Vec<Option<String>> = standings
        .iter()
        .map(|standing| standing.due_month().map(|month| month.to_string()))
        .collect();
    assert_eq!(
        months,
        [
            Some("2026-10".into()),
            None,
            Some("2026-11".into()),
            Some("2031-11".into())
        ]
    );
    for day in [
        "2022-01-01",
        "2026-11-30",
        "2031-10-31",
        "2031-11-01",
        "2040-01-01",
    ] {
        let on = parse_day(day).unwrap();
        let composed: Vec<Obligation> = standings
            .iter()
            .filter_map(|standing| standing.on(on))
            .collect();
        assert_eq!(composed, bottle.all_on(day), "{day}");
    }
}

#[test]
fn a_type_that_the_pack_does_not_know_is_an_error() {
    let sand = asset(Market::Cn, "bucket.sand");
    assert_eq!(
        standings(Pack::shipped(Market::Cn), &sand.facts),
        Err(UnknownAssetType("bucket.sand".into()))
    );
}

#[test]
fn every_status_has_a_name_in_both_languages() {
    for status in [
        Status::NotDue,
        Status::Due,
        Status::Overdue,
        Status::ScrapNow,
        Status::None,
    ] {
        assert!(!status.name(Lang::Zh).starts_with("status."));
        assert_ne!(status.name(Lang::Zh), status.name(Lang::En));
    }
}

#[test]
fn every_answer_names_its_source() {
    for market in Market::ALL {
        for kind in Pack::shipped(market).assets() {
            for owed in asset(market, &kind.id)
                .made("2020-01")
                .registered("2026-10-01")
                .all_on("2026-10-14")
            {
                assert!(!owed.clause.is_empty(), "{owed:?}");
            }
        }
    }
}
