//! Short runs, sixty-four at a time.
//!
//! A tile holds its runs transposed: a column is one place of all of them, so that vectors are full whatever the width, and
//! what is one number a run (a maximum, a logarithm, a root) is computed for many at once. The bits are those of the loops
//! over single runs, which do what is left where it is little: sums add in the order of [`over_run`](super::sum::over_run).

use std::mem::MaybeUninit;

use super::pairwise::LANES;
use super::softmax::larger;
use super::sum::SHORT as FEW_LANES;
use super::transpose::eight_by_eight;
use super::{Real, run, run_wide};

/// Runs in a tile: so many that the compiler keeps each loop over them, which it turns into vectors. Of a shorter one it would
/// make vectors the other way round, of numbers that do not lie together.
pub(super) const SIDE: usize = super::TOGETHER;

/// Fewer runs are not worth a tile.
const FEWEST: usize = 16;

/// One place of all runs of a tile.
pub(super) type Column<T> = [T; SIDE];

/// Calls `f` with the number of the first run and with tiles of `x`, the last perhaps with less runs, as long as they are
/// worth it; what `f` leaves in the first tiles is written to the outputs, or added (`adds`). An empty slice gives a tile to
/// work in. Runs of `W` elements and more are left. Returns the elements of each slice that are done.
#[inline(always)]
pub(super) fn each_tile<const W: usize, T: Real, const N: usize, const M: usize>(
    x: [&[T]; N],
    width: usize,
    mut out: [&mut [T]; M],
    adds: bool,
    f: impl Fn(usize, [&mut [Column<T>]; N]),
) -> usize {
    if width == 0 || width >= W {
        return 0;
    }
    let runs = x[0].len() / width;
    let runs = if runs % SIDE < FEWEST { runs - runs % SIDE } else { runs };
    if runs == 0 {
        return 0;
    }
    run_wide(
        #[inline(always)]
        || {
            let mut room = [[const { MaybeUninit::uninit() }; W]; N];
            let mut tiles = room.each_mut().map(
                #[inline(always)]
                |room| cleared(&mut room[..width]),
            );
            for first in (0..runs).step_by(SIDE) {
                let part = first * width..runs.min(first + SIDE) * width;
                for (tile, x) in tiles.iter_mut().zip(x).filter(|(_, x)| !x.is_empty()) {
                    read(&x[part.clone()], width, tile);
                }
                f(
                    first,
                    tiles.each_mut().map(
                        #[inline(always)]
                        |tile| &mut **tile,
                    ),
                );
                for (tile, out) in tiles.iter().zip(&mut out) {
                    let out = &mut out[part.clone()];
                    if adds {
                        write::<T, true>(tile, width, out);
                    } else {
                        write::<T, false>(tile, width, out);
                    }
                }
            }
        },
    );
    runs * width
}

/// Room that holds zeros.
#[inline(always)]
fn cleared<T: Real>(room: &mut [MaybeUninit<Column<T>>]) -> &mut [Column<T>] {
    for column in room.iter_mut() {
        column.write([T::ZERO; SIDE]);
    }
    // SAFETY: each column was written.
    unsafe { &mut *(std::ptr::from_mut(room) as *mut [Column<T>]) }
}

/// At most sixty-four runs into a tile: blocks of eight by eight, the last one over the end of the one before. A call of its
/// own, compiled once for each type, as [`write`].
#[inline(never)]
fn read<T: Real>(x: &[T], width: usize, tile: &mut [Column<T>]) {
    let runs = x.len() / width;
    let blocks = if width < 8 { 0 } else { runs - runs % 8 };
    run(
        #[inline(always)]
        move || {
            for i in (0..blocks).step_by(8) {
                for start in (0..width).step_by(8) {
                    let j = start.min(width - 8);
                    let column = &mut tile.as_flattened_mut()[j * SIDE + i..];
                    eight_by_eight::<T, false>(&x[i * width + j..], width, column, SIDE);
                }
            }
            for (j, column) in tile.iter_mut().enumerate() {
                for i in blocks..runs {
                    column[i] = x[i * width + j];
                }
            }
        },
    );
}

