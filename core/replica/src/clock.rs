//! Time as the host has it: the wall clock and a monotonic clock that counts sleep. The only module
//! that reads one; tests put a clock of their own in its place.

use std::time::{SystemTime, UNIX_EPOCH};

/// The host's clocks.
pub trait Clock: Send + Sync {
    /// Unix seconds as the wall clock has them, right or wrong.
    fn wall(&self) -> i64;

    /// Seconds since some start of this boot; counts while the device sleeps, never set back.
    fn monotonic(&self) -> i64;

    /// A name for this boot of the operating system, where it gives one (Linux and Android do, Apple does
    /// not): the same after the process was ended and started again, another after a reboot.
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

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::process::Command;

    use super::{Clock, SystemClock};

    /// Set where this test was started by itself, in a namespace with a clock of its own.
    const INSIDE: &str = "DOORSTEP_A_DAY_ASLEEP";

    const DAY: i64 = 86_400;

    /// A namespace whose boot time is a day ahead, as after a day of sleep, and whose monotonic time is not.
    fn a_day_asleep(as_user: &[&str]) -> Option<i64> {
        let output = Command::new("unshare")
            .args(as_user)
            .args(["--time", "--boottime", &DAY.to_string()])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "clock::tests::sleep_counts", "--nocapture"])
            .env(INSIDE, "1")
            .output()
            .ok()?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let (_, after) = told.split_once(INSIDE)?;
        after.split_whitespace().next()?.parse().ok()
    }

    #[test]
    #[expect(clippy::print_stdout, reason = "what the namespace tells")]
    fn sleep_counts() {
        let here = SystemClock.monotonic();
        if std::env::var_os(INSIDE).is_some() {
            println!("{INSIDE} {here}");
            return;
        }
        match a_day_asleep(&[]).or_else(|| a_day_asleep(&["--user", "--map-root-user"])) {
            Some(asleep) => assert!(
                (DAY..DAY + 600).contains(&(asleep - here)),
                "{here} {asleep}"
            ),
            None => println!("not tried: this system gives nobody a clock of their own"),
        }
    }

    #[test]
    fn the_system_names_its_boot() {
        let name = SystemClock.boot();
        assert!(name.is_some() && name == SystemClock.boot());
    }
}
