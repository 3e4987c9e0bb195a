//! Products of matrices whose left operand is gathered: `$C_{io} = \sum_k x_{b_i + q_k} W_{ko}$`.
//!
//! The windows of a convolution are such a matrix: an element is named by a place of its window and a place in it, so it
//! needs no copy of its own. A tile of up to eight rows and two vectors of columns is summed in registers, in the order of k; the
//! bits do not depend on the width of the vectors.

use pulp::{Simd, WithSimd};

/// Rows of a tile, at most.
const ROWS: usize = 8;

/// What the sums begin with.
#[derive(Clone, Copy)]
pub(crate) enum Start<'a> {
    Zero,
    /// One row, for all of them.
    Row(&'a [f32]),
    /// What is in the result.
    Result,
}

/// Whether [`gathered`] can compute results with so many columns here.
pub(crate) fn serves(width: usize) -> bool {
    #[cfg(target_arch = "x86_64")]
    return width > 0 && width.is_multiple_of(8) && pulp::x86::V3::try_new().is_some();
    #[cfg(not(target_arch = "x86_64"))]
    return false && width > 0;
}

/// The product of `x[rows[i] + offsets[k]]` and `weights`, `[offsets, width]`, into `out`, `[rows, width]`.
///
/// # Panics
/// If the sizes do not fit, an element lies outside of `x`, or [`serves`] says no.
pub(crate) fn gathered(
    x: &[f32],
    rows: &[usize],
    offsets: &[usize],
    weights: &[f32],
    width: usize,
    start: Start<'_>,
    out: &mut [f32],
) {
    assert!(serves(width), "gathered: no vectors for {width} columns");
    let last = |list: &[usize]| list.iter().copied().max().unwrap_or(0);
    let reach = last(rows).checked_add(last(offsets));
    // A product that wraps would let sizes through that the slices do not have.
    assert!(
        offsets.len().checked_mul(width) == Some(weights.len())
            && rows.len().checked_mul(width) == Some(out.len())
            && (rows.is_empty() || offsets.is_empty() || reach.is_some_and(|reach| reach < x.len())),
        "gathered: the sizes do not fit"
    );
    if let Start::Row(row) = start {
        assert!(row.len() == width, "gathered: the first row does not fit");
    }
    #[cfg(target_arch = "x86_64")]
    {
        let product = Product { x, rows, offsets, weights, width, start, out };
        if let Some(v4) = pulp::x86::V4::try_new()
            && width.is_multiple_of(16)
        {
            return Simd::vectorize(v4, product);
        }
        if let Some(v3) = pulp::x86::V3::try_new() {
            Simd::vectorize(v3, product);
        }
    }
}

struct Product<'a> {
    x: &'a [f32],
    rows: &'a [usize],
    offsets: &'a [usize],
    weights: &'a [f32],
    width: usize,
    start: Start<'a>,
    out: &'a mut [f32],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let lanes = S::F32_LANES;
        let mut column = 0;
        // Two vectors of columns where there are registers for sixteen sums.
        while lanes == 16 && column + 2 * lanes <= self.width {
            self.strip::<S, 2>(simd, column);
            column += 2 * lanes;
        }
        while column + lanes <= self.width {
            self.strip::<S, 1>(simd, column);
            column += lanes;
        }
    }
}

