//! Looks at assets: what was seen of each, several at once, and putting right what was said before.
//! Which of several checks counts is the model's.

use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{Body, Check, Correction, Outcome, Visit, VisitOutcome};
use doorstep_model::ids::{AssetId, Identity, PhotoHash, PlaceId};
use rusqlite::Connection;

use super::structure::set_factory;
use super::{Acting, Fingerprint, Tap, find, text};
use crate::error::{Error, Result};
use crate::replica::Replica;

/// One look at one asset.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Look {
    /// At which.
    #[n(0)]
    pub asset: AssetId,
    /// What was seen.
    #[n(1)]
    pub outcome: Outcome,
    /// A note.
    #[n(2)]
    pub note: Option<String>,
    /// Photos, by hash; they are on the disk already.
    #[n(3)]
    pub photos: Option<Vec<PhotoHash>>,
    /// The factory month, where it was asked for and read: year × 12 + month − 1, or 0 when a person
    /// looked and it is unreadable.
    #[n(4)]
    pub factory: Option<u32>,
}

impl Look {
    /// A look that found this, with nothing more to say.
    pub fn new(asset: AssetId, outcome: Outcome) -> Self {
        Self {
            asset,
            outcome,
            note: None,
            photos: None,
            factory: None,
        }
    }
}

/// What is right instead of what was said before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Right {
    /// What was really seen of the asset.
    Check(Outcome),
    /// What really became of the attempt at the door.
    Visit(VisitOutcome),
}

impl Replica {
    /// Records looks at assets, all or none.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown asset or round; [`Error::Refused`] with
    /// `check.unknown_fault` (the text lists the codes), `round.other_day`, `factory.*` or
    /// `text.too_long`.
    pub fn check(&self, tap: &Tap, round: RoundKey, looks: &[Look]) -> Result<Vec<Identity>> {
        let print = Fingerprint::of("check").with(round).with(looks);
        self.act(tap, &print, |acting| {
            find::round(acting.session, round, acting.today())?;
            looks
                .iter()
                .map(|look| check(acting, round, look.clone()))
                .collect()
        })
    }

    /// 全部正常: records a normal look at every asset at these places and below them that this phone
    /// has not looked at in this round. Assets that ended or are away are passed over. With
    /// `answered`, every door among the places that was not visited yet is visited too.
    ///
    /// # Errors
    /// As [`Replica::check`].
    pub fn all_normal(
        &self,
        tap: &Tap,
        round: RoundKey,
        places: &[PlaceId],
        answered: bool,
    ) -> Result<Vec<Identity>> {
        let print = Fingerprint::of("all_normal")
            .with(round)
            .with(places)
            .with(answered);
        self.act(tap, &print, |acting| {
            find::round(acting.session, round, acting.today())?;
            let mut made = Vec::new();
            for place in places {
                let spot = find::place(acting.session, *place)?;
                let name = DocumentName::Round(spot.building, round);
                if answered && spot.is_door() {
                    let subject = place.identity();
                    let visited = |body: &Body| matches!(body, Body::Visit(_));
                    if !find::said_in(acting.session, &spot.area, &name, subject, visited)? {
                        let visit = Visit {
                            outcome: VisitOutcome::Answered,
                            note: None,
                            next: None,
                            date_only: None,
                        };
                        made.push(acting.put(&spot.area, &name, subject, visit)?);
                    }
                }
                for asset in assets_at(acting.session.tx(), *place)? {
                    let thing = find::asset(acting.session, asset)?;
                    let name = DocumentName::Round(thing.building, round);
                    let subject = asset.identity();
                    let looked = |body: &Body| matches!(body, Body::Check(_));
                    if !find::said_in(acting.session, &thing.area, &name, subject, looked)? {
                        let look = Look::new(asset, Outcome::Normal);
                        made.push(check(acting, round, look)?);
                    }
                }
            }
            Ok(made)
        })
    }

