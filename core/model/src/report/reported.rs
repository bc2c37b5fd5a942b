//! The reported column: figures of the texts, each with its quotes, placed on their lines. A figure
//! is never added to a measured number, and one that no line repeats is shown apart, never dropped.

use std::collections::BTreeMap;

use crate::ids::Identity;
use crate::report::amount::Amount;
use crate::report::line::{Line, LineRegister};
use crate::report::rows::FigureRow;

/// One figure as a text tells it, however often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The number.
    pub amount: Amount,
    /// Unit as printed.
    pub unit: String,
    /// Row of the line register that it names.
    pub row: String,
    /// What was measured, in words.
    pub measure: String,
    /// The sentences that tell it, in the order of their bytes.
    pub quotes: Vec<String>,
    /// What is easily misread, in the order of their bytes.
    pub notes: Vec<String>,
    /// Counted since an unstated start: in no sum.
    pub cumulative: bool,
    /// The entries that hold it.
    pub entries: Vec<Identity>,
}

/// What the texts say of one line in one year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reported {
    /// One figure.
    Figure(Figure),
    /// Several that nobody may add: two numbers for one thing, or two measures of one line.
    Several(Vec<Figure>),
    /// The texts of that year do not say.
    Gap,
}

impl Reported {
    /// The number, where there is one that may stand in a sum.
    pub fn summable(&self) -> Option<Amount> {
        match self {
            Self::Figure(figure) if !figure.cumulative => Some(figure.amount),
            Self::Figure(_) | Self::Several(_) | Self::Gap => None,
        }
    }
}

/// Why a figure stands on no line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnplacedReason {
    /// No line repeats this row, measure and unit.
    NoLine,
    /// Its year is no column of the report.
    NoColumn,
    /// It is about more areas, or others, than the report.
    OtherAreas,
}

impl UnplacedReason {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoLine => "no_line",
            Self::NoColumn => "no_column",
            Self::OtherAreas => "other_areas",
        }
    }
}

/// A figure that stands on no line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnplacedFigure {
    /// Its year.
    pub year: u16,
    /// The figure.
    pub figure: Figure,
    /// Why.
    pub reason: UnplacedReason,
}

/// Figures as they come in; the same one told again adds its quote.
#[derive(Debug, Clone, Default)]
pub(super) struct Figures {
    told: Vec<(u16, Figure)>,
    index: BTreeMap<(u16, String, String), Vec<usize>>,
    elsewhere: Vec<UnplacedFigure>,
}

impl Figures {
    /// Takes a row. Equal year, row, measure, number and unit are one figure; a different number
    /// of the same measure stands beside it.
    pub(super) fn add(&mut self, row: FigureRow, about_this_set: bool) {
        if !about_this_set {
            let (year, mut figure) = (row.year, Figure::untold(&row));
            figure.tell(row);
            self.elsewhere.push(UnplacedFigure {
                year,
                figure,
                reason: UnplacedReason::OtherAreas,
            });
            return;
        }
        let key = (row.year, row.row.clone(), row.measure.clone());
        let same = self.index.entry(key).or_default();
        let known = same.iter().copied().find(|&at| {
            let figure = &self.told[at].1;
            figure.amount == row.amount
                && figure.unit == row.unit
                && figure.cumulative == row.cumulative
        });
        let at = known.unwrap_or_else(|| {
            same.push(self.told.len());
            self.told.push((row.year, Figure::untold(&row)));
            self.told.len() - 1
        });
        self.told[at].1.tell(row);
    }

    /// Places every figure on its line and year; what finds no place comes back with the reason.
    pub(super) fn place(
        self,
        register: &LineRegister,
        years: &[u16],
    ) -> (BTreeMap<(String, u16), Reported>, Vec<UnplacedFigure>) {
        let mut placed: BTreeMap<(String, u16), Reported> = BTreeMap::new();
        let mut unplaced = self.elsewhere;
        unplaced.sort_by(|one, other| one.figure.entries.cmp(&other.figure.entries));
        let mut told = self.told;
        told.sort_by(|(_, one), (_, other)| one.entries.cmp(&other.entries));
        for (year, figure) in told {
            let line = register.line_of_measure(&figure.row, &figure.measure, &figure.unit);
            let reason = match line {
                None => UnplacedReason::NoLine,
                Some(_) if !years.contains(&year) => UnplacedReason::NoColumn,
                Some(line) => {
                    let cell = placed
                        .entry((line.id.clone(), year))
                        .or_insert(Reported::Gap);
                    cell.put(figure, line);
                    continue;
                }
            };
            unplaced.push(UnplacedFigure {
                year,
                figure,
                reason,
            });
        }
        (placed, unplaced)
    }
}

impl Reported {
    fn put(&mut self, mut figure: Figure, line: &Line) {
        figure.cumulative |= line.cumulative;
        *self = match std::mem::replace(self, Self::Gap) {
            Self::Gap => Self::Figure(figure),
            Self::Figure(first) => Self::Several(vec![first, figure]),
            Self::Several(mut figures) => {
                figures.push(figure);
                Self::Several(figures)
            }
        };
    }
}

impl Figure {
    fn untold(row: &FigureRow) -> Self {
        Self {
            amount: row.amount,
            unit: row.unit.clone(),
            row: row.row.clone(),
            measure: row.measure.clone(),
            quotes: Vec::new(),
            notes: Vec::new(),
            cumulative: row.cumulative,
            entries: Vec::new(),
        }
    }

    fn tell(&mut self, row: FigureRow) {
        self.quotes.extend(row.quotes);
        self.notes.extend(row.note);
        self.entries.push(row.identity);
        self.quotes.sort();
        self.quotes.dedup();
        self.notes.sort();
        self.notes.dedup();
        self.entries.sort();
        self.entries.dedup();
    }
}
