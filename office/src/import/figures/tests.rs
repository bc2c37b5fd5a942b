//! The shipped figures, as the annual summaries tell them, and figures that are told wrong.

use super::*;
use crate::import::LAOXIMEN_FIGURES;
use doorstep_model::entry::Body;
use doorstep_model::ids::AreaId;
use doorstep_model::report::{
    FigureRow, Frame, LineRegister, NamedAreas, Period, Report, Reported, Words, first_day_of,
};

fn context() -> FigureContext {
    FigureContext {
        today: first_day_of(2026 * 12 + 10) + 24,
    }
}

fn shipped() -> Vec<ImportedFigure> {
    let parsed = parse_figures(LAOXIMEN_FIGURES, &context());
    assert_eq!(parsed.problems, []);
    parsed.rows
}

/// The report of 2013-2017 with nothing but the shipped figures.
fn report() -> Report {
    let name = Words {
        zh: "老西门街道".into(),
        en: "Laoximen".into(),
    };
    let areas = NamedAreas {
        name,
        on: first_day_of(2017 * 12),
        members: vec![(AreaId::new("310101019").unwrap(), "老西门街道".into())],
    };
    let periods = (2013..=2017).map(Period::Year).collect();
    let cut_off = first_day_of(2018 * 12) - 1;
    let frame = Frame::new(LineRegister::shipped(), areas, periods, cut_off).unwrap();
    let mut fold = frame.fold();
    for (_, _, entry) in figure_entries(&shipped(), 0) {
        let identity = entry.envelope.origin.unwrap();
        let Body::ReportedFigure(figure) = entry.body else {
            panic!("a figure")
        };
        fold.figure(FigureRow::of_entry(identity, "310101019", &figure).unwrap());
    }
    fold.finish()
}

fn parse(rows: &str) -> Parsed<ImportedFigure> {
    let header = "year,row,measure,value,unit,precision,note,quote\n";
    parse_figures(format!("{header}{rows}").as_bytes(), &context())
}

fn codes(rows: &str) -> Vec<&'static str> {
    let problems = parse(rows).problems;
    problems.iter().map(|problem| problem.code).collect()
}

#[test]
fn sixty_one_rows_are_sixty_figures() {
    let figures = shipped();
    assert_eq!(figures.len(), 60);
    let told: usize = figures.iter().map(|figure| figure.quotes.len()).sum();
    assert_eq!(told, 61);
}

#[test]
fn the_seventy_hydrants_of_2017_are_one_figure_with_two_quotes() {
    let figures = shipped();
    let hydrants: Vec<_> = figures
        .iter()
        .filter(|figure| figure.row == "S03" && figure.year == 2017)
        .collect();
    let [hydrants] = hydrants[..] else {
        panic!("one figure, not {}", hydrants.len())
    };
    assert_eq!(hydrants.value, Decimal::whole(70));
    assert_eq!(
        hydrants.quotes,
        ["完成小区墙式消防栓维修70处", "维修墙式消防栓70"]
    );
    let report = report();
    let line = report.line("S03").unwrap();
    let Reported::Figure(figure) = &line.reported[4].1 else {
        panic!("one figure")
    };
    assert_eq!((figure.quotes.len(), figure.entries.len()), (2, 1));
    let sum = line.reported_sum.unwrap();
    assert_eq!(
        (sum.amount.value, sum.known),
        (Decimal::whole(97 + 80 + 70), 3)
    );
    assert!(sum.amount.is_lower_bound(), "2015 says 80余");
}

#[test]
fn nine_thousand_bottles_are_the_sum_of_four_years_of_five() {
    let report = report();
    let line = report.line("S01").unwrap();
    let sum = line.reported_sum.unwrap();
    assert_eq!(
        (sum.amount.value, sum.known, sum.of),
        (Decimal::whole(9_321), 4, 5)
    );
    assert!(!sum.amount.is_lower_bound());
    assert_eq!(line.reported[3], (2016, Reported::Gap));
}

#[test]
fn block_one_is_cumulative_and_in_no_sum() {
    let report = report();
    for (id, value) in [("S28.block1_places", "690"), ("S28.block1_area", "5330.9")] {
        let line = report.line(id).unwrap();
        let Reported::Figure(figure) = &line.reported[4].1 else {
            panic!("{id}")
        };
        assert!(figure.cumulative);
        assert_eq!(figure.amount.value.to_string(), value);
        assert_eq!(line.reported_sum, None);
    }
    let places = report.line("S28.places").unwrap().reported_sum.unwrap();
    assert_eq!(places.amount.value, Decimal::whole(62 + 33));
}

