//! A whole evening over a real server: an office made by commands, two phones that are commands too,
//! a link that cuts, and the page that shows what came of it.

use std::fs;
use std::path::Path;

use doorstep_office::demo::{CuttingProxy, Weather};
use serde_json::Value;

use crate::street::{ASSETS, Desk, Serving};

/// An evening in which two people look at the same bottles and one finds a hazard, over this link.
fn an_evening(desk: &Desk, serving: &Serving, address: &str, link: &CuttingProxy) {
    desk.enrol("p1", "张三", address);
    desk.enrol("p2", "李四", address);
    for home in ["p1", "p2"] {
        desk.done(&format!("phone --home {home} sync"));
        let today = desk.json(&format!("phone --home {home} today"));
        assert_eq!(today["due"].as_array().unwrap().len(), 3, "{today}");
    }
    // In the stairwell, without signal.
    desk.done("phone --home p1 check ABCD235X --normal");
    desk.done("phone --home p1 check abcd-236v --fault pressure_low --note 指针在红区");
    desk.done("phone --home p1 check ABCD237T --missing");
    desk.done("phone --home p1 undo");
    desk.done("phone --home p1 hazard e_bike --place 蓬莱路303弄 --note 三辆");
    desk.done("phone --home p2 check ABCD235X --missing");
    let status = desk.json("phone --home p1 status");
    assert_eq!(
        (&status["only_here"], &status["received"]),
        (&3.into(), &0.into())
    );
    assert_eq!(serving.number("310101019005", "Records received"), "0");
    // Downstairs, through a link that cuts.
    link.set_weather(Weather::stairwell(11));
    for home in ["p1", "p2", "p1"] {
        let synced = desk.json(&format!("phone --home {home} sync"));
        assert_eq!(synced["only_here"], 0, "{synced}");
    }
    let status = desk.json("phone --home p1 status");
    assert_eq!(
        (&status["only_here"], &status["received"]),
        (&0.into(), &3.into())
    );
    assert_eq!(status["not_in_a_backup"], 3);
    assert!(status["received_at"].is_string());
    for (label, number) in [
        ("Records received", "4"),
        ("Contradictions", "1"),
        ("Phones", "2"),
        ("Still on phones", "0"),
    ] {
        assert_eq!(
            serving.number("310101019005", label),
            number,
            "{label}: {}",
            serving.row("310101019005")
        );
    }
    assert_eq!(serving.number("310101019013", "Records received"), "0");
}

#[test]
fn an_evening_over_tls_under_the_pin_of_the_invitation() {
    let desk = Desk::with_office();
    let serving = desk.serve();
    let link = CuttingProxy::start(serving.phones, Weather::clear()).unwrap();
    an_evening(
        &desk,
        &serving,
        &format!("https://{}", link.address()),
        &link,
    );
}

#[test]
fn an_evening_over_plain_loopback() {
    let desk = Desk::with_office();
    let serving = desk.serve();
    let link = CuttingProxy::start(serving.page, Weather::clear()).unwrap();
    an_evening(
        &desk,
        &serving,
        &format!("http://{}", link.address()),
        &link,
    );
}

