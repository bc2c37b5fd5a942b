//! Doorstep's replica: the SQLite store of a phone or an office, the one door for writes, the rows
//! projected from entries, and both halves of the sync protocol. No sockets: the host performs what
//! [`sync`](crate) asks for. The merge of facts is the model's.

#![allow(dead_code)]

mod clock;
mod directory;
mod door;
mod error;
mod project;
pub mod query;
mod store;

pub use clock::{Clock, SystemClock};
pub use error::{Error, Result, StoreProblem};
pub use project::{PackRefused, Packs, TableSum};
