//! Comparisons, which give Bool tensors, and logic on them.
//!
//! The right-hand side is a tensor, which broadcasts, or a number, which takes the tensor's element type. NaN compares as
//! in IEEE 754: unequal to everything, and neither less nor greater.

use super::drive::{map, zip};
use crate::kernel::run;
use crate::{DType, Element, Tensor};

/// The right-hand side of a comparison: `&tensor` or a number.
#[derive(Debug, Clone, Copy)]
pub enum Rhs<'a> {
    /// A tensor, which broadcasts.
    Tensor(&'a Tensor),
    /// A number, the same for all elements.
    Number(f64),
    /// A whole number, compared with integers as one.
    Integer(i64),
}

impl<'a> From<&'a Tensor> for Rhs<'a> {
    fn from(tensor: &'a Tensor) -> Self {
        Self::Tensor(tensor)
    }
}
impl From<f64> for Rhs<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<i64> for Rhs<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

/// Rough time of one comparison, in nanoseconds.
const COST: f64 = 0.2;

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident $op:tt;)*) => {
        /// # Comparisons and logic
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// # Panics
            /// If the shapes do not broadcast.
            #[track_caller]
            pub fn $name<'a>(&self, other: impl Into<Rhs<'a>>) -> Self {
                #[track_caller]
                fn same<T: Element>(a: &Tensor, b: &Tensor) -> Tensor {
                    zip::<T, u8>(a, b, stringify!($name), COST, &|a, b, y| run(
                        #[inline(always)]
                        || y.iter_mut().zip(a).zip(b).for_each(|((y, a), b)| *y = u8::from(a $op b)),
                    ))
                }
                fn with<T: Element>(x: &Tensor, number: f64) -> Tensor {
                    let number = T::from_f64(number);
                    map::<T, u8>(x, COST, &|x, y| run(
                        #[inline(always)]
                        || y.iter_mut().zip(x).for_each(|(y, &x)| *y = u8::from(x $op number)),
                    ))
                }
                match other.into() {
                    Rhs::Integer(number) if self.dtype().is_float() => self.$name(number as f64),
                    Rhs::Integer(number) => same::<i64>(&self.to(DType::I64), &Tensor::scalar(number)),
                    Rhs::Tensor(other) => {
                        let dtype = self.dtype().promote(other.dtype());
                        let (a, b) = (self.to(dtype), other.to(dtype));
                        with_dtype!(dtype, T => same::<T>(&a, &b))
                    }
                    Rhs::Number(number) if self.dtype() == DType::F32 => with::<f32>(self, number),
                    Rhs::Number(number) => with::<f64>(&self.to(DType::F64), number),
                }
            }
        )*}
    };
}

comparisons! {
    /// Whether elements are equal: `$a = b$`.
    eq ==;
    /// Whether elements differ: `$a \ne b$`.
    ne !=;
    /// `$a < b$`.
    lt <;
    /// `$a \le b$`.
    le <=;
    /// `$a > b$`.
    gt >;
    /// `$a \ge b$`.
    ge >=;
}

macro_rules! logic {
    ($($(#[$doc:meta])* $name:ident |$a:ident, $b:ident| $body:expr;)*) => {
        /// # Comparisons and logic
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// Other types than Bool count as true where they are not zero.
            ///
            /// # Panics
            /// If the shapes do not broadcast.
            #[track_caller]
            pub fn $name(&self, other: &Self) -> Self {
                let (a, b) = (self.to(DType::Bool), other.to(DType::Bool));
                zip::<u8, u8>(&a, &b, stringify!($name), COST, &|a, b, y| {
                    y.iter_mut().zip(a).zip(b).for_each(|((y, $a), $b)| *y = $body);
                })
            }
        )*}
    };
}

logic! {
    /// True where both are.
    and |a, b| a & b;
    /// True where at least one is.
    or |a, b| a | b;
    /// True where exactly one is.
    xor |a, b| a ^ b;
}

