//! A value on a tape: a `Copy` handle, so that formulas read as mathematics.

use std::ops::{Add, Div, Mul, Neg, Sub};

use gradus_tensor::{DType, Shape, Tensor};

use crate::op::{Backward, Op};
use crate::ops::elementwise::rows;
use crate::tape::{NEEDS, Tape};

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
        self.tape.inner.borrow().nodes[self.id as usize].ty & NEEDS != 0
    }

    /// Whether its value is still to be computed.
    pub(crate) fn waits(self) -> bool {
        let inner = self.tape.inner.borrow();
        crate::lazy::waits(&inner, &inner.nodes[self.id as usize])
    }

    /// The value. A large one is shared, a small one copied.
    #[track_caller]
    pub fn value(self) -> Tensor {
        self.tape.inner.borrow_mut().value(self.id)
    }

    /// The only element.
    ///
    /// # Panics
    /// If there is not exactly one.
    #[track_caller]
    pub fn item(self) -> f64 {
        let inner = self.tape.inner.borrow();
        let node = &inner.nodes[self.id as usize];
        let ty = inner.ty(node);
        assert_eq!(ty.n, 1, "item: {} has {} elements, not one", ty.shape, ty.n);
        if node.slot.is_large() {
            drop(inner);
            return self.value().item();
        }
        let words = &inner.values.words[node.slot.at()..];
        match ty.dtype {
            DType::F32 => f64::from(crate::slot::read::<f32>(words, 1)[0]),
            _ => crate::slot::read::<f64>(words, 1)[0],
        }
    }

    /// The same value without its history: no gradient flows back through it. (`stop_gradient`, `detach`.)
    #[doc(alias = "stop_gradient")]
    #[track_caller]
    pub fn detach(self) -> Self {
        let stopped = self.tape.record(Detach, &[self], self.value());
        self.tape.inner.borrow_mut().nodes[stopped.id as usize].ty &= !NEEDS;
        stopped
    }

    #[track_caller]
    pub(crate) fn unary(self, row: &'static crate::row::Row, c: f64) -> Self {
        self.tape.unary(row, self, c)
    }

    /// Puts an operand on this value's tape. A number takes this value's element type.
    #[track_caller]
    pub fn lift(self, other: impl Operand<'t>) -> Self {
        other.onto(self)
    }
}

/// The end of a history, kept on the tape so that it can be shown.
#[derive(Debug)]
struct Detach;

impl Op for Detach {
    fn name(&self) -> &'static str {
        "detach"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].clone()
    }
    fn backward<'t>(&self, _: &mut Backward<'t>) {}
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

macro_rules! operators {
    ($($Trait:ident $method:ident, number: |$x:ident, $c:ident| $right:expr, |$c2:ident, $x2:ident| $left:expr;)*) => {$(
        impl<'t> $Trait for Var<'t> {
            type Output = Var<'t>;
            #[inline]
            #[track_caller]
            fn $method(self, other: Var<'t>) -> Var<'t> { self.tape.binary(&rows::$method, self, other) }
        }
        impl<'t> $Trait<f64> for Var<'t> {
            type Output = Var<'t>;
            #[inline]
            #[track_caller]
            fn $method(self, $c: f64) -> Var<'t> { let $x = self; $right }
        }
        impl<'t> $Trait<Var<'t>> for f64 {
            type Output = Var<'t>;
            #[inline]
            #[track_caller]
            fn $method(self, $x2: Var<'t>) -> Var<'t> { let $c2 = self; $left }
        }
        impl<'t> $Trait<&Tensor> for Var<'t> {
            type Output = Var<'t>;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Var<'t> { self.tape.binary(&rows::$method, self, other.onto(self)) }
        }
        impl<'t> $Trait<Var<'t>> for &Tensor {
            type Output = Var<'t>;
            #[track_caller]
            fn $method(self, other: Var<'t>) -> Var<'t> { other.tape.binary(&rows::$method, self.onto(other), other) }
        }
    )*};
}
operators! {
    Add add, number: |x, c| x.unary(&rows::add_number, c), |c, x| x.unary(&rows::add_number, c);
    Sub sub, number: |x, c| x.unary(&rows::add_number, -c), |c, x| x.unary(&rows::number_minus, c);
    Mul mul, number: |x, c| x.unary(&rows::scale, c), |c, x| x.unary(&rows::scale, c);
    Div div, number: |x, c| x.unary(&rows::over_number, c), |c, x| x.unary(&rows::number_over, c);
}

impl<'t> Neg for Var<'t> {
    type Output = Var<'t>;
    #[inline]
    #[track_caller]
    fn neg(self) -> Var<'t> {
        self.unary(&rows::neg, 0.0)
    }
}

impl<'t> std::iter::Sum for Var<'t> {
    /// # Panics
    /// If there is nothing to add: an empty sum has no tape.
    fn sum<I: Iterator<Item = Var<'t>>>(iter: I) -> Var<'t> {
        iter.reduce(|a, b| a + b).expect("sum: no values, so no tape to put a zero on")
    }
}
