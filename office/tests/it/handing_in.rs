//! Phones that hand in as files: what comes over a stick counts once, whatever else comes, and nothing
//! of a bad file is taken.

use std::fs;
use std::io::{Seek, SeekFrom, Write};

use serde_json::{Value, json};

use crate::street::{Desk, Serving};

const AREA: &str = "310101019005";

/// A phone that has synced once and then recorded two checks without signal.
fn a_phone_with_work(desk: &Desk, serving: &Serving) {
    desk.enrol("p1", "张三", &format!("https://{}", serving.phones));
    desk.done("phone --home p1 sync");
    desk.done("phone --home p1 check ABCD235X --normal");
    desk.done("phone --home p1 check ABCD236V --missing");
}

fn taken(desk: &Desk, files: &str) -> Value {
    desk.json(&format!("import bundle {files}"))
}

#[test]
fn a_file_on_a_stick_counts_once_however_often_it_comes_and_the_phone_hears_of_it() {
    let desk = Desk::with_office();
    let serving = desk.serve();
    a_phone_with_work(&desk, &serving);
    let written = desk.json("phone --home p1 bundle stick.bundle");
    assert_eq!(written["only_here"], 2);
    let first = taken(&desk, "stick.bundle");
    assert_eq!(
        (&first["segments"], &first["received"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(serving.number(AREA, "Records received"), "2");
    assert_eq!(
        taken(&desk, "stick.bundle"),
        first,
        "the same again says the same"
    );
    assert_eq!(desk.json("phone --home p1 status")["only_here"], 2);
    desk.done("phone --home p1 sync");
    let status = desk.json("phone --home p1 status");
    assert_eq!(
        (&status["only_here"], &status["received"]),
        (&json!(0), &json!(2))
    );
    // A stick that was forgotten in a coat.
    taken(&desk, "stick.bundle");
    assert_eq!(serving.number(AREA, "Records received"), "2");
    assert_eq!(desk.json("verify")["findings"], json!([]));
}

#[test]
fn a_file_that_is_there_is_not_overwritten() {
    let desk = Desk::with_office();
    let serving = desk.serve();
    a_phone_with_work(&desk, &serving);
    fs::write(desk.path("letter"), "to my mother").unwrap();
    for line in ["bundle letter", "rescue letter"] {
        let failed = desk.fails(&format!("phone --home p1 {line}"));
        assert_eq!(failed, (3, "cli.file_exists".to_owned()), "{line}");
    }
    assert_eq!(fs::read(desk.path("letter")).unwrap(), b"to my mother");
}

#[test]
fn of_a_bad_file_nothing_is_taken_and_of_several_the_good_ones_are() {
    let desk = Desk::with_office();
    let serving = desk.serve();
    a_phone_with_work(&desk, &serving);
    desk.done("phone --home p1 bundle good");
    let whole = fs::read(desk.path("good")).unwrap();
    let mut changed = whole.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    fs::write(desk.path("cut"), &whole[..whole.len() / 2]).unwrap();
    fs::write(desk.path("changed"), changed).unwrap();
    fs::write(desk.path("empty"), b"").unwrap();
    fs::write(desk.path("table"), "code,parent\n").unwrap();
    for (file, code) in [
        ("cut", "bundle.unreadable"),
        ("changed", "bundle.unreadable"),
        ("empty", "bundle.unreadable"),
        ("table", "bundle.unreadable"),
        ("nowhere", "cli.file"),
    ] {
        let failed = desk.fails(&format!("import bundle {file}"));
        assert_eq!(failed, (3, code.to_owned()), "{file}");
    }
    assert_eq!(serving.number(AREA, "Records received"), "0");
    let ended = desk.run("import bundle cut good nowhere");
    assert_eq!(ended.status.code(), Some(3));
    let said = String::from_utf8(ended.stderr).unwrap();
    for name in ["cut [bundle.unreadable]", "nowhere [cli.file]"] {
        assert!(said.contains(name), "{said}");
    }
    assert!(!said.contains("good"), "{said}");
    assert_eq!(serving.number(AREA, "Records received"), "2");
}

#[test]
fn another_office_cannot_open_it() {
    let (desk, other) = (Desk::with_office(), Desk::with_office());
    let serving = desk.serve();
    a_phone_with_work(&desk, &serving);
    desk.done("phone --home p1 bundle stick.bundle");
    fs::copy(desk.path("stick.bundle"), other.path("stick.bundle")).unwrap();
    assert_eq!(
        other.fails("import bundle stick.bundle"),
        (3, "bundle.unreadable".to_owned())
    );
    assert_eq!(taken(&desk, "stick.bundle")["received"], 1);
}

#[test]
fn a_phone_that_does_not_open_any_more_gives_its_records_all_the_same() {
    let desk = Desk::with_office();
    let serving = desk.serve();
    a_phone_with_work(&desk, &serving);
    // As a program of a later version leaves it: `user_version` stands at byte 60.
    let mut store = fs::File::options()
        .write(true)
        .open(desk.path("p1/doorstep.db"))
        .unwrap();
    store.seek(SeekFrom::Start(60)).unwrap();
    store.write_all(&99u32.to_be_bytes()).unwrap();
    drop(store);
    assert_eq!(
        desk.fails("phone --home p1 status"),
        (5, "store.newer".to_owned())
    );
    let before = fs::read(desk.path("p1/doorstep.db")).unwrap();
    let saved = desk.json("phone --home p1 rescue rescued.bundle");
    assert_eq!(
        (&saved["signed"], &saved["unsigned"]),
        (&json!(3), &json!(0)),
        "{saved}"
    );
    assert_eq!(fs::read(desk.path("p1/doorstep.db")).unwrap(), before);
    assert_eq!(taken(&desk, "rescued.bundle")["received"], 1);
    assert_eq!(serving.number(AREA, "Records received"), "2");

    // What is no store any more cannot say whom to seal to.
    fs::write(desk.path("p1/doorstep.db"), vec![0x5a; 8192]).unwrap();
    let invited = desk.json(&format!("invite --area {AREA} --person 李四"));
    let text = invited["invitation"].as_str().unwrap();
    let (exit, code) = desk.fails(&format!(
        "phone --home p1 rescue again.bundle --invitation {text}"
    ));
    assert!(exit == 5 && code.starts_with("store."), "{code}");
    assert!(!desk.path("again.bundle").exists(), "no file of nothing");
    assert_eq!(
        desk.fails("phone --home nobody rescue again.bundle"),
        (3, "home.nothing".to_owned())
    );
}
