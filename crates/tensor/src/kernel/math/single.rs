//! The elementary functions of `f32`: branch-free polynomials, so that a loop over them vectorises.
//!
//! Coefficients: Remez exchange for the least relative error of the result, rounded from the lowest upwards with the
//! rest refitted after each. Polynomials are evaluated by Horner's rule with fused multiply-add. Errors given are in
//! units in the last place (ulp) of the true value, the largest over all `f32`.

use super::derivative::finite;
use super::{double, power, select};

pub(super) use super::erf::{erf_single as erf, scaled_tail_single as scaled_tail};

/// 1.5·2²³: added to a number below 2²², it leaves the nearest integer in the low bits.
const SHIFT: f32 = 12_582_912.0;
/// ln 2 in two parts; the first has 10 significant bits, so that its product with an exponent is exact.
const LN_2_HIGH: f32 = 0.693_359_375;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// The least x of eˣ: from −104 on it is 0, and here it is 0 times what a function multiplies it with.
const LEAST: f32 = -120.0;
/// The bits of √½.
const ROOT_HALF: u32 = 0x3f35_04f3;

/// c₀ + c₁x + c₂x² + …
#[inline(always)]
pub(super) fn polynomial<const N: usize>(x: f32, c: [f32; N]) -> f32 {
    let mut sum = c[N - 1];
    for i in (0..N - 1).rev() {
        sum = sum.mul_add(x, c[i]);
    }
    sum
}

/// 2ᵏ for an integer −127 < k < 128.
#[inline(always)]
fn power_of_two(k: i32) -> f32 {
    f32::from_bits((k.wrapping_add(127) as u32) << 23)
}

/// x between `low` and `high`; NaN stays.
#[inline(always)]
fn clamp(x: f32, low: f32, high: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// The nearest integer to x, as a float and as an integer, for |x| < 2²².
#[inline(always)]
fn nearest(t: f32) -> (f32, i32) {
    (t - SHIFT, t.to_bits().wrapping_sub(SHIFT.to_bits()) as i32)
}

/// (p, k) with eˣ = (1 + p)·2ᵏ and |ln(1 + p)| ≤ ½ ln 2.
#[inline(always)]
fn reduce_exp(x: f32) -> (f32, i32) {
    let (k, n) = nearest(x.mul_add(std::f32::consts::LOG2_E, SHIFT));
    let r = k.mul_add(-LN_2_LOW, k.mul_add(-LN_2_HIGH, x));
    (exp_minus_one_near_zero(r), n)
}

/// [`reduce_exp`] of x + tail, for a tail far smaller than x.
#[inline(always)]
fn reduce_exp_sum(x: f32, tail: f32) -> (f32, i32) {
    let (k, n) = nearest(x.mul_add(std::f32::consts::LOG2_E, SHIFT));
    let r = k.mul_add(-LN_2_HIGH, x) + k.mul_add(-LN_2_LOW, tail);
    (exp_minus_one_near_zero(r), n)
}

/// eʳ − 1 for |r| ≤ ½ ln 2.
#[inline(always)]
fn exp_minus_one_near_zero(r: f32) -> f32 {
    let q = polynomial(
        r,
        [4.999_999_702e-1, 1.666_653_752e-1, 4.166_774_079e-2, 8.367_344_737e-3, 1.383_836_963e-3],
    );
    (r * r).mul_add(q, r)
}

/// y·2ᵏ in two factors, so that overflow and subnormal results come out right.
#[inline(always)]
fn scale(y: f32, k: i32) -> f32 {
    let half = k >> 1;
    y * power_of_two(half) * power_of_two(k.wrapping_sub(half))
}

#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let (p, k) = reduce_exp(clamp(x, LEAST, 89.0));
    scale(p + 1.0, k)
}

/// w eˣ, without the rounding of an eˣ that is subnormal.
#[inline(always)]
pub(super) fn times_exp(x: f32, w: f32) -> f32 {
    let (p, k) = reduce_exp(clamp(x, LEAST, 89.0));
    scale(p.mul_add(w, w), k)
}

/// e^(x + tail) for a tail far smaller than x.
#[inline(always)]
pub(super) fn exp_sum(x: f32, tail: f32) -> f32 {
    let (p, k) = reduce_exp_sum(clamp(x, LEAST, 89.0), tail);
    scale(p + 1.0, k)
}

