//! The gate between the owner of a job and its helpers: who may read the job, and when its owner may let it go.
//!
//! The atomic operations come from `super::sync`: `std`'s here, `loom`'s in `tests/long/gate`, which runs this file in every
//! order that the memory model allows.

use super::sync::{AtomicBool, AtomicPtr, AtomicU32, Ordering, spin_loop};

/// The bit of `count` that lets helpers in; the rest counts those inside.
const OPEN: u32 = 1 << 31;

pub(super) struct Gate {
    pub(super) job: AtomicPtr<()>,
    pub(super) count: AtomicU32,
    /// How many jobs there were, so that helpers see that there is a new one.
    pub(super) sequence: AtomicU32,
}

impl Gate {
    /// Lets helpers in to a job until the guard is dropped.
    pub(super) fn open(&self, job: *mut ()) -> Open<'_> {
        self.job.store(job, Ordering::Relaxed);
        self.count.store(OPEN, Ordering::Release);
        let open = Open(self);
        self.announce();
        open
    }

    /// Says that there is something new; helpers that sleep are to be woken after it.
    pub(super) fn announce(&self) {
        self.sequence.fetch_add(1, Ordering::Release);
    }

    pub(super) fn sequence(&self) -> u32 {
        self.sequence.load(Ordering::Acquire)
    }

    /// The job, if the gate is open. It lives until [`leave`](Self::leave), which must follow.
    pub(super) fn enter(&self) -> Option<*mut ()> {
        let inside = |count: u32| (count & OPEN != 0).then_some(count + 1);
        self.count.fetch_update(Ordering::AcqRel, Ordering::Relaxed, inside).ok()?;
        Some(self.job.load(Ordering::Relaxed))
    }

    pub(super) fn leave(&self) {
        self.count.fetch_sub(1, Ordering::Release);
    }
}

/// Closes the gate and waits for the helpers inside, also when the caller's own piece panics.
pub(super) struct Open<'g>(&'g Gate);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let mut inside = self.0.count.fetch_and(!OPEN, Ordering::AcqRel) & !OPEN;
        while inside != 0 {
            spin_loop();
            inside = self.0.count.load(Ordering::Acquire);
        }
    }
}

/// Whether a helper sleeps.
#[derive(Default)]
pub(super) struct Bed(AtomicBool);

impl Bed {
    /// Sleeps until there is something new behind `seen`; `park` returns after a wake-up, or for no reason.
    pub(super) fn sleep(&self, gate: &Gate, seen: u32, park: impl Fn()) {
        // Exchanges, here and of the owner: of two, the later one reads the earlier one, and sees what was announced before it.
        // Before each park: a late wake-up for what was seen long ago takes the mark away.
        loop {
            self.0.swap(true, Ordering::AcqRel);
            if gate.sequence() != seen {
                break;
            }
            park();
        }
        self.0.swap(false, Ordering::AcqRel);
    }

    /// After an announcement: whether the helper sleeps and is to be woken.
    pub(super) fn leave(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}
