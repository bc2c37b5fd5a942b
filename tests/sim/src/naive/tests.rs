use super::*;
use crate::ledger::OFFICE;
use crate::script::{Script, Size};
use crate::world::World;

/// A small world after two good days.
fn world() -> World {
    let size = Size {
        areas: 1,
        phones: 3,
        days: 2,
        faults: false,
    };
    let script = Script::of(7, size);
    let mut world = World::new(&script).unwrap();
    for step in &script.steps {
        world.step(*step).unwrap();
    }
    world
}

/// What the second opinion says of a copy of the office's store in which somebody wrote.
fn after(world: &mut World, sql: &str) -> Checked<()> {
    let copy = world.office.copy().unwrap();
    let changed = copy.execute(sql, []).unwrap();
    assert!(changed > 0, "nothing to change: {sql}");
    world.naive.agrees(OFFICE, &copy)
}

#[test]
fn a_row_that_was_altered_by_hand_is_told() {
    let mut world = world();
    for (table, sql) in [
        (
            "asset",
            "UPDATE asset SET result = 'frozen' WHERE id = (SELECT max(id) FROM asset)",
        ),
        (
            "asset",
            "UPDATE asset SET looked_by = x'00' WHERE looked_by IS NOT NULL",
        ),
        (
            "asset",
            "UPDATE asset SET due = '{}', look_due = NULL WHERE look_due > 0",
        ),
        ("asset", "UPDATE asset SET waiting = waiting + 1"),
        (
            "asset",
            "DELETE FROM asset WHERE id = (SELECT min(id) FROM asset)",
        ),
        (
            "dispute",
            "INSERT INTO dispute SELECT id, 0, area, 0, '[]' FROM asset LIMIT 1",
        ),
        (
            "place",
            "UPDATE place SET attempts = attempts - 1 WHERE attempts > 0",
        ),
        ("place", "UPDATE place SET building = id"),
        (
            "label",
            "INSERT INTO label SELECT 'AAAAAAAA', id, area, 0 FROM asset LIMIT 1",
        ),
        ("matter", "UPDATE matter SET open = 1 - open"),
        (
            "matter",
            "UPDATE matter SET claims = '[]' WHERE claims <> '[]'",
        ),
        (
            "matter",
            "UPDATE matter SET deadline = 1 WHERE deadline > 1",
        ),
        ("asset", "UPDATE asset SET away = 1 - away"),
        (
            "asset",
            "UPDATE asset SET services = '[]' WHERE services <> '[]'",
        ),
        (
            "asset",
            "UPDATE asset SET factory = '2001-01' WHERE factory <> '2001-01'",
        ),
        ("handout", "UPDATE handout SET quantity = quantity + 1"),
        ("attendance", "DELETE FROM attendance"),
        ("handout_batch", "UPDATE handout_batch SET manner = 0"),
        ("person", "UPDATE person SET role = role + 1"),
        ("area_row", "DELETE FROM area_row"),
        ("time", "UPDATE entry SET time = time + 1 WHERE kind = 5"),
        ("standing", "UPDATE entry SET standing = 1 WHERE kind = 4"),
        ("extras", "UPDATE place SET extras = extras + 1"),
    ] {
        let told = after(&mut world, sql).expect_err(sql);
        assert_eq!(told.promise, Promise::Diverged, "{sql}");
        assert!(told.words.contains(table), "{sql}: {told}");
    }
}
