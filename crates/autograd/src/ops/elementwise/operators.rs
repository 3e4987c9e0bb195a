//! `+`, `-`, `*`, `/` between variables, numbers and tensors.

use std::ops::{Add, Div, Mul, Neg, Sub};

use gradus_tensor::Tensor;

use super::{binary, unary};
use crate::var::{Operand, Var};

macro_rules! operators {
    ($($Trait:ident $method:ident, number: |$x:ident, $c:ident| $right:expr, |$c2:ident, $x2:ident| $left:expr;)*) => {$(
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
    )*};
}
operators! {
    Add add, number: |x, c| x.unary(&unary::add_number, c), |c, x| x.unary(&unary::add_number, c);
    Sub sub, number: |x, c| x.unary(&unary::add_number, -c), |c, x| x.unary(&unary::number_minus, c);
    Mul mul, number: |x, c| x.unary(&unary::scale, c), |c, x| x.unary(&unary::scale, c);
    Div div, number: |x, c| x.unary(&unary::over_number, c), |c, x| x.unary(&unary::number_over, c);
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
