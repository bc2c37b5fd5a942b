//! A round at its doors: what became of each door, and how much of the list is covered. Who planned
//! the round, and what a close leaves out, is not here.
//!
//! Doors are covered by *answered*, assets by checks; absent, refused and empty are attempted. Both
//! are printed. What is visited or checked without being on the list is shown as "+n".

use std::collections::{BTreeMap, BTreeSet};

use super::imported::{Told, fold_imported};
use super::{Beside, Corrections, Order, Placed, Prepared, prepare};
use crate::entry::{Body, Carry, VisitOutcome};
use crate::ids::{AssetId, Identity, PersonId, PlaceId};

/// One attempt at a door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The visit; a carried one keeps its own identity.
    pub identity: Identity,
    /// Who.
    pub person: PersonId,
    /// When, unix seconds; the last second of the day where only a date is known.
    pub time: i64,
    /// What became of it, corrections applied.
    pub outcome: VisitOutcome,
    /// The correction that holds for it.
    pub corrected_by: Option<Identity>,
    /// When to come again, in days since 1970-01-01, as the visitor said.
    pub next: Option<u32>,
}

/// What became of one door.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DoorState {
    /// Every attempt that counts, in order.
    pub attempts: Vec<Attempt>,
    /// (imported row, the phone entry that tells the same).
    pub folded: Vec<(Identity, Identity)>,
}

impl DoorState {
    /// The outcome that stands: that of the latest attempt.
    pub fn last(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// Somebody answered, at any attempt: the door is covered.
    pub fn answered(&self) -> bool {
        let answered = |attempt: &Attempt| attempt.outcome == VisitOutcome::Answered;
        self.attempts.iter().any(answered)
    }

    /// How far the door is done.
    pub fn cover(&self) -> Cover {
        if self.answered() {
            Cover::Covered
        } else if self.attempts.is_empty() {
            Cover::Untouched
        } else {
            Cover::Attempted
        }
    }
}

/// How far a door is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cover {
    /// Nobody was there.
    Untouched,
    /// Somebody was there and nobody answered.
    Attempted,
    /// Somebody answered.
    Covered,
}

/// Folds visits by door: the subject of a visit is its door. Entries of other kinds, but for the
/// corrections, undos and carries of visits, are passed over.
pub fn fold_doors(entries: &[Placed]) -> BTreeMap<PlaceId, DoorState> {
    doors(&prepare(entries))
}

fn doors(prepared: &Prepared<'_>) -> BTreeMap<PlaceId, DoorState> {
    let corrections = Corrections::among(prepared);
    let mut visits: BTreeMap<PlaceId, Vec<&Placed>> = BTreeMap::new();
    let mut carries: BTreeMap<PlaceId, (&Placed, &Carry, VisitOutcome)> = BTreeMap::new();
    for placed in prepared.counting() {
        let door = PlaceId(placed.key.subject);
        match &placed.entry.body {
            Body::Visit(_) => visits.entry(door).or_default().push(placed),
            Body::Carry(carry) => {
                if let Some(outcome) = carry.visit {
                    carries.insert(door, (placed, carry, outcome));
                    visits.entry(door).or_default();
                }
            }
            _ => {}
        }
    }
    visits
        .into_iter()
        .map(|(door, visits)| (door, fold_door(&visits, carries.get(&door), &corrections)))
        .collect()
}

fn fold_door(
    visits: &[&Placed],
    carry: Option<&(&Placed, &Carry, VisitOutcome)>,
    corrections: &Corrections<'_>,
) -> DoorState {
    let told: Vec<Told<'_, VisitOutcome>> = visits
        .iter()
        .filter(|placed| carry.is_none_or(|(_, carry, _)| carry.entry != placed.identity))
        .filter_map(|&placed| match &placed.entry.body {
            Body::Visit(visit) => Some(Told {
                placed,
                result: visit.outcome,
            }),
            _ => None,
        })
        .collect();
    let pairs = fold_imported(&told);
    let folded: Vec<(Identity, Identity)> = pairs
        .iter()
        .map(|&(row, entry)| (told[row].placed.identity, told[entry].placed.identity))
        .collect();
    let attempt = |identity, person, time, said: VisitOutcome, carried: Option<Order>| {
        let correction = corrections.of_folded(identity, &folded, carried);
        Attempt {
            identity,
            person,
            time,
            outcome: correction
                .and_then(|of| of.correction.visit)
                .unwrap_or(said),
            corrected_by: correction.map(|of| of.identity),
            next: None,
        }
    };
    let mut attempts: Vec<Attempt> = Vec::with_capacity(told.len() + 1);
    for (at, one) in told.iter().enumerate() {
        if pairs.binary_search_by_key(&at, |pair| pair.0).is_err() {
            let placed = one.placed;
            let time = placed.stands_at();
            let mut attempt = attempt(placed.identity, placed.person, time, one.result, None);
            if let Body::Visit(visit) = &placed.entry.body {
                attempt.next = visit.next;
            }
            attempts.push(attempt);
        }
    }
    if let Some((placed, carry, outcome)) = carry {
        let carried = Some(placed.order());
        attempts.push(attempt(
            carry.entry,
            carry.person,
            carry.time,
            *outcome,
            carried,
        ));
    }
    attempts.sort_by_key(|attempt| (attempt.time, attempt.identity, attempt.outcome));
    DoorState { attempts, folded }
}

