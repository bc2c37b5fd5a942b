//! `explain quota`: how many bottles of a unit may go to service without a loan, and by which clause.

use serde_json::{Map, Value, json};

use super::{Packs, Question, Refusal, answer};
use crate::allowance::{UnitBottles, UnitError, leave};
use crate::pack::Market;

/// Answers one line of `explain quota`; schema and examples in `docs/explain.md`.
pub fn explain_quota(packs: &Packs<'_>, line: &str) -> Value {
    answer(line, |question| solve(packs, question))
}

fn solve(packs: &Packs<'_>, question: &Question) -> Result<Map<String, Value>, Refusal> {
    question.only(&["market", "bottles", "away", "loans", "to_service"])?;
    let market = question.market()?.unwrap_or(Market::Cn);
    let rule = packs
        .of(market)
        .away()
        .ok_or_else(|| Refusal::new("explain.no_rule", &[("market", &market.as_str())]))?;
    let unit = UnitBottles {
        bottles: question.required_count("bottles")?,
        away: question.count("away")?.unwrap_or(0),
        loans: question.count("loans")?.unwrap_or(0),
        to_service: question.required_count("to_service")?,
    };
    let leave = leave(rule, unit).map_err(|error| refused(error, unit))?;
    Ok(Map::from_iter([
        ("allowance".to_owned(), json!(leave.allowance)),
        ("without_loan".to_owned(), json!(leave.without_loan)),
        ("need_loan".to_owned(), json!(leave.need_loan)),
        ("clause".to_owned(), json!(rule.source.clause)),
        ("evidence".to_owned(), json!(rule.source.evidence)),
        ("reading".to_owned(), json!(leave.reading)),
    ]))
}

fn refused(error: UnitError, unit: UnitBottles) -> Refusal {
    match error {
        UnitError::MoreThanBottles => Refusal::new(
            "explain.more_away_than_bottles",
            &[
                ("away", &unit.away),
                ("to_service", &unit.to_service),
                ("bottles", &unit.bottles),
            ],
        ),
        UnitError::MoreLoansThanAway => Refusal::new(
            "explain.more_loans_than_away",
            &[("loans", &unit.loans), ("away", &unit.away)],
        ),
    }
}
