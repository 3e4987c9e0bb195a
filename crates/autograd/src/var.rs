//! A value on a tape: a `Copy` handle, so that formulas read as mathematics.

use gradus_tensor::{DType, Shape, Tensor};

use crate::row::Row;
use crate::tape::Tape;

/// A value on a tape. Cheap to copy; it cannot outlive its tape nor leave its thread.
#[derive(Clone, Copy)]
pub struct Var<'t> {
    pub(crate) tape: &'t Tape,
    pub(crate) id: u32,
}

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

impl std::fmt::Debug for Var<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "%{}: {}{}", self.id, self.dtype(), self.shape())
    }
}

/// What can stand beside a [`Var`] in a formula: a `Var`, a number, a tensor.
pub trait Operand<'t> {
    /// This operand on the tape of `like`.
    #[track_caller]
    fn onto(self, like: Var<'t>) -> Var<'t>;
}

impl<'t> Operand<'t> for Var<'t> {
    fn onto(self, like: Var<'t>) -> Var<'t> {
        assert!(std::ptr::eq(self.tape, like.tape), "an operand belongs to another tape");
        self
    }
}

impl<'t> Operand<'t> for f64 {
    fn onto(self, like: Var<'t>) -> Var<'t> {
        let value =
            if like.dtype() == DType::F32 { Tensor::scalar(self as f32) } else { Tensor::scalar(self) };
        like.tape.constant(value)
    }
}

impl<'t> Operand<'t> for &Tensor {
    fn onto(self, like: Var<'t>) -> Var<'t> {
        // Integers and truth values take the float type of their partner, as in NumPy.
        let value = if self.dtype().is_float() { self.clone() } else { self.to(like.dtype()) };
        like.tape.constant(value)
    }
}

impl<'t> Operand<'t> for Tensor {
    fn onto(self, like: Var<'t>) -> Var<'t> {
        (&self).onto(like)
    }
}
