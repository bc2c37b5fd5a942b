//! Registers of committees, told right and wrong.

use super::*;
use doorstep_model::entry::Body;
use doorstep_model::report::first_day_of;

fn context() -> AssetContext {
    let area = AreaId::new("310101019014").unwrap();
    let areas = ["310101019014", "文庙居委会"].map(|name| (name.to_owned(), area.clone()));
    let types = [
        ("extinguisher.dry_powder", "extinguisher.dry_powder"),
        ("干粉灭火器", "extinguisher.dry_powder"),
        ("hydrant.wall", "hydrant.wall"),
    ];
    AssetContext {
        areas: areas.into(),
        types: types
            .map(|(name, code)| (name.to_owned(), code.to_owned()))
            .into(),
        today: first_day_of(2026 * 12 + 10) + 24,
    }
}

const HEADER: &str =
    "area,building,place,type,label,factory,size,serviced,place_kind,maker_life_years,note\n";

fn parse(rows: &str) -> Parsed<AssetRow> {
    parse_assets(format!("{HEADER}{rows}").as_bytes(), &context())
}

fn listed(parsed: &Parsed<AssetRow>) -> Vec<(u64, &'static str)> {
    parsed
        .problems
        .iter()
        .map(|problem| (problem.line, problem.code))
        .collect()
}

fn bottle(factory: &str) -> String {
    format!("文庙居委会,3号楼,204,干粉灭火器,,{factory},2kg,,,,\n")
}

#[test]
fn a_row_makes_its_building_its_door_and_its_asset() {
    let row =
        "310101019014,3号楼,204室,干粉灭火器,k7m2-p9qe,16年11月,2kg,2021.11;Oct-23,,10,压力偏低\n";
    let parsed = parse(row);
    assert_eq!(parsed.problems, []);
    let row = &parsed.rows[0];
    assert_eq!(
        row.label.map(|label| label.to_string()).as_deref(),
        Some("K7M2P9QE")
    );
    assert_eq!(row.serviced, [2021 * 12 + 10, 2023 * 12 + 9]);
    let entries = asset_entries(&parsed.rows, 1_800_000_000);
    let kinds: Vec<u16> = entries
        .iter()
        .map(|(_, _, entry)| entry.body.kind())
        .collect();
    assert_eq!(kinds, [1, 1, 2, 26, 26, 18]);
    let document = DocumentName::Place(row.building());
    assert!(entries.iter().all(|(of, ..)| *of == document));
    assert!(
        entries
            .iter()
            .all(|(_, _, entry)| entry.envelope.origin.is_some())
    );
    let Body::AssetAdded(asset) = &entries[2].2.body else {
        panic!("an asset")
    };
    assert_eq!(asset.factory, Some(2016 * 12 + 10));
    assert_eq!(asset.place, PlaceId(entries[1].1));
    assert_eq!(
        (entries[2].1, entries[2].2.envelope.origin),
        (row.asset(), Some(row.asset()))
    );
}

#[test]
fn however_a_month_is_written_it_is_one_asset() {
    let cells = ["2016.11", "16年11月", "Nov-16", "42675", "2016-11-00"];
    let assets: BTreeSet<Identity> = cells
        .iter()
        .map(|cell| parse(&bottle(cell)).rows[0].asset())
        .collect();
    assert_eq!(assets.len(), 1);
    let others = ["", "无法辨认", "2016.12"];
    let others: BTreeSet<Identity> = others
        .iter()
        .map(|cell| parse(&bottle(cell)).rows[0].asset())
        .collect();
    assert_eq!(others.len(), 3);
    assert!(others.is_disjoint(&assets));
}

#[test]
fn blank_and_unreadable_are_two_facts() {
    let parsed = parse(&(bottle("") + &bottle("unreadable")));
    let factories: Vec<_> = parsed.rows.iter().map(|row| row.factory).collect();
    assert_eq!(
        factories,
        [FactoryMonth::NotRecorded, FactoryMonth::Unreadable]
    );
    let stored: Vec<_> = factories.iter().map(|factory| factory.stored()).collect();
    assert_eq!(stored, [None, Some(0)]);
}

#[test]
fn two_bottles_that_look_alike_are_two_and_one_label_is_one() {
    let parsed = parse(&bottle("2016.11").repeat(2));
    assert_eq!(parsed.problems, []);
    assert_eq!(
        parsed
            .rows
            .iter()
            .map(|row| row.occurrence)
            .collect::<Vec<_>>(),
        [1, 2]
    );
    assert_ne!(parsed.rows[0].asset(), parsed.rows[1].asset());
    let labelled = "文庙居委会,3号楼,204,干粉灭火器,W222238K,2016.11,2kg,,,,\n";
    let other = "文庙居委会,4号楼,101,hydrant.wall,w222-238k,,,,,,\n";
    let parsed = parse(&format!("{labelled}{other}"));
    assert_eq!(listed(&parsed), [(3, "import.duplicate")]);
}

