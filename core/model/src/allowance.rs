//! Allowances: how many bottles of a unit may be away at once, and how many ratings a floor asks for.
//!
//! The parts, steps and clauses are the pack's; here is only the arithmetic. Which bottles go, and
//! where bottles stand, is decided elsewhere.

use crate::pack::{AwayRule, RatingRule};

/// The bottles of one calculation unit, for the question how many more may go to service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitBottles {
    /// All bottles that belong to the unit, the ones away included.
    pub bottles: u32,
    /// Of these, how many are away already; at most `bottles`.
    pub away: u32,
    /// For how many of those away a loan of the same type and at least the same rating stands in;
    /// at most `away`.
    pub loans: u32,
    /// How many more should go; at most what is there.
    pub to_service: u32,
}

/// Why numbers of bottles are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// More are away or to go than the unit has.
    #[error("take more bottles away than the unit has")]
    MoreThanBottles,
    /// More loans than bottles away.
    #[error("count more loans than bottles away")]
    MoreLoansThanAway,
}

/// How many bottles may go to service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leave {
    /// How many more may leave the unit without a loan, however many should.
    pub allowance: u32,
    /// How many of those that should go may go without a loan.
    pub without_loan: u32,
    /// How many of those that should go need a loan each.
    pub need_loan: u32,
    /// Whether the text leaves two ways here: bottles are away already, or the unit is so small
    /// that its part is less than one bottle.
    pub reading: bool,
}

/// How many of a unit's bottles may go to service without a loan (GB 50444-2008 5.1.2 in the CN pack).
///
/// The part of the unit is rounded down and counts the bottles already away, unless a loan stands
/// in for them: of 10 two may go, of 8 with one away one more, of 3 none.
///
/// # Errors
/// [`UnitError`] if the numbers cannot be those of one unit.
pub fn leave(rule: &AwayRule, unit: UnitBottles) -> Result<Leave, UnitError> {
    let there = unit
        .bottles
        .checked_sub(unit.away)
        .ok_or(UnitError::MoreThanBottles)?;
    if unit.to_service > there {
        return Err(UnitError::MoreThanBottles);
    }
    let uncovered = unit
        .away
        .checked_sub(unit.loans)
        .ok_or(UnitError::MoreLoansThanAway)?;
    let part = u64::from(unit.bottles) * u64::from(rule.parts) / u64::from(rule.of.max(1));
    let part = u32::try_from(part).unwrap_or(u32::MAX);
    let allowance = part.saturating_sub(uncovered).min(there);
    let without_loan = allowance.min(unit.to_service);
    let reading = unit.away > 0 || part == 0;
    Ok(Leave {
        allowance,
        without_loan,
        need_loan: unit.to_service - without_loan,
        reading,
    })
}

/// How many 1A ratings a public floor asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratings {
    /// The number of 1A ratings.
    pub count: u32,
    /// Whether the area is an exact multiple of the step beyond the first, where the text leaves
    /// two ways.
    pub reading: bool,
}

