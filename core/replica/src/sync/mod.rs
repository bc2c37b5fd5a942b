//! Both halves of the sync protocol, sans-IO: [`office`] answers requests, [`phone`] makes them.
//! Messages are values; whoever embeds this performs them.

pub mod address;
pub(crate) mod answer;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod dated_tests;
pub(crate) mod epoch;
pub(crate) mod feed;
pub(crate) mod item;
pub(crate) mod judge;
pub(crate) mod new_epoch;
pub mod office;
pub mod peer;
pub mod phone;
pub(crate) mod proof;
pub(crate) mod succession;
pub(crate) mod take;
#[cfg(test)]
mod tests;

/// Most bytes of items in a reply, and of segments in a request, before compression: what a cut
/// loses at most.
pub const PIECE: usize = 60 * 1024;
