//! The elementary functions of `f64`: branch-free polynomials, so that a loop over them vectorises.
//!
//! Coefficients: Remez exchange for the least relative error of the result. Polynomials are split in even and odd
//! terms, or in four parts, which shortens the chain of dependent operations. There is no vector conversion between
//! 64-bit integers and floats below AVX-512; the constant [`SHIFT`] serves instead.

use super::select;

pub(super) use super::erf::{erf_double as erf, normal_tail_double as scaled_tail};
pub(super) use super::power::{log2, log10, pow, pow_times};

/// 1.5·2⁵²: added to a number below 2⁵¹, it leaves the nearest integer in the low bits.
const SHIFT: f64 = 6_755_399_441_055_744.0;
/// ln 2 in two parts; the first ends in 11 zero bits, so that its product with an exponent is exact.
pub(super) const LN_2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fefa_3800);
pub(super) const LN_2_LOW: f64 = 5.497_923_018_708_371e-14;
/// The bits of √½.
const ROOT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
/// The least x of eˣ: from −746 on it is 0, and here it is 0 times what a function multiplies it with; the same above 710.
const LEAST: f64 = -800.0;
/// So far from 0 eˣ is 0 or ∞ whatever it is multiplied with: e⁻¹⁴⁰⁰ is 10⁻⁶⁰⁸.
pub(super) const FAR: f64 = 1400.0;
const MANTISSA: u64 = 0x000f_ffff_ffff_ffff;
const ONE_BITS: u64 = 0x3ff0_0000_0000_0000;

/// Every `STEP`-th term from `first`: c₀ + c₁y + …, with y = x^STEP.
#[inline(always)]
fn part<const N: usize, const STEP: usize>(y: f64, c: &[f64; N], first: usize) -> f64 {
    let mut i = first + (N - 1 - first) / STEP * STEP;
    let mut sum = c[i];
    while i > first {
        i -= STEP;
        sum = sum.mul_add(y, c[i]);
    }
    sum
}

/// c₀ + c₁x + c₂x² + …, for at least two terms.
#[inline(always)]
pub(super) fn polynomial<const N: usize>(x: f64, c: [f64; N]) -> f64 {
    let square = x * x;
    if N < 11 {
        return part::<N, 2>(square, &c, 1).mul_add(x, part::<N, 2>(square, &c, 0));
    }
    let fourth = square * square;
    let low = part::<N, 4>(fourth, &c, 1).mul_add(x, part::<N, 4>(fourth, &c, 0));
    let high = part::<N, 4>(fourth, &c, 3).mul_add(x, part::<N, 4>(fourth, &c, 2));
    high.mul_add(square, low)
}

/// 2ᵏ for an integer −1023 < k < 1024.
#[inline(always)]
fn power_of_two(k: f64) -> f64 {
    f64::from_bits(((k + SHIFT).to_bits() << 52).wrapping_add(ONE_BITS))
}

/// x between `low` and `high`; NaN stays.
#[inline(always)]
fn clamp(x: f64, low: f64, high: f64) -> f64 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// The nearest integer, for |x| < 2⁵¹; `t` is x + [`SHIFT`].
#[inline(always)]
fn nearest(t: f64) -> f64 {
    t - SHIFT
}

/// (p, k) with eˣ = (1 + p)·2ᵏ and |ln(1 + p)| ≤ ½ ln 2.
#[inline(always)]
fn reduce_exp(x: f64) -> (f64, f64) {
    let k = nearest(x.mul_add(std::f64::consts::LOG2_E, SHIFT));
    let r = k.mul_add(-LN_2_LOW, k.mul_add(-LN_2_HIGH, x));
    (exp_minus_one_near_zero(r), k)
}

/// [`reduce_exp`] of x + tail, for a tail far smaller than x.
#[inline(always)]
fn reduce_exp_sum(x: f64, tail: f64) -> (f64, f64) {
    let k = nearest(x.mul_add(std::f64::consts::LOG2_E, SHIFT));
    let r = k.mul_add(-LN_2_HIGH, x) + k.mul_add(-LN_2_LOW, tail);
    (exp_minus_one_near_zero(r), k)
}

/// eʳ − 1 for |r| ≤ ½ ln 2.
#[inline(always)]
fn exp_minus_one_near_zero(r: f64) -> f64 {
    let q = polynomial(
        r,
        [
            0.166_666_666_666_666_77,
            0.041_666_666_666_666_574,
            0.008_333_333_333_322_123,
            0.001_388_888_888_894_282_4,
            0.000_198_412_698_850_480_03,
            2.480_158_719_799_599_2e-5,
            2.755_724_517_481_233_8e-6,
            2.755_738_713_438_97e-7,
            2.510_873_222_366_751_4e-8,
            2.087_891_981_405_844_4e-9,
        ],
    );
    (r * r).mul_add(q.mul_add(r, 0.5), r)
}

