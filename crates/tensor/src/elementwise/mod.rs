//! Elementwise functions: one line each of the lists below; operators in `arithmetic`, truth in `compare`.
//!
//! Two drivers, [`map`] and [`zip`], turn shapes and strides into contiguous runs. A function over runs is all a new
//! operation needs.

mod arithmetic;
mod compare;
mod drive;

pub(crate) use arithmetic::{integer_like, promoted, scalar_like};
pub use compare::Rhs;
pub use drive::{add_assign, map, zip};
use drive::{each, each2};

use crate::dtype::{DType, Element};
use crate::kernel::{math, run};
use crate::tensor::Tensor;

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident, $cost:expr $(, by $slices:ident)?;)*) => {
        const UNARY: &[(&str, f64)] = &[$((stringify!($name), $cost)),*];
        /// # Elementwise functions
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// # Panics
            /// If the elements are not floats.
            #[track_caller]
            pub fn $name(&self) -> Self {
                with_float!(stringify!($name), self.dtype(), T => map::<T, T>(self, $cost, &|x, y| {
                    run(#[inline(always)] || functions!(@each x, y, $name $($slices)?));
                }))
            }
        )*}
    };
    (@each $x:ident, $y:ident, $name:ident) => { each($x, $y, math::$name) };
    (@each $x:ident, $y:ident, $name:ident $slices:ident) => { math::$slices($x, $y) };
}

functions! {
    /// `$e^x$`.
    exp, 0.5;
    /// `$2^x$`.
    exp2, 0.5;
    /// `$e^x - 1$`, exact near 0.
    expm1, 0.5;
    /// `$\ln x$`.
    #[doc(alias = "log")]
    ln, 1.0;
    /// `$\log_2 x$`.
    log2, 1.0;
    /// `$\log_{10} x$`.
    log10, 1.0;
    /// `$\ln(1 + x)$`, exact near 0.
    log1p, 1.0;
    /// `$\sqrt x$`.
    sqrt, 0.5;
    /// `$1 / \sqrt x$`.
    rsqrt, 0.5;
    /// `$1 / x$`.
    recip, 0.3;
    /// `$x^2$`.
    square, 0.2;
    /// `$\sin x$`, in radians.
    sin, 0.6, by sin_slice;
    /// `$\cos x$`, in radians.
    cos, 0.6, by cos_slice;
    /// `$\tan x$`, in radians.
    tan, 10.0;
    /// `$\arcsin x$`.
    asin, 10.0;
    /// `$\arccos x$`.
    acos, 10.0;
    /// `$\arctan x$`.
    atan, 10.0;
    /// `$\sinh x$`.
    sinh, 10.0;
    /// `$\cosh x$`.
    cosh, 10.0;
    /// `$\tanh x$`.
    tanh, 1.0;
    /// `$\operatorname{arsinh} x$`.
    asinh, 10.0;
    /// `$\operatorname{arcosh} x$`.
    acosh, 10.0;
    /// `$\operatorname{artanh} x$`.
    atanh, 10.0;
    /// `$1 / (1 + e^{-x})$`.
    sigmoid, 1.0;
    /// `$\operatorname{erf} x$`.
    erf, 1.2;
    /// `$1 - \operatorname{erf} x$`.
    erfc, 5.0;
    /// The inverse of `erf`.
    erfinv, 10.0;
    /// `$\ln |\Gamma(x)|$`.
    lgamma, 20.0;
    /// `$\Gamma'(x) / \Gamma(x)$`.
    digamma, 20.0;
    /// The largest integer not above x.
    floor, 0.2;
    /// The smallest integer not below x.
    ceil, 0.2;
    /// The nearest integer, halves to the even one.
    round, 0.2;
    /// The integer part, towards zero.
    trunc, 0.2;
    /// The fractional part, with the sign of x.
    frac, 0.2;
}

macro_rules! functions2 {
    ($($(#[$doc:meta])* $name:ident = $f:ident, $cost:expr;)*) => {
        const BINARY: &[(&str, f64)] = &[$((stringify!($name), $cost)),*];
        /// # Elementwise functions of two values
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// The other is a tensor, which broadcasts, or a number.
            ///
            /// # Panics
            /// If the shapes do not broadcast, or neither operand holds floats.
            #[track_caller]
            pub fn $name<'a>(&self, other: impl Into<Rhs<'a>>) -> Self {
                // Compiled once, whatever the other is.
                #[track_caller]
                fn of(a: &Tensor, b: &Tensor) -> Tensor {
                    let (a, b) = promoted(a, b);
                    with_float!(stringify!($name), a.dtype(), T => zip::<T, T>(&a, &b, stringify!($name), $cost, &|a, b, y| {
                        run(#[inline(always)] || each2(a, b, y, math::$f));
                    }))
                }
                of(self, &other.into().beside(self))
            }
        )*}
    };
}

