//! Less memory for more time: values between two points are dropped after the forward pass and computed again when the
//! sweep comes by.
//!
//! The nodes themselves stay on the tape, 32 bytes each, and they are the recipe: nothing is run twice but the forward of
//! each operation, on the same inputs, so the gradients are the same to the last bit, dropout included. With a
//! checkpoint after each of `$\sqrt n$` blocks of `$\sqrt n$` layers, `$2\sqrt n$` layers' values are alive at a time.

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::ops::Range;
use std::rc::Rc;

use gradus_tensor::Tensor;

use crate::check::node;
use crate::op::{Backward, Form, Op};
use crate::tape::Tape;
use crate::var::Var;

/// The nodes between two ends.
#[derive(Default)]
struct Segment {
    /// Those whose values may be dropped.
    nodes: OnceCell<Range<usize>>,
    /// The node whose value stays: the result.
    result: OnceCell<usize>,
    /// Whether operations recorded later need the values: then they stay.
    pinned: Cell<bool>,
}

/// The operation before a segment, which comes last in the sweep: it drops the values again.
struct Enter(Rc<Segment>);
/// The operation after a segment, which comes first in the sweep: it brings the values back.
struct Leave(Rc<Segment>);

impl fmt::Debug for Enter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enter")
    }
}

impl fmt::Debug for Leave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Leave")
    }
}

impl Op for Enter {
    fn name(&self) -> &'static str {
        "enter_checkpoint"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].clone()
    }
    fn backward(&self, step: &mut Backward<'_>) {
        if !self.0.pinned.get() {
            drop_values(step.tape(), &self.0);
        }
        step.give(0, step.dy());
    }
    fn words(&self) -> &'static str {
        "the start of a checkpoint: x gets ȳ"
    }
    fn form(&self) -> Form {
        Form::Identity
    }
}

impl Op for Leave {
    fn name(&self) -> &'static str {
        "leave_checkpoint"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].clone()
    }
    fn backward(&self, step: &mut Backward<'_>) {
        if step.tape().recording.get() {
            self.0.pinned.set(true);
        }
        bring_back(step.tape(), &self.0);
        step.give(0, step.dy());
    }
    fn words(&self) -> &'static str {
        "the end of a checkpoint: x gets ȳ, and the values inside are computed again"
    }
    fn form(&self) -> Form {
        Form::Identity
    }
}

/// Nodes of the segment that can be computed again and whose values are worth dropping.
fn droppable(tape: &Tape, segment: &Segment) -> Vec<usize> {
    let inner = tape.inner.borrow();
    let nodes = segment.nodes.get().cloned().unwrap_or_default();
    let large = |&id: &usize| !inner.nodes[id].is_leaf() && inner.nodes[id].slot.is_large();
    nodes.filter(|id| Some(id) != segment.result.get()).filter(large).collect()
}

fn drop_values(tape: &Tape, segment: &Segment) {
    for id in droppable(tape, segment) {
        let inner = &mut *tape.inner.borrow_mut();
        let slot = inner.nodes[id].slot;
        inner.values.release(slot);
    }
}

fn bring_back(tape: &Tape, segment: &Segment) {
    for id in droppable(tape, segment) {
        let slot = tape.inner.borrow().nodes[id].slot;
        if !tape.inner.borrow().values.is_there(slot) {
            let value = node::value(tape, id, &node::inputs(tape, id));
            tape.inner.borrow_mut().values.large[slot.at()] = Some(value);
        }
    }
}

/// # Recomputation
impl Var<'_> {
    /// `f(self)`, whose inner values are dropped and computed again in the backward sweep. A derivative that is itself
    /// recorded ([`Var::grad`]) needs the values and keeps them.
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_tensor::Tensor;
    /// let tape = Tape::new();
    /// let x = tape.var(Tensor::linspace(0.0, 1.0, 1000));
    /// let plain = x.sin().exp().tanh().sum().backward().wrt(x);
    /// let y = x.checkpoint(|x| x.sin().exp().tanh());
    /// assert!(y.sum().backward().wrt(x).equal(&plain));
    /// ```
    #[track_caller]
    #[must_use]
    pub fn checkpoint(self, f: impl FnOnce(Self) -> Self) -> Self {
        let tape = self.tape;
        if !tape.recording.get() {
            return f(self);
        }
        let segment = Rc::new(Segment::default());
        let x = tape.record(Enter(segment.clone()), &[self], self.value());
        let y = f(x);
        tape.check_operand("checkpoint", y);
        if !y.needs() || y.id <= x.id {
            return y;
        }
        let _ = segment.nodes.set(x.index() + 1..tape.len());
        let _ = segment.result.set(y.index());
        let value = y.value();
        drop_values(tape, &segment);
        tape.record(Leave(segment), &[y], value)
    }
}
