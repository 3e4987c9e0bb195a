//! The command on several ranks of MPI: they print as one.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use gradus::parallel::Communicator;

use crate::failure::Failure;
use crate::train::Train;

/// What OpenMPI and MPICH tell the processes that they start of their number, in all and on this machine.
const IN_ALL: [&str; 2] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"];
const HERE: [&str; 2] = ["OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"];
const RANK: [&str; 2] = ["OMPI_COMM_WORLD_RANK", "PMI_RANK"];
/// So long the other ranks wait with the same message: that of rank 0 is printed.
const AFTER_RANK_0: Duration = Duration::from_millis(500);

fn number(names: [&str; 2]) -> Option<usize> {
    names.iter().find_map(|name| std::env::var(name).ok()?.parse().ok())
}

/// The number of processes that `mpirun` has started, if it is more than this one.
pub(crate) fn processes() -> Option<usize> {
    number(IN_ALL).filter(|&processes| processes > 1)
}

/// Whether `mpirun` has started this process, with others or alone. It gives rank 0 a terminal, which nobody reads while it ends
/// the ranks: what is written there by then must be little.
pub(crate) fn is_under_mpirun() -> bool {
    number(IN_ALL).is_some()
}

/// What a command begins with that runs on as many ranks as this one.
pub(crate) fn launcher() -> Vec<String> {
    processes().map_or(Vec::new(), |ranks| vec!["mpirun".to_string(), "-n".to_string(), ranks.to_string()])
}

/// Of processes that all have the same to say, the first one says it: `mpirun` ends the others meanwhile.
pub(crate) fn wait_for_rank_0() {
    if number(RANK).is_some_and(|rank| rank > 0) {
        std::thread::sleep(AFTER_RANK_0);
    }
}

/// The ranks on this machine, which share its cores.
pub(crate) fn on_this_machine() -> usize {
    number(HERE).unwrap_or(1).max(1)
}

/// Trains; on several ranks, rank 0 alone prints.
pub(crate) fn train(train: &Train, comm: Option<Arc<dyn Communicator>>) -> ExitCode {
    let first = comm.as_ref().is_none_or(|comm| comm.rank() == 0);
    let (stdout, sink) = (&mut io::stdout(), &mut io::sink());
    let out: &mut dyn Write = if first { stdout } else { sink };
    let result = train.run(out, comm.clone());
    // What one process says while `mpirun` ends it is lost, unless it ends by MPI's own way.
    let is_ended = |failure: &Failure| is_under_mpirun() && matches!(failure, Failure::Interrupted { .. });
    match (result, comm) {
        (Err(failure), Some(comm)) if comm.size() > 1 || is_ended(&failure) => end(&*comm, &failure),
        (result, _) => crate::finished(result),
    }
}

/// Refuses to run on several ranks.
pub(crate) fn refuse(comm: &dyn Communicator, text: &str) -> ExitCode {
    end(comm, &Failure::Value(text.to_string()))
}

/// Ends all ranks.
fn end(comm: &dyn Communicator, failure: &Failure) -> ExitCode {
    if comm.rank() != 0 {
        if matches!(failure, Failure::Interrupted { .. }) {
            // All ranks stop at one step, and rank 0 saves the weights first: it ends the others when it is done.
            let _ = comm.barrier();
            return ExitCode::from(failure.code());
        }
        std::thread::sleep(AFTER_RANK_0);
    }
    comm.abort(&failure.to_string(), i32::from(failure.code()));
    ExitCode::from(failure.code())
}
