//! The year of an office that the Python example counts from a backup, beside what `doorstep report`
//! says of the same office.

use std::path::Path;
use std::process::Command;

use doorstep_model::entry::{CaseEvent, CaseStep};
use doorstep_model::ids::AreaId;
use doorstep_office::bureau::{Bureau, tap};
use doorstep_replica::Part;
use doorstep_replica::query::CaseFilter;
use serde_json::{Value, json};

use crate::street::Desk;

const EXAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../bindings/python/examples/year.py"
);

/// What the example counts of a year, from a backup of now. Python with its own library alone, the
/// packages that plots need out of reach.
fn counted(desk: &Desk, backup: &str, year: &str) -> Value {
    let told = Command::new("python3")
        .args(["-I", "-S", EXAMPLE])
        .arg(desk.path(backup))
        .args([year, "--json"])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success(), "{errors}");
    serde_json::from_slice(&told.stdout).unwrap()
}

/// What a report says that was put right, of all kinds.
fn put_right(report: &Value) -> &Value {
    let mut lines = report["lines"].as_array().unwrap().iter();
    let hazards = lines.find(|line| line["id"] == "S12.hazards").unwrap();
    &hazards["measured"][0]["total"]["value"]
}

#[test]
fn the_example_counts_what_the_report_counts_and_leaves_the_same_gaps() {
    assert!(Path::new(EXAMPLE).exists());
    let desk = Desk::with_office();
    let serving = desk.serve();
    desk.enrol("p1", "张三", &format!("https://{}", serving.phones));
    let evening = [
        "sync",
        "check ABCD235X --normal",
        "check ABCD236V --fault pressure_low",
        "hazard exit_blocked --place 蓬莱路303弄 --level 0 --fixed 已清走",
        "hazard e_bike --place 蓬莱路303弄 --level 0 --fixed 已推走",
        "hazard e_bike --place 蓬莱路303弄 --note 三辆",
        "sync",
    ];
    desk.taps("p1", &evening);
    drop(serving);
    desk.done("backup --to tonight.doorstep");
    let periods = desk.json("report")["periods"].clone();
    let year = periods.as_array().unwrap().last().unwrap();
    let year = year.as_str().unwrap();

    let report = desk.json(&format!("report --year {year}"));
    let told = counted(&desk, "tonight.doorstep", year);
    assert_eq!(put_right(&report), &json!(2));
    assert_eq!(&told["rectified"]["year"], put_right(&report));
    assert_eq!(told["found"]["year"], 3);
    assert_eq!(told["checks"]["year"], 2);
    assert_eq!(
        told["visits"]["year"],
        Value::Null,
        "nobody knocked, and only this month is covered"
    );

    // The month: the second committee did nothing, so nobody may say zero of both.
    let months = told["rectified"].as_object().unwrap();
    let (month, _) = months
        .iter()
        .find(|(name, number)| *name != "year" && !number.is_null())
        .unwrap();
    let report = desk.json(&format!("report --month {month}"));
    assert_eq!(&told["rectified"][month], put_right(&report));

    // A year without anything is a gap in both.
    let before = (year.parse::<u16>().unwrap() - 1).to_string();
    let report = desk.json(&format!("report --year {before}"));
    assert_eq!(put_right(&report), &Value::Null);
    let told = counted(&desk, "tonight.doorstep", &before);
    for name in ["visits", "checks", "found", "rectified"] {
        let numbers = told[name].as_object().unwrap();
        assert_eq!(numbers.len(), 13);
        assert!(numbers.values().all(Value::is_null), "{name}: {numbers:?}");
    }

    // Of two findings of one thing one is counted, in both.
    merge_the_open_case(&desk);
    desk.done("backup --to later.doorstep");
    let report = desk.json(&format!("report --year {year}"));
    let told = counted(&desk, "later.doorstep", year);
    assert_eq!(put_right(&report), &json!(2));
    assert_eq!(told["rectified"]["year"], 2);
    assert_eq!(told["found"]["year"], 2);
}

/// Says in the office that its one open case is one of the settled ones.
fn merge_the_open_case(desk: &Desk) {
    let bureau = Bureau::open(&desk.path("doorstep-office")).unwrap();
    let replica = bureau.office().replica();
    let area = AreaId::new("310101019005").unwrap();
    let first = |filter| {
        let cases = replica.cases(&area, filter, Part::first(10)).unwrap();
        cases.rows[0].id
    };
    let (open, settled) = (first(CaseFilter::Open), first(CaseFilter::Settled));
    for (event, into) in [
        (CaseEvent::Registered, None),
        (CaseEvent::Merged, Some(settled)),
    ] {
        let step = CaseStep {
            into,
            ..CaseStep::of(event)
        };
        replica
            .case_step(&tap().unwrap(), open, step, false)
            .unwrap();
    }
}
