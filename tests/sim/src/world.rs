//! A world: its office, its phones, its time, and one step after the other. What a step does stands in a
//! module of its own; what may never happen stands in [`crate::watch`].

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{
    AreaDeclared, AssetAdded, Entry, PersonDeclared, PlaceAdded, PlaceKind, Registration,
};
use doorstep_model::ids::{AreaId, AssetId, Identity, PersonId, PlaceId, RequestId};
use doorstep_model::role::Role;
use doorstep_replica::act::Tap;
use doorstep_replica::act::office::Invite;
use doorstep_replica::testing::About;

use crate::broken::{Broken, Checked, Promise};
use crate::dice::Dice;
use crate::faults::Faults;
use crate::ledger::{Ledger, OFFICE};
use crate::naive::Naive;
use crate::script::{Script, Size, Step, What};
use crate::site::{Desk, Phone, found_office, new_phone};
use crate::watch::Watch;
use crate::{clerk, contact, courier, hostile, meeting, mishap, quiet, supplies, taps};

/// 2026-03-02 09:00 at +08:00.
const BEGINNING: i64 = 1_772_413_200;

const DAY: i64 = 86_400;

/// Hours in which an invitation must be used.
pub const INVITED_HOURS: u32 = 1;

/// A world.
pub struct World {
    time: Arc<AtomicI64>,
    /// Its areas.
    pub areas: Vec<AreaId>,
    /// Its office.
    pub office: Desk,
    /// Its phones, lost ones too.
    pub phones: Vec<Phone>,
    /// What was acknowledged.
    pub ledger: Ledger,
    /// What was seen of the stores so far.
    pub watch: Watch,
    /// What the rows of every store should be.
    pub naive: Naive,
    /// Files that phones wrote and that may still reach the office.
    pub files: Vec<Vec<u8>>,
    /// What went wrong.
    pub faults: Faults,
    /// What happened, in words.
    pub trace: Vec<String>,
    dice: Dice,
}

impl World {
    /// The world of a script before its first step.
    ///
    /// # Errors
    /// A call that failed.
    pub fn new(script: &Script) -> Checked<Self> {
        let time = Arc::new(AtomicI64::new(BEGINNING));
        let mut dice = Dice::new(script.seed);
        let office = found_office(&time, dice.number())?;
        let naive = Naive::new(office.process()?.organisation_key()?.public());
        let mut world = Self {
            time,
            areas: Vec::new(),
            files: Vec::new(),
            office,
            phones: Vec::new(),
            ledger: Ledger::default(),
            watch: Watch::default(),
            naive,
            faults: Faults::default(),
            trace: Vec::new(),
            dice,
        };
        world.settle_areas(script.size)?;
        for area in world.areas.clone() {
            for _ in 0..script.size.phones {
                world.enrol_phone(&area, None, 0)?;
            }
        }
        for phone in 0..world.phones.len() {
            contact::talk(&mut world, phone)?;
        }
        Ok(world)
    }

