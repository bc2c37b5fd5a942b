//! Questions about a case or about checks: their texts and times as what the folds take, and what two
//! of one id cannot be. What the folds make of it is not here.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::question::Refusal;
use crate::entry::{Entry, EntryKey};
use crate::facts::{Placed, Standing};
use crate::ids::{AuthorTag, Identity, PersonId, digest_parts};
use crate::role::Role;
use crate::time::LocalDay;

/// When something was said to be: an instant or a whole day.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub(super) seconds: i64,
    pub(super) date_only: bool,
}

/// Reads `2026-11-25` or `2026-11-25T12:00:00+08:00`. An instant without an offset is not guessed.
pub(super) fn at(text: &str) -> Option<At> {
    if let Some(day) = date(text) {
        return Some(At {
            seconds: day.last_second(),
            date_only: true,
        });
    }
    let instant: Timestamp = text.parse().ok()?;
    Some(At {
        seconds: instant.as_second(),
        date_only: false,
    })
}

impl At {
    /// The day that it is, or lies in.
    pub(super) fn day(self) -> LocalDay {
        LocalDay::of(self.seconds)
    }
}

const EPOCH: Date = Date::constant(1970, 1, 1);

fn date(text: &str) -> Option<LocalDay> {
    if text.len() != "2026-11-25".len() {
        return None;
    }
    let date: Date = text.parse().ok()?;
    let days = date.duration_since(EPOCH).as_secs().div_euclid(86_400);
    Some(LocalDay(days))
}

/// The text of a day, `2026-11-25`; none beyond the years that a date can have.
pub(super) fn date_text(day: LocalDay) -> Option<String> {
    let since = jiff::SignedDuration::from_secs(day.0.checked_mul(86_400)?);
    EPOCH.checked_add(since).ok().map(|date| date.to_string())
}

/// Texts as identities: their bytes compare as the texts' UTF-8 bytes do, so that ties are broken by
/// the ids as given.
pub(super) struct Names {
    sorted: Vec<String>,
}

impl Names {
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a String>) -> Self {
        let sorted: BTreeSet<&String> = texts.collect();
        Self {
            sorted: sorted.into_iter().cloned().collect(),
        }
    }

    fn rank(&self, text: &str) -> u64 {
        self.sorted.partition_point(|known| known.as_str() < text) as u64
    }

    /// The identity of a text that was among those given.
    pub(super) fn identity(&self, text: &str) -> Identity {
        Identity::of_hash(u128::from(self.rank(text)).to_be_bytes())
    }

    /// The text of an identity that [`Names::identity`] gave.
    pub(super) fn text(&self, identity: Identity) -> &str {
        let rank = identity.as_bytes().try_into().map(u128::from_be_bytes);
        rank.ok()
            .and_then(|rank| self.sorted.get(usize::try_from(rank).ok()?))
            .map_or("", String::as_str)
    }

    fn author(&self, text: &str) -> AuthorTag {
        AuthorTag((self.rank(text) as u32).to_be_bytes())
    }
}

/// The person of this text.
pub(super) fn person(text: &str) -> PersonId {
    PersonId(Identity::hashed("explain person", &[text.as_bytes()]))
}

/// What a line says around every entry.
pub(super) struct Said<'a> {
    pub(super) id: &'a str,
    pub(super) person: &'a str,
    pub(super) author: &'a str,
    pub(super) role: Role,
    pub(super) at: At,
    pub(super) standing: Standing,
    /// The whole object, by which an entry given twice is one.
    pub(super) raw: &'a Value,
}

/// The entry as the folds see it. The counter is the place of its id among all ids, so that two of
/// one author at one second go in the order of their ids.
pub(super) fn placed(said: &Said<'_>, names: &Names, authors: &Names, entry: Entry) -> Placed {
    let identity = names.identity(said.id);
    Placed {
        key: EntryKey {
            subject: Identity::of_hash([0; 16]),
            author: authors.author(said.author),
            counter: names.rank(said.id),
        },
        identity,
        person: person(said.person),
        role: said.role,
        time: said.at.seconds,
        date_only: said.at.date_only,
        imported: false,
        standing: said.standing,
        received: Vec::new(),
        seen: None,
        content: digest_parts("explain content", &[said.raw.to_string().as_bytes()]),
        entry: Arc::new(entry),
    }
}

/// Refuses two different entries under one id.
pub(super) fn unique(entries: &[Placed], names: &Names) -> Result<(), Refusal> {
    let twins = crate::facts::prepare(entries).beside.twins;
    match twins.first() {
        None => Ok(()),
        Some(&twin) => {
            let id = names.text(twin);
            Err(Refusal::new("explain.duplicate_id", &[("value", &id)]))
        }
    }
}
