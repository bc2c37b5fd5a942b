//! What happens in a world, step by step: a list that a seed writes, that shrinking shortens, and that a
//! regression file keeps. A step means the same whatever stands before it. Doing the steps is
//! [`crate::world`]'s.

use serde::{Deserialize, Serialize};

use crate::dice::Dice;

/// One kind of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A volunteer taps a few times.
    Taps,
    /// A volunteer sees to equipment and what is handed out.
    Supplies,
    /// The clerk does something.
    Clerk,
    /// The clerk lets rounds that are over go below the horizon.
    Horizon,
    /// A phone talks to the office over a good line.
    Contact,
    /// The same, and a request is lost.
    LostRequest,
    /// The same, and a reply is lost.
    LostReply,
    /// The same, and a message comes twice.
    Duplicated,
    /// The same, and an older request comes after a newer one.
    Reordered,
    /// The same, and a reply ends in its middle.
    Cut,
    /// A phone's app dies during taps.
    CrashAtTap,
    /// A phone's app dies during a contact.
    CrashAtContact,
    /// The office dies while it answers.
    CrashOffice,
    /// Somebody copies a phone's folder, for later.
    BackUpPhone,
    /// The copy is put back.
    RestorePhone,
    /// A phone's folder is copied to a new phone with its marker.
    CloneWithMarker,
    /// A phone's folder is copied to a new phone without its marker.
    CloneWithoutMarker,
    /// A phone is lost, its person gets another.
    LosePhone,
    /// The office makes a backup.
    BackUpOffice,
    /// The office is put back from its backup.
    RestoreOffice,
    /// The office's machine is put back, marker and all.
    RollOfficeBack,
    /// The office's clock goes wrong for a while.
    OfficeClock,
    /// A phone starts again with a wrong clock.
    PhoneClock,
    /// Another phone hands in what a phone has.
    Relay,
    /// Two phones exchange what they have.
    Peers,
    /// A file carries what a phone has to the office.
    Bundle,
    /// Somebody sends what no honest phone sends.
    Hostile,
    /// Somebody enrols with an invitation that is too old.
    LateInvitation,
    /// The clerk revokes a phone's author.
    Revoke,
    /// The night passes.
    Night,
    /// Everybody who can syncs until nothing is new, and everything is compared.
    Quiet,
}

/// One step: what, which phone, and the chance in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What happens.
    pub what: What,
    /// To whom: counted modulo the phones that are there.
    pub who: u16,
    /// Decides everything else about it.
    pub seed: u64,
}

/// How large a world is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Areas.
    pub areas: u16,
    /// Phones of each area at the start.
    pub phones: u16,
    /// Days.
    pub days: u16,
    /// Whether anything goes wrong.
    pub faults: bool,
}

/// A world and what happens in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Seed of the world itself: keys, places, persons.
    pub seed: u64,
    /// How large it is.
    pub size: Size,
    /// What happens.
    pub steps: Vec<Step>,
}

/// Steps of taps that a phone has a day, beside one for supplies; each has at least [`TAPS_A_STEP`].
const TAP_STEPS: usize = 3;

/// Taps of one step at least.
pub const TAPS_A_STEP: usize = 5;

/// What the line may do at a contact, beside nothing.
const WEATHER: &[What] = &[
    What::LostRequest,
    What::LostReply,
    What::Duplicated,
    What::Reordered,
    What::Cut,
    What::CrashAtContact,
    What::CrashOffice,
];

/// What else goes wrong on a day, and in how many days once.
const MISHAPS: &[(What, usize)] = &[
    (What::CrashAtTap, 1),
    (What::BackUpPhone, 1),
    (What::RestorePhone, 5),
    (What::CloneWithMarker, 10),
    (What::CloneWithoutMarker, 10),
    (What::LosePhone, 7),
    (What::BackUpOffice, 2),
    (What::RestoreOffice, 5),
    (What::RollOfficeBack, 5),
    (What::OfficeClock, 6),
    (What::PhoneClock, 2),
    (What::Relay, 2),
    (What::Peers, 2),
    (What::Bundle, 3),
    (What::Hostile, 2),
    (What::LateInvitation, 8),
    (What::Revoke, 7),
];

impl Script {
    /// The script of a seed.
    pub fn of_seed(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let size = Size {
            areas: if dice.one_in(4) { 2 } else { 1 },
            phones: u16::try_from(dice.between(4, 8)).unwrap_or(4),
            days: u16::try_from(dice.between(2, 3)).unwrap_or(2),
            faults: true,
        };
        Self::of(seed, size)
    }

    /// The script of a seed in a world of this size.
    pub fn of(seed: u64, size: Size) -> Self {
        let mut dice = Dice::new(seed ^ 0x5eed_0f5c_4197);
        let mut steps = Vec::new();
        let phones = usize::from(size.phones * size.areas);
        for _ in 0..size.days {
            let mut day = Vec::new();
            for who in 0..phones {
                day.extend(std::iter::repeat_n((What::Taps, who), TAP_STEPS));
                day.push((What::Supplies, who));
                day.push((What::Contact, who));
                if size.faults && dice.one_in(2) {
                    day.extend(dice.pick(WEATHER).map(|what| (what, who)));
                }
            }
            day.extend(std::iter::repeat_n((What::Clerk, 0), 4));
            day.push((What::Horizon, 0));
            if size.faults {
                for (what, days) in MISHAPS {
                    if dice.one_in(*days) {
                        day.push((*what, dice.below(phones)));
                    }
                }
            }
            dice.shuffle(&mut day);
            if dice.one_in(2) {
                day.push((What::Quiet, 0));
            }
            day.push((What::Night, 0));
            steps.extend(day);
        }
        steps.push((What::Quiet, 0));
        let steps = steps
            .into_iter()
            .map(|(what, who)| Step {
                what,
                who: u16::try_from(who).unwrap_or(0),
                seed: dice.number(),
            })
            .collect();
        Self { seed, size, steps }
    }
}
