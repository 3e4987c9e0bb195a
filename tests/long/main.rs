//! What takes longer than a test may: each of these is left out unless it is asked for.
//!
//! ```text
//! cargo test --test long -- --ignored --nocapture mutants::mutants_die
//! ```
//!
//! builds the library once with all mistakes that `mutations.txt` lists, chooses one after the other, and runs the tests that must notice;
//! `row_mutants` makes mistakes of its own in every elementwise row;
//! `api` compares the public names with `tests/long/api.txt`, by a nightly; `killed` kills a training 1,000 times, where the test of `crates/train` does it 100 times.
//! `parsers` gives 100,000 inputs to
//! each reader, and `programs` tries 100,000 random programs, where the tests of each day take some hundreds; `endurance`
//! makes ten million steps and trains on 64 threads. `.ci/long` runs them all.
//!
//! The profile `long` is that of releases with all checks of debug builds.

mod api;
mod endurance;
mod killed;
mod mutants;
mod parsers;
mod programs;
mod row_mutants;
mod rows;
mod schemata;
mod wrap;
