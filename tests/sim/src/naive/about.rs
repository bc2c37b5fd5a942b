//! What may be counted at all, thing by thing: said by who may say it, above the horizon, let through
//! by the office, each once, and not taken back.

use std::collections::{BTreeMap, BTreeSet};

use doorstep_model::document::RoundKey;
use doorstep_model::entry::Body;
use doorstep_model::ids::{AreaId, Identity};
use doorstep_model::time::LocalDay;

use super::said::{Said, Standing};
use super::standing::once;

/// Everything that is known, by what it is about.
pub struct Known<'a> {
    things: BTreeMap<Identity, About<'a>>,
}

/// What was said about one thing.
pub struct About<'a> {
    /// What counts.
    pub counting: Vec<&'a Said>,
    /// What is held, or was taken back: it counts for nothing and is there.
    pub beside: Vec<&'a Said>,
    /// Both, as often as it came: the same word may stand in the feed more than once.
    every: Vec<&'a Said>,
}

/// A round in a building of an area.
type Round = (AreaId, Identity, Vec<u8>);

impl<'a> Known<'a> {
    /// Sorts what was said by what it is about.
    pub fn of(all: &'a [Said]) -> Self {
        let below = below_the_horizon(all);
        let mut things: BTreeMap<Identity, Vec<&Said>> = BTreeMap::new();
        for said in all.iter().filter(|said| may_say(said)) {
            let is_below = said.round.as_ref().is_some_and(|(building, round)| {
                below.contains(&(said.area.clone(), *building, round.clone()))
            });
            if !is_below {
                things.entry(said.subject).or_default().push(said);
            }
        }
        let things = things
            .into_iter()
            .map(|(thing, said)| (thing, About::of(&said)))
            .collect();
        Self { things }
    }

    /// Everything that anything was said about.
    pub fn things(&self) -> impl Iterator<Item = (Identity, &About<'a>)> {
        self.things.iter().map(|(thing, about)| (*thing, about))
    }

    /// What was said about a thing.
    pub fn about(&self, thing: Identity) -> Option<&About<'a>> {
        self.things.get(&thing)
    }

    /// The things that somebody made, with what makes them, in order of their names.
    pub fn made<'k, T>(
        &'k self,
        makes: impl Fn(&'a Body) -> Option<T> + 'k,
    ) -> impl Iterator<Item = (Identity, &'k About<'a>, &'a Said, T)> {
        self.things().filter_map(move |(thing, about)| {
            let (said, made) = about.first(&makes)?;
            Some((thing, about, said, made))
        })
    }
}

impl<'a> About<'a> {
    fn of(said: &[&'a Said]) -> Self {
        let with = |standing| -> Vec<&Said> {
            let with = |said: &&&Said| said.standing == standing;
            said.iter().filter(with).copied().collect()
        };
        let counting = once(&with(Standing::Counts));
        let held = once(&with(Standing::Held));
        let undos: Vec<(&Said, Identity)> = counting
            .iter()
            .filter_map(|said| match &said.entry.body {
                Body::Undo(undo) => Some((*said, undo.of)),
                _ => None,
            })
            .collect();
        let held = held.into_iter().filter(|held| {
            let counts =
                |said: &&Said| said.identity == held.identity && said.content() == held.content();
            !counting.iter().any(counts)
        });
        let held: Vec<&Said> = held.collect();
        let (mut beside, counting): (Vec<&Said>, Vec<&Said>) = counting
            .into_iter()
            .partition(|said| is_undone(&undos, said));
        beside.extend(held);
        let every = said
            .iter()
            .filter(|said| said.standing != Standing::Out)
            .copied()
            .collect();
        Self {
            counting,
            beside,
            every,
        }
    }

    /// A word as often as it came.
    pub fn copies(&self, word: &'a Said) -> impl Iterator<Item = &'a Said> {
        let is_copy =
            |copy: &&Said| copy.identity == word.identity && copy.content() == word.content();
        self.every.iter().copied().filter(is_copy)
    }

    /// What a body comes to, of each that counts and comes to anything.
    pub fn each<T>(
        &self,
        reads: impl Fn(&'a Body) -> Option<T>,
    ) -> impl Iterator<Item = (&'a Said, T)> {
        self.counting
            .iter()
            .filter_map(move |said| Some((*said, reads(&said.entry.body)?)))
    }

    /// The first in order that counts and comes to anything.
    pub fn first<T>(&self, reads: impl Fn(&'a Body) -> Option<T>) -> Option<(&'a Said, T)> {
        self.each(reads).min_by_key(|(said, _)| said.order())
    }

    /// The office's last word that counts and comes to anything.
    pub fn last_word<T>(&self, reads: impl Fn(&'a Body) -> Option<T>) -> Option<(&'a Said, T)> {
        self.each(reads).max_by_key(|(said, _)| said.office_order())
    }

    /// What a correction of a correction of … corrects. Going round in a circle it is nothing known.
    pub fn original(&self, correction: Identity) -> Identity {
        let mut at = correction;
        let mut passed = BTreeSet::new();
        while passed.insert(at) {
            let known = self.counting.iter().chain(&self.beside);
            let of = known.into_iter().find_map(|said| match &said.entry.body {
                Body::Correction(body) if said.identity == at => Some(body.of),
                _ => None,
            });
            at = of.unwrap_or(at);
        }
        at
    }
}

/// Its own person took it back on its own day. Taking back cannot be taken back.
fn is_undone(undos: &[(&Said, Identity)], said: &Said) -> bool {
    let takes_back = |(undo, of): &(&Said, Identity)| {
        *of == said.identity
            && undo.person == said.person
            && LocalDay::of(undo.time) == LocalDay::of(said.time)
    };
    !matches!(said.entry.body, Body::Undo(_)) && undos.iter().any(takes_back)
}

/// Plans, the desk and the organisation are the office's to write; decisions and links any office
/// role's; what was seen is everybody's.
fn may_say(said: &Said) -> bool {
    match said.entry.envelope.kind {
        41 | 42 => said.writer.office || said.writer.role.is_office(),
        32..=54 => said.writer.office,
        _ => true,
    }
}

/// The rounds that leave phones: everything that an area's own plan ever named.
fn below_the_horizon(all: &[Said]) -> BTreeSet<Round> {
    let mut below = BTreeSet::new();
    for said in all {
        for (building, round) in named_by(said) {
            below.insert((said.area.clone(), building, round.to_bytes()));
        }
    }
    below
}

/// The building-rounds that an entry lets go below the horizon.
pub fn named_by(said: &Said) -> Vec<(Identity, RoundKey)> {
    let counts = said.standing == Standing::Counts && may_say(said);
    match &said.entry.body {
        Body::Horizon(horizon) if counts && said.subject == said.area.subject() => horizon
            .rounds
            .iter()
            .map(|named| (named.building.identity(), named.round))
            .collect(),
        _ => Vec::new(),
    }
}