    /// Puts right what a check or visit said, with a reason; the old one is kept. Correcting a
    /// correction corrects the original. Volunteers correct their own, office roles anybody's.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown entry; [`Error::Refused`] with `correct.no_reason`,
    /// `correct.not_yours`, `correct.other_kind` or `check.unknown_fault`.
    pub fn correct(
        &self,
        tap: &Tap,
        of: Identity,
        right: &Right,
        reason: &str,
    ) -> Result<Identity> {
        let print = Fingerprint::of("correct").with(of).with(reason);
        let print = match right {
            Right::Check(outcome) => print.with(outcome),
            Right::Visit(outcome) => print.with(outcome),
        };
        self.act(tap, &print, |acting| {
            let reason = text::needed(reason, "correct.no_reason")?;
            let found = original(acting, of)?;
            let author = found.author;
            let door = &mut acting.session.door;
            let writer = door.directory.author(door.tx, author)?.person;
            let person = found.entry.envelope.by.unwrap_or(writer);
            if !acting.role()?.is_office() && person != acting.person()? {
                return Err(Error::refused("correct.not_yours"));
            }
            let (outcome, visit) = match (&found.entry.body, right) {
                (Body::Check(_), Right::Check(outcome)) => {
                    let thing = find::asset(acting.session, AssetId(found.subject))?;
                    know_faults(acting, &thing, outcome)?;
                    (outcome.clone(), None)
                }
                (Body::Visit(_), Right::Visit(visit)) => (Outcome::Normal, Some(*visit)),
                _ => return Err(Error::refused("correct.other_kind")),
            };
            let body = Correction {
                of: found.identity,
                outcome,
                visit,
                reason,
            };
            acting.put(&found.area, &found.name, found.subject, body)
        })
    }
}

/// The entry that is corrected: behind a correction what it corrects.
fn original(acting: &mut Acting<'_, '_>, of: Identity) -> Result<find::Stored> {
    let found = find::entry(acting.session, of)?.ok_or_else(|| find::not_found("entry", of))?;
    match &found.entry.body {
        Body::Correction(correction) => find::entry(acting.session, correction.of)?
            .ok_or_else(|| find::not_found("entry", correction.of)),
        _ => Ok(found),
    }
}

fn check(acting: &mut Acting<'_, '_>, round: RoundKey, look: Look) -> Result<Identity> {
    let thing = find::asset(acting.session, look.asset)?;
    let pack = know_faults(acting, &thing, &look.outcome)?;
    let outcome = match look.outcome {
        Outcome::Faults(codes) => Outcome::of_faults(codes),
        outcome => outcome,
    };
    if let Some(month) = look.factory {
        set_factory(acting, look.asset, &thing, month)?;
    }
    let name = DocumentName::Round(thing.building, round);
    let said = acting.session.enter(&thing.area, &name)?;
    let body = Check {
        outcome,
        note: text::note(look.note)?,
        photos: text::photos(look.photos)?,
        pack: (said != Some(pack)).then_some(pack),
        date_only: None,
    };
    acting.put(&thing.area, &name, look.asset.identity(), body)
}

/// Refuses fault codes that the area's pack does not have for this type. Returns the pack's number.
pub(super) fn know_faults(
    acting: &mut Acting<'_, '_>,
    thing: &find::Thing,
    outcome: &Outcome,
) -> Result<u32> {
    let pack = find::pack(acting.session, &thing.area)?;
    if let Outcome::Faults(codes) = outcome {
        let known = |code: &&String| {
            pack.pack
                .faults_of(&thing.asset_type)
                .any(|fault| fault.code == **code)
        };
        let unknown: Vec<&str> = codes
            .iter()
            .filter(|code| !known(code))
            .map(String::as_str)
            .collect();
        if !unknown.is_empty() {
            return Err(Error::Refused {
                code: "check.unknown_fault",
                details: vec![
                    ("codes", unknown.join(", ")),
                    ("type", thing.asset_type.clone()),
                ],
            });
        }
    }
    Ok(pack.pack.number())
}

/// Assets at a place and at the places below it that are there to be looked at.
fn assets_at(tx: &Connection, place: PlaceId) -> Result<Vec<AssetId>> {
    let mut select = tx.prepare_cached(
        "WITH RECURSIVE below (id) AS (SELECT ?1 UNION \
         SELECT place.id FROM place JOIN below ON place.parent = below.id) \
         SELECT asset.id FROM asset JOIN below ON asset.place = below.id \
         WHERE asset.ended IS NULL AND asset.away = 0 ORDER BY asset.id",
    )?;
    let mut rows = select.query([place.identity().as_bytes()])?;
    let mut assets = Vec::new();
    while let Some(row) = rows.next()? {
        assets.extend(Identity::from_slice(&row.get::<_, Vec<u8>>(0)?).map(AssetId));
    }
    Ok(assets)
}