/// How many 1A ratings a public floor of `square_metres` asks for (GB 50140-2005 6.1.1-6.1.3 in the CN pack).
///
/// None up to the step (100 m²), one above it, and one more with every further full step: 101 → 1,
/// 200 → 2 (the reading), 201 → 2. The area is finite and not negative; else none is asked for.
pub fn ratings(rule: &RatingRule, square_metres: f64) -> Ratings {
    let step = f64::from(rule.step_square_metres.max(1));
    if !square_metres.is_finite() || square_metres <= step {
        return Ratings {
            count: 0,
            reading: false,
        };
    }
    let whole = square_metres.trunc();
    // Whole numbers up to u32::MAX are exact in f64, and `as` stops at the bounds of u32.
    let count = (whole / step).floor() as u32;
    let reading = count >= 2 && square_metres == whole && whole % step == 0.0;
    Ratings { count, reading }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pack::{Market, Pack};

    fn cn_leave(bottles: u32, away: u32, loans: u32, to_service: u32) -> Result<Leave, UnitError> {
        let rule = Pack::shipped(Market::Cn).away().unwrap();
        leave(
            rule,
            UnitBottles {
                bottles,
                away,
                loans,
                to_service,
            },
        )
    }

    fn cn_ratings(square_metres: f64) -> u32 {
        ratings(Pack::shipped(Market::Cn).rating().unwrap(), square_metres).count
    }

    #[test]
    fn a_quarter_of_the_bottles_may_go_and_each_further_one_needs_a_loan() {
        for (bottles, away, to_service, without_loan, need_loan) in [
            (10, 0, 3, 2, 1),
            (3, 0, 2, 0, 2),
            (8, 1, 2, 1, 1),
            (8, 2, 1, 0, 1),
            (8, 0, 2, 2, 0),
            (4, 0, 1, 1, 0),
            (1, 0, 1, 0, 1),
            (10, 3, 1, 0, 1),
            (10, 0, 1, 1, 0),
            (0, 0, 0, 0, 0),
        ] {
            let answer = cn_leave(bottles, away, 0, to_service).unwrap();
            assert_eq!(
                (answer.without_loan, answer.need_loan),
                (without_loan, need_loan),
                "{to_service} of {bottles}"
            );
        }
    }

    #[test]
    fn a_bottle_away_with_a_loan_in_its_place_does_not_count() {
        assert_eq!(cn_leave(8, 2, 0, 2).unwrap().without_loan, 0);
        assert_eq!(cn_leave(8, 2, 1, 2).unwrap().without_loan, 1);
        assert_eq!(cn_leave(8, 2, 2, 2).unwrap().without_loan, 2);
    }

    #[test]
    fn the_allowance_tells_how_many_could_go_whatever_is_asked() {
        let asked = Leave {
            allowance: 2,
            without_loan: 0,
            need_loan: 0,
            reading: false,
        };
        assert_eq!(cn_leave(10, 0, 0, 0).unwrap(), asked);
        assert_eq!(
            cn_leave(4, 4, 4, 0).unwrap().allowance,
            0,
            "nothing is left to go"
        );
    }

    #[test]
    fn bottles_already_away_and_small_units_are_a_reading() {
        for (bottles, away, reading) in [(10, 0, false), (8, 1, true), (3, 0, true), (4, 0, false)]
        {
            assert_eq!(
                cn_leave(bottles, away, 0, 1).unwrap().reading,
                reading,
                "{away} of {bottles} away"
            );
        }
    }

    #[test]
    fn numbers_that_are_not_of_one_unit_are_refused() {
        assert_eq!(cn_leave(3, 4, 0, 0), Err(UnitError::MoreThanBottles));
        assert_eq!(cn_leave(3, 1, 0, 3), Err(UnitError::MoreThanBottles));
        assert_eq!(cn_leave(3, 1, 2, 1), Err(UnitError::MoreLoansThanAway));
    }

    #[test]
    fn ratings_follow_the_public_floor_area() {
        for (square_metres, expected) in [
            (0.0, 0),
            (99.9, 0),
            (100.0, 0),
            (100.1, 1),
            (101.0, 1),
            (199.9, 1),
            (200.0, 2),
            (201.0, 2),
            (299.0, 2),
            (300.0, 3),
            (1_000.0, 10),
        ] {
            assert_eq!(cn_ratings(square_metres), expected, "{square_metres} m²");
        }
    }

    #[test]
    fn only_an_exact_further_hundred_is_a_reading() {
        let rule = Pack::shipped(Market::Cn).rating().unwrap();
        let readings = [100.0, 150.0, 199.9, 200.0, 200.5, 201.0, 300.0]
            .map(|area| ratings(rule, area).reading);
        assert_eq!(readings, [false, false, false, true, false, false, true]);
    }

    #[test]
    fn an_impossible_area_asks_for_nothing() {
        for area in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -200.0] {
            assert_eq!(cn_ratings(area), 0);
        }
    }

    #[test]
    fn other_markets_have_neither_rule() {
        for market in [Market::Us, Market::Uk] {
            assert!(
                Pack::shipped(market).away().is_none() && Pack::shipped(market).rating().is_none()
            );
        }
    }

    proptest! {
        #[test]
        fn never_more_than_a_quarter_is_away_without_a_loan(bottles in 0_u32..200, away in 0_u32..50, loans in 0_u32..50, wanted in 0_u32..50) {
            prop_assume!(away <= bottles && loans <= away && wanted <= bottles - away);
            let answer = cn_leave(bottles, away, loans, wanted).unwrap();
            prop_assert_eq!(answer.without_loan + answer.need_loan, wanted);
            let uncovered = away - loans + answer.without_loan;
            prop_assert!(answer.without_loan == 0 || uncovered * 4 <= bottles);
            prop_assert!(answer.need_loan == 0 || (uncovered + 1) * 4 > bottles, "one more could have gone");
        }
    }
}
