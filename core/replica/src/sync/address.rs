//! Where a phone finds its office, and which transport keys it may have there. How it is talked to is the
//! host's.

use doorstep_model::entry::{Body, Entry, TransportKey};
use doorstep_model::ids::AreaId;
use rusqlite::{Connection, params};

use crate::error::{Error, Result, StoreProblem};
use crate::meta::{self, Key};
use crate::replica::Replica;
use crate::sync::office::Office;

/// Announced keys that are trusted beside the invitation's. Two: between an announcement and the change
/// the office still has the key before. No more: what was given up is trusted no longer.
const ANNOUNCED_TRUSTED: usize = 2;

/// Where the office is, as a phone knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeAddress {
    /// Addresses, in the order to try.
    pub addresses: Vec<String>,
    /// SHA-256 of the SubjectPublicKeyInfo of every transport key that it may have: the invitation's,
    /// then the last two that it announced, the latest first. Empty where nobody named one.
    pub keys: Vec<[u8; 32]>,
}

impl Replica {
    /// Where the office is, and which keys it may have. A new key is known here as soon as the entry
    /// that announces it came by an exchange.
    ///
    /// # Errors
    /// [`Error::NotEnrolled`] before an invitation was read.
    pub fn office_address(&self) -> Result<OfficeAddress> {
        let reader = self.reader()?;
        let bytes = meta::get(&reader, Key::OfficeAddress)?.ok_or(Error::NotEnrolled)?;
        let (addresses, invited): (Vec<String>, Option<[u8; 32]>) =
            minicbor::decode(&bytes).map_err(|error| Error::store(StoreProblem::Corrupt, error))?;
        let announced = announced_keys(&reader)?.into_iter().map(|(key, _)| key);
        let mut keys: Vec<[u8; 32]> = invited.into_iter().collect();
        for key in announced.take(ANNOUNCED_TRUSTED) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Ok(OfficeAddress { addresses, keys })
    }
}

impl Office {
    /// The transport key that was announced last, SHA-256 of its SubjectPublicKeyInfo, and when, unix
    /// seconds. Whoever synced later knows it.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn announced_transport_key(&self) -> Result<Option<([u8; 32], i64)>> {
        let reader = self.replica().reader()?;
        Ok(announced_keys(&reader)?.into_iter().next())
    }
}

/// The transport keys that the office announced, the latest first, each once, with its time.
fn announced_keys(connection: &Connection) -> Result<Vec<([u8; 32], i64)>> {
    let mut select = connection.prepare_cached(
        "SELECT entry.value, entry.time FROM entry JOIN author ON author.id = entry.author \
         WHERE entry.subject = ?1 AND entry.kind = ?2 AND entry.standing = 0 \
         AND author.office = 1 ORDER BY author.succession DESC, entry.counter DESC",
    )?;
    let organisation = AreaId::organisation().subject();
    let mut rows = select.query(params![organisation.as_bytes(), TransportKey::KIND])?;
    let mut keys: Vec<([u8; 32], i64)> = Vec::new();
    while let Some(row) = rows.next()? {
        let value: Vec<u8> = row.get(0)?;
        if let Ok(Body::TransportKey(announced)) = Entry::from_bytes(&value).map(|entry| entry.body)
            && !keys.iter().any(|(key, _)| *key == announced.key)
        {
            keys.push((announced.key, row.get(1)?));
        }
    }
    Ok(keys)
}
