//! The complement and the inverse of the error function, and the normal distribution.
//!
//! All of it rests on [`Real::scaled_tail`], whose relative error is small however far out.

use super::Real;
use super::arithmetic::select;
use super::compound::in_double;
use super::double;
use super::erf::scaled_tail_double;
use crate::kernel::run;

/// (x², its rounding error), the latter 0 where e^(−x²) is 0 anyway.
#[inline(always)]
fn exact_square<R: Real>(x: R) -> (R, R) {
    let square = x * x;
    (square, select(square < R::of(2e3), x.mul_add(x, -square), R::ZERO))
}

/// A constant of more digits than `f64` has, in two parts of the type.
#[inline(always)]
pub(super) fn parts<R: Real>(high: f64, low: f64) -> (R, R) {
    let c = R::of(high);
    (c, R::of((high - c.to_f64()) + low))
}

/// x·(c + `c_low`), as an unevaluated sum.
#[inline(always)]
pub(super) fn wide_product<R: Real>(x: R, (c, c_low): (R, R)) -> (R, R) {
    let p = x * c;
    (p, x.mul_add(c_low, x.mul_add(c, -p)))
}

/// 1/√2π.
const PER_ROOT_TAU: (f64, f64) = (0.398_942_280_401_432_7, -2.492_327_202_277_73e-17);
/// 2/√π.
const TWO_PER_ROOT_PI: (f64, f64) = (std::f64::consts::FRAC_2_SQRT_PI, 1.533_545_961_316_588e-17);
/// √2.
const ROOT_2: (f64, f64) = (std::f64::consts::SQRT_2, -9.667_293_313_452_913e-17);

/// |x|, but at most 40: from there on e^(−x²/2) is 0, and so is its product with this.
#[inline(always)]
fn at_most_40<R: Real>(x: R) -> R {
    let a = x.abs();
    select(a > R::of(40.0), R::of(40.0), a)
}

/// 1 − erf(x), with a small relative error for large x too. At most 2 ulp.
#[inline(always)]
pub fn erfc<R: Real>(x: R) -> R {
    let a = x.abs();
    let (square, low) = exact_square(a);
    let (s, s_low) = wide_product(a, parts(ROOT_2.0, ROOT_2.1));
    // V(s + s_low) = V(s)(1 − s_low h) with h = φ/Φ(−s) − s, here to two digits.
    let d = R::ONE / (s + R::of(5.0));
    let h = d * (R::of(59.0) * d + R::of(3.1)).mul_add(d, R::ONE);
    let (w, w_low) = s.scaled_tail();
    let low = s_low.mul_add(h, low);
    let t = R::TWO * (-square).scaled_exp(-select(a < R::of(40.0), low, R::ZERO), w, w_low);
    select(x < R::ZERO, R::TWO - t, t)
}

/// Φ(x) = (1/√2π) ∫₋∞ˣ e⁻ᵗ²ᐟ² dt, with a small relative error in the lower tail too. At most 1.9 ulp (`f64`: 1.95).
#[inline(always)]
pub fn normal_cdf<R: Real>(x: R) -> R {
    let a = x.abs();
    let (square, low) = exact_square(a);
    let (w, w_low) = a.scaled_tail();
    let t = (-R::HALF * square).scaled_exp(-R::HALF * low, w, w_low);
    select(x > R::ZERO, R::ONE - t, t)
}

/// φ(x) = e^(−x²/2)/√2π. At most 1.2 ulp.
#[inline(always)]
pub fn normal_pdf<R: Real>(x: R) -> R {
    let (square, low) = exact_square(x);
    let (c, c_low) = parts(PER_ROOT_TAU.0, PER_ROOT_TAU.1);
    (-R::HALF * square).scaled_exp(-R::HALF * low, c, c_low)
}

/// −x φ(x), the slope of φ.
#[inline(always)]
pub fn normal_pdf_slope<R: Real>(x: R) -> R {
    let (square, low) = exact_square(x);
    let (w, w_low) = wide_product(-at_most_40(x).copysign(x), parts(PER_ROOT_TAU.0, PER_ROOT_TAU.1));
    (-R::HALF * square).scaled_exp(-R::HALF * low, w, w_low)
}

/// 2/√π e^(−x²), the slope of erf.
#[inline(always)]
pub fn erf_slope<R: Real>(x: R) -> R {
    let (square, low) = exact_square(x);
    let (c, c_low) = parts(TWO_PER_ROOT_PI.0, TWO_PER_ROOT_PI.1);
    (-square).scaled_exp(-low, c, c_low)
}

