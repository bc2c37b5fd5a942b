//! Numbers of a report: an exact decimal, how precisely it is known, and 余 rounding. No units and
//! no words: a number's unit stands in its line, and nothing here adds across lines.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::entry::Precision;

/// A number of zero or more with one decimal kept, such as `5330.9` ㎡.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal {
    tenths: u64,
}

/// Largest whole part that reads from text: a street's figure with room to spare, and far from
/// where a sum could overflow.
pub const WHOLE_MAX: u64 = 1_000_000_000_000;

/// A text that is no number of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not digits with at most one point between them.
    #[error("not a plain number such as 896 or 5330.9")]
    NotANumber,
    /// More than one digit after the point; rounding it here would hide that.
    #[error("more than one decimal")]
    TooPrecise,
    /// Above [`WHOLE_MAX`].
    #[error("larger than 1000000000000")]
    TooLarge,
}

impl Decimal {
    /// The whole number `whole`, held at the largest there is.
    pub const fn whole(whole: u64) -> Self {
        Self {
            tenths: whole.saturating_mul(10),
        }
    }

    /// `tenths` tenths.
    pub const fn from_tenths(tenths: u64) -> Self {
        Self { tenths }
    }

    /// The number in tenths.
    pub const fn tenths(self) -> u64 {
        self.tenths
    }

    /// `part` of `whole` in percent, rounded down to a tenth, so that 100 % is printed only where
    /// nothing is left. `None` where `whole` is 0.
    pub fn percent(part: u64, whole: u64) -> Option<Self> {
        let tenths = u128::from(part) * 1000 / u128::from((whole > 0).then_some(whole)?);
        Some(Self {
            tenths: u64::try_from(tenths).unwrap_or(u64::MAX),
        })
    }

    /// True of 0.
    pub const fn is_zero(self) -> bool {
        self.tenths == 0
    }
}

impl std::ops::Add for Decimal {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            tenths: self.tenths.saturating_add(other.tenths),
        }
    }
}

impl std::iter::Sum for Decimal {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::default(), |sum, number| sum + number)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tenths % 10 {
            0 => write!(f, "{}", self.tenths / 10),
            tenth => write!(f, "{}.{tenth}", self.tenths / 10),
        }
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (whole, decimals) = match text.split_once('.') {
            Some((_, "")) => return Err(DecimalError::NotANumber),
            Some(parts) => parts,
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(decimals) {
            return Err(DecimalError::NotANumber);
        }
        if decimals.len() > 1 {
            return Err(DecimalError::TooPrecise);
        }
        let whole: u64 = whole.parse().map_err(|_| DecimalError::TooLarge)?;
        if whole > WHOLE_MAX {
            return Err(DecimalError::TooLarge);
        }
        let tenth = decimals.bytes().next().map_or(0, |b| u64::from(b - b'0'));
        Ok(Self {
            tenths: whole * 10 + tenth,
        })
    }
}

impl Serialize for Decimal {
    /// A JSON number: whole where it is, else with its one decimal.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.tenths % 10 {
            0 => serializer.serialize_u64(self.tenths / 10),
            _ => serializer.serialize_f64(self.tenths as f64 / 10.0),
        }
    }
}

/// A number as it is known: exactly, or as what it is at least (余, 以上, 超过).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount {
    /// The number.
    pub value: Decimal,
    /// Exact, or a lower bound.
    pub precision: Precision,
}

impl Amount {
    /// Exactly the whole number `whole`.
    pub const fn exact(whole: u64) -> Self {
        Self {
            value: Decimal::whole(whole),
            precision: Precision::Exact,
        }
    }

    /// At least the whole number `whole`.
    pub const fn at_least(whole: u64) -> Self {
        Self {
            value: Decimal::whole(whole),
            precision: Precision::LowerBound,
        }
    }

