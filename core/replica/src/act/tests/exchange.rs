//! Phones and office in one process, acts and all: they end with equal rows.

use doorstep_model::entry::{CaseEvent, CaseStep, Outcome, VisitOutcome};
use doorstep_model::role::Role;

use super::office::{enrolled, office, person};
use crate::act::testing::*;
use crate::act::{Look, Right};
use crate::error::Error;
use crate::project;
use crate::replica::Replica;
use crate::sync::office::Office;
use crate::sync::phone::{Exchange, Step, Summary};

/// Exchanges with the office until nothing is left.
pub(super) fn sync(phone: &Replica, office: &Office) -> Summary {
    let mut exchange = Exchange::default();
    let mut reply: Option<Vec<u8>> = None;
    for _ in 0..50 {
        match phone.sync_step(&mut exchange, reply.as_deref()).unwrap() {
            Step::Done(summary) => return summary,
            Step::Send(request) => {
                reply = Some(office.handle(&[request]).unwrap().remove(0));
            }
        }
    }
    panic!("the exchange does not end");
}

/// Hands everything in and is lost before the last reply is read: a phone that falls into the canal.
pub(super) fn push_only(phone: &Replica, office: &Office) {
    let mut exchange = Exchange::default();
    let Step::Send(request) = phone.sync_step(&mut exchange, None).unwrap() else {
        panic!("nothing to hand in");
    };
    office.handle(&[request]).unwrap();
}

fn checksum(replica: &Replica) -> [u8; 32] {
    project::area_checksum(&replica.reader().unwrap(), &replica.packs, &area()).unwrap()
}

#[test]
fn two_phones_and_the_office_end_with_equal_rows() {
    let clock = HeldClock::at(EVENING);
    let office = office(&clock);
    let (wang, li) = (
        person(&office, "7", Role::Volunteer),
        person(&office, "8", Role::Volunteer),
    );
    let clerk = person(&office, "1", Role::Clerk);
    let phones = [
        enrolled(&office, &clock, 1, wang),
        enrolled(&office, &clock, 2, li),
    ];
    let house = house(office.replica());
    for phone in &phones {
        sync(phone, &office);
    }
    // Both open the same round without asking and see different things.
    let mut missing = None;
    for (phone, outcome) in phones.iter().zip([Outcome::Missing, Outcome::Normal]) {
        clock.pass(60);
        let round = phone
            .open_round(&tap(), house.building, None, None)
            .unwrap();
        let answered = attempt(VisitOutcome::Answered);
        phone.visit(&tap(), house.door, round, answered).unwrap();
        let made = phone
            .check(&tap(), round, &[Look::new(house.bottle, outcome)])
            .unwrap();
        missing = missing.or(Some(made[0]));
    }
    let case = phones[0].found(&tap(), hazard(&house, 1), None).unwrap();
    for phone in [&phones[0], &phones[1], &phones[0]] {
        sync(phone, &office);
    }
    assert_eq!(count(office.replica(), "SELECT waiting FROM asset"), 1);
    let checks = phones[1].asset(house.bottle).unwrap();
    assert_eq!(checks.history.len(), 2);
    // The clerk registers the hazard; the volunteer corrects her look.
    office
        .replica()
        .case_step(
            &tap().by(clerk),
            case,
            CaseStep::of(CaseEvent::Registered),
            false,
        )
        .unwrap();
    phones[0]
        .correct(
            &tap(),
            missing.unwrap(),
            &Right::Check(Outcome::Normal),
            "柜子后面",
        )
        .unwrap();
    for phone in [&phones[0], &phones[1], &phones[0]] {
        sync(phone, &office);
    }
    assert_eq!(count(office.replica(), "SELECT waiting FROM asset"), 0);
    for phone in &phones {
        assert_eq!(cell(phone, "SELECT state FROM matter"), "registered");
        assert_eq!(checksum(phone), checksum(office.replica()));
    }
    let counters = phones[0].counters().unwrap();
    assert_eq!((counters.only_here, counters.held), (0, 0));
    assert_eq!(counters.received, 5);
}

