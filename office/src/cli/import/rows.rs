//! What `doorstep import` does with a table: reads it, has its rows read, prints every problem, and
//! hands the entries to the office. What a row means is `crate::import`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};

use doorstep_model::ids::AreaId;
use doorstep_model::pack::{Market, Pack};
use doorstep_replica::DeclaredArea;
use doorstep_replica::act::office::ImportRow;
use serde::Serialize;

use super::super::invite::area_of;
use super::super::progress::Progress;
use super::super::{Exit, Failure, Output, Sheet, Shown};
use super::{ImportFile, ImportTable};
use crate::bureau::Bureau;
use crate::import::{
    AreaContext, AreaNames, AssetContext, FILE_MAX, FigureContext, Imported, Parsed, PlaceContext,
    Problem, area_entries, asset_entries, figure_entries, parse_areas, parse_assets, parse_figures,
    parse_places, place_entries,
};

/// What an import did.
#[derive(Debug, Serialize)]
struct Done {
    file: String,
    rows: usize,
    written: u64,
    known: u64,
    refused: usize,
    problems: Vec<Problem>,
}

impl Shown for Done {
    fn describe(&self, sheet: &mut Sheet) {
        for problem in &self.problems {
            let place = match (&problem.column, problem.line) {
                (_, 0) => "文件 File".to_owned(),
                (Some(column), line) => format!("第 {line} 行 Line {line}, {column}"),
                (None, line) => format!("第 {line} 行 Line {line}"),
            };
            let Problem { code, zh, en, .. } = problem;
            sheet.line(format!("{place} [{code}]: {zh} · {en}"));
        }
        let (rows, written, known, refused) = (self.rows, self.written, self.known, self.refused);
        sheet.line(format!(
            "{rows} 行收下；新记录 {written} 条，原来就有 {known} 条；不收 {refused} 行 · \
             rows taken: {rows} (new records: {written}, known before: {known}); rows refused: {refused}"
        ));
    }
}

impl ImportTable {
    /// The file, and which office takes it in.
    pub fn file(&self) -> &ImportFile {
        match self {
            Self::Areas(file) | Self::Assets(file) => file,
            Self::Places(into) | Self::Figures(into) => &into.file,
        }
    }

    /// The bytes of the file, at most one more than a file may have.
    ///
    /// # Errors
    /// `cli.file` when it cannot be read.
    pub fn read(&self, input: impl Read) -> Result<Vec<u8>, Failure> {
        let path = &self.file().file;
        let read = match path.as_os_str() == "-" {
            true => up_to_limit(input),
            false => File::open(path).and_then(up_to_limit),
        };
        read.map_err(|error| Failure::of_file(path, &error))
    }

    /// Takes the rows of the file in, all or none, and prints every problem.
    ///
    /// # Errors
    /// `import.refused` when a bad row refuses the file; nothing is written then.
    pub fn run(
        &self,
        bureau: &Bureau,
        file: &[u8],
        output: &mut Output<'_>,
        progress: &mut dyn Progress,
    ) -> Result<(), Failure> {
        let replica = bureau.office().replica();
        let now = replica.now();
        let today = doorstep_model::report::local_day(now);
        let declared = replica.declared_areas()?;
        let areas = area_names(&declared);
        match self {
            Self::Areas(_) => {
                let known = declared.into_iter().map(|area| (area.code, area.level));
                let context = AreaContext {
                    known: known.collect(),
                };
                let parsed = parse_areas(file, &context);
                let taken = self.accepted(parsed, output)?;
                let entries = area_entries(&taken.rows, now);
                let rows = into_area(&AreaId::organisation(), entries).collect();
                self.write(bureau, &taken.told(rows), output, progress)
            }
            Self::Places(into) => {
                let into_areas = into.area.as_deref();
                let default = into_areas.map(|typed| area_of(bureau, typed)).transpose()?;
                let parsed = parse_places(file, &PlaceContext { areas, today });
                let taken = self.accepted(parsed, output)?;
                let mut rows = Vec::new();
                for row in &taken.rows {
                    let area = row.area.as_ref().or(default.as_ref()).ok_or_else(no_area)?;
                    let entries = place_entries(std::slice::from_ref(row), now);
                    rows.extend(into_area(area, entries));
                }
                self.write(bureau, &taken.told(rows), output, progress)
            }
            Self::Assets(_) => {
                let context = AssetContext {
                    areas,
                    types: type_names(Pack::shipped(Market::Cn)),
                    today,
                };
                let parsed = parse_assets(file, &context);
                let taken = self.accepted(parsed, output)?;
                let mut by_area: BTreeMap<&AreaId, Vec<_>> = BTreeMap::new();
                for row in &taken.rows {
                    by_area.entry(&row.area).or_default().push(row.clone());
                }
                let rows = by_area
                    .into_iter()
                    .flat_map(|(area, rows)| into_area(area, asset_entries(&rows, now)))
                    .collect();
                self.write(bureau, &taken.told(rows), output, progress)
            }
            Self::Figures(into) => {
                let area = area_of(bureau, into.area.as_deref().ok_or_else(no_area)?)?;
                let parsed = parse_figures(file, &FigureContext { today });
                let taken = self.accepted(parsed, output)?;
                let rows = into_area(&area, figure_entries(&taken.rows, now)).collect();
                self.write(bureau, &taken.told(rows), output, progress)
            }
        }
    }

