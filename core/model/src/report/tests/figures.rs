//! The reported column: figures, quotes, gaps, sums.

use super::*;

#[test]
fn a_missing_year_is_a_gap_and_the_sum_says_how_many_years_it_has() {
    let mut fold = years(2013, 2017).fold();
    let bottles = "extinguishers handed out";
    let two_kg = "extinguishers handed out (2 kg)";
    for (n, year, measure, number) in [
        (1, 2013, two_kg, 3030),
        (2, 2014, bottles, 2023),
        (3, 2015, bottles, 2174),
        (4, 2017, bottles, 2094),
    ] {
        fold.figure(figure(n, year, "S01", measure, Amount::exact(number), "只"));
    }
    fold.handout(handout(9, "extinguisher.co2", 1, "只", day(2016, 3, 1)));
    let report = fold.finish();
    let line = report.line("S01").unwrap();
    assert_eq!(
        line.reported[3],
        (2016, Reported::Gap),
        "a measured number fills no gap"
    );
    let sum = line.reported_sum.unwrap();
    assert_eq!((sum.amount, sum.known, sum.of), (Amount::exact(9321), 4, 5));
    let measured = line.measured_sum.unwrap();
    assert_eq!((measured.amount, measured.known), (Amount::exact(1), 1));
    assert!(line.joined, "2 kg and any size are two measures");
    let json = serde_json::to_value(&report).unwrap();
    let gap = &json["lines"][0]["reported"]["2016"];
    assert_eq!(
        (&gap["value"], &gap["gap"]),
        (&serde_json::Value::Null, &true.into())
    );
}

#[test]
fn one_figure_told_twice_is_one_and_two_numbers_are_never_added() {
    let hydrants = |n, number| {
        let amount = Amount::exact(number);
        figure(n, 2017, "S03", "wall hydrants repaired", amount, "处")
    };
    let mut fold = years(2017, 2017).fold();
    fold.figure(hydrants(1, 70));
    fold.figure(hydrants(2, 70));
    let Reported::Figure(told) = fold.clone().finish().line("S03").unwrap().reported[0]
        .1
        .clone()
    else {
        panic!("one figure")
    };
    assert_eq!(told.amount, Amount::exact(70));
    assert_eq!(told.quotes, ["quote 1", "quote 2"]);

    fold.figure(hydrants(3, 71));
    let report = fold.finish();
    let line = report.line("S03").unwrap();
    assert!(matches!(&line.reported[0].1, Reported::Several(told) if told.len() == 2));
    assert_eq!(line.reported_sum, None, "nobody knows which");
}

#[test]
fn a_cumulative_figure_is_in_no_sum() {
    let measure = "illegal structures removed (block 1)";
    let mut fold = years(2016, 2017).fold();
    fold.figure(figure(1, 2017, "S28", measure, Amount::exact(690), "处"));
    let mut told = figure(
        2,
        2017,
        "S28",
        "illegal structures removed",
        Amount::exact(33),
        "处",
    );
    told.cumulative = true;
    fold.figure(told);
    let report = fold.finish();
    for id in ["S28.block1_places", "S28.places"] {
        let line = report.line(id).unwrap();
        let Reported::Figure(figure) = &line.reported[1].1 else {
            panic!("{id} is told")
        };
        assert!(figure.cumulative);
        assert_eq!(line.reported_sum, None, "{id}");
    }
}

#[test]
fn a_figure_without_a_line_is_shown_with_the_reason() {
    let mut fold = years(2017, 2017).fold();
    let bottles = "extinguishers handed out";
    fold.figure(figure(1, 2017, "S01", bottles, Amount::exact(5), "箱"));
    fold.figure(figure(2, 2011, "S01", bottles, Amount::exact(5), "只"));
    let report = fold.finish();
    let reasons: Vec<_> = report.unplaced.iter().map(|one| one.reason).collect();
    assert_eq!(reasons, [UnplacedReason::NoLine, UnplacedReason::NoColumn]);
    assert_eq!(report.line("S01").unwrap().reported[0].1, Reported::Gap);
}

#[test]
fn what_a_street_reported_is_no_figure_of_one_of_its_committees() {
    let told_by = |area: &str| {
        let mut frame = years(2017, 2017);
        frame.told_by([AreaId::new(area).unwrap()]);
        let mut fold = frame.fold();
        let amount = Amount::exact(70);
        fold.figure(figure(
            1,
            2017,
            "S03",
            "wall hydrants repaired",
            amount,
            "处",
        ));
        fold.finish()
    };
    let of_the_street = told_by(STREET);
    let told = &of_the_street.line("S03").unwrap().reported[0].1;
    assert!(matches!(told, Reported::Figure(_)), "{told:?}");
    let of_a_committee = told_by(A);
    let told = &of_a_committee.line("S03").unwrap().reported[0].1;
    assert_eq!(told, &Reported::Gap);
    assert_eq!(
        of_a_committee.unplaced[0].reason,
        UnplacedReason::OtherAreas
    );
}
