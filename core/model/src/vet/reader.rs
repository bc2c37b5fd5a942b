//! Reads the chunk of one change with nothing but bounds: no allocation that the bytes claim and do
//! not fill, no row beyond [`ENTRIES_MAX`]. Whether a change fits its author's chain, and whether
//! its entries may stand, is decided by the callers.

use crate::change::{
    ACTION_PUT, CHANGE_MAX, HASHED_FROM, MAGIC, Row, TYPE_CHANGE, VALUE_BYTES, column,
    hash_of_chunk,
};
use crate::entry::{ENTRIES_MAX, KEY_MAX, VALUE_MAX};
use crate::ids::ChangeHash;
use crate::vet::VetError;
use crate::vet::input::Input;

/// A change as it stands in its bytes, columns not yet read.
pub(crate) struct Chunk<'a> {
    /// SHA-256 of type, length and body.
    pub(crate) hash: ChangeHash,
    /// Everything that the stated length counts.
    pub(crate) body: &'a [u8],
    /// Hashes of what it depends on, one after the other, 32 bytes each.
    pub(crate) deps: &'a [u8],
    /// Actor id, of any length.
    pub(crate) actor: &'a [u8],
    /// Number in the actor's chain.
    pub(crate) seq: u64,
    /// Number of the first op.
    pub(crate) start_op: u64,
    /// Time of the commit.
    pub(crate) time: i64,
    /// Length of the message.
    pub(crate) message_len: usize,
    /// How many other actors it names.
    pub(crate) other_actors: u64,
    /// Bytes after the columns.
    pub(crate) extra_len: usize,
    /// Where the first value stands in the bytes.
    pub(crate) values_from: usize,
    columns: Columns<'a>,
}

/// Where the first of several chunks ends, by the length that it states.
///
/// # Errors
/// Bytes that end before it does.
pub(crate) fn end_of_chunk(bytes: &[u8]) -> Result<usize, VetError> {
    let mut input = Input::of(bytes);
    input.take(HASHED_FROM + 1)?;
    let length = input.length()?;
    input.take(length)?;
    Ok(bytes.len() - input.left().len())
}

