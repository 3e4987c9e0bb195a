//! The `gradus` command on the ranks of MPI.
#![forbid(unsafe_code)]

use gradus_parallel_mpi::Mpi;

fn main() -> std::process::ExitCode {
    match Mpi::start() {
        Ok(comm) => gradus_cli::main_on(comm),
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
