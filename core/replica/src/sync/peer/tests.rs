use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Entry, PlaceAdded, PlaceKind};
use doorstep_model::ids::RequestId;

use super::*;
use crate::act::Tap;
use crate::world::{self, World, checksum, committee, go_through, meet, segments};

#[test]
fn two_phones_that_met_hold_the_same_without_an_office() {
    let world = World::new();
    let building = world.build("3号楼", 4, 2);
    let (one, two) = (world.phone(2), world.phone(3));
    world.sync(&one);
    // The second phone was never online: it gets even the register from the first.
    go_through(&one, &world.clock, &building, 20_788);
    meet(&two, &one, 10_000);
    go_through(&two, &world.clock, &building, 20_789);
    let (given, taken) = meet(&one, &two, 10_000);
    assert!(given.taken > 0 && taken.given > 0);
    assert_eq!(checksum(&one), checksum(&two));
    let (again, _) = meet(&one, &two, 10_000);
    assert_eq!(again, PeerSummary::default());
}

#[test]
fn a_pipe_may_hand_over_byte_by_byte() {
    let world = World::new();
    let building = world.build("3号楼", 2, 2);
    let (one, two) = (world.phone(2), world.phone(3));
    world.sync(&one);
    go_through(&one, &world.clock, &building, 20_788);
    meet(&one, &two, 1);
    assert_eq!(checksum(&one), checksum(&two));
}

#[test]
fn much_is_given_in_pieces() {
    let world = World::new();
    let building = world.build("3号楼", 20, 4);
    let (one, two) = (world.phone(2), world.phone(3));
    world.sync(&one);
    for day in 0..12 {
        go_through(&one, &world.clock, &building, 20_788 + day);
    }
    let (given, _) = meet(&one, &two, 100_000);
    assert!(given.given >= 5);
    assert_eq!(checksum(&one), checksum(&two));
}

#[test]
fn what_a_peer_gave_is_provisional_until_the_feed_has_it_and_reaches_the_office() {
    let world = World::new();
    let building = world.build("3号楼", 4, 2);
    let (walker, carrier) = (world.phone(2), world.phone(3));
    world.sync(&carrier);
    meet(&walker, &carrier, 10_000);
    go_through(&walker, &world.clock, &building, 20_788);
    meet(&walker, &carrier, 10_000);
    let author = walker.author().unwrap();
    assert_eq!(carrier.provisional_authors().unwrap(), [author]);
    world.sync(&carrier);
    world.sync(&carrier);
    assert_eq!(carrier.provisional_authors().unwrap(), []);
    assert_eq!(checksum(&carrier), checksum(world.office.replica()));
    world.sync(&walker);
    world.sync(&carrier);
    assert_eq!(checksum(&walker), checksum(world.office.replica()));
    assert!(segments(&walker) == segments(world.office.replica()));
}

