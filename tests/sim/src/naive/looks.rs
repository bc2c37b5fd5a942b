//! What is known of each asset by looking at it: which check counts, what was taken back, corrected or
//! superseded, what two persons dispute and what the office decided; and what was done to it.

use std::collections::BTreeMap;

use doorstep_model::entry::{AssetAdded, Body, Correction, Decision, Field, Outcome, ServiceKind};
use doorstep_model::ids::{AuthorTag, Identity, PersonId};
use doorstep_model::pack::{Market, Pack};
use doorstep_model::time::LocalDay;

use super::about::{About, Known};
use super::due::{Facts, due, nothing, text};
use super::fields;
use super::lines::mark;
use super::order::Order;
use super::table::{Row, Table, row};

/// 60:00.
const HOUR: i64 = 3_600;

/// One look at an asset.
#[derive(Debug, Clone)]
struct Look {
    /// Its own name, and that of the imported row that tells the same.
    names: Vec<Identity>,
    person: PersonId,
    time: i64,
    /// Who wrote it, and the number among theirs; of a row of somebody's log none.
    written: Option<(AuthorTag, u64)>,
    outcome: Outcome,
    /// It bears a date and no clock time.
    date_only: bool,
    /// Corrections up to here are in it already.
    carried: Option<Order>,
}

impl Look {
    fn name(&self) -> Identity {
        self.names[0]
    }

    fn order(&self) -> (i64, Identity) {
        (self.time, self.name())
    }

    fn day(&self) -> LocalDay {
        LocalDay::of(self.time)
    }

    fn is_imported(&self) -> bool {
        self.written.is_none()
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
    fn tells(&self, row: &Look) -> bool {
        let when = if self.date_only || row.date_only {
            self.day() == row.day()
        } else {
            self.time.div_euclid(60) == row.time.div_euclid(60)
        };
        when && self.person == row.person && self.outcome == row.outcome
    }

    /// The same person's later look at most an hour after it.
    fn is_superseded_by(&self, later: &Look) -> bool {
        let after = later.time - self.time;
        let next = match (self.written, later.written) {
            (Some((one, n)), Some((other, later))) => one == other && n < later,
            _ => false,
        };
        self.person == later.person
            && self.is_imported() == later.is_imported()
            && !self.date_only
            && !later.date_only
            && after <= HOUR
            && (after > 0 || (after == 0 && next))
    }

    /// Two looks that nobody can both believe. (Of one person's two, neither can be the later.)
    fn disagrees_with(&self, other: &Look) -> bool {
        let near = if self.date_only || other.date_only {
            self.day() == other.day()
        } else {
            (self.time - other.time).abs() <= HOUR
        };
        near && self.outcome != other.outcome
    }
}

/// What an asset's looks come to.
#[derive(Debug, Default)]
struct Seen {
    /// Result, the entry that says so, and its instant.
    now: Option<(Outcome, Identity, i64)>,
    /// The last look, whatever counts.
    last: Option<Look>,
    /// The checks of every undecided dispute.
    waiting: Vec<Vec<Look>>,
}

/// Folds what is said of one asset.
fn fold(about: &About<'_>) -> Seen {
    let mut seen = with_rows_told(looks(about));
    for look in &mut seen {
        if let Some(correction) = correction_of(about, look) {
            look.outcome = correction.outcome.clone();
        }
    }
    seen.sort_by_key(Look::order);
    let standing: Vec<Look> = seen
        .iter()
        .filter(|look| !seen.iter().any(|later| look.is_superseded_by(later)))
        .cloned()
        .collect();
    let Some(latest) = standing.last() else {
        return Seen::default();
    };
    let names = |decision: &Decision, look: &Look| {
        let mut named = decision.names.iter();
        named.any(|named| look.names.contains(&about.original(*named)))
    };
    let decisions: Vec<_> = about
        .each(|body| match body {
            Body::Decision(decision) => Some(decision),
            _ => None,
        })
        .collect();
    let (mut waiting, mut decided) = (Vec::new(), Vec::new());
    for dispute in disputes(&standing) {
        let settling = decisions
            .iter()
            .filter(|(_, decision)| dispute.iter().all(|look| names(decision, look)))
            .max_by_key(|(said, _)| said.order());
        match settling {
            Some(settling) => decided.push(*settling),
            None => waiting.push(dispute),
        }
    }
    let worst = waiting
        .iter()
        .flatten()
        .max_by_key(|look| (look.severity(), look.order()));
    let decision = decided
        .iter()
        .max_by_key(|(said, _)| said.order())
        .filter(|(_, decision)| names(decision, latest));
    let now = match (worst, decision) {
        (Some(worst), _) => (worst.outcome.clone(), worst.name(), worst.time),
        (None, Some((said, decision))) => (decision.outcome.clone(), said.identity, said.time),
        (None, None) => (latest.outcome.clone(), latest.name(), latest.time),
    };
    Seen {
        now: Some(now),
        last: Some(latest.clone()),
        waiting,
    }
}

/// The checks that nobody took back, as they were first told, and the one that the office carries.
fn looks(about: &About<'_>) -> Vec<Look> {
    let carry = about.last_word(|body| match body {
        Body::Carry(carry) if carry.visit.is_none() => Some(carry),
        _ => None,
    });
    let carried = carry.as_ref().map(|(_, carry)| carry.entry);
    let checks = about.each(|body| match body {
        Body::Check(check) => Some(check),
        _ => None,
    });
    let mut looks: Vec<Look> = checks
        .filter(|(said, _)| Some(said.identity) != carried)
        .map(|(said, check)| Look {
            names: vec![said.identity],
            person: said.person,
            time: said.time,
            written: said.identity.entry_parts(),
            outcome: check.outcome.clone(),
            date_only: check.date_only == Some(true),
            carried: None,
        })
        .collect();
    looks.extend(carry.map(|(said, carry)| Look {
        names: vec![carry.entry],
        person: carry.person,
        time: carry.time,
        written: carry.entry.entry_parts(),
        outcome: carry.outcome.clone(),
        date_only: false,
        carried: Some(said.order()),
    }));
    looks
}

/// The last correction of a look.
fn correction_of<'a>(about: &About<'a>, look: &Look) -> Option<&'a Correction> {
    about
        .each(|body| match body {
            Body::Correction(correction) => Some(correction),
            _ => None,
        })
        .filter(|(said, correction)| {
            look.names.contains(&about.original(correction.of))
                && look.carried.is_none_or(|carried| carried < said.order())
        })
        .max_by_key(|(said, _)| said.order())
        .map(|(_, correction)| correction)
}