macro_rules! tests_of_floats {
    ($($(#[$doc:meta])* $name:ident $otherwise:literal;)*) => {
        /// # Comparisons and logic
        impl Tensor {$(
            $(#[$doc])*
            pub fn $name(&self) -> Self {
                match self.dtype() {
                    DType::F32 => map::<f32, u8>(self, COST, &|x, y| {
                        y.iter_mut().zip(x).for_each(|(y, x)| *y = u8::from(x.$name()));
                    }),
                    DType::F64 => map::<f64, u8>(self, COST, &|x, y| {
                        y.iter_mut().zip(x).for_each(|(y, x)| *y = u8::from(x.$name()));
                    }),
                    _ => Self::full_of(*self.shape(), $otherwise, DType::Bool),
                }
            }
        )*}
    };
}

tests_of_floats! {
    /// True where the element is not a number.
    is_nan 0.0;
    /// True where the element is +∞ or −∞.
    is_infinite 0.0;
    /// True where the element is neither infinite nor NaN.
    is_finite 1.0;
}

/// # Comparisons and logic
impl Tensor {
    /// True where this tensor is false. Other types than Bool count as true where they are not zero.
    pub fn logical_not(&self) -> Self {
        map::<u8, u8>(&self.to(DType::Bool), COST, &|x, y| y.iter_mut().zip(x).for_each(|(y, x)| *y = x ^ 1))
    }

    /// True where `$|a - b| \le \text{atol} + \text{rtol}\,|b|$`. Equal infinities are close; NaN is close to nothing.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn isclose(&self, other: &Self, rtol: f64, atol: f64) -> Self {
        self.close(other, "isclose", rtol, atol)
    }

    #[track_caller]
    fn close(&self, other: &Self, op: &str, rtol: f64, atol: f64) -> Self {
        let (a, b) = (self.to(DType::F64), other.to(DType::F64));
        zip::<f64, u8>(&a, &b, op, COST, &|a, b, y| {
            for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
                *y = u8::from(a == b || b.is_finite() && (a - b).abs() <= atol + rtol * b.abs());
            }
        })
    }

    /// Whether all elements are close: see [`Self::isclose`].
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn allclose(&self, other: &Self, rtol: f64, atol: f64) -> bool {
        self.close(other, "allclose", rtol, atol).to_vec::<u8>().iter().all(|&x| x != 0)
    }

    /// Whether shape, element type and all elements are equal; `a == b` is the same.
    #[doc(alias = "array_equal")]
    pub fn equal(&self, other: &Self) -> bool {
        if self.shape() != other.shape() || self.dtype() != other.dtype() {
            return false;
        }
        let (a, b) = (self.contiguous(), other.contiguous());
        with_dtype!(self.dtype(), T => a.as_slice::<T>() == b.as_slice::<T>())
    }

    /// The largest `$|a_i - b_i|$`, in F64: 0 for empty tensors, NaN if there is one.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn max_abs_diff(&self, other: &Self) -> f64 {
        let (a, b) = (self.to(DType::F64), other.to(DType::F64));
        let difference = zip::<f64, f64>(&a, &b, "max_abs_diff", COST, &|a, b, y| {
            y.iter_mut().zip(a).zip(b).for_each(|((y, a), b)| *y = if a == b { 0.0 } else { (a - b).abs() });
        });
        if difference.is_empty() { 0.0 } else { difference.max().item() }
    }
}

