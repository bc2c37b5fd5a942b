//! One evening, told in each language against a real office: what a language reads back at the end is
//! hashed, and must be the same in all. What happens in it is the script's, what it means the library's.

mod lane;
mod rust;
mod script;
mod stage;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::lane::{Lane, Telling};
use crate::script::Script;

/// Tells the story once in each language.
#[derive(Parser)]
struct Cli {
    /// Where all answers at the doors are drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One JSON object at the end.
    #[arg(long)]
    json: bool,
    /// The `doorstep` program.
    #[arg(long)]
    office: PathBuf,
    /// A language and the program that tells the story in it: NAME=PATH. It is given the file of the
    /// script, and prints what it read back as JSON on its last line.
    #[arg(long = "lane")]
    lanes: Vec<Lane>,
    /// A language that cannot be made here, and why: NAME=WHY.
    #[arg(long = "absent", value_parser = lane::pair)]
    absent: Vec<(String, String)>,
    /// A lane whose program runs in a system of its own, with an office there: NAME=PROGRAM. The program
    /// runs there what it is given.
    #[arg(long = "inside", value_parser = lane::pair)]
    inside: Vec<(String, String)>,
    /// Tell it in the one lane that is named, and print what it read back.
    #[arg(long)]
    alone: bool,
    /// Over a link that cuts nothing: for a program that asks once.
    #[arg(long)]
    clear: bool,
    /// Keep every lane's folder here.
    #[arg(long)]
    keep: Option<PathBuf>,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program")]
fn main() -> ExitCode {
    let cli = Cli::parse();
    match tell_all(&cli) {
        Ok((report, agreed)) => {
            println!("{report}");
            if agreed {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// Tells it in every language. Returns what to print, and whether all languages read the same.
fn tell_all(cli: &Cli) -> Result<(String, bool), String> {
    let script = Script::drawn(cli.seed);
    let telling = Telling {
        office: &cli.office,
        script: &script,
        keep: cli.keep.as_deref(),
        clear: cli.clear,
    };
    if cli.alone {
        let [lane] = &cli.lanes[..] else {
            return Err("alone is one lane".to_owned());
        };
        return Ok((lane.tell(&telling)?.to_string(), true));
    }
    let mut lanes = vec![Lane::Rust];
    lanes.extend(cli.lanes.iter().cloned());
    for (name, program) in &cli.inside {
        lanes
            .iter_mut()
            .for_each(|lane| lane.put_inside(name, program.into()));
    }
    let mut told: BTreeMap<String, serde_json::Value> = BTreeMap::new();
    let mut read = BTreeMap::new();
    for lane in &lanes {
        let canonical = lane.tell(&telling)?.to_string();
        told.insert(lane.name().to_owned(), json!(checksum(&canonical)));
        read.insert(lane.name().to_owned(), canonical);
    }
    let agreed = read.values().all(|one| Some(one) == read.values().next());
    let mut report = if agreed {
        String::new()
    } else {
        read.iter()
            .map(|(name, one)| format!("{name}: {one}\n"))
            .collect()
    };
    if cli.json {
        let mut why = BTreeMap::new();
        for (name, reason) in &cli.absent {
            told.insert(name.clone(), serde_json::Value::Null);
            why.insert(name.clone(), reason.clone());
        }
        let mut whole = json!(told);
        if !why.is_empty() {
            whole["why"] = json!(why);
        }
        report += &whole.to_string();
    } else {
        for (name, checksum) in &told {
            report += &format!("{name} {checksum}\n");
        }
        for (name, reason) in &cli.absent {
            report += &format!("{name} not told: {reason}\n");
        }
    }
    Ok((report.trim_end().to_owned(), agreed))
}

/// SHA-256 of the canonical JSON: keys in order, no spaces, text as UTF-8.
fn checksum(canonical: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(canonical))
}
