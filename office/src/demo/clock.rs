//! Clocks that the demo holds: each stands until somebody moves it, and may be off. What time it is in
//! the demo is the almanac's.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use doorstep_replica::Clock;

/// The clock of one machine.
#[derive(Debug)]
pub(super) struct HeldClock {
    /// What time it really is, unix seconds.
    now: AtomicI64,
    /// What the machine shows is this much ahead.
    off: i64,
    /// When the machine was started, unix seconds.
    started: i64,
    /// The machine is never started again; programs on it are.
    boot: [u8; 16],
}

impl HeldClock {
    /// A machine that was started at this time and shows a time that is `off` seconds ahead.
    pub(super) fn new(started: i64, off: i64, boot: [u8; 16]) -> Arc<Self> {
        Arc::new(Self {
            now: AtomicI64::new(started),
            off,
            started,
            boot,
        })
    }

    /// A second machine that shows what this one shows and thinks it is the same boot: a copy of it.
    pub(super) fn copied(&self) -> Arc<Self> {
        Arc::new(Self {
            now: AtomicI64::new(self.now()),
            off: self.off,
            started: self.started,
            boot: self.boot,
        })
    }

    /// What time it really is there.
    pub(super) fn now(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    /// Goes on by so many seconds.
    pub(super) fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Goes on to this time; never back.
    pub(super) fn go_to(&self, time: i64) {
        self.now.fetch_max(time, Ordering::SeqCst);
    }
}

impl Clock for HeldClock {
    fn wall(&self) -> i64 {
        self.now() + self.off
    }

    fn monotonic(&self) -> i64 {
        self.now() - self.started
    }

    fn boot(&self) -> Option<[u8; 16]> {
        Some(self.boot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_stays_off_and_never_goes_back() {
        let clock = HeldClock::new(1_000, 86_400, [7; 16]);
        clock.pass(60);
        clock.go_to(500);
        assert_eq!(clock.now(), 1_060);
        assert_eq!(clock.wall(), 87_460);
        assert_eq!(clock.monotonic(), 60);
    }
}
