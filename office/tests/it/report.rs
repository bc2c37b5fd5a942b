//! `doorstep report` on the figures of the real summaries and on records of a phone.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::evening::Desk;

fn with_figures() -> Desk {
    let desk = Desk::with_office();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/laoximen/figures.csv");
    fs::copy(shipped, desk.path("figures.csv")).unwrap();
    desk.done("import figures figures.csv --area 310101019");
    desk
}

fn line<'a>(report: &'a Value, id: &str) -> &'a Value {
    let lines = report["lines"].as_array().unwrap();
    lines.iter().find(|line| line["id"] == id).unwrap()
}

#[test]
fn reported_figures_stand_beside_gaps_and_are_never_measured() {
    let desk = with_figures();
    let text = desk.done("report");
    for told in [
        "报 3030",
        "报 2023",
        "报 2174",
        "报 2094",
        "报 80余",
        "2016",
    ] {
        assert!(text.contains(told), "{told} in\n{text}");
    }
    assert!(text.contains("空缺,不是零"), "{text}");
    let bottles = line(&desk.json("report --line S01"), "S01").clone();
    let of_2016 = &bottles["reported"]["2016"];
    assert!(of_2016["value"].is_null() && of_2016["gap"] == true);
    let measured = bottles["measured"].as_array().unwrap();
    assert!(
        measured
            .iter()
            .all(|column| column["total"]["value"].is_null())
    );
}

#[test]
fn a_sentence_of_the_street_says_nothing_of_one_committee() {
    let desk = with_figures();
    let street = desk.done("report --year 2013 --area 310101019 --line S01");
    assert!(street.contains("3030"), "{street}");
    let committee = desk.done("report --year 2013 --area 310101019005 --line S01");
    assert!(!committee.contains("3030"), "{committee}");
}

#[test]
fn a_number_can_be_followed_to_its_records() {
    let desk = Desk::with_office();
    let serving = desk.serve();
    let address = format!("https://{}", serving.phones);
    desk.enrol("p1", "张三", &address);
    desk.done("phone --home p1 sync");
    desk.done("phone --home p1 hazard e_bike --place 1号楼 --level 0 --fixed 已清走");
    desk.done("phone --home p1 sync");
    drop(serving);
    let report = desk.json("report --line S12 --entries");
    let columns = line(&report, "S12.hazards")["measured"].as_array().unwrap();
    let counted: Vec<&Value> = columns
        .iter()
        .filter(|column| column["total"]["value"] == 1)
        .collect();
    assert_eq!(counted.len(), 1, "{report}");
    let entries = counted[0]["total"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 1);
    desk.done("export csv --to out");
    let exported: String = fs::read_dir(desk.path("out"))
        .unwrap()
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    assert!(exported.contains(entries[0].as_str().unwrap()));
    let without = desk.json("report --line S12");
    let columns = line(&without, "S12.hazards")["measured"]
        .as_array()
        .unwrap();
    let counted = columns.iter().find(|column| column["total"]["value"] == 1);
    assert_eq!(counted.unwrap()["total"]["entries"], Value::Array(vec![]));
}

#[test]
fn what_is_not_there_is_said_with_what_is() {
    let desk = with_figures();
    let no_line = (2, "report.no_such_line".to_owned());
    assert_eq!(desk.fails("report --line S99"), no_line);
    let no_area = (2, "report.no_such_area".to_owned());
    assert_eq!(desk.fails("report --area 999999"), no_area);
}
