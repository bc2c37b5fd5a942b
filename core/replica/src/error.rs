//! What can go wrong in a replica: one small enum that a caller can act on, rich inside, and the one
//! place where the errors of libraries become ours.

use doorstep_model::ids::RequestId;

/// Why a call did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request breaks a rule of the domain; nothing was written. Show the text.
    #[error("refused: {code}")]
    Refused {
        /// Code of the message catalogue.
        code: &'static str,
        /// What the text names, by argument.
        details: Vec<(&'static str, String)>,
    },
    /// The named thing is not in this replica.
    #[error("no such {what}: {id}")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// Its id as given.
        id: String,
    },
    /// This replica belongs to nobody yet: enrol it first.
    #[error("not enrolled")]
    NotEnrolled,
    /// The replica was closed, or paused and not resumed.
    #[error("closed")]
    Closed,
    /// The same request id was used for another write.
    #[error("request {0} was used for another write")]
    RequestReused(RequestId),
    /// The store cannot be used; what to do depends on the reason. Nothing was deleted.
    #[error("store: {reason}")]
    Store {
        /// What is wrong with it.
        reason: StoreProblem,
        /// The library's words, for the log.
        details: String,
    },
    /// The office's or a peer's bytes are not what they should be; nothing was taken from them.
    #[error("peer: {0}")]
    Peer(String),
}

/// What is wrong with a store, as far as a caller can act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreProblem {
    /// Written by a newer version: update the app.
    Newer,
    /// Not a database, or damaged: offer the rescue, set the folder aside.
    Corrupt,
    /// The folder or file cannot be written.
    ReadOnly,
    /// No space left: free some; what was shown as saved is saved.
    Full,
    /// Another process has it open.
    InUse,
    /// The key does not open it.
    WrongKey,
    /// A key was given and this build cannot encrypt, or none was given and the file is encrypted.
    KeyMismatch,
    /// The disk failed.
    Io,
}

impl StoreProblem {
    /// The code of the message catalogue.
    pub fn code(self) -> &'static str {
        match self {
            Self::Newer => "store.newer",
            Self::Corrupt => "store.corrupt",
            Self::ReadOnly => "store.read_only",
            Self::Full => "store.full",
            Self::InUse => "store.in_use",
            Self::WrongKey => "store.wrong_key",
            Self::KeyMismatch => "store.key_mismatch",
            Self::Io => "store.io",
        }
    }
}

impl std::fmt::Display for StoreProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// The result of a call into a replica.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A refusal with this code and nothing more to say.
    pub fn refused(code: &'static str) -> Self {
        Self::Refused {
            code,
            details: Vec::new(),
        }
    }

    /// The code of the message catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused { code, .. } => code,
            Self::NotFound { .. } => "call.not_found",
            Self::NotEnrolled => "call.not_enrolled",
            Self::Closed => "call.closed",
            Self::RequestReused(_) => "call.request_reused",
            Self::Store { reason, .. } => reason.code(),
            Self::Peer(_) => "sync.unreadable",
        }
    }

    /// Whether the same call may work later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Store {
                reason: StoreProblem::Full | StoreProblem::InUse | StoreProblem::Io,
                ..
            }
        )
    }

    pub(crate) fn store(reason: StoreProblem, details: impl ToString) -> Self {
        Self::Store {
            reason,
            details: details.to_string(),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let reason = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreProblem::Full,
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                StoreProblem::ReadOnly
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreProblem::InUse,
            Some(ErrorCode::SystemIoFailure) => StoreProblem::Io,
            _ => StoreProblem::Corrupt,
        };
        Self::store(reason, error)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        let reason = match error.kind() {
            std::io::ErrorKind::StorageFull => StoreProblem::Full,
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                StoreProblem::ReadOnly
            }
            _ => StoreProblem::Io,
        };
        Self::store(reason, error)
    }
}
