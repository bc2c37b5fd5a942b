//! Hazards and repairs: a finding, and every later step. Which step is legal is the model's: a step
//! that would be only a claim is refused here at once, unless the caller wants the claim.

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Body, CaseClass, CaseEvent, CaseStep, Found};
use doorstep_model::facts::cases::{self, CaseState, Fate};
use doorstep_model::ids::{AreaId, CaseId, Identity, PhotoHash};

use super::{Acting, Fingerprint, Tap, find, text};
use crate::error::{Error, Result};
use crate::project;
use crate::query::Claim;
use crate::replica::Replica;

/// Most events that one step names as seen; earlier ones are behind these.
const AFTER_MAX: usize = 100;

/// How a hazard was put right on the spot.
#[derive(Debug, Clone, PartialEq, Eq, Default, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Fix {
    /// What was done.
    #[n(0)]
    pub note: Option<String>,
    /// Photos of it put right, by hash.
    #[n(1)]
    pub photos: Option<Vec<PhotoHash>>,
}

impl Replica {
    /// Records a hazard or a repair, and with `fix` that it was put right on the spot. Level 0 is said
    /// only together with its fix; level 3 only suspected.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown place, asset or campaign; [`Error::Refused`] with
    /// `case.unknown_kind`, `case.level_0`, `case.level_3`, or what speaks against the fix.
    pub fn found(&self, tap: &Tap, found: Found, fix: Option<Fix>) -> Result<CaseId> {
        let print = Fingerprint::of("found").with(&found).with(&fix);
        self.act(tap, &print, |acting| {
            let spot = find::place(acting.session, found.place)?;
            know_kind(acting, &spot.area, &found)?;
            if found.level > 2 {
                return Err(Error::refused("case.level_3"));
            }
            if found.level == 0 && fix.is_none() {
                return Err(Error::refused("case.level_0"));
            }
            if let Some(round) = found.round {
                find::round(acting.session, round, acting.today())?;
            }
            if let Some(campaign) = found.campaign {
                find::must_stand(acting.session.tx(), find::Table::Campaign, campaign)?;
            }
            let found = Found {
                note: text::note(found.note)?,
                photos: text::photos(found.photos)?,
                suspected: found.suspected.filter(|suspected| *suspected),
                ..found
            };
            let case = acting.put_new(&spot.area, DocumentName::Case, found)?;
            if let Some(fix) = fix {
                let step = CaseStep {
                    note: fix.note,
                    photos: fix.photos,
                    ..CaseStep::of(CaseEvent::FixedOnSpot)
                };
                take_step(acting, &spot.area, case, step, vec![case], false)?;
            }
            Ok(CaseId(case))
        })
    }

    /// Takes a step of a case, having seen every event of it that this replica knows. With
    /// `allow_claim` a step that is not legal as far as is known here is recorded as a claim: for what
    /// was done and must be told although somebody else's step may have crossed it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown case; [`Error::Refused`] with the reason why the step would
    /// be a claim: `case.wrong_state`, `case.wrong_role`, `case.fixer` and the like.
    pub fn case_step(
        &self,
        tap: &Tap,
        case: CaseId,
        step: CaseStep,
        allow_claim: bool,
    ) -> Result<Identity> {
        let print = Fingerprint::of("case_step")
            .with(case)
            .with(&step)
            .with(allow_claim);
        self.act(tap, &print, |acting| {
            let case = case.identity();
            find::must_stand(acting.session.tx(), find::Table::Case, case)?;
            if let Some(into) = step.into {
                find::must_stand(acting.session.tx(), find::Table::Case, into.identity())?;
            }
            let (area, _) = find::home(acting.session, case)?;
            let after = known_events(acting, case)?;
            take_step(acting, &area, case, step, after, allow_claim)
        })
    }
}

fn take_step(
    acting: &mut Acting<'_, '_>,
    area: &AreaId,
    case: Identity,
    step: CaseStep,
    after: Vec<Identity>,
    allow_claim: bool,
) -> Result<Identity> {
    let helpers = step.helpers.unwrap_or_default();
    let helpers: Vec<String> = helpers
        .iter()
        .map(|helper| text::name(helper))
        .collect::<Result<_>>()?;
    let step = CaseStep {
        note: text::note(step.note)?,
        body: text::short(step.body)?,
        receipt: text::short(step.receipt)?,
        helpers: (!helpers.is_empty()).then_some(helpers),
        photos: text::photos(step.photos)?,
        ..step
    };
    let identity = acting.put_after(area, &DocumentName::Case(case), case, step, after)?;
    if !allow_claim {
        // The step is judged where it will stand, by the fold that makes the row.
        let fate = fold(acting, case)?
            .steps
            .into_iter()
            .find(|step| step.identity == identity)
            .map(|step| step.fate);
        if let Some(Fate::Claim(why)) = fate {
            return Err(Claim::of(&why).into());
        }
    }
    Ok(identity)
}

fn fold(acting: &mut Acting<'_, '_>, case: Identity) -> Result<CaseState> {
    let door = &mut acting.session.door;
    let mut gathered = project::entries(door.tx, door.directory, case)?;
    project::place_in_feed(door.tx, case, &mut gathered.entries)?;
    Ok(cases::fold(&gathered.placed(|_| true)))
}

/// The events of a case that are known here, the last ones when there are very many.
fn known_events(acting: &mut Acting<'_, '_>, case: Identity) -> Result<Vec<Identity>> {
    let state = fold(acting, case)?;
    let door = &mut acting.session.door;
    let gathered = project::entries(door.tx, door.directory, case)?;
    let is_event = |identity: Identity| {
        gathered.entries.iter().any(|loaded| {
            loaded.placed.identity == identity
                && matches!(
                    loaded.placed.entry.body,
                    Body::Found(_) | Body::CaseStep(_) | Body::Unread { .. }
                )
        })
    };
    let mut events: Vec<Identity> = state
        .steps
        .iter()
        .map(|step| step.identity)
        .filter(|identity| is_event(*identity))
        .collect();
    let from = events.len().saturating_sub(AFTER_MAX);
    Ok(events.split_off(from))
}

fn know_kind(acting: &mut Acting<'_, '_>, area: &AreaId, found: &Found) -> Result<()> {
    let pack = find::pack(acting.session, area)?;
    let asset = match found.asset {
        Some(asset) => Some(find::asset(acting.session, asset)?),
        None => None,
    };
    let known = match (found.class, asset) {
        (CaseClass::Hazard, _) => pack.pack.hazard(&found.kind).is_some(),
        (CaseClass::Repair, None) => pack.pack.fault(&found.kind).is_some(),
        (CaseClass::Repair, Some(asset)) => pack
            .pack
            .faults_of(&asset.asset_type)
            .any(|fault| fault.code == found.kind),
    };
    if known {
        Ok(())
    } else {
        Err(Error::Refused {
            code: "case.unknown_kind",
            details: vec![("kind", text::clean(&found.kind))],
        })
    }
}