functions2! {
    /// `$x^y$`. `x.pow(2.0)` has one exponent for all elements.
    #[doc(alias = "power")]
    pow = pow, 5.0;
    /// The larger of two, elementwise; NaN if either is.
    maximum = max, 0.3;
    /// The smaller of two, elementwise; NaN if either is.
    minimum = min, 0.3;
    /// The larger of two, elementwise; a NaN is ignored where the other is a number.
    fmax = fmax, 0.3;
    /// The smaller of two, elementwise; a NaN is ignored where the other is a number.
    fmin = fmin, 0.3;
    /// The angle of the point `(other, self)`, `$\operatorname{atan2}(y, x)$`.
    atan2 = atan2, 10.0;
    /// `$\sqrt{x^2 + y^2}$` without overflow.
    hypot = hypot, 5.0;
    /// The remainder of a division, with the sign of the dividend.
    fmod = fmod, 10.0;
    /// The remainder of a division, with the sign of the divisor.
    remainder = remainder, 10.0;
    /// `$\ln(e^x + e^y)$` without overflow.
    logaddexp = logaddexp, 3.0;
    /// The magnitude of x with the sign of y.
    copysign = copysign, 0.3;
    /// `$x \ln y$`, 0 where x is 0.
    xlogy = xlogy, 2.0;
}

impl Rhs<'_> {
    /// As a tensor; a number leaves the float type of `like` as it is.
    pub(crate) fn beside(self, like: &Tensor) -> Tensor {
        match self {
            Self::Tensor(tensor) => tensor.clone(),
            Self::Number(number) => scalar_like(number, like),
            Self::Integer(number) => integer_like(number, like),
        }
    }
}

/// Name and cost (rough nanoseconds for an element) of every function of the two lists, for the test that compares them with
/// the table of elementwise operations of a tape.
#[doc(hidden)]
pub fn costs() -> impl Iterator<Item = (&'static str, f64)> {
    UNARY.iter().chain(BINARY).copied()
}

/// # Elementwise functions
impl Tensor {
    /// `$|x|$`, of floats or integers.
    pub fn abs(&self) -> Self {
        match self.dtype() {
            DType::F32 => map::<f32, f32>(self, 0.2, &|x, y| each(x, y, f32::abs)),
            DType::F64 => map::<f64, f64>(self, 0.4, &|x, y| each(x, y, f64::abs)),
            DType::I64 | DType::Bool => {
                map::<i64, i64>(&self.to(DType::I64), 0.4, &|x, y| each(x, y, i64::wrapping_abs))
            }
        }
    }

    /// -1, 0 or 1, of floats or integers; NaN stays NaN.
    pub fn sign(&self) -> Self {
        match self.dtype() {
            DType::F32 => map::<f32, f32>(self, 0.2, &|x, y| each(x, y, math::sign)),
            DType::F64 => map::<f64, f64>(self, 0.4, &|x, y| each(x, y, math::sign)),
            DType::I64 | DType::Bool => {
                map::<i64, i64>(&self.to(DType::I64), 0.4, &|x, y| each(x, y, i64::signum))
            }
        }
    }

    /// `$x^p$` with one exponent for all elements.
    ///
    /// # Panics
    /// If the elements are not floats.
    #[track_caller]
    pub fn powf(&self, p: f64) -> Self {
        self.pow(p)
    }

    /// `$\ln x$`, under NumPy's name; the same as [`Self::ln`].
    ///
    /// # Panics
    /// If the elements are not floats.
    #[track_caller]
    pub fn log(&self) -> Self {
        let dtype = self.dtype();
        assert!(dtype.is_float(), "log: needs floats, got {dtype}; convert with .to(DType::F32)");
        self.ln()
    }

    /// `$\min(\max(x, l), h)$`: x cut to the range from `low` to `high`; NaN stays NaN.
    ///
    /// # Panics
    /// If the elements are not floats.
    #[track_caller]
    pub fn clamp(&self, low: f64, high: f64) -> Self {
        self.cut("clamp", low, high)
    }

    /// `$\min(\max(x, l), h)$`, under NumPy's name; the same as [`Self::clamp`].
    ///
    /// # Panics
    /// If the elements are not floats.
    #[track_caller]
    pub fn clip(&self, low: f64, high: f64) -> Self {
        self.cut("clip", low, high)
    }

    /// `$\max(x, 0)$`; NaN stays NaN.
    ///
    /// ```
    /// # use gradus_tensor::Tensor;
    /// assert_eq!(Tensor::from([-1.0, 0.0, 2.0]).relu(), Tensor::from([0.0, 0.0, 2.0]));
    /// ```
    ///
    /// # Panics
    /// If the elements are not floats.
    #[track_caller]
    pub fn relu(&self) -> Self {
        self.cut("relu", 0.0, f64::INFINITY)
    }

    #[track_caller]
    fn cut(&self, op: &str, low: f64, high: f64) -> Self {
        with_float!(op, self.dtype(), T => {
            let (low, high) = (T::from_f64(low), T::from_f64(high));
            map::<T, T>(self, 0.2, &|x, y| run(#[inline(always)] || each(x, y, |x| math::min(math::max(x, low), high))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "exp: needs floats, got i64; convert with .to(DType::F32)")]
    fn integers_have_no_exponential() {
        let _ = Tensor::scalar(3i64).exp();
    }
}
