//! Elementwise operations: tables of rows, `name [cost] |x, y| value => slope;`.
//!
//! The slope is an expression in the input `x`, the output `y` and a number the row may carry. It is compiled over
//! `f32` and `f64` into fused kernels and over recorded values for derivatives of higher order. At kinks the slopes are
//! PyTorch's; each row says which, and its facts say where they are.

pub(crate) mod activation;
pub(crate) mod binary;
mod composed;
pub(crate) mod derivative;
pub(crate) mod facts;
pub(crate) mod functions;
pub(crate) mod operators;
pub(crate) mod pairs;
pub(crate) mod passes;
pub(crate) mod row;
pub(crate) mod special;
pub(crate) mod sym;
pub(crate) mod table;
pub(crate) mod unary;

/// Every row of every table: for checks that must miss none, and for looking an operation up by its name.
pub fn table() -> impl Iterator<Item = &'static row::Row> {
    let tables = [unary::ALL, activation::ALL, special::ALL, derivative::ALL, binary::ALL, pairs::ALL];
    tables.into_iter().flatten().copied()
}
