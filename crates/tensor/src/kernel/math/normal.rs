//! The complement and the inverse of the error function, and the normal distribution.
//!
//! All of it rests on [`Real::normal_tail`], whose relative error is small however far out.

use super::Real;
use super::arithmetic::select;
use super::compound::in_double;
use super::double;
use super::erf::scaled_tail_double;

/// (x², its rounding error), the latter 0 where e^(−x²) is 0 anyway.
#[inline(always)]
fn exact_square<R: Real>(x: R) -> (R, R) {
    let square = x * x;
    (square, select(square < R::of(2e3), x.mul_add(x, -square), R::ZERO))
}

/// 1 − erf(x), with a small relative error for large x too.
#[inline(always)]
pub fn erfc<R: Real>(x: R) -> R {
    let a = x.abs();
    let (square, low) = exact_square(a);
    let t = R::TWO * (a * R::of(std::f64::consts::SQRT_2)).normal_tail(square, low);
    select(x < R::ZERO, R::TWO - t, t)
}

/// Φ(x) = (1/√2π) ∫₋∞ˣ e⁻ᵗ²ᐟ² dt, with a small relative error in the lower tail too.
#[inline(always)]
pub fn normal_cdf<R: Real>(x: R) -> R {
    let a = x.abs();
    let (square, low) = exact_square(a);
    let t = a.normal_tail(R::HALF * square, R::HALF * low);
    select(x > R::ZERO, R::ONE - t, t)
}

/// φ(x) = e^(−x²/2)/√2π.
#[inline(always)]
pub fn normal_pdf<R: Real>(x: R) -> R {
    let (square, low) = exact_square(x);
    let e = (-R::HALF * square).exp();
    e.mul_add(-R::HALF * low, e) * R::of(0.398_942_280_401_432_7)
}

/// e^(x²) erfc(x).
#[inline(always)]
pub fn erfcx<R: Real>(x: R) -> R {
    in_double(x, erfcx_double)
}

/// [`erfcx`] of x ≥ 0; beyond 10⁸ it is 1/(x√π) to the last bit.
#[inline(always)]
fn erfcx_positive(x: f64) -> f64 {
    let near = 2.0 * scaled_tail_double(select(x < 1e8, x, 1e8) * std::f64::consts::SQRT_2).0;
    select(x > 1e8, 0.564_189_583_547_756_3 / x, near)
}

/// For negative x it is 2e^(x²) less its mirror image.
#[inline(always)]
fn erfcx_double(x: f64) -> f64 {
    let y = erfcx_positive(x.abs());
    let (square, low) = exact_square(x);
    let e = double::exp(square);
    let y = select(x < 0.0, 2.0 * e.mul_add(low, e) - y, y);
    select(x == x, y, x)
}

/// ln Φ(x), with a small relative error in both tails.
#[inline(always)]
pub fn log_normal_cdf<R: Real>(x: R) -> R {
    in_double(
        x,
        #[inline(always)]
        |x| {
            let a = x.abs();
            let left = double::ln(scaled_tail_double(select(a < 1e8, a, 1e8)).0) - 0.5 * x * x;
            select(x < -1.0, left, double::log1p(-normal_cdf(-x)))
        },
    )
}

/// The inverse of Φ: ∓∞ at 0 and 1, NaN outside \[0, 1\].
#[inline(always)]
pub fn ndtri<R: Real>(p: R) -> R {
    in_double(
        p,
        #[inline(always)]
        |p| {
            let tail = inverse_of_tail(2.0 * select(p < 0.5, p, 1.0 - p)).copysign(p - 0.5);
            select((p - 0.5).abs() < 0.25, inverse_near_zero(2.0 * p - 1.0), tail) * std::f64::consts::SQRT_2
        },
    )
}

/// The inverse of erf: ±∞ at ±1, NaN outside \[−1, 1\].
#[inline(always)]
pub fn erfinv<R: Real>(x: R) -> R {
    in_double(
        x,
        #[inline(always)]
        |x| {
            let tail = inverse_of_tail(1.0 - x.abs()).copysign(x);
            select(x.abs() < 0.5, inverse_near_zero(x), tail)
        },
    )
}

/// ½√π.
const HALF_ROOT_PI: f64 = 0.886_226_925_452_758;

/// A step of Halley's method to erf(x) = y.
#[inline(always)]
fn improve(x: f64, y: f64) -> f64 {
    let newton = (double::erf(x) - y) * HALF_ROOT_PI * double::exp(x * x);
    x - newton / (1.0 + x * newton)
}

/// erf⁻¹(y) for |y| ≤ ½, from two terms of its series.
#[inline(always)]
fn inverse_near_zero(y: f64) -> f64 {
    let start = HALF_ROOT_PI * y;
    let x = start + start * start * start / 3.0;
    improve(improve(improve(x, y), y), y)
}

/// A step of Halley's method to ln erfc(x) = `ln_q`, scaled by e^(x²).
#[inline(always)]
fn improve_tail(x: f64, ln_q: f64) -> f64 {
    let newton = (erfcx_positive(x) - double::exp(x.mul_add(x, ln_q))) * HALF_ROOT_PI;
    x + newton / (1.0 - x * newton)
}

/// erfc⁻¹(q) for 0 ≤ q ≤ ½, from the formula of Winitzki (2008).
#[inline(always)]
fn inverse_of_tail(q: f64) -> f64 {
    let ln_q = double::ln(q);
    let (inverse, half) = (1.0 / 0.147, 0.5 * (ln_q + double::ln(2.0 - q)));
    let t = 2.0 / std::f64::consts::PI * inverse + half;
    let x = ((t * t - 2.0 * half * inverse).sqrt() - t).sqrt();
    let x = improve_tail(improve_tail(improve_tail(x, ln_q), ln_q), ln_q);
    select(q == 0.0, f64::INFINITY, x)
}
