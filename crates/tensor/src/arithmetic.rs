//! Arithmetic operators between tensors and numbers, with broadcasting and promotion.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::dtype::DType;
use crate::elementwise::{map, promoted, rows1, rows2, scalar_like, zip};
use crate::kernel::run;
use crate::tensor::Tensor;

/// Arithmetic over the numeric types; Bool counts as I64.
macro_rules! arithmetic {
    ($($Trait:ident, $method:ident, $float:expr, $int:expr;)*) => {$(
        impl $Trait<&Tensor> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Tensor {
                let (a, b) = promoted(self, other);
                let op = stringify!($method);
                match a.dtype() {
                    DType::F32 => zip::<f32, f32>(&a, &b, op, 0.3, &|a, b, y| run(#[inline(always)] || rows2(a, b, y, $float))),
                    DType::F64 => zip::<f64, f64>(&a, &b, op, 0.5, &|a, b, y| run(#[inline(always)] || rows2(a, b, y, $float))),
                    DType::I64 | DType::Bool => integers(&a, &b, op, $int),
                }
            }
        }
        impl $Trait<Tensor> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor { (&self).$method(&other) }
        }
        impl $Trait<&Tensor> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Tensor { (&self).$method(other) }
        }
        impl $Trait<Tensor> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor { self.$method(&other) }
        }
        impl $Trait<f64> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: f64) -> Tensor { self.$method(&scalar_like(other, self)) }
        }
        impl $Trait<f64> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: f64) -> Tensor { (&self).$method(other) }
        }
        impl $Trait<&Tensor> for f64 {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Tensor { (&scalar_like(self, other)).$method(other) }
        }
        impl $Trait<Tensor> for f64 {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor { self.$method(&other) }
        }
    )*};
}
arithmetic! {
    Add, add, |a, b| a + b, Some(|a: i64, b: i64| a.wrapping_add(b));
    Sub, sub, |a, b| a - b, Some(|a: i64, b: i64| a.wrapping_sub(b));
    Mul, mul, |a, b| a * b, Some(|a: i64, b: i64| a.wrapping_mul(b));
    Div, div, |a, b| a / b, None;
}

/// Integer arithmetic; without an integer form (division) the operands become F32.
#[track_caller]
fn integers(a: &Tensor, b: &Tensor, op: &str, f: Option<fn(i64, i64) -> i64>) -> Tensor {
    if let Some(f) = f {
        return zip::<i64, i64>(&a.to(DType::I64), &b.to(DType::I64), op, 0.5, &|a, b, y| rows2(a, b, y, f));
    }
    let divide = |a: &[f32], b: &[f32], y: &mut [f32]| rows2(a, b, y, |a, b| a / b);
    zip::<f32, f32>(&a.to(DType::F32), &b.to(DType::F32), op, 0.5, &divide)
}

impl Neg for &Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        match self.dtype() {
            DType::F32 => map::<f32, f32>(self, 0.3, &|x, y| rows1(x, y, |x| -x)),
            DType::F64 => map::<f64, f64>(self, 0.5, &|x, y| rows1(x, y, |x| -x)),
            DType::I64 | DType::Bool => {
                map::<i64, i64>(&self.to(DType::I64), 0.5, &|x, y| rows1(x, y, i64::wrapping_neg))
            }
        }
    }
}

impl Neg for Tensor {
    type Output = Self;
    fn neg(self) -> Self {
        -&self
    }
}
