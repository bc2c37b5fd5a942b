//! What is known of each asset by looking at it: which check counts, what was taken back, corrected or
//! superseded, what two persons dispute and what the office decided.

use std::collections::BTreeSet;

use doorstep_model::entry::{Body, Decision, Outcome};
use doorstep_model::ids::Identity;
use doorstep_model::pack::{Market, Pack};
use doorstep_model::time::LocalDay;
use rusqlite::{Connection, OptionalExtension};

use super::order::Order;
use super::said::{Person, Said};
use super::{is_undone, same, story};
use crate::broken::Checked;

/// 60:00.
const HOUR: i64 = 3_600;

/// One look at an asset.
#[derive(Debug, Clone)]
struct Look<'a> {
    said: &'a Said,
    outcome: Outcome,
    /// It bears a date and no clock time.
    date_only: bool,
    /// Its own name, and that of the imported row that tells the same.
    names: Vec<Identity>,
}

/// What an asset's looks come to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Known {
    result: Option<Outcome>,
    counts: Option<Identity>,
    at: Option<i64>,
    looked_on: Option<i64>,
    looked_by: Option<Person>,
    /// The checks of every undecided dispute.
    waiting: Vec<BTreeSet<Identity>>,
}

impl Look<'_> {
    fn order(&self) -> Order {
        self.said.order()
    }

    fn time(&self) -> i64 {
        self.said.time
    }

    fn day(&self) -> i64 {
        LocalDay::of(self.said.time).0
    }

    /// A row of somebody's log, not a tap.
    fn imported(&self) -> bool {
        self.said.writer.office && self.said.identity.entry_parts().is_none()
    }

    /// How bad it is, by the pack.
    fn severity(&self) -> u8 {
        let pack = Pack::shipped(Market::Cn);
        match &self.outcome {
            Outcome::Normal => 0,
            Outcome::Missing => pack.missing_severity(),
            Outcome::Faults(codes) => codes
                .iter()
                .filter_map(|code| pack.fault(code))
                .map(|fault| fault.severity)
                .max()
                .unwrap_or(0),
        }
    }

    /// The same person's same result, in the same minute, or on the same day where one has no clock
    /// time.
    fn tells(&self, row: &Look<'_>) -> bool {
        let when = if self.date_only || row.date_only {
            self.day() == row.day()
        } else {
            self.time().div_euclid(60) == row.time().div_euclid(60)
        };
        when && self.said.person == row.said.person && self.outcome == row.outcome
    }

    /// The same person's later look at most an hour after it.
    fn is_superseded_by(&self, later: &Look<'_>) -> bool {
        let after = later.time() - self.time();
        let in_order = after > 0
            || (after == 0
                && self.said.writer.tag == later.said.writer.tag
                && self.said.counter < later.said.counter);
        self.said.person == later.said.person
            && self.imported() == later.imported()
            && !self.date_only
            && !later.date_only
            && in_order
            && after <= HOUR
    }

    /// Two looks that nobody can both believe. (Of one person's two, neither can be the later.)
    fn disagrees_with(&self, other: &Look<'_>) -> bool {
        let near = if self.date_only || other.date_only {
            self.day() == other.day()
        } else {
            (self.time() - other.time()).abs() <= HOUR
        };
        near && self.outcome != other.outcome
    }
}

/// Folds what is said of one asset.
fn fold(counting: &[&Said], asset: Identity) -> Known {
    let about: Vec<&Said> = counting
        .iter()
        .filter(|said| said.subject == asset)
        .copied()
        .collect();
    let mut seen = with_rows_told(looks(&about));
    for look in &mut seen {
        if let Some(outcome) = corrected(&about, &look.names) {
            look.outcome = outcome;
        }
    }
    let standing: Vec<&Look<'_>> = seen
        .iter()
        .filter(|look| !seen.iter().any(|later| look.is_superseded_by(later)))
        .collect();
    let Some(latest) = standing.iter().max_by_key(|look| look.order()).copied() else {
        return Known::default();
    };
    let decisions: Vec<(&Said, &Decision)> = about
        .iter()
        .filter(|said| said.writer.office || said.writer.role.is_office())
        .filter_map(|said| match &said.entry.body {
            Body::Decision(decision) => Some((*said, decision)),
            _ => None,
        })
        .collect();
    let names = |dispute: &[&Look<'_>], decision: &Decision| {
        dispute
            .iter()
            .all(|look| decision.names.contains(&look.said.identity))
    };
    let (mut undecided, mut decided) = (Vec::new(), Vec::new());
    for dispute in disputes(&standing) {
        let last = decisions
            .iter()
            .filter(|(_, decision)| names(&dispute, decision))
            .max_by_key(|(said, _)| said.order());
        match last {
            Some(last) => decided.push(*last),
            None => undecided.push(dispute),
        }
    }
    let worst = undecided
        .iter()
        .flatten()
        .max_by_key(|look| (look.severity(), look.order()));
    let decision = decided
        .iter()
        .max_by_key(|(said, _)| said.order())
        .filter(|(_, decision)| decision.names.contains(&latest.said.identity));
    let (result, counts) = match (worst, decision) {
        (Some(worst), _) => (worst.outcome.clone(), worst.said),
        (None, Some((said, decision))) => (decision.outcome.clone(), *said),
        (None, None) => (latest.outcome.clone(), latest.said),
    };
    Known {
        result: Some(result),
        counts: Some(counts.identity),
        at: Some(counts.time),
        looked_on: Some(latest.day()),
        looked_by: Some(latest.said.person),
        waiting: undecided
            .iter()
            .map(|dispute| dispute.iter().map(|look| look.said.identity).collect())
            .collect(),
    }
}

