//! The `gradus` command. Each subcommand is a folder; this file reads the arguments and turns failures into one line and
//! an exit code: 2 for a wrong value, 1 for anything that went wrong afterwards.
#![forbid(unsafe_code)]

mod check;
mod explain;
mod failure;
mod optimizers;
mod race;
mod text;
mod theory;
mod train;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use failure::Failure;

/// Trains small models and checks their gradients. Without a command: `train digits`.
#[derive(Parser)]
#[command(name = "gradus", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Train(train::Train),
    Explain(explain::Explain),
    Check(check::Check),
    Race(race::Race),
    Theory(theory::Theory),
    Optimizers(optimizers::Optimizers),
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    let result = match arguments.command.unwrap_or_else(|| Command::Train(train::Train::digits())) {
        Command::Train(train) => train.run(&mut std::io::stdout()),
        Command::Explain(explain) => explain.run(&mut std::io::stdout()),
        Command::Check(check) => check.run(&mut std::io::stdout()),
        Command::Race(race) => race.run(&mut std::io::stdout()),
        Command::Theory(theory) => theory.run(&mut std::io::stdout()),
        Command::Optimizers(optimizers) => optimizers.run(&mut std::io::stdout()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has seen enough: `gradus | head`.
        Err(Failure::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

/// Help and version as they are; a mistake as one line.
fn refuse(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // Nothing is left to do if the output is closed.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    // What follows the first blank line are tips and the usage.
    let message = text.split("\n\n").next().unwrap_or(&text);
    let words: Vec<&str> = message.split_whitespace().collect();
    eprintln!("{}", words.join(" "));
    ExitCode::from(2)
}
