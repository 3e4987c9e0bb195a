//! Kernels over runs, applied along the last axis of tensors.

use crate::dtype::Element;
use crate::kernel::{Real, parallel};
use crate::tensor::Tensor;

/// How many runs of this width make one parallel piece.
pub(crate) fn runs_per_piece(width: usize) -> usize {
    ((1 << 14) / width.max(1)).max(1)
}

/// A kernel over runs: `(inputs, width, output)`.
pub(crate) type RunsFn<'f, T, const N: usize> = dyn Fn([&[T]; N], usize, &mut [T]) + Sync + 'f;

/// Applies a kernel to the runs along the last axis of tensors of one shape, in pieces of whole runs.
#[track_caller]
pub(crate) fn by_runs<T: Real + Element, const N: usize>(
    x: [&Tensor; N],
    cost: f64,
    f: &RunsFn<'_, T, N>,
) -> Tensor {
    let shape = *x[0].shape();
    for other in x {
        assert!(*other.shape() == shape, "runs of {shape} and {} cannot be paired", other.shape());
    }
    let width = shape.last().copied().unwrap_or(1);
    let x = x.map(Tensor::contiguous);
    let slices = x.each_ref().map(|x| x.as_slice::<T>());
    Tensor::build::<T>(shape, |y| {
        if !y.is_empty() {
            parallel::chunks(y, runs_per_piece(width) * width, cost, |start, y| {
                f(slices.map(|x| &x[start..start + y.len()]), width, y);
            });
        }
    })
}
