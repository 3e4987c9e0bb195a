//! Softmax and log-softmax over runs, each with the kernel that adds its gradient.
//!
//! Where one element has nearly all the weight, what the others leave of it cannot be told from its rounding: there
//! their sum is taken without it. Where the largest is ∞ the results are the limits.

use super::pairwise::LANES;
use super::runs::{each_run, each_run_wide, map_run};
use super::{Real, math, run, run_wide, softmax_tiles as tiles, sum};

/// The largest element of a run, as if there were no NaN beside other numbers: one makes the sum of exponentials NaN, too.
#[inline(always)]
fn largest<T: Real>(x: &[T]) -> T {
    let mut lanes = [T::NEG_INFINITY; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = larger(*lane, x);
    }
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = larger(lanes[i], lanes[i + width]);
        }
        width /= 2;
    }
    if lanes[0] == T::NEG_INFINITY { largest_of_all(x) } else { lanes[0] }
}

/// The larger; the first if one is NaN.
#[inline(always)]
pub(super) fn larger<T: Real>(a: T, b: T) -> T {
    if b > a { b } else { a }
}

/// The largest, NaN if there is one.
#[cold]
fn largest_of_all<T: Real>(x: &[T]) -> T {
    x.iter().copied().fold(T::NEG_INFINITY, math::max)
}