    /// Does one step and holds what must hold after it.
    ///
    /// # Errors
    /// A broken promise.
    pub fn step(&mut self, step: Step) -> Checked<()> {
        let mut dice = Dice::new(step.seed);
        self.dice = Dice::new(dice.number());
        self.pass(dice.between(20, 400));
        let Some(phone) = self.phone_at(step.who) else {
            return Ok(());
        };
        self.say(format!("{:?} phone {phone}", step.what));
        match step.what {
            What::Taps => taps::tap_some(self, phone, &mut dice),
            What::Supplies => supplies::tap_some(self, phone, &mut dice),
            What::Clerk => clerk::act(self, &mut dice),
            What::Horizon => clerk::set_horizon(self, &mut dice),
            What::Contact => contact::talk(self, phone),
            What::LostRequest
            | What::LostReply
            | What::Duplicated
            | What::Reordered
            | What::Cut => contact::talk_badly(self, phone, step.what, &mut dice),
            What::CrashAtTap => mishap::crash_at_tap(self, phone, &mut dice),
            What::CrashAtContact => mishap::crash_at_contact(self, phone, &mut dice),
            What::CrashOffice => mishap::crash_office(self, phone, &mut dice),
            What::BackUpPhone => self.phones[phone].site.back_up(),
            What::RestorePhone => mishap::restore_phone(self, phone),
            What::CloneWithMarker => mishap::clone_phone(self, phone, true, &mut dice),
            What::CloneWithoutMarker => mishap::clone_phone(self, phone, false, &mut dice),
            What::LosePhone => mishap::lose_phone(self, phone),
            What::BackUpOffice => self.office.back_up(),
            What::RestoreOffice => mishap::restore_office(self, true),
            What::RollOfficeBack => mishap::restore_office(self, false),
            What::OfficeClock => mishap::office_clock(self, phone, &mut dice),
            What::PhoneClock => mishap::phone_clock(self, phone, &mut dice),
            What::Relay => hostile::relay(self, phone, &mut dice),
            What::Peers => meeting::meet(self, phone, &mut dice),
            What::Bundle => courier::carry(self, phone, &mut dice),
            What::Hostile => hostile::attack(self, phone, &mut dice),
            What::LateInvitation => mishap::late_invitation(self, phone),
            What::Revoke => clerk::revoke(self, phone),
            What::Night => {
                self.pass(12 * 3_600);
                Ok(())
            }
            What::Quiet => quiet::settle(self, &mut dice),
        }
    }

