//! What a link does to its connections: a pure function of a seed and the connection's number, so
//! that a failing run can be run again. Sockets must not be here.

use std::ops::RangeInclusive;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// How a link behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weather {
    /// Where all chance comes from.
    pub seed: u64,
    /// Of a thousand connections, how many are cut.
    pub cut_per_mille: u32,
    /// A cut comes after this many bytes, both directions together.
    pub cut_after: RangeInclusive<u64>,
    /// How long a connection waits before its first byte passes, milliseconds.
    pub delay_ms: RangeInclusive<u64>,
    /// Bytes a second in each direction of a connection; none: as fast as it goes.
    pub bytes_per_second: Option<u32>,
}

/// What happens to one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// The connection is cut when this many bytes have passed; none: it lives.
    pub cut_after: Option<u64>,
    /// How long the first byte waits.
    pub delay: Duration,
    /// Bytes a second in each direction.
    pub bytes_per_second: Option<u32>,
}

impl Weather {
    /// Everything passes at once.
    pub fn clear() -> Self {
        Self {
            seed: 0,
            cut_per_mille: 0,
            cut_after: 0..=0,
            delay_ms: 0..=0,
            bytes_per_second: None,
        }
    }

    /// A stairwell: every third connection is cut, in the handshake or in a body.
    pub fn stairwell(seed: u64) -> Self {
        Self {
            seed,
            cut_per_mille: 333,
            cut_after: 1..=8192,
            delay_ms: 0..=30,
            ..Self::clear()
        }
    }

    /// A link like 2G: 8 kB a second, over half a second of delay, a cut now and then.
    pub fn two_g(seed: u64) -> Self {
        Self {
            seed,
            cut_per_mille: 100,
            cut_after: 1..=65_536,
            delay_ms: 400..=900,
            bytes_per_second: Some(8_000),
        }
    }

    /// The fate of a connection by its number, counted from 0 in the order of acceptance.
    pub fn fate(&self, connection: u64) -> Fate {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(connection);
        let delay = within(&mut rng, &self.delay_ms);
        let cut = within(&mut rng, &(1..=1000)) <= u64::from(self.cut_per_mille);
        let cut_after = within(&mut rng, &self.cut_after);
        Fate {
            cut_after: cut.then_some(cut_after),
            delay: Duration::from_millis(delay),
            bytes_per_second: self.bytes_per_second,
        }
    }
}

/// A number of the range; the last bits' bias does not matter to a test link.
fn within(rng: &mut ChaCha8Rng, range: &RangeInclusive<u64>) -> u64 {
    let width = range.end().saturating_sub(*range.start()).saturating_add(1);
    range.start() + rng.next_u64() % width
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_fates_and_another_seed_others() {
        let fates = |seed| -> Vec<Fate> {
            let weather = Weather::stairwell(seed);
            (0..100).map(|n| weather.fate(n)).collect()
        };
        assert_eq!(fates(7), fates(7));
        assert_ne!(fates(7), fates(8));
    }

    #[test]
    fn as_many_are_cut_as_asked_for_and_within_the_bounds() {
        let weather = Weather::stairwell(1);
        let cuts: Vec<u64> = (0..3000)
            .filter_map(|n| weather.fate(n).cut_after)
            .collect();
        assert!((900..1100).contains(&cuts.len()), "{}", cuts.len());
        assert!(cuts.iter().all(|bytes| (1..=8192).contains(bytes)));
        let clear = Weather::clear();
        assert!((0..3000).all(|n| clear.fate(n).cut_after.is_none()));
    }
}
