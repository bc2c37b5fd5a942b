use super::*;
use crate::change::fixture::{Keyed, Volunteer};
use crate::document::RoundKey;
use crate::entry::{Entry, Opened};
use crate::ids::Identity;
use crate::{change, document::DocumentName};

#[test]
fn an_honest_chain_passes_and_names_where_its_values_are() {
    let mut volunteer = Volunteer::new(1);
    for checks in [0, 1, 66, 200] {
        let entries_before = volunteer.chain.max_op;
        let mut author = Volunteer::new(1);
        author.chain = volunteer.chain;
        let built = author.visit(checks + 1);
        let vetted = volunteer.vet(&built.bytes).unwrap();
        assert_eq!((vetted.hash, vetted.next), (built.hash, built.next));
        let values: Vec<Keyed> = vetted
            .entries
            .iter()
            .map(|entry| (entry.key, built.bytes[entry.value.clone()].to_vec()))
            .collect();
        assert_eq!(change::read(&built.bytes), Ok(values));
        assert_eq!(
            vetted.next.max_op,
            entries_before + vetted.entries.len() as u64
        );
        volunteer.chain = vetted.next;
    }
}

#[test]
fn a_change_fits_its_own_place_only() {
    let mut volunteer = Volunteer::new(1);
    let first = volunteer.visit(1).bytes;
    let second = volunteer.visit(1).bytes;

    assert_eq!(volunteer.vet(&first), Err(VetError::SeqTaken));
    let newcomer = Volunteer::new(1);
    assert!(newcomer.vet(&first).is_ok());
    assert_eq!(newcomer.vet(&second), Err(VetError::SeqGap));
    assert_eq!(Volunteer::new(2).vet(&first), Err(VetError::WrongActor));

    // Same author, same document key, another area: another document.
    let mut elsewhere = Volunteer::new(1);
    elsewhere.area = AreaId::new("310101019006").unwrap();
    assert_eq!(elsewhere.vet(&first), Err(VetError::WrongActor));

    // A clone of the phone that wrote something else as its first change.
    let mut clone = Volunteer::new(1);
    clone.visit(2);
    assert_eq!(clone.vet(&second), Err(VetError::WrongDeps));
}

/// An `opened` entry with this subject, document kind and round.
fn opens(volunteer: &Volunteer, subject: Identity, document: u8, round: Option<RoundKey>) -> Keyed {
    let opened = Opened {
        document,
        round,
        pack: None,
    };
    volunteer.keyed(
        subject,
        volunteer.chain.last_counter + 1,
        &Entry::new(opened, 1),
    )
}

#[test]
fn an_opened_entry_names_this_document() {
    let mut volunteer = Volunteer::new(1);
    let building = volunteer.round.subject(&volunteer.area);
    let round = volunteer.round.round();
    let elsewhere = Identity::of_hash([1; 16]);
    for first_or_later in ["first", "later"] {
        let wrong = [
            opens(&volunteer, elsewhere, 2, round),
            opens(&volunteer, building, 1, None),
            opens(&volunteer, building, 2, None),
            opens(&volunteer, building, 9, round),
            opens(&volunteer, building, 2, Some(RoundKey::AdHoc(1))),
        ];
        for entry in wrong {
            assert_eq!(
                volunteer.would_write(&[entry]),
                Err(VetError::WrongDocument),
                "{first_or_later}"
            );
        }
        let right = opens(&volunteer, building, 2, round);
        volunteer.write(&[right]);
    }
}

#[test]
fn a_later_version_of_opened_still_names_the_document() {
    let mut volunteer = Volunteer::new(1);
    let (key, value) = volunteer.opened(1);
    let newer = Entry::reauthored(&value, |envelope| envelope.minor = Some(4)).unwrap();
    volunteer.write(&[(key, newer)]);

    // A document kind that comes after this version.
    let building = volunteer.round.subject(&volunteer.area);
    let to_come = DocumentName::id_of_opened(9, building, None, &volunteer.area).unwrap();
    let stranger = Volunteer::new(2);
    let entry = opens(&stranger, building, 9, None);
    let chain = ChainState::default();
    let built = change::build(&stranger.key, &stranger.area, to_come, &chain, &[entry]);
    assert!(built.is_ok());
}

#[test]
fn a_value_is_an_entry() {
    let mut volunteer = Volunteer::new(1);
    volunteer.visit(1);
    let (key, value) = volunteer.check(50);
    for bad in [&b""[..], b"\xff", &value[..value.len() - 1]] {
        assert_eq!(
            volunteer.would_write(&[(key, bad.to_vec())]),
            Err(VetError::BadEnvelope)
        );
    }
    let long = vec![0; crate::entry::VALUE_MAX + 1];
    assert_eq!(
        volunteer.would_write(&[(key, long)]),
        Err(VetError::ValueTooLong)
    );
}

#[test]
fn every_flipped_bit_is_refused() {
    let mut volunteer = Volunteer::new(1);
    volunteer.visit(1);
    let author = Volunteer {
        chain: volunteer.chain,
        ..Volunteer::new(1)
    };
    let honest = author
        .would_write(&[author.check(9), author.check(10)])
        .unwrap();
    assert!(volunteer.vet(&honest.bytes).is_ok());
    for at in 0..honest.bytes.len() {
        for bit in 0..8 {
            let mut flipped = honest.bytes.clone();
            flipped[at] ^= 1 << bit;
            assert!(volunteer.vet(&flipped).is_err(), "bit {bit} of byte {at}");
        }
    }
    for end in 0..honest.bytes.len() {
        assert!(volunteer.vet(&honest.bytes[..end]).is_err(), "{end} bytes");
    }
}

#[test]
fn codes_are_told_apart() {
    let codes = [
        VetError::TooLong.code(),
        VetError::NotUncompressed.code(),
        VetError::TooManyRows.code(),
        VetError::WrongActor.code(),
        VetError::SeqGap.code(),
    ];
    // Golden: they are in stores and on the wire.
    let golden = [
        "vet.too_long",
        "vet.not_uncompressed",
        "vet.too_many_rows",
        "vet.wrong_actor",
        "vet.seq_gap",
    ];
    assert_eq!(codes, golden);
    assert_eq!(
        VetError::SeqGap.to_string(),
        "vet.seq_gap: the chain has not come to this number"
    );
}
