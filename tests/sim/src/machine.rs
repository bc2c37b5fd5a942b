//! A machine that can die: a database in memory, a switch that ends the process between any two calls
//! into its store, clocks that can be wrong. What runs on it is not known here.

use std::cell::OnceCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use doorstep_replica::{Clock, Options, Place, Result, Store};
use rusqlite::Connection;
use rusqlite::backup::Backup;

use crate::dice::Dice;

/// Steps of SQLite's machine between two looks at the switch.
const TICK: i32 = 40;

/// Pages that one step of a copy takes: all of them.
const ALL_PAGES: i32 = -1;

/// When a process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// Instead of this commit, counted from 1: nothing of its transaction stays.
    BeforeCommit(i64),
    /// After this commit: whatever it would have done next does not happen.
    AfterCommit(i64),
    /// In the middle of some statement.
    AtTick(i64),
}

/// Ends a process from inside its database: armed, it counts commits or ticks, and once it has gone off
/// nothing works until the machine starts again.
#[derive(Debug, Default)]
pub struct Switch {
    armed: AtomicBool,
    commits: AtomicI64,
    after: AtomicBool,
    ticks: AtomicI64,
    dead: AtomicBool,
    deaths: AtomicU64,
}

impl Switch {
    /// How often it has gone off.
    pub fn deaths(&self) -> u64 {
        self.deaths.load(Ordering::SeqCst)
    }

    fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.deaths.fetch_add(1, Ordering::SeqCst);
    }

    /// Sets the moment of death.
    pub fn arm(&self, death: Death) {
        let (commits, after, ticks) = match death {
            Death::BeforeCommit(n) => (n, false, i64::MAX),
            Death::AfterCommit(n) => (n, true, i64::MAX),
            Death::AtTick(n) => (i64::MAX, false, n),
        };
        self.commits.store(commits, Ordering::SeqCst);
        self.after.store(after, Ordering::SeqCst);
        self.ticks.store(ticks, Ordering::SeqCst);
        self.armed.store(true, Ordering::SeqCst);
    }

    /// Takes the arming back, and a death too.
    pub fn reset(&self) {
        self.armed.store(false, Ordering::SeqCst);
        self.dead.store(false, Ordering::SeqCst);
    }

    /// Does something that counts for nothing: a look of the simulator, not of the process.
    pub fn unnoticed<T>(&self, look: impl FnOnce() -> T) -> T {
        let armed = self.armed.swap(false, Ordering::SeqCst);
        let seen = look();
        self.armed.store(armed, Ordering::SeqCst);
        seen
    }

    /// Whether the process has died.
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Whether this commit must not happen.
    fn refuses_commit(&self) -> bool {
        if self.is_dead() {
            return true;
        }
        if !self.armed.load(Ordering::SeqCst) || self.commits.fetch_sub(1, Ordering::SeqCst) != 1 {
            return false;
        }
        self.die();
        !self.after.load(Ordering::SeqCst)
    }

    /// Whether the statement that runs must stop.
    fn stops(&self) -> bool {
        if self.is_dead() {
            return true;
        }
        let gone_off =
            self.armed.load(Ordering::SeqCst) && self.ticks.fetch_sub(1, Ordering::SeqCst) == 1;
        if gone_off {
            self.die();
        }
        gone_off
    }
}

/// The clocks of one machine beside the world's true time.
#[derive(Debug)]
pub struct Clocks {
    world: Arc<AtomicI64>,
    machine: u64,
    /// Wall clock minus true time, seconds.
    off: AtomicI64,
    started: AtomicI64,
    boot: AtomicU64,
}

impl Clocks {
    fn new(world: Arc<AtomicI64>, machine: u64) -> Self {
        let started = AtomicI64::new(world.load(Ordering::SeqCst));
        Self {
            world,
            machine,
            off: AtomicI64::new(0),
            started,
            boot: AtomicU64::new(1),
        }
    }

    /// Sets the wall clock wrong by so many seconds.
    pub fn set_off(&self, seconds: i64) {
        self.off.store(seconds, Ordering::SeqCst);
    }

    /// Starts the operating system again.
    pub fn reboot(&self) {
        self.boot.fetch_add(1, Ordering::SeqCst);
        self.started
            .store(self.world.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

impl Clock for Clocks {
    fn wall(&self) -> i64 {
        self.world.load(Ordering::SeqCst) + self.off.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> i64 {
        self.world.load(Ordering::SeqCst) - self.started.load(Ordering::SeqCst)
    }

    fn boot(&self) -> Option<[u8; 16]> {
        let mut name = [0; 16];
        name[..8].copy_from_slice(&self.machine.to_be_bytes());
        name[8..].copy_from_slice(&self.boot.load(Ordering::SeqCst).to_be_bytes());
        Some(name)
    }
}

/// One machine.
pub struct Machine {
    /// Its clocks.
    pub clocks: Arc<Clocks>,
    /// What ends its process.
    pub switch: Arc<Switch>,
    /// The installation marker that its host keeps.
    pub marker: Vec<u8>,
    dice: Dice,
}

impl Machine {
    /// A machine with this number in the world.
    pub fn new(world: &Arc<AtomicI64>, number: u64, seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        Self {
            clocks: Arc::new(Clocks::new(Arc::clone(world), number)),
            switch: Arc::default(),
            marker: dice.seed().to_vec(),
            dice,
        }
    }

    /// Gives the host another marker.
    pub fn change_marker(&mut self) {
        self.marker = self.dice.seed().to_vec();
    }

    /// A store on this database whose process the switch can end.
    ///
    /// # Errors
    /// The store's.
    pub fn mount(&self, mut connection: Connection) -> Result<Store> {
        self.switch.reset();
        if !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK")?;
        }
        let (at_commit, at_tick) = (Arc::clone(&self.switch), Arc::clone(&self.switch));
        connection.commit_hook(Some(move || at_commit.refuses_commit()))?;
        connection.progress_handler(TICK, Some(move || at_tick.stops()))?;
        Store::from_connection(connection)
    }

    /// How the next process opens the store.
    pub fn options(&mut self) -> Options {
        Options {
            place: Place::Memory,
            key: None,
            marker: self.marker.clone(),
            clock: Arc::clone(&self.clocks) as Arc<dyn Clock>,
            seed: Some(self.dice.seed()),
        }
    }
}

thread_local! {
    /// A store that nobody has used: its tables are made once, and copied for every new machine.
    static UNUSED: OnceCell<Connection> = const { OnceCell::new() };
}

/// The database of a store that nobody has used.
///
/// # Errors
/// The store's.
pub fn unused() -> Result<Connection> {
    UNUSED.with(|unused| match unused.get() {
        Some(unused) => copy(unused),
        None => {
            let made = Store::from_connection(empty()?)?.into_connection();
            copy(unused.get_or_init(|| made))
        }
    })
}

fn empty() -> Result<Connection> {
    let connection = Connection::open_in_memory()?;
    // There is no disk to wait for.
    connection.pragma_update(None, "synchronous", "OFF")?;
    Ok(connection)
}

/// A copy of a database as it is now.
///
/// # Errors
/// The store's.
pub fn copy(from: &Connection) -> Result<Connection> {
    let mut to = empty()?;
    Backup::new(from, &mut to)?.step(ALL_PAGES)?;
    Ok(to)
}