/// x Φ(x) = max(x, 0) − |x| Φ(−|x|), 0 at −∞. At most 1.85 ulp at sampled points.
#[inline(always)]
pub fn gelu<R: Real>(x: R) -> R {
    let (square, low) = exact_square(x);
    let a = x.abs();
    let (w, w_low) = wide_product(at_most_40(x), a.scaled_tail());
    let t = (-R::HALF * square).scaled_exp(-R::HALF * low, w, w_low);
    select(x > R::ZERO, x, R::ZERO.copysign(x)) - t
}

/// Φ(x) + x φ(x), the slope of x Φ(x): G(|x|) for negative x, else 1 − G(|x|), with G(a) = (V(a) − a/√2π) e^(−a²/2).
///
/// V is e^(a²/2) Φ(−a). Near the root at −0.7518 the two terms cancel to 2⁻²⁸ (`f64`: 2⁻⁵⁹).
#[inline(always)]
pub fn gelu_slope<R: Real>(x: R) -> R {
    let (square, low) = exact_square(x);
    let (w, w_low) = x.abs().scaled_tail();
    let (q, q_low) = wide_product(at_most_40(x), parts(PER_ROOT_TAU.0, PER_ROOT_TAU.1));
    let s = w - q;
    let back = s - w;
    let s_low = ((w - (s - back)) - (q + back)) + (w_low - q_low);
    let g = (-R::HALF * square).scaled_exp(-R::HALF * low, s, s_low);
    select(x < R::ZERO, g, R::ONE - g)
}

/// The slope of erf⁻¹, √π/2 e^(y²) with y = erf⁻¹(x): as √π/2 e^(y²) erfc(|y|)/(1 − |x|), whose numerator hardly varies.
#[inline(always)]
pub fn erfinv_slope<R: Real>(x: R, y: R) -> R {
    let (a, y) = (x.to_f64().abs(), y.to_f64().abs());
    R::of(select(
        a < 1.0,
        HALF_ROOT_PI * erfcx_positive(y) / (1.0 - a),
        select(a == 1.0, f64::INFINITY, f64::NAN),
    ))
}

/// The slope of Φ⁻¹, 1/φ(y) with y = Φ⁻¹(p): as √2π V(|y|)/min(p, 1 − p), V(a) = e^(a²/2) Φ(−a).
#[inline(always)]
pub fn ndtri_slope<R: Real>(p: R, y: R) -> R {
    let (p, y) = (p.to_f64(), y.to_f64().abs());
    let q = select(p < 0.5, p, 1.0 - p);
    let inside = 2.506_628_274_631_000_5 * scaled_tail_double(select(y < 40.0, y, 40.0)).0 / q.abs();
    R::of(select(q >= 0.0, inside, f64::NAN))
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
    let e = select(e < f64::INFINITY, e.mul_add(low, e), e);
    let y = select(x < 0.0, 2.0 * e - y, y);
    select(x == x, y, x)
}

/// ln Φ(x), with a small relative error in both tails.
#[inline(always)]
pub fn log_normal_cdf<R: Real>(x: R) -> R {
    /// Compiled once, like the two below: long and rarely used, they would be copied into every loop over them.
    #[inline(never)]
    fn of_double(x: f64) -> f64 {
        run(
            #[inline(always)]
            || {
                let a = x.abs();
                let left = double::ln(scaled_tail_double(select(a < 1e8, a, 1e8)).0) - 0.5 * x * x;
                select(x < -1.0, left, double::log1p(-normal_cdf(-x)))
            },
        )
    }
    in_double(x, of_double)
}

/// The inverse of Φ: ∓∞ at 0 and 1, NaN outside \[0, 1\].
#[inline(always)]
pub fn ndtri<R: Real>(p: R) -> R {
    #[inline(never)]
    fn of_double(p: f64) -> f64 {
        run(
            #[inline(always)]
            || {
                let tail = inverse_of_tail(2.0 * select(p < 0.5, p, 1.0 - p)).copysign(p - 0.5);
                let middle = inverse_near_zero(2.0 * p - 1.0);
                select((p - 0.5).abs() < 0.375, middle, tail) * std::f64::consts::SQRT_2
            },
        )
    }
    in_double(p, of_double)
}

/// The inverse of erf: ±∞ at ±1, NaN outside \[−1, 1\].
#[inline(always)]
pub fn erfinv<R: Real>(x: R) -> R {
    #[inline(never)]
    fn of_double(x: f64) -> f64 {
        run(
            #[inline(always)]
            || {
                let tail = inverse_of_tail(1.0 - x.abs()).copysign(x);
                select(x.abs() < 0.75, inverse_near_zero(x), tail)
            },
        )
    }
    in_double(x, of_double)
}

/// ½√π.
const HALF_ROOT_PI: f64 = 0.886_226_925_452_758;