    /// True time, unix seconds.
    pub fn now(&self) -> i64 {
        self.time.load(Ordering::SeqCst)
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: i64) {
        self.time.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Writes a line into the trace.
    pub fn say(&mut self, words: String) {
        let line = format!("{} {words}", self.now() - BEGINNING);
        self.trace.push(line);
    }

    /// The phone that a step means: of those that are not lost.
    fn phone_at(&self, who: u16) -> Option<usize> {
        let there: Vec<usize> = (0..self.phones.len())
            .filter(|at| !self.phones[*at].lost)
            .collect();
        match there.len() {
            0 => None,
            len => Some(there[usize::from(who) % len]),
        }
    }

    /// Device-days so far: twenty taps and a contact each.
    pub fn device_days(&self) -> u64 {
        self.phones
            .iter()
            .map(|phone| (phone.taps / 20).min(phone.contacts))
            .sum()
    }

    /// A new phone with an invitation that waits so many seconds before somebody uses it. Without
    /// persons of its own it gets one of the area's, or two.
    ///
    /// # Errors
    /// A call that failed.
    pub fn enrol_phone(
        &mut self,
        area: &AreaId,
        persons: Option<Vec<PersonId>>,
        late: i64,
    ) -> Checked<usize> {
        let persons = match persons {
            Some(persons) => persons,
            None => self.some_persons(area),
        };
        let role = match self.dice.below(8) {
            0 => Role::Clerk,
            1 => Role::Department,
            _ => Role::Volunteer,
        };
        let tap = Tap::new(self.request());
        let invite = Invite {
            area: area.clone(),
            role,
            persons: persons.clone(),
            hours: INVITED_HOURS,
            work_until: self.now() + 365 * DAY,
            addresses: vec!["http://127.0.0.1:8080".to_owned()],
            transport_key: None,
        };
        let text = self.office.process()?.invite(&tap, invite)?;
        self.pass(late);
        let store = self.phones.len() + 1;
        let seed = self.dice.number();
        let phone = new_phone(&self.time, store, seed, area.clone(), persons)?;
        phone.site.process()?.enrol(&text)?;
        self.phones.push(phone);
        self.say(format!("phone {} enrols in {area}", store - 1));
        Ok(store - 1)
    }

    /// A name for one write.
    pub fn request(&mut self) -> RequestId {
        let mut id = [0; 16];
        id.copy_from_slice(&self.dice.seed()[..16]);
        RequestId(id)
    }

    /// A phone that copies the folder of another, not in the list yet.
    ///
    /// # Errors
    /// A call that failed.
    pub fn phone_like(&mut self, original: usize, same_marker: bool) -> Checked<Phone> {
        let store = self.phones.len() + 1;
        let mut machine =
            crate::machine::Machine::new(&self.time, store as u64, self.dice.number());
        let original = &self.phones[original];
        if same_marker {
            machine.marker.clone_from(&original.site.machine.marker);
        }
        Ok(Phone {
            site: crate::site::Site::new(machine, store, original.site.copy()?)?,
            area: original.area.clone(),
            persons: original.persons.clone(),
            lost: false,
            doubtful: true,
            limited: None,
            taps: 0,
            contacts: 0,
        })
    }

    /// Two persons of three are on one phone, one has two.
    fn some_persons(&mut self, area: &AreaId) -> Vec<PersonId> {
        let number = self.dice.below(6);
        let first = person_of(area, number);
        if self.dice.one_in(4) {
            vec![first, person_of(area, (number + 1) % 6)]
        } else {
            vec![first]
        }
    }

    fn settle_areas(&mut self, size: Size) -> Checked<()> {
        for number in 0..size.areas {
            let code = format!("31010101900{number}");
            let area = AreaId::new(&code)
                .map_err(|error| Broken::new(Promise::Failed, error.to_string()))?;
            self.areas.push(area.clone());
            let declared = AreaDeclared {
                code,
                parent: None,
                level: "committee".to_owned(),
                name: format!("第{number}居委"),
                from: None,
                until: None,
            };
            let organisation = AreaId::organisation();
            let about = About::Known(DocumentName::Organisation, area.subject());
            self.office_puts(&organisation, about, &Entry::new(declared, self.now()))?;
            for person in 0..6 {
                self.declare_person(person_of(&area, person), person)?;
            }
            for building in 0..2 {
                self.raise_building(&area, building)?;
            }
        }
        Ok(())
    }

    fn declare_person(&mut self, person: PersonId, number: usize) -> Checked<()> {
        let role = if number == 0 {
            Role::Clerk
        } else {
            Role::Volunteer
        };
        let declared = PersonDeclared {
            roster: format!("R{number}"),
            role: role.code(),
            force: None,
        };
        let about = About::Known(DocumentName::Organisation, person.identity());
        let organisation = AreaId::organisation();
        self.office_puts(&organisation, about, &Entry::new(declared, self.now()))
            .map(drop)
    }

    fn raise_building(&mut self, area: &AreaId, number: usize) -> Checked<()> {
        let now = self.now();
        let place = |kind, parent: Option<Identity>, name: String, order: usize| PlaceAdded {
            kind,
            parent: parent.map(PlaceId),
            name,
            order: u32::try_from(order).ok(),
        };
        let building = place(PlaceKind::Building, None, format!("{number}号楼"), number);
        let building = self.office_puts(
            area,
            About::NewDocument(DocumentName::Place),
            &Entry::new(building, now),
        )?;
        let inside = About::New(DocumentName::Place(building));
        for door in 0..3 {
            let household = place(
                PlaceKind::Household,
                Some(building),
                format!("{door}0{door}"),
                door,
            );
            let household = self.office_puts(area, inside, &Entry::new(household, now))?;
            let bottle = AssetAdded {
                asset_type: "extinguisher.dry_powder".to_owned(),
                place: PlaceId(household),
                label: None,
                factory: Some(2_022 * 12 + u32::try_from(door).unwrap_or(0)),
                size: Some("2kg".to_owned()),
                batch: None,
                registration: Registration::Registered,
                maker_life_years: None,
            };
            let bottle = self.office_puts(area, inside, &Entry::new(bottle, now))?;
            self.watch.assets.push(AssetId(bottle));
        }
        Ok(())
    }

    /// The office writes an entry. Returns its identity, which it has acknowledged.
    ///
    /// # Errors
    /// A call that failed.
    pub fn office_puts(&mut self, area: &AreaId, about: About, entry: &Entry) -> Checked<Identity> {
        let put = self
            .office
            .call(|office| office.put_as_given(area, about, entry))?;
        let Some(identity) = put else {
            return Err(Broken::new(Promise::Failed, "the office died unasked"));
        };
        let words = format!("office, kind {}", entry.envelope.kind);
        self.ledger.acknowledged(OFFICE, identity, words);
        Ok(identity)
    }
}

/// One of the persons of an area.
pub fn person_of(area: &AreaId, number: usize) -> PersonId {
    PersonId(Identity::hashed(
        "simulated person",
        &[area.as_str().as_bytes(), &number.to_be_bytes()],
    ))
}
