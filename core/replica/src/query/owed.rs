//! What an asset owes on a day: its row's facts, the area's pack, and now. The months that do not
//! depend on now stand in the row.

use std::collections::BTreeMap;

use doorstep_model::calendar::{Date, Month, local_day};
use doorstep_model::due::{AssetFacts, Factory, Obligation, Status, obligations};
use doorstep_model::pack::Kind;
use doorstep_model::time::LocalDay;
use serde::Serialize;

use crate::project::{UNREADABLE, Working};

/// One thing owed, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Owed {
    /// What: `look`, `service`, `scrap` …
    pub kind: String,
    /// Month of the last allowed day.
    pub due_month: Option<String>,
    /// How it stands on the day asked.
    pub status: Status,
}

/// The facts of an asset as its row has them.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) asset_type: String,
    pub(super) factory: Option<String>,
    pub(super) services: String,
    pub(super) looked_on: Option<i64>,
    pub(super) registered: i64,
    pub(super) maker_life: Option<u8>,
    pub(super) ended: bool,
}

/// Codes of the services in a row that the rules of due dates ask for.
const SERVICED: u8 = 0;
const PRESSURE_TESTED: u8 = 1;

impl Facts {
    /// What is owed on this day, with clauses; nothing of an asset that is no more, or of a type that
    /// the pack does not know.
    pub(super) fn obligations(&self, working: &Working, on: Date) -> Vec<Obligation> {
        if self.ended {
            return Vec::new();
        }
        obligations(&working.pack, &self.as_the_model_takes_it(), on).unwrap_or_default()
    }

    /// The same in short.
    pub(super) fn owed(&self, working: &Working, on: Date) -> Vec<Owed> {
        let in_short = |owed: Obligation| Owed {
            kind: owed.kind.as_str().to_owned(),
            due_month: owed.due_month.map(|month| month.to_string()),
            status: owed.status,
        };
        self.obligations(working, on)
            .into_iter()
            .map(in_short)
            .collect()
    }

    fn as_the_model_takes_it(&self) -> AssetFacts {
        let done: Vec<(u8, Month)> = serde_json::from_str(&self.services).unwrap_or_default();
        let of = |kind: u8| {
            done.iter()
                .filter(move |(done, _)| *done == kind)
                .map(|(_, m)| *m)
        };
        let mut last = BTreeMap::new();
        if let Some(day) = self.looked_on {
            last.insert(Kind::named("look"), date(day));
        }
        if let Some(month) = of(PRESSURE_TESTED).max() {
            last.insert(Kind::named("pressure_test"), month.first_day());
        }
        AssetFacts {
            asset_type: self.asset_type.clone(),
            factory: match self.factory.as_deref() {
                None => Factory::NotRecorded,
                Some(UNREADABLE) => Factory::Unreadable,
                Some(month) => month.parse().map_or(Factory::Unreadable, Factory::Month),
            },
            services: of(SERVICED).collect(),
            last,
            registered: Some(date(self.registered)),
            maker_life_years: self.maker_life,
        }
    }
}

fn date(day: i64) -> Date {
    local_day(LocalDay(day).first_second())
}
