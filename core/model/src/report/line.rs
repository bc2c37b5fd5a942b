//! The line register: which lines a report has, what each counts, in which unit, and which figures
//! of the texts belong to it. The lines are data; counting them stands in `fold`, never here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The same words in Chinese and English.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Words {
    /// The words in this language.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        }
    }
}

/// A language of a printed report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

/// Over which looks a serviceable rate is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// Types with an interval: every look of the period, of one asset the latest.
    Period,
    /// Types without one: the last round that the area closed in the period.
    LastClosedRound,
}

/// What a line counts of the records. A pattern such as `extinguisher.*` means every code that
/// begins with `extinguisher.`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Counts {
    /// Quantities of handout lines in the line's unit, by the day of the line.
    HandedOut {
        /// Items.
        items: Vec<String>,
    },
    /// Households or buildings that got something, each once a period.
    Reached {
        /// Items.
        items: Vec<String>,
    },
    /// Repair cases, each once, in the period of its effective close or on-the-spot fix.
    Repaired {
        /// Types of the assets repaired.
        asset_types: Vec<String>,
    },
    /// Hazard cases counted in the line's unit, each once, in the period of its effective close or
    /// on-the-spot fix.
    Rectified {
        /// Classes of the pack; none = all.
        #[serde(default)]
        classes: Vec<String>,
        /// Only cases of a campaign whose name holds this.
        #[serde(default)]
        campaign_named: Option<String>,
    },
    /// Of the hazards found in the period, how many are rectified at the cut-off, in percent.
    RectifiedRate {
        /// Classes of the pack.
        classes: Vec<String>,
        /// The unit in which they are counted.
        unit: String,
    },
    /// Person-times of rounds, campaigns and areas.
    TookPart {},
    /// Serviceable of checked, in percent, beside checked of registered.
    Serviceable {
        /// Types of the assets.
        asset_types: Vec<String>,
        /// Over which looks.
        over: Over,
    },
}

/// A measure of the texts that belongs to a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReportedMeasure {
    /// Row of the register, such as `S01`.
    pub row: String,
    /// The measure in the words of the figures file.
    pub measure: String,
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its id, such as `S01` or `S02.boards`.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// Its unit; the Chinese one is what entries must say. Never added to another.
    pub unit: Words,
    /// The sentence of the annual summary, `{n}` standing for number and unit.
    pub sentence: Words,
    /// What it counts of the records; absent = it is only ever reported.
    #[serde(default)]
    pub counts: Option<Counts>,
    /// Which measures of the texts it repeats. More than one need a note that says so.
    #[serde(default)]
    pub reported: Vec<ReportedMeasure>,
    /// True of what happens and can be added over years; false of states and rates.
    pub sum: bool,
    /// Counted since an unstated start: never in a yearly sum, whatever `sum` says elsewhere.
    #[serde(default)]
    pub cumulative: bool,
    /// What is easily misread.
    #[serde(default)]
    pub note: Option<Words>,
}

/// Lines that one chart shows side by side without ever adding them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// Lines, in their order.
    pub lines: Vec<String>,
    /// What differs between them: a chart that joins lines says so.
    pub note: Words,
}

/// The lines and charts of a report, with a number that rises with every change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LineRegister {
    /// Which register.
    pub id: String,
    /// Its number.
    pub number: u32,
    /// Other ways to print a unit; what is stored stays as printed.
    #[serde(default)]
    pub unit_aliases: BTreeMap<String, String>,
    /// The lines, in the order of the report.
    pub lines: Vec<Line>,
    /// The charts.
    #[serde(default)]
    pub charts: Vec<Chart>,
}

/// Why a text is no line register.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Not the JSON of a register.
    #[error("the line register does not read: {0}")]
    Json(#[from] serde_json::Error),
    /// Two lines with one id.
    #[error("two lines are called {0:?}")]
    Twice(String),
    /// One measure would be told by two lines of one unit.
    #[error("row {row}, measure {measure:?} belongs to two lines of one unit")]
    MeasureTwice {
        /// The row.
        row: String,
        /// The measure.
        measure: String,
    },
    /// Two measures in one line, and nothing says so.
    #[error("line {0:?} joins measures and has no note that says so")]
    JoinedSilently(String),
    /// A sentence without its number.
    #[error("the sentence of line {0:?} has no {{n}}")]
    NoNumber(String),
    /// A chart of a line that is not there.
    #[error("chart {chart:?} names the unknown line {line:?}")]
    UnknownLine {
        /// The chart.
        chart: String,
        /// The line.
        line: String,
    },
}

const SHIPPED: &str = include_str!("../../packs/lines.json");

impl LineRegister {
    /// The register that ships with the model.
    pub fn shipped() -> Self {
        Self::parse(SHIPPED).expect("the shipped register is held valid by a test")
    }

    /// Reads and checks a register.
    ///
    /// # Errors
    /// What stands in [`RegisterError`].
    pub fn parse(json: &str) -> Result<Self, RegisterError> {
        let register: Self = serde_json::from_str(json)?;
        register.check()?;
        Ok(register)
    }

