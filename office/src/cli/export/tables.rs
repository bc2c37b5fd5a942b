//! Rows as CSV: one file a table, UTF-8 with a byte-order mark so that spreadsheets read Chinese.
//! People stand in them by number, never by name.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use doorstep_model::ids::{AreaId, Identity, PlaceId};
use doorstep_replica::query::{AssetFilter, AssetLine, CaseFilter, PAGE_MAX, Page, PlaceLine};
use doorstep_replica::{Part, Replica};

use super::super::progress::Progress;
use super::super::{Failure, moment};
use crate::bureau::Bureau;

const MARK: &[u8] = "\u{feff}".as_bytes();

/// Writes all tables of these areas. Gives how many files and rows.
pub(super) fn write(
    bureau: &Bureau,
    areas: &[AreaId],
    folder: &Path,
    progress: &mut dyn Progress,
) -> Result<(u64, u64), Failure> {
    let replica = bureau.office().replica();
    let mut tables = Tables::begin(folder)?;
    for declared in replica.declared_areas()? {
        if areas.contains(&declared.code) {
            tables.areas.row([
                declared.code.to_string(),
                declared
                    .parent
                    .map(|code| code.to_string())
                    .unwrap_or_default(),
                declared.level,
                declared.name,
            ])?;
        }
    }
    // An area without a feed has declared itself and holds nothing yet.
    let held = replica.areas()?;
    let areas: Vec<&AreaId> = areas.iter().filter(|area| held.contains(area)).collect();
    for (index, area) in (0..).zip(&areas) {
        progress.reached(index, areas.len() as u64);
        tables.places(replica, area, None, 0)?;
        tables.assets(replica, area)?;
        tables.cases(replica, area)?;
    }
    tables.end()
}

struct Tables {
    areas: Table<4>,
    places: Table<6>,
    assets: Table<9>,
    checks: Table<9>,
    cases: Table<10>,
}

impl Tables {
    fn begin(folder: &Path) -> Result<Self, Failure> {
        let code = "区域代码 area";
        Ok(Self {
            areas: Table::begin(
                folder,
                "areas.csv",
                ["代码 code", "上级 parent", "级别 level", "名称 name"],
            )?,
            places: Table::begin(
                folder,
                "places.csv",
                [
                    code,
                    "编号 id",
                    "上级 parent",
                    "名称 name",
                    "标签 label",
                    "状态 state",
                ],
            )?,
            assets: Table::begin(
                folder,
                "assets.csv",
                [
                    code,
                    "编号 id",
                    "类型 type",
                    "标签 label",
                    "地点 place",
                    "出厂 factory",
                    "规格 size",
                    "结果 result",
                    "检查时间 checked",
                ],
            )?,
            checks: Table::begin(
                folder,
                "checks.csv",
                [
                    code,
                    "记录 entry",
                    "器材 asset",
                    "人员 person",
                    "时间 time",
                    "结果 result",
                    "被更正 corrected by",
                    "被取代 superseded by",
                    "备注 note",
                ],
            )?,
            cases: Table::begin(
                folder,
                "cases.csv",
                [
                    code,
                    "编号 id",
                    "种类 kind",
                    "地点 place",
                    "状态 state",
                    "级别 level",
                    "疑似重大 suspected",
                    "发现 found",
                    "期限 deadline",
                    "备注 note",
                ],
            )?,
        })
    }

    fn places(
        &mut self,
        replica: &Replica,
        area: &AreaId,
        parent: Option<PlaceId>,
        depth: u8,
    ) -> Result<(), Failure> {
        each(
            |part| Ok(replica.places(area, parent, part)?),
            |line: PlaceLine| {
                self.places.row([
                    area.to_string(),
                    line.id.to_string(),
                    line.parent.map(|id| id.to_string()).unwrap_or_default(),
                    line.name,
                    line.label.unwrap_or_default(),
                    line.state.unwrap_or_default(),
                ])?;
                // A city block is four deep; what turns in a circle ends here.
                match depth < 16 {
                    true => self.places(replica, area, Some(line.id), depth + 1),
                    false => Ok(()),
                }
            },
        )
    }

