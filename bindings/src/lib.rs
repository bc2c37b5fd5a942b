//! The border to Kotlin, Swift and Python: the replica's facade in types that cross. Conversion only;
//! what a call means is the replica's. A call blocks its thread, and the layer of each language moves it
//! to a thread of its own; the one wait that takes no thread is [`changes`]. Nothing calls back into the
//! host.

pub mod acts;
pub mod changes;
mod crossing;
pub mod diagnosis;
pub mod error;
pub mod handle;
pub mod ids;
pub mod log;
pub mod screens;
pub mod sync;
pub mod terms;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod time;

uniffi::setup_scaffolding!("doorstep_ffi");
