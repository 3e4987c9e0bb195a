//! The rows as functions over recorded values: what a slope may use.

pub(crate) use super::activation::functions::*;
pub(crate) use super::binary::functions::*;
pub(crate) use super::derivative::functions::*;
pub(crate) use super::special::functions::*;
pub(crate) use super::unary::functions::*;

use super::sym::Sym;

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
