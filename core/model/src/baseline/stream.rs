//! Columns of small numbers as bytes: LEB128, differences zigzagged. What the numbers mean stands
//! with the columns.

use super::NotAPiece;

/// A column that is being written.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn put(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.0.push(number.to_le_bytes()[0]);
    }

    /// A difference: small whether it rises or falls.
    pub(super) fn put_difference(&mut self, from: u64, to: u64) {
        let by = to.wrapping_sub(from).cast_signed();
        self.put(((by << 1) ^ (by >> 63)).cast_unsigned());
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// A column that is being read.
pub(super) struct Reader<'a>(std::slice::Iter<'a, u8>);

impl<'a> Reader<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes.iter())
    }

    pub(super) fn get(&mut self) -> Result<u64, NotAPiece> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self
                .0
                .next()
                .ok_or_else(|| NotAPiece("a column ends early".to_owned()))?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(NotAPiece("a number without end".to_owned()))
    }

    pub(super) fn get_difference(&mut self, from: u64) -> Result<u64, NotAPiece> {
        let folded = self.get()?;
        let by = (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed();
        Ok(from.wrapping_add(by.cast_unsigned()))
    }

    /// An index into something of this length.
    pub(super) fn index(&mut self, len: usize) -> Result<usize, NotAPiece> {
        let index = self.get()?;
        within(index, len)
    }

    /// As [`Reader::index`], told as the difference to the one before.
    pub(super) fn index_after(&mut self, before: u64, len: usize) -> Result<usize, NotAPiece> {
        let index = self.get_difference(before)?;
        within(index, len)
    }

    pub(super) fn is_done(&self) -> bool {
        self.0.as_slice().is_empty()
    }
}

fn within(index: u64, len: usize) -> Result<usize, NotAPiece> {
    usize::try_from(index)
        .ok()
        .filter(|index| *index < len)
        .ok_or_else(|| NotAPiece("an index of nothing".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_differences_read_back() {
        let numbers = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX];
        let mut column = Writer::default();
        for pair in numbers.windows(2) {
            column.put(pair[0]);
            column.put_difference(pair[0], pair[1]);
            column.put_difference(pair[1], pair[0]);
        }
        let bytes = column.into_bytes();
        let mut reader = Reader::of(&bytes);
        for pair in numbers.windows(2) {
            assert_eq!(reader.get(), Ok(pair[0]));
            assert_eq!(reader.get_difference(pair[0]), Ok(pair[1]));
            assert_eq!(reader.get_difference(pair[1]), Ok(pair[0]));
        }
        assert!(reader.is_done());
        assert!(reader.get().is_err());
        assert!(Reader::of(&[0x80; 12]).get().is_err());
    }
}
