//! Explains the checks of one asset: its checks, corrections and decisions as a line of JSON, what
//! counts and what waits as another. The schemas stand in the docs; the rules in `facts::checks`.

use serde_json::{Map, Value, json};

use super::line::{At, Names, Said, placed, unique};
use super::{Question, Refusal, answer};
use crate::entry::{Body, Check, Correction, Decision, Entry, Outcome};
use crate::facts::checks::{self, ChecksState, PlainSeverity, Severity};
use crate::facts::{Placed, Standing};
use crate::role::Role;

/// One entry, as the line says it. `visit` and what is not listed here is passed over: a check is
/// superseded by its person's later one, in whatever visit.
struct Told {
    id: String,
    person: Option<String>,
    author: Option<String>,
    at: At,
    says: Says,
    imported: bool,
    /// The whole object, by which an entry given twice is one.
    raw: Value,
}

/// What an entry says.
enum Says {
    Check(Outcome),
    Correction {
        of: String,
        outcome: Outcome,
    },
    Decision {
        names: Vec<String>,
        outcome: Outcome,
    },
}

/// Answers one line by the ranks missing, faults, normal; an answer has the line's `id`, and `error`
/// where the line cannot be read.
pub fn explain_checks(line: &str) -> Value {
    explain_checks_by(line, &PlainSeverity)
}

/// [`explain_checks`] by the ranks of a pack.
pub fn explain_checks_by(line: &str, severity: &impl Severity) -> Value {
    answer(line, |question| explain(question, severity))
}

fn explain(question: &Question, severity: &impl Severity) -> Result<Map<String, Value>, Refusal> {
    let told = question.objects("entries")?;
    let told: Vec<Told> = told.iter().map(Told::read).collect::<Result<_, _>>()?;
    let names = Names::of(told.iter().flat_map(Told::ids));
    let authors = Names::of(told.iter().filter_map(|one| one.author.as_ref()));
    let entries: Vec<Placed> = told
        .iter()
        .map(|one| one.placed(&names, &authors))
        .collect();
    unique(&entries, &names)?;
    Ok(answered(&checks::fold(&entries, severity), &names))
}

/// The answer's fields.
fn answered(state: &ChecksState, names: &Names) -> Map<String, Value> {
    let current = state.current.as_ref();
    let waiting: Vec<Value> = state
        .waiting_pairs()
        .into_iter()
        .map(|(a, b)| json!([names.text(a), names.text(b)]))
        .collect();
    let result = current.map(|current| result_value(&current.outcome));
    let counts = current.map(|current| names.text(current.counts));
    let fields = [
        ("state", json!(result)),
        ("counts", json!(counts)),
        ("waiting", json!(waiting)),
    ];
    fields
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

fn result_value(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Normal => json!("normal"),
        Outcome::Missing => json!("missing"),
        Outcome::Faults(codes) => json!(codes),
    }
}

impl Told {
    fn read(question: &Question) -> Result<Self, Refusal> {
        let text = |field| Ok(question.text(field)?.map(str::to_owned));
        let kind = question.required_text("kind")?;
        Ok(Self {
            id: question.required_text("id")?.to_owned(),
            at: question.required_at("at")?,
            says: match kind {
                "check" => Says::Check(outcome(question)?),
                "correction" => Says::Correction {
                    of: question.required_text("of")?.to_owned(),
                    outcome: outcome(question)?,
                },
                "decision" => Says::Decision {
                    names: question.texts("names")?,
                    outcome: outcome(question)?,
                },
                _ => return Err(Refusal::new("explain.unknown_kind", &[("value", &kind)])),
            },
            person: text("person")?,
            author: text("author")?,
            imported: question.flag("imported")? == Some(true),
            raw: question.value(),
        })
    }

    /// Every id that it has or names.
    fn ids(&self) -> impl Iterator<Item = &String> {
        let named = match &self.says {
            Says::Check(_) => &[],
            Says::Correction { of, .. } => std::slice::from_ref(of),
            Says::Decision { names, .. } => names.as_slice(),
        };
        std::iter::once(&self.id).chain(named)
    }

    fn placed(&self, names: &Names, authors: &Names) -> Placed {
        let said = Said {
            id: &self.id,
            person: self.person.as_deref().unwrap_or_default(),
            author: self.author.as_deref().unwrap_or_default(),
            role: match self.says {
                Says::Check(_) => Role::Volunteer,
                Says::Correction { .. } | Says::Decision { .. } => Role::Clerk,
            },
            at: self.at,
            standing: Standing::Counts,
            raw: &self.raw,
        };
        let entry = Entry::new(self.said(names), self.at.seconds);
        let mut placed = placed(&said, names, authors, entry);
        placed.imported = self.imported;
        placed
    }

    fn said(&self, names: &Names) -> Body {
        match &self.says {
            Says::Check(outcome) => Check {
                outcome: outcome.clone(),
                note: None,
                photos: None,
                pack: None,
                date_only: None,
            }
            .into(),
            Says::Correction { of, outcome } => Correction {
                of: names.identity(of),
                outcome: outcome.clone(),
                visit: None,
                reason: String::new(),
            }
            .into(),
            Says::Decision {
                names: ids,
                outcome,
            } => Decision {
                names: ids.iter().map(|id| names.identity(id)).collect(),
                outcome: outcome.clone(),
                reason: None,
            }
            .into(),
        }
    }
}

/// `"normal"`, `"missing"` or a list of fault codes.
fn outcome(question: &Question) -> Result<Outcome, Refusal> {
    match question.field("result") {
        None => Err(question.missing("result")),
        Some(Value::String(text)) if text == "normal" => Ok(Outcome::Normal),
        Some(Value::String(text)) if text == "missing" => Ok(Outcome::Missing),
        Some(Value::Array(codes)) => {
            let codes = codes.iter().map(|code| code.as_str().map(str::to_owned));
            let codes: Option<Vec<String>> = codes.collect();
            codes
                .map(Outcome::of_faults)
                .ok_or_else(|| question.expected("result", "expected.result"))
        }
        Some(_) => Err(question.expected("result", "expected.result")),
    }
}

#[cfg(test)]
mod tests;
