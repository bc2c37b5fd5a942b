//! The row of an asset in its table: read whole, compared, and written as little as differs. What its
//! columns come to is decided beside this.

use doorstep_model::ids::Identity;
use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

use crate::error::Result;
use crate::project::shown::identity;

/// The row as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AssetRow {
    pub(super) fixed: Fixed,
    pub(super) counts: Counts,
}

/// What seldom changes: what it is, where it is, what was done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fixed {
    pub(super) area: i64,
    pub(super) asset_type: String,
    pub(super) place: Identity,
    pub(super) building: Identity,
    pub(super) label: Option<String>,
    pub(super) factory: Option<String>,
    pub(super) size: Option<String>,
    pub(super) batch: Option<Identity>,
    pub(super) registration: u8,
    pub(super) maker_life: Option<u8>,
    pub(super) registered: i64,
    pub(super) mark: u16,
    pub(super) services: String,
    pub(super) ended: Option<String>,
    pub(super) away: bool,
    pub(super) disputed: String,
    pub(super) extras: i64,
    pub(super) reaches_back: bool,
}

/// What a check changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) result: Option<String>,
    pub(super) counts: Option<Identity>,
    pub(super) checked_at: Option<i64>,
    pub(super) looked_on: Option<i64>,
    pub(super) looked_by: Option<Identity>,
    pub(super) waiting: i64,
    pub(super) due: String,
    pub(super) look_due: Option<i64>,
    pub(super) work_due: Option<i64>,
}

const READ: &str = "SELECT area, type, place, building, label, factory, size, batch, registration, \
                    maker_life, registered, mark, services, ended, away, disputed, extras, result, \
                    counts, checked_at, looked_on, looked_by, waiting, due, look_due, work_due, \
                    reaches_back FROM asset WHERE id = ?1";

impl AssetRow {
    pub(super) fn read(tx: &Connection, subject: Identity) -> Result<Option<Self>> {
        let mut select = tx.prepare_cached(READ)?;
        Ok(select
            .query_row([subject.as_bytes()], Self::of)
            .optional()?)
    }

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        // No column that names a thing can be read as another: a row of other bytes never compares
        // equal and is written anew.
        let named = |column| -> rusqlite::Result<Identity> {
            Ok(identity(row, column)?.unwrap_or(Identity::of_hash([0; 16])))
        };
        Ok(Self {
            fixed: Fixed {
                area: row.get(0)?,
                asset_type: row.get(1)?,
                place: named(2)?,
                building: named(3)?,
                label: row.get(4)?,
                factory: row.get(5)?,
                size: row.get(6)?,
                batch: identity(row, 7)?,
                registration: row.get(8)?,
                maker_life: row.get(9)?,
                registered: row.get(10)?,
                mark: row.get(11)?,
                services: row.get(12)?,
                ended: row.get(13)?,
                away: row.get(14)?,
                disputed: row.get(15)?,
                extras: row.get(16)?,
                reaches_back: row.get(26)?,
            },
            counts: Counts {
                result: row.get(17)?,
                counts: identity(row, 18)?,
                checked_at: row.get(19)?,
                looked_on: row.get(20)?,
                looked_by: identity(row, 21)?,
                waiting: row.get(22)?,
                due: row.get(23)?,
                look_due: row.get(24)?,
                work_due: row.get(25)?,
            },
        })
    }

    /// Writes the whole row.
    pub(super) fn write(&self, tx: &Connection, subject: Identity) -> Result<()> {
        let Self { fixed, counts } = self;
        tx.prepare_cached(
            "INSERT OR REPLACE INTO asset (id, area, type, place, building, label, factory, size, \
             batch, registration, maker_life, registered, mark, services, ended, away, disputed, \
             extras, result, counts, checked_at, looked_on, looked_by, waiting, due, \
             look_due, work_due, reaches_back) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, \
             ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28)",
        )?
        .execute(params![
            subject.as_bytes(),
            fixed.area,
            fixed.asset_type,
            fixed.place.as_bytes(),
            fixed.building.as_bytes(),
            fixed.label,
            fixed.factory,
            fixed.size,
            fixed.batch.as_ref().map(Identity::as_bytes),
            fixed.registration,
            fixed.maker_life,
            fixed.registered,
            fixed.mark,
            fixed.services,
            fixed.ended,
            fixed.away,
            fixed.disputed,
            fixed.extras,
            counts.result,
            counts.counts.as_ref().map(Identity::as_bytes),
            counts.checked_at,
            counts.looked_on,
            counts.looked_by.as_ref().map(Identity::as_bytes),
            counts.waiting,
            counts.due,
            counts.look_due,
            counts.work_due,
            fixed.reaches_back,
        ])?;
        Ok(())
    }
}

/// Only what a check changes: no index of the table is touched.
pub(super) const WRITE_COUNTS: &str = "UPDATE asset SET result = ?2, counts = ?3, checked_at = ?4, \
                                       looked_on = ?5, looked_by = ?6, waiting = ?7, due = ?8, \
                                       look_due = ?9, work_due = ?10 WHERE id = ?1";

impl Counts {
    pub(super) fn write(&self, tx: &Connection, subject: Identity) -> Result<()> {
        self.write_by(&mut *tx.prepare_cached(WRITE_COUNTS)?, subject)
    }

    /// Writes by [`WRITE_COUNTS`], prepared.
    pub(super) fn write_by(&self, write: &mut Statement<'_>, subject: Identity) -> Result<()> {
        write.execute(params![
            subject.as_bytes(),
            self.result,
            self.counts.as_ref().map(Identity::as_bytes),
            self.checked_at,
            self.looked_on,
            self.looked_by.as_ref().map(Identity::as_bytes),
            self.waiting,
            self.due,
            self.look_due,
            self.work_due,
        ])?;
        Ok(())
    }
}
