//! The command line: what each command takes, how results and failures are printed. What a command
//! does stands in its own file; what records mean must not be here.
//!
//! Standard output carries results only, in words or with `--json` as one JSON value a line;
//! everything else goes to standard error. Exit codes are in [`Exit`], all of it in `docs/cli.md`.

pub mod backup;
pub mod confirm;
pub mod demo;
pub mod errand;
pub mod explain;
pub mod export;
pub mod failure;
pub mod horizon;
pub mod import;
pub mod init;
pub mod invite;
pub mod key;
mod notice;
pub mod output;
pub mod phone;
pub mod progress;
pub mod report;
pub mod restore;
mod scratch;
pub mod serve;
pub mod verify;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use doorstep_model::calendar::LOCAL;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use failure::{Advice, Exit, Failure};
pub use output::{Output, Sheet, Shown};

/// 上门: fire-safety inspections that work without signal; the office's side of it.
#[derive(Debug, Parser)]
#[command(
    name = "doorstep",
    version,
    about = "上门 · fire-safety inspections without signal: the office, and a phone for scripts",
    long_about = LONG_ABOUT,
    after_long_help = EXIT_CODES,
    propagate_version = true,
    max_term_width = 100
)]
pub struct Cli {
    /// Print results as JSON, one value a line, for programs.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const LONG_ABOUT: &str = "\
上门 (Doorstep): volunteers check fire equipment door to door on phones that need no signal. When a \
connection returns, phones and office exchange what the other lacks, and both end with the same \
records.

A first day, from nothing to a live page:

  doorstep init --name 老西门街道
  doorstep import areas areas.csv
  doorstep import places places.csv --area 310101019005
  doorstep serve                           # the page: http://localhost:8080
  doorstep invite --area 310101019005 --person 张三   # in a second window

To see it work on generated data first: doorstep demo";

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  a check failed, or a rule refused it
  2  the command line is not understood
  3  the input is bad: a file, a line, an invitation
  4  the office, or an address, cannot be reached
  5  the store cannot be opened, read or written";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 新建办公室 · Make a new office in a folder
    Init(init::InitArgs),
    /// 启动办公室 · Run the office: the page, and the address that phones sync with
    Serve(serve::ServeArgs),
    /// 演示 · Show the whole thing on generated data: phones, a month, a link that cuts
    Demo(demo::DemoArgs),
    /// 导入 · Import areas, places, assets or reported figures from CSV
    Import(import::ImportArgs),
    /// 邀请 · Print an invitation for a new phone
    Invite(invite::InviteArgs),
    /// 手机 · A phone for scripts and tests, with its own folder
    Phone(phone::PhoneArgs),
    /// 报表 · Print report lines with their coverage
    Report(report::ReportArgs),
    /// 为什么 · Answer "why?" by the same rules as phones and office
    Explain(explain::ExplainArgs),
    /// 导出 · Export records as CSV or as Automerge documents
    Export(export::ExportArgs),
    /// 核对 · Check that everything kept is whole
    Verify(verify::VerifyArgs),
    /// 备份 · Write a backup, while the office runs or not
    Backup(backup::BackupArgs),
    /// 恢复 · Make an office from a backup
    Restore(restore::RestoreArgs),
    /// 确认 · Say what the office cannot know by itself: after a restore, when its clock is in doubt
    Confirm(confirm::ConfirmArgs),
    /// 密钥 · The key that phones trust, and changing it without locking one of them out
    Key(key::KeyArgs),
    /// 界线 · Let old rounds leave the phones, and answer what arrives there late
    Horizon(horizon::HorizonArgs),
}

/// Which office.
#[derive(Debug, Args, Serialize, Deserialize)]
pub struct OfficeFolder {
    /// The office's folder.
    #[arg(long, value_name = "DIR", default_value = "doorstep-office")]
    pub folder: PathBuf,
}

