//! What else is written down about things: notes and photos, service done to an asset, and what a
//! household got of a batch.

use doorstep_model::entry::{HandoutLine, Note, Service};
use doorstep_model::ids::{AssetId, Identity, PlaceId};

use super::structure::{sane_month, this_month};
use super::{Fingerprint, Tap, find, text};
use crate::error::{Error, Result};
use crate::replica::Replica;

impl Replica {
    /// Adds words or photos to anything: a place, an asset, a case, or an entry.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown thing; [`Error::Refused`] with `text.empty` when there are
    /// neither words nor photos, `text.too_long` or `photos.too_many`.
    pub fn note(&self, tap: &Tap, subject: Identity, note: Note) -> Result<Identity> {
        let print = Fingerprint::of("note").with(subject).with(&note);
        self.act(tap, &print, |acting| {
            let words = text::note(Some(note.text))?;
            let photos = text::photos(note.photos)?;
            if words.is_none() && photos.is_none() {
                return Err(Error::refused("text.empty"));
            }
            let (area, name) = find::home(acting.session, subject)?;
            let body = Note {
                text: words.unwrap_or_default(),
                photos,
            };
            acting.put(&area, &name, subject, body)
        })
    }

    /// Records what was done to an asset: serviced, tested, scrapped, replaced, taken away, brought
    /// back. Its state follows from the row.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown asset or successor; [`Error::Refused`] with
    /// `service.future` or `factory.impossible`.
    pub fn service(&self, tap: &Tap, asset: AssetId, service: Service) -> Result<Identity> {
        let print = Fingerprint::of("service").with(asset).with(&service);
        self.act(tap, &print, |acting| {
            let thing = find::asset(acting.session, asset)?;
            if let Some(successor) = service.successor {
                find::asset(acting.session, successor)?;
            }
            if service.month > this_month(acting) {
                return Err(Error::refused("service.future"));
            }
            sane_month(acting, service.month, false)?;
            let body = Service {
                firm: text::short(service.firm)?,
                note: text::note(service.note)?,
                ..service
            };
            acting.put(&thing.area, &thing.document(), asset.identity(), body)
        })
    }

    /// Records what a household or point got of a batch.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown place or batch; [`Error::Refused`] with `handout.nothing`.
    pub fn handout_line(&self, tap: &Tap, place: PlaceId, line: HandoutLine) -> Result<Identity> {
        let print = Fingerprint::of("handout_line").with(place).with(&line);
        self.act(tap, &print, |acting| {
            let spot = find::place(acting.session, place)?;
            find::must_stand(acting.session.tx(), find::Table::Batch, line.batch)?;
            if line.quantity == 0 {
                return Err(Error::refused("handout.nothing"));
            }
            let body = HandoutLine {
                unit: text::name(&line.unit)?,
                item: text::name(&line.item)?,
                ..line
            };
            acting.put(&spot.area, &spot.document(), place.identity(), body)
        })
    }
}
