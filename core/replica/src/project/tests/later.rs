//! What is later than all before it is written over the row that stands, and gives the row that the
//! folds give.

use doorstep_model::entry::{Correction, Outcome, Ruling, VisitOutcome};
use doorstep_model::ids::Identity;

use crate::project::testing::{NOON, Script, Who, World, verdict};

const DAY: i64 = 86_400;

/// A world that knows this much of a bottle and a door, each with a column that no look changes set to
/// what no entry says: whatever computes the row anew sets it right.
struct Marked {
    world: World,
    script: Script,
    bottle: Identity,
    door: Identity,
    /// What the columns really say.
    size: String,
    state: String,
}

impl Marked {
    fn with(story: impl FnOnce(&mut Script, Identity, Identity)) -> Self {
        let mut script = Script::default();
        let door = script.building("3号楼");
        let bottle = script.bottle(door);
        story(&mut script, bottle, door);
        let mut world = World::new(0);
        world.take(&script.said);
        let (size, state) = (
            world.asset(bottle, "size"),
            world.of("place", door, "state"),
        );
        for sql in [
            "UPDATE asset SET size = 'nobody said so'",
            "UPDATE place SET state = 'nobody said so'",
        ] {
            world.connection().execute(sql, []).expect("a column");
        }
        Self {
            world,
            script,
            bottle,
            door,
            size,
            state,
        }
    }

    /// Takes what the story goes on with. Returns whether the bottle's row, and the door's, was only
    /// written over.
    fn goes_on(&mut self, story: impl FnOnce(&mut Script, Identity, Identity)) -> (bool, bool) {
        let from = self.script.said.len();
        story(&mut self.script, self.bottle, self.door);
        self.world.take(&self.script.said[from..]);
        let only_written_over = (
            self.world.asset(self.bottle, "size") == "nobody said so",
            self.world.of("place", self.door, "state") == "nobody said so",
        );
        let right = World::after(0, &self.script.said).sums();
        for (sql, value) in [
            ("UPDATE asset SET size = nullif(?1, '')", &self.size),
            ("UPDATE place SET state = nullif(?1, '')", &self.state),
        ] {
            let connection = self.world.connection();
            connection.execute(sql, [value]).expect("a column");
        }
        assert!(self.world.sums() == right, "as told one by one");
        self.world.rebuild();
        assert!(self.world.sums() == right, "as computed anew");
        only_written_over
    }
}

fn missing(script: &mut Script, bottle: Identity, time: i64) -> Identity {
    script.check(Who::Li, bottle, time, Outcome::Missing)
}

#[test]
fn a_look_and_a_visit_a_month_later_read_nothing_but_the_row() {
    let mut marked = Marked::with(|script, bottle, door| {
        script.check(Who::Wang, bottle, NOON, Outcome::Normal);
        script.visit(Who::Wang, door, NOON, VisitOutcome::Absent);
    });
    let only_written_over = marked.goes_on(|script, bottle, door| {
        missing(script, bottle, NOON + 30 * DAY);
        script.visit(Who::Li, door, NOON + 30 * DAY, VisitOutcome::Answered);
    });
    assert_eq!(only_written_over, (true, true));
    assert_eq!(marked.world.asset(marked.bottle, "result"), "missing");
    assert_eq!(marked.world.of("place", marked.door, "attempts"), "2");
}

#[test]
fn the_first_look_and_the_first_visit_too() {
    let mut marked = Marked::with(|_, _, _| {});
    let only_written_over = marked.goes_on(|script, bottle, door| {
        missing(script, bottle, NOON);
        script.visit(Who::Li, door, NOON, VisitOutcome::Refused);
    });
    assert_eq!(only_written_over, (true, true));
}

