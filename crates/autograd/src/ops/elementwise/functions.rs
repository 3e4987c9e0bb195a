//! The rows as functions over recorded values: what a slope may use. Those below have twins in `gradus_tensor::kernel::math`, which the
//! loops take and which carry rounding errors along.

pub(crate) use super::activation::functions::*;
pub(crate) use super::binary::functions::*;
pub(crate) use super::derivative::functions::*;
pub(crate) use super::pairs::functions::*;
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
