//! Doorstep's pure model: the domain of inspections, entries and their merge, the vetting of what
//! others wrote, the wire format. No files, sockets, clocks or global randomness: the caller passes
//! `now` and a seeded generator, and the same inputs give the same bytes.

pub mod allowance;
pub mod baseline;
pub mod bundle;
pub mod calendar;
pub mod change;
pub mod chunks;
pub mod document;
pub mod due;
pub mod entry;
pub mod explain;
pub mod facts;
pub mod feed;
pub mod grant;
pub mod ids;
pub mod keys;
pub mod label;
#[cfg(feature = "documents")]
pub mod materialise;
pub mod message;
pub mod pack;
pub mod peer;
pub mod report;
pub mod role;
pub mod segment;
pub mod time;
pub mod vet;
pub mod wire;
