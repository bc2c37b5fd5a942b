//! A replica in a process: its store, who writes in it, its boot and counters, and the one way to
//! open a transaction on it. What is written is decided elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Body, Entry, EntryKey, Opened, VALUE_MAX};
use doorstep_model::grant::{Grant, Proof};
use doorstep_model::ids::{AreaId, AuthorTag, BootId, Identity, OrganisationId, PersonId};
use doorstep_model::keys::{KeyPair, PublicKey};
use doorstep_model::role::Role;
use doorstep_model::segment::Seen;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use rusqlite::{Connection, OptionalExtension, params};

use crate::backup::Copies;
use crate::changes::ChangeFeed;
use crate::clock::Clock;
use crate::directory::Directory;
use crate::door::{Door, Incoming, standing};
use crate::error::{Error, Result, StoreProblem};
use crate::life::Gate;
use crate::meta::{self, Key};
use crate::project::Packs;
use crate::store::{Place, Store, begin, counter, sql_u64};
use crate::sync::feed;

/// How to open a replica.
pub struct Options {
    /// Where it lives.
    pub place: Place,
    /// Database key: needed exactly when the build encrypts.
    pub key: Option<[u8; 32]>,
    /// A random value that the host keeps where backups of the device do not go. Another one than
    /// at the last opening means a restored or cloned folder: the replica goes on as a new author.
    pub marker: Vec<u8>,
    /// The host's clocks.
    pub clock: Arc<dyn Clock>,
    /// Seed of all randomness, for tests; from the operating system when absent.
    pub seed: Option<[u8; 32]>,
}

/// The store of a phone or an office, open for one process.
pub struct Replica {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) changes: ChangeFeed,
    pub(crate) packs: Packs,
    /// Where the office's own segments are written a second time.
    pub(crate) copies: Copies,
    pub(crate) gate: Gate,
    state: Mutex<State>,
}

/// Who writes here.
#[derive(Debug, Clone)]
pub(crate) struct Me {
    pub(crate) author: i64,
    pub(crate) tag: AuthorTag,
    pub(crate) key: KeyPair,
    pub(crate) grant: Grant,
    pub(crate) proof: Proof,
}

impl Me {
    /// The person that entries are by when the grant names several; `None` when it is understood.
    pub(crate) fn by(&self, person: Option<PersonId>) -> Option<PersonId> {
        match person {
            Some(person) if self.grant.persons.len() > 1 || self.grant.office => Some(person),
            _ => None,
        }
    }
}

/// What a process knows beside the file.
pub(crate) struct State {
    pub(crate) directory: Directory,
    pub(crate) me: Option<Arc<Me>>,
    pub(crate) organisation: Option<PublicKey>,
    pub(crate) rng: ChaCha20Rng,
    /// Last counter given; never given twice.
    counter: u64,
    pub(crate) boot: OwnBoot,
    /// Documents that this author has opened, each with the pack that it named there.
    opened: BTreeMap<i64, Option<u32>>,
    /// Areas whose `seen` is recorded for the next segment.
    seen: BTreeSet<i64>,
    boot_recorded: bool,
}

/// Who wrote in a replica before something was tried that may be rolled back.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    me: Option<Arc<Me>>,
    organisation: Option<PublicKey>,
}

/// The boot under which entries are made now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnBoot {
    pub(crate) id: BootId,
    /// Wall clock when monotonic time was 0, unix seconds.
    pub(crate) anchor: i64,
}

impl State {
    fn writer(&self) -> Writer {
        Writer {
            me: self.me.clone(),
            organisation: self.organisation,
        }
    }

    /// Forgets what may come from a transaction that was rolled back; this one writes here again.
    fn forget(&mut self, before: &Writer) {
        self.me.clone_from(&before.me);
        self.organisation = before.organisation;
        self.directory.clear();
        self.opened.clear();
        self.seen.clear();
        self.boot_recorded = false;
    }
}

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
    counter: &'a mut u64,
    opened: &'a mut BTreeMap<i64, Option<u32>>,
    seen: &'a mut BTreeSet<i64>,
    boot_recorded: &'a mut bool,
}

impl Replica {
    /// Opens or makes a replica.
    ///
    /// # Errors
    /// [`Error::Store`] with the reason; nothing is deleted or recreated.
    pub fn open(options: Options) -> Result<Self> {
        let store = Store::open(&options.place, options.key.as_ref())?;
        Self::on(store, options)
    }

