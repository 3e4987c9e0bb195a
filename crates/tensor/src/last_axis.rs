//! Kernels over runs, applied along the last axis of tensors.

use crate::dtype::Element;
use crate::kernel::{Real, parallel};
use crate::tensor::Tensor;

/// How many runs of this width make one parallel piece.
pub(crate) fn runs_per_piece(width: usize) -> usize {
    ((1 << 14) / width.max(1)).max(1)
}

/// A kernel over runs: `(input, width, output)`.
pub(crate) type RunsFn<'f, T> = dyn Fn(&[T], usize, &mut [T]) + Sync + 'f;

/// Applies a kernel to the runs along the last axis of a tensor, in pieces of whole runs.
pub(crate) fn by_runs<T: Real + Element>(x: &Tensor, cost: f64, f: &RunsFn<'_, T>) -> Tensor {
    let width = x.shape().last().copied().unwrap_or(1);
    let x = x.contiguous();
    let slice = x.as_slice::<T>();
    Tensor::build::<T>(*x.shape(), |y| {
        if !y.is_empty() {
            parallel::chunks(y, runs_per_piece(width) * width, cost, |start, y| {
                f(&slice[start..start + y.len()], width, y);
            });
        }
    })
}
