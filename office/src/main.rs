//! The `doorstep` program: reads the command line, runs the command, says how it ended.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use doorstep_office::cli::{Cli, Command, Exit, Failure, Output};

fn main() -> ExitCode {
    // Reads no environment: the same command says the same everywhere.
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::WARN)
        .init();
    let cli = Cli::parse();
    let mut output = Output::new(cli.json, std::io::stdout());
    match run(&cli.command, &mut output) {
        Ok(()) => Exit::Done.into(),
        Err(failure) => {
            let said = if cli.json {
                format!("{}\n", failure.json())
            } else {
                failure.words()
            };
            // With standard error gone the exit code still tells.
            let _ = std::io::stderr().write_all(said.as_bytes());
            failure.exit.into()
        }
    }
}

fn run(command: &Command, output: &mut Output<'_>) -> Result<(), Failure> {
    match command {
        Command::Demo(args) => args.run(output),
        Command::Explain(args) => args.run(std::io::stdin().lock(), output),
        _ => Err(Failure::new(
            Exit::Usage,
            "cli.not_in_this_build",
            (
                "这个版本没有这个命令",
                "this build does not have this command",
            ),
            ("请换一个版本。", "Take another build."),
        )),
    }
}