/// A tile into as many runs, or added to them.
#[inline(never)]
fn write<T: Real, const ADD: bool>(tile: &[Column<T>], width: usize, y: &mut [T]) {
    let runs = y.len() / width;
    let blocks = if width < 8 { 0 } else { runs - runs % 8 };
    let rest = width % 8;
    // The last block's columns, if some of them belong to the block before: nothing is added there a second time.
    let mut last = [[-T::ZERO; SIDE]; 8];
    if ADD && blocks > 0 && rest > 0 {
        last[8 - rest..].copy_from_slice(&tile[width - rest..]);
    }
    let last = &last;
    run(
        #[inline(always)]
        move || {
            for i in (0..blocks).step_by(8) {
                for start in (0..width).step_by(8) {
                    let j = start.min(width - 8);
                    let column = if ADD && j < start {
                        &last.as_flattened()[i..]
                    } else {
                        &tile.as_flattened()[j * SIDE + i..]
                    };
                    eight_by_eight::<T, ADD>(column, SIDE, &mut y[i * width + j..], width);
                }
            }
            for (j, column) in tile.iter().enumerate() {
                for i in blocks..runs {
                    let y = &mut y[i * width + j];
                    *y = if ADD { *y + column[i] } else { column[i] };
                }
            }
        },
    );
}

/// The largest number of each run, as if there were no NaN.
#[inline(always)]
pub(super) fn largest<T: Real>(x: &[Column<T>]) -> Column<T> {
    let mut max = [T::NEG_INFINITY; SIDE];
    let (eights, rest) = x.as_chunks::<8>();
    for [a, b, c, d, e, f, g, h] in eights {
        for (i, max) in max.iter_mut().enumerate() {
            let low = larger(larger(a[i], b[i]), larger(c[i], d[i]));
            let high = larger(larger(e[i], f[i]), larger(g[i], h[i]));
            *max = larger(*max, larger(low, high));
        }
    }
    for x in rest {
        for (max, &x) in max.iter_mut().zip(x) {
            *max = larger(*max, x);
        }
    }
    max
}

