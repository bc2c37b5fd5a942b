//! Eighteen bundles of one area, handed in in many orders: one result, whatever the order.

use doorstep_model::bundle::{BUNDLE_VERSION, Bundle, BundledArea};
use doorstep_model::ids::OrganisationId;
use doorstep_model::keys::KeyPair;
use doorstep_model::wire::SegmentBytes;
use doorstep_replica::sync::office::Office;
use doorstep_replica::testing;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use crate::clock::{NOON, Standing, median, passed};
use crate::committee::{BUILDINGS, Committee, answer, carry, options};
use crate::data::FULL;
use crate::line::Line;
use crate::scribe::Scribe;

const BUNDLES: usize = 18;
/// Evenings of a device; a bundle holds these and some of the next device's.
const OWN: usize = 225;
/// Evenings of a device that are in its own bundle and in another: a third.
const SHARED: usize = 75;
/// Checks of an evening: 300 evenings are 20,000 checks.
const CHECKS: usize = 67;
/// Orders that are tried unless all are asked for.
const ORDERS: usize = 3;
/// Orders of the bar.
const ALL_ORDERS: usize = 20;

/// A few orders.
pub(crate) fn merge() -> Vec<Line> {
    in_orders(ORDERS)
}

/// All orders of the bar.
pub(crate) fn merge_all() -> Vec<Line> {
    in_orders(ALL_ORDERS)
}

fn in_orders(orders: usize) -> Vec<Line> {
    let organisation = {
        let office = new_office();
        office.organisation_key().expect("it is an office")
    };
    let mut committee = Committee::new(&organisation, 1, BUILDINGS);
    let bundles = bundles(&organisation, &mut committee);
    let mut rng = ChaCha20Rng::seed_from_u64(18);
    let mut order: Vec<usize> = (0..BUNDLES).collect();
    let mut sums = Vec::new();
    let mut times = Vec::new();
    for _ in 0..orders {
        let office = new_office();
        let mut carrier = committee.device(&organisation, 900);
        carrier.enrol(NOON, |request| answer(&office, request));
        carry(&office, &mut carrier, &committee.segments, NOON);
        let files = sealed(&office, &organisation, &committee, &bundles);
        times.push(passed(|| {
            for bundle in &order {
                let taken = office.take_bundle(&files[*bundle]).expect("it is whole");
                assert_eq!(taken.refused, 0, "nothing is turned away");
            }
        }));
        let area = &committee.area;
        sums.push(office.replica().area_checksum(area).expect("a checksum"));
        let checks = count(&office);
        assert_eq!(checks, BUNDLES * OWN * CHECKS, "every check once");
        for last in (1..BUNDLES).rev() {
            order.swap(last, rng.next_u32() as usize % (last + 1));
        }
    }
    sums.sort_unstable();
    sums.dedup();
    let given = BUNDLES * (OWN + SHARED) * CHECKS;
    let time = median(&mut times);
    vec![
        Line::alone("merge_18", time, "s"),
        Line::alone("merge_18_orders", orders as f64, "orders"),
        Line::alone("merge_18_checksums", sums.len() as f64, "checksums"),
        Line::alone("merge_18_rate", given as f64 / time, "checks/s"),
    ]
}

/// Each bundle as a file that only this office opens.
fn sealed(
    office: &Office,
    organisation: &KeyPair,
    committee: &Committee,
    bundles: &[Vec<Vec<u8>>],
) -> Vec<Vec<u8>> {
    bundles
        .iter()
        .map(|segments| {
            let bundle = Bundle {
                version: BUNDLE_VERSION,
                organisation: OrganisationId::of_key(&organisation.public().0),
                areas: vec![BundledArea {
                    area: committee.area.clone(),
                    chain: None,
                    segments: segments.iter().cloned().map(SegmentBytes).collect(),
                }],
                unsigned: Vec::new(),
            };
            testing::sealed_for(office, &bundle).expect("every office has a key to seal to")
        })
        .collect()
}

fn new_office() -> Office {
    let clock = Standing::at(NOON);
    Office::create(options(None, 1, &clock)).expect("a new office")
}

/// What every device wrote, and some of what the next device wrote: of every third bundle its last
/// evenings, which have to wait for those before, else its first.
fn bundles(organisation: &KeyPair, committee: &mut Committee) -> Vec<Vec<Vec<u8>>> {
    let written: Vec<Vec<Vec<u8>>> = (0..BUNDLES)
        .map(|nth| {
            let mut device: Scribe = committee.device(organisation, nth as u32);
            (0..OWN)
                .map(|evening| {
                    let building = nth * 5 + evening;
                    let days_ago = 1 + (OWN - evening) as i64;
                    committee.evening(&mut device, building, days_ago, CHECKS, FULL)
                })
                .collect()
        })
        .collect();
    (0..BUNDLES)
        .map(|nth| {
            let next = &written[(nth + 1) % BUNDLES];
            let others = if nth % 3 == 0 {
                &next[OWN - SHARED..]
            } else {
                &next[..SHARED]
            };
            let mut bundle = written[nth].clone();
            bundle.extend_from_slice(others);
            bundle
        })
        .collect()
}

fn count(office: &Office) -> usize {
    office.replica().inspect(|store| {
        store
            .query_row("SELECT count(*) FROM entry WHERE kind = 5", [], |row| {
                row.get::<_, u32>(0)
            })
            .expect("a number") as usize
    })
}
