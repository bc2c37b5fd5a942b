//! The `doorstep` program: reads the command line, runs the command, says how it ended.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use doorstep_office::cli::errand::Errand;
use doorstep_office::cli::verify::verify;
use doorstep_office::cli::{Cli, Command, Exit, Failure, Output};
use doorstep_replica::Replica;

fn main() -> ExitCode {
    // Reads no environment: the same command says the same everywhere.
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::WARN)
        .init();
    let cli = Cli::parse();
    let mut output = Output::new(cli.json, std::io::stdout()).noting(std::io::stderr());
    match run(cli.command, &mut output) {
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

fn run(command: Command, output: &mut Output<'_>) -> Result<(), Failure> {
    match command {
        Command::Init(args) => args.run(output),
        Command::Serve(args) => args.open_and_run(output),
        Command::Import(args) => args.send(std::io::stdin().lock(), output),
        Command::Invite(args) => {
            let folder = args.office.folder.clone();
            Errand::Invite(args).send(&folder, &[], output)
        }
        Command::Export(args) => {
            let folder = args.to().office.folder.clone();
            Errand::Export(args.absolute()?).send(&folder, &[], output)
        }
        Command::Confirm(args) => {
            let folder = args.office().folder.clone();
            Errand::Confirm(args).send(&folder, &[], output)
        }
        Command::Horizon(args) => {
            let folder = args.office().folder.clone();
            Errand::Horizon(args).send(&folder, &[], output)
        }
        Command::Key(args) => {
            let folder = args.office().folder.clone();
            Errand::Key(args).send(&folder, &[], output)
        }
        Command::Verify(args) => match &args.home {
            Some(home) => verify_phone(home, output),
            None => {
                let folder = args.office.folder.clone();
                Errand::Verify(args).send(&folder, &[], output)
            }
        },
        Command::Backup(args) => {
            let folder = args.office.folder.clone();
            Errand::Backup(args.absolute()?).send(&folder, &[], output)
        }
        Command::Restore(args) => args.run(output),
        Command::Phone(args) => args.run(output),
        Command::Demo(args) => args.run(output),
        Command::Report(args) => {
            let folder = args.office.folder.clone();
            Errand::Report(args).send(&folder, &[], output)
        }
        Command::Explain(args) => args.run(std::io::stdin().lock(), output),
    }
}

fn verify_phone(home: &Path, output: &mut Output<'_>) -> Result<(), Failure> {
    let options = doorstep_office::home::lived_in(home)?;
    verify(&Replica::open(options)?, output)
}
