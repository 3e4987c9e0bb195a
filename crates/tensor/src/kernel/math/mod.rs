//! Elementary and special functions of `f32` and `f64`, in plain Rust.
//!
//! Those that training needs are branch-free: a loop `for (y, &x) in … { *y = math::exp(x) }` inside
//! [`run`](super::dispatch::run) becomes AVX2, AVX-512 or NEON code. Results are the same bits on every CPU.
//! The files, in reading order: [`Real`] is what an element type must have; `single` and `double` hold the polynomials;
//! `arithmetic`, `compound`, `angle`, `normal` build on them for both types; `gamma` and `bessel` are the rarely used
//! functions, evaluated in `f64` one element at a time.
//!
//! `sin` and `cos` have a range in which they vectorise: see [`near`].

#![allow(clippy::inline_always, reason = "the closure given to the dispatch must hold the whole loop body")]
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

#[cfg(test)]
mod accuracy;
mod angle;
mod arithmetic;
mod bessel;
mod compound;
mod double;
#[cfg(test)]
mod double_double;
mod erf;
mod gamma;
mod normal;
mod power;
mod real;
mod single;

pub use angle::{cos, cos_pi, cos_slice, near, sin, sin_pi, sin_slice, sinc, tan};
pub use arithmetic::{
    abs, ceil, copysign, eq, floor, fmax, fmin, fmod, frac, ge, gt, is_nan, le, lt, max, min, mul_add, ne,
    recip, remainder, round, rsqrt, select, sign, sqrt, square, trunc,
};
pub use bessel::{i0, i0e, i1, i1e};
pub use compound::{
    acos, acosh, asin, asinh, atan, atan2, atanh, cosh, hypot, log_sigmoid, logaddexp, logaddexp2, sinh,
    softplus, xlog1py, xlogy,
};
pub use gamma::{digamma, gamma, lgamma, polygamma, trigamma};
pub use normal::{erfc, erfcx, erfinv, log_normal_cdf, ndtri, normal_cdf, normal_pdf};
pub use real::{Arithmetic, Real};

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

unary! {
    /// eˣ. At most 1.05 ulp from the true value in `f32`, 1 ulp from the rounded one in `f64`.
    exp;
    /// 2ˣ.
    exp2;
    /// eˣ − 1, exact to 1.6 ulp (`f64`: 2) near 0 too.
    expm1;
    /// The natural logarithm. At most 0.8 ulp (`f64`: 1).
    ln;
    /// The logarithm to base 2. At most 1 ulp.
    log2;
    /// The logarithm to base 10. At most 1 ulp.
    log10;
    /// ln(1 + x), exact to 1.4 ulp (`f64`: 1) near 0 too.
    log1p;
    /// The hyperbolic tangent. At most 1.4 ulp (`f64`: 2).
    tanh;
    /// σ(x) = 1/(1 + e⁻ˣ). At most 1.65 ulp (`f64`: 2).
    sigmoid;
    /// The error function (2/√π) ∫₀ˣ e⁻ᵗ² dt. At most 1.2 ulp.
    erf;
}

/// xʸ, with the special cases of C's `pow`. At most 1 ulp.
#[inline(always)]
pub fn pow<R: Real>(x: R, y: R) -> R {
    x.pow(y)
}
