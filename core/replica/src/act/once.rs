//! Once only: the memory of what a request wrote, by the caller's id. Nothing here knows what a
//! request does.
//!
//! The last [`REMEMBERED`] writes are remembered, whatever the clock says: a caller that repeats does so
//! at once, or when it has started again.

use doorstep_model::ids::RequestId;
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::replica::Session;

/// What a request asks for, as a hash: the same id for something else is an error of the caller's.
#[derive(Clone)]
pub(crate) struct Fingerprint(Sha256);

const LEN: usize = 16;

/// Writes that are remembered at least: months of a phone's taps.
pub(crate) const REMEMBERED: i64 = 10_000;

/// The oldest are forgotten so many at a time, so that most taps pay nothing for it.
pub(crate) const FORGOTTEN: i64 = 256;

impl Fingerprint {
    /// The start of a fingerprint: which act.
    pub(crate) fn of(act: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(act.as_bytes());
        Self(hasher)
    }

    /// With one more argument.
    #[must_use]
    pub(crate) fn with(mut self, argument: impl minicbor::Encode<()>) -> Self {
        let bytes = minicbor::to_vec(argument).expect("writing CBOR to memory cannot fail");
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    fn bytes(&self) -> [u8; LEN] {
        let digest = self.0.clone().finalize();
        let mut short = [0; LEN];
        short.copy_from_slice(&digest[..LEN]);
        short
    }
}

/// The result of a request that was run before, as it was remembered; `None` when it is new.
///
/// # Errors
/// [`Error::RequestReused`] when the id stands for something else.
pub(super) fn remembered(
    session: &Session<'_>,
    request: RequestId,
    fingerprint: &Fingerprint,
) -> Result<Option<Vec<u8>>> {
    let stored: Option<Vec<u8>> = session
        .tx()
        .prepare_cached("SELECT result FROM request WHERE id = ?1")?
        .query_row([request.as_bytes()], |row| row.get(0))
        .optional()?;
    let Some(stored) = stored else {
        return Ok(None);
    };
    match stored.split_at_checked(LEN) {
        Some((print, result)) if print == fingerprint.bytes() => Ok(Some(result.to_vec())),
        _ => Err(Error::RequestReused(request)),
    }
}

/// Remembers what a request gave.
pub(super) fn remember(
    session: &Session<'_>,
    request: RequestId,
    fingerprint: &Fingerprint,
    result: &[u8],
) -> Result<()> {
    let mut stored = fingerprint.bytes().to_vec();
    stored.extend_from_slice(result);
    let number: i64 = session
        .tx()
        .prepare_cached("INSERT INTO request (id, result) VALUES (?1, ?2) RETURNING number")?
        .query_row(params![request.as_bytes(), stored], |row| row.get(0))?;
    if number % FORGOTTEN == 0 {
        session
            .tx()
            .prepare_cached("DELETE FROM request WHERE number <= ?1")?
            .execute([number - REMEMBERED])?;
    }
    Ok(())
}
