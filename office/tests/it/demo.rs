//! The demo on a small street, played to its end: real phones, a real office, a link that cuts.

use doorstep_office::demo::{Outcome, Script, play};

const SMALL: Script = Script {
    seed: 1,
    phones: 4,
    days: 3,
    buildings: Some(4),
    silent: true,
    forget_a_segment: false,
};

fn outcome(script: &Script) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    play(script, folder.path()).unwrap().outcome
}

#[test]
fn nothing_is_lost_nothing_counts_twice_and_all_who_survive_agree() {
    let outcome = outcome(&SMALL);
    assert!(outcome.holds(), "{outcome:?}");
    assert!(outcome.made > 100, "{outcome:?}");
    assert_eq!(outcome.made, outcome.received + outcome.unsent);
    assert!(
        outcome.unsent > 0,
        "the lost phone had handed in all: {outcome:?}"
    );
    assert_eq!((outcome.replicas, outcome.agreeing), (4, 4), "{outcome:?}");
    assert!(outcome.contradictions > 0, "{outcome:?}");
    assert!(
        outcome.round_trips > 1 && outcome.bytes_per_phone > 1_000,
        "{outcome:?}"
    );
}

#[test]
fn the_same_seed_makes_the_same_records_and_another_seed_others() {
    let counted = |script: &Script| {
        let outcome = outcome(script);
        let Outcome {
            made,
            received,
            checksum,
            contradictions,
            held,
            ..
        } = outcome;
        (made, received, checksum, contradictions, held)
    };
    let first = counted(&SMALL);
    assert_eq!(first, counted(&SMALL));
    assert_ne!(first, counted(&Script { seed: 2, ..SMALL }));
}

#[test]
fn a_segment_that_the_office_had_not_kept_would_be_missed() {
    let outcome = outcome(&Script {
        forget_a_segment: true,
        ..SMALL
    });
    assert!(outcome.lost >= 1, "{outcome:?}");
    assert!(!outcome.holds());
}
