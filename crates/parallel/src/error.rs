//! What can go wrong between ranks.

use std::fmt;

/// Why ranks cannot work together, or no longer can.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A rank panicked.
    Panicked {
        /// The rank.
        rank: usize,
        /// Its message.
        message: String,
    },
    /// A rank has ended, and others wait for it.
    Ended {
        /// The rank that has ended.
        rank: usize,
        /// What the others wait in.
        waiting: &'static str,
    },
    /// Ranks ask for different things at the same time.
    OutOfStep {
        /// What rank 0 asks for, or the lowest rank that takes part.
        expected: String,
        /// Another rank.
        rank: usize,
        /// What that one asks for.
        found: String,
    },
    /// Ranks are not of one training: they differ in their model, their optimizer, their version or a size.
    Differs {
        /// In what.
        what: String,
        /// That of rank 0.
        expected: String,
        /// The first rank with another one.
        rank: usize,
        /// That of this rank.
        found: String,
    },
    /// There are more ranks than parts of a batch, so that a rank would never have an example.
    NoData {
        /// The number of ranks.
        ranks: usize,
        /// What there is less of.
        of: String,
    },
    /// Ranks or parts that cannot all be threads of this process.
    Threads {
        /// What was to be started, as in `100000 ranks`.
        of: String,
        /// Why that does not go.
        why: String,
    },
    /// A batch of which no rank has an example.
    EmptyBatch,
    /// Rank 0 could not begin or go on with a run.
    Run(String),
    /// What carries the messages has failed.
    Transport(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked { rank, message } => write!(f, "rank {rank} panicked: {message}"),
            Self::Ended { rank, waiting } => {
                write!(
                    f,
                    "rank {rank} has ended, and others wait for it in {waiting}; all ranks must take the same steps"
                )
            }
            Self::OutOfStep { expected, rank, found } => write!(
                f,
                "ranks are out of step: {expected} here, {found} on rank {rank}; all ranks must take the same steps"
            ),
            Self::Differs { what, expected, rank, found } => {
                write!(f, "ranks differ in {what}: {expected} on rank 0, {found} on rank {rank}")
            }
            Self::NoData { ranks, of } => {
                write!(
                    f,
                    "{ranks} ranks and {of}: a rank would have no example; take fewer ranks, or more parts"
                )
            }
            Self::Threads { of, why } => {
                write!(
                    f,
                    "{of} cannot be threads of one process: {why}; take fewer, or more processes by MPI"
                )
            }
            Self::EmptyBatch => f.write_str("a batch of 0 examples; a step needs at least one"),
            Self::Run(message) => write!(f, "rank 0: {message}"),
            Self::Transport(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {}
