//! Running scripts: one, or many on all cores; what they showed, as one object.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::broken::{Broken, Promise};
use crate::faults::Faults;
use crate::script::Script;
use crate::world::World;

/// What one script showed.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The promise that broke, and at which step, counted from 0.
    pub broken: Option<(usize, Broken)>,
    /// What happened, in words.
    pub trace: Vec<String>,
    /// Device-days.
    pub device_days: u64,
    /// What went wrong on purpose.
    pub faults: Faults,
}

/// Runs a script to its end or to the first broken promise.
pub fn run(script: &Script) -> Outcome {
    let mut outcome = Outcome::default();
    let mut world = match guarded(|| World::new(script)) {
        Ok(world) => world,
        Err(broken) => {
            outcome.broken = Some((0, broken));
            return outcome;
        }
    };
    for (at, step) in script.steps.iter().enumerate() {
        if let Err(broken) = guarded(|| world.step(*step)) {
            outcome.broken = Some((at, broken));
            break;
        }
    }
    outcome.device_days = world.device_days();
    outcome.faults = std::mem::take(&mut world.faults);
    outcome.trace = std::mem::take(&mut world.trace);
    outcome
}

/// A panic is a broken promise like any other.
fn guarded<T>(act: impl FnOnce() -> Result<T, Broken>) -> Result<T, Broken> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        let words = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
            .unwrap_or_default();
        Err(Broken::new(Promise::Failed, format!("panic: {words}")))
    })
}

/// Runs the scripts of seeds on so many threads; `seen` hears of each as it ends, in no order. It says
/// whether to go on.
pub fn run_seeds(
    seeds: std::ops::Range<u64>,
    threads: usize,
    seen: impl FnMut(Script, Outcome) -> bool + Send,
) {
    let next = AtomicU64::new(seeds.start);
    let seen = Mutex::new(seen);
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let script = Script::of_seed(seed);
                    let outcome = run(&script);
                    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                    if !seen(script, outcome) {
                        next.store(seeds.end, Ordering::Relaxed);
                    }
                }
            });
        }
    });
}

/// What many scripts showed.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Scripts run, kept ones too.
    pub seeds: u64,
    /// Device-days in them: twenty taps and a contact each.
    pub device_days: u64,
    /// Seconds by the wall clock.
    pub wall_s: f64,
    /// Scripts that lost a record, or kept one from the office.
    pub lost: u64,
    /// Scripts that counted one twice.
    pub twice: u64,
    /// Scripts whose replicas differed.
    pub diverged: u64,
    /// Scripts that broke another promise.
    pub failed: u64,
    /// Faults seen, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    #[serde(skip)]
    all_faults: Faults,
}

impl Report {
    /// Adds what one script showed.
    pub fn add(&mut self, outcome: &Outcome) {
        self.seeds += 1;
        self.device_days += outcome.device_days;
        self.all_faults.add(&outcome.faults);
        self.faults = self.all_faults.by_name();
        match outcome.broken.as_ref().map(|(_, broken)| broken.promise) {
            None => {}
            Some(Promise::Lost) => self.lost += 1,
            Some(Promise::Twice) => self.twice += 1,
            Some(Promise::Diverged) => self.diverged += 1,
            Some(Promise::Receipt | Promise::Moved | Promise::Stuck | Promise::Failed) => {
                self.failed += 1;
            }
        }
    }

    /// Whether every zero is zero.
    pub fn is_clean(&self) -> bool {
        self.lost + self.twice + self.diverged + self.failed == 0
    }
}
