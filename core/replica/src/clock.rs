//! Time as the host has it: the wall clock and a monotonic clock that counts sleep. The only module
//! that reads one; tests put a clock of their own in its place.

use std::time::{SystemTime, UNIX_EPOCH};

/// The host's clocks.
pub trait Clock: Send + Sync {
    /// Unix seconds as the wall clock has them, right or wrong.
    fn wall(&self) -> i64;

    /// Seconds since some start of this boot; counts while the device sleeps, never set back.
    fn monotonic(&self) -> i64;

    /// A name for this boot of the operating system, when it has one: the same after the process was
    /// ended and started again, another after a reboot.
    fn boot(&self) -> Option<[u8; 16]>;
}

/// The clocks of the machine this runs on.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

#[cfg(any(target_os = "linux", target_os = "android"))]
const COUNTS_SLEEP: rustix::time::ClockId = rustix::time::ClockId::Boottime;
// On Apple systems CLOCK_MONOTONIC counts sleep: it is mach_continuous_time.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const COUNTS_SLEEP: rustix::time::ClockId = rustix::time::ClockId::Monotonic;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the wall clock"
    )]
    fn wall(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
        }
    }

    fn monotonic(&self) -> i64 {
        rustix::time::clock_gettime(COUNTS_SLEEP).tv_sec
    }

    fn boot(&self) -> Option<[u8; 16]> {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let hex: String = text.trim().chars().filter(|c| *c != '-').collect();
        data_encoding::HEXLOWER
            .decode(hex.as_bytes())
            .ok()?
            .try_into()
            .ok()
    }
}
