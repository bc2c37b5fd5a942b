//! Why a pack is refused, coded, with the place in it and words in both languages.

use core::fmt;

use crate::message::{Lang, text};

/// Why a text is no pack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// Not JSON, or not of the form of a pack; the reader's words.
    #[error("read the pack: {0}")]
    Json(String),
    /// Of the form of a pack, with these problems.
    #[error("accept the pack: {}", Listed(.0))]
    Invalid(Vec<Problem>),
}

/// One thing that is wrong in a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: list, id and field, joined by dots.
    pub place: String,
    /// What.
    pub kind: ProblemKind,
}

/// What is wrong at a place of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// An id, a clause or a list is empty.
    Blank,
    /// Chinese or English is missing.
    TextMissing,
    /// This id stands twice.
    Duplicate(String),
    /// There is nothing of this id.
    UnknownReference(String),
    /// Nothing refers to this id.
    Unused(String),
    /// An interval of this many days or months, or one that never begins (0).
    Interval(u32),
    /// A number outside its range.
    Range(u32),
    /// The factory month decides over scrap, and no life says what is scrapped.
    NoLife,
}

impl ProblemKind {
    /// Its stable code, also its key among the messages.
    pub fn code(&self) -> &'static str {
        match self {
            ProblemKind::Blank => "pack.blank",
            ProblemKind::TextMissing => "pack.text_missing",
            ProblemKind::Duplicate(_) => "pack.duplicate",
            ProblemKind::UnknownReference(_) => "pack.unknown_reference",
            ProblemKind::Unused(_) => "pack.unused",
            ProblemKind::Interval(_) => "pack.interval",
            ProblemKind::Range(_) => "pack.range",
            ProblemKind::NoLife => "pack.no_life",
        }
    }
}

impl Problem {
    /// What to tell the person who wrote the pack.
    pub fn message(&self, lang: Lang) -> String {
        let code = self.kind.code();
        let place = &self.place;
        match &self.kind {
            ProblemKind::Blank | ProblemKind::TextMissing | ProblemKind::NoLife => {
                text(lang, code, &[("place", place)])
            }
            ProblemKind::Duplicate(id)
            | ProblemKind::UnknownReference(id)
            | ProblemKind::Unused(id) => text(lang, code, &[("place", place), ("id", id)]),
            ProblemKind::Interval(value) | ProblemKind::Range(value) => {
                text(lang, code, &[("place", place), ("value", value)])
            }
        }
    }
}

impl PackError {
    /// What to tell the person who wrote the pack: one line a problem.
    pub fn messages(&self, lang: Lang) -> Vec<String> {
        match self {
            PackError::Json(detail) => vec![text(lang, "pack.json", &[("detail", detail)])],
            PackError::Invalid(problems) => problems
                .iter()
                .map(|problem| problem.message(lang))
                .collect(),
        }
    }
}

struct Listed<'a>(&'a [Problem]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}", problem.message(Lang::En))?;
        }
        Ok(())
    }
}