/// Joins each imported row with a tap that tells the same, one with one: it is no look of its own.
fn with_rows_told(looks: Vec<Look>) -> Vec<Look> {
    let is_row = |look: &Look| look.is_imported() && look.carried.is_none();
    let (mut rows, mut taps): (Vec<Look>, Vec<Look>) = looks.into_iter().partition(is_row);
    rows.sort_by_key(Look::order);
    taps.sort_by_key(Look::order);
    for row in rows {
        let told = taps.iter_mut().find(|tap| {
            let is_free = tap.names.len() == 1 && tap.carried.is_none();
            is_free && !tap.is_imported() && tap.tells(&row)
        });
        match told {
            Some(tap) => tap.names.extend(row.names),
            None => taps.push(row),
        }
    }
    taps
}

/// Looks that disagree, joined where pairs share one; a pair is forgotten once somebody looked more
/// than an hour after both. Each in order, and all by their first.
fn disputes(standing: &[Look]) -> Vec<Vec<Look>> {
    let mut disputes: Vec<BTreeMap<(i64, Identity), &Look>> = Vec::new();
    for one in standing {
        for other in standing {
            let both = one.time.max(other.time);
            let is_forgotten = standing.iter().any(|later| later.time - both > HOUR);
            if is_forgotten || !one.disagrees_with(other) {
                continue;
            }
            let (joined, mut apart): (Vec<_>, Vec<_>) = disputes.into_iter().partition(|dispute| {
                dispute.contains_key(&one.order()) || dispute.contains_key(&other.order())
            });
            let mut dispute: BTreeMap<_, _> = joined.into_iter().flatten().collect();
            dispute.extend([(one.order(), one), (other.order(), other)]);
            apart.push(dispute);
            disputes = apart;
        }
    }
    disputes.sort_by_key(|dispute| dispute.keys().next().copied());
    disputes
        .into_iter()
        .map(|dispute| dispute.into_values().cloned().collect())
        .collect()
}

