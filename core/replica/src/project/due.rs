//! The due months of an asset as its row holds them: whatever the day is, nothing overdue. The rules
//! stand in the pack, their arithmetic in the model.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use doorstep_model::calendar::{Month, local_day};
use doorstep_model::due::{AssetFacts, Factory, Standing, When, standings};
use doorstep_model::entry::ServiceKind;
use doorstep_model::pack::{Kind, Pack};
use doorstep_model::time::LocalDay;

use super::words::{json, month_number};

/// What is owed to an asset, as columns.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DueMonths {
    /// JSON {obligation: month, or `now`, or null where there is no date}.
    pub(super) text: String,
    /// Month of the next look, as a number.
    pub(super) look: Option<i64>,
    /// First month of everything else, as a number; 0: at once.
    pub(super) work: Option<i64>,
}

/// What the rules need to know of an asset, as its row holds it; the same facts have the same due
/// months.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Known {
    /// Local day of the last look.
    pub(super) looked_on: Option<i64>,
    pub(super) asset_type: String,
    pub(super) factory: Option<String>,
    /// JSON of [kind, month].
    pub(super) services: String,
    /// Local day.
    pub(super) registered: i64,
    pub(super) maker_life: Option<u8>,
}

impl Known {
    /// As the model takes it.
    fn facts(&self) -> AssetFacts {
        let done: Vec<(u8, Month)> = serde_json::from_str(&self.services).unwrap_or_default();
        let months = |kind: ServiceKind| {
            let of_kind = done.iter().filter(move |(done, _)| *done == kind as u8);
            let mut months: Vec<Month> = of_kind.map(|(_, month)| *month).collect();
            months.sort_unstable();
            months
        };
        let date = |day: i64| local_day(LocalDay(day).first_second());
        let mut last = Vec::new();
        if let Some(day) = self.looked_on {
            last.push((Kind::named(LOOK), date(day)));
        }
        if let Some(month) = months(ServiceKind::PressureTested).last() {
            // Only the month is known: counted from its first day, the strict reading.
            last.push((Kind::named("pressure_test"), month.first_day()));
        }
        AssetFacts {
            asset_type: self.asset_type.clone(),
            factory: match self.factory.as_deref() {
                None => Factory::NotRecorded,
                Some(text) => text.parse().map_or(Factory::Unreadable, Factory::Month),
            },
            services: months(ServiceKind::Serviced),
            last: last.into_iter().collect(),
            registered: Some(date(self.registered)),
            maker_life_years: self.maker_life,
        }
    }
}

/// Most answers that are kept: a committee has some hundreds.
const KEPT: usize = 2_048;

/// Due months of one pack. The bottles of one handout that were looked at on one evening have the
/// same, so answers are kept.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    answers: Mutex<BTreeMap<Known, Arc<DueMonths>>>,
}

impl Calendar {
    /// The due months of an asset; `None` for a type that the pack does not know.
    pub(super) fn months(&self, pack: &Pack, known: &Known) -> Option<Arc<DueMonths>> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(months) = answers.get(known) {
            return Some(Arc::clone(months));
        }
        let owed = standings(pack, &known.facts()).ok()?;
        let months = Arc::new(DueMonths::of(&owed));
        if answers.len() >= KEPT {
            answers.clear();
        }
        answers.insert(known.clone(), Arc::clone(&months));
        Some(months)
    }
}

impl DueMonths {
    /// Of an asset that owes nothing any more.
    pub(super) fn none() -> Self {
        Self {
            text: "{}".to_owned(),
            look: None,
            work: None,
        }
    }

    fn of(owed: &[Standing]) -> Self {
        let mut months = BTreeMap::new();
        let (mut look, mut work) = (None, None);
        for standing in owed {
            let number = match standing.when {
                When::Dated { .. } => standing.due_month().map(month_number),
                When::ScrapNow => Some(0),
                When::Undated => None,
            };
            let text = match standing.when {
                When::ScrapNow => Some("now".to_owned()),
                _ => standing.due_month().map(|month| month.to_string()),
            };
            months.insert(standing.kind.as_str(), text);
            let first = if standing.kind.as_str() == LOOK {
                &mut look
            } else {
                &mut work
            };
            *first = match (*first, number) {
                (Some(known), Some(number)) => Some(i64::min(known, number)),
                (known, number) => known.or(number),
            };
        }
        Self {
            text: json(&months),
            look,
            work,
        }
    }
}

/// The obligation that a check fulfils.
pub(super) const LOOK: &str = "look";
