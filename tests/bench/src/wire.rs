//! What an exchange costs in bytes and round trips: a real phone against a real office, in one process,
//! message by message as they would travel. HTTP's own bytes are outside.

use std::sync::Arc;

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

/// The first sync of a phone with a committee of one year, over a link like 2G: by the feed, item by
/// item, as where there is no baseline yet.
pub(crate) fn first_sync() -> Vec<Line> {
    let town = Town::new(12);
    let phone = town.phone();
    let summary = town.sync(&phone);
    let bytes = (summary.bytes.0 + summary.bytes.1) as f64;
    let seconds = bytes / LINK.0 + f64::from(summary.round_trips) * LINK.1;
    vec![
        Line::beside("first_sync_2g", seconds, "s", bytes / LINK.0),
        Line::alone("first_sync_bytes", bytes / 1_000.0, "KB"),
        Line::alone(
            "first_sync_trips",
            f64::from(summary.round_trips),
            "round trips",
        ),
    ]
}
