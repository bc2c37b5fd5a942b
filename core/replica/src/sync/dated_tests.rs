//! An arrival that is proved after its segment had come, or before: the office's last word holds.

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Dated, Entry, SegmentName};

use crate::replica::{Replica, Session};
use crate::world::{MORNING, World, checksum, committee, go_through};

/// Times of all looks and visits.
fn times(replica: &Replica) -> Vec<i64> {
    let tx = replica.store.reader();
    let mut select = tx
        .prepare("SELECT time FROM entry WHERE kind IN (4, 5) ORDER BY counter")
        .unwrap();
    select
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap()
}

#[test]
fn a_proved_arrival_holds_whether_it_comes_before_or_after_its_segment() {
    let told = |before: bool| {
        let world = World::new();
        let building = world.build("3号楼", 2, 1);
        let (phone, other) = (world.phone(2), world.phone(3));
        go_through(&phone, &world.clock, &building, 20_788);
        let author = phone.author().unwrap();
        let date = |received_at| {
            let dated = Dated {
                // The first one introduces the phone.
                segment: SegmentName { author, n: 2 },
                received_at,
                shifts: vec![0],
            };
            let say = |session: &mut Session<'_>| {
                let entry = Entry::new(dated, session.now);
                let subject = committee().subject();
                session.put(&committee(), &DocumentName::Desk, subject, &entry)
            };
            world.office.write(say).unwrap();
        };
        if before {
            date(MORNING - 900);
            date(MORNING - 500);
        }
        world.sync(&phone);
        if !before {
            date(MORNING - 900);
            date(MORNING - 500);
        }
        world.sync(&phone);
        world.sync(&other);
        let office = times(world.office.replica());
        assert_eq!(times(&phone), office);
        assert_eq!(times(&other), office);
        assert_eq!(checksum(&other), checksum(world.office.replica()));
        office
    };
    let after = told(false);
    assert!(after.iter().all(|time| *time == MORNING - 500), "{after:?}");
    assert_eq!(told(true), after);
}
