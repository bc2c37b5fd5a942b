//! Cases: the flow as a row shows it, and the roles it is judged by.

use doorstep_model::entry::{CaseClass, CaseEvent, CaseStep, Entry, Found, PersonDeclared, Ruling};
use doorstep_model::ids::{AreaId, Identity, PlaceId};
use doorstep_model::role::Role;

use crate::project::testing::{NOON, Script, Who, is_a_set_function, verdict};

fn found(at: Identity) -> Found {
    Found {
        class: CaseClass::Hazard,
        kind: "ebike".to_owned(),
        place: PlaceId(at),
        asset: None,
        level: 1,
        suspected: None,
        note: Some("楼道电瓶车".to_owned()),
        photos: None,
        round: None,
        campaign: None,
    }
}

pub(super) fn step(event: CaseEvent) -> CaseStep {
    CaseStep {
        passed: (event == CaseEvent::Rechecked).then_some(true),
        ..CaseStep::of(event)
    }
}

#[test]
fn a_case_goes_its_way_and_leaves_the_open_ones() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let case = script.make(Who::Wang, NOON, found(house));
    let mut last = case;
    for (n, (who, event)) in [
        (Who::Clerk, CaseEvent::Registered),
        (Who::Clerk, CaseEvent::Rectifying),
        (Who::Clerk, CaseEvent::Reported),
        (Who::Li, CaseEvent::Rechecked),
    ]
    .into_iter()
    .enumerate()
    {
        last = script
            .after(&[last])
            .say(who, case, NOON + 60 * (n as i64 + 1), step(event));
    }
    let open = is_a_set_function(&script);
    assert_eq!(open.of("matter", case, "state"), "recheck_passed");
    assert_eq!(open.of("matter", case, "open"), "1");
    let by_fixer = script
        .after(&[last])
        .say(Who::Clerk, case, NOON + 900, step(CaseEvent::Closed));
    let refused = is_a_set_function(&script);
    assert_eq!(refused.of("matter", case, "open"), "1");
    let claims = refused.of("matter", case, "claims");
    assert_eq!(claims, format!(r#"[["{by_fixer}","fixer"]]"#));
}

#[test]
fn an_office_step_is_judged_by_the_role_of_its_person() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let case = script.make(Who::Wang, NOON, found(house));
    let judge = Identity::of_hash([0x77; 16]);
    let judged = Entry::new(step(CaseEvent::Judged3), NOON + 60)
        .by(Some(doorstep_model::ids::PersonId(judge)));
    script.write(Who::Office, Some(case), judged);
    let unknown = is_a_set_function(&script);
    assert_eq!(unknown.of("matter", case, "judged"), "0");
    let declared = PersonDeclared {
        roster: "119".to_owned(),
        role: Role::FireBody.code(),
        force: None,
    };
    let organisation = AreaId::organisation();
    script.write_in(
        &organisation,
        Who::Office,
        Some(judge),
        Entry::new(declared, NOON),
    );
    let known = is_a_set_function(&script);
    assert_eq!(known.of("matter", case, "judged"), "1");
    assert_eq!(known.of("matter", case, "level"), "3");
}

#[test]
fn a_finding_that_is_held_is_no_case_yet() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let case = script.make(Who::Wang, NOON, found(house));
    script.say(Who::Office, case, NOON + 60, verdict(Ruling::Held));
    let world = is_a_set_function(&script);
    assert_eq!(world.text("SELECT count(*) FROM matter"), "0");
}

#[test]
fn what_an_event_names_and_nobody_knows_is_shown() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let case = script.make(Who::Wang, NOON, found(house));
    let nowhere = Identity::of_hash([0x55; 16]);
    script
        .after(&[nowhere])
        .say(Who::Clerk, case, NOON + 60, step(CaseEvent::Registered));
    let world = is_a_set_function(&script);
    assert_eq!(world.codes(), "unknown_after");
    assert_eq!(world.of("matter", case, "state"), "registered");
}
