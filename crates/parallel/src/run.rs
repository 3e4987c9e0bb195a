//! A run whose checkpoints and logs are those of rank 0.

use gradus_autograd::Params;
use gradus_optim::Optimizer;
use gradus_train::{Checkpoint, Run, RunOptions};

use crate::communicator::Communicator;
use crate::error::Error;

/// What rank 0 says first: that it begins, goes on, or cannot.
const BEGINS: u8 = 0;
const GOES_ON: u8 = 1;
const FAILED: u8 = 2;

/// Begins a [`Run`] on all ranks, or goes on with the one in the folder of rank 0. That rank alone reads and writes the folder and
/// shows progress; the others get the checkpoint from it, so they need no folder, and there may be more or fewer of them than when it
/// was saved.
///
/// ```
/// use gradus_autograd::Param;
/// use gradus_optim::{Optimizer, Sgd};
/// use gradus_parallel::{DataParallel, Error, run, start};
/// use gradus_train::RunOptions;
///
/// let folder = std::env::temp_dir().join(format!("gradus-parallel-doc-{}", std::process::id()));
/// let train = |ranks: usize, steps: u64| {
///     run(ranks, |comm| {
///         let (mut w, mut optimizer) = (Param::new(1.0), Optimizer::new(Sgd::default(), 0.1));
///         let options = RunOptions { folder: Some(folder.clone()), progress: false, ..RunOptions::steps(steps) };
///         let run = start(&comm, options, &mut w, &mut optimizer)?;
///         let mut parallel = DataParallel::new(comm, &mut w)?;
///         for _ in run.steps() {
///             parallel.training_step(&mut optimizer, &mut w, 8, |w, tape, _| tape.param(w).square())?;
///             run.checkpoint(&w, &optimizer).map_err(|error| Error::Run(error.to_string()))?;
///         }
///         Ok::<_, Error>(w.value().item())
///     })
/// };
/// train(2, 10)?;
/// let last = train(3, 20)?; // goes on after step 10
/// assert!(last.iter().all(|w| *w == last[0]));
/// assert!(last[0].as_ref().is_ok_and(|w| *w < 0.8f64.powi(19)));
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Run`] on all ranks if rank 0 cannot begin ([`Run::start`]).
///
/// # Panics
/// As [`Run::start`].
#[track_caller]
pub fn start<M: Params + ?Sized>(
    comm: &impl Communicator,
    options: RunOptions,
    model: &mut M,
    optimizer: &mut Optimizer,
) -> Result<Run, Error> {
    start_by(comm, options, model, optimizer, |options, model, optimizer| {
        Run::start(options, model, optimizer).map_err(|error| error.to_string())
    })
}

/// As [`start`], with a beginning of the program's own on rank 0.
///
/// # Errors
/// [`Error::Run`] on all ranks with what `begin` says.
///
/// # Panics
/// As [`Run::start`].
#[track_caller]
pub fn start_by<M: Params + ?Sized>(
    comm: &impl Communicator,
    options: RunOptions,
    model: &mut M,
    optimizer: &mut Optimizer,
    begin: impl FnOnce(RunOptions, &mut M, &mut Optimizer) -> Result<Run, String>,
) -> Result<Run, Error> {
    if comm.rank() == 0 {
        let begun = begin(options, model, optimizer).and_then(|run| {
            let state = run.resumed().map(std::fs::read).transpose().map_err(|error| error.to_string())?;
            Ok((run, state))
        });
        let mut message = match &begun {
            Ok((_, None)) => vec![BEGINS],
            Ok((_, Some(state))) => [&[GOES_ON][..], state].concat(),
            Err(said) => [&[FAILED][..], said.as_bytes()].concat(),
        };
        comm.broadcast(&mut message, 0)?;
        return begun.map(|(run, _)| run).map_err(Error::Run);
    }
    let mut message = Vec::new();
    comm.broadcast(&mut message, 0)?;
    let said = |error: gradus_train::Error| Error::Run(error.to_string());
    let (first, rest) = message.split_first().unwrap_or((&FAILED, &[]));
    let from = match *first {
        BEGINS => None,
        GOES_ON => Some(Checkpoint::from_bytes(rest).map_err(said)?),
        _ => return Err(Error::Run(String::from_utf8_lossy(rest).into_owned())),
    };
    let options = RunOptions { folder: None, log: None, from, progress: false, ..options };
    Run::start(options, model, optimizer).map_err(said)
}
