//! Standings: what is owed to an asset and by when, whatever the day is, and its status on a day.
//!
//! Decides which duties of the pack stand at all: what an unknown factory month does, what falls
//! away with a life. The arithmetic of one interval is `interval`'s.

use super::interval::{self, Dated, Window};
use super::{AssetFacts, Factory, Obligation, Status, UnknownAssetType};
use crate::calendar::{Date, Month};
use crate::pack::{
    AssetType, Duty, FactoryMonth, Interval, Kind, OnUnreadable, Pack, Past, Situation, Source,
};

/// One thing owed to an asset, independent of any day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What is owed.
    pub kind: Kind,
    /// By when.
    pub when: When,
    /// From this month on it is no longer owed, because the asset's life ends.
    pub falls_away: Option<Month>,
    /// Where it comes from.
    pub source: Source,
    /// The ids of the readings behind it.
    pub readings: Vec<String>,
}

/// By when something is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// From `opens` to `last_allowed`, both inside.
    Dated {
        /// The first day on which it is due.
        opens: Date,
        /// The last day on which it is in time.
        last_allowed: Date,
        /// What the asset is after that.
        past: Past,
    },
    /// There is no date.
    Undated,
    /// At once: the factory month cannot be proved.
    ScrapNow,
}

impl Standing {
    /// The month of the last allowed day: what a checksummed table may hold.
    pub fn due_month(&self) -> Option<Month> {
        self.last_allowed_day().map(Month::of)
    }

    /// The last day on which it is in time.
    pub fn last_allowed_day(&self) -> Option<Date> {
        match self.when {
            When::Dated { last_allowed, .. } => Some(last_allowed),
            When::Undated | When::ScrapNow => None,
        }
    }

    /// How it stands on the day `on`, or nothing once it has fallen away.
    pub fn on(&self, on: Date) -> Option<Obligation> {
        if self.falls_away.is_some_and(|month| Month::of(on) >= month) {
            return None;
        }
        let status = match self.when {
            When::Dated { opens, .. } if on < opens => Status::NotDue,
            When::Dated { last_allowed, .. } if on <= last_allowed => Status::Due,
            When::Dated {
                past: Past::Overdue,
                ..
            } => Status::Overdue,
            When::Dated {
                past: Past::ScrapNow,
                ..
            }
            | When::ScrapNow => Status::ScrapNow,
            When::Undated => Status::None,
        };
        Some(Obligation {
            kind: self.kind.clone(),
            due_month: self.due_month(),
            last_allowed_day: self.last_allowed_day(),
            status,
            clause: self.source.clause.clone(),
            evidence: self.source.evidence,
            readings: self.readings.clone(),
        })
    }
}

/// What is owed to an asset and by when, in the order of the pack, whatever the day is.
///
/// # Errors
/// [`UnknownAssetType`] if the pack has no such type.
pub fn standings(pack: &Pack, facts: &AssetFacts) -> Result<Vec<Standing>, UnknownAssetType> {
    let asset = pack
        .asset(&facts.asset_type)
        .ok_or_else(|| UnknownAssetType(facts.asset_type.clone()))?;
    let ledger = Ledger {
        pack,
        asset,
        facts,
        made: provable(asset, facts.factory),
    };
    let mut standings: Vec<Standing> = pack
        .duties_of(asset)
        .filter_map(|duty| ledger.standing(duty))
        .collect();
    standings.extend(ledger.month_task());
    Ok(standings)
}

/// The factory month as far as it can be true: before the type existed is as good as unreadable.
fn provable(asset: &AssetType, factory: Factory) -> Factory {
    match factory {
        Factory::Month(month) if asset.existed_since.is_some_and(|since| month < since) => {
            Factory::Unreadable
        }
        known => known,
    }
}

struct Ledger<'a> {
    pack: &'a Pack,
    asset: &'a AssetType,
    facts: &'a AssetFacts,
    made: Factory,
}

