//! What a world may not show: the kinds of broken promises, each with its words.

use std::fmt;

/// Which promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// A record that a call acknowledged is nowhere any more.
    Lost,
    /// One record counts twice.
    Twice,
    /// Two replicas, a replica and its rebuild, or a replica and the naive fold show different rows.
    Diverged,
    /// A receipt for what is not on the office's disk.
    Receipt,
    /// A time moved a second time, or elsewhere than the office dates it.
    Moved,
    /// Everybody synced and something still has not arrived.
    Stuck,
    /// A call failed that had no reason to.
    Failed,
}

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub promise: Promise,
    /// What exactly.
    pub words: String,
}

impl Broken {
    /// This promise is broken, in these words.
    pub fn new(promise: Promise, words: impl Into<String>) -> Self {
        Self {
            promise,
            words: words.into(),
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.promise, self.words)
    }
}

impl From<doorstep_replica::Error> for Broken {
    fn from(error: doorstep_replica::Error) -> Self {
        Self::new(Promise::Failed, format!("{error} ({error:?})"))
    }
}

impl From<rusqlite::Error> for Broken {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(Promise::Failed, error.to_string())
    }
}

/// What a step gives: something, or a broken promise.
pub type Checked<T> = Result<T, Broken>;
