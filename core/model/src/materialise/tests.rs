use super::*;
use crate::change::fixture::{Volunteer, an_evening};

#[test]
fn a_document_gives_its_changes_back_byte_for_byte() {
    let changes = an_evening();
    let saved = document(&changes).unwrap();
    let mut back = changes_of(&saved).unwrap();
    let mut given = changes.clone();
    back.sort();
    given.sort();
    assert_eq!(back, given);
}

#[test]
fn the_same_set_is_the_same_document_in_whatever_order_it_came() {
    let changes = an_evening();
    let saved = document(&changes).unwrap();
    let mut backwards = changes.clone();
    backwards.reverse();
    backwards.extend(changes);
    assert_eq!(document(&backwards), Ok(saved));
}

#[test]
fn no_changes_make_an_empty_document() {
    let nothing: [Vec<u8>; 0] = [];
    let saved = document(&nothing).unwrap();
    assert_eq!(changes_of(&saved), Ok(Vec::new()));
}

#[test]
fn a_hole_in_a_chain_makes_no_document() {
    let mut volunteer = Volunteer::new(1);
    let first = volunteer.visit(1);
    let second = volunteer.visit(1);
    let third = volunteer.visit(1);
    let holed = [first.bytes, third.bytes];
    assert_eq!(document(&holed), Err(MaterialiseError::Lost(third.hash)));
    assert_eq!(
        document(&[second.bytes]),
        Err(MaterialiseError::Lost(second.hash))
    );
}

#[test]
fn two_changes_of_one_number_make_no_document() {
    let mut clone = Volunteer::new(1);
    let mut original = Volunteer::new(1);
    let forked = [original.visit(1).bytes, clone.visit(2).bytes];
    assert!(matches!(
        document(&forked),
        Err(MaterialiseError::Refused { .. })
    ));
}

#[test]
fn bytes_that_are_no_change_or_no_document_are_an_error() {
    let vetted = an_evening();
    let with_rubbish = [vetted[0].as_slice(), b"rubbish"];
    assert_eq!(
        document(&with_rubbish),
        Err(MaterialiseError::NotVetted {
            index: 1,
            error: VetError::NotAChunk
        })
    );
    let saved = document(&vetted).unwrap();
    for bad in [&saved[..saved.len() - 1], b"rubbish".as_slice()] {
        assert!(changes_of(bad).is_err());
    }
}

#[test]
fn a_panic_behind_the_belt_is_an_error_with_its_words() {
    let caught: Result<(), _> = behind_belt(|| panic!("poisoned"));
    assert_eq!(
        caught,
        Err(MaterialiseError::Panicked("poisoned".to_owned()))
    );
}
