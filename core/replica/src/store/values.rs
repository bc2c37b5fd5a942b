//! How the model's numbers stand in SQLite, which knows signed 64 bits only.

/// An unsigned number, bit for bit: compared for equality only.
pub(crate) fn sql_u64(value: u64) -> i64 {
    value.cast_signed()
}

/// Reads [`sql_u64`].
pub(crate) fn counter(value: i64) -> u64 {
    value.cast_unsigned()
}

/// A count that SQLite made: never negative.
pub(crate) fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
