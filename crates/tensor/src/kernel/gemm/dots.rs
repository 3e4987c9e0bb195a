//! Products of few columns whose operands both run along the inner axis: dot products, some at a time, so that each vector
//! that is read serves several. The blocked kernel would lay both operands out again.

use super::NARROW;
use super::matrix::{Mat, Product};
use crate::kernel::{Real, math, parallel, run};

/// Lanes of each dot product.
const LANES: usize = 8;
/// Inner sizes below this are left to the others.
const LEAST: usize = 64;
/// Rows of one parallel piece.
const ROWS: usize = 32;

/// Whether the operands run along the inner axis, of which there is enough, and the result is narrow and so small that widening it
/// costs more (128 × 256 by 256 × 10: 43 µs, widened 11).
pub(super) fn fits<T>((m, k, n): (usize, usize, usize), a: &Mat<'_, T>, b: &Mat<'_, T>) -> bool {
    a.cs == 1 && b.rs == 1 && n < NARROW && k >= LEAST && (n < 3 || m < NARROW)
}

/// `$C = \alpha A B$`, or `$C + \alpha A B$`.
pub(super) fn dots<T: Product>(
    (m, k, n): (usize, usize, usize),
    a: Mat<'_, T>,
    b: Mat<'_, T>,
    alpha: T,
    accumulate: bool,
    c: &mut [T],
) {
    debug_assert!(c.len() == m * n, "the destination is whole");
    parallel::chunks(c, ROWS * n, k as f64 * 0.03, |start, c| {
        run(
            #[inline(always)]
            || {
                for (i, c) in c.chunks_mut(2 * n).enumerate() {
                    let row = |r: usize| &a.data[(start / n + 2 * i + r) * a.rs as usize..][..k];
                    if c.len() == 2 * n {
                        row_of_blocks([row(0), row(1)], b, n, alpha, accumulate, c);
                    } else {
                        row_of_blocks([row(0)], b, n, alpha, accumulate, c);
                    }
                }
            },
        );
    });
}

/// The rows of the result that `a` makes.
#[inline(always)]
fn row_of_blocks<T: Real, const R: usize>(
    a: [&[T]; R],
    b: Mat<'_, T>,
    n: usize,
    alpha: T,
    accumulate: bool,
    c: &mut [T],
) {
    let column = |j: usize| &b.data[j * b.cs as usize..][..a[0].len()];
    let mut put = |r: usize, j: usize, sum: T| {
        let y = &mut c[r * n + j];
        *y = if accumulate { *y + alpha * sum } else { alpha * sum };
    };
    for j in (0..n).step_by(4) {
        if j + 4 <= n {
            let sums = block(a, [column(j), column(j + 1), column(j + 2), column(j + 3)]);
            (0..R).for_each(|r| (0..4).for_each(|s| put(r, j + s, sums[r][s])));
        } else {
            for j in j..n {
                let sums = block(a, [column(j)]);
                (0..R).for_each(|r| put(r, j, sums[r][0]));
            }
        }
    }
}

/// The dot products of each of `a` with each of `b`.
#[inline(always)]
fn block<T: Real, const R: usize, const C: usize>(a: [&[T]; R], b: [&[T]; C]) -> [[T; C]; R] {
    let mut lanes = [[[T::ZERO; LANES]; C]; R];
    let (whole_a, whole_b) = (a.map(|a| a.as_chunks::<LANES>().0), b.map(|b| b.as_chunks::<LANES>().0));
    for p in 0..a[0].len() / LANES {
        let y = whole_b.map(|b| b[p]);
        for (lanes, a) in lanes.iter_mut().zip(whole_a) {
            let x = a[p];
            for (lanes, y) in lanes.iter_mut().zip(&y) {
                for ((lane, &x), &y) in lanes.iter_mut().zip(&x).zip(y) {
                    *lane = math::mul_add(x, y, *lane);
                }
            }
        }
    }
    let mut sums = [[T::ZERO; C]; R];
    for r in 0..R {
        for s in 0..C {
            let l = lanes[r][s];
            let sum = ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]));
            let (x, y) = (a[r].as_chunks::<LANES>().1, b[s].as_chunks::<LANES>().1);
            sums[r][s] = x.iter().zip(y).fold(sum, |sum, (&x, &y)| math::mul_add(x, y, sum));
        }
    }
    sums
}
