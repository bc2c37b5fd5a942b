//! Whether a tap waits for an import: a volunteer checks assets while the phone takes in a committee's
//! news in another thread.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use doorstep_replica::Replica;
use doorstep_replica::sync::office::Office;

use crate::clock::{NOON, Standing, median, passed, quantile};
use crate::committee::{ASSETS, BUILDINGS, Committee, DEVICES, answer, carry, options};
use crate::data::FULL;
use crate::line::Line;
use crate::scribe::Scribe;
use crate::street;
use crate::wire::exchange;

/// Months of the committee that come in.
const MONTHS: i64 = 12;
/// A finger rests this long between two taps.
const PAUSE: Duration = Duration::from_millis(20);

/// The 99th percentile of a tap while a committee's year comes in by the feed, beside one fdatasync in
/// the same minutes.
pub(crate) fn tap_during_import() -> Vec<Line> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clock = Standing::at(NOON);
    let office = Office::create(options(None, 1, &clock)).expect("a new office");
    let organisation = office.organisation_key().expect("it is an office");
    let mut committee = Committee::new(&organisation, 1, BUILDINGS);
    let mut carrier = committee.device(&organisation, 900);
    carrier.enrol(NOON, |request| answer(&office, request));
    let register = committee.segments.clone();
    carry(&office, &mut carrier, &register, NOON);

    let phone = Replica::open(options(Some(&folder.path().join("phone")), 2, &clock))
        .expect("an empty folder opens");
    let grant = street::grant(&organisation, &committee.area, NOON);
    let invitation = office.sign_invitation(&grant).expect("it is an office");
    phone
        .enrol(&invitation)
        .expect("a fresh invitation is good");
    exchange(&phone, |request| answer(&office, request));

    let mut devices: Vec<Scribe> = (0..DEVICES)
        .map(|nth| committee.device(&organisation, nth))
        .collect();
    let mut evenings = Vec::new();
    for month in 0..MONTHS {
        for building in 0..BUILDINGS {
            let device = &mut devices[(building * 7 + month as usize) % DEVICES as usize];
            evenings.push(committee.evening(device, building, 2 + month, ASSETS, FULL));
        }
    }
    carry(&office, &mut carrier, &evenings, NOON);

    let building = &committee.buildings[0];
    let round = street::open_round(&phone, building.id);
    let done = AtomicBool::new(false);
    let (mut taps, mut syncs) = (Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            exchange(&phone, |request| answer(&office, request));
            done.store(true, Ordering::SeqCst);
        });
        let mut file = File::create(folder.path().join("append")).expect("a file");
        let mut assets = building.assets.chunks(1).cycle();
        while !done.load(Ordering::SeqCst) {
            let asset = assets.next().unwrap_or_default();
            taps.push(passed(|| street::look(&phone, round, asset)));
            syncs.push(passed(|| {
                file.write_all(&[7; 300]).expect("room for a few bytes");
                rustix::fs::fdatasync(file.as_fd()).expect("a disk that syncs");
            }));
            std::thread::sleep(PAUSE);
        }
    });
    let sync = median(&mut syncs);
    let count = taps.len();
    vec![
        Line::beside(
            "tap_p99_during_import",
            quantile(&mut taps, 0.99) * 1e3,
            "ms",
            sync * 1e3,
        ),
        Line::alone("tap_p50_during_import", median(&mut taps) * 1e3, "ms"),
        Line::alone("taps_during_import", count as f64, "taps"),
    ]
}