/// A moment as people read it: local time to the minute.
pub(crate) fn moment(at: i64) -> String {
    Timestamp::from_second(at).map_or_else(
        |_| "—".to_owned(),
        |at| LOCAL.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use clap::{Command as Definition, CommandFactory};

    use super::*;

    const DOCS: &str = include_str!("../../../docs/cli.md");

    /// Other pages that show commands.
    const PAGES: [(&str, &str); 3] = [
        ("README.md", include_str!("../../../README.md")),
        ("docs/guide.md", include_str!("../../../docs/guide.md")),
        (
            "docs/operations.md",
            include_str!("../../../docs/operations.md"),
        ),
    ];

    /// Every command with its path, itself first.
    fn commands(definition: &Definition, path: &str) -> Vec<(String, Definition)> {
        let mut all = vec![(path.to_owned(), definition.clone())];
        for sub in definition.get_subcommands() {
            if sub.get_name() != "help" {
                let path = format!("{path} {}", sub.get_name());
                all.extend(commands(sub, &path));
            }
        }
        all
    }

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    /// The words of an example, as a shell would split it; comments, pipes and redirections left off.
    fn words(example: &str) -> Vec<String> {
        let whole = match example.split_once("\"$(") {
            Some((before, _)) => format!("{before}SUBSTITUTED"),
            None => example.to_owned(),
        };
        whole
            .split_whitespace()
            .take_while(|word| !matches!(*word, "#" | "|" | "<" | ">"))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_command_teaches_with_an_example_that_works() {
        for (path, mut definition) in commands(&Cli::command(), "doorstep") {
            let help = definition.render_long_help().to_string();
            let mut taught = false;
            for line in help.lines().filter(|line| line.starts_with("  doorstep")) {
                let words = words(line);
                if let Err(error) = Cli::try_parse_from(&words) {
                    panic!("{path} teaches {line}: {error}");
                }
                let mut rest = words.iter();
                taught |= path.split(' ').all(|part| rest.any(|word| word == part));
            }
            assert!(taught, "{path} shows no example:\n{help}");
        }
    }

    #[test]
    fn the_documentation_shows_only_what_works() {
        for (page, text) in PAGES.into_iter().chain([("docs/cli.md", DOCS)]) {
            let examples = text.lines().filter(|line| line.starts_with("doorstep "));
            let mut count = 0;
            for example in examples {
                count += 1;
                if let Err(error) = Cli::try_parse_from(words(example)) {
                    panic!("{page} shows {example}: {error}");
                }
            }
            assert!(count >= 5, "{page}: {count} examples");
        }
    }

    #[test]
    fn every_command_says_what_it_is_in_both_languages() {
        for (path, definition) in commands(&Cli::command(), "doorstep") {
            let about = definition.get_about().unwrap().to_string();
            let (zh, en) = about
                .split_once(" · ")
                .unwrap_or_else(|| panic!("{path}: {about}"));
            assert!(zh.chars().any(|c| c > '\u{4e00}'), "{path}: {zh}");
            assert!(en.is_ascii(), "{path}: {en}");
        }
    }

    #[test]
    fn the_documentation_names_every_command_option_and_exit_code() {
        for (path, definition) in commands(&Cli::command(), "doorstep") {
            assert!(
                DOCS.contains(&format!("`{path}")),
                "docs/cli.md lacks {path}"
            );
            for argument in definition.get_arguments() {
                let Some(long) = argument.get_long() else {
                    continue;
                };
                if long != "help" && long != "version" {
                    let option = format!("`--{long}");
                    assert!(DOCS.contains(&option), "docs/cli.md lacks {path} --{long}");
                }
            }
        }
        for exit in Exit::ALL {
            let row = format!("| {} | {} |", exit.code(), exit.meaning());
            assert!(DOCS.contains(&row), "docs/cli.md lacks {row}");
            assert!(EXIT_CODES.contains(&format!("  {}  ", exit.code())));
        }
    }

    #[test]
    fn what_contradicts_itself_is_a_usage_error() {
        for line in [
            "doorstep",
            "doorstep demo --exit --open",
            "doorstep phone check ABCDEFGH",
            "doorstep phone --home p check ABCDEFGH --missing --fault pressure_low",
            "doorstep phone --home p check ABCDEFGH --normal --missing",
            "doorstep phone --home p check ABCDEFGH",
            "doorstep explain weather",
            "doorstep import areas",
            "doorstep report --month 2026-13",
            "doorstep confirm",
            "doorstep report --year 2017 --month 2017-01",
            "doorstep invite --area 310101019005 --person 张三 --role king",
            "doorstep serve --listen nowhere",
        ] {
            let error = Cli::try_parse_from(line.split(' ')).unwrap_err();
            assert_eq!(error.exit_code(), i32::from(Exit::Usage.code()), "{line}");
        }
    }
}
