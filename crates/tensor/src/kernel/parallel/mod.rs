//! The second core: a loop over pieces, handed to waiting threads in a fraction of a microsecond.
//!
//! A kernel of 50 µs cannot wait 14 µs for a general thread pool to wake up, so the helpers spin for a short while
//! after each job and only then park. Pieces are cut by size (`cut`), never by the number of threads, so results are the
//! same bits on any number of threads. A job started while another is running (from a second thread, or nested) runs
//! serially on its caller.

mod cut;
mod gate;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::thread::Thread;
use std::time::{Duration, Instant};

pub(super) use cut::Shared;
pub use cut::{chunks, chunks_all, pieces};
use gate::{Bed, Gate};

/// What the gate is built on.
mod sync {
    pub(super) use std::hint::spin_loop;
    pub(super) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
}

/// How long a helper spins for the next job before it parks.
const SPIN: Duration = Duration::from_micros(300);

struct Job<'a> {
    body: &'a (dyn Fn(usize) + Sync),
    next: AtomicUsize,
    pieces: usize,
    panic: Mutex<Option<Box<dyn std::any::Any + Send>>>,
}

impl Job<'_> {
    /// Takes pieces until none is left.
    fn work(&self) {
        let result = catch_unwind(AssertUnwindSafe(|| {
            loop {
                let piece = self.next.fetch_add(1, Ordering::Relaxed);
                if piece >= self.pieces {
                    break;
                }
                (self.body)(piece);
            }
        }));
        if let Err(payload) = result {
            self.next.store(self.pieces, Ordering::Relaxed);
            if let Ok(mut slot) = self.panic.lock() {
                slot.get_or_insert(payload);
            }
        }
    }
}

#[derive(Default)]
struct Helper {
    bed: Bed,
    thread: OnceLock<Thread>,
}

struct Team {
    busy: Mutex<()>,
    gate: Gate,
    /// How many threads may work on a job, the caller included.
    threads: AtomicUsize,
    helpers: Mutex<Vec<&'static Helper>>,
}

static TEAM: Team = Team {
    busy: Mutex::new(()),
    gate: Gate {
        job: AtomicPtr::new(ptr::null_mut()),
        count: AtomicU32::new(0),
        sequence: AtomicU32::new(0),
    },
    threads: AtomicUsize::new(0),
    helpers: Mutex::new(Vec::new()),
};

