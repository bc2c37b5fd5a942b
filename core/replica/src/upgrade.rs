//! After an update of the app whose rows are computed otherwise: the old rows answer at once, and are
//! computed anew in slices between which taps go on. Layouts change by migrations, never here.

use doorstep_model::ids::Identity;
use rusqlite::Connection;

use crate::error::Result;
use crate::meta::{self, Key};
use crate::project;
use crate::replica::Replica;

/// Raised whenever the same entries give other rows than before.
const ROWS_VERSION: u32 = 1;

/// Subjects of one slice: a few milliseconds.
const SLICE: usize = 200;

/// Notes at the opening that the rows are of an older version, if they are.
pub(crate) fn begin(tx: &Connection) -> Result<()> {
    let version = meta::get_array::<4>(tx, Key::RowsVersion)?.map(u32::from_be_bytes);
    if version == Some(ROWS_VERSION) {
        return Ok(());
    }
    meta::set(tx, Key::RowsVersion, &ROWS_VERSION.to_be_bytes())?;
    if version.is_some() {
        // From the first subject on; a slice that was interrupted begins again.
        meta::set(tx, Key::RowsUpgrade, b"")?;
    }
    Ok(())
}

impl Replica {
    /// Computes the next slice of rows anew after an update of the app. Returns whether all rows are
    /// of this version: call it until they are, whenever nobody waits. Screens and taps work all the
    /// while; checksums compare only afterwards.
    ///
    /// # Errors
    /// [`crate::Error::Store`]: the slice is done again at the next call.
    pub fn upgrade_rows(&self) -> Result<bool> {
        self.write_slice(|session| {
            let Some(after) = meta::get(session.tx(), Key::RowsUpgrade)? else {
                return Ok(true);
            };
            let after = Identity::from_slice(&after);
            let door = &mut session.door;
            let last = project::rebuild_slice(door.tx, door.directory, door.packs, after, SLICE)?;
            match last {
                Some(last) => meta::set(session.tx(), Key::RowsUpgrade, last.as_bytes())?,
                None => meta::remove(session.tx(), Key::RowsUpgrade)?,
            }
            Ok(last.is_none())
        })
    }
}

#[cfg(test)]
mod tests {
    use doorstep_model::entry::Outcome;

    use super::*;
    use crate::act::Look;
    use crate::act::testing::{EVENING, HeldClock, area, bottle, house, options, phone, tap};
    use crate::query::AssetFilter;
    use crate::screens::Part;
    use crate::store::Store;

    #[test]
    fn old_rows_answer_at_once_and_become_new_ones_while_taps_go_on() {
        let clock = HeldClock::at(EVENING);
        let replica = phone(&clock);
        let house = house(&replica);
        for _ in 0..450 {
            replica.add_asset(&tap(), bottle(house.door)).unwrap();
        }
        let round = replica
            .open_round(&tap(), house.building, None, None)
            .unwrap();
        let right = replica.area_checksum(&area()).unwrap();
        {
            // As an older version left them: every asset said to be missing.
            let writer = replica.store.writer();
            writer
                .execute("UPDATE asset SET result = '\"missing\"'", [])
                .unwrap();
            meta::set(&writer, Key::RowsVersion, &0u32.to_be_bytes()).unwrap();
        }
        let store = Store::from_connection(replica.into_connection()).unwrap();
        let replica = Replica::on(store, options(&clock, 7)).unwrap();
        let first = replica
            .assets(&area(), &AssetFilter::default(), Part::first(500))
            .unwrap();
        assert_eq!(first.rows.len(), 451, "the old rows answer");
        assert!(!replica.upgrade_rows().unwrap(), "one slice is not all");
        replica
            .check(&tap(), round, &[Look::new(house.bottle, Outcome::Missing)])
            .unwrap();
        while !replica.upgrade_rows().unwrap() {}
        assert!(replica.upgrade_rows().unwrap());
        replica.undo_last(&tap()).unwrap();
        assert_eq!(replica.area_checksum(&area()).unwrap(), right);
    }
}