#[test]
fn a_backup_restored_elsewhere_takes_back_what_it_lacked() {
    let desk = Desk::with_office();
    let serving = desk.serve();
    desk.enrol("p1", "张三", &format!("https://{}", serving.phones));
    desk.done("phone --home p1 sync");
    desk.done("phone --home p1 check ABCD235X --normal");
    desk.done("phone --home p1 sync");
    desk.done("backup --to tonight.doorstep");
    assert_eq!(
        desk.fails("backup --to tonight.doorstep"),
        (3, "backup.exists".to_owned())
    );
    desk.done("phone --home p1 check ABCD236V --normal");
    desk.done("phone --home p1 sync");
    assert_eq!(desk.json("phone --home p1 status")["not_in_a_backup"], 1);
    drop(serving);

    desk.done("restore tonight.doorstep --folder rehearsal");
    assert!(
        desk.json("verify --folder rehearsal")["findings"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let serving = desk.serve_folder("rehearsal");
    let there = format!("--address https://{}", serving.phones);
    desk.done(&format!("phone --home p1 sync {there}"));
    let listed = desk.json("confirm authors --yes --folder rehearsal");
    assert_eq!(listed["confirmed"], true);
    assert_eq!(listed["devices"][0]["persons"][0], "张三");
    desk.done(&format!("phone --home p1 sync {there}"));
    assert_eq!(serving.number("310101019005", "Records received"), "2");
    let status = desk.json("phone --home p1 status");
    assert_eq!(
        (&status["only_here"], &status["received"]),
        (&0.into(), &2.into())
    );
    assert!(
        desk.json("verify --home p1")["findings"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn what_only_the_office_wrote_comes_back_from_its_copies() {
    let desk = Desk::with_office();
    desk.done("backup --to tonight.doorstep");
    let serving = desk.serve_with("--copy-to stick");
    let later = ASSETS
        .replace("1号楼", "2号楼")
        .replace("ABCD235X", "ABCD245U")
        .replace("ABCD236V", "ABCD246S")
        .replace("ABCD237T", "ABCD247Q");
    fs::write(desk.path("later.csv"), later).unwrap();
    desk.done("import assets later.csv");
    desk.done("invite --area 310101019005 --person 后来");
    drop(serving);
    let labels = |folder: &str| {
        let to = format!("{folder}-csv");
        desk.done(&format!("export csv --to {to} --folder {folder}"));
        let assets = fs::read_to_string(desk.path(&to).join("assets.csv")).unwrap();
        assets.matches("ABCD24").count()
    };

    let mistyped = "restore tonight.doorstep --folder again --copies stock";
    assert_eq!(desk.fails(mistyped), (3, "cli.file".to_owned()));
    assert!(!desk.path("again").exists(), "nothing half-made");

    let restore = "restore tonight.doorstep --folder";
    let bare = desk.json(&format!("{restore} bare"));
    assert_eq!(bare["copies_taken"], Value::Null);
    assert_eq!(labels("bare"), 0, "the backup has not got them");
    for (folder, copies) in [("again", "stick"), ("once-more", "stick/office-segments")] {
        let restored = desk.json(&format!("{restore} {folder} --copies {copies}"));
        assert!(restored["copies_taken"].as_u64().unwrap() > 0, "{restored}");
        assert_eq!(restored["names_taken"], 1);
        assert_eq!(labels(folder), 3);
        let verified = desk.json(&format!("verify --folder {folder}"));
        assert!(verified["findings"].as_array().unwrap().is_empty());
    }
}

#[test]
fn a_copied_phone_becomes_a_phone_of_its_own_and_nothing_is_lost() {
    let desk = Desk::with_office();
    let serving = desk.serve();
    desk.enrol("p1", "张三", &format!("https://{}", serving.phones));
    desk.done("phone --home p1 sync");
    copy(&desk.path("p1"), &desk.path("p2"));
    desk.done("phone --home p1 check ABCD235X --normal");
    desk.done("phone --home p2 check ABCD236V --normal");
    for home in ["p1", "p2", "p1"] {
        desk.done(&format!("phone --home {home} sync"));
    }
    assert_eq!(serving.number("310101019005", "Records received"), "2");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

#[test]
fn an_export_is_whole_and_names_nobody() {
    let desk = Desk::with_office();
    let serving = desk.serve();
    desk.enrol("p1", "张三", &format!("https://{}", serving.phones));
    desk.done("phone --home p1 sync");
    desk.done("phone --home p1 check ABCD236V --fault pressure_low --note =SUM(A1)");
    desk.done("phone --home p1 sync");
    desk.done("export csv --to out");
    let checks = fs::read_to_string(desk.path("out/checks.csv")).unwrap();
    assert!(
        checks.starts_with('\u{feff}') && checks.contains("'=SUM(A1)"),
        "{checks}"
    );
    assert!(
        fs::read_to_string(desk.path("out/assets.csv"))
            .unwrap()
            .contains("ABCD236V")
    );
    assert!(!checks.contains("张三"));
    let exported = desk.json("export automerge --to documents --area 310101019");
    let rounds = fs::read_dir(desk.path("documents/310101019005/round")).unwrap();
    assert_eq!(rounds.count(), 1);
    assert!(exported["files"].as_u64().unwrap() >= 3);
}