/// (w + w_low)·e^(x + tail) for tails far smaller than what they follow.
#[inline(always)]
pub(super) fn scaled_exp(x: f32, tail: f32, w: f32, w_low: f32) -> f32 {
    let (p, k) = reduce_exp_sum(clamp(x, LEAST, 89.0), tail);
    scale(w + p.mul_add(w, p.mul_add(w_low, w_low)), k)
}

#[inline(always)]
pub(super) fn half_exp(x: f32) -> f32 {
    let (p, k) = reduce_exp(clamp(x, -104.0, 90.0));
    scale(p + 1.0, k.wrapping_sub(1))
}

/// 2ˣ = 2ᵏ e^((x − k) ln 2).
#[inline(always)]
pub(super) fn exp2(x: f32) -> f32 {
    let x = clamp(x, -151.0, 129.0);
    let (k, n) = nearest(x + SHIFT);
    scale(exp_minus_one_near_zero((x - k) * std::f32::consts::LN_2) + 1.0, n)
}

/// eˣ − 1 = 2·(s·p + (s − ½)) with s = 2ᵏ⁻¹.
#[inline(always)]
pub(super) fn expm1(x: f32) -> f32 {
    let (p, k) = reduce_exp(clamp(x, -20.0, 89.0));
    let s = power_of_two(k.wrapping_sub(1));
    let y = (2.0 * s.mul_add(p, s - 0.5)).copysign(x);
    select(x.abs() < 1e-9, x, y)
}

/// (e, f) with x = 2ᵉ(1 + f) and √½ ≤ 1 + f < √2, for positive normal x.
#[inline(always)]
fn split(x: f32) -> (i32, f32) {
    let bits = x.to_bits().wrapping_sub(ROOT_HALF);
    let m = f32::from_bits((bits & 0x007f_ffff) + ROOT_HALF);
    (bits as i32 >> 23, m - 1.0)
}

/// ln(2ᵉ(1 + f)) = e ln 2 + f − f²/2 + f³L(f).
#[inline(always)]
fn ln_of_parts(e: f32, f: f32) -> f32 {
    let l = polynomial(
        f,
        [
            3.333_331_347e-1,
            -2.500_003_576e-1,
            2.000_205_368e-1,
            -1.666_771_919e-1,
            1.422_037_035e-1,
            -1.239_714_846e-1,
            1.187_060_997e-1,
            -1.177_669_242e-1,
            6.948_265_433e-2,
        ],
    );
    let square = f * f;
    let low = (l * f).mul_add(square, e * LN_2_LOW);
    e.mul_add(LN_2_HIGH, f + square.mul_add(-0.5, low))
}

/// The logarithm's values outside 0 < x < ∞.
#[inline(always)]
fn ln_edges(x: f32, y: f32) -> f32 {
    let y = select(x < f32::INFINITY, y, x);
    let y = select(x == 0.0, f32::NEG_INFINITY, y);
    select(x < 0.0, f32::NAN, y)
}

#[inline(always)]
pub(super) fn ln(x: f32) -> f32 {
    let subnormal = x < f32::MIN_POSITIVE;
    let (e, f) = split(select(subnormal, x * 8_388_608.0, x));
    ln_edges(x, ln_of_parts(e as f32 - select(subnormal, 23.0, 0.0), f))
}

/// ln of u = 1 + x, where the rounding error of u, scaled like u, is added to f.
#[inline(always)]
pub(super) fn log1p(x: f32) -> f32 {
    let u = 1.0 + x;
    let error = select(x < 1.0, x - (u - 1.0), 1.0 - (u - x));
    let (e, f) = split(u);
    let scaled = select(x > 1e16, 0.0, error * power_of_two(e.wrapping_neg()));
    let y = ln_of_parts(e as f32, f + scaled);
    let y = select(x < f32::INFINITY, y, x);
    let y = select(x == -1.0, f32::NEG_INFINITY, y);
    select(x < -1.0, f32::NAN, y.copysign(x))
}

/// By way of `f64`, rounded once.
#[inline(always)]
pub(super) fn log2(x: f32) -> f32 {
    double::log2(f64::from(x)) as f32
}

/// By way of `f64`, rounded once.
#[inline(always)]
pub(super) fn log10(x: f32) -> f32 {
    double::log10(f64::from(x)) as f32
}

/// |x|ʸ = e^(y ln |x|) by way of `f64`, rounded once, then the rules for signs and limits.
#[inline(always)]
pub(super) fn pow(x: f32, y: f32) -> f32 {
    pow_times(x, y, 0.0, 1.0)
}

