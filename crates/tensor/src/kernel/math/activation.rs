//! Activation functions and their slopes, with one exponential each.
//!
//! With e = e^−|x| every one is a quotient of polynomials in e and x. The factor of a small e is multiplied in before the power
//! of two ([`Real::times_exp`]), so that a subnormal result is rounded once. Near the root of a slope its terms cancel: there it
//! is right to a few ulp of the terms.

use super::arithmetic::select;
use super::compound::in_double;
use super::derivative::is_single;
use super::normal::{parts, wide_product};
use super::{Real, double};

/// |x|, but at most 800: from there on e^−|x| is 0, and so is its product with this.
#[inline(always)]
fn at_most_800<R: Real>(x: R) -> R {
    let a = x.abs();
    select(a > R::of(800.0), R::of(800.0), a)
}

/// x σ(x), 0 at −∞.
#[inline(always)]
pub fn silu<R: Real>(x: R) -> R {
    let a = at_most_800(x);
    weighted(x, a, (-a).exp(), (-a).times_exp(-a))
}

/// x σ(v) with e = e^−|v| and `below` = −|x| e: (`below` or x)/(1 + e), in `f32` as w − w e/(1 + e), which rounds less.
#[inline(always)]
fn weighted<R: Real>(x: R, a: R, e: R, below: R) -> R {
    if is_single::<R>() {
        return lessened(x, a, below, e / (R::ONE + e));
    }
    select(x < R::ZERO, below, x) / (R::ONE + e)
}

/// w(1 − t), where w is `below` for negative x, else x itself; `a` is |x| where t is not 0.
#[inline(always)]
fn lessened<R: Real>(x: R, a: R, below: R, t: R) -> R {
    let negative = x < R::ZERO;
    (-select(negative, below, a)).mul_add(t, select(negative, below, x))
}

/// σ(x)(1 + x σ(−x)), the slope of x σ(x): with a = |x| it is (1 + e(1 + a))/(1 + e)² or e(1 + e − a)/(1 + e)².
#[inline(always)]
pub fn silu_slope<R: Real>(x: R) -> R {
    let a = at_most_800(x);
    let q = logistic_quotient(x, (-a).exp(), a);
    select(x < R::ZERO, (-a).times_exp(q), q)
}

/// σ(v) + sign(x) b σ(v) σ(−v) with e = e^−|v|, where v has the sign of x and b ≥ 0; for negative x it is e times this.
#[inline(always)]
fn logistic_quotient<R: Real>(x: R, e: R, b: R) -> R {
    let d = R::ONE + e;
    select(x < R::ZERO, (R::ONE - b) + e, e.mul_add(b, d)) / (d * d)
}

/// √(8/π), and 0.044715 and three times that much of it.
const ROOT: (f64, f64) = (1.595_769_121_605_730_8, -9.969_308_809_110_92e-17);
const CUBIC: (f64, f64) = (0.071_354_816_272_600_25, -6.175_149_918_155_315e-19);
const TRIPLE: f64 = 0.214_064_448_817_800_73;

/// v = √(8/π)(a + 0.044715 a³) as an unevaluated sum, for 0 ≤ a.
#[inline(always)]
fn gelu_argument<R: Real>(a: R) -> (R, R) {
    let (c, c_low) = parts::<R>(ROOT.0, ROOT.1);
    let cubic = parts::<R>(CUBIC.0, CUBIC.1);
    let square = a * a;
    let square_low = a.mul_add(a, -square);
    let (m, m_low) = wide_product(square, cubic);
    let p = c + m;
    let back = p - c;
    let p_low = ((c - (p - back)) + (m - back)) + square_low.mul_add(cubic.0, m_low + c_low);
    wide_product(a, (p, p_low))
}

/// x σ(√(8/π)(x + 0.044715 x³)), the approximation of x Φ(x); 0 at −∞.
#[inline(always)]
pub fn gelu_tanh<R: Real>(x: R) -> R {
    let a = x.abs();
    let a = select(a > R::of(30.0), R::of(30.0), a);
    let (v, low) = gelu_argument(a);
    weighted(x, a, (-v).exp_sum(-low), (-v).scaled_exp(-low, -a, R::ZERO))
}

/// σ(v) + x σ(v) σ(−v) v′ with v = √(8/π)(x + 0.044715 x³), the slope of [`gelu_tanh`].
#[inline(always)]
pub fn gelu_tanh_slope<R: Real>(x: R) -> R {
    let a = x.abs();
    let a = select(a > R::of(30.0), R::of(30.0), a);
    let (v, low) = gelu_argument(a);
    let b = a * R::of(TRIPLE).mul_add(a * a, R::of(ROOT.0));
    let q = logistic_quotient(x, (-v).exp_sum(-low), b);
    select(x < R::ZERO, (-v).scaled_exp(-low, q, R::ZERO), q)
}

