use automerge::{Automerge, ReadDoc};
use proptest::prelude::*;

use super::*;
use crate::change;
use crate::change::fixture::{Volunteer, an_evening};
use crate::materialise;

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
fn a_frame_that_claims_more_than_there_is_memory_is_an_error() {
    // A frame of one segment with a length of eight bytes: 2 to the power of 62.
    let mut claims = vec![0x28, 0xb5, 0x2f, 0xfd, 0xe0];
    claims.extend_from_slice(&(1_u64 << 62).to_le_bytes());
    assert!(inflate(&claims).is_err());
}

#[test]
fn a_hole_in_a_chain_is_not_packed() {
    let mut volunteer = Volunteer::new(1);
    let [first, second, third] = [1, 2, 3].map(|checks| volunteer.visit(checks).bytes);
    assert!(pack(&[&first, &second]).is_ok());
    for holed in [[&first, &third], [&second, &third]] {
        assert_eq!(
            pack(&holed),
            Err(NotChunks("a change without the one before it"))
        );
    }
}

#[test]
fn another_change_before_it_is_a_hole_too() {
    let mut one = Volunteer::new(1);
    let mut other = Volunteer::new(1);
    let (first, _) = (one.visit(1).bytes, other.visit(2).bytes);
    assert!(pack(&[first, other.visit(1).bytes]).is_err());
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
