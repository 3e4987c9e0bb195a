//! The thread that speaks with MPI. It starts MPI, makes all calls, and ends it, so MPI needs no locks; others hand it requests.
//!
//! It looks whether a message is there and yields in between: a wait that spins, as MPI's own do, takes the core from the
//! computation where a machine has as many ranks as cores.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use gradus_parallel::{Communicator, Error, Values};
use mpi::Threading;
use mpi::topology::{Communicator as _, SimpleCommunicator};

use crate::PANICKED;
use crate::request::{Request, answer};

/// A rank of MPI. Clones are the same rank; MPI ends with the last of them.
#[derive(Clone)]
pub struct Mpi(Arc<Engine>);

struct Engine {
    rank: usize,
    size: usize,
    requests: Mutex<Option<Sender<Asked>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    failed: Arc<Failure>,
}

/// A request, and where its answer goes.
type Asked = (Request, Sender<Result<Answer, Error>>);

/// What a request gives.
pub(crate) type Answer = Vec<Vec<u8>>;

/// Why all ranks are to end.
#[derive(Default)]
pub(crate) struct Failure {
    raised: AtomicBool,
    why: Mutex<Option<(String, i32)>>,
}

impl Failure {
    fn raise(&self, message: &str, code: i32) {
        let mut why = self.why.lock().unwrap_or_else(PoisonError::into_inner);
        why.get_or_insert_with(|| (message.to_string(), code));
        drop(why);
        self.raised.store(true, Ordering::Release);
    }

    /// Ends all ranks if one of this process's threads has asked for it.
    pub(crate) fn check(&self, world: &SimpleCommunicator) {
        if self.raised.load(Ordering::Acquire) {
            let why = self.why.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let (message, code) = why.unwrap_or_default();
            if !message.is_empty() {
                eprintln!("error: {message}");
            }
            world.abort(code);
        }
    }
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
    /// [`Error::Transport`] if MPI was started in this process before.
    pub fn start() -> Result<Self, Error> {
        let (requests, todo) = channel();
        let (tell, told) = channel();
        let failed = Arc::new(Failure::default());
        let seen = Arc::clone(&failed);
        let thread = std::thread::Builder::new()
            .name("mpi".to_string())
            .spawn(move || serve(&todo, &tell, &seen))
            .map_err(|error| Error::Transport(format!("a thread for MPI: {error}")))?;
        let Ok(Some((rank, size))) = told.recv() else {
            return Err(Error::Transport("MPI runs in this process already".to_string()));
        };
        let engine = Engine {
            rank,
            size,
            requests: Mutex::new(Some(requests)),
            thread: Mutex::new(Some(thread)),
            failed: Arc::clone(&failed),
        };
        if size > 1 {
            let hook = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                hook(info);
                failed.raise(&format!("rank {rank} of {size} has panicked; all ranks end"), PANICKED);
            }));
        }
        Ok(Self(Arc::new(engine)))
    }

    fn ask(&self, request: Request) -> Result<Answer, Error> {
        let lost = || Error::Transport("the thread of MPI has ended".to_string());
        let (give, take) = channel();
        let requests = self.0.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.as_ref().ok_or_else(lost)?.send((request, give)).map_err(|_| lost())?;
        drop(requests);
        take.recv().map_err(|_| lost())?
    }
}

/// The thread of MPI, from start to end.
fn serve(todo: &Receiver<Asked>, tell: &Sender<Option<(usize, usize)>>, failed: &Failure) {
    let Some((universe, _)) = mpi::initialize_with_threading(Threading::Funneled) else {
        let _ = tell.send(None);
        return;
    };
    let world = universe.world();
    let _ = tell.send(Some((world.rank() as usize, world.size() as usize)));
    loop {
        // So long it may take until a panic of a thread that asks for nothing is seen.
        match todo.recv_timeout(std::time::Duration::from_millis(20)) {
            Ok((request, give)) => {
                // Whoever asked may be gone.
                let _ = give.send(answer(&world, request, failed));
            }
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
        }
        failed.check(&world);
    }
    failed.check(&world);
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).take();
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
            Values::F32(values) => {
                let sums = self.ask(Request::Sum32(values.to_vec()))?;
                values.iter_mut().zip(sums[0].chunks_exact(4)).for_each(|(value, bytes)| {
                    *value = f32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                });
            }
            Values::F64(values) => {
                let sums = self.ask(Request::Sum64(values.to_vec()))?;
                values.iter_mut().zip(sums[0].chunks_exact(8)).for_each(|(value, bytes)| {
                    *value = f64::from_ne_bytes(bytes.try_into().unwrap_or_default());
                });
            }
        }
        Ok(())
    }

    fn broadcast(&self, bytes: &mut Vec<u8>, root: usize) -> Result<(), Error> {
        let own = std::mem::take(bytes);
        *bytes = self.ask(Request::Broadcast { bytes: own, root })?.pop().unwrap_or_default();
        Ok(())
    }

    fn all_gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        self.ask(Request::Gather(bytes.to_vec()))
    }

    fn exchange(&self, with: usize, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        let found = self.ask(Request::Exchange { with, bytes: bytes.to_vec() })?;
        Ok(found.into_iter().next().unwrap_or_default())
    }

    fn abort(&self, message: &str, code: i32) {
        self.0.failed.raise(message, code);
        // The thread of MPI ends the process.
        while self
            .0
            .thread
            .lock()
            .is_ok_and(|thread| thread.as_ref().is_some_and(|thread| !thread.is_finished()))
        {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}
