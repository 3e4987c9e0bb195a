//! Exponentials of many short runs: taken together they fill whole vectors, which each alone would not.

use super::softmax::below;
use super::{BLOCK, Real, STRETCH, math, run_wide, stretches};

/// Runs shorter than this are taken together, so that their exponentials fill whole vectors.
pub(super) const SHORT: usize = 256;

/// The largest element of a short run, as if there were no NaN: one makes the sum of exponentials NaN, too.
#[inline(always)]
fn largest_of_few<T: Real>(x: &[T]) -> T {
    #[inline(always)]
    fn larger<T: Real>(a: T, b: T) -> T {
        if b > a { b } else { a }
    }
    if x.len() < STRETCH {
        return x.iter().fold(T::NEG_INFINITY, |most, &x| larger(most, x));
    }
    let mut lanes = [T::NEG_INFINITY; STRETCH];
    stretches(
        x.len(),
        #[inline(always)]
        |from| {
            let x: &[T; STRETCH] = x[from..].first_chunk().expect("a stretch");
            for (lane, &x) in lanes.iter_mut().zip(x) {
                *lane = larger(*lane, x);
            }
        },
    );
    // From memory, as in `sum::over_run`.
    let [a, b, c, d, e, f, g, h] = std::hint::black_box(lanes);
    larger(larger(larger(a, e), larger(c, g)), larger(larger(b, f), larger(d, h)))
}

/// `y[i] = f(x[i])` over a short run.
#[inline(always)]
pub(super) fn map_few<T: Real>(x: &[T], y: &mut [T], f: impl Fn(T) -> T) {
    if x.len() < STRETCH {
        y.iter_mut().zip(x).for_each(|(y, &x)| *y = f(x));
        return;
    }
    stretches(
        x.len(),
        #[inline(always)]
        |from| {
            let x: &[T; STRETCH] = x[from..].first_chunk().expect("a stretch");
            let y: &mut [T; STRETCH] = y[from..].first_chunk_mut().expect("a stretch");
            for (y, &x) in y.iter_mut().zip(x) {
                *y = f(x);
            }
        },
    );
}

/// The exponentials of some short runs, less the maximum of each, which goes into `maxima`.
#[inline(always)]
fn exponentials_of_few<T: Real>(x: &[T], width: usize, y: &mut [T], maxima: &mut [T]) {
    for ((x, y), max) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)).zip(maxima) {
        let most = largest_of_few(x);
        *max = most;
        if most == T::INFINITY {
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = below(x, most));
        } else {
            map_few(
                x,
                y,
                #[inline(always)]
                |x| x - most,
            );
        }
    }
    for y in y.iter_mut() {
        *y = math::exp(*y);
    }
}

/// Calls `f(x, y, maximum)` for each of many short runs, whose exponentials less the maximum lie in `y`.
#[inline(always)]
pub(super) fn each_short_run<T: Real>(
    x: &[T],
    width: usize,
    y: &mut [T],
    f: impl Fn(usize, &[T], &mut [T], T),
) {
    run_wide(
        #[inline(always)]
        || {
            let mut maxima = [T::ZERO; BLOCK];
            let runs = BLOCK / width;
            for (i, (x, y)) in x.chunks(runs * width).zip(y.chunks_mut(runs * width)).enumerate() {
                exponentials_of_few(x, width, y, &mut maxima);
                let each = x.chunks_exact(width).zip(y.chunks_exact_mut(width)).zip(&maxima);
                for (k, ((x, y), &max)) in each.enumerate() {
                    f(i * runs + k, x, y, max);
                }
            }
        },
    );
}
