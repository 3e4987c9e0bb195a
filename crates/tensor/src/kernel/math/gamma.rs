//! The gamma function and the derivatives of its logarithm, one element at a time, in `f64`.

use super::Real;
use super::angle::{cos_pi, sin_pi};
use super::compound::in_double;
use super::wide::two_sum;

/// Γ(x); NaN at the negative integers.
pub fn gamma<R: Real>(x: R) -> R {
    in_double(x, libm::tgamma)
}

/// ln |Γ(x)|; ∞ at 0 and the negative integers. At most 2 ulp for x > 0; near the roots below 0 no bound is known.
pub fn lgamma<R: Real>(x: R) -> R {
    in_double(x, |x| match x {
        0.65..1.35 => (x - 1.0) * polynomial(x - 1.0, &AT_1),
        1.35..2.6 => (x - 2.0) * polynomial(x - 2.0, &AT_2),
        _ => libm::lgamma(x),
    })
}

/// ln Γ(1 + z)/z: −γ, then (−1)ᵏ ζ(k)/k, k = 2 …; for |z| ≤ 0.35.
const AT_1: [f64; 36] = [
    -0.577_215_664_901_532_9,
    0.822_467_033_424_113_2,
    -0.400_685_634_386_531_43,
    0.270_580_808_427_784_54,
    -0.207_385_551_028_673_98,
    0.169_557_176_997_408_2,
    -0.144_049_896_768_846_1,
    0.125_509_669_524_743_04,
    -0.111_334_265_869_564_69,
    0.100_099_457_512_781_8,
    -0.090_954_017_145_829_04,
    0.083_353_840_546_109,
    -0.076_932_516_411_352_2,
    0.071_432_946_295_361_33,
    -0.066_668_705_882_420_46,
    0.062_500_955_141_213_04,
    -0.058_823_978_658_684_585,
    0.055_555_767_627_403_614,
    -0.052_631_679_379_616_66,
    0.050_000_047_698_101_69,
    -0.047_619_070_330_142_226,
    0.045_454_556_293_204_67,
    -0.043_478_266_053_040_26,
    0.041_666_669_150_341_21,
    -0.040_000_001_192_140_14,
    0.038_461_539_034_675_18,
    -0.037_037_037_312_989_324,
    0.035_714_285_847_333_355,
    -0.034_482_758_684_919_304,
    0.033_333_333_364_377_58,
    -0.032_258_064_531_150_42,
    0.031_250_000_007_275_97,
    -0.030_303_030_306_558_044,
    0.029_411_764_707_594_344,
    -0.028_571_428_572_260_11,
    0.027_777_777_778_181_998,
];

/// ln Γ(2 + z)/z: 1 − γ, then (−1)ᵏ (ζ(k) − 1)/k, k = 2 …; for |z| ≤ 0.65.
const AT_2: [f64; 32] = [
    0.422_784_335_098_467_13,
    0.322_467_033_424_113_2,
    -0.067_352_301_053_198_1,
    0.020_580_808_427_784_546,
    -0.007_385_551_028_673_986,
    0.002_890_510_330_741_523_4,
    -0.001_192_753_911_703_261,
    0.000_509_669_524_743_042_5,
    -0.000_223_154_758_453_579_39,
    9.945_751_278_180_853e-5,
    -4.492_623_673_813_314e-5,
    2.050_721_277_567_069e-5,
    -9.439_488_275_268_397e-6,
    4.374_866_789_907_488e-6,
    -2.039_215_753_801_366e-6,
    9.551_412_130_407_42e-7,
    -4.492_469_198_764_566e-7,
    2.120_718_480_555_466_5e-7,
    -1.004_322_482_396_809_9e-7,
    4.769_810_169_363_980_4e-8,
    -2.271_109_460_894_316_4e-8,
    1.083_865_921_489_695_5e-8,
    -5.183_475_041_970_047e-9,
    2.483_674_543_802_478_5e-9,
    -1.192_140_140_586_091_2e-9,
    5.731_367_241_678_862e-10,
    -2.759_522_885_124_233_4e-10,
    1.330_476_437_424_449e-10,
    -6.422_964_563_838_1e-11,
    3.104_424_774_732_227_6e-11,
    -1.502_138_408_075_414_2e-11,
    7.275_974_480_239_079e-12,
];

/// ψ(x) = Γ′(x)/Γ(x); ∓∞ at ±0, NaN at the negative integers.
pub fn digamma<R: Real>(x: R) -> R {
    in_double(x, digamma_double)
}

