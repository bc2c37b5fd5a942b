//! Assets: what counts, what waits, what is owed, which label leads where.

use doorstep_model::entry::{
    Correction, Decision, Entry, Field, FieldSet, FieldValue, Outcome, Ruling, Service,
    ServiceKind, VisitOutcome,
};
use doorstep_model::ids::Identity;

use crate::project::testing::{
    NOON, Script, Who, World, bottle, check, is_a_set_function, verdict,
};

fn fault(code: &str) -> Outcome {
    Outcome::of_faults(vec![code.to_owned()])
}

#[test]
fn a_bottle_that_was_looked_at_shows_the_look_and_owes_the_next_one() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let bottle = script.bottle(house);
    let look = script.check(Who::Wang, bottle, NOON + 60, Outcome::Normal);
    let world = is_a_set_function(&script);
    assert_eq!(world.asset(bottle, "result"), "normal");
    assert_eq!(world.asset(bottle, "hex(counts)"), hex(look));
    assert_eq!(world.asset(bottle, "looked_on"), "20782");
    assert_eq!(
        world.asset(bottle, "due"),
        r#"{"closer_look":null,"look":"2026-12","scrap":"2030-05","service":"2025-05"}"#
    );
    assert_eq!(
        world.asset(bottle, "look_due"),
        (2026 * 12 + 11).to_string()
    );
    assert_eq!(world.asset(bottle, "work_due"), (2025 * 12 + 4).to_string());
    assert_eq!(world.codes(), "");
}

#[test]
fn two_who_disagree_wait_at_the_desk_until_it_names_both() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let bottle = script.bottle(house);
    let there = script.check(Who::Wang, bottle, NOON, Outcome::Normal);
    let gone = script.check(Who::Li, bottle, NOON + 600, Outcome::Missing);
    let waiting = is_a_set_function(&script);
    assert_eq!(
        waiting.asset(bottle, "result"),
        "missing",
        "the worse counts"
    );
    assert_eq!(waiting.asset(bottle, "waiting"), "1");
    let checks = waiting.text("SELECT checks FROM dispute");
    assert!(
        checks.contains(&there.to_string()) && checks.contains(&gone.to_string()),
        "{checks}"
    );

    let decision = Decision {
        names: vec![there, gone],
        outcome: Outcome::Normal,
        reason: None,
    };
    script.say(Who::Office, bottle, NOON + 7_200, decision);
    let settled = is_a_set_function(&script);
    assert_eq!(settled.asset(bottle, "result"), "normal");
    assert_eq!(settled.asset(bottle, "waiting"), "0");
    assert_eq!(settled.text("SELECT count(*) FROM dispute"), "0");
}

#[test]
fn a_volunteer_decides_nothing() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let bottle = script.bottle(house);
    let there = script.check(Who::Wang, bottle, NOON, Outcome::Normal);
    let gone = script.check(Who::Li, bottle, NOON + 600, Outcome::Missing);
    let decision = Decision {
        names: vec![there, gone],
        outcome: Outcome::Normal,
        reason: None,
    };
    script.say(Who::Zhao, bottle, NOON + 7_200, decision);
    let world = is_a_set_function(&script);
    assert_eq!(world.asset(bottle, "waiting"), "1");
    assert_eq!(world.codes(), "not_allowed");
}

#[test]
fn what_was_undone_before_sealing_was_never_written() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let bottle = script.bottle(house);
    script.check(Who::Wang, bottle, NOON, Outcome::Normal);
    let before = World::after(0, &script.said).sums();
    let slip = script.check(Who::Li, bottle, NOON + 60, Outcome::Missing);
    let added = script.make(
        Who::Li,
        NOON + 61,
        super::super::testing::bottle(house, Some("AAAA")),
    );
    let mut world = World::after(0, &script.said);
    assert_ne!(world.sums(), before);
    world.remove(slip);
    world.remove(added);
    assert_eq!(world.sums(), before);
    world.rebuild();
    assert_eq!(world.sums(), before);
}

#[test]
fn a_verdict_takes_a_check_out_of_the_rows_and_another_puts_it_back() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let bottle = script.bottle(house);
    script.check(Who::Wang, bottle, NOON, Outcome::Normal);
    let plain = World::after(0, &script.said).asset(bottle, "result");
    let gone = script.check(Who::Li, bottle, NOON + 9_000, Outcome::Missing);
    let word = script.say(Who::Office, gone, NOON + 10_000, verdict(Ruling::Held));
    let mut held = is_a_set_function(&script);
    assert_eq!(held.asset(bottle, "result"), plain);
    assert_eq!(held.looks(bottle), 1);
    held.remove(word);
    assert_eq!(held.asset(bottle, "result"), "missing", "nobody ruled");
    script.say(Who::Office, gone, NOON + 11_000, verdict(Ruling::Accepted));
    let accepted = is_a_set_function(&script);
    assert_eq!(accepted.asset(bottle, "result"), "missing");
}

#[test]
fn a_correction_takes_the_place_of_what_it_corrects() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let bottle = script.bottle(house);
    let look = script.check(Who::Wang, bottle, NOON, Outcome::Normal);
    let correction = Correction {
        of: look,
        outcome: fault("rust_third"),
        visit: None,
        reason: "another bottle".to_owned(),
    };
    script.say(Who::Wang, bottle, NOON + 86_400, correction);
    let world = is_a_set_function(&script);
    assert_eq!(world.asset(bottle, "result"), r#"["rust_third"]"#);
    assert_eq!(world.asset(bottle, "checked_at"), NOON.to_string());
}

