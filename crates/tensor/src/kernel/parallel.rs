//! The second core: a loop over pieces, handed to waiting threads in a fraction of a microsecond.
//!
//! A kernel of 50 µs cannot wait 14 µs for a general thread pool to wake up, so the helpers spin for a short while
//! after each job and only then park. Pieces are cut by size, never by the number of threads, so results are the same
//! bits on any number of threads. A job started while another is running (from a second thread, or nested) runs
//! serially on its caller.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// How long a helper spins for the next job before it parks.
const SPIN: Duration = Duration::from_micros(50);
/// The bit of `gate` that lets helpers in; the rest counts those inside.
const OPEN: u32 = 1 << 31;

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
    sleeping: AtomicBool,
    thread: OnceLock<Thread>,
}

struct Team {
    busy: Mutex<()>,
    job: AtomicPtr<()>,
    gate: AtomicU32,
    sequence: AtomicU32,
    /// How many threads may work on a job, the caller included.
    threads: AtomicUsize,
    helpers: Mutex<Vec<&'static Helper>>,
}

static TEAM: Team = Team {
    busy: Mutex::new(()),
    job: AtomicPtr::new(ptr::null_mut()),
    gate: AtomicU32::new(0),
    sequence: AtomicU32::new(0),
    threads: AtomicUsize::new(0),
    helpers: Mutex::new(Vec::new()),
};

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
pub fn set_threads(n: usize) {
    assert!(n > 0, "set_threads: at least one thread is needed");
    TEAM.threads.store(n, Ordering::Relaxed);
}

/// Runs `body(0) … body(pieces - 1)`, each once, on up to [`threads`] threads.
///
/// # Panics
/// With the first panic of a piece; the pieces that were not begun are dropped then.
pub fn for_each(pieces: usize, body: impl Fn(usize) + Sync) {
    each(pieces, &body);
}

/// [`for_each`], compiled once. The loops here take their bodies by reference, so that every body is compiled once and
/// the loops once for each type of element: as generic code they were an eighth of the crate's.
fn each(pieces: usize, body: &(dyn Fn(usize) + Sync)) {
    if pieces > 1
        && threads() > 1
        && let Ok(_busy) = TEAM.busy.try_lock()
    {
        return share(pieces, body);
    }
    for piece in 0..pieces {
        body(piece);
    }
}

/// Closes the gate and waits for the helpers inside, also when the caller's own piece panics.
struct Gate;

impl Drop for Gate {
    fn drop(&mut self) {
        let mut inside = TEAM.gate.fetch_and(!OPEN, Ordering::AcqRel) & !OPEN;
        while inside != 0 {
            std::hint::spin_loop();
            inside = TEAM.gate.load(Ordering::Acquire);
        }
    }
}