/// ψ′(x); ∞ at 0 and the negative integers.
pub fn trigamma<R: Real>(x: R) -> R {
    polygamma(1, x)
}

/// ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹ n! ζ(n + 1, x) for n ≤ 170, with the Hurwitz zeta function; ψ for n = 0. NaN for larger n, whose factorial
/// has no number.
///
/// At 0 and the negative integers it is (−1)ⁿ⁺¹∞.
pub fn polygamma<R: Real>(n: u32, x: R) -> R {
    if n == 0 {
        return digamma(x);
    }
    if n > 170 {
        return R::NAN;
    }
    let factorial: f64 = (1..=n).map(f64::from).product();
    let sign = if n % 2 == 1 { 1.0 } else { -1.0 };
    // Towards -∞ pole follows pole: no limit.
    in_double(x, |x| if x == f64::NEG_INFINITY { f64::NAN } else { sign * factorial * zeta(n + 1, x) })
}

/// The root of ψ, in two parts.
const ROOT: [f64; 2] = [1.461_632_144_968_362_2, 9.549_995_429_965_697e-17];

/// ψ(x)/(x − root) in x − 3/2, for 1 ≤ x ≤ 2: a Chebyshev expansion, regrouped; error 2⁻⁵⁵.
const NEAR_ROOT: [f64; 22] = [
    0.951_055_876_031_833,
    -0.423_627_421_281_460_6,
    0.240_542_484_240_773_9,
    -0.148_404_923_053_880_06,
    0.094_988_724_454_983_66,
    -0.061_922_133_275_561_83,
    0.040_760_833_810_239_46,
    -0.026_975_796_656_864_72,
    0.017_907_252_496_345_213,
    -0.011_908_220_169_786_002,
    0.007_926_943_794_456_376,
    -0.005_279_936_417_885_741_5,
    0.003_519_014_164_936_380_5,
    -0.002_345_501_627_910_711_5,
    0.001_556_587_976_179_794_5,
    -0.001_036_422_724_782_802_3,
    0.000_723_475_725_206_155_1,
    -0.000_486_064_170_504_123_54,
    0.000_226_952_050_712_578_96,
    -0.000_144_603_846_092_400_88,
    0.000_259_910_045_071_503_7,
    -0.000_178_373_424_004_624_23,
];

/// B₂ₖ/2k with alternating signs, k = 1 … 7: the asymptotic series of ln x − 1/2x − ψ(x) in 1/x².
const STIRLING: [f64; 7] =
    [1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0, -691.0 / 32_760.0, 1.0 / 12.0];

fn polynomial(x: f64, c: &[f64]) -> f64 {
    c.iter().rev().fold(0.0, |sum, &c| sum * x + c)
}

/// Reflection for x < 0, the asymptotic series for x ≥ 10, and in between ψ(x + 1) = ψ(x) + 1/x from \[1, 2\].
fn digamma_double(x: f64) -> f64 {
    if x == 0.0 {
        return f64::INFINITY.copysign(-x);
    }
    if x < 0.0 {
        let cot = cos_pi(x) / sin_pi(x);
        return if x == x.floor() { f64::NAN } else { digamma_double(1.0 - x) - std::f64::consts::PI * cot };
    }
    if x >= 10.0 {
        let y = 1.0 / (x * x);
        return libm::log(x) - 0.5 / x - y * polynomial(y, &STIRLING);
    }
    let (mut x, mut shift) = (x, 0.0);
    while x > 2.0 {
        x -= 1.0;
        shift += 1.0 / x;
    }
    if x < 1.0 {
        shift = -1.0 / x;
        x += 1.0;
    }
    (x - ROOT[0] - ROOT[1]) * polynomial(x - 1.5, &NEAR_ROOT) + shift
}

/// Σ (x + k)⁻ˢ over k ≥ 0; for x < 0 the terms of both signs of x + k are summed apart.
fn zeta(s: u32, x: f64) -> f64 {
    if x > 0.0 || x.is_nan() {
        return zeta_positive(f64::from(s), x);
    }
    if x == x.floor() {
        return f64::INFINITY;
    }
    let (above, below) = (x - x.floor(), x.ceil() - x);
    let s_real = f64::from(s);
    let left = zeta_positive(s_real, below) - zeta_positive(s_real, 1.0 - x);
    zeta_positive(s_real, above) + if s.is_multiple_of(2) { left } else { -left }
}

