//! What an exchange costs in bytes and round trips: a real phone against a real office, in one process,
//! message by message as they would travel. HTTP's own bytes are outside.

use std::sync::Arc;

use doorstep_model::ids::{AreaId, Identity, PlaceId};
use doorstep_replica::Replica;
use doorstep_replica::sync::office::Office;
use doorstep_replica::sync::phone::{Exchange, Step, Summary};

use crate::clock::{NOON, Standing};
use crate::committee::{ASSETS, BUILDINGS, Committee, DEVICES, answer, carry, options};
use crate::data::FULL;
use crate::line::Line;
use crate::scribe::Scribe;
use crate::street;

/// Documents in the office when phones have nothing new to say.
const DOCUMENTS: usize = 2_000;

/// A 2G-like link: bytes a second, and seconds of every round trip, as in the testkit's weather.
const LINK: (f64, f64) = (8_000.0, 0.65);

/// An office with its committees, and a phone that may see two of them.
struct Town {
    clock: Arc<Standing>,
    office: Office,
    committees: Vec<Committee>,
    devices: Vec<Scribe>,
}

impl Town {
    /// Two committees; the first has so many monthly rounds in every building.
    fn new(months: i64) -> Self {
        let clock = Standing::at(NOON);
        let office = Office::create(options(None, 1, &clock)).expect("a new office");
        let organisation = office.organisation_key().expect("it is an office");
        let mut committees: Vec<Committee> = [1, 2]
            .into_iter()
            .map(|number| Committee::new(&organisation, number, BUILDINGS))
            .collect();
        for committee in &mut committees {
            let mut clerk = committee.device(&organisation, 900);
            clerk.enrol(NOON, |request| answer(&office, request));
            carry(&office, &mut clerk, &committee.segments, NOON);
        }
        let mut devices: Vec<Scribe> = (0..DEVICES)
            .map(|nth| committees[0].device(&organisation, nth))
            .collect();
        for device in &mut devices {
            device.enrol(NOON, |request| answer(&office, request));
        }
        let mut evenings = Vec::new();
        for month in 0..months {
            for building in 0..BUILDINGS {
                let device = &mut devices[(building * 7 + month as usize) % DEVICES as usize];
                device.cursor = None;
                let days_ago = (months - month) * 30;
                evenings.push(committees[0].evening(device, building, days_ago, ASSETS, FULL));
            }
        }
        carry(&office, &mut devices[0], &evenings, NOON);
        Self {
            clock,
            office,
            committees,
            devices,
        }
    }

    /// An empty phone that is invited to the first committee.
    fn phone(&self) -> Replica {
        let phone = Replica::open(options(None, 2, &self.clock)).expect("a store in memory");
        let grant = street::grant(
            &self.office.organisation_key().expect("it is an office"),
            &self.committees[0].area,
            NOON,
        );
        let invitation = self
            .office
            .sign_invitation(&grant)
            .expect("it is an office");
        phone
            .enrol(&invitation)
            .expect("a fresh invitation is good");
        phone
    }

    /// Everything up to now is in a backup, and baselines are made of it.
    fn back_up(&self) {
        let positions: Vec<(AreaId, u64)> = self.office.replica().inspect(|store| {
            let mut select = store
                .prepare("SELECT code, position FROM area")
                .expect("a statement");
            let rows = select.query_map([], |row| {
                let code: String = row.get(0)?;
                let position: i64 = row.get(1)?;
                Ok((
                    AreaId::new(&code).expect("a national code"),
                    position.unsigned_abs(),
                ))
            });
            let rows = rows.and_then(Iterator::collect::<rusqlite::Result<_>>);
            rows.expect("the areas")
        });
        self.office.backed_up(&positions).expect("room on the disk");
        let built = self.office.build_baselines().expect("room on the disk");
        assert!(built > 0, "a baseline was built");
    }

    fn sync(&self, phone: &Replica) -> Summary {
        let summary = exchange(phone, |request| answer(&self.office, request));
        self.clock.pass(60);
        summary
    }
}

/// One exchange to its end.
pub(crate) fn exchange(phone: &Replica, mut office: impl FnMut(Vec<u8>) -> Vec<u8>) -> Summary {
    let mut exchange = Exchange::default();
    let mut step = phone.sync_step(&mut exchange, None).expect("a phone syncs");
    loop {
        match step {
            Step::Done(summary) => {
                assert_eq!(summary.limited, None);
                assert_eq!(summary.notices, []);
                return summary;
            }
            Step::Send(request) => {
                let reply = office(request);
                step = phone
                    .sync_step(&mut exchange, Some(&reply))
                    .expect("the office's word");
            }
        }
    }
}

