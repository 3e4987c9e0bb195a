//! Large products, cut for the second core.

use super::matrix::{Mat, Product};
use crate::kernel::parallel::{self, Shared};

/// How many panels a large product is cut into. Each panel packs the operand that all share once more, and the cut may not
/// depend on the number of threads, or the bits would: more panels would be paid for on one core too. Two keep two cores
/// busy; a third one has no part in a product.
const PANELS: usize = 2;

/// Cuts the longer side of the destination into a fixed number of panels.
pub(super) fn panels<T: Product>(
    (m, k, n): (usize, usize, usize),
    a: Mat<'_, T>,
    b: Mat<'_, T>,
    alpha: T,
    accumulate: bool,
    c: &mut [T],
) {
    // Cutting the longer side keeps the panels near square, so little is packed twice. The cut depends on sizes alone.
    let by_rows = m >= n;
    let side = if by_rows { m } else { n };
    let size = side.div_ceil(PANELS).next_multiple_of(32);
    let c = Shared::new(c);
    parallel::for_each(side.div_ceil(size), |piece| {
        let start = piece * size;
        let len = size.min(side - start);
        let (mkn, at, a, b) = if by_rows {
            ((len, k, n), start * n, a.rows_from(start), b)
        } else {
            ((m, k, len), start, a, b.cols_from(start))
        };
        // SAFETY: the panel lies inside `c` (checked by `gemm`), panels do not overlap, and each runs once.
        unsafe { T::blocked(mkn, c.at(at), n as isize, 1, accumulate, a, b, alpha) };
    });
}
