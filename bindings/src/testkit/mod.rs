//! What tests in every language stand on, and no app has: a clock that the test moves, stores in memory,
//! an office and a street to work in, a link that loses, a count of what lives, a record of what
//! crossed. Built only with the feature `testkit`.

mod clock;
mod link;
pub(crate) mod recorder;
mod sample;
mod street;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use doorstep_replica::{Options, Place};

use crate::error::Result;
use crate::handle::{Doorstep, database_key};

pub use clock::FakeClock;
pub use link::FakeLink;
pub use sample::{Sample, sample};
pub use street::{DemoOffice, DemoStreet};

static LIVE: AtomicI64 = AtomicI64::new(0);

/// One live object of the core: made and dropped with it.
pub(crate) struct Counted(());

impl Counted {
    pub(crate) fn new() -> Self {
        LIVE.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Opens a replica with a clock of the test's: in `folder`, or in memory, gone when it is closed. The
/// same seed gives the same ids.
#[uniffi::export]
pub fn open_for_test(
    folder: Option<String>,
    key: Option<Vec<u8>>,
    marker: Vec<u8>,
    clock: Arc<FakeClock>,
    seed: Option<u64>,
) -> Result<Arc<Doorstep>> {
    Doorstep::of(Options {
        place: folder.map_or(Place::Memory, |folder| Place::Folder(folder.into())),
        key: key.as_deref().map(database_key).transpose()?,
        marker,
        clock: clock.hands(),
        seed: seed.map(seed_bytes),
    })
}

/// Core objects that live in this process: replicas, exchanges, streams.
#[uniffi::export]
pub fn live_objects() -> i64 {
    LIVE.load(Ordering::SeqCst)
}

/// Everything that crossed in this process so far: exports as `Type.function`, fields and variants as
/// `Type.name`, error codes as `code x.y`.
#[uniffi::export]
pub fn crossed() -> Vec<String> {
    recorder::crossed()
}

/// From now on values of this type, or the answer of this export, cross wrongly; nothing again does.
/// Tests that notice nothing test nothing.
#[uniffi::export]
pub fn break_on_purpose(name: Option<String>) {
    recorder::break_on_purpose(name);
}

/// Panics inside a call.
#[uniffi::export]
pub fn panic_in_a_call() -> Result<()> {
    crate::handle::alone("panic_in_a_call", (), |()| panic!("asked for"))
}

fn seed_bytes(seed: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    bytes
}
