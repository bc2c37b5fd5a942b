//! An office in memory, and a street for it: committees, and in the first of them a building with a
//! stairwell of 24 doors, a bottle and an alarm behind each. The same seed gives the same ids.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use doorstep_model::entry::{
    AreaDeclared, AssetAdded, HandoutBatch, HandoutManner, PersonDeclared, PlaceAdded,
    PlaceKind as ModelPlaceKind, Registration, RoundPlanned,
};
use doorstep_model::ids::{AreaId, AssetId, PersonId, PlaceId, RequestId};
use doorstep_model::role::Role as ModelRole;
use doorstep_model::time::LocalDay;
use doorstep_replica::act::Tap;
use doorstep_replica::act::office::Invite;
use doorstep_replica::sync::office::Office;
use doorstep_replica::{Clock, Options, Place};

use super::{Counted, FakeClock, seed_bytes};
use crate::crossing::crosses;
use crate::error::{DoorstepError, Result};
use crate::ids::EntryId;
use crate::terms::Role;

/// Code of the street; a committee's has three digits more.
const STREET: &str = "310101019";

/// Committees of the street.
const COMMITTEES: u32 = 18;

/// Floors of the stairwell, and doors on each.
const FLOORS: u32 = 6;
const DOORS: u32 = 4;

/// A year, seconds.
const YEAR: i64 = 365 * 86_400;

/// An office in memory with a demo street.
#[derive(uniffi::Object)]
pub struct DemoOffice {
    office: Office,
    clock: Arc<dyn Clock>,
    street: DemoStreet,
    taps: AtomicU64,
    persons: AtomicU64,
    _counted: Counted,
}

crosses! {
    /// Where there is something to do in the demo street.
    pub struct DemoStreet {
        /// The street's committees.
        pub committees: Vec<AreaId>,
        /// The committee with the building: the first.
        pub committee: AreaId,
        /// The building.
        pub building: PlaceId,
        /// Its stairwell.
        pub stairwell: PlaceId,
        /// Its 24 doors, from below.
        pub doors: Vec<PlaceId>,
        /// A bottle behind each, in the order of the doors.
        pub bottles: Vec<AssetId>,
        /// An alarm behind each.
        pub alarms: Vec<AssetId>,
        /// A planned round of this month over the building.
        pub plan: EntryId,
        /// A batch to hand out.
        pub batch: EntryId,
    }
}

#[uniffi::export]
impl DemoOffice {
    /// An office at this clock.
    #[uniffi::constructor]
    pub fn make(clock: Arc<FakeClock>, seed: u64) -> Result<Arc<Self>> {
        let clock = clock.hands();
        let office = Office::create(Options {
            place: Place::Memory,
            key: None,
            marker: b"office".to_vec(),
            clock: Arc::clone(&clock),
            seed: Some(seed_bytes(seed)),
        })?;
        let mut builder = Builder {
            today: u32::try_from(LocalDay::of(clock.wall()).0).unwrap_or(0),
            office: &office,
            taps: 0,
        };
        let street = builder.street()?;
        let taps = AtomicU64::new(builder.taps);
        Ok(Arc::new(Self {
            office,
            clock,
            street,
            taps,
            persons: AtomicU64::new(0),
            _counted: Counted::new(),
        }))
    }

    /// Where there is something to do.
    pub fn street(&self) -> Result<DemoStreet> {
        Ok(self.street.clone())
    }

    /// An invitation for one new phone of this many new persons in the building's committee, good for 24
    /// hours and a year's work.
    pub fn invite(&self, role: Role, persons: u32) -> Result<String> {
        let role = known(role)?;
        let mut invited = Vec::new();
        for _ in 0..persons.max(1) {
            invited.push(self.person(role)?);
        }
        let invite = Invite {
            area: self.street.committee.clone(),
            role,
            persons: invited,
            hours: 24,
            work_until: self.clock.wall() + YEAR,
            addresses: vec!["http://127.0.0.1:8080".to_owned()],
            transport_key: None,
        };
        Ok(self.office.invite(&self.tap(), invite)?)
    }

