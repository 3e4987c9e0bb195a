//! The complement and the inverse of the error function, and the normal distribution.
//!
//! All of it rests on [`Real::normal_tail`], whose relative error is small however far out.

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

/// 1 − erf(x), with a small relative error for large x too. At most 3.1 ulp.
#[inline(always)]
pub fn erfc<R: Real>(x: R) -> R {
    let a = x.abs();
    let (square, low) = exact_square(a);
    let t = R::TWO * (a * R::of(std::f64::consts::SQRT_2)).normal_tail(square, low);
    select(x < R::ZERO, R::TWO - t, t)
}

/// Φ(x) = (1/√2π) ∫₋∞ˣ e⁻ᵗ²ᐟ² dt, with a small relative error in the lower tail too. At most 1.9 ulp (`f64`: 1.95).
#[inline(always)]
pub fn normal_cdf<R: Real>(x: R) -> R {
    let a = x.abs();
    let (square, low) = exact_square(a);
    let t = a.normal_tail(R::HALF * square, R::HALF * low);
    select(x > R::ZERO, R::ONE - t, t)
}

/// φ(x) = e^(−x²/2)/√2π. At most 2.8 ulp.
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
                select((p - 0.5).abs() < 0.25, middle, tail) * std::f64::consts::SQRT_2
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
                select(x.abs() < 0.5, inverse_near_zero(x), tail)
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
