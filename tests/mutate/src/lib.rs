//! Hostile changes against the vetting of [`doorstep_model::vet`]. A mutant is a valid change of
//! ours, edited and made well formed again; what the vetting lets through is given to automerge
//! beside honest work and must do no harm. Only what drives that lives here: the rules are the
//! model's.
//!
//! The same count and seed give the same mutants.

pub mod anatomy;
mod bytewise;
pub mod corpus;
pub mod dice;
pub mod harm;
pub mod scene;
pub mod semantic;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::dice::Dice;
use crate::harm::Harm;
use crate::scene::Scene;

/// How many mutants are made of one scene before the next is set.
const MUTANTS_A_SCENE: u64 = 200;

/// What became of a run. Every number that is not `count` or `let_through` should be 0, the peak
/// small.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Outcome {
    /// Mutants made, each other bytes than the honest change that it was made of.
    pub count: u64,
    /// Mutants that passed the vetting: changes that their author could have written.
    pub let_through: u64,
    /// Panics, of the vetting or of automerge with what was let through.
    pub panics: u64,
    /// Documents that lost something, or could not be saved and loaded again.
    pub poisoned: u64,
    /// Honest changes that did not pass.
    pub honest_refused: u64,
    /// Most bytes that a mutant made the process hold on top of what it held, vetting and document
    /// together; 0 where memory is not watched.
    pub peak_extra_bytes: u64,
    /// Refused mutants by code.
    pub refused: BTreeMap<&'static str, u64>,
}

/// Most of [`Outcome::peak_extra_bytes`] that is harmless: what a phone can spare for a moment.
pub const PEAK_MAX: u64 = 64 * 1024 * 1024;

impl Outcome {
    /// Whether nothing was harmed and nobody honest turned away.
    pub fn is_harmless(&self) -> bool {
        self.panics == 0
            && self.poisoned == 0
            && self.honest_refused == 0
            && self.peak_extra_bytes <= PEAK_MAX
    }
}

/// What the process holds in memory, if somebody counts it.
pub trait Memory {
    /// Bytes held now.
    fn held(&self) -> usize;
    /// Most bytes held since the last [`Memory::forget_peak`].
    fn peak(&self) -> usize;
    /// Starts the peak again at what is held now.
    fn forget_peak(&self);
}

/// Nobody counts.
pub struct Unwatched;

impl Memory for Unwatched {
    fn held(&self) -> usize {
        0
    }

    fn peak(&self) -> usize {
        0
    }

    fn forget_peak(&self) {}
}

impl Memory for peak_alloc::PeakAlloc {
    fn held(&self) -> usize {
        self.current_usage()
    }

    fn peak(&self) -> usize {
        self.peak_usage()
    }

    fn forget_peak(&self) {
        self.reset_peak_usage();
    }
}

/// Makes `count` mutants from this seed and tries each.
pub fn run(count: u64, seed: u64, memory: &dyn Memory) -> Outcome {
    let mut dice = Dice::seeded(seed);
    let mut outcome = Outcome::default();
    while outcome.count < count {
        let scene = Scene::set(&mut dice);
        outcome.honest_refused += scene.honest_refused();
        let left = count - outcome.count;
        for _ in 0..left.min(MUTANTS_A_SCENE) {
            let mutant = mutant(&scene, &mut dice);
            try_one(&scene, &mutant, memory, &mut outcome);
        }
    }
    outcome
}

fn mutant(scene: &Scene, dice: &mut Dice) -> Vec<u8> {
    loop {
        let honest = &scene.change.bytes;
        let mutant = match dice.chance(2) {
            true => semantic::edit(scene, dice),
            false => bytewise::edit(honest, dice),
        };
        if mutant != *honest {
            return mutant;
        }
    }
}

fn try_one(scene: &Scene, mutant: &[u8], memory: &dyn Memory, outcome: &mut Outcome) {
    outcome.count += 1;
    memory.forget_peak();
    let held = memory.held();
    let harm = harm::of(scene, mutant);
    let extra = memory.peak().saturating_sub(held) as u64;
    outcome.peak_extra_bytes = outcome.peak_extra_bytes.max(extra);
    match harm {
        Harm::Refused(error) => *outcome.refused.entry(error.code()).or_default() += 1,
        Harm::None => outcome.let_through += 1,
        Harm::Poisoned(_) => {
            outcome.let_through += 1;
            outcome.poisoned += 1;
        }
        Harm::Panic(_) => outcome.panics += 1,
    }
    // The honest change has the same place in the chain, whatever was tried there before.
    if scene.author.vet(&scene.change.bytes).is_err() {
        outcome.honest_refused += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_mutants() {
        assert_eq!(run(500, 42, &Unwatched), run(500, 42, &Unwatched));
        assert_ne!(run(500, 42, &Unwatched), run(500, 43, &Unwatched));
    }
}
