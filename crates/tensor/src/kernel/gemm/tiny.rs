//! Products so small that packing would cost more than the multiplications.

use super::matrix::{Mat, Product};
use crate::kernel::{Real, math, run};

/// Elements of the scratch memory for an operand or result that is laid out again.
const SCRATCH: usize = 1024;
/// Columns that are summed at once, in registers.
const TILE: usize = 32;
/// Destinations narrower than this are computed transposed.
const NARROW: usize = 8;

/// Whether [`tiny`] can take the right operand.
pub(super) fn fits<T>((_, k, n): (usize, usize, usize), b: &Mat<'_, T>) -> bool {
    b.cs == 1 || k * n <= SCRATCH
}

/// `$C = \alpha A B$`, or `$C + \alpha A B$`, row by row.
pub(super) fn tiny<T: Product>(
    (m, k, n): (usize, usize, usize),
    a: Mat<'_, T>,
    b: Mat<'_, T>,
    alpha: T,
    accumulate: bool,
    c: &mut [T],
) {
    let mut scratch = [T::ZERO; SCRATCH];
    if n < NARROW && m >= NARROW && a.rs == 1 && m * n <= SCRATCH {
        // Cᵀ = Bᵀ Aᵀ has long rows.
        let product = &mut scratch[..m * n];
        rows((n, k, m), b.t(), a.t(), alpha, false, product);
        for (i, row) in c.chunks_exact_mut(n).enumerate() {
            for (j, y) in row.iter_mut().enumerate() {
                *y = if accumulate { *y + product[j * m + i] } else { product[j * m + i] };
            }
        }
        return;
    }
    if b.cs == 1 {
        return rows((m, k, n), a, b, alpha, accumulate, c);
    }
    for (p, row) in scratch.chunks_exact_mut(n).take(k).enumerate() {
        for (j, x) in row.iter_mut().enumerate() {
            *x = b.data[p * b.rs as usize + j * b.cs as usize];
        }
    }
    let packed = Mat { data: &scratch[..], rs: n as isize, cs: 1 };
    rows((m, k, n), a, packed, alpha, accumulate, c);
}

/// The product with a right operand whose rows are dense: tiles of a row of the result are summed in registers.
fn rows<T: Real>(
    (m, k, n): (usize, usize, usize),
    a: Mat<'_, T>,
    b: Mat<'_, T>,
    alpha: T,
    accumulate: bool,
    c: &mut [T],
) {
    run(
        #[inline(always)]
        || {
            for i in 0..m {
                let c = &mut c[i * n..(i + 1) * n];
                let a = Mat { data: &a.data[i * a.rs as usize..], ..a };
                let mut j = 0;
                while j + TILE <= n {
                    tile::<T, TILE>(k, a, b, j, alpha, accumulate, c);
                    j += TILE;
                }
                while j + 8 <= n {
                    tile::<T, 8>(k, a, b, j, alpha, accumulate, c);
                    j += 8;
                }
                while j < n {
                    tile::<T, 1>(k, a, b, j, alpha, accumulate, c);
                    j += 1;
                }
            }
        },
    );
}

/// `c[j..j + W] = alpha · a · b[.., j..j + W]`, or added to it, for one row `a`.
#[inline(always)]
fn tile<T: Real, const W: usize>(
    k: usize,
    a: Mat<'_, T>,
    b: Mat<'_, T>,
    j: usize,
    alpha: T,
    accumulate: bool,
    c: &mut [T],
) {
    let mut sums = [T::ZERO; W];
    for p in 0..k {
        let x = alpha * a.data[p * a.cs as usize];
        let row: &[T; W] = b.data[p * b.rs as usize + j..].first_chunk().expect("the row reaches to its end");
        for (sum, &y) in sums.iter_mut().zip(row) {
            *sum = math::mul_add(x, y, *sum);
        }
    }
    for (y, sum) in c[j..j + W].iter_mut().zip(sums) {
        *y = if accumulate { *y + sum } else { sum };
    }
}

/// The dot product of each short row with `x`, for `put` to put into its place.
pub(super) fn dots<'a, T: Real>(
    c: &mut [T],
    row: impl Fn(usize) -> &'a [T],
    x: &[T],
    put: impl Fn(&mut T, T),
) {
    run(
        #[inline(always)]
        || {
            for (i, y) in c.iter_mut().enumerate() {
                put(y, row(i).iter().zip(x).fold(T::ZERO, |sum, (&x, &y)| math::mul_add(x, y, sum)));
            }
        },
    );
}
