//! Matrix products of strided operands: `$C = \alpha A B + \beta C$`.
//!
//! The blocked kernels are the `gemm` crate's (`matrix`). Around them: vectors by dot products, tiny products by a plain
//! loop (`tiny`), narrow ones by several dot products at a time (`dots`), and large ones cut into panels of fixed size for the second core (`panels`), so the bits do not depend on
//! the number of threads.

mod dots;
mod matrix;
mod panels;
mod tiny;

pub(crate) use matrix::{Mat, Product};

use super::pool::Buffer;
use super::{parallel, sum, transpose};

/// `$C = \alpha A B$`, or `$C + \alpha A B$` when `accumulate`: `a` is `m` × `k`, `b` is `k` × `n`, `c` row-major `m` × `n`.
///
/// # Panics
/// If an element of a matrix lies outside its slice.
pub(crate) fn gemm<T: Product>(
    (m, k, n): (usize, usize, usize),
    a: Mat<'_, T>,
    b: Mat<'_, T>,
    alpha: T,
    accumulate: bool,
    c: &mut [T],
) {
    let fills = m.checked_mul(n) == Some(c.len());
    assert!(fills && a.holds(m, k) && b.holds(k, n), "gemm: a matrix reaches beyond its slice");
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        if !accumulate {
            c.fill(T::ZERO);
        }
        return;
    }
    if n == 1 && b.rs == 1 && a.cs == 1 {
        return matvec((m, k), a, b, alpha, accumulate, c);
    }
    // An inner axis of steps 0 may be of any size.
    if (m * n).saturating_mul(k) <= TINY && tiny::fits((m, k, n), &b) {
        return tiny::tiny((m, k, n), a, b, alpha, accumulate, c);
    }
    if dots::fits((m, k, n), &a, &b) {
        return dots::dots((m, k, n), a, b, alpha, accumulate, c);
    }
    oriented((m, k, n), a, b, alpha, accumulate, c);
}

/// The product in the orientation in which least is laid out again before the blocked kernel, which wants rows.
fn oriented<T: Product>(
    (m, k, n): (usize, usize, usize),
    a: Mat<'_, T>,
    b: Mat<'_, T>,
    alpha: T,
    accumulate: bool,
    c: &mut [T],
) {
    let (columns_a, columns_b) = (a.rs == 1 && a.cs > 1, b.rs == 1 && b.cs > 1);
    // A column is a row, too: the matrix need not be laid out again (16,392 × 128 transposed, times a vector).
    if n == 1 && m > 1 && columns_a {
        return gemm((1, k, m), b.t(), a.t(), alpha, accumulate, c);
    }
    // What the other way round lays out again: one operand, the result, and the result once more.
    let (left, right, results) = (m.saturating_mul(k), n.saturating_mul(k), (m * n).saturating_mul(2));
    // A product of transposes is the transpose of a product.
    if columns_a && columns_b && results <= left.saturating_add(right) {
        return turned((m, k, n), a, b, alpha, accumulate, c);
    }
    if columns_a && b.cs == 1 && right.saturating_add(results) < left / 4 * 3 {
        return turned((m, k, n), a, b, alpha, accumulate, c);
    }
    if columns_a {
        return with_rows_of(a, (m, k), |a| gemm((m, k, n), a, b, alpha, accumulate, c));
    }
    if n < NARROW {
        return padded((m, k, n), a, b, alpha, accumulate, c);
    }
    if m > 1 && columns_b {
        if m < n && left.saturating_add(results) <= right.saturating_mul(2) {
            let rows = if m < SPLIT { m } else { m.div_ceil(2).next_multiple_of(NARROW) };
            return parallel::chunks(c, rows * n, k as f64 * 0.01, |start, c| {
                let (start, rows) = (start / n, c.len() / n);
                turned((rows, k, n), a.rows_from(start), b, alpha, accumulate, c);
            });
        }
        return with_rows_of(b, (k, n), |b| gemm((m, k, n), a, b, alpha, accumulate, c));
    }
    whole((m, k, n), a, b, alpha, accumulate, c);
}

/// The blocked product.
fn whole<T: Product>(
    (m, k, n): (usize, usize, usize),
    a: Mat<'_, T>,
    b: Mat<'_, T>,
    alpha: T,
    accumulate: bool,
    c: &mut [T],
) {
    assert!(c.len() == m * n, "gemm: the destination has another size");
    let flops = 2.0 * m as f64 * n as f64 * k as f64;
    // By size alone, not by the number of threads: the bits must not depend on it.
    if flops < PANEL_FLOPS {
        // SAFETY: `holds` was checked for both operands by `gemm`, the destination above; it is borrowed mutably, so it
        // overlaps neither operand.
        unsafe { T::blocked((m, k, n), c.as_mut_ptr(), n as isize, 1, accumulate, a, b, alpha) };
        return;
    }
    panels::panels((m, k, n), a, b, alpha, accumulate, c);
}

