//! What people hand the program wrong, a row each: its exit code, its code in both languages, and that
//! nothing is left half-done. What reaches the office wrong over the wire stands in the replica's tests.

use std::fs;

use serde_json::{Value, json};

use crate::street::{ASSETS, Desk};

/// A table whose second line is good and whose third is not.
fn areas(bad: &str) -> Vec<u8> {
    format!("code,parent,level,name\nGOOD,310101019,committee,好居委会\n{bad}\n").into_bytes()
}

fn assets(bad: &str) -> Vec<u8> {
    let good = "310101019005,9号楼,901室,extinguisher.dry_powder,,2024-03,2kg,";
    let head = ASSETS.lines().next().unwrap();
    format!("{head}\n{good}\n{bad}\n").into_bytes()
}

/// Everything that the office has, as people see it.
fn everything(desk: &Desk, to: &str) -> Vec<String> {
    desk.done(&format!("export csv --to {to}"));
    let tables = ["areas", "places", "assets", "checks", "cases"];
    tables
        .map(|table| fs::read_to_string(desk.path(to).join(format!("{table}.csv"))).unwrap())
        .to_vec()
}

#[test]
fn a_bad_table_is_refused_whole_with_every_problem_listed() {
    let desk = Desk::with_office();
    let before = everything(&desk, "before");
    let table: [(&str, &str, Vec<u8>, &str); 15] = [
        ("not UTF-8", "areas", areas_in_latin(), "import.not_utf8"),
        (
            "a NUL",
            "areas",
            areas("BAD,310101019,committee,坏\0居委会"),
            "import.nul",
        ),
        (
            "a column missing",
            "areas",
            b"code,name\nGOOD,\xe5\xa5\xbd\n".to_vec(),
            "import.columns",
        ),
        (
            "a column of another table",
            "areas",
            b"code,parent,level,title\nGOOD,,street,x\n".to_vec(),
            "import.columns",
        ),
        ("nothing", "areas", Vec::new(), "import.empty"),
        (
            "truncated within a cell",
            "areas",
            areas("BAD,310101019,committee,\"坏"),
            "import.quotes",
        ),
        (
            "truncated within a row",
            "areas",
            areas("BAD,310101019"),
            "import.cell_count",
        ),
        (
            "oversized",
            "areas",
            vec![b'a'; 33 * 1024 * 1024],
            "import.file_too_large",
        ),
        (
            "a code that is none",
            "areas",
            areas("坏,310101019,committee,坏"),
            "import.area_code",
        ),
        (
            "under an area that is not there",
            "areas",
            areas("BAD,999,committee,坏"),
            "import.unknown_parent",
        ),
        (
            "a day that no calendar has",
            "assets",
            assets("310101019005,9号楼,902室,extinguisher.dry_powder,,2024-13,2kg,"),
            "import.impossible_date",
        ),
        (
            "a day with its year last",
            "assets",
            assets("310101019005,9号楼,902室,extinguisher.dry_powder,,05/06/26,2kg,"),
            "import.year_not_first",
        ),
        (
            "in another area",
            "assets",
            assets("999,9号楼,902室,extinguisher.dry_powder,,2024-03,2kg,"),
            "import.unknown_area",
        ),
        (
            "a label with a sign that none has",
            "assets",
            assets("310101019005,9号楼,902室,extinguisher.dry_powder,ABCD-234?,2024-03,2kg,"),
            "label.character",
        ),
        (
            "a label whose check character is wrong",
            "assets",
            assets("310101019005,9号楼,902室,extinguisher.dry_powder,W222238M,2024-03,2kg,"),
            "label.check",
        ),
    ];
    for (what, kind, bytes, code) in table {
        fs::write(desk.path("bad.csv"), bytes).unwrap();
        let line = format!("import {kind} bad.csv");
        let told = problems(&desk, &line);
        assert!(
            told.iter().any(|problem| problem["code"] == code),
            "{what}: {told:?}"
        );
        for problem in &told {
            let (zh, en) = (
                problem["zh"].as_str().unwrap(),
                problem["en"].as_str().unwrap(),
            );
            assert!(
                zh != en && zh.chars().any(|sign| sign > '\u{4e00}'),
                "{what}: {zh}"
            );
        }
        assert_eq!(
            desk.fails(&line),
            (3, "import.refused".to_owned()),
            "{what}"
        );
    }
    assert_eq!(everything(&desk, "after"), before, "not even the good rows");
    // Asked to, it takes those.
    fs::write(desk.path("bad.csv"), areas("BAD,999,committee,坏")).unwrap();
    assert_eq!(desk.json("import areas bad.csv --skip-bad")["rows"], 1);
    assert_eq!(desk.json("verify")["findings"], json!([]));
}

