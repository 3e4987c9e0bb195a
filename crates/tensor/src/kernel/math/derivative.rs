//! Derivatives of other functions, written so that they keep their digits where the function itself saturates.

use super::arithmetic::{gt, max, min, rsqrt, select};
use super::bessel::wide_order;
use super::compound::{hypot, in_double};
use super::normal::{erfcx, normal_cdf, normal_pdf, parts, wide_product};
use super::wide::Wide;
use super::{Real, angle};

/// x, but at least the least and at most the largest finite number; NaN stays.
#[inline(always)]
pub fn finite<R: Real>(x: R) -> R {
    let x = select(x < R::MIN, R::MIN, x);
    select(x > R::MAX, R::MAX, x)
}

/// x, but at most c; NaN stays.
#[inline(always)]
pub fn clamp_max<R: Real>(x: R, c: R) -> R {
    min(x, c)
}

/// x, but at least c; NaN stays.
#[inline(always)]
pub fn clamp_min<R: Real>(x: R, c: R) -> R {
    max(x, c)
}

/// Whether the type is `f32`, or a narrower one.
#[inline(always)]
pub(super) fn is_single<R: Real>() -> bool {
    R::EPSILON.to_f64() > 1e-10
}

/// Whether a difference of numbers up to 1 kept its digits. From 2⁻¹¹ on, 1 − y² is right to 10⁻¹², where y is to 2 ulp. In
/// `f32`, from 2⁻⁹ on, it is right to 6·10⁻⁵, where y is to ½ ulp: with a smaller bound, more elements of usual size would
/// have to be computed the dear way.
#[inline(always)]
pub fn kept<R: Real>(difference: R) -> bool {
    let least = if is_single::<R>() { 0.001_953_125 } else { 0.000_488_281_25 };
    gt(difference, R::of(least)) != R::ZERO
}

/// Whether a slope of y may be made from `difference`, of 1 and y or y²: in `f64` where it is [`kept`], since the exponential
/// takes twice the time; never in `f32`, where it takes none.
#[inline(always)]
pub fn kept_wide<R: Real>(difference: R) -> bool {
    !is_single::<R>() & kept(difference)
}

/// σ(x) σ(−x) = e/(1 + e)² with e = e^−|x|.
#[inline(always)]
pub fn logistic_pdf<R: Real>(x: R) -> R {
    let e = (-x.abs()).exp();
    let d = R::ONE + e;
    e / (d * d)
}

/// (σ(x), σ(x) σ(−x)), with one exponential.
#[inline(always)]
pub fn sigmoid_and_slope<R: Real>(x: R) -> (R, R) {
    let e = (-x.abs()).exp();
    let large = R::ONE / (R::ONE + e);
    let small = e * large;
    (select(x < R::ZERO, small, large), small * large)
}

/// 1/cosh² x = 4e/(1 + e)² with e = e^−2|x|.
#[inline(always)]
pub fn sech_squared<R: Real>(x: R) -> R {
    let e = (-(x.abs() + x.abs())).exp();
    let d = R::ONE + e;
    R::of(4.0) * e / (d * d)
}

/// σ(d + `low`) for a low part far smaller than d.
#[inline(always)]
fn sigmoid_of_sum<R: Real>(d: R, low: R) -> R {
    let e = (-d.abs()).exp_sum(select(d < R::ZERO, low, -low));
    select(d < R::ZERO, e, R::ONE) / (R::ONE + e)
}

/// a − b as an unevaluated sum; without the rest where e^−|a − b| is 0 anyway.
#[inline(always)]
fn difference<R: Real>(a: R, b: R) -> (R, R) {
    let d = a - b;
    let back = d - a;
    let low = (a - (d - back)) - (b + back);
    (d, select(d.abs() < R::of(1e4), low, R::ZERO))
}

/// σ(a − b), with the rounding error of the difference; ½ where both are the same infinity.
#[inline(always)]
pub fn sigmoid_of_difference<R: Real>(a: R, b: R) -> R {
    let (d, low) = difference(finite(a), finite(b));
    sigmoid_of_sum(d, low)
}

/// 1/(1 + 2^(b − a)) = σ((a − b) ln 2), with the rounding errors of difference and product.
#[inline(always)]
pub fn sigmoid_of_bits<R: Real>(a: R, b: R) -> R {
    let (d, low) = difference(finite(a), finite(b));
    let ln_2 = parts(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17);
    let (v, v_low) = wide_product(d, ln_2);
    sigmoid_of_sum(v, select(v.abs() < R::of(1e4), low.mul_add(ln_2.0, v_low), R::ZERO))
}

