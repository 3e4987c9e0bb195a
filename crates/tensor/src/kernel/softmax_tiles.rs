//! The functions of `softmax` for many short runs, taken together. Each returns how many elements it has done; what is left
//! `softmax` does run by run, with the same bits.

use super::softmax::below;
use super::tile::{Column, each_tile};
use super::{Real, SHORT_RUN, math, tile};

/// Takes the largest number of its run from each number of a tile, as if there were no NaN: one makes the sum of exponentials
/// NaN, too.
#[inline(always)]
fn shift_by_largest<T: Real>(x: &mut [Column<T>]) {
    let max = tile::largest(x);
    if max.contains(&T::INFINITY) {
        for x in x {
            for (x, &max) in x.iter_mut().zip(&max) {
                *x = below(*x, max);
            }
        }
        return;
    }
    for x in x {
        for (x, &max) in x.iter_mut().zip(&max) {
            *x -= max;
        }
    }
}

/// Exponentials of a tile, and the sum of each run's.
#[inline(always)]
fn exponentials_in_tile<T: Real>(x: &mut [Column<T>]) -> Column<T> {
    for x in x.as_flattened_mut() {
        *x = math::exp(*x);
    }
    tile::sum(
        x.len(),
        #[inline(always)]
        |j| x[j],
    )
}

/// As `softmax::log_total` for each run of a tile.
#[inline(always)]
fn log_totals<T: Real>(totals: Column<T>, y: &[Column<T>]) -> Column<T> {
    let mut logs = totals;
    for log in &mut logs {
        *log = math::ln(*log);
    }
    if totals.iter().all(|&total| math::kept(total - T::ONE)) {
        return logs;
    }
    let rest = tile::sum(
        y.len(),
        #[inline(always)]
        |j| {
            let mut y = y[j];
            for y in &mut y {
                *y = math::select(*y == T::ONE, T::ZERO, *y);
            }
            y
        },
    );
    for ((log, total), rest) in logs.iter_mut().zip(totals).zip(rest) {
        *log = math::select(math::kept(total - T::ONE), *log, math::log1p(rest));
    }
    logs
}

/// Losses of runs and their labels.
pub(super) fn cross_entropy<T: Real>(x: &[T], labels: &[i64], width: usize, losses: &mut [T]) -> usize {
    let losses = std::cell::Cell::from_mut(losses).as_slice_of_cells();
    each_tile::<SHORT_RUN, _, _, _>(
        [x, &[]],
        width,
        [],
        false,
        #[inline(always)]
        |first, [z, y]| {
            shift_by_largest(z);
            y.copy_from_slice(z);
            let logs = log_totals(exponentials_in_tile(y), y);
            for (i, (log, &label)) in logs.into_iter().zip(&labels[first..]).enumerate() {
                losses[first + i].set(log - z[label as usize][i]);
            }
        },
    )
}

/// Logarithms of sums of exponentials, of runs whose largest number is finite; else what is left is not finite.
pub(super) fn log_sums<T: Real>(x: &[T], width: usize, sums: &mut [T]) -> usize {
    let sums = std::cell::Cell::from_mut(sums).as_slice_of_cells();
    each_tile::<SHORT_RUN, _, _, _>(
        [x],
        width,
        [],
        false,
        #[inline(always)]
        |first, [x]| {
            let max = tile::largest(x);
            shift_by_largest(x);
            let logs = log_totals(exponentials_in_tile(x), x);
            for ((sum, log), max) in sums[first..].iter().zip(logs).zip(max) {
                sum.set(max + log);
            }
        },
    )
}

/// Probabilities.
pub(super) fn softmax<T: Real>(x: &[T], width: usize, y: &mut [T]) -> usize {
    each_tile::<SHORT_RUN, _, _, _>(
        [x],
        width,
        [y],
        false,
        #[inline(always)]
        |_, [x]| {
            shift_by_largest(x);
            let mut scale = exponentials_in_tile(x);
            for scale in &mut scale {
                *scale = T::ONE / *scale;
            }
            for x in x {
                for (x, &scale) in x.iter_mut().zip(&scale) {
                    *x *= scale;
                }
            }
        },
    )
}

/// The gradient of softmax where no probability is nearly 1.
pub(super) fn softmax_pull<T: Real>(y: &[T], d: &[T], width: usize, g: &mut [T]) -> usize {
    each_tile::<16, _, _, _>(
        [y, d],
        width,
        [g],
        true,
        #[inline(always)]
        |_, [y, d]| {
            let inner = tile::sum(
                width,
                #[inline(always)]
                |j| {
                    let mut product = y[j];
                    for (product, &d) in product.iter_mut().zip(&d[j]) {
                        *product *= d;
                    }
                    product
                },
            );
            for (y, d) in y.iter_mut().zip(d) {
                for ((y, &mut d), &inner) in y.iter_mut().zip(d).zip(&inner) {
                    *y *= d - inner;
                }
            }
        },
    )
}

/// Logarithms of probabilities.
pub(super) fn log_softmax<T: Real>(x: &[T], width: usize, y: &mut [T]) -> usize {
    each_tile::<SHORT_RUN, _, _, _>(
        [x, &[]],
        width,
        [y],
        false,
        #[inline(always)]
        |_, [z, y]| {
            shift_by_largest(z);
            y.copy_from_slice(z);
            let logs = log_totals(exponentials_in_tile(y), y);
            for z in z {
                for (z, &log) in z.iter_mut().zip(&logs) {
                    *z -= log;
                }
            }
        },
    )
}

/// The gradient of log-softmax where no probability is nearly 1.
pub(super) fn log_softmax_pull<T: Real>(y: &[T], d: &[T], width: usize, g: &mut [T]) -> usize {
    each_tile::<64, _, _, _>(
        [y, d],
        width,
        [g],
        true,
        #[inline(always)]
        |_, [y, d]| {
            let total = tile::sum(
                width,
                #[inline(always)]
                |j| d[j],
            );
            for y in y.as_flattened_mut() {
                *y = math::exp(*y);
            }
            for (y, d) in y.iter_mut().zip(d) {
                for ((y, &mut d), &total) in y.iter_mut().zip(d).zip(&total) {
                    *y = d - *y * total;
                }
            }
        },
    )
}
