//! The checks of one asset, folded: what counts now, what waits at the desk, and everything ever
//! seen in order. Due dates and the asset's condition are derived from this elsewhere.

mod disputes;
mod looks;

use super::{Beside, Corrections, Placed, Prepared, prepare};
use crate::entry::{Body, Decision, Outcome};
use crate::ids::Identity;

pub use disputes::Dispute;
pub use looks::Look;

/// How bad an outcome is. Of two outcomes in a dispute the worse one counts.
pub trait Severity {
    /// The rank of the outcome; a higher one is worse.
    fn rank(&self, outcome: &Outcome) -> u8;
}

impl<F: Fn(&Outcome) -> u8> Severity for F {
    fn rank(&self, outcome: &Outcome) -> u8 {
        self(outcome)
    }
}

/// The ranks where no pack is known: missing is worst, then any faults, then normal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlainSeverity;

impl Severity for PlainSeverity {
    fn rank(&self, outcome: &Outcome) -> u8 {
        match outcome {
            Outcome::Normal => 0,
            Outcome::Faults(_) => 1,
            Outcome::Missing => 2,
        }
    }
}

/// Why the current outcome is the one that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// It is the latest look.
    Latest,
    /// It is the worst of a dispute that waits.
    Worst,
    /// A decision settled the dispute.
    Decided,
}

/// What counts of an asset's checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    /// The outcome.
    pub outcome: Outcome,
    /// The check or decision that says so: of a corrected check the check's own identity.
    pub counts: Identity,
    /// When that was, unix seconds.
    pub time: i64,
    /// Why this one.
    pub basis: Basis,
}

/// The fold of one asset's checks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChecksState {
    /// What counts; none without a check.
    pub current: Option<Current>,
    /// Every look that counts or is superseded, in order. Imported rows that a phone entry tells
    /// already are in `folded` instead.
    pub history: Vec<Look>,
    /// Disputes that no later check has ended, decided ones too, in order of their first check.
    pub disputes: Vec<Dispute>,
    /// (imported row, the phone entry that tells the same), in order of the rows.
    pub folded: Vec<(Identity, Identity)>,
    /// Corrections of nothing that is known here; sorted.
    pub dangling: Vec<Identity>,
    /// What is held, quarantined or doubled: reported, not in the rest.
    pub beside: Beside,
}

impl ChecksState {
    /// The disputes that wait for the desk.
    pub fn waiting(&self) -> impl Iterator<Item = &Dispute> {
        self.disputes
            .iter()
            .filter(|dispute| dispute.decided_by.is_none())
    }

    /// Every differing pair of the disputes that wait, each pair and all in order.
    pub fn waiting_pairs(&self) -> Vec<(Identity, Identity)> {
        let mut pairs: Vec<(usize, usize)> = self
            .waiting()
            .flat_map(|dispute| dispute.places.iter().copied())
            .collect();
        pairs.sort_unstable();
        let identity = |at: usize| self.history[at].identity;
        pairs
            .into_iter()
            .map(|(a, b)| (identity(a), identity(b)))
            .collect()
    }
}

/// Folds the entries of **one** asset: its checks and carries, the decisions about it, the
/// corrections and undos of these. Entries of other kinds are passed over.
pub fn fold(entries: &[Placed], severity: &impl Severity) -> ChecksState {
    let prepared = prepare(entries);
    let corrections = Corrections::among(&prepared);
    let looks::Gathered {
        mut looks,
        folded,
        dangling,
    } = looks::gather(&prepared, &corrections);
    looks::supersede(&mut looks);
    let decisions = Decided::among(&prepared, &corrections, &folded);
    let mut disputes = disputes::find(&looks);
    for dispute in &mut disputes {
        dispute.decided_by = decisions
            .iter()
            .rfind(|decided| decided.settles(dispute))
            .map(|decided| decided.placed.identity);
    }
    let current = current(&looks, &disputes, &decisions, severity);
    ChecksState {
        current,
        history: looks,
        disputes,
        folded,
        dangling,
        beside: prepared.beside,
    }
}

/// A decision with the checks that it names: corrections stand for their originals, folded rows for
/// the entries that tell the same.
struct Decided<'a> {
    placed: &'a Placed,
    decision: &'a Decision,
    names: Vec<Identity>,
}

impl<'a> Decided<'a> {
    /// All decisions that count, in order.
    fn among(
        prepared: &Prepared<'a>,
        corrections: &Corrections<'_>,
        folded: &[(Identity, Identity)],
    ) -> Vec<Self> {
        let check = |named: &Identity| {
            let original = corrections.original(*named).unwrap_or(*named);
            let told = folded.iter().find(|(row, _)| *row == original);
            told.map_or(original, |(_, entry)| *entry)
        };
        prepared
            .counting()
            .filter_map(|placed| match &placed.entry.body {
                Body::Decision(decision) => {
                    let mut names: Vec<Identity> = decision.names.iter().map(check).collect();
                    names.sort_unstable();
                    Some(Self {
                        placed,
                        decision,
                        names,
                    })
                }
                _ => None,
            })
            .collect()
    }

    fn names(&self, check: Identity) -> bool {
        self.names.binary_search(&check).is_ok()
    }

    fn settles(&self, dispute: &Dispute) -> bool {
        dispute.checks.iter().all(|&check| self.names(check))
    }
}

/// What counts: the worst of the disputes that wait and of the decisions that still hold; without
/// either the latest look. Of equal rank the later in order.
fn current(
    looks: &[Look],
    disputes: &[Dispute],
    decisions: &[Decided<'_>],
    severity: &impl Severity,
) -> Option<Current> {
    let latest = looks.iter().rfind(|look| look.superseded_by.is_none())?;
    let waiting = disputes
        .iter()
        .filter(|dispute| dispute.decided_by.is_none())
        .flat_map(|dispute| dispute.places.iter().flat_map(|&(a, b)| [a, b]))
        .map(|at| &looks[at])
        .max_by_key(|look| (severity.rank(&look.outcome), look.order()));
    let decided = disputes
        .iter()
        .filter_map(|dispute| dispute.decided_by)
        .filter_map(|identity| {
            decisions
                .iter()
                .rfind(|decided| decided.placed.identity == identity)
        })
        .filter(|decided| decided.names(latest.identity))
        .max_by_key(|decided| {
            let rank = severity.rank(&decided.decision.outcome);
            (rank, decided.placed.order())
        });
    let worst = waiting.map(|look| Current {
        outcome: look.outcome.clone(),
        counts: look.identity,
        time: look.time,
        basis: Basis::Worst,
    });
    let ruled = decided.map(|decided| Current {
        outcome: decided.decision.outcome.clone(),
        counts: decided.placed.identity,
        time: decided.placed.stands_at(),
        basis: Basis::Decided,
    });
    match (worst, ruled) {
        (Some(worst), Some(ruled)) => {
            let key = |current: &Current| {
                (
                    severity.rank(&current.outcome),
                    current.time,
                    current.counts,
                )
            };
            Some(if key(&ruled) > key(&worst) {
                ruled
            } else {
                worst
            })
        }
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => Some(Current {
            outcome: latest.outcome.clone(),
            counts: latest.identity,
            time: latest.time,
            basis: Basis::Latest,
        }),
    }
}

#[cfg(test)]
mod tests;