/// `a == b` is one truth value, as for Rust's arrays: whether shape, element type and all elements are equal. A NaN equals
/// nothing, itself included. The comparison of each element, NumPy's `a == b`, is [`Tensor::eq`]; the comparison up to
/// rounding, which is nearly always what computed numbers need, is [`Tensor::allclose`].
///
/// ```
/// use gradus_tensor::Tensor;
/// let (a, b) = (Tensor::from([1.0, 2.0]), Tensor::from([1.0, 3.0]));
/// assert!(a == a.clone() && a != b);
/// assert_eq!(a.eq(&b).to_bools(), [true, false]);
/// assert!(a != Tensor::from([1f32, 2.0])); // other element types
/// assert!(a != Tensor::from([[1.0, 2.0]])); // other shapes
/// ```
impl PartialEq for Tensor {
    fn eq(&self, other: &Self) -> bool {
        self.equal(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    #[test]
    fn comparisons_broadcast_and_mix_types() {
        let (x, y) = (Tensor::from([[1, 2, 3]]), Tensor::from([[1.5f32], [3.0]]));
        assert_eq!(x.lt(&y).to_bools(), [true, false, false, true, true, false]);
        assert_eq!(x.ge(&y).to_bools(), [false, true, true, false, false, true]);
        assert_eq!(x.eq(&y).to_bools(), [false, false, false, false, false, true]);
        assert_eq!(x.gt(1.5).to_bools(), [false, true, true]);
        assert_eq!((x.gt(1).to_bools(), y.ge(3).to_bools()), (vec![false, true, true], vec![false, true]));
        let large = Tensor::from([i64::MAX, i64::MAX - 1]);
        assert_eq!(large.eq(i64::MAX).to_bools(), [true, false], "no detour by floats");
        assert_eq!(Tensor::from([0.1f32]).eq(0.1).to_bools(), [true]);
        assert_eq!(Tensor::from([true, false]).le(&Tensor::from(false)).to_bools(), [false, true]);
    }

    #[test]
    fn nan_is_unequal_to_everything() {
        let x = Tensor::from([f64::NAN, 1.0, f64::INFINITY]);
        assert_eq!(x.eq(&x).to_bools(), [false, true, true]);
        assert_eq!(x.ne(&x).to_bools(), [true, false, false]);
        assert_eq!(x.le(&x).to_bools(), [false, true, true]);
        assert_eq!(x.is_nan().to_bools(), [true, false, false]);
        assert_eq!(x.is_infinite().to_bools(), [false, false, true]);
        assert_eq!(x.is_finite().to_bools(), [false, true, false]);
        assert_eq!(Tensor::from([1]).is_finite().to_bools(), [true]);
        assert_eq!(x.isclose(&x, 0.0, 0.0).to_bools(), [false, true, true]);
    }

    #[test]
    fn logic() {
        let (a, b) = (Tensor::from([true, true, false, false]), Tensor::from([1, 0, 2, 0]));
        assert_eq!(a.and(&b).to_bools(), [true, false, false, false]);
        assert_eq!(a.or(&b).to_bools(), [true, true, true, false]);
        assert_eq!(a.xor(&b).to_bools(), [false, true, true, false]);
        assert_eq!(b.logical_not().to_bools(), [false, true, false, true]);
    }

    #[test]
    fn closeness() {
        let (a, b) = (Tensor::from([1.0, 2.0]), Tensor::from([1.0, 2.001]));
        assert!(a.allclose(&b, 1e-3, 0.0) && !a.allclose(&b, 1e-4, 0.0));
        assert_abs_diff_eq!(a.max_abs_diff(&b), 0.001, epsilon = 1e-12);
        assert!(a.equal(&a.copied()) && !a.equal(&b) && !a.equal(&a.to(DType::F32)));
        assert!(!a.equal(&a.unsqueeze(0)) && a.expand([3, 2]).equal(&a.repeat(&[3, 1])));
        assert_eq!(Tensor::zeros(0).max_abs_diff(&Tensor::zeros(0)), 0.0);
        assert!(a.max_abs_diff(&Tensor::from(f64::NAN)).is_nan());
    }

    #[test]
    #[should_panic(expected = "lt: [2] and [3] do not broadcast: sizes 2 and 3 of axis -1 differ")]
    fn shapes_that_do_not_broadcast() {
        Tensor::zeros(2).lt(&Tensor::zeros(3));
    }
}
