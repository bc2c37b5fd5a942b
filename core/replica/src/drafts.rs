//! Small local notes of the app by key: a half-filled form, where she is. They survive the death of the
//! process and never leave this device; they are no entries.

use rusqlite::{OptionalExtension, params};

use crate::error::{Error, Result};
use crate::replica::Replica;

/// Longest key of a draft, in bytes.
pub const DRAFT_KEY_MAX: usize = 200;

/// Longest draft, in bytes.
pub const DRAFT_MAX: usize = 64 * 1024;

impl Replica {
    /// Keeps a draft in place of an earlier one with this key.
    ///
    /// # Errors
    /// [`Error::Refused`] with `draft.too_long`.
    pub fn set_draft(&self, key: &str, value: &str) -> Result<()> {
        if key.len() > DRAFT_KEY_MAX || value.len() > DRAFT_MAX {
            return Err(Error::Refused {
                code: "draft.too_long",
                details: vec![("most", DRAFT_MAX.to_string())],
            });
        }
        self.write(|session| {
            session
                .tx()
                .prepare_cached(
                    "INSERT INTO draft (key, value) VALUES (?1, ?2) \
                     ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                )?
                .execute(params![key, value])?;
            Ok(())
        })
    }

    /// The draft with this key.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn draft(&self, key: &str) -> Result<Option<String>> {
        Ok(self
            .reader()?
            .prepare_cached("SELECT value FROM draft WHERE key = ?1")?
            .query_row([key], |row| row.get(0))
            .optional()?)
    }

    /// The keys of the drafts that begin like this, in order.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn draft_keys(&self, prefix: &str) -> Result<Vec<String>> {
        let reader = self.reader()?;
        let mut select = reader.prepare_cached(
            "SELECT key FROM draft WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key",
        )?;
        let keys = select
            .query_map([prefix], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(keys)
    }

    /// Throws a draft away. One that is not there is no error.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn remove_draft(&self, key: &str) -> Result<()> {
        self.write(|session| {
            session
                .tx()
                .prepare_cached("DELETE FROM draft WHERE key = ?1")?
                .execute([key])?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::act::testing::{EVENING, HeldClock, phone};

    #[test]
    fn a_draft_is_kept_replaced_and_thrown_away() {
        let phone = phone(&HeldClock::at(EVENING));
        phone.set_draft("form:204", "没人").unwrap();
        phone.set_draft("form:204", "有人").unwrap();
        phone.set_draft("page", "3号楼").unwrap();
        assert_eq!(phone.draft("form:204").unwrap().as_deref(), Some("有人"));
        assert_eq!(phone.draft_keys("form:").unwrap(), ["form:204"]);
        phone.remove_draft("form:204").unwrap();
        phone.remove_draft("form:204").unwrap();
        assert_eq!(phone.draft("form:204").unwrap(), None);
        let long = "x".repeat(DRAFT_MAX + 1);
        assert_eq!(
            phone.set_draft("x", &long).unwrap_err().code(),
            "draft.too_long"
        );
    }
}