/// y·2ᵏ in two factors, so that overflow and subnormal results come out right.
#[inline(always)]
fn scale(y: f64, k: f64) -> f64 {
    let half = nearest(k.mul_add(0.5, SHIFT));
    y * power_of_two(half) * power_of_two(k - half)
}

#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    let (p, k) = reduce_exp(clamp(x, LEAST, 710.0));
    scale(p + 1.0, k)
}

/// w eˣ, without the rounding of an eˣ that is subnormal.
#[inline(always)]
pub(super) fn times_exp(x: f64, w: f64) -> f64 {
    let (p, k) = reduce_exp(clamp(x, LEAST, 710.0));
    scale(p.mul_add(w, w), k)
}

/// e^(x + tail) for a tail far smaller than x.
#[inline(always)]
pub(super) fn exp_sum(x: f64, tail: f64) -> f64 {
    let (p, k) = reduce_exp_sum(clamp(x, LEAST, -LEAST), tail);
    scale(p + 1.0, k)
}

/// (w + w_low)·e^(x + tail) for tails far smaller than what they follow.
#[inline(always)]
pub(super) fn scaled_exp(x: f64, tail: f64, w: f64, w_low: f64) -> f64 {
    let (p, k) = reduce_exp_sum(clamp(x, LEAST, -LEAST), tail);
    scale(w + p.mul_add(w, p.mul_add(w_low, w_low)), k)
}

/// w 2^`shift` e^(x + tail), up to [`FAR`] in x.
#[inline(always)]
pub(super) fn shifted_exp(x: f64, tail: f64, w: f64, shift: f64) -> f64 {
    let (p, k) = reduce_exp_sum(clamp(x, -FAR, FAR), tail);
    scale(p.mul_add(w, w), k + shift)
}

#[inline(always)]
pub(super) fn half_exp(x: f64) -> f64 {
    let (p, k) = reduce_exp(clamp(x, -746.0, 711.0));
    scale(p + 1.0, k - 1.0)
}

/// 2ˣ = 2ᵏ e^((x − k) ln 2).
#[inline(always)]
pub(super) fn exp2(x: f64) -> f64 {
    let x = clamp(x, -1076.0, 1025.0);
    let k = nearest(x + SHIFT);
    scale(exp_minus_one_near_zero((x - k) * std::f64::consts::LN_2) + 1.0, k)
}

/// eˣ − 1 = 2·(s·p + (s − ½)) with s = 2ᵏ⁻¹.
#[inline(always)]
pub(super) fn expm1(x: f64) -> f64 {
    let (p, k) = reduce_exp(clamp(x, -40.0, 710.0));
    let s = power_of_two(k - 1.0);
    let y = (2.0 * s.mul_add(p, s - 0.5)).copysign(x);
    select(x.abs() < 1e-18, x, y)
}

/// (e, f) with x = 2ᵉ(1 + f) and √½ ≤ 1 + f < √2, for positive normal x.
#[inline(always)]
fn split(x: f64) -> (f64, f64) {
    let bits = x.to_bits().wrapping_sub(ROOT_HALF).wrapping_add(ONE_BITS);
    let e = f64::from_bits((bits >> 52) | 0x4330_0000_0000_0000) - 4_503_599_627_371_519.0;
    let m = f64::from_bits((bits & MANTISSA) + ROOT_HALF);
    (e, m - 1.0)
}

/// [`split`] for every positive x.
#[inline(always)]
pub(super) fn split_all(x: f64) -> (f64, f64) {
    let subnormal = x < f64::MIN_POSITIVE;
    let (e, f) = split(select(subnormal, x * 18_014_398_509_481_984.0, x));
    (e - select(subnormal, 54.0, 0.0), f)
}

/// zA(z), where 2 atanh(s) = 2s + s·zA(z) and z = s².
#[inline(always)]
pub(super) fn atanh_tail(z: f64) -> f64 {
    z * polynomial(
        z,
        [
            0.666_666_666_666_673_4,
            0.399_999_999_994_175_9,
            0.285_714_287_417_552_34,
            0.222_221_986_348_442_7,
            0.181_835_612_941_822_3,
            0.153_141_240_973_723_45,
            0.147_952_493_902_174_7,
        ],
    )
}

/// ln(2ᵉ(1 + f)) = e ln 2 + f − (h − s(h + zA(z))), with s = f/(2 + f) and h = f²/2.
#[inline(always)]
fn ln_of_parts(e: f64, f: f64) -> f64 {
    let s = f / (2.0 + f);
    let h = 0.5 * f * f;
    e.mul_add(LN_2_HIGH, f - (h - s.mul_add(h + atanh_tail(s * s), e * LN_2_LOW)))
}

