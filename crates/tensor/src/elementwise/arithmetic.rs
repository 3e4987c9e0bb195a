//! Arithmetic operators between tensors and numbers, with broadcasting and promotion.
//!
//! Numbers are `f64` or `i64`, which leave the element type of floats as it is; an `i64` leaves that of integers, too. With one
//! float type and one integer type a literal needs no suffix: `2.0 * &x`, `&x + 1`.

use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use super::drive::{each, each2, map, zip};
use crate::dtype::DType;
use crate::kernel::run;
use crate::tensor::Tensor;

/// Both tensors in the wider of their types.
pub(crate) fn promoted(a: &Tensor, b: &Tensor) -> (Tensor, Tensor) {
    let dtype = a.dtype().promote(b.dtype());
    (a.to(dtype), b.to(dtype))
}

/// A number as a 0-d tensor that leaves the float type of `like` as it is; integers become F32.
pub(crate) fn scalar_like(x: f64, like: &Tensor) -> Tensor {
    if like.dtype() == DType::F64 { Tensor::scalar(x) } else { Tensor::scalar(x as f32) }
}

/// A whole number as a 0-d tensor that leaves the type of `like` as it is; truth values become I64.
pub(crate) fn integer_like(n: i64, like: &Tensor) -> Tensor {
    if like.dtype().is_float() { scalar_like(n as f64, like) } else { Tensor::scalar(n) }
}