/// w x^(y − `less`) for a small whole `less`, rounded once.
#[inline(always)]
pub(super) fn pow_times(x: f32, y: f32, less: f32, w: f32) -> f32 {
    let [x, y, less, w] = [x, y, less, w].map(f64::from);
    let power = double::exp((y - less) * double::ln(x.abs()));
    let product = select(power == 0.0, 0.0 * finite(w), power * w);
    power::pow_edges(x, y, less, product, w) as f32
}

/// (tanh(a) − a)/a³ for a < ⅝, as a polynomial in a².
const TANH_NEAR: [f32; 5] =
    [-3.333_328_068e-1, 1.333_140_582e-1, -5.373_651_162e-2, 2.062_814_124e-2, -5.692_247_767e-3];

/// a < ⅝: a + a³T(a²), else 1 − 2/(e²ᵃ + 1), with a = |x|.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    let a = x.abs();
    let a = if a > 10.0 { 10.0 } else { a };
    let square = a * a;
    let t = polynomial(square, TANH_NEAR);
    let near = (a * square).mul_add(t, a);
    let (p, k) = reduce_exp(2.0 * a);
    let e = (p + 1.0) * power_of_two(k);
    select(a < 0.625, near, 1.0 - 2.0 / (e + 1.0)).copysign(x)
}

/// As [`tanh`] with e = exp(−2a), 1 − 2e/(1 + e) beyond ⅝, and 4e/(1 + e)².
#[inline(always)]
pub(super) fn tanh_and_slope(x: f32) -> (f32, f32) {
    let a = x.abs();
    let square = a * a;
    let t = polynomial(square, TANH_NEAR);
    let near = (a * square).mul_add(t, a);
    let e = exp(-2.0 * a);
    let d = 1.0 / (1.0 + e);
    let part = 2.0 * (e * d);
    (select(a < 0.625, near, 1.0 - part).copysign(x), 2.0 * (part * d))
}

/// With e = exp(−|x|) and t = e/(1 + e): t = e − e·t for negative x, else 1 − t.
#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    let e = exp(-x.abs());
    let t = e / (1.0 + e);
    select(x < 0.0, (-e).mul_add(t, e), 1.0 - t)
}

/// (n, sin r, cos r) with x = n·π/2 + r and |r| ≤ π/4. n counts modulo 4.
///
/// π/2 has three parts, each the nearest number to what the ones before leave; the first product's sum is exact.
#[inline(always)]
fn quadrant(x: f32) -> (u32, f32, f32) {
    let t = x.mul_add(std::f32::consts::FRAC_2_PI, SHIFT);
    let k = t - SHIFT;
    let r = k.mul_add(-std::f32::consts::FRAC_PI_2, x);
    let r = k.mul_add(1.715_124_9e-15, k.mul_add(4.371_138_8e-8, r));
    let (sin, cos) = sin_cos_near_zero(r);
    (t.to_bits(), sin, cos)
}

/// (r + r³S(r²), 1 − r²/2 + r⁴C(r²)) for |r| ≤ π/4.
#[inline(always)]
fn sin_cos_near_zero(r: f32) -> (f32, f32) {
    let square = r * r;
    let s = polynomial(square, [-1.666_665_375e-1, 8.332_097_903e-3, -1.950_599_835e-4]);
    let c = polynomial(square, [4.166_664_183e-2, -1.388_712_903e-3, 2.441_186_552e-5]);
    ((r * square).mul_add(s, r), (square * square).mul_add(c, square.mul_add(-0.5, 1.0)))
}

/// ±sin or ±cos as the quadrant says.
#[inline(always)]
fn rotate(quadrant: u32, sin: f32, cos: f32) -> f32 {
    let y = select(quadrant & 1 == 0, sin, cos);
    f32::from_bits(y.to_bits() ^ ((quadrant & 2) << 30))
}

#[inline(always)]
pub(super) fn near_sin(x: f32) -> f32 {
    let (n, sin, cos) = quadrant(x);
    select(x == 0.0, x, rotate(n, sin, cos))
}

#[inline(always)]
pub(super) fn near_cos(x: f32) -> f32 {
    let (n, sin, cos) = quadrant(x);
    rotate(n.wrapping_add(1), sin, cos)
}

#[cold]
#[inline(never)]
pub(super) fn far_sin(x: f32) -> f32 {
    libm::sin(f64::from(x)) as f32
}

#[cold]
#[inline(never)]
pub(super) fn far_cos(x: f32) -> f32 {
    libm::cos(f64::from(x)) as f32
}
