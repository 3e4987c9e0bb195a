//! The error function and the tail of the normal distribution, for both widths.
//!
//! Two pieces for erf: an odd polynomial near 0, and 1 − exp(G(|x|)) with G = ln erfc beyond. The tail is one
//! piece: V(a) = e^(a²/2) Φ(−a), with (a + c)V(a) a polynomial in u = (a − c)/(a + c), the form of Shepherd and Laframboise
//! (1981), times an exponential whose argument keeps its rounding error.

use super::{double, select, single};

/// (erf(a) − a)/a for a < 15/16, as a polynomial in a². Relative error of erf 2⁻²⁸·⁸.
const NEAR_SINGLE: [f32; 7] = [
    1.283_791_661e-1,
    -3.761_262_894e-1,
    1.128_362_268e-1,
    -2.685_540_542e-2,
    5.191_255_361e-3,
    -8.034_134_516e-4,
    7.924_893_725e-5,
];

/// ln erfc(a) for 15/16 ≤ a ≤ 4.1. Absolute error of erfc 2⁻³¹·⁴.
const FAR_SINGLE: [f32; 8] = [
    1.803_538_908e-4,
    -1.129_542_708,
    -6.332_895_756e-1,
    -1.083_446_667e-1,
    2.516_228_892e-2,
    -4.187_820_014e-3,
    4.380_354_367e-4,
    -2.141_556_251e-5,
];

/// a + a·E(a²) for a = |x| < 15/16, else 1 − exp(G(a)).
#[inline(always)]
pub(super) fn erf_single(x: f32) -> f32 {
    let a = x.abs();
    let a = if a > 4.1 { 4.1 } else { a };
    let near = a.mul_add(single::polynomial(a * a, NEAR_SINGLE), a);
    let far = 1.0 - single::exp(single::polynomial(a, FAR_SINGLE));
    select(a < 0.9375, near, far).copysign(x)
}

/// (a + 2.75)V(a) in u, for 0 ≤ a ≤ 15. Relative error 2⁻²⁶·⁴.
const TAIL_SINGLE: [f32; 11] = [
    0.718_986_034,
    -0.474_354_118,
    0.182_334_274,
    -0.016_566_004_6,
    -0.016_443_803_9,
    0.003_211_010_25,
    0.002_499_402_27,
    -0.000_305_901_835,
    -0.000_451_052_445,
    -1.979_553_93e-5,
    4.032_863_22e-5,
];

/// V(a) for a ≥ 0 as an unevaluated sum, that of 15 beyond. The quotients u and d = 1/(a + 2.75) are corrected by their
/// residues.
#[inline(always)]
pub(super) fn scaled_tail_single(a: f32) -> (f32, f32) {
    let a = if a > 15.0 { 15.0 } else { a };
    let s = a + 2.75;
    let back = s - a;
    let s_low = (a - (s - back)) + (2.75 - back);
    let d = 1.0 / s;
    let u = (a - 2.75) * d;
    let u = d.mul_add(u.mul_add(-a, (u + 1.0).mul_add(-2.75, a)), u);
    let d_low = d * s_low.mul_add(-d, (-s).mul_add(d, 1.0));
    let [c0, rest @ ..] = TAIL_SINGLE;
    let q = single::polynomial(u, rest);
    let p = q.mul_add(u, c0);
    let p_low = q.mul_add(u, c0 - p);
    let w = p * d;
    (w, p_low.mul_add(d, p.mul_add(d_low, p.mul_add(d, -w))))
}

/// (erf(a) − a)/a for a < 1, as a polynomial in a². Relative error of erf 2⁻⁵⁵·⁵.
const NEAR_DOUBLE: [f64; 12] = [
    0.128_379_167_095_512_56,
    -0.376_126_389_031_833_43,
    0.112_837_916_709_369_48,
    -0.026_866_170_641_958_176,
    0.005_223_977_596_725_534,
    -0.000_854_832_548_450_797,
    0.000_120_552_804_870_604_46,
    -1.492_446_567_127_473_6e-5,
    1.644_415_514_286_589_8e-6,
    -1.618_406_998_807_24e-7,
    1.361_727_671_650_000_4e-8,
    -7.609_407_558_584_248e-10,
];