/// `y[i] = exp(x[i] - shift)`; returns the sum.
#[inline(always)]
fn exp_shifted<T: Real>(x: &[T], shift: T, y: &mut [T]) -> T {
    map_run(
        x,
        y,
        #[inline(always)]
        |x| math::exp(x - shift),
    );
    total(y)
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

/// The sum of the exponentials less the maximum of a run, which are left in `y`.
#[inline(always)]
fn exponentials<T: Real>(x: &[T], max: T, y: &mut [T]) -> T {
    if max == T::INFINITY { exp_below_infinity(x, y) } else { exp_shifted(x, max, y) }
}

/// ln of the sum of exponentials whose largest is 1: of the others alone where they are few.
#[inline(always)]
fn log_total<T: Real>(total: T, y: &[T]) -> T {
    if math::kept(total - T::ONE) { math::ln(total) } else { math::log1p(rest(y)) }
}

/// The sum of exponentials without the largest, which is 1 and the only one.
#[inline(always)]
fn rest<T: Real>(y: &[T]) -> T {
    sum::over_run(
        [y],
        #[inline(always)]
        |[y]| math::select(y == T::ONE, T::ZERO, y),
    )
}

/// Whether a probability (`one` is 1) or its logarithm (`one` is 0) is so near to the largest that what is left of it has
/// lost its digits; also if one is NaN.
#[inline(always)]
fn is_sure<T: Real>(y: &[T], one: T) -> bool {
    let mut sure = 0;
    for &y in y {
        sure |= u32::from(!math::kept(one - y));
    }
    sure != 0
}

/// [`is_sure`] of many runs at once: where it holds of none, no run is asked.
fn is_sure_anywhere<T: Real>(y: &[T], one: T) -> bool {
    run(
        #[inline(always)]
        || is_sure(y, one),
    )
}

/// `$\ln \sum_j e^{x_j} - x_t$` of each run with its label t; `scratch` is as long as the runs.
pub(crate) fn cross_entropy<T: Real>(
    x: &[T],
    labels: &[i64],
    width: usize,
    scratch: &mut [T],
    losses: &mut [T],
) {
    let done = tiles::cross_entropy(x, labels, width, losses);
    let (x, runs) = (&x[done..], done / width.max(1));
    let scratch = &mut scratch[..width];
    for ((x, &label), loss) in x.chunks_exact(width).zip(&labels[runs..]).zip(&mut losses[runs..]) {
        *loss = run(
            #[inline(always)]
            || {
                let (shift, log) = log_sum_exp(x, scratch);
                log - below(x[label as usize], shift)
            },
        );
    }
}

/// `$\ln \sum_j e^{x_j}$` of each run; an infinite largest number is the result itself.
pub(crate) fn log_sums<T: Real>(x: &[T], width: usize, sums: &mut [T]) {
    let done = tiles::log_sums(x, width, sums) / width.max(1);
    let mut scratch = vec![T::ZERO; width];
    for (i, (x, sum)) in x.chunks_exact(width).zip(sums).enumerate() {
        if i >= done {
            *sum = run_wide(
                #[inline(always)]
                || {
                    let (max, log) = log_sum_exp(x, &mut scratch);
                    max + log
                },
            );
        }
        // NaN, or in a tile nothing but -∞, of which there is no difference.
        if math::is_nan(*sum) {
            *sum = largest_of_all(x);
        }
    }
}

/// The sum of a run.
#[inline(always)]
fn total<T: Real>(y: &[T]) -> T {
    sum::over_run(
        [y],
        #[inline(always)]
        |[y]| y,
    )
}

/// The maximum of a run and the logarithm of the sum of the shifted exponentials, which are left in `scratch`.
#[inline(always)]
pub(crate) fn log_sum_exp<T: Real>(x: &[T], scratch: &mut [T]) -> (T, T) {
    let max = largest(x);
    // No ∞ - ∞ where the maximum is -∞.
    if max == T::NEG_INFINITY {
        return (T::ZERO, T::NEG_INFINITY);
    }
    let total = exponentials(x, max, scratch);
    (max, log_total(total, scratch))
}

/// `$p - e$` of a run of probabilities and the unit vector of class `label`, whose elements add to 0.
#[inline(always)]
pub(crate) fn minus_one_hot<T: Real>(p: &mut [T], label: usize) {
    let others = T::ONE - p[label];
    if math::kept(others) || math::is_nan(others) {
        p[label] += -T::ONE;
        return;
    }
    p[label] = T::ZERO;
    p[label] = -sum::over_run(
        [&*p],
        #[inline(always)]
        |[p]| p,
    );
}

/// `$e^{x_i} / \sum_j e^{x_j}$`.
pub(crate) fn softmax<T: Real>(x: &[T], width: usize, y: &mut [T]) {
    let done = tiles::softmax(x, width, y);
    each_run_wide(
        [&x[done..]],
        width,
        &mut y[done..],
        #[inline(always)]
        |[x], y| {
            let total = exponentials(x, largest(x), y);
            let scale = T::ONE / total;
            for y in y.iter_mut() {
                *y *= scale;
            }
        },
    );
}

/// Softmax of one run; 0 where all are -∞.
pub(crate) fn visible<T: Real>(x: &[T], y: &mut [T]) {
    run(
        #[inline(always)]
        || {
            let max = largest(x);
            if max == T::NEG_INFINITY {
                return y.fill(T::ZERO);
            }
            let scale = T::ONE / exponentials(x, max, y);
            for y in y.iter_mut() {
                *y *= scale;
            }
        },
    );
}

/// `$g \mathrel{+}= y \odot (d - \sum d \odot y)$`: the gradient of softmax with result `y`.
pub(crate) fn softmax_pull<T: Real>(y: &[T], d: &[T], width: usize, g: &mut [T]) {
    let sure = is_sure_anywhere(y, T::ONE);
    let done = if sure { 0 } else { tiles::softmax_pull(y, d, width, g) };
    each_run(
        [&y[done..], &d[done..]],
        width,
        &mut g[done..],
        #[inline(always)]
        |[y, d], g| {
            if sure && is_sure(y, T::ONE) {
                return saturated_pull(y, d, g);
            }
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

/// As [`softmax_pull`] where one element has nearly all the weight: weights d count from that element's.
#[inline(always)]
fn saturated_pull<T: Real>(y: &[T], d: &[T], g: &mut [T]) {
    let most = largest(y);
    let d0 = y.iter().position(|&y| y == most).map_or(most, |at| d[at]);
    let inner = sum::over_run(
        [y, d],
        #[inline(always)]
        |[y, d]| y * (d - d0),
    );
    for ((g, &y), &d) in g.iter_mut().zip(y).zip(d) {
        *g += y * ((d - d0) - inner);
    }
}

/// `$x_i - \ln \sum_j e^{x_j}$`.
pub(crate) fn log_softmax<T: Real>(x: &[T], width: usize, y: &mut [T]) {
    let done = tiles::log_softmax(x, width, y);
    each_run_wide(
        [&x[done..]],
        width,
        &mut y[done..],
        #[inline(always)]
        |[x], y| {
            let max = largest(x);
            let total = exponentials(x, max, y);
            let total = log_total(total, y);
            map_run(
                x,
                y,
                #[inline(always)]
                |x| below(x, max) - total,
            );
        },
    );
}

/// `$g \mathrel{+}= d - e^y \sum d$`: the gradient of log-softmax with result `y`.
pub(crate) fn log_softmax_pull<T: Real>(y: &[T], d: &[T], width: usize, g: &mut [T]) {
    let sure = is_sure_anywhere(y, T::ZERO);
    let done = if sure { 0 } else { tiles::log_softmax_pull(y, d, width, g) };
    each_run_wide(
        [&y[done..], &d[done..]],
        width,
        &mut g[done..],
        #[inline(always)]
        |[y, d], g| {
            let total = sum::over_run(
                [d],
                #[inline(always)]
                |[d]| d,
            );
            if sure && is_sure(y, T::ZERO) {
                // d(1 - e^y) and what the others take.
                for ((g, &y), &d) in g.iter_mut().zip(y).zip(d) {
                    *g += -(d * math::expm1(y)) - math::exp(y) * (total - d);
                }
            } else {
                for ((g, &y), &d) in g.iter_mut().zip(y).zip(d) {
                    *g += d - math::exp(y) * total;
                }
            }
        },
    );
}
