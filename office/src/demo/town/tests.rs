//! The generated street, held against what was published and against itself.

use std::collections::{BTreeMap, BTreeSet};

use doorstep_model::entry::{Body, CaseEvent};
use doorstep_model::ids::{AuthorTag, Identity, PersonId};

use super::*;

fn clerks() -> Clerks {
    let person = |number| PersonId(Identity::of_entry(AuthorTag([1; 4]), number));
    Clerks {
        fixer: person(1),
        checker: person(2),
    }
}

fn town(seed: u64, buildings: u32) -> Town {
    Town::build(seed, buildings, clerks()).unwrap()
}

/// Sum of what the handout lines of an item say, by year of the day.
fn handed_out(town: &Town, item: &str) -> BTreeMap<i64, u32> {
    let mut years = BTreeMap::new();
    for row in &town.rows {
        if let Body::HandoutLine(line) = &row.entry.body
            && line.item == item
        {
            let year = doorstep_model::report::month_of(line.day.unwrap()) / 12;
            *years.entry(i64::from(year)).or_default() += line.quantity;
        }
    }
    years
}

#[test]
fn every_extinguisher_of_the_summaries_stands_at_a_door_with_its_month() {
    let town = town(1, BUILDINGS);
    assert_eq!(
        handed_out(&town, "extinguisher.dry_powder"),
        BTreeMap::from([(2013, 3030), (2014, 2023), (2015, 2174), (2017, 2094)])
    );
    let bottles: Vec<_> = town
        .rows
        .iter()
        .filter_map(|row| match &row.entry.body {
            Body::AssetAdded(asset) if asset.batch.is_some() => Some(asset),
            _ => None,
        })
        .collect();
    assert_eq!((bottles.len(), town.bottles), (9321, 9321));
    assert!(bottles.iter().all(|bottle| bottle.factory.is_some()));
}

#[test]
fn boards_keep_households_and_sheets_apart() {
    let town = town(1, BUILDINGS);
    let sheets = handed_out(&town, "board.fire");
    assert_eq!((sheets[&2014], sheets[&2017]), (1000, 1000));
    let households: BTreeSet<_> = town
        .rows
        .iter()
        .filter(|row| match &row.entry.body {
            Body::HandoutLine(line) => line.item == "board.fire" && line.day < Some(16_071),
            _ => false,
        })
        .map(|row| row.subject)
        .collect();
    assert_eq!(households.len(), 2356);
}

#[test]
fn everything_generated_is_marked_and_what_was_published_is_not() {
    let town = town(1, 8);
    for row in &town.rows {
        let published = matches!(row.entry.body, Body::ReportedFigure(_));
        assert_eq!(row.entry.envelope.mark.is_none(), published, "{row:?}");
    }
    assert!(
        town.areas
            .iter()
            .all(|row| row.entry.envelope.mark.is_none())
    );
}

#[test]
fn the_same_seed_builds_the_same_street_and_another_seed_another() {
    assert_eq!(town(3, 12).rows, town(3, 12).rows);
    assert_ne!(town(3, 12).rows, town(4, 12).rows);
}

#[test]
fn no_two_rows_are_one_and_every_subject_is_made_before_it_is_spoken_of() {
    let town = town(1, 20);
    let mut origins = BTreeSet::new();
    let mut made = BTreeSet::new();
    for row in &town.rows {
        let origin = row.entry.envelope.origin.unwrap();
        assert!(origins.insert(origin), "twice: {row:?}");
        if origin == row.subject {
            made.insert(row.subject);
        } else if !matches!(
            row.entry.body,
            Body::Attendance(_) | Body::ReportedFigure(_)
        ) {
            assert!(made.contains(&row.subject), "nowhere: {row:?}");
        }
    }
}

#[test]
fn every_committee_of_the_list_is_there_and_each_has_homes() {
    let town = town(1, BUILDINGS);
    assert_eq!(town.committees.len(), 16);
    assert_eq!(town.buildings(), 240);
    for committee in &town.committees {
        assert!(!committee.buildings.is_empty(), "{}", committee.area);
    }
}

#[test]
fn a_case_that_went_its_whole_way_was_looked_at_again_by_somebody_else() {
    let town = town(1, 20);
    let by = |event| {
        let found = town
            .rows
            .iter()
            .find(|row| matches!(&row.entry.body, Body::CaseStep(step) if step.event == event));
        found.unwrap().entry.envelope.by.unwrap()
    };
    assert_eq!(by(CaseEvent::Reported), clerks().fixer);
    assert_eq!(by(CaseEvent::Rechecked), clerks().checker);
}
