//! What precedes what in a case: the order of its entries, and which events are concurrent with one
//! that would end it. What the events mean is not here.
//!
//! Ancestry is by identity: an `after` names every entry of that identity. One that names nothing
//! known, or that closes a circle, orders nothing and is listed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::facts::circles::{Adjacency, components};
use crate::facts::{Known, Order, Placed};
use crate::ids::Identity;

/// The entries of one case, by position in the prepared list.
pub(super) struct Ancestry {
    /// Every position, what was seen before what saw it, else by effective time and identity.
    pub(super) order: Vec<usize>,
    /// (entry, identity named and not known), sorted.
    pub(super) unknown: Vec<(Identity, Identity)>,
    /// (namer, named) inside a circle.
    pub(super) circular: Vec<(usize, usize)>,
    /// By what each would end: positions of ending events with the events concurrent to them.
    concurrent: Vec<(usize, Vec<Identity>)>,
    forward: Adjacency,
}

impl Ancestry {
    /// Reads the ancestry of entries that come in order. `is_event` tells which of them make an
    /// ending a claim, `ends` which would end the case.
    pub(super) fn of(
        known: &[Known<'_>],
        is_event: impl Fn(usize) -> bool,
        ends: impl Fn(usize) -> bool,
    ) -> Self {
        let named = Named::read(known);
        let circle = components(known.len(), &named.edges);
        let (circular, edges): (Vec<_>, Vec<_>) = named
            .edges
            .into_iter()
            .partition(|&(from, to)| circle[from] == circle[to]);
        let forward = Adjacency::new(known.len(), edges.iter().copied());
        let backward = Adjacency::new(known.len(), edges.iter().map(|&(from, to)| (to, from)));

        // Per ending, the events unrelated to it; `seen` then makes some of them follow it.
        let mut unrelated: Vec<(usize, Vec<usize>)> = Vec::new();
        for end in (0..known.len()).filter(|&at| ends(at)) {
            let mut related = vec![false; known.len()];
            related[end] = true;
            forward.mark_reached(end, &mut related);
            backward.mark_reached(end, &mut related);
            let others = (0..known.len()).filter(|&at| !related[at] && is_event(at));
            unrelated.push((end, others.collect()));
        }
        let seen: Vec<(usize, usize)> = unrelated
            .iter()
            .flat_map(|(end, others)| others.iter().map(move |&other| (*end, other)))
            .filter(|&(end, other)| covers(known[other].placed, &known[end]))
            .collect();
        let mut all = edges;
        all.extend_from_slice(&seen);
        let circle = components(known.len(), &all);
        let follows = |&(end, other): &(usize, usize)| circle[end] != circle[other];
        let judged_after: Vec<(usize, usize)> = seen.iter().copied().filter(follows).collect();
        all.truncate(all.len() - seen.len());
        all.extend_from_slice(&judged_after);

        let concurrent = unrelated
            .into_iter()
            .map(|(end, others)| {
                let others = others
                    .into_iter()
                    .filter(|&other| judged_after.binary_search(&(end, other)).is_err())
                    .map(|other| known[other].placed.identity)
                    .collect();
                (end, others)
            })
            .collect();
        Self {
            order: kahn(known, &all),
            unknown: named.unknown,
            circular,
            concurrent,
            forward,
        }
    }

    /// The known events that neither precede nor follow this ending, in order; `None` when there
    /// are none or it ends nothing.
    pub(super) fn concurrent_with(&self, end: usize) -> Option<Vec<Identity>> {
        let at = self
            .concurrent
            .binary_search_by_key(&end, |one| one.0)
            .ok()?;
        let others = &self.concurrent[at].1;
        (!others.is_empty()).then(|| others.clone())
    }

    /// `earlier` was seen, directly or through others, by the writer of `later`.
    pub(super) fn precedes(&self, earlier: usize, later: usize) -> bool {
        let mut reached = vec![false; self.order.len()];
        self.forward.mark_reached(earlier, &mut reached);
        reached[later]
    }
}

/// The edges that `after` gives.
struct Named {
    /// (named, namer), sorted.
    edges: Vec<(usize, usize)>,
    unknown: Vec<(Identity, Identity)>,
}

impl Named {
    fn read(known: &[Known<'_>]) -> Self {
        let mut places: Vec<(Identity, usize)> = known
            .iter()
            .enumerate()
            .map(|(at, one)| (one.placed.identity, at))
            .collect();
        places.sort_unstable();
        let mut edges = Vec::new();
        let mut unknown = Vec::new();
        for (namer, one) in known.iter().enumerate() {
            for &identity in one.placed.after() {
                let first = places.partition_point(|place| place.0 < identity);
                let before = edges.len();
                let same = places[first..].iter();
                for &(_, named) in same.take_while(|place| place.0 == identity) {
                    edges.push((named, namer));
                }
                if edges.len() == before {
                    unknown.push((one.placed.identity, identity));
                }
            }
        }
        edges.sort_unstable();
        edges.dedup();
        unknown.sort_unstable();
        unknown.dedup();
        Self { edges, unknown }
    }
}

/// The segment of `other` was begun on a phone that held the ending: its `seen` is at or after a
/// position at which any copy of the ending was received, in the same epoch.
fn covers(other: &Placed, end: &Known<'_>) -> bool {
    let Some(seen) = other.seen else {
        return false;
    };
    std::iter::once(&end.placed)
        .chain(&end.copies)
        .flat_map(|copy| &copy.received)
        .any(|point| point.epoch == seen.epoch && point.position <= seen.position)
}

/// Kahn's algorithm with a heap on (effective time, identity, author, counter). `edges` are without
/// circles.
fn kahn(known: &[Known<'_>], edges: &[(usize, usize)]) -> Vec<usize> {
    let next = Adjacency::new(known.len(), edges.iter().copied());
    let mut waits_for = vec![0usize; known.len()];
    for &(_, to) in edges {
        waits_for[to] += 1;
    }
    let entry = |at: usize| -> Reverse<(Order, usize)> { Reverse((known[at].placed.order(), at)) };
    let mut ready: BinaryHeap<_> = (0..known.len())
        .filter(|&at| waits_for[at] == 0)
        .map(entry)
        .collect();
    let mut order = Vec::with_capacity(known.len());
    while let Some(Reverse((_, at))) = ready.pop() {
        order.push(at);
        for &follower in next.of(at) {
            waits_for[follower] -= 1;
            if waits_for[follower] == 0 {
                ready.push(entry(follower));
            }
        }
    }
    order
}
