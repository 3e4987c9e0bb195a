//! Elementwise operations: tables of rows, `name [cost] |x, y| value => slope;`.
//!
//! The slope is an expression in the input `x`, the output `y` and a number the row may carry. It is compiled over
//! `f32` and `f64` into fused kernels and over recorded values for derivatives of higher order. At kinks the slopes are
//! PyTorch's; each row says which, and its facts say where they are.

pub(crate) mod activation;
pub(crate) mod binary;
mod composed;
mod operators;
pub(crate) mod special;
pub(crate) mod table;
pub(crate) mod unary;

/// Every row of every table: for checks that must miss none, and for looking an operation up by its name.
pub fn table() -> impl Iterator<Item = &'static crate::row::Row> {
    [unary::ALL, activation::ALL, special::ALL, binary::ALL].into_iter().flatten().copied()
}

/// The rows as functions over recorded values: what a slope may use.
pub(crate) mod sym {
    pub(crate) use super::activation::functions::*;
    pub(crate) use super::binary::functions::*;
    pub(crate) use super::special::functions::*;
    pub(crate) use super::unary::functions::*;

    use crate::sym::Sym;

    /// `a` where the mask is not 0, else `b`.
    pub(crate) fn pick<'t>(
        mask: impl Into<Sym<'t>>,
        a: impl Into<Sym<'t>>,
        b: impl Into<Sym<'t>>,
    ) -> Sym<'t> {
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
}
