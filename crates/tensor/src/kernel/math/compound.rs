//! Functions composed of the elementary ones: hyperbolic and inverse functions, logarithms of sums.

use super::Real;
use super::arithmetic::{is_nan, max, min, select};

/// Evaluates a function of `f64` and rounds the result.
#[inline(always)]
pub(super) fn in_double<R: Real>(x: R, f: impl Fn(f64) -> f64) -> R {
    R::of(f(x.to_f64()))
}

/// (eˣ − e⁻ˣ)/2. About 2 ulp.
#[inline(always)]
pub fn sinh<R: Real>(x: R) -> R {
    let a = x.abs();
    let e = a.expm1();
    let small = R::HALF * (e + e / (e + R::ONE));
    let h = a.half_exp();
    let large = h - R::of(0.25) / h;
    select(a < R::ONE, small, large).copysign(x)
}

/// (eˣ + e⁻ˣ)/2. About 1.5 ulp.
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
    // Beyond 10⁹ the other form is taken, so an infinite square does no harm.
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

/// ln(x/(1 − x)): 2 artanh(2x − 1) in the middle.
#[inline(always)]
pub fn logit<R: Real>(x: R) -> R {
    let z = (x + x) - R::ONE;
    let middle = atanh(z);
    select(z.abs() < R::HALF, middle + middle, (x / (R::ONE - x)).ln())
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

/// x y, and 0 where x = 0 unless y is NaN.
#[inline(always)]
pub fn weigh<R: Real>(x: R, y: R) -> R {
    select((x == R::ZERO) & !is_nan(y), R::ZERO, x * y)
}

/// x ln(1 + y), and 0 where x = 0 unless y is NaN.
#[inline(always)]
pub fn xlog1py<R: Real>(x: R, y: R) -> R {
    select((x == R::ZERO) & !is_nan(y), R::ZERO, x * y.log1p())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::math::tests::assert_values;

    #[test]
    fn hyperbolic_functions_and_inverses() {
        assert_values(
            sinh,
            1e-15,
            &[(1e-8, 1e-8), (3.0, 10.017_874_927_409_903), (-710.0, -1.116_997_383_080_855_5e308)],
        );
        assert_values(cosh, 1e-15, &[(0.5, 1.127_625_965_206_380_7), (710.0, 1.116_997_383_080_855_5e308)]);
        assert_values(
            asinh,
            1e-15,
            &[(1e-8, 1e-8), (-0.5, -0.481_211_825_059_603_47), (1e300, 691.468_675_078_773_7)],
        );
        assert_values(
            acosh,
            1e-15,
            &[(1.0, 0.0), (1.5, 0.962_423_650_119_206_9), (1e300, 691.468_675_078_773_7)],
        );
        assert_values(
            atanh,
            1e-15,
            &[(-0.5, -0.549_306_144_334_054_9), (1.0 - f64::EPSILON / 2.0, 18.714_973_875_118_524)],
        );
        assert_eq!(
            (atanh(1.0), atanh(-1f32), sinh(-1e4), cosh(-1e4f32)),
            (f64::INFINITY, f32::NEG_INFINITY, f64::NEG_INFINITY, f32::INFINITY)
        );
        assert!(
            atanh(1.1f64).is_nan()
                && acosh(0.9f32).is_nan()
                && acosh(-5.0f64).is_nan()
                && cosh(f64::NAN).is_nan()
        );
    }

    #[test]
    fn inverse_circular_functions() {
        assert_values(asin, 1e-15, &[(0.3, 0.304_692_654_015_397_5), (-0.99, -1.429_256_853_470_469_3)]);
        assert_values(acos, 1e-15, &[(0.3, 1.266_103_672_779_499_2), (-0.99, 3.000_053_180_265_366)]);
        assert_values(atan, 1e-15, &[(0.3, 0.291_456_794_477_867_1), (-30.0, -1.537_475_330_916_649_3)]);
        assert_eq!((atan2(0.0, -1.0), atan2(-0.0, -1.0), atan2(0.0, 1.0)), (f64::PI, -f64::PI, 0.0));
        assert!(asin(1.5f64).is_nan() && acos(-1.5f32).is_nan());
    }

    #[test]
    fn lengths() {
        assert_eq!((hypot(3.0, 4.0), hypot(3e300, 4e300), hypot(3e-310, 4e-310)), (5.0, 5e300, 5e-310));
        assert_eq!((hypot(3e38f32, 0.0), hypot(0.0f32, 0.0)), (3e38, 0.0));
        assert_eq!(hypot(f64::NAN, f64::NEG_INFINITY), f64::INFINITY);
        assert!(hypot(f64::NAN, 1.0).is_nan());
    }

    #[test]
    fn logarithms_of_sums() {
        assert_values(
            softplus,
            1e-15,
            &[(-40.0, 4.248_354_255_291_589e-18), (1.5, 1.701_413_277_982_752_4), (50.0, 50.0)],
        );
        assert_values(
            log_sigmoid,
            1e-15,
            &[(-40.0, -40.0), (1.5, -0.201_413_277_982_752_4), (40.0, -4.248_354_255_291_589e-18)],
        );
        let (inf, minus) = (f64::INFINITY, f64::NEG_INFINITY);
        assert_eq!(
            (softplus(inf), softplus(minus), log_sigmoid(inf), log_sigmoid(minus)),
            (inf, 0.0, 0.0, minus)
        );
        assert_eq!((logaddexp(1e3, minus), logaddexp(minus, minus), logaddexp(inf, inf)), (1e3, minus, inf));
        assert_eq!((logaddexp2(1.0, 1.0), logaddexp2(1e3, 1e3), logaddexp2(inf, minus)), (2.0, 1001.0, inf));
        assert_values(|x| logaddexp(x, 0.0), 1e-15, &[(1.5, 1.701_413_277_982_752_4)]);
        assert!(logaddexp(f64::NAN, 1.0).is_nan() && logaddexp(1.0, f64::NAN).is_nan());
    }

    #[test]
    fn products_with_logarithms() {
        assert_eq!(
            (xlogy(0.0, 0.0), xlogy(0.0, -1.0), xlogy(0.0, f64::INFINITY), xlog1py(0.0f32, -1.0)),
            (0.0, 0.0, 0.0, 0.0)
        );
        assert!(
            xlogy(0.0, f64::NAN).is_nan() && xlog1py(0.0, f64::NAN).is_nan() && xlogy(f64::NAN, 1.0).is_nan()
        );
        assert_eq!((xlogy(2.0, 1.0), xlog1py(2.0, 0.0), xlogy(1.0, 0.0)), (0.0, 0.0, f64::NEG_INFINITY));
    }
}
