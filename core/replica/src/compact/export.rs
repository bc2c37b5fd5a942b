//! Documents as automerge saves them, for whoever wants to leave: made from what is compacted and what
//! is not.

use std::collections::BTreeMap;

use doorstep_model::chunks;
use doorstep_model::document::DocumentName;
use doorstep_model::ids::{AreaId, DocumentId};
use doorstep_model::materialise;
use doorstep_model::segment::Segment;

use super::{corrupt, document_of};
use crate::error::Result;
use crate::ingest::document_name;
use crate::replica::Replica;
use crate::seal::chain_below;

impl Replica {
    /// Every document of an area as automerge saves it, whether it is compacted or not: all vetted
    /// changes of all sealed segments, held and provisional ones too. Made one by one. What a baseline
    /// left out below the horizon is not here, and what came late behind it opens only with it: neither
    /// is exported.
    ///
    /// # Errors
    /// [`Error::Store`]; an item may be one as well, and the next one still come.
    pub fn export_documents(&self, area: &AreaId) -> Result<Documents<'_>> {
        let tx = self.reader()?;
        let mut raw: BTreeMap<DocumentId, Vec<Vec<u8>>> = BTreeMap::new();
        {
            let mut select = tx.prepare_cached(
                "SELECT s.bytes, s.author FROM segment s JOIN area a ON a.id = s.area \
                 WHERE a.code = ?1 AND s.compacted = 0 AND s.opaque = 0",
            )?;
            let mut rows = select.query([area.as_str()])?;
            while let Some(row) = rows.next()? {
                let bytes: Vec<u8> = row.get(0)?;
                let author = row.get(1)?;
                for change in Segment::read(&bytes).map_err(corrupt)?.changes {
                    if chain_below(&tx, &change.document, author)?.is_some() {
                        continue;
                    }
                    raw.entry(change.document)
                        .or_default()
                        .push(change.bytes.to_vec());
                }
            }
        }
        let rows = tx
            .prepare_cached(
                "SELECT d.id, d.hash FROM document d JOIN area a ON a.id = d.area \
                 WHERE a.code = ?1 ORDER BY d.id",
            )?
            .query_map([area.as_str()], |row| {
                Ok((row.get(0)?, DocumentId(row.get(1)?)))
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        drop(tx);
        Ok(Documents {
            replica: self,
            rows: rows.into_iter(),
            raw,
        })
    }
}

/// The documents of an area, made one by one.
pub struct Documents<'a> {
    replica: &'a Replica,
    rows: std::vec::IntoIter<(i64, DocumentId)>,
    raw: BTreeMap<DocumentId, Vec<Vec<u8>>>,
}

impl Documents<'_> {
    fn make(&mut self, row: i64, id: DocumentId) -> Result<Option<(DocumentName, Vec<u8>)>> {
        let (name, saved) = {
            let tx = self.replica.reader()?;
            (document_name(&tx, row)?, document_of(&tx, row)?.1)
        };
        let raw = self.raw.remove(&id).unwrap_or_default();
        let mut changes: Vec<Vec<u8>> = match saved.is_empty() {
            true => Vec::new(),
            false => chunks::unpack(&saved)
                .map_err(corrupt)?
                .into_values()
                .collect(),
        };
        changes.extend(raw);
        if changes.is_empty() {
            return Ok(None);
        }
        let remade = |error| corrupt(format!("document {id}: {error}"));
        Ok(Some((
            name,
            materialise::document(&changes).map_err(remade)?,
        )))
    }
}

impl Iterator for Documents<'_> {
    type Item = Result<(DocumentName, Vec<u8>)>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (row, id) = self.rows.next()?;
            match self.make(row, id) {
                Ok(Some(document)) => return Some(Ok(document)),
                // Only pending entries so far.
                Ok(None) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