impl Team {
    /// The right to give the team a job, unless it has one. A job that panicked has poisoned the lock and left nothing
    /// behind: its owner waited for every helper.
    fn free(&self) -> Option<MutexGuard<'_, ()>> {
        match self.busy.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// The number of threads that kernels use: `GRADUS_THREADS` if set, else the number of cores, until [`set_threads`].
pub fn threads() -> usize {
    match TEAM.threads.load(Ordering::Relaxed) {
        0 => {
            let wanted = std::env::var("GRADUS_THREADS").ok().and_then(|v| v.parse().ok()).filter(|&n| n > 0);
            let n = wanted.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
            TEAM.threads.store(n, Ordering::Relaxed);
            n
        }
        n => n,
    }
}

/// Sets the number of threads that kernels use from now on. Results do not depend on it.
///
/// # Panics
/// If `n` is zero.
#[track_caller]
pub fn set_threads(n: usize) {
    assert!(n > 0, "set_threads: n is 0; at least one thread is needed");
    TEAM.threads.store(n, Ordering::Relaxed);
}

/// Runs `body(0) … body(pieces - 1)`, each once, on up to [`threads`] threads.
///
/// # Panics
/// With the first panic of a piece; the pieces that were not begun are dropped then.
pub(crate) fn for_each(pieces: usize, body: impl Fn(usize) + Sync) {
    each(pieces, &body);
}

/// [`for_each`], compiled once. The loops here and in `cut` take their bodies by reference, so that every body is compiled
/// once and the loops once for each type of element: as generic code they were an eighth of the crate's.
fn each(pieces: usize, body: &(dyn Fn(usize) + Sync)) {
    if pieces > 1
        && threads() > 1
        && let Some(_busy) = TEAM.free()
    {
        return share(pieces, body);
    }
    for piece in 0..pieces {
        body(piece);
    }
}

fn share(pieces: usize, body: &(dyn Fn(usize) + Sync)) {
    let job = Job { body, next: AtomicUsize::new(0), pieces, panic: Mutex::new(None) };
    {
        let helpers = helpers(threads() - 1);
        let _open = TEAM.gate.open(ptr::from_ref(&job).cast_mut().cast());
        for helper in &helpers {
            if helper.bed.leave()
                && let Some(thread) = helper.thread.get()
            {
                thread.unpark();
            }
        }
        job.work();
    }
    let payload = job.panic.into_inner().ok().flatten();
    if let Some(payload) = payload {
        resume_unwind(payload);
    }
}

/// The first `n` helpers; those that do not exist yet are started.
fn helpers(n: usize) -> smallvec::SmallVec<[&'static Helper; 8]> {
    let mut all = TEAM.helpers.lock().unwrap_or_else(PoisonError::into_inner);
    while all.len() < n {
        let helper: &'static Helper = Box::leak(Box::default());
        let index = all.len();
        let spawned = std::thread::Builder::new()
            .name(format!("gradus-{}", index + 1))
            .spawn(move || serve(helper, index));
        // Where no thread can be had, the caller does the work alone.
        let Ok(handle) = spawned else { break };
        let _ = helper.thread.set(handle.thread().clone());
        all.push(helper);
    }
    all.iter().take(n).copied().collect()
}

/// A helper's life: wait for a new sequence number, take pieces, wait again.
fn serve(helper: &'static Helper, index: usize) {
    let mut seen = TEAM.gate.sequence().wrapping_sub(1);
    loop {
        wait(helper, seen);
        seen = TEAM.gate.sequence();
        if index + 1 < TEAM.threads.load(Ordering::Relaxed)
            && let Some(job) = TEAM.gate.enter()
        {
            debug_assert!(!job.is_null());
            // SAFETY: the gate was open when this helper entered, so the job is the current one, and its owner waits in
            // `Open::drop` until this helper has left.
            unsafe { &*job.cast::<Job<'static>>() }.work();
            TEAM.gate.leave();
        }
    }
}

fn wait(helper: &Helper, seen: u32) {
    let start = Instant::now();
    loop {
        for _ in 0..64 {
            if TEAM.gate.sequence() != seen {
                return;
            }
            std::hint::spin_loop();
        }
        if start.elapsed() > SPIN {
            return helper.bed.sleep(&TEAM.gate, seen, std::thread::park);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_runs_once_whatever_the_number_of_threads() {
        for n in [1, 2, 3, 4] {
            set_threads(n);
            for pieces in [0, 1, 2, 7, 100] {
                let hits: Vec<AtomicUsize> = (0..pieces).map(|_| AtomicUsize::new(0)).collect();
                for _ in 0..50 {
                    for_each(pieces, |i| {
                        hits[i].fetch_add(1, Ordering::Relaxed);
                    });
                }
                assert!(hits.iter().all(|h| h.load(Ordering::Relaxed) == 50));
            }
        }
    }

    #[test]
    fn nested_and_concurrent_jobs_are_serial_but_complete() {
        set_threads(2);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let total = AtomicUsize::new(0);
                        for_each(8, |i| for_each(4, |j| _ = total.fetch_add(i * j, Ordering::Relaxed)));
                        assert_eq!(total.load(Ordering::Relaxed), 28 * 6);
                    }
                });
            }
        });
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_team_goes_on() {
        set_threads(2);
        for bad in 0..8 {
            let caught = catch_unwind(|| for_each(8, |i| assert!(i != bad, "piece {bad}")));
            assert!(caught.is_err());
            let count = AtomicUsize::new(0);
            for_each(8, |_| _ = count.fetch_add(1, Ordering::Relaxed));
            assert_eq!(count.load(Ordering::Relaxed), 8);
        }
        helper_takes_part();
    }

    /// Two pieces that wait for each other: one thread alone would wait for ever, so it gives up. Other tests may keep the
    /// team, so it is tried again.
    fn helper_takes_part() {
        let met = || {
            let (here, start) = (AtomicUsize::new(0), Instant::now());
            for_each(2, |_| {
                here.fetch_add(1, Ordering::SeqCst);
                while here.load(Ordering::SeqCst) < 2 && start.elapsed() < Duration::from_millis(20) {
                    std::hint::spin_loop();
                }
            });
            start.elapsed() < Duration::from_millis(20)
        };
        assert!((0..200).any(|_| met()), "after a panic the process computes on one thread");
    }

    /// A helper may have seen, done and slept over a job before its owner comes to wake it.
    #[test]
    fn a_wake_up_that_comes_late_leaves_a_helper_that_can_be_woken() {
        let job = AtomicPtr::new(ptr::null_mut());
        let gate = Gate { job, count: AtomicU32::new(0), sequence: AtomicU32::new(1) };
        let (bed, parks) = (Bed::default(), AtomicUsize::new(0));
        bed.sleep(&gate, 1, || {
            // First it is woken for what it has seen, then for something new.
            if parks.fetch_add(1, Ordering::Relaxed) > 0 {
                gate.announce();
            }
            assert!(bed.leave(), "it sleeps, and its owner does not know");
        });
        assert_eq!(parks.into_inner(), 2);
        assert!(!bed.leave(), "it is awake");
    }

    #[test]
    fn pieces_of_all_threads_come_together() {
        set_threads(3);
        for round in 0..100 {
            let mut out = vec![0usize; 640];
            chunks(&mut out, 10, 1e6, |start, piece| {
                // So that several threads get some, on few cores too.
                std::thread::yield_now();
                piece.iter_mut().zip(start..).for_each(|(o, i)| *o = i + round);
            });
            assert!(out.iter().enumerate().all(|(i, &o)| i + round == o));
        }
    }

    #[test]
    fn helpers_wake_after_they_have_gone_to_sleep() {
        set_threads(4);
        for _ in 0..20 {
            std::thread::sleep(Duration::from_micros(300));
            let mut out = vec![0u32; 1000];
            chunks(&mut out, 10, 1e6, |start, piece| {
                for (o, i) in piece.iter_mut().zip(start..) {
                    *o = i as u32;
                }
            });
            assert!(out.iter().enumerate().all(|(i, &o)| i == o as usize));
        }
    }
}
