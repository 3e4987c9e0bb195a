//! Sums over the channels of `[outer, channels, inner]`, and functions whose numbers are those of the element's channel.
//!
//! Where a channel's elements lie side by side in long runs, a run is one loop with the channel's numbers in registers. Short
//! runs would be mostly overhead: there a whole sample is the run, beside numbers that are repeated for each element of it.

use super::fold::{Sum, columns};
use super::sum::over_run;
use super::{Real, parallel, run};

/// Shorter runs are taken together.
const SHORT: usize = 16;
/// Elements of one parallel piece.
const PIECE: usize = 1 << 14;
/// Samples whose elements are added one after the other.
const DEEP: usize = 64;
/// Rough nanoseconds of one element.
const COST: f64 = 0.2;

/// How the channels lie.
#[derive(Clone, Copy)]
pub(crate) struct Channels {
    pub(crate) outer: usize,
    pub(crate) channels: usize,
    pub(crate) inner: usize,
}

impl Channels {
    fn sample(&self) -> usize {
        self.channels * self.inner
    }

    /// Numbers of channels, one for each element of a sample.
    fn repeated<T: Real>(&self, numbers: &[T]) -> Vec<T> {
        numbers.iter().flat_map(|&number| std::iter::repeat_n(number, self.inner)).collect()
    }
}

/// `$\sum f(\mu_c, x_i, d_i)$` over each channel.
pub(crate) fn sums<T: Real>(
    at: Channels,
    x: [&[T]; 2],
    mean: &[T],
    f: impl Fn(T, [T; 2]) -> T + Sync + Copy,
    out: &mut [T],
) {
    out.fill(T::ZERO);
    if x[0].is_empty() {
        return;
    }
    if at.inner < SHORT {
        return sums_of_short(at, x, mean, f, out);
    }
    parallel::chunks(out, 1, (at.outer * at.inner) as f64 * COST, |c, out| {
        out[0] = run(
            #[inline(always)]
            || {
                let runs = (0..at.outer).map(|sample| {
                    let start = (sample * at.channels + c) * at.inner;
                    let x = x.map(|x| &x[start..start + at.inner]);
                    let of_run = |x| f(mean[c], x);
                    over_run(x, of_run).to_f64()
                });
                T::of(runs.sum())
            },
        );
    });
}

fn sums_of_short<T: Real>(
    at: Channels,
    x: [&[T]; 2],
    mean: &[T],
    f: impl Fn(T, [T; 2]) -> T + Sync + Copy,
    out: &mut [T],
) {
    let (width, mean) = (at.sample(), at.repeated(mean));
    let samples = DEEP.max(PIECE / width);
    let groups = at.outer.div_ceil(samples);
    let mut partial = vec![T::ZERO; groups * width];
    parallel::chunks(&mut partial, width, samples as f64 * COST, |start, sums| {
        let first = start / width * samples;
        for sample in first..(first + samples).min(at.outer) {
            let x = x.map(|x| &x[sample * width..][..width]);
            add_row(x, &mean, f, sums);
        }
    });
    let mut total = vec![T::ZERO; width];
    columns(Sum, &partial, groups, width, &mut total);
    for (y, total) in out.iter_mut().zip(total.chunks(at.inner)) {
        *y = T::of(total.iter().map(|x| x.to_f64()).sum());
    }
}

/// `$s_i \mathrel{+}= f(\mu_i, x_i, d_i)$`.
fn add_row<T: Real>(x: [&[T]; 2], mean: &[T], f: impl Fn(T, [T; 2]) -> T, sums: &mut [T]) {
    run(
        #[inline(always)]
        || {
            let n = sums.len();
            let (x, mean) = (x.map(|x| &x[..n]), &mean[..n]);
            for i in 0..n {
                sums[i] += f(mean[i], x.map(|x| x[i]));
            }
        },
    );
}

/// `$y_i = f(q_c, \dots, x_i, \dots)$` with the numbers `q` of the element's channel.
pub(crate) fn map<T: Real, const K: usize, const Q: usize>(
    at: Channels,
    x: [&[T]; K],
    numbers: [&[T]; Q],
    f: impl Fn([T; Q], [T; K]) -> T + Sync + Copy,
    y: &mut [T],
) {
    if y.is_empty() {
        return;
    }
    if at.inner < SHORT {
        let (width, numbers) = (at.sample(), numbers.map(|numbers| at.repeated(numbers)));
        let numbers = numbers.each_ref().map(|numbers| &numbers[..]);
        let samples = (PIECE / width).max(1);
        return parallel::chunks(y, samples * width, COST, |start, y| {
            for (i, y) in y.chunks_exact_mut(width).enumerate() {
                let x = x.map(|x| &x[start + i * width..][..width]);
                map_row(x, numbers, f, y);
            }
        });
    }
    let runs = (PIECE / at.inner).max(1);
    parallel::chunks(y, runs * at.inner, COST, |start, y| {
        for (i, y) in y.chunks_exact_mut(at.inner).enumerate() {
            let start = start + i * at.inner;
            let channel = start / at.inner % at.channels;
            let x = x.map(|x| &x[start..start + at.inner]);
            map_run(x, numbers.map(|numbers| numbers[channel]), f, y);
        }
    });
}

fn map_row<T: Real, const K: usize, const Q: usize>(
    x: [&[T]; K],
    numbers: [&[T]; Q],
    f: impl Fn([T; Q], [T; K]) -> T,
    y: &mut [T],
) {
    run(
        #[inline(always)]
        || {
            let n = y.len();
            let (x, numbers) = (x.map(|x| &x[..n]), numbers.map(|numbers| &numbers[..n]));
            for i in 0..n {
                y[i] = f(numbers.map(|numbers| numbers[i]), x.map(|x| x[i]));
            }
        },
    );
}

fn map_run<T: Real, const K: usize, const Q: usize>(
    x: [&[T]; K],
    numbers: [T; Q],
    f: impl Fn([T; Q], [T; K]) -> T,
    y: &mut [T],
) {
    run(
        #[inline(always)]
        || {
            let n = y.len();
            let x = x.map(|x| &x[..n]);
            for i in 0..n {
                y[i] = f(numbers, x.map(|x| x[i]));
            }
        },
    );
}
