//! What the kernels ask of a floating-point element, and its two implementations.
//!
//! [`Real`] holds constants, conversions, the operations that are one instruction, and those elementary functions
//! whose formula depends on the width. All else is generic over `Real` and lives in the neighbouring files.

use std::fmt::{Debug, Display};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use super::{double, single};

/// The arithmetic that [`Real`] inherits from the standard library.
pub trait Arithmetic:
    Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + Sized
{
}

impl Arithmetic for f32 {}
impl Arithmetic for f64 {}

/// A floating-point element: `f32` or `f64`, with elementary functions that vectorise.
///
/// Generic code calls the functions as methods, `x.exp()`. On a concrete `f32` or `f64` the standard library's inherent
/// method of that name would win, so concrete code calls the free functions of [`math`](super).
pub trait Real: bytemuck::Pod + PartialOrd + Default + Send + Sync + Debug + Display + Arithmetic {
    /// 0.
    const ZERO: Self;
    /// ½.
    const HALF: Self;
    /// 1.
    const ONE: Self;
    /// 2.
    const TWO: Self;
    /// π.
    const PI: Self;
    /// ln 2.
    const LN_2: Self;
    /// The distance from 1 to the next larger number.
    const EPSILON: Self;
    /// The smallest positive normal number.
    const MIN_POSITIVE: Self;
    /// The largest finite number.
    const MAX: Self;
    /// The most negative finite number.
    const MIN: Self;
    /// +∞.
    const INFINITY: Self;
    /// −∞.
    const NEG_INFINITY: Self;
    /// Not a number.
    const NAN: Self;
    /// The largest |x| for which [`near_sin`](Self::near_sin) and [`near_cos`](Self::near_cos) are right.
    const NEAR: Self;

    /// The nearest number to `x`.
    fn of(x: f64) -> Self;
    /// The same number as `f64`.
    fn to_f64(self) -> f64;

    /// |x|.
    fn abs(self) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// `self · a + b`, rounded once.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// |x| with the sign of `sign`.
    fn copysign(self, sign: Self) -> Self;
    /// The largest integer that is not above x.
    fn floor(self) -> Self;
    /// The smallest integer that is not below x.
    fn ceil(self) -> Self;
    /// The integer part of x.
    fn trunc(self) -> Self;
    /// The nearest integer, halves to the even one.
    fn round(self) -> Self;
    /// x − trunc(x/y)·y, exact, with the sign of x: C's `fmod`.
    fn fmod(self, y: Self) -> Self;

