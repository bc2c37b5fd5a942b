//! The tree of areas, the pack that each works with, and the office's next transport key. What a pack
//! says is the model's.

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{AreaDeclared, PackAdopted, TransportKey};
use doorstep_model::ids::{AreaId, Identity};
use rusqlite::Connection;

use super::super::{Fingerprint, Tap, text};
use super::must_be_declared;
use crate::error::{Error, Result};
use crate::sync::office::Office;

/// The levels of the tree, from the top.
const LEVELS: [&str; 6] = ["city", "district", "street", "station", "committee", "grid"];

impl Office {
    /// Says what an area is: its code, what it is part of, its level and name, from when to when. Said
    /// again, the last word holds.
    ///
    /// # Errors
    /// [`Error::Refused`] with `area.code`, `area.level`, `area.circle`, `area.dates` or `text.*`.
    pub fn declare_area(&self, tap: &Tap, area: AreaDeclared) -> Result<AreaId> {
        let print = Fingerprint::of("declare_area").with(&area);
        self.act(tap, &print, |acting| {
            let code = AreaId::new(&area.code).map_err(|_| Error::refused("area.code"))?;
            if code == AreaId::organisation() {
                return Err(Error::refused("area.code"));
            }
            if !LEVELS.contains(&area.level.as_str()) {
                return Err(Error::Refused {
                    code: "area.level",
                    details: vec![("level", text::clean(&area.level))],
                });
            }
            if let (Some(from), Some(until)) = (area.from, area.until)
                && until <= from
            {
                return Err(Error::refused("area.dates"));
            }
            if let Some(parent) = &area.parent {
                let parent = AreaId::new(parent).map_err(|_| Error::refused("area.code"))?;
                if is_within(acting.session.tx(), &parent, &code)? {
                    return Err(Error::refused("area.circle"));
                }
            }
            let body = AreaDeclared {
                name: text::name(&area.name)?,
                ..area
            };
            acting.put(
                &AreaId::organisation(),
                &DocumentName::Organisation,
                code.subject(),
                body,
            )?;
            Ok(code)
        })
    }

    /// From now on an area and those below it work with this pack, which this replica knows: a shipped
    /// one or one that was added.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an undeclared area or an unknown pack.
    pub fn adopt_pack(
        &self,
        tap: &Tap,
        area: &AreaId,
        pack: &str,
        number: u32,
    ) -> Result<Identity> {
        let print = Fingerprint::of("adopt_pack")
            .with(area)
            .with(pack)
            .with(number);
        self.act(tap, &print, |acting| {
            must_be_declared(acting.session.tx(), area)?;
            let known = acting.session.door.packs.content_of(pack, number);
            let hash = known.ok_or_else(|| Error::NotFound {
                what: "pack",
                id: format!("{pack} {number}"),
            })?;
            let body = PackAdopted {
                pack: pack.to_owned(),
                number,
                hash,
            };
            acting.put(
                &AreaId::organisation(),
                &DocumentName::Organisation,
                area.subject(),
                body,
            )
        })
    }

    /// Tells every phone the SHA-256 of the transport key that the office will have next, so that they
    /// trust it when it comes.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn announce_transport_key(&self, tap: &Tap, key: [u8; 32]) -> Result<Identity> {
        let print = Fingerprint::of("announce_transport_key").with(key.as_slice());
        self.act(tap, &print, |acting| {
            let area = AreaId::organisation();
            acting.put(
                &area,
                &DocumentName::Organisation,
                area.subject(),
                TransportKey { key },
            )
        })
    }
}

/// Whether `area` is `ancestor` or stands below it, as declared so far.
fn is_within(tx: &Connection, area: &AreaId, ancestor: &AreaId) -> Result<bool> {
    Ok(tx
        .prepare_cached(
            "WITH RECURSIVE up (code) AS (SELECT ?1 UNION \
             SELECT area_row.parent FROM up JOIN area_row ON area_row.code = up.code \
             WHERE area_row.parent IS NOT NULL) \
             SELECT EXISTS (SELECT 1 FROM up WHERE code = ?2)",
        )?
        .query_row([area.as_str(), ancestor.as_str()], |row| row.get(0))?)
}
