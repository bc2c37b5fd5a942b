//! The program as a shell meets it: standard streams and exit codes.

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn doorstep(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_doorstep"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

const QUESTION: &str = r#"{"id": 7, "market": "CN", "asset": "extinguisher.co2", "factory": "2014-12", "on": "2026-11-26"}"#;

#[test]
fn a_question_is_answered_on_standard_output_alone() {
    let ended = doorstep(&["explain", "due", "--json"], QUESTION);
    assert_eq!(ended.status.code(), Some(0));
    let answer: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(answer["id"], 7);
    assert_eq!(text(&ended.stdout).lines().count(), 1);
    assert_eq!(text(&ended.stderr), "");
    let indented = doorstep(&["explain", "due"], QUESTION);
    assert!(text(&indented.stdout).lines().count() > 5);
}

#[test]
fn a_failure_is_said_on_standard_error_in_both_languages_or_as_json() {
    let ended = doorstep(&["explain", "due"], "nonsense");
    assert_eq!(ended.status.code(), Some(3));
    let words = text(&ended.stderr);
    assert!(words.starts_with("错误 explain.unanswered："), "{words}");
    assert!(
        words.contains("error explain.unanswered: 1 line"),
        "{words}"
    );
    let ended = doorstep(&["explain", "due", "--json"], "nonsense");
    let failure: serde_json::Value = serde_json::from_slice(&ended.stderr).unwrap();
    assert_eq!(failure["error"]["exit"], 3);
}

#[test]
fn a_mistyped_command_ends_with_2_and_help_with_0() {
    assert_eq!(doorstep(&["exlpain"], "").status.code(), Some(2));
    assert_eq!(
        doorstep(&["demo", "--phones", "0"], "").status.code(),
        Some(2)
    );
    let help = doorstep(&["--help"], "");
    assert_eq!(help.status.code(), Some(0));
    assert!(text(&help.stdout).contains("Exit codes:"));
}

#[test]
fn a_reader_that_has_read_enough_is_no_failure() {
    let many = format!("{QUESTION}\n").repeat(2000);
    let mut child = Command::new(env!("CARGO_BIN_EXE_doorstep"))
        .args(["explain", "due", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(many.as_bytes()).unwrap();
    drop(stdin);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
}
