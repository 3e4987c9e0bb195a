//! A model of `share` and `serve` (crates/tensor/src/kernel/parallel): an owner with some jobs, one after the other, and helpers
//! that sleep between them. `loom` runs it in every order of its threads, and with every value that a read may give.
//!
//! The gate itself is the library's file. A job is a place that helpers read and its owner writes when they have left: loom
//! fails where the two are not in order, and where a helper sleeps for ever.
#![cfg(test)]

#[path = "../../../crates/tensor/src/kernel/parallel/gate.rs"]
mod gate;

mod sync {
    pub(super) use loom::hint::spin_loop;
    pub(super) use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
}

use std::ptr;

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use loom::thread::{self, JoinHandle};

use gate::{Bed, Gate};

/// A job on its owner's stack.
struct Job {
    /// Read by who works on the job, written when it is over: loom fails where neither is before the other.
    stack: UnsafeCell<()>,
    /// Whether it is over, in the order in which the model runs.
    over: std::sync::atomic::AtomicBool,
    next: AtomicUsize,
    done: AtomicUsize,
}

/// Of each job.
const PIECES: usize = 2;

impl Job {
    fn new() -> Self {
        let over = std::sync::atomic::AtomicBool::new(false);
        Self { stack: UnsafeCell::new(()), over, next: AtomicUsize::new(0), done: AtomicUsize::new(0) }
    }

    fn look(&self) {
        self.stack.with(|_| assert!(!self.over.load(Ordering::SeqCst), "of a job that is over"));
    }

    fn work(&self) {
        self.look();
        while self.next.fetch_add(1, Ordering::Relaxed) < PIECES {
            self.done.fetch_add(1, Ordering::Relaxed);
            self.look();
        }
    }

    fn end(&self) {
        assert_eq!(self.done.load(Ordering::Relaxed), PIECES, "pieces of a job that is over");
        self.stack.with_mut(|_| self.over.store(true, Ordering::SeqCst));
    }
}

struct Team {
    gate: Gate,
    beds: Vec<Bed>,
    /// What the gate's pointer says is the place here, from 1.
    jobs: Vec<Job>,
    /// Helpers of the library never end; those of the model must.
    end: AtomicBool,
    /// Whether helpers go through the gate.
    enters: bool,
}

impl Team {
    fn serve(&self, index: usize) {
        let mut seen = self.gate.sequence().wrapping_sub(1);
        loop {
            self.beds[index].sleep(&self.gate, seen, thread::park);
            seen = self.gate.sequence();
            if self.end.load(Ordering::Acquire) {
                return;
            }
            let job =
                if self.enters { self.gate.enter() } else { Some(self.gate.job.load(Ordering::Acquire)) };
            let Some(job) = job.filter(|job| !job.is_null()) else { continue };
            self.jobs[job.addr() - 1].work();
            if self.enters {
                self.gate.leave();
            }
        }
    }

    fn wake(&self, helpers: &[JoinHandle<()>]) {
        for (bed, helper) in self.beds.iter().zip(helpers) {
            if bed.leave() {
                helper.thread().unpark();
            }
        }
    }
}

fn trial(helpers: usize, jobs: usize, enters: bool) {
    let gate =
        Gate { job: AtomicPtr::new(ptr::null_mut()), count: AtomicU32::new(0), sequence: AtomicU32::new(0) };
    let beds = (0..helpers).map(|_| Bed::default()).collect();
    let jobs = (0..jobs).map(|_| Job::new()).collect();
    let team = Arc::new(Team { gate, beds, jobs, end: AtomicBool::new(false), enters });
    let all: Vec<JoinHandle<()>> = (0..helpers)
        .map(|index| {
            let team = team.clone();
            thread::spawn(move || team.serve(index))
        })
        .collect();
    for (i, job) in team.jobs.iter().enumerate() {
        {
            let _open = team.gate.open(ptr::without_provenance_mut(i + 1));
            team.wake(&all);
            job.work();
        }
        job.end();
    }
    team.end.store(true, Ordering::Release);
    team.gate.announce();
    team.wake(&all);
    for helper in all {
        helper.join().unwrap();
    }
}

/// Every order, with at most so many switches of threads that need not be.
fn explore(switches: Option<usize>, f: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = switches;
    model.check(f);
}

#[test]
fn a_helper_and_a_job() {
    explore(Some(5), || trial(1, 1, true));
}

#[test]
fn a_helper_and_two_jobs() {
    explore(Some(3), || trial(1, 2, true));
}

#[test]
fn two_helpers_and_a_job() {
    explore(Some(2), || trial(2, 1, true));
}

/// The model sees a helper that reads the job without the gate.
#[test]
#[should_panic(expected = "Causality violation")]
fn a_helper_beside_the_gate_is_found() {
    explore(Some(3), || trial(1, 1, false));
}
