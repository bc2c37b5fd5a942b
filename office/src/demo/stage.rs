//! The order of the play: found, register, invite, work without signal, come home through the link,
//! count. What each of these is stands in its own file.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use data_encoding::HEXLOWER;
use doorstep_model::ids::{AreaId, AuthorTag, PersonId};
use sha2::{Digest, Sha256};

use super::almanac::Almanac;
use super::clock::HeldClock;
use super::crew::{self, Mishap, Post};
use super::device::Device;
use super::dice::{Dice, seed_of};
use super::headquarters::{Headquarters, Reachable};
use super::lines::Lines;
use super::meter::Meter;
use super::month::{Prepared, Worker};
use super::outcome::Outcome;
use super::quarrel::{self, Quarrel};
use super::town::{BUILDINGS, Town};
use super::{DemoError, areas_of, audit, lock};
use crate::serve::Server;

/// Rounds of syncing after which there should be nothing new.
const ROUNDS: u64 = 12;

/// What is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script {
    /// Where all chance comes from.
    pub seed: u64,
    /// How many phones.
    pub phones: u32,
    /// How many days they work without signal.
    pub days: u32,
    /// How many buildings; without it as many as the figures ask for.
    pub buildings: Option<u32>,
    /// Show nobody how far it is.
    pub silent: bool,
    /// Count as if the office had never kept one segment of a phone: a test of the count itself.
    pub forget_a_segment: bool,
}

/// What is left when the curtain falls.
pub struct Played {
    /// The count.
    pub outcome: Outcome,
    /// The yearly lines.
    pub lines: Lines,
    /// Buildings, doors and extinguishers of the street.
    pub street: [u64; 3],
    /// Where the page is.
    pub page: String,
    office: Headquarters,
    doors: Reachable,
}

impl Played {
    /// The server, still running.
    pub fn server(&self) -> &Server {
        &self.doors.server
    }

    /// The office's replica.
    pub fn office(&self) -> &doorstep_replica::sync::office::Office {
        self.office.office()
    }
}

/// The phones of one post: one, or the phone and its clone. They come home one after the other, so
/// that which of two branches came first does not depend on threads.
struct Unit {
    post: Post,
    devices: Vec<Device>,
}

/// Plays the script in a folder.
///
/// # Errors
/// What stopped it before the count; see [`DemoError`].
pub fn play(script: &Script, folder: &Path) -> Result<Played, DemoError> {
    let play = Play {
        script,
        almanac: Almanac::of(script.days),
        meter: Meter::new(script.silent),
    };
    play.run(folder)
}

struct Play<'s> {
    script: &'s Script,
    almanac: Almanac,
    meter: Meter,
}

