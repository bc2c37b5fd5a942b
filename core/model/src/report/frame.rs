//! What a report is about before any record is counted: its lines, areas, periods and cut-off, and
//! what shows that a period was looked after. Counting stands in `fold`.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{AreaId, Identity};
use crate::report::line::{LineRegister, Words};
use crate::report::period::{Period, month_of};
use crate::report::rows::{CampaignRow, ClosedRoundRow, CoverRow};

/// A named set of areas with the day it held: the denominator of every "n of m areas". Never what
/// happens to have records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedAreas {
    /// Its name, such as `16 居委会`.
    pub name: Words,
    /// The local day on which it held.
    pub on: u32,
    /// Its members with their names, in the order of the report.
    pub members: Vec<(AreaId, String)>,
}

/// Why a frame cannot hold a report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// No column.
    #[error("a report needs a period")]
    NoPeriod,
    /// Columns that overlap or fall back would count a record twice or show years out of order.
    #[error("period {0} does not follow the one before it")]
    PeriodsOverlap(Period),
    /// No row of areas.
    #[error("a report needs an area")]
    NoArea,
    /// The same area twice.
    #[error("area {0} is named twice")]
    AreaTwice(AreaId),
}

/// Lines × areas × periods up to a cut-off, and the covers, campaigns and closed rounds that decide
/// between zero and gap.
#[derive(Debug, Clone)]
pub struct Frame {
    pub(super) register: LineRegister,
    pub(super) areas: NamedAreas,
    pub(super) periods: Vec<Period>,
    pub(super) cut_off: u32,
    /// First and last day of each period, worked out once: every row asks.
    bounds: Vec<(u32, u32)>,
    area_index: BTreeMap<String, usize>,
    covered_months: Vec<BTreeSet<u32>>,
    campaigns: BTreeMap<Identity, (String, u32, u32)>,
    last_closed: BTreeMap<(usize, usize), (u32, Identity)>,
}

