//! Doorstep's office: the transport that phones trust, the sync endpoint, the live page and the
//! command line. What a record means lives in `doorstep-model`, where it is kept in
//! `doorstep-replica`; nothing here decides either.

pub mod archive;
pub mod bureau;
pub mod cli;
pub mod demo;
pub mod desk;
pub mod hatch;
pub mod home;
pub mod import;
pub mod page;
mod report_cell;
pub mod roster;
pub mod serve;
pub mod transport;
