//! The printed report and its JSON.

use super::*;

fn paragraph<'a>(text: &'a str, line: &str) -> &'a str {
    let start = text
        .find(&format!("\n{line} "))
        .expect("the line is printed")
        + 1;
    let end = text[start..]
        .find("\n\n")
        .map_or(text.len(), |end| start + end);
    text[start..end].trim_end()
}

#[test]
fn a_line_reads_like_the_annual_summary() {
    let mut fold = years(2016, 2017).fold();
    let measure = "simple sprinklers repaired";
    fold.figure(figure(1, 2017, "S04", measure, Amount::at_least(70), "处"));
    for n in 0..84 {
        let row = repair(n, "sprinkler.simple", day(2017, 6, 1));
        fold.case(CaseRow {
            mark: GENERATED,
            ..row
        });
    }
    let report = fold.finish();
    assert_eq!(
        paragraph(&report.text(Language::Zh, Rounding::Down), "S04"),
        "S04 简易喷淋维修(处)\n  \
         上报:2016年—,2017年简易喷淋维修70余处;合计70余处(2年中1年有数)。\n  \
         实测:2016年—(无记录),2017年简易喷淋维修80余处(发现84,2个区域中1个有数)\
         【由上报数生成:只证明流程通,不证明属实】;合计80余处(2年中1年有数)。"
    );
    assert_eq!(
        paragraph(&report.text(Language::En, Rounding::AsCounted), "S04"),
        "S04 simple sprinklers repaired (places)\n  \
         Reported: 2016: —; 2017: simple sprinklers repaired at more than 70 places; \
         together more than 70 places (1 of 2 years).\n  \
         Measured: 2016: — (no record); 2017: simple sprinklers repaired at 84 places \
         (found 84, 1 of 2 areas) [generated from the reported figures: proves plumbing, not truth]; \
         together 84 places (1 of 2 years)."
    );
}

#[test]
fn the_head_names_the_set_of_areas_and_its_day() {
    let text = years(2017, 2017)
        .fold()
        .finish()
        .text(Language::Zh, Rounding::Down);
    assert!(
        text.starts_with("截至2017-12-31;2个居委会(2017-12-31)。\n"),
        "{text}"
    );
}

#[test]
fn english_groups_its_thousands() {
    let register = LineRegister::shipped();
    let bottles = register.line("S01").unwrap();
    let said = |number| amount_text(Amount::exact(number), bottles, Language::En);
    assert_eq!(said(9_321), "9,321 pieces");
    assert_eq!(said(1_000_000), "1,000,000 pieces");
    assert_eq!(said(12), "12 pieces");
    let people = register.line("S12.person_times").unwrap();
    assert_eq!(
        amount_text(Amount::at_least(15_000), people, Language::Zh),
        "15000余人次"
    );
}

#[test]
fn a_gap_is_null_in_json_and_a_chart_says_what_it_joins() {
    let mut fold = years(2017, 2017).fold();
    fold.handout(handout(1, "extinguisher.co2", 3, "只", day(2017, 3, 1)));
    let report = fold.finish();
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["areas"]["count"], 2);
    assert_eq!(json["areas"]["on"], "2017-12-31");
    let line = |id: &str| {
        let lines = json["lines"].as_array().unwrap();
        lines.iter().find(|line| line["id"] == id).unwrap().clone()
    };
    let bottles = line("S01")["measured"][0]["total"].clone();
    assert_eq!(bottles["value"], 3);
    assert_eq!(bottles["precision"], "exact");
    assert_eq!(bottles["entries"][0], id(1).to_string());
    let hydrants = line("S03")["measured"][0]["total"].clone();
    assert_eq!(
        (&hydrants["value"], &hydrants["gap"]),
        (&serde_json::Value::Null, &true.into())
    );
    assert!(
        line("S48")["measured"].is_null(),
        "cameras are only ever reported"
    );
    let chart = &json["charts"][0];
    assert_eq!(chart["lines"][1], "S12.hazards");
    assert!(
        chart["note"]["en"]
            .as_str()
            .unwrap()
            .contains("two measures")
    );
}

#[test]
fn a_screen_may_leave_the_entries_out() {
    let mut fold = years(2017, 2017).fold();
    fold.case(hazard(1, day(2017, 3, 1), Some(day(2017, 3, 2))));
    let report = fold.finish().without_entries();
    let Measured::Count(count) = total(&report, "S11.hazards", 0) else {
        panic!("a count")
    };
    assert_eq!((count.amount, count.entries.len()), (Amount::exact(1), 0));
    assert!(count.parts.iter().all(|part| part.side.entries.is_empty()));
    let json = serde_json::to_string(&report).unwrap();
    assert!(!json.contains("entries"), "an empty list would be a lie");
}