/// The six columns, each its bytes.
struct Columns<'a> {
    key_text: &'a [u8],
    insert: &'a [u8],
    action: &'a [u8],
    value_meta: &'a [u8],
    value: &'a [u8],
    pred_count: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// Reads the header, the fields and the table of columns.
    ///
    /// # Errors
    /// Anything that is not one uncompressed change with our columns; `too_long` before a byte is
    /// looked at.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, VetError> {
        if bytes.len() > CHANGE_MAX {
            return Err(VetError::TooLong);
        }
        let mut input = Input::of(bytes);
        if input.take(MAGIC.len()) != Ok(&MAGIC) {
            return Err(VetError::NotAChunk);
        }
        let checksum = input.take(HASHED_FROM - MAGIC.len())?;
        if input.byte()? != TYPE_CHANGE {
            return Err(VetError::NotUncompressed);
        }
        if input.unsigned()? != input.left().len() as u64 {
            return Err(VetError::WrongLength);
        }
        let hash = hash_of_chunk(bytes);
        if checksum != &hash.0[..checksum.len()] {
            return Err(VetError::WrongChecksum);
        }
        let body = input.left();
        let dep_count = input.length()?;
        let deps = input.take(dep_count.checked_mul(32).ok_or(VetError::Truncated)?)?;
        let actor_len = input.length()?;
        let actor = input.take(actor_len)?;
        let seq = input.unsigned()?;
        let start_op = input.unsigned()?;
        let time = input.signed()?;
        let message_len = input.length()?;
        input.take(message_len)?;
        let other_actors = input.unsigned()?;
        for _ in 0..other_actors {
            let len = input.length()?;
            input.take(len)?;
        }
        let columns = Columns::parse(&mut input)?;
        Ok(Self {
            hash,
            body,
            deps,
            actor,
            seq,
            start_op,
            time,
            message_len,
            other_actors,
            extra_len: input.left().len(),
            values_from: bytes.len()
                - input.left().len()
                - columns.pred_count.len()
                - columns.value.len(),
            columns,
        })
    }

    /// The puts of the change.
    ///
    /// # Errors
    /// Any op that is not a put of bytes on a text key of the root map; columns of different
    /// lengths; more than [`ENTRIES_MAX`] rows in any column.
    pub(crate) fn rows(&self) -> Result<Vec<Row<'a>>, VetError> {
        let columns = &self.columns;
        let puts = numbers(columns.action, |action, _| match action {
            ACTION_PUT => Ok(()),
            _ => Err(VetError::NotAPut),
        })?;
        let not_inserted = inserts(columns.insert)?;
        let without_pred = numbers(columns.pred_count, |count, _| match count {
            0 => Ok(()),
            _ => Err(VetError::HasPred),
        })?;
        let mut lengths = Vec::with_capacity(puts);
        numbers(columns.value_meta, |meta, count| {
            if meta & 0xf != VALUE_BYTES {
                return Err(VetError::NotBytes);
            }
            let length = usize::try_from(meta >> 4).map_err(|_| VetError::ValueTooLong)?;
            if length > VALUE_MAX {
                return Err(VetError::ValueTooLong);
            }
            lengths.extend(std::iter::repeat_n(length, count));
            Ok(())
        })?;
        let keys = texts(columns.key_text)?;
        let same = [not_inserted, without_pred, lengths.len(), keys.len()];
        if same.iter().any(|rows| *rows != puts) {
            return Err(VetError::RowsDiffer);
        }
        let mut values = Input::of(columns.value);
        let rows = keys
            .into_iter()
            .zip(lengths)
            .map(|(key, length)| {
                let value = values.take(length).map_err(|_| VetError::RowsDiffer)?;
                Ok(Row { key, value })
            })
            .collect::<Result<Vec<_>, VetError>>()?;
        if !values.is_empty() {
            return Err(VetError::RowsDiffer);
        }
        Ok(rows)
    }
}

impl<'a> Columns<'a> {
    fn parse(input: &mut Input<'a>) -> Result<Self, VetError> {
        const OURS: [u32; 6] = [
            column::KEY_TEXT,
            column::INSERT,
            column::ACTION,
            column::VALUE_META,
            column::VALUE,
            column::PRED_COUNT,
        ];
        let count = input.unsigned()?;
        if count == 0 {
            return Err(VetError::NoEntries);
        }
        let mut lengths = [0; OURS.len()];
        for at in 0..count {
            let spec = input.unsigned()?;
            let place = usize::try_from(at).ok().and_then(|at| OURS.get(at));
            if place.is_none_or(|ours| u64::from(*ours) != spec) {
                return Err(foreign_column(spec));
            }
            lengths[at as usize] = input.length()?;
        }
        if count != OURS.len() as u64 {
            return Err(VetError::WrongColumns);
        }
        Ok(Self {
            key_text: input.take(lengths[0])?,
            insert: input.take(lengths[1])?,
            action: input.take(lengths[2])?,
            value_meta: input.take(lengths[3])?,
            value: input.take(lengths[4])?,
            pred_count: input.take(lengths[5])?,
        })
    }
}

/// What a column that does not belong here would have said. Bits: number, deflated, type.
fn foreign_column(spec: u64) -> VetError {
    const ACTOR: u64 = 1;
    const DELTA: u64 = 3;
    match (spec >> 4, spec & 0xf) {
        (0, _) => VetError::NotOnRoot,
        (1, ACTOR | DELTA) => VetError::NotAMapKey,
        (7, ACTOR | DELTA) => VetError::HasPred,
        (9 | 10, _) => VetError::Marks,
        _ => VetError::WrongColumns,
    }
}

