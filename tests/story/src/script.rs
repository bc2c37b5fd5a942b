//! What happens in the evening: drawn from a number, the same for every language.

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use serde::Serialize;

/// Floors of the building, and doors on each.
const FLOORS: usize = 6;
const DOORS: usize = 4;

/// Factory months of bottles: fresh ones, one that is due, one that nobody can read.
const FACTORY: [&str; 4] = ["2024-03", "2021-11", "2016-05", "unreadable"];

/// Faults of a powder bottle.
const FAULTS: [&str; 3] = ["pressure_low", "seal_broken", "hose_damaged"];

/// Notes as people write them: plain, in rare characters, with an emoji, at both ends spaces.
const NOTES: [&str; 4] = ["指针在红区", "𠮷野家楼上", "🧯要换", " 请下周再来 "];

/// Kinds of hazards.
const HAZARDS: [&str; 2] = ["e_bike", "exit_blocked"];

/// The answers of one evening.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Script {
    /// Where they were drawn from.
    pub(crate) seed: u64,
    /// Code of the committee.
    pub(crate) area: &'static str,
    /// Name of the building.
    pub(crate) building: &'static str,
    /// Its doors, from below.
    pub(crate) doors: Vec<Door>,
    /// The hazards that are found, with their notes.
    pub(crate) hazards: Vec<Hazard>,
    /// Label of the bottle whose photo is named.
    pub(crate) photo_of: String,
    /// Label of the bottle that is checked by mistake and taken back.
    pub(crate) undone: String,
    /// Label of the bottle that another person sees otherwise.
    pub(crate) contradicted: String,
}

/// One door.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Door {
    /// Its name.
    pub(crate) name: String,
    /// Label of the bottle behind it.
    pub(crate) label: String,
    /// Factory month of the bottle.
    pub(crate) factory: &'static str,
    /// `answered`, `absent`, `refused` or `empty`.
    pub(crate) outcome: &'static str,
    /// Faults seen, when somebody answered.
    pub(crate) faults: Vec<&'static str>,
    /// The bottle is not there.
    pub(crate) missing: bool,
    /// What is noted.
    pub(crate) note: Option<&'static str>,
}

/// One hazard.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Hazard {
    /// Kind of the pack.
    pub(crate) kind: &'static str,
    /// Level.
    pub(crate) level: u8,
    /// Note.
    pub(crate) note: String,
}

impl Script {
    /// The evening of this number.
    pub(crate) fn drawn(seed: u64) -> Self {
        let mut draw = Draw(ChaCha20Rng::seed_from_u64(seed));
        let mut doors = Vec::new();
        for floor in 1..=FLOORS {
            for door in 1..=DOORS {
                doors.push(draw.door(doors.len(), format!("{floor}{door:02}室")));
            }
        }
        // These three are looked at whatever was drawn: the story needs them.
        for door in &mut doors[..3] {
            door.outcome = "answered";
            door.missing = false;
            door.faults.clear();
        }
        let hazards = (1..=2 + draw.below(2)).map(|number| Hazard {
            kind: draw.one_of(&HAZARDS),
            level: 1 + draw.below(2) as u8,
            note: format!("第{number}处, {}", draw.one_of(&NOTES).trim()),
        });
        Self {
            seed,
            area: "310101019005",
            building: "3号楼",
            hazards: hazards.collect(),
            photo_of: doors[0].label.clone(),
            undone: doors[1].label.clone(),
            contradicted: doors[2].label.clone(),
            doors,
        }
    }
}

struct Draw(ChaCha20Rng);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u32() as usize) % bound
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn door(&mut self, number: usize, name: String) -> Door {
        let outcome = match self.below(10) {
            0 => "absent",
            1 => "refused",
            2 => "empty",
            _ => "answered",
        };
        let seen = self.below(6);
        let mut faults = Vec::new();
        if seen == 0 {
            faults.push(self.one_of(&FAULTS));
        }
        Door {
            name,
            label: label(number),
            factory: self.one_of(&FACTORY),
            outcome,
            faults,
            missing: seen == 1,
            note: (self.below(3) == 0).then(|| self.one_of(&NOTES)),
        }
    }
}

/// The label of a bottle: of the part of the code space that needs no block.
fn label(number: usize) -> String {
    doorstep_model::label::Label::loose(1_000 + number as u64).to_string()
}

#[cfg(test)]
mod tests {
    use super::Script;

    #[test]
    fn the_same_number_tells_the_same_and_another_one_something_else() {
        let text = |seed| serde_json::to_string(&Script::drawn(seed).doors).unwrap();
        assert_eq!(text(1), text(1));
        assert_ne!(text(1), text(2));
    }
}
