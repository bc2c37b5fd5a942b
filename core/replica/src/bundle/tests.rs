use doorstep_model::bundle::UnsignedEntry;
use doorstep_model::ids::Identity;

use super::*;
use crate::sync::peer::PeerExchange;
use crate::world::{self, World, checksum, committee, go_through};

fn sealed_for(to: &SealTo, bundle: &Bundle) -> Vec<u8> {
    seal_to(to, bundle, &mut ChaCha20Rng::from_seed([1; 32])).unwrap()
}

#[test]
fn a_file_brings_what_a_sync_would_have_brought() {
    let world = World::new();
    let building = world.build("3号楼", 4, 2);
    let phone = world.phone(2);
    world.sync(&phone);
    go_through(&phone, &world.clock, &building, 20_788);
    let file = phone.export_bundle().unwrap();
    let summary = world.office.take_bundle(&file).unwrap();
    assert_eq!((summary.segments, summary.received), (1, 1));
    assert_eq!(world.rows("entry WHERE kind = 5"), 8);
    // The phone hears of it at its next contact.
    world.sync(&phone);
    assert_eq!(checksum(&phone), checksum(world.office.replica()));
}

#[test]
fn the_same_file_again_says_the_same_and_changes_nothing() {
    let world = World::new();
    let building = world.build("3号楼", 4, 2);
    let phone = world.phone(2);
    world.sync(&phone);
    world.clock.turn(2_000 * 86_400);
    go_through(&phone, &world.clock, &building, 23_000);
    let file = phone.export_bundle().unwrap();
    let first = world.office.take_bundle(&file).unwrap();
    assert_eq!(first.held, 1, "made after the grant's end");
    let (rows, segments) = (checksum(world.office.replica()), world.rows("segment"));
    let again = world.office.take_bundle(&file).unwrap();
    assert_eq!(
        BundleSummary {
            notices: Vec::new(),
            ..first
        },
        again
    );
    assert_eq!(checksum(world.office.replica()), rows);
    assert_eq!(world.rows("segment"), segments);
}

#[test]
fn bundles_of_several_phones_make_the_same_rows_in_any_order() {
    let orders = [[0, 1, 2], [2, 1, 0], [1, 2, 0]];
    let mut sums = Vec::new();
    for order in orders {
        let world = World::new();
        let building = world.build("3号楼", 4, 2);
        let phones = [world.phone(2), world.phone(3), world.phone(4)];
        for phone in &phones {
            world.sync(phone);
        }
        for (day, phone) in (20_788..).zip(&phones) {
            go_through(phone, &world.clock, &building, day);
        }
        let files = phones.map(|phone| phone.export_bundle().unwrap());
        for index in order {
            world.office.take_bundle(&files[index]).unwrap();
        }
        sums.push(checksum(world.office.replica()));
    }
    assert_eq!(sums[0], sums[1]);
    assert_eq!(sums[0], sums[2]);
}

#[test]
fn the_end_of_a_phones_log_may_come_before_the_segment_that_names_the_phone() {
    let world = World::new();
    let building = world.build("3号楼", 4, 2);
    let walker = world.phone(2);
    go_through(&walker, &world.clock, &building, 20_788);
    let files = walker
        .write(|session| {
            seal::seal(session)?;
            let whole = gather(session)?;
            let to = super::sealed_to(session.tx())?.unwrap();
            let ours = session.me()?.tag;
            let mut part = |first: bool| {
                let mut part = whole.clone();
                for area in &mut part.areas {
                    area.segments.retain(|one| {
                        let header = Segment::read_header(&one.0).unwrap().header;
                        header.author == ours && (header.n == 1) == first
                    });
                }
                seal_to(&to, &part, session.rng).unwrap()
            };
            Ok([part(false), part(true)])
        })
        .unwrap();
    let [end, beginning] = files;

    let waits = world.office.take_bundle(&end).unwrap();
    assert_eq!((waits.received, waits.refused), (0, 0), "{waits:?}");
    assert_eq!(waits.aside, waits.segments);
    assert_eq!(world.rows("entry WHERE kind = 5"), 0);

    world.office.take_bundle(&beginning).unwrap();
    assert_eq!(world.rows("entry WHERE kind = 5"), 8);
    assert_eq!(world.rows("quarantine"), 0);
}