    /// The rows to write, or all problems printed.
    fn accepted<Row>(
        &self,
        parsed: Parsed<Row>,
        output: &mut Output<'_>,
    ) -> Result<Taken<Row>, Failure> {
        let problems = parsed.problems.clone();
        let refused: BTreeSet<u64> = problems
            .iter()
            .filter(|problem| problem.refuses())
            .map(|problem| problem.line)
            .collect();
        let refused = refused.len();
        match parsed.accept(self.file().skip_bad) {
            Ok(rows) => Ok(Taken {
                rows,
                refused,
                problems,
            }),
            Err(problems) => {
                output.show(&Done {
                    file: self.file().file.display().to_string(),
                    rows: 0,
                    written: 0,
                    known: 0,
                    refused,
                    problems,
                })?;
                Err(refused_file(refused))
            }
        }
    }

    fn write(
        &self,
        bureau: &Bureau,
        told: &Told,
        output: &mut Output<'_>,
        progress: &mut dyn Progress,
    ) -> Result<(), Failure> {
        let of = told.entries.len() as u64;
        let imported = bureau
            .office()
            .import(&told.entries, |done| progress.reached(done, of))?;
        output.show(&Done {
            file: self.file().file.display().to_string(),
            rows: told.rows,
            written: imported.written,
            known: imported.known,
            refused: told.refused,
            problems: told.problems.clone(),
        })
    }
}

/// Rows that are taken, and what was said about the file.
struct Taken<Row> {
    rows: Vec<Row>,
    refused: usize,
    problems: Vec<Problem>,
}

/// The same with the entries that the rows become.
struct Told {
    rows: usize,
    entries: Vec<ImportRow>,
    refused: usize,
    problems: Vec<Problem>,
}

impl<Row> Taken<Row> {
    fn told(&self, entries: Vec<ImportRow>) -> Told {
        Told {
            rows: self.rows.len(),
            entries,
            refused: self.refused,
            problems: self.problems.clone(),
        }
    }
}

fn up_to_limit(input: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(FILE_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn into_area(area: &AreaId, entries: Vec<Imported>) -> impl Iterator<Item = ImportRow> {
    let area = area.clone();
    entries
        .into_iter()
        .map(move |(document, subject, entry)| ImportRow {
            area: area.clone(),
            document,
            subject,
            entry,
        })
}

/// Areas by code, and by name where only one has it.
fn area_names(declared: &[DeclaredArea]) -> AreaNames {
    let mut names: BTreeMap<&str, Option<&AreaId>> = BTreeMap::new();
    for area in declared {
        names
            .entry(&area.name)
            .and_modify(|several| *several = None)
            .or_insert(Some(&area.code));
    }
    let named = names
        .into_iter()
        .filter_map(|(name, code)| Some((name.to_owned(), code?.clone())));
    let coded = declared
        .iter()
        .map(|area| (area.code.to_string(), area.code.clone()));
    named.chain(coded).collect()
}

/// Asset types by code and by what people call them.
fn type_names(pack: &Pack) -> BTreeMap<String, String> {
    let types = pack.assets().iter();
    types
        .flat_map(|asset| {
            let names = [&asset.id, &asset.name.zh, &asset.name.en];
            names.map(|name| (name.clone(), asset.id.clone()))
        })
        .collect()
}

fn no_area() -> Failure {
    Failure::new(
        Exit::Usage,
        "import.no_area",
        (
            "没有说这些行属于哪个区域",
            "nothing says which area these rows belong to",
        ),
        (
            "请加 --area 区域代码，或在文件里加 area 列。",
            "Add --area with the area's code, or an area column where the file may have one.",
        ),
    )
}

fn refused_file(refused: usize) -> Failure {
    Failure::new(
        Exit::BadInput,
        "import.refused",
        (
            format!("文件没有导入：{refused} 处不能收，都列在上面"),
            match refused {
                1 => "the file was not imported: 1 line is refused, it is listed above".to_owned(),
                n => format!("the file was not imported: {n} lines are refused, all listed above"),
            },
        ),
        (
            "什么也没有写下。请改正后再导入；其余的行先收用 --skip-bad。",
            "Nothing was written. Put them right and import again; --skip-bad takes the other rows.",
        ),
    )
}
