//! Doorstep's benchmarks: every bar as one line, its limit measured beside it in the same run. Numbers
//! only; what must hold is asserted in tests, by counts and bytes.

#![allow(clippy::print_stdout, reason = "the results are the output")]

mod bytes;
mod data;
mod line;
mod street;
mod tap;

use clap::Parser;

use crate::line::Line;

/// Runs Doorstep's benchmarks.
#[derive(Parser)]
#[command(name = "cargo xtask bench")]
struct Arguments {
    /// Only benchmarks whose name contains one of these.
    names: Vec<String>,
    /// One JSON object a line: {name, value, unit, limit, ratio}.
    #[arg(long)]
    json: bool,
}

type Bench = (&'static [&'static str], fn() -> Vec<Line>);

const BENCHES: &[Bench] = &[
    (&["wire_check"], || vec![bytes::wire_check()]),
    (&["wire_evening"], || vec![bytes::wire_evening()]),
    (&["rest_check"], || vec![bytes::rest_check()]),
    (&["rest_check_full"], || vec![bytes::rest_check_full()]),
    (&["tap_cpu"], || vec![tap::cpu()]),
    (&["tap_durable"], || vec![tap::durable()]),
];

fn main() {
    let arguments = Arguments::parse();
    let wanted = |names: &[&str]| {
        arguments.names.is_empty()
            || arguments
                .names
                .iter()
                .any(|part| names.iter().any(|name| name.contains(part.as_str())))
    };
    for (names, bench) in BENCHES {
        if wanted(names) {
            for line in bench() {
                let text = if arguments.json {
                    line.json()
                } else {
                    line.words()
                };
                println!("{text}");
            }
        }
    }
}