/// `$\sum_j f(j)$` of columns, each number in the order in which [`over_run`](super::sum::over_run) adds a run of `n`: column
/// `j` belongs to lane `j mod L`, and the lanes are joined pairwise. A lane at a time, which stays in registers.
#[inline(always)]
pub(super) fn sum<T: Real>(n: usize, f: impl Fn(usize) -> Column<T>) -> Column<T> {
    // Counted when it runs: of a count that is known the compiler writes down every lane.
    let count = match n {
        0..FEW_LANES => 1,
        FEW_LANES..LANES => FEW_LANES,
        _ => LANES,
    };
    let mut room = [const { MaybeUninit::uninit() }; LANES];
    let lanes = cleared(&mut room[..count]);
    for (k, lane) in lanes.iter_mut().enumerate() {
        let mut sum = [T::ZERO; SIDE];
        for j in (k..n).step_by(count) {
            add(&mut sum, &f(j));
        }
        *lane = sum;
    }
    let mut width = count / 2;
    while width > 0 {
        let (low, high) = lanes.split_at_mut(width);
        for (low, high) in low.iter_mut().zip(high) {
            add(low, high);
        }
        width /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn add<T: Real>(sum: &mut Column<T>, x: &Column<T>) {
    for (sum, &x) in sum.iter_mut().zip(x) {
        *sum += x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::sum::over_run;
    use crate::kernel::{layer_norm, softmax};

    /// Numbers of all sizes, with signs, zeros of both signs, and what is not finite where `wild`.
    fn numbers<T: Real>(n: usize, seed: u64, wild: bool) -> Vec<T> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 40
        };
        let special = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -0.0, 0.0, 200.0, -200.0];
        let number = |draw: u64, size: u64| match draw % 50 {
            k if wild && (k as usize) < special.len() => special[k as usize],
            _ => (draw as f64 / f64::from(1 << 23) - 1.0) * [1.0, 3.0, 30.0][size as usize % 3],
        };
        (0..n).map(|_| T::of(number(next(), next()))).collect()
    }

    /// A kernel over a range of elements.
    type Kernel<'k, T> = dyn Fn(std::ops::Range<usize>, &mut [T]) + 'k;

    /// What a kernel makes of many runs at once is, to the bit, what it makes of each alone.
    fn as_alone<T: Real>(width: usize, wild: bool) {
        let n = (SIDE + FEWEST + 3) * width;
        let (x, d, gamma) =
            (numbers::<T>(n, 1, wild), numbers::<T>(n, 2, false), numbers::<T>(width, 3, false));
        let labels: Vec<i64> = (0..n / width).map(|i| (i * 7 % width) as i64).collect();
        let start = numbers::<T>(n, 4, false);
        let epsilon = T::of(1e-5);
        let kernels: [(&str, &Kernel<'_, T>); 7] = [
            ("softmax", &|at, y| softmax::softmax(&x[at], width, y)),
            ("log_softmax", &|at, y| softmax::log_softmax(&x[at], width, y)),
            ("softmax_pull", &|at, g| softmax::softmax_pull(&x[at.clone()], &d[at], width, g)),
            ("log_softmax_pull", &|at, g| softmax::log_softmax_pull(&x[at.clone()], &d[at], width, g)),
            ("layer_norm", &|at, y| layer_norm::layer_norm(&x[at], &gamma, &gamma, width, epsilon, y)),
            ("layer_norm_pull", &|at, g| {
                layer_norm::layer_norm_pull(&x[at.clone()], &gamma, &d[at], width, epsilon, g);
            }),
            ("cross_entropy", &|at, y| {
                let runs = at.start / width..at.end / width;
                let mut scratch = vec![T::ZERO; at.len()];
                softmax::cross_entropy(
                    &x[at],
                    &labels[runs.clone()],
                    width,
                    &mut scratch,
                    &mut y[..runs.len()],
                );
            }),
        ];
        for (name, kernel) in kernels {
            let mut together = start.clone();
            kernel(0..n, &mut together);
            for i in 0..n / width {
                let at = i * width..(i + 1) * width;
                let mut alone = start[at.clone()].to_vec();
                let all = if name == "cross_entropy" {
                    alone[0] = start[i];
                    &together[i..=i]
                } else {
                    &together[at.clone()]
                };
                kernel(at, &mut alone);
                for (a, b) in all.iter().zip(&alone) {
                    let same = a.to_f64().to_bits() == b.to_f64().to_bits()
                        || a.to_f64().is_nan() && b.to_f64().is_nan();
                    assert!(same, "{name} of run {i} of width {width}: {a} among others, {b} alone");
                }
            }
        }
    }

    #[test]
    fn runs_taken_together_have_the_bits_of_each_alone() {
        for width in (1..=20).chain([31, 63, 64, 65, 100, 127, 128, 200, 255, 256]) {
            for wild in [false, true] {
                as_alone::<f32>(width, wild);
                as_alone::<f64>(width, wild);
            }
        }
    }

    #[test]
    fn sums_of_columns_add_in_the_order_of_runs() {
        for width in [1, 5, 7, 8, 9, 17, 63, 64, 65, 127] {
            let x = numbers::<f64>(SIDE * width, 5, false);
            let mut tile = vec![[0.0; SIDE]; width];
            read(&x, width, &mut tile);
            let sums = sum(width, |j| tile[j]);
            for (x, sum) in x.chunks_exact(width).zip(sums) {
                assert_eq!(sum.to_bits(), over_run([x], |[x]| x).to_bits(), "of {width}");
            }
            let mut back = x.clone();
            write::<f64, true>(&tile, width, &mut back);
            assert!(back.iter().zip(&x).all(|(back, x)| back.to_bits() == (x + x).to_bits()), "of {width}");
        }
    }
}