impl Play<'_> {
    fn run(&self, folder: &Path) -> Result<Played, DemoError> {
        let (seed, almanac) = (self.script.seed, self.almanac);
        let mut office = Headquarters::found(&folder.join("office"), seed, almanac)?;
        let buildings = self.script.buildings.unwrap_or(BUILDINGS);
        let town = Town::build(seed, buildings, office.clerks()?)
            .map_err(|problems| DemoError::Shipped(problems.len()))?;
        let posts = crew::posts(seed, self.script.phones, &town);
        if posts.is_empty() {
            return Err(DemoError::Empty);
        }
        office.register(&town, &self.meter)?;
        let mut prepared = BTreeMap::new();
        for post in &posts {
            if let Entry::Vacant(free) = prepared.entry(post.committee) {
                free.insert(office.prepare(&town.committees[post.committee], almanac)?);
            }
        }
        office.clock.go_to(almanac.opening());
        let doors = office.open_doors(seed)?;
        let quarrels = quarrel::plan(seed, almanac, &town, &posts);
        let mut units = self.enrol(folder, posts, &mut office, &doors)?;
        self.sync_until_quiet("手机报到 Phones report", &mut units)?;
        self.work(&mut units, &town, &prepared, &quarrels)?;
        self.last_call(&mut units, &office)?;
        self.work_on(&mut units, &town, &prepared, &quarrels)?;
        self.come_home(&mut units, &mut office, &doors)?;
        for prepared in prepared.values() {
            office.close(*prepared)?;
        }
        self.sync_home(&mut units)?;
        let outcome = self.count(&units, &office, &doors)?;
        let committees = town
            .committees
            .iter()
            .map(|one| (one.area.clone(), one.name.clone()))
            .collect();
        let lines = Lines::count(office.office().replica(), committees)?;
        self.meter.end();
        Ok(Played {
            outcome,
            lines,
            street: [
                town.buildings() as u64,
                town.doors() as u64,
                town.bottles.into(),
            ],
            page: page(doors.server.addresses()),
            office,
            doors,
        })
    }

    fn enrol(
        &self,
        folder: &Path,
        posts: Vec<Post>,
        office: &mut Headquarters,
        doors: &Reachable,
    ) -> Result<Vec<Unit>, DemoError> {
        let mut units = Vec::new();
        for post in posts {
            let name = format!("phone-{:02}", post.number + 1);
            let persons = (0..post.persons)
                .map(|person| office.person(&format!("演示 {name} {person}"), post.role))
                .collect::<Result<Vec<PersonId>, _>>()?;
            let invitation = office.invite(&post, &persons, doors)?;
            let mut boot = [0; 16];
            boot.copy_from_slice(&seed_of(self.script.seed, &name, 1)[..16]);
            let clock = HeldClock::new(self.almanac.opening(), post.clock_off(), boot);
            let phones = folder.join("phones");
            let seed = self.script.seed;
            let device = Device::enrol(&phones, seed, name, clock, persons, &invitation)?;
            units.push(Unit {
                post,
                devices: vec![device],
            });
        }
        Ok(units)
    }

    /// The days without signal: the phone that will be lost until it is last seen, the one that will
    /// be cloned and its clone to the end, all others to the end.
    fn work(
        &self,
        units: &mut [Unit],
        town: &Town,
        prepared: &BTreeMap<usize, Prepared>,
        quarrels: &[Quarrel],
    ) -> Result<(), DemoError> {
        let days = u64::from(self.almanac.days());
        self.meter
            .stage("下户检查 Working without signal", days * units.len() as u64);
        let (first, last) = self.almanac.all().into_inner();
        in_parallel(units.iter_mut().collect(), |unit| {
            let until = match unit.post.mishap {
                Some(Mishap::Lost) => self.almanac.last_seen(),
                Some(Mishap::Cloned) => self.almanac.cloning() - 1,
                _ => last,
            };
            self.days(unit, first..=until, town, prepared, quarrels)?;
            if unit.post.mishap == Some(Mishap::Cloned)
                && let Some(device) = unit.devices.pop()
            {
                let (phone, clone) = device.cloned(self.script.seed)?;
                unit.devices = vec![phone, clone];
                self.days(unit, until + 1..=last, town, prepared, quarrels)?;
            }
            Ok(())
        })
    }

    /// The lost phone's last days: the office never sees them.
    fn work_on(
        &self,
        units: &mut [Unit],
        town: &Town,
        prepared: &BTreeMap<usize, Prepared>,
        quarrels: &[Quarrel],
    ) -> Result<(), DemoError> {
        let days = self.almanac.last_seen() + 1..=*self.almanac.all().end();
        for unit in units.iter_mut().filter(|unit| unit.post.is_lost()) {
            self.days(unit, days.clone(), town, prepared, quarrels)?;
        }
        Ok(())
    }

    fn days(
        &self,
        unit: &mut Unit,
        days: std::ops::RangeInclusive<u32>,
        town: &Town,
        prepared: &BTreeMap<usize, Prepared>,
        quarrels: &[Quarrel],
    ) -> Result<(), DemoError> {
        let Some(&prepared) = prepared.get(&unit.post.committee) else {
            return Ok(());
        };
        for (number, device) in unit.devices.iter_mut().enumerate() {
            let mut worker = Worker {
                almanac: self.almanac,
                seed: self.script.seed,
                device,
                post: &unit.post,
                committee: &town.committees[unit.post.committee],
                prepared,
                // A clone keeps no appointments.
                quarrels: if number == 0 { quarrels } else { &[] },
            };
            for day in days.clone() {
                worker.work([day])?;
                self.meter.step(u64::from(number == 0));
            }
        }
        Ok(())
    }

    /// The phone that will be lost is in the office for the last time.
    fn last_call(&self, units: &mut [Unit], office: &Headquarters) -> Result<(), DemoError> {
        for unit in units.iter_mut().filter(|unit| unit.post.is_lost()) {
            let evening = office.evening_of(self.almanac.last_seen());
            for device in &mut unit.devices {
                device.clock.go_to(evening);
                device.sync()?;
            }
        }
        Ok(())
    }

    /// Tonight everybody who survives syncs. Of a phone and its clone one goes on in their name, and
    /// the clerk invites the other anew.
    fn come_home(
        &self,
        units: &mut [Unit],
        office: &mut Headquarters,
        doors: &Reachable,
    ) -> Result<(), DemoError> {
        office.clock.go_to(self.almanac.closing());
        for device in units.iter().flat_map(|unit| &unit.devices) {
            device.clock.go_to(self.almanac.closing());
        }
        self.sync_home(units)?;
        let mut invited = false;
        for unit in units.iter_mut() {
            let shut_out = unit.devices.iter_mut().filter(|device| device.shut_out);
            for device in shut_out {
                if unit.post.mishap != Some(Mishap::Cloned) {
                    return Err(DemoError::Limited(device.name.clone(), "sync.push_only"));
                }
                let invitation = office.invite(&unit.post, &device.persons, doors)?;
                device.enrol_anew(self.script.seed, &invitation)?;
                invited = true;
            }
        }
        match invited {
            true => self.sync_home(units),
            false => Ok(()),
        }
    }

    fn sync_home(&self, units: &mut [Unit]) -> Result<(), DemoError> {
        let mut home: Vec<&mut Unit> = units
            .iter_mut()
            .filter(|unit| !unit.post.is_lost())
            .collect();
        self.sync_all("手机回来同步 Coming home", &mut home)
    }

    fn sync_until_quiet(&self, stage: &'static str, units: &mut [Unit]) -> Result<(), DemoError> {
        let mut all: Vec<&mut Unit> = units.iter_mut().collect();
        self.sync_all(stage, &mut all)
    }

    /// Everybody syncs in random order, several at once, again and again until a round brings nothing
    /// new to anybody.
    fn sync_all(&self, stage: &'static str, units: &mut [&mut Unit]) -> Result<(), DemoError> {
        for round in 0..ROUNDS {
            self.meter.stage(stage, units.len() as u64);
            Dice::of(self.script.seed, stage, round).shuffle(units);
            let moved = AtomicBool::new(false);
            in_parallel(units.iter_mut().collect(), |unit| {
                for device in &mut unit.devices {
                    if device.sync()? {
                        moved.store(true, Ordering::SeqCst);
                    }
                }
                self.meter.step(1);
                Ok(())
            })?;
            if !moved.load(Ordering::SeqCst) {
                return Ok(());
            }
        }
        Err(DemoError::NeverQuiet)
    }

    fn count(
        &self,
        units: &[Unit],
        office: &Headquarters,
        doors: &Reachable,
    ) -> Result<Outcome, DemoError> {
        self.meter.stage("清点 Counting", 0);
        let replica = office.office().replica();
        let areas = office.areas()?;
        let records = audit::records(replica, self.forgotten(units))?;
        let (mut made, mut received, mut unsent) = (0, 0, 0);
        for unit in units {
            for device in &unit.devices {
                let calls = device.ledger.calls().len() as u64;
                let here = audit::received(&device.ledger, &records);
                made += calls;
                received += here;
                unsent += if unit.post.is_lost() { calls - here } else { 0 };
            }
        }
        let sums = areas
            .iter()
            .map(|area| Ok((area.clone(), replica.area_checksum(area)?)))
            .collect::<Result<BTreeMap<AreaId, [u8; 32]>, DemoError>>()?;
        let survivors: Vec<&Device> = units
            .iter()
            .filter(|unit| !unit.post.is_lost())
            .flat_map(|unit| &unit.devices)
            .collect();
        let agreeing = AtomicU64::new(0);
        in_parallel(survivors.clone(), |device| {
            let agrees = agrees(device, &sums)?;
            agreeing.fetch_add(u64::from(agrees), Ordering::SeqCst);
            Ok(())
        })?;
        let today = replica.today(&areas)?;
        let phones = units
            .iter()
            .map(|unit| unit.devices.len() as u64)
            .sum::<u64>();
        let tally = doors.link.tally();
        let round_trips: u64 = units
            .iter()
            .flat_map(|unit| &unit.devices)
            .map(|device| device.round_trips)
            .sum();
        Ok(Outcome {
            made,
            received,
            unsent,
            lost: made - received - unsent,
            twice: audit::twice(replica, &areas)?,
            replicas: survivors.len() as u64,
            agreeing: agreeing.into_inner(),
            checksum: checksum(&sums),
            contradictions: today.iter().map(|area| u64::from(area.disputes)).sum(),
            held: today.iter().map(|area| u64::from(area.held)).sum(),
            bytes_per_phone: (tally.bytes_up + tally.bytes_down) / phones.max(1),
            round_trips: round_trips.div_ceil(phones.max(1)),
        })
    }

    /// Whose segment the count should forget, if one.
    fn forgotten(&self, units: &[Unit]) -> Option<AuthorTag> {
        let wanted = self.script.forget_a_segment;
        let plain = units.iter().find(|unit| unit.post.mishap.is_none());
        let device = plain.filter(|_| wanted)?.devices.first()?;
        device.replica.author()
    }
}

