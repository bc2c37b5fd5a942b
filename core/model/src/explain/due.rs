//! `explain due`: what is owed to one asset on one day, and by which clause.
//!
//! Refuses what a phone only asks about: a factory month after the day, a service before it.

use serde_json::{Map, Value};

use super::question::month;
use super::{Packs, Question, Refusal, answer};
use crate::calendar::{Date, Month};
use crate::due::{AssetFacts, Factory, obligations};
use crate::pack::{AssetType, Interval, Kind, Pack};

const FIELDS: [&str; 8] = [
    "market",
    "asset",
    "factory",
    "services",
    "last",
    "registered",
    "maker_life_years",
    "on",
];

/// Answers one line of `explain due`; schema and examples in `docs/explain.md`.
pub fn explain_due(packs: &Packs<'_>, line: &str) -> Value {
    answer(line, |question| solve(packs, question))
}

fn solve(packs: &Packs<'_>, question: &Question) -> Result<Map<String, Value>, Refusal> {
    question.only(&FIELDS)?;
    let pack = packs.of(question.required_market()?);
    let asset_type = question.required_text("asset")?;
    let asset = pack
        .asset(asset_type)
        .ok_or_else(|| Refusal::new("explain.unknown_asset", &[("value", &asset_type)]))?;
    let on = question.required_day("on")?;
    let facts = facts(pack, asset, question)?;
    possible(pack, asset, &facts, on)?;
    let owed = obligations(pack, &facts, on)
        .map_err(|unknown| Refusal::new("explain.unknown_asset", &[("value", &unknown.0)]))?;
    let owed = serde_json::to_value(owed)
        .map_err(|error| Refusal::new("explain.bad_json", &[("detail", &error)]))?;
    Ok(Map::from_iter([("obligations".to_owned(), owed)]))
}

fn facts(pack: &Pack, asset: &AssetType, question: &Question) -> Result<AssetFacts, Refusal> {
    let factory = match question.text("factory")? {
        None => Factory::NotRecorded,
        Some("unreadable") => Factory::Unreadable,
        Some(stamp) => Factory::Month(month("factory", stamp)?),
    };
    let last = question
        .days("last")?
        .into_iter()
        .map(|(name, day)| Ok((done_again(pack, asset, name)?, day)))
        .collect::<Result<_, Refusal>>()?;
    let years = question.whole("maker_life_years", 1..=99, "expected.years")?;
    Ok(AssetFacts {
        asset_type: asset.id.clone(),
        factory,
        services: question.months("services")?,
        last,
        registered: question.day("registered")?,
        maker_life_years: years.and_then(|years| u8::try_from(years).ok()),
    })
}

/// The kind of this name, if it is owed to the asset again and again: a life has no last time.
fn done_again(pack: &Pack, asset: &AssetType, name: &str) -> Result<Kind, Refusal> {
    pack.duties_of(asset)
        .find(|duty| duty.kind.as_str() == name && !matches!(duty.rule, Interval::Life { .. }))
        .map(|duty| duty.kind.clone())
        .ok_or_else(|| {
            Refusal::new(
                "explain.unknown_obligation",
                &[("asset", &asset.id), ("value", &name)],
            )
        })
}

/// Refuses a factory month after `on`, and a service before the factory month.
///
/// Days after `on` are taken as given: `on` may be a day in the past that somebody asks about.
fn possible(pack: &Pack, asset: &AssetType, facts: &AssetFacts, on: Date) -> Result<(), Refusal> {
    let Factory::Month(made) = facts.factory else {
        return Ok(());
    };
    if made > Month::of(on) {
        return Err(Refusal::new(
            "explain.factory_after_on",
            &[("factory", &made), ("on", &on)],
        ));
    }
    let of_a_firm = |kind: &Kind| {
        pack.duties_of(asset)
            .any(|duty| duty.kind == *kind && matches!(duty.rule, Interval::Months { .. }))
    };
    let dated = facts
        .last
        .iter()
        .filter(|(kind, _)| of_a_firm(kind))
        .map(|(_, day)| Month::of(*day));
    match facts
        .services
        .iter()
        .copied()
        .chain(dated)
        .find(|service| *service < made)
    {
        Some(service) => Err(Refusal::new(
            "explain.service_before_factory",
            &[("service", &service), ("factory", &made)],
        )),
        None => Ok(()),
    }
}
