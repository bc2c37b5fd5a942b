//! What the way through the Kotlin library costs: the same three calls on the same street, through it and
//! straight. How it is called is in bindings/kotlin/bench.

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};

use doorstep_model::entry::Outcome;
use doorstep_model::ids::RequestId;
use doorstep_replica::Part;
use doorstep_replica::act::{Look, Tap};
use doorstep_replica::query::AssetFilter;
use serde_json::Value;

use crate::clock::{passed, quantile};
use crate::line::Line;
use crate::street::{self, Street};

/// Doors of the street.
const DOORS: u32 = 120;
/// Rows of a page.
const ROWS: usize = 50;

/// What is measured, in this order.
const NAMES: [&str; 3] = ["call", "record", "page"];
/// How often each is measured, after as many times that warm everything up: a JVM compiles what it has
/// seen thousands of times.
const COUNTS: [usize; 3] = [20_000, 3_000, 5_000];

/// How long each took every time, microseconds.
type Times = [Vec<f64>; 3];

/// Median and 99th of a hundred of each call through the library, which this program measures; beside the
/// same straight in Rust.
pub(crate) fn beside_rust(program: &Path) -> Vec<Line> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let street = |name| {
        let place = folder.path().join(name);
        drop(Street::of_doors(place.clone(), DOORS));
        place
    };
    let kotlin = in_kotlin(program, &street("kotlin"));
    let rust = in_rust(&street("rust"));
    let mut lines = Vec::new();
    for ((name, mut ours), mut limit) in NAMES.into_iter().zip(kotlin).zip(rust) {
        for (suffix, share) in [("", 0.5), ("_p99", 0.99)] {
            lines.push(Line::beside(
                format!("kotlin_{name}{suffix}"),
                quantile(&mut ours, share),
                "µs",
                quantile(&mut limit, share),
            ));
        }
    }
    lines
}

/// Asks the program, which opens the street as an app does.
fn in_kotlin(program: &Path, street: &Path) -> Times {
    let output = Command::new(program)
        .arg(street)
        .args(COUNTS.map(|count| count.to_string()))
        .stderr(Stdio::inherit())
        .output()
        .expect("the program of the Kotlin library starts");
    assert!(output.status.success(), "the Kotlin library measures");
    let told: Value = serde_json::from_slice(&output.stdout).expect("its times are JSON");
    NAMES.map(|name| {
        let nanoseconds = told[name].as_array().expect("times of each call");
        let nanoseconds = nanoseconds.iter().filter_map(Value::as_f64);
        nanoseconds.map(|time| time / 1e3).collect()
    })
}

/// The same in this process, by the replica itself.
fn in_rust(street: &Path) -> Times {
    let phone = street::reopen(street);
    let [calls, records, pages] = COUNTS;
    let area = &phone.areas().expect("its areas")[0];
    let page = |parent| {
        let page = phone.places(area, parent, Part::first(ROWS));
        page.expect("a page of places").rows
    };
    let building = page(None)[0].id;
    let assets = phone.assets(area, &AssetFilter::default(), Part::first(ROWS));
    let assets = assets.expect("a page of assets").rows;
    let round = phone.open_round(&tap(usize::MAX), building, None, None);
    let round = round.expect("a round is opened");
    let record = |number: usize| {
        let look = Look::new(assets[number % assets.len()].id, Outcome::Normal);
        phone.check(&tap(number), round, &[look])
    };
    [
        times(calls, |_| {
            black_box(phone.change());
        }),
        times(records, |number| {
            drop(record(number).expect("a check is recorded"));
        }),
        times(pages, |_| assert_eq!(page(Some(building)).len(), ROWS)),
    ]
}

/// How long each of so many calls took, after as many that warm everything up.
fn times(count: usize, mut call: impl FnMut(usize)) -> Vec<f64> {
    let mut times: Vec<f64> = (0..2 * count)
        .map(|number| passed(|| call(number)) * 1e6)
        .collect();
    times.split_off(count)
}

/// A tap of this number; those that made the street had others.
fn tap(number: usize) -> Tap {
    let mut id = [0xb5; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    Tap::new(RequestId(id))
}
