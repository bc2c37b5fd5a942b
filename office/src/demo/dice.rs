//! Chance that a seed decides. Every question has a stream of its own, by name and number, so that one
//! more draw here moves nothing there. Nothing else in the demo may be random.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// One stream of chance.
#[derive(Debug, Clone)]
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of this name and number.
    pub(super) fn of(seed: u64, name: &str, number: u64) -> Self {
        Self(ChaCha8Rng::from_seed(seed_of(seed, name, number)))
    }

    /// A number below `end`; 0 where nothing is below it. The last bits' bias does not matter here.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = end.max(1) as u64;
        usize::try_from(self.0.next_u64() % end).unwrap_or(0)
    }

    /// A number of `low..=high`.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        let width = u64::from(high.saturating_sub(low)) + 1;
        low + u32::try_from(self.0.next_u64() % width).unwrap_or(0)
    }

    /// True once in so many times.
    pub(super) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these; `None` of nothing.
    pub(super) fn pick<'t, T>(&mut self, things: &'t [T]) -> Option<&'t T> {
        things.get(self.below(things.len()))
    }

    /// Puts the things into another order.
    pub(super) fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}

/// The seed of a stream, for whoever draws by itself: a replica, a link.
pub(super) fn seed_of(seed: u64, name: &str, number: u64) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(seed.to_be_bytes());
    hasher.update(number.to_be_bytes());
    hasher.update(name.as_bytes());
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(mut dice: Dice) -> Vec<usize> {
        (0..20).map(|_| dice.below(1_000)).collect()
    }

    #[test]
    fn a_stream_is_its_seed_name_and_number() {
        let one = || Dice::of(1, "doors", 0);
        assert_eq!(draws(one()), draws(one()));
        assert_ne!(draws(one()), draws(Dice::of(2, "doors", 0)));
        assert_ne!(draws(one()), draws(Dice::of(1, "streets", 0)));
        assert_ne!(draws(one()), draws(Dice::of(1, "doors", 1)));
    }

    #[test]
    fn draws_stay_within_their_bounds_and_reach_them() {
        let mut dice = Dice::of(1, "bounds", 0);
        let drawn: Vec<u32> = (0..200).map(|_| dice.between(3, 5)).collect();
        assert!(drawn.iter().all(|number| (3..=5).contains(number)));
        assert!(drawn.contains(&3) && drawn.contains(&5));
        assert_eq!(dice.pick::<u8>(&[]), None);
    }

    #[test]
    fn shuffling_loses_nothing() {
        let mut things: Vec<u32> = (0..50).collect();
        Dice::of(1, "order", 0).shuffle(&mut things);
        assert_ne!(things, (0..50).collect::<Vec<_>>());
        things.sort_unstable();
        assert_eq!(things, (0..50).collect::<Vec<_>>());
    }
}
