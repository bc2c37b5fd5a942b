//! A finished report: for each line what was measured and what was reported, in two columns that
//! are never added. Every number carries the entries it counts. Nothing here counts or prints prose.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::ids::{AreaId, Identity};
use crate::report::amount::{Amount, Decimal};
use crate::report::frame::NamedAreas;
use crate::report::line::{Chart, Line};
use crate::report::period::Period;
use crate::report::reported::{Reported, UnplacedFigure};
use crate::report::tally::{EntrySet, Part};

/// How far the records reach: areas that give a number, and area-months that were looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Covered {
    /// Areas that give a number.
    pub areas: u32,
    /// Areas of the named set.
    pub of_areas: u32,
    /// Area-months in which a round, patrol or closed ledger is known.
    pub months: u32,
    /// Area-months up to the cut-off.
    pub of_months: u32,
}

/// A number and the entries it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The number.
    pub value: Decimal,
    /// Its entries.
    pub entries: Vec<Identity>,
}

impl Side {
    pub(super) fn of(entries: &EntrySet) -> Self {
        Self {
            value: entries.value(),
            entries: entries.identities(),
        }
    }
}

/// A part that stands beside a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartCount {
    /// Which part.
    pub part: Part,
    /// How much, and which entries; of *not checked* the assets.
    pub side: Side,
}

impl PartCount {
    pub(super) fn list(parts: &BTreeMap<Part, EntrySet>) -> Vec<Self> {
        let parts = parts.iter().map(|(part, entries)| Self {
            part: part.clone(),
            side: Side::of(entries),
        });
        parts.collect()
    }
}

/// A number that was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The number; measured ones are always exact.
    pub amount: Amount,
    /// The entries it counts.
    pub entries: Vec<Identity>,
    /// How many of them were generated from the reported figures.
    pub generated: usize,
    /// What arrived after the close of its month: apart, never in `amount`.
    pub corrections: Option<Side>,
    /// What stands beside it.
    pub parts: Vec<PartCount>,
    /// What looked after the areas.
    pub covered: Covered,
}

/// How much of the register was checked: beside every serviceable rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// Registered on the day and checked.
    pub checked: u64,
    /// Registered on the day.
    pub registered: u64,
    /// The last day of the period, or of the round.
    pub on: u32,
}

impl Coverage {
    /// Checked of registered in percent, rounded down; `None` of an empty register.
    pub fn percent(&self) -> Option<Decimal> {
        Decimal::percent(self.checked, self.registered)
    }
}

/// A rate with both of its sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// What is in order.
    pub part: Side,
    /// Of what.
    pub whole: Side,
    /// How many entries of `whole` were generated.
    pub generated: usize,
    /// How much was checked at all; `None` of rates over cases, where `open` stands beside.
    pub coverage: Option<Coverage>,
    /// The day it holds for: the period's last, or the cut-off.
    pub on: u32,
    /// What is not in order, and what was not checked.
    pub parts: Vec<PartCount>,
    /// What looked after the areas.
    pub covered: Covered,
}

impl Rate {
    /// In percent, rounded down to a tenth; `whole` is never 0 here.
    pub fn percent(&self) -> Decimal {
        Decimal::percent(self.part.value.tenths(), self.whole.value.tenths()).unwrap_or_default()
    }
}

/// No number: nothing shows that nothing was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// What is known beside it.
    pub parts: Vec<PartCount>,
    /// Of a rate: that none of so many were checked.
    pub coverage: Option<Coverage>,
    /// What looked after the areas.
    pub covered: Covered,
}

/// What the records say of one line in one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measured {
    /// A number.
    Count(Count),
    /// A rate.
    Rate(Rate),
    /// Nothing known.
    Gap(Gap),
}

impl Measured {
    /// The number of a count.
    pub fn amount(&self) -> Option<Amount> {
        match self {
            Self::Count(count) => Some(count.amount),
            Self::Rate(_) | Self::Gap(_) => None,
        }
    }

    /// True of a gap.
    pub fn is_gap(&self) -> bool {
        matches!(self, Self::Gap(_))
    }

    /// True where at least one entry was generated from the reported figures.
    pub fn is_generated(&self) -> bool {
        match self {
            Self::Count(count) => count.generated > 0,
            Self::Rate(rate) => rate.generated > 0,
            Self::Gap(_) => false,
        }
    }
}

/// One column of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Which.
    pub period: Period,
    /// All areas together.
    pub total: Measured,
    /// Each area.
    pub areas: Vec<(AreaId, Measured)>,
}

/// A sum over columns; those without a number are named, not taken for 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// The sum; a lower bound as soon as one part is.
    pub amount: Amount,
    /// Columns with a number.
    pub known: usize,
    /// Columns.
    pub of: usize,
}

impl Sum {
    /// The sum of what is known; `None` where nothing is.
    pub(super) fn of(amounts: impl Iterator<Item = Option<Amount>>) -> Option<Self> {
        let (mut sum, mut known, mut of) = (Amount::exact(0), 0, 0);
        for amount in amounts {
            of += 1;
            if let Some(amount) = amount {
                sum = sum + amount;
                known += 1;
            }
        }
        (known > 0).then_some(Self {
            amount: sum,
            known,
            of,
        })
    }
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineResult {
    /// The line, as data.
    pub line: Line,
    /// What the records say; `None` of a line that is only ever reported.
    pub measured: Option<Vec<Column>>,
    /// The measured numbers over all columns, where the line may be summed.
    pub measured_sum: Option<Sum>,
    /// What the texts say, year by year; empty in a report of months.
    pub reported: Vec<(u16, Reported)>,
    /// The reported numbers over all years, where the line may be summed.
    pub reported_sum: Option<Sum>,
    /// True where the reported figures of the line differ in measure.
    pub joined: bool,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Register and number of its lines.
    pub register: (String, u32),
    /// The named set of areas.
    pub areas: NamedAreas,
    /// The last day that counts.
    pub cut_off: u32,
    /// Its columns.
    pub periods: Vec<Period>,
    /// Its lines.
    pub lines: Vec<LineResult>,
    /// Charts that show lines side by side, each with what differs between them.
    pub charts: Vec<Chart>,
    /// Figures that no line repeats, with the reason: shown, never dropped.
    pub unplaced: Vec<UnplacedFigure>,
    /// Rows of areas outside the set: they count nowhere.
    pub outside: u64,
}

impl Report {
    /// The line with this id.
    pub fn line(&self, id: &str) -> Option<&LineResult> {
        self.lines.iter().find(|result| result.line.id == id)
    }

    /// The same report without its lists of entries: what a screen shows before anybody asks which.
    #[must_use]
    pub fn without_entries(mut self) -> Self {
        let columns = self
            .lines
            .iter_mut()
            .filter_map(|line| line.measured.as_mut());
        for column in columns.flatten() {
            column.total.forget_entries();
            for (_, measured) in &mut column.areas {
                measured.forget_entries();
            }
        }
        self
    }
}

impl Measured {
    fn forget_entries(&mut self) {
        let parts = match self {
            Self::Count(count) => {
                count.entries = Vec::new();
                if let Some(corrections) = &mut count.corrections {
                    corrections.entries = Vec::new();
                }
                &mut count.parts
            }
            Self::Rate(rate) => {
                rate.part.entries = Vec::new();
                rate.whole.entries = Vec::new();
                &mut rate.parts
            }
            Self::Gap(gap) => &mut gap.parts,
        };
        for part in parts {
            part.side.entries = Vec::new();
        }
    }
}
