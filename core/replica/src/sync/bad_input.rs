//! What reaches the office wrong, a row each: what it answers, in both languages, and that nothing of
//! it stays and nothing honest is lost by it. Tables that clerks import stand in the office's tests.

use doorstep_model::bundle::{BUNDLE_MAX, BUNDLE_VERSION, Bundle, BundledArea};
use doorstep_model::change::{self, ChainState};
use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{Entry, EntryKey, Opened};
use doorstep_model::feed::Arrival;
use doorstep_model::grant::Proof;
use doorstep_model::ids::{AreaId, DocumentId, Identity, OrganisationId};
use doorstep_model::keys::{KeyPair, SIGNATURE_LEN};
use doorstep_model::message::Text;
use doorstep_model::segment::{self, MAJOR, SEGMENT_MAX, Segment, SegmentHeader};
use doorstep_model::wire::{
    self, MESSAGE_MAX, Reply, ReplyOutcome, Request, SegmentBytes, TICKET_LIFE, Ticket,
    WIRE_VERSION,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::item::take_item;
use super::phone::{Exchange, Step};
use crate::bundle::{BundleSummary, gather, seal_to};
use crate::ingest::Standing;
use crate::replica::Replica;
use crate::sealed;
use crate::world::{self, World, committee, go_through};

/// An evening's work that no office has seen, and the phone that it is on.
struct Evening {
    world: World,
    phone: Replica,
    /// Its one segment.
    segment: Vec<u8>,
}

fn evening() -> Evening {
    let world = World::new();
    let building = world.build("3号楼", 4, 2);
    let phone = world.phone(2);
    world.sync(&phone);
    go_through(&phone, &world.clock, &building, 20_788);
    let bundle = phone
        .write(|session| {
            crate::seal::seal(session)?;
            gather(session)
        })
        .unwrap();
    let segment = bundle.areas[0].segments[0].0.clone();
    Evening {
        world,
        phone,
        segment,
    }
}

impl Evening {
    fn header(&self) -> SegmentHeader {
        Segment::read(&self.segment).unwrap().header
    }

    fn changes(&self) -> Vec<(DocumentId, Vec<u8>)> {
        let changes = Segment::read(&self.segment).unwrap().changes;
        let owned = changes
            .iter()
            .map(|change| (change.document, change.bytes.to_vec()));
        owned.collect()
    }

    /// The phone's own key: what a phone of a later version would sign with.
    fn key(&self) -> KeyPair {
        self.phone
            .write(|session| Ok(session.me()?.key.clone()))
            .unwrap()
    }

    /// Hands a segment in as a file.
    fn hand_in(&self, segment: Vec<u8>) -> BundleSummary {
        let bundle = Bundle {
            version: BUNDLE_VERSION,
            organisation: self.header().organisation,
            areas: vec![BundledArea {
                area: committee(),
                chain: None,
                segments: vec![SegmentBytes(segment)],
            }],
            unsigned: Vec::new(),
        };
        let recipient = self.world.office.seal_to().unwrap();
        let file = seal_to(&recipient, &bundle, &mut ChaCha20Rng::from_seed([1; 32])).unwrap();
        self.world.office.take_bundle(&file).unwrap()
    }

    /// A change of a second document in which the number of the evening's first entry is given again.
    fn numbered_again(&self, area: &AreaId) -> (DocumentId, Vec<u8>) {
        let (_, first) = self.changes().remove(0);
        let (used, _) = change::read(&first).unwrap().remove(0);
        let name = DocumentName::Round(Identity::of_entry(used.author, 7), RoundKey::AdHoc(7));
        let opened = Opened {
            document: name.kind_code(),
            round: name.round(),
            pack: None,
        };
        let key = EntryKey {
            subject: name.subject(area),
            ..used
        };
        let id = name.id(area);
        let built = change::build(
            &self.key().public().0,
            area,
            id,
            &ChainState::default(),
            &[(key, Entry::new(opened, world::MORNING).to_bytes())],
        );
        (id, built.unwrap().bytes)
    }

    /// Everything that the office keeps of phones.
    fn kept(&self) -> [u64; 4] {
        ["segment", "entry", "quarantine", "author"].map(|table| self.world.rows(table))
    }

    /// After all that the phone syncs, and every record is there once.
    fn ends_well(&self) {
        let summary = self.world.sync(&self.phone);
        assert_eq!(summary.limited, None);
        assert_eq!(self.world.rows("entry WHERE kind = 5"), 8);
        assert_eq!(self.phone.counters().unwrap().only_here, 0);
        let verified = self.world.office.replica().verify().unwrap();
        assert_eq!(verified.problems, []);
    }

    /// What a first segment of an area carries.
    fn first_proof(&self) -> Option<Proof> {
        let first = world::segments(&self.phone);
        first
            .iter()
            .filter_map(|(_, bytes)| Segment::read_header(bytes))
            .find(|segment| segment.header.author == self.header().author && segment.header.n == 1)
            .and_then(|segment| segment.header.proof)
            .or_else(|| self.header().proof)
    }

    /// The request that the phone would send now.
    fn request(&self) -> Request {
        let mut exchange = Exchange::default();
        match self.phone.sync_step(&mut exchange, None).unwrap() {
            Step::Send(bytes) => wire::from_wire(&bytes).unwrap(),
            Step::Done(_) => panic!("a phone with work has something to send"),
        }
    }

    fn reply_to(&self, request: Vec<u8>) -> Vec<u8> {
        self.world.office.handle(&[request]).unwrap().remove(0)
    }

    /// The code that the phone shows after this reply; a challenge is answered without a word.
    fn told_by_the_phone(&self, reply: &[u8]) -> Option<&'static str> {
        let mut exchange = Exchange::default();
        let Step::Send(_) = self.phone.sync_step(&mut exchange, None).unwrap() else {
            panic!("a phone with work has something to send")
        };
        match self.phone.sync_step(&mut exchange, Some(reply)).unwrap() {
            Step::Done(summary) => {
                assert!(
                    self.phone.counters().unwrap().only_here > 0,
                    "nothing is lost"
                );
                Some(summary.limited.expect("a refused request says why"))
            }
            Step::Send(_) => None,
        }
    }
}