    /// The reply to a phone's request.
    pub fn answer(&self, request: Vec<u8>) -> Result<Vec<u8>> {
        let replies = self.office.handle(&[request])?;
        replies.into_iter().next().ok_or_else(DoorstepError::broken)
    }

    /// The office announces its next transport key.
    pub fn announce_key(&self, sha256: Vec<u8>) -> Result<()> {
        let key = crate::handle::database_key(&sha256)?;
        self.office.announce_transport_key(&self.tap(), key)?;
        Ok(())
    }

    /// SHA-256 over a committee's rows.
    pub fn checksum(&self, area: AreaId) -> Result<Vec<u8>> {
        Ok(self.office.replica().area_checksum(&area)?.to_vec())
    }

    /// What only the office opens: a bundle of a phone's. How many segments of it are in the feed.
    pub fn take_bundle(&self, file: Vec<u8>) -> Result<u64> {
        Ok(self.office.take_bundle(&file)?.received)
    }
}

impl DemoOffice {
    fn tap(&self) -> Tap {
        tap(self.taps.fetch_add(1, Ordering::SeqCst))
    }

    fn person(&self, role: ModelRole) -> Result<PersonId> {
        let number = self.persons.fetch_add(1, Ordering::SeqCst);
        let person = PersonDeclared {
            roster: format!("demo-{number}"),
            role: role.code(),
            force: None,
        };
        Ok(self.office.declare_person(&self.tap(), person)?)
    }
}

/// Builds the street, each write under the next number.
struct Builder<'a> {
    office: &'a Office,
    today: u32,
    taps: u64,
}

impl Builder<'_> {
    fn tap(&mut self) -> Tap {
        self.taps += 1;
        tap(self.taps - 1)
    }

    fn street(&mut self) -> Result<DemoStreet> {
        self.declare(STREET, None, "street", "示范街道")?;
        let mut committees = Vec::new();
        for number in 1..=COMMITTEES {
            let code = format!("{STREET}{number:03}");
            let name = format!("示范{number}居委");
            committees.push(self.declare(&code, Some(STREET), "committee", &name)?);
        }
        let committee = committees[0].clone();
        let building = self.place(&committee, ModelPlaceKind::Building, None, "3号楼", 3)?;
        let stairwell = self.place(
            &committee,
            ModelPlaceKind::Stairwell,
            Some(building),
            "2单元",
            2,
        )?;
        let (mut doors, mut bottles, mut alarms) = (Vec::new(), Vec::new(), Vec::new());
        for floor in 1..=FLOORS {
            for door in 1..=DOORS {
                let number = floor * 100 + door;
                let name = number.to_string();
                let household = ModelPlaceKind::Household;
                let door = self.place(&committee, household, Some(stairwell), &name, number)?;
                bottles.push(self.asset(door, "extinguisher.dry_powder", 2016 * 12 + floor)?);
                alarms.push(self.asset(door, "alarm.smoke", 2022 * 12 + floor)?);
                doors.push(door);
            }
        }
        let round = RoundPlanned {
            name: "本月巡查".to_owned(),
            from: self.today.saturating_sub(10),
            to: self.today + 20,
            checklist: None,
            campaign: None,
        };
        let tap = self.tap();
        let plan = self
            .office
            .plan_round(&tap, &committee, round, &[(building, None)])?;
        let batch = HandoutBatch {
            item: "extinguisher.dry_powder".to_owned(),
            size: Some("2kg".to_owned()),
            manner: HandoutManner::New,
            day: self.today,
            project: None,
            maker: None,
            factory: None,
        };
        let tap = self.tap();
        let batch = self.office.start_handout(&tap, &committee, batch)?;
        Ok(DemoStreet {
            committees,
            committee,
            building,
            stairwell,
            doors,
            bottles,
            alarms,
            plan,
            batch,
        })
    }

    fn declare(
        &mut self,
        code: &str,
        parent: Option<&str>,
        level: &str,
        name: &str,
    ) -> Result<AreaId> {
        let area = AreaDeclared {
            code: code.to_owned(),
            parent: parent.map(str::to_owned),
            level: level.to_owned(),
            name: name.to_owned(),
            from: None,
            until: None,
        };
        let tap = self.tap();
        Ok(self.office.declare_area(&tap, area)?)
    }

    fn place(
        &mut self,
        area: &AreaId,
        kind: ModelPlaceKind,
        parent: Option<PlaceId>,
        name: &str,
        order: u32,
    ) -> Result<PlaceId> {
        let place = PlaceAdded {
            kind,
            parent,
            name: name.to_owned(),
            order: Some(order),
        };
        let tap = self.tap();
        Ok(self.office.replica().add_place(&tap, Some(area), place)?)
    }

    fn asset(&mut self, place: PlaceId, asset_type: &str, factory: u32) -> Result<AssetId> {
        let asset = AssetAdded {
            asset_type: asset_type.to_owned(),
            place,
            label: None,
            factory: Some(factory),
            size: None,
            batch: None,
            registration: Registration::Registered,
            maker_life_years: None,
        };
        let tap = self.tap();
        Ok(self.office.replica().add_asset(&tap, asset)?)
    }
}