/// The logarithm's values outside 0 < x < ∞.
#[inline(always)]
pub(super) fn ln_edges(x: f64, y: f64) -> f64 {
    let y = select(x < f64::INFINITY, y, x);
    let y = select(x == 0.0, f64::NEG_INFINITY, y);
    select(x < 0.0, f64::NAN, y)
}

#[inline(always)]
pub(super) fn ln(x: f64) -> f64 {
    let (e, f) = split_all(x);
    ln_edges(x, ln_of_parts(e, f))
}

/// ln of u = 1 + x, where the rounding error of u, scaled like u, is added to f.
#[inline(always)]
pub(super) fn log1p(x: f64) -> f64 {
    let u = 1.0 + x;
    let error = select(x < 1.0, x - (u - 1.0), 1.0 - (u - x));
    let (e, f) = split(u);
    let scaled = select(x > 1e30, 0.0, error * power_of_two(-e));
    let y = ln_of_parts(e, f + scaled);
    let y = select(x < f64::INFINITY, y, x);
    let y = select(x == -1.0, f64::NEG_INFINITY, y);
    select(x < -1.0, f64::NAN, y.copysign(x))
}

/// e/(e + 2) with e = expm1(2|x|).
#[inline(always)]
pub(super) fn tanh(x: f64) -> f64 {
    let a = x.abs();
    let e = expm1(2.0 * if a > 20.0 { 20.0 } else { a });
    (e / (e + 2.0)).copysign(x)
}

/// (tanh x, 1/cosh² x), the latter as 4e/(1 + e)² with e = exp(−2|x|).
#[inline(always)]
pub(super) fn tanh_and_slope(x: f64) -> (f64, f64) {
    let e = exp(-2.0 * x.abs());
    let d = 1.0 + e;
    (tanh(x), 4.0 * e / (d * d))
}

/// With e = exp(−|x|): e/(1 + e) for negative x, else 1/(1 + e).
#[inline(always)]
pub(super) fn sigmoid(x: f64) -> f64 {
    let e = exp(-x.abs());
    select(x < 0.0, e, 1.0) / (1.0 + e)
}

/// (n, sin r, cos r) with x = n·π/2 + r and |r| ≤ π/4. n counts modulo 4.
///
/// π/2 has three parts, each the nearest number to what the ones before leave; the first product's sum is exact.
#[inline(always)]
fn quadrant(x: f64) -> (u64, f64, f64) {
    let t = x.mul_add(std::f64::consts::FRAC_2_PI, SHIFT);
    let k = nearest(t);
    let r = k.mul_add(-std::f64::consts::FRAC_PI_2, x);
    let r = k.mul_add(1.497_384_904_859_169_8e-33, k.mul_add(-6.123_233_995_736_766e-17, r));
    let (sin, cos) = sin_cos_near_zero(r);
    (t.to_bits(), sin, cos)
}

/// (r + r³S(r²), w + r⁴C(r²)) for |r| ≤ π/4, where w is 1 − r²/2, whose rounding error is added back.
#[inline(always)]
fn sin_cos_near_zero(r: f64) -> (f64, f64) {
    let z = r * r;
    let s = polynomial(
        z,
        [
            -0.166_666_666_666_666_24,
            0.008_333_333_333_320_371,
            -0.000_198_412_698_281_102_2,
            2.755_731_308_387_132_4e-6,
            -2.505_066_037_431_606_7e-8,
            1.589_100_648_552_366_5e-10,
        ],
    );
    let c = polynomial(
        z,
        [
            0.041_666_666_666_666_574,
            -0.001_388_888_888_886_976_8,
            2.480_158_728_677_981e-5,
            -2.755_731_357_645_327e-7,
            2.087_561_843_557_039_7e-9,
            -1.135_425_130_646_427_4e-11,
        ],
    );
    let half = 0.5 * z;
    let w = 1.0 - half;
    ((r * z).mul_add(s, r), w + (z * z).mul_add(c, (1.0 - w) - half))
}

/// ±sin or ±cos as the quadrant says.
#[inline(always)]
fn rotate(quadrant: u64, sin: f64, cos: f64) -> f64 {
    let y = select(quadrant & 1 == 0, sin, cos);
    f64::from_bits(y.to_bits() ^ ((quadrant & 2) << 62))
}

#[inline(always)]
pub(super) fn near_sin(x: f64) -> f64 {
    let (n, sin, cos) = quadrant(x);
    select(x == 0.0, x, rotate(n, sin, cos))
}

#[inline(always)]
pub(super) fn near_cos(x: f64) -> f64 {
    let (n, sin, cos) = quadrant(x);
    rotate(n.wrapping_add(1), sin, cos)
}

#[cold]
#[inline(never)]
pub(super) fn far_sin(x: f64) -> f64 {
    libm::sin(x)
}

#[cold]
#[inline(never)]
pub(super) fn far_cos(x: f64) -> f64 {
    libm::cos(x)
}