/// ln erfc(a) for 1 ≤ a ≤ 6.1. Absolute error of erfc 2⁻⁵⁶·⁷.
const FAR_DOUBLE: [f64; 20] = [
    -2.940_013_544_342_354_3e-8,
    -1.128_378_873_784_920_3,
    -0.636_621_069_201_342_1,
    -0.102_769_382_407_268_25,
    0.019_124_088_505_594_685,
    0.000_210_013_221_964_227_8,
    -0.001_686_124_401_715_402,
    0.000_564_747_323_561_069_9,
    1.125_343_071_387_567_3e-5,
    -0.000_103_389_531_450_123_57,
    6.070_927_429_447_371e-5,
    -2.250_762_891_702_693_3e-5,
    6.166_820_456_855_676_6e-6,
    -1.299_911_132_769_185e-6,
    2.117_676_405_914_823e-7,
    -2.626_213_249_646_568_4e-8,
    2.397_352_455_562_245e-9,
    -1.516_224_731_116_334e-10,
    5.916_763_380_434_153e-12,
    -1.068_658_854_254_753_4e-13,
];

/// a + a·E(a²) for a = |x| < 1, else 1 − exp(G(a)).
#[inline(always)]
pub(super) fn erf_double(x: f64) -> f64 {
    let a = x.abs();
    let a = if a > 6.1 { 6.1 } else { a };
    let near = a.mul_add(double::polynomial(a * a, NEAR_DOUBLE), a);
    let far = 1.0 - double::exp(double::polynomial(a, FAR_DOUBLE));
    select(a < 1.0, near, far).copysign(x)
}

/// (a + 5)V(a) in u, for a ≥ 0. Relative error 2⁻⁵⁸·⁷.
const TAIL_DOUBLE: [f64; 25] = [
    0.769_193_049_750_063,
    -0.665_382_502_890_056_8,
    0.495_305_615_969_975_9,
    -0.313_533_156_671_282_9,
    0.165_020_366_170_413_35,
    -0.069_118_638_707_032_22,
    0.020_795_066_799_153_42,
    -0.002_993_376_759_460_404,
    -0.000_797_869_388_327_353_1,
    0.000_544_898_971_640_729_4,
    -5.937_581_295_570_226e-5,
    -4.976_234_142_788_126e-5,
    1.668_166_390_831_277_4e-5,
    3.979_397_291_834_439e-6,
    -2.770_806_798_976_187_4e-6,
    -3.336_047_608_399_342e-7,
    4.365_330_198_843_152_6e-7,
    3.864_151_635_640_953_8e-8,
    -7.061_662_461_575_28e-8,
    -6.990_478_207_620_957_6e-9,
    1.139_915_377_855_613_4e-8,
    1.291_396_466_621_536_8e-9,
    -1.595_367_061_594_757_5e-9,
    -1.366_297_260_037_687_5e-10,
    1.351_024_186_537_307e-10,
];

/// V(a) for 0 ≤ a ≤ 10¹⁵, as an unevaluated sum: the quotients u and 1/(a + 5) are corrected by their residues.
#[inline(always)]
pub(super) fn scaled_tail_double(a: f64) -> (f64, f64) {
    let s = a + 5.0;
    let back = s - a;
    let s_low = (a - (s - back)) + (5.0 - back);
    let d = 1.0 / s;
    let u = (a - 5.0) * d;
    let u = d.mul_add(u.mul_add(-a, (u + 1.0).mul_add(-5.0, a)), u);
    let d_low = d * s_low.mul_add(-d, (-s).mul_add(d, 1.0));
    let [c0, c1, c2, rest @ ..] = TAIL_DOUBLE;
    let q = double::polynomial(u, rest).mul_add(u, c2).mul_add(u, c1);
    let p = q.mul_add(u, c0);
    let p_low = q.mul_add(u, c0 - p);
    let w = p * d;
    (w, p_low.mul_add(d, p.mul_add(d_low, p.mul_add(d, -w))))
}

/// [`scaled_tail_double`] for a ≥ 0, that of 40 beyond.
#[inline(always)]
pub(super) fn normal_tail_double(a: f64) -> (f64, f64) {
    scaled_tail_double(if a > 40.0 { 40.0 } else { a })
}
