//! What a product is made of: strided matrices, and the blocked kernel of each element type.

use gemm_common::Parallelism;

use crate::kernel::Real;

/// A strided matrix inside a slice: element `(i, j)` is `data[i·rs + j·cs]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mat<'a, T> {
    /// The memory, from element `(0, 0)` on.
    pub data: &'a [T],
    /// Step from row to row.
    pub rs: isize,
    /// Step from column to column.
    pub cs: isize,
}

impl<T> Mat<'_, T> {
    /// The transpose, over the same memory.
    pub(crate) fn t(self) -> Self {
        Self { rs: self.cs, cs: self.rs, ..self }
    }

    /// Whether every element of an `m` × `n` matrix lies inside the slice.
    pub(super) fn holds(&self, m: usize, n: usize) -> bool {
        if m == 0 || n == 0 {
            return true;
        }
        let (Ok(rs), Ok(cs)) = (usize::try_from(self.rs), usize::try_from(self.cs)) else { return false };
        let (down, right) = ((m - 1).checked_mul(rs), (n - 1).checked_mul(cs));
        let last = down.zip(right).and_then(|(down, right)| down.checked_add(right));
        last.is_some_and(|last| last < self.data.len())
    }

    /// The rows from `i` on.
    pub(crate) fn rows_from(self, i: usize) -> Self {
        Self { data: &self.data[i * self.rs as usize..], ..self }
    }

    /// The columns from `j` on.
    pub(crate) fn cols_from(self, j: usize) -> Self {
        Self { data: &self.data[j * self.cs as usize..], ..self }
    }
}

/// The element types that products are made of.
pub(crate) trait Product: Real {
    /// # Safety
    /// As of the `gemm` crate: every element of the three matrices must lie inside its allocation, and the destination
    /// must not overlap the operands.
    #[doc(hidden)]
    #[expect(clippy::too_many_arguments, reason = "the signature of the kernel's entry")]
    unsafe fn blocked(
        mkn: (usize, usize, usize),
        c: *mut Self,
        rs: isize,
        cs: isize,
        accumulate: bool,
        a: Mat<'_, Self>,
        b: Mat<'_, Self>,
        alpha: Self,
    );
}

macro_rules! product {
    ($t:ident, $krate:ident) => {
        impl Product for $t {
            unsafe fn blocked(
                (m, k, n): (usize, usize, usize),
                c: *mut Self,
                rs: isize,
                cs: isize,
                accumulate: bool,
                a: Mat<'_, Self>,
                b: Mat<'_, Self>,
                alpha: Self,
            ) {
                // The kernel prefers column-major destinations; Cᵀ = Bᵀ Aᵀ.
                let transposed = cs < rs;
                let gemm = $krate::gemm::$t::get_gemm_fn();
                let ((m, n), (rs, cs), (a, b)) =
                    if transposed { ((n, m), (cs, rs), (b.t(), a.t())) } else { ((m, n), (rs, cs), (a, b)) };
                // SAFETY: as the caller promises.
                unsafe {
                    gemm(
                        m,
                        n,
                        k,
                        c,
                        cs,
                        rs,
                        accumulate,
                        a.data.as_ptr(),
                        a.cs,
                        a.rs,
                        b.data.as_ptr(),
                        b.cs,
                        b.rs,
                        1.0,
                        alpha,
                        false,
                        false,
                        false,
                        Parallelism::None,
                    );
                }
            }
        }
    };
}
product!(f32, gemm_f32);
product!(f64, gemm_f64);
