//! Ranks as processes on one or many machines, by MPI: start-up, transport and failure are those of the system's MPI (OpenMPI or
//! MPICH). [`Mpi`] is a [`Communicator`] for `gradus-parallel`; [`run`] is the frame of a program.
//!
//! ```no_run
//! use gradus_parallel::{Communicator, DataParallel, Error};
//!
//! fn main() -> std::process::ExitCode {
//!     gradus_parallel_mpi::run(|comm| {
//!         println!("rank {} of {}", comm.rank(), comm.size()); // then DataParallel::new(comm, &mut model)
//!         Ok::<(), Error>(())
//!     })
//! }
//! ```
//!
//! ```text
//! mpirun -n 4 target/release/program
//! ```
//!
//! The package is no member of the workspace: it builds where MPI's compiler wrapper (`mpicc`) and libclang are installed.
#![forbid(unsafe_code)]

mod calls;
mod engine;

use std::fmt::Display;
use std::process::ExitCode;

use gradus_parallel::Communicator;

pub use engine::Mpi;

/// The exit code of all ranks if one fails.
pub const FAILED: i32 = 1;
/// The exit code of all ranks if one panics: that of a panic.
pub const PANICKED: i32 = 101;

/// Runs a program as a rank of MPI. If it fails or panics on any rank, all ranks end, with its message and a code.
pub fn run<E: Display>(program: impl FnOnce(Mpi) -> Result<(), E>) -> ExitCode {
    let comm = match Mpi::start() {
        Ok(comm) => comm,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(1);
        }
    };
    match program(comm.clone()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let alone = comm.size() == 1;
            let message = if alone { error.to_string() } else { format!("rank {}: {error}", comm.rank()) };
            comm.abort(&message, FAILED);
            ExitCode::from(1)
        }
    }
}