#[test]
fn a_scrapped_bottle_owes_nothing() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let bottle = script.bottle(house);
    let scrap = Service {
        kind: ServiceKind::Scrapped,
        month: 2026 * 12 + 10,
        firm: None,
        note: None,
        successor: None,
    };
    script.say(Who::Office, bottle, NOON, scrap);
    let world = is_a_set_function(&script);
    assert_eq!(world.asset(bottle, "due"), "{}");
    assert_eq!(world.asset(bottle, "ended"), "2026-11");
    assert_eq!(world.asset(bottle, "services"), r#"[[2,"2026-11"]]"#);
}

#[test]
fn one_label_on_two_bottles_leads_to_both_and_a_disputed_one_from_either() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let one = script.make(Who::Office, NOON, bottle(house, Some("AAAAAAAA")));
    let other = script.make(Who::Wang, NOON, bottle(house, Some("AAAAAAAA")));
    let label = FieldSet {
        field: Field::Label,
        value: FieldValue::Text("BBBBBBBB".to_owned()),
    };
    script.say(Who::Li, other, NOON + 60, label);
    let world = is_a_set_function(&script);
    let bearing = "SELECT group_concat(hex(subject)) FROM \
                   (SELECT subject FROM label WHERE code = 'AAAAAAAA' ORDER BY subject)";
    let mut both = [hex(one), hex(other)];
    both.sort();
    assert_eq!(world.text(bearing), both.join(","));
    assert_eq!(
        world.text("SELECT count(*) FROM label WHERE code = 'BBBBBBBB'"),
        "1"
    );
    assert_eq!(world.asset(other, "disputed"), "2");
}

#[test]
fn a_check_of_a_bottle_that_nobody_made_is_shown_as_an_orphan() {
    let mut script = Script::default();
    let nobody = Identity::of_hash([9; 16]);
    script.check(Who::Wang, nobody, NOON, Outcome::Normal);
    let world = is_a_set_function(&script);
    assert_eq!(world.codes(), "orphan");
    assert_eq!(world.text("SELECT count(*) FROM asset"), "0");
}

#[test]
fn equal_origin_and_other_content_are_two_and_a_warning() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let bottle = script.bottle(house);
    let origin = script.check(Who::Wang, bottle, NOON, Outcome::Normal);
    let copy = Entry::new(check(Outcome::Normal), NOON).with_origin(origin);
    script.write(Who::Office, Some(bottle), copy);
    let same = is_a_set_function(&script);
    assert_eq!(same.looks(bottle), 1);
    assert_eq!(same.codes(), "");
    let other = Entry::new(check(Outcome::Missing), NOON + 9_000).with_origin(origin);
    script.write(Who::Office, Some(bottle), other);
    let world = is_a_set_function(&script);
    assert_eq!(world.looks(bottle), 2);
    assert_eq!(world.codes(), "clash");
}

/// Histories of several looks a day over weeks, by three people who often disagree.
#[test]
fn the_tail_of_a_long_history_gives_the_row_that_all_of_it_gives() {
    let outcomes = [
        Outcome::Normal,
        Outcome::Missing,
        fault("rust_third"),
        Outcome::Normal,
    ];
    let people = [Who::Wang, Who::Li, Who::Zhao];
    let mut relied = 0;
    for seed in 0..60u64 {
        let mut draw = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = |below: u64| {
            draw ^= draw << 13;
            draw ^= draw >> 7;
            draw ^= draw << 17;
            draw % below
        };
        let mut script = Script::default();
        let house = script.building("3号楼");
        let bottle = script.bottle(house);
        let mut time = NOON;
        for _ in 0..next(24) {
            time += [0, 600, 3_600, 3_601, 40_000, 86_400, 300_000, 900_000][next(8) as usize];
            let who = people[next(3) as usize];
            let look = script.check(who, bottle, time, outcomes[next(4) as usize].clone());
            match next(40) {
                0 => script.undo(who, bottle, time + 5, look),
                1 => script.say(Who::Office, look, time + 9, verdict(Ruling::Held)),
                _ => look,
            };
        }
        let mut world = World::new(0);
        world.take(&script.said);
        let (from_tail, from_all) = world.folds(bottle);
        if let Some(from_tail) = from_tail {
            relied += 1;
            assert_eq!(from_tail, from_all, "seed {seed}");
        }
    }
    assert!(relied > 20, "the tail was relied on {relied} times only");
}

#[test]
fn a_visit_is_no_look_and_a_look_is_no_visit() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let bottle = script.bottle(house);
    script.visit(Who::Wang, house, NOON, VisitOutcome::Answered);
    script.check(Who::Wang, bottle, NOON, Outcome::Normal);
    let world = is_a_set_function(&script);
    assert_eq!(world.of("place", house, "attempts"), "1");
    assert_eq!(world.looks(bottle), 1);
}

fn hex(id: Identity) -> String {
    data_encoding::HEXUPPER.encode(id.as_bytes())
}
