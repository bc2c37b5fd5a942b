use automerge::{Automerge, ReadDoc};
use proptest::prelude::*;

use super::*;
use crate::change;
use crate::change::fixture::Volunteer;
use crate::materialise;

fn an_evening() -> Vec<Vec<u8>> {
    let mut volunteers = [1, 2, 3].map(Volunteer::new);
    let mut changes = Vec::new();
    for round in 0..3 {
        for volunteer in &mut volunteers {
            changes.push(volunteer.visit(round * 4 + 1).bytes);
        }
    }
    changes
}

#[test]
fn the_changes_come_out_byte_for_byte_by_author_and_number() {
    let changes = an_evening();
    let chains = unpack(&pack(&changes).unwrap()).unwrap();
    assert_eq!(chains.len(), changes.len());
    let second = Volunteer::new(2).actor();
    assert_eq!(chains[&(second, 1)], changes[1]);
    assert_eq!(chains[&(second, 3)], changes[7]);
}

#[test]
fn the_same_set_is_the_same_bytes_in_whatever_order_it_came() {
    let changes = an_evening();
    let packed = pack(&changes).unwrap();
    let mut backwards = changes.clone();
    backwards.reverse();
    backwards.extend(changes);
    assert_eq!(pack(&backwards), Ok(packed));
}

#[test]
fn automerge_loads_what_is_inside_and_shows_every_entry() {
    let changes = an_evening();
    let document = Automerge::load(&inflate(&pack(&changes).unwrap()).unwrap()).unwrap();
    assert_eq!(document.get_changes(&[]).len(), changes.len());
    for (key, value) in changes
        .iter()
        .flat_map(|bytes| change::read(bytes).unwrap())
    {
        let seen = document.get(automerge::ROOT, key.to_string()).unwrap();
        let (seen, _) = seen.expect("every entry is there");
        assert_eq!(seen.as_bytes(), Some(&value[..]));
    }
}

#[test]
fn two_changes_with_one_number_are_not_packed_over_each_other() {
    let (mut one, mut other) = (Volunteer::new(1), Volunteer::new(1));
    let changes = [one.visit(1).bytes, other.visit(2).bytes];
    assert!(pack(&changes).is_err());
}

#[test]
fn what_is_no_change_of_ours_is_not_packed() {
    let mut changed = an_evening().remove(0);
    *changed.last_mut().unwrap() ^= 1;
    for bytes in [&changed[..], b"", b"\0\0\0"] {
        assert!(pack(&[bytes]).is_err());
    }
}

#[test]
fn it_is_smaller_than_the_document_that_automerge_saves() {
    let mut volunteer = Volunteer::new(1);
    let changes: Vec<Vec<u8>> = (0..12).map(|_| volunteer.visit(40).bytes).collect();
    let packed = pack(&changes).unwrap();
    let saved = materialise::document(&changes).unwrap();
    assert!(
        packed.len() < saved.len(),
        "{} and {}",
        packed.len(),
        saved.len()
    );
    assert!(unpack(&saved).is_err(), "and is not mixed up with it");
}

#[test]
fn nothing_is_a_document_too() {
    let nothing: [Vec<u8>; 0] = [];
    assert_eq!(unpack(&pack(&nothing).unwrap()), Ok(Chains::new()));
}

#[test]
fn a_length_that_no_document_has_is_not_reserved() {
    let bomb = zstd::bulk::compress(&vec![0; CHUNKS_MAX + 1], 1).unwrap();
    assert_eq!(
        unpack(&bomb),
        Err(NotChunks("of no stated length, or too long"))
    );
}

#[test]
fn the_same_changes_give_these_bytes() {
    let inflated = inflate(&pack(&an_evening()).unwrap()).unwrap();
    let digest = crate::ids::digest_parts("test", &[&inflated]);
    assert_eq!(data_encoding::HEXLOWER.encode(&digest), GOLDEN);
}

const GOLDEN: &str = "6a2c8b2199e83c6fd7882b99ededd02ca3e11ad5f051dfec1dcbabe3cf0a9407";

proptest! {
    #[test]
    fn bytes_changed_or_cut_give_an_error_or_changes_of_ours(
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
        cut in any::<prop::sample::Index>(),
    ) {
        let packed = pack(&an_evening()).unwrap();
        prop_assert!(unpack(&packed[..cut.index(packed.len())]).is_err());
        let mut changed = packed;
        let at = at.index(changed.len());
        changed[at] ^= 1 << bit;
        // A flip that zstd does not mind leaves changes with their checksums.
        if let Ok(chains) = unpack(&changed) {
            for change in chains.values() {
                prop_assert!(change::read(change).is_ok());
            }
        }
    }
}
