//! Writes the database file that a release leaves behind as a fixture: a phone with a house, a round,
//! checks and a hazard, partly sealed. Run once a schema is released: `cargo run --example fixture DIR`.

use std::path::PathBuf;
use std::sync::Arc;

use doorstep_model::entry::{
    AssetAdded, CaseClass, Found, Outcome, PlaceAdded, PlaceKind, Registration, Visit, VisitOutcome,
};
use doorstep_model::grant::{Grant, Invitation};
use doorstep_model::ids::{AreaId, Identity, OrganisationId, PersonId, PlaceId, RequestId};
use doorstep_model::keys::KeyPair;
use doorstep_model::role::Role;
use doorstep_replica::act::{Look, Tap};
use doorstep_replica::{Clock, Options, Place, Replica};

/// 2026-11-25 19:00 at +08:00.
const EVENING: i64 = 1_795_604_400;

struct Held;

impl Clock for Held {
    fn wall(&self) -> i64 {
        EVENING
    }

    fn monotonic(&self) -> i64 {
        0
    }

    fn boot(&self) -> Option<[u8; 16]> {
        None
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args()
        .nth(1)
        .map(PathBuf::from)
        .ok_or("which folder?")?;
    let phone = Replica::open(Options {
        place: Place::Folder(folder),
        key: None,
        marker: b"the fixture's phone".to_vec(),
        clock: Arc::new(Held),
        seed: Some([1; 32]),
    })?;
    phone.enrol(&invitation())?;
    let mut count = 0u8;
    let mut tap = || {
        count += 1;
        Tap::new(RequestId([count; 16]))
    };
    let place = |kind, parent, name: &str| PlaceAdded {
        kind,
        parent,
        name: name.to_owned(),
        order: None,
    };
    let building = phone.add_place(&tap(), None, place(PlaceKind::Building, None, "3号楼"))?;
    let mut doors: Vec<PlaceId> = Vec::new();
    let mut bottles = Vec::new();
    for door in ["101", "102", "201", "202", "301", "302"] {
        let door = phone.add_place(
            &tap(),
            None,
            place(PlaceKind::Household, Some(building), door),
        )?;
        let bottle = AssetAdded {
            asset_type: "extinguisher.dry_powder".to_owned(),
            place: door,
            label: None,
            factory: Some(2021 * 12 + 10),
            size: Some("2kg".to_owned()),
            batch: None,
            registration: Registration::Registered,
            maker_life_years: None,
        };
        bottles.push(phone.add_asset(&tap(), bottle)?);
        doors.push(door);
    }
    let round = phone.open_round(&tap(), building, None, None)?;
    for (door, bottle) in doors.iter().zip(&bottles) {
        let visit = Visit {
            outcome: VisitOutcome::Answered,
            note: None,
            next: None,
            date_only: None,
        };
        phone.visit(&tap(), *door, round, visit)?;
        phone.check(&tap(), round, &[Look::new(*bottle, Outcome::Normal)])?;
    }
    phone.seal()?;
    let hazard = Found {
        class: CaseClass::Hazard,
        kind: "exit_blocked".to_owned(),
        place: building,
        asset: None,
        level: 1,
        suspected: None,
        note: Some("楼道里两辆电瓶车".to_owned()),
        photos: None,
        round: Some(round),
        campaign: None,
    };
    phone.found(&tap(), hazard, None)?;
    phone.check(&tap(), round, &[Look::new(bottles[0], Outcome::Missing)])?;
    Ok(())
}

fn invitation() -> String {
    let organisation = KeyPair::from_secret(&[9; 32]);
    let grant = Grant {
        id: [1; 16],
        organisation: OrganisationId::of_key(&organisation.public().0),
        author: None,
        area: AreaId::new("310101019005").expect("a national code"),
        role: Role::Volunteer,
        persons: vec![PersonId(Identity::of_hash([1; 16]))],
        not_before: 0,
        expires: EVENING + 365 * 86_400,
        labels: None,
        use_until: Some(EVENING + 86_400),
        office: false,
    };
    Invitation {
        organisation: organisation.public(),
        grant: grant.sign(&organisation),
        addresses: vec!["http://127.0.0.1:8080".to_owned()],
        transport_key: None,
        seal_to: None,
    }
    .to_text()
}