fn is_told_in_both_languages(code: &str) {
    let Text { zh, en } = Text::of(code, &[]);
    assert_ne!(zh, code, "{code} has no words");
    assert!(
        zh != en && zh.chars().any(|sign| sign > '\u{4e00}'),
        "{code}: {zh}"
    );
    // What happened, and after it what to do or what became of it.
    assert!(zh.contains(':') && en.contains(':'), "{code}: {zh} / {en}");
}

#[test]
fn a_bad_segment_is_refused_with_its_code_and_leaves_nothing_behind() {
    type Spoil = fn(&Evening) -> Vec<u8>;
    let table: [(&str, Spoil, &str); 9] = [
        (
            "truncated",
            |evening| evening.segment[..evening.segment.len() / 2].to_vec(),
            "segment.unreadable",
        ),
        ("empty", |_| Vec::new(), "segment.unreadable"),
        (
            "oversized",
            |evening| {
                let mut long = evening.segment.clone();
                long.resize(SEGMENT_MAX + 1, 0);
                long
            },
            "segment.unreadable",
        ),
        (
            "with a byte after it",
            |evening| [evening.segment.as_slice(), &[0]].concat(),
            "segment.unreadable",
        ),
        (
            "changed on the way",
            |evening| {
                let mut bent = evening.segment.clone();
                let last = bent.len() - SIGNATURE_LEN - 1;
                bent[last] ^= 1;
                bent
            },
            "segment.bad_signature",
        ),
        (
            "unsigned",
            |evening| {
                let mut unsigned = evening.segment.clone();
                let signed = unsigned.len() - SIGNATURE_LEN;
                unsigned[signed..].fill(0);
                unsigned
            },
            "segment.bad_signature",
        ),
        (
            "forged: the phone's name under another key",
            |evening| {
                let forger = KeyPair::from_secret(&[9; 32]);
                segment::seal(&evening.header(), &evening.changes(), &forger)
            },
            "segment.bad_signature",
        ),
        (
            "of somebody with a grant that nobody gave",
            |evening| {
                let forger = KeyPair::from_secret(&[9; 32]);
                let header = SegmentHeader {
                    author: forger.public().tag(),
                    proof: Some(Proof::Granted {
                        key: forger.public(),
                        grant: vec![0xd2, 0x84],
                    }),
                    ..evening.header()
                };
                segment::seal(&header, &evening.changes(), &forger)
            },
            "segment.unknown_author",
        ),
        (
            "of another organisation",
            |evening| {
                let header = SegmentHeader {
                    organisation: OrganisationId([7; 8]),
                    ..evening.header()
                };
                segment::seal(&header, &evening.changes(), &evening.key())
            },
            "segment.wrong_organisation",
        ),
    ];
    for (what, spoil, code) in table {
        let evening = evening();
        let before = evening.kept();
        let summary = evening.hand_in(spoil(&evening));
        assert_eq!(summary.refused, 1, "{what}: {summary:?}");
        let told: Vec<&str> = summary
            .notices
            .iter()
            .map(|(code, ..)| code.as_str())
            .collect();
        assert_eq!(told, [code], "{what}");
        is_told_in_both_languages(code);
        assert_eq!(evening.kept(), before, "{what}: nothing stays of it");
        evening.ends_well();
    }
}

