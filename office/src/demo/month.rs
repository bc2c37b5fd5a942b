//! A month of evenings: what the people of one phone do, tap by tap, as their dice fall. Whether a tap
//! is legal is the replica's; which phones contradict each other on purpose is `quarrel`'s.

use doorstep_model::document::RoundKey;
use doorstep_model::entry::{
    AssetAdded, CaseClass, CaseEvent, Field, FieldValue, Found, HandoutLine, Note, Outcome,
    Registration, Service, ServiceKind, Visit, VisitOutcome,
};
use doorstep_model::entry::{CaseStep, Mark};
use doorstep_model::ids::{AssetId, CaseId, Identity, PlaceId};
use doorstep_model::role::Role;
use doorstep_replica::Result;
use doorstep_replica::act::{Fix, Look, Right, Tap};

use super::almanac::{Almanac, HOUR, at, month};
use super::crew::Post;
use super::device::Device;
use super::dice::Dice;
use super::quarrel::Quarrel;
use super::town::{Building, Committee, Door, FAULTS, FIRE, Fixture, matter};

/// Doors of an evening.
const DOORS: usize = 10;

/// What the office had prepared for a committee.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prepared {
    /// The planned round of the month.
    pub(super) plan: Identity,
    /// The batch of extinguishers to hand out.
    pub(super) batch: Identity,
}

/// One phone at its work.
pub(super) struct Worker<'w> {
    pub(super) almanac: Almanac,
    pub(super) seed: u64,
    pub(super) device: &'w mut Device,
    pub(super) post: &'w Post,
    pub(super) committee: &'w Committee,
    pub(super) prepared: Prepared,
    pub(super) quarrels: &'w [Quarrel],
}

impl Worker<'_> {
    /// Works these days.
    ///
    /// # Errors
    /// What the replica says: every tap of the demo is legal where it is made.
    pub(super) fn work(&mut self, days: impl IntoIterator<Item = u32>) -> Result<()> {
        for day in days {
            Evening::of(self, day).work()?;
        }
        Ok(())
    }
}

/// One evening of one phone.
struct Evening<'e, 'w> {
    worker: &'e mut Worker<'w>,
    dice: Dice,
    day: u32,
    round: RoundKey,
    /// Who has the phone in hand.
    person: usize,
    last_check: Option<Identity>,
}

impl<'e, 'w> Evening<'e, 'w> {
    fn of(worker: &'e mut Worker<'w>, day: u32) -> Self {
        let name = format!("evening of {}", worker.device.name);
        let mut dice = Dice::of(worker.seed, &name, day.into());
        let begin = at(day, 18 * HOUR) + i64::from(dice.between(0, 1_200));
        worker.device.clock.go_to(begin);
        Self {
            round: RoundKey::Plan(worker.prepared.plan),
            person: usize::try_from(day).unwrap_or(0) % worker.post.persons.max(1),
            worker,
            dice,
            day,
            last_check: None,
        }
    }

    fn work(&mut self) -> Result<()> {
        let evening = usize::try_from(self.day - self.worker.almanac.first()).unwrap_or(0);
        let route = &self.worker.post.route;
        let Some(&building) = route.get(evening % route.len().max(1)) else {
            return Ok(());
        };
        let lap = evening / route.len();
        let building = &self.worker.committee.buildings[building];
        if self.dice.one_in(6) {
            let tap = self.tap();
            self.round = self
                .worker
                .device
                .replica
                .open_round(&tap, building.id, None, None)?;
        }
        let doors = building.doors.iter().cycle().skip(lap * DOORS);
        for door in doors.take(DOORS.min(building.doors.len())) {
            self.door(door)?;
        }
        if let Some(fixture) = self.dice.pick(&building.common) {
            self.fixture(fixture)?;
        }
        self.besides(building)?;
        for quarrel in self.worker.quarrels {
            if let Some((time, outcome)) = quarrel.part_of(self.worker.post.number, self.day) {
                self.worker.device.clock.go_to(time);
                self.check(quarrel.asset, outcome)?;
            }
        }
        // The app goes to the background until tomorrow.
        self.worker.device.replica.seal()
    }

    fn door(&mut self, door: &Door) -> Result<()> {
        let outcome = match self.dice.below(100) {
            0..72 => VisitOutcome::Answered,
            72..90 => VisitOutcome::Absent,
            90..95 => VisitOutcome::Refused,
            _ => VisitOutcome::Empty,
        };
        self.visit(door.id, outcome)?;
        if outcome != VisitOutcome::Answered || door.bottles.is_empty() {
            return Ok(());
        }
        let looks: Vec<Look> = door
            .bottles
            .iter()
            .map(|bottle| self.look(*bottle))
            .collect();
        let tap = self.tap();
        let made = self.worker.device.replica.check(&tap, self.round, &looks)?;
        self.last_check = made.first().copied();
        self.worker.device.ledger.wrote(&tap, made);
        Ok(())
    }

