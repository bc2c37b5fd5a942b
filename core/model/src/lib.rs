//! Doorstep's pure model: the domain of inspections, entries and their merge, the vetting of what
//! others wrote, the wire format. No files, sockets, clocks or global randomness: the caller passes
//! `now` and a seeded generator, and the same inputs give the same bytes.

pub mod document;
pub mod entry;
pub mod feed;
pub mod grant;
pub mod ids;
pub mod keys;
pub mod report;
pub mod role;
pub mod segment;
pub mod wire;
