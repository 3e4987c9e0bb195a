//! The memory of a used tape, taken over by the thread's next evaluation.

use std::cell::RefCell;

use crate::model::training::Mode;
use crate::tape::Tape;

thread_local! {
    /// A used tape of this thread, whose memory the next evaluation takes over.
    static SPARE: RefCell<Option<Tape>> = const { RefCell::new(None) };
}

/// Runs `f` on a tape of its own, which lies in the memory of the thread's last one.
pub fn on_tape<R>(mode: Mode, f: impl FnOnce(&Tape) -> R) -> R {
    let tape = SPARE.with(|spare| spare.borrow_mut().take()).unwrap_or_default();
    tape.reset(mode);
    let result = f(&tape);
    tape.reset(Mode::Record);
    SPARE.with(|spare| *spare.borrow_mut() = Some(tape));
    result
}
