//! Who works where: which committee each phone belongs to, who acts with it, which buildings it walks,
//! and what befalls it. What they find is not decided here.

use doorstep_model::ids::AreaId;
use doorstep_model::role::Role;

use super::almanac::DAY;
use super::dice::Dice;
use super::town::{Committee, Town};

/// What befalls a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mishap {
    /// Half way through somebody copies its folder to a second phone, and both go on.
    Cloned,
    /// Its clock is a day ahead.
    WrongClock,
    /// It is lost with its last days.
    Lost,
}

/// One phone's part.
#[derive(Debug, Clone)]
pub(super) struct Post {
    /// From 0.
    pub(super) number: u32,
    /// Which of the town's committees.
    pub(super) committee: usize,
    /// That committee's area.
    pub(super) area: AreaId,
    /// As what.
    pub(super) role: Role,
    /// How many people share it.
    pub(super) persons: usize,
    /// Buildings of the committee, in the order in which it walks them, over and over.
    pub(super) route: Vec<usize>,
    /// What befalls it.
    pub(super) mishap: Option<Mishap>,
}

impl Post {
    /// How far its clock is ahead, seconds.
    pub(super) fn clock_off(&self) -> i64 {
        match self.mishap {
            Some(Mishap::WrongClock) => DAY,
            _ => 0,
        }
    }

    /// Whether it is lost in the end.
    pub(super) fn is_lost(&self) -> bool {
        self.mishap == Some(Mishap::Lost)
    }
}

/// Gives so many phones to the committees that have buildings, at least two to each that has any.
pub(super) fn posts(seed: u64, phones: u32, town: &Town) -> Vec<Post> {
    let mut staffed: Vec<usize> = (0..town.committees.len())
        .filter(|committee| !town.committees[*committee].buildings.is_empty())
        .collect();
    staffed.sort_by_key(|committee| usize::MAX - town.committees[*committee].buildings.len());
    let most = usize::try_from(phones / 2).unwrap_or(1).max(1);
    staffed.truncate(most);
    let mut posts = Vec::new();
    for number in 0..phones {
        let turn = usize::try_from(number).unwrap_or(0);
        let Some(&committee) = staffed.get(turn % staffed.len().max(1)) else {
            break;
        };
        let beside = turn / staffed.len();
        let of = &town.committees[committee];
        // Every second phone of a committee is the committee's own, which two people share.
        let (role, persons) = match beside % 2 {
            0 => (Role::Volunteer, 1),
            _ => (Role::Clerk, 2),
        };
        posts.push(Post {
            number,
            committee,
            area: of.area.clone(),
            role,
            persons,
            route: route(seed, number, of),
            mishap: mishap(number, phones),
        });
    }
    posts
}

/// Everybody may go everywhere in the committee, each in an order of their own: that is the overlap.
fn route(seed: u64, number: u32, committee: &Committee) -> Vec<usize> {
    let mut route: Vec<usize> = (0..committee.buildings.len()).collect();
    Dice::of(seed, "route", number.into()).shuffle(&mut route);
    route
}

fn mishap(number: u32, phones: u32) -> Option<Mishap> {
    match number {
        _ if phones < 4 => None,
        0 => Some(Mishap::Cloned),
        1 => Some(Mishap::WrongClock),
        2 => Some(Mishap::Lost),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use doorstep_model::ids::{AuthorTag, Identity, PersonId};

    use super::super::town::Clerks;
    use super::*;

    fn town(buildings: u32) -> Town {
        let person = PersonId(Identity::of_entry(AuthorTag([1; 4]), 1));
        let clerks = Clerks {
            fixer: person,
            checker: person,
        };
        Town::build(1, buildings, clerks).unwrap()
    }

    #[test]
    fn forty_phones_cover_all_committees_with_two_at_least() {
        let town = town(super::super::town::BUILDINGS);
        let posts = posts(1, 40, &town);
        assert_eq!(posts.len(), 40);
        for committee in 0..town.committees.len() {
            let there = posts.iter().filter(|post| post.committee == committee);
            assert!(there.count() >= 2, "{committee}");
        }
    }

    #[test]
    fn few_phones_meet_in_committees_that_have_houses() {
        let town = town(4);
        let posts = posts(1, 4, &town);
        assert!(posts.iter().all(|post| !post.route.is_empty()));
        let first = posts[0].committee;
        assert_eq!(
            posts.iter().filter(|post| post.committee == first).count(),
            2
        );
        let mishaps: Vec<_> = posts.iter().filter_map(|post| post.mishap).collect();
        assert_eq!(mishaps, [Mishap::Cloned, Mishap::WrongClock, Mishap::Lost]);
    }
}
