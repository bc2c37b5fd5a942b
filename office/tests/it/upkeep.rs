//! What follows a backup: a new phone begins with a baseline instead of the whole feed, and the
//! office's store keeps what was backed up in documents.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::street::Desk;

/// More segments than a feed that is told item by item.
const EVENINGS: usize = 70;

/// An office whose committee has a long feed: bottles that came in one by one.
fn a_long_feed() -> Desk {
    let desk = Desk::with_office();
    for evening in 0..EVENINGS {
        let bottle = format!(
            "area,building,place,type,label,factory,size,serviced\n\
             310101019005,2号楼,{evening}室,extinguisher.dry_powder,,2024-03,2kg,\n"
        );
        fs::write(desk.path("bottle.csv"), bottle).unwrap();
        desk.done("import assets bottle.csv");
    }
    desk
}

fn whole(desk: &Desk, line: &str) -> Value {
    let verified = desk.json(line);
    assert_eq!(verified["findings"], serde_json::json!([]), "{line}");
    verified
}

/// What `verify` says, once the office has documents: its store follows a backup by itself.
fn once_in_order(desk: &Desk) -> Value {
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        let verified = whole(desk, "verify");
        if verified["documents"].as_u64().unwrap() > 0 {
            return verified;
        }
        assert!(
            Instant::now() < patience,
            "the store was never put in order"
        );
    }
}

#[test]
fn after_a_backup_a_new_phone_begins_with_a_baseline() {
    let desk = a_long_feed();
    let serving = desk.serve();
    let address = format!("https://{}", serving.phones);
    desk.enrol("before", "张三", &address);
    let taken = desk.json("phone --home before sync")["received_segments"].clone();
    assert!(
        taken.as_u64().unwrap() >= EVENINGS as u64,
        "item by item: {taken}"
    );
    desk.done("phone --home before check ABCD235X --missing");
    desk.done("phone --home before sync");

    let before = whole(&desk, "verify");
    assert_eq!(before["documents"], 0);
    desk.done("backup --to tonight.doorstep");
    let after = once_in_order(&desk);
    assert_eq!(after["segments"], before["segments"]);
    assert_eq!(after["entries"], before["entries"]);

    desk.enrol("after", "李四", &address);
    let taken = desk.json("phone --home after sync")["received_segments"].clone();
    assert!(
        taken.as_u64().unwrap() < EVENINGS as u64,
        "with a baseline: {taken}"
    );
    let (first, second) = (
        desk.json("phone --home before today"),
        desk.json("phone --home after today"),
    );
    assert_eq!(first["due"], second["due"], "both see the same work");
    assert!(
        whole(&desk, "verify --home after")["documents"]
            .as_u64()
            .unwrap()
            > 0
    );

    // Work goes on as before, and comes back from the backup with what followed it.
    desk.done("phone --home after check ABCD236V --normal");
    desk.done("phone --home after sync");
    assert_eq!(serving.number("310101019005", "Records received"), "2");
    whole(&desk, "verify");
}

#[test]
fn a_backup_of_an_office_that_does_not_run_is_followed_at_once() {
    let desk = a_long_feed();
    desk.done("backup --to tonight.doorstep");
    assert!(whole(&desk, "verify")["documents"].as_u64().unwrap() > 0);
    desk.done("restore tonight.doorstep --folder rehearsal");
    whole(&desk, "verify --folder rehearsal");
}
