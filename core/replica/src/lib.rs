//! Doorstep's replica: the SQLite store of a phone or an office, the one door for writes, the rows
//! projected from entries, and both halves of the sync protocol. No sockets: the host performs what
//! [`sync`](crate) asks for. The merge of facts is the model's.

#![allow(dead_code)]

pub mod act;
mod baseline;
mod changes;
mod clock;
mod compact;
mod directory;
mod door;
mod error;
mod ingest;
mod meta;
mod project;
pub mod query;
mod replica;
mod seal;
mod store;
pub mod sync;
#[cfg(feature = "testing")]
pub mod testing;

pub use clock::{Clock, SystemClock};
pub use error::{Error, Result, StoreProblem};
pub use project::{PackRefused, Packs, TableSum};
pub use replica::{Options, Replica};
pub use store::{Place, Store};
