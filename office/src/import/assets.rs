//! Reads assets.csv: a committee's register of extinguishers and other equipment, with the building
//! and door each stands at. When a thing is due is not said here.

use std::collections::{BTreeMap, BTreeSet};

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{
    AssetAdded, Entry, Note, PlaceAdded, PlaceKind, Registration, Service, ServiceKind,
};
use doorstep_model::ids::{AreaId, Identity, PlaceId};
use doorstep_model::label::Label;
use doorstep_model::report::month_text;

use super::dates::{self, FactoryMonth};
use super::places::place_identity;
use super::problem::{Problem, Wrong, shown};
use super::table::{Cells, Column, read};
use super::{AreaNames, Imported, Occurrences, Parsed, origin};

const COLUMNS: &[Column] = &[
    Column::required("area", "区域", 100),
    Column::required("building", "楼栋", 100),
    Column::required("place", "门牌", 100),
    Column::required("type", "类型", 60),
    Column::required("label", "标签", 20),
    Column::required("factory", "出厂年月", 30),
    Column::required("size", "规格", 30),
    Column::required("serviced", "维修年月", 200),
    Column::optional("place_kind", "位置类别", 20),
    Column::optional("maker_life_years", "厂家寿命", 3),
    Column::optional("note", "备注", 500),
];

const PLACE_KINDS: [(&str, &str, PlaceKind); 4] = [
    ("household", "户", PlaceKind::Household),
    ("premises", "商铺", PlaceKind::Premises),
    ("stairwell", "楼道", PlaceKind::Stairwell),
    ("common_part", "公共部位", PlaceKind::CommonPart),
];

/// What is known before the file is read.
#[derive(Debug, Clone)]
pub struct AssetContext {
    /// Areas by code or name.
    pub areas: AreaNames,
    /// Asset types by what a register may call them: the pack's code, its Chinese and English name.
    pub types: BTreeMap<String, String>,
    /// The local day of the import: no factory month lies after it.
    pub today: u32,
}

/// One thing of a register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetRow {
    /// Line of the file.
    pub line: u64,
    /// Its area.
    pub area: AreaId,
    /// The building, as printed.
    pub building: String,
    /// The door or part of the building, as printed; absent = the building itself.
    pub place: Option<(PlaceKind, String)>,
    /// Asset type code of the pack.
    pub asset_type: String,
    /// Label code, its check character right. Whether it sticks on something else already is for the
    /// merge desk.
    pub label: Option<Label>,
    /// Factory month.
    pub factory: FactoryMonth,
    /// Size as printed.
    pub size: Option<String>,
    /// Months of factory services, rising.
    pub serviced: Vec<u32>,
    /// The maker's stated life.
    pub maker_life_years: Option<u8>,
    /// A remark: shown, and no part of what the row is.
    pub note: Option<String>,
    /// The how-manieth such row of the file, from 1.
    pub occurrence: u32,
}

/// Reads assets.csv. Rows that say the same are as many things, unless they carry one label.
pub fn parse_assets(bytes: &[u8], context: &AssetContext) -> Parsed<AssetRow> {
    let (cells, mut problems) = read(bytes, COLUMNS);
    let mut rows: Vec<AssetRow> = Vec::new();
    let mut labels: BTreeMap<Label, u64> = BTreeMap::new();
    let mut occurrences = Occurrences::default();
    for cells in cells {
        let Some(mut row) = asset(&cells, context, &mut problems) else {
            continue;
        };
        if let Some(label) = row.label {
            if let Some(&first) = labels.get(&label) {
                let wrong = Wrong::Duplicate { first };
                problems.push(Problem::of_cell(row.line, "label", wrong));
                continue;
            }
            labels.insert(label, row.line);
        }
        row.occurrence = occurrences.of(row.asset());
        rows.push(row);
    }
    Parsed::new(rows, problems)
}

/// The entries of assets with their buildings and doors, each building once. Rows of one area at a
/// time, since the entries go to that area's documents.
pub fn asset_entries(rows: &[AssetRow], at: i64) -> Vec<Imported> {
    let mut known = BTreeSet::new();
    let mut entries = Vec::new();
    for row in rows {
        let (building, place, asset) = (row.building(), row.place(), row.asset());
        let document = DocumentName::Place(building);
        let mut put = |subject: Identity, origin: Identity, entry: Entry| {
            entries.push((document, subject, entry.with_origin(origin)));
        };
        if known.insert(building) {
            let added = PlaceAdded {
                kind: PlaceKind::Building,
                parent: None,
                name: row.building.clone(),
                order: None,
            };
            put(building, building, Entry::new(added, at));
        }
        if let Some((kind, name)) = &row.place
            && known.insert(place)
        {
            let added = PlaceAdded {
                kind: *kind,
                parent: Some(PlaceId(building)),
                name: name.clone(),
                order: None,
            };
            put(place, place, Entry::new(added, at));
        }
        put(asset, asset, Entry::new(row.added(), at));
        for &month in &row.serviced {
            let service = Service {
                kind: ServiceKind::Serviced,
                month,
                firm: None,
                note: None,
                successor: None,
            };
            let name = origin("service", &[&asset.to_string(), &month_text(month)]);
            put(asset, name, Entry::new(service, at));
        }
        if let Some(text) = &row.note {
            let name = origin("asset note", &[&asset.to_string(), text]);
            let note = Note {
                text: text.clone(),
                photos: None,
            };
            put(asset, name, Entry::new(note, at));
        }
    }
    entries
}

