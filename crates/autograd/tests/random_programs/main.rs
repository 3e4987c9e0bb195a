//! Random programs: expressions of 5 to 40 operations over random shapes, whose gradients are found in several ways that must
//! agree. [`judge`] says which.
//!
//! `GRADUS_PROGRAMS` is how many programs are tried, `GRADUS_PROGRAM` the seed of a single one, as a failure prints it.
//! `tests/long` tries 100,000.

mod draw;
mod elementwise;
mod judge;
mod movement;
mod numbers;
mod program;
mod sums;
mod windows;

use std::sync::{Mutex, MutexGuard, PoisonError};

use judge::Tally;

/// How many programs are tried if nothing else is said.
const PROGRAMS: u64 = 300;

/// Threads and waiting are switched for the whole process, so the tests here take turns.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn from_environment(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}: {text} is no whole number")))
}

#[test]
fn random_programs() {
    let _turn = turn();
    let one = from_environment("GRADUS_PROGRAM");
    let first = from_environment("GRADUS_FIRST_PROGRAM").unwrap_or(0);
    let count = from_environment("GRADUS_PROGRAMS").unwrap_or(PROGRAMS);
    let (mut tally, mut failures) = (Tally::default(), Vec::new());
    for seed in one.map_or(first..first + count, |seed| seed..seed + 1) {
        if let Err(failure) = judge::program(seed, &mut tally) {
            println!("{failure}\n");
            failures.push(seed);
        }
        if (seed + 1) % 5000 == 0 {
            println!("{tally}");
        }
    }
    println!("{tally}");
    assert!(failures.is_empty(), "programs with these seeds (GRADUS_PROGRAM=seed) are wrong: {failures:?}");
    if one.is_none() && count >= PROGRAMS {
        tally.assert_that_it_bites();
    }
}

/// An operation that gives half its gradient is found, beside any others.
#[test]
fn a_wrong_rule_is_found() {
    let _turn = turn();
    let found = (0..20).filter(|&seed| judge::with_a_wrong_rule(seed).is_err()).count();
    assert_eq!(found, 20, "of 20 programs with a wrong rule");
}

/// Its differences are made with steps that a sum within it does not survive; two of them agree on a wrong slope.
#[test]
fn a_program_with_steps_below_the_resolution() {
    let _turn = turn();
    let found = judge::program(7304, &mut Tally::default());
    assert!(found.is_ok(), "{}", found.unwrap_err());
}
