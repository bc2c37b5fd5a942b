//! What the office alone does: invitations that work, grants, plans and closes, verdicts.

use std::sync::Arc;

use doorstep_model::entry::{
    AreaDeclared, Outcome, PersonDeclared, PlaceKind, RoundPlanned, Ruling, SegmentName,
};
use doorstep_model::ids::{AreaId, Identity, PersonId};
use doorstep_model::role::Role;

use super::exchange::sync;
use crate::act::Look;
use crate::act::office::{Invite, NewGrant, Target};
use crate::act::testing::*;
use crate::error::Error;
use crate::replica::Replica;
use crate::sync::office::Office;

pub(super) fn office(clock: &Arc<HeldClock>) -> Office {
    let office = Office::create(options(clock, 99)).unwrap();
    office
        .declare_area(&tap(), committee("310101019005"))
        .unwrap();
    office
}

fn committee(code: &str) -> AreaDeclared {
    AreaDeclared {
        code: code.to_owned(),
        parent: None,
        level: "committee".to_owned(),
        name: "文庙居委".to_owned(),
        from: None,
        until: None,
    }
}

pub(super) fn person(office: &Office, roster: &str, role: Role) -> PersonId {
    let declared = PersonDeclared {
        roster: roster.to_owned(),
        role: role.code(),
        force: None,
    };
    office.declare_person(&tap(), declared).unwrap()
}

pub(super) fn invite(office: &Office, persons: Vec<PersonId>) -> String {
    office.invite(&tap(), invitation(persons)).unwrap()
}

fn invitation(persons: Vec<PersonId>) -> Invite {
    Invite {
        area: area(),
        role: Role::Volunteer,
        persons,
        hours: 24,
        work_until: EVENING + 365 * 86_400,
        addresses: vec!["http://127.0.0.1:8080".into()],
        transport_key: None,
    }
}

pub(super) fn enrolled(
    office: &Office,
    clock: &Arc<HeldClock>,
    seed: u8,
    who: PersonId,
) -> Replica {
    let phone = Replica::open(options(clock, seed)).unwrap();
    phone.enrol(&invite(office, vec![who])).unwrap();
    phone
}

#[test]
fn an_area_is_declared_under_its_code_and_never_inside_itself() {
    let clock = HeldClock::at(EVENING);
    let office = office(&clock);
    let refused = |area| office.declare_area(&tap(), area).unwrap_err().code();
    assert_eq!(refused(committee("文庙")), "area.code");
    assert_eq!(refused(committee("@")), "area.code");
    let mut grid = committee("310101019005-1");
    grid.level = "grid".to_owned();
    grid.parent = Some("310101019005".to_owned());
    office.declare_area(&tap(), grid).unwrap();
    let mut inside = committee("310101019005");
    inside.parent = Some("310101019005-1".to_owned());
    assert_eq!(refused(inside), "area.circle");
    let mut level = committee("310101019006");
    level.level = "village".to_owned();
    assert_eq!(refused(level), "area.level");
}

#[test]
fn an_invitation_is_made_once_a_request_and_enrols_a_phone() {
    let clock = HeldClock::at(EVENING);
    let office = office(&clock);
    let who = person(&office, "7", Role::Volunteer);
    let once = tap();
    let text = office.invite(&once, invitation(vec![who])).unwrap();
    assert_eq!(office.invite(&once, invitation(vec![who])).unwrap(), text);
    let other = office.invite(&once, invitation(vec![]));
    assert!(matches!(other, Err(Error::RequestReused(_))));
    let phone = Replica::open(options(&clock, 1)).unwrap();
    phone.enrol(&text).unwrap();
    sync(&phone, &office);
    let listed = office.invitations().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].used_by, phone.author());
    let again = office.void_invitation(&tap(), listed[0].id);
    assert_eq!(again.unwrap_err().code(), "invite.used");
}

#[test]
fn two_phones_have_two_blocks_of_labels() {
    let clock = HeldClock::at(EVENING);
    let office = office(&clock);
    let who = person(&office, "7", Role::Volunteer);
    let first = enrolled(&office, &clock, 1, who).next_label().unwrap();
    let second = enrolled(&office, &clock, 2, who).next_label().unwrap();
    assert_eq!(second.number(), first.number() + 8_192);
}

#[test]
fn an_invitation_goes_to_an_address_that_a_phone_may_trust() {
    let clock = HeldClock::at(EVENING);
    let office = office(&clock);
    let who = person(&office, "7", Role::Volunteer);
    let refused = |address: &str| {
        let invite = Invite {
            addresses: vec![address.to_owned()],
            ..invitation(vec![who])
        };
        office.invite(&tap(), invite).unwrap_err().code()
    };
    assert_eq!(refused("http://192.168.1.10:8080"), "invite.plain_http");
    assert_eq!(refused("http://127.0.0.1.example.org"), "invite.plain_http");
    assert_eq!(refused("https://192.168.1.10:8443"), "invite.no_key");
    assert_eq!(refused("192.168.1.10"), "invite.no_address");
}

