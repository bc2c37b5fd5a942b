//! From counts to a report: zero or gap, totals over areas, sums over columns. Nothing here reads a
//! row.

use crate::ids::AreaId;
use crate::report::fold::{Cell, ReportFold};
use crate::report::line::{Counts, Line, Over};
use crate::report::looks::LookTally;
use crate::report::reported::Reported;
use crate::report::result::{
    Column, Count, Covered, Gap, LineResult, Measured, PartCount, Rate, Report, Side, Sum,
};
use crate::report::tally::{Part, Tally};

impl ReportFold {
    /// Closes the count.
    pub fn finish(mut self) -> Report {
        for tally in self.tallies.values_mut() {
            tally.settle();
        }
        let years: Vec<u16> = self.frame.periods.iter().filter_map(|p| p.year()).collect();
        let figures = std::mem::take(&mut self.figures);
        let (mut placed, unplaced) = figures.place(&self.frame.register, &years);
        let lines = self.frame.register.lines.iter().enumerate();
        let lines = lines.map(|(index, line)| {
            let reported = years.iter().map(|year| {
                let told = placed.remove(&(line.id.clone(), *year));
                (*year, told.unwrap_or(Reported::Gap))
            });
            self.line(index, line, reported.collect())
        });
        Report {
            lines: lines.collect(),
            register: (self.frame.register.id.clone(), self.frame.register.number),
            areas: self.frame.areas.clone(),
            cut_off: self.frame.cut_off,
            periods: self.frame.periods.clone(),
            charts: self.frame.register.charts.clone(),
            unplaced,
            outside: self.outside,
        }
    }

    fn line(&self, index: usize, line: &Line, reported: Vec<(u16, Reported)>) -> LineResult {
        let measured: Option<Vec<Column>> = line.counts.as_ref().map(|counts| {
            let columns = 0..self.frame.periods.len();
            columns
                .map(|column| self.column(index, column, counts))
                .collect()
        });
        let summed = line.sum && !line.cumulative;
        let measured_sum = measured
            .as_ref()
            .filter(|_| summed)
            .and_then(|columns| Sum::of(columns.iter().map(|column| column.total.amount())));
        let told = reported.iter().map(|(_, told)| told.summable());
        let reported_sum = summed.then(|| Sum::of(told)).flatten();
        LineResult {
            joined: joins_measures(&reported),
            line: line.clone(),
            measured,
            measured_sum,
            reported,
            reported_sum,
        }
    }

    fn column(&self, index: usize, column: usize, counts: &Counts) -> Column {
        let areas = 0..self.frame.areas.members.len();
        let cells = areas.map(|area| (index, column, area));
        match counts {
            Counts::Serviceable { over, .. } => self.rate_column(column, cells, *over),
            Counts::RectifiedRate { .. } => self.column_of(column, cells, |tally, covered| {
                rectified_rate(tally, self.frame.cut_off, covered)
            }),
            Counts::Rectified {
                campaign_named: Some(name),
                ..
            } => {
                let held = self.frame.has_campaign(column, name);
                self.column_of(column, cells, |tally, covered| count(tally, held, covered))
            }
            Counts::HandedOut { .. }
            | Counts::Reached { .. }
            | Counts::Repaired { .. }
            | Counts::Rectified { .. }
            | Counts::TookPart {} => {
                self.column_of(column, cells, |tally, covered| count(tally, true, covered))
            }
        }
    }

    fn column_of(
        &self,
        column: usize,
        cells: impl Iterator<Item = Cell>,
        measured: impl Fn(&Tally, Covered) -> Measured,
    ) -> Column {
        let (mut whole, mut covered, mut areas) = (Tally::default(), Covered::default(), vec![]);
        let nothing = Tally::default();
        for cell in cells {
            let tally = self.tallies.get(&cell).unwrap_or(&nothing);
            let area = measured(tally, self.covered(cell));
            covered.add(self.covered(cell), &area);
            whole.unite(tally);
            areas.push((self.area_id(cell), area));
        }
        Column {
            period: self.frame.periods[column],
            total: measured(&whole, covered),
            areas,
        }
    }