    /// The line with this id.
    pub fn line(&self, id: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.id == id)
    }

    /// The line that repeats this measure of the texts in this unit.
    pub fn line_of_measure(&self, row: &str, measure: &str, unit: &str) -> Option<&Line> {
        self.lines.iter().find(|line| {
            let mut measures = line.reported.iter();
            measures.any(|known| known.row == row && known.measure == measure)
                && self.same_unit(&line.unit.zh, unit)
        })
    }

    /// True where both are the same unit, printed alike or by a listed alias.
    pub fn same_unit(&self, one: &str, other: &str) -> bool {
        self.unit_name(one) == self.unit_name(other)
    }

    fn unit_name<'a>(&'a self, printed: &'a str) -> &'a str {
        self.unit_aliases
            .get(printed)
            .map_or(printed, String::as_str)
    }

    fn check(&self) -> Result<(), RegisterError> {
        let mut ids = BTreeSet::new();
        let mut measures = BTreeSet::new();
        for line in &self.lines {
            if !ids.insert(line.id.as_str()) {
                return Err(RegisterError::Twice(line.id.clone()));
            }
            for reported in &line.reported {
                if !measures.insert((reported, self.unit_name(&line.unit.zh))) {
                    return Err(RegisterError::MeasureTwice {
                        row: reported.row.clone(),
                        measure: reported.measure.clone(),
                    });
                }
            }
            let names: BTreeSet<_> = line.reported.iter().map(|known| &known.measure).collect();
            if names.len() > 1 && line.note.is_none() {
                return Err(RegisterError::JoinedSilently(line.id.clone()));
            }
            let sentence = &line.sentence;
            if !sentence.zh.contains("{n}") || !sentence.en.contains("{n}") {
                return Err(RegisterError::NoNumber(line.id.clone()));
            }
        }
        for chart in &self.charts {
            if let Some(line) = chart.lines.iter().find(|id| !ids.contains(id.as_str())) {
                return Err(RegisterError::UnknownLine {
                    chart: chart.id.clone(),
                    line: line.clone(),
                });
            }
        }
        Ok(())
    }
}

/// True where `code` is one of `patterns`, or begins with one that ends in `*`.
pub(super) fn matches(patterns: &[String], code: &str) -> bool {
    patterns
        .iter()
        .any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => code.starts_with(start),
            None => pattern == code,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"id": "X", "name": {"zh": "x", "en": "x"}, "unit": {"zh": "只", "en": "pcs"},
        "sentence": {"zh": "{n}", "en": "{n}"}, "sum": true, "reported": MEASURES}"#;

    fn register(lines: &[&str]) -> Result<LineRegister, RegisterError> {
        let lines: Vec<String> = lines
            .iter()
            .map(|measures| LINE.replace("MEASURES", measures))
            .collect();
        let lines = lines.join(",");
        LineRegister::parse(&format!(
            r#"{{"id": "t", "number": 1, "lines": [{lines}]}}"#
        ))
    }

    #[test]
    fn the_shipped_register_has_the_lines_of_the_first_cut() {
        let register = LineRegister::shipped();
        for row in [
            "S01", "S02", "S03", "S04", "S05", "S06", "S09", "S10", "S11", "S12", "S19",
        ] {
            let mut lines = register.lines.iter();
            let counted = lines.any(|line| line.id.starts_with(row) && line.counts.is_some());
            assert!(counted, "{row} counts nothing");
        }
    }

    #[test]
    fn rates_and_cumulative_lines_are_never_summed() {
        for line in &LineRegister::shipped().lines {
            assert!(!(line.sum && line.unit.zh == "%"), "{}", line.id);
            assert!(!(line.sum && line.cumulative), "{}", line.id);
        }
    }

    #[test]
    fn two_measures_in_one_line_are_refused_without_a_note() {
        let two = r#"[{"row": "S1", "measure": "a"}, {"row": "S1", "measure": "b"}]"#;
        let refused = register(&[two]).unwrap_err();
        assert!(matches!(refused, RegisterError::JoinedSilently(line) if line == "X"));
        let same = r#"[{"row": "S1", "measure": "a"}, {"row": "S2", "measure": "a"}]"#;
        assert!(
            register(&[same]).is_ok(),
            "one measure under two rows is one measure"
        );
    }

    #[test]
    fn a_measure_belongs_to_one_line() {
        let one = r#"[{"row": "S1", "measure": "a"}]"#;
        assert!(matches!(
            register(&[one, one]),
            Err(RegisterError::Twice(_))
        ));
        let twice = r#"[{"row": "S1", "measure": "a"}, {"row": "S1", "measure": "a"}]"#;
        assert!(matches!(
            register(&[twice]),
            Err(RegisterError::MeasureTwice { .. })
        ));
        let shipped = LineRegister::shipped();
        let partitions = |unit| {
            let line = shipped.line_of_measure("S27", "group rentals: partitions removed", unit);
            line.map(|line| line.id.as_str())
        };
        assert_eq!(partitions("处"), Some("S27.partitions_places"));
        assert_eq!(partitions("间"), Some("S27.partitions_rooms"));
        assert_eq!(partitions("㎡"), None);
    }

    #[test]
    fn units_are_aliased_for_display_and_otherwise_kept_apart() {
        let register = LineRegister::shipped();
        assert!(register.same_unit("㎡", "平方米"));
        assert!(register.same_unit("户", "户(家)"));
        for (one, other) in [("户", "张"), ("处", "条"), ("人", "人次"), ("扇", "处")] {
            assert!(!register.same_unit(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_star_stands_for_every_code_of_its_family() {
        let patterns = ["extinguisher.*".to_owned(), "gate".to_owned()];
        assert!(matches(&patterns, "extinguisher.co2"));
        assert!(matches(&patterns, "gate"));
        assert!(!matches(&patterns, "gate.iron"));
        assert!(!matches(&patterns, "hydrant.wall"));
    }
}
