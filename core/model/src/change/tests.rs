use automerge::transaction::Transactable;
use automerge::{ActorId, Automerge, Change, ExpandedChange, ROOT, ReadDoc, ScalarValue, legacy};
use proptest::prelude::*;

use super::fixture::{Keyed, Volunteer};
use super::*;
use crate::entry::{Entry, Note};
use crate::ids::Identity;

/// The same puts as a transaction on a document that holds the author's changes only.
fn by_transaction(own: &mut Automerge, entries: &[Keyed]) -> Change {
    let mut transaction = own.transaction();
    for (key, value) in entries {
        transaction
            .put(ROOT, key.to_string(), value.clone())
            .unwrap();
    }
    let (hash, _) = transaction.commit();
    own.get_change_by_hash(&hash.unwrap()).unwrap().clone()
}

/// The same puts as automerge's own description of a change.
fn by_description(actor: Actor, chain: &ChainState, entries: &[Keyed]) -> Change {
    let put = |(key, value): &Keyed| legacy::Op {
        action: legacy::OpType::Put(ScalarValue::Bytes(value.clone())),
        obj: legacy::ObjectId::Root,
        key: legacy::Key::Map(key.to_string().into()),
        pred: legacy::SortedVec::new(),
        insert: false,
    };
    Change::from(ExpandedChange {
        operations: entries.iter().map(put).collect(),
        actor_id: ActorId::from(actor.0),
        hash: None,
        seq: chain.seq + 1,
        start_op: (chain.max_op + 1).try_into().unwrap(),
        time: 0,
        message: None,
        deps: chain
            .last_hash
            .map(|hash| automerge::ChangeHash(hash.0))
            .into_iter()
            .collect(),
        extra_bytes: Vec::new(),
        author: None,
    })
}

