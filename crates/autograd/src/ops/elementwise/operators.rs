//! What can stand beside a variable in a formula, and `+`, `-`, `*`, `/` between them, with `+=` and its kin.

use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use gradus_tensor::{DType, Shape, Tensor};

use super::{binary, unary};
use crate::var::Var;

/// What can stand beside a [`Var`] in a formula, as the other side of an operator or an argument of a method: a `Var`, a
/// number (`f64` or `i64`), a tensor or a reference to one. As the target of a loss a number is that of each element.
///
/// ```
/// use gradus_autograd::Tape;
/// use gradus_tensor::Tensor;
/// let tape = Tape::new();
/// let x = tape.var(Tensor::from([[1.0, 2.0]]));
/// let weight = Tensor::from([[3.0], [4.0]]); // a constant: no gradient is wanted
/// assert_eq!(x.matmul(&weight).item(), 11.0);
/// assert_eq!((x * &weight.t()).sum().item(), 11.0);
/// assert_eq!(x.pow(2).sum().item(), 5.0);
/// assert_eq!((1 + 2 * x).mse(0).item(), 17.0);
/// ```
pub trait Operand<'t> {
    /// This operand on the tape of `like`.
    #[track_caller]
    fn onto(self, like: Var<'t>) -> Var<'t>;

    /// As [`Self::onto`], for the argument of an operation, which a panic names.
    #[doc(hidden)]
    #[track_caller]
    fn argument(self, like: Var<'t>, op: &str) -> Var<'t>
    where
        Self: Sized,
    {
        let _ = op;
        self.onto(like)
    }

    /// As [`Self::argument`], where a number stands for each element of a value of this shape, as in the target of a loss.
    #[doc(hidden)]
    #[track_caller]
    fn filling(self, like: Var<'t>, op: &str, shape: &Shape) -> Var<'t>
    where
        Self: Sized,
    {
        let _ = shape;
        self.argument(like, op)
    }
}

impl<'t> Var<'t> {
    /// The argument of an operation on this value's tape; see [`Self::lift`].
    #[track_caller]
    pub(crate) fn operand(self, op: &str, other: impl Operand<'t>) -> Self {
        other.argument(self, op)
    }

    /// Panics unless arguments that may be missing are of this value's tape.
    #[track_caller]
    pub(crate) fn check_more<const N: usize>(self, op: &str, more: [Option<Self>; N]) {
        for x in more.into_iter().flatten() {
            self.tape.check_operand(op, x);
        }
    }
}

/// Panics unless values that are joined are of one tape.
#[track_caller]
pub(crate) fn one_tape(op: &str, values: &[Var<'_>]) {
    if let Some(first) = values.first() {
        first.tape.check_inputs(op, values);
    }
}

impl<'t> Operand<'t> for Var<'t> {
    #[track_caller]
    fn onto(self, like: Var<'t>) -> Var<'t> {
        self.argument(like, "variables of two tapes")
    }

    #[track_caller]
    fn argument(self, like: Var<'t>, op: &str) -> Var<'t> {
        like.tape.check_operand(op, self);
        self
    }
}

impl<'t> Operand<'t> for f64 {
    fn onto(self, like: Var<'t>) -> Var<'t> {
        self.filling(like, "", &Shape::new(&[]))
    }

    fn filling(self, like: Var<'t>, _: &str, shape: &Shape) -> Var<'t> {
        let dtype = if like.dtype() == DType::F32 { DType::F32 } else { DType::F64 };
        like.tape.constant(Tensor::full_of(*shape, self, dtype))
    }
}

impl<'t> Operand<'t> for i64 {
    fn onto(self, like: Var<'t>) -> Var<'t> {
        (self as f64).onto(like)
    }

    fn filling(self, like: Var<'t>, op: &str, shape: &Shape) -> Var<'t> {
        (self as f64).filling(like, op, shape)
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

/// The widest of the element types: F64 of F32 and F64.
pub(crate) fn widest<'t>(operands: impl IntoIterator<Item = Var<'t>>) -> DType {
    operands.into_iter().map(Var::dtype).fold(DType::Bool, DType::promote)
}

/// The operands in the widest of their element types, so that nothing is lost on the way; each gets its gradient in its own.
#[track_caller]
pub(crate) fn promoted<'t, const N: usize>(operands: [Var<'t>; N]) -> [Var<'t>; N] {
    promoted_with(operands, []).0
}

/// As [`promoted`], with operands that may be missing.
#[track_caller]
pub(crate) fn promoted_with<'t, const N: usize, const M: usize>(
    mut operands: [Var<'t>; N],
    mut more: [Option<Var<'t>>; M],
) -> ([Var<'t>; N], [Option<Var<'t>>; M]) {
    let dtype = widest(operands.into_iter().chain(more.into_iter().flatten()));
    for x in operands.iter_mut().chain(more.iter_mut().flatten()) {
        *x = x.to(dtype);
    }
    (operands, more)
}

macro_rules! operators {
    ($($Trait:ident $method:ident $Assign:ident $assign:ident, number: |$x:ident, $c:ident| $right:expr, |$c2:ident, $x2:ident| $left:expr;)*) => {$(
        impl<'t> $Trait for Var<'t> {
            type Output = Var<'t>;
            #[inline]
            #[track_caller]
            fn $method(self, other: Var<'t>) -> Var<'t> { self.tape.binary(&binary::$method, self, other) }
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
        impl<'t> $Trait<i64> for Var<'t> {
            type Output = Var<'t>;
            #[inline]
            #[track_caller]
            fn $method(self, other: i64) -> Var<'t> { $Trait::$method(self, other as f64) }
        }
        impl<'t> $Trait<Var<'t>> for i64 {
            type Output = Var<'t>;
            #[inline]
            #[track_caller]
            fn $method(self, other: Var<'t>) -> Var<'t> { $Trait::$method(self as f64, other) }
        }
        impl<'t> $Trait<&Tensor> for Var<'t> {
            type Output = Var<'t>;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Var<'t> { self.tape.binary(&binary::$method, self, other.onto(self)) }
        }
        impl<'t> $Trait<Var<'t>> for &Tensor {
            type Output = Var<'t>;
            #[track_caller]
            fn $method(self, other: Var<'t>) -> Var<'t> { other.tape.binary(&binary::$method, self.onto(other), other) }
        }
        impl<'t> $Trait<Tensor> for Var<'t> {
            type Output = Var<'t>;
            #[track_caller]
            fn $method(self, other: Tensor) -> Var<'t> { self.$method(&other) }
        }
        impl<'t> $Trait<Var<'t>> for Tensor {
            type Output = Var<'t>;
            #[track_caller]
            fn $method(self, other: Var<'t>) -> Var<'t> { (&self).$method(other) }
        }
        /// The result under the same name; values on the tape do not change.
        impl<'t, T> $Assign<T> for Var<'t>
        where
            Var<'t>: $Trait<T, Output = Var<'t>>,
        {
            #[inline]
            #[track_caller]
            fn $assign(&mut self, other: T) { *self = $Trait::$method(*self, other); }
        }
    )*};
}
operators! {
    Add add AddAssign add_assign, number: |x, c| x.unary(&unary::add_number, c), |c, x| x.unary(&unary::add_number, c);
    Sub sub SubAssign sub_assign, number: |x, c| x.unary(&unary::add_number, -c), |c, x| x.unary(&unary::number_minus, c);
    Mul mul MulAssign mul_assign, number: |x, c| x.unary(&unary::scale, c), |c, x| x.unary(&unary::scale, c);
    Div div DivAssign div_assign, number: |x, c| x.unary(&unary::over_number, c), |c, x| x.unary(&unary::number_over, c);
}

impl<'t> Neg for Var<'t> {
    type Output = Var<'t>;
    #[inline]
    #[track_caller]
    fn neg(self) -> Var<'t> {
        self.unary(&unary::neg, 0.0)
    }
}

impl<'t> std::iter::Sum for Var<'t> {
    /// # Panics
    /// If there is nothing to add: an empty sum has no tape.
    fn sum<I: Iterator<Item = Var<'t>>>(iter: I) -> Var<'t> {
        iter.reduce(|a, b| a + b).expect("sum: no values, so no tape to put a zero on")
    }
}
