//! The memory of a used tape, taken over by the thread's next evaluation.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::training::Mode;
use crate::tape::Tape;

thread_local! {
    /// A used tape of this thread, whose memory the next evaluation takes over.
    static SPARE: RefCell<Option<Tape>> = const { RefCell::new(None) };
}

/// A tape in the memory of the thread's last one, which gets it back in the end. A panic costs the memory alone.
pub(crate) struct Scratch(Option<Tape>);

impl Scratch {
    pub(crate) fn new(mode: Mode) -> Self {
        let tape = SPARE.with(|spare| spare.borrow_mut().take()).unwrap_or_default();
        tape.reset(mode);
        Self(Some(tape))
    }
}

static IDS: AtomicU64 = AtomicU64::new(1);

impl Tape {
    /// Forgets all nodes and keeps the memory, for the next evaluation.
    pub(crate) fn reset(&self, mode: Mode) {
        self.inner.borrow_mut().clear();
        self.mode.set(mode);
        self.recording.set(mode != Mode::Inference);
        self.training.reset();
        self.id.set(IDS.fetch_add(1, Ordering::Relaxed));
    }
}

impl Deref for Scratch {
    type Target = Tape;
    fn deref(&self) -> &Tape {
        self.0.as_ref().expect("it is given back when it is dropped")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.reset(Mode::Record);
        let tape = self.0.take();
        SPARE.with(|spare| *spare.borrow_mut() = tape);
    }
}

/// Runs `f` on a tape of its own, which lies in the memory of the thread's last one.
pub fn on_tape<R>(mode: Mode, f: impl FnOnce(&Tape) -> R) -> R {
    f(&Scratch::new(mode))
}
