//! Contradictions on purpose: two people of one committee look at one extinguisher within the hour and
//! see different things. Who is right is the desk's to decide, not ours.

use doorstep_model::entry::Outcome;
use doorstep_model::ids::AssetId;

use super::almanac::{Almanac, HOUR, at};
use super::crew::Post;
use super::dice::Dice;
use super::town::Town;

/// Two looks at one asset.
#[derive(Debug, Clone)]
pub(super) struct Quarrel {
    /// At which.
    pub(super) asset: AssetId,
    day: u32,
    /// Phone, time, what it says.
    parts: [(u32, i64, Outcome); 2],
}

impl Quarrel {
    /// When this phone looks that day, and what it says; `None` where it has no part.
    pub(super) fn part_of(&self, phone: u32, day: u32) -> Option<(i64, Outcome)> {
        let mine = self.parts.iter().find(|(number, ..)| *number == phone);
        let (_, time, outcome) = mine.filter(|_| day == self.day)?;
        Some((*time, outcome.clone()))
    }
}

/// About one quarrel in two evenings of every committee with two phones, and one tonight.
pub(super) fn plan(seed: u64, almanac: Almanac, town: &Town, posts: &[Post]) -> Vec<Quarrel> {
    let mut quarrels = Vec::new();
    for (number, committee) in (0..).zip(&town.committees) {
        let there: Vec<u32> = posts
            .iter()
            .filter(|post| post.area == committee.area && !post.is_lost())
            .map(|post| post.number)
            .collect();
        let bottles: Vec<AssetId> = committee
            .buildings
            .iter()
            .flat_map(|building| &building.doors)
            .filter_map(|door| door.bottles.first().copied())
            .collect();
        for day in almanac.all() {
            let mut dice = Dice::of(seed, &format!("quarrels of {}", committee.area), day.into());
            let tonight = day == *almanac.all().end();
            if there.len() < 2 || !(tonight || dice.one_in(2)) {
                continue;
            }
            let first = dice.below(there.len());
            let second = (first + 1 + dice.below(there.len() - 1)) % there.len();
            let Some(&asset) = dice.pick(&bottles) else {
                continue;
            };
            let time = at(day, 20 * HOUR + 60 * number);
            let worse = match dice.one_in(2) {
                true => Outcome::Missing,
                false => Outcome::of_faults(vec!["pressure_low".to_owned()]),
            };
            let later = time + i64::from(dice.between(5, 50)) * 60;
            let mut outcomes = [Outcome::Normal, worse];
            dice.shuffle(&mut outcomes);
            let [one, other] = outcomes;
            quarrels.push(Quarrel {
                asset,
                day,
                parts: [(there[first], time, one), (there[second], later, other)],
            });
        }
    }
    quarrels
}

#[cfg(test)]
mod tests {
    use doorstep_model::ids::{AuthorTag, Identity, PersonId};

    use super::super::crew::posts;
    use super::super::town::Clerks;
    use super::*;

    #[test]
    fn two_phones_differ_within_the_hour_and_neither_is_the_lost_one() {
        let person = PersonId(Identity::of_entry(AuthorTag([1; 4]), 1));
        let clerks = Clerks {
            fixer: person,
            checker: person,
        };
        let town = Town::build(1, 20, clerks).unwrap();
        let posts = posts(1, 12, &town);
        let quarrels = plan(1, Almanac::of(10), &town, &posts);
        assert!(quarrels.len() > 10, "{}", quarrels.len());
        for quarrel in &quarrels {
            let [(one, at_one, said), (other, at_other, said_too)] = &quarrel.parts;
            assert!(one != other && said != said_too);
            assert!((0..=3_600).contains(&(at_other - at_one)));
            assert!(*one != 2 && *other != 2);
        }
    }
}
