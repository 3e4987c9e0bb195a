//! A value on a tape: a `Copy` handle, so that formulas read as mathematics.

use gradus_tensor::{DType, Shape};

use crate::ops::elementwise::operators::Operand;
use crate::ops::elementwise::row::Row;
use crate::tape::Tape;

#[doc = include_str!("var.md")]
#[derive(Clone, Copy)]
pub struct Var<'t> {
    pub(crate) tape: &'t Tape,
    pub(crate) id: u32,
}

/// # The place on the tape
impl<'t> Var<'t> {
    /// The tape it lies on.
    pub fn tape(self) -> &'t Tape {
        self.tape
    }

    /// Its number on the tape, as printed: `%3`.
    pub fn index(self) -> usize {
        self.id as usize
    }

    /// The sizes of the axes.
    pub fn shape(self) -> Shape {
        let inner = self.tape.inner.borrow();
        inner.ty(&inner.nodes[self.id as usize]).shape
    }

    /// The number of axes.
    pub fn rank(self) -> usize {
        self.shape().len()
    }

    /// The number of elements.
    pub fn elements(self) -> usize {
        let inner = self.tape.inner.borrow();
        inner.ty(&inner.nodes[self.id as usize]).n
    }

    /// The element type.
    pub fn dtype(self) -> DType {
        let inner = self.tape.inner.borrow();
        inner.ty(&inner.nodes[self.id as usize]).dtype
    }

    /// Whether a gradient reaches it.
    pub fn needs(self) -> bool {
        self.tape.inner.borrow().nodes[self.id as usize].needs()
    }

    #[track_caller]
    pub(crate) fn unary(self, row: &'static Row, c: f64) -> Self {
        self.tape.unary(row, self, c)
    }

    /// Puts an operand on this value's tape. A number takes this value's element type.
    #[track_caller]
    pub fn lift(self, other: impl Operand<'t>) -> Self {
        other.onto(self)
    }
}
