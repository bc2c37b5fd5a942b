//! Packs: the domain as versioned data, one per market, embedded here and replaceable by the office.
//!
//! A pack says which assets there are, what is owed to each and by which clause, what a volunteer
//! looks at, how grave a fault is and which hazards and units exist. This module reads, validates
//! and looks up; it computes no due date and knows no rule's number.

mod content;
mod duty;
mod problem;
mod validate;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

pub use content::{
    AssetType, AwayRule, Checklist, Checkpoint, Fault, HazardClass, HazardKind, Pack, RatingRule,
    Reading, Unit,
};
pub use duty::{
    Duty, Evidence, FactoryMonth, Interval, Kind, OnUnreadable, Past, Precision, Situation, Source,
};
pub use problem::{PackError, Problem, ProblemKind};

/// Whose rules a pack holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Market {
    /// China: GB and XF standards.
    #[serde(rename = "CN")]
    Cn,
    /// United States: NFPA codes.
    #[serde(rename = "US")]
    Us,
    /// United Kingdom: BS and BS EN standards.
    #[serde(rename = "UK")]
    Uk,
}

impl Market {
    /// Every market.
    pub const ALL: [Market; 3] = [Market::Cn, Market::Us, Market::Uk];

    /// Its short name, `CN`, `US` or `UK`.
    pub fn as_str(self) -> &'static str {
        match self {
            Market::Cn => "CN",
            Market::Us => "US",
            Market::Uk => "UK",
        }
    }

    /// The market of this short name, capitals only.
    pub fn named(name: &str) -> Option<Market> {
        Market::ALL
            .into_iter()
            .find(|market| market.as_str() == name)
    }
}

static CN: LazyLock<Pack> = LazyLock::new(|| read(Market::Cn));
static US: LazyLock<Pack> = LazyLock::new(|| read(Market::Us));
static UK: LazyLock<Pack> = LazyLock::new(|| read(Market::Uk));

fn read(market: Market) -> Pack {
    Pack::parse(Pack::shipped_json(market))
        .expect("the shipped packs are part of the program and validated by a test")
}

impl Pack {
    /// Reads and validates a pack: its form, its references, its intervals, both languages.
    ///
    /// # Errors
    /// [`PackError::Json`] if it is not of the form of a pack; otherwise [`PackError::Invalid`]
    /// with *every* problem, so that whoever writes a pack sees them all at once.
    pub fn parse(json: &str) -> Result<Pack, PackError> {
        let pack: Pack =
            serde_json::from_str(json).map_err(|error| PackError::Json(error.to_string()))?;
        let problems = validate::problems(&pack);
        if problems.is_empty() {
            Ok(pack)
        } else {
            Err(PackError::Invalid(problems))
        }
    }

    /// The bytes of a shipped pack: what its hash is made of.
    pub fn shipped_json(market: Market) -> &'static str {
        match market {
            Market::Cn => include_str!("../../packs/cn.json"),
            Market::Us => include_str!("../../packs/us.json"),
            Market::Uk => include_str!("../../packs/uk.json"),
        }
    }

    /// The pack that this build ships for `market`; an office may use a newer one of its own.
    pub fn shipped(market: Market) -> &'static Pack {
        match market {
            Market::Cn => &CN,
            Market::Us => &US,
            Market::Uk => &UK,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