/// A step of Halley's method to erf(x) = y.
#[inline(always)]
fn improve(x: f64, y: f64) -> f64 {
    let newton = (double::erf(x) - y) * HALF_ROOT_PI * double::exp(x * x);
    x - newton / (1.0 + x * newton)
}

/// erf⁻¹(y) for |y| ≤ ¾, from two terms of its series.
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

/// erfc⁻¹(q) for 0 ≤ q ≤ ¼, from the formula of Winitzki (2008).
#[inline(always)]
fn inverse_of_tail(q: f64) -> f64 {
    let ln_q = double::ln(q);
    let (inverse, half) = (1.0 / 0.147, 0.5 * (ln_q + double::ln(2.0 - q)));
    let t = 2.0 / std::f64::consts::PI * inverse + half;
    let x = ((t * t - 2.0 * half * inverse).sqrt() - t).sqrt();
    let x = improve_tail(improve_tail(x, ln_q), ln_q);
    let x = improve_tail(improve_tail(x, ln_q), ln_q);
    select(q == 0.0, f64::INFINITY, x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::math::tests::assert_values;

    #[test]
    fn complement_of_erf() {
        assert_values(erfc, 1e-15, &[(-1.0, 1.842_700_792_949_714_8), (0.5, 0.479_500_122_186_953_5)]);
        assert_values(erfc, 1e-15, &[(3.0, 2.209_049_699_858_544e-5), (26.0, 5.663_192_408_856_143e-296)]);
        assert_values(erfcx, 1e-15, &[(-3.0, 16_205.988_853_999_586), (0.5, 0.615_690_344_192_925_9)]);
        assert_values(erfcx, 1e-15, &[(10.0, 0.056_140_992_743_822_59), (1e20, 5.641_895_835_477_563e-21)]);
        assert_eq!(
            (erfc(0.0), erfc(f32::INFINITY), erfc(f32::NEG_INFINITY), erfc(1e3)),
            (1.0, 0.0, 2.0, 0.0)
        );
        assert_eq!((erfcx(f64::INFINITY), erfcx(f64::NEG_INFINITY)), (0.0, f64::INFINITY));
        assert!(erfc(f64::NAN).is_nan() && erfcx(f32::NAN).is_nan());
    }

    #[test]
    fn normal_distribution() {
        assert_values(
            normal_cdf,
            1e-15,
            &[(-37.5, 4.605_353_009_581_955e-308), (-8.0, 6.220_960_574_271_784e-16)],
        );
        assert_values(normal_cdf, 1e-15, &[(0.5, 0.691_462_461_274_013_1), (3.0, 0.998_650_101_968_369_9)]);
        assert_values(
            normal_pdf,
            1e-15,
            &[(1.0, 0.241_970_724_519_143_34), (-30.0, 1.473_646_134_878_547_6e-196)],
        );
        assert_values(
            log_normal_cdf,
            1e-15,
            &[(-37.5, -707.668_989_317_507_2), (-1.0, -1.841_021_645_009_263_6)],
        );
        assert_values(log_normal_cdf, 1e-15, &[(3.0, -0.001_350_809_964_748_193_8)]);
        let (inf, minus) = (f64::INFINITY, f64::NEG_INFINITY);
        assert_eq!((log_normal_cdf(minus), log_normal_cdf(inf), normal_pdf(minus)), (minus, 0.0, 0.0));
        assert!(log_normal_cdf(f64::NAN).is_nan() && normal_pdf(f32::NAN).is_nan());
    }

    #[test]
    fn inverses() {
        assert_values(erfinv, 1e-15, &[(1e-10, 8.862_269_254_527_581e-11), (0.3, 0.272_462_714_726_754_3)]);
        assert_values(
            erfinv,
            1e-15,
            &[(-0.9, -1.163_087_153_676_674_3), (1.0 - f64::EPSILON / 2.0, 5.863_584_748_755_167_6)],
        );
        assert_values(ndtri, 1e-15, &[(1e-300, -37.047_096_299_361_2), (0.01, -2.326_347_874_040_841)]);
        assert_values(ndtri, 1e-15, &[(0.6, 0.253_347_103_135_799_7), (0.999, 3.090_232_306_167_813)]);
        let (inf, minus) = (f64::INFINITY, f64::NEG_INFINITY);
        assert_eq!(
            (erfinv(1.0), erfinv(-1.0), erfinv(0.0), ndtri(0.0), ndtri(1.0), ndtri(0.5)),
            (inf, minus, 0.0, minus, inf, 0.0)
        );
        assert!(
            erfinv(1.1f64).is_nan()
                && ndtri(-0.1f64).is_nan()
                && ndtri(1.1f64).is_nan()
                && erfinv(f32::NAN).is_nan()
        );
    }
}
