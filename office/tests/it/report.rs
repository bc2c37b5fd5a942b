//! `doorstep report` on the figures that ship with the project and on what phones recorded: which
//! number stands where, what it rests on, and what is no number.

use serde_json::{Value, json};

use crate::street::Desk;

const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/laoximen");

/// The office of the real street, with the places and figures that its summaries name.
fn laoximen() -> Desk {
    let desk = Desk::new();
    desk.done("init --name 老西门街道");
    desk.done(&format!("import areas {SHIPPED}/areas.csv"));
    desk.done(&format!(
        "import places {SHIPPED}/places.csv --area 310101019"
    ));
    desk.done(&format!(
        "import figures {SHIPPED}/figures.csv --area 310101019"
    ));
    desk
}

fn line<'a>(report: &'a Value, id: &str) -> &'a Value {
    let mut lines = report["lines"].as_array().unwrap().iter();
    lines.find(|line| line["id"] == id).unwrap()
}

/// The cells of the row of a table that begins like this, trimmed.
fn cells(table: &str, first: &str, period: &str) -> Vec<String> {
    let mut rows = table
        .lines()
        .filter(|row| row.starts_with('│'))
        .map(|row| {
            let cells = row.trim_matches('│').split('┆');
            cells.map(|cell| cell.trim().to_owned()).collect::<Vec<_>>()
        })
        .skip_while(|cells| !cells[0].starts_with(first));
    rows.find(|cells| cells[1] == period)
        .unwrap_or_else(|| panic!("{first} {period}: {table}"))
}

#[test]
fn the_years_of_the_summaries_stand_side_by_side_with_their_gaps() {
    let desk = laoximen();
    let report = desk.json("report");
    assert_eq!(
        report["areas"]["count"], 16,
        "the committees, not the street"
    );
    assert_eq!(report["periods"][0], "2013", "the first that says anything");
    let bottles = line(&report, "S01");
    for (year, number) in [
        ("2013", 3030),
        ("2014", 2023),
        ("2015", 2174),
        ("2017", 2094),
    ] {
        assert_eq!(bottles["reported"][year]["value"], number, "{year}");
    }
    assert_eq!(
        bottles["reported"]["2016"],
        json!({"value": null, "gap": true})
    );
    assert_eq!(bottles["reported_sum"]["value"], 9321);
    assert_eq!(bottles["reported_sum"]["known"], 4);
    for column in bottles["measured"].as_array().unwrap() {
        let total = &column["total"];
        assert_eq!(
            (&total["value"], &total["gap"]),
            (&Value::Null, &json!(true))
        );
    }
    let hydrants = line(&report, "S03");
    assert_eq!(hydrants["reported"]["2015"]["precision"], "lower_bound");
    assert_eq!(hydrants["reported_sum"]["precision"], "lower_bound");

    let printed = desk.done("report");
    assert_eq!(cells(&printed, "S03", "2015")[2..4], ["—", "80余"]);
    assert_eq!(cells(&printed, "S03", "2016")[2..4], ["—", "—"]);
    assert_eq!(cells(&printed, "S03", "2017")[2..4], ["—", "70"]);
    assert!(cells(&printed, "S03", "合计 Sum")[3].starts_with("247余 (3/"));
    assert!(
        cells(&printed, "S28.block1_places", "2017")[3].contains("累计"),
        "a cumulative figure says so, and has no sum"
    );
}

#[test]
fn a_reported_number_leads_to_its_sentence_and_its_entry() {
    let desk = laoximen();
    let printed = desk.done("report --year 2017 --entries S03");
    assert!(
        printed
            .contains("S03 2017 上报 reported 70：完成小区墙式消防栓维修70处 / 维修墙式消防栓70"),
        "{printed}"
    );
    let report = desk.json("report --year 2017 --entries S03");
    assert_eq!(report["lines"].as_array().unwrap().len(), 1);
    let entry = line(&report, "S03")["reported"]["2017"]["entries"][0].clone();
    assert!(printed.contains(&format!("\n  {}\n", entry.as_str().unwrap())));
}

#[test]
fn what_the_street_reported_is_not_said_of_one_committee() {
    let desk = laoximen();
    let report = desk.json("report --year 2017 --area 大兴居委会");
    assert_eq!(report["areas"]["members"], json!(["310101019005"]));
    assert_eq!(line(&report, "S01")["reported"]["2017"]["gap"], true);
    let street = desk.json("report --year 2017 --area 310101019");
    assert_eq!(line(&street, "S01")["reported"]["2017"]["value"], 2094);
}

#[test]
fn what_phones_found_is_counted_beside_how_much_they_looked_at() {
    let desk = Desk::with_office();
    let serving = desk.serve();
    desk.enrol("p1", "张三", &format!("https://{}", serving.phones));
    let evening = [
        "sync",
        "check ABCD235X --normal",
        "check ABCD236V --fault pressure_low",
        "hazard exit_blocked --place 蓬莱路303弄 --level 0 --fixed 已清走",
        "sync",
    ];
    desk.taps("p1", &evening);
    // Of an office that runs, as of one that does not.
    let printed = desk.done("report --area 310101019005");
    drop(serving);
    assert_eq!(printed, desk.done("report --area 310101019005"));

    let report = desk.json("report --entries S09.extinguishers");
    let total = &line(&report, "S09.extinguishers")["measured"][0]["total"];
    assert_eq!(total["value"], 50);
    assert_eq!(total["part"]["value"], 1);
    assert_eq!(total["coverage"]["checked"], 2);
    assert_eq!(total["coverage"]["registered"], 3);
    assert_eq!(total["whole"]["entries"].as_array().unwrap().len(), 2);
    let report = desk.json("report");
    let year = report["periods"][0].as_str().unwrap();
    let row = cells(&printed, "S09.extinguishers", year);
    assert_eq!(row[2], "50%");
    assert!(
        printed.contains("已查/在册 checked/registered 2/3 = 66.6%"),
        "{printed}"
    );

    let hazards = &line(&report, "S11.hazards")["measured"][0]["total"];
    assert_eq!(hazards["value"], 1);
    assert_eq!(hazards["parts"]["on_the_spot"]["value"], 1);
    assert!(hazards["entries"].is_null(), "not asked for, not listed");
    let listed = desk.json("report --entries S11");
    let hazards = &line(&listed, "S11.hazards")["measured"][0]["total"];
    let case = hazards["entries"][0].as_str().unwrap();
    let printed = desk.done("report --entries S11");
    assert!(printed.contains(&format!("\n  {case}\n")), "{printed}");
}

#[test]
fn what_no_report_can_be_made_of_is_said() {
    let desk = Desk::new();
    desk.done("init --name 老西门街道");
    assert_eq!(desk.fails("report"), (3, "report.no_area".to_owned()));
    desk.done("import areas areas.csv");
    for (line, code) in [
        ("report --line S99", "report.no_such_line"),
        ("report --entries S1", "report.no_such_line"),
        ("report --area 999", "area.unknown"),
        ("report --year 2199", "report.not_begun"),
    ] {
        assert_eq!(desk.fails(line), (3, code.to_owned()), "{line}");
    }
    for line in ["report --year 1066", "report --line S01 --entries S02"] {
        assert_eq!(desk.run(line).status.code(), Some(2), "{line}");
    }
}
