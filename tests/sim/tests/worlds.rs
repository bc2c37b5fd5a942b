//! Hundreds of worlds on every test run: what once broke, and the first seeds.

use doorstep_sim::regress;
use doorstep_sim::run::{Outcome, run, run_seeds};
use doorstep_sim::script::Script;

const SEEDS: u64 = 300;

fn must_hold(name: &str, script: &Script, outcome: &Outcome) {
    if let Some((at, broken)) = &outcome.broken {
        panic!(
            "{name}, step {at} of {}: {broken}\n{}",
            script.steps.len(),
            outcome.trace.join("\n")
        );
    }
}

#[test]
fn what_once_broke_holds() {
    for (file, script) in regress::kept(&regress::folder()).unwrap() {
        must_hold(&file, &script, &run(&script));
    }
}

#[test]
fn every_promise_holds_in_every_world() {
    let mut failed = None;
    run_seeds(0..SEEDS, 2, |script, outcome| {
        if outcome.broken.is_some() && failed.is_none() {
            failed = Some((script, outcome));
        }
        failed.is_none()
    });
    if let Some((script, outcome)) = failed {
        must_hold(&format!("seed {}", script.seed), &script, &outcome);
    }
}

#[test]
fn one_seed_is_one_world() {
    let script = Script::of_seed(7);
    let (one, other) = (run(&script), run(&script));
    assert_eq!(one.trace, other.trace);
    assert_eq!(one.device_days, other.device_days);
    assert_eq!(one.faults, other.faults);
}