#[test]
fn signed_work_of_a_later_version_or_for_another_area_is_kept() {
    // Nobody here can read it yet: it has its place in the feed, and is read after an update.
    let later = evening();
    let header = SegmentHeader {
        version: MAJOR + 1,
        ..later.header()
    };
    let of_a_later_version = segment::seal(&header, &later.changes(), &later.key());
    let entries = later.world.rows("entry");
    let summary = later.hand_in(of_a_later_version);
    assert_eq!((summary.received, summary.refused), (1, 0));
    assert_eq!(later.world.rows("segment WHERE opaque = 1"), 1);
    assert_eq!(later.world.rows("entry"), entries);

    // Next door: taken, receipted, and held for the clerk.
    let elsewhere = evening();
    let header = SegmentHeader {
        area: AreaId::new("310101019013").unwrap(),
        n: 1,
        previous: None,
        proof: elsewhere.first_proof(),
        seen: None,
        ..elsewhere.header()
    };
    let next_door = segment::seal(&header, &[], &elsewhere.key());
    let summary = elsewhere.hand_in(next_door);
    assert_eq!((summary.received, summary.held), (1, 1), "{summary:?}");
    assert_eq!(summary.notices[0].0, "held.outside_area");
    is_told_in_both_languages("held.outside_area");
    elsewhere.ends_well();
}

#[test]
fn one_number_for_two_entries_is_kept_aside_and_stops_nobody() {
    let evening = evening();
    let other = evening.world.phone(3);
    let (twin, second) = evening.numbered_again(&committee());
    let segment = segment::seal(
        &evening.header(),
        &[evening.changes(), vec![(twin, second.clone())]].concat(),
        &evening.key(),
    );
    let before = evening.world.rows("entry");
    let summary = evening.hand_in(segment);
    assert_eq!((summary.received, summary.aside), (0, 1), "{summary:?}");
    assert_eq!(summary.notices[0].0, "vet.counter_used");
    is_told_in_both_languages("vet.counter_used");
    assert_eq!(evening.world.rows("entry"), before);
    evening.world.sync(&other);

    // The phone's own work goes on under another name.
    evening.world.sync(&evening.phone);
    evening.ends_well();
}

