//! The modified Bessel functions of the first kind, orders 0 and 1.
//!
//! Their power series for x ≤ 8, whose terms are all positive, and Chebyshev expansions of √x e⁻ˣIₙ(x) beyond, the form of
//! Clenshaw (1962), with coefficients computed in 60 digits.

use super::Real;
use super::compound::in_double;
use super::wide::{Wide, two_sum};

/// 1/k!²: I₀(x) in x²/4, for x ≤ 8.
const SMALL_0: [f64; 26] = [
    1.0,
    1.0,
    0.25,
    0.027_777_777_777_777_776,
    0.001_736_111_111_111_111,
    6.944_444_444_444_444e-5,
    1.929_012_345_679_012_4e-6,
    3.936_759_889_140_842e-8,
    6.151_187_326_782_565e-10,
    7.594_058_428_126_624e-12,
    7.594_058_428_126_623e-14,
    6.276_081_345_559_193e-16,
    4.358_389_823_304_995e-18,
    2.578_928_889_529_582_8e-20,
    1.315_780_045_678_358_6e-22,
    5.847_911_314_126_038_5e-25,
    2.284_340_357_080_483_8e-27,
    7.904_291_893_012_054e-30,
    2.439_596_263_275_325_3e-32,
    6.757_884_385_804_225e-35,
    1.689_471_096_451_056_4e-37,
    3.831_000_218_709_878_5e-40,
    7.915_289_708_078_262e-43,
    1.496_274_046_895_701_6e-45,
    2.597_697_998_082_815_2e-48,
    4.156_316_796_932_504e-51,
];
/// √x e⁻ˣI₀(x) in 16/x − 1, for x ≥ 8.
const LARGE_0: [f64; 25] = [
    0.402_245_205_507_054_4,
    0.003_369_116_478_255_694_3,
    6.889_758_346_916_825e-5,
    2.891_370_520_834_756_7e-6,
    2.048_918_589_469_063_8e-7,
    2.266_668_990_498_178e-8,
    3.396_232_025_708_386_5e-9,
    4.940_602_388_224_97e-10,
    1.188_914_710_784_643_9e-11,
    -3.149_916_527_963_241_6e-11,
    -1.321_581_184_044_771_3e-11,
    -1.794_178_531_506_806_2e-12,
    7.180_124_451_383_666e-13,
    3.852_778_382_742_142_6e-13,
    1.540_086_217_521_41e-14,
    -4.150_569_347_287_222e-14,
    -9.554_846_698_828_307e-15,
    3.811_680_669_352_622_4e-15,
    1.772_560_133_056_526_3e-15,
    -3.425_485_619_677_219e-16,
    -2.827_623_980_516_583_6e-16,
    3.461_222_867_697_461e-17,
    4.465_621_420_296_76e-17,
    -4.830_504_485_944_182e-18,
    -7.233_180_487_874_754e-18,
];
/// 1/(2 k! (k + 1)!): I₁(x)/x in x²/4, for x ≤ 8.
const SMALL_1: [f64; 26] = [
    0.5,
    0.25,
    0.041_666_666_666_666_664,
    0.003_472_222_222_222_222,
    0.000_173_611_111_111_111_12,
    5.787_037_037_037_037e-6,
    1.377_865_961_199_294_4e-7,
    2.460_474_930_713_026e-9,
    3.417_326_292_656_981e-11,
    3.797_029_214_063_311_6e-13,
    3.451_844_740_057_556e-15,
    2.615_033_893_982_997e-17,
    1.676_303_778_194_229e-19,
    9.210_460_319_748_51e-22,
    4.385_933_485_594_529e-24,
    1.827_472_285_664_387e-26,
    6.718_648_109_060_246e-29,
    2.195_636_636_947_793e-31,
    6.419_990_166_514_014e-34,
    1.689_471_096_451_056_3e-36,
    4.022_550_229_645_372e-39,
    8.706_818_678_886_087e-42,
    1.720_715_153_930_056_8e-44,
    3.117_237_597_699_378_3e-47,
    5.195_395_996_165_631e-50,
    7.992_916_917_177_893e-53,
];
/// √x e⁻ˣI₁(x) in 16/x − 1, for x ≥ 8.
const LARGE_1: [f64; 25] = [
    0.389_288_117_509_140_05,
    -0.009_761_097_491_361_469,
    -0.000_110_588_938_762_623_71,
    -3.882_564_808_877_691e-6,
    -2.512_236_237_870_209e-7,
    -2.631_468_846_889_519_6e-8,
    -3.835_380_385_964_237e-9,
    -5.589_743_462_196_584e-10,
    -1.897_495_812_350_541_3e-11,
    3.252_603_583_015_488_4e-11,
    1.412_580_743_661_378_2e-11,
    2.035_628_544_147_089_6e-12,
    -7.198_551_776_245_908e-13,
    -4.083_551_111_092_197_4e-13,
    -2.101_541_842_772_664_3e-14,
    4.272_440_016_711_951e-14,
    1.042_027_698_412_880_2e-14,
    -3.814_403_072_437_007_5e-15,
    -1.880_354_775_510_782_5e-15,
    3.308_202_310_920_928_5e-16,
    2.962_628_997_645_95e-16,
    -3.209_525_921_993_424e-17,
    -4.650_305_368_489_358_6e-17,
    4.414_348_323_071_708e-18,
    7.517_296_310_842_105e-18,
];
/// Σ cₖTₖ(t) by Clenshaw's recurrence.
fn chebyshev(t: f64, c: &[f64]) -> f64 {
    let (mut b1, mut b2) = (0.0, 0.0);
    for &c in c[1..].iter().rev() {
        (b1, b2) = (2.0 * t * b1 - b2 + c, b1);
    }
    t * b1 - b2 + c[0]
}

