//! A small world for tests: an office and phones in memory, one clock, a committee with a building.
//! Everything goes the way it goes in the field; nothing is put into a store by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{
    AssetAdded, Check, Entry, Outcome, PlaceAdded, PlaceKind, Registration, Visit, VisitOutcome,
};
use doorstep_model::grant::{Grant, Invitation};
use doorstep_model::ids::{AreaId, AssetId, Identity, PersonId, PlaceId};
use doorstep_model::keys::KeyPair;
use doorstep_model::role::Role;

use crate::clock::Clock;
use crate::meta::{self, Key};
use crate::replica::{Options, Replica};
use crate::store::{Place, Store, count};
use crate::sync::office::Office;
use crate::sync::peer::{PeerExchange, PeerSummary};
use crate::sync::phone::{Exchange, Step, Summary};

/// Where the world begins: 2026-12-01 08:00 in the committee.
pub(crate) const MORNING: i64 = 1_796_083_200;

/// The committee that everything happens in.
pub(crate) fn committee() -> AreaId {
    AreaId::new("310101019005").unwrap()
}

/// A clock that everybody shares and the test moves.
#[derive(Default)]
pub(crate) struct Hands(AtomicI64);

impl Hands {
    pub(crate) fn turn(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn wall(&self) -> i64 {
        MORNING + self.0.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn boot(&self) -> Option<[u8; 16]> {
        None
    }
}

/// A building, its doors and what hangs behind each.
#[derive(Debug, Clone)]
pub(crate) struct Building {
    pub(crate) id: Identity,
    pub(crate) doors: Vec<(Identity, Vec<Identity>)>,
}

pub(crate) struct World {
    pub(crate) clock: Arc<Hands>,
    pub(crate) office: Office,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_seed(1)
    }

    /// Another organisation than the one of another seed.
    pub(crate) fn with_seed(seed: u8) -> Self {
        let clock = Arc::new(Hands::default());
        let office = Office::create(options(&clock, Place::Memory, seed)).unwrap();
        Self { clock, office }
    }

    /// A phone that an invitation of the clerk was read with.
    pub(crate) fn phone(&self, number: u8) -> Replica {
        let phone = Replica::open(options(&self.clock, Place::Memory, number)).unwrap();
        phone.enrol(&self.invitation(number)).unwrap();
        phone
    }

    pub(crate) fn invitation(&self, number: u8) -> String {
        invitation(&self.office, &self.clock, number)
    }

    /// Exchanges until nothing is left.
    pub(crate) fn sync(&self, phone: &Replica) -> Summary {
        sync(phone, &self.office)
    }

    /// The office registers a building: so many doors with so many extinguishers each.
    pub(crate) fn build(&self, name: &str, doors: u32, each: u32) -> Building {
        let now = self.clock.wall();
        self.office
            .write(|session| {
                let area = committee();
                let place = |kind, parent, name: String, order| {
                    Entry::new(
                        PlaceAdded {
                            kind,
                            parent,
                            name,
                            order,
                        },
                        now,
                    )
                };
                let building = place(PlaceKind::Building, None, name.to_owned(), None);
                let id = session.put_new(&area, DocumentName::Place, &building)?;
                let mut made = Vec::new();
                for door in 1..=doors {
                    let number = format!("{}0{}", 1 + door / 4, 1 + door % 4);
                    let household =
                        place(PlaceKind::Household, Some(PlaceId(id)), number, Some(door));
                    let household =
                        session.put_new(&area, |_| DocumentName::Place(id), &household)?;
                    let mut assets = Vec::new();
                    for _ in 0..each {
                        let added = AssetAdded {
                            asset_type: "extinguisher.dry_powder".to_owned(),
                            place: PlaceId(household),
                            label: None,
                            factory: Some(2024 * 12 + door % 12),
                            size: Some("2kg".to_owned()),
                            batch: None,
                            registration: Registration::Imported,
                            maker_life_years: None,
                        };
                        let added = Entry::new(added, now);
                        assets.push(session.put_new(&area, |_| DocumentName::Place(id), &added)?);
                    }
                    made.push((household, assets));
                }
                Ok(Building { id, doors: made })
            })
            .unwrap()
    }

    /// Answers how many rows of a table the office has.
    pub(crate) fn rows(&self, table: &str) -> u64 {
        rows(self.office.replica(), table)
    }
}

pub(crate) fn options(clock: &Arc<Hands>, place: Place, number: u8) -> Options {
    Options {
        place,
        key: None,
        marker: vec![number],
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        seed: Some([number; 32]),
    }
}

pub(crate) fn invitation(office: &Office, clock: &Arc<Hands>, number: u8) -> String {
    let now = clock.wall();
    let secret: [u8; 32] = {
        let tx = office.replica().store.reader();
        meta::get_array(&tx, Key::OrganisationSecret)
            .unwrap()
            .unwrap()
    };
    let organisation = KeyPair::from_secret(&secret);
    let grant = Grant {
        id: [number; 16],
        organisation: doorstep_model::ids::OrganisationId::of_key(&organisation.public().0),
        author: None,
        area: committee(),
        role: Role::Volunteer,
        persons: vec![PersonId(Identity::of_hash([number; 16]))],
        not_before: now - 86_400,
        expires: now + 1_000 * 86_400,
        labels: None,
        use_until: Some(now + 86_400),
        office: false,
    };
    let invitation = Invitation {
        organisation: organisation.public(),
        grant: grant.sign(&organisation),
        addresses: vec!["http://127.0.0.1:1".to_owned()],
        transport_key: None,
        seal_to: Some(office.seal_to().unwrap()),
    };
    invitation.to_text()
}

/// A phone whose whole memory was copied, the host's marker included.
pub(crate) fn clone_of(phone: &Replica, clock: &Arc<Hands>, number: u8) -> Replica {
    let mut copy = rusqlite::Connection::open_in_memory().unwrap();
    {
        let original = phone.store.reader();
        let backup = rusqlite::backup::Backup::new(&original, &mut copy).unwrap();
        backup
            .run_to_completion(1_000, std::time::Duration::ZERO, None)
            .unwrap();
    }
    let mut options = options(clock, Place::Memory, number);
    options.seed = Some([number ^ 0x80; 32]);
    Replica::on(Store::from_connection(copy).unwrap(), options).unwrap()
}

/// Exchanges until nothing is left.
pub(crate) fn sync(phone: &Replica, office: &Office) -> Summary {
    let mut exchange = Exchange::default();
    let mut reply: Option<Vec<u8>> = None;
    for _ in 0..200 {
        match phone.sync_step(&mut exchange, reply.as_deref()).unwrap() {
            Step::Send(request) => reply = office.handle(&[request]).unwrap().pop(),
            Step::Done(summary) => return summary,
        }
    }
    panic!("an exchange without end");
}

/// Lets two phones talk until both are done. The pipe hands over so many bytes at a time.
pub(crate) fn meet(one: &Replica, other: &Replica, at_a_time: usize) -> (PeerSummary, PeerSummary) {
    let (mut here, mut there) = (PeerExchange::default(), PeerExchange::default());
    let mut outgoing = here.step(one, None).unwrap();
    let mut turns = 0;
    while let Some(bytes) = outgoing.take() {
        turns += 1;
        assert!(turns < 500, "an exchange without end");
        let (speaker, listener) = match turns % 2 {
            1 => (&mut there, other),
            _ => (&mut here, one),
        };
        for portion in bytes.chunks(at_a_time) {
            if let Some(more) = speaker.step(listener, Some(portion)).unwrap() {
                outgoing.get_or_insert_default().extend_from_slice(&more);
            }
        }
    }
    assert!(here.is_done() && there.is_done());
    (here.summary().clone(), there.summary().clone())
}

/// Goes through a building: every door answers, every extinguisher is looked at.
pub(crate) fn go_through(phone: &Replica, clock: &Hands, building: &Building, day: u32) {
    go_through_doors(phone, clock, building, day, 0..building.doors.len());
}

/// As [`go_through`], these doors only.
pub(crate) fn go_through_doors(
    phone: &Replica,
    clock: &Hands,
    building: &Building,
    day: u32,
    doors: std::ops::Range<usize>,
) {
    for (door, assets) in &building.doors[doors] {
        clock.turn(47);
        let name = DocumentName::Round(building.id, RoundKey::AdHoc(day));
        phone
            .write(|session| {
                let area = committee();
                let visit = Visit {
                    outcome: VisitOutcome::Answered,
                    note: None,
                    next: None,
                    date_only: None,
                };
                session.put(&area, &name, *door, &Entry::new(visit, session.now))?;
                for asset in assets {
                    session.put(&area, &name, *asset, &look(session.now))?;
                }
                Ok(())
            })
            .unwrap();
        clock.turn(31);
    }
}

/// A look at which everything is in order.
pub(crate) fn look(at: i64) -> Entry {
    let check = Check {
        outcome: Outcome::Normal,
        note: None,
        photos: None,
        pack: None,
        date_only: None,
    };
    Entry::new(check, at)
}

pub(crate) fn rows(replica: &Replica, table: &str) -> u64 {
    let tx = replica.store.reader();
    count(
        tx.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
            row.get(0)
        })
        .unwrap(),
    )
}

