//! A small street of two committees, told row by row.

mod columns;
mod figures;
mod rates;
mod words;

use super::*;
use crate::entry::{CaseClass, Mark};
use crate::ids::{AreaId, AuthorTag, Identity};

/// The street that both committees are of, and that reports figures.
pub(super) const STREET: &str = "310101019";
pub(super) const A: &str = "310101019014";
pub(super) const B: &str = "310101019017";

pub(super) fn id(n: u64) -> Identity {
    Identity::of_entry(AuthorTag([7; 4]), n)
}

/// The `nth` day of a month, from 1.
pub(super) fn day(year: u32, month: u32, nth: u32) -> u32 {
    first_day_of(year * 12 + month - 1) + nth - 1
}

/// Noon of a local day, in unix seconds.
pub(super) fn noon(day: u32) -> i64 {
    i64::from(day) * 86_400 + 4 * 3600
}

pub(super) fn frame(periods: &[Period]) -> Frame {
    let name = Words {
        zh: "2个居委会".into(),
        en: "2 committees".into(),
    };
    let member = |code: &str, name: &str| (AreaId::new(code).unwrap(), name.to_owned());
    let areas = NamedAreas {
        name,
        on: day(2017, 12, 31),
        members: vec![member(A, "文庙"), member(B, "学宫街")],
    };
    let end = periods.last().unwrap().last_day();
    Frame::new(LineRegister::shipped(), areas, periods.to_vec(), end).unwrap()
}

pub(super) fn years(from: u16, to: u16) -> Frame {
    let periods: Vec<_> = (from..=to).map(Period::Year).collect();
    frame(&periods)
}

pub(super) fn covered(frame: &mut Frame, area: &str, from: u32, to: u32) {
    let kind = CoverKind::ClosedLedger;
    frame.cover(CoverRow {
        area,
        kind,
        from,
        to,
    });
}

pub(super) fn handout(
    n: u64,
    item: &'static str,
    quantity: u32,
    unit: &'static str,
    day: u32,
) -> HandoutRow<'static> {
    HandoutRow {
        identity: id(n),
        household: id(1_000_000 + n),
        batch: id(1),
        item,
        quantity,
        unit,
        day,
        area: A,
        manner: None,
        mark: None,
        late: false,
    }
}

pub(super) fn hazard(n: u64, found: u32, rectified: Option<u32>) -> CaseRow<'static> {
    CaseRow {
        identity: id(n),
        class: CaseClass::Hazard,
        kind: "e_bike",
        hazard_class: "fire",
        unit: "处",
        asset_type: None,
        place: id(2),
        area: A,
        found_day: found,
        rectified_day: rectified,
        on_spot: false,
        open: rectified.is_none(),
        duplicate: false,
        campaign: None,
        mark: None,
        late: false,
    }
}

pub(super) fn repair(n: u64, asset_type: &'static str, rectified: u32) -> CaseRow<'static> {
    CaseRow {
        class: CaseClass::Repair,
        kind: "leak",
        hazard_class: "",
        unit: "",
        asset_type: Some(asset_type),
        ..hazard(n, rectified - 3, Some(rectified))
    }
}

pub(super) fn figure(
    n: u64,
    year: u16,
    row: &str,
    measure: &str,
    amount: Amount,
    unit: &str,
) -> FigureRow {
    FigureRow {
        identity: id(n),
        area: STREET.into(),
        year,
        row: row.into(),
        measure: measure.into(),
        amount,
        unit: unit.into(),
        quotes: vec![format!("quote {n}")],
        note: None,
        cumulative: false,
    }
}

/// The total of a line in its nth column.
pub(super) fn total<'a>(report: &'a Report, line: &str, column: usize) -> &'a Measured {
    let result = report.line(line).expect("the line is in the register");
    &result.measured.as_ref().expect("the line counts")[column].total
}

pub(super) fn value(report: &Report, line: &str, column: usize) -> Option<String> {
    let amount = total(report, line, column).amount();
    amount.map(|amount| amount.value.to_string())
}

/// A part beside a line's total.
pub(super) fn part(measured: &Measured, part: Part) -> Option<String> {
    let parts = match measured {
        Measured::Count(count) => &count.parts,
        Measured::Rate(rate) => &rate.parts,
        Measured::Gap(gap) => &gap.parts,
    };
    let found = parts.iter().find(|one| one.part == part);
    found.map(|one| one.side.value.to_string())
}

pub(super) const GENERATED: Option<Mark> = Some(Mark::Generated);
