//! Reference values for the tests: functions of `f64` to about 100 bits, as unevaluated sums of two `f64`.
//!
//! Argument reduction and Taylor series. Slow and simple.

pub(super) use super::wide::Wide;
use super::wide::two_sum;

const LN_2: Wide = Wide(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17);
const ROOT_PI: Wide = Wide(1.772_453_850_905_516, -7.666_586_499_825_799e-17);
const ROOT_HALF: Wide = Wide(std::f64::consts::FRAC_1_SQRT_2, -4.833_646_656_726_457e-17);

impl Wide {
    #[inline(always)]
    fn times_two_to(self, k: f64) -> Self {
        let half = (k * 0.5).trunc();
        let power = |k: f64| f64::from_bits(((1023.0 + k) as u64) << 52);
        self.scaled(power(half)).scaled(power(k - half))
    }
}

/// (eʳ − 1, k) with x = r + k ln 2, by a Taylor series of r/256 and s ← 2s + s².
#[inline(always)]
fn reduced_exp(x: Wide) -> (Wide, f64) {
    let k = (x.0 * std::f64::consts::LOG2_E).round_ties_even();
    let r = (x - LN_2 * k.into() - (k * 5.707_708_438_416_212e-34).into()).scaled(1.0 / 256.0);
    let mut s = Wide::from(0.0);
    for n in (2..=11).rev() {
        s = (s + 1.0.into()) * r / f64::from(n).into();
    }
    s = (s + 1.0.into()) * r;
    for _ in 0..8 {
        s = s.scaled(2.0) + s * s;
    }
    (s, k)
}

#[inline(always)]
pub(super) fn exp(x: Wide) -> Wide {
    let (s, k) = reduced_exp(x);
    (s + 1.0.into()).times_two_to(k)
}

#[inline(always)]
pub(super) fn expm1(x: Wide) -> Wide {
    let (s, k) = reduced_exp(x);
    if k == 0.0 { s } else { (s + 1.0.into()).times_two_to(k) - 1.0.into() }
}

/// One step of y ← y + ln(u e^−y) from the library's value.
#[inline(always)]
pub(super) fn log1p(x: f64) -> Wide {
    if x.abs() > 0.5 {
        let u = two_sum(1.0, x);
        return if u.0 == 0.0 { f64::NEG_INFINITY.into() } else { ln(u.0) + (u.1 / u.0).into() };
    }
    let y = libm::log1p(x);
    let s = expm1((-y).into());
    let e = s + x.into() + s * x.into();
    Wide::from(y) + e - (0.5 * e.0 * e.0).into()
}

#[inline(always)]
pub(super) fn ln(x: f64) -> Wide {
    if !(x > 0.0 && x < f64::INFINITY) {
        return libm::log(x).into();
    }
    let (mut m, mut k) = libm::frexp(x);
    if m < std::f64::consts::FRAC_1_SQRT_2 {
        (m, k) = (2.0 * m, k - 1);
    }
    let k = f64::from(k);
    log1p(m - 1.0) + LN_2 * k.into() + (k * 5.707_708_438_416_212e-34).into()
}

#[inline(always)]
pub(super) fn tanh(x: f64) -> Wide {
    let e = expm1((2.0 * x.abs().min(30.0)).into());
    (e / (e + 2.0.into())).scaled(1f64.copysign(x))
}

#[inline(always)]
pub(super) fn sigmoid(x: f64) -> Wide {
    let e = exp((-x.abs()).into());
    let one = Wide::from(1.0);
    if x < 0.0 { e / (one + e) } else { one / (one + e) }
}

/// Σ (−1)ᵏ rⁿ⁺²ᵏ/(n + 2k)! from n.
#[inline(always)]
fn circular(r: Wide, n: u32) -> Wide {
    let square = r * r;
    let mut s = Wide::from(1.0);
    for k in (1..=13).rev() {
        let m = f64::from(n + 2 * k);
        s = Wide::from(1.0) - s * square / (m * (m - 1.0)).into();
    }
    s
}

/// sin(x + turns·π/2) for |x| ≤ 10⁹.
#[inline(always)]
fn quarter(x: f64, turns: i64) -> Wide {
    let k = (x * std::f64::consts::FRAC_2_PI).round_ties_even();
    let r = Wide::from(x)
        - Wide::product(k, std::f64::consts::FRAC_PI_2)
        - Wide::product(k, 6.123_233_995_736_766e-17)
        - (k * -1.497_384_904_859_169_8e-33).into();
    let n = k as i64 + turns;
    let y = if n % 2 == 0 { circular(r, 1) * r } else { circular(r, 0) };
    if n.rem_euclid(4) >= 2 { -y } else { y }
}

#[inline(always)]
pub(super) fn sin(x: f64) -> Wide {
    quarter(x, 0)
}

#[inline(always)]
pub(super) fn cos(x: f64) -> Wide {
    quarter(x, 1)
}