#[test]
fn of_two_entries_with_one_number_the_feeds_stays() {
    let evening = evening();
    let other = evening.world.phone(3);
    evening.world.sync(&other);
    world::meet(&evening.phone, &other, 1);
    assert_eq!(world::rows(&other, "entry WHERE kind = 5"), 8);
    let next_door = AreaId::new("310101019013").unwrap();
    let header = SegmentHeader {
        area: next_door.clone(),
        n: 1,
        previous: None,
        proof: evening.first_proof(),
        seen: None,
        ..evening.header()
    };
    let change = evening.numbered_again(&next_door);
    let segment = segment::seal(&header, &[change], &evening.key());
    let at = Standing {
        position: 1,
        arrival: &Arrival {
            received_at: world::MORNING,
            shifts: Vec::new(),
            earlier: None,
        },
        feed_hash: [1; 16],
    };
    other
        .write(|session| take_item(session, &segment, &at))
        .unwrap();
    assert_eq!(world::rows(&other, "segment WHERE opaque = 1"), 0);
    assert_eq!(world::rows(&other, "entry WHERE kind = 5"), 0);
    let aside = "quarantine WHERE code = 'chain.losing_branch'";
    assert_eq!(world::rows(&other, aside), 1);
    // Rows are those of a rebuild, chains whole; only the feed's hash is made up.
    let problems = other.verify().unwrap().problems;
    assert!(problems.iter().all(|problem| problem.code == "verify.feed"));
    evening.ends_well();
}

#[test]
fn a_bad_request_is_answered_with_what_is_wrong_and_keeps_nothing() {
    use ReplyOutcome::{Challenge, Unreadable, WrongOrganisation};
    type Spoil = fn(&Evening) -> Vec<u8>;
    let table: [(&str, Spoil, ReplyOutcome); 9] = [
        (
            "truncated",
            |evening| {
                let whole = wire::to_wire(&evening.request());
                whole[..whole.len() / 2].to_vec()
            },
            Unreadable,
        ),
        ("empty", |_| Vec::new(), Unreadable),
        (
            "of something else",
            |_| b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            Unreadable,
        ),
        ("oversized", |_| vec![0; MESSAGE_MAX + 1], Unreadable),
        (
            "small, and oversized once inflated",
            |_| {
                let bomb = zstd::bulk::compress(&vec![0; MESSAGE_MAX + 1], 1).unwrap();
                [&[1], bomb.as_slice()].concat()
            },
            Unreadable,
        ),
        (
            "of a later version",
            |evening| {
                wire::to_wire(&Request {
                    version: WIRE_VERSION + 1,
                    ..evening.request()
                })
            },
            Unreadable,
        ),
        (
            "for another organisation",
            |evening| {
                wire::to_wire(&Request {
                    organisation: OrganisationId([7; 8]),
                    ..evening.request()
                })
            },
            WrongOrganisation,
        ),
        (
            "with a made-up ticket",
            |evening| {
                wire::to_wire(&Request {
                    ticket: Some(Ticket([5; 24])),
                    ..evening.request()
                })
            },
            Challenge,
        ),
        (
            "with a stale ticket",
            |evening| {
                evening.world.clock.turn(TICKET_LIFE + 1);
                let request = evening.request();
                assert!(request.ticket.is_some());
                wire::to_wire(&request)
            },
            Challenge,
        ),
    ];
    for (what, spoil, outcome) in table {
        let evening = evening();
        let before = evening.kept();
        let bytes = evening.reply_to(spoil(&evening));
        let reply: Reply = wire::from_wire(&bytes).unwrap();
        assert_eq!(reply.outcome, outcome, "{what}");
        assert_eq!(evening.kept(), before, "{what}: nothing stays of it");
        assert_eq!(reply.nonce.is_some(), outcome == Challenge, "{what}");
        assert!(
            reply.ticket.is_none() && reply.statement.is_none(),
            "{what}"
        );
        if let Some(code) = evening.told_by_the_phone(&bytes) {
            is_told_in_both_languages(code);
        }
        evening.ends_well();
    }
}

