//! What a call answers when it did not do what it was asked: a closed set of kinds, with open codes
//! and their words in both languages.

use doorstep_model::message::{Lang, told};
use doorstep_replica::Error as Inner;

use crate::crossing::crosses;
use crate::handle::alone;

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
    /// A fault of the program: the call broke off. What was shown as saved is saved.
    #[error("broke off: {}", problem.code)]
    Broken {
        /// What to show.
        problem: Problem,
    },
}

crosses! {
    /// What there is to say about something that was not, or would not be, taken.
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
}

crosses! {
    /// One argument of a message.
    pub struct Detail {
        /// Its name in the message.
        pub name: String,
        /// Its value.
        pub value: String,
    }
}

crosses! {
    /// Words in both languages.
    pub struct Words {
        /// Chinese.
        pub zh: String,
        /// English.
        pub en: String,
    }
}

/// Characters of a wrong text that its error shows.
const TEXT_SHOWN: usize = 80;

/// The result of a call across the border.
pub type Result<T, E = DoorstepError> = std::result::Result<T, E>;

/// The words of a message of the catalogue, such as a claim's code; the code itself where this version
/// has none.
#[uniffi::export]
pub fn words(code: &str) -> Result<Words> {
    alone("words", code, |code| Ok(Words::of(code, &[])))
}

impl DoorstepError {
    /// An argument that does not have its form.
    pub(crate) fn bad_argument(code: &str, details: &[(&str, &str)]) -> Self {
        Self::BadArgument {
            problem: Problem::of(code, details),
        }
    }

    /// A value that entries of this version do not hold. `what` is a `thing.…` of the catalogue.
    pub(crate) fn bad_value(what: &str, value: impl ToString) -> Self {
        Self::bad_text("call.bad_value", what, &value.to_string())
    }

    /// A text that is the name of nothing. `what` is a `thing.…` of the catalogue.
    pub(crate) fn bad_id(what: &str, text: &str) -> Self {
        Self::bad_text("call.bad_id", what, text)
    }

    fn bad_text(code: &str, what: &str, text: &str) -> Self {
        let text: String = text.chars().take(TEXT_SHOWN).collect();
        Self::bad_argument(code, &[("what", what), ("text", &text)])
    }

    /// The call broke off.
    pub(crate) fn broken() -> Self {
        Self::Broken {
            problem: Problem::of("call.broke", &[]),
        }
    }

    /// What there is to say.
    pub(crate) fn problem(&self) -> &Problem {
        match self {
            Self::Refused { problem }
            | Self::BadArgument { problem }
            | Self::NotFound { problem }
            | Self::NotEnrolled { problem }
            | Self::Closed { problem }
            | Self::RequestReused { problem }
            | Self::Store { problem }
            | Self::Peer { problem }
            | Self::Broken { problem } => problem,
        }
    }

    /// As [`DoorstepError::problem`], to be changed.
    #[cfg(feature = "testkit")]
    pub(crate) fn problem_mut(&mut self) -> &mut Problem {
        match self {
            Self::Refused { problem }
            | Self::BadArgument { problem }
            | Self::NotFound { problem }
            | Self::NotEnrolled { problem }
            | Self::Closed { problem }
            | Self::RequestReused { problem }
            | Self::Store { problem }
            | Self::Peer { problem }
            | Self::Broken { problem } => problem,
        }
    }
}

impl Problem {
    /// What the catalogue says of this code.
    pub(crate) fn of(code: &str, details: &[(&str, &str)]) -> Self {
        let words = Words::of(code, details);
        let details = details.iter().map(|(name, value)| Detail {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        });
        Self {
            code: code.to_owned(),
            retryable: false,
            zh: words.zh,
            en: words.en,
            details: details.collect(),
        }
    }
}

impl From<&Inner> for Problem {
    fn from(error: &Inner) -> Self {
        let details = error.details();
        let details: Vec<(&str, &str)> = details
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        Self {
            retryable: error.is_retryable(),
            ..Self::of(error.code(), &details)
        }
    }
}

impl Words {
    /// The words of a message; its code where this version has none.
    pub(crate) fn of(code: &str, details: &[(&str, &str)]) -> Self {
        Self {
            zh: told(Lang::Zh, code, details),
            en: told(Lang::En, code, details),
        }
    }
}

impl From<&doorstep_model::message::Text> for Words {
    fn from(text: &doorstep_model::message::Text) -> Self {
        Self {
            zh: text.zh.clone(),
            en: text.en.clone(),
        }
    }
}

impl From<Inner> for DoorstepError {
    fn from(error: Inner) -> Self {
        let problem = Problem::from(&error);
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
