//! The serviceable rate while it is counted: the latest look of each asset, and the register on the
//! last day. It holds one entry an asset and column, never one a check, so five years of monthly
//! checks fit in memory.

use std::collections::BTreeMap;

use crate::ids::Identity;
use crate::report::period::{local_day, month_of};
use crate::report::result::{Coverage, Covered, Gap, Measured, PartCount, Rate, Side};
use crate::report::rows::{AssetRow, LookRow, ScrapFrom, Seen};
use crate::report::tally::{EntrySet, Part};

/// The look of an asset that counts so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Look {
    at: i64,
    check: Identity,
    seen: Seen,
    scrap: bool,
    generated: bool,
}

impl Look {
    /// A bottle may stay through its scrap month; a look in a later month finds scrap whatever was
    /// seen (rules.md 2.12: the scrap month itself).
    fn of(row: &LookRow<'_>, generated: bool) -> Self {
        let scrap = match row.scrap {
            ScrapFrom::Never => false,
            ScrapFrom::AfterMonth(last) => month_of(local_day(row.at)) > last,
            ScrapFrom::AtOnce => true,
        };
        Self {
            at: row.at,
            check: row.check,
            seen: row.seen,
            scrap,
            generated,
        }
    }
}

/// One cell of a serviceable line.
#[derive(Debug, Clone, Default)]
pub(super) struct LookTally {
    looks: BTreeMap<Identity, Look>,
    registered: BTreeMap<Identity, bool>,
    late: EntrySet,
}

impl LookTally {
    /// Keeps the later look, of two in one second the one with the greater identity.
    pub(super) fn look(&mut self, row: &LookRow<'_>, generated: bool) {
        self.keep(row.asset, Look::of(row, generated));
    }

    pub(super) fn late(&mut self, row: &LookRow<'_>, generated: bool) {
        self.late.insert(row.check, 1, generated);
    }

    pub(super) fn register(&mut self, row: &AssetRow<'_>, generated: bool) {
        self.registered.insert(row.asset, generated);
    }

    pub(super) fn unite(&mut self, other: &Self) {
        for (asset, look) in &other.looks {
            self.keep(*asset, *look);
        }
        self.registered.extend(&other.registered);
        self.late.unite(&other.late);
    }

    fn keep(&mut self, asset: Identity, look: Look) {
        let kept = self.looks.entry(asset).or_insert(look);
        *kept = (*kept).max(look);
    }

    /// The rate, its coverage on the day `on`, and what is left over of both.
    pub(super) fn measured(&self, on: u32, covered: Covered) -> Measured {
        let mut serviceable = EntrySet::default();
        let mut checked = EntrySet::default();
        let mut parts: BTreeMap<Part, EntrySet> = BTreeMap::new();
        let mut put = |part: Part, entry: Identity, generated: bool| {
            parts.entry(part).or_default().insert(entry, 1, generated);
        };
        let mut checked_registered = 0;
        for (asset, look) in &self.looks {
            checked.insert(look.check, 1, look.generated);
            match (look.seen, look.scrap) {
                (Seen::Normal, false) => serviceable.insert(look.check, 1, look.generated),
                (Seen::Normal, true) => put(Part::Scrap, look.check, look.generated),
                (Seen::Faulty, _) => put(Part::Faulty, look.check, look.generated),
                (Seen::Missing, _) => put(Part::Missing, look.check, look.generated),
            }
            if self.registered.contains_key(asset) {
                checked_registered += 1;
            } else {
                put(Part::NoLongerRegistered, look.check, look.generated);
            }
        }
        for (asset, generated) in &self.registered {
            if !self.looks.contains_key(asset) {
                put(Part::NotChecked, *asset, *generated);
            }
        }
        if !self.late.is_empty() {
            parts.insert(Part::Late, self.late.clone());
        }
        let parts = PartCount::list(&parts);
        let coverage = Some(Coverage {
            checked: checked_registered,
            registered: self.registered.len() as u64,
            on,
        });
        if checked.is_empty() {
            return Measured::Gap(Gap {
                parts,
                coverage,
                covered,
            });
        }
        Measured::Rate(Rate {
            part: Side::of(&serviceable),
            whole: Side::of(&checked),
            generated: checked.generated(),
            coverage,
            on,
            parts,
            covered: covered.counted(),
        })
    }
}