/// x tanh(ln(1 + eˣ)) = x n(n + 2)/(n(n + 2) + 2) with n = eˣ, 0 at −∞.
#[inline(always)]
pub fn mish<R: Real>(x: R) -> R {
    let a = at_most_800(x);
    let e = (-a).exp();
    let double = e + e;
    let above = double * e / double.mul_add(e, R::ONE + double);
    let below = e.mul_add(e, e) / e.mul_add(e + R::TWO, R::TWO);
    lessened(x, a, (-a).times_exp(-a), select(x < R::ZERO, below, above))
}

/// The slope of [`mish`], n((n + 2)d + 4x(n + 1))/d² with d = n(n + 2) + 2.
#[inline(always)]
pub fn mish_slope<R: Real>(x: R) -> R {
    let a = at_most_800(x);
    let (negative, e, four) = (x < R::ZERO, (-a).exp(), R::of(4.0) * a);
    let double = e + e;
    let d = select(negative, e.mul_add(e + R::TWO, R::TWO), e.mul_add(double, R::ONE + double));
    let (first, factor) =
        (select(negative, e + R::TWO, R::ONE + double), select(negative, -four, four * (e * e)));
    let q = factor.mul_add(R::ONE + e, first * d) / (d * d);
    select(negative, (-a).times_exp(q), q)
}

/// 1/(3(2k)!) − (2k + 2)/(2k + 3)!, k = 1 …: x − tanh x is x³/3 less x⁵ times their sum in x² over cosh x.
const EXCESS: [f64; 11] = [
    0.133_333_333_333_333_33,
    0.012_698_412_698_412_698,
    0.000_440_917_107_583_774_2,
    8.016_674_683_341_35e-6,
    8.993_064_548_620_104e-8,
    6.851_858_703_710_555e-10,
    3.778_598_549_840_38e-12,
    1.578_361_967_351_871_4e-14,
    5.167_256_440_735_293e-17,
    1.361_595_900_062_000_7e-19,
    2.950_124_450_134_335e-22,
];

/// 1/(2k)!, k = 1 …: cosh x is 1 and x² times their sum in x².
const COSH: [f64; 13] = [
    0.5,
    0.041_666_666_666_666_664,
    0.001_388_888_888_888_889,
    2.480_158_730_158_73e-5,
    2.755_731_922_398_589e-7,
    2.087_675_698_786_81e-9,
    1.147_074_559_772_972_5e-11,
    4.779_477_332_387_385e-14,
    1.561_920_696_858_622_5e-16,
    4.110_317_623_312_165e-19,
    8.896_791_392_450_574e-22,
    1.611_737_571_096_118_4e-24,
    2.479_596_263_224_797_6e-27,
];

/// ln cosh x: for |x| < 1 as ln(1 + (cosh x − 1)) with the rounding error of the difference, from its series.
#[inline(always)]
pub fn log_cosh<R: Real>(x: R) -> R {
    in_double(x, |x| {
        let a = x.abs();
        let b = if a > 1.0 { 1.0 } else { a };
        let z = b * b;
        let [half, rest @ ..] = COSH;
        let sum = double::polynomial(z, rest);
        let p = sum.mul_add(z, half);
        let w = z * p;
        let w_low = z.mul_add(p, -w) + b.mul_add(b, -z) * p + z * sum.mul_add(z, half - p);
        let near = double::log1p(w) + w_low / (1.0 + w);
        let far = (a - std::f64::consts::LN_2) + double::log1p(double::exp(-2.0 * a));
        select(a < 1.0, near, far)
    })
}

/// x − tanh x: for |x| < 1 as x³/3 less the rest of its series, beyond as |x| − 1 + 2/(1 + e²ˣ).
#[inline(always)]
pub fn tanhshrink<R: Real>(x: R) -> R {
    in_double(x, |x| {
        let a = x.abs();
        let b = if a > 1.0 { 1.0 } else { a };
        let z = b * b;
        let cube = b * z;
        let cube_low = b.mul_add(z, -cube) + b * b.mul_add(b, -z);
        let cosh = double::polynomial(z, COSH).mul_add(z, 1.0);
        let rest = cube * (z * double::polynomial(z, EXCESS) / cosh);
        let third = 1.0 / 3.0;
        let near = cube.mul_add(third, cube.mul_add(1.850_371_707_708_594e-17, cube_low * third - rest));
        let e = double::exp(-2.0 * a);
        let far = (a - 1.0) + 2.0 * e / (1.0 + e);
        select(a < 1.0, near, far).copysign(x)
    })
}
