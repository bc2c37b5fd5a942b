//! `explain rating`: how many 1A ratings a public floor asks for, and by which clause.

use serde_json::{Map, Value, json};

use super::{Packs, Question, Refusal, answer};
use crate::allowance::ratings;
use crate::pack::Market;

/// Answers one line of `explain rating`; schema and examples in `docs/explain.md`.
pub fn explain_rating(packs: &Packs<'_>, line: &str) -> Value {
    answer(line, |question| solve(packs, question))
}

fn solve(packs: &Packs<'_>, question: &Question) -> Result<Map<String, Value>, Refusal> {
    question.only(&["market", "floor_area"])?;
    let market = question.market()?.unwrap_or(Market::Cn);
    let rule = packs
        .of(market)
        .rating()
        .ok_or_else(|| Refusal::new("explain.no_rule", &[("market", &market.as_str())]))?;
    let ratings = ratings(rule, question.required_area("floor_area")?);
    Ok(Map::from_iter([
        ("rating_1a".to_owned(), json!(ratings.count)),
        ("clause".to_owned(), json!(rule.source.clause)),
        ("evidence".to_owned(), json!(rule.source.evidence)),
        ("reading".to_owned(), json!(ratings.reading)),
    ]))
}
