//! The rows as functions over recorded values: what a slope may use. Those below have twins in `gradus_tensor::kernel::math`, which the
//! loops take and which carry rounding errors along.

pub(crate) use super::activation::functions::*;
pub(crate) use super::binary::functions::*;
pub(crate) use super::derivative::functions::*;
pub(crate) use super::special::functions::*;
pub(crate) use super::unary::functions::*;

use super::sym::Sym;

/// The slope of `gelu`.
pub(crate) fn gelu_slope<'t>(x: impl Into<Sym<'t>>) -> Sym<'t> {
    let x = x.into();
    normal_cdf(x) + finite(x) * normal_pdf(x)
}

/// `$e^{x/c}$`.
pub(crate) fn exp_over<'t>(x: impl Into<Sym<'t>>, c: f64) -> Sym<'t> {
    exp(x.into() / c)
}

/// `$\sigma(a - b)$`.
pub(crate) fn sigmoid_of_difference<'t>(a: impl Into<Sym<'t>>, b: impl Into<Sym<'t>>) -> Sym<'t> {
    sigmoid(finite(a) - finite(b))
}

/// `$\sigma((a - b) \ln 2)$`.
pub(crate) fn sigmoid_of_bits<'t>(a: impl Into<Sym<'t>>, b: impl Into<Sym<'t>>) -> Sym<'t> {
    sigmoid(std::f64::consts::LN_2 * (finite(a) - finite(b)))
}

/// `$b\,a^{b-1}$`.
pub(crate) fn pow_slope<'t>(a: impl Into<Sym<'t>>, b: impl Into<Sym<'t>>) -> Sym<'t> {
    let b = b.into();
    match (a.into(), b) {
        // A number in the exponent needs no node.
        (Sym::Var(a), Sym::Number(b)) => b * Sym::Var(a.powf(b - 1.0)),
        (a, b) => b * pow(a, b - 1.0),
    }
}

/// `$y \ln a$` with `$y = a^b$`.
pub(crate) fn pow_log_slope<'t>(
    a: impl Into<Sym<'t>>,
    _: impl Into<Sym<'t>>,
    y: impl Into<Sym<'t>>,
) -> Sym<'t> {
    y.into() * ln(a)
}

/// `$a/y$` with `$y = \sqrt{a^2 + b^2}$`.
pub(crate) fn hypot_slope<'t>(
    a: impl Into<Sym<'t>>,
    _: impl Into<Sym<'t>>,
    y: impl Into<Sym<'t>>,
) -> Sym<'t> {
    finite(a) / finite(y)
}

/// `$a/(a^2 + b^2)$`.
pub(crate) fn atan2_slope<'t>(a: impl Into<Sym<'t>>, b: impl Into<Sym<'t>>) -> Sym<'t> {
    let a = a.into();
    let y = hypot(a, b);
    finite(a) / y / y
}

/// `a` where the mask is not 0, else `b`.
pub(crate) fn pick<'t>(mask: impl Into<Sym<'t>>, a: impl Into<Sym<'t>>, b: impl Into<Sym<'t>>) -> Sym<'t> {
    let (mask, a, b) = (mask.into(), a.into(), b.into());
    let mask = match mask {
        Sym::Number(m) => return if m == 0.0 { b } else { a },
        Sym::Var(mask) => mask,
    };
    let lift = |x: Sym<'t>| match x {
        Sym::Var(x) => x,
        Sym::Number(x) => mask.lift(x),
    };
    Sym::Var(lift(a).where_(&mask.value().to(gradus_tensor::DType::Bool), lift(b)))
}
