//! The `gradus` command, and what it shows as a library: the page (`crates/play`) reads the same expressions and has the
//! same explanations. Each subcommand is a folder; this file reads the arguments and turns failures into one line and
//! an exit code: 2 for a wrong value, 1 for anything that went wrong afterwards.
#![forbid(unsafe_code)]

pub mod check;
pub mod explain;
pub mod failure;
mod find_lr;
pub mod optimizers;
mod puzzle;
pub mod race;
mod ranks;
mod refusal;
pub mod schedule;
pub mod text;
mod theory;
mod train;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use failure::Failure;
use gradus::parallel::Communicator;
use refusal::one_line;

/// The end of `gradus --help`.
const START: &str = "\
Start here:
  gradus                                            trains a classifier of digits, and saves it
  gradus explain \"tanh(w*x + b)\" w=-3 x=2 b=6.88    backpropagation, step by step
  gradus check tanh                                 a gradient beside its finite differences
  gradus race --svg race.svg                        four optimizers on one surface, as a picture
  gradus schedule \"cosine(0.3, 95).warmup(5)\"       a learning rate by step, and a training under it
  gradus find-lr                                    a learning rate for a model, by its range test
  gradus puzzle                                     thirty derivatives to write, judged by the gradient check
  gradus COMMAND --help                             all options of a command

From a clone of the repository, `cargo install --path crates/cli --locked` installs this command;
`cargo run --release -- COMMAND` runs it there without installing.";

/// Trains small models and checks their gradients. Without a command: `train digits`.
#[derive(Parser)]
#[command(name = "gradus", version, after_help = START)]
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
    Schedule(schedule::ScheduleCommand),
    FindLr(find_lr::FindLr),
    Puzzle(puzzle::PuzzleCommand),
}

/// The command with the arguments of this process.
pub fn main() -> ExitCode {
    if let Some(processes) = ranks::processes() {
        ranks::wait_for_rank_0();
        complain(&format!(
            "error: {processes} processes of `mpirun` would each do the same, and write the same files; this `gradus` is built \
             without MPI (docs/many-machines.md: cargo build --release --manifest-path crates/parallel-mpi/Cargo.toml)"
        ));
        return ExitCode::from(2);
    }
    run(None)
}

/// The command on several ranks, which print as one: `train` alone has use for them.
pub fn main_on(comm: impl Communicator) -> ExitCode {
    run(Some(Arc::new(comm)))
}

fn run(comm: Option<Arc<dyn Communicator>>) -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let comm = comm.as_deref().filter(|comm| comm.size() > 1);
            return comm.map_or_else(|| refuse(&error), |comm| refuse_on(comm, &error));
        }
    };
    let several = comm.as_deref().filter(|comm| comm.size() > 1);
    if let Some(comm) = several.filter(|_| !matches!(arguments.command, None | Some(Command::Train(_)))) {
        return ranks::refuse(comm, "`gradus train` alone runs on several ranks; leave mpirun out");
    }
    let result = match arguments.command.unwrap_or_else(|| Command::Train(train::Train::digits())) {
        Command::Train(train) => return ranks::train(&train, comm),
        Command::Explain(explain) => explain.run(&mut std::io::stdout()),
        Command::Check(check) => check.run(&mut std::io::stdout()),
        Command::Race(race) => race.run(&mut std::io::stdout()),
        Command::Theory(theory) => theory.run(&mut std::io::stdout()),
        Command::Optimizers(optimizers) => optimizers.run(&mut std::io::stdout()),
        Command::Schedule(schedule) => schedule.run(&mut std::io::stdout()),
        Command::FindLr(find_lr) => find_lr.run(&mut std::io::stdout()),
        Command::Puzzle(puzzle) => puzzle.run(&mut std::io::stdout()),
    };
    finished(result)
}

fn finished(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has seen enough: `gradus | head`.
        Err(Failure::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&format!("error: {failure}"));
            ExitCode::from(failure.code())
        }
    }
}

/// Help and version as they are; a mistake as one line.
fn refuse(error: &clap::Error) -> ExitCode {
    if is_asked_for(error) {
        // Nothing is left to do if the output is closed.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    complain(&mistake(error));
    ExitCode::from(2)
}

/// As [`refuse`], on several ranks: once.
fn refuse_on(comm: &dyn Communicator, error: &clap::Error) -> ExitCode {
    if !is_asked_for(error) {
        return ranks::refuse(comm, mistake(error).trim_start_matches("error: "));
    }
    if comm.rank() == 0 { refuse(error) } else { ExitCode::SUCCESS }
}

fn is_asked_for(error: &clap::Error) -> bool {
    matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
}

fn mistake(error: &clap::Error) -> String {
    let words: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    one_line(error, &Arguments::command(), &words)
}

/// A line on standard error. If that is closed, as by `gradus … 2>&1 | head`, the exit code says it alone; `eprintln` would
/// panic.
fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