/// Σ cₖzᵏ for x²/4 = z + `z_low` by Horner's rule with its rounding errors; c and z are positive.
fn small(x: f64, c: &[f64]) -> f64 {
    let half = 0.5 * x;
    let z = half * half;
    let z_low = half.mul_add(half, -z);
    let (mut sum, mut low) = (0.0, 0.0);
    for &c in c.iter().rev() {
        let product = sum * z;
        let total = two_sum(product, c);
        low = f64::mul_add(low, z, f64::mul_add(sum, z, -product) + total.1 + sum * z_low);
        sum = total.0;
    }
    sum + low
}

/// e⁻ᵃIₙ(a) beyond 8.
fn large(a: f64, c: &[f64]) -> f64 {
    chebyshev(16.0 / a - 1.0, c) / a.sqrt()
}

/// I₀(x), not scaled up to 8.
fn order_0(x: f64) -> (f64, bool) {
    let a = x.abs();
    if a <= 8.0 { (small(a, &SMALL_0), false) } else { (large(a, &LARGE_0), true) }
}

/// I₁(x), not scaled up to 8.
fn order_1(x: f64) -> (f64, bool) {
    let a = x.abs();
    let (y, scaled) = if a <= 8.0 { (small(a, &SMALL_1) * a, false) } else { (large(a, &LARGE_1), true) };
    (y.copysign(x), scaled)
}

/// e^−|x| times a value that may be scaled already.
fn shrunk(x: f64, (y, scaled): (f64, bool)) -> f64 {
    if scaled || x.is_nan() { y } else { y * libm::exp(-x.abs()) }
}

/// e^|x| times a value that is scaled.
fn grown(x: f64, (y, scaled): (f64, bool)) -> f64 {
    if scaled { grow(x, y) } else { y }
}

/// e^|x|·y, in two factors where e^|x| alone would overflow.
fn grow(x: f64, y: f64) -> f64 {
    let a = x.abs();
    if a == f64::INFINITY {
        return a.copysign(y);
    }
    let half = libm::exp(0.5 * a);
    if a < 700.0 { libm::exp(a) * y } else { y * half * half }
}