impl AssetRow {
    /// The building that the row names: the same as a list of places makes of it.
    pub fn building(&self) -> Identity {
        place_identity(Some(&self.area), &self.building, PlaceKind::Building, 1)
    }

    /// The door or part of the building; without one the building.
    pub fn place(&self) -> Identity {
        let building = self.building();
        match &self.place {
            None => building,
            Some((kind, name)) => {
                let kind = PLACE_KINDS.iter().find(|(_, _, known)| known == kind);
                let kind = kind.map_or("", |(name, _, _)| name);
                origin("door", &[&building.to_string(), kind, name])
            }
        }
    }

    /// The asset that the row makes: a hash of all it says, remarks aside.
    pub fn asset(&self) -> Identity {
        let factory = match self.factory {
            FactoryMonth::NotRecorded => String::new(),
            FactoryMonth::Unreadable => "unreadable".into(),
            FactoryMonth::Month(month) => month_text(month),
        };
        let serviced: Vec<_> = self
            .serviced
            .iter()
            .map(|month| month_text(*month))
            .collect();
        let life = self
            .maker_life_years
            .map_or_else(String::new, |years| years.to_string());
        let parts: [&str; 8] = [
            &self.place().to_string(),
            &self.asset_type,
            &self
                .label
                .map_or_else(String::new, |label| label.to_string()),
            &factory,
            self.size.as_deref().unwrap_or_default(),
            &serviced.join(" "),
            &life,
            &self.occurrence.to_string(),
        ];
        origin("asset", &parts)
    }

    fn added(&self) -> AssetAdded {
        AssetAdded {
            asset_type: self.asset_type.clone(),
            place: PlaceId(self.place()),
            label: self.label.map(|label| label.to_string()),
            factory: self.factory.stored(),
            size: self.size.clone(),
            batch: None,
            registration: Registration::Imported,
            maker_life_years: self.maker_life_years,
        }
    }
}

fn asset(cells: &Cells, context: &AssetContext, problems: &mut Vec<Problem>) -> Option<AssetRow> {
    let known = problems.len();
    let mut wrong =
        |column: &str, wrong| problems.push(Problem::of_cell(cells.line, column, wrong));
    for column in ["area", "building", "type"] {
        if cells.filled(column).is_none() {
            wrong(column, Wrong::Blank);
        }
    }
    let area = cells.filled("area").and_then(|name| {
        let area = context.areas.get(name).cloned();
        if area.is_none() {
            wrong("area", Wrong::UnknownArea { found: shown(name) });
        }
        area
    });
    let asset_type = cells.filled("type").and_then(|name| {
        let code = context.types.get(name).cloned();
        if code.is_none() {
            let codes: BTreeSet<&str> = context.types.values().map(String::as_str).collect();
            let known = codes.into_iter().collect::<Vec<_>>().join(", ");
            let found = shown(name);
            wrong("type", Wrong::NotOneOf { found, known });
        }
        code
    });
    let kind = place_kind(cells.cell("place_kind"));
    if kind.is_none() {
        let names = PLACE_KINDS.map(|(name, zh, _)| format!("{name}({zh})"));
        let (found, known) = (shown(cells.cell("place_kind")), names.join(", "));
        wrong("place_kind", Wrong::NotOneOf { found, known });
    }
    let label = cells.filled("label").and_then(|text| {
        let label = dates::half_width(text).parse::<Label>();
        label
            .map_err(|why| {
                let found = shown(text);
                wrong("label", Wrong::Label { found, why });
            })
            .ok()
    });
    let factory = dates::factory_month(cells.cell("factory"), context.today);
    let factory = factory.map_err(|date| wrong("factory", date)).ok();
    let mut serviced = Vec::new();
    let services = cells
        .cell("serviced")
        .split([';', '\u{ff1b}', '、'])
        .map(str::trim);
    for text in services.filter(|text| !text.is_empty()) {
        match dates::month(text, context.today) {
            Ok(month) => serviced.push(month),
            Err(date) => wrong("serviced", date),
        }
    }
    serviced.sort_unstable();
    serviced.dedup();
    if let (Some(FactoryMonth::Month(made)), Some(&first)) = (factory, serviced.first())
        && first < made
    {
        let (service, factory) = (month_text(first), month_text(made));
        wrong("serviced", Wrong::ServiceBeforeFactory { service, factory });
    }
    let maker_life_years = cells.filled("maker_life_years").map(|text| {
        let years = dates::half_width(text)
            .parse::<u8>()
            .ok()
            .filter(|years| *years > 0);
        if years.is_none() {
            wrong("maker_life_years", Wrong::Number { found: shown(text) });
        }
        years
    });
    if problems.len() > known {
        return None;
    }
    let place = cells.filled("place").map(str::to_owned);
    Some(AssetRow {
        line: cells.line,
        area: area?,
        building: cells.cell("building").to_owned(),
        place: kind.zip(place),
        asset_type: asset_type?,
        label,
        factory: factory?,
        size: cells.filled("size").map(str::to_owned),
        serviced,
        maker_life_years: maker_life_years.flatten(),
        note: cells.filled("note").map(str::to_owned),
        occurrence: 1,
    })
}

/// The kind of the place column; a household where nothing is said.
fn place_kind(cell: &str) -> Option<PlaceKind> {
    if cell.is_empty() {
        return Some(PlaceKind::Household);
    }
    let mut kinds = PLACE_KINDS.iter();
    kinds
        .find(|(name, zh, _)| *name == cell || *zh == cell)
        .map(|(_, _, kind)| *kind)
}

#[cfg(test)]
mod tests;
