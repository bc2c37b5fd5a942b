//! Reads places.csv: estates, lane houses and sites that texts name. Doors and stairwells come with
//! the registers of assets, not from here.

use std::collections::BTreeMap;

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Entry, Note, PlaceAdded, PlaceKind};
use doorstep_model::ids::{AreaId, Identity};

use super::problem::{Problem, Wrong, shown};
use super::table::{Cells, Column, read};
use super::{AreaNames, Imported, Occurrences, Parsed, dates, origin};

const COLUMNS: &[Column] = &[
    Column::required("name", "名称", 100),
    Column::required("kind", "类别", 60),
    Column::required("named in", "见于年份", 100),
    Column::optional("area", "区域", 100),
];

/// Kinds as texts name them, and what each is.
const KINDS: [(&str, PlaceKind); 19] = [
    ("estate", PlaceKind::Estate),
    ("old estate", PlaceKind::Estate),
    ("old lane houses", PlaceKind::Estate),
    ("demolition base", PlaceKind::Estate),
    ("小区", PlaceKind::Estate),
    ("旧小区", PlaceKind::Estate),
    ("里弄", PlaceKind::Estate),
    ("旧里", PlaceKind::Estate),
    ("征收基地", PlaceKind::Estate),
    ("building", PlaceKind::Building),
    ("high-rise residence", PlaceKind::Building),
    ("楼", PlaceKind::Building),
    ("高层住宅", PlaceKind::Building),
    ("market", PlaceKind::Premises),
    ("care home", PlaceKind::Premises),
    ("care centre", PlaceKind::Premises),
    ("service centre", PlaceKind::Premises),
    ("service point", PlaceKind::Premises),
    ("单位", PlaceKind::Premises),
];

/// What is known before the file is read.
#[derive(Debug, Clone)]
pub struct PlaceContext {
    /// Areas by code or name.
    pub areas: AreaNames,
    /// The local day of the import: no text of a later year exists.
    pub today: u32,
}

/// One place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceRow {
    /// Line of the file.
    pub line: u64,
    /// Name as printed. Names that look alike are two places until the office links them.
    pub name: String,
    /// Kind as printed.
    pub kind_text: String,
    /// What it is.
    pub kind: PlaceKind,
    /// Years of the texts that name it, rising.
    pub named_in: Vec<u16>,
    /// Its area, where the file says.
    pub area: Option<AreaId>,
    /// The how-manieth such row of the file, from 1.
    pub occurrence: u32,
}

impl PlaceRow {
    /// The place that the row makes.
    pub fn place(&self) -> Identity {
        place_identity(self.area.as_ref(), &self.name, self.kind, self.occurrence)
    }
}

/// A building is the same whether a list of places or a register of assets names it first; any other
/// place also by its kind.
pub(super) fn place_identity(
    area: Option<&AreaId>,
    name: &str,
    kind: PlaceKind,
    occurrence: u32,
) -> Identity {
    let kind = match kind {
        PlaceKind::Estate => "estate",
        PlaceKind::Building => "building",
        PlaceKind::Stairwell => "stairwell",
        PlaceKind::Household => "household",
        PlaceKind::Premises => "premises",
        PlaceKind::CommonPart => "common_part",
    };
    let area = area.map_or("", AreaId::as_str);
    origin("place", &[area, name, kind, &occurrence.to_string()])
}

/// Reads places.csv.
pub fn parse_places(bytes: &[u8], context: &PlaceContext) -> Parsed<PlaceRow> {
    let (cells, mut problems) = read(bytes, COLUMNS);
    let mut rows: Vec<PlaceRow> = Vec::new();
    let mut lines: BTreeMap<(Option<AreaId>, String, String), u64> = BTreeMap::new();
    let mut occurrences = Occurrences::default();
    for cells in cells {
        let Some(mut row) = place(&cells, context, &mut problems) else {
            continue;
        };
        let said = (row.area.clone(), row.name.clone(), row.kind_text.clone());
        if let Some(&first) = lines.get(&said) {
            problems.push(Problem::of_row(row.line, Wrong::Duplicate { first }));
            continue;
        }
        lines.insert(said, row.line);
        row.occurrence = occurrences.of(row.place());
        rows.push(row);
    }
    Parsed::new(rows, problems)
}

/// The entries of places: each opens its own document and keeps, as a note, which texts name it.
pub fn place_entries(rows: &[PlaceRow], at: i64) -> Vec<Imported> {
    let entries = rows.iter().flat_map(|row| {
        let place = row.place();
        let added = PlaceAdded {
            kind: row.kind,
            parent: None,
            name: row.name.clone(),
            order: None,
        };
        let added = Entry::new(added, at).with_origin(place);
        let mut entries = vec![(DocumentName::Place(place), place, added)];
        if !row.named_in.is_empty() {
            let years = row.named_in.iter().map(u16::to_string).collect::<Vec<_>>();
            let text = format!("{}:{}", row.kind_text, years.join(" "));
            let source = origin("place source", &[&place.to_string(), &text]);
            let note = Note { text, photos: None };
            let note = Entry::new(note, at).with_origin(source);
            entries.push((DocumentName::Place(place), place, note));
        }
        entries
    });
    entries.collect()
}

