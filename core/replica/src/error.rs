//! What can go wrong in a replica: one small enum that a caller can act on, rich inside, and the one
//! place where the errors of libraries become ours.

use doorstep_model::ids::RequestId;
use doorstep_model::message::{Lang, told};

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

    /// What to tell the person, and what to do next.
    pub fn message(&self, lang: Lang) -> String {
        told(lang, self.code(), &self.details())
    }

    /// What the text names, by argument.
    pub fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Refused { details, .. } => details.clone(),
            Self::NotFound { what, id } => {
                vec![("what", (*what).to_owned()), ("id", id.clone())]
            }
            Self::NotEnrolled
            | Self::Closed
            | Self::RequestReused(_)
            | Self::Store { .. }
            | Self::Peer(_) => Vec::new(),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use doorstep_model::message::{Lang, keys};
    use doorstep_model::role::Role;

    use super::Error;

    /// Dotted texts in the sources that are no codes.
    const NO_CODES: [&str; 2] = ["doorstep.db", "doorstep.lock"];

    /// Every text literal of the form `word.word` in the sources of a folder, tests left out.
    fn codes(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && name != "tests" {
                codes(&path, found);
            } else if name.ends_with(".rs")
                && !["tests.rs", "testing.rs", "world.rs"].contains(&name.as_str())
            {
                let source = std::fs::read_to_string(&path).unwrap();
                let product = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
                let literals = product.split('"').skip(1).step_by(2);
                found.extend(literals.filter(|text| is_code(text)).map(str::to_owned));
            }
        }
    }

    fn is_code(text: &str) -> bool {
        let word = |part: &str| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        text.split_once('.')
            .is_some_and(|(room, code)| word(room) && word(code))
    }

    #[test]
    fn every_code_in_the_sources_has_its_texts() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = BTreeSet::new();
        codes(&here.join("src"), &mut found);
        codes(&here.join("../model/src/vet"), &mut found);
        for code in NO_CODES {
            found.remove(code);
        }
        assert!(found.len() > 100, "{} codes", found.len());
        let known: BTreeSet<&str> = keys().collect();
        let untold: Vec<_> = found
            .iter()
            .filter(|code| !known.contains(code.as_str()))
            .collect();
        assert!(untold.is_empty(), "no text for {untold:?}");
    }

    #[test]
    fn words_inside_a_text_are_of_its_language() {
        let refused = Error::Refused {
            code: "case.wrong_role",
            details: vec![("role", Role::Volunteer.name().to_owned())],
        };
        assert!(refused.message(Lang::Zh).starts_with("志愿者"));
        assert!(refused.message(Lang::En).contains("volunteer"));
        let missing = Error::NotFound {
            what: "asset",
            id: "AAAA".to_owned(),
        };
        assert!(missing.message(Lang::Zh).contains("设施(AAAA)"));
        for role in Role::ALL {
            assert!(keys().any(|key| key == format!("role.{role}")), "{role}");
        }
        for state in doorstep_model::facts::cases::State::ALL {
            let key = format!("case_state.{}", state.name());
            assert!(keys().any(|known| known == key), "{key}");
        }
    }
}
