//! Bytes and the numbers in them, read from front to back and never beyond the end. What the numbers
//! mean stands with the readers.

use crate::vet::VetError;

/// What is left to read.
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// All of these bytes.
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// What has not been read.
    pub(crate) fn left(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next bytes, exactly this many.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], VetError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(VetError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next byte.
    pub(crate) fn byte(&mut self) -> Result<u8, VetError> {
        let (first, rest) = self.0.split_first().ok_or(VetError::Truncated)?;
        self.0 = rest;
        Ok(*first)
    }

    /// A number that says how much follows; what is not there is not claimed.
    pub(crate) fn length(&mut self) -> Result<usize, VetError> {
        usize::try_from(self.unsigned()?).map_err(|_| VetError::Truncated)
    }

    /// Unsigned LEB128 of least length.
    pub(crate) fn unsigned(&mut self) -> Result<u64, VetError> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let low = u64::from(byte & 0x7f);
            if (low << shift) >> shift != low {
                return Err(VetError::Truncated);
            }
            number |= low << shift;
            if byte & 0x80 == 0 {
                return match byte {
                    0 if shift > 0 => Err(VetError::OverlongNumber),
                    _ => Ok(number),
                };
            }
        }
        Err(VetError::Truncated)
    }

    /// Signed LEB128 of least length.
    pub(crate) fn signed(&mut self) -> Result<i64, VetError> {
        let mut number: i64 = 0;
        let mut before = 0;
        for shift in (0..i64::BITS).step_by(7) {
            let byte = self.byte()?;
            // The tenth byte has room for the sign only.
            if shift == 63 && byte != 0 && byte != 0x7f {
                return Err(VetError::Truncated);
            }
            number |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let negative = byte & 0x40 != 0;
                let was_negative = before & 0x40 != 0;
                let said_before =
                    shift > 0 && ((byte == 0 && !was_negative) || (byte == 0x7f && was_negative));
                if said_before {
                    return Err(VetError::OverlongNumber);
                }
                if negative && shift < 57 {
                    number |= -1 << (shift + 7);
                }
                return Ok(number);
            }
            before = byte;
        }
        Err(VetError::Truncated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form_each() {
        let unsigned = |bytes: &[u8]| Input(bytes).unsigned();
        assert_eq!(unsigned(&[0]), Ok(0));
        assert_eq!(unsigned(&[0x80, 1]), Ok(128));
        assert_eq!(unsigned(&[0xff; 9]), Err(VetError::Truncated));
        let most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(unsigned(&most), Ok(u64::MAX));
        assert_eq!(unsigned(&[0x81, 0]), Err(VetError::OverlongNumber));
        let mut beyond = most;
        beyond[9] = 2;
        assert_eq!(unsigned(&beyond), Err(VetError::Truncated));

        let signed = |bytes: &[u8]| Input(bytes).signed();
        assert_eq!(signed(&[0x7f]), Ok(-1));
        assert_eq!(signed(&[0xc0, 0]), Ok(64));
        assert_eq!(signed(&[0xbf, 0x7f]), Ok(-65));
        assert_eq!(signed(&[0x81, 0]), Err(VetError::OverlongNumber));
        assert_eq!(signed(&[0xff, 0x7f]), Err(VetError::OverlongNumber));
        let least = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f];
        assert_eq!(signed(&least), Ok(i64::MIN));
        assert_eq!(signed(&[0x80; 10]), Err(VetError::Truncated));
    }
}