/// erf(x) = (2/√π) e^(−x²) Σ x (2x²)ⁿ/(2n + 1)!!, whose terms are all of one sign.
#[inline(always)]
pub(super) fn erf(x: Wide) -> Wide {
    let square = x * x;
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term = term * square.scaled(2.0) / f64::from(2 * n + 1).into();
        sum = sum + term;
        if term.0.abs() < sum.0.abs() * 1e-33 {
            break;
        }
    }
    sum * exp(-square).scaled(2.0) / ROOT_PI
}

/// erfc(x): the complement up to 2.5, a continued fraction beyond.
#[inline(always)]
pub(super) fn erfc(x: Wide) -> Wide {
    if x.0 < 2.5 {
        return Wide::from(1.0) - erf(x);
    }
    let mut below = x;
    for n in (1..150).rev() {
        below = x + Wide::from(0.5 * f64::from(n)) / below;
    }
    exp(-(x * x)) / (below * ROOT_PI)
}

#[inline(always)]
pub(super) fn normal_cdf(x: f64) -> Wide {
    erfc(-(ROOT_HALF * x.into())).scaled(0.5)
}

pub(super) fn sinh(x: f64) -> Wide {
    let e = expm1(x.abs().into());
    ((e + e / (e + 1.0.into())).scaled(0.5)).scaled(1f64.copysign(x))
}

pub(super) fn cosh(x: f64) -> Wide {
    let e = exp(x.abs().into());
    (e + Wide::from(1.0) / e).scaled(0.5)
}

/// One step from the library's value of the root.
fn sqrt(x: Wide) -> Wide {
    let y = Wide::from(x.0.sqrt());
    if x.0 == 0.0 { y } else { y + (x - y * y) / y.scaled(2.0) }
}

/// ln(1 + x), where log1p of the first part is not far from all of it.
fn log1p_wide(x: Wide) -> Wide {
    log1p(x.0) + Wide::from(x.1) / (Wide::from(1.0) + x)
}

pub(super) fn asinh(x: f64) -> Wide {
    let a = Wide::from(x.abs());
    let square = a * a;
    let root = sqrt(square + 1.0.into());
    log1p_wide(a + square / (root + 1.0.into())).scaled(1f64.copysign(x))
}

pub(super) fn acosh(x: f64) -> Wide {
    let t = Wide::from(x) - 1.0.into();
    log1p_wide(t + sqrt(t * (t + 2.0.into())))
}

pub(super) fn atanh(x: f64) -> Wide {
    let a = Wide::from(x.abs());
    log1p_wide(a.scaled(2.0) / (Wide::from(1.0) - a)).scaled(0.5f64.copysign(x))
}

pub(super) fn softplus(x: f64) -> Wide {
    log1p_wide(exp((-x.abs()).into())) + x.max(0.0).into()
}

/// ln cosh x = ln(1 + (eˣ − 1)²/2eˣ) for |x| ≤ 1.
pub(super) fn log_cosh(x: f64) -> Wide {
    let a = x.abs();
    if a > 1.0 {
        return Wide::from(a) - LN_2 + log1p_wide(exp((-2.0 * a).into()));
    }
    let e = expm1(a.into());
    log1p_wide(e * e / (e + 1.0.into()).scaled(2.0))
}

/// ln(x/(1 − x)) = ln(1 + (2x − 1)/(1 − x)), in the middle.
pub(super) fn logit(x: f64) -> Wide {
    let rest = Wide::from(1.0) - x.into();
    if (x - 0.5).abs() < 0.2 {
        return log1p_wide((Wide::from(2.0 * x) - 1.0.into()) / rest);
    }
    ln(x) - ln(rest.0) - Wide::from(rest.1 / rest.0)
}

pub(super) fn normal_pdf(x: f64) -> Wide {
    let square = Wide::from(x) * x.into();
    exp(-square.scaled(0.5)) * ROOT_HALF / ROOT_PI
}

/// ln Γ for x > 0: Stirling's series beyond 30, and ln of the product of what lies before.
pub(super) fn lgamma(x: f64) -> Wide {
    const HALF_LN_TAU: Wide = Wide(0.918_938_533_204_672_8, -3.878_294_158_067_242e-17);
    // B₂ₖ/(2k (2k − 1)).
    const TERMS: [(f64, f64); 8] = [
        (1.0, 12.0),
        (-1.0, 360.0),
        (1.0, 1260.0),
        (-1.0, 1680.0),
        (1.0, 1188.0),
        (-691.0, 360_360.0),
        (1.0, 156.0),
        (-3617.0, 122_400.0),
    ];
    let (mut w, mut product) = (Wide::from(x), Wide::from(1.0));
    while w.0 < 40.0 {
        product = product * w;
        w = w + 1.0.into();
    }
    let ln_wide = |x: Wide| ln(x.0) + Wide::from(x.1) / x;
    let square = w * w;
    let (mut power, mut series) = (w, Wide::from(0.0));
    for (above, below) in TERMS {
        series = series + Wide::from(above) / (Wide::from(below) * power);
        power = power * square;
    }
    (w - 0.5.into()) * ln_wide(w) - w + HALF_LN_TAU + series - ln_wide(product)
}
