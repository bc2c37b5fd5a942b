//! What a call answers when it did not do what it was asked: a closed set of kinds, with open codes
//! and their words in both languages.

use doorstep_model::message::{Lang, text};
use doorstep_replica::Error as Inner;

/// Why a call did not do what it was asked. The kinds are closed; the codes in them are not.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum DoorstepError {
    /// The request breaks a rule; nothing was written. Show the words.
    #[error("refused: {}", problem.code)]
    Refused {
        /// What to show.
        problem: Problem,
    },
    /// An argument does not have its form; nothing was done.
    #[error("bad argument: {}", problem.code)]
    BadArgument {
        /// What to show.
        problem: Problem,
    },
    /// The named thing is not in this replica.
    #[error("not found: {}", problem.code)]
    NotFound {
        /// What to show.
        problem: Problem,
    },
    /// This replica belongs to nobody yet.
    #[error("not enrolled")]
    NotEnrolled {
        /// What to show.
        problem: Problem,
    },
    /// Closed, or paused and not resumed.
    #[error("closed")]
    Closed {
        /// What to show.
        problem: Problem,
    },
    /// The request id stands for another write.
    #[error("request reused")]
    RequestReused {
        /// What to show.
        problem: Problem,
    },
    /// The store cannot be used. Nothing was deleted.
    #[error("store: {}", problem.code)]
    Store {
        /// What to show.
        problem: Problem,
    },
    /// The office's or a peer's bytes are not its word; nothing was taken from them.
    #[error("peer: {}", problem.code)]
    Peer {
        /// What to show.
        problem: Problem,
    },
}

/// What there is to say about an error.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Problem {
    /// Key of the message catalogue; a newer office may send one that is unknown here.
    pub code: String,
    /// The same call may work later without anybody changing anything.
    pub retryable: bool,
    /// The words, Chinese.
    pub zh: String,
    /// The words, English.
    pub en: String,
    /// What the words name.
    pub details: Vec<Detail>,
}

/// One argument of a message.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Detail {
    /// Its name in the message.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The result of a call across the border.
pub type Result<T, E = DoorstepError> = std::result::Result<T, E>;

impl DoorstepError {
    /// An argument that does not have its form.
    pub(crate) fn bad_argument(code: &str, details: &[(&str, &str)]) -> Self {
        let arguments: Vec<(&str, &dyn std::fmt::Display)> = details
            .iter()
            .map(|(name, value)| (*name, value as &dyn std::fmt::Display))
            .collect();
        Self::BadArgument {
            problem: Problem {
                code: code.to_owned(),
                retryable: false,
                zh: text(Lang::Zh, code, &arguments),
                en: text(Lang::En, code, &arguments),
                details: details
                    .iter()
                    .map(|(name, value)| Detail::new(name, value))
                    .collect(),
            },
        }
    }
}

impl Detail {
    fn new(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
        }
    }
}

impl From<Inner> for DoorstepError {
    fn from(error: Inner) -> Self {
        let details = match &error {
            Inner::Refused { details, .. } => details
                .iter()
                .map(|(name, value)| Detail::new(name, value))
                .collect(),
            Inner::NotFound { what, id } => {
                vec![Detail::new("what", what), Detail::new("id", id)]
            }
            Inner::NotEnrolled
            | Inner::Closed
            | Inner::RequestReused(_)
            | Inner::Store { .. }
            | Inner::Peer(_) => Vec::new(),
        };
        let problem = Problem {
            code: error.code().to_owned(),
            retryable: error.is_retryable(),
            zh: error.message(Lang::Zh),
            en: error.message(Lang::En),
            details,
        };
        match error {
            Inner::Refused { .. } => Self::Refused { problem },
            Inner::NotFound { .. } => Self::NotFound { problem },
            Inner::NotEnrolled => Self::NotEnrolled { problem },
            Inner::Closed => Self::Closed { problem },
            Inner::RequestReused(_) => Self::RequestReused { problem },
            Inner::Store { .. } => Self::Store { problem },
            Inner::Peer(_) => Self::Peer { problem },
        }
    }
}
