//! What was handed out: batches, their lines, and totals by unit. Units are kept apart and never
//! converted; coverage of a list of households and report lines are not here.
//!
//! Source: rows S01, S02, S08 of the sub-district's summaries: boards are told in 张 *and* in 户
//! reached, so a total is a quantity in its printed unit and a number of households.

use std::collections::{BTreeMap, BTreeSet};

use super::{Beside, Placed, prepare};
use crate::entry::{Body, HandoutBatch, HandoutLine, Mark};
use crate::ids::{Identity, PersonId};

/// What one household or point got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The entry.
    pub identity: Identity,
    /// The household or point.
    pub receiver: Identity,
    /// Who handed it out.
    pub person: PersonId,
    /// How many.
    pub quantity: u32,
    /// Unit as printed.
    pub unit: String,
    /// What it is.
    pub item: String,
    /// The day, in days since 1970-01-01: the line's own, else its batch's; none when neither says.
    pub day: Option<u32>,
}

/// How much of one unit went to how many.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Total {
    /// The quantities added.
    pub quantity: u64,
    /// The different households and points that got any.
    pub receivers: BTreeSet<Identity>,
}

impl Total {
    fn add(&mut self, line: &Line) {
        self.quantity += u64::from(line.quantity);
        self.receivers.insert(line.receiver);
    }
}

/// One batch with its lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// What the batch entry says; none when only its lines are known.
    pub batch: Option<HandoutBatch>,
    /// Its lines, in order.
    pub lines: Vec<Line>,
    /// By unit as printed. A household that got something twice is one receiver.
    pub totals: BTreeMap<String, Total>,
}

/// Everything handed out that counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Handouts {
    /// By batch.
    pub batches: BTreeMap<Identity, Batch>,
    /// By (item, unit), over all batches.
    pub totals: BTreeMap<(String, String), Total>,
    /// What is held, quarantined or doubled: reported, not in the rest.
    pub beside: Beside,
}

/// Folds batches and lines; entries of other kinds are passed over. What was made in a practice
/// stairwell is left out.
pub fn fold(entries: &[Placed]) -> Handouts {
    let prepared = prepare(entries);
    let mut handouts = Handouts::default();
    let real = |placed: &&Placed| placed.entry.envelope.mark != Some(Mark::Practice);
    for placed in prepared.counting().filter(real) {
        if let Body::HandoutBatch(batch) = &placed.entry.body {
            let known = handouts.batches.entry(placed.key.subject).or_default();
            known.batch.get_or_insert_with(|| batch.clone());
        }
    }
    for placed in prepared.counting().filter(real) {
        if let Body::HandoutLine(said) = &placed.entry.body {
            handouts.take_line(placed, said);
        }
    }
    handouts.beside = prepared.beside;
    handouts
}

impl Handouts {
    fn take_line(&mut self, placed: &Placed, said: &HandoutLine) {
        let batch = self.batches.entry(said.batch).or_default();
        let line = Line {
            identity: placed.identity,
            receiver: placed.key.subject,
            person: placed.person,
            quantity: said.quantity,
            unit: said.unit.clone(),
            item: said.item.clone(),
            day: said.day.or(batch.batch.as_ref().map(|batch| batch.day)),
        };
        let of_item = (said.item.clone(), said.unit.clone());
        self.totals.entry(of_item).or_default().add(&line);
        batch
            .totals
            .entry(said.unit.clone())
            .or_default()
            .add(&line);
        batch.lines.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::HandoutManner;
    use crate::facts::testing::{Draft, NOON, entry, id, permuted};

    fn batch(n: u64) -> Draft {
        let batch = HandoutBatch {
            item: "fire_board".to_owned(),
            size: None,
            manner: HandoutManner::New,
            day: 20_000,
            project: None,
            maker: None,
            factory: None,
        };
        entry(9, n, NOON, batch).about(id(n))
    }

    fn line(n: u64, of: u64, to: u64, quantity: u32, unit: &str) -> Draft {
        let line = HandoutLine {
            batch: id(of),
            quantity,
            unit: unit.to_owned(),
            day: None,
            item: "fire_board".to_owned(),
        };
        entry(1, n, NOON + n as i64, line).about(id(to))
    }

    #[test]
    fn boards_are_told_in_sheets_and_in_households_reached() {
        let all = [
            batch(1).placed(),
            line(2, 1, 100, 2, "张").placed(),
            line(3, 1, 101, 1, "张").placed(),
            line(4, 1, 100, 1, "张").placed(),
            line(5, 1, 102, 1, "块").placed(),
        ];
        for slice in permuted(&all) {
            let handouts = fold(&slice);
            let totals = &handouts.batches[&id(1)].totals;
            assert_eq!(totals["张"].quantity, 4);
            assert_eq!(totals["张"].receivers.len(), 2);
            assert_eq!(totals["块"].quantity, 1, "another unit is never added");
            let lines = &handouts.batches[&id(1)].lines;
            assert!(lines.iter().all(|line| line.day == Some(20_000)));
        }
    }

    #[test]
    fn a_line_counts_without_its_batch() {
        let handouts = fold(&[line(2, 1, 100, 3, "张").placed()]);
        assert_eq!(handouts.batches[&id(1)].batch, None);
        let of_item = ("fire_board".to_owned(), "张".to_owned());
        assert_eq!(handouts.totals[&of_item].quantity, 3);
    }

    #[test]
    fn a_line_that_comes_twice_counts_once() {
        let copy = line(2, 1, 100, 3, "张").counter(77).placed();
        let handouts = fold(&[line(2, 1, 100, 3, "张").placed(), copy]);
        assert_eq!(handouts.batches[&id(1)].totals["张"].quantity, 3);
    }

    #[test]
    fn practice_and_held_lines_are_left_out() {
        let mut practice = line(2, 1, 100, 3, "张").placed();
        let mut said = (*practice.entry).clone();
        said.envelope.mark = Some(Mark::Practice);
        practice.entry = std::sync::Arc::new(said);
        let handouts = fold(&[practice, line(3, 1, 100, 3, "张").held().placed()]);
        assert!(handouts.totals.is_empty());
        assert_eq!(handouts.beside.held, [id(3)]);
    }
}