/// How much of one building's list is done in one round.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Every door on the list, and how far it is done.
    pub doors: BTreeMap<PlaceId, Cover>,
    /// Every asset on the list, and whether it was checked.
    pub assets: BTreeMap<AssetId, bool>,
    /// Doors that were tried without being on the list.
    pub extra_doors: BTreeSet<PlaceId>,
    /// Assets that were checked without being on the list.
    pub extra_assets: BTreeSet<AssetId>,
    /// Entries of lists of which a part is missing, and of lists that came after the frozen one;
    /// in order. They do not change the list.
    pub ignored_parts: Vec<Identity>,
    /// What of the work there is held, quarantined or doubled: beside the numbers, not in them.
    pub beside: Beside,
}

impl Coverage {
    /// Doors of the list that are done this far.
    pub fn doors_at(&self, cover: Cover) -> usize {
        self.doors.values().filter(|&&one| one == cover).count()
    }

    /// Assets of the list that were checked.
    pub fn assets_checked(&self) -> usize {
        self.assets.values().filter(|&&checked| checked).count()
    }
}

/// Folds one building's part of one round. `targets` are the entries of its list: the office's
/// frozen one, or the openers' ad-hoc ones, which are united when there is no frozen one. `work` are
/// the entries of the round there.
pub fn coverage(targets: &[Placed], work: &[Placed]) -> Coverage {
    let listed = prepare(targets);
    let (listed_doors, listed_assets, ignored_parts) = listed_targets(&listed);
    let work = prepare(work);
    let tried = doors(&work);
    let checked: BTreeSet<AssetId> = work
        .counting()
        .filter(|placed| matches!(placed.entry.body, Body::Check(_)))
        .map(|placed| AssetId(placed.key.subject))
        .collect();
    let extra_doors = tried.keys().filter(|door| !listed_doors.contains(door));
    Coverage {
        extra_doors: extra_doors.copied().collect(),
        extra_assets: checked.difference(&listed_assets).copied().collect(),
        doors: listed_doors
            .into_iter()
            .map(|door| {
                (
                    door,
                    tried.get(&door).map_or(Cover::Untouched, DoorState::cover),
                )
            })
            .collect(),
        assets: listed_assets
            .into_iter()
            .map(|asset| (asset, checked.contains(&asset)))
            .collect(),
        ignored_parts,
        beside: work.beside,
    }
}

/// One part of a list.
#[derive(Clone, Copy)]
struct Part<'a> {
    order: Order,
    number: u16,
    doors: &'a [PlaceId],
    assets: &'a [AssetId],
}

type Listed = (BTreeSet<PlaceId>, BTreeSet<AssetId>, Vec<Identity>);

fn listed_targets(prepared: &Prepared<'_>) -> Listed {
    // Parts of one frozen list agree in the number of parts; an opener's list is the opener's too.
    let mut frozen: BTreeMap<u16, Vec<Part<'_>>> = BTreeMap::new();
    let mut ad_hoc: BTreeMap<(PersonId, u16), Vec<Part<'_>>> = BTreeMap::new();
    for placed in prepared.counting() {
        let order = placed.order();
        match &placed.entry.body {
            Body::RoundTargets(list) => frozen.entry(list.of).or_default().push(Part {
                order,
                number: list.part,
                doors: &list.doors,
                assets: &list.assets,
            }),
            Body::AdHocTargets(list) => {
                let opener = (placed.person, list.of);
                ad_hoc.entry(opener).or_default().push(Part {
                    order,
                    number: list.part,
                    doors: &list.doors,
                    assets: &list.assets,
                });
            }
            _ => {}
        }
    }
    // Frozen: of several complete lists the one that was begun first; of one part the first.
    let first = frozen
        .iter()
        .filter(|(of, parts)| complete(**of, parts))
        .min_by_key(|(_, parts)| parts.iter().map(|part| part.order).min())
        .map(|(of, _)| *of);
    let mut taken: Vec<Part<'_>> = Vec::new();
    let mut ignored: Vec<Order> = Vec::new();
    for (of, parts) in &frozen {
        let mut numbers = BTreeSet::new();
        for part in parts {
            if first == Some(*of) && numbers.insert(part.number) {
                taken.push(*part);
            } else {
                ignored.push(part.order);
            }
        }
    }
    for ((_, of), parts) in &ad_hoc {
        if first.is_none() && complete(*of, parts) {
            taken.extend_from_slice(parts);
        } else {
            ignored.extend(parts.iter().map(|part| part.order));
        }
    }
    ignored.sort_unstable();
    (
        taken.iter().flat_map(|part| part.doors).copied().collect(),
        taken.iter().flat_map(|part| part.assets).copied().collect(),
        ignored.into_iter().map(|order| order.identity).collect(),
    )
}

/// Every part from 1 to `of` is there.
fn complete(of: u16, parts: &[Part<'_>]) -> bool {
    let numbers: BTreeSet<u16> = parts
        .iter()
        .map(|part| part.number)
        .filter(|number| (1..=of).contains(number))
        .collect();
    of > 0 && numbers.len() == usize::from(of)
}

#[cfg(test)]
mod tests;