#[test]
fn work_under_a_voided_invitation_waits_and_flows_once_it_is_accepted() {
    let clock = HeldClock::at(EVENING);
    let office = office(&clock);
    let who = person(&office, "7", Role::Volunteer);
    let phone = enrolled(&office, &clock, 1, who);
    let id = office.invitations().unwrap()[0].id;
    office.void_invitation(&tap(), id).unwrap();
    house(&phone);
    sync(&phone, &office);
    assert_eq!(count(office.replica(), "SELECT count(*) FROM place"), 0);
    let held = office.held().unwrap();
    assert!(!held.is_empty());
    for line in &held {
        assert_eq!(
            (line.code.as_str(), line.person),
            ("held.invitation_void", who)
        );
        office
            .verdict(&tap(), &line.target, Ruling::Accepted, &line.code, None)
            .unwrap();
    }
    assert_eq!(count(office.replica(), "SELECT count(*) FROM place"), 2);
    assert!(office.held().unwrap().is_empty());
}

#[test]
fn a_verdict_names_what_is_here_and_a_refusal_says_why() {
    let clock = HeldClock::at(EVENING);
    let office = office(&clock);
    let nobody = Target::Entry(Identity::of_hash([9; 16]));
    let missing = office.verdict(&tap(), &nobody, Ruling::Held, "held.revoked", None);
    assert!(matches!(missing, Err(Error::NotFound { .. })));
    let place = house(office.replica()).door.identity();
    let target = Target::Entry(place);
    let silent = office.verdict(&tap(), &target, Ruling::Refused, "held.revoked", None);
    assert_eq!(silent.unwrap_err().code(), "verdict.no_reason");
    let unknown = office.verdict(&tap(), &target, Ruling::Held, "no.such", None);
    assert_eq!(unknown.unwrap_err().code(), "verdict.unknown_code");
    office
        .verdict(&tap(), &target, Ruling::Held, "held.outside_area", None)
        .unwrap();
    assert_eq!(
        count(
            office.replica(),
            "SELECT count(*) FROM place WHERE kind = 3"
        ),
        0
    );
    assert_eq!(office.held().unwrap()[0].target, target);
}

#[test]
fn what_is_ruled_on_an_entry_outlives_what_is_ruled_on_its_segment() {
    let clock = HeldClock::at(EVENING);
    let office = office(&clock);
    let who = person(&office, "7", Role::Volunteer);
    let phone = enrolled(&office, &clock, 1, who);
    let id = office.invitations().unwrap()[0].id;
    office.void_invitation(&tap(), id).unwrap();
    let house = house(&phone);
    sync(&phone, &office);
    let rule = |target: &Target, ruling| {
        let reason = Some("看错了");
        office
            .verdict(&tap(), target, ruling, "held.invitation_void", reason)
            .unwrap();
    };
    let door = Target::Entry(house.door.identity());
    rule(&door, Ruling::Quarantined);
    for line in office.held().unwrap() {
        rule(&line.target, Ruling::Accepted);
    }
    let places = "SELECT count(*) FROM place";
    assert_eq!(count(office.replica(), places), 1, "the building");
    rule(&door, Ruling::Released);
    assert_eq!(count(office.replica(), places), 2);
}

#[test]
fn a_longer_grant_reaches_its_device_at_the_next_contact() {
    let clock = HeldClock::at(EVENING);
    let office = office(&clock);
    let who = person(&office, "7", Role::Volunteer);
    let second = person(&office, "8", Role::Volunteer);
    let phone = enrolled(&office, &clock, 1, who);
    let house = house(&phone);
    sync(&phone, &office);
    let author = phone.author().unwrap();
    let grant = NewGrant {
        area: area(),
        role: Role::Volunteer,
        persons: vec![who, second],
        work_from: EVENING - 86_400,
        work_until: EVENING + 900 * 86_400,
    };
    office.issue_grant(&tap(), author, grant).unwrap();
    sync(&phone, &office);
    let device = office.devices().unwrap().remove(0);
    assert_eq!(device.work_until, EVENING + 900 * 86_400);
    assert_eq!(device.persons, [who, second]);
    assert_eq!(phone.author(), Some(author), "the same device goes on");
    let round = phone
        .open_round(&tap().by(second), house.building, None, None)
        .unwrap();
    phone
        .check(
            &tap().by(second),
            round,
            &[Look::new(house.bottle, Outcome::Normal)],
        )
        .unwrap();
    sync(&phone, &office);
    assert!(office.held().unwrap().is_empty());
    assert_eq!(cell(office.replica(), "SELECT result FROM asset"), "normal");
}