impl Ledger<'_> {
    fn factory_month(&self) -> Option<Month> {
        match self.made {
            Factory::Month(month) => Some(month),
            Factory::Unreadable | Factory::NotRecorded => None,
        }
    }

    fn standing(&self, duty: &Duty) -> Option<Standing> {
        match &duty.rule {
            Interval::Life {
                months,
                maker,
                past,
            } => Some(self.life(duty, *months, *maker, *past)),
            Interval::Months {
                ends_with: Some(life),
                ..
            } => self.until_life_ends(duty, life),
            _ => Some(self.recurring(duty)),
        }
    }

    fn life(&self, duty: &Duty, months: u16, maker: bool, past: Past) -> Standing {
        match (self.made, &self.asset.unreadable) {
            (Factory::Month(made), _) => {
                let makers = self
                    .facts
                    .maker_life_years
                    .filter(|_| maker)
                    .map(|years| u16::from(years) * 12);
                let ends = made.plus(makers.map_or(months, |makers| makers.min(months)));
                let situations = makers.map(|_| Situation::TwoLives);
                let when = When::Dated {
                    opens: ends.first_day(),
                    last_allowed: ends.last_day(),
                    past,
                };
                self.stands(duty, when, None, situations)
            }
            (Factory::Unreadable, OnUnreadable::Scrap(source)) => Standing {
                kind: duty.kind.clone(),
                when: When::ScrapNow,
                falls_away: None,
                source: source.clone(),
                readings: self.explained(Some(Situation::NotProvable)),
            },
            (Factory::Unreadable | Factory::NotRecorded, _) => {
                self.stands(duty, When::Undated, None, None)
            }
        }
    }

    /// A service beside a life: without the month of the life it has no date, from that month on
    /// it is not owed, and for a bottle that is scrap for its month it is not owed at all.
    fn until_life_ends(&self, duty: &Duty, life: &Kind) -> Option<Standing> {
        let life = self
            .pack
            .duties_of(self.asset)
            .find(|other| other.kind == *life)
            .map(|duty| self.standing(duty))??;
        match (life.when, life.due_month()) {
            (When::ScrapNow, _) => None,
            (_, None) => Some(self.stands(duty, When::Undated, None, None)),
            (_, Some(ends)) => {
                let standing = self.recurring(duty);
                let owed = standing.due_month().is_none_or(|due| due < ends);
                owed.then_some(Standing {
                    falls_away: Some(ends),
                    ..standing
                })
            }
        }
    }

    fn recurring(&self, duty: &Duty) -> Standing {
        // Where it applies depends on the place; that it was done here says that it does.
        let applies = duty.condition.is_none() || self.facts.last.contains_key(&duty.kind);
        let dated = applies
            .then(|| interval::next(duty, self.facts, self.factory_month()))
            .flatten();
        match dated {
            Some(Dated {
                window:
                    Window {
                        opens,
                        last_allowed,
                    },
                situation,
            }) => {
                let when = When::Dated {
                    opens,
                    last_allowed,
                    past: Past::Overdue,
                };
                self.stands(duty, when, None, situation)
            }
            None => self.stands(duty, When::Undated, None, None),
        }
    }

    /// The task beside an asset whose factory month is needed and not known, or was not readable.
    fn month_task(&self) -> Option<Standing> {
        let owed = match (self.made, &self.asset.unreadable) {
            (Factory::Month(_), _) | (Factory::Unreadable, OnUnreadable::Scrap(_)) => false,
            (Factory::Unreadable, OnUnreadable::Task) => true,
            (Factory::NotRecorded, _) => self.asset.factory_month == FactoryMonth::Required,
        };
        let unreadable = (self.made == Factory::Unreadable).then_some(Situation::MonthUnknown);
        owed.then(|| Standing {
            kind: Kind::find_month(),
            when: When::Undated,
            falls_away: None,
            source: self.pack.month_task().clone(),
            readings: self.explained(unreadable),
        })
    }

    fn stands(
        &self,
        duty: &Duty,
        when: When,
        falls_away: Option<Month>,
        situation: Option<Situation>,
    ) -> Standing {
        let mut readings = duty.readings.clone();
        readings.extend(self.explained(situation));
        Standing {
            kind: duty.kind.clone(),
            when,
            falls_away,
            source: duty.source.clone(),
            readings,
        }
    }

    /// The reading of a situation, if this pack says that it is one.
    fn explained(&self, situation: Option<Situation>) -> Vec<String> {
        situation
            .map(Situation::id)
            .filter(|id| self.pack.reading(id).is_some())
            .map(str::to_owned)
            .into_iter()
            .collect()
    }
}