    fn look(&mut self, bottle: AssetId) -> Look {
        let outcome = match self.dice.below(100) {
            0 => Outcome::Missing,
            1..5 => self.bottle_fault(),
            _ => Outcome::Normal,
        };
        let noted = self.dice.one_in(20);
        Look {
            note: noted.then(|| "压力表玻璃有裂纹,已告知居民,下次复看".to_owned()),
            ..Look::new(bottle, outcome)
        }
    }

    fn bottle_fault(&mut self) -> Outcome {
        let faults = ["pressure_low", "seal_broken", "hose_damaged", "blocked"];
        let fault = self.dice.pick(&faults).copied().unwrap_or(faults[0]);
        Outcome::of_faults(vec![fault.to_owned()])
    }

    /// A look at something in the common parts; what is broken becomes a repair.
    fn fixture(&mut self, fixture: &Fixture) -> Result<()> {
        if !self.dice.one_in(5) {
            return self.check(fixture.id, Outcome::Normal);
        }
        let faults = FAULTS.iter().find(|(kind, _)| *kind == fixture.kind);
        let Some(&fault) = faults.and_then(|(_, faults)| self.dice.pick(faults)) else {
            return self.check(fixture.id, Outcome::Normal);
        };
        self.check(fixture.id, Outcome::of_faults(vec![fault.to_owned()]))?;
        let found = Found {
            asset: Some(fixture.id),
            round: Some(self.round),
            ..matter(CaseClass::Repair, fault, fixture.place)
        };
        self.found(found)
    }

    /// What comes up beside the doors, now and then.
    fn besides(&mut self, building: &Building) -> Result<()> {
        let some_door = self.dice.pick(&building.doors).cloned();
        let Some(door) = some_door else {
            return Ok(());
        };
        if self.dice.one_in(2) {
            let kind = self.dice.pick(&FIRE).copied().unwrap_or(FIRE[0]);
            let place = if self.dice.one_in(3) {
                door.id
            } else {
                building.id
            };
            let found = Found {
                note: Some("楼道堆物,住户称周末清理".to_owned()),
                round: Some(self.round),
                ..matter(CaseClass::Hazard, kind, place)
            };
            self.found(found)?;
        }
        if self.dice.one_in(4)
            && let Some(&bottle) = door.bottles.first()
        {
            self.label(bottle)?;
        }
        if self.dice.one_in(6) {
            self.unregistered(door.id)?;
        }
        if self.dice.one_in(6) {
            self.hand_out(door.id)?;
        }
        if self.dice.one_in(3) {
            self.slip(door.id)?;
        }
        if self.dice.one_in(7) {
            self.correct()?;
        }
        if self.dice.one_in(8) {
            self.note(door.id)?;
        }
        if self.worker.post.role == Role::Clerk
            && self.dice.one_in(6)
            && let Some(&bottle) = door.bottles.last()
        {
            self.service(bottle)?;
        }
        Ok(())
    }

    /// The next tap, half a minute or so after the last.
    fn tap(&mut self) -> Tap {
        let pause = self.dice.between(20, 50);
        let device = &mut self.worker.device;
        device.clock.pass(pause.into());
        let tap = device.ledger.tap().marked(Mark::Generated);
        match device.persons.as_slice() {
            [] | [_] => tap,
            several => tap.by(several[self.person % several.len()]),
        }
    }

    fn visit(&mut self, door: PlaceId, outcome: VisitOutcome) -> Result<()> {
        let tap = self.tap();
        let visit = Visit {
            outcome,
            note: None,
            next: (outcome == VisitOutcome::Absent).then_some(self.day + 3),
            date_only: None,
        };
        let device = &mut self.worker.device;
        let made = device.replica.visit(&tap, door, self.round, visit)?;
        device.ledger.wrote(&tap, [made]);
        Ok(())
    }

    fn check(&mut self, asset: AssetId, outcome: Outcome) -> Result<()> {
        let tap = self.tap();
        let device = &mut self.worker.device;
        let looks = [Look::new(asset, outcome)];
        let made = device.replica.check(&tap, self.round, &looks)?;
        device.ledger.wrote(&tap, made);
        Ok(())
    }

