//! What several tests and the demo share. Nothing of the product but its demo may
//! depend on it, and nothing here
//! knows what a record is.

mod link;
mod weather;

pub use link::{CuttingProxy, Tally};
pub use weather::{Fate, Weather};
