//! The demo: the main job on the data of one real street, on one machine, and the count that shows
//! whether anything was lost. It only calls what phones and office call; no rule of the product may
//! live here.
//!
//! ```text
//! town, crew, quarrel   what is there, who works, what happens     pure, by seed
//! headquarters, device  a real office and real phones, in folders, with clocks that are held
//! month                 the taps of a month, each in its phone's ledger
//! audit, outcome        ledgers held against the office's bytes, and the object that says so
//! lines                 counted beside reported
//! ```

mod almanac;
mod audit;
mod clock;
mod crew;
mod device;
mod dice;
mod headquarters;
mod ledger;
mod lines;
mod link;
mod meter;
mod month;
mod outcome;
mod quarrel;
mod stage;
mod town;
mod trouble;
mod weather;

pub use lines::Lines;
pub use link::{CuttingProxy, Tally};
pub use outcome::Outcome;
pub use stage::{Played, Script, play};
pub use trouble::DemoError;
pub use weather::{Fate, Weather};

pub(crate) use crate::home;

use std::sync::{Mutex, MutexGuard, PoisonError};

use doorstep_model::ids::AreaId;
use doorstep_replica::Replica;

/// What these locks guard is whole after every statement, whoever panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Every area that a replica holds, the organisation's own too, in order.
fn areas_of(replica: &Replica) -> Result<Vec<AreaId>, DemoError> {
    let mut areas = replica.areas()?;
    areas.push(AreaId::organisation());
    areas.sort();
    Ok(areas)
}
