//! Reads areas.csv: the tree of districts, streets and committees. Which area a place or a person
//! belongs to is not said here.

use std::collections::BTreeMap;

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{AreaDeclared, Entry};
use doorstep_model::ids::AreaId;

use super::problem::{Problem, Wrong, shown};
use super::table::{Cells, Column, read};
use super::{Imported, Parsed, dates, origin};

const COLUMNS: &[Column] = &[
    Column::required("code", "代码", 24),
    Column::required("parent", "上级", 24),
    Column::required("level", "级别", 20),
    Column::required("name", "名称", 100),
    Column::optional("from", "起", 20),
    Column::optional("until", "止", 20),
];

/// The levels of the tree, from above, with their Chinese words.
pub const LEVELS: [(&str, &[&str]); 6] = [
    ("city", &["市"]),
    ("district", &["区"]),
    ("street", &["街道", "镇", "乡"]),
    ("station", &["工作站", "片区"]),
    ("committee", &["居委会", "居民区", "居委", "村委会"]),
    ("grid", &["网格"]),
];

/// What is known before the file is read.
#[derive(Debug, Clone, Default)]
pub struct AreaContext {
    /// Areas imported before, with their levels: a parent may be one of them.
    pub known: BTreeMap<AreaId, String>,
}

/// One area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaRow {
    /// Line of the file.
    pub line: u64,
    /// Code.
    pub code: AreaId,
    /// Code of the area it is part of.
    pub parent: Option<AreaId>,
    /// Level, as one of [`LEVELS`].
    pub level: &'static str,
    /// Name.
    pub name: String,
    /// First day, local days since 1970-01-01; absent = since ever.
    pub from: Option<u32>,
    /// First day on which it is no more; absent = still there.
    pub until: Option<u32>,
}

/// Reads areas.csv.
pub fn parse_areas(bytes: &[u8], context: &AreaContext) -> Parsed<AreaRow> {
    let (cells, mut problems) = read(bytes, COLUMNS);
    let mut rows: Vec<AreaRow> = Vec::new();
    let mut lines: BTreeMap<AreaId, u64> = BTreeMap::new();
    for cells in cells {
        let Some(row) = area(&cells, &mut problems) else {
            continue;
        };
        match lines.get(&row.code) {
            Some(&first) => {
                let wrong = Wrong::Duplicate { first };
                problems.push(Problem::of_cell(row.line, "code", wrong));
            }
            None => {
                lines.insert(row.code.clone(), row.line);
                rows.push(row);
            }
        }
    }
    let rows = with_parents(rows, context, &mut problems);
    Parsed::new(rows, problems)
}

/// The entries of areas, all in the organisation's document.
pub fn area_entries(rows: &[AreaRow], at: i64) -> Vec<Imported> {
    let rows = rows.iter().map(|row| {
        let declared = AreaDeclared {
            code: row.code.as_str().to_owned(),
            parent: row.parent.as_ref().map(|parent| parent.as_str().to_owned()),
            level: row.level.to_owned(),
            name: row.name.clone(),
            from: row.from,
            until: row.until,
        };
        let entry = Entry::new(declared, at).with_origin(row.origin());
        (DocumentName::Organisation, row.code.subject(), entry)
    });
    rows.collect()
}

impl AreaRow {
    fn origin(&self) -> doorstep_model::ids::Identity {
        let day = |day: Option<u32>| day.map_or_else(String::new, |day| day.to_string());
        let parent = self.parent.as_ref().map_or("", AreaId::as_str);
        let (from, until) = (day(self.from), day(self.until));
        let parts = [
            self.code.as_str(),
            parent,
            self.level,
            &self.name,
            &from,
            &until,
        ];
        origin("area", &parts)
    }
}

fn area(cells: &Cells, problems: &mut Vec<Problem>) -> Option<AreaRow> {
    let known = problems.len();
    let mut wrong =
        |column: &str, wrong| problems.push(Problem::of_cell(cells.line, column, wrong));
    let mut code_in = |column: &str| match cells.filled(column).map(dates::half_width) {
        None => None,
        Some(text) => match AreaId::new(&text) {
            Ok(code) if code != AreaId::organisation() => Some(code),
            Ok(_) | Err(_) => {
                wrong(
                    column,
                    Wrong::AreaCode {
                        found: shown(&text),
                    },
                );
                None
            }
        },
    };
    let (code, parent) = (code_in("code"), code_in("parent"));
    let level = level_of(cells.cell("level"));
    let mut day_in = |column: &str| match cells.filled(column).map(dates::day) {
        Some(Ok(day)) => Some(day),
        Some(Err(date)) => {
            wrong(column, date);
            None
        }
        None => None,
    };
    let (from, until) = (day_in("from"), day_in("until"));
    for column in ["code", "level", "name"] {
        if cells.filled(column).is_none() {
            wrong(column, Wrong::Blank);
        }
    }
    if let (None, Some(found)) = (level, cells.filled("level")) {
        let known = LEVELS.map(|(level, words)| format!("{level}({})", words.join("、")));
        let (found, known) = (shown(found), known.join(", "));
        wrong("level", Wrong::NotOneOf { found, known });
    }
    if from.zip(until).is_some_and(|(from, until)| until <= from) {
        wrong("until", Wrong::UntilNotAfterFrom);
    }
    if problems.len() > known {
        return None;
    }
    Some(AreaRow {
        line: cells.line,
        code: code?,
        parent,
        level: level?,
        name: cells.cell("name").to_owned(),
        from,
        until,
    })
}

