//! Makes a failing script short: drops steps, half of them at a time and fewer and fewer, while the same
//! promise still breaks. Each step means the same without the others, so what is left is the cause.

use crate::broken::Promise;
use crate::run::run;
use crate::script::{Script, Step};

/// Scripts that shrinking tries at most.
const TRIES_MAX: usize = 400;

/// The shortest script found that breaks the same promise.
pub fn shrink(script: &Script, promise: Promise) -> Script {
    shrink_with(script, TRIES_MAX, |script| {
        run(script)
            .broken
            .filter(|(_, broken)| broken.promise == promise)
            .map(|(at, _)| at)
    })
}

/// As [`shrink`]; `breaks` gives the step at which a script fails.
fn shrink_with(
    script: &Script,
    mut tries: usize,
    breaks: impl Fn(&Script) -> Option<usize>,
) -> Script {
    let mut shortest = script.clone();
    if let Some(at) = breaks(&shortest) {
        shortest.steps.truncate(at + 1);
    }
    let mut piece = shortest.steps.len() / 2;
    while piece > 0 && tries > 0 {
        let mut from = 0;
        while from < shortest.steps.len() && tries > 0 {
            tries -= 1;
            let shorter = Script {
                steps: without(&shortest.steps, from, piece),
                ..shortest.clone()
            };
            match breaks(&shorter) {
                Some(at) => {
                    shortest = shorter;
                    shortest.steps.truncate(at + 1);
                }
                None => from += piece,
            }
        }
        piece /= 2;
    }
    shortest
}

fn without(steps: &[Step], from: usize, count: usize) -> Vec<Step> {
    let until = (from + count).min(steps.len());
    [&steps[..from], &steps[until..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{Size, What};

    #[test]
    fn what_is_left_is_what_it_takes() {
        let size = Size {
            areas: 1,
            phones: 2,
            days: 1,
            faults: true,
        };
        let mut script = Script::of(1, size);
        script.steps = (0..100)
            .map(|at| Step {
                what: if at % 30 == 7 {
                    What::Revoke
                } else {
                    What::Taps
                },
                who: at,
                seed: 0,
            })
            .collect();
        // Breaks at the second revocation.
        let breaks = |script: &Script| {
            let mut revoked =
                (0..script.steps.len()).filter(|at| script.steps[*at].what == What::Revoke);
            revoked.nth(1)
        };
        let shortest = shrink_with(&script, 1_000, breaks);
        assert_eq!(shortest.steps.len(), 2);
        assert!(shortest.steps.iter().all(|step| step.what == What::Revoke));
    }
}