#[test]
fn a_revocation_that_a_peer_gave_holds_once_the_feed_has_it() {
    let world = World::new();
    let (lost, near, far) = (world.phone(2), world.phone(3), world.phone(4));
    for phone in [&lost, &near, &far] {
        world.sync(phone);
    }
    let tap = Tap::new(RequestId([7; 16]));
    let revoked = world
        .office
        .revoke(&tap, lost.author().unwrap(), "手机丢了");
    revoked.unwrap();
    world.sync(&near);
    meet(&near, &far, 10_000);
    world.sync(&far);
    let revoked = "SELECT hex(author) || received_at FROM revocation";
    let told = |replica: &Replica| -> String {
        let rows = replica.reader().unwrap();
        rows.query_row(revoked, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(told(&far), told(world.office.replica()));
}

#[test]
fn a_cut_exchange_is_begun_again_and_loses_nothing() {
    let world = World::new();
    let building = world.build("3号楼", 20, 4);
    let (one, two) = (world.phone(2), world.phone(3));
    world.sync(&one);
    for day in 0..6 {
        go_through(&one, &world.clock, &building, 20_788 + day);
    }
    for cut in 1..4 {
        let (mut here, mut there) = (PeerExchange::default(), PeerExchange::default());
        let mut from_one = here.step(&one, None).unwrap();
        for _ in 0..cut {
            let Some(bytes) = from_one.take() else { break };
            let Some(bytes) = there.step(&two, Some(&bytes)).unwrap() else {
                break;
            };
            from_one = here.step(&one, Some(&bytes[..])).unwrap();
        }
    }
    meet(&one, &two, 10_000);
    assert_eq!(checksum(&one), checksum(&two));
}

#[test]
fn a_stranger_gets_nothing() {
    let world = World::new();
    let elsewhere = World::with_seed(77);
    world.build("3号楼", 2, 1);
    let (ours, theirs) = (world.phone(2), elsewhere.phone(3));
    world.sync(&ours);
    let (mut here, mut there) = (PeerExchange::default(), PeerExchange::default());
    let hello = there.step(&theirs, None).unwrap().unwrap();
    let refused = here.step(&ours, Some(&hello)).unwrap_err();
    assert_eq!(refused.code(), "peer.other_organisation");

    // Somebody who has seen a hello, and has not its key, says it again.
    let member = world.phone(4);
    let mut listening = PeerExchange::default();
    let hello = listening.step(&member, None).unwrap().unwrap();
    let mut here = PeerExchange::default();
    let reply = here.step(&ours, Some(&hello)).unwrap().unwrap();
    let mut pipe = reply;
    let reply = next_frame(&mut pipe).unwrap().unwrap();
    assert!(
        reply.segments.is_empty(),
        "nothing is given before the key is shown"
    );
    let forged = PeerMessage {
        answer: Some(vec![1; 64]),
        ..PeerMessage::default()
    };
    let refused = here.step(&ours, Some(&to_frame(&forged))).unwrap_err();
    assert_eq!(refused.code(), "peer.not_a_member");
}

#[test]
fn a_second_branch_is_kept_aside_and_told_to_the_office() {
    let world = World::new();
    let building = world.build("3号楼", 2, 1);
    let original = world.phone(2);
    world.sync(&original);
    let clone = world::clone_of(&original, &world.clock, 2);
    let witness = world.phone(3);
    world.sync(&witness);
    go_through(&original, &world.clock, &building, 20_788);
    go_through(&clone, &world.clock, &building, 20_789);
    meet(&original, &witness, 10_000);
    let (_, witnessed) = meet(&clone, &witness, 10_000);
    assert_eq!(witnessed.aside, 1);
    world.sync(&witness);
    assert_eq!(world.rows("quarantine WHERE code = 'chain.forked'"), 1);
    assert_eq!(world::rows(&witness, "quarantine WHERE told = 0"), 0);
    let (again, _) = meet(&witness, &clone, 10_000);
    assert_eq!(again.given, 1, "the clone gets the other branch, as proof");
}

#[test]
fn segments_of_nobody_and_bent_ones_are_refused() {
    let world = World::new();
    world.build("3号楼", 2, 1);
    let phone = world.phone(2);
    world.sync(&phone);
    let stranger = World::with_seed(77).phone(3);
    stranger
        .write(|session| {
            let place = PlaceAdded {
                kind: PlaceKind::Building,
                parent: None,
                name: "9号楼".to_owned(),
                order: None,
            };
            let entry = Entry::new(place, session.now);
            session.put_new(&committee(), DocumentName::Place, &entry)?;
            seal::seal(session)
        })
        .unwrap();
    let before = world::rows(&phone, "segment");
    let mut offered: Vec<Vec<u8>> = segments(&stranger)
        .into_iter()
        .map(|(_, bytes)| bytes)
        .collect();
    for (_, bytes) in segments(&world.phone(4)) {
        for at in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut bent = bytes.clone();
            bent[at] ^= 4;
            offered.push(bent);
        }
    }
    offered.push(Vec::new());
    for bytes in offered {
        let fate = phone
            .write(|session| take_one(session, &bytes, false))
            .unwrap();
        assert!(matches!(fate, Fate::Refused));
    }
    assert_eq!(world::rows(&phone, "segment"), before);
    assert_eq!(world::rows(&phone, "quarantine"), 0);
}