fn areas_in_latin() -> Vec<u8> {
    [areas("BAD,310101019,committee,caf").as_slice(), b"\xe9\n"].concat()
}

/// What an import that is refused prints.
fn problems(desk: &Desk, line: &str) -> Vec<Value> {
    let ended = desk.run(&format!("{line} --json"));
    let told: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(told["written"], 0, "{line}");
    told["problems"].as_array().unwrap().clone()
}

#[test]
fn an_invitation_that_is_cut_forged_or_none_makes_no_phone() {
    let desk = Desk::with_office();
    let invited = desk.json("invite --area 310101019005 --person 张三");
    let text = invited["invitation"].as_str().unwrap();
    let middle = text.len() / 2;
    // Another letter in the middle of the clerk's signature and what it signs.
    let letter = if text.as_bytes()[middle] == b'A' {
        'B'
    } else {
        'A'
    };
    let forged = format!("{}{letter}{}", &text[..middle], &text[middle + 1..]);
    let later = text.replacen("DS1.", "DS2.", 1);
    for (what, text, codes) in [
        ("no invitation", "hello", &["enrol.unreadable"][..]),
        ("cut", &text[..middle], &["enrol.unreadable"]),
        ("of a later version", &later, &["enrol.unreadable"]),
        (
            "forged",
            &forged,
            &["enrol.bad_signature", "enrol.unreadable"],
        ),
    ] {
        let (exit, code) = desk.fails(&format!("phone --home p1 enrol {text}"));
        assert!(
            exit == 3 && codes.contains(&code.as_str()),
            "{what}: {code}"
        );
        assert!(!desk.path("p1").exists(), "{what}");
    }
    desk.done(&format!("phone --home p1 enrol {text}"));
}

#[test]
fn what_cannot_be_done_is_said_with_a_code_and_leaves_nothing_behind() {
    let desk = Desk::with_office();
    fs::write(desk.path("no.doorstep"), "PK").unwrap();
    desk.done("backup --to whole.doorstep");
    let whole = fs::read(desk.path("whole.doorstep")).unwrap();
    fs::write(desk.path("cut.doorstep"), &whole[..whole.len() - 1]).unwrap();
    let later = String::from_utf8_lossy(&whole[..17]).replace('1', "2");
    fs::write(
        desk.path("later.doorstep"),
        [later.as_bytes(), &whole[17..]].concat(),
    )
    .unwrap();
    for (line, exit, code) in [
        ("init --name 别的街道", 1, "office.exists"),
        ("import areas nowhere.csv", 3, "cli.file"),
        ("import places places.csv", 2, "import.no_area"),
        ("invite --area 999 --person 张三", 3, "area.unknown"),
        (
            "invite --area 310101019005 --person 张三 --address http://10.0.0.1:80",
            3,
            "invite.plain_http",
        ),
        ("serve --folder elsewhere", 3, "home.nothing"),
        ("phone --home p1 status", 3, "home.nothing"),
        ("restore no.doorstep --folder new", 3, "backup.not_one"),
        ("restore cut.doorstep --folder new", 3, "backup.damaged"),
        ("restore later.doorstep --folder new", 3, "backup.later"),
        (
            "restore no.doorstep --folder doorstep-office",
            3,
            "cli.folder_not_empty",
        ),
        ("export csv --to doorstep-office", 3, "cli.folder_not_empty"),
    ] {
        assert_eq!(desk.fails(line), (exit, code.to_owned()), "{line}");
    }
    for folder in ["elsewhere", "new", "p1"] {
        assert!(!desk.path(folder).exists(), "{folder}");
    }
    assert_eq!(desk.json("verify")["findings"], json!([]));
}
