//! Functions composed of the elementary ones: hyperbolic and inverse functions, logarithms of sums.

use super::Real;
use super::arithmetic::{is_nan, max, min, select};

/// Evaluates a function of `f64` and rounds the result.
#[inline(always)]
pub(super) fn in_double<R: Real>(x: R, f: impl Fn(f64) -> f64) -> R {
    R::of(f(x.to_f64()))
}

/// (eˣ − e⁻ˣ)/2. At most 3 ulp.
#[inline(always)]
pub fn sinh<R: Real>(x: R) -> R {
    let a = x.abs();
    let e = a.expm1();
    let small = R::HALF * (e + e / (e + R::ONE));
    let h = a.half_exp();
    let large = h - R::of(0.25) / h;
    select(a < R::ONE, small, large).copysign(x)
}

/// (eˣ + e⁻ˣ)/2. At most 2 ulp.
#[inline(always)]
pub fn cosh<R: Real>(x: R) -> R {
    let h = x.abs().half_exp();
    h + R::of(0.25) / h
}

/// The inverse of sin, in [−π/2, π/2].
#[inline(always)]
pub fn asin<R: Real>(x: R) -> R {
    in_double(x, libm::asin)
}

/// The inverse of cos, in [0, π].
#[inline(always)]
pub fn acos<R: Real>(x: R) -> R {
    in_double(x, libm::acos)
}

/// The inverse of tan, in [−π/2, π/2].
#[inline(always)]
pub fn atan<R: Real>(x: R) -> R {
    in_double(x, libm::atan)
}

/// The angle of the point (x, y), in [−π, π].
#[inline(always)]
pub fn atan2<R: Real>(y: R, x: R) -> R {
    R::of(libm::atan2(y.to_f64(), x.to_f64()))
}

/// ln(|x| + √(x² + 1)) with the sign of x, written with log1p for small |x|.
#[inline(always)]
pub fn asinh<R: Real>(x: R) -> R {
    let a = x.abs();
    let square = a * a;
    let small = (a + square / (R::ONE + (square + R::ONE).sqrt())).log1p();
    let large = a.ln() + R::LN_2;
    select(a < R::of(1e9), small, large).copysign(x)
}

/// ln(x + √(x² − 1)), written with log1p for x near 1; NaN below 1.
#[inline(always)]
pub fn acosh<R: Real>(x: R) -> R {
    let t = x - R::ONE;
    let small = (t + (t * (t + R::TWO)).sqrt()).log1p();
    let y = select(x < R::of(1e9), small, x.ln() + R::LN_2);
    select(x < R::ONE, R::NAN, y)
}

/// ½ ln((1 + x)/(1 − x)); NaN outside [−1, 1].
#[inline(always)]
pub fn atanh<R: Real>(x: R) -> R {
    let a = x.abs();
    (R::HALF * ((a + a) / (R::ONE - a)).log1p()).copysign(x)
}

/// √(x² + y²) without overflow; ∞ if either is infinite. At most 1 ulp.
#[inline(always)]
pub fn hypot<R: Real>(x: R, y: R) -> R {
    let (a, b) = (x.to_f64().abs(), y.to_f64().abs());
    let large = max(a, b);
    // 2⁻⁶⁰⁰ and 2⁶⁰⁰ keep the squares in range.
    let (down, up) = (f64::from_bits(0x1a70_0000_0000_0000), f64::from_bits(0x6570_0000_0000_0000));
    let factor = select(large > 1e150, down, select(large < 1e-100, up, 1.0));
    let (p, q) = (a * factor, b * factor);
    let length = f64::sqrt(f64::mul_add(p, p, q * q)) / factor;
    select((a == f64::INFINITY) | (b == f64::INFINITY), R::INFINITY, R::of(length))
}

/// ln(1 + eˣ) = max(x, 0) + log1p(e^−|x|).
#[inline(always)]
pub fn softplus<R: Real>(x: R) -> R {
    max(x, R::ZERO) + (-x.abs()).exp().log1p()
}

/// ln σ(x) = min(x, 0) − log1p(e^−|x|).
#[inline(always)]
pub fn log_sigmoid<R: Real>(x: R) -> R {
    min(x, R::ZERO) - (-x.abs()).exp().log1p()
}

/// ln(eᵃ + eᵇ).
#[inline(always)]
pub fn logaddexp<R: Real>(a: R, b: R) -> R {
    let distance = select(a == b, R::ZERO, (a - b).abs());
    max(a, b) + (-distance).exp().log1p()
}

/// log₂(2ᵃ + 2ᵇ).
#[inline(always)]
pub fn logaddexp2<R: Real>(a: R, b: R) -> R {
    let distance = select(a == b, R::ZERO, (a - b).abs());
    max(a, b) + (-distance).exp2().log1p() * R::of(std::f64::consts::LOG2_E)
}

/// x ln y, and 0 where x = 0 unless y is NaN.
#[inline(always)]
pub fn xlogy<R: Real>(x: R, y: R) -> R {
    select((x == R::ZERO) & !is_nan(y), R::ZERO, x * y.ln())
}

/// x ln(1 + y), and 0 where x = 0 unless y is NaN.
#[inline(always)]
pub fn xlog1py<R: Real>(x: R, y: R) -> R {
    select((x == R::ZERO) & !is_nan(y), R::ZERO, x * y.log1p())
}
