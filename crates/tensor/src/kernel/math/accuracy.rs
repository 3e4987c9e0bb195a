//! How far the functions are from the truth, in units in the last place (ulp).
//!
//! The short test samples; the long one takes every `f32`, and 10⁸ `f64` against a reference of 100 bits.

use super::double_double::{self as wide, Wide};
use super::{Real, near};
use crate::kernel::dispatch::run;

/// A function under test, over slices, with its references, the interval that matters, and the errors allowed.
struct Case {
    name: &'static str,
    single: fn(&[f32], &mut [f32]),
    double: fn(&[f64], &mut [f64]),
    reference: fn(f64) -> f64,
    exact: fn(f64) -> Wide,
    interval: [f64; 2],
    allowed: [f64; 2],
}

macro_rules! case {
    ($name:expr, $f:path, $reference:expr, $exact:expr, $interval:expr, $allowed:expr) => {
        Case {
            name: $name,
            single: |x, y| map(x, y, $f),
            double: |x, y| map(x, y, $f),
            reference: $reference,
            exact: $exact,
            interval: $interval,
            allowed: $allowed,
        }
    };
}

fn map<R: Real>(x: &[R], y: &mut [R], f: impl Fn(R) -> R) {
    run(
        #[inline(always)]
        || x.iter().zip(y.iter_mut()).for_each(|(&x, y)| *y = f(x)),
    );
}

fn cases() -> Vec<Case> {
    let logistic = |x: f64| {
        let e = libm::exp(-x.abs());
        if x < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
    };
    let normal = |x: f64| 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
    vec![
        case!("exp", super::exp, libm::exp, |x| wide::exp(x.into()), [-745.2, 709.7], [1.1, 1.1]),
        case!("expm1", super::expm1, libm::expm1, |x| wide::expm1(x.into()), [-40.0, 709.7], [1.7, 2.0]),
        case!("ln", super::ln, libm::log, wide::ln, [1e-5, 1e3], [0.9, 1.0]),
        case!("log1p", super::log1p, libm::log1p, wide::log1p, [-1.0, 100.0], [1.5, 1.5]),
        case!("tanh", super::tanh, libm::tanh, wide::tanh, [-20.0, 20.0], [1.4, 2.0]),
        case!("sigmoid", super::sigmoid, logistic, wide::sigmoid, [-745.0, 40.0], [1.7, 2.0]),
        case!("erf", super::erf, libm::erf, |x| wide::erf(x.into()), [-6.5, 6.5], [1.2, 1.2]),
        case!("sin", near::sin, libm::sin, wide::sin, [-1e9, 1e9], [1.6, 1.6]),
        case!("cos", near::cos, libm::cos, wide::cos, [-1e9, 1e9], [1.6, 1.6]),
        case!("normal_cdf", super::normal_cdf, normal, wide::normal_cdf, [-38.5, 8.0], [2.0, 2.0]),
    ]
}

/// The distance of `y` from the true value high + low, where one ulp is 2^(exponent − digits) but at least `least`.
fn error(y: f64, high: f64, low: f64, digits: u64, least: f64) -> f64 {
    let exponent = high.abs().to_bits() >> 52;
    let ulp = if exponent > digits {
        f64::from_bits((exponent - digits) << 52)
    } else {
        f64::from_bits(1 << (exponent.max(1) - 1))
    };
    ((y - high) - low).abs() / ulp.max(least)
}

fn error_single(y: f32, exact: f64) -> f64 {
    let same = y == exact as f32 || y.is_nan() && exact.is_nan();
    if same && (exact == 0.0 || !y.is_finite()) {
        0.0
    } else {
        error(y.into(), exact, 0.0, 23, 2f64.powi(-149))
    }
}

fn error_double(y: f64, exact: Wide) -> f64 {
    let same = y == exact.0 || y.is_nan() && exact.0.is_nan();
    if same && (exact.0 == 0.0 || !y.is_finite()) {
        0.0
    } else {
        error(y, exact.0, exact.1, 52, f64::from_bits(1))
    }
}

