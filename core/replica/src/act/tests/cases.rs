//! Hazards and what else is written down about things.

use doorstep_model::entry::{CaseEvent, CaseStep, Found, Service, ServiceKind};

use crate::act::Fix;
use crate::act::testing::*;

#[test]
fn level_0_is_said_only_with_its_fix_and_level_3_never() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let refused = |level, fix| {
        phone
            .found(&tap(), hazard(&house, level), fix)
            .unwrap_err()
            .code()
    };
    assert_eq!(refused(0, None), "case.level_0");
    assert_eq!(refused(3, None), "case.level_3");
    assert_eq!(refused(2, Some(Fix::default())), "case.level");
    let suspected = Found {
        suspected: Some(true),
        ..hazard(&house, 1)
    };
    let fixed = phone.found(&tap(), suspected, Some(Fix::default()));
    assert_eq!(fixed.unwrap_err().code(), "case.suspected");
    assert_eq!(count(&phone, "SELECT count(*) FROM matter"), 0);
    phone
        .found(&tap(), hazard(&house, 0), Some(Fix::default()))
        .unwrap();
    assert_eq!(cell(&phone, "SELECT state FROM matter"), "fixed_on_spot");
}

#[test]
fn a_step_that_would_be_a_claim_is_refused_unless_it_is_wanted() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let case = phone.found(&tap(), hazard(&house, 1), None).unwrap();
    let role = phone.case_step(&tap(), case, CaseStep::of(CaseEvent::Registered), false);
    assert_eq!(role.unwrap_err().code(), "case.wrong_role");
    let early = phone.case_step(&tap(), case, CaseStep::of(CaseEvent::Relapsed), false);
    assert_eq!(early.unwrap_err().code(), "case.wrong_state");
    assert_eq!(cell(&phone, "SELECT claims FROM matter"), "[]");
    phone
        .case_step(&tap(), case, CaseStep::of(CaseEvent::Relapsed), true)
        .unwrap();
    assert!(cell(&phone, "SELECT claims FROM matter").contains("wrong_state"));
    // Two steps in one second stand in the order in which they were seen.
    phone
        .case_step(&tap(), case, CaseStep::of(CaseEvent::FixedOnSpot), false)
        .unwrap();
    assert_eq!(cell(&phone, "SELECT state FROM matter"), "fixed_on_spot");
}

#[test]
fn notes_go_to_anything_and_service_is_never_in_the_future() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    let case = phone.found(&tap(), hazard(&house, 1), None).unwrap();
    for subject in [
        house.door.identity(),
        house.bottle.identity(),
        case.identity(),
    ] {
        phone.note(&tap(), subject, words("门口有电瓶车")).unwrap();
    }
    assert_eq!(
        phone
            .note(&tap(), case.identity(), words(" "))
            .unwrap_err()
            .code(),
        "text.empty"
    );
    let service = |month| Service {
        kind: ServiceKind::Scrapped,
        month,
        firm: None,
        note: None,
        successor: None,
    };
    let future = phone.service(&tap(), house.bottle, service(2026 * 12 + 11));
    assert_eq!(future.unwrap_err().code(), "service.future");
    phone
        .service(&tap(), house.bottle, service(2026 * 12 + 10))
        .unwrap();
    assert_eq!(cell(&phone, "SELECT ended FROM asset"), "2026-11");
}
