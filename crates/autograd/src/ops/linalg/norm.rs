//! Norms of matrices and condition numbers.

use super::kernel::matrix_sizes;
use crate::var::Var;

/// Which norm of a matrix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MatrixNorm {
    /// `$\sqrt{\sum a_{ij}^2}$`.
    Frobenius,
    /// The sum of the singular values.
    Nuclear,
    /// p = 1, -1: the largest, smallest sum of moduli of a column; ±∞: of a row; ±2: the largest, smallest singular value.
    Order(f64),
}

/// Panics unless there are matrices that have this norm.
#[track_caller]
fn check_order(op: &str, x: Var<'_>, which: MatrixNorm) {
    let (m, n) = matrix_sizes(op, &x.shape());
    let MatrixNorm::Order(p) = which else { return };
    assert!([1.0, 2.0, f64::INFINITY].contains(&p.abs()), "{op}: order {p} is none of ±1, ±2, ±∞");
    // A sum over nothing is 0; the largest or smallest of nothing is undefined.
    let (what, enough) = match p.abs() {
        1.0 => ("columns", n > 0),
        2.0 => ("singular values", m > 0 && n > 0),
        _ => ("rows", m > 0),
    };
    let most = if p > 0.0 { "largest" } else { "smallest" };
    assert!(enough, "{op}: {} has no {what}, and their {most} norm of order {p} is undefined", x.shape());
}

/// # Norms of matrices
impl<'t> Var<'t> {
    /// A norm of the matrices in the last two axes: `[…, m, n]` to `[…]`.
    ///
    /// # Panics
    /// If there are less than two axes or the order is none of those known.
    #[track_caller]
    pub fn matrix_norm(self, which: MatrixNorm) -> Self {
        crate::ops::expect::floats("matrix_norm", self.dtype());
        check_order("matrix_norm", self, which);
        let extreme = |x: Self, p: f64| if p > 0.0 { x.max_axes(-1) } else { x.min_axes(-1) };
        match which {
            MatrixNorm::Frobenius => self.norm_axes([-2, -1]),
            MatrixNorm::Nuclear => self.singular_values().sum_axes(-1),
            MatrixNorm::Order(p) if p.abs() == 2.0 => extreme(self.singular_values(), p),
            MatrixNorm::Order(p) if p.abs() == 1.0 => extreme(self.abs().sum_axes(-2), p),
            MatrixNorm::Order(p) if p.is_infinite() => extreme(self.abs().sum_axes(-1), p),
            MatrixNorm::Order(p) => unreachable!("order {p} was checked"),
        }
    }

    /// `$\lVert A \rVert\, \lVert A^{-1} \rVert$` of the matrices in the last two axes, `[…, n, n]` to `[…]`;
    /// for order 2 the ratio of the singular values, of any matrices.
    ///
    /// # Panics
    /// As [`Self::matrix_norm`]; for other orders than ±2 also if the matrices are not square.
    #[track_caller]
    pub fn cond(self, which: MatrixNorm) -> Self {
        crate::ops::expect::floats("cond", self.dtype());
        if let MatrixNorm::Order(p) = which
            && p.abs() == 2.0
        {
            let (m, n) = matrix_sizes("cond", &self.shape());
            assert!(m > 0 && n > 0, "cond: {} has no elements, and so no singular values", self.shape());
            let s = self.singular_values();
            let n = s.shape()[s.rank() - 1] as isize;
            let (most, least) = (s.select(-1, 0), s.select(-1, n - 1));
            return if p > 0.0 { most / least } else { least / most };
        }
        self.square_size("cond");
        check_order("cond", self, which);
        self.matrix_norm(which) * self.inverse().matrix_norm(which)
    }
}