impl Product<'_> {
    /// The result in some vectors of columns.
    #[inline(always)]
    fn strip<S: Simd, const N: usize>(&mut self, simd: S, column: usize) {
        let (n, mut row) = (self.rows.len(), 0);
        for left in (1..=n.div_ceil(ROWS)).rev() {
            // The rows are dealt out evenly: a tile of few rows takes as long as one of five.
            let rows = (n - row).div_ceil(left);
            match rows {
                8 => self.tile::<S, N, 8>(simd, row, column),
                7 => self.tile::<S, N, 7>(simd, row, column),
                6 => self.tile::<S, N, 6>(simd, row, column),
                5 => self.tile::<S, N, 5>(simd, row, column),
                4 => self.tile::<S, N, 4>(simd, row, column),
                3 => self.tile::<S, N, 3>(simd, row, column),
                2 => self.tile::<S, N, 2>(simd, row, column),
                _ => self.tile::<S, N, 1>(simd, row, column),
            }
            row += rows;
        }
    }

    /// The result in `R` rows and `N` vectors of columns.
    #[inline(always)]
    fn tile<S: Simd, const N: usize, const R: usize>(&mut self, simd: S, row: usize, column: usize) {
        let (lanes, width) = (S::F32_LANES, self.width);
        debug_assert!(row + R <= self.rows.len() && column + N * lanes <= width);
        let mut sums = [[simd.splat_f32s(0.0); N]; R];
        for (r, sums) in sums.iter_mut().enumerate() {
            for (v, sum) in sums.iter_mut().enumerate() {
                match self.start {
                    Start::Zero => {}
                    Start::Row(numbers) => *sum = load(&numbers[column + v * lanes..][..lanes]),
                    Start::Result => {
                        *sum = load(&self.out[(row + r) * width + column + v * lanes..][..lanes]);
                    }
                }
            }
        }
        let mut x = [self.x.as_ptr(); R];
        for (x, &first) in x.iter_mut().zip(&self.rows[row..]) {
            *x = x.wrapping_add(first);
        }
        for (k, &offset) in self.offsets.iter().enumerate() {
            // SAFETY: as many rows of weights as offsets, and the columns lie inside of them.
            let weights = unsafe { self.weights.as_ptr().add(k * width + column) };
            let mut w = [simd.splat_f32s(0.0); N];
            for (v, w) in w.iter_mut().enumerate() {
                // SAFETY: as above.
                *w = unsafe { weights.add(v * lanes).cast::<S::f32s>().read_unaligned() };
            }
            for r in 0..R {
                // SAFETY: the largest row with the largest offset lies inside `x`.
                let x = simd.splat_f32s(unsafe { *x[r].add(offset) });
                for v in 0..N {
                    sums[r][v] = simd.mul_add_f32s(x, w[v], sums[r][v]);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            for (v, sum) in sums.iter().enumerate() {
                let out = &mut self.out[(row + r) * width + column + v * lanes..][..lanes];
                out.copy_from_slice(bytemuck::cast_slice(std::slice::from_ref(sum)));
            }
        }
    }
}

/// A vector of numbers.
#[inline(always)]
fn load<V: bytemuck::Pod>(x: &[f32]) -> V {
    bytemuck::pod_read_unaligned(bytemuck::cast_slice(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_those_of_the_definition() {
        let x: Vec<f32> = (0..500).map(|i| ((i * 7 % 23) as f32) - 11.0).collect();
        let rows: Vec<usize> = (0..19).map(|i| i * 11).collect();
        let offsets = [0, 3, 4, 50, 250];
        for width in [8, 16, 24, 32, 48, 64].into_iter().filter(|&width| serves(width)) {
            let weights: Vec<f32> = (0..5 * width).map(|i| (i % 13) as f32 - 6.0).collect();
            let bias: Vec<f32> = (0..width).map(|i| i as f32).collect();
            let sum = |i: usize, o: usize| -> f32 {
                (0..5).map(|k| x[rows[i] + offsets[k]] * weights[k * width + o]).sum()
            };
            let mut out = vec![0.0; 19 * width];
            gathered(&x, &rows, &offsets, &weights, width, Start::Row(&bias), &mut out);
            let wrong = |out: &[f32], want: &dyn Fn(usize, usize) -> f32| {
                (0..19 * width).find(|&at| out[at] != want(at / width, at % width))
            };
            assert_eq!(wrong(&out, &|i, o| sum(i, o) + o as f32), None, "{width}");
            gathered(&x, &rows, &offsets, &weights, width, Start::Result, &mut out);
            assert_eq!(wrong(&out, &|i, o| 2.0 * sum(i, o) + o as f32), None, "{width}");
            gathered(&x, &rows, &[], &[], width, Start::Zero, &mut out);
            assert!(out.iter().all(|&y| y == 0.0));
        }
    }

    #[test]
    fn sizes_that_wrap_and_places_outside_are_refused() {
        let x = [1.0; 20];
        let refused = |rows: &[usize], offsets: &[usize], weights: usize, width, out: usize| {
            let (weights, mut out) = (vec![1.0; weights], vec![0.0; out]);
            let call = std::panic::AssertUnwindSafe(|| {
                gathered(&x, rows, offsets, &weights, width, Start::Zero, &mut out);
            });
            std::panic::catch_unwind(call).is_err()
        };
        if serves(8) {
            assert!(!refused(&[0, 11], &[0, 8], 16, 8, 16));
        }
        // Eight times 2⁶¹ wraps to 0, the length of the weights and of the result.
        assert!(refused(&[0; 8], &[0; 8], 0, 1 << 61, 0));
        assert!(refused(&[0, 11], &[0, 9], 16, 8, 16), "one place behind the end");
        assert!(refused(&[usize::MAX], &[1], 8, 8, 8), "a place that wraps");
        assert!(refused(&[0], &[0], 7, 8, 8) && refused(&[0], &[0], 8, 8, 7) && refused(&[0], &[0], 8, 0, 0));
    }
}
