//! What operations made of others ask of their arguments, so that a panic names the one that was called.

use gradus_tensor::{DType, Shape, Tensor};

use crate::var::Var;

/// Panics unless there are as many axes.
#[track_caller]
pub(crate) fn rank(op: &str, what: &str, shape: &Shape, rank: usize, form: &str) {
    assert!(shape.len() == rank, "{op}: {what} must be {form}, got {shape}");
}

/// Panics unless there are at least as many axes.
#[track_caller]
pub(crate) fn at_least(op: &str, shape: &Shape, rank: usize, form: &str) {
    assert!(shape.len() >= rank, "{op}: the input must be {form}, got {shape}");
}

/// Panics unless the shape is this one.
#[track_caller]
pub(crate) fn shape(op: &str, what: &str, found: &Shape, wanted: &[usize]) {
    assert!(**found == *wanted, "{op}: {what} must have shape {wanted:?}, got {found}");
}

/// Panics if an axis is empty of which something extreme is wanted.
#[track_caller]
pub(crate) fn elements(op: &str, shape: &Shape, axis: usize) {
    assert!(
        shape[axis] > 0,
        "{op}: {shape} has no elements along axis {axis}, and the {op} of nothing is undefined"
    );
}

/// Panics unless the elements are I64.
#[track_caller]
pub(crate) fn integers(op: &str, what: &str, index: &Tensor) {
    let dtype = index.dtype();
    assert!(dtype == DType::I64, "{op}: {what} are I64, got {dtype}; convert with .to(DType::I64)");
}

/// Panics unless the elements are floats.
#[track_caller]
pub(crate) fn floats(op: &str, dtype: DType) {
    assert!(dtype.is_float(), "{op}: needs floats, got {dtype}; convert with .to(DType::F32)");
}

/// Panics unless one shape broadcasts to the other.
#[track_caller]
pub(crate) fn fits(op: &str, what: &str, part: &Shape, whole: &Shape) {
    assert!(
        part.broadcast(whole) == Some(*whole),
        "{op}: {what} has shape {part}, which does not broadcast to {whole}"
    );
}

/// Panics if a number lies outside of the range that is told.
#[track_caller]
pub(crate) fn number(op: &str, name: &str, value: f64, holds: bool, range: &str) {
    assert!(holds, "{op}: {name} is {value}; it must be {range}");
}

/// Panics unless a size divides into parts.
#[track_caller]
pub(crate) fn parts(op: &str, what: &str, size: usize, parts: usize) {
    assert!(
        parts > 0 && size.is_multiple_of(parts),
        "{op}: {what}, {size}, do not divide into {parts} parts of one size"
    );
}

impl Var<'_> {
    /// The sizes of matrices in the last two axes.
    #[track_caller]
    pub(crate) fn last_two(self, op: &str, what: &str) -> (usize, usize) {
        let shape = self.shape();
        let n = shape.len();
        assert!(n >= 2, "{op}: {what} must have at least two axes, got {shape}");
        (shape[n - 2], shape[n - 1])
    }
}
