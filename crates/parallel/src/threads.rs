//! Ranks as threads of one process: to try things out, and for tests.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

use crate::communicator::{Communicator, Values};
use crate::error::Error;

/// Runs a function on so many ranks, each a thread, and gives what they return, by rank.
///
/// ```
/// use gradus_parallel::{Communicator, Error, run};
/// let words = run(2, |comm| comm.all_gather(&[comm.rank() as u8]))?;
/// assert_eq!(words[1], Ok(vec![vec![0], vec![1]]));
/// // A rank that panics ends all.
/// let failed = run(2, |comm| {
///     assert!(comm.rank() == 0, "no room");
///     comm.barrier()
/// });
/// assert_eq!(failed, Err(Error::Panicked { rank: 1, message: "no room".into() }));
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Panicked`] with the first rank that panicked. The others, where they wait for it, get the same error. [`Error::Threads`]
/// for more than 1,024 ranks, or if the system gives fewer threads; then no rank has begun.
///
/// # Panics
/// If there is to be no rank.
#[track_caller]
pub fn run<R: Send>(size: usize, f: impl Fn(Threads) -> R + Sync) -> Result<Vec<R>, Error> {
    assert!(size > 0, "run: there must be at least one rank");
    check_threads(size, "ranks")?;
    run_on(size, |rank| Builder::new().name(format!("rank {rank}")), f)
}

/// As [`run`], on threads that are made so.
fn run_on<R: Send>(
    size: usize,
    thread: impl Fn(usize) -> Builder,
    f: impl Fn(Threads) -> R + Sync,
) -> Result<Vec<R>, Error> {
    let shared = Arc::new(Shared::new(size));
    let rank = |rank: usize| {
        shared.wait("run", |state| state.open.then_some(()), |_| None).ok()?;
        let own = Threads { rank, shared: Arc::clone(&shared) };
        match catch_unwind(AssertUnwindSafe(|| f(own))) {
            Ok(result) => {
                shared.change(|state| state.ended[rank] = true);
                Some(result)
            }
            Err(panic) => {
                shared.fail(Error::Panicked { rank, message: message_of(&*panic) });
                None
            }
        }
    };
    let results: Vec<Option<R>> = std::thread::scope(|scope| {
        let rank = &rank;
        let mut ranks = Vec::with_capacity(size);
        for i in 0..size {
            match thread(i).spawn_scoped(scope, move || rank(i)) {
                Ok(started) => ranks.push(started),
                Err(error) => {
                    let why = format!("the system gave {i} of them ({error})");
                    shared.fail(Error::Threads { of: format!("{size} ranks"), why });
                    break;
                }
            }
        }
        // Those that have started wait for this, so that none works where one is missing.
        shared.change(|state| state.open = state.failed.is_none());
        ranks.into_iter().map(|thread| thread.join().ok().flatten()).collect()
    });
    match results.into_iter().collect::<Option<Vec<R>>>() {
        Some(results) if results.len() == size => Ok(results),
        _ => Err(shared.lock().failed.clone().unwrap_or_else(|| Error::Transport("a rank was lost".into()))),
    }
}

/// The most threads of one kind: where the system's limits are near, a thread that has begun can still fail, and ends the process.
const MOST: usize = 1024;

/// Refuses more threads than a process should have.
pub(crate) fn check_threads(n: usize, what: &str) -> Result<(), Error> {
    if n <= MOST {
        return Ok(());
    }
    Err(Error::Threads { of: format!("{n} {what}"), why: format!("{MOST} is the most") })
}

/// What a panic says.
pub(crate) fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_string())
}

/// A rank that is a thread; see [`run`].
#[derive(Debug, Clone)]
pub struct Threads {
    rank: usize,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    /// Whether all ranks have started.
    open: bool,
    /// Collectives that are over.
    round: u64,
    /// What the ranks bring to the present one.
    brought: Vec<Option<Brought>>,
    /// What they brought to the last one.
    last: Arc<Vec<Vec<u8>>>,
    /// Bytes under way, from rank to rank.
    mail: HashMap<(usize, usize), VecDeque<Vec<u8>>>,
    ended: Vec<bool>,
    failed: Option<Error>,
}

#[derive(Debug)]
struct Brought {
    what: &'static str,
    /// The length, where all must have the same one.
    length: Option<usize>,
    bytes: Vec<u8>,
}

impl Brought {
    fn words(&self) -> String {
        self.length.map_or(self.what.to_string(), |length| format!("{} of {length} bytes", self.what))
    }
}

impl Shared {
    fn new(size: usize) -> Self {
        let state = State {
            open: false,
            round: 0,
            brought: (0..size).map(|_| None).collect(),
            last: Arc::default(),
            mail: HashMap::new(),
            ended: vec![false; size],
            failed: None,
        };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Keeps the first failure.
    fn fail(&self, error: Error) {
        self.change(|state| _ = state.failed.get_or_insert(error));
    }

    /// Waits until something is there, or can no longer come.
    fn wait<T>(
        &self,
        waiting: &'static str,
        mut ready: impl FnMut(&mut State) -> Option<T>,
        missing: impl Fn(&State) -> Option<usize>,
    ) -> Result<T, Error> {
        let mut state = self.lock();
        loop {
            if let Some(found) = ready(&mut state) {
                return Ok(found);
            }
            if let Some(error) = &state.failed {
                return Err(error.clone());
            }
            if let Some(rank) = missing(&state) {
                return Err(Error::Ended { rank, waiting });
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl State {
    /// Ends the present collective if all ranks are there.
    fn complete(&mut self) {
        if !self.brought.iter().all(Option::is_some) {
            return;
        }
        let all: Vec<Brought> = self.brought.iter_mut().filter_map(Option::take).collect();
        let of = |brought: &Brought| (brought.what, brought.length);
        if let Some(rank) = all.iter().position(|brought| of(brought) != of(&all[0])) {
            let [expected, found] = [&all[0], &all[rank]].map(Brought::words);
            self.failed.get_or_insert(Error::OutOfStep { expected, rank, found });
            return;
        }
        self.last = Arc::new(all.into_iter().map(|brought| brought.bytes).collect());
        self.round += 1;
    }
}

impl Threads {
    /// A collective: what all ranks brought.
    fn gather(
        &self,
        what: &'static str,
        length: Option<usize>,
        bytes: Vec<u8>,
    ) -> Result<Arc<Vec<Vec<u8>>>, Error> {
        let mut round = 0;
        self.shared.change(|state| {
            round = state.round;
            state.brought[self.rank] = Some(Brought { what, length, bytes });
            state.complete();
        });
        // The next collective ends with this rank only, so what the last one brought stays until it is taken.
        let ready = |state: &mut State| (state.round > round).then(|| Arc::clone(&state.last));
        let missing = |state: &State| {
            (0..state.ended.len()).find(|&rank| state.ended[rank] && state.brought[rank].is_none())
        };
        self.shared.wait(what, ready, missing)
    }
}

/// Adds the ranks' values in the order of the ranks.
fn sum<T: bytemuck::Pod + std::ops::AddAssign>(values: &mut [T], all: &[Vec<u8>]) {
    for (rank, bytes) in all.iter().enumerate() {
        let size = size_of::<T>();
        for (value, bytes) in values.iter_mut().zip(bytes.chunks_exact(size)) {
            let other: T = bytemuck::pod_read_unaligned(bytes);
            if rank == 0 { *value = other } else { *value += other }
        }
    }
}

impl Communicator for Threads {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.shared.lock().ended.len()
    }

    fn all_reduce_sum(&self, values: Values<'_>) -> Result<(), Error> {
        let bytes: &[u8] = match &values {
            Values::F32(values) => bytemuck::cast_slice(values),
            Values::F64(values) => bytemuck::cast_slice(values),
        };
        let all = self.gather("all_reduce_sum", Some(bytes.len()), bytes.to_vec())?;
        match values {
            Values::F32(values) => sum(values, &all),
            Values::F64(values) => sum(values, &all),
        }
        Ok(())
    }

    fn broadcast(&self, bytes: &mut Vec<u8>, root: usize) -> Result<(), Error> {
        let own = if self.rank == root { std::mem::take(bytes) } else { Vec::new() };
        let all = self.gather("broadcast", None, own)?;
        bytes.clone_from(&all[root]);
        Ok(())
    }

    fn all_gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        Ok(self.gather("all_gather", None, bytes.to_vec())?.to_vec())
    }

    fn exchange(&self, with: usize, own: &[u8], theirs: &mut [u8]) -> Result<(), Error> {
        let (there, back) = ((self.rank, with), (with, self.rank));
        self.shared.change(|state| state.mail.entry(there).or_default().push_back(own.to_vec()));
        let ready = |state: &mut State| state.mail.get_mut(&back).and_then(VecDeque::pop_front);
        let found = self.shared.wait("exchange", ready, |state| state.ended[with].then_some(with))?;
        if found.len() == own.len() && found.len() == theirs.len() {
            theirs.copy_from_slice(&found);
            return Ok(());
        }
        let words = |length: usize| format!("exchange of {length} bytes");
        let error = Error::OutOfStep { expected: words(own.len()), rank: with, found: words(found.len()) };
        self.shared.fail(error.clone());
        Err(error)
    }

    fn is_one_machine(&self) -> bool {
        true
    }

    fn abort(&self, message: &str, _: i32) {
        self.shared.fail(Error::Panicked { rank: self.rank, message: message.to_string() });
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_thread_that_cannot_start_is_an_error_and_no_rank_begins() {
        for missing in 0..3 {
            let begun = AtomicUsize::new(0);
            // A stack that no machine has.
            let thread = |rank| Builder::new().stack_size(if rank == missing { 1 << 60 } else { 1 << 20 });
            let found = run_on(3, thread, |comm| {
                begun.fetch_add(1, Ordering::Relaxed);
                comm.barrier()
            });
            let text = found.unwrap_err().to_string();
            let expected =
                format!("3 ranks cannot be threads of one process: the system gave {missing} of them (");
            assert!(text.starts_with(&expected), "{text}");
            assert_eq!(begun.into_inner(), 0);
        }
    }
}