    /// A matter: half are put right on the spot; of the others a committee's own phone goes on with
    /// some until another person closes them.
    fn found(&mut self, found: Found) -> Result<()> {
        let on_spot = self.dice.one_in(2);
        let fix = on_spot.then(|| Fix {
            note: Some("当场清理".to_owned()),
            photos: None,
        });
        let tap = self.tap();
        let device = &mut self.worker.device;
        let case = device.replica.found(&tap, found, fix)?;
        device.ledger.wrote(&tap, [case.identity()]);
        if on_spot || self.worker.post.role != Role::Clerk {
            return Ok(());
        }
        self.step(case, CaseStep::of(CaseEvent::Registered))?;
        if self.dice.one_in(2) {
            self.step(case, CaseStep::of(CaseEvent::Rectifying))?;
            self.step(case, CaseStep::of(CaseEvent::Reported))?;
            // Who put right neither looks again nor closes.
            self.person += 1;
            let passed = CaseStep {
                passed: Some(true),
                ..CaseStep::of(CaseEvent::Rechecked)
            };
            self.step(case, passed)?;
            self.step(case, CaseStep::of(CaseEvent::Closed))?;
            self.person -= 1;
        }
        Ok(())
    }

    fn step(&mut self, case: CaseId, step: CaseStep) -> Result<()> {
        let tap = self.tap();
        let device = &mut self.worker.device;
        let made = device.replica.case_step(&tap, case, step, false)?;
        device.ledger.wrote(&tap, [made]);
        Ok(())
    }

    fn label(&mut self, bottle: AssetId) -> Result<()> {
        let label = self.worker.device.replica.next_label()?;
        let tap = self.tap();
        let device = &mut self.worker.device;
        let value = FieldValue::Text(label.to_string());
        let made = device
            .replica
            .set_field(&tap, bottle.identity(), Field::Label, value)?;
        device.ledger.wrote(&tap, [made]);
        Ok(())
    }

    /// 遗漏: an extinguisher that nobody had registered.
    fn unregistered(&mut self, door: PlaceId) -> Result<()> {
        let label = self.worker.device.replica.next_label()?.to_string();
        let factory = month(2019, self.dice.between(1, 12));
        self.add(AssetAdded {
            label: Some(label),
            factory: Some(factory),
            ..bottle(door, Registration::FoundUnregistered)
        })
    }

    fn add(&mut self, asset: AssetAdded) -> Result<()> {
        let tap = self.tap();
        let device = &mut self.worker.device;
        let made = device.replica.add_asset(&tap, asset)?;
        device.ledger.wrote(&tap, [made.identity()]);
        Ok(())
    }

    fn hand_out(&mut self, door: PlaceId) -> Result<()> {
        let batch = self.worker.prepared.batch;
        let tap = self.tap();
        let line = HandoutLine {
            batch,
            quantity: 1,
            unit: "只".to_owned(),
            day: None,
            item: BOTTLE.to_owned(),
        };
        let device = &mut self.worker.device;
        let made = device.replica.handout_line(&tap, door, line)?;
        device.ledger.wrote(&tap, [made]);
        self.add(AssetAdded {
            factory: Some(month(2026, 9)),
            batch: Some(batch),
            ..bottle(door, Registration::HandedOut)
        })
    }

    /// A slip of the finger, taken back at once.
    fn slip(&mut self, door: PlaceId) -> Result<()> {
        self.visit(door, VisitOutcome::Empty)?;
        let tap = self.tap();
        let device = &mut self.worker.device;
        let undone = device.replica.undo_last(&tap)?;
        device.ledger.undone(&undone);
        Ok(())
    }

    fn correct(&mut self) -> Result<()> {
        let Some(check) = self.last_check else {
            return Ok(());
        };
        let tap = self.tap();
        let right = Right::Check(Outcome::of_faults(vec!["seal_broken".to_owned()]));
        let device = &mut self.worker.device;
        let made = device
            .replica
            .correct(&tap, check, &right, "看错了,铅封已断")?;
        device.ledger.wrote(&tap, [made]);
        Ok(())
    }

    fn note(&mut self, door: PlaceId) -> Result<()> {
        let tap = self.tap();
        let note = Note {
            text: "老人独居,敲门请大声".to_owned(),
            photos: None,
        };
        let device = &mut self.worker.device;
        let made = device.replica.note(&tap, door.identity(), note)?;
        device.ledger.wrote(&tap, [made]);
        Ok(())
    }

    fn service(&mut self, bottle: AssetId) -> Result<()> {
        let tap = self.tap();
        let service = Service {
            kind: ServiceKind::Serviced,
            month: month(2026, 10),
            firm: Some("消防器材维修站".to_owned()),
            note: None,
            successor: None,
        };
        let device = &mut self.worker.device;
        let made = device.replica.service(&tap, bottle, service)?;
        device.ledger.wrote(&tap, [made]);
        Ok(())
    }
}

/// The extinguisher of the handouts.
pub(super) const BOTTLE: &str = "extinguisher.dry_powder";

fn bottle(place: PlaceId, registration: Registration) -> AssetAdded {
    AssetAdded {
        asset_type: BOTTLE.to_owned(),
        place,
        label: None,
        factory: None,
        size: Some("2kg".to_owned()),
        batch: None,
        registration,
        maker_life_years: None,
    }
}
