//! What stands on this disk, segment by segment and byte for byte, for whoever counts from outside and
//! trusts no row. Nothing here reads what a segment says.

use crate::compact::Archive;
use crate::error::Result;
use crate::replica::Replica;

impl Replica {
    /// Gives every segment that is kept here, exactly as it was signed: those in the feeds, those not
    /// confirmed yet, and those kept aside with a code. Their order says nothing. Segments that a
    /// baseline cut at the horizon are not kept and not given.
    ///
    /// # Errors
    /// [`Error::Store`](crate::Error::Store), also for a compacted segment that does not come back;
    /// some may have been given by then.
    pub fn each_segment(&self, mut each: impl FnMut(&[u8])) -> Result<()> {
        let reader = self.reader()?;
        let mut archive = Archive::default();
        let mut select =
            reader.prepare_cached("SELECT id FROM segment WHERE cut = 0 ORDER BY id")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            each(&archive.segment(&reader, row.get(0)?)?);
        }
        let mut select = reader.prepare_cached("SELECT bytes FROM quarantine ORDER BY id")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            each(row.get_ref(0)?.as_blob().unwrap_or_default());
        }
        Ok(())
    }
}
