//! What a clerk says of devices.

use crate::act::testing::tap;
use crate::error::Error;
use crate::world::{self, World, checksum, clone_of, go_through};

#[test]
fn a_second_successor_is_held_until_a_clerk_lets_that_device_go_on() {
    let world = World::new();
    let building = world.build("3号楼", 4, 2);
    let phone = world.phone(2);
    world.sync(&phone);
    let copies = [7, 8].map(|number| clone_of(&phone, &world.clock, number));
    for (day, device) in (20_788..).zip([&phone, &copies[0], &copies[1]]) {
        go_through(device, &world.clock, &building, day);
        world.sync(device);
    }
    let office = &world.office;
    let second = copies[1].author().unwrap();
    let held = office.held_second_successors().unwrap();
    assert!(!held.is_empty() && held.iter().all(|line| line.author == second));
    let first = copies[0].author().unwrap();
    for other in [first, phone.author().unwrap()] {
        let refused = office.confirm_device(&tap(), other).unwrap_err();
        assert_eq!(refused.code(), "device.not_second");
    }
    let once = tap();
    let released = office.confirm_device(&once, second).unwrap();
    assert_eq!(released, held.len() as u64);
    assert_eq!(office.confirm_device(&once, second).unwrap(), released);
    let again = office.confirm_device(&tap(), second);
    assert!(matches!(again, Err(Error::Refused { .. })));
    assert_eq!(world.rows("entry WHERE standing = 1"), 0);
    for device in [&copies[1], &copies[0], &phone] {
        go_through(device, &world.clock, &building, 20_800);
        world.sync(device);
    }
    assert_eq!(office.held().unwrap(), []);
    for device in [&copies[1], &copies[0], &phone] {
        world.sync(device);
        assert_eq!(checksum(device), checksum(office.replica()));
    }
    assert_eq!(world::rows(&copies[1], "entry WHERE kind = 5"), 6 * 8);
}