#[test]
fn what_a_phone_carries_for_another_is_in_its_file() {
    let world = World::new();
    let building = world.build("3号楼", 4, 2);
    let (walker, carrier) = (world.phone(2), world.phone(3));
    world.sync(&walker);
    go_through(&walker, &world.clock, &building, 20_788);
    let (mut here, mut there) = (PeerExchange::default(), PeerExchange::default());
    let mut bytes = here.step(&walker, None).unwrap();
    for turn in 0..20 {
        let Some(said) = bytes.take() else { break };
        bytes = match turn % 2 {
            0 => there.step(&carrier, Some(&said)).unwrap(),
            _ => here.step(&walker, Some(&said)).unwrap(),
        };
    }
    let summary = world
        .office
        .take_bundle(&carrier.export_bundle().unwrap())
        .unwrap();
    // The carrier's own proof, and the walk. What the office wrote itself is received as well.
    assert!(summary.received >= 2, "{summary:?}");
    assert_eq!(world.rows("entry WHERE kind = 5"), 8);
}

#[test]
fn a_file_that_is_cut_bent_or_of_others_is_refused_whole() {
    let world = World::new();
    let building = world.build("3号楼", 4, 2);
    let phone = world.phone(2);
    world.sync(&phone);
    go_through(&phone, &world.clock, &building, 20_788);
    let file = phone.export_bundle().unwrap();
    let before = world.rows("segment");
    let code = |bytes: &[u8]| world.office.take_bundle(bytes).unwrap_err().code();
    for at in [0, 10, file.len() / 2, file.len() - 1] {
        assert_eq!(code(&file[..at]), "bundle.unreadable");
        let mut bent = file.clone();
        bent[at] ^= 1;
        assert_eq!(code(&bent), "bundle.unreadable");
    }
    assert_eq!(code(b"a photo of a cat"), "bundle.unreadable");
    let elsewhere = World::with_seed(77);
    let theirs = elsewhere.phone(3).export_bundle().unwrap();
    assert_eq!(
        code(&theirs),
        "bundle.unreadable",
        "sealed to another office"
    );
    assert_eq!(world.rows("segment"), before);
    assert_eq!(world.rows("quarantine"), 0);
}

#[test]
fn a_bundle_of_another_organisation_under_our_seal_is_refused() {
    let world = World::new();
    let recipient = world.office.seal_to().unwrap();
    let theirs = World::with_seed(77).phone(3).write(gather).unwrap();
    let file = sealed_for(&recipient, &theirs);
    assert_eq!(
        world.office.take_bundle(&file).unwrap_err().code(),
        "bundle.other_organisation"
    );
}

#[test]
fn entries_that_nobody_can_sign_are_kept_once_and_count_for_nothing() {
    let world = World::new();
    let phone = world.phone(2);
    let mut bundle = phone.write(gather).unwrap();
    bundle.unsigned.push(UnsignedEntry {
        area: committee(),
        document: (1, Identity::of_hash([1; 16]), None),
        author: phone.author().unwrap(),
        counter: 5,
        subject: Identity::of_hash([1; 16]),
        value: vec![0xa0],
    });
    let file = sealed_for(&world.office.seal_to().unwrap(), &bundle);
    for _ in 0..2 {
        assert_eq!(world.office.take_bundle(&file).unwrap().unsigned, 1);
    }
    assert_eq!(world.rows("unsigned_entry"), 1);
    assert_eq!(
        world::rows(world.office.replica(), "entry WHERE kind <> 0"),
        0
    );
}
