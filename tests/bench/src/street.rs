//! A phone in a building of its own, without an office: what the benchmarks of a single tap need.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use doorstep_model::document::RoundKey;
use doorstep_model::entry::{
    AssetAdded, Outcome, PlaceAdded, PlaceKind, Registration, Visit, VisitOutcome,
};
use doorstep_model::grant::{Grant, Invitation};
use doorstep_model::ids::{
    AreaId, AssetId, Identity, OrganisationId, PersonId, PlaceId, RequestId,
};
use doorstep_model::keys::KeyPair;
use doorstep_model::role::Role;
use doorstep_replica::act::{Look, Tap, Targets};
use doorstep_replica::{Options, Place, Replica, SystemClock};

/// A volunteer's phone and what stands in its building.
pub(crate) struct Street {
    pub(crate) phone: Replica,
    pub(crate) assets: Vec<AssetId>,
    pub(crate) round: RoundKey,
    taps: u64,
}

/// How a replica of the benchmarks is opened.
pub(crate) fn options(place: Place, seed: u8) -> Options {
    Options {
        place,
        key: None,
        marker: vec![seed; 16],
        clock: Arc::new(SystemClock),
        seed: Some([seed; 32]),
    }
}

impl Street {
    /// A building of `assets` extinguishers on a phone in this folder.
    pub(crate) fn new(folder: PathBuf, assets: usize) -> Self {
        Self::on(options(Place::Folder(folder), 1), assets)
    }

    /// The same on a phone that is opened like this.
    pub(crate) fn on(options: Options, assets: usize) -> Self {
        let (mut street, building) = Self::building(options);
        for _ in 0..assets {
            street.add_asset(building);
        }
        street.open_round(building);
        street
    }

    /// A building of so many doors on a phone in this folder: an extinguisher behind each, all visited.
    pub(crate) fn of_doors(folder: PathBuf, doors: u32) -> Self {
        let (mut street, building) = Self::building(options(Place::Folder(folder), 1));
        let doors: Vec<PlaceId> = (0..doors)
            .map(|door| {
                let name = format!("{}室", 101 + door / 4 * 100 + door % 4);
                street.add_place(PlaceKind::Household, Some(building), name, Some(door))
            })
            .collect();
        for door in &doors {
            street.add_asset(*door);
        }
        street.open_round(building);
        for door in doors {
            street.visit(door);
        }
        street
    }

    /// A new phone, and a building that it added.
    fn building(options: Options) -> (Self, PlaceId) {
        let phone = Replica::open(options).expect("an empty folder opens");
        phone
            .enrol(&invitation(phone.now()))
            .expect("a fresh invitation is good");
        let mut street = Self {
            phone,
            assets: Vec::new(),
            round: RoundKey::AdHoc(0),
            taps: 0,
        };
        let building = street.add_place(PlaceKind::Building, None, "3号楼".into(), None);
        (street, building)
    }

    fn add_place(
        &mut self,
        kind: PlaceKind,
        parent: Option<PlaceId>,
        name: String,
        order: Option<u32>,
    ) -> PlaceId {
        let place = PlaceAdded {
            kind,
            parent,
            name,
            order,
        };
        let tap = self.tap();
        self.phone
            .add_place(&tap, None, place)
            .expect("a place is added")
    }

    fn open_round(&mut self, building: PlaceId) {
        let tap = self.tap();
        self.round = self
            .phone
            .open_round(&tap, building, None, None)
            .expect("a round is opened");
    }

    fn visit(&mut self, door: PlaceId) {
        let visit = Visit {
            outcome: VisitOutcome::Answered,
            note: None,
            next: None,
            date_only: None,
        };
        let tap = self.tap();
        self.phone
            .visit(&tap, door, self.round, visit)
            .expect("a visit is recorded");
    }

    fn add_asset(&mut self, place: PlaceId) {
        let asset = AssetAdded {
            asset_type: "extinguisher.dry_powder".into(),
            place,
            label: None,
            factory: Some(2021 * 12 + 10),
            size: Some("2kg".into()),
            batch: None,
            registration: Registration::Registered,
            maker_life_years: None,
        };
        let tap = self.tap();
        self.assets.push(
            self.phone
                .add_asset(&tap, asset)
                .expect("an asset is added"),
        );
    }

    /// The assets, whatever they are.
    pub(crate) fn identities(&self) -> Vec<Identity> {
        self.assets.iter().map(|asset| asset.identity()).collect()
    }

    /// The next tap, with a request id of its own.
    pub(crate) fn tap(&mut self) -> Tap {
        self.taps += 1;
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.taps.to_be_bytes());
        id[8..].copy_from_slice(&self.taps.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        Tap::new(RequestId(id))
    }

    /// One look at the asset with this number, normal.
    pub(crate) fn check(&mut self, number: usize) {
        let asset = self.assets[number % self.assets.len()];
        let tap = self.tap();
        self.phone
            .check(&tap, self.round, &[Look::new(asset, Outcome::Normal)])
            .expect("a check is recorded");
    }
}

/// The phone of a street that was left, opened again.
pub(crate) fn reopen(folder: &Path) -> Replica {
    Replica::open(options(Place::Folder(folder.to_owned()), 1)).expect("the folder opens again")
}

/// An invitation of an organisation that nobody else knows.
fn invitation(now: i64) -> String {
    let organisation = KeyPair::from_secret(&[9; 32]);
    let area = AreaId::new("310101019005").expect("a national code");
    Invitation {
        organisation: organisation.public(),
        grant: grant(&organisation, &area, now).sign(&organisation),
        addresses: vec!["http://127.0.0.1:1".into()],
        transport_key: None,
        seal_to: None,
    }
    .to_text()
}

/// What an invitation of this organisation grants to one volunteer of an area.
pub(crate) fn grant(organisation: &KeyPair, area: &AreaId, now: i64) -> Grant {
    Grant {
        id: [1; 16],
        organisation: OrganisationId::of_key(&organisation.public().0),
        author: None,
        area: area.clone(),
        role: Role::Volunteer,
        persons: vec![PersonId(Identity::of_hash([1; 16]))],
        not_before: now - 86_400,
        expires: now + 365 * 86_400,
        labels: None,
        use_until: Some(now + 86_400),
        office: false,
    }
}

/// Opens today's round in a building that is there.
pub(crate) fn open_round(phone: &Replica, building: Identity) -> RoundKey {
    let nothing = Targets::default();
    phone
        .open_round(&any_tap(phone), PlaceId(building), None, Some(nothing))
        .expect("a round is opened")
}

/// A look at each of these assets, normal.
pub(crate) fn look(phone: &Replica, round: RoundKey, assets: &[Identity]) {
    for asset in assets {
        let look = Look::new(AssetId(*asset), Outcome::Normal);
        phone
            .check(&any_tap(phone), round, &[look])
            .expect("a check is recorded");
    }
}

/// A tap with a request id that this phone has not used.
fn any_tap(phone: &Replica) -> Tap {
    let used: u32 = phone.inspect(|store| {
        store
            .query_row("SELECT count(*) FROM request", [], |row| row.get(0))
            .expect("a number")
    });
    let mut id = [0xa5; 16];
    id[..4].copy_from_slice(&used.to_be_bytes());
    Tap::new(RequestId(id))
}
