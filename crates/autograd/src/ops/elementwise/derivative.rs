//! Derivatives of other rows, as rows: where a slope made from the rounded output would lose digits, or where a formula
//! that holds almost everywhere would hide the next derivative. They are no words of a formula.
#![allow(
    clippy::excessive_precision,
    clippy::approx_constant,
    reason = "one literal serves f32, f64 and recorded values"
)]

crate::ops::elementwise::table::unary! {
    /// x, an infinite one replaced by the largest finite number of its sign, so that its product with 0 is 0. The slope
    /// is 1: it stands where the result no longer depends on x.
    finite [0.2, estimator: true] @hidden |x, y| finite(x) => const 1.0;
    /// `$\sigma(x)\,\sigma(-x)$`, the slope of `sigmoid`. Slope `$-y \tanh(x/2)$`.
    logistic_pdf [1.0] @hidden |x, y| logistic_pdf(x) => -y * tanh(0.5 * x);
    /// `$1/\cosh^2 x$`, the slope of `tanh`. Slope `$-2 y \tanh x$`.
    sech_squared [1.0] @hidden |x, y| sech_squared(x) => -2.0 * y * tanh(x);
    /// The slope of `gelu_tanh`, `$\sigma(v) + x\,\sigma'(v)\,v'$` with `$v = \sqrt{8/\pi}\,(x + 0.044715 x^3)$`; beyond ±100 it
    /// does not change. Slope `$\sigma'(v)\,(2 v' + x v'' - x \tanh(v/2)\,v'^2)$`.
    gelu_tanh_slope [1.5] @hidden |x, y| gelu_tanh_slope(x) => {
        let z = clamp_max(clamp_min(x, -100.0), 100.0);
        let half = 0.797_884_560_802_865_4 * z * (1.0 + 0.044_715 * z * z);
        logistic_pdf(2.0 * half)
            * (1.595_769_121_605_730_8 * (2.0 + 0.536_58 * z * z)
                - z * tanh(half) * square(1.595_769_121_605_730_8 * (1.0 + 0.134_145 * z * z)))
    };
    /// `$1/(x(1-x))$`, the slope of `logit`. Slope `$(2x - 1) y^2$`.
    logit_slope [0.3, domain: [[0.2, 0.9]; 2]] @hidden |x, y| logit_slope(x) => (2.0 * x - 1.0) * y * y;
    /// `$1/\sqrt{1-x^2}$`, the slope of `asin`. Slope `$x y^3$`.
    asin_slope [1.0, domain: [[0.2, 0.9]; 2]] @hidden |x, y| asin_slope(x) => x * y * y * y;
    /// `$1/(1+x^2)$`, the slope of `atan`. Slope `$-2 x y^2$`.
    atan_slope [0.5] @hidden |x, y| atan_slope(x) => -2.0 * (finite(x) * y) * y;
    /// `$1/\sqrt{x^2+1}$`, the slope of `asinh`. Slope `$-x y^3$`.
    asinh_slope [5.0] @hidden |x, y| asinh_slope(x) => -(finite(x) * y * y * y);
    /// `$1/\sqrt{x^2-1}$`, the slope of `acosh`. Slope `$-x y^3$`.
    acosh_slope [1.0, domain: [[1.3, 3.0]; 2]] @hidden |x, y| acosh_slope(x) => -(finite(x) * y * y * y);
    /// `$1/(1-x^2)$`, the slope of `atanh`. Slope `$2 x y^2$`.
    atanh_slope [0.5, domain: [[0.2, 0.9]; 2]] @hidden |x, y| atanh_slope(x) => 2.0 * x * y * y;
    /// The derivative of order n of `sinc`. Slope: the one of order n + 1.
    sinc_derivative [20.0, number: Some(1.0)] @hidden |x, y; n| sinc_derivative(x, n) => sinc_derivative(x, n + 1.0);
    /// `$e^{x^2} \operatorname{i^n erfc} x$` with the n-fold integral of `erfc` from x to ∞. Slope: `$-2 (n + 1)$` times the one
    /// of n + 1.
    erfcx_integral [20.0, number: Some(1.0)] @hidden |x, y; n| erfcx_integral(x, n) =>
        -2.0 * (n + 1.0) * erfcx_integral(x, n + 1.0);
    /// `$\varphi(x)/\Phi(x)$`, the slope of `log_normal_cdf`. Slope `$-y (x + y)$`, in the lower tail by `erfcx_integral`.
    inverse_mills [10.0] @hidden |x, y| inverse_mills(x) =>
        -y * pick(lt(x, -1.0),
            1.414_213_562_373_095_1 * erfcx_integral(-0.707_106_781_186_547_6 * pick(lt(x, -1.0), x, -1.0), 1.0)
                / erfcx(-0.707_106_781_186_547_6 * pick(lt(x, -1.0), x, -1.0)),
            finite(x) + y);
    /// The modified Bessel function `$I_n$`, n ≥ 1. Slope `$\tfrac12 (I_{n-1} + I_{n+1})$`.
    bessel_i [20.0, number: Some(2.0)] @hidden |x, y; n| bessel_i(x, n) =>
        0.5 * bessel_i(x, n - 1.0) + 0.5 * bessel_i(x, n + 1.0);
    /// The derivative of order n of `i0e`, 0 at 0 where n is odd. Slope: the one of order n + 1.
    i0e_derivative [30.0, kinks: Kinks::At(&[0.0]), number: Some(1.0)] @hidden |x, y; n|
        i0e_derivative(x, n) => i0e_derivative(x, n + 1.0);
}