    /// As the summaries round: down to the leading digit, to two digits from 10,000; it becomes a
    /// lower bound only if something was cut off (docs/reports.md, 余). What is below 1 stays.
    #[must_use]
    pub fn rounded_down(self) -> Self {
        let whole = self.value.tenths / 10;
        let Some(magnitude) = whole.checked_ilog10() else {
            return self;
        };
        let kept_digits = if whole >= 10_000 { 2 } else { 1 };
        let step = 10 * 10_u64.pow(magnitude + 1 - kept_digits);
        let tenths = self.value.tenths / step * step;
        let cut_off = tenths != self.value.tenths;
        Self {
            value: Decimal { tenths },
            precision: if cut_off {
                Precision::LowerBound
            } else {
                self.precision
            },
        }
    }

    /// True of a lower bound.
    pub fn is_lower_bound(self) -> bool {
        self.precision == Precision::LowerBound
    }
}

impl std::ops::Add for Amount {
    type Output = Self;

    /// The sum; a lower bound as soon as one part is.
    fn add(self, other: Self) -> Self {
        Self {
            value: self.value + other.value,
            precision: self.precision.max(other.precision),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(whole: u64) -> (String, bool) {
        let amount = Amount::exact(whole).rounded_down();
        (amount.value.to_string(), amount.is_lower_bound())
    }

    #[test]
    fn rounding_keeps_the_leading_digit_and_two_from_ten_thousand() {
        assert_eq!(rounded(6_234), ("6000".into(), true));
        assert_eq!(rounded(9_999), ("9000".into(), true));
        assert_eq!(rounded(10_000), ("10000".into(), false));
        assert_eq!(rounded(15_432), ("15000".into(), true));
        assert_eq!(rounded(159_000), ("150000".into(), true));
        assert_eq!(rounded(84), ("80".into(), true));
    }

    #[test]
    fn more_is_said_only_where_something_was_cut_off() {
        for whole in [0, 7, 70, 700, 6_000, 15_000] {
            assert_eq!(rounded(whole), (whole.to_string(), false));
        }
        assert!(Amount::at_least(80).rounded_down().is_lower_bound());
        let area = Amount {
            value: Decimal::from_tenths(5),
            precision: Precision::Exact,
        };
        assert_eq!(area.rounded_down(), area);
    }

    #[test]
    fn one_lower_bound_makes_the_sum_one() {
        let sum = Amount::exact(97) + Amount::at_least(80) + Amount::exact(70);
        assert_eq!(sum, Amount::at_least(247));
        assert_eq!(Amount::exact(1) + Amount::exact(2), Amount::exact(3));
    }

    #[test]
    fn a_number_keeps_its_one_decimal() {
        let area: Decimal = "5330.9".parse().unwrap();
        assert_eq!(area.to_string(), "5330.9");
        assert_eq!(serde_json::to_string(&area).unwrap(), "5330.9");
        assert_eq!(serde_json::to_string(&Decimal::whole(896)).unwrap(), "896");
        assert_eq!("412.0".parse(), Ok(Decimal::whole(412)));
    }

    #[test]
    fn what_is_no_number_says_what_is_wrong() {
        for text in ["", ".", "5.", ".5", "-3", "1,000", "700余", "1e3", "3-5"] {
            assert_eq!(
                text.parse::<Decimal>(),
                Err(DecimalError::NotANumber),
                "{text}"
            );
        }
        assert_eq!("1.25".parse::<Decimal>(), Err(DecimalError::TooPrecise));
        for text in ["1000000000001", "99999999999999999999999"] {
            assert_eq!(
                text.parse::<Decimal>(),
                Err(DecimalError::TooLarge),
                "{text}"
            );
        }
    }

    #[test]
    fn a_hundred_percent_is_never_rounded_up_to() {
        let shown = |part, whole| Decimal::percent(part, whole).map(|p| p.to_string());
        assert_eq!(shown(9_999, 10_000).as_deref(), Some("99.9"));
        assert_eq!(shown(10_000, 10_000).as_deref(), Some("100"));
        assert_eq!(shown(1, 3).as_deref(), Some("33.3"));
        assert_eq!(shown(0, 0), None);
    }
}
