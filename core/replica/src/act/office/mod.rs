//! What the office alone does: areas and people, plans and closes, the desk, imports. Each act is one
//! transaction in which it is written, sealed and given its place in the feed. What a person of the
//! office sees and records goes through the same acts as on a phone, on [`Office::replica`].

mod areas;
mod branches;
mod desk;
mod devices;
mod horizon;
mod import;
mod invitations;
mod people;
mod plan;

pub use branches::QuarantineLine;
pub use desk::{HeldLine, Target};
pub use devices::DeviceLine;
pub use horizon::{HorizonSet, RoundBefore};
pub use import::{ImportRow, Imported};
pub use invitations::{INVITE_HOURS_MAX, InvitationLine, Invite};
pub use people::NewGrant;
pub use plan::figure_subject;

use doorstep_model::ids::AreaId;
use rusqlite::Connection;

use super::{Acting, Fingerprint, Tap};
use crate::error::{Error, Result};
use crate::sync::office::Office;

impl Office {
    /// Runs an act of the office once.
    fn act<T>(
        &self,
        tap: &Tap,
        fingerprint: &Fingerprint,
        act: impl FnOnce(&mut Acting<'_, '_>) -> Result<T>,
    ) -> Result<T>
    where
        T: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()>,
    {
        self.replica().act_for_good(tap, fingerprint, act)
    }
}

/// Refuses an area that was never declared.
fn must_be_declared(tx: &Connection, area: &AreaId) -> Result<()> {
    let declared: bool = tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM area_row WHERE code = ?1)")?
        .query_row([area.as_str()], |row| row.get(0))?;
    if declared || *area == AreaId::organisation() {
        Ok(())
    } else {
        Err(Error::NotFound {
            what: "area",
            id: area.to_string(),
        })
    }
}
