//! `doorstep explain`: one question as a line of JSON in, one answer with the same `id` out.
//!
//! The answers come from the same functions that phones and the office use, so a clerk's "why?" and
//! an outside check see the truth. Here live only reading of questions and writing of answers;
//! schemas and examples stand in `docs/explain.md`. No rule is decided here.

pub mod case;
pub mod checks;
mod due;
mod line;
mod question;
mod quota;
mod rating;

use serde_json::{Map, Value, json};

use crate::pack::{Market, Pack};

pub use due::explain_due;
pub use quota::explain_quota;
pub use rating::explain_rating;

pub(crate) use question::{Question, Refusal};

/// The packs by which questions are answered, one a market.
#[derive(Clone, Copy, Debug)]
pub struct Packs<'a> {
    cn: &'a Pack,
    us: &'a Pack,
    uk: &'a Pack,
}

impl Packs<'static> {
    /// The packs of this build.
    pub fn shipped() -> Packs<'static> {
        Packs {
            cn: Pack::shipped(Market::Cn),
            us: Pack::shipped(Market::Us),
            uk: Pack::shipped(Market::Uk),
        }
    }
}

impl<'a> Packs<'a> {
    /// The same with `pack` in place of its market's.
    pub fn with(self, pack: &'a Pack) -> Packs<'a> {
        match pack.market() {
            Market::Cn => Packs { cn: pack, ..self },
            Market::Us => Packs { us: pack, ..self },
            Market::Uk => Packs { uk: pack, ..self },
        }
    }

    /// The pack of `market`.
    pub fn of(&self, market: Market) -> &'a Pack {
        match market {
            Market::Cn => self.cn,
            Market::Us => self.us,
            Market::Uk => self.uk,
        }
    }
}

/// Answers one line: reads the question, asks `solve` and puts the question's `id` into what it says.
/// A line whose id cannot be read is answered with `"id": null`.
pub(crate) fn answer(
    line: &str,
    solve: impl FnOnce(&Question) -> Result<Map<String, Value>, Refusal>,
) -> Value {
    let (id, solved) = match Question::read(line) {
        Err(refusal) => (Value::Null, Err(refusal)),
        Ok(question) => match question.id() {
            Err(refusal) => (Value::Null, Err(refusal)),
            Ok(id) => (id.clone(), solve(&question)),
        },
    };
    match solved {
        Ok(mut fields) => {
            fields.insert("id".to_owned(), id);
            Value::Object(fields)
        }
        Err(refusal) => json!({
            "id": id,
            "error": { "code": refusal.code(), "zh": refusal.words().zh, "en": refusal.words().en },
        }),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
