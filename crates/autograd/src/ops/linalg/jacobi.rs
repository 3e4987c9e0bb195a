//! Singular values by one-sided Jacobi rotations (Hestenes, 1958): columns are turned in pairs until all are orthogonal.
//! Slower than bidiagonalisation, but small singular values keep their digits, and matrices of deficient rank are no
//! special case (`nalgebra` 0.34 returns factors of those whose product is not the matrix).

use nalgebra::{DMatrix, DVector};

/// `$A = U \operatorname{diag}(s)\, V^\top$`, k = min(m, n) columns each, s in descending order.
pub(super) struct Factors {
    pub(super) u: DMatrix<f64>,
    pub(super) s: DVector<f64>,
    pub(super) v: DMatrix<f64>,
}

/// A power of two near the largest element, where squares and their products could overflow or vanish; else 1.
pub(super) fn scale(a: &DMatrix<f64>) -> f64 {
    let size = a.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    if (2f64.powi(-200)..2f64.powi(200)).contains(&size) { 1.0 } else { power_of_two_below(size) }
}

/// The largest normal power of two that is not above |x|; 1 for 0, ∞ and NaN.
pub(super) fn power_of_two_below(x: f64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return 1.0;
    }
    f64::from_bits(x.abs().max(f64::MIN_POSITIVE).to_bits() & 0x7ff0_0000_0000_0000)
}

/// Decomposes a matrix with finite elements.
pub(super) fn svd(a: &DMatrix<f64>) -> Factors {
    let scale = scale(a);
    if scale != 1.0 {
        let Factors { u, s, v } = svd(&(a / scale));
        return Factors { u, s: s * scale, v };
    }
    if a.nrows() < a.ncols() {
        let Factors { u, s, v } = svd(&a.transpose());
        return Factors { u: v, s, v: u };
    }
    let n = a.ncols();
    // A tall matrix is first made square.
    if a.nrows() > 2 * n && n > 0 {
        let qr = a.clone().qr();
        let Factors { u, s, v } = svd(&qr.r());
        return Factors { u: qr.q() * u, s, v };
    }
    let (mut w, mut v) = (a.clone(), DMatrix::identity(n, n));
    for _ in 0..60 {
        let mut turned = false;
        for p in 0..n {
            for q in p + 1..n {
                turned |= orthogonalize(&mut w, &mut v, p, q);
            }
        }
        if !turned {
            break;
        }
    }
    let lengths: Vec<f64> = w.column_iter().map(|c| c.norm()).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| lengths[j].total_cmp(&lengths[i]));
    let s = DVector::from_iterator(n, order.iter().map(|&i| lengths[i]));
    Factors { u: unit_columns(&w.select_columns(&order), &s), s, v: v.select_columns(&order) }
}

/// Turns columns p and q of both matrices so that those of the first are orthogonal; whether they were not.
fn orthogonalize(w: &mut DMatrix<f64>, v: &mut DMatrix<f64>, p: usize, q: usize) -> bool {
    let (a, b, c) = (w.column(p).norm_squared(), w.column(q).norm_squared(), w.column(p).dot(&w.column(q)));
    if c.abs() <= 1e-15 * (a * b).sqrt() || c == 0.0 {
        return false;
    }
    let zeta = (b - a) / (2.0 * c);
    let t = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
    let cos = 1.0 / (1.0 + t * t).sqrt();
    let sin = cos * t;
    for m in [w, v] {
        for i in 0..m.nrows() {
            let (x, y) = (m[(i, p)], m[(i, q)]);
            m[(i, p)] = cos * x - sin * y;
            m[(i, q)] = sin * x + cos * y;
        }
    }
    true
}

/// Columns divided by their lengths; those without length are replaced by what completes the others.
fn unit_columns(w: &DMatrix<f64>, s: &DVector<f64>) -> DMatrix<f64> {
    let (m, n) = w.shape();
    let least = s.iter().copied().fold(0.0, f64::max) * f64::EPSILON * m as f64;
    let mut u = DMatrix::zeros(m, n);
    for j in 0..n {
        if s[j] > least {
            u.set_column(j, &(w.column(j) / s[j]));
            continue;
        }
        // The unit vector that lies farthest from the columns so far.
        let taken = u.columns(0, j).into_owned();
        let rest = |i: usize| 1.0 - taken.row(i).norm_squared();
        let best = (0..m).max_by(|&i, &k| rest(i).total_cmp(&rest(k))).unwrap_or(0);
        let mut e = DVector::zeros(m);
        e[best] = 1.0;
        for _ in 0..2 {
            let along = taken.transpose() * &e;
            e -= &taken * along;
        }
        u.set_column(j, &e.normalize());
    }
    u
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The factors of a matrix times c are those of the matrix, its values c times as large.
    #[test]
    fn squares_neither_overflow_nor_vanish() {
        let a = DMatrix::from_row_slice(2, 2, &[3.0, 1.0, 0.5, 2.0]);
        let plain = svd(&a);
        for c in [1e100, 1e-200, 1e300, 1e-300] {
            let Factors { u, s, v } = svd(&(&a * c));
            assert!((&u - &plain.u).abs().max() < 1e-14 && (&v - &plain.v).abs().max() < 1e-14, "{c:e}");
            assert!((s / c - &plain.s).abs().max() < 1e-14, "{c:e}");
        }
    }

    #[test]
    fn factors_of_full_and_deficient_rank_give_the_matrix_back() {
        let full = DMatrix::from_fn(7, 4, |i, j| ((i * 5 + j * 3) % 11) as f64 - 4.0);
        let thin =
            DMatrix::from_fn(50, 1, |i, _| (i as f64).sin()) * DMatrix::from_fn(1, 3, |_, j| j as f64 + 0.5);
        for a in [full.clone(), full.transpose(), thin.clone(), thin.transpose(), DMatrix::zeros(3, 3)] {
            let Factors { u, s, v } = svd(&a);
            assert!((&u * DMatrix::from_diagonal(&s) * v.transpose() - &a).abs().max() < 1e-13);
            let k = s.len();
            assert!((u.transpose() * &u - DMatrix::identity(k, k)).abs().max() < 1e-13);
            assert!((v.transpose() * &v - DMatrix::identity(k, k)).abs().max() < 1e-13);
        }
    }
}
