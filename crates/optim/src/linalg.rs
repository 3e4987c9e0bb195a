//! The little linear algebra that second-order rules need, on small dense matrices in F64.

use gradus_tensor::kernel::math;
use gradus_tensor::{DType, Tensor};

/// Eigenvalues and eigenvectors (the columns) of a symmetric matrix, by Jacobi's rotations.
///
/// # Source
/// Jacobi 1846; Golub and Van Loan, *Matrix computations*, algorithm 8.5.2 (cyclic by rows).
pub(crate) fn eigen(matrix: &Tensor) -> (Vec<f64>, Tensor) {
    let n = matrix.shape()[0];
    let mut a = matrix.to_f64_vec();
    let mut v = Tensor::eye_of(n, DType::F64).to_f64_vec();
    let total: f64 = a.iter().map(|x| x * x).sum();
    for _ in 0..60 {
        let off: f64 =
            (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i * n + j].powi(2)).sum();
        if off <= 1e-30 * total {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut v, n, p, q);
            }
        }
    }
    let values = (0..n).map(|i| a[i * n + i]).collect();
    (values, Tensor::from_vec(v, [n, n]))
}

/// The rotation that makes the element (p, q) zero.
fn rotate(a: &mut [f64], v: &mut [f64], n: usize, p: usize, q: usize) {
    let apq = a[p * n + q];
    if apq == 0.0 {
        return;
    }
    let tau = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
    let t = if tau == 0.0 { 1.0 } else { tau.signum() / (tau.abs() + tau.hypot(1.0)) };
    let c = 1.0 / t.hypot(1.0);
    let s = t * c;
    for i in 0..n {
        let (x, y) = (a[i * n + p], a[i * n + q]);
        (a[i * n + p], a[i * n + q]) = (c * x - s * y, s * x + c * y);
    }
    for i in 0..n {
        let (x, y) = (a[p * n + i], a[q * n + i]);
        (a[p * n + i], a[q * n + i]) = (c * x - s * y, s * x + c * y);
        let (x, y) = (v[i * n + p], v[i * n + q]);
        (v[i * n + p], v[i * n + q]) = (c * x - s * y, s * x + c * y);
    }
}

/// A power of a symmetric matrix with eigenvalues kept at or above `floor`.
pub(crate) fn matrix_power(matrix: &Tensor, power: f64, floor: f64) -> Tensor {
    let (values, vectors) = eigen(matrix);
    let values: Vec<f64> = values.into_iter().map(|x| math::max(x, floor).powf(power)).collect();
    let n = values.len();
    (&vectors * Tensor::from_vec(values, [1, n])).matmul(&vectors.t()).to(matrix.dtype())
}

/// The solution of `$A x = b$` for a symmetric positive definite matrix in row-major order, by Cholesky's
/// factors; `None` if the matrix is not positive definite.
pub(crate) fn solve_positive(a: &[f64], b: &[f64]) -> Option<Vec<f64>> {
    let n = b.len();
    let mut l = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let inner: f64 = (0..j).map(|k| l[i * n + k] * l[j * n + k]).sum();
            let rest = a[i * n + j] - inner;
            if i != j {
                l[i * n + j] = rest / l[j * n + j];
            } else if rest > 0.0 {
                l[i * n + i] = rest.sqrt();
            } else {
                return None;
            }
        }
    }
    let mut x = b.to_vec();
    for i in 0..n {
        let inner: f64 = (0..i).map(|k| l[i * n + k] * x[k]).sum();
        x[i] = (x[i] - inner) / l[i * n + i];
    }
    for i in (0..n).rev() {
        let inner: f64 = (i + 1..n).map(|k| l[k * n + i] * x[k]).sum();
        x[i] = (x[i] - inner) / l[i * n + i];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;

    #[test]
    fn eigenvectors_rebuild_the_matrix() {
        let mut rng = gradus_tensor::rng(5);
        let x = Tensor::randn_of([7, 7], DType::F64, &mut rng);
        let a = x.matmul(&x.t());
        let root = matrix_power(&a, 0.5, 0.0);
        let error = (root.matmul(&root) - &a).abs().max().item();
        assert!(error < 1e-12, "{error}");
        let (values, _) = eigen(&Tensor::from([[2.0, 1.0], [1.0, 2.0]]));
        assert!(
            abs_diff_eq!(values[0].min(values[1]), 1.0, epsilon = 1e-15)
                && abs_diff_eq!(values[0].max(values[1]), 3.0, epsilon = 1e-15)
        );
    }

    #[test]
    fn systems() {
        let x = solve_positive(&[4.0, 2.0, 2.0, 3.0], &[10.0, 9.0]).unwrap();
        assert!(abs_diff_eq!(x[0], 1.5, epsilon = 1e-15) && abs_diff_eq!(x[1], 2.0, epsilon = 1e-15));
        assert_eq!(solve_positive(&[1.0, 2.0, 2.0, 1.0], &[1.0, 1.0]), None);
    }
}