fn known(role: Role) -> Result<ModelRole> {
    Ok(match role {
        Role::Volunteer => ModelRole::Volunteer,
        Role::Clerk => ModelRole::Clerk,
        Role::Station => ModelRole::Station,
        Role::Street => ModelRole::Street,
        Role::Department => ModelRole::Department,
        Role::FireBody => ModelRole::FireBody,
        Role::Auditor => ModelRole::Auditor,
        Role::Other { code } => return Err(DoorstepError::bad_value("role", code)),
    })
}

fn tap(number: u64) -> Tap {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    Tap::new(RequestId(id))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use doorstep_model::ids::RequestId;

    use super::{DemoOffice, FakeClock};
    use crate::acts::NewLook;
    use crate::ids::{Round, Tap};
    use crate::sync::Step;
    use crate::terms::{Role, Seen};
    use crate::testkit::{crossed, open_for_test};

    #[test]
    fn an_evening_in_the_demo_street_reaches_its_office() {
        let evening = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_604_400);
        let clock = FakeClock::at(evening).unwrap();
        let office = DemoOffice::make(Arc::clone(&clock), 7).unwrap();
        let street = office.street().unwrap();
        let phone = open_for_test(None, None, b"phone".to_vec(), clock, Some(8)).unwrap();
        phone
            .enrol(&office.invite(Role::Volunteer, 1).unwrap())
            .unwrap();
        let sync = || {
            let exchange = Arc::clone(&phone).exchange().unwrap();
            let mut reply = None;
            while let Step::Send { request } = exchange.sync_step(reply).unwrap() {
                reply = Some(office.answer(request).unwrap());
            }
        };
        sync();
        let plan = phone.door_plan(street.stairwell, None).unwrap();
        assert_eq!((plan.doors.len(), plan.assets), (24, 48));
        let tap = Tap {
            request: RequestId([9; 16]),
            person: None,
            practice: false,
        };
        let look = NewLook {
            asset: street.bottles[0],
            seen: Seen::Missing,
            note: None,
            photos: Vec::new(),
            factory: None,
        };
        let round = Round::Plan { plan: street.plan };
        phone.check(tap, round, vec![look]).unwrap();
        assert_eq!(phone.counters().unwrap().only_here, 1);
        sync();
        assert_eq!(phone.counters().unwrap().only_here, 0);
        let area = street.committee.clone();
        assert_eq!(
            phone.checksum(area.clone()).unwrap(),
            office.checksum(area).unwrap()
        );
        let crossed = crossed();
        for item in [
            "Doorstep.check",
            "NewLook.seen",
            "Seen.Missing",
            "Counters.only_here",
        ] {
            assert!(crossed.iter().any(|seen| seen == item), "{item}");
        }
        assert!(!crossed.iter().any(|seen| seen == "NewLook.note"));
    }
}
