//! Data-parallel training: several ranks train one model, each on its part of every batch.
//!
//! 1. [`Communicator`]: what ranks say to each other. [`run`] makes ranks of threads in one process, [`Alone`] is a single one; processes on
//!    one or many machines, by MPI, are in the package `gradus-parallel-mpi`;
//! 2. [`DataParallel`]: one model on all ranks, and the counterpart of `Optimizer::training_step`, with [`ParallelOptions`];
//! 3. [`start`]: a run whose checkpoints and logs are rank 0's; `Loader::shares` of `gradus-data`: a rank's part of each batch.
//!
//! The bits of the parameters do not depend on the number of ranks ([`Summation::Exact`]). `docs/many-machines.md` says what that and
//! the messages cost.
//!
//! What happens to other ranks comes back as an [`Error`], and ends all of them.
#![forbid(unsafe_code)]

mod agree;
mod collector;
mod communicator;
mod courier;
mod data_parallel;
mod error;
mod layout;
mod lockstep;
mod options;
mod plan;
mod report;
mod rounds;
mod run;
mod step;
mod threads;
mod tree;

pub use communicator::{Alone, Communicator, Values};
pub use data_parallel::{DataParallel, Unreached};
pub use error::Error;
pub use options::{ParallelOptions, Statistics, Summation};
pub use run::{start, start_by};
pub use threads::{Threads, run};