#[test]
fn a_revoked_device_is_listed_and_what_it_hands_in_waits() {
    let clock = HeldClock::at(EVENING);
    let office = office(&clock);
    let who = person(&office, "7", Role::Volunteer);
    let phone = enrolled(&office, &clock, 1, who);
    house(&phone);
    sync(&phone, &office);
    let author = phone.author().unwrap();
    let silent = office.revoke(&tap(), author, " ");
    assert_eq!(silent.unwrap_err().code(), "revoke.no_reason");
    office.revoke(&tap(), author, "手机丢了").unwrap();
    let device = office.devices().unwrap().remove(0);
    assert_eq!(device.revoked_at, Some(EVENING));
    assert_eq!(device.last_contact, Some(EVENING));
    clock.pass(60);
    phone
        .add_place(&tap(), None, place(PlaceKind::Premises, None, "五金店"))
        .unwrap();
    let said = sync(&phone, &office);
    assert_eq!(said.limited, Some("sync.push_only"));
    assert_eq!(office.held().unwrap()[0].code, "held.revoked");
}

#[test]
fn a_planned_round_has_a_frozen_list_and_its_close_names_who_worked() {
    let clock = HeldClock::at(EVENING);
    let office = office(&clock);
    let who = person(&office, "7", Role::Volunteer);
    let house = house(office.replica());
    let plan = RoundPlanned {
        name: "冬季检查".to_owned(),
        from: 20_782,
        to: 20_800,
        checklist: None,
        campaign: None,
    };
    let mut backwards = plan.clone();
    backwards.to = 20_000;
    let refused = office.plan_round(&tap(), &area(), backwards, &[]);
    assert_eq!(refused.unwrap_err().code(), "plan.dates");
    let round = office
        .plan_round(&tap(), &area(), plan, &[(house.building, None)])
        .unwrap();
    assert_eq!(
        count(office.replica(), "SELECT count(*) FROM round_target"),
        2
    );
    let again = office.freeze_targets(&tap(), round, house.building, None);
    assert_eq!(again.unwrap_err().code(), "round.frozen");
    let phone = enrolled(&office, &clock, 1, who);
    sync(&phone, &office);
    let key = phone
        .open_round(&tap(), house.building, Some(round), None)
        .unwrap();
    phone.all_normal(&tap(), key, &[house.door], true).unwrap();
    sync(&phone, &office);
    office.close_round(&tap(), round).unwrap();
    let closed = cell(office.replica(), "SELECT closed FROM round");
    assert!(
        closed.contains(&phone.author().unwrap().to_string()),
        "{closed}"
    );
    let future = office.close_month(&tap(), &area(), 2026 * 12 + 11);
    assert_eq!(future.unwrap_err().code(), "month.future");
    office.close_month(&tap(), &area(), 2026 * 12 + 10).unwrap();
    assert_eq!(
        cell(office.replica(), "SELECT month FROM month_close"),
        "2026-11"
    );
}

#[test]
fn people_of_the_office_use_the_same_acts_and_name_themselves() {
    let clock = HeldClock::at(EVENING);
    let office = office(&clock);
    let clerk = person(&office, "1", Role::Clerk);
    let house = house(office.replica());
    let round = office
        .replica()
        .open_round(&tap().by(clerk), house.building, None, None)
        .unwrap();
    office
        .replica()
        .check(
            &tap().by(clerk),
            round,
            &[Look::new(house.bottle, Outcome::Missing)],
        )
        .unwrap();
    let pending = "SELECT count(*) FROM segment WHERE position IS NULL";
    assert_eq!(count(office.replica(), pending), 0, "published at once");
    let looked_by = "SELECT hex(looked_by) FROM asset";
    let hex = data_encoding::HEXUPPER.encode(clerk.identity().as_bytes());
    assert_eq!(cell(office.replica(), looked_by), hex);
    let stranger = PersonId(Identity::of_hash([9; 16]));
    let refused = office
        .replica()
        .open_round(&tap().by(stranger), house.building, None, None);
    assert_eq!(refused.unwrap_err().code(), "act.not_your_person");
    let elsewhere = office.close_month(&tap(), &AreaId::new("1").unwrap(), 2026 * 12 + 10);
    assert!(matches!(
        elsewhere,
        Err(Error::NotFound { what: "area", .. })
    ));
    let name = SegmentName {
        author: office.replica().author().unwrap(),
        n: 1_000,
    };
    let target = Target::Segment(area(), name);
    let missing = office.verdict(&tap(), &target, Ruling::Held, "held.revoked", None);
    assert!(matches!(
        missing,
        Err(Error::NotFound {
            what: "segment",
            ..
        })
    ));
}
