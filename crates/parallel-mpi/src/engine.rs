//! MPI in this process: a thread starts and ends it, and looks whether all ranks are to end; calls come from any thread, one at a
//! time.
//!
//! A wait looks whether a message is there and yields in between: one that spins, as MPI's own do, takes the core from the
//! computation where a machine has as many ranks as cores.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use gradus_parallel::{Communicator, Error, Values};
use mpi::Threading;
use mpi::topology::{Communicator as _, SimpleCommunicator};

use crate::PANICKED;
use crate::calls;

/// A rank of MPI. Clones are the same rank; MPI ends with the last of them.
#[derive(Clone)]
pub struct Mpi(Arc<Engine>);

struct Engine {
    rank: usize,
    size: usize,
    calls: Arc<Calls>,
    /// MPI ends when it is dropped.
    open: Mutex<Option<Sender<()>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// The calls of MPI from this process's threads, and why all ranks are to end.
#[derive(Default)]
pub(crate) struct Calls {
    one: Mutex<()>,
    computing: AtomicBool,
    raised: AtomicBool,
    why: Mutex<Option<(String, i32)>>,
}

impl Calls {
    /// Calls MPI, while no other thread does.
    pub(crate) fn call<R>(&self, f: impl FnOnce(&SimpleCommunicator) -> R) -> R {
        let _one = self.one.lock().unwrap_or_else(PoisonError::into_inner);
        f(&SimpleCommunicator::world())
    }

    /// Whether a wait should leave the core to this rank's computation.
    pub(crate) fn is_computing(&self) -> bool {
        self.computing.load(Ordering::Relaxed)
    }

    fn raise(&self, message: &str, code: i32) {
        let mut why = self.why.lock().unwrap_or_else(PoisonError::into_inner);
        why.get_or_insert_with(|| (message.to_string(), code));
        drop(why);
        self.raised.store(true, Ordering::Release);
    }

    /// Ends all ranks if one of this process's threads has asked for it.
    pub(crate) fn check(&self) {
        if self.raised.load(Ordering::Acquire) {
            let why = self.why.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let (message, code) = why.unwrap_or_default();
            self.call(|world| {
                if !message.is_empty() {
                    eprintln!("error: {message}");
                }
                world.abort(code)
            });
        }
    }
}

/// What OpenMPI and MPICH tell the processes that they start of their number, in all and on this machine.
const IN_ALL: [&str; 2] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"];
const HERE: [&str; 2] = ["OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"];

fn environment(names: [&'static str; 2]) -> Option<(&'static str, usize)> {
    names.into_iter().find_map(|name| Some((name, std::env::var(name).ok()?.parse().ok()?)))
}

impl fmt::Debug for Mpi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mpi(rank {} of {})", self.0.rank, self.0.size)
    }
}

impl Mpi {
    /// Starts MPI; of a process that `mpirun` has not started, as the only rank. From now on a panic, on whichever thread, ends all
    /// ranks.
    ///
    /// # Errors
    /// [`Error::Transport`] if MPI was started in this process before or serves no program with threads, or if `mpirun` is of another
    /// MPI than this program: then each process would take itself for the only rank.
    pub fn start() -> Result<Self, Error> {
        let (open, closed) = channel();
        let (tell, told) = channel();
        let calls = Arc::<Calls>::default();
        let seen = Arc::clone(&calls);
        let thread = std::thread::Builder::new()
            .name("mpi".to_string())
            .spawn(move || serve(&closed, &tell, &seen))
            .map_err(|error| Error::Transport(format!("a thread for MPI: {error}")))?;
        let lost = |_| Error::Transport("the thread of MPI has ended".to_string());
        let (rank, size) = told.recv().map_err(lost)?.map_err(Error::Transport)?;
        let (open, thread) = (Mutex::new(Some(open)), Mutex::new(Some(thread)));
        let engine = Engine { rank, size, calls: Arc::clone(&calls), open, thread };
        if let Some((name, processes)) =
            environment(IN_ALL).filter(|&(_, processes)| size == 1 && processes > 1)
        {
            return Err(Error::Transport(format!(
                "{name} says that there are {processes} processes, and MPI knows of this one alone: `mpirun` is of another MPI than \
                 this program was built with; take the one of that MPI (its version: `mpirun --version`), or build the program anew"
            )));
        }
        if size > 1 {
            let hook = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                hook(info);
                calls.raise(&format!("rank {rank} of {size} has panicked; all ranks end"), PANICKED);
            }));
        }
        Ok(Self(Arc::new(engine)))
    }
}

/// The thread of MPI, from start to end.
fn serve(closed: &Receiver<()>, tell: &Sender<Result<(usize, usize), String>>, calls: &Calls) {
    let started = mpi::initialize_with_threading(Threading::Serialized);
    // MPI ends with `universe`, behind the last call.
    let (universe, found) = match started {
        None => (None, Err("MPI runs in this process already".to_string())),
        Some((universe, level)) if level < Threading::Serialized => {
            let found = format!(
                "this MPI gives threads the level {level:?}, and `Serialized` is needed; build it with threads"
            );
            (Some(universe), Err(found))
        }
        Some((universe, _)) => {
            let world = universe.world();
            let found = (world.rank() as usize, world.size() as usize);
            (Some(universe), Ok(found))
        }
    };
    let serves = found.is_ok();
    let _ = tell.send(found);
    // So long it may take until a panic of a thread that asks for nothing is seen.
    while serves && closed.recv_timeout(Duration::from_millis(20)) == Err(RecvTimeoutError::Timeout) {
        calls.check();
    }
    calls.check();
    drop(universe);
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It ends MPI, which waits for the other ranks.
            let _ = thread.join();
        }
    }
}

impl Communicator for Mpi {
    fn rank(&self) -> usize {
        self.0.rank
    }

    fn size(&self) -> usize {
        self.0.size
    }

    fn all_reduce_sum(&self, values: Values<'_>) -> Result<(), Error> {
        match values {
            Values::F32(values) => calls::sum(&self.0.calls, values),
            Values::F64(values) => calls::sum(&self.0.calls, values),
        }
        Ok(())
    }

    fn broadcast(&self, bytes: &mut Vec<u8>, root: usize) -> Result<(), Error> {
        calls::broadcast(&self.0.calls, bytes, root);
        Ok(())
    }

    fn all_gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        calls::gather(&self.0.calls, bytes, self.0.size)
    }

    fn exchange(&self, with: usize, own: &[u8], theirs: &mut [u8]) -> Result<(), Error> {
        calls::exchange(&self.0.calls, with, own, theirs)
    }

    fn is_one_machine(&self) -> bool {
        self.0.size == 1 || environment(HERE).is_some_and(|(_, ranks)| ranks == self.0.size)
    }

    fn set_computing(&self, computing: bool) {
        self.0.calls.computing.store(computing, Ordering::Relaxed);
    }

    fn abort(&self, message: &str, code: i32) {
        self.0.calls.raise(message, code);
        // It ends the process.
        self.0.calls.check();
    }
}