    /// A replica on a store that is open already.
    ///
    /// # Errors
    /// As [`Replica::open`].
    pub fn on(store: Store, options: Options) -> Result<Self> {
        let seed = match options.seed {
            Some(seed) => seed,
            None => {
                let mut seed = [0; 32];
                getrandom::fill(&mut seed).map_err(|e| Error::store(StoreProblem::Io, e))?;
                seed
            }
        };
        let mut rng = ChaCha20Rng::from_seed(seed);
        let state = {
            let mut writer = store.writer();
            let tx = begin(&mut writer)?;
            crate::upgrade::begin(&tx)?;
            let state = start(&tx, &options, &mut rng)?;
            tx.commit()?;
            state
        };
        let packs = Packs::default();
        Ok(Self {
            store,
            clock: options.clock,
            changes: ChangeFeed::default(),
            packs,
            copies: Copies::default(),
            gate: Gate::default(),
            state: Mutex::new(State { rng, ..state }),
        })
    }

    /// Now by this boot: its anchor plus monotonic time that counts sleep. Unix seconds.
    pub fn now(&self) -> i64 {
        self.state().boot.anchor + self.clock.monotonic()
    }

    /// Ends the replica and gives its connection back.
    pub fn into_connection(self) -> Connection {
        self.store.into_connection()
    }

