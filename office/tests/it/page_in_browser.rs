//! Runs `tests/e2e/today.mjs`: the Today page in Chromium against a running office. What must hold
//! is written there; a missing browser is a failure here, never a skipped test.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use doorstep_office::serve::Limits;

use crate::desk::{EchoDesk, areas, start};

#[test]
fn the_today_page_lives_in_a_real_browser() {
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
    let (server, address) = start(Arc::new(EchoDesk::new(areas())), Limits::default());
    let mut node = Command::new("node")
        .arg(folder.join("today.mjs"))
        .arg(format!("http://{address}"))
        .env("DOORSTEP_CHROMIUM", chromium)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the browser test needs node 20 or newer: `apt-get install nodejs npm`");
    let mut server = Some(server);
    let mut said = String::new();
    for line in BufReader::new(node.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if line == "stop the office" {
            server.take().unwrap().stop();
            writeln!(node.stdin.as_mut().unwrap(), "stopped").unwrap();
        } else {
            said.push_str(&line);
            said.push('\n');
        }
    }
    assert!(node.wait().unwrap().success(), "\n{said}");
    assert_eq!(
        said.lines().filter(|line| line.starts_with("ok ")).count(),
        8
    );
}
