//! Activation functions.
#![allow(
    clippy::excessive_precision,
    clippy::approx_constant,
    reason = "one literal serves f32, f64 and recorded values"
)]

crate::ops::elementwise::table::unary! {
    /// Rectified linear unit, `$\max(x, 0)$`. The slope at 0 is 0.
    relu [0.2, kinks: Kinks::At(&[0.0])] |x, y| pick(le(x, 0.0), 0.0, x) => gt(x, 0.0);
    /// `$x$` where positive, else `$c x$`. The slope at 0 is c.
    leaky_relu [0.3, kinks: Kinks::At(&[0.0]), number: Some(0.01)] |x, y; c| pick(gt(x, 0.0), x, c * x) => pick(gt(x, 0.0), 1.0, c);
    /// `$x$` where positive, else `$\alpha(e^x - 1)$`. The slope at 0 is α. Clevert et al., 2015.
    elu [0.6, kinks: Kinks::At(&[0.0]), number: Some(1.0)] |x, y; alpha| pick(gt(x, 0.0), x, alpha * expm1(x)) =>
        pick(gt(x, 0.0), 1.0, alpha * exp(pick(ge(x, 0.0), 0.0, x)));
    /// `$x$` where positive, else `$\alpha(e^{x/\alpha} - 1)$`. The slope at 0 is 1. Barron, 2017.
    celu [0.6, number: Some(1.0)] |x, y; alpha| pick(gt(x, 0.0), x, alpha * expm1(x / alpha)) =>
        pick(ge(x, 0.0), 1.0, exp_over(pick(ge(x, 0.0), 0.0, x), alpha));
    /// Self-normalising `elu`: `$\lambda x$` where positive, else `$\lambda\alpha(e^x - 1)$`. The slope at 0 is λα.
    /// Klambauer et al., 2017.
    selu [0.6, kinks: Kinks::At(&[0.0])] |x, y|
        pick(gt(x, 0.0), 1.050_700_987_355_480_5 * x, 1.758_099_340_847_376_8 * expm1(x)) =>
        pick(gt(x, 0.0), 1.050_700_987_355_480_5, 1.758_099_340_847_376_8 * exp(pick(ge(x, 0.0), 0.0, x)));
    /// Gaussian error linear unit, `$x\,\Phi(x)$`, exact, 0 at -∞. Slope `$\Phi(x) + x\,\varphi(x)$`.
    /// Hendrycks and Gimpel, 2016.
    gelu [1.6] |x, y| gelu(x) => gelu_slope(x),
        where y.abs() > 1e-30 && x < 1e30 => y / x + x * normal_pdf(x);
    /// The approximation `$\tfrac x2 (1 + \tanh(\sqrt{2/\pi}\,(x + 0.044715 x^3)))$` of `gelu`, 0 at -∞. With `$v$` for
    /// twice the argument of the tanh it is `$x\,\sigma(v)$`. Slope `$\sigma(v) + x\,\sigma(v)\,\sigma(-v)\,v'$`.
    gelu_tanh [1.2] |x, y| gelu_tanh(x) => gelu_tanh_slope(x);
    /// Sigmoid linear unit (swish), `$x\,\sigma(x)$`, 0 at -∞. Slope `$\sigma(x)(1 + x\,\sigma(-x))$`.
    /// Elfwing et al., 2017.
    #[doc(alias = "swish")]
    silu [1.0] |x, y| silu(x) => sigmoid(x) * (1.0 + finite(x) * sigmoid(-x)), where true => silu_slope(x);
    /// `$x \tanh(\ln(1 + e^x))$`, 0 at -∞. With `$s = \ln(1 + e^x)$`: Slope `$\tanh s + x\,\sigma(x)/\cosh^2 s$`.
    /// Misra, 2019.
    mish [3.0] |x, y| mish(x) =>
        tanh(-log_sigmoid(-x)) + finite(x) * sigmoid(x) * sech_squared(-log_sigmoid(-x)),
        where true => mish_slope(x);
    /// `$\ln(1 + e^x)$`. Slope `$\sigma(x)$`.
    softplus [1.5] |x, y| softplus(x) => sigmoid(x);
    /// `$1/(1 + e^{-x})$`. Slope `$y(1 - y) = \sigma(x)\,\sigma(-x)$`.
    #[doc(alias = "logistic")]
    #[doc(alias = "expit")]
    sigmoid [1.0] |x, y| sigmoid(x) => logistic_pdf(x), where kept_wide(1.0 - y) => y * (1.0 - y);
    /// `$\ln \sigma(x)$`. Slope `$\sigma(-x)$`.
    log_sigmoid [1.5] |x, y| log_sigmoid(x) => sigmoid(-x);
    /// `$x / (1 + |x|)$`, ±1 at ±∞. Slope `$1/(1+|x|)^2$`.
    softsign [0.4] |x, y| finite(x) / (1.0 + abs(finite(x))) => square(recip(1.0 + abs(x)));
    /// `$x - \tanh x$`. Slope `$\tanh^2 x$`.
    tanhshrink [1.0] |x, y| tanhshrink(x) => square(tanh(x));
    /// `$\min(\max(x + 3, 0), 6) / 6$`. The slope at ±3 is 0.
    hardsigmoid [0.3, kinks: Kinks::At(&[-3.0, 3.0])] |x, y| min(max(x + 3.0, 0.0), 6.0) / 6.0 => gt(x, -3.0) * lt(x, 3.0) / 6.0;
    /// `$x \cdot \operatorname{hardsigmoid}(x)$`, 0 at -∞. The slope is 0 at -3 and 1 at 3.
    hardswish [0.4, kinks: Kinks::At(&[-3.0, 3.0])] |x, y| max(x, -1e30) * (min(max(x + 3.0, 0.0), 6.0) / 6.0) =>
        pick(ge(x, 3.0), 1.0, pick(le(x, -3.0), 0.0, (x + 1.5) / 3.0));
    /// `$x$` moved towards 0 by λ, 0 between -λ and λ. The slope at ±λ is 0.
    softshrink [0.3, kinks: Kinks::AtBothSigns, number: Some(0.5)] |x, y; l| pick(gt(x, l), x - l, pick(lt(x, -l), x + l, 0.0 * x)) => gt(abs(x), l);
    /// `$x$`, 0 between -λ and λ. The slope at ±λ is 0.
    hardshrink [0.3, kinks: Kinks::AtBothSigns, number: Some(0.5)] |x, y; l|
        pick(le(abs(x), l), 0.0, x) => 1.0 - le(abs(x), l);
}
