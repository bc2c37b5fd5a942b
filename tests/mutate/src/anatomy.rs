//! A change taken apart into fields and columns, and put together again with the right lengths and
//! checksum, whatever was done to the parts. Knows the chunk format; not what is allowed in it.

use sha2::{Digest, Sha256};

/// A change chunk in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anatomy {
    /// Chunk type; 1 is an uncompressed change.
    pub chunk_type: u8,
    /// Encoded fields before the columns: dependencies, actor, number, first op, time, message,
    /// other actors.
    pub fields: [Vec<u8>; 7],
    /// Columns: number * 16 + type, and data.
    pub columns: Vec<(u64, Vec<u8>)>,
    /// Bytes after the columns.
    pub extra: Vec<u8>,
}

/// Places in [`Anatomy::fields`].
pub mod field {
    #![expect(missing_docs, reason = "the names say it")]
    pub const DEPS: usize = 0;
    pub const ACTOR: usize = 1;
    pub const SEQ: usize = 2;
    pub const START_OP: usize = 3;
    pub const TIME: usize = 4;
    pub const MESSAGE: usize = 5;
    pub const OTHER_ACTORS: usize = 6;
}

impl Anatomy {
    /// Takes a change of ours apart.
    ///
    /// # Panics
    /// On anything that is not a well-formed change with our fields.
    pub fn of(change: &[u8]) -> Self {
        let mut at = 9;
        unsigned_at(change, &mut at);
        let mut field = |read: &dyn Fn(&mut usize)| {
            let from = at;
            read(&mut at);
            change[from..at].to_vec()
        };
        let counted =
            |unit: usize| move |at: &mut usize| *at += unsigned_at(change, at) as usize * unit;
        let number = |at: &mut usize| {
            unsigned_at(change, at);
        };
        let fields = [
            field(&counted(32)),
            field(&counted(1)),
            field(&number),
            field(&number),
            field(&number),
            field(&counted(1)),
            field(&number),
        ];
        let table: Vec<(u64, usize)> = (0..unsigned_at(change, &mut at))
            .map(|_| {
                let spec = unsigned_at(change, &mut at);
                (spec, unsigned_at(change, &mut at) as usize)
            })
            .collect();
        let columns = table
            .into_iter()
            .map(|(spec, len)| {
                at += len;
                (spec, change[at - len..at].to_vec())
            })
            .collect();
        Self {
            chunk_type: change[8],
            fields,
            columns,
            extra: change[at..].to_vec(),
        }
    }

    /// The body: what the chunk's length counts.
    pub fn body(&self) -> Vec<u8> {
        let mut body = self.fields.concat();
        unsigned(&mut body, self.columns.len() as u64);
        for (spec, data) in &self.columns {
            unsigned(&mut body, *spec);
            unsigned(&mut body, data.len() as u64);
        }
        for (_, data) in &self.columns {
            body.extend_from_slice(data);
        }
        body.extend_from_slice(&self.extra);
        body
    }

    /// The parts as a well-formed chunk.
    pub fn assemble(&self) -> Vec<u8> {
        chunk(self.chunk_type, &self.body())
    }

    /// The column of this number and type.
    ///
    /// # Panics
    /// If there is none.
    pub fn column(&mut self, spec: u64) -> &mut Vec<u8> {
        let column = self.columns.iter_mut().find(|(found, _)| *found == spec);
        &mut column.expect("the change has this column").1
    }
}

/// A chunk of this type around a body, with the right checksum.
pub fn chunk(chunk_type: u8, body: &[u8]) -> Vec<u8> {
    let mut hashed = vec![chunk_type];
    unsigned(&mut hashed, body.len() as u64);
    hashed.extend_from_slice(body);
    let mut chunk = vec![0x85, 0x6f, 0x4a, 0x83];
    chunk.extend_from_slice(&Sha256::digest(&hashed)[..4]);
    chunk.extend_from_slice(&hashed);
    chunk
}

/// Where a chunk's body begins.
pub fn body_from(chunk: &[u8]) -> usize {
    let mut at = 9;
    unsigned_at(chunk, &mut at);
    at
}

/// Appends a number as unsigned LEB128.
pub fn unsigned(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a number as signed LEB128.
pub fn signed(out: &mut Vec<u8>, mut number: i64) {
    loop {
        let low = number as u8 & 0x7f;
        number >>= 7;
        if (number == 0 && low & 0x40 == 0) || (number == -1 && low & 0x40 != 0) {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

fn unsigned_at(bytes: &[u8], at: &mut usize) -> u64 {
    let mut number = 0;
    let mut shift = 0;
    loop {
        let byte = bytes[*at];
        *at += 1;
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return number;
        }
    }
}
