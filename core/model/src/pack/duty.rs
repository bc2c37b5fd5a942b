//! What a pack says is owed to an asset: kind, interval, source and readings, as read from data.
//!
//! Only the shape lives here. What an interval means for one asset on one day is `crate::due`'s.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::calendar::Period;
use crate::message::Text;

/// The short name of what is owed: `look`, `service`, `scrap` … An asset type has each at most once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kind(String);

impl Kind {
    /// The kind of this name, as packs and `last` maps spell it.
    pub fn named(name: &str) -> Kind {
        Kind(name.to_owned())
    }

    /// The task that stands beside an asset whose factory month is needed and not known.
    pub fn find_month() -> Kind {
        Kind::named("find_month")
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How well a rule is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Evidence {
    /// From the sub-district's own summaries.
    S,
    /// The source's full text was read.
    T,
    /// An excerpt or a secondary page was read.
    E,
    /// From memory, not confirmed: the screen says so.
    M,
}

/// Where a rule comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The clause, as a person would look it up.
    pub clause: String,
    /// How well it is known.
    pub evidence: Evidence,
}

/// One thing owed to assets: an interval with its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duty {
    /// The id by which asset types refer to it.
    pub id: String,
    /// What is owed; several duties share a kind, an asset type never has two of one.
    pub kind: Kind,
    /// What people call it.
    pub name: Text,
    /// Where it comes from.
    pub source: Source,
    /// When it is owed.
    pub rule: Interval,
    /// Readings that always stand behind it, by id.
    #[serde(default)]
    pub readings: Vec<String>,
    /// Where it applies, if not everywhere: owed only once it was done at the asset.
    #[serde(default)]
    pub condition: Option<Text>,
}

/// When something is owed. All counts are at least 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Interval {
    /// No interval: looked at when a round passes.
    Rounds,
    /// Once in every calendar period.
    Look {
        /// The period; one look in it fulfils it.
        period: Period,
        /// And at most so many days after the last, if the rule is that strict.
        #[serde(default)]
        at_most_days: Option<u16>,
    },
    /// At most `days` days after the last.
    Days {
        /// Days.
        days: u16,
    },
    /// Every so many months.
    Months {
        /// Months from the factory month to the first, if it counts from there.
        #[serde(default)]
        from_factory: Option<u16>,
        /// Whether the first is due by the end of the month of registration, where no factory month counts.
        #[serde(default)]
        from_registration: bool,
        /// Months from one to the next.
        every: u16,
        /// Whether the last allowed day is the same day or the end of the month.
        #[serde(default)]
        precision: Precision,
        /// Whether a service (the bottle was opened by a firm) counts as one.
        #[serde(default)]
        services: bool,
        /// Other kinds that contain it: after one of them it counts again.
        #[serde(default)]
        contained_in: Vec<Kind>,
        /// The life with whose month it falls away.
        #[serde(default)]
        ends_with: Option<Kind>,
    },
    /// A life from the factory month.
    Life {
        /// Months.
        months: u16,
        /// Whether a shorter life that the maker gives holds instead.
        #[serde(default)]
        maker: bool,
        /// What the asset is once the month is over.
        past: Past,
    },
}

/// To what an interval of months is exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Any day up to the end of the month.
    #[default]
    Month,
    /// The same day, where the day of the last one is known.
    Day,
}

/// What an asset is after the month in which its life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Past {
    /// Overdue for replacement.
    Overdue,
    /// Scrap at sight.
    ScrapNow,
}

/// Whether an asset type needs its factory month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactoryMonth {
    /// Without it there is a task to find it.
    Required,
    /// It may stay unknown.
    Optional,
}

/// What a factory month means that somebody looked at and could not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnreadable {
    /// Scrap now, by this source.
    Scrap(Source),
    /// No scrap: find the date or refer to the service firm.
    Task,
}

/// A situation in which the texts leave two ways; it is reported if the pack carries its reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// Nothing was recorded yet, so the month of registration decides.
    NeverLooked,
    /// A yearly thing was never recorded, so the factory month decides.
    FirstYearFromFactory,
    /// A service came before the first one was due.
    EarlyService,
    /// The last of another kind, which contains this one, decides.
    TestContainsExam,
    /// Both the maker and the standard give a life.
    TwoLives,
    /// The factory month cannot be proved and the asset is scrap for it.
    NotProvable,
    /// The factory month is not known and there is a task to find it.
    MonthUnknown,
}

impl Situation {
    /// Every situation.
    pub const ALL: [Situation; 7] = [
        Situation::NeverLooked,
        Situation::FirstYearFromFactory,
        Situation::EarlyService,
        Situation::TestContainsExam,
        Situation::TwoLives,
        Situation::NotProvable,
        Situation::MonthUnknown,
    ];

    /// The id of its reading in a pack.
    pub fn id(self) -> &'static str {
        match self {
            Situation::NeverLooked => "never_looked",
            Situation::FirstYearFromFactory => "first_year_from_factory",
            Situation::EarlyService => "early_service",
            Situation::TestContainsExam => "test_contains_exam",
            Situation::TwoLives => "two_lives",
            Situation::NotProvable => "not_provable",
            Situation::MonthUnknown => "month_unknown",
        }
    }
}