/// B₂ⱼ/(2j)!, j = 1 … 10.
const EULER_MACLAURIN: [f64; 10] = [
    1.0 / 12.0,
    -1.0 / 720.0,
    1.0 / 30_240.0,
    -1.0 / 1_209_600.0,
    1.0 / 47_900_160.0,
    -691.0 / 1_307_674_368_000.0,
    1.0 / 74_724_249_600.0,
    -3_617.0 / 10_670_622_842_880_000.0,
    43_867.0 / 5_109_094_217_170_944_000.0,
    -174_611.0 / 802_857_662_698_291_200_000.0,
];

/// ζ(s, x) for x > 0: terms up to a large enough w, then the Euler–Maclaurin formula for the rest.
fn zeta_positive(s: f64, x: f64) -> f64 {
    if x == f64::INFINITY {
        return 0.0;
    }
    let (mut w, mut sum, mut rest) = (x, 0.0, 0.0);
    while w < 10.0 + s {
        let total = two_sum(sum, libm::pow(w, -s));
        (sum, rest) = (total.0, rest + total.1);
        w += 1.0;
    }
    // Not w times the power after: that one may be 0 already.
    let power = libm::pow(w, -s);
    rest += libm::pow(w, 1.0 - s) / (s - 1.0) + 0.5 * power;
    let (mut factor, mut order) = (power * s / w, s);
    for b in EULER_MACLAURIN {
        rest += b * factor;
        factor *= (order + 1.0) * (order + 2.0) / (w * w);
        order += 2.0;
    }
    sum + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::math::tests::assert_values;

    /// A loop over them would take minutes.
    #[test]
    fn orders_without_a_factorial_have_no_value() {
        assert!(polygamma(170, 1.5f64).is_finite());
        for n in [171, 1 << 20, u32::MAX] {
            assert!(polygamma(n, 1.5f64).is_nan() && polygamma(n, -1.5f32).is_nan());
        }
    }

    #[test]
    fn gamma_and_its_logarithm() {
        assert_values(
            gamma,
            1e-14,
            &[(0.5, 1.772_453_850_905_516), (5.0, 24.0), (-1.5, 2.363_271_801_207_355)],
        );
        assert_values(
            lgamma,
            1e-14,
            &[(3.5, 1.200_973_602_347_074_3), (-1.5, 0.860_047_015_376_481), (100.0, 359.134_205_369_575_4)],
        );
        assert_eq!(
            (lgamma(-2.0), lgamma(0.0), lgamma(-0.0f32)),
            (f64::INFINITY, f64::INFINITY, f32::INFINITY)
        );
    }

    #[test]
    fn digamma_and_its_poles() {
        assert_values(digamma, 1e-14, &[(0.1, -10.423_754_940_411_076), (1.0, -0.577_215_664_901_532_9)]);
        assert_values(
            digamma,
            1e-14,
            &[(ROOT[0], -9.241_265_521_729_427e-17), (25.0, 3.198_742_512_851_974)],
        );
        assert_values(digamma, 1e-14, &[(-0.3, 2.113_309_779_635_399)]);
        assert_eq!((digamma(0.0), digamma(-0.0f32)), (f64::NEG_INFINITY, f32::INFINITY));
        assert!(
            digamma(-3.0f64).is_nan() && digamma(f64::NEG_INFINITY).is_nan() && digamma(f64::NAN).is_nan()
        );
        assert_eq!(digamma(f64::INFINITY), f64::INFINITY);
    }

    #[test]
    fn higher_derivatives() {
        assert_values(trigamma, 1e-14, &[(0.1, 101.433_299_150_792_75), (1.0, 1.644_934_066_848_226_4)]);
        assert_values(trigamma, 1e-14, &[(-0.3, 13.945_160_267_805_722), (25.0, 0.040_810_663_257_225_58)]);
        assert_values(
            |x| polygamma(2, x),
            1e-14,
            &[(0.1, -2_001.861_457_378_343_6), (-0.3, 67.639_081_199_883_17)],
        );
        assert_values(
            |x| polygamma(3, x),
            1e-14,
            &[(1.0, 6.493_939_402_266_829), (25.0, 1.358_846_365_082_737e-4)],
        );
        assert_values(
            |x| polygamma(7, x),
            1e-14,
            &[(-0.3, 76_905_059.633_761_32), (25.0, 1.353_585_724_641_826e-7)],
        );
        assert_eq!(
            (polygamma(0, 1.0), trigamma(0.0), trigamma(-2.0)),
            (digamma(1.0), f64::INFINITY, f64::INFINITY)
        );
        assert!(trigamma(f64::NAN).is_nan());
        assert_eq!(trigamma(f64::INFINITY), 0.0);
    }
}
