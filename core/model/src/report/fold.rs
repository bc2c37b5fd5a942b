//! Counting: rows stream in, one at a time and in any order, and a report comes out. What stands in
//! memory is one entry a counted record and one look an asset and column, never a list of checks.

use std::collections::BTreeMap;

use crate::entry::{CaseClass, HandoutManner, Mark};
use crate::report::frame::Frame;
use crate::report::line::{Counts, Line, Over, matches};
use crate::report::looks::LookTally;
use crate::report::period::{Period, local_day};
use crate::report::reported::Figures;
use crate::report::rows::{AssetRow, AttendanceRow, CaseRow, FigureRow, HandoutRow, LookRow};
use crate::report::tally::{Part, Reached, Tally};

/// Line, column, area: where a row counts.
pub(super) type Cell = (usize, usize, usize);

/// A report being counted.
///
/// Small tables first, as a [`Frame`]; then every row of handouts, cases, attendance, assets, looks
/// and figures, in any order; then [`ReportFold::finish`]. A row given twice counts once.
#[derive(Debug, Clone)]
pub struct ReportFold {
    pub(super) frame: Frame,
    pub(super) tallies: BTreeMap<Cell, Tally>,
    pub(super) looks: BTreeMap<Cell, LookTally>,
    pub(super) figures: Figures,
    pub(super) outside: u64,
}

impl Frame {
    /// Starts counting.
    pub fn fold(self) -> ReportFold {
        ReportFold {
            frame: self,
            tallies: BTreeMap::new(),
            looks: BTreeMap::new(),
            figures: Figures::default(),
            outside: 0,
        }
    }
}

impl ReportFold {
    /// Counts a handout line: its quantity where the unit is the line's, its household once.
    pub fn handout(&mut self, row: HandoutRow<'_>) {
        let Some((area, generated)) = self.counts(row.area, row.mark) else {
            return;
        };
        let Some(period) = self.frame.period(row.day) else {
            return;
        };
        let late = self.is_late(period, row.late);
        for (index, line) in self.frame.register.lines.iter().enumerate() {
            match &line.counts {
                Some(Counts::HandedOut { items })
                    if matches(items, row.item)
                        && self.frame.register.same_unit(&line.unit.zh, row.unit) =>
                {
                    let tally = self.tallies.entry((index, period, area)).or_default();
                    tally.count(row.identity, row.quantity, generated, late);
                    if let (Some(manner), false) = (row.manner, late) {
                        let part = part_of(manner);
                        tally.part(part, row.identity, row.quantity, generated);
                    }
                }
                Some(Counts::Reached { items }) if matches(items, row.item) => {
                    let tally = self.tallies.entry((index, period, area)).or_default();
                    let reached = Reached {
                        day: row.day,
                        entry: row.identity,
                        generated,
                        late,
                    };
                    tally.reach(row.household, reached);
                }
                _ => {}
            }
        }
    }

    /// Counts a case in the column of its effective close, and where it was found or still open.
    pub fn case(&mut self, row: CaseRow<'_>) {
        if row.duplicate || row.found_day > self.frame.cut_off {
            return;
        }
        let Some((area, generated)) = self.counts(row.area, row.mark) else {
            return;
        };
        let rectified = row.rectified_day.filter(|_| !row.open);
        let rectified = rectified.filter(|day| *day <= self.frame.cut_off);
        for index in 0..self.frame.register.lines.len() {
            let line = &self.frame.register.lines[index];
            if self.is_case_of(line, &row) {
                self.count_case(index, area, &row, rectified, generated);
            } else if is_rate_of(line, &row)
                && let Some(period) = self.frame.period(row.found_day)
            {
                let tally = self.tallies.entry((index, period, area)).or_default();
                tally.part(Part::Found, row.identity, 1, generated);
                match rectified {
                    Some(_) => tally.count(row.identity, 1, generated, false),
                    None => tally.part(Part::Open, row.identity, 1, generated),
                }
            }
        }
    }

    /// Counts person-times.
    pub fn attendance(&mut self, row: AttendanceRow<'_>) {
        let Some((area, generated)) = self.counts(row.area, row.mark) else {
            return;
        };
        let Some(period) = self.frame.period(row.day) else {
            return;
        };
        let late = self.is_late(period, row.late);
        for (index, line) in self.frame.register.lines.iter().enumerate() {
            if matches!(line.counts, Some(Counts::TookPart {})) {
                let tally = self.tallies.entry((index, period, area)).or_default();
                tally.count(row.identity, row.person_times, generated, late);
                if let (Some(force), false) = (row.force, late) {
                    let part = Part::Force(force.to_owned());
                    tally.part(part, row.identity, row.person_times, generated);
                }
            }
        }
    }

