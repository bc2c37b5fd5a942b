//! The border to Kotlin, Swift and Python: the replica's facade in types that cross. Conversion only;
//! what a call means is the replica's. No export is async: a call blocks its thread, and the layer of
//! each language moves it to a thread of its own. Nothing calls back into the host.

pub mod acts;
pub mod error;
pub mod handle;
pub mod ids;
pub mod screens;
pub mod sync;

uniffi::setup_scaffolding!("doorstep_ffi");
