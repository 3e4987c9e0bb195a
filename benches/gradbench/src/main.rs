//! Answers GradBench's protocol, a JSON message a line, with gradus: `gradbench run --eval … --tool gradus-gradbench`.
//!
//! `protocol` reads and answers messages and takes the time, `data` reads what an eval sends and writes what it gets. Each
//! other file is one eval, written as a program that uses the library, not as a part of it. `descent` is the
//! minimiser that `particle` and `saddle` prescribe.

mod ba;
mod data;
mod descent;
mod det;
mod gmm;
mod hello;
mod ht;
mod kmeans;
mod llsq;
mod lse;
mod lstm;
mod ode;
mod particle;
mod protocol;
mod saddle;
#[cfg(test)]
mod tests;

use std::io::{BufRead, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // GradBench's tools take one thread unless they are told otherwise.
        [] => gradus::set_threads(1),
        ["--multithreaded"] => {}
        _ => {
            eprintln!("usage: gradus-gradbench [--multithreaded]");
            return ExitCode::from(2);
        }
    }
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let answer = line.map_err(|error| error.to_string()).and_then(|line| protocol::answer(&line));
        let written = answer.and_then(|answer| {
            writeln!(out, "{answer}").and_then(|()| out.flush()).map_err(|error| error.to_string())
        });
        if let Err(error) = written {
            eprintln!("gradus-gradbench: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