#[test]
fn a_dispute_is_decided_by_an_office_role_only() {
    let clock = HeldClock::at(EVENING);
    let office = office(&clock);
    let clerk = person(&office, "1", Role::Clerk);
    let who = [
        person(&office, "7", Role::Volunteer),
        person(&office, "8", Role::Volunteer),
    ];
    let house = house(office.replica());
    let mut checks = Vec::new();
    for (seed, (who, outcome)) in
        (1..).zip(who.into_iter().zip([Outcome::Missing, Outcome::Normal]))
    {
        let phone = enrolled(&office, &clock, seed, who);
        sync(&phone, &office);
        let round = phone
            .open_round(&tap(), house.building, None, None)
            .unwrap();
        checks.extend(
            phone
                .check(&tap(), round, &[Look::new(house.bottle, outcome)])
                .unwrap(),
        );
        let own = phone.decide(&tap(), house.bottle, &checks, Outcome::Normal, None);
        assert_eq!(own.unwrap_err().code(), "act.not_your_role");
        sync(&phone, &office);
    }
    let desk = office.replica();
    let by = tap().by(clerk);
    assert_eq!(
        desk.decide(&tap(), house.bottle, &[], Outcome::Normal, None)
            .unwrap_err()
            .code(),
        "decide.names_none"
    );
    let other = desk.decide(
        &tap(),
        house.bottle,
        &[house.door.identity()],
        Outcome::Normal,
        None,
    );
    assert!(matches!(other, Err(Error::NotFound { what: "check", .. })));
    desk.decide(
        &by,
        house.bottle,
        &checks,
        Outcome::Normal,
        Some("现场看过"),
    )
    .unwrap();
    assert_eq!(cell(desk, "SELECT result FROM asset"), "normal");
    assert_eq!(count(desk, "SELECT waiting FROM asset"), 0);
}

#[test]
fn what_was_handed_in_is_undone_everywhere() {
    let clock = HeldClock::at(EVENING);
    let office = office(&clock);
    let who = person(&office, "7", Role::Volunteer);
    let phone = enrolled(&office, &clock, 1, who);
    let house = house(office.replica());
    sync(&phone, &office);
    let round = phone
        .open_round(&tap(), house.building, None, None)
        .unwrap();
    phone
        .check(&tap(), round, &[Look::new(house.bottle, Outcome::Missing)])
        .unwrap();
    sync(&phone, &office);
    assert_eq!(
        cell(office.replica(), "SELECT result FROM asset"),
        "missing"
    );
    phone.undo_last(&tap()).unwrap();
    sync(&phone, &office);
    assert_eq!(cell(office.replica(), "SELECT result FROM asset"), "");
    assert_eq!(checksum(&phone), checksum(office.replica()));
}

#[test]
fn a_paused_replica_answers_nothing_and_a_closed_one_never_again() {
    let clock = HeldClock::at(EVENING);
    let phone = phone(&clock);
    let house = house(&phone);
    phone.pause().unwrap();
    phone.pause().unwrap();
    let write = phone.note(&tap(), house.door.identity(), words("x"));
    assert!(matches!(write, Err(Error::Closed)));
    assert!(matches!(phone.undo_depth(), Err(Error::Closed)));
    assert!(matches!(phone.asset(house.bottle), Err(Error::Closed)));
    phone.resume().unwrap();
    assert_eq!(
        count(&phone, "SELECT count(*) FROM entry WHERE segment IS NULL"),
        0
    );
    let before = phone.change();
    phone
        .note(&tap(), house.door.identity(), words("x"))
        .unwrap();
    let moved = phone.next_change(before, std::time::Duration::from_secs(5));
    assert!(moved.is_some_and(|change| change > before));
    phone.close().unwrap();
    phone.close().unwrap();
    assert!(matches!(phone.resume(), Err(Error::Closed)));
    assert_eq!(
        phone.next_change(0, std::time::Duration::from_secs(5)),
        None
    );
}