/// The largest error and where it is.
type Worst = (f64, f64);

fn worse(a: Worst, b: Worst) -> Worst {
    if b.0 > a.0 || b.0.is_nan() { b } else { a }
}

/// Over the `f32` whose bits are in `range`.
fn worst_single(case: &Case, range: std::ops::Range<u64>, step: u64) -> Worst {
    let mut y = [0f32; 4096];
    let mut worst = (0.0, 0.0);
    let mut bits = range.start;
    while bits < range.end {
        let x: Vec<f32> =
            (0..4096).map(|i| f32::from_bits((bits + i * step).min(range.end - 1) as u32)).collect();
        (case.single)(&x, &mut y);
        for (&x, &y) in x.iter().zip(&y) {
            let in_range = !["sin", "cos"].contains(&case.name) || x.abs() <= f32::NEAR;
            let e = if in_range { error_single(y, (case.reference)(x.into())) } else { 0.0 };
            worst = worse(worst, (e, x.into()));
        }
        bits += 4096 * step;
    }
    worst
}

/// Half of the samples uniform over the interval, half with a uniform exponent.
fn samples(case: &Case, seed: u64, n: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let [low, high] = case.interval;
    let draw = |i: usize| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let z = z ^ (z >> 31);
        let x = low + (high - low) * (z >> 11) as f64 * 2f64.powi(-53);
        if i.is_multiple_of(2) { x } else { f64::from_bits(z).clamp(low, high) }
    };
    (0..n).map(draw).collect()
}

fn worst_double(case: &Case, seed: u64, n: usize) -> Worst {
    let mut y = vec![0.0; 4096];
    let mut worst = (0.0, 0.0);
    for block in 0..n.div_ceil(4096) as u64 {
        let x = samples(case, seed + block, 4096);
        (case.double)(&x, &mut y);
        for (&x, &y) in x.iter().zip(&y) {
            let tiny = x.abs() < 1e-290 && case.name != "ln";
            let e = if tiny || x.is_nan() { 0.0 } else { error_double(y, (case.exact)(x)) };
            worst = worse(worst, (e, x));
        }
    }
    worst
}

fn check(case: &Case, single: Worst, double: Worst) {
    println!("{:10} f32 {:.3} at {:e}; f64 {:.3} at {:e}", case.name, single.0, single.1, double.0, double.1);
    let [single_allowed, double_allowed] = case.allowed;
    assert!(single.0 <= single_allowed, "{} in f32: {} ulp at {:e}", case.name, single.0, single.1);
    assert!(double.0 <= double_allowed, "{} in f64: {} ulp at {:e}", case.name, double.0, double.1);
}

#[test]
fn sampled_errors_are_small() {
    for case in cases() {
        check(&case, worst_single(&case, 0..1 << 32, 65_521), worst_double(&case, 1, 8192));
    }
}

/// The composed functions of `f32` against those of `f64`, which the neighbouring files test by known values.
#[test]
fn composed_functions_of_single_precision() {
    macro_rules! composed {
        ($f:ident, $allowed:expr) => {
            let case = case!(stringify!($f), super::$f, super::$f, |x| x.into(), [0.0, 1.0], [$allowed, 0.0]);
            let worst = worst_single(&case, 0..1 << 32, 65_521);
            println!("{:14} f32 {:.3} at {:e}", case.name, worst.0, worst.1);
            assert!(worst.0 <= $allowed, "{} in f32: {} ulp at {:e}", case.name, worst.0, worst.1);
        };
    }
    composed!(exp2, 1.1);
    composed!(sinh, 2.0);
    composed!(cosh, 1.7);
    composed!(asinh, 2.0);
    composed!(acosh, 2.0);
    composed!(atanh, 2.0);
    composed!(softplus, 2.0);
    composed!(log_sigmoid, 2.0);
    composed!(erfc, 2.0);
    composed!(normal_pdf, 2.0);
    composed!(sin_pi, 2.0);
    composed!(cos_pi, 2.0);
    composed!(sinc, 2.0);
    composed!(silu, 2.0);
    composed!(gelu, 2.0);
    composed!(gelu_tanh, 2.0);
    composed!(mish, 2.0);
    composed!(log10, 0.6);
    composed!(atan, 0.6);
}

