//! A committee of the size of the bars: buildings with their doors and assets, devices that work in
//! them, and the office that receives it all. Which bar is measured on it is decided elsewhere.

use std::path::Path;
use std::sync::Arc;

use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{
    AssetAdded, Check, Outcome, PlaceAdded, PlaceKind, Registration, Visit, VisitOutcome,
};
use doorstep_model::ids::{AreaId, Identity, PhotoHash, PlaceId};
use doorstep_model::keys::KeyPair;
use doorstep_model::role::Role;
use doorstep_model::time::LocalDay;
use doorstep_replica::sync::office::Office;
use doorstep_replica::{Clock, Options, Place};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use crate::clock::NOON;
use crate::data::{self, Extras};
use crate::scribe::{About, Scribe};

/// Buildings of a committee.
pub(crate) const BUILDINGS: usize = 33;
/// Assets of a building: 33 × 67 are the 2,200 of the bars.
pub(crate) const ASSETS: usize = 67;
/// Doors of a building.
const DOORS: usize = 24;
/// Devices of a committee.
pub(crate) const DEVICES: u32 = 39;
/// Bytes of segments that one request of a carrier holds.
const LOAD: usize = 512 * 1024;

/// What stands in a building.
pub(crate) struct Building {
    pub(crate) id: Identity,
    pub(crate) assets: Vec<Identity>,
    doors: Vec<Identity>,
}

/// A committee's register, and the segments that made it.
pub(crate) struct Committee {
    pub(crate) area: AreaId,
    pub(crate) buildings: Vec<Building>,
    pub(crate) segments: Vec<Vec<u8>>,
    rng: ChaCha20Rng,
}

impl Committee {
    /// Registers buildings in an area. The number tells committees apart.
    pub(crate) fn new(organisation: &KeyPair, number: u32, buildings: usize) -> Self {
        let code = format!("3101010190{number:02}");
        let area = AreaId::new(&code).expect("a national code");
        let mut clerk = Scribe::new(organisation, &area, Role::Clerk, number * 1_000);
        let mut segments = Vec::new();
        let made = (0..buildings).map(|nth| register(&mut clerk, nth, &mut segments));
        Self {
            buildings: made.collect(),
            area,
            segments,
            rng: ChaCha20Rng::seed_from_u64(u64::from(number)),
        }
    }

    /// A device of this committee, numbered from 0.
    pub(crate) fn device(&self, organisation: &KeyPair, nth: u32) -> Scribe {
        let number: u32 = self.area.as_str()[10..].parse().unwrap_or(0);
        Scribe::new(
            organisation,
            &self.area,
            Role::Volunteer,
            number * 1_000 + 1 + nth,
        )
    }

    /// One evening of a device in a building on a day so many days ago: visits, checks, one segment.
    pub(crate) fn evening(
        &mut self,
        device: &mut Scribe,
        building: usize,
        days_ago: i64,
        checks: usize,
        extras: Extras,
    ) -> Vec<u8> {
        let building = &self.buildings[building % self.buildings.len()];
        let mut time = NOON - days_ago * 86_400 - 7_200;
        let round = RoundKey::AdHoc(LocalDay::of(time).0.try_into().unwrap_or(0));
        let name = DocumentName::Round(building.id, round);
        for (nth, asset) in building.assets.iter().take(checks).enumerate() {
            time += i64::from(15 + self.rng.next_u32() % 76);
            if nth % 3 == 0 {
                let visit = Visit {
                    outcome: VisitOutcome::Answered,
                    note: None,
                    next: None,
                    date_only: None,
                };
                let door = building.doors[nth / 3 % building.doors.len()];
                device.put(|_| name, About::Known(door), visit, time);
                time += 1;
            }
            let check = check(&mut self.rng, extras);
            device.put(|_| name, About::Known(*asset), check, time);
        }
        device.seal()
    }
}

fn check(rng: &mut ChaCha20Rng, extras: Extras) -> Check {
    let faulty = rng.next_u32().is_multiple_of(50);
    Check {
        outcome: if faulty {
            Outcome::Missing
        } else {
            Outcome::Normal
        },
        note: data::note(rng, extras.notes),
        photos: data::photo(rng, extras.photos).map(|hash: PhotoHash| vec![hash]),
        pack: None,
        date_only: None,
    }
}

/// Registers one building, a segment for its places and one for its assets.
fn register(clerk: &mut Scribe, nth: usize, segments: &mut Vec<Vec<u8>>) -> Building {
    let time = NOON - 6 * 366 * 86_400;
    let building = PlaceAdded {
        kind: PlaceKind::Building,
        parent: None,
        name: format!("{}号楼", nth + 1),
        order: Some(nth as u32),
    };
    let id = clerk.put(DocumentName::Place, About::New, building, time);
    let doors = (0..DOORS)
        .map(|door| {
            let household = PlaceAdded {
                kind: PlaceKind::Household,
                parent: Some(PlaceId(id)),
                name: format!("{}{:02}室", door / 4 + 1, door % 4 + 1),
                order: Some(door as u32),
            };
            clerk.put(|_| DocumentName::Place(id), About::New, household, time)
        })
        .collect::<Vec<_>>();
    segments.push(clerk.seal());
    let assets = (0..ASSETS)
        .map(|asset| {
            let asset = AssetAdded {
                asset_type: "extinguisher.dry_powder".into(),
                place: PlaceId(doors[asset % DOORS]),
                label: None,
                factory: Some(2017 * 12 + (nth * 7 + asset) as u32 % 96),
                size: Some("2kg".into()),
                batch: None,
                registration: Registration::Registered,
                maker_life_years: None,
            };
            clerk.put(|_| DocumentName::Place(id), About::New, asset, time)
        })
        .collect();
    segments.push(clerk.seal());
    Building { id, assets, doors }
}

/// How a replica on this clock is opened; without a folder it lives in memory.
pub(crate) fn options(
    folder: Option<&Path>,
    seed: u8,
    clock: &Arc<impl Clock + 'static>,
) -> Options {
    Options {
        place: folder.map_or(Place::Memory, |folder| Place::Folder(folder.to_owned())),
        key: None,
        marker: vec![seed; 16],
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        seed: Some([seed; 32]),
    }
}

/// Hands segments to the office through a carrier, in order, a few transactions for all.
pub(crate) fn carry(office: &Office, carrier: &mut Scribe, segments: &[Vec<u8>], now: i64) {
    let mut rest = segments;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take_while(|segment| {
            bytes += segment.len();
            bytes <= LOAD
        });
        let (these, later) = rest.split_at(fits.count().max(1));
        carrier.push(these, now, |request| answer(office, request));
        rest = later;
    }
}

/// The office's reply to one request.
pub(crate) fn answer(office: &Office, request: Vec<u8>) -> Vec<u8> {
    let mut replies = office
        .handle(&[request])
        .expect("the office's disk has room");
    replies.pop().expect("a reply a request")
}
