//! An open transaction with everything that a write needs: own entries get their counters, documents
//! are opened, what was seen is remembered. When a transaction begins and ends is decided above.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Body, Entry, EntryKey, Opened, VALUE_MAX};
use doorstep_model::ids::{AreaId, Identity, OrganisationId};
use doorstep_model::keys::PublicKey;
use doorstep_model::segment::Seen;
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Me, OwnBoot, Writer};
use crate::door::{Door, Incoming, standing};
use crate::error::{Error, Result};
use crate::meta::{self, Key};
use crate::store::{counter, sql_u64};
use crate::sync::feed;

/// An open transaction with everything that a write needs.
pub(crate) struct Session<'a> {
    pub(crate) door: Door<'a>,
    pub(crate) now: i64,
    pub(crate) me: &'a mut Option<Arc<Me>>,
    pub(crate) organisation: &'a mut Option<PublicKey>,
    pub(crate) rng: &'a mut ChaCha20Rng,
    pub(crate) boot: OwnBoot,
    /// Own segments that got their positions in this transaction.
    pub(crate) published: Vec<i64>,
    pub(super) counter: &'a mut u64,
    pub(super) opened: &'a mut BTreeMap<i64, Option<u32>>,
    pub(super) seen: &'a mut BTreeSet<i64>,
    pub(super) boot_recorded: &'a mut bool,
}

