//! Who stands in a world: the office and its phones, each a process on a machine that can die and start
//! again. What they do is not here.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use doorstep_model::ids::{AreaId, PersonId};
use doorstep_replica::sync::office::Office;
use doorstep_replica::{Options, Place, Replica, Result};
use rusqlite::Connection;

use crate::broken::{Broken, Checked, Promise};
use crate::ledger::StoreName;
use crate::machine::{Machine, copy, unused};

/// What runs on a machine.
pub trait Process: Sized {
    /// Starts on a store.
    ///
    /// # Errors
    /// The store's.
    fn start(store: doorstep_replica::Store, options: Options) -> Result<Self>;

    /// The replica in it.
    fn replica(&self) -> &Replica;

    /// Ends it; the database stays.
    fn end(self) -> Connection;
}

impl Process for Replica {
    fn start(store: doorstep_replica::Store, options: Options) -> Result<Self> {
        Self::on(store, options)
    }

    fn replica(&self) -> &Replica {
        self
    }

    fn end(self) -> Connection {
        self.into_connection()
    }
}

impl Process for Office {
    fn start(store: doorstep_replica::Store, options: Options) -> Result<Self> {
        Self::on(Replica::on(store, options)?)
    }

    fn replica(&self) -> &Replica {
        Office::replica(self)
    }

    fn end(self) -> Connection {
        self.into_replica().into_connection()
    }
}

/// A machine with its process.
pub struct Site<P> {
    /// The machine.
    pub machine: Machine,
    process: Option<P>,
    /// Name of its store in the ledger.
    pub store: StoreName,
    /// A copy of its database from some time ago.
    pub backup: Option<Connection>,
}

impl<P: Process> Site<P> {
    /// A process on a database.
    ///
    /// # Errors
    /// The store's.
    pub fn new(mut machine: Machine, store: StoreName, database: Connection) -> Checked<Self> {
        let mounted = machine.mount(database)?;
        let options = machine.options();
        let process = P::start(mounted, options)?;
        Ok(Self {
            machine,
            process: Some(process),
            store,
            backup: None,
        })
    }

    /// The process.
    ///
    /// # Errors
    /// A site whose process did not start again has none.
    pub fn process(&self) -> Checked<&P> {
        self.process
            .as_ref()
            .ok_or_else(|| Broken::new(Promise::Failed, "the process did not start"))
    }

    /// A look into the store.
    ///
    /// # Errors
    /// As [`Site::process`], and what the look says.
    pub fn look<T>(&self, look: impl FnOnce(&Connection) -> Checked<T>) -> Checked<T> {
        let replica = self.process()?.replica();
        self.machine.switch.unnoticed(|| replica.inspect(look))
    }

    /// Calls into the process. A death on the way starts it again: `None` when the call did not return
    /// `Ok` because of it.
    ///
    /// # Errors
    /// An error that no death explains.
    pub fn call<T>(&mut self, call: impl FnOnce(&P) -> Result<T>) -> Checked<Option<T>> {
        let result = call(self.process()?);
        if !self.machine.switch.is_dead() {
            let named =
                |error| Broken::new(Promise::Failed, format!("store {}: {error:?}", self.store));
            return result.map(Some).map_err(named);
        }
        self.restart()?;
        Ok(result.ok())
    }

    /// Ends the process and starts it again on the same database.
    ///
    /// # Errors
    /// The store's.
    pub fn restart(&mut self) -> Checked<()> {
        let database = self.stop()?;
        self.begin(database)
    }

    /// Keeps a copy of the database.
    ///
    /// # Errors
    /// The store's.
    pub fn back_up(&mut self) -> Checked<()> {
        self.backup = Some(self.copy()?);
        Ok(())
    }

    /// A copy of the database as it is now.
    ///
    /// # Errors
    /// The store's.
    pub fn copy(&self) -> Checked<Connection> {
        self.look(|connection| Ok(copy(connection)?))
    }

    /// Puts the backup back, if there is one. Returns whether.
    ///
    /// # Errors
    /// The store's.
    pub fn put_back(&mut self) -> Checked<bool> {
        let Some(backup) = &self.backup else {
            return Ok(false);
        };
        let database = copy(backup)?;
        drop(self.stop()?);
        self.begin(database)?;
        Ok(true)
    }

    fn stop(&mut self) -> Checked<Connection> {
        self.process()?;
        match self.process.take() {
            Some(process) => Ok(process.end()),
            None => Err(Broken::new(Promise::Failed, "the process did not start")),
        }
    }

    fn begin(&mut self, database: Connection) -> Checked<()> {
        let mounted = self.machine.mount(database)?;
        let options = self.machine.options();
        self.process = Some(P::start(mounted, options)?);
        Ok(())
    }
}

/// The office of a world.
pub type Desk = Site<Office>;

/// A phone with the people who use it.
pub struct Phone {
    /// Where its replica runs.
    pub site: Site<Replica>,
    /// The area it works in.
    pub area: AreaId,
    /// Who acts on it.
    pub persons: Vec<PersonId>,
    /// Not any more: lost, and nobody will see it again.
    pub lost: bool,
    /// The office has a reason to let it read nothing: its author is revoked, came by a late
    /// invitation, or may be the second to go on from one author.
    pub doubtful: bool,
    /// What the office said of it at its last contact, when it lets it only push.
    pub limited: Option<&'static str>,
    /// Taps since the world began.
    pub taps: u64,
    /// Contacts since the world began.
    pub contacts: u64,
}

impl Phone {
    /// The office lets it only push, and has a reason to.
    pub fn reads_nothing(&self) -> bool {
        self.doubtful && self.limited.is_some()
    }
}

/// Makes a new organisation with its office.
///
/// # Errors
/// The store's.
pub fn found_office(world: &Arc<AtomicI64>, seed: u64) -> Checked<Desk> {
    let mut machine = Machine::new(world, 0, seed);
    let options = machine.options();
    debug_assert!(matches!(options.place, Place::Memory));
    let created = Office::create(options)?;
    Site::new(machine, crate::ledger::OFFICE, created.end())
}

/// A phone that nobody has used.
///
/// # Errors
/// The store's.
pub fn new_phone(
    world: &Arc<AtomicI64>,
    store: StoreName,
    seed: u64,
    area: AreaId,
    persons: Vec<PersonId>,
) -> Checked<Phone> {
    let machine = Machine::new(world, store as u64, seed);
    Ok(Phone {
        site: Site::new(machine, store, unused()?)?,
        area,
        persons,
        lost: false,
        doubtful: false,
        limited: None,
        taps: 0,
        contacts: 0,
    })
}
