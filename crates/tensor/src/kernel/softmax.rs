//! Softmax and log-softmax over runs, each with the kernel that adds its gradient.
//!
//! Where one element has nearly all the weight, what the others leave of it cannot be told from its rounding: there
//! their sum is taken without it. Where the largest is ∞ the results are the limits.

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

/// `x - shift`, 0 where both are ∞.
#[inline(always)]
pub(crate) fn below<T: Real>(x: T, shift: T) -> T {
    if shift == T::INFINITY { math::finite(x) - T::MAX } else { x - shift }
}

/// As [`exp_shifted`] where the shift is ∞.
#[cold]
fn exp_below_infinity<T: Real>(x: &[T], y: &mut [T]) -> T {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = math::exp(below(x, T::INFINITY));
    }
    y.iter().fold(T::ZERO, |sum, &y| sum + y)
}

/// The maximum of a run, the sum of the shifted exponentials, which are left in `y`, and its logarithm.
#[inline(always)]
fn exponentials<T: Real>(x: &[T], y: &mut [T]) -> (T, T) {
    let max = largest(x);
    let total = if max == T::INFINITY { exp_below_infinity(x, y) } else { exp_shifted(x, max, y) };
    (max, total)
}

/// ln of the sum of exponentials whose largest is 1: of the others alone where they are few.
#[inline(always)]
fn log_total<T: Real>(total: T, y: &[T]) -> T {
    if total < T::TWO && !math::kept(total - T::ONE) { math::log1p(rest(y)) } else { math::ln(total) }
}

/// The sum without the largest element, of elements of which one is far the largest.
#[cold]
fn rest<T: Real>(y: &[T]) -> T {
    let at = place_of_largest(y);
    y[..at].iter().chain(&y[at + 1..]).fold(T::ZERO, |sum, &y| sum + y)
}

/// The first place of the largest element.
#[inline(always)]
fn place_of_largest<T: Real>(y: &[T]) -> usize {
    (1..y.len()).fold(0, |best, i| if y[i] > y[best] { i } else { best })
}

/// The maximum of a run and the logarithm of the sum of the shifted exponentials, which are left in `scratch`.
#[inline(always)]
pub(crate) fn log_sum_exp<T: Real>(x: &[T], scratch: &mut [T]) -> (T, T) {
    // No ∞ - ∞ where the maximum is -∞.
    if largest(x) == T::NEG_INFINITY {
        return (T::ZERO, T::NEG_INFINITY);
    }
    let (max, total) = exponentials(x, scratch);
    (max, log_total(total, scratch))
}

/// `$p - e$` of a run of probabilities and the unit vector of class `label`, whose elements add to 0.
#[inline(always)]
pub(crate) fn minus_one_hot<T: Real>(p: &mut [T], label: usize) {
    let others = T::ONE - p[label];
    p[label] = if math::kept(others) || math::is_nan(others) {
        p[label] - T::ONE
    } else {
        -p[..label].iter().chain(&p[label + 1..]).fold(T::ZERO, |sum, &p| sum + p)
    };
}

/// `$e^{x_i} / \sum_j e^{x_j}$`.
pub fn softmax<T: Real>(x: &[T], width: usize, y: &mut [T]) {
    each_run(
        [x],
        width,
        y,
        #[inline(always)]
        |[x], y| {
            let (_, total) = exponentials(x, y);
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
            if math::kept(T::ONE - largest(y)) {
                let inner = sum::over_run(
                    [y, d],
                    #[inline(always)]
                    |[y, d]| y * d,
                );
                for ((g, &y), &d) in g.iter_mut().zip(y).zip(d) {
                    *g += y * (d - inner);
                }
            } else {
                saturated_pull(y, d, g);
            }
        },
    );
}

/// As [`softmax_pull`] where one element has nearly all the weight: weights d count from that element's.
#[cold]
fn saturated_pull<T: Real>(y: &[T], d: &[T], g: &mut [T]) {
    let d0 = d[place_of_largest(y)];
    let inner = y.iter().zip(d).fold(T::ZERO, |sum, (&y, &d)| sum + y * (d - d0));
    for ((g, &y), &d) in g.iter_mut().zip(y).zip(d) {
        *g += y * ((d - d0) - inner);
    }
}

/// `$x_i - \ln \sum_j e^{x_j}$`.
pub fn log_softmax<T: Real>(x: &[T], width: usize, y: &mut [T]) {
    each_run(
        [x],
        width,
        y,
        #[inline(always)]
        |[x], y| {
            let (max, total) = exponentials(x, y);
            let total = log_total(total, y);
            for (y, &x) in y.iter_mut().zip(x) {
                *y = below(x, max) - total;
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
            if math::kept(-largest(y)) {
                for ((g, &y), &d) in g.iter_mut().zip(y).zip(d) {
                    *g += d - math::exp(y) * total;
                }
            } else {
                // d(1 - e^y) and what the others take.
                for ((g, &y), &d) in g.iter_mut().zip(y).zip(d) {
                    *g += -(d * math::expm1(y)) - math::exp(y) * (total - d);
                }
            }
        },
    );
}