    /// A connection to read with: sees what was committed.
    ///
    /// # Errors
    /// [`Error::Closed`] while paused or closed.
    pub(crate) fn reader(&self) -> Result<MutexGuard<'_, Connection>> {
        self.gate.pass()?;
        Ok(self.store.reader())
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one write: everything that `act` does, the rows of what it touched, or nothing.
    pub(crate) fn write<T>(&self, act: impl FnOnce(&mut Session<'_>) -> Result<T>) -> Result<T> {
        self.gate.pass()?;
        let writer = self.store.writer();
        // Paused while it waited.
        self.gate.pass()?;
        self.transact(writer, act)
    }

    /// As [`Replica::write`], for the last write of a replica that lets nobody in any more.
    pub(crate) fn write_behind_gate<T>(
        &self,
        act: impl FnOnce(&mut Session<'_>) -> Result<T>,
    ) -> Result<T> {
        self.transact(self.store.writer(), act)
    }

    /// As [`Replica::write`], for a slice of long work: whoever waits goes first.
    pub(crate) fn write_slice<T>(
        &self,
        act: impl FnOnce(&mut Session<'_>) -> Result<T>,
    ) -> Result<T> {
        let writer = self.store.writer_when_idle();
        self.gate.pass()?;
        self.transact(writer, act)
    }

    fn transact<T>(
        &self,
        writer: MutexGuard<'_, Connection>,
        act: impl FnOnce(&mut Session<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut act = Some(act);
        let mut result = None;
        self.transact_once(writer, &mut |session| {
            let act = act.take().expect("an act runs once");
            result = Some(act(session)?);
            Ok(())
        })?;
        Ok(result.expect("what committed has run"))
    }

    /// [`Replica::transact`] for every write alike: phones carry this code once, not once a write.
    fn transact_once(
        &self,
        mut writer: MutexGuard<'_, Connection>,
        act: &mut dyn FnMut(&mut Session<'_>) -> Result<()>,
    ) -> Result<()> {
        let state = self.state();
        let mut state = ForgetUnlessDone {
            before: state.writer(),
            packs: &self.packs,
            state,
            done: false,
        };
        let tx = begin(&mut writer)?;
        let now = state.state.boot.anchor + self.clock.monotonic();
        let touched = {
            let State {
                directory,
                me,
                organisation,
                rng,
                counter,
                boot,
                opened,
                seen,
                boot_recorded,
            } = &mut *state.state;
            let mut session = Session {
                door: Door::new(&tx, directory, &self.packs),
                now,
                me,
                organisation,
                rng,
                boot: *boot,
                published: Vec::new(),
                counter,
                opened,
                seen,
                boot_recorded,
            };
            act(&mut session)?;
            let touched = session.door.settle()?;
            self.copies.append(&tx, &session.published)?;
            touched
        };
        tx.commit()?;
        state.done = true;
        drop(state);
        if !touched.is_empty() {
            self.changes.announce();
        }
        Ok(())
    }
}

/// Clears the caches when the transaction did not commit, a panic included.
struct ForgetUnlessDone<'a> {
    state: MutexGuard<'a, State>,
    before: Writer,
    packs: &'a Packs,
    done: bool,
}

impl Drop for ForgetUnlessDone<'_> {
    fn drop(&mut self) {
        if !self.done {
            let Self { state, before, .. } = self;
            state.forget(before);
            self.packs.forget();
        }
    }
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
        self.door.directory.clear();
        self.door.packs.forget();
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

/// Reads or makes what a process needs to know at its start, and notices a copied folder.
fn start(tx: &Connection, options: &Options, rng: &mut ChaCha20Rng) -> Result<State> {
    let organisation = meta::get_array::<32>(tx, Key::Organisation)?.map(PublicKey);
    let mut directory = Directory::default();
    let me = match (meta::get_array::<32>(tx, Key::OwnSecret)?, &organisation) {
        (Some(secret), Some(organisation)) => Some(read_me(
            tx,
            &mut directory,
            &KeyPair::from_secret(&secret),
            organisation,
        )?),
        _ => None,
    };
    match meta::get(tx, Key::Marker)? {
        None => meta::set(tx, Key::Marker, &options.marker)?,
        Some(marker) if marker == options.marker => {}
        Some(_) => {
            meta::set(tx, Key::Marker, &options.marker)?;
            if me.is_some() {
                meta::set(tx, Key::MustSucceed, b"restored")?;
            }
        }
    }
    // The counter jumps at every opening, so that two clones never give one id to two things.
    let floor = meta::get_array::<8>(tx, Key::Counter)?.map_or(0, u64::from_be_bytes);
    let used: Option<i64> = match &me {
        Some(me) => tx
            .query_row(
                "SELECT max(counter) FROM entry WHERE author = ?1",
                [me.author],
                |row| row.get(0),
            )
            .optional()?
            .flatten(),
        None => None,
    };
    let jump = 1 + u64::from(rng.next_u32());
    let counter = floor.max(used.map_or(0, counter)) + jump;
    meta::set(tx, Key::Counter, &counter.to_be_bytes())?;
    Ok(State {
        directory,
        me: me.map(Arc::new),
        organisation,
        rng: ChaCha20Rng::from_seed([0; 32]),
        counter,
        boot: boot(tx, options, rng)?,
        opened: BTreeMap::new(),
        seen: BTreeSet::new(),
        boot_recorded: false,
    })
}

/// The boot of this process: that of the last one while the operating system has not been started
/// anew since, else a new one.
fn boot(tx: &Connection, options: &Options, rng: &mut ChaCha20Rng) -> Result<OwnBoot> {
    let system = options.clock.boot();
    if let (Some(system), Some(kept)) = (system, meta::get_array::<32>(tx, Key::Boot)?)
        && kept[..16] == system
    {
        let mut id = [0; 8];
        id.copy_from_slice(&kept[16..24]);
        let mut anchor = [0; 8];
        anchor.copy_from_slice(&kept[24..]);
        return Ok(OwnBoot {
            id: BootId(id),
            anchor: i64::from_be_bytes(anchor),
        });
    }
    let mut id = [0; 8];
    rng.fill_bytes(&mut id);
    let anchor = options.clock.wall() - options.clock.monotonic();
    if let Some(system) = system {
        let kept = [system.as_slice(), &id, &anchor.to_be_bytes()].concat();
        meta::set(tx, Key::Boot, &kept)?;
    }
    Ok(OwnBoot {
        id: BootId(id),
        anchor,
    })
}

/// This replica's author, read from its row.
pub(crate) fn read_me(
    tx: &Connection,
    directory: &mut Directory,
    key: &KeyPair,
    organisation: &PublicKey,
) -> Result<Me> {
    let tag = key.public().tag();
    let corrupt = |what: &str| Error::store(StoreProblem::Corrupt, what);
    let author = directory
        .author_by_tag(tx, tag)?
        .ok_or_else(|| corrupt("the own author is not in its table"))?;
    let proof: Proof =
        minicbor::decode(&author.proof).map_err(|_| corrupt("the own proof does not decode"))?;
    let grant = proof
        .open(organisation)
        .map_err(|e| Error::store(StoreProblem::Corrupt, e))?;
    Ok(Me {
        author: author.id,
        tag,
        key: key.clone(),
        grant,
        proof,
    })
}

impl Replica {
    /// The role under which this replica writes, once it is enrolled.
    pub fn role(&self) -> Option<Role> {
        self.state().me.as_ref().map(|me| me.grant.role)
    }

    /// Who writes here and by which grant, once this replica is enrolled.
    ///
    /// # Errors
    /// [`Error::Closed`] while paused or closed.
    pub fn enrolled(&self) -> Result<Option<(AuthorTag, Grant)>> {
        self.gate.pass()?;
        let state = self.state();
        Ok(state.me.as_ref().map(|me| (me.tag, me.grant.clone())))
    }

    /// The tag of this replica's author, once it is enrolled.
    pub fn author(&self) -> Option<AuthorTag> {
        self.state().me.as_ref().map(|me| me.tag)
    }
}
