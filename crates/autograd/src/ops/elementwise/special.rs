//! Special functions: the error function and its relatives, the gamma family, Bessel functions.
#![allow(
    clippy::excessive_precision,
    clippy::approx_constant,
    reason = "one literal serves f32, f64 and recorded values"
)]

crate::ops::elementwise::table::unary! {
    /// `$\operatorname{erf} x$`. Slope `$\tfrac{2}{\sqrt\pi} e^{-x^2}$`.
    erf [1.2] |x, y| erf(x) => 2.828_427_124_746_190_3 * normal_pdf(1.414_213_562_373_095_1 * x),
        where true => erf_slope(x);
    /// `$1 - \operatorname{erf} x$`. Slope `$-\tfrac{2}{\sqrt\pi} e^{-x^2}$`.
    erfc [5.0] |x, y| erfc(x) => -2.828_427_124_746_190_3 * normal_pdf(1.414_213_562_373_095_1 * x),
        where true => -erf_slope(x);
    /// The inverse of `erf`. Slope `$\tfrac{\sqrt\pi}{2} e^{y^2}$`.
    erfinv [10.0, domain: [[0.2, 0.9]; 2]] |x, y| erfinv(x) => 0.886_226_925_452_758 * exp(y * y),
        where true => erfinv_slope(x, y);
    /// `$e^{x^2} \operatorname{erfc} x$`. Slope `$2xy - 2/\sqrt\pi$`.
    erfcx [10.0] |x, y| erfcx(x) => -2.0 * erfcx_integral(x, 1.0),
        where x < 0.0 => 2.0 * (x * y) - 1.128_379_167_095_512_6;
    /// The normal distribution function `$\Phi(x)$`. Slope `$\varphi(x)$`.
    #[doc(alias = "ndtr")]
    normal_cdf [1.5] |x, y| normal_cdf(x) => normal_pdf(x);
    /// The normal density `$\varphi(x) = e^{-x^2/2}/\sqrt{2\pi}$`. Slope `$-x y$`.
    normal_pdf [0.6] |x, y| normal_pdf(x) => -finite(x) * y, where true => normal_pdf_slope(x);
    /// `$\ln \Phi(x)$`. Slope `$\varphi(x)/\Phi(x)$`.
    #[doc(alias = "log_ndtr")]
    log_normal_cdf [10.0] |x, y| log_normal_cdf(x) => inverse_mills(x);
    /// The inverse of `$\Phi$`. Slope `$1/\varphi(y)$`.
    ndtri [10.0, domain: [[0.2, 0.9]; 2]] |x, y| ndtri(x) => 2.506_628_274_631_000_5 * exp(0.5 * y * y),
        where true => ndtri_slope(x, y);
    /// `$\ln|\Gamma(x)|$`. Slope: the digamma function.
    #[doc(alias = "gammaln")]
    lgamma [20.0, domain: [[0.2, 2.0]; 2]] |x, y| lgamma(x) => digamma(x);
    /// `$\psi(x) = \Gamma'(x)/\Gamma(x)$`. Slope `$\psi'(x)$`.
    #[doc(alias = "psi")]
    digamma [20.0, domain: [[0.2, 2.0]; 2]] |x, y| digamma(x) => polygamma(x, 1.0);
    /// The derivative of order n of `$\psi$`. Slope: the one of order n + 1.
    polygamma [40.0, domain: [[0.2, 2.0]; 2], number: Some(1.0)] |x, y; n| polygamma(x, n) => polygamma(x, n + 1.0);
    /// `$\sin(\pi x)/(\pi x)$`, 1 at 0, 0 at ±∞. Slope `$(\cos \pi x - y)/x$`, 0 at 0.
    sinc [10.0] |x, y| sinc(x) => sinc_derivative(x, 1.0);
    /// `$-x \ln x$`, 0 at 0, `$-\infty$` below. Slope `$-\ln x - 1$`.
    entr [2.0, domain: [[0.2, 2.0]; 2]] |x, y| pick(lt(x, 0.0), ln(0.0), -xlogy(x, x)) => -ln(x) - 1.0, where true => entr_slope(x);
    /// The modified Bessel function `$I_0$`. Slope `$I_1$`.
    i0 [20.0] |x, y| i0(x) => i1(x);
    /// `$e^{-|x|} I_0(x)$`. Slope `$e^{-|x|} I_1(x) - \operatorname{sign}(x)\,y$`.
    i0e [20.0, kinks: Kinks::At(&[0.0])] |x, y| i0e(x) => i0e_derivative(x, 1.0);
    /// The modified Bessel function `$I_1$`. Slope `$\tfrac12 (I_0 + I_2)$`.
    i1 [20.0] |x, y| i1(x) => 0.5 * i0(x) + 0.5 * bessel_i(x, 2.0);
    /// `$e^{-|x|} I_1(x)$`. Slope `$e^{-|x|} I_0 - y(\operatorname{sign}(x) + 1/x)$`, ½ at 0.
    i1e [20.0] |x, y| i1e(x) =>
        pick(eq(x, 0.0), 0.5, sign(x) * i0e_derivative(x, 1.0) + i0e_derivative(x, 2.0)), where true => i1e_slope(x);
}
