use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{
    AssetAdded, Check, Entry, Outcome, PlaceAdded, PlaceKind, Registration, TransportKey,
};
use doorstep_model::grant::{Grant, Invitation};
use doorstep_model::ids::{
    AreaId, AssetId, Identity, OrganisationId, PersonId, PlaceId, RequestId,
};
use doorstep_model::keys::KeyPair;
use doorstep_model::role::Role;

use super::office::Office;
use super::phone::{Exchange, Step, Summary};
use crate::act::Tap;
use crate::clock::Clock;
use crate::meta::{self, Key};
use crate::replica::{Options, Replica};
use crate::store::{Place, Store};

const NOON: i64 = 1_795_579_200;

struct TestClock {
    wall: AtomicI64,
    monotonic: AtomicI64,
}

impl TestClock {
    fn at(wall: i64) -> Arc<Self> {
        Arc::new(Self {
            wall: AtomicI64::new(wall),
            monotonic: AtomicI64::new(0),
        })
    }

    fn pass(&self, seconds: i64) {
        self.wall.fetch_add(seconds, Ordering::SeqCst);
        self.monotonic.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn wall(&self) -> i64 {
        self.wall.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> i64 {
        self.monotonic.load(Ordering::SeqCst)
    }

    fn boot(&self) -> Option<[u8; 16]> {
        None
    }
}

fn options(seed: u8, clock: &Arc<TestClock>) -> Options {
    Options {
        place: Place::Memory,
        key: None,
        marker: vec![seed],
        clock: clock.clone(),
        seed: Some([seed; 32]),
    }
}

fn area() -> AreaId {
    AreaId::new("310101019005").unwrap()
}

fn invitation(office: &Office, person: u8, now: i64) -> String {
    let secret =
        meta::get_array::<32>(&office.replica().store.reader(), Key::OrganisationSecret).unwrap();
    let organisation = KeyPair::from_secret(&secret.unwrap());
    let grant = Grant {
        id: [person; 16],
        organisation: OrganisationId::of_key(&organisation.public().0),
        author: None,
        area: area(),
        role: Role::Volunteer,
        persons: vec![PersonId(Identity::of_hash([person; 16]))],
        not_before: now - 86_400,
        expires: now + 365 * 86_400,
        labels: None,
        use_until: Some(now + 86_400),
        office: false,
    };
    Invitation {
        organisation: organisation.public(),
        grant: grant.sign(&organisation),
        addresses: vec!["http://127.0.0.1:8080".into()],
        transport_key: None,
        seal_to: None,
    }
    .to_text()
}

fn sync(phone: &Replica, office: &Office) -> Summary {
    let mut exchange = Exchange::default();
    let mut step = phone.sync_step(&mut exchange, None).unwrap();
    for _ in 0..50 {
        match step {
            Step::Done(summary) => return summary,
            Step::Send(request) => {
                let reply = office.handle(&[request]).unwrap().remove(0);
                step = phone.sync_step(&mut exchange, Some(&reply)).unwrap();
            }
        }
    }
    panic!("the exchange does not end");
}

fn building(phone: &Replica, assets: u32) -> (Identity, Vec<Identity>) {
    phone
        .write(|session| {
            let place = PlaceAdded {
                kind: PlaceKind::Building,
                parent: None,
                name: "3号楼".into(),
                order: None,
            };
            let entry = Entry::new(place, session.now);
            let building = session.put_new(&area(), DocumentName::Place, &entry)?;
            let mut made = Vec::new();
            for _ in 0..assets {
                let asset = AssetAdded {
                    asset_type: "extinguisher.dry_powder".into(),
                    place: PlaceId(building),
                    label: None,
                    factory: None,
                    size: None,
                    batch: None,
                    registration: Registration::Registered,
                    maker_life_years: None,
                };
                let entry = Entry::new(asset, session.now);
                made.push(session.put_new(&area(), |_| DocumentName::Place(building), &entry)?);
            }
            Ok((building, made))
        })
        .unwrap()
}

fn check(phone: &Replica, building: Identity, asset: Identity, outcome: Outcome) -> Identity {
    let round = DocumentName::Round(building, RoundKey::AdHoc(20_782));
    phone
        .write(|session| {
            let check = Check {
                outcome,
                note: None,
                photos: None,
                pack: None,
                date_only: None,
            };
            session.put(
                &area(),
                &round,
                AssetId(asset).identity(),
                &Entry::new(check, session.now),
            )
        })
        .unwrap()
}

fn entries(replica: &Replica) -> i64 {
    replica
        .store
        .reader()
        .query_row("SELECT count(*) FROM entry WHERE kind <> 0", [], |row| {
            row.get(0)
        })
        .unwrap()
}

fn world() -> (Arc<TestClock>, Office, Vec<Replica>) {
    let clock = TestClock::at(NOON);
    let office = Office::create(options(100, &clock)).unwrap();
    let phones = (1..=2)
        .map(|person| {
            let phone = Replica::open(options(person, &clock)).unwrap();
            phone.enrol(&invitation(&office, person, NOON)).unwrap();
            phone
        })
        .collect();
    (clock, office, phones)
}

#[test]
fn what_one_phone_records_the_office_and_the_other_phone_have() {
    let (clock, office, phones) = world();
    let (building, assets) = building(&phones[0], 3);
    clock.pass(60);
    check(&phones[0], building, assets[0], Outcome::Normal);
    let summary = sync(&phones[0], &office);
    assert_eq!(summary.notices, []);
    assert_eq!(summary.limited, None);
    assert_eq!(summary.confirmed, 2, "the proof and the evening");
    assert_eq!(entries(office.replica()), 5);
    sync(&phones[1], &office);
    assert_eq!(entries(&phones[1]), 5);
    check(&phones[1], building, assets[1], Outcome::Missing);
    clock.pass(60);
    sync(&phones[1], &office);
    let summary = sync(&phones[0], &office);
    assert_eq!(summary.received, 2, "the other's proof and its check");
    assert_eq!(entries(&phones[0]), 6);
}

#[test]
fn nothing_new_is_one_round_trip_of_a_few_hundred_bytes() {
    let (_, office, phones) = world();
    building(&phones[0], 3);
    sync(&phones[0], &office);
    sync(&phones[0], &office);
    let summary = sync(&phones[0], &office);
    assert_eq!(summary.round_trips, 1);
    let (up, down) = summary.bytes;
    assert!(up + down <= 300, "{up} up, {down} down");
}

#[test]
fn a_lost_reply_costs_nothing_but_the_way() {
    let (_, office, phones) = world();
    building(&phones[0], 3);
    sync(&phones[1], &office);
    let mut exchange = Exchange::default();
    let mut step = phones[0].sync_step(&mut exchange, None).unwrap();
    for _ in 0..2 {
        let Step::Send(request) = step else {
            panic!("more to send")
        };
        let reply = office.handle(&[request]).unwrap().remove(0);
        if exchange_has_pushed(&office) {
            break;
        }
        step = phones[0].sync_step(&mut exchange, Some(&reply)).unwrap();
    }
    let summary = sync(&phones[0], &office);
    assert_eq!(summary.confirmed, 2);
    assert_eq!(entries(office.replica()), 4);
}

fn exchange_has_pushed(office: &Office) -> bool {
    entries(office.replica()) > 0
}

#[test]
fn two_phones_with_one_key_become_two_authors_and_nothing_is_lost() {
    let (clock, office, mut phones) = world();
    let (building, assets) = building(&phones[0], 4);
    sync(&phones[0], &office);
    // The same file twice, in two phones, with the marker copied along.
    let bytes = {
        let mut connection = phones.remove(0).into_connection();
        let data = connection.serialize("main").unwrap();
        data.to_vec()
    };
    let open = |seed: u8| {
        let mut connection = rusqlite::Connection::open_in_memory().unwrap();
        connection
            .deserialize_read_exact("main", bytes.as_slice(), bytes.len(), false)
            .unwrap();
        let mut options = options(seed, &clock);
        options.marker = vec![1];
        Replica::on(Store::from_connection(connection).unwrap(), options).unwrap()
    };
    let (one, two) = (open(11), open(12));
    check(&one, building, assets[0], Outcome::Normal);
    check(&two, building, assets[1], Outcome::Missing);
    sync(&one, &office);
    let summary = sync(&two, &office);
    assert!(
        summary
            .notices
            .iter()
            .any(|notice| notice.0 == "chain.forked"),
        "{summary:?}"
    );
    check(&one, building, assets[2], Outcome::Normal);
    sync(&one, &office);
    sync(&two, &office);
    sync(&one, &office);
    for replica in [office.replica(), &one, &two] {
        let checks: i64 = replica
            .store
            .reader()
            .query_row("SELECT count(*) FROM entry WHERE kind = 5", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(checks, 3);
    }
    assert_ne!(one.author(), two.author());
}

#[test]
fn an_office_that_was_put_back_gets_everything_again_with_its_old_times() {
    let (clock, office, phones) = world();
    let (building, assets) = building(&phones[0], 4);
    sync(&phones[0], &office);
    let mut connection = office.into_replica().into_connection();
    let backup = connection.serialize("main").unwrap().to_vec();
    let office = Office::on(
        Replica::on(
            Store::from_connection(connection).unwrap(),
            options(100, &clock),
        )
        .unwrap(),
    )
    .unwrap();
    clock.pass(3_600);
    check(&phones[0], building, assets[0], Outcome::Normal);
    sync(&phones[0], &office);
    let received: i64 = last_received(office.replica());
    sync(&phones[1], &office);
    drop(office);
    clock.pass(86_400);
    let mut connection = rusqlite::Connection::open_in_memory().unwrap();
    connection
        .deserialize_read_exact("main", backup.as_slice(), backup.len(), false)
        .unwrap();
    let mut restored = options(77, &clock);
    restored.marker = vec![101];
    let office =
        Office::on(Replica::on(Store::from_connection(connection).unwrap(), restored).unwrap())
            .unwrap();
    let summary = sync(&phones[0], &office);
    assert_eq!(summary.limited, Some("sync.push_only"), "{summary:?}");
    office.confirm_authors().unwrap();
    sync(&phones[1], &office);
    sync(&phones[0], &office);
    assert_eq!(entries(office.replica()), entries(&phones[0]));
    let checks: i64 = office
        .replica()
        .store
        .reader()
        .query_row("SELECT count(*) FROM entry WHERE kind = 5", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(checks, 1);
    let again: i64 = office
        .replica()
        .store
        .reader()
        .query_row(
            "SELECT s.received_at FROM segment s JOIN entry e ON e.segment = s.id WHERE e.kind = 5",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(again, received);
}

fn last_received(replica: &Replica) -> i64 {
    replica
        .store
        .reader()
        .query_row("SELECT max(received_at) FROM segment", [], |row| row.get(0))
        .unwrap()
}

/// A phone whose clock is a day late, ten minutes after it recorded a check and before it told anybody.
fn a_day_late(clock: &TestClock, office: &Office) -> (Replica, Arc<TestClock>) {
    let late = TestClock::at(NOON - 86_400);
    let phone = Replica::open(options(9, &late)).unwrap();
    phone.enrol(&invitation(office, 9, NOON)).unwrap();
    let (building, assets) = building(&phone, 1);
    late.pass(600);
    clock.pass(600);
    check(&phone, building, assets[0], Outcome::Normal);
    late.pass(600);
    clock.pass(600);
    (phone, late)
}

fn time_of_check(replica: &Replica) -> i64 {
    let time = "SELECT time FROM entry WHERE kind = 5";
    let reader = replica.store.reader();
    reader.query_row(time, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_phone_whose_clock_is_a_day_off_is_put_right_at_its_first_receipt() {
    let (clock, office, phones) = world();
    drop(phones);
    let (phone, _) = a_day_late(&clock, &office);
    sync(&phone, &office);
    for replica in [&phone, office.replica()] {
        assert_eq!(time_of_check(replica), NOON + 600);
    }
}

#[test]
fn the_same_holds_when_the_system_ended_the_app_before_and_does_not_name_its_boots() {
    let (clock, office, phones) = world();
    drop(phones);
    let (phone, late) = a_day_late(&clock, &office);
    let phone = started_again(phone, &late);
    sync(&phone, &office);
    for replica in [&phone, office.replica()] {
        assert_eq!(time_of_check(replica), NOON + 600);
    }
}

#[test]
fn of_a_phone_that_was_switched_off_before_nobody_knows_how_wrong_it_was() {
    let (clock, office, phones) = world();
    drop(phones);
    let (phone, late) = a_day_late(&clock, &office);
    late.pass(20);
    late.monotonic.store(0, Ordering::SeqCst);
    let phone = started_again(phone, &late);
    sync(&phone, &office);
    for replica in [&phone, office.replica()] {
        assert_eq!(time_of_check(replica), NOON - 86_400 + 600);
    }
}

fn checks(replica: &Replica) -> i64 {
    replica
        .store
        .reader()
        .query_row(
            "SELECT count(*) FROM entry WHERE kind = 5 AND standing = 0",
            [],
            |row| row.get(0),
        )
        .unwrap()
}

/// The same file again, in another phone whose marker says so.
fn restored(phone: Replica, clock: &Arc<TestClock>, seed: u8) -> Replica {
    opened_again(phone, options(seed, clock))
}

/// The app again on its phone: all that is drawn is drawn anew.
fn started_again(phone: Replica, clock: &Arc<TestClock>) -> Replica {
    let seed = Some([0xee; 32]);
    opened_again(
        phone,
        Options {
            seed,
            ..options(9, clock)
        },
    )
}

fn opened_again(phone: Replica, options: Options) -> Replica {
    let bytes = phone.into_connection().serialize("main").unwrap().to_vec();
    let mut connection = rusqlite::Connection::open_in_memory().unwrap();
    connection
        .deserialize_read_exact("main", bytes.as_slice(), bytes.len(), false)
        .unwrap();
    let store = Store::from_connection(connection).unwrap();
    Replica::on(store, options).unwrap()
}

#[test]
fn a_revoked_phone_does_not_go_on_by_calling_itself_another() {
    let (clock, office, mut phones) = world();
    let phone = phones.remove(0);
    let (building, assets) = building(&phone, 2);
    sync(&phone, &office);
    let tap = crate::act::Tap::new(doorstep_model::ids::RequestId([9; 16]));
    office
        .revoke(&tap, phone.author().unwrap(), "lost")
        .unwrap();
    clock.pass(60);
    let phone = restored(phone, &clock, 77);
    check(&phone, building, assets[0], Outcome::Normal);
    let summary = sync(&phone, &office);
    assert_eq!(summary.limited, Some("sync.push_only"));
    assert!(
        summary
            .notices
            .iter()
            .any(|notice| notice.0 == "held.revoked"),
        "{summary:?}"
    );
    assert_eq!(checks(office.replica()), 0, "stored, and held");
    assert_eq!(
        entries(office.replica()),
        6,
        "five entries of the phone and two of the office"
    );
}

#[test]
fn a_feed_that_begins_anew_leaves_the_rows_that_a_rebuild_makes() {
    let (_, office, phones) = world();
    let phone = &phones[1];
    building(&phones[0], 2);
    sync(&phones[0], &office);
    let tap = crate::act::Tap::new(doorstep_model::ids::RequestId([9; 16]));
    let lost = phones[0].author().unwrap();
    office.revoke(&tap, lost, "lost").unwrap();
    sync(phone, &office);
    let revoked = |replica: &Replica| -> i64 {
        let reader = replica.reader().unwrap();
        let sql = "SELECT count(*) FROM revocation";
        reader.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let sums = |replica: &Replica| {
        [area(), AreaId::organisation()].map(|area| replica.area_checksum(&area).unwrap())
    };
    let whole = sums(phone);
    phone
        .write(|session| {
            super::feed::begin_anew(session, &area())?;
            super::feed::begin_anew(session, &AreaId::organisation())
        })
        .unwrap();
    let begun = sums(phone);
    phone.rebuild().unwrap();
    assert_eq!(sums(phone), begun);
    assert_eq!(revoked(phone), 1, "once revoked stays revoked meanwhile");
    sync(phone, &office);
    assert_eq!(sums(phone), whole);
    assert_eq!(sums(phone), sums(office.replica()));
}

#[test]
fn who_copied_an_invitation_reads_nothing_and_neither_does_its_successor() {
    let (clock, office, _phones) = world();
    let text = invitation(&office, 7, NOON);
    let first = Replica::open(options(31, &clock)).unwrap();
    first.enrol(&text).unwrap();
    sync(&first, &office);
    let second = Replica::open(options(32, &clock)).unwrap();
    second.enrol(&text).unwrap();
    let summary = sync(&second, &office);
    assert_eq!(summary.limited, Some("sync.push_only"));
    assert!(
        summary
            .notices
            .iter()
            .any(|notice| notice.0 == "held.invitation_used")
    );
    let third = restored(second, &clock, 33);
    let summary = sync(&third, &office);
    assert_eq!(summary.limited, Some("sync.push_only"));
    assert!(
        summary
            .notices
            .iter()
            .any(|notice| notice.0 == "held.invitation_used")
    );
    assert_eq!(summary.received, 0);
}

#[test]
fn a_restored_office_does_not_honour_invitations_that_were_open() {
    let (clock, office, _phones) = world();
    let open = invitation(&office, 8, NOON);
    let bytes = office
        .into_replica()
        .into_connection()
        .serialize("main")
        .unwrap()
        .to_vec();
    clock.pass(3_600);
    let mut connection = rusqlite::Connection::open_in_memory().unwrap();
    connection
        .deserialize_read_exact("main", bytes.as_slice(), bytes.len(), false)
        .unwrap();
    let store = Store::from_connection(connection).unwrap();
    let office = Office::on(Replica::on(store, options(55, &clock)).unwrap()).unwrap();
    office.confirm_authors().unwrap();
    let phone = Replica::open(options(41, &clock)).unwrap();
    phone.enrol(&open).unwrap();
    let summary = sync(&phone, &office);
    assert!(
        summary
            .notices
            .iter()
            .any(|notice| notice.0 == "held.invitation_void"),
        "{summary:?}"
    );
}

#[test]
fn a_phone_trusts_the_invitations_key_and_the_last_two_that_the_office_announced() {
    let (_, office, phones) = world();
    let phone = &phones[0];
    let address = phone.office_address().unwrap();
    assert_eq!(address.addresses, ["http://127.0.0.1:8080"]);
    assert!(address.keys.is_empty(), "this invitation names none");
    // A phone can say nothing about keys.
    phone
        .write(|session| {
            let area = AreaId::organisation();
            let entry = Entry::new(TransportKey { key: [9; 32] }, session.now);
            session.put(&area, &DocumentName::Organisation, area.subject(), &entry)
        })
        .unwrap();
    assert!(phone.office_address().unwrap().keys.is_empty());
    for (number, known) in [(1, &[1][..]), (2, &[2, 1]), (2, &[2, 1]), (3, &[3, 2])] {
        let tap = Tap::new(RequestId([number + 10; 16]));
        office.announce_transport_key(&tap, [number; 32]).unwrap();
        sync(phone, &office);
        let known: Vec<[u8; 32]> = known.iter().map(|number| [*number; 32]).collect();
        assert_eq!(phone.office_address().unwrap().keys, known);
    }
}