/// The third sync in a row of a phone with three feeds, then one with a document changed on each side.
pub(crate) fn small_syncs() -> Vec<Line> {
    let months = (DOCUMENTS - BUILDINGS).div_ceil(BUILDINGS) as i64;
    let mut town = Town::new(months);
    let phone = town.phone();
    phone
        .subscribe(&town.committees[1].area)
        .expect("the second area's feed");
    town.sync(&phone);
    town.sync(&phone);
    let documents = documents(&phone);
    assert!(documents >= DOCUMENTS, "{documents} documents");
    let nothing = town.sync(&phone);

    change_one_on_each_side(&mut town, &phone);
    let one = town.sync(&phone);
    assert_eq!((one.confirmed, one.received), (1, 1), "a segment each way");
    let mut lines = said("sync_nothing_new", "sync_nothing_new_trips", &nothing);
    lines.extend(said("sync_one_each", "sync_one_each_trips", &one));
    lines
}

fn documents(phone: &Replica) -> usize {
    phone.inspect(|store| {
        store
            .query_row("SELECT count(*) FROM document", [], |row| {
                row.get::<_, u32>(0)
            })
            .expect("a number") as usize
    })
}

/// Two checks on the phone, two at somebody else's, in one document each.
fn change_one_on_each_side(town: &mut Town, phone: &Replica) {
    let building = &town.committees[0].buildings[0];
    let round = street::open_round(phone, building.id);
    street::look(phone, round, &building.assets[..2]);
    // The round is open and known; what is counted is what follows.
    town.sync(phone);
    let building = &town.committees[0].buildings[0];
    street::look(phone, round, &building.assets[2..4]);
    let device = &mut town.devices[1];
    device.cursor = None;
    let segment = town.committees[0].evening(device, 1, 0, 2, FULL);
    device.push(&[segment], NOON, |request| answer(&town.office, request));
}

fn said(bytes: &'static str, trips: &'static str, summary: &Summary) -> Vec<Line> {
    let all = summary.bytes.0 + summary.bytes.1;
    vec![
        Line::alone(bytes, all as f64, "B"),
        Line::alone(trips, f64::from(summary.round_trips), "round trips"),
    ]
}

/// The first sync of a phone with a committee of one year, over a link like 2G: from a baseline, and
/// item by item, as where there is no baseline yet.
pub(crate) fn first_sync() -> Vec<Line> {
    let town = Town::new(12);
    let by_feed = town.sync(&town.phone());
    town.back_up();
    let by_baseline = town.sync(&town.phone());
    let bytes = bytes_of(&by_baseline);
    vec![
        Line::beside(
            "first_sync_2g",
            seconds_on_2g(&by_baseline),
            "s",
            bytes / LINK.0,
        ),
        Line::alone("first_sync_bytes", bytes / 1_000.0, "KB"),
        Line::alone(
            "first_sync_trips",
            f64::from(by_baseline.round_trips),
            "round trips",
        ),
        Line::alone("first_sync_2g_by_feed", seconds_on_2g(&by_feed), "s"),
        Line::alone(
            "first_sync_bytes_by_feed",
            bytes_of(&by_feed) / 1_000.0,
            "KB",
        ),
    ]
}

fn bytes_of(summary: &Summary) -> f64 {
    (summary.bytes.0 + summary.bytes.1) as f64
}

fn seconds_on_2g(summary: &Summary) -> f64 {
    bytes_of(summary) / LINK.0 + f64::from(summary.round_trips) * LINK.1
}

/// A committee's year as a baseline: all its bytes both ways, the bytes after which the building of
/// today's work is whole, and the most that a cut throws away.
pub(crate) fn baseline() -> Vec<Line> {
    let town = Town::new(12);
    town.back_up();
    let phone = town.phone();
    let today = &town.committees[0].buildings[BUILDINGS / 2];
    phone
        .prefer_buildings(&[PlaceId(today.id)])
        .expect("room on the disk");
    let (mut bytes, mut usable, mut longest) = (0, None, 0);
    let mut exchange = Exchange::default();
    let mut step = phone.sync_step(&mut exchange, None).expect("a phone syncs");
    while let Step::Send(request) = step {
        bytes += request.len();
        let reply = answer(&town.office, request);
        bytes += reply.len();
        longest = longest.max(reply.len());
        step = phone
            .sync_step(&mut exchange, Some(&reply))
            .expect("the office's word");
        if usable.is_none() && is_whole(&phone, today.id) {
            usable = Some(bytes);
        }
    }
    let from_baseline = phone.inspect(|store| {
        store
            .query_row("SELECT count(*) FROM segment WHERE compacted", [], |row| {
                row.get::<_, u32>(0)
            })
            .expect("a number")
    });
    assert!(from_baseline > 0, "the phone took a baseline");
    let usable = usable.expect("today's building came");
    vec![
        Line::alone("baseline", bytes as f64 / 1_000.0, "KB"),
        Line::alone("baseline_usable_after", usable as f64 / 1_000.0, "KB"),
        Line::alone("baseline_lost_by_a_cut", longest as f64 / 1_024.0, "KiB"),
    ]
}

/// Whether a building shows all its assets with their last checks.
fn is_whole(phone: &Replica, building: Identity) -> bool {
    let Ok(plan) = phone.door_plan(PlaceId(building), None) else {
        return false;
    };
    let doors = plan.floors.iter().flat_map(|floor| &floor.doors);
    let checked = doors
        .flat_map(|door| &door.assets)
        .filter(|asset| asset.checked_at.is_some());
    checked.count() == ASSETS
}
