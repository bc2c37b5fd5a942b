//! What the office takes in on another way than by a segment: imports, and branches that were lost.

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Entry, Outcome, PlaceKind, VisitOutcome};
use doorstep_model::ids::Identity;
use doorstep_model::role::Role;

use super::exchange::{push_only, sync};
use super::office::{enrolled, office, person};
use crate::act::Look;
use crate::act::office::ImportRow;
use crate::act::testing::*;

fn imported(n: u8, name: &str) -> ImportRow {
    let origin = Identity::of_hash([n; 16]);
    let body = place(PlaceKind::Building, None, name);
    ImportRow {
        area: area(),
        document: DocumentName::Place(origin),
        subject: origin,
        entry: Entry::new(body, EVENING).with_origin(origin),
    }
}

#[test]
fn an_import_that_was_cut_is_run_again_and_writes_the_rest() {
    let clock = HeldClock::at(EVENING);
    let office = office(&clock);
    let rows: Vec<_> = (1..=250).map(|n| imported(n, "3号楼")).collect();
    office.import(&rows[..100], |_| {}).unwrap();
    let mut heard = Vec::new();
    let done = office.import(&rows, |through| heard.push(through)).unwrap();
    assert_eq!((done.written, done.known), (150, 100));
    assert_eq!(heard, [200, 250]);
    assert_eq!(count(office.replica(), "SELECT count(*) FROM place"), 250);
    let mut bare = imported(251, "4号楼");
    bare.entry.envelope.origin = None;
    assert_eq!(
        office.import(&[bare], |_| {}).unwrap_err().code(),
        "import.no_origin"
    );
}

#[test]
fn the_branch_of_a_lost_clone_is_taken_over_with_its_person_and_time() {
    let clock = HeldClock::at(EVENING);
    let office = office(&clock);
    let who = person(&office, "7", Role::Volunteer);
    let phone = enrolled(&office, &clock, 1, who);
    let house = house(&phone);
    sync(&phone, &office);
    // The folder is copied with its marker: two phones write on with one key.
    let copy = copy_of(&phone, &clock, 1, 5);
    clock.pass(60);
    let round = phone
        .open_round(&tap(), house.building, None, None)
        .unwrap();
    phone
        .check(&tap(), round, &[Look::new(house.bottle, Outcome::Normal)])
        .unwrap();
    copy.visit(&tap(), house.door, round, attempt(VisitOutcome::Absent))
        .unwrap();
    sync(&phone, &office);
    push_only(&copy, &office);
    let kept = office.quarantined().unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].code, "chain.forked");
    assert_eq!(
        count(
            office.replica(),
            "SELECT attempts FROM place WHERE kind = 3"
        ),
        0
    );
    clock.pass(3_600);
    office.adopt_branch(&tap(), kept[0].id).unwrap();
    office.adopt_branch(&tap(), kept[0].id).unwrap();
    assert_eq!(
        count(
            office.replica(),
            "SELECT attempts FROM place WHERE kind = 3"
        ),
        1
    );
    assert_eq!(
        count(
            office.replica(),
            "SELECT visit_at FROM place WHERE kind = 3"
        ),
        EVENING + 60
    );
    // The device comes back after all: equal origins are one.
    sync(&copy, &office);
    assert_eq!(
        count(
            office.replica(),
            "SELECT attempts FROM place WHERE kind = 3"
        ),
        1
    );
}
