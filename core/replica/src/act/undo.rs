//! Taking back the last taps: unsealed entries are dropped, sealed ones of the same local day are
//! undone by an entry. What an undo entry does to rows is the model's.

use doorstep_model::entry::Undo;
use doorstep_model::ids::Identity;
use doorstep_model::time::LocalDay;
use rusqlite::{OptionalExtension, params};

use super::{Acting, Fingerprint, Tap, find};
use crate::error::{Error, Result, StoreProblem};
use crate::replica::{Replica, Session};

/// How many taps can be taken back.
pub const UNDO_MAX: u32 = 10;

impl Replica {
    /// Takes back the last tap that was not taken back yet. Returns the entries that no longer count.
    ///
    /// # Errors
    /// [`Error::Refused`] with `undo.nothing` when no tap is left, `undo.too_late` when the tap was
    /// handed on and is not of today, `undo.not_yours` when it was handed on and another person of a
    /// shared phone did it: correct it with a reason instead.
    pub fn undo_last(&self, tap: &Tap) -> Result<Vec<Identity>> {
        self.act_for_good(tap, &Fingerprint::of("undo_last"), |acting| {
            let last: Option<(i64, Vec<u8>)> = acting
                .session
                .tx()
                .prepare_cached(
                    "SELECT id, entries FROM tap WHERE undone = 0 ORDER BY id DESC LIMIT 1",
                )?
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let (id, entries) = last.ok_or_else(|| Error::refused("undo.nothing"))?;
            let entries: Vec<Identity> = minicbor::decode(&entries)
                .map_err(|error| Error::store(StoreProblem::Corrupt, error))?;
            let mut undone = Vec::new();
            for identity in entries.into_iter().rev() {
                if take_back(acting, identity)? {
                    undone.push(identity);
                }
            }
            acting
                .session
                .tx()
                .prepare_cached("UPDATE tap SET undone = 1 WHERE id = ?1")?
                .execute([id])?;
            // What was dropped had counters that are never given again.
            acting.session.keep_counter()?;
            Ok(undone)
        })
    }

    /// How many taps can be taken back now.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn undo_depth(&self) -> Result<u32> {
        Ok(self
            .reader()?
            .prepare_cached("SELECT count(*) FROM tap WHERE undone = 0")?
            .query_row([], |row| row.get(0))?)
    }
}

/// Remembers what a tap wrote; only the last ones can be taken back.
pub(super) fn remember(session: &Session<'_>, made: &[Identity]) -> Result<()> {
    if made.is_empty() {
        return Ok(());
    }
    let entries = minicbor::to_vec(made).expect("a list of identities always encodes");
    session
        .tx()
        .prepare_cached("INSERT INTO tap (entries) VALUES (?1)")?
        .execute([entries])?;
    let last = session.tx().last_insert_rowid();
    session
        .tx()
        .prepare_cached("DELETE FROM tap WHERE id <= ?1 OR undone = 1")?
        .execute([last - i64::from(UNDO_MAX)])?;
    Ok(())
}

/// Takes one entry back. Returns whether it was still there.
fn take_back(acting: &mut Acting<'_, '_>, identity: Identity) -> Result<bool> {
    let Some(found) = find::entry(acting.session, identity)? else {
        return Ok(false);
    };
    if !found.sealed {
        acting.session.door.remove(found.row)?;
        close_if_empty(acting.session, found.document)?;
        return Ok(true);
    }
    // The model takes nobody's word for another; what was not handed on was never anybody's word.
    if acting
        .by
        .zip(found.entry.envelope.by)
        .is_some_and(|(now, then)| now != then)
    {
        return Err(Error::refused("undo.not_yours"));
    }
    if LocalDay::of(found.time) != LocalDay::of(acting.session.now) {
        return Err(Error::refused("undo.too_late"));
    }
    let undo = Undo { of: identity };
    acting.put(&found.area, &found.name, found.subject, undo)?;
    Ok(true)
}

/// A document that holds nothing of this author but its unsealed `opened` was never opened.
fn close_if_empty(session: &mut Session<'_>, document: i64) -> Result<()> {
    let author = session.me()?.author;
    let left: Vec<(i64, bool)> = {
        let mut select = session.door.tx.prepare_cached(
            "SELECT id, segment IS NULL AND kind = ?3 FROM entry WHERE document = ?1 AND author = ?2",
        )?;
        select
            .query_map(params![document, author, OPENED], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?
            .collect::<rusqlite::Result<_>>()?
    };
    if let [(opened, true)] = left[..] {
        session.door.remove(opened)?;
        session.leave(document);
    }
    Ok(())
}

/// [`Body::Opened`]'s kind.
const OPENED: u16 = 0;

#[cfg(test)]
mod tests {
    use super::OPENED;
    use doorstep_model::entry::Body;

    #[test]
    fn opened_is_kind_0() {
        let opened = doorstep_model::entry::Opened {
            document: 1,
            round: None,
            pack: None,
        };
        assert_eq!(Body::from(opened).kind(), OPENED);
    }
}
