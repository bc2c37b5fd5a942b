//! Which looks disagree and wait at the desk. What counts meanwhile, and what a decision makes of
//! it, is said in the fold.

use super::Look;
use crate::ids::Identity;
use crate::time::{LocalDay, WINDOW};

/// Looks that disagree, directly or through one another, and that no later check has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// All its checks, in order.
    pub checks: Vec<Identity>,
    /// Every two of them that differ within the window, each pair and all in order.
    pub pairs: Vec<(Identity, Identity)>,
    /// The decision that settles it: the last that names every check of it.
    pub decided_by: Option<Identity>,
    /// The pairs, as positions in the history.
    pub(super) places: Vec<(usize, usize)>,
}

/// Finds the disputes among looks in order: any two unsuperseded ones that [`disagree`], with no
/// check more than 60:00 after both; pairs that share a check are one dispute.
pub(super) fn find(looks: &[Look]) -> Vec<Dispute> {
    let open: Vec<usize> = (0..looks.len())
        .filter(|&at| looks[at].superseded_by.is_none())
        .collect();
    let Some(&last) = open.last() else {
        return Vec::new();
    };
    let ended = looks[last].time.saturating_sub(WINDOW);
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (turn, &later) in open.iter().enumerate().rev() {
        if looks[later].time < ended {
            break;
        }
        let from = earliest_partner(&looks[later]);
        let earlier = open[..turn].iter().rev();
        for &earlier in earlier.take_while(|&&earlier| looks[earlier].time >= from) {
            if disagree(&looks[earlier], &looks[later]) {
                pairs.push((earlier, later));
            }
        }
    }
    pairs.sort_unstable();
    join(looks, &pairs)
}

/// Before this second nothing can disagree with `later`.
fn earliest_partner(later: &Look) -> i64 {
    let window = later.time.saturating_sub(WINDOW);
    if later.date_only {
        window.min(LocalDay::of(later.time).first_second())
    } else {
        window
    }
}

/// Two unsuperseded looks that differ and are close: of two persons ≤ 60:00 apart; a tap and an
/// imported row of one person ≤ 60:00 apart; one person's of one second, which cannot be ordered;
/// where one bears only a date, anything of that local day.
fn disagree(earlier: &Look, later: &Look) -> bool {
    if earlier.outcome == later.outcome {
        return false;
    }
    if earlier.date_only || later.date_only {
        return LocalDay::of(earlier.time) == LocalDay::of(later.time);
    }
    let apart = later.time - earlier.time;
    if earlier.person != later.person || earlier.imported != later.imported {
        apart <= WINDOW
    } else {
        apart == 0
    }
}

/// Joins pairs, in order, into disputes, in order of their first check.
fn join(looks: &[Look], pairs: &[(usize, usize)]) -> Vec<Dispute> {
    let mut members: Vec<usize> = pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
    members.sort_unstable();
    members.dedup();
    let place = |look: usize| members.partition_point(|&member| member < look);
    let mut leader: Vec<usize> = (0..members.len()).collect();
    for &(a, b) in pairs {
        let (a, b) = (lead(&mut leader, place(a)), lead(&mut leader, place(b)));
        let (first, second) = (a.min(b), a.max(b));
        leader[second] = first;
    }
    let leaders: Vec<usize> = (0..members.len())
        .map(|member| lead(&mut leader, member))
        .collect();
    let mut firsts = leaders.clone();
    firsts.sort_unstable();
    firsts.dedup();
    let name = |look: usize| looks[look].identity;
    let mut disputes: Vec<Dispute> = firsts
        .iter()
        .map(|_| Dispute {
            checks: Vec::new(),
            pairs: Vec::new(),
            decided_by: None,
            places: Vec::new(),
        })
        .collect();
    let dispute = |look: usize| firsts.partition_point(|&first| first < leaders[place(look)]);
    for &member in &members {
        disputes[dispute(member)].checks.push(name(member));
    }
    for &(a, b) in pairs {
        let joined = &mut disputes[dispute(a)];
        joined.pairs.push((name(a), name(b)));
        joined.places.push((a, b));
    }
    disputes
}

/// The first member of the group that this one belongs to; shortens the way there.
fn lead(leader: &mut [usize], member: usize) -> usize {
    let mut first = member;
    while leader[first] != first {
        leader[first] = leader[leader[first]];
        first = leader[first];
    }
    first
}