/// The operators with a number on either side.
macro_rules! with_numbers {
    ($Trait:ident $method:ident $Number:ty, $like:ident) => {
        impl $Trait<$Number> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: $Number) -> Tensor {
                self.$method(&$like(other, self))
            }
        }
        impl $Trait<$Number> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: $Number) -> Tensor {
                (&self).$method(other)
            }
        }
        impl $Trait<&Tensor> for $Number {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Tensor {
                (&$like(self, other)).$method(other)
            }
        }
        impl $Trait<Tensor> for $Number {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor {
                self.$method(&other)
            }
        }
    };
}

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
                    DType::F32 => zip::<f32, f32>(&a, &b, op, 0.3, &|a, b, y| run(#[inline(always)] || each2(a, b, y, $float))),
                    DType::F64 => zip::<f64, f64>(&a, &b, op, 0.5, &|a, b, y| run(#[inline(always)] || each2(a, b, y, $float))),
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
        with_numbers!($Trait $method f64, scalar_like);
        with_numbers!($Trait $method i64, integer_like);
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
        return zip::<i64, i64>(&a.to(DType::I64), &b.to(DType::I64), op, 0.5, &|a, b, y| each2(a, b, y, f));
    }
    let divide = |a: &[f32], b: &[f32], y: &mut [f32]| each2(a, b, y, |a, b| a / b);
    zip::<f32, f32>(&a.to(DType::F32), &b.to(DType::F32), op, 0.5, &divide)
}

/// `a += b` and its kin: the result in the place of `a`, with the shape and the element type of `a`.
macro_rules! assigning {
    ($($Trait:ident $assign:ident $method:ident $symbol:literal;)*) => {$(
        impl $Trait<&Tensor> for Tensor {
            #[track_caller]
            fn $assign(&mut self, other: &Tensor) {
                let result = (&*self).$method(other);
                replace(self, &result, $symbol, other);
            }
        }
        impl $Trait<Tensor> for Tensor {
            #[track_caller]
            fn $assign(&mut self, other: Tensor) { self.$assign(&other) }
        }
        impl $Trait<f64> for Tensor {
            #[track_caller]
            fn $assign(&mut self, other: f64) { self.$assign(&scalar_like(other, self)) }
        }
        impl $Trait<i64> for Tensor {
            #[track_caller]
            fn $assign(&mut self, other: i64) { self.$assign(&integer_like(other, self)) }
        }
    )*};
}
assigning! {
    AddAssign add_assign add "+=";
    SubAssign sub_assign sub "-=";
    MulAssign mul_assign mul "*=";
    DivAssign div_assign div "/=";
}

/// # Panics
/// If the result has another shape, or is of floats where `target` is not.
#[track_caller]
fn replace(target: &mut Tensor, result: &Tensor, symbol: &str, other: &Tensor) {
    let (held, dtype) = (*target.shape(), target.dtype());
    assert!(
        *result.shape() == held,
        "{symbol}: the right side has shape {}, which does not fit into {held}; write x = x {} y",
        other.shape(),
        &symbol[..1]
    );
    assert!(
        dtype.is_float() || !result.dtype().is_float(),
        "{symbol}: a {dtype} tensor cannot take the result, which is {}; convert with .to(DType::{}) first",
        result.dtype(),
        if result.dtype() == DType::F64 { "F64" } else { "F32" }
    );
    *target = result.to(dtype);
}

impl Neg for &Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        match self.dtype() {
            DType::F32 => map::<f32, f32>(self, 0.3, &|x, y| each(x, y, |x| -x)),
            DType::F64 => map::<f64, f64>(self, 0.5, &|x, y| each(x, y, |x| -x)),
            DType::I64 | DType::Bool => {
                map::<i64, i64>(&self.to(DType::I64), 0.5, &|x, y| each(x, y, i64::wrapping_neg))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn range(n: usize) -> Tensor {
        Tensor::build::<f32>(n, |out| out.iter_mut().enumerate().for_each(|(i, x)| *x = i as f32))
    }

    #[test]
    fn arithmetic_broadcasts() {
        let a = range(6).reshaped([2, 3].into());
        let row = range(3);
        assert_eq!((&a + &row).to_vec::<f32>(), [0., 2., 4., 3., 5., 7.]);
        let col = range(2).reshaped([2, 1].into());
        assert_eq!((&a * &col).to_vec::<f32>(), [0., 0., 0., 3., 4., 5.]);
        assert_eq!((1.0 - &a).to_vec::<f32>(), [1., 0., -1., -2., -3., -4.]);
        assert_eq!((&col - &row).to_vec::<f32>(), [0., -1., -2., 1., 0., -1.]);
    }

    #[test]
    fn mixed_types_go_to_the_wider() {
        let ints = Tensor::build::<i64>(2, |out| out.copy_from_slice(&[3, 4]));
        assert_eq!((&ints + &ints).dtype(), DType::I64);
        assert_eq!((&ints / &ints).to_vec::<f32>(), [1.0, 1.0]);
        assert_eq!((&ints * &Tensor::scalar(0.5f64)).to_vec::<f64>(), [1.5, 2.0]);
        assert_eq!((&range(2) * 0.5).dtype(), DType::F32);
    }

    #[test]
    fn whole_numbers_leave_every_type_but_truth_values() {
        let of = |dtype| Tensor::from([3, 0]).to(dtype);
        for dtype in [DType::F64, DType::F32, DType::I64, DType::Bool] {
            let x = of(dtype);
            let kept = dtype.promote(DType::I64);
            let first = x.to_f64_vec()[0];
            for (found, wanted) in [
                (&x + 2, first + 2.0),
                (x.clone() - 2, first - 2.0),
                (2 * &x, 2.0 * first),
                (2 - x.clone(), 2.0 - first),
            ] {
                assert_eq!((found.dtype(), found.to_f64_vec()[0]), (kept, wanted), "{dtype}");
            }
            assert_eq!((&x / 2).to_f64_vec()[0], first / 2.0, "{dtype}");
            assert!((&x / 2).dtype().is_float() && (6 / &x).to_f64_vec()[1].is_infinite(), "{dtype}");
        }
        let mut counts = of(DType::I64);
        counts += 1;
        counts *= 5;
        counts -= 10;
        assert_eq!(counts, Tensor::from([10, -5]));
        let large = i64::MAX - 1;
        assert_eq!((Tensor::from([large]) + 1).to_vec::<i64>(), [i64::MAX], "no detour by floats");
    }

    #[test]
    fn assigned_in_place() {
        let mut x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
        let before = x.clone();
        x += 1.0;
        x *= &Tensor::from([1.0, 10.0]);
        x -= Tensor::from([[1.0], [2.0]]);
        x /= 2.0;
        assert_eq!(x, Tensor::from([[0.5, 14.5], [1.0, 24.0]]));
        assert_eq!(before.to_vec::<f64>(), [1.0, 2.0, 3.0, 4.0], "another owner keeps the old value");
        let mut single = Tensor::from([1f32]);
        single += &Tensor::from([0.5f64]);
        assert_eq!(single, Tensor::from([1.5f32]), "the element type of the left side stays");
        let mut whole = Tensor::from([3, 4]);
        whole *= &Tensor::from([2, 2]);
        assert_eq!(whole, Tensor::from([6, 8]));
    }

    #[test]
    #[should_panic(
        expected = "+=: the right side has shape [2, 1], which does not fit into [2]; write x = x + y"
    )]
    fn a_larger_result_is_not_assigned() {
        let mut x = Tensor::from([1.0, 2.0]);
        x += &Tensor::from([[1.0], [2.0]]);
    }

    #[test]
    #[should_panic(
        expected = "/=: a i64 tensor cannot take the result, which is f32; convert with .to(DType::F32) first"
    )]
    fn integers_take_no_fractions() {
        let mut x = Tensor::from([1, 2]);
        x /= 2.0;
    }

    #[test]
    fn many_short_runs_broadcast() {
        let x = Tensor::range(0.0, 24_000.0, 1.0).to(DType::F64).reshape([8000, 3]);
        let (column, row) = (x.slice(1, 0..1), x.slice(0, 0..1));
        let sums = [&x + &column, &column + &x, &x + &row, &column + &row];
        let [a, b, c, d] = sums.map(|sum| sum.to_vec::<f64>());
        for i in 0..24_000 {
            let (x, column, row) = (i as f64, (i / 3 * 3) as f64, (i % 3) as f64);
            assert_eq!([a[i], b[i], c[i], d[i]], [x + column, x + column, x + row, column + row]);
        }
    }

    #[test]
    fn long_runs_broadcast_in_blocks() {
        let a = range(3 * 5000).reshaped([3, 5000].into());
        let col = range(3).reshaped([3, 1].into());
        let sum = (&a + &col).to_vec::<f32>();
        assert!(sum.iter().enumerate().all(|(i, &x)| x == (i + i / 5000) as f32));
    }

    #[test]
    #[should_panic(expected = "mul: [2] and [3] do not broadcast: sizes 2 and 3 of axis -1 differ")]
    fn a_clash_names_both_shapes() {
        let _ = &range(2) * &range(3);
    }
}