#[test]
fn somebody_elses_ticket_opens_nothing() {
    let evening = evening();
    let other = evening.world.phone(3);
    evening.world.sync(&other);
    let request = Request {
        author: other.author().unwrap(),
        ..evening.request()
    };
    let reply: Reply = wire::from_wire(&evening.reply_to(wire::to_wire(&request))).unwrap();
    assert_eq!(reply.outcome, ReplyOutcome::Challenge);
    evening.ends_well();
}

#[test]
fn a_bad_file_is_refused_whole() {
    let evening = evening();
    let recipient = evening.world.office.seal_to().unwrap();
    let sealed = |plain: &[u8]| {
        sealed::seal(&recipient, plain, &mut ChaCha20Rng::from_seed([1; 32])).unwrap()
    };
    let whole = evening.phone.export_bundle().unwrap();
    let later = Bundle {
        version: BUNDLE_VERSION + 1,
        ..evening.phone.write(gather).unwrap()
    };
    let mut changed = whole.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    let before = evening.kept();
    for (what, file, code) in [
        (
            "truncated",
            whole[..whole.len() - 7].to_vec(),
            "bundle.unreadable",
        ),
        ("changed on the way", changed, "bundle.unreadable"),
        ("not sealed", later.to_bytes(), "bundle.unreadable"),
        ("sealed nonsense", sealed(b"\0\0\0"), "bundle.unreadable"),
        (
            "of a later version",
            sealed(&later.to_bytes()),
            "bundle.newer",
        ),
        ("oversized", vec![0; 2 * BUNDLE_MAX], "bundle.too_long"),
        (
            "small, and oversized once inflated",
            sealed(&zstd::bulk::compress(&vec![0; BUNDLE_MAX + 1], 1).unwrap()),
            "bundle.too_long",
        ),
    ] {
        let refused = evening.world.office.take_bundle(&file).unwrap_err();
        assert_eq!(refused.code(), code, "{what}");
        is_told_in_both_languages(code);
        assert_eq!(evening.kept(), before, "{what}: nothing stays of it");
    }
    evening.world.office.take_bundle(&whole).unwrap();
    evening.ends_well();
}

#[test]
fn what_a_challenge_rolls_back_leaves_no_row_behind() {
    let world = World::new();
    let building = world.build("3号楼", 4, 2);
    let hands = std::sync::Arc::new(world::Hands::default());
    let phone = Replica::open(world::options(&hands, crate::store::Place::Memory, 2)).unwrap();
    phone.enrol(&world.invitation(2)).unwrap();
    world.sync(&phone);
    world::go_through_doors(&phone, &hands, &building, 20_788, 0..2);
    phone.write(crate::seal::seal).unwrap();
    // The phone starts again, and its clock is six hours ahead.
    let phone = world::clone_of(&phone, &hands, 2);
    hands.turn(6 * 3_600);
    world::go_through_doors(&phone, &hands, &building, 20_788, 2..4);
    let mut exchange = Exchange::default();
    let Step::Send(request) = phone.sync_step(&mut exchange, None).unwrap() else {
        panic!("there is work to hand in")
    };
    // The first segment is taken, the second asks for a challenge, and then the signal is gone.
    let reply = world.office.handle(&[request]).unwrap().remove(0);
    let reply: Reply = wire::from_wire(&reply).unwrap();
    assert_eq!(reply.outcome, ReplyOutcome::Challenge);
    assert_eq!(world.rows("entry WHERE kind = 5"), 0);
    assert_eq!(world.rows("asset WHERE result IS NOT NULL"), 0);
    world.sync(&phone);
    assert_eq!(world.rows("asset WHERE result IS NOT NULL"), 8);
}