/// e^(x/c), with the rounding error of the quotient.
#[inline(always)]
pub fn exp_over<R: Real>(x: R, c: R) -> R {
    let q = x / c;
    let rest = (-q).mul_add(c, x) / c;
    q.exp_sum(select(q.abs() < R::of(1e4), rest, R::ZERO))
}

/// −ln x − 1 = −ln(e x), with the rounding error of e x.
#[inline(always)]
pub fn entr_slope<R: Real>(x: R) -> R {
    let near = (x - R::of(0.3)).abs() < R::of(0.2);
    let (p, low) = wide_product(x, parts(std::f64::consts::E, 1.445_646_891_729_250_2e-16));
    select(near, -(p.ln() + low / p), -x.ln() - R::ONE)
}

/// 1/(x(1 − x)).
#[inline(always)]
pub fn logit_slope<R: Real>(x: R) -> R {
    // Below 0 and above 1 the value is NaN, and so is its slope.
    let inside = x * (R::ONE - x);
    R::ONE / if inside < R::ZERO { R::NAN } else { inside }
}

/// φ(x)/Φ(x) = √(2/π)/e^(x²/2) erfc(−x/√2).
#[inline(always)]
pub fn inverse_mills<R: Real>(x: R) -> R {
    in_double(x, |x| {
        if x < 0.0 {
            0.797_884_560_802_865_4 / erfcx(-std::f64::consts::FRAC_1_SQRT_2 * x)
        } else {
            normal_pdf(x) / normal_cdf(x)
        }
    })
}

/// e^(x²) iⁿerfc(x), with the n-fold integral of erfc from x to ∞.
///
/// It obeys 2(n + 1) Iₙ₊₁ = Iₙ₋₁ − 2x Iₙ from I₋₁ = 2/√π: forwards for x < 1, for larger x as a continued fraction of the
/// ratios.
pub fn erfcx_integral<R: Real>(x: R, n: R) -> R {
    let n = n.to_f64() as u32;
    in_double(x, |x| {
        let start = erfcx(x);
        if x < 1.0 {
            let (mut before, mut y) = (std::f64::consts::FRAC_2_SQRT_PI, start);
            for k in 0..n {
                (before, y) = (y, (before - 2.0 * x * y) / (2.0 * f64::from(k + 1)));
            }
            return y;
        }
        let terms = n + 30 + (250.0 / (x * x)) as u32;
        let (mut ratio, mut y) = (0.0, start);
        for k in (1..=terms).rev() {
            ratio = 1.0 / (2.0 * x + 2.0 * f64::from(k + 1) * ratio);
            y *= if k <= n { ratio } else { 1.0 };
        }
        if x.is_nan() { x } else { y }
    })
}

/// The derivative of order n of sin(πx)/(πx).
///
/// With t = πx it is πⁿ j⁽ⁿ⁾(t): by the power series Σ (−1)ᵏ t²ᵏ⁻ⁿ/((2k + 1)(2k − n)!) up to |t| = n + 2, then by
/// t j⁽ⁿ⁾ = sin⁽ⁿ⁾ t − n j⁽ⁿ⁻¹⁾.
pub fn sinc_derivative<R: Real>(x: R, n: R) -> R {
    let n = n.to_f64() as i32;
    in_double(x, |x| {
        let t = std::f64::consts::PI * x;
        let scale = std::f64::consts::PI.powi(n);
        if x.is_infinite() {
            return 0.0;
        }
        if t.abs() < f64::from(n + 2) {
            return scale * sinc_series(t, n);
        }
        let waves = [angle::sin_pi(x), angle::cos_pi(x), -angle::sin_pi(x), -angle::cos_pi(x)];
        let mut y = waves[0] / t;
        for k in 1..=n {
            y = (waves[(k % 4) as usize] - f64::from(k) * y) / t;
        }
        scale * y
    })
}