    fn rate_column(&self, column: usize, cells: impl Iterator<Item = Cell>, over: Over) -> Column {
        let (mut whole, mut covered, mut areas) =
            (LookTally::default(), Covered::default(), vec![]);
        let nothing = LookTally::default();
        for cell in cells {
            let tally = self.looks.get(&cell).unwrap_or(&nothing);
            let day = self.register_day(over, column, cell.2);
            let day = day.unwrap_or(self.frame.cut_off);
            let area = tally.measured(day, self.covered(cell));
            covered.add(self.covered(cell), &area);
            whole.unite(tally);
            areas.push((self.area_id(cell), area));
        }
        let on = self.frame.last_day(column);
        Column {
            period: self.frame.periods[column],
            total: whole.measured(on, covered),
            areas,
        }
    }

    /// What covers one area; whether it gives a number is known only once it is measured.
    fn covered(&self, (_, column, area): Cell) -> Covered {
        let (months, of_months) = self.frame.months_covered(column, area);
        Covered {
            areas: 0,
            of_areas: 1,
            months,
            of_months,
        }
    }

    fn area_id(&self, (_, _, area): Cell) -> AreaId {
        self.frame.areas.members[area].0.clone()
    }
}

impl Covered {
    fn add(&mut self, area: Self, measured: &Measured) {
        self.areas += u32::from(!measured.is_gap());
        self.of_areas += area.of_areas;
        self.months += area.months;
        self.of_months += area.of_months;
    }

    /// True where each month of each area up to the cut-off is covered.
    fn is_whole(self) -> bool {
        self.of_months > 0 && self.months == self.of_months
    }

    /// The same, for one area that gives a number.
    pub(super) fn counted(self) -> Self {
        Self {
            areas: self.areas.max(u32::from(self.of_areas == 1)),
            ..self
        }
    }
}

/// A number where a record counts; 0 where the column is covered as a whole and `held` (a line of
/// campaigns asks for one); else a gap.
fn count(tally: &Tally, held: bool, covered: Covered) -> Measured {
    let parts = PartCount::list(&tally.parts);
    let nothing = tally.counted.is_empty() && tally.corrections.is_empty();
    if nothing && !(held && covered.is_whole()) {
        return Measured::Gap(Gap {
            parts,
            coverage: None,
            covered,
        });
    }
    let corrections = &tally.corrections;
    Measured::Count(Count {
        amount: tally.counted.amount(),
        entries: tally.counted.identities(),
        generated: tally.counted.generated() + corrections.generated(),
        corrections: (!corrections.is_empty()).then(|| Side::of(corrections)),
        parts,
        covered: covered.counted(),
    })
}

/// Rectified at the cut-off, of what was found in the column.
fn rectified_rate(tally: &Tally, cut_off: u32, covered: Covered) -> Measured {
    let parts = PartCount::list(&tally.parts);
    let Some(found) = tally.parts.get(&Part::Found).filter(|set| !set.is_empty()) else {
        return Measured::Gap(Gap {
            parts,
            coverage: None,
            covered,
        });
    };
    Measured::Rate(Rate {
        part: Side::of(&tally.counted),
        whole: Side::of(found),
        generated: found.generated(),
        coverage: None,
        on: cut_off,
        parts,
        covered: covered.counted(),
    })
}

fn joins_measures(reported: &[(u16, Reported)]) -> bool {
    let mut measures = reported.iter().flat_map(|(_, told)| match told {
        Reported::Figure(figure) => vec![figure.measure.as_str()],
        Reported::Several(figures) => figures.iter().map(|f| f.measure.as_str()).collect(),
        Reported::Gap => Vec::new(),
    });
    let first = measures.next();
    measures.any(|measure| Some(measure) != first)
}
