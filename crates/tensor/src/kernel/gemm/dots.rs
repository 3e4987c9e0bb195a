//! Products of few columns whose operands both run along the inner axis: dot products, some at a time, so that each vector
//! that is read serves several. The blocked kernel would lay both operands out again.

use super::NARROW;
use super::matrix::{Mat, Product};
use crate::kernel::{Real, math, parallel, run};

/// Lanes of each dot product.
const LANES: usize = 8;
/// Inner sizes below this are left to the others.
pub(super) const LEAST: usize = 32;
/// Rows that are multiplied at once.
const HEIGHT: usize = 4;
/// Rows of one parallel piece.
const ROWS: usize = 32;

/// Whether the operands run along the inner axis, of which there is enough, and the result is narrow and so small that widening it
/// costs more (128 × 256 by 256 × 10: 43 µs, widened 11).
pub(super) fn fits<T>((m, k, n): (usize, usize, usize), a: &Mat<'_, T>, b: &Mat<'_, T>) -> bool {
    a.cs == 1 && b.rs == 1 && k >= LEAST && (n < 5 || n <= NARROW && m < NARROW)
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
                for (i, c) in c.chunks_mut(HEIGHT * n).enumerate() {
                    let row = |r: usize| &a.data[(start / n + HEIGHT * i + r) * a.rs as usize..][..k];
                    if c.len() == HEIGHT * n {
                        row_of_blocks(std::array::from_fn::<_, HEIGHT, _>(row), b, n, alpha, accumulate, c);
                    } else {
                        for (r, c) in c.chunks_mut(n).enumerate() {
                            row_of_blocks([row(r)], b, n, alpha, accumulate, c);
                        }
                    }
                }
            },
        );
    });
}

/// The rows of the result that `a` makes: three columns at a time, since with four rows their sums fill the registers.
#[inline(always)]
fn row_of_blocks<T: Real, const R: usize>(
    a: [&[T]; R],
    b: Mat<'_, T>,
    n: usize,
    alpha: T,
    accumulate: bool,
    c: &mut [T],
) {
    let mut j = 0;
    while j < n {
        j += match n - j {
            1 => columns::<T, R, 1>(a, b, j, n, alpha, accumulate, c),
            2 | 4 => columns::<T, R, 2>(a, b, j, n, alpha, accumulate, c),
            _ => columns::<T, R, 3>(a, b, j, n, alpha, accumulate, c),
        };
    }
}

/// `C` columns of the result from column `j` on; returns how many these are.
#[inline(always)]
fn columns<T: Real, const R: usize, const C: usize>(
    a: [&[T]; R],
    b: Mat<'_, T>,
    j: usize,
    n: usize,
    alpha: T,
    accumulate: bool,
    c: &mut [T],
) -> usize {
    let sums = block(a, std::array::from_fn::<_, C, _>(|s| &b.data[(j + s) * b.cs as usize..][..a[0].len()]));
    for (c, sums) in c.chunks_exact_mut(n).zip(sums) {
        for (y, sum) in c[j..j + C].iter_mut().zip(sums) {
            *y = if accumulate { *y + alpha * sum } else { alpha * sum };
        }
    }
    C
}

/// The dot products of each of `a` with each of `b`.
#[inline(always)]
fn block<T: Real, const R: usize, const C: usize>(a: [&[T]; R], b: [&[T]; C]) -> [[T; C]; R] {
    let mut lanes = [[[T::ZERO; LANES]; C]; R];
    let whole = a[0].len() / LANES;
    let whole_a = a.map(|a| &a.as_chunks::<LANES>().0[..whole]);
    let whole_b = b.map(|b| &b.as_chunks::<LANES>().0[..whole]);
    for p in 0..whole {
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
