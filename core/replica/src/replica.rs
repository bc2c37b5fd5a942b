//! A replica in a process: its store, who writes in it, its boot and counters, and the one way to
//! open a transaction on it. What is written is decided elsewhere.

mod session;
mod start;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorstep_model::grant::{Grant, Proof};
use doorstep_model::ids::{AuthorTag, BootId, PersonId};
use doorstep_model::keys::{KeyPair, PublicKey};
use doorstep_model::role::Role;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rusqlite::Connection;

use crate::backup::Copies;
use crate::changes::ChangeFeed;
use crate::clock::Clock;
use crate::directory::Directory;
use crate::door::Door;
use crate::error::{Error, Result, StoreProblem};
use crate::life::Gate;
use crate::project::Packs;
use crate::store::{Place, Store, begin};

pub(crate) use session::Session;

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
            let state = start::start(&tx, &options, &mut rng)?;
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
        if touched {
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