/// What two replicas compare that hold the same feed.
pub(crate) fn checksum(replica: &Replica) -> [u8; 32] {
    crate::project::area_checksum(&replica.store.reader(), &replica.packs, &committee()).unwrap()
}

/// Every stored segment of a replica with its hash, in the order of the hashes.
pub(crate) fn segments(replica: &Replica) -> Vec<(Vec<u8>, Vec<u8>)> {
    let tx = replica.store.reader();
    let mut select = tx
        .prepare("SELECT id, hash FROM segment ORDER BY hash")
        .unwrap();
    let rows: Vec<(i64, Vec<u8>)> = select
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    let mut archive = crate::compact::Archive::default();
    rows.into_iter()
        .map(|(row, hash)| (hash, archive.segment(&tx, row).unwrap()))
        .collect()
}

/// The office says that everything up to now is in a backup.
pub(crate) fn back_up_everything(office: &Office) {
    let positions: Vec<(AreaId, u64)> = {
        let tx = office.replica().store.reader();
        let mut select = tx.prepare("SELECT code, position FROM area").unwrap();
        let found = select
            .query_map([], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
            })
            .unwrap()
            .map(|row| row.map(|(code, at)| (AreaId::new(&code).unwrap(), count(at))))
            .collect::<rusqlite::Result<_>>();
        found.unwrap()
    };
    office.backed_up(&positions).unwrap();
}

#[test]
fn what_a_phone_saw_is_at_the_office_and_on_the_next_phone() {
    let world = World::new();
    let building = world.build("3号楼", 4, 2);
    let (one, two) = (world.phone(2), world.phone(3));
    world.sync(&one);
    world.sync(&two);
    go_through(&one, &world.clock, &building, 20_788);
    world.sync(&one);
    world.sync(&two);
    assert_eq!(world.rows("asset"), 8);
    let _: AssetId = AssetId(building.doors[0].1[0]);
    assert_eq!(checksum(&one), checksum(world.office.replica()));
    assert_eq!(checksum(&two), checksum(world.office.replica()));
}
