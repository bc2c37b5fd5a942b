//! What was handed out and who came: lines that stand for themselves, and the batches they are of.

use doorstep_model::entry::{Body, Mark};

use super::about::Known;
use super::due::text;
use super::said::Said;
use super::table::{Table, row};

/// The tables of lines.
pub fn tables(known: &Known<'_>) -> [Table; 3] {
    [handouts(known), batches(known), attendance(known)]
}

/// Whether it is somebody's work, as the mark's number.
pub fn mark(said: &Said) -> u16 {
    said.entry.envelope.mark.map_or(0, Mark::code)
}

fn handouts(known: &Known<'_>) -> Table {
    let lines = known.things().flat_map(|(subject, about)| {
        let lines = about.each(|body| match body {
            Body::HandoutLine(line) => Some(line),
            _ => None,
        });
        lines.map(move |(said, line)| {
            row![
                subject,
                said.identity,
                line.batch,
                &line.item,
                line.quantity,
                &line.unit,
                line.day,
                mark(said)
            ]
        })
    });
    Table {
        name: "handout",
        columns: "subject, identity, batch, item, quantity, unit, day, mark",
        rows: lines.collect(),
    }
}

fn batches(known: &Known<'_>) -> Table {
    let batches = known.made(|body| match body {
        Body::HandoutBatch(batch) => Some(batch),
        _ => None,
    });
    let rows = batches.map(|(id, _, said, batch)| {
        row![
            id,
            &batch.item,
            batch.size.clone(),
            batch.manner as u8,
            batch.day,
            batch.project.clone(),
            batch.maker.clone(),
            batch.factory.map(|factory| text(factory.into())),
            mark(said)
        ]
    });
    Table {
        name: "handout_batch",
        columns: "id, item, size, manner, day, project, maker, factory, mark",
        rows: rows.collect(),
    }
}

fn attendance(known: &Known<'_>) -> Table {
    let lines = known.things().flat_map(|(subject, about)| {
        let lines = about.each(|body| match body {
            Body::Attendance(attendance) => Some(attendance),
            _ => None,
        });
        lines.map(move |(said, line)| {
            row![
                subject,
                said.identity,
                line.person_times,
                line.day,
                line.force.clone(),
                mark(said)
            ]
        })
    });
    Table {
        name: "attendance",
        columns: "subject, identity, person_times, day, force, mark",
        rows: lines.collect(),
    }
}
