//! How many of a thing to generate so that the measured line stands beside the figure that was
//! reported. Reads figures, makes no entry.

use doorstep_model::entry::Precision;

use super::BUILDINGS;
use crate::demo::dice::Dice;
use crate::import::ImportedFigure;

/// The reported figures, as wishes.
#[derive(Debug)]
pub(super) struct Figures<'f> {
    figures: &'f [ImportedFigure],
    seed: u64,
    buildings: u32,
}

impl<'f> Figures<'f> {
    /// Wishes for a street of so many buildings: of fewer than the figures ask for, a share.
    pub(super) fn of(figures: &'f [ImportedFigure], seed: u64, buildings: u32) -> Self {
        Self {
            figures,
            seed,
            buildings,
        }
    }

    /// Year and number of each figure of a row whose measure begins like this, as far as the
    /// buildings go.
    pub(super) fn share(&self, row: &str, measure: &str) -> Vec<(u16, u32)> {
        let of = |number: u32| {
            let share = u64::from(number) * u64::from(self.buildings.min(BUILDINGS));
            u32::try_from(share.div_ceil(u64::from(BUILDINGS))).unwrap_or(number)
        };
        let whole = self.whole(row, measure).into_iter();
        whole.map(|(year, number)| (year, of(number))).collect()
    }

    /// The same, however few buildings there are.
    pub(super) fn whole(&self, row: &str, measure: &str) -> Vec<(u16, u32)> {
        self.figures
            .iter()
            .filter(|figure| figure.row == row && figure.measure.starts_with(measure))
            .filter_map(|figure| {
                let number: u32 = figure.value.to_string().parse().ok()?;
                Some((figure.year, number + self.surplus(figure, number)))
            })
            .collect()
    }

    /// 余 is a bit more than what is said: less than one of its leading digit.
    fn surplus(&self, figure: &ImportedFigure, number: u32) -> u32 {
        if figure.precision == Precision::Exact {
            return 0;
        }
        let step = 10_u32.pow(number.max(1).ilog10());
        let name = format!("surplus of {}", figure.row);
        Dice::of(self.seed, &name, figure.year.into()).between(1, step / 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{FigureContext, LAOXIMEN_FIGURES, parse_figures};

    fn figures() -> Vec<ImportedFigure> {
        let context = FigureContext {
            today: crate::demo::almanac::TODAY,
        };
        parse_figures(LAOXIMEN_FIGURES, &context).rows
    }

    #[test]
    fn an_exact_figure_is_generated_as_it_was_told() {
        let told = figures();
        let wanted = Figures::of(&told, 1, BUILDINGS).share("S01", "extinguishers handed out");
        assert_eq!(
            wanted,
            [(2013, 3030), (2014, 2023), (2015, 2174), (2017, 2094)]
        );
    }

    #[test]
    fn a_bit_more_is_a_bit_more() {
        let told = figures();
        let wanted = Figures::of(&told, 1, BUILDINGS).share("S03", "wall hydrants repaired");
        let of_2015 = wanted.iter().find(|(year, _)| *year == 2015).unwrap().1;
        assert!((81..90).contains(&of_2015), "{of_2015}");
    }

    #[test]
    fn half_the_buildings_have_half_of_it_and_people_are_not_halved() {
        let told = figures();
        let half = Figures::of(&told, 1, BUILDINGS / 2);
        assert_eq!(half.share("S01", "extinguishers")[0], (2013, 1515));
        assert!(half.whole("S12", "people")[0].1 > 15_000);
    }
}