/// Calls `each(number, how many times)` for the runs of a column, and returns its rows.
fn numbers(
    column: &[u8],
    mut each: impl FnMut(u64, usize) -> Result<(), VetError>,
) -> Result<usize, VetError> {
    let mut input = Input::of(column);
    let mut rows = 0;
    while !input.is_empty() {
        let run = Run::read(&mut input, &mut rows)?;
        match run {
            Run::Same(count) => each(input.unsigned()?, count)?,
            Run::Literal(count) => {
                for _ in 0..count {
                    each(input.unsigned()?, 1)?;
                }
            }
            Run::Null => return Err(VetError::RowsDiffer),
        }
    }
    Ok(rows)
}

/// The texts of a column.
fn texts(column: &[u8]) -> Result<Vec<&str>, VetError> {
    let mut input = Input::of(column);
    let mut rows = 0;
    let mut texts = Vec::with_capacity(column.len() / 32);
    while !input.is_empty() {
        match Run::read(&mut input, &mut rows)? {
            Run::Same(count) => texts.extend(std::iter::repeat_n(key(&mut input)?, count)),
            Run::Literal(count) => {
                for _ in 0..count {
                    texts.push(key(&mut input)?);
                }
            }
            Run::Null => return Err(VetError::NotAMapKey),
        }
    }
    Ok(texts)
}

fn key<'a>(input: &mut Input<'a>) -> Result<&'a str, VetError> {
    let len = input.length()?;
    if len > KEY_MAX {
        return Err(VetError::BadKey);
    }
    std::str::from_utf8(input.take(len)?).map_err(|_| VetError::BadKey)
}

/// The rows of the insert column, of which none may be true: runs of false and true by turns.
fn inserts(column: &[u8]) -> Result<usize, VetError> {
    let mut input = Input::of(column);
    let rows = input.length()?;
    if rows > ENTRIES_MAX {
        return Err(VetError::TooManyRows);
    }
    if !input.is_empty() {
        return Err(VetError::Inserts);
    }
    Ok(rows)
}

/// The head of a run: one value many times, many values, or nothing many times.
enum Run {
    Same(usize),
    Literal(usize),
    Null,
}

impl Run {
    /// Reads the head of the next run and adds its rows, before any of them is read.
    fn read(input: &mut Input<'_>, rows: &mut usize) -> Result<Self, VetError> {
        let head = input.signed()?;
        if head == 0 {
            return Ok(Self::Null);
        }
        let count = usize::try_from(head.unsigned_abs()).map_err(|_| VetError::TooManyRows)?;
        *rows = rows.checked_add(count).ok_or(VetError::TooManyRows)?;
        if *rows > ENTRIES_MAX {
            return Err(VetError::TooManyRows);
        }
        Ok(if head > 0 {
            Self::Same(count)
        } else {
            Self::Literal(count)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_before_they_are_made() {
        let bombs: [&[u8]; 4] = [
            // Three million times 1; twice 200 times 1; i64::MIN literal; 257 literal.
            &[0xc0, 0x8d, 0xb7, 0x01, 1],
            &[0xc8, 1, 1, 0xc8, 1, 1],
            &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f],
            &[0xff, 0x7d, 1],
        ];
        for bomb in bombs {
            assert_eq!(
                numbers(bomb, |_, count| {
                    assert!(count <= ENTRIES_MAX);
                    Ok(())
                }),
                Err(VetError::TooManyRows)
            );
        }
        assert_eq!(
            texts(&[0xc0, 0x8d, 0xb7, 0x01, 1, b'k']),
            Err(VetError::TooManyRows)
        );
        assert_eq!(inserts(&[0x81, 2]), Err(VetError::TooManyRows));
        assert_eq!(inserts(&[0x80, 2]), Ok(256));
        assert_eq!(inserts(&[0, 1]), Err(VetError::Inserts));
    }
}
