//! At the doors: opening a round in a building, and each attempt at a door. What an attempt found
//! inside is for checks and cases.

use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{AdHocTargets, Visit};
use doorstep_model::ids::{Identity, PlaceId};

use super::{Fingerprint, Tap, Targets, find, text};
use crate::error::{Error, Result};
use crate::replica::Replica;

impl Replica {
    /// Opens a round in a building. With `plan` it is one that the office planned, whose list is
    /// frozen; without, it is today's ad-hoc round, with this list or else everything known in the
    /// building. Two phones that open the same round open one: their ad-hoc lists are united.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown building or plan; [`Error::Refused`] with `round.frozen`
    /// when a list is given for a planned round.
    pub fn open_round(
        &self,
        tap: &Tap,
        building: PlaceId,
        plan: Option<Identity>,
        targets: Option<Targets>,
    ) -> Result<RoundKey> {
        let print = Fingerprint::of("open_round")
            .with(building)
            .with(plan)
            .with(&targets);
        self.act(tap, &print, |acting| {
            let spot = find::place(acting.session, building)?;
            if let Some(plan) = plan {
                if targets.is_some() {
                    return Err(Error::refused("round.frozen"));
                }
                let round = RoundKey::Plan(plan);
                find::round(acting.session, round, acting.today())?;
                let name = DocumentName::Round(spot.building, round);
                acting.session.enter(&spot.area, &name)?;
                return Ok(round);
            }
            let round = RoundKey::AdHoc(acting.today());
            let name = DocumentName::Round(spot.building, round);
            let targets = match targets {
                Some(targets) => targets,
                None => Targets::of_building(acting.session.tx(), spot.building)?,
            };
            let parts = targets.parts()?;
            let of = parts.len() as u16;
            for (part, targets) in (1..).zip(parts) {
                let Targets { doors, assets } = targets;
                let body = AdHocTargets {
                    doors,
                    assets,
                    part,
                    of,
                };
                acting.put(&spot.area, &name, spot.building, body)?;
            }
            Ok(round)
        })
    }

    /// Records one attempt at a door: 已查, 没人, 拒绝 or 空关.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown place or round; [`Error::Refused`] with `visit.not_a_door`,
    /// `round.other_day` or `text.too_long`.
    pub fn visit(
        &self,
        tap: &Tap,
        place: PlaceId,
        round: RoundKey,
        visit: Visit,
    ) -> Result<Identity> {
        let print = Fingerprint::of("visit")
            .with(place)
            .with(round)
            .with(&visit);
        self.act(tap, &print, |acting| {
            let spot = find::place(acting.session, place)?;
            if !spot.is_door() {
                return Err(Error::refused("visit.not_a_door"));
            }
            find::round(acting.session, round, acting.today())?;
            let body = Visit {
                note: text::note(visit.note)?,
                ..visit
            };
            let name = DocumentName::Round(spot.building, round);
            acting.put(&spot.area, &name, place.identity(), body)
        })
    }
}