fn level_of(cell: &str) -> Option<&'static str> {
    let mut levels = LEVELS.iter();
    let found = levels.find(|(level, words)| *level == cell || words.contains(&cell))?;
    Some(found.0)
}

fn rank(level: &str) -> Option<usize> {
    LEVELS.iter().position(|(known, _)| *known == level)
}

/// Keeps the rows whose parents are there and stand above them. As a parent always stands on a
/// higher level, no chain of parents closes a circle.
fn with_parents(
    rows: Vec<AreaRow>,
    context: &AreaContext,
    problems: &mut Vec<Problem>,
) -> Vec<AreaRow> {
    let of_file: BTreeMap<AreaId, &'static str> = rows
        .iter()
        .map(|row| (row.code.clone(), row.level))
        .collect();
    let (mut kept, mut levels) = (Vec::new(), context.known.clone());
    let mut waiting = rows;
    waiting.sort_by_key(|row| (rank(row.level), row.line));
    for row in waiting {
        let wrong = row.parent.as_ref().and_then(|parent| {
            let found = || shown(parent.as_str());
            match levels.get(parent) {
                Some(level) if rank(level) < rank(row.level) => None,
                Some(level) => Some(Wrong::ParentLevel {
                    parent: level.clone(),
                    child: row.level.to_owned(),
                }),
                None => Some(match of_file.get(parent) {
                    Some(level) if rank(level) < rank(row.level) => {
                        Wrong::ParentRefused { found: found() }
                    }
                    Some(level) => Wrong::ParentLevel {
                        parent: (*level).to_owned(),
                        child: row.level.to_owned(),
                    },
                    None => Wrong::UnknownParent { found: found() },
                }),
            }
        });
        match wrong {
            Some(wrong) => problems.push(Problem::of_cell(row.line, "parent", wrong)),
            None => {
                levels.insert(row.code.clone(), row.level.to_owned());
                kept.push(row);
            }
        }
    }
    kept.sort_by_key(|row| row.line);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::LAOXIMEN_AREAS;

    fn parse(rows: &str) -> Parsed<AreaRow> {
        let file = format!("code,parent,level,name,from,until\n{rows}");
        parse_areas(file.as_bytes(), &AreaContext::default())
    }

    fn codes(parsed: &Parsed<AreaRow>) -> Vec<(u64, &'static str)> {
        parsed
            .problems
            .iter()
            .map(|problem| (problem.line, problem.code))
            .collect()
    }

    #[test]
    fn the_street_has_sixteen_committees() {
        let parsed = parse_areas(LAOXIMEN_AREAS, &AreaContext::default());
        assert_eq!(parsed.problems, []);
        let committees = parsed.rows.iter().filter(|row| row.level == "committee");
        assert_eq!((parsed.rows.len(), committees.count()), (18, 16));
        let street = AreaId::new("310101019").unwrap();
        assert!(
            parsed.rows[2..]
                .iter()
                .all(|row| row.parent.as_ref() == Some(&street))
        );
    }

    #[test]
    fn an_area_is_one_entry_whatever_file_it_stands_in() {
        let one = parse("1,,区,黄浦区,,\n12,1,街道,老西门街道,2013-01-01,\n").rows;
        let other = parse("12,1,street,老西门街道,2013.01.01,\n1,,district,黄浦区,,\n").rows;
        let sorted = |rows: &[AreaRow], at| {
            let mut entries = area_entries(rows, at);
            entries.sort_by_key(|(_, subject, _)| *subject);
            entries
        };
        assert_eq!(sorted(&one, 5), sorted(&other, 5));
        let ids = |at| {
            sorted(&one, at)
                .iter()
                .map(|(_, _, e)| e.envelope.origin)
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(5), ids(6), "the day of the import does not show");
    }

    #[test]
    fn a_parent_must_be_there_and_above() {
        let parsed = parse(
            "1,,district,黄浦区,,\n2,9,street,甲,,\n3,2,committee,乙,,\n4,4,street,丙,,\n5,3,street,丁,,\n",
        );
        assert_eq!(
            codes(&parsed),
            [
                (3, "import.unknown_parent"),
                (4, "import.parent_refused"),
                (5, "import.parent_level"),
                (6, "import.parent_level"),
            ]
        );
        assert_eq!(parsed.accept(true).map(|rows| rows.len()), Ok(1));
        let known = BTreeMap::from([(AreaId::new("9").unwrap(), "district".to_owned())]);
        let file = "code,parent,level,name\n2,9,street,甲\n";
        assert!(
            parse_areas(file.as_bytes(), &AreaContext { known })
                .problems
                .is_empty()
        );
    }

    #[test]
    fn every_wrong_cell_is_listed() {
        let parsed = parse(
            "a b,,village,,2013-02-30,05/06/26\n1,,区,甲,2014-01-01,2013-01-01\n2,,区,乙,,\n2,,区,丙,,\n@,,区,丁,,\n",
        );
        let mut listed = codes(&parsed);
        listed.sort();
        assert_eq!(
            listed,
            [
                (2, "import.area_code"),
                (2, "import.blank"),
                (2, "import.impossible_date"),
                (2, "import.not_one_of"),
                (2, "import.year_not_first"),
                (3, "import.until_not_after_from"),
                (5, "import.duplicate"),
                (6, "import.area_code"),
            ]
        );
        assert_eq!(
            parsed.problems.len(),
            parsed.accept(false).unwrap_err().len()
        );
    }
}