fn agrees(device: &Device, office: &BTreeMap<AreaId, [u8; 32]>) -> Result<bool, DemoError> {
    for area in areas_of(&device.replica)? {
        if office.get(&area) != Some(&device.replica.area_checksum(&area)?) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn checksum(sums: &BTreeMap<AreaId, [u8; 32]>) -> String {
    let mut hasher = Sha256::new();
    for (area, sum) in sums {
        hasher.update((area.as_str().len() as u64).to_be_bytes());
        hasher.update(area.as_str());
        hasher.update(sum);
    }
    HEXLOWER.encode(&hasher.finalize())
}

/// Runs `act` on every item, as many at once as the machine has cores; the first trouble ends it.
fn in_parallel<T: Send>(
    items: Vec<T>,
    act: impl Fn(T) -> Result<(), DemoError> + Sync,
) -> Result<(), DemoError> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let waiting = Mutex::new(items.into_iter());
    let trouble = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = lock(&waiting).next();
                    let Some(item) = next else { return };
                    if lock(&trouble).is_some() {
                        return;
                    }
                    if let Err(error) = act(item) {
                        lock(&trouble).get_or_insert(error);
                    }
                }
            });
        }
    });
    match trouble
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
    {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn page(addresses: &[SocketAddr]) -> String {
    let address = addresses.first();
    address.map_or_else(String::new, |address| format!("http://{address}/"))
}
