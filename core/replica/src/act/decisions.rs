//! What an office role decides between others: which of differing checks counts, and which two things
//! are one. What follows for rows is the model's.

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Body, Decision, Outcome, SameAs};
use doorstep_model::ids::{AssetId, Identity};

use super::{Acting, Fingerprint, Tap, checks, find, text};
use crate::error::{Error, Result};
use crate::replica::Replica;

impl Replica {
    /// Settles a dispute between checks of one asset. It names every check that the decider saw: one
    /// that was not named, and comes later, opens the dispute again.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown asset, or a name that is no look at it; [`Error::Refused`]
    /// with `act.not_your_role`, `decide.names_none` or `check.unknown_fault`.
    pub fn decide(
        &self,
        tap: &Tap,
        asset: AssetId,
        names: &[Identity],
        outcome: Outcome,
        reason: Option<&str>,
    ) -> Result<Identity> {
        let print = Fingerprint::of("decide")
            .with(asset)
            .with(names)
            .with(&outcome)
            .with(reason);
        self.act(tap, &print, |acting| {
            office_role(acting)?;
            let thing = find::asset(acting.session, asset)?;
            checks::know_faults(acting, &thing, &outcome)?;
            if names.is_empty() {
                return Err(Error::refused("decide.names_none"));
            }
            for name in names {
                find::entry(acting.session, *name)?
                    .filter(|found| found.subject == asset.identity())
                    .filter(|found| {
                        matches!(found.entry.body, Body::Check(_) | Body::Correction(_))
                    })
                    .ok_or_else(|| find::not_found("check", name))?;
            }
            let mut named = names.to_vec();
            named.sort_unstable();
            named.dedup();
            let body = Decision {
                names: named,
                outcome,
                reason: text::note(reason.map(str::to_owned))?,
            };
            acting.put(&thing.area, &DocumentName::Desk, asset.identity(), body)
        })
    }

    /// Says that two places, assets or cases are one thing, or with `split` that they are not after
    /// all.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown thing; [`Error::Refused`] with `act.not_your_role` or
    /// `same.itself`.
    pub fn same_as(
        &self,
        tap: &Tap,
        one: Identity,
        other: Identity,
        split: bool,
    ) -> Result<Identity> {
        let print = Fingerprint::of("same_as").with(one).with(other).with(split);
        self.act(tap, &print, |acting| {
            office_role(acting)?;
            if one == other {
                return Err(Error::refused("same.itself"));
            }
            let (area, _) = find::home(acting.session, one)?;
            find::home(acting.session, other)?;
            let body = SameAs {
                other,
                split: split.then_some(true),
            };
            acting.put(&area, &DocumentName::Desk, one, body)
        })
    }
}

fn office_role(acting: &Acting<'_, '_>) -> Result<()> {
    if acting.role()?.is_office() {
        Ok(())
    } else {
        Err(Error::refused("act.not_your_role"))
    }
}