/// Below this many multiplications the blocked kernel's set-up costs more than the product.
const TINY: usize = 4096;
/// From so many rows on a product that is turned is cut into two, each turned by itself: so its copies have two threads, too.
const SPLIT: usize = 96;
/// From here on a product is cut into panels.
const PANEL_FLOPS: f64 = 1e6;

/// Runs `f` with a row-major copy of a matrix with dense columns. The blocked kernel would lay such operands out again
/// itself: in memory from the heap, and slowly where the columns start a multiple of 1 KiB apart, since the lines it gathers
/// fall on the same place of the cache then (64 × 1024 by 1024 × 1024: 43 GFLOP/s, with the copy 116).
fn with_rows_of<T: Product>(x: Mat<'_, T>, (rows, cols): (usize, usize), f: impl FnOnce(Mat<'_, T>)) {
    let mut copy = Buffer::new::<T>(rows * cols);
    let copy = &mut copy.get_mut::<T>().expect("a fresh block has one owner")[..rows * cols];
    transpose::transpose(x.data, rows, cols, x.cs as usize, copy);
    f(Mat { data: copy, rs: cols as isize, cs: 1 });
}

/// A product by way of `$C^\top = B^\top A^\top$`: where the left operand has dense columns and is the largest of the three (a weight's
/// gradient over many rows), or the right one (few rows times a weight's transpose), the others are laid out again instead.
fn turned<T: Product>(
    (m, k, n): (usize, usize, usize),
    a: Mat<'_, T>,
    b: Mat<'_, T>,
    alpha: T,
    accumulate: bool,
    c: &mut [T],
) {
    let mut product = Buffer::new::<T>(m * n);
    let product = &mut product.get_mut::<T>().expect("a fresh block has one owner")[..m * n];
    gemm((n, k, m), b.t(), a.t(), alpha, false, product);
    if accumulate {
        let turned = Mat { data: &*product, rs: 1, cs: m as isize };
        with_rows_of(turned, (m, n), |sum| super::axpy::add(sum.data, c));
    } else {
        transpose::transpose(product, m, n, m, c);
    }
}

/// Destinations narrower than a vector of the blocked kernel are widened to one.
const NARROW: usize = 16;

/// A narrow product by way of right operand and destination of [`NARROW`] columns.
fn padded<T: Product>(
    (m, k, n): (usize, usize, usize),
    a: Mat<'_, T>,
    b: Mat<'_, T>,
    alpha: T,
    accumulate: bool,
    c: &mut [T],
) {
    let wide = |n: usize| Buffer::new::<T>(n.saturating_mul(NARROW));
    let (mut wide_b, mut wide_c) = (wide(k), wide(m));
    let wide_b = &mut wide_b.get_mut::<T>().expect("a fresh block has one owner")[..k * NARROW];
    let wide_c = &mut wide_c.get_mut::<T>().expect("a fresh block has one owner")[..m * NARROW];
    widen(b, n, wide_b);
    let wide = Mat { data: &*wide_b, rs: NARROW as isize, cs: 1 };
    gemm((m, k, NARROW), a, wide, alpha, false, wide_c);
    for (c, wide) in c.chunks_exact_mut(n).zip(wide_c.chunks_exact(NARROW)) {
        for (y, &x) in c.iter_mut().zip(wide) {
            *y = if accumulate { *y + x } else { x };
        }
    }
}

/// The `n` columns of a matrix, and zeros up to [`NARROW`].
fn widen<T: Product>(x: Mat<'_, T>, n: usize, wide: &mut [T]) {
    let (rs, cs) = (x.rs as usize, x.cs as usize);
    if cs == 1 {
        for (p, row) in wide.chunks_exact_mut(NARROW).enumerate() {
            row[..n].copy_from_slice(&x.data[p * rs..][..n]);
            row[n..].fill(T::ZERO);
        }
        return;
    }
    // Some rows at a time, so that each line of the cache is visited once.
    for (p, rows) in wide.chunks_mut(NARROW * 8).enumerate() {
        let mut tile = [[T::ZERO; NARROW]; 8];
        let height = rows.len() / NARROW;
        for j in 0..n {
            let column = &x.data[p * 8 * rs + j * cs..];
            for (q, row) in tile.iter_mut().take(height).enumerate() {
                row[j] = column[q * rs];
            }
        }
        rows.copy_from_slice(&tile.as_flattened()[..rows.len()]);
    }
}

/// Dot products below this length are made some at a time.
const SHORT: usize = 256;