/// The composed functions of `f64` against the same of 100 bits.
#[test]
fn composed_functions_of_double_precision() {
    for case in composed() {
        let worst = worst_double(&case, 1, 20_000);
        println!("{:14} f64 {:.3} at {:e}", case.name, worst.0, worst.1);
        let allowed = case.allowed[1];
        assert!(worst.0 <= allowed, "{} in f64: {} ulp at {:e}", case.name, worst.0, worst.1);
    }
}

fn composed() -> Vec<Case> {
    macro_rules! composed {
        ($name:literal, $f:expr, $exact:expr, $low:literal .. $high:literal, $allowed:literal) => {{
            fn single<R: Real>(x: R) -> R {
                ($f)(x)
            }
            case!($name, single, |x| x.into(), $exact, [$low, $high], [0.0, $allowed])
        }};
    }
    vec![
        composed!("sinh", super::sinh, wide::sinh, -700.0..700.0, 1.6),
        composed!("cosh", super::cosh, wide::cosh, -700.0..700.0, 2.0),
        composed!("asinh", super::asinh, wide::asinh, -1e6..1e6, 1.5),
        composed!("acosh", super::acosh, wide::acosh, 1.0..1e6, 1.5),
        composed!("atanh", super::atanh, wide::atanh, -0.999_999..0.999_999, 2.0),
        composed!("softplus", super::softplus, wide::softplus, -700.0..60.0, 1.6),
        composed!("log_sigmoid", super::log_sigmoid, |x| -wide::softplus(-x), -60.0..700.0, 1.6),
        composed!("erfc", super::erfc, |x: f64| wide::erfc(x.into()), -6.0..26.0, 2.0),
        composed!("normal_pdf", super::normal_pdf, wide::normal_pdf, -37.0..37.0, 1.3),
        composed!("silu", super::silu, |x| wide::sigmoid(x) * x.into(), -700.0..700.0, 2.0),
        composed!("gelu", super::gelu, |x| wide::normal_cdf(x) * x.into(), -37.0..8.0, 2.0),
        composed!("log_cosh", super::log_cosh, wide::log_cosh, 1e-100..30.0, 2.0),
        composed!("tanhshrink", super::tanhshrink, |x| Wide::from(x) - wide::tanh(x), 1e-3..20.0, 2.0),
        composed!("logit", super::logit, wide::logit, 1e-9..0.999_999_999, 2.0),
        composed!("lgamma", super::lgamma, wide::lgamma, 1e-3..1e4, 2.0),
    ]
}

#[test]
#[ignore = "long: exhaustive over all f32, minutes"]
fn exhaustive_errors_are_small() {
    for case in cases() {
        let slow = ["erf", "normal_cdf"].contains(&case.name);
        let n = if slow { 2_000_000 } else { 50_000_000 };
        let halves = std::thread::scope(|scope| {
            let part = |i: u64| {
                let case = &case;
                let single = worst_single(case, i << 31..(i + 1) << 31, 1);
                (single, worst_double(case, 1 + (i << 32), n))
            };
            let other = scope.spawn(move || part(1));
            [part(0), other.join().expect("the other half ends")]
        });
        let (single, double) = (worse(halves[0].0, halves[1].0), worse(halves[0].1, halves[1].1));
        println!(
            "{:10} f32 {:.3} at {:e}; f64 {:.3} at {:e}",
            case.name, single.0, single.1, double.0, double.1
        );
        check(&case, single, double);
    }
}
