//! A clock that stands until the test moves it, asleep or awake.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::time::SystemTime;

use doorstep_replica::Clock;

use crate::error::Result;
use crate::handle::alone;
use crate::time::{Moment, moment};

/// A phone's two clocks in the hands of a test.
#[derive(uniffi::Object)]
pub struct FakeClock {
    hands: Arc<Hands>,
}

pub(super) struct Hands {
    wall: AtomicI64,
    monotonic: AtomicI64,
    boot: AtomicU8,
}

#[uniffi::export]
impl FakeClock {
    /// A clock that shows this.
    #[uniffi::constructor]
    pub fn at(now: Moment) -> Result<Arc<Self>> {
        alone("FakeClock.at", (), |()| {
            Ok(Arc::new(Self {
                hands: Arc::new(Hands {
                    wall: AtomicI64::new(seconds(now)),
                    monotonic: AtomicI64::new(1_000),
                    boot: AtomicU8::new(1),
                }),
            }))
        })
    }

    /// What the wall clock shows.
    pub fn now(&self) -> Result<Moment> {
        Ok(moment(self.hands.wall.load(Ordering::SeqCst)))
    }

    /// Time passes, with the phone awake or asleep: both clocks count it.
    pub fn advance(&self, seconds: u32) -> Result<()> {
        self.hands.wall.fetch_add(seconds.into(), Ordering::SeqCst);
        self.hands
            .monotonic
            .fetch_add(seconds.into(), Ordering::SeqCst);
        Ok(())
    }

    /// Somebody sets the wall clock.
    pub fn set(&self, now: Moment) -> Result<()> {
        self.hands.wall.store(seconds(now), Ordering::SeqCst);
        Ok(())
    }

    /// The phone starts anew: the clock that counts sleep begins again.
    pub fn reboot(&self) -> Result<()> {
        self.hands.monotonic.store(0, Ordering::SeqCst);
        self.hands.boot.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

impl FakeClock {
    pub(super) fn hands(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.hands) as Arc<dyn Clock>
    }
}

impl Clock for Hands {
    fn wall(&self) -> i64 {
        self.wall.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> i64 {
        self.monotonic.load(Ordering::SeqCst)
    }

    fn boot(&self) -> Option<[u8; 16]> {
        Some([self.boot.load(Ordering::SeqCst); 16])
    }
}

fn seconds(moment: Moment) -> i64 {
    match moment.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
    }
}
