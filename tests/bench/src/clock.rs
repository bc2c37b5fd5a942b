//! The clocks of the benchmarks: one that stands until it is moved, so that data of years can be made
//! in seconds and bytes do not depend on when they were measured; and readings of time spent.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use doorstep_replica::Clock;
use rustix::time::{ClockId, clock_gettime};

/// 2026-11-25 12:00 at +08:00: when everything here happens.
pub(crate) const NOON: i64 = 1_795_579_200;

/// A clock that moves only when it is told to.
#[derive(Debug)]
pub(crate) struct Standing(AtomicI64);

impl Standing {
    pub(crate) fn at(wall: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(wall)))
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for Standing {
    fn wall(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> i64 {
        self.wall() - NOON
    }

    fn boot(&self) -> Option<[u8; 16]> {
        None
    }
}

fn reading(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// CPU that this thread spends on something, seconds.
pub(crate) fn spent(act: impl FnOnce()) -> f64 {
    let before = reading(ClockId::ThreadCPUTime);
    act();
    (reading(ClockId::ThreadCPUTime) - before).as_secs_f64()
}

/// Time that something takes, seconds.
pub(crate) fn passed(act: impl FnOnce()) -> f64 {
    let before = now();
    act();
    now() - before
}

/// Seconds by a clock that only goes forward.
pub(crate) fn now() -> f64 {
    reading(ClockId::Monotonic).as_secs_f64()
}

/// CPU of this process so far, all threads, seconds.
pub(crate) fn process_cpu() -> f64 {
    reading(ClockId::ProcessCPUTime).as_secs_f64()
}

/// The value below which this share of the values lies.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values
        .get((last as f64 * share).round() as usize)
        .copied()
        .unwrap_or(0.0)
}

/// The median.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    quantile(values, 0.5)
}
