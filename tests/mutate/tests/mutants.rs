//! A hundred thousand mutants do no harm, and take no memory to speak of.

use doorstep_mutate::{PEAK_MAX, run};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

#[test]
fn a_hundred_thousand_mutants_do_no_harm() {
    let outcome = run(100_000, 1, &MEMORY);
    assert_eq!(outcome.panics, 0, "{outcome:?}");
    assert_eq!(outcome.poisoned, 0, "{outcome:?}");
    assert_eq!(outcome.honest_refused, 0, "{outcome:?}");
    assert!(outcome.peak_extra_bytes <= PEAK_MAX, "{outcome:?}");

    // A suite that lets nothing through, or always trips over the same thing, proves nothing.
    assert_eq!(outcome.count, 100_000);
    assert!(outcome.let_through > 1_000, "{outcome:?}");
    assert!(outcome.refused.len() > 25, "{outcome:?}");
}
