//! How the bytes of a change of ours are laid out: the one place that writes automerge's columnar
//! change format, of which we use a small part. Reading it is [`crate::vet`]'s.
//!
//! A chunk is magic, checksum, type, length, body; the body is dependencies, actor, numbers, and six
//! columns of which only keys and values differ from change to change. What automerge itself would
//! write for the same puts is the same to the byte; the tests hold this.

use sha2::{Digest, Sha256};

use super::{Actor, ChainState};
use crate::ids::ChangeHash;

/// First bytes of every automerge chunk.
pub(crate) const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];

/// Where the chunk's hashed part begins: after magic and checksum.
pub(crate) const HASHED_FROM: usize = 8;

/// Chunk type of an uncompressed change.
pub(crate) const TYPE_CHANGE: u8 = 1;

/// Number of `put` in the action column.
pub(crate) const ACTION_PUT: u64 = 1;

/// Low 4 bits of a byte scalar's number in the value column; the length stands above them.
pub(crate) const VALUE_BYTES: u64 = 7;

/// Columns of a change of ours: number * 16 + type, in the order in which they stand.
pub(crate) mod column {
    pub(crate) const KEY_TEXT: u32 = (1 << 4) | 5;
    pub(crate) const INSERT: u32 = (3 << 4) | 4;
    pub(crate) const ACTION: u32 = (4 << 4) | 2;
    pub(crate) const VALUE_META: u32 = (5 << 4) | 6;
    pub(crate) const VALUE: u32 = (5 << 4) | 7;
    pub(crate) const PRED_COUNT: u32 = 7 << 4;
}

/// What a change says before its ops.
pub(crate) struct Head {
    /// Hash of the author's previous change in the document.
    pub(crate) previous: Option<ChangeHash>,
    /// The author, in this document.
    pub(crate) actor: Actor,
    /// Number of the change.
    pub(crate) seq: u64,
    /// Number of its first op.
    pub(crate) start_op: u64,
}

impl Head {
    /// The head of the change that follows on this state.
    pub(crate) fn after(actor: Actor, chain: &ChainState) -> Self {
        Self {
            previous: chain.last_hash,
            actor,
            seq: chain.seq + 1,
            start_op: chain.max_op + 1,
        }
    }
}

/// One put: a text key no other row has, and its value.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) key: &'a str,
    pub(crate) value: &'a [u8],
}

/// The body of a change: everything that its length counts.
pub(crate) fn body(head: &Head, rows: &[Row<'_>]) -> Vec<u8> {
    let key_text = key_column(rows);
    let mut insert = Vec::new();
    unsigned(&mut insert, rows.len() as u64);
    let action = constant_column(ACTION_PUT, rows.len());
    let value_meta = value_meta_column(rows);
    let value_len = rows.iter().map(|row| row.value.len()).sum();
    let pred_count = constant_column(0, rows.len());

    let columns = [
        (column::KEY_TEXT, key_text.len()),
        (column::INSERT, insert.len()),
        (column::ACTION, action.len()),
        (column::VALUE_META, value_meta.len()),
        (column::VALUE, value_len),
        (column::PRED_COUNT, pred_count.len()),
    ];
    let column_bytes: usize = columns.iter().map(|(_, len)| len).sum();
    let mut out = Vec::with_capacity(128 + column_bytes);
    match &head.previous {
        None => out.push(0),
        Some(hash) => {
            out.push(1);
            out.extend_from_slice(hash.as_bytes());
        }
    }
    unsigned(&mut out, head.actor.0.len() as u64);
    out.extend_from_slice(&head.actor.0);
    unsigned(&mut out, head.seq);
    unsigned(&mut out, head.start_op);
    // Time 0, no message, no other actors.
    out.extend_from_slice(&[0, 0, 0]);
    // Automerge leaves empty columns out of the table.
    let filled = columns.iter().filter(|(_, len)| *len > 0);
    unsigned(&mut out, filled.clone().count() as u64);
    for (spec, len) in filled {
        unsigned(&mut out, u64::from(*spec));
        unsigned(&mut out, *len as u64);
    }
    for part in [&key_text, &insert, &action, &value_meta] {
        out.extend_from_slice(part);
    }
    for row in rows {
        out.extend_from_slice(row.value);
    }
    out.extend_from_slice(&pred_count);
    out
}

/// The chunk around a body.
pub(crate) fn chunk(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HASHED_FROM + 4 + body.len());
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[0; 4]);
    out.push(TYPE_CHANGE);
    unsigned(&mut out, body.len() as u64);
    out.extend_from_slice(body);
    let hash = hash_of_chunk(&out);
    out[MAGIC.len()..HASHED_FROM].copy_from_slice(&hash.0[..4]);
    out
}

/// SHA-256 of a chunk of at least [`HASHED_FROM`] bytes: of its type, length and body.
pub(crate) fn hash_of_chunk(chunk: &[u8]) -> ChangeHash {
    ChangeHash(Sha256::digest(&chunk[HASHED_FROM..]).into())
}

// No two keys are equal, so they are one literal run.
fn key_column(rows: &[Row<'_>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(2 + rows.len() * 48);
    if !rows.is_empty() {
        signed(&mut out, -(rows.len() as i64));
    }
    for row in rows {
        unsigned(&mut out, row.key.len() as u64);
        out.extend_from_slice(row.key.as_bytes());
    }
    out
}

fn constant_column(value: u64, rows: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(4);
    match rows {
        0 => {}
        1 => signed(&mut out, -1),
        more => signed(&mut out, more as i64),
    }
    if rows > 0 {
        unsigned(&mut out, value);
    }
    out
}

// Runs of two and more equal lengths are runs, everything between them is literal.
fn value_meta_column(rows: &[Row<'_>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(2 + rows.len() * 2);
    let mut literal: Vec<u64> = Vec::new();
    let flush = |literal: &mut Vec<u64>, out: &mut Vec<u8>| {
        if !literal.is_empty() {
            signed(out, -(literal.len() as i64));
            literal.drain(..).for_each(|meta| unsigned(out, meta));
        }
    };
    for run in rows.chunk_by(|one, other| one.value.len() == other.value.len()) {
        let meta = ((run[0].value.len() as u64) << 4) | VALUE_BYTES;
        if run.len() == 1 {
            literal.push(meta);
        } else {
            flush(&mut literal, &mut out);
            signed(&mut out, run.len() as i64);
            unsigned(&mut out, meta);
        }
    }
    flush(&mut literal, &mut out);
    out
}

/// Appends a number as unsigned LEB128 of least length.
fn unsigned(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a number as signed LEB128 of least length.
fn signed(out: &mut Vec<u8>, mut number: i64) {
    loop {
        let low = number as u8 & 0x7f;
        number >>= 7;
        let sign_is_said = (number == 0 && low & 0x40 == 0) || (number == -1 && low & 0x40 != 0);
        if sign_is_said {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}
