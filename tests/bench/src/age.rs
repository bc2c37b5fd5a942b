//! What age costs: sealing in a building of five years, opening a store of 200,000 checks, one page of
//! its lists.

use std::path::Path;

use doorstep_model::ids::PlaceId;
use doorstep_model::report::{Frame, LineRegister, NamedAreas, Period, Words};
use doorstep_model::time::LocalDay;
use doorstep_replica::query::{AssetFilter, CaseFilter};
use doorstep_replica::sync::office::Office;
use doorstep_replica::{Part, Replica};

use crate::clock::{NOON, Standing, median, now, passed};
use crate::committee::{ASSETS, BUILDINGS, Committee, DEVICES, answer, carry, options};
use crate::data::FULL;
use crate::line::Line;
use crate::scribe::Scribe;
use crate::street::{self, Street};
use crate::wire::exchange;

/// Months of five years.
const FIVE_YEARS: i64 = 60;
/// Times that a phone opens.
const OPENINGS: usize = 15;
/// Checks of a visit.
const VISIT: usize = 24;
/// Checks in the store that opens and lists.
const CHECKS: usize = 200_000;
/// Rows of a page of a list.
const ROWS: usize = 50;

/// A store in this folder with an office and a committee of so many buildings and monthly rounds.
/// Returns the committee and how many checks there are.
fn aged(folder: &Path, buildings: usize, months: i64) -> (Committee, usize) {
    let clock = Standing::at(NOON);
    let office = Office::create(options(Some(folder), 1, &clock)).expect("a new office");
    let organisation = office.organisation_key().expect("it is an office");
    let mut committee = Committee::new(&organisation, 1, buildings);
    let mut devices: Vec<Scribe> = (0..DEVICES)
        .map(|nth| committee.device(&organisation, nth))
        .collect();
    let mut carrier = committee.device(&organisation, 900);
    carrier.enrol(NOON, |request| answer(&office, request));
    let register = committee.segments.clone();
    carry(&office, &mut carrier, &register, NOON);
    let mut evenings = Vec::new();
    for month in 0..months {
        for building in 0..buildings {
            let device = &mut devices[(building * 7 + month as usize) % DEVICES as usize];
            let days_ago = 2 + (months - month) * 30 * FIVE_YEARS / months.max(FIVE_YEARS);
            evenings.push(committee.evening(device, building, days_ago, ASSETS, FULL));
        }
    }
    carry(&office, &mut carrier, &evenings, NOON);
    (committee, evenings.len() * ASSETS)
}

/// The seal of a visit right after opening, in a building that has five years of monthly rounds, the
/// commit left out; beside the same in a new building.
pub(crate) fn cold_seal() -> Vec<Line> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let office = folder.path().join("office");
    let phone = folder.path().join("phone");
    let (committee, _) = aged(&office, 1, FIVE_YEARS);
    let clock = Standing::at(NOON + 60);
    let building = &committee.buildings[0];
    {
        let office = Office::open(options(Some(&office), 1, &clock)).expect("the office opens");
        let organisation = office.organisation_key().expect("it is an office");
        let phone = Replica::open(options(Some(&phone), 2, &clock)).expect("an empty folder");
        let grant = street::grant(&organisation, &committee.area, NOON);
        let invitation = office.sign_invitation(&grant).expect("it is an office");
        phone
            .enrol(&invitation)
            .expect("a fresh invitation is good");
        exchange(&phone, |request| answer(&office, request));
    }
    let old = seals(
        || Replica::open(options(Some(&phone), 2, &clock)).expect("a phone opens"),
        |phone| {
            let round = street::open_round(phone, building.id);
            street::look(phone, round, &building.assets[..VISIT]);
        },
    );
    let street = Street::new(folder.path().join("street"), ASSETS);
    let (round, assets) = (street.round, street.identities());
    drop(street);
    let new = seals(
        || street::reopen(&folder.path().join("street")),
        |phone| {
            street::look(phone, round, &assets[..VISIT]);
        },
    );
    vec![Line::beside("cold_seal", old * 1e3, "ms", new * 1e3)]
}

/// Median time of a seal after this work was done, the store closed and opened again, seconds.
fn seals(open: impl Fn() -> Replica, work: impl Fn(&Replica)) -> f64 {
    let mut times: Vec<f64> = (0..OPENINGS)
        .map(|_| {
            work(&open());
            let phone = open();
            let mut marks = Vec::new();
            phone
                .seal_between(|| marks.push(now()))
                .expect("room on the disk");
            marks[1] - marks[0]
        })
        .collect();
    median(&mut times)
}