impl Frame {
    /// Codes of the areas that it counts.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        self.areas.members.iter().map(|(area, _)| area.as_str())
    }

    /// A frame of these lines, areas and columns. Nothing after the local day `cut_off` counts, and
    /// cases stand as they stood on its evening.
    ///
    /// # Errors
    /// What stands in [`FrameError`].
    pub fn new(
        register: LineRegister,
        areas: NamedAreas,
        periods: Vec<Period>,
        cut_off: u32,
    ) -> Result<Self, FrameError> {
        if periods.is_empty() {
            return Err(FrameError::NoPeriod);
        }
        let bounds: Vec<_> = periods
            .iter()
            .map(|p| (p.first_day(), p.last_day()))
            .collect();
        for (index, pair) in bounds.windows(2).enumerate() {
            if pair[1].0 <= pair[0].1 {
                return Err(FrameError::PeriodsOverlap(periods[index + 1]));
            }
        }
        let mut area_index = BTreeMap::new();
        for (index, (area, _)) in areas.members.iter().enumerate() {
            if area_index.insert(area.as_str().to_owned(), index).is_some() {
                return Err(FrameError::AreaTwice(area.clone()));
            }
        }
        if area_index.is_empty() {
            return Err(FrameError::NoArea);
        }
        Ok(Self {
            covered_months: vec![BTreeSet::new(); area_index.len()],
            register,
            areas,
            periods,
            cut_off,
            bounds,
            area_index,
            campaigns: BTreeMap::new(),
            last_closed: BTreeMap::new(),
        })
    }

    /// Says that an area was looked after for a stretch of days.
    pub fn cover(&mut self, row: CoverRow<'_>) {
        if let Some(area) = self.area(row.area) {
            let last = row.to.min(self.cut_off);
            if row.from <= last {
                self.covered_months[area].extend(month_of(row.from)..=month_of(last));
            }
        }
    }

    /// Names a campaign.
    pub fn campaign(&mut self, row: CampaignRow<'_>) {
        let days = (row.name.to_owned(), row.from, row.to);
        self.campaigns.insert(row.identity, days);
    }

    /// Says that an area has closed a round. Of several in one period the one that ends last holds;
    /// of two on one day the greater identity.
    pub fn closed_round(&mut self, row: ClosedRoundRow<'_>) {
        let (Some(area), Some(period)) = (self.area(row.area), self.period(row.to)) else {
            return;
        };
        let last = self.last_closed.entry((area, period));
        let last = last.or_insert((row.to, row.round));
        *last = (*last).max((row.to, row.round));
    }

    /// Where an area stands in the set; `None` of an area outside it.
    pub(super) fn area(&self, code: &str) -> Option<usize> {
        self.area_index.get(code).copied()
    }

    /// The column of a day that counts.
    pub(super) fn period(&self, day: u32) -> Option<usize> {
        if day > self.cut_off {
            return None;
        }
        let after = self.bounds.partition_point(|(first, _)| *first <= day);
        let index = after.checked_sub(1)?;
        (day <= self.bounds[index].1).then_some(index)
    }

    /// True of a column that begins up to the cut-off.
    pub(super) fn has_begun(&self, period: usize) -> bool {
        self.bounds[period].0 <= self.cut_off
    }

    /// The last day of a column that counts.
    pub(super) fn last_day(&self, period: usize) -> u32 {
        self.bounds[period].1.min(self.cut_off)
    }

    /// How many months of a column are covered in an area, and how many there are up to the
    /// cut-off. A column that has not begun has none.
    pub(super) fn months_covered(&self, period: usize, area: usize) -> (u32, u32) {
        let column = self.periods[period];
        let (first, last) = (column.first_month(), month_of(self.last_day(period)));
        if !self.has_begun(period) {
            return (0, 0);
        }
        let covered = self.covered_months[area].range(first..=last).count();
        (u32::try_from(covered).unwrap_or(u32::MAX), last - first + 1)
    }

    /// The round that a rate of a type without interval is taken over.
    pub(super) fn last_closed_round(&self, period: usize, area: usize) -> Option<(u32, Identity)> {
        self.last_closed.get(&(area, period)).copied()
    }

    /// True where the campaign's name holds `part`.
    pub(super) fn campaign_is_named(&self, campaign: Identity, part: &str) -> bool {
        let name = self.campaigns.get(&campaign);
        name.is_some_and(|(name, _, _)| name.contains(part))
    }

    /// True where a campaign so named has a day in the column.
    pub(super) fn has_campaign(&self, period: usize, part: &str) -> bool {
        let (first, last) = (self.bounds[period].0, self.last_day(period));
        let mut campaigns = self.campaigns.values();
        campaigns.any(|(name, from, to)| name.contains(part) && *from <= last && *to >= first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::period::first_day_of;
    use crate::report::rows::CoverKind;

    fn frame(periods: Vec<Period>, cut_off: u32) -> Result<Frame, FrameError> {
        let name = Words {
            zh: "居委会".into(),
            en: "committees".into(),
        };
        let areas = NamedAreas {
            name,
            on: 17_000,
            members: vec![(AreaId::new("A").unwrap(), "甲".into())],
        };
        Frame::new(LineRegister::shipped(), areas, periods, cut_off)
    }

    #[test]
    fn columns_must_follow_each_other() {
        let year = Period::Year(2017);
        let inside = Period::Month(2017 * 12 + 3);
        assert_eq!(
            frame(vec![year, inside], 20_000).unwrap_err(),
            FrameError::PeriodsOverlap(inside)
        );
        assert_eq!(frame(vec![], 20_000).unwrap_err(), FrameError::NoPeriod);
        assert!(frame(vec![Period::Year(2013), year], 20_000).is_ok());
    }

    #[test]
    fn a_year_is_covered_when_each_of_its_months_is() {
        let mut frame = frame(vec![Period::Year(2017)], first_day_of(2018 * 12)).unwrap();
        for month in (2017 * 12)..(2017 * 12 + 11) {
            let from = first_day_of(month) + 4;
            let to = from + 3;
            let kind = CoverKind::Round;
            frame.cover(CoverRow {
                area: "A",
                kind,
                from,
                to,
            });
        }
        assert_eq!(frame.months_covered(0, 0), (11, 12));
        let from = first_day_of(2017 * 12 + 11);
        let kind = CoverKind::ClosedLedger;
        frame.cover(CoverRow {
            area: "A",
            kind,
            from,
            to: from + 30,
        });
        assert_eq!(frame.months_covered(0, 0), (12, 12));
    }

    #[test]
    fn what_lies_after_the_cut_off_is_not_asked_for() {
        let cut_off = first_day_of(2017 * 12 + 5) + 9;
        let mut frame = frame(vec![Period::Year(2017), Period::Year(2018)], cut_off).unwrap();
        let (from, to) = (first_day_of(2017 * 12), first_day_of(2019 * 12));
        let kind = CoverKind::Patrol;
        frame.cover(CoverRow {
            area: "A",
            kind,
            from,
            to,
        });
        assert_eq!(frame.months_covered(0, 0), (6, 6));
        assert_eq!(frame.months_covered(1, 0), (0, 0));
        assert_eq!(frame.period(cut_off), Some(0));
        assert_eq!(frame.period(cut_off + 1), None);
    }
}
