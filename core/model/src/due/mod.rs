//! What is owed to an asset and when: due months, last allowed days and their status on a day.
//!
//! Two halves compose. [`standings`] computes from the pack and the facts alone and knows no today,
//! so its due months may stand in a checksummed table; [`Standing::on`] judges one of them on a day.
//! [`obligations`] is the two in a row. No rule's number stands here: intervals come from the pack.

mod interval;
mod standing;

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::calendar::{Date, Month};
use crate::message::{Lang, text};
use crate::pack::{Evidence, Kind, Pack};

pub use standing::{Standing, When, standings};

/// What is known of the factory month of an asset. A blank cell is *not recorded*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Factory {
    /// Stamped and read.
    Month(Month),
    /// Somebody looked and says that it cannot be read.
    Unreadable,
    /// Nobody has written it down yet.
    NotRecorded,
}

/// What the rules need to know of one asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetFacts {
    /// The id of its type in the pack.
    pub asset_type: String,
    /// Its factory month.
    pub factory: Factory,
    /// The months in which a firm opened and serviced it, in any order.
    pub services: Vec<Month>,
    /// The last day on which each kind of thing was done, where a day is known.
    pub last: BTreeMap<Kind, Date>,
    /// The day on which it was registered.
    pub registered: Option<Date>,
    /// The life that its maker gives, in years from the factory month.
    pub maker_life_years: Option<u8>,
}

/// How an obligation stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Its time has not begun.
    NotDue,
    /// Its time has begun and the last allowed day is not over.
    Due,
    /// The last allowed day is over.
    Overdue,
    /// To be scrapped at sight.
    ScrapNow,
    /// It has no date.
    None,
}

impl Status {
    /// What people call it.
    pub fn name(self, lang: Lang) -> String {
        let key = match self {
            Status::NotDue => "status.not_due",
            Status::Due => "status.due",
            Status::Overdue => "status.overdue",
            Status::ScrapNow => "status.scrap_now",
            Status::None => "status.none",
        };
        text(lang, key, &[])
    }
}

/// One thing owed to an asset, judged on a day. Serialises as `explain due` answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Obligation {
    /// What is owed.
    pub kind: Kind,
    /// The month of the last allowed day.
    pub due_month: Option<Month>,
    /// The last day on which it is in time.
    pub last_allowed_day: Option<Date>,
    /// How it stands.
    pub status: Status,
    /// Where it comes from.
    pub clause: String,
    /// How well that is known.
    pub evidence: Evidence,
    /// The ids of the readings behind this answer; none if the text leaves one way only.
    #[serde(rename = "reading", serialize_with = "whether_any")]
    pub readings: Vec<String>,
}

fn whether_any<S: Serializer>(readings: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(!readings.is_empty())
}

/// The pack has no asset type of this id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("find the asset type {0:?} in the pack")]
pub struct UnknownAssetType(pub String);

/// What is owed to an asset on the day `on`, in the order of the pack.
///
/// Calendar rules of §2.2, readings of §2.12. A factory month after `on` cannot be proved and
/// counts as unreadable: `on` is the effective time of whatever is judged, so a phone with a wrong
/// clock is not contradicted here. What has fallen away on `on` (a service from the scrap month on)
/// is left out.
///
/// # Errors
/// [`UnknownAssetType`] if the pack has no such type.
pub fn obligations(
    pack: &Pack,
    facts: &AssetFacts,
    on: Date,
) -> Result<Vec<Obligation>, UnknownAssetType> {
    let stamped_later = matches!(facts.factory, Factory::Month(month) if month > Month::of(on));
    let standings = if stamped_later {
        standings(
            pack,
            &AssetFacts {
                factory: Factory::Unreadable,
                ..facts.clone()
            },
        )?
    } else {
        standings(pack, facts)?
    };
    Ok(standings
        .iter()
        .filter_map(|standing| standing.on(on))
        .collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
