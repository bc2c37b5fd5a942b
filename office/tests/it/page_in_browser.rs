//! Runs `tests/e2e/*.mjs`: the Today page in Chromium against a running office. What must hold is
//! written there; a missing browser is a failure here, never a skipped test.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use doorstep_office::serve::Limits;

use crate::desk::{EchoDesk, areas, start};
use crate::street;

/// A script of `tests/e2e`, run by node.
fn script(name: &str, arguments: &[&str]) -> Child {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/e2e");
    assert!(
        folder.join("node_modules/playwright-core").exists(),
        "the browser test needs its modules: run `npm ci` in tests/e2e, or `cargo xtask test`"
    );
    let chromium = std::env::var("DOORSTEP_CHROMIUM").unwrap_or("/usr/bin/chromium".to_owned());
    assert!(
        Path::new(&chromium).exists(),
        "the browser test needs Chromium at {chromium} (or DOORSTEP_CHROMIUM): \
         `apt-get install chromium fonts-noto-cjk`, or `cargo xtask test`"
    );
    Command::new("node")
        .arg(folder.join(name))
        .args(arguments)
        .env("DOORSTEP_CHROMIUM", chromium)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the browser test needs node 20 or newer: `apt-get install nodejs npm`")
}

/// Runs a script to its end: `does` what it asks for, or leaves the line to what was said. Gives that.
fn play(mut node: Child, mut does: impl FnMut(&str) -> Option<&'static str>) -> String {
    let mut said = String::new();
    for line in BufReader::new(node.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        match does(&line) {
            Some(answer) => writeln!(node.stdin.as_mut().unwrap(), "{answer}").unwrap(),
            None => {
                said.push_str(&line);
                said.push('\n');
            }
        }
    }
    assert!(node.wait().unwrap().success(), "\n{said}");
    said
}

#[test]
fn the_today_page_lives_in_a_real_browser() {
    let (server, address) = start(Arc::new(EchoDesk::new(areas())), Limits::default());
    let mut server = Some(server);
    let said = play(
        script("today.mjs", &[&format!("http://{address}")]),
        |line| {
            (line == "stop the office").then(|| {
                server.take().unwrap().stop();
                "stopped"
            })
        },
    );
    let behaviours = said.lines().filter(|line| line.starts_with("ok "));
    assert_eq!(behaviours.count(), 8);
}

#[test]
fn what_a_phone_records_reaches_an_open_page_without_a_reload() {
    let desk = street::Desk::with_office();
    let serving = desk.serve();
    desk.enrol("p1", "张三", &format!("https://{}", serving.phones));
    desk.done("phone --home p1 sync");
    let page = format!("http://{}", serving.page);
    let said = play(
        script("tap_to_page.mjs", &[&page, "310101019005"]),
        |line| {
            let taps: &[&str] = match line {
                "checks two bottles and finds a hazard" => &[
                    "check ABCD235X --normal",
                    "check ABCD236V --missing",
                    "hazard e_bike --place 蓬莱路303弄",
                ],
                "syncs" => &["sync"],
                "takes the hazard back and syncs" => &["undo", "sync"],
                _ => return None,
            };
            desk.taps("p1", taps);
            Some("done")
        },
    );
    assert!(said.contains("ok from a tap to the page"), "{said}");
}
