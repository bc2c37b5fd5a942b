//! Compaction: what is in a backup of the office moves from segments into saved documents, off the
//! hot path; header and signature stay, so that every segment can be given back byte for byte.

use rusqlite::Connection;

use crate::error::Result;

/// The bytes of a stored segment, exactly as they were signed.
pub(crate) fn segment_bytes(tx: &Connection, row: i64) -> Result<Vec<u8>> {
    Ok(tx
        .prepare_cached("SELECT bytes FROM segment WHERE id = ?1")?
        .query_row([row], |row| row.get(0))?)
}
