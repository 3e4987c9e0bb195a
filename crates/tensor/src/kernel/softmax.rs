//! Softmax and log-softmax over runs, each with the kernel that adds its gradient.

use super::runs::each_run;
use super::{Real, math, sum};

/// Lanes of a running maximum.
const LANES: usize = 16;

/// The largest element of a run; NaN if there is one.
#[inline(always)]
fn largest<T: Real>(x: &[T]) -> T {
    let mut lanes = [T::NEG_INFINITY; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = math::max(*lane, x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = math::max(*lane, x);
    }
    lanes.iter().copied().fold(T::NEG_INFINITY, math::max)
}

/// `y[i] = exp(x[i] - shift)`; returns the sum.
#[inline(always)]
fn exp_shifted<T: Real>(x: &[T], shift: T, y: &mut [T]) -> T {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = math::exp(x - shift);
    }
    sum::over_run(
        [&*y],
        #[inline(always)]
        |[y]| y,
    )
}

/// The maximum of a run and the logarithm of the sum of the shifted exponentials, which are left in `scratch`.
#[inline(always)]
pub(crate) fn log_sum_exp<T: Real>(x: &[T], scratch: &mut [T]) -> (T, T) {
    let max = largest(x);
    // No ∞ - ∞ where the maximum is -∞.
    let shift = if max == T::NEG_INFINITY { T::ZERO } else { max };
    (shift, math::ln(exp_shifted(x, shift, scratch)))
}

/// `$e^{x_i} / \sum_j e^{x_j}$`.
pub fn softmax<T: Real>(x: &[T], width: usize, y: &mut [T]) {
    each_run(
        [x],
        width,
        y,
        #[inline(always)]
        |[x], y| {
            let total = exp_shifted(x, largest(x), y);
            let scale = T::ONE / total;
            for y in y.iter_mut() {
                *y *= scale;
            }
        },
    );
}

/// `$g \mathrel{+}= y \odot (d - \sum d \odot y)$`: the gradient of softmax with result `y`.
pub fn softmax_pull<T: Real>(y: &[T], d: &[T], width: usize, g: &mut [T]) {
    each_run(
        [y, d],
        width,
        g,
        #[inline(always)]
        |[y, d], g| {
            let inner = sum::over_run(
                [y, d],
                #[inline(always)]
                |[y, d]| y * d,
            );
            for ((g, &y), &d) in g.iter_mut().zip(y).zip(d) {
                *g += y * (d - inner);
            }
        },
    );
}

/// `$x_i - \ln \sum_j e^{x_j}$`.
pub fn log_softmax<T: Real>(x: &[T], width: usize, y: &mut [T]) {
    each_run(
        [x],
        width,
        y,
        #[inline(always)]
        |[x], y| {
            let max = largest(x);
            let total = math::ln(exp_shifted(x, max, y));
            for (y, &x) in y.iter_mut().zip(x) {
                *y = (x - max) - total;
            }
        },
    );
}

/// `$g \mathrel{+}= d - e^y \sum d$`: the gradient of log-softmax with result `y`.
pub fn log_softmax_pull<T: Real>(y: &[T], d: &[T], width: usize, g: &mut [T]) {
    each_run(
        [y, d],
        width,
        g,
        #[inline(always)]
        |[y, d], g| {
            let total = sum::over_run(
                [d],
                #[inline(always)]
                |[d]| d,
            );
            for ((g, &y), &d) in g.iter_mut().zip(y).zip(d) {
                *g += d - math::exp(y) * total;
            }
        },
    );
}