/// One dot product a row: short ones one by one, longer ones some at a time, long ones each in many lanes.
fn matvec<T: Product>(
    (m, k): (usize, usize),
    a: Mat<'_, T>,
    b: Mat<'_, T>,
    alpha: T,
    accumulate: bool,
    c: &mut [T],
) {
    debug_assert!(c.len() == m);
    if (dots::LEAST..SHORT).contains(&k) {
        return dots::dots((m, k, 1), a, b, alpha, accumulate, c);
    }
    let row = |i: usize| &a.data[i * a.rs as usize..][..k];
    let put = |y: &mut T, value: T| *y = if accumulate { *y + alpha * value } else { alpha * value };
    let b = &b.data[..k];
    parallel::chunks(c, 64, k as f64 * 0.1, |start, c| {
        if k < dots::LEAST {
            return tiny::dots(c, |i| row(start + i), b, put);
        }
        for (i, y) in c.iter_mut().enumerate() {
            put(y, sum::dot(row(start + i), b));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(
        m: usize,
        k: usize,
        n: usize,
        a: impl Fn(usize, usize) -> f64,
        b: impl Fn(usize, usize) -> f64,
    ) -> Vec<f64> {
        let mut c = vec![0.0; m * n];
        for i in 0..m {
            for j in 0..n {
                c[i * n + j] = (0..k).map(|p| a(i, p) * b(p, j)).sum();
            }
        }
        c
    }

    #[test]
    fn agrees_with_the_definition_for_all_layouts_and_sizes() {
        for (m, k, n) in [
            (1, 1, 1),
            (3, 5, 1),
            (1, 7, 9),
            (8, 8, 8),
            (17, 33, 19),
            (64, 40, 70),
            (200, 70, 90),
            (70, 90, 230),
            (35, 75, 10),
            (2, 130, 15),
            (1, 40, 20),
            (70, 20, 1),
            (70, 100, 1),
            (70, 300, 1),
            (6, 100, 16),
            (70, 100, 4),
            (21, 40, 3),
            (3, 70, 100),
            (96, 400, 300),
        ] {
            let a: Vec<f64> = (0..m * k).map(|i| ((i * 37) % 11) as f64 - 5.0).collect();
            let b: Vec<f64> = (0..k * n).map(|i| ((i * 53) % 13) as f64 - 6.0).collect();
            for (ars, acs, brs, bcs) in [(k, 1, n, 1), (1, m, n, 1), (k, 1, 1, k), (1, m, 1, k)] {
                let want = naive(m, k, n, |i, p| a[i * ars + p * acs], |p, j| b[p * brs + j * bcs]);
                let a = Mat { data: &a[..], rs: ars as isize, cs: acs as isize };
                let b = Mat { data: &b[..], rs: brs as isize, cs: bcs as isize };
                let mut c = vec![1.0; m * n];
                gemm((m, k, n), a, b, 1.0, false, &mut c);
                assert_eq!(c, want, "{m} {k} {n} {ars} {brs}");
                gemm((m, k, n), a, b, -1.0, true, &mut c);
                assert!(c.iter().all(|&x| x == 0.0));
            }
        }
    }

    #[test]
    fn no_inner_size_gives_zeros() {
        let mut c = vec![1.0f32; 6];
        let empty = Mat { data: &[][..], rs: 0, cs: 1 };
        gemm((2, 0, 3), empty, empty, 1.0, false, &mut c);
        assert_eq!(c, [0.0; 6]);
    }

    #[test]
    fn sizes_and_steps_that_wrap_are_refused() {
        const HUGE: usize = 1 << 32;
        let one = [1.0f32];
        let refused = |mkn, rs, cs, c: &mut [f32]| {
            let a = Mat { data: &one[..], rs, cs };
            let call = std::panic::AssertUnwindSafe(|| gemm(mkn, a, a, 1.0, false, c));
            std::panic::catch_unwind(call).is_err()
        };
        // m · n wraps to 0, the length of the destination.
        assert!(refused((HUGE, 1, HUGE), 0, 0, &mut []));
        // The last place wraps to 0.
        assert!(refused((2, 2, 2), isize::MAX, isize::MAX, &mut [0.0; 4]));
        assert!(refused((3, 1, 1), isize::MIN, 1, &mut [0.0; 3]));
        assert!(refused((5, 1, 1), 1 << 62, 0, &mut [0.0; 5]));
    }

    #[test]
    #[should_panic(expected = "reaches beyond its slice")]
    fn a_short_slice_is_refused() {
        let a = Mat { data: &[1.0f32; 5][..], rs: 3, cs: 1 };
        gemm((2, 3, 2), a, a, 1.0, false, &mut [0.0; 4]);
    }
}