    /// eˣ.
    fn exp(self) -> Self;
    /// e^(x + `tail`) for a tail far smaller than x.
    fn exp_sum(self, tail: Self) -> Self;
    /// w eˣ, without the rounding of an eˣ that is subnormal.
    fn times_exp(self, w: Self) -> Self;
    /// (w + `w_low`) e^(x + `tail`) for tails far smaller than what they follow; as [`times_exp`](Self::times_exp).
    fn scaled_exp(self, tail: Self, w: Self, w_low: Self) -> Self;
    /// eˣ/2, without overflow where eˣ overflows and eˣ/2 does not.
    fn half_exp(self) -> Self;
    /// 2ˣ.
    fn exp2(self) -> Self;
    /// eˣ − 1.
    fn expm1(self) -> Self;
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// ln(1 + x).
    fn log1p(self) -> Self;
    /// The logarithm to base 2.
    fn log2(self) -> Self;
    /// The logarithm to base 10.
    fn log10(self) -> Self;
    /// xʸ.
    fn pow(self, y: Self) -> Self;
    /// w x^(y − `less`) for a small whole `less`, without the rounding of a power that is subnormal, finite where only the power is
    /// not, and 0 where w is. The exponent is even or odd as it would be without rounding.
    fn pow_times(self, y: Self, less: Self, w: Self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
    /// (tanh x, 1/cosh² x); in `f32` with one exponential for both.
    fn tanh_and_slope(self) -> (Self, Self);
    /// 1/(1 + e⁻ˣ).
    fn sigmoid(self) -> Self;
    /// (2/√π) ∫₀ˣ e⁻ᵗ² dt.
    fn erf(self) -> Self;
    /// V(a) = e^(a²/2) Φ(−a) as an unevaluated sum, for a ≥ 0; that of some bound, where e^(−a²/2) is 0, beyond.
    fn scaled_tail(self) -> (Self, Self);
    /// The sine for |x| ≤ [`NEAR`](Self::NEAR).
    fn near_sin(self) -> Self;
    /// The cosine for |x| ≤ [`NEAR`](Self::NEAR).
    fn near_cos(self) -> Self;
    /// The sine for every x, without vectors.
    fn far_sin(self) -> Self;
    /// The cosine for every x, without vectors.
    fn far_cos(self) -> Self;
}

macro_rules! real {
    ($float:ident, $module:ident, near $near:expr; $($function:ident)*) => {
        impl Real for $float {
            const ZERO: Self = 0.0;
            const HALF: Self = 0.5;
            const ONE: Self = 1.0;
            const TWO: Self = 2.0;
            const PI: Self = std::$float::consts::PI;
            const LN_2: Self = std::$float::consts::LN_2;
            const EPSILON: Self = $float::EPSILON;
            const MIN_POSITIVE: Self = $float::MIN_POSITIVE;
            const MAX: Self = $float::MAX;
            const MIN: Self = $float::MIN;
            const INFINITY: Self = $float::INFINITY;
            const NEG_INFINITY: Self = $float::NEG_INFINITY;
            const NAN: Self = $float::NAN;
            const NEAR: Self = $near;

            #[inline(always)]
            fn of(x: f64) -> Self {
                x as $float
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $float::abs(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $float::sqrt(self)
            }
            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                $float::mul_add(self, a, b)
            }
            #[inline(always)]
            fn copysign(self, sign: Self) -> Self {
                $float::copysign(self, sign)
            }
            #[inline(always)]
            fn floor(self) -> Self {
                $float::floor(self)
            }
            #[inline(always)]
            fn ceil(self) -> Self {
                $float::ceil(self)
            }
            #[inline(always)]
            fn trunc(self) -> Self {
                $float::trunc(self)
            }
            #[inline(always)]
            fn round(self) -> Self {
                $float::round_ties_even(self)
            }
            #[inline(always)]
            fn fmod(self, y: Self) -> Self {
                self % y
            }
            $(
                #[inline(always)]
                fn $function(self) -> Self {
                    $module::$function(self)
                }
            )*
            #[inline(always)]
            fn exp_sum(self, tail: Self) -> Self {
                $module::exp_sum(self, tail)
            }
            #[inline(always)]
            fn times_exp(self, w: Self) -> Self {
                $module::times_exp(self, w)
            }
            #[inline(always)]
            fn scaled_exp(self, tail: Self, w: Self, w_low: Self) -> Self {
                $module::scaled_exp(self, tail, w, w_low)
            }
            #[inline(always)]
            fn scaled_tail(self) -> (Self, Self) {
                $module::scaled_tail(self)
            }
            #[inline(always)]
            fn tanh_and_slope(self) -> (Self, Self) {
                $module::tanh_and_slope(self)
            }
            #[inline(always)]
            fn pow(self, y: Self) -> Self {
                $module::pow(self, y)
            }
            #[inline(always)]
            fn pow_times(self, y: Self, less: Self, w: Self) -> Self {
                $module::pow_times(self, y, less, w)
            }
        }
    };
}

real!(f32, single, near 1.3e5;
    exp half_exp exp2 expm1 ln log1p log2 log10 tanh sigmoid erf near_sin near_cos far_sin far_cos);
real!(f64, double, near 1e9;
    exp half_exp exp2 expm1 ln log1p log2 log10 tanh sigmoid erf near_sin near_cos far_sin far_cos);