/// Steps of a counter, kinds of subject, lengths of a note.
fn an_evening() -> impl Strategy<Value = Vec<Vec<(u64, bool, usize)>>> {
    let note = prop_oneof![3 => Just(0usize), 2 => 0..40usize, 1 => 200..3000usize];
    let entry = (1..1u64 << 33, any::<bool>(), note);
    let change = prop_oneof![
        4 => proptest::collection::vec(entry.clone(), 1..4),
        2 => proptest::collection::vec((1..9u64, any::<bool>(), 0..9usize), 1..256),
    ];
    proptest::collection::vec(change, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_change_has_the_bytes_that_automerge_gives_it(evening in an_evening()) {
        let mut volunteer = Volunteer::new(1);
        let mut own = Automerge::new();
        own.set_actor(ActorId::from(volunteer.actor().0));
        let mut counter = 0;
        for change in evening {
            let mut entries = Vec::new();
            if volunteer.chain.seq == 0 {
                entries.push(volunteer.opened(counter));
            }
            for (step, of_hash, note) in change {
                counter += step;
                let subject = match of_hash {
                    true => Identity::of_hash([note as u8; 16]),
                    false => Identity::of_entry(volunteer.tag(), step),
                };
                let note = Note { text: "x".repeat(note), photos: None };
                entries.push(volunteer.keyed(subject, counter, &Entry::new(note, 1)));
            }
            let before = volunteer.chain;
            entries.truncate(256);
            let Ok(built) = volunteer.would_write(&entries) else {
                prop_assert_eq!(volunteer.would_write(&entries), Err(VetError::TooLong));
                continue;
            };

            let described = by_description(volunteer.actor(), &before, &entries);
            prop_assert_eq!(&built.bytes, described.raw_bytes());
            let transacted = by_transaction(&mut own, &entries);
            prop_assert_eq!(&built.bytes, transacted.raw_bytes());
            prop_assert_eq!(built.hash.0, transacted.hash().0);
            prop_assert_eq!(built.next.max_op, transacted.max_op());
            prop_assert_eq!(read(&built.bytes).unwrap(), entries);

            let vetted = volunteer.vet(&built.bytes).unwrap();
            prop_assert_eq!(vetted.hash, built.hash);
            prop_assert_eq!(vetted.next, built.next);
            volunteer.chain = built.next;
        }
    }
}

#[test]
fn golden_bytes_of_three_entries() {
    let mut volunteer = Volunteer::new(7);
    let change = volunteer.visit(2);
    // Changing these orphans every change ever written.
    assert_eq!(data_encoding::HEXLOWER.encode(&change.bytes), GOLDEN_CHANGE);
    assert_eq!(data_encoding::HEXLOWER.encode(&change.hash.0), GOLDEN_HASH);
    let automerges_own = Change::from_bytes(change.bytes).unwrap();
    assert_eq!(automerges_own.hash().0, change.hash.0);
}

const GOLDEN_CHANGE: &str = "\
    856f4a8398e2cf8601c10100104fbba4808fea1125c556258e8d5275d9010100000006156d34014202560657\
    2570027d2343516b4a4351414141414141414141422e533742766a672e41414141414141414141452343516b\
    4a43514141414141414141426d2e533742766a672e41414141414141414141492343516b4a43514141414141\
    414141426e2e533742766a672e414141414141414141414d0303017fb702029701a50000021a6b06ae800802\
    09440000512e0a01a20005021a6b06ae82a20005021a6b06ae830300";
const GOLDEN_HASH: &str = "98e2cf86263f3a45cd62e4d236d5e4407e3093100a57b44cb1dad42bcca97c82";

#[test]
fn what_would_be_refused_is_not_built() {
    let mut volunteer = Volunteer::new(1);
    let stranger = Volunteer::new(2);
    let refused = |volunteer: &Volunteer, entries: &[Keyed]| {
        volunteer
            .would_write(entries)
            .expect_err("this must not be built")
    };
    assert_eq!(refused(&volunteer, &[]), VetError::NoEntries);
    assert_eq!(
        refused(&volunteer, &[volunteer.check(1)]),
        VetError::NotOpened
    );
    volunteer.visit(1);
    let last = volunteer.chain.last_counter;
    assert_eq!(
        refused(&volunteer, &[volunteer.check(last)]),
        VetError::CounterNotRising
    );
    assert_eq!(
        refused(&volunteer, &[stranger.check(last + 1)]),
        VetError::WrongAuthor
    );
    let many: Vec<Keyed> = (1..=257).map(|i| volunteer.check(last + i)).collect();
    assert_eq!(refused(&volunteer, &many), VetError::TooManyRows);
    let wide = (1..=6).map(|i| {
        let note = Note {
            text: "长".repeat(1000),
            photos: None,
        };
        volunteer.keyed(Identity::of_hash([1; 16]), last + i, &Entry::new(note, 1))
    });
    assert_eq!(
        refused(&volunteer, &wide.collect::<Vec<_>>()),
        VetError::TooLong
    );
    volunteer.chain.max_op = OP_MAX;
    assert_eq!(
        refused(&volunteer, &[volunteer.check(last + 1)]),
        VetError::TooManyOps
    );
}

#[test]
fn an_author_is_another_actor_in_every_document() {
    let author = [3; 32];
    let one = Actor::of(&author, DocumentId([1; 16]));
    assert_eq!(one, Actor::of(&author, DocumentId([1; 16])));
    assert_ne!(one, Actor::of(&author, DocumentId([2; 16])));
    assert_ne!(one, Actor::of(&[4; 32], DocumentId([1; 16])));
}

#[test]
fn a_chain_state_reads_back_and_no_impossible_one_does() {
    let mut volunteer = Volunteer::new(1);
    let none = volunteer.chain.to_bytes();
    assert_eq!(none.len(), 5);
    assert_eq!(ChainState::from_bytes(&none), Ok(volunteer.chain));
    volunteer.visit(3);
    let some = volunteer.chain;
    assert_eq!(ChainState::from_bytes(&some.to_bytes()), Ok(some));

    let impossible = [
        ChainState { seq: 0, ..some },
        ChainState {
            last_hash: None,
            ..some
        },
        ChainState { max_op: 0, ..some },
        ChainState {
            max_op: OP_MAX + 1,
            ..some
        },
        ChainState {
            last_counter: 5,
            ..ChainState::default()
        },
    ];
    for state in impossible {
        assert!(
            ChainState::from_bytes(&state.to_bytes()).is_err(),
            "{state:?}"
        );
    }
    let mut longer = some.to_bytes();
    longer.push(0);
    assert!(ChainState::from_bytes(&longer).is_err());
}
