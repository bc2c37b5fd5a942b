//! Tests of due dates: a small language to state an asset, then the vectors, the readings, the laws.

mod laws;
mod readings;
mod vectors;

use super::*;
use crate::calendar::parse_day;
use crate::pack::Market;

/// An asset under the shipped pack of a market, of which nothing is known yet.
fn asset(market: Market, asset_type: &str) -> Asset {
    Asset {
        market,
        facts: AssetFacts {
            asset_type: asset_type.to_owned(),
            factory: Factory::NotRecorded,
            services: Vec::new(),
            last: BTreeMap::new(),
            registered: None,
            maker_life_years: None,
        },
    }
}

#[derive(Clone, Debug)]
struct Asset {
    market: Market,
    facts: AssetFacts,
}

impl Asset {
    fn made(mut self, month: &str) -> Asset {
        self.facts.factory = Factory::Month(month.parse().unwrap());
        self
    }

    fn unreadable(mut self) -> Asset {
        self.facts.factory = Factory::Unreadable;
        self
    }

    fn serviced(mut self, month: &str) -> Asset {
        self.facts.services.push(month.parse().unwrap());
        self
    }

    fn last(mut self, kind: &str, day: &str) -> Asset {
        self.facts
            .last
            .insert(Kind::named(kind), parse_day(day).unwrap());
        self
    }

    fn registered(mut self, day: &str) -> Asset {
        self.facts.registered = Some(parse_day(day).unwrap());
        self
    }

    fn maker_says(mut self, years: u8) -> Asset {
        self.facts.maker_life_years = Some(years);
        self
    }

    fn all_on(&self, day: &str) -> Vec<Obligation> {
        obligations(
            Pack::shipped(self.market),
            &self.facts,
            parse_day(day).unwrap(),
        )
        .unwrap()
    }

    /// One obligation on a day, if it is owed.
    fn on(&self, kind: &str, day: &str) -> Option<Obligation> {
        self.all_on(day)
            .into_iter()
            .find(|owed| owed.kind.as_str() == kind)
    }

    /// The due month of one obligation, `-` without a date, `absent` if it is not owed.
    fn due_month(&self, kind: &str, day: &str) -> String {
        self.on(kind, day).map_or("absent".into(), |owed| {
            owed.due_month.map_or("-".into(), |month| month.to_string())
        })
    }

    /// The last allowed day of one obligation, `-` without a date.
    fn last_day(&self, kind: &str, day: &str) -> String {
        self.on(kind, day)
            .and_then(|owed| owed.last_allowed_day)
            .map_or("-".into(), |last| last.to_string())
    }

    /// The status of one obligation; an obligation that is not owed fails the test.
    fn status(&self, kind: &str, day: &str) -> Status {
        self.on(kind, day)
            .unwrap_or_else(|| panic!("{kind} is not owed on {day}"))
            .status
    }

    /// The kinds owed on a day, in order.
    fn kinds(&self, day: &str) -> Vec<String> {
        self.all_on(day)
            .into_iter()
            .map(|owed| owed.kind.to_string())
            .collect()
    }

    /// The readings behind one obligation.
    fn readings(&self, kind: &str, day: &str) -> Vec<String> {
        self.on(kind, day)
            .map(|owed| owed.readings)
            .unwrap_or_default()
    }
}

fn cn_powder() -> Asset {
    asset(Market::Cn, "extinguisher.dry_powder")
}

fn us_powder() -> Asset {
    asset(Market::Us, "extinguisher.dry_powder")
}

fn uk_powder() -> Asset {
    asset(Market::Uk, "extinguisher.dry_powder")
}
