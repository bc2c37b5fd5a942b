//! `doorstep explain`: questions in, answers out, one a line. The answers are the model's.

use std::io::BufRead;

use clap::{Args, ValueEnum};
use doorstep_model::entry::Outcome;
use doorstep_model::explain::{
    Packs, case::explain_case, checks::explain_checks_by, explain_due, explain_quota,
    explain_rating,
};
use doorstep_model::pack::Market;
use serde::Serialize;
use serde_json::Value;

use super::{Exit, Failure, Output, Sheet, Shown};

/// Reads one JSON object a line from standard input and answers each in one, with the same id. The
/// rules are those of phones and office.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  echo '{\"id\":1,\"market\":\"CN\",\"asset\":\"extinguisher.dry_powder\",\"factory\":\"2021-11\",\"on\":\"2026-11-26\"}' |
  doorstep explain due --json
  doorstep explain checks --json < entries.jsonl

Without --json the answers are indented for reading. A line that cannot be answered gets an \"error\"
with a code; the others are answered all the same, and the command ends with 3. Questions and
answers are described in docs/explain.md.")]
pub struct ExplainArgs {
    /// What to explain.
    #[arg(value_enum)]
    pub what: ExplainWhat,
}

/// What can be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExplainWhat {
    /// When an asset is due for what, by which clause.
    Due,
    /// The state of a case, and which of its events are claims.
    Case,
    /// Which check of an asset counts, and what waits for a decision.
    Checks,
    /// How many bottles of a unit may be away at once without a loan.
    Quota,
    /// How many extinguishers of which rating a floor needs.
    Rating,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Answer(Value);

impl Shown for Answer {
    fn describe(&self, sheet: &mut Sheet) {
        sheet.line(format!("{:#}", self.0));
    }
}

impl ExplainArgs {
    /// Answers every line of `questions`; empty lines are skipped.
    ///
    /// # Errors
    /// `explain.unanswered` when a line had no answer, after all have been tried; what
    /// [`Failure::of_stream`] says when reading or writing breaks off.
    pub fn run(&self, questions: impl BufRead, output: &mut Output<'_>) -> Result<(), Failure> {
        let packs = Packs::shipped();
        let mut unanswered = 0_u64;
        for line in questions.split(b'\n') {
            let line = line.map_err(|error| Failure::of_stream(&error))?;
            // What is not UTF-8 is not JSON: the model says so, in both languages.
            let line = String::from_utf8_lossy(&line);
            if line.trim().is_empty() {
                continue;
            }
            let answer = self.answer(&packs, &line);
            unanswered += u64::from(answer.get("error").is_some());
            output.show(&Answer(answer))?;
        }
        if unanswered == 0 {
            return Ok(());
        }
        Err(Failure::new(
            Exit::BadInput,
            "explain.unanswered",
            (
                format!("有 {unanswered} 行没法回答"),
                match unanswered {
                    1 => "1 line could not be answered".to_owned(),
                    n => format!("{n} lines could not be answered"),
                },
            ),
            (
                "每行的 error 写着原因；格式见 docs/explain.md。",
                "The error of each line says why; docs/explain.md describes the lines.",
            ),
        ))
    }

    fn answer(&self, packs: &Packs<'_>, line: &str) -> Value {
        match self.what {
            ExplainWhat::Due => explain_due(packs, line),
            ExplainWhat::Case => explain_case(line),
            ExplainWhat::Checks => {
                explain_checks_by(line, &|outcome: &Outcome| rank(packs, outcome))
            }
            ExplainWhat::Quota => explain_quota(packs, line),
            ExplainWhat::Rating => explain_rating(packs, line),
        }
    }
}

/// How grave a fault is that the pack does not know: graver than none, less than missing.
const UNKNOWN_FAULT: u8 = 1;

/// How grave an outcome is by the Chinese pack, as phones and office rank it.
fn rank(packs: &Packs<'_>, outcome: &Outcome) -> u8 {
    let pack = packs.of(Market::Cn);
    match outcome {
        Outcome::Normal => 0,
        Outcome::Missing => pack.missing_severity(),
        Outcome::Faults(codes) => codes
            .iter()
            .map(|code| {
                pack.fault(code)
                    .map_or(UNKNOWN_FAULT, |fault| fault.severity)
            })
            .max()
            .unwrap_or(UNKNOWN_FAULT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explain(what: ExplainWhat, questions: &[u8]) -> (Vec<Value>, Result<(), Failure>) {
        let mut printed = vec![];
        let ended = ExplainArgs { what }.run(questions, &mut Output::new(true, &mut printed));
        let printed = String::from_utf8(printed).unwrap();
        let answers = printed
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        (answers.collect(), ended)
    }

    #[test]
    fn each_line_is_answered_under_its_id_and_empty_ones_are_skipped() {
        let questions = br#"{"id": "a", "market": "CN", "asset": "extinguisher.dry_powder", "factory": "2021-11", "on": "2026-11-26"}

{"id": 2, "market": "CN", "asset": "extinguisher.dry_powder", "factory": "unreadable", "on": "2026-11-26"}
"#;
        let (answers, ended) = explain(ExplainWhat::Due, questions);
        assert_eq!(ended, Ok(()));
        assert_eq!(answers.len(), 2);
        assert_eq!(answers[0]["id"], "a");
        let service = answers[0]["obligations"]
            .as_array()
            .unwrap()
            .iter()
            .find(|owed| owed["kind"] == "service")
            .unwrap();
        assert_eq!(service["due_month"], "2026-11");
        let text = answers[1]["obligations"].to_string();
        assert!(
            answers[1]["id"] == 2 && text.contains("scrap_now"),
            "{text}"
        );
    }

    #[test]
    fn a_bad_line_is_answered_with_an_error_and_does_not_stop_the_others() {
        let questions = b"{\"id\": 1, \"nonsense\": true}\n\xff\xfe\nnot json\n\
            {\"id\": 4, \"market\": \"CN\", \"asset\": \"extinguisher.co2\", \"factory\": \"2014-12\", \"on\": \"2026-01-01\"}";
        let (answers, ended) = explain(ExplainWhat::Due, questions);
        let failure = ended.unwrap_err();
        assert_eq!(
            (failure.exit, failure.code.as_str()),
            (Exit::BadInput, "explain.unanswered")
        );
        assert!(failure.happened.en.starts_with("3 lines"));
        assert_eq!(answers.len(), 4);
        for bad in &answers[..3] {
            assert!(bad["error"]["code"].is_string() && bad["error"]["zh"].is_string());
        }
        assert!(answers[3]["obligations"].is_array());
    }
}
