//! The running count of one line in one column and one area: entries by identity, so that a row
//! given twice counts once. What a row means for a line is decided in `fold`.

use std::collections::BTreeMap;

use crate::ids::Identity;
use crate::report::amount::{Amount, Decimal};
use crate::report::line::Words;

/// A part that stands beside a number and is never added to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// 新配
    New,
    /// 更换
    Replacement,
    /// 增配
    Additional,
    /// Of the rectified: on the spot (即知即改).
    OnTheSpot,
    /// Found in the period, duplicates aside.
    Found,
    /// Found up to the period's end and not rectified by then.
    Open,
    /// Of the person-times: this force type.
    Force(String),
    /// Checked and gone.
    Missing,
    /// Checked, with a fault.
    Faulty,
    /// Checked in order, and past its scrap month.
    Scrap,
    /// Registered and not checked.
    NotChecked,
    /// Checked and not in the register on the last day.
    NoLongerRegistered,
    /// Arrived after the close of its month.
    Late,
}

impl Part {
    /// Its name in JSON.
    pub fn name(&self) -> String {
        let name = match self {
            Self::New => "new",
            Self::Replacement => "replacement",
            Self::Additional => "additional",
            Self::OnTheSpot => "on_the_spot",
            Self::Found => "found",
            Self::Open => "open",
            Self::Force(force) => return format!("force.{force}"),
            Self::Missing => "missing",
            Self::Faulty => "faulty",
            Self::Scrap => "scrap",
            Self::NotChecked => "not_checked",
            Self::NoLongerRegistered => "no_longer_registered",
            Self::Late => "late",
        };
        name.to_owned()
    }

    /// What it is called in print.
    pub fn words(&self) -> Words {
        let (zh, en) = match self {
            Self::New => ("新配", "new"),
            Self::Replacement => ("更换", "replacements"),
            Self::Additional => ("增配", "additional"),
            Self::OnTheSpot => ("其中当场整改", "of these on the spot"),
            Self::Found => ("发现", "found"),
            Self::Open => ("期末未整改", "open at the end"),
            Self::Force(force) => (force.as_str(), force.as_str()),
            Self::Missing => ("缺失", "missing"),
            Self::Faulty => ("有故障", "faulty"),
            Self::Scrap => ("已过报废月", "past the scrap month"),
            Self::NotChecked => ("未查", "not checked"),
            Self::NoLongerRegistered => ("已查但已不在册", "checked, no longer registered"),
            Self::Late => ("关账后到", "after the close"),
        };
        Words {
            zh: zh.to_owned(),
            en: en.to_owned(),
        }
    }
}

/// One entry in a count.
#[derive(Debug, Clone, Copy)]
struct Counted {
    quantity: u32,
    generated: bool,
}

/// Entries and what each adds.
#[derive(Debug, Clone, Default)]
pub(super) struct EntrySet(BTreeMap<Identity, Counted>);

impl EntrySet {
    pub(super) fn insert(&mut self, entry: Identity, quantity: u32, generated: bool) {
        let counted = Counted {
            quantity,
            generated,
        };
        self.0.insert(entry, counted);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn amount(&self) -> Amount {
        let quantities = self.0.values().map(|entry| u64::from(entry.quantity));
        Amount::exact(quantities.fold(0, u64::saturating_add))
    }

    pub(super) fn value(&self) -> Decimal {
        self.amount().value
    }

    pub(super) fn generated(&self) -> usize {
        self.0.values().filter(|entry| entry.generated).count()
    }

    pub(super) fn identities(&self) -> Vec<Identity> {
        self.0.keys().copied().collect()
    }

    pub(super) fn unite(&mut self, other: &Self) {
        self.0
            .extend(other.0.iter().map(|(entry, counted)| (*entry, *counted)));
    }
}

/// The first line by which a household was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reached {
    pub(super) day: u32,
    pub(super) entry: Identity,
    pub(super) generated: bool,
    pub(super) late: bool,
}

/// One cell of the report while it is counted.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) counted: EntrySet,
    pub(super) corrections: EntrySet,
    pub(super) parts: BTreeMap<Part, EntrySet>,
    pub(super) reached: BTreeMap<Identity, Reached>,
}

impl Tally {
    /// Counts an entry; in a closed month a late one stands among the corrections.
    pub(super) fn count(&mut self, entry: Identity, quantity: u32, generated: bool, late: bool) {
        let column = if late {
            &mut self.corrections
        } else {
            &mut self.counted
        };
        column.insert(entry, quantity, generated);
    }

    pub(super) fn part(&mut self, part: Part, entry: Identity, quantity: u32, generated: bool) {
        let entries = self.parts.entry(part).or_default();
        entries.insert(entry, quantity, generated);
    }

    /// Keeps the household's earliest line; one that was in time comes before a late one.
    pub(super) fn reach(&mut self, household: Identity, by: Reached) {
        let rank = |reached: &Reached| (reached.late, reached.day, reached.entry);
        let first = self.reached.entry(household).or_insert(by);
        if rank(&by) < rank(first) {
            *first = by;
        }
    }

    /// Turns households into the entries that reached them.
    pub(super) fn settle(&mut self) {
        for reached in std::mem::take(&mut self.reached).into_values() {
            self.count(reached.entry, 1, reached.generated, reached.late);
        }
    }

    pub(super) fn unite(&mut self, other: &Self) {
        self.counted.unite(&other.counted);
        self.corrections.unite(&other.corrections);
        for (part, entries) in &other.parts {
            self.parts.entry(part.clone()).or_default().unite(entries);
        }
    }
}