fn result(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Normal => "normal".to_owned(),
        Outcome::Missing => "missing".to_owned(),
        Outcome::Faults(codes) => serde_json::json!(codes).to_string(),
    }
}

/// What was done to an asset.
#[derive(Default)]
struct Works {
    /// Kind and month of each, in order.
    done: Vec<(u8, String)>,
    serviced: Option<i64>,
    /// The month since which it is no more.
    ended: Option<i64>,
    away: bool,
}

fn works(about: &About<'_>) -> Works {
    let mut done: Vec<_> = about
        .each(|body| match body {
            Body::Service(service) => Some(service),
            _ => None,
        })
        .collect();
    done.sort_by_key(|(said, _)| said.order());
    let mut works = Works::default();
    for (_, service) in done {
        let month = i64::from(service.month);
        works.done.push((service.kind as u8, text(month)));
        match service.kind {
            ServiceKind::Serviced => works.serviced = works.serviced.max(Some(month)),
            ServiceKind::Scrapped | ServiceKind::Replaced => {
                works.ended = Some(works.ended.map_or(month, |ended| ended.min(month)));
            }
            ServiceKind::TakenAway => works.away = true,
            ServiceKind::BroughtBack => works.away = false,
            ServiceKind::PressureTested | ServiceKind::Battery => {}
        }
    }
    works
}

fn asset_added(body: &Body) -> Option<&AssetAdded> {
    match body {
        Body::AssetAdded(asset) => Some(asset),
        _ => None,
    }
}

/// Every asset: what it is, what its looks come to, what was done to it and what it is owed.
pub fn assets(known: &Known<'_>) -> Table {
    let rows = known.made(asset_added).map(|(id, about, said, asset)| {
        let works = works(about);
        let seen = fold(about);
        let factory = fields::number(about, Field::Factory);
        let maker_life = fields::number(about, Field::MakerLife);
        let owed = match works.ended {
            Some(_) => nothing(),
            None => due(&Facts {
                kind: &fields::text(about, Field::AssetType).unwrap_or_default(),
                factory,
                serviced: works.serviced,
                maker_life,
                registered: said.time,
                looked: seen.last.as_ref().map(|look| look.time),
            }),
        };
        let place = fields::named(about, Field::Place).unwrap_or(asset.place.identity());
        let mut row = row![
            id,
            fields::shown(about, Field::AssetType),
            place,
            fields::building(known, place),
            fields::shown(about, Field::Label),
            factory.map(|factory| match factory {
                0 => "unreadable".to_owned(),
                factory => text(factory),
            }),
            fields::shown(about, Field::Size),
            asset.batch,
            asset.registration as u8,
            maker_life,
            LocalDay::of(said.time).0,
            mark(said),
            serde_json::json!(works.done).to_string(),
            works.ended.map(text),
            works.away,
        ];
        row.extend(seen.row());
        row.extend(owed);
        row.push(fields::disputed(about).into());
        row
    });
    Table {
        name: "asset",
        columns: "id, type, place, building, label, factory, size, batch, registration, \
                  maker_life, registered, mark, services, ended, away, result, counts, \
                  checked_at, looked_on, looked_by, waiting, due, look_due, work_due, disputed",
        rows: rows.collect(),
    }
}

impl Seen {
    fn row(&self) -> Row {
        let now = self.now.as_ref();
        let last = self.last.as_ref();
        row![
            now.map(|(outcome, ..)| result(outcome)),
            now.map(|(_, counts, _)| *counts),
            now.map(|(.., at)| *at),
            last.map(|look| look.day().0),
            last.map(|look| look.person.identity()),
            self.waiting.len(),
        ]
    }
}

/// Every undecided dispute with its checks.
pub fn disputes_of(known: &Known<'_>) -> Table {
    let rows = known.made(asset_added).flat_map(|(id, about, ..)| {
        let waiting = fold(about).waiting.into_iter().enumerate();
        waiting.map(move |(number, dispute)| {
            let checks: Vec<_> = dispute
                .iter()
                .map(|look| {
                    let (name, person) = (look.name().to_string(), look.person.to_string());
                    (name, person, look.time, result(&look.outcome))
                })
                .collect();
            let since = dispute.first().map(|look| look.time);
            row![id, number, since, serde_json::json!(checks).to_string()]
        })
    });
    Table {
        name: "dispute",
        columns: "asset, number, since, checks",
        rows: rows.collect(),
    }
}
