//! Rows with one input: powers, exponentials, logarithms, trigonometric and hyperbolic functions, shifts and scalings,
//! roundings.
#![allow(
    clippy::excessive_precision,
    clippy::approx_constant,
    reason = "one literal serves f32, f64 and recorded values"
)]

crate::ops::elementwise::table::unary! {
    /// `$|x|$`. The slope at 0 is 0.
    abs [0.2, kinks: Kinks::At(&[0.0])] |x, y| pick(lt(x, 0.0), -x, abs(x)) => sign(x);
    /// `$x^2$`. Slope `$2x$`.
    square [0.2] |x, y| x * x => 2.0 * x;
    /// `$c / x$`. Slope `$-c/x^2$`.
    number_over [0.3, called: Some("div"), domain: [[0.5, 2.0]; 2]] @hidden |x, y; c| c / x => -(y / x);
    /// `$1 / x$`. Slope `$-1/x^2$`.
    #[doc(alias = "reciprocal")]
    recip [0.3, domain: [[0.5, 2.0]; 2]] |x, y| recip(x) => -(y * y);
    /// `$\sqrt x$`. Slope `$1/(2\sqrt x)$`, infinite at 0.
    sqrt [0.5, domain: [[0.2, 2.0]; 2]] |x, y| sqrt(x) => 0.5 / y;
    /// `$1/\sqrt x$`. Slope `$-\tfrac12 x^{-3/2}$`.
    rsqrt [0.5, domain: [[0.2, 2.0]; 2]] |x, y| rsqrt(x) => -0.5 * y / x;
    /// `$x^p$`. Slope `$p\,x^{p-1}$`, 0 for p = 0.
    powf [5.0, domain: [[0.4, 2.0]; 2], number: Some(2.3)] @hidden |x, y; p| pow(x, p) => pow_slope(x, p);
    /// `$c^x$`. Slope `$c^x \ln c$`, 0 for c = 0 and x ≥ 0.
    number_pow [5.0, called: Some("pow")] @hidden |x, y; c| pow(c, x) => pow_log_slope(c, x);
    /// `$e^x$`. Slope y.
    exp [0.5] |x, y| exp(x) => y;
    /// `$2^x$`. Slope `$y \ln 2$`.
    exp2 [0.5] |x, y| exp2(x) => y * 0.693_147_180_559_945_3;
    /// `$e^x - 1$`. Slope `$e^x$`.
    expm1 [0.5] |x, y| expm1(x) => exp(x), where y > -0.5 => y + 1.0;
    /// `$\ln x$`. Slope `$1/x$`.
    #[doc(alias = "log")]
    ln [1.0, domain: [[0.2, 2.0]; 2]] |x, y| ln(x) => recip(x);
    /// `$\log_2 x$`. Slope `$1/(x \ln 2)$`.
    log2 [1.0, domain: [[0.2, 2.0]; 2]] |x, y| log2(x) => 1.442_695_040_888_963_4 / x;
    /// `$\log_{10} x$`. Slope `$1/(x \ln 10)$`.
    log10 [1.0, domain: [[0.2, 2.0]; 2]] |x, y| log10(x) => 0.434_294_481_903_251_8 / x;
    /// `$\ln(1 + x)$`. Slope `$1/(1+x)$`.
    log1p [1.0, domain: [[-0.9, 2.0]; 2]] |x, y| log1p(x) => recip(1.0 + x);
    /// `$\ln(x / (1 - x))$`. Slope `$1/(x(1-x))$`.
    logit [1.5, domain: [[0.2, 0.9]; 2]] |x, y| logit(x) => logit_slope(x);
    /// `$\sin x$`. Slope `$\cos x$`.
    sin [0.6] |x, y| sin(x) => cos(x);
    /// `$\cos x$`. Slope `$-\sin x$`.
    cos [0.6] |x, y| cos(x) => -sin(x);
    /// `$\tan x$`. Slope `$1 + y^2$`.
    tan [10.0, domain: [[-1.0, 1.0]; 2]] |x, y| tan(x) => 1.0 + y * y;
    /// `$\arcsin x$`. Slope `$1/\sqrt{1-x^2}$`.
    #[doc(alias = "arcsin")]
    asin [10.0, domain: [[0.2, 0.9]; 2]] |x, y| asin(x) => asin_slope(x);
    /// `$\arccos x$`. Slope `$-1/\sqrt{1-x^2}$`.
    #[doc(alias = "arccos")]
    acos [10.0, domain: [[0.2, 0.9]; 2]] |x, y| acos(x) => -asin_slope(x);
    /// `$\arctan x$`. Slope `$1/(1+x^2)$`.
    #[doc(alias = "arctan")]
    atan [10.0] |x, y| atan(x) => atan_slope(x);
    /// `$\sinh x$`. Slope `$\cosh x$`.
    sinh [10.0] |x, y| sinh(x) => cosh(x);
    /// `$\cosh x$`. Slope `$\sinh x$`.
    cosh [10.0] |x, y| cosh(x) => sinh(x);
    /// `$\tanh x$`. Slope `$1 - y^2 = 1/\cosh^2 x$`.
    tanh [1.0] |x, y| tanh(x) => sech_squared(x), where kept_wide(1.0 - y * y) => 1.0 - y * y;
    /// `$\ln \cosh x$`: near 0 it is `$x^2/2$`, far from 0 it is `$|x| - \ln 2$`. Slope `$\tanh x$`.
    log_cosh [3.0] |x, y| log_cosh(x) => tanh(x);
    /// `$\operatorname{arsinh} x$`. Slope `$1/\sqrt{x^2+1}$`.
    #[doc(alias = "arcsinh")]
    asinh [10.0] |x, y| asinh(x) => asinh_slope(x);
    /// `$\operatorname{arcosh} x$`. Slope `$1/\sqrt{x^2-1}$`.
    #[doc(alias = "arccosh")]
    acosh [10.0, domain: [[1.3, 3.0]; 2]] |x, y| acosh(x) => acosh_slope(x);
    /// `$\operatorname{artanh} x$`. Slope `$1/(1-x^2)$`.
    #[doc(alias = "arctanh")]
    atanh [10.0, domain: [[0.2, 0.9]; 2]] |x, y| atanh(x) => atanh_slope(x);
    /// x, but at least c. The slope is 0 where x ≤ c, else 1.
    clamp_min [0.2, kinks: Kinks::AtNumber] |x, y; c| pick(lt(x, c), c, x) => gt(x, c);
    /// x, but at most c. The slope is 0 where x ≥ c, else 1.
    clamp_max [0.2, kinks: Kinks::AtNumber] |x, y; c| pick(gt(x, c), c, x) => lt(x, c);
    /// `$-x$`. Slope -1.
    neg [0.2] @hidden |x, y| -x => const -1.0;
    /// The same value under a new name on the tape. Slope 1.
    alias [0.1] @hidden |x, y| x => const 1.0;
    /// `$x + c$`. Slope 1.
    add_number [0.2, called: Some("add")] @hidden |x, y; c| x + c => const 1.0;
    /// `$c - x$`. Slope -1.
    number_minus [0.2, called: Some("sub")] @hidden |x, y; c| c - x => const -1.0;
    /// `$c x$`. Slope c.
    scale [0.2, called: Some("mul")] @hidden |x, y; c| x * c => const c;
    /// `$x / c$`. Slope `$1/c$`.
    over_number [0.3, called: Some("div")] @hidden |x, y; c| x / c => const 1.0 / c;
    /// The nearest integer, with the slope of the identity: the straight-through estimator (Bengio et al., 2013).
    round_straight_through [0.2, estimator: true, kinks: Kinks::Halves] |x, y| round(x) => const 1.0;
    /// The fractional part, with the sign of x. The slope is 1.
    #[doc(alias = "fractional")]
    frac [0.2, kinks: Kinks::IntegersButZero] |x, y| frac(x) => const 1.0;
    /// The largest integer not above x. The slope is 0.
    floor [0.2, kinks: Kinks::Integers] |x, y| floor(x);
    /// The smallest integer not below x. The slope is 0.
    ceil [0.2, kinks: Kinks::Integers] |x, y| ceil(x);
    /// The nearest integer, halves to the even one. The slope is 0; see [`Self::round_straight_through`].
    round [0.2, kinks: Kinks::Halves] |x, y| round(x);
    /// The integer part, towards zero. The slope is 0.
    trunc [0.2, kinks: Kinks::IntegersButZero] |x, y| trunc(x);
    /// -1, 0 or 1. The slope is 0.
    sign [0.2, kinks: Kinks::At(&[0.0])] |x, y| sign(x);
}
