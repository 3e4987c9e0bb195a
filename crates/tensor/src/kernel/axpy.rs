//! Sums and multiples of slices, the innermost loops of every sweep: what BLAS calls `axpy` and `scal`.
//!
//! Each loop is written out: behind a helper that takes the operation they were slower.

use super::runs::each_run;
use super::{Real, run};

/// `$y \mathrel{+}= x$`.
pub fn add<T: Real>(x: &[T], y: &mut [T]) {
    each_run(
        [x],
        y.len().max(1),
        y,
        #[inline(always)]
        |[x], y| {
            for (y, &x) in y.iter_mut().zip(x) {
                *y += x;
            }
        },
    );
}

/// `$y \mathrel{+}= \sum_i x_i$` over runs `$x_i$` as long as `y`, in their order.
pub fn add_runs<T: Real>(x: &[T], y: &mut [T]) {
    if y.is_empty() {
        return;
    }
    run(
        #[inline(always)]
        || {
            for x in x.chunks_exact(y.len()) {
                for (y, &x) in y.iter_mut().zip(x) {
                    *y += x;
                }
            }
        },
    );
}

/// `$y = k x$`.
pub fn multiple<T: Real>(k: T, x: &[T], y: &mut [T]) {
    each_run(
        [x],
        y.len().max(1),
        y,
        #[inline(always)]
        |[x], y| {
            for (y, &x) in y.iter_mut().zip(x) {
                *y = k * x;
            }
        },
    );
}

/// `$y \mathrel{+}= k x$`.
pub fn add_multiple<T: Real>(k: T, x: &[T], y: &mut [T]) {
    each_run(
        [x],
        y.len().max(1),
        y,
        #[inline(always)]
        |[x], y| {
            for (y, &x) in y.iter_mut().zip(x) {
                *y += k * x;
            }
        },
    );
}