fn sinc_series(t: f64, n: i32) -> f64 {
    let first = (n + 1) / 2;
    // The term of k without 1/(2k + 1): (−1)ᵏ t²ᵏ⁻ⁿ/(2k − n)!.
    let mut term = if first % 2 == 0 { 1.0 } else { -1.0 } * if n % 2 == 0 { 1.0 } else { t };
    let mut sum = 0.0;
    for k in first..first + 30 {
        sum += term / f64::from(2 * k + 1);
        let m = f64::from(2 * k - n);
        term *= -t * t / ((m + 1.0) * (m + 2.0));
    }
    sum
}

/// The slope of e^−|x| I₁(x), ½ at 0: sign(x) f′ + f″ with f = e^−|x| I₀, so e^−|x| (½(I₀ + I₂) − I₁).
#[inline(always)]
pub fn i1e_slope<R: Real>(x: R) -> R {
    in_double(x, |x| {
        let a = x.abs();
        if a < 40.0 {
            let sum = (wide_order(0, a) + wide_order(2, a)).scaled(0.5) - wide_order(1, a);
            return sum.0 * libm::exp(-a);
        }
        i0e_derivative(a, 1.0) + i0e_derivative(a, 2.0)
    })
}

/// The derivative of order n of e^−|x| I₀(x), 0 at 0 where n is odd.
///
/// Up to |x| = 40 by Σ (−1)ⁿ⁻ʲ (n over j) I₀⁽ʲ⁾ in 100 bits, since the terms cancel, beyond from its asymptotic series.
pub fn i0e_derivative<R: Real>(x: R, n: R) -> R {
    let n = n.to_f64() as i32;
    in_double(x, |x| {
        let a = x.abs();
        let odd = n % 2 == 1;
        let y = if a < 40.0 { i0e_near(a, n) } else { i0e_far(a, n) };
        if odd && x == 0.0 { 0.0 } else { y * if odd { x.signum() } else { 1.0 } }
    })
}

fn i0e_near(a: f64, n: i32) -> f64 {
    let choose = |n: i32, k: i32| (0..k).fold(1.0, |c, i| c * f64::from(n - i) / f64::from(i + 1));
    let orders: Vec<Wide> = (0..=n).map(|k| wide_order(k, a)).collect();
    // I₀⁽ʲ⁾ = 2⁻ʲ Σ (j over i) I_|j − 2i|, in all (−1)ⁿ⁻ʲ (n over j) times.
    let mut sum = Wide::from(0.0);
    for j in 0..=n {
        let factor = if (n - j) % 2 == 0 { 1.0 } else { -1.0 } * choose(n, j) * 0.5f64.powi(j);
        for i in 0..=j {
            sum = sum + orders[(j - 2 * i).unsigned_abs() as usize] * (factor * choose(j, i)).into();
        }
    }
    sum.0 * libm::exp(-a)
}

/// Σ aₖ (−1)ⁿ (k + ½)(k + 3/2)… x^−(k + n + ½)/√2π with aₖ = aₖ₋₁ (2k − 1)²/8k.
fn i0e_far(a: f64, n: i32) -> f64 {
    let (mut sum, mut term) = (0.0, 1.0);
    for k in 0..40 {
        sum += term * (0..n).fold(1.0, |p, i| -p * (f64::from(k + i) + 0.5));
        let odd = f64::from(2 * k + 1);
        term *= odd * odd / (8.0 * f64::from(k + 1) * a);
    }
    let sum: f64 = sum;
    (0..n).fold(sum / (2.0 * std::f64::consts::PI * a).sqrt(), |y, _| y / a)
}

/// 1/√(1 − x²).
#[inline(always)]
pub fn asin_slope<R: Real>(x: R) -> R {
    rsqrt((R::ONE - x) * (R::ONE + x))
}

/// 1/(1 + x²), where the square is infinite, too.
#[inline(always)]
pub fn atan_slope<R: Real>(x: R) -> R {
    select(x.abs() < R::of(1e9), R::ONE / (R::ONE + x * x), R::ONE / x / x)
}

/// 1/√(x² + 1).
#[inline(always)]
pub fn asinh_slope<R: Real>(x: R) -> R {
    R::ONE / hypot(x, R::ONE)
}

/// 1/√(x² − 1).
#[inline(always)]
pub fn acosh_slope<R: Real>(x: R) -> R {
    rsqrt(x - R::ONE) * rsqrt(x + R::ONE)
}

/// 1/(1 − x²).
#[inline(always)]
pub fn atanh_slope<R: Real>(x: R) -> R {
    R::ONE / ((R::ONE - x) * (R::ONE + x))
}