    fn assets(&mut self, replica: &Replica, area: &AreaId) -> Result<(), Failure> {
        each(
            |part| Ok(replica.assets(area, &AssetFilter::default(), part)?),
            |line: AssetLine| {
                self.assets.row([
                    area.to_string(),
                    line.id.to_string(),
                    line.asset_type,
                    line.label.unwrap_or_default(),
                    replica.place_name(line.place)?.unwrap_or_default(),
                    line.factory.unwrap_or_default(),
                    line.size.unwrap_or_default(),
                    line.result.unwrap_or_default(),
                    line.checked_at.map(moment).unwrap_or_default(),
                ])?;
                for look in replica.asset(line.id)?.history {
                    let id = |id: Option<Identity>| id.map(|id| id.to_string()).unwrap_or_default();
                    self.checks.row([
                        area.to_string(),
                        look.check.to_string(),
                        line.id.to_string(),
                        look.person.to_string(),
                        moment(look.time),
                        look.result,
                        id(look.corrected_by),
                        id(look.superseded_by),
                        look.note.unwrap_or_default(),
                    ])?;
                }
                Ok(())
            },
        )
    }

    fn cases(&mut self, replica: &Replica, area: &AreaId) -> Result<(), Failure> {
        for filter in [CaseFilter::Open, CaseFilter::Settled] {
            each(
                |part| Ok(replica.cases(area, filter, part)?),
                |line| {
                    let place = match line.place {
                        Some(place) => replica.place_name(place)?,
                        None => None,
                    };
                    self.cases.row([
                        area.to_string(),
                        line.id.to_string(),
                        line.kind,
                        place.unwrap_or_default(),
                        line.state,
                        line.level.to_string(),
                        line.suspected.to_string(),
                        moment(line.found_at),
                        line.deadline
                            .and_then(|day| u32::try_from(day).ok())
                            .map(doorstep_model::report::day_text)
                            .unwrap_or_default(),
                        line.note.unwrap_or_default(),
                    ])
                },
            )?;
        }
        Ok(())
    }

    fn end(self) -> Result<(u64, u64), Failure> {
        let rows = [
            self.areas.end()?,
            self.places.end()?,
            self.assets.end()?,
            self.checks.end()?,
            self.cases.end()?,
        ];
        Ok((rows.len() as u64, rows.iter().sum()))
    }
}

/// Reads a list page by page.
fn each<T>(
    mut read: impl FnMut(Part<'_>) -> Result<Page<T>, Failure>,
    mut take: impl FnMut(T) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut after: Option<String> = None;
    loop {
        let page = read(Part {
            after: after.as_deref(),
            limit: PAGE_MAX,
        })?;
        for row in page.rows {
            take(row)?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// A file of rows.
struct Table<const N: usize> {
    path: std::path::PathBuf,
    writer: csv::Writer<BufWriter<File>>,
    rows: u64,
}

impl<const N: usize> Table<N> {
    fn begin(folder: &Path, name: &str, titles: [&str; N]) -> Result<Self, Failure> {
        let path = folder.join(name);
        let begun = File::create(&path).and_then(|file| {
            let mut file = BufWriter::new(file);
            file.write_all(MARK)?;
            let mut writer = csv::Writer::from_writer(file);
            writer.write_record(titles)?;
            Ok(writer)
        });
        let writer = begun.map_err(|error| Failure::of_file(&path, &error))?;
        Ok(Self {
            path,
            writer,
            rows: 0,
        })
    }

    fn row(&mut self, cells: [String; N]) -> Result<(), Failure> {
        self.rows += 1;
        let written = self.writer.write_record(cells.map(harmless));
        written.map_err(|error| Failure::of_file(&self.path, &error.into()))
    }

    fn end(mut self) -> Result<u64, Failure> {
        let flushed = self.writer.flush();
        flushed.map_err(|error| Failure::of_file(&self.path, &error))?;
        Ok(self.rows)
    }
}

/// A cell that no spreadsheet takes for a formula, whatever a note begins with.
fn harmless(cell: String) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t']) {
        true => format!("'{cell}"),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_begins_with_a_mark_and_holds_no_formula() {
        let folder = tempfile::tempdir().unwrap();
        let mut table = Table::begin(folder.path(), "t.csv", ["备注 note"]).unwrap();
        table.row(["=HYPERLINK(\"x\")".to_owned()]).unwrap();
        table.row(["三辆, 占道".to_owned()]).unwrap();
        assert_eq!(table.end().unwrap(), 2);
        let text = std::fs::read_to_string(folder.path().join("t.csv")).unwrap();
        assert_eq!(
            text,
            "\u{feff}备注 note\n\"'=HYPERLINK(\"\"x\"\")\"\n\"三辆, 占道\"\n"
        );
    }

    #[test]
    fn a_list_is_read_to_its_end() {
        let mut taken = vec![];
        each(
            |part| {
                let at: u32 = part.after.map_or(0, |after| after.parse().unwrap());
                Ok(Page {
                    rows: vec![at],
                    next: (at < 2).then(|| (at + 1).to_string()),
                })
            },
            |row| {
                taken.push(row);
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(taken, [0, 1, 2]);
    }
}
