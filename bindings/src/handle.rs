//! The handle that a host holds: opening, enrolling, waiting for changes, pausing, closing, drafts and
//! counters. Writes and screens are in their own modules.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use doorstep_model::ids::AreaId;
use doorstep_replica::{Options, Place, Replica, SystemClock};

use crate::error::{DoorstepError, Result};

/// A replica, open for this process.
#[derive(uniffi::Object)]
pub struct Doorstep {
    pub(crate) replica: Replica,
}

/// How many of this device's entries are where.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Counters {
    /// Nowhere else yet.
    pub only_here: u64,
    /// The office has them.
    pub received: u64,
    /// Of all: waiting for a person at the office.
    pub held: u64,
    /// Of all: refused or quarantined.
    pub left_out: u64,
    /// Segments that do not flow.
    pub quarantined_segments: u64,
}

/// What a rescue found.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Rescued {
    /// Segments in the file.
    pub segments: u64,
    /// Pending entries that could be signed.
    pub signed: u64,
    /// Pending entries that are in the file as they are.
    pub unsigned: u64,
    /// Rows that could not be read.
    pub unreadable: u64,
}

#[uniffi::export]
impl Doorstep {
    /// Opens or makes the replica in `folder`. `key` has 32 bytes and is given exactly when the build
    /// encrypts. `marker` lives where backups of the device do not go: another one than last time means
    /// a restored or cloned folder, and the replica goes on as a new author. What cannot be read is
    /// neither deleted nor made anew.
    #[uniffi::constructor]
    pub fn open(folder: String, key: Option<Vec<u8>>, marker: Vec<u8>) -> Result<Arc<Self>> {
        let replica = Replica::open(Options {
            place: Place::Folder(folder.into()),
            key: key.as_deref().map(database_key).transpose()?,
            marker,
            clock: Arc::new(SystemClock),
            seed: None,
        })?;
        Ok(Arc::new(Self { replica }))
    }

    /// Enrols this replica with the text of an invitation. Works without signal.
    pub fn enrol(&self, invitation: &str) -> Result<()> {
        Ok(self.replica.enrol(invitation)?)
    }

    /// Also holds this area's feed.
    pub fn subscribe(&self, area: AreaId) -> Result<()> {
        Ok(self.replica.subscribe(&area)?)
    }

    /// Seals what is pending: when the app goes to the background.
    pub fn seal(&self) -> Result<()> {
        Ok(self.replica.seal()?)
    }

    /// Ends every call before the system suspends the app.
    pub fn pause(&self) -> Result<()> {
        Ok(self.replica.pause()?)
    }

    /// Lets calls in again after a pause.
    pub fn resume(&self) -> Result<()> {
        Ok(self.replica.resume()?)
    }

    /// Ends the replica for good; whoever waits for a change returns. The object itself is freed by its
    /// language.
    pub fn shutdown(&self) -> Result<()> {
        Ok(self.replica.close()?)
    }

    /// The number of the last change.
    pub fn change(&self) -> Result<u64> {
        Ok(self.replica.change())
    }

    /// Waits until something changed after `after`, at most this long: the number of the last change,
    /// or nothing once the replica is shut down. Ask in short waits to be able to stop.
    pub fn next_change(&self, after: u64, at_most_ms: u32) -> Result<Option<u64>> {
        let at_most = Duration::from_millis(at_most_ms.into());
        Ok(self.replica.next_change(after, at_most))
    }

    /// How many of this device's entries are where.
    pub fn counters(&self) -> Result<Counters> {
        let counters = self.replica.counters()?;
        Ok(Counters {
            only_here: counters.only_here,
            received: counters.received,
            held: counters.held,
            left_out: counters.left_out,
            quarantined_segments: counters.quarantined_segments,
        })
    }

    /// Keeps a small local text under a key; never sent.
    pub fn set_draft(&self, key: &str, value: &str) -> Result<()> {
        Ok(self.replica.set_draft(key, value)?)
    }

    /// The text kept under a key.
    pub fn draft(&self, key: &str) -> Result<Option<String>> {
        Ok(self.replica.draft(key)?)
    }

    /// The keys of drafts that begin so.
    pub fn draft_keys(&self, prefix: &str) -> Result<Vec<String>> {
        Ok(self.replica.draft_keys(prefix)?)
    }

    /// Forgets a draft.
    pub fn remove_draft(&self, key: &str) -> Result<()> {
        Ok(self.replica.remove_draft(key)?)
    }
}

/// Puts everything readable and unconfirmed of a database that `open` refuses into the file `out`,
/// sealed to the office: to `seal_for` when the database cannot tell its office.
#[uniffi::export]
pub fn rescue(
    folder: &str,
    key: Option<Vec<u8>>,
    seal_for: Option<String>,
    out: &str,
) -> Result<Rescued> {
    let key = key.as_deref().map(database_key).transpose()?;
    let found = doorstep_replica::rescue(
        Path::new(folder),
        key.as_ref(),
        seal_for.as_deref(),
        Path::new(out),
    )?;
    Ok(Rescued {
        segments: found.segments,
        signed: found.signed,
        unsigned: found.unsigned,
        unreadable: found.unreadable,
    })
}

fn database_key(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| {
        let length = bytes.len().to_string();
        DoorstepError::bad_argument("call.key_length", &[("length", &length)])
    })
}

#[cfg(test)]
mod tests {
    use super::{Doorstep, DoorstepError};

    fn open(
        folder: &tempfile::TempDir,
        key: Option<Vec<u8>>,
    ) -> super::Result<std::sync::Arc<Doorstep>> {
        let folder = folder.path().to_str().unwrap().to_owned();
        Doorstep::open(folder, key, b"marker".to_vec())
    }

    #[test]
    fn a_key_of_31_bytes_is_a_bad_argument_with_words() {
        let folder = tempfile::tempdir().unwrap();
        let Err(DoorstepError::BadArgument { problem }) = open(&folder, Some(vec![7; 31])) else {
            panic!("a key of 31 bytes was taken");
        };
        assert_eq!(problem.code, "call.key_length");
        assert!(problem.zh.contains("31") && problem.en.contains("31"));
    }

    #[cfg(not(feature = "sqlcipher"))]
    #[test]
    fn a_key_is_refused_by_a_build_that_cannot_encrypt() {
        let folder = tempfile::tempdir().unwrap();
        let Err(DoorstepError::Store { problem }) = open(&folder, Some(vec![7; 32])) else {
            panic!("a key was taken");
        };
        assert_eq!(problem.code, "store.key_mismatch");
    }

    #[cfg(not(feature = "sqlcipher"))]
    #[test]
    fn drafts_stay_until_the_replica_is_shut_down() {
        let folder = tempfile::tempdir().unwrap();
        let doorstep = open(&folder, None).unwrap();
        doorstep.set_draft("where", "三楼").unwrap();
        assert_eq!(doorstep.draft("where").unwrap().as_deref(), Some("三楼"));
        doorstep.shutdown().unwrap();
        assert!(matches!(
            doorstep.draft("where"),
            Err(DoorstepError::Closed { .. })
        ));
        assert_eq!(doorstep.next_change(0, 60_000).unwrap(), None);
    }
}
