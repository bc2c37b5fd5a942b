//! What tests of acts stand on: memory replicas with a clock that the test holds, and a small house.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use doorstep_model::entry::{
    AssetAdded, CaseClass, Found, Note, PlaceAdded, PlaceKind, Registration, Visit, VisitOutcome,
};
use doorstep_model::grant::{Grant, Invitation};
use doorstep_model::ids::{AreaId, AssetId, OrganisationId, PersonId, PlaceId, RequestId};
use doorstep_model::keys::KeyPair;
use doorstep_model::role::Role;

use super::Tap;
use crate::clock::Clock;
use crate::replica::{Options, Replica};
use crate::store::Place;

/// 2026-11-25 19:00 at +08:00.
pub(crate) const EVENING: i64 = 1_795_604_400;

/// A clock that stands until the test moves it.
#[derive(Debug)]
pub(crate) struct HeldClock(AtomicI64);

impl HeldClock {
    pub(crate) fn at(seconds: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(seconds)))
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for HeldClock {
    fn wall(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> i64 {
        self.0.load(Ordering::SeqCst) - EVENING
    }

    fn boot(&self) -> Option<[u8; 16]> {
        None
    }
}

pub(crate) fn options(clock: &Arc<HeldClock>, seed: u8) -> Options {
    Options {
        place: Place::Memory,
        key: None,
        marker: vec![seed],
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        seed: Some([seed; 32]),
    }
}

pub(crate) fn area() -> AreaId {
    AreaId::new("310101019005").unwrap()
}

/// Taps with ids that no other tap of the test has.
pub(crate) fn tap() -> Tap {
    thread_local!(static COUNT: Cell<u64> = const { Cell::new(0) });
    COUNT.with(|count| {
        count.set(count.get() + 1);
        let mut id = [0; 16];
        id[..8].copy_from_slice(&count.get().to_be_bytes());
        Tap::new(RequestId(id))
    })
}

/// A phone that is enrolled by an invitation of an organisation of its own.
pub(crate) fn phone_as(clock: &Arc<HeldClock>, role: Role, persons: &[PersonId]) -> Replica {
    let organisation = KeyPair::from_secret(&[1; 32]);
    let grant = Grant {
        id: [4; 16],
        organisation: OrganisationId::of_key(&organisation.public().0),
        author: None,
        area: area(),
        role,
        persons: persons.to_vec(),
        not_before: 0,
        expires: EVENING + 400 * 86_400,
        labels: Some((8_192, 8_192)),
        use_until: Some(EVENING + 86_400),
        office: false,
    };
    let invitation = Invitation {
        organisation: organisation.public(),
        grant: grant.sign(&organisation),
        addresses: vec!["http://127.0.0.1:8080".into()],
        transport_key: None,
        seal_to: None,
    };
    let phone = Replica::open(options(clock, 7)).unwrap();
    phone.enrol(&invitation.to_text()).unwrap();
    phone
}

pub(crate) fn phone(clock: &Arc<HeldClock>) -> Replica {
    phone_as(clock, Role::Volunteer, &[])
}

/// A stairwell with one household and one extinguisher.
pub(crate) struct House {
    pub(crate) building: PlaceId,
    pub(crate) door: PlaceId,
    pub(crate) bottle: AssetId,
}

pub(crate) fn place(kind: PlaceKind, parent: Option<PlaceId>, name: &str) -> PlaceAdded {
    PlaceAdded {
        kind,
        parent,
        name: name.to_owned(),
        order: None,
    }
}

pub(crate) fn bottle(place: PlaceId) -> AssetAdded {
    AssetAdded {
        asset_type: "extinguisher.dry_powder".to_owned(),
        place,
        label: None,
        factory: None,
        size: None,
        batch: None,
        registration: Registration::FoundUnregistered,
        maker_life_years: None,
    }
}

pub(crate) fn house(on: &Replica) -> House {
    let area = area();
    let building = on
        .add_place(
            &tap(),
            Some(&area),
            place(PlaceKind::Building, None, "3号楼"),
        )
        .unwrap();
    let door = on
        .add_place(
            &tap(),
            None,
            place(PlaceKind::Household, Some(building), "204"),
        )
        .unwrap();
    let bottle = on.add_asset(&tap(), bottle(door)).unwrap();
    House {
        building,
        door,
        bottle,
    }
}

/// One value of one row, as text.
pub(crate) fn cell(replica: &Replica, sql: &str) -> String {
    replica
        .reader()
        .unwrap()
        .query_row(sql, [], |row| row.get::<_, Option<String>>(0))
        .unwrap()
        .unwrap_or_default()
}

pub(crate) fn count(replica: &Replica, sql: &str) -> i64 {
    replica
        .reader()
        .unwrap()
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

pub(crate) fn attempt(outcome: VisitOutcome) -> Visit {
    Visit {
        outcome,
        note: None,
        next: None,
        date_only: None,
    }
}

pub(crate) fn hazard(house: &House, level: u8) -> Found {
    Found {
        class: CaseClass::Hazard,
        kind: doorstep_model::pack::Pack::shipped(doorstep_model::pack::Market::Cn).hazards()[0]
            .id
            .clone(),
        place: house.building,
        asset: None,
        level,
        suspected: None,
        note: None,
        photos: None,
        round: None,
        campaign: None,
    }
}

pub(crate) fn words(text: &str) -> Note {
    Note {
        text: text.to_owned(),
        photos: None,
    }
}

/// The replica as it stands, copied with its marker to another device.
pub(crate) fn copy_of(from: &Replica, clock: &Arc<HeldClock>, marker: u8, seed: u8) -> Replica {
    let mut copy = rusqlite::Connection::open_in_memory().unwrap();
    {
        let reader = from.reader().unwrap();
        rusqlite::backup::Backup::new(&reader, &mut copy)
            .unwrap()
            .run_to_completion(1_000, std::time::Duration::ZERO, None)
            .unwrap();
    }
    let store = crate::store::Store::from_connection(copy).unwrap();
    let options = Options {
        seed: Some([seed; 32]),
        ..options(clock, marker)
    };
    Replica::on(store, options).unwrap()
}