impl Session<'_> {
    pub(crate) fn tx(&self) -> &Connection {
        self.door.tx
    }

    pub(crate) fn me(&self) -> Result<&Me> {
        self.me.as_deref().ok_or(Error::NotEnrolled)
    }

    pub(crate) fn organisation(&self) -> Result<PublicKey> {
        self.organisation.ok_or(Error::NotEnrolled)
    }

    pub(crate) fn organisation_id(&self) -> Result<OrganisationId> {
        Ok(OrganisationId::of_key(&self.organisation()?.0))
    }

    /// The identity that the entry after the next `skipped` ones of this author will have. Opening a
    /// document takes one more: see [`Session::put_new`].
    fn next_counter(&mut self) -> u64 {
        *self.counter += 1;
        *self.counter
    }

    /// Writes an entry of this author about `subject`. Returns its identity.
    pub(crate) fn put(
        &mut self,
        area: &AreaId,
        name: &DocumentName,
        subject: Identity,
        entry: &Entry,
    ) -> Result<Identity> {
        self.enter(area, name)?;
        let counter = self.next_counter();
        self.add_own(area, name, subject, counter, entry)
    }

    /// Writes an entry that makes something: its subject is the entry itself, and a building or case
    /// names its own document.
    pub(crate) fn put_new(
        &mut self,
        area: &AreaId,
        name: impl FnOnce(Identity) -> DocumentName,
        entry: &Entry,
    ) -> Result<Identity> {
        // The document's first entry, `opened`, takes the counter before.
        let tag = self.me()?.tag;
        let reserved = self.next_counter();
        let counter = self.next_counter();
        let subject = entry
            .envelope
            .origin
            .unwrap_or(Identity::of_entry(tag, counter));
        let name = name(subject);
        self.enter_with(area, &name, Some(reserved))?;
        self.add_own(area, &name, subject, counter, entry)
    }

    /// Writes bytes that an earlier author of this device wrote, under this one. Returns the counter.
    pub(crate) fn put_again(
        &mut self,
        area: &AreaId,
        name: &DocumentName,
        subject: Identity,
        value: &[u8],
    ) -> Result<u64> {
        self.enter(area, name)?;
        let count = self.next_counter();
        let entry = Entry::from_bytes(value).map_err(|error| Error::Peer(error.to_string()))?;
        self.add_bytes(area, name, subject, count, &entry, value)?;
        Ok(count)
    }

    /// Makes sure that this author has opened the document. Returns the pack that it named there.
    pub(crate) fn enter(&mut self, area: &AreaId, name: &DocumentName) -> Result<Option<u32>> {
        self.enter_with(area, name, None)
    }

    /// Forgets that a document was opened: the entry that said so is out again.
    pub(crate) fn leave(&mut self, document: i64) {
        self.opened.remove(&document);
    }

    /// Makes sure that this author has opened the document and that its next segment knows what was
    /// seen and under which boot.
    fn enter_with(
        &mut self,
        area: &AreaId,
        name: &DocumentName,
        reserved: Option<u64>,
    ) -> Result<Option<u32>> {
        let author = self.me()?.author;
        let area_id = self.door.directory.area(self.door.tx, area)?;
        if self.seen.insert(area_id) {
            self.record_seen(area_id, author)?;
        }
        let document = self.door.document(area, name)?;
        if let Some(pack) = self.opened.get(&document) {
            return Ok(*pack);
        }
        if let Some(pack) = self.opened_before(document, author)? {
            self.opened.insert(document, pack);
            return Ok(pack);
        }
        // Only looks are judged by a pack.
        let pack = match name {
            DocumentName::Round(..) => {
                let door = &mut self.door;
                Some(door.packs.of(door.tx, area_id)?.pack.number())
            }
            _ => None,
        };
        let opened = Opened {
            document: name.kind_code(),
            round: name.round(),
            pack,
        };
        let entry = Entry::new(opened, self.now);
        let counter = match reserved {
            Some(counter) => counter,
            None => self.next_counter(),
        };
        self.add_own(area, name, name.subject(area), counter, &entry)?;
        self.opened.insert(document, pack);
        Ok(pack)
    }

    /// The pack that this author named when it opened the document; `None` when it has not.
    fn opened_before(&self, document: i64, author: i64) -> Result<Option<Option<u32>>> {
        let value: Option<Vec<u8>> = self
            .tx()
            .prepare_cached(
                "SELECT value FROM entry WHERE document = ?1 AND author = ?2 AND kind = 0 \
                 ORDER BY id LIMIT 1",
            )?
            .query_row(params![document, author], |row| row.get(0))
            .optional()?;
        if let Some(value) = value {
            let body = Entry::from_bytes(&value).map(|entry| entry.body);
            return Ok(Some(match body {
                Ok(Body::Opened(opened)) => opened.pack,
                _ => None,
            }));
        }
        let chained: bool = self
            .tx()
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM document_chain WHERE document = ?1 AND author = ?2)",
            )?
            .query_row(params![document, author], |row| row.get(0))?;
        Ok(chained.then_some(None))
    }

    fn record_seen(&mut self, area: i64, author: i64) -> Result<()> {
        let (epoch, position): (Option<[u8; 8]>, i64) = self
            .tx()
            .prepare_cached("SELECT epoch, position FROM area WHERE id = ?1")?
            .query_row([area], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let position = counter(position);
        // The item's own: after a restore it may be older than one before it.
        let received_at = feed::received_at(self.tx(), area, position)?;
        let seen = epoch.zip(received_at).map(|(epoch, received_at)| Seen {
            epoch: doorstep_model::ids::EpochId(epoch),
            position,
            received_at,
        });
        let bytes = minicbor::to_vec(seen).expect("a seen point always encodes");
        self.tx()
            .prepare_cached(
                "INSERT INTO chain (area, author, seen) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (area, author) DO UPDATE SET seen = COALESCE(seen, excluded.seen)",
            )?
            .execute(params![area, author, bytes])?;
        Ok(())
    }

    fn add_own(
        &mut self,
        area: &AreaId,
        name: &DocumentName,
        subject: Identity,
        count: u64,
        entry: &Entry,
    ) -> Result<Identity> {
        let tag = self.me()?.tag;
        let value = entry.to_bytes();
        if value.len() > VALUE_MAX {
            return Err(Error::Refused {
                code: "entry.too_long",
                details: vec![("most", VALUE_MAX.to_string())],
            });
        }
        let identity = Identity::of_entry(tag, count);
        self.add_bytes(area, name, subject, count, entry, &value)?;
        Ok(entry.envelope.origin.unwrap_or(identity))
    }

    fn add_bytes(
        &mut self,
        area: &AreaId,
        name: &DocumentName,
        subject: Identity,
        count: u64,
        entry: &Entry,
        value: &[u8],
    ) -> Result<()> {
        let me = self.me()?;
        let (author, tag) = (me.author, me.tag);
        if !std::mem::replace(self.boot_recorded, true) {
            self.record_boot(count)?;
        }
        let document = self.door.document(area, name)?;
        self.door.add(&Incoming {
            author,
            document,
            segment: None,
            key: EntryKey {
                subject,
                author: tag,
                counter: count,
            },
            entry,
            value,
            time: entry.envelope.time,
            standing: standing::COUNTS,
        })?;
        Ok(())
    }

    fn record_boot(&self, from: u64) -> Result<()> {
        let same: bool = self
            .tx()
            .prepare_cached(
                "SELECT COALESCE((SELECT id = ?1 FROM boot ORDER BY from_counter DESC LIMIT 1), 0)",
            )?
            .query_row([self.boot.id.as_bytes()], |row| row.get(0))?;
        if !same {
            self.tx()
                .prepare_cached("INSERT INTO boot (from_counter, id, anchor) VALUES (?1, ?2, ?3)")?
                .execute(params![sql_u64(from), self.boot.id.0, self.boot.anchor])?;
        }
        Ok(())
    }

    /// A random 16-byte value.
    pub(crate) fn random16(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    /// Becomes another author: everything remembered of the one before is forgotten.
    pub(crate) fn become_author(&mut self, me: Me) {
        *self.me = Some(Arc::new(me));
        self.opened.clear();
        self.seen.clear();
        *self.boot_recorded = false;
    }

    /// Who writes here and how much was published: what [`Session::rolled_back`] takes.
    pub(crate) fn before(&self) -> (Writer, usize) {
        let writer = Writer {
            me: self.me.clone(),
            organisation: *self.organisation,
        };
        (writer, self.published.len())
    }

    /// A part of the transaction was rolled back: nothing remembered may come from it.
    pub(crate) fn rolled_back(&mut self, (before, published): (Writer, usize)) {
        *self.me = before.me;
        *self.organisation = before.organisation;
        self.published.truncate(published);
        self.door.rolled_back();
        self.opened.clear();
        self.seen.clear();
        *self.boot_recorded = false;
    }

    /// After a seal the next entry begins a segment.
    pub(crate) fn sealed(&mut self) {
        self.seen.clear();
        *self.boot_recorded = false;
    }

    /// Remembers for ever that no counter up to the last one given is given again.
    pub(crate) fn keep_counter(&self) -> Result<()> {
        meta::set(self.tx(), Key::Counter, &self.counter.to_be_bytes())
    }
}