/// The checks that nobody took back, as they were first told.
fn looks<'a>(about: &[&'a Said]) -> Vec<Look<'a>> {
    about
        .iter()
        .filter(|said| !is_undone(about, said))
        .filter_map(|said| match &said.entry.body {
            Body::Check(check) => Some(Look {
                said,
                outcome: check.outcome.clone(),
                date_only: check.date_only == Some(true),
                names: vec![said.identity],
            }),
            _ => None,
        })
        .collect()
}

/// What the last correction of one of these says was really seen, if there is one.
fn corrected(about: &[&Said], names: &[Identity]) -> Option<Outcome> {
    about
        .iter()
        .filter(|said| !is_undone(about, said))
        .filter(|said| names.contains(&original(about, said.identity)))
        .filter_map(|said| match &said.entry.body {
            Body::Correction(correction) => Some((said.order(), &correction.outcome)),
            _ => None,
        })
        .max_by_key(|(order, _)| *order)
        .map(|(_, outcome)| outcome.clone())
}

/// What a correction of a correction of … corrects.
pub fn original(about: &[&Said], correction: Identity) -> Identity {
    let mut at = correction;
    let mut passed = BTreeSet::new();
    while passed.insert(at) {
        let of = about.iter().find_map(|said| match &said.entry.body {
            Body::Correction(body) if said.identity == at => Some(body.of),
            _ => None,
        });
        at = of.unwrap_or(at);
    }
    at
}

/// Joins each imported row with a tap that tells the same, one with one: it is no look of its own.
fn with_rows_told(seen: Vec<Look<'_>>) -> Vec<Look<'_>> {
    let (mut rows, mut taps): (Vec<Look<'_>>, Vec<Look<'_>>) =
        seen.into_iter().partition(Look::imported);
    rows.sort_by_key(Look::order);
    taps.sort_by_key(Look::order);
    for row in rows {
        let told = taps
            .iter_mut()
            .find(|tap| !tap.imported() && tap.names.len() == 1 && tap.tells(&row));
        match told {
            Some(tap) => tap.names.extend(row.names),
            None => taps.push(row),
        }
    }
    taps
}

/// Looks that disagree, joined where pairs share one; a pair is forgotten once somebody looked more
/// than an hour after both.
fn disputes<'a, 'b>(standing: &[&'b Look<'a>]) -> Vec<Vec<&'b Look<'a>>> {
    let mut disputes: Vec<Vec<&Look<'_>>> = Vec::new();
    for one in standing {
        for other in standing {
            let both = one.time().max(other.time());
            let forgotten = standing.iter().any(|later| later.time() - both > HOUR);
            if forgotten || !one.disagrees_with(other) {
                continue;
            }
            let touches = |dispute: &Vec<&Look<'_>>| {
                dispute
                    .iter()
                    .any(|look| [one.order(), other.order()].contains(&look.order()))
            };
            let (joined, mut apart): (Vec<_>, Vec<_>) = disputes.into_iter().partition(touches);
            let mut dispute: Vec<&Look<'_>> = joined.into_iter().flatten().collect();
            dispute.extend([*one, *other]);
            apart.push(dispute);
            disputes = apart;
        }
    }
    disputes
}

/// Every asset's row says what its looks come to.
///
/// # Errors
/// A row that differs.
pub fn agrees(connection: &Connection, counting: &[&Said]) -> Checked<()> {
    let made: BTreeSet<Identity> = counting
        .iter()
        .filter(|said| matches!(said.entry.body, Body::AssetAdded(_)))
        .map(|said| said.subject)
        .collect();
    for asset in made {
        let Some(row) = row(connection, asset)? else {
            continue;
        };
        let naive = fold(counting, asset);
        same(
            format_args!("looks at {asset}, of which\n{}\n", story(counting, asset)),
            &row,
            &naive.told(),
        )?;
    }
    Ok(())
}

/// What a row can tell.
type Told = (
    Option<String>,
    Option<Vec<u8>>,
    Option<i64>,
    Option<i64>,
    Option<Vec<u8>>,
    usize,
);

impl Known {
    fn told(&self) -> Told {
        let result = self.result.as_ref().map(|outcome| match outcome {
            Outcome::Normal => "normal".to_owned(),
            Outcome::Missing => "missing".to_owned(),
            Outcome::Faults(codes) => serde_json::json!(codes).to_string(),
        });
        let person = self.looked_by.map(|person| match person {
            Person::Named(person) => person.identity().as_bytes().to_vec(),
            Person::Holder(tag) => tag.0.to_vec(),
        });
        (
            result,
            self.counts.map(|identity| identity.as_bytes().to_vec()),
            self.at,
            self.looked_on,
            person,
            self.waiting.len(),
        )
    }
}

fn row(connection: &Connection, asset: Identity) -> Checked<Option<Told>> {
    Ok(connection
        .prepare_cached(
            "SELECT result, counts, checked_at, looked_on, looked_by, waiting FROM asset \
             WHERE id = ?1",
        )?
        .query_row([asset.as_bytes()], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get::<_, i64>(5)?.cast_unsigned() as usize,
            ))
        })
        .optional()?)
}
