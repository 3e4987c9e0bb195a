//! The memory of a used tape and of its gradients, taken over by the thread's next evaluation.

use std::cell::{Cell, RefCell};
use std::mem::take;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};

use gradus_tensor::Tensor;

use super::store::{Keep, Mirror};
use crate::model::training::Mode;
use crate::tape::Tape;

thread_local! {
    /// A used tape of this thread, whose memory the next evaluation takes over.
    static SPARE: RefCell<Option<Box<Tape>>> = const { RefCell::new(None) };
    /// The words, the marks and the emptied list of large gradients of a mirror that is no longer used.
    static MIRROR: Cell<Lists> = const { Cell::new((Vec::new(), Vec::new(), Vec::new())) };
}

type Lists = (Vec<u64>, Vec<bool>, Vec<Option<Tensor>>);

/// The most words of gradients, 64 MiB, that are kept when somebody who had looked at them lets them go.
const MOST: usize = 8 << 20;

impl Mirror {
    /// An empty mirror in the memory of the thread's last one.
    pub(crate) fn in_used_memory() -> Self {
        let (words, reached, large) = MIRROR.try_with(Cell::take).unwrap_or_default();
        Self { words, large, reached, flat: Vec::new(), keep: Keep::default() }
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.large.clear();
        let fits = self.words.capacity() <= MOST || self.keep == Keep::Leaves;
        let used = (take(&mut self.words), take(&mut self.reached), take(&mut self.large));
        // The larger one stays. A thread that ends keeps none.
        let _ = MIRROR.try_with(|spare| {
            let there = spare.take();
            let larger = fits && used.0.capacity() >= there.0.capacity();
            spare.set(if larger { used } else { there });
        });
    }
}

/// A tape in the memory of the thread's last one, which gets it back in the end. A panic costs the memory alone.
pub(crate) struct Scratch(Option<Box<Tape>>);

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
        // What it holds goes now; its lists serve the next.
        self.inner.borrow_mut().clear();
        let tape = self.0.take();
        SPARE.with(|spare| *spare.borrow_mut() = tape);
    }
}

/// Runs `f` on a tape of its own, which lies in the memory of the thread's last one.
pub fn on_tape<R>(mode: Mode, f: impl FnOnce(&Tape) -> R) -> R {
    f(&Scratch::new(mode))
}