#[test]
fn what_may_be_in_dispute_or_is_not_the_last_is_left_to_the_folds() {
    let looked = |script: &mut Script, bottle, door| {
        script.check(Who::Wang, bottle, NOON, Outcome::Normal);
        script.visit(Who::Wang, door, NOON, VisitOutcome::Absent);
    };
    // The next day: no day lies between the looks. A visit is later by a second.
    let next = Marked::with(looked).goes_on(|script, bottle, door| {
        missing(script, bottle, NOON + DAY);
        script.visit(Who::Li, door, NOON + 1, VisitOutcome::Answered);
    });
    assert_eq!(next, (false, true));
    let before = Marked::with(looked).goes_on(|script, bottle, door| {
        missing(script, bottle, NOON - 30 * DAY);
        script.visit(Who::Li, door, NOON, VisitOutcome::Answered);
    });
    assert_eq!(before, (false, false));
    // Two at once are not one.
    let two = Marked::with(looked).goes_on(|script, bottle, door| {
        missing(script, bottle, NOON + 30 * DAY);
        script.check(Who::Zhao, bottle, NOON + 30 * DAY + 9, Outcome::Normal);
        script.visit(Who::Li, door, NOON + DAY, VisitOutcome::Answered);
        script.visit(Who::Li, door, NOON + DAY + 9, VisitOutcome::Refused);
    });
    assert_eq!(two, (false, false));
}

#[test]
fn where_an_entry_may_speak_of_others_the_folds_decide() {
    let later = |script: &mut Script, bottle, door| {
        missing(script, bottle, NOON + 30 * DAY);
        script.visit(Who::Li, door, NOON + 30 * DAY, VisitOutcome::Answered);
    };
    let undone = Marked::with(|script, bottle, door| {
        let look = script.check(Who::Wang, bottle, NOON, Outcome::Normal);
        script.undo(Who::Wang, bottle, NOON + 5, look);
        let visit = script.visit(Who::Wang, door, NOON, VisitOutcome::Absent);
        script.undo(Who::Wang, door, NOON + 5, visit);
    })
    .goes_on(later);
    assert_eq!(undone, (false, false));
    // A correction of something that has not come.
    let corrected = Marked::with(|script, bottle, _| {
        let of = Identity::of_entry(Who::Li.tag(), u64::MAX >> 1);
        let correction = Correction {
            of,
            outcome: Outcome::Normal,
            visit: None,
            reason: String::new(),
        };
        script.say(Who::Li, bottle, NOON, correction);
    })
    .goes_on(later);
    assert_eq!(corrected, (false, true));
}

#[test]
fn a_look_that_is_held_is_in_nobodys_way() {
    let mut marked = Marked::with(|script, bottle, _| {
        script.check(Who::Wang, bottle, NOON, Outcome::Normal);
        let look = missing(script, bottle, NOON + 60 * DAY);
        script.say(Who::Office, look, NOON + 61 * DAY, verdict(Ruling::Held));
    });
    let (bottle, _) = marked.goes_on(|script, bottle, _| {
        missing(script, bottle, NOON + 30 * DAY);
    });
    assert!(bottle, "a look that is held counts for nothing");
    assert_eq!(marked.world.asset(marked.bottle, "looked_on"), "20812");
}

/// Many looks and visits by three people, told in an order of their own.
#[test]
fn any_history_gives_the_rows_that_the_folds_give() {
    let people = [Who::Wang, Who::Li, Who::Zhao];
    for seed in 1..120u64 {
        let mut draw = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = |below: u64| {
            draw ^= draw << 13;
            draw ^= draw >> 7;
            draw ^= draw << 17;
            draw % below
        };
        let mut script = Script::default();
        let door = script.building("3号楼");
        let bottle = script.bottle(door);
        let made = script.said.len();
        for _ in 0..next(12) {
            let time = NOON + DAY * next(20) as i64 + 1_800 * next(48) as i64;
            let who = people[next(3) as usize];
            if next(2) == 0 {
                let outcome = [Outcome::Normal, Outcome::Missing][next(2) as usize].clone();
                let look = script.check(who, bottle, time, outcome);
                match next(12) {
                    0 => _ = script.undo(who, bottle, time + 5, look),
                    1 => _ = script.say(Who::Office, look, time, verdict(Ruling::Held)),
                    _ => {}
                }
            } else {
                let outcome = [VisitOutcome::Absent, VisitOutcome::Answered][next(2) as usize];
                script.visit(who, door, time, outcome);
            }
        }
        for at in (made + 1..script.said.len()).rev() {
            script
                .said
                .swap(at, made + next((at - made) as u64) as usize);
        }
        let mut world = World::after(0, &script.said);
        let written_over = world.sums();
        world.rebuild();
        assert!(written_over == world.sums(), "seed {seed}");
    }
}
