//! Elementary and special functions of `f32` and `f64`, in plain Rust.
//!
//! Those that training needs are branch-free: a loop `for (y, &x) in … { *y = math::exp(x) }` inside
//! [`run`](super::dispatch::run) becomes vector code. Results are the same bits on every CPU.
//! The files, in reading order: [`Real`] is what an element type must have; `single` and `double` hold the polynomials;
//! `arithmetic`, `compound`, `angle`, `normal`, `activation` build on them for both types, and `derivative` has slopes that
//! keep their digits where a function saturates; `gamma` and `bessel` are the rarely used functions, evaluated in `f64` one element at a time.
//!
//! `sin` and `cos` have a range in which they vectorise: see [`near`].
//!
//! Errors are given in units in the last place (ulp), the largest against the true value: over all `f32`, and over 10⁸
//! sampled `f64` (erf and Φ: 4·10⁶), except for `activation`, `derivative`, `normal` and `bessel`, which were sampled after their last change;
//! `accuracy` and the test `ulps` of `gradus-autograd` measure them.

#![allow(
    clippy::excessive_precision,
    reason = "coefficients keep the digits they were published or computed with"
)]
#![allow(
    clippy::return_self_not_must_use,
    reason = "as must_use_candidate: nearly every function here is pure"
)]
#![allow(clippy::needless_bitwise_bool, reason = "the lazy operators are branches")]
#![allow(clippy::eq_op, reason = "x != x is the branch-free test for NaN")]

/// Free functions for methods of [`Real`].
macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $(
            $(#[$doc])*
            #[inline(always)]
            pub fn $name<R: Real>(x: R) -> R {
                R::$name(x)
            }
        )*
    };
}

#[cfg(test)]
mod accuracy;
mod activation;
mod angle;
mod arithmetic;
mod bessel;
mod compound;
mod derivative;
mod double;
#[cfg(test)]
mod double_double;
mod erf;
mod gamma;
mod normal;
mod pairs;
mod power;
mod real;
mod single;
mod wide;

pub use activation::{gelu_tanh, gelu_tanh_slope, log_cosh, mish, mish_slope, silu, silu_slope, tanhshrink};
pub use angle::{cos, cos_pi, cos_slice, near, sin, sin_pi, sin_slice, sinc, tan};
pub use arithmetic::{
    abs, ceil, copysign, eq, floor, fmax, fmin, fmod, frac, ge, gt, is_nan, le, lt, max, min, mul_add, ne,
    recip, remainder, round, rsqrt, select, sign, sqrt, square, trunc,
};
pub use bessel::{bessel_i, i0, i0e, i1, i1e};
pub use compound::{
    acos, acosh, asin, asinh, atan, atan2, atanh, cosh, hypot, log_sigmoid, logaddexp, logaddexp2, logit,
    sinh, softplus, weigh, xlog1py, xlogy,
};
pub use derivative::{
    acosh_slope, asin_slope, asinh_slope, atan_slope, atanh_slope, clamp_max, clamp_min, entr_slope,
    erfcx_integral, exp_over, finite, i0e_derivative, i1e_slope, inverse_mills, kept, kept_wide,
    logistic_pdf, logit_slope, sech_squared, sigmoid_and_slope, sigmoid_of_bits, sigmoid_of_difference,
    sinc_derivative,
};
pub use gamma::{digamma, gamma, lgamma, polygamma, trigamma};
pub use normal::{
    erf_slope, erfc, erfcx, erfinv, erfinv_slope, gelu, gelu_slope, log_normal_cdf, ndtri, ndtri_slope,
    normal_cdf, normal_pdf, normal_pdf_slope,
};
pub use pairs::{
    atan2_slope, hypot_curvature, hypot_mixed, hypot_slope, pow_curvature, pow_log_curvature, pow_log_slope,
    pow_mixed, pow_slope,
};
pub use real::{Arithmetic, Real};

unary! {
    /// eˣ. At most 1.04 ulp (`f64`: 1.0).
    exp;
    /// 2ˣ.
    exp2;
    /// eˣ − 1, right near 0 too. At most 1.55 ulp (`f64`: 1.35).
    expm1;
    /// The natural logarithm. At most 0.8 ulp (`f64`: 0.65).
    ln;
    /// The logarithm to base 2. At most 1 ulp.
    log2;
    /// The logarithm to base 10. At most 1 ulp.
    log10;
    /// ln(1 + x), right near 0 too. At most 1.4 ulp (`f64`: 1.3).
    log1p;
    /// The hyperbolic tangent. At most 1.35 ulp (`f64`: 1.95).
    tanh;
    /// σ(x) = 1/(1 + e⁻ˣ). At most 1.7 ulp (`f64`: 1.85).
    sigmoid;
    /// The error function (2/√π) ∫₀ˣ e⁻ᵗ² dt. At most 1.15 ulp (`f64`: 0.9).
    erf;
}