fn share(pieces: usize, body: &(dyn Fn(usize) + Sync)) {
    let job = Job { body, next: AtomicUsize::new(0), pieces, panic: Mutex::new(None) };
    {
        let helpers = helpers(threads() - 1);
        TEAM.job.store(ptr::from_ref(&job).cast_mut().cast(), Ordering::Relaxed);
        TEAM.gate.store(OPEN, Ordering::Release);
        let _gate = Gate;
        TEAM.sequence.fetch_add(1, Ordering::SeqCst);
        for helper in &helpers {
            if helper.sleeping.swap(false, Ordering::SeqCst)
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
    let mut all = TEAM.helpers.lock().expect("no panic while the list is held");
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
    let mut seen = TEAM.sequence.load(Ordering::SeqCst).wrapping_sub(1);
    loop {
        wait(helper, seen);
        seen = TEAM.sequence.load(Ordering::SeqCst);
        if index + 1 < TEAM.threads.load(Ordering::Relaxed) && enter() {
            let job = TEAM.job.load(Ordering::Relaxed).cast::<Job<'static>>();
            debug_assert!(!job.is_null());
            // SAFETY: the gate was open when this helper entered, so the job is the current one, and its owner waits in
            // `Gate::drop` until this helper has left.
            unsafe { &*job }.work();
            TEAM.gate.fetch_sub(1, Ordering::Release);
        }
    }
}

fn wait(helper: &Helper, seen: u32) {
    let start = Instant::now();
    loop {
        for _ in 0..64 {
            if TEAM.sequence.load(Ordering::SeqCst) != seen {
                return;
            }
            std::hint::spin_loop();
        }
        if start.elapsed() > SPIN {
            helper.sleeping.store(true, Ordering::SeqCst);
            while TEAM.sequence.load(Ordering::SeqCst) == seen {
                std::thread::park();
            }
            helper.sleeping.store(false, Ordering::SeqCst);
            return;
        }
    }
}

fn enter() -> bool {
    TEAM.gate
        .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |gate| (gate & OPEN != 0).then_some(gate + 1))
        .is_ok()
}

/// Splits `out` into pieces of `size` elements and runs `body(start, piece)` on each, in parallel when there is enough
/// work: `cost` is the rough time of one element in nanoseconds.
pub fn chunks<T: Send>(out: &mut [T], size: usize, cost: f64, body: impl Fn(usize, &mut [T]) + Sync) {
    cut(out, size, cost, &body);
}

fn cut<T: Send>(out: &mut [T], size: usize, cost: f64, body: &(dyn Fn(usize, &mut [T]) + Sync)) {
    let n = out.len();
    if n <= size || (n as f64) * cost < SERIAL_NS || threads() == 1 {
        for (i, piece) in out.chunks_mut(size).enumerate() {
            body(i * size, piece);
        }
        return;
    }
    let base = Shared(out.as_mut_ptr());
    for_each(n.div_ceil(size), |i| {
        let start = i * size;
        let len = size.min(n - start);
        // SAFETY: piece i covers start..start+len, inside `out`; pieces do not overlap and each runs once, while `out` is
        // borrowed mutably.
        let piece = unsafe { std::slice::from_raw_parts_mut(base.at(start), len) };
        body(start, piece);
    });
}

/// As [`chunks`], over two slices cut alike: the pieces `i` of both go to one call.
pub fn chunks2<A: Send, B: Send>(
    (a, size_a): (&mut [A], usize),
    (b, size_b): (&mut [B], usize),
    cost: f64,
    body: impl Fn(usize, &mut [A], &mut [B]) + Sync,
) {
    let (na, nb) = (a.len(), b.len());
    let pieces = na.div_ceil(size_a.max(1));
    assert_eq!(
        pieces,
        nb.div_ceil(size_b.max(1)),
        "chunks2: both slices must have the same number of pieces"
    );
    let (a, b) = (Shared(a.as_mut_ptr()), Shared(b.as_mut_ptr()));
    let piece = |i: usize| {
        let (sa, sb) = (i * size_a, i * size_b);
        // SAFETY: as in `chunks`, for each of the two slices.
        let (pa, pb) = unsafe {
            (
                std::slice::from_raw_parts_mut(a.at(sa), size_a.min(na - sa)),
                std::slice::from_raw_parts_mut(b.at(sb), size_b.min(nb - sb)),
            )
        };
        body(i, pa, pb);
    };
    if (na as f64) * cost < SERIAL_NS {
        (0..pieces).for_each(piece);
    } else {
        for_each(pieces, piece);
    }
}

/// As [`chunks`], over any number of slices of one length and type, cut at the same places: `body(start, pieces)`.
///
/// # Panics
/// If the slices differ in length.
pub fn chunks_all<T: Send, const N: usize>(
    slices: [&mut [T]; N],
    size: usize,
    cost: f64,
    body: impl Fn(usize, [&mut [T]; N]) + Sync,
) {
    cut_all(slices, size, cost, &body);
}

fn cut_all<T: Send, const N: usize>(
    slices: [&mut [T]; N],
    size: usize,
    cost: f64,
    body: &(dyn Fn(usize, [&mut [T]; N]) + Sync),
) {
    let n = slices.first().map_or(0, |slice| slice.len());
    assert!(slices.iter().all(|slice| slice.len() == n), "chunks_all: the slices must have the same length");
    if n <= size || (n as f64) * cost < SERIAL_NS {
        return body(0, slices);
    }
    let bases = slices.map(|slice| Shared(slice.as_mut_ptr()));
    for_each(n.div_ceil(size), |i| {
        let start = i * size;
        let len = size.min(n - start);
        // SAFETY: as in `chunks`, for each of the slices, which are borrowed mutably and so do not overlap.
        let pieces =
            std::array::from_fn(|k| unsafe { std::slice::from_raw_parts_mut(bases[k].at(start), len) });
        body(start, pieces);
    });
}

/// As [`chunks`], over any number of slices of one type, each cut into pieces of its own size: `body(i, pieces)` gets the
/// pieces `i` of all of them. A slice that is too short for piece `i` gives an empty one.
pub fn pieces<T: Send>(
    slices: &mut [(&mut [T], usize)],
    count: usize,
    cost: f64,
    body: impl Fn(usize, &mut [&mut [T]]) + Sync,
) {
    let bases: Vec<(Shared<T>, usize, usize)> =
        slices.iter_mut().map(|(slice, size)| (Shared(slice.as_mut_ptr()), slice.len(), *size)).collect();
    let piece = |i: usize| {
        let cut = |(base, n, size): &(Shared<T>, usize, usize)| {
            let start = (i * size).min(*n);
            // SAFETY: as in `chunks`, for each of the slices, which are borrowed mutably and so do not overlap.
            unsafe { std::slice::from_raw_parts_mut(base.at(start), (*size).min(n - start)) }
        };
        let mut cuts: smallvec::SmallVec<[&mut [T]; 8]> = bases.iter().map(cut).collect();
        body(i, &mut cuts);
    };
    if cost < SERIAL_NS {
        (0..count).for_each(piece);
    } else {
        for_each(count, piece);
    }
}

/// Below this many nanoseconds of work a loop stays on its thread.
const SERIAL_NS: f64 = 20_000.0;

/// A pointer that pieces of one loop may share; each piece touches its own range.
struct Shared<T>(*mut T);

// SAFETY: the pieces of a job write to ranges that do not overlap, and the owner of the memory waits for all of them.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// # Safety
    /// `offset` must lie inside the allocation.
    unsafe fn at(&self, offset: usize) -> *mut T {
        // SAFETY: as the caller promises.
        unsafe { self.0.add(offset) }
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