/// I_|n|(a) to about 100 bits by its power series, for 0 ≤ a ≤ 40.
pub(super) fn wide_order(n: i32, a: f64) -> Wide {
    let order = f64::from(n.abs());
    let square = Wide::product(0.5 * a, 0.5 * a);
    let (mut term, mut sum) = (Wide::from(1.0), Wide::from(1.0));
    for k in 1..100 {
        let k = f64::from(k);
        term = term * square / (k * (k + order)).into();
        sum = sum + term;
    }
    (1..=n.abs()).fold(sum, |y, i| y * (0.5 * a).into() / f64::from(i).into())
}

/// e^−|x| I_|n|(x): the power series (x/2)ⁿ Σ (x²/4)ᵏ/(k! (k + n)!), beyond 30 Hankel's asymptotic series.
pub(super) fn scaled_order(n: i32, x: f64) -> f64 {
    let (n, a) = (n.abs(), x.abs());
    let sign = if n % 2 == 1 && x < 0.0 { -1.0 } else { 1.0 };
    let order = f64::from(n);
    let (mut term, mut sum) = (1.0, 1.0);
    if a < 30.0 {
        for k in 1..100 {
            term *= 0.25 * a * a / (f64::from(k) * (f64::from(k) + order));
            sum += term;
        }
        return (1..=n).fold(sign * sum * libm::exp(-a), |y, i| y * 0.5 * a / f64::from(i));
    }
    for k in 1..40 {
        let odd = f64::from(2 * k - 1);
        term *= (odd * odd - 4.0 * order * order) / (8.0 * f64::from(k) * a);
        sum += term;
    }
    sign * sum / (2.0 * std::f64::consts::PI * a).sqrt()
}

/// I_|n|(x).
pub fn bessel_i<R: Real>(x: R, n: R) -> R {
    in_double(x, |x| grow(x, scaled_order(n.to_f64() as i32, x)))
}

/// I₀(x).
pub fn i0<R: Real>(x: R) -> R {
    in_double(x, |x| grown(x, order_0(x)))
}

/// e^−|x| I₀(x).
pub fn i0e<R: Real>(x: R) -> R {
    in_double(x, |x| shrunk(x, order_0(x)))
}

/// I₁(x).
pub fn i1<R: Real>(x: R) -> R {
    in_double(x, |x| grown(x, order_1(x)))
}

/// e^−|x| I₁(x).
pub fn i1e<R: Real>(x: R) -> R {
    in_double(x, |x| shrunk(x, order_1(x)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::math::tests::assert_values;

    #[test]
    fn known_values() {
        assert_values(
            i0,
            1e-14,
            &[(0.0, 1.0), (0.5, 1.063_483_370_741_323_6), (-5.0, 27.239_871_823_604_446)],
        );
        assert_values(i0, 1e-14, &[(12.0, 18_948.925_349_296_307), (700.0, 1.529_593_347_671_873_7e302)]);
        assert_values(
            i1,
            1e-14,
            &[(1e-8, 5e-9), (0.5, 0.257_894_305_390_896_3), (-5.0, -24.335_642_142_450_528)],
        );
        assert_values(i0e, 1e-14, &[(-5.0, 0.183_540_812_609_328_36), (700.0, 0.015_081_295_651_531_358)]);
        assert_values(i1e, 1e-14, &[(-5.0, -0.163_972_266_944_542_37), (12.0, 0.111_464_299_290_180_98)]);
    }

    #[test]
    fn edges() {
        assert_eq!(
            (i0(f64::INFINITY), i1(f32::NEG_INFINITY), i0(800.0)),
            (f64::INFINITY, f32::NEG_INFINITY, f64::INFINITY)
        );
        assert_eq!((i0e(f64::INFINITY), i1e(f64::NEG_INFINITY), i1(0.0)), (0.0, 0.0, 0.0));
        assert!(i0(f64::NAN).is_nan() && i1e(f32::NAN).is_nan());
    }
}