    /// Counts an effective look; of one asset and column the latest is kept.
    pub fn look(&mut self, row: LookRow<'_>) {
        let Some((area, generated)) = self.counts(row.area, row.mark) else {
            return;
        };
        let period = self.frame.period(local_day(row.at));
        for (index, line) in self.frame.register.lines.iter().enumerate() {
            let Some(Counts::Serviceable { asset_types, over }) = &line.counts else {
                continue;
            };
            if !matches(asset_types, row.asset_type) {
                continue;
            }
            let column = match (over, row.round) {
                (Over::Period, _) => period,
                (Over::LastClosedRound, Some(round)) => {
                    let mut columns = 0..self.frame.periods.len();
                    columns.find(|&column| {
                        let last = self.frame.last_closed_round(column, area);
                        last.is_some_and(|(_, closed)| closed == round)
                    })
                }
                (Over::LastClosedRound, None) => None,
            };
            let Some(column) = column else { continue };
            let late = row.late && (*over == Over::LastClosedRound || self.is_late(column, true));
            let tally = self.looks.entry((index, column, area)).or_default();
            if late {
                tally.late(&row, generated);
            } else {
                tally.look(&row, generated);
            }
        }
    }

    /// Counts an asset in the register of the last day of each column, or of its last closed round.
    pub fn asset(&mut self, row: AssetRow<'_>) {
        let Some((area, generated)) = self.counts(row.area, row.mark) else {
            return;
        };
        for (index, line) in self.frame.register.lines.iter().enumerate() {
            let Some(Counts::Serviceable { asset_types, over }) = &line.counts else {
                continue;
            };
            if !matches(asset_types, row.asset_type) {
                continue;
            }
            for column in 0..self.frame.periods.len() {
                let Some(day) = self.register_day(*over, column, area) else {
                    continue;
                };
                if row.from <= day && row.until.is_none_or(|until| until > day) {
                    let tally = self.looks.entry((index, column, area)).or_default();
                    tally.register(&row, generated);
                }
            }
        }
    }

    /// Takes a figure of a text into the reported column.
    pub fn figure(&mut self, row: FigureRow) {
        let about_this_set = self.frame.is_told_by(&row.area);
        self.figures.add(row, about_this_set);
    }

    /// The day on which the register is counted; `None` of a column that has not begun.
    pub(super) fn register_day(&self, over: Over, column: usize, area: usize) -> Option<u32> {
        if !self.frame.has_begun(column) {
            return None;
        }
        let round = match over {
            Over::Period => None,
            Over::LastClosedRound => self.frame.last_closed_round(column, area),
        };
        Some(round.map_or(self.frame.last_day(column), |(to, _)| to))
    }

    /// The area's place in the set and whether the row was generated; `None` of practice, and of
    /// areas outside the set, which are told apart.
    fn counts(&mut self, area: &str, mark: Option<Mark>) -> Option<(usize, bool)> {
        if mark == Some(Mark::Practice) {
            return None;
        }
        let area = self.frame.area(area);
        self.outside += u64::from(area.is_none());
        area.map(|area| (area, mark == Some(Mark::Generated)))
    }

    /// A month shows what came after its close apart; a year has no close and counts it.
    fn is_late(&self, column: usize, late: bool) -> bool {
        late && matches!(self.frame.periods[column], Period::Month(_))
    }

    fn count_case(
        &mut self,
        index: usize,
        area: usize,
        row: &CaseRow<'_>,
        rectified: Option<u32>,
        generated: bool,
    ) {
        if let Some(day) = rectified
            && let Some(period) = self.frame.period(day)
        {
            let late = self.is_late(period, row.late);
            let tally = self.tallies.entry((index, period, area)).or_default();
            tally.count(row.identity, 1, generated, late);
            if row.on_spot && !late {
                tally.part(Part::OnTheSpot, row.identity, 1, generated);
            }
        }
        if let Some(period) = self.frame.period(row.found_day) {
            let tally = self.tallies.entry((index, period, area)).or_default();
            tally.part(Part::Found, row.identity, 1, generated);
        }
        for period in 0..self.frame.periods.len() {
            let last = self.frame.last_day(period);
            if self.frame.has_begun(period)
                && row.found_day <= last
                && rectified.is_none_or(|day| day > last)
            {
                let tally = self.tallies.entry((index, period, area)).or_default();
                tally.part(Part::Open, row.identity, 1, generated);
            }
        }
    }

    fn is_case_of(&self, line: &Line, row: &CaseRow<'_>) -> bool {
        match (&line.counts, row.class) {
            (Some(Counts::Repaired { asset_types }), CaseClass::Repair) => row
                .asset_type
                .is_some_and(|code| matches(asset_types, code)),
            (
                Some(Counts::Rectified {
                    classes,
                    campaign_named,
                }),
                CaseClass::Hazard,
            ) => {
                let of_class = classes.is_empty() || matches(classes, row.hazard_class);
                let of_campaign = campaign_named.as_ref().is_none_or(|part| {
                    let campaign = row.campaign;
                    campaign.is_some_and(|campaign| self.frame.campaign_is_named(campaign, part))
                });
                of_class && of_campaign && self.frame.register.same_unit(&line.unit.zh, row.unit)
            }
            _ => false,
        }
    }
}

fn is_rate_of(line: &Line, row: &CaseRow<'_>) -> bool {
    match &line.counts {
        Some(Counts::RectifiedRate { classes, unit }) => {
            row.class == CaseClass::Hazard && matches(classes, row.hazard_class) && unit == row.unit
        }
        _ => false,
    }
}

fn part_of(manner: HandoutManner) -> Part {
    match manner {
        HandoutManner::New => Part::New,
        HandoutManner::Replacement => Part::Replacement,
        HandoutManner::Additional => Part::Additional,
    }
}
