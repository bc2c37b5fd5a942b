//! Bytes a check: on the wire and at rest, beside CBOR of the same knowledge under zstd.

use doorstep_model::change::ChainState;
use doorstep_model::chunks;

use crate::data::{BARE, Extras, FULL, Volunteer};
use crate::line::Line;

/// Notes and photos are drawn: one evening may have none or five, so several are averaged.
const EVENINGS: u64 = 40;

/// As messages are compressed: see `wire::to_wire`.
const LEVEL: i32 = 12;

/// 67 checks of one building by an author whose chain is warm: the segment, compressed alone.
pub(crate) fn wire_check() -> Line {
    const CHECKS: u64 = 67;
    let mut bytes = 0;
    let mut limit = 0;
    for seed in 0..EVENINGS {
        let (segment, alone) = building(seed, CHECKS);
        bytes += compressed(&segment);
        limit += alone;
    }
    per_check("wire_check", bytes, limit, CHECKS * EVENINGS)
}

fn building(seed: u64, checks: u64) -> (Vec<u8>, usize) {
    let mut volunteer = Volunteer::new(seed);
    let name = volunteer.round();
    let opening = vec![volunteer.opened(&name)];
    let warm = volunteer.change(&name, &ChainState::default(), &opening);
    let entries: Vec<_> = (0..checks)
        .map(|asset| volunteer.check(asset, FULL))
        .collect();
    let limit = cbor_limit(entries.iter().map(|(_, value)| value.as_slice()));
    let change = volunteer.change(&name, &warm.next, &entries);
    (
        volunteer.segment(&[(name.id(&volunteer.area), change.bytes)]),
        limit,
    )
}

/// An evening of 24 doors, 48 checks and their visits in one hand-over: the round is opened in it.
pub(crate) fn wire_evening() -> Line {
    const CHECKS: u64 = 48;
    let mut bytes = 0;
    let mut limit = 0;
    for seed in 0..EVENINGS {
        let (segment, alone) = evening(100 + seed);
        bytes += compressed(&segment);
        limit += alone;
    }
    per_check("wire_evening", bytes, limit, CHECKS * EVENINGS)
}

fn evening(seed: u64) -> (Vec<u8>, usize) {
    let mut volunteer = Volunteer::new(seed);
    let name = volunteer.round();
    let mut entries = vec![volunteer.opened(&name)];
    for door in 0..24 {
        entries.push(volunteer.visit(door));
        entries.push(volunteer.check(2 * door, FULL));
        entries.push(volunteer.check(2 * door + 1, FULL));
    }
    let limit = cbor_limit(entries.iter().map(|(_, value)| value.as_slice()));
    let change = volunteer.change(&name, &ChainState::default(), &entries);
    (
        volunteer.segment(&[(name.id(&volunteer.area), change.bytes)]),
        limit,
    )
}

/// A building's year of monthly rounds of 67 checks, each month its own document, as it is kept.
pub(crate) fn rest(name: &'static str, extras: Extras) -> Line {
    const CHECKS: u64 = 67;
    const ROUNDS: u64 = 12;
    let mut volunteer = Volunteer::new(3);
    let mut saved = 0;
    let mut limit = 0;
    for _ in 0..ROUNDS {
        let name = volunteer.round();
        let opening = vec![volunteer.opened(&name)];
        let first = volunteer.change(&name, &ChainState::default(), &opening);
        let entries: Vec<_> = (0..CHECKS)
            .map(|asset| volunteer.check(asset, extras))
            .collect();
        limit += cbor_limit(entries.iter().map(|(_, value)| value.as_slice()));
        let change = volunteer.change(&name, &first.next, &entries);
        let document =
            chunks::pack(&[&first.bytes, &change.bytes]).expect("changes of ours make a document");
        saved += document.len();
    }
    per_check(name, saved, limit, CHECKS * ROUNDS)
}

pub(crate) fn rest_check() -> Line {
    rest("rest_check", BARE)
}

pub(crate) fn rest_check_full() -> Line {
    rest("rest_check_full", FULL)
}

fn compressed(bytes: &[u8]) -> usize {
    zstd::bulk::compress(bytes, LEVEL).map_or(bytes.len(), |packed| packed.len())
}

/// What the same knowledge takes when nothing is proved: the values alone, under zstd.
fn cbor_limit<'a>(values: impl Iterator<Item = &'a [u8]>) -> usize {
    let mut all = Vec::new();
    for value in values {
        all.extend_from_slice(value);
    }
    compressed(&all)
}

fn per_check(name: &'static str, bytes: usize, limit: usize, checks: u64) -> Line {
    Line::beside(
        name,
        bytes as f64 / checks as f64,
        "B/check",
        limit as f64 / checks as f64,
    )
}