fn place(cells: &Cells, context: &PlaceContext, problems: &mut Vec<Problem>) -> Option<PlaceRow> {
    let known = problems.len();
    let mut wrong =
        |column: &str, wrong| problems.push(Problem::of_cell(cells.line, column, wrong));
    for column in ["name", "kind"] {
        if cells.filled(column).is_none() {
            wrong(column, Wrong::Blank);
        }
    }
    let kind_text = cells.cell("kind");
    let kind = KINDS
        .iter()
        .find(|(text, _)| text.eq_ignore_ascii_case(kind_text));
    if kind.is_none() && !kind_text.is_empty() {
        let names: Vec<_> = KINDS.iter().map(|(text, _)| *text).collect();
        let (found, known) = (shown(kind_text), names.join(", "));
        wrong("kind", Wrong::NotOneOf { found, known });
    }
    let mut named_in = Vec::new();
    for text in cells
        .cell("named in")
        .split([' ', '、', ';', '\u{ff1b}'])
        .filter(|text| !text.is_empty())
    {
        match year(text, context.today) {
            Some(year) => named_in.push(year),
            None => wrong("named in", Wrong::Year { found: shown(text) }),
        }
    }
    named_in.sort_unstable();
    named_in.dedup();
    let area = cells.filled("area").and_then(|name| {
        let area = context.areas.get(name).cloned();
        if area.is_none() {
            wrong("area", Wrong::UnknownArea { found: shown(name) });
        }
        area
    });
    if problems.len() > known {
        return None;
    }
    Some(PlaceRow {
        line: cells.line,
        name: cells.cell("name").to_owned(),
        kind_text: kind_text.to_owned(),
        kind: kind?.1,
        named_in,
        area,
        occurrence: 1,
    })
}

/// A year from 1949 to today's, four digits.
pub(super) fn year(text: &str, today: u32) -> Option<u16> {
    let text = dates::half_width(text);
    let year: u16 = text.parse().ok().filter(|_| text.len() == 4)?;
    let this_year = doorstep_model::report::month_of(today) / 12;
    (1949..=this_year)
        .contains(&u32::from(year))
        .then_some(year)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::LAOXIMEN_PLACES;
    use doorstep_model::report::first_day_of;

    fn context() -> PlaceContext {
        let area = AreaId::new("310101019014").unwrap();
        let names = ["310101019014", "文庙居委会"].map(|name| (name.to_owned(), area.clone()));
        PlaceContext {
            areas: names.into(),
            today: first_day_of(2026 * 12 + 10) + 24,
        }
    }

    fn parse(rows: &str) -> Parsed<PlaceRow> {
        parse_places(
            format!("name,kind,named in,area\n{rows}").as_bytes(),
            &context(),
        )
    }

    #[test]
    fn the_summaries_name_thirty_places() {
        let parsed = parse_places(LAOXIMEN_PLACES, &context());
        assert_eq!(parsed.problems, []);
        assert_eq!(parsed.rows.len(), 30);
        let of = |kind| parsed.rows.iter().filter(|row| row.kind == kind).count();
        assert_eq!((of(PlaceKind::Estate), of(PlaceKind::Building)), (23, 1));
        let entries = place_entries(&parsed.rows, 0);
        assert_eq!(entries.len(), 60, "each place with its source");
        let places: std::collections::BTreeSet<_> = entries.iter().map(|(d, ..)| *d).collect();
        assert_eq!(places.len(), 30);
    }

    #[test]
    fn names_that_look_alike_stay_two_places() {
        let rows = parse("龙门村,estate,2013,\n龙门邨,estate,2013,\n").rows;
        assert_eq!(rows.len(), 2);
        assert_ne!(rows[0].place(), rows[1].place());
    }

    #[test]
    fn an_area_is_known_by_code_or_name() {
        let parsed = parse("甲,楼,,文庙居委会\n乙,楼,,310101019014\n丙,楼,,艾家弄\n");
        assert_eq!(parsed.rows[0].area, parsed.rows[1].area);
        let [problem] = &parsed.problems[..] else {
            panic!("one problem")
        };
        assert_eq!((problem.line, problem.code), (4, "import.unknown_area"));
    }

    #[test]
    fn what_is_wrong_is_listed_with_what_would_be_right() {
        let parsed = parse("甲,castle,2013 2099,\n,小区,,\n乙,小区,2013,\n乙,小区,2014,\n");
        let listed: Vec<_> = parsed.problems.iter().map(|p| (p.line, p.code)).collect();
        assert_eq!(
            listed,
            [
                (2, "import.not_one_of"),
                (2, "import.year"),
                (3, "import.blank"),
                (5, "import.duplicate"),
            ]
        );
        assert!(parsed.problems[0].zh.contains("里弄"));
    }
}