/// Opening 200,000 checks, and the slowest of the lists that a screen shows of them.
pub(crate) fn large_store() -> Vec<Line> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let months = CHECKS.div_ceil(BUILDINGS * ASSETS) as i64;
    let (committee, checks) = aged(folder.path(), BUILDINGS, months);
    assert!(checks >= CHECKS, "{checks} checks");
    let clock = Standing::at(NOON + 60);
    let open = || Replica::open(options(Some(folder.path()), 1, &clock)).expect("the store opens");
    let mut openings: Vec<f64> = (0..OPENINGS).map(|_| passed(|| drop(open()))).collect();
    let replica = open();
    let mut slowest = 0.0_f64;
    for page in pages(&committee) {
        // The first look is cold: it is what a person waits for.
        slowest = slowest.max(passed(|| page(&replica)));
    }
    vec![
        Line::alone("open_200k", median(&mut openings) * 1e3, "ms"),
        Line::alone("list_page", slowest * 1e3, "ms"),
    ]
}

/// A report over five years of a committee, all its lines by year; beside reading the same entries once.
pub(crate) fn year_report() -> Vec<Line> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (committee, checks) = aged(folder.path(), BUILDINGS, FIVE_YEARS);
    let clock = Standing::at(NOON + 60);
    let replica = Replica::open(options(Some(folder.path()), 1, &clock)).expect("the store opens");
    let today = LocalDay::of(NOON).0.try_into().unwrap_or(0);
    let frame = || {
        let areas = NamedAreas {
            name: Words {
                zh: "一个居委会".into(),
                en: "one committee".into(),
            },
            on: today,
            members: vec![(committee.area.clone(), "居委会".into())],
        };
        let years = (2021..=2026).map(Period::Year).collect();
        Frame::new(LineRegister::shipped(), areas, years, today).expect("years in order")
    };
    let mut times: Vec<f64> = (0..5)
        .map(|_| passed(|| drop(replica.report(frame()).expect("a report"))))
        .collect();
    let mut reads: Vec<f64> = (0..5).map(|_| passed(|| read_all(&replica))).collect();
    vec![
        Line::beside(
            "year_report",
            median(&mut times) * 1e3,
            "ms",
            median(&mut reads) * 1e3,
        ),
        Line::alone("year_report_checks", checks as f64, "checks"),
    ]
}

/// Reads every entry's subject and value once.
fn read_all(replica: &Replica) {
    let bytes: i64 = replica.inspect(|store| {
        store
            .query_row(
                "SELECT total(length(subject) + length(value)) FROM entry",
                [],
                |row| row.get::<_, f64>(0),
            )
            .expect("a sum") as i64
    });
    assert!(bytes > 0, "there are entries");
}

type Look<'a> = Box<dyn Fn(&Replica) + 'a>;

/// A page of every list, and the screens that are one call.
fn pages(committee: &Committee) -> Vec<Look<'_>> {
    let area = &committee.area;
    let building = &committee.buildings[7];
    let all = AssetFilter::default();
    vec![
        Box::new(move |replica| {
            let mut after = None;
            for _ in 0..3 {
                let part = Part {
                    after: after.as_deref(),
                    limit: ROWS,
                };
                let page = replica.assets(area, &all, part).expect("a page");
                assert_eq!(page.rows.len(), ROWS);
                after = page.next;
            }
        }),
        Box::new(move |replica| {
            let at = PlaceId(building.id);
            let plan = replica.door_plan(at, None).expect("a plan");
            assert!(!plan.floors.is_empty());
        }),
        Box::new(move |replica| drop(replica.disputes(area, Part::first(ROWS)).expect("a page"))),
        Box::new(move |replica| {
            let filter = CaseFilter::default();
            drop(
                replica
                    .cases(area, filter, Part::first(ROWS))
                    .expect("a page"),
            );
        }),
        Box::new(move |replica| {
            drop(
                replica
                    .places(area, None, Part::first(ROWS))
                    .expect("a page"),
            )
        }),
        Box::new(move |replica| drop(replica.today(std::slice::from_ref(area)).expect("today"))),
    ]
}