/// xʸ, with the special cases of C's `pow`. At most 1 ulp.
#[inline(always)]
pub fn pow<R: Real>(x: R, y: R) -> R {
    x.pow(y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::relative_eq;

    /// Asserts f(x) = y within a relative `tolerance`, for every pair (x, y).
    pub(super) fn assert_values(f: impl Fn(f64) -> f64, tolerance: f64, pairs: &[(f64, f64)]) {
        for &(x, y) in pairs {
            let got = f(x);
            assert!(
                relative_eq!(got, y, epsilon = 0.0, max_relative = tolerance),
                "at {x:e}: {got:e} should be {y:e}"
            );
        }
    }

    /// Asserts f(x) = y exactly, the sign of zero and NaN included.
    fn assert_edges<R: Real>(name: &str, f: impl Fn(R) -> R, pairs: &[(f64, f64)]) {
        for &(x, y) in pairs {
            let got = f(R::of(x)).to_f64();
            let want = R::of(y).to_f64();
            let same = got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan();
            assert!(same, "{name}({x:e}) is {got:e} and should be {want:e}");
        }
    }

    const INF: f64 = f64::INFINITY;
    const NAN: f64 = f64::NAN;

    fn edges<R: Real>() {
        // The smallest subnormal number: what is odd and has slope 1 at 0 returns it unchanged.
        let tiny = if R::of(1e-60) == R::ZERO { 2f64.powi(-149) } else { f64::from_bits(1) };
        let odd = [(NAN, NAN), (0.0, 0.0), (-0.0, -0.0), (tiny, tiny), (-tiny, -tiny)];
        for (name, f) in
            [("sin", sin as fn(R) -> R), ("tan", tan), ("asin", asin), ("expm1", expm1), ("log1p", log1p)]
        {
            assert_edges(name, f, &odd);
        }
        for (name, f) in
            [("tanh", tanh as fn(R) -> R), ("atan", atan), ("sinh", sinh), ("asinh", asinh), ("atanh", atanh)]
        {
            assert_edges(name, f, &odd);
        }
        assert_edges(
            "exp",
            exp::<R>,
            &[(NAN, NAN), (INF, INF), (-INF, 0.0), (0.0, 1.0), (-0.0, 1.0), (1e4, INF), (-1e4, 0.0)],
        );
        assert_edges(
            "exp2",
            exp2::<R>,
            &[(NAN, NAN), (INF, INF), (-INF, 0.0), (3.0, 8.0), (-1.0, 0.5), (1e4, INF), (-1e4, 0.0)],
        );
        assert_edges("expm1", expm1::<R>, &[(INF, INF), (-INF, -1.0), (-100.0, -1.0), (1e4, INF)]);
    }

    fn more_edges<R: Real>() {
        assert_edges(
            "ln",
            ln::<R>,
            &[(NAN, NAN), (INF, INF), (0.0, -INF), (-0.0, -INF), (1.0, 0.0), (-1.0, NAN), (-INF, NAN)],
        );
        assert_edges(
            "log2",
            log2::<R>,
            &[(NAN, NAN), (INF, INF), (0.0, -INF), (8.0, 3.0), (2f64.powi(-140), -140.0), (-1.0, NAN)],
        );
        assert_edges(
            "log10",
            log10::<R>,
            &[(NAN, NAN), (INF, INF), (0.0, -INF), (1000.0, 3.0), (1e15, 15.0), (-1.0, NAN)],
        );
        assert_edges("log1p", log1p::<R>, &[(INF, INF), (-1.0, -INF), (-1.5, NAN), (-INF, NAN)]);
        assert_edges("tanh", tanh::<R>, &[(INF, 1.0), (-INF, -1.0), (100.0, 1.0)]);
        assert_edges("sigmoid", sigmoid::<R>, &[(NAN, NAN), (INF, 1.0), (-INF, 0.0), (0.0, 0.5)]);
        assert_edges("erf", erf::<R>, &[(NAN, NAN), (0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0)]);
        assert_edges(
            "normal_cdf",
            normal_cdf::<R>,
            &[(NAN, NAN), (0.0, 0.5), (INF, 1.0), (-INF, 0.0), (-1e30, 0.0)],
        );
        assert_edges("sin", sin::<R>, &[(INF, NAN), (-INF, NAN)]);
        assert_edges("cos", cos::<R>, &[(NAN, NAN), (INF, NAN), (0.0, 1.0), (-0.0, 1.0)]);
    }

    #[test]
    fn edges_of_the_elementary_functions() {
        edges::<f32>();
        edges::<f64>();
        more_edges::<f32>();
        more_edges::<f64>();
    }

    #[test]
    fn subnormal_results_and_arguments() {
        assert_eq!(exp(-100.0f32), libm::exp(-100.0) as f32);
        assert_eq!(exp(-730.0), libm::exp(-730.0));
        assert_values(ln, 1e-15, &[(1e-310, -713.801_378_828_154_2)]);
        assert_eq!(ln(1e-40f32), libm::log(f64::from(1e-40f32)) as f32);
    }
}