#[test]
fn remarks_and_files_do_not_change_what_a_row_is() {
    let row = |note: &str| format!("文庙居委会,3号楼,,hydrant.wall,,,,,,,{note}\n");
    let plain = parse(&row("")).rows;
    let remarked = parse(&(bottle("2016.11") + &row("门锈"))).rows;
    assert_eq!(plain[0].asset(), remarked[1].asset());
    assert_eq!(
        plain[0].place(),
        plain[0].building(),
        "no door: the building itself"
    );
    let once = asset_entries(&remarked, 5);
    let buildings = once
        .iter()
        .filter(|(_, subject, _)| *subject == plain[0].building());
    assert_eq!(buildings.count(), 1);
    let mut turned = remarked.clone();
    turned.reverse();
    let origins = |rows: &[AssetRow]| -> BTreeSet<Option<Identity>> {
        asset_entries(rows, 5)
            .iter()
            .map(|(_, _, entry)| entry.envelope.origin)
            .collect()
    };
    assert_eq!(origins(&remarked), origins(&turned));
}

#[test]
fn a_building_of_the_list_of_places_is_the_building_of_the_register() {
    use crate::import::{PlaceContext, parse_places};
    let context = PlaceContext {
        areas: context().areas,
        today: context().today,
    };
    let file = "name,kind,named in,area\n陆林大楼,high-rise residence,2013,文庙居委会\n";
    let places = parse_places(file.as_bytes(), &context).rows;
    let assets = parse("文庙居委会,陆林大楼,,hydrant.wall,,,,,,,\n").rows;
    assert_eq!(places[0].place(), assets[0].building());
}

#[test]
fn dates_that_cannot_be_are_refused_and_all_are_listed() {
    let rows: String = ["05/06/26", "2016-02-30", "2026-12", "2016.1", "2016"]
        .map(bottle)
        .concat();
    let early = "文庙居委会,3号楼,204,干粉灭火器,,2016.11,,2015.11,,,\n";
    let parsed = parse(&(rows + early + &bottle("2016.11")));
    assert_eq!(
        listed(&parsed),
        [
            (2, "import.year_not_first"),
            (3, "import.impossible_date"),
            (4, "import.future"),
            (5, "import.ambiguous_month"),
            (6, "import.month_missing"),
            (7, "import.service_before_factory"),
        ]
    );
    assert_eq!(parsed.clone().accept(false).unwrap_err().len(), 6);
    assert_eq!(parsed.accept(true).map(|rows| rows.len()), Ok(1));
}

#[test]
fn every_wrong_cell_is_listed() {
    let parsed = parse("艾家弄,,204,泡沫,a!,,,,cellar,0,\n");
    let codes: BTreeSet<_> = listed(&parsed).into_iter().collect();
    let wanted = [
        (2, "import.blank"),
        (2, "label.length"),
        (2, "import.not_one_of"),
        (2, "import.number"),
        (2, "import.unknown_area"),
    ];
    assert_eq!(codes, wanted.into());
    let of_type = parsed
        .problems
        .iter()
        .find(|p| p.column.as_deref() == Some("type"))
        .unwrap();
    assert!(
        of_type.en.contains("extinguisher.dry_powder, hydrant.wall"),
        "{}",
        of_type.en
    );
}

#[test]
fn a_label_that_was_misread_is_refused_by_its_check_character() {
    let with = |label: &str| format!("文庙居委会,3号楼,204,干粉灭火器,{label},2016.11,2kg,,,,\n");
    let typed = [
        "W222238K", "W222238M", "W222283K", "W22223BK", "W222238", "W2222O8K", "A123/567",
    ];
    let parsed = parse(&typed.map(with).concat());
    assert_eq!(
        listed(&parsed),
        [
            (3, "label.check"),
            (4, "label.check"),
            (5, "label.check"),
            (6, "label.length"),
            (7, "label.look_alike"),
            (8, "label.look_alike"),
        ]
    );
    assert!(parsed.problems[0].zh.contains("校验位"));
    assert!(parsed.problems[0].en.contains("check character"));
    assert_eq!(parsed.accept(true).map(|rows| rows.len()), Ok(1));
}

#[test]
fn a_whole_committee_reads_in_one_go() {
    let rows: String = (0..3_000)
        .map(|n| {
            format!(
                "文庙居委会,{}号楼,{},干粉灭火器,,2016.11,2kg,,,,\n",
                n / 24,
                n % 24
            )
        })
        .collect();
    let parsed = parse(&rows);
    assert_eq!((parsed.rows.len(), parsed.problems.len()), (3_000, 0));
}
