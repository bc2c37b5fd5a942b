//! Explains the checks of one asset: its checks, corrections and decisions as a line of JSON, what
//! counts and what waits as another. The schemas stand in the docs; the rules in `facts::checks`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::line::{Names, Refusal, Said, answer, at, placed, unique};
use crate::entry::{Body, Check, Correction, Decision, Entry, Outcome};
use crate::facts::checks::{self, ChecksState, PlainSeverity, Severity};
use crate::facts::{Placed, Standing};
use crate::role::Role;

#[derive(Deserialize)]
struct Question {
    entries: Vec<Value>,
}

/// One entry, as the line says it. `visit` and what is not listed here is passed over: a check is
/// superseded by its person's later one, in whatever visit.
#[derive(Deserialize)]
struct Told {
    kind: String,
    id: String,
    person: Option<String>,
    author: Option<String>,
    at: String,
    result: Value,
    of: Option<String>,
    names: Option<Vec<String>>,
    imported: Option<bool>,
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

fn explain(question: Question, severity: &impl Severity) -> Result<Value, Refusal> {
    let mut told = Vec::with_capacity(question.entries.len());
    for raw in question.entries {
        let one: Told = serde_json::from_value(raw.clone()).map_err(|error| {
            let detail = error.to_string();
            Refusal::new(
                "bad_entry",
                "记录读不懂",
                "an entry cannot be read",
                &detail,
            )
        })?;
        told.push((one, raw));
    }
    let ids = told.iter().flat_map(|(one, _)| {
        std::iter::once(&one.id)
            .chain(&one.of)
            .chain(one.names.iter().flatten())
    });
    let names = Names::of(ids);
    let authors = Names::of(told.iter().filter_map(|(one, _)| one.author.as_ref()));
    let mut entries = Vec::with_capacity(told.len());
    for (one, raw) in told {
        entries.push(one.placed(raw, &names, &authors)?);
    }
    unique(&entries, &names)?;
    Ok(answered(&checks::fold(&entries, severity), &names))
}

/// The answer's fields.
fn answered(state: &ChecksState, names: &Names) -> Value {
    let current = state.current.as_ref();
    let waiting: Vec<Value> = state
        .waiting_pairs()
        .into_iter()
        .map(|(a, b)| json!([names.text(a), names.text(b)]))
        .collect();
    json!({
        "state": current.map(|current| result_value(&current.outcome)),
        "counts": current.map(|current| names.text(current.counts)),
        "waiting": waiting,
    })
}

fn result_value(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Normal => json!("normal"),
        Outcome::Missing => json!("missing"),
        Outcome::Faults(codes) => json!(codes),
    }
}

impl Told {
    fn placed(&self, raw: Value, names: &Names, authors: &Names) -> Result<Placed, Refusal> {
        let at = at(&self.at)?;
        let role = match self.kind.as_str() {
            "check" => Role::Volunteer,
            _ => Role::Clerk,
        };
        let said = Said {
            id: &self.id,
            person: self.person.as_deref().unwrap_or_default(),
            author: self.author.as_deref().unwrap_or_default(),
            role,
            at,
            standing: Standing::Counts,
            raw,
        };
        let entry = Entry::new(self.said(names)?, at.seconds);
        let mut placed = placed(&said, names, authors, entry);
        placed.imported = self.imported == Some(true);
        Ok(placed)
    }

    fn said(&self, names: &Names) -> Result<Body, Refusal> {
        let outcome = self.outcome()?;
        Ok(match (self.kind.as_str(), &self.of) {
            ("check", _) => Check {
                outcome,
                note: None,
                photos: None,
                pack: None,
                date_only: None,
            }
            .into(),
            ("correction", Some(of)) => Correction {
                of: names.identity(of),
                outcome,
                visit: None,
                reason: String::new(),
            }
            .into(),
            ("correction", None) => {
                let (zh, en) = ("更正没有写更正哪一条", "a correction of nothing");
                return Err(Refusal::new("bad_entry", zh, en, &self.id));
            }
            ("decision", _) => Decision {
                names: self
                    .names
                    .iter()
                    .flatten()
                    .map(|id| names.identity(id))
                    .collect(),
                outcome,
                reason: None,
            }
            .into(),
            (kind, _) => {
                let (zh, en) = ("没有这种记录", "no such kind of entry");
                return Err(Refusal::new("unknown_kind", zh, en, kind));
            }
        })
    }

    fn outcome(&self) -> Result<Outcome, Refusal> {
        let refusal = || {
            let (zh, en) = ("结果不是 normal、missing 或故障代码", "no result");
            Refusal::new("bad_result", zh, en, &self.result.to_string())
        };
        match &self.result {
            Value::String(text) if text == "normal" => Ok(Outcome::Normal),
            Value::String(text) if text == "missing" => Ok(Outcome::Missing),
            Value::Array(codes) => {
                let codes: Option<Vec<String>> = codes
                    .iter()
                    .map(|code| code.as_str().map(str::to_owned))
                    .collect();
                codes.map(Outcome::of_faults).ok_or_else(refusal)
            }
            _ => Err(refusal()),
        }
    }
}

#[cfg(test)]
mod tests;
