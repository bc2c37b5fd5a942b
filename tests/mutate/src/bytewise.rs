//! Edits of a change's bytes, mostly inside its columns, with lengths and checksum put right again,
//! so that only a reader who looks closely sees it.

use automerge::Change;

use crate::anatomy::{Anatomy, body_from, chunk, signed, unsigned};
use crate::dice::Dice;

/// A change with one to three edits of its bytes.
pub(crate) fn edit(honest: &[u8], dice: &mut Dice) -> Vec<u8> {
    if dice.chance(16) {
        return whole(honest, dice);
    }
    let mut anatomy = Anatomy::of(honest);
    for _ in 0..1 + dice.below(3) {
        match dice.below(8) {
            0..4 => column_data(&mut anatomy, dice),
            4 => column_table(&mut anatomy, dice),
            5 => fields(&mut anatomy, dice),
            6 => run_head(&mut anatomy, dice),
            _ => key_or_value(&mut anatomy, dice),
        }
    }
    anatomy.assemble()
}

/// Edits that do not respect parts: the chunk's type, its ends, any byte of its body.
fn whole(honest: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = honest.to_vec();
    match dice.below(5) {
        0 => chunk(dice.pick(&[0, 2, 3, 4, 255]), &bytes[body_from(&bytes)..]),
        1 => {
            bytes.truncate(dice.below(bytes.len()));
            bytes
        }
        2 => {
            let more = 1 + dice.below(40);
            bytes.extend(dice.bytes(more));
            bytes
        }
        3 => match Change::try_from(honest) {
            Ok(mut change) => change.bytes().into_owned(),
            Err(_) => bytes,
        },
        _ => {
            let mut body = bytes.split_off(body_from(&bytes));
            for _ in 0..1 + dice.below(4) {
                some_byte(&mut body, dice);
            }
            chunk(1, &body)
        }
    }
}

fn column_data(anatomy: &mut Anatomy, dice: &mut Dice) {
    let at = dice.below(anatomy.columns.len());
    if let Some((_, data)) = anatomy.columns.get_mut(at) {
        some_byte(data, dice);
    }
}

fn some_byte(data: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.below(data.len() + 1);
    match (dice.below(6), data.get_mut(at)) {
        (0 | 1, Some(byte)) => *byte ^= 1 << dice.below(8),
        (2, Some(byte)) => *byte = dice.pick(&[0, 1, 0x2e, 0x40, 0x7f, 0x80, 0xff]),
        (3, Some(_)) => drop(data.remove(at)),
        (4, _) => {
            let from = dice.below(at + 1);
            let again = data[from..at].to_vec();
            data.splice(at..at, again);
        }
        _ => data.insert(at, dice.pick(&[0, 1, 2, 0x40, 0x7f, 0x80, 0xff])),
    }
}

fn column_table(anatomy: &mut Anatomy, dice: &mut Dice) {
    let columns = &mut anatomy.columns;
    let at = dice.below(columns.len());
    let other = dice.below(columns.len());
    match dice.below(6) {
        0 => drop(columns.drain(at..(at + 1).min(columns.len()))),
        1 => {
            let spec = dice.pick(&[1, 2, 17, 19, 52, 66, 86, 112, 113, 115, 148, 165, 0x7fff]);
            let data = match dice.chance(2) {
                true => dice.bytes(3),
                false => vec![0x7f, 0],
            };
            let place = columns.partition_point(|(found, _)| *found < spec);
            columns.insert(place, (spec, data));
        }
        2 if !columns.is_empty() => columns.swap(at, other),
        3 => columns.extend(columns.get(at).cloned()),
        4 => {
            if let Some((spec, _)) = columns.get_mut(at) {
                *spec ^= dice.pick(&[8, 1, 2, 16]);
            }
        }
        _ => {
            if let Some(data) = columns.get(other).map(|(_, data)| data.clone()) {
                columns[at].1 = data;
            }
        }
    }
}

fn fields(anatomy: &mut Anatomy, dice: &mut Dice) {
    if dice.chance(4) {
        let len = 1 + dice.below(8);
        anatomy.extra = dice.bytes(len);
        return;
    }
    let field = dice.below(anatomy.fields.len());
    let field = &mut anatomy.fields[field];
    match dice.below(3) {
        0 => some_byte(field, dice),
        // The same number, written longer than need be.
        1 => {
            if let Some(last) = field.last_mut() {
                *last |= 0x80;
            }
            field.push(0);
        }
        _ => {
            let near = u64::from(field.first().copied().unwrap_or(0));
            field.clear();
            unsigned(field, dice.edge(near));
        }
    }
}

/// Another head in front of a column's first run: more or fewer rows than there are.
fn run_head(anatomy: &mut Anatomy, dice: &mut Dice) {
    let at = dice.below(anatomy.columns.len());
    let Some((_, data)) = anatomy.columns.get_mut(at) else {
        return;
    };
    let end = data.iter().position(|byte| byte & 0x80 == 0).unwrap_or(0);
    let near = data.first().copied().unwrap_or(0);
    let rows = dice.edge(u64::from(near)) as i64;
    let mut head = Vec::new();
    match dice.below(3) {
        0 => signed(&mut head, rows),
        1 => signed(&mut head, rows.wrapping_neg()),
        _ => unsigned(&mut head, rows as u64),
    }
    data.splice(..(end + 1).min(data.len()), head);
}

/// Edits inside keys and values that keep every length, so that the columns stay in step.
fn key_or_value(anatomy: &mut Anatomy, dice: &mut Dice) {
    let spec = dice.pick(&[21, 87]);
    let found = anatomy.columns.iter_mut().find(|(found, _)| *found == spec);
    if let Some((_, data)) = found {
        let at = dice.below(data.len());
        if let Some(byte) = data.get_mut(at) {
            *byte = match spec {
                21 => dice.pick(b"ABZaz09-_."),
                _ => dice.number() as u8,
            };
        }
    }
}
