//! Seeded choices. The same seed gives the same choices on every machine.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// A source of choices.
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice that fall the same way for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        match end {
            0 => 0,
            end => (self.0.next_u64() % end as u64) as usize,
        }
    }

    /// True once in `times`, on average.
    pub fn chance(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these; there must be one.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// This many bytes.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// A number where things break: small ones, ends of ranges, or one beside `near`.
    pub fn edge(&mut self, near: u64) -> u64 {
        const EDGES: [u64; 12] = [
            0,
            1,
            2,
            127,
            128,
            256,
            257,
            1 << 31,
            u32::MAX as u64,
            1 << 32,
            i64::MAX as u64,
            u64::MAX,
        ];
        match self.below(3) {
            0 => near.wrapping_add(1 + self.below(3) as u64),
            1 => near.wrapping_sub(1 + self.below(3) as u64),
            _ => self.pick(&EDGES),
        }
    }
}