#[test]
fn every_shipped_figure_finds_its_line() {
    assert_eq!(report().unplaced, []);
}

#[test]
fn the_zero_of_2016_is_a_zero_and_the_other_years_are_gaps() {
    let report = report();
    let fireworks = &report.line("S25").unwrap().reported;
    let told: Vec<_> = fireworks.iter().map(|(_, told)| told.summable()).collect();
    assert_eq!(told[3].map(|amount| amount.value), Some(Decimal::whole(0)));
    assert!(
        told.iter()
            .enumerate()
            .all(|(at, told)| (at == 3) == told.is_some())
    );
}

#[test]
fn the_order_of_rows_does_not_show() {
    let text = std::str::from_utf8(LAOXIMEN_FIGURES).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let mut rows: Vec<_> = rows.lines().collect();
    rows.reverse();
    let turned = format!("{header}\n{}\n", rows.join("\n"));
    let entries = |bytes: &[u8]| {
        let mut entries = figure_entries(&parse_figures(bytes, &context()).rows, 7);
        entries.sort_by_key(|(_, _, entry)| entry.envelope.origin);
        entries
    };
    assert_eq!(entries(LAOXIMEN_FIGURES), entries(turned.as_bytes()));
}

#[test]
fn nearly_is_never_imported() {
    assert_eq!(
        codes("2015,S12,people,1000,人次,exact,,组织近1000人次"),
        ["import.nearly"]
    );
    assert_eq!(
        codes("2015,S12,people,1000,人次,lower_bound,,组织近1000人次"),
        ["import.nearly"]
    );
    assert_eq!(
        codes("2015,S12,people,近1000,人次,exact,,组织人次"),
        ["import.nearly"]
    );
    assert_eq!(
        codes("2015,S12,people,1000,人次,近,,组织人次"),
        ["import.nearly"]
    );
    assert_eq!(
        codes("2015,S12,people,1000,人次,exact,,最近1000人次都来了"),
        [""; 0]
    );
}

#[test]
fn more_in_the_quote_is_a_lower_bound_in_the_row() {
    let code = ["import.precision_against_quote"];
    for quote in ["维修70余处", "维修70多处", "维修70处以上", "维修超过70处"] {
        assert_eq!(
            codes(&format!("2015,S04,x,70,处,exact,,{quote}")),
            code,
            "{quote}"
        );
        assert_eq!(
            codes(&format!("2015,S04,x,70,处,lower_bound,,{quote}")),
            [""; 0]
        );
    }
    assert_eq!(codes("2015,S04,x,70,处,exact,,甲170余处、乙70处"), [""; 0]);
}

#[test]
fn two_numbers_for_one_measure_contradict_and_one_row_twice_repeats() {
    let rows = "2017,S03,x,70,处,exact,,a\n2017,S03,x,71,处,exact,,b\n2017,S03,x,70,处,exact,,a\n2017,S03,x,70,㎡,exact,,c\n";
    assert_eq!(codes(rows), ["import.contradiction", "import.duplicate"]);
    assert_eq!(parse(rows).rows.len(), 2, "㎡ is another number than 处");
}

#[test]
fn every_wrong_cell_is_listed_with_its_column() {
    let parsed = parse(
        "13,R1,,3-5,,about,,\n2099,S01,x,1.25,只,exact,,q\n2013,S39,x,100.1,%,exact,,q\n2013,S01,x,\"3,030\",只,exact,,q\n",
    );
    let mut listed: Vec<_> = parsed
        .problems
        .iter()
        .map(|problem| {
            (
                problem.line,
                problem.code,
                problem.column.as_deref().unwrap(),
            )
        })
        .collect();
    listed.sort();
    assert_eq!(
        listed,
        [
            (2, "import.blank", "measure"),
            (2, "import.blank", "quote"),
            (2, "import.blank", "unit"),
            (2, "import.not_one_of", "precision"),
            (2, "import.range", "value"),
            (2, "import.row", "row"),
            (2, "import.year", "year"),
            (3, "import.two_decimals", "value"),
            (3, "import.year", "year"),
            (4, "import.percent", "value"),
            (5, "import.number", "value"),
        ]
    );
    assert!(parsed.rows.is_empty());
}

#[test]
fn a_figure_that_outgrows_an_entry_is_refused() {
    let long = "字".repeat(400);
    let telling = |n: u32| format!("2013,S01,x,1,只,exact,{long},{n}{}\n", "字".repeat(399));
    assert_eq!(codes(&telling(1)), [""; 0]);
    let thrice: String = (0..3).map(telling).collect();
    assert_eq!(codes(&thrice), ["import.entry_too_long"]);
}
