//! Decompositions of each matrix of a batch.

use gradus_tensor::{DType, Shape, Tensor};
use nalgebra::DMatrix;

use super::jacobi::{Factors, power_of_two_below, scale, svd as svd_of};

/// Sizes of the last two axes.
#[track_caller]
pub(super) fn matrix_sizes(op: &str, shape: &Shape) -> (usize, usize) {
    assert!(shape.len() >= 2, "{op}: needs matrices, got {shape}");
    (shape[shape.len() - 2], shape[shape.len() - 1])
}

/// The batch axes with one more axis of this size.
pub(super) fn batch_with(shape: &Shape, last: &[usize]) -> Shape {
    let sizes: Vec<usize> = shape[..shape.len() - 2].iter().chain(last).copied().collect();
    Shape::from(sizes)
}

/// Calls `f` with each matrix of a batch; it appends the elements of the result. The result has `last` as its last axes.
pub(super) fn each(x: &Tensor, last: &[usize], f: impl Fn(&DMatrix<f64>, &mut Vec<f64>)) -> Tensor {
    let (m, n) = matrix_sizes("linalg", x.shape());
    let shape = batch_with(x.shape(), last);
    let mut out = Vec::with_capacity(shape.elements());
    if shape.elements() > 0 {
        let values = x.to(DType::F64).contiguous();
        if m * n == 0 {
            let batch = x.shape()[..x.rank() - 2].iter().product();
            (0..batch).for_each(|_| f(&DMatrix::zeros(m, n), &mut out));
        } else {
            for matrix in values.as_slice::<f64>().chunks(m * n) {
                f(&DMatrix::from_row_slice(m, n, matrix), &mut out);
            }
        }
    }
    Tensor::from_vec(out, shape).to(x.dtype())
}

/// As [`each`] with pairs of matrices from two batches of one shape.
pub(super) fn pairs(
    a: &Tensor,
    b: &Tensor,
    last: &[usize],
    f: impl Fn(&DMatrix<f64>, &mut DMatrix<f64>),
) -> Tensor {
    let ((m, n), (p, q)) = (matrix_sizes("linalg", a.shape()), matrix_sizes("linalg", b.shape()));
    let shape = batch_with(a.shape(), last);
    let mut out = Vec::with_capacity(shape.elements());
    if shape.elements() > 0 {
        let (va, vb) = (a.to(DType::F64).contiguous(), b.to(DType::F64).contiguous());
        for (x, y) in va.as_slice::<f64>().chunks((m * n).max(1)).zip(vb.as_slice::<f64>().chunks(p * q)) {
            let mut y = DMatrix::from_row_slice(p, q, y);
            f(&DMatrix::from_row_slice(m, n, x), &mut y);
            push(&y, &mut out);
        }
    }
    Tensor::from_vec(out, shape).to(a.dtype())
}

/// Appends `count` times NaN, if an element is not finite: an iteration would not end.
fn without_answer(a: &DMatrix<f64>, count: usize, out: &mut Vec<f64>) -> bool {
    let without = a.iter().any(|x| !x.is_finite());
    if without {
        out.extend(std::iter::repeat_n(f64::NAN, count));
    }
    without
}

/// A power of two near the largest element of all matrices; 1 for nothing.
pub(super) fn common_scale(x: &Tensor) -> f64 {
    if x.is_empty() { 1.0 } else { power_of_two_below(x.abs().max().item()) }
}

/// Appends a matrix row by row.
pub(super) fn push(x: &DMatrix<f64>, out: &mut Vec<f64>) {
    out.extend(x.transpose().iter());
}

pub(super) fn inverse(x: &Tensor) -> Tensor {
    let (n, _) = matrix_sizes("inverse", x.shape());
    each(x, &[n, n], |a, out| {
        // Not by cofactors, as nalgebra does for small matrices: their products overflow or vanish.
        let inverse = a.clone().lu().try_inverse();
        push(&inverse.unwrap_or_else(|| DMatrix::from_element(n, n, f64::NAN)), out);
    })
}

pub(super) fn determinant(x: &Tensor) -> Tensor {
    each(x, &[], |a, out| {
        let det = if a.is_empty() { 1.0 } else { a.determinant() };
        let lost = det == 0.0 || !det.is_finite();
        out.push(if lost { product_of_pivots(a) } else { det });
    })
}

/// The determinant where a product on the way could overflow or vanish.
fn product_of_pivots(a: &DMatrix<f64>) -> f64 {
    let lu = a.clone().lu();
    lu.p().determinant::<f64>() * product(lu.u().diagonal().iter().copied())
}

/// A product, also where a part of it overflows or vanishes: the exponents are added apart.
fn product(factors: impl Iterator<Item = f64>) -> f64 {
    let (mut digits, mut exponent) = (1.0, 0);
    for factor in factors {
        let power = power_of_two_below(factor);
        digits *= factor / power;
        let rest = power_of_two_below(digits);
        digits /= rest;
        exponent += (power.log2() + rest.log2()) as i32;
    }
    (0..4).fold(digits, |y, i| y * 2f64.powi((exponent + i).div_euclid(4)))
}

/// The sign of the determinant and the logarithm of its modulus, `[…, 2]`.
pub(super) fn sign_and_log(x: &Tensor) -> Tensor {
    each(x, &[2], |a, out| {
        let lu = a.clone().lu();
        let (mut sign, mut log) = (if a.is_empty() { 1.0 } else { lu.p().determinant::<f64>() }, 0.0);
        for pivot in &lu.u().diagonal() {
            sign *= if *pivot == 0.0 { 0.0 } else { pivot.signum() };
            log += pivot.abs().ln();
        }
        out.extend([sign, log]);
    })
}

pub(super) fn solve(a: &Tensor, b: &Tensor) -> Tensor {
    let (n, k) = matrix_sizes("solve", b.shape());
    pairs(a, b, &[n, k], |a, b| {
        if !a.clone().lu().solve_mut(b) {
            b.fill(f64::NAN);
        }
    })
}

pub(super) fn solve_triangular(a: &Tensor, b: &Tensor, upper: bool, unit: bool) -> Tensor {
    let (n, k) = matrix_sizes("solve_triangular", b.shape());
    pairs(a, b, &[n, k], |a, b| {
        let solved = match (upper, unit) {
            (_, true) => substitute(a, b, upper, true),
            (true, false) => a.solve_upper_triangular_mut(b),
            (false, false) => a.solve_lower_triangular_mut(b),
        };
        if !solved {
            b.fill(f64::INFINITY);
        }
    })
}

fn substitute(a: &DMatrix<f64>, b: &mut DMatrix<f64>, upper: bool, unit: bool) -> bool {
    let n = a.nrows();
    for col in 0..b.ncols() {
        for step in 0..n {
            let i = if upper { n - 1 - step } else { step };
            let others = if upper { i + 1..n } else { 0..i };
            let sum: f64 = others.map(|j| a[(i, j)] * b[(j, col)]).sum();
            b[(i, col)] = (b[(i, col)] - sum) / if unit { 1.0 } else { a[(i, i)] };
        }
    }
    true
}

#[track_caller]
pub(super) fn cholesky(x: &Tensor) -> Tensor {
    let (n, _) = matrix_sizes("cholesky", x.shape());
    let nan = || DMatrix::from_element(n, n, f64::NAN);
    each(x, &[n, n], |a, out| push(&a.clone().cholesky().map_or_else(nan, |c| c.l()), out))
}

/// Q `[m, k]`, then R `[k, n]`.
pub(super) fn qr(x: &Tensor) -> Tensor {
    let (m, n) = matrix_sizes("qr", x.shape());
    let k = m.min(n);
    each(x, &[k * (m + n)], |a, out| {
        if k > 0 {
            let scale = scale(a);
            let qr = (a / scale).qr();
            push(&qr.q(), out);
            push(&(qr.r() * scale), out);
        }
    })
}

/// The eigenvectors as columns `[n, n]`, then the eigenvalues in ascending order.
pub(super) fn eigen(x: &Tensor) -> Tensor {
    let (n, _) = matrix_sizes("eigh", x.shape());
    each(x, &[n * n + n], |a, out| {
        if n == 0 || without_answer(a, n * n + n, out) {
            return;
        }
        // nalgebra reads the lower triangle.
        let scale = scale(a);
        let e = (a / scale).symmetric_eigen();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&i, &j| e.eigenvalues[i].total_cmp(&e.eigenvalues[j]));
        push(&e.eigenvectors.select_columns(&order), out);
        out.extend(order.iter().map(|&i| e.eigenvalues[i] * scale));
    })
}

/// U `[m, k]`, the singular values in descending order, V `[n, k]`.
pub(super) fn svd(x: &Tensor) -> Tensor {
    let (m, n) = matrix_sizes("svd", x.shape());
    let k = m.min(n);
    each(x, &[k * (m + 1 + n)], |a, out| {
        if k == 0 {
            return;
        }
        if without_answer(a, k * (m + 1 + n), out) {
            return;
        }
        let Factors { u, s, v } = svd_of(a);
        push(&u, out);
        out.extend(s.iter());
        push(&v, out);
    })
}

/// The lower triangle mirrored.
fn mirrored(a: &DMatrix<f64>) -> DMatrix<f64> {
    let strict = a.lower_triangle() - DMatrix::from_diagonal(&a.diagonal());
    a.lower_triangle() + strict.transpose()
}

/// The pseudo-inverse; singular values up to `cut` times the largest count as 0. Of `symmetric` matrices the lower
/// triangle counts.
pub(super) fn pseudo_inverse(x: &Tensor, cut: f64, symmetric: bool) -> Tensor {
    let (m, n) = matrix_sizes("pinv", x.shape());
    each(x, &[n, m], |a, out| {
        if m * n == 0 || without_answer(a, m * n, out) {
            return;
        }
        let Factors { u, s, v } = if symmetric { svd_of(&mirrored(a)) } else { svd_of(a) };
        let most = s.max();
        let inverse = s.map(|s| if s > cut * most { 1.0 / s } else { 0.0 });
        push(&(v * DMatrix::from_diagonal(&inverse) * u.transpose()), out);
    })
}

/// The matrix of cofactors, also of singular matrices: `$\det(U V^\top)\, U \operatorname{diag}(\prod_{j \ne i} s_j)\, V^\top$`.
pub(super) fn cofactors(x: &Tensor) -> Tensor {
    let (n, _) = matrix_sizes("det", x.shape());
    each(x, &[n, n], |a, out| {
        if n == 0 || without_answer(a, n * n, out) {
            return;
        }
        let (scaled, [rows, columns]) = equilibrated(a);
        let spread = |powers: &[f64]| {
            let (low, high) =
                powers.iter().fold((f64::MAX, 0.0), |(a, b), &x| (f64::min(a, x), f64::max(b, x)));
            high / low
        };
        if spread(&rows).max(spread(&columns)) <= SPREAD {
            return push(&cofactors_of(a), out);
        }
        let mut cofactors = cofactors_of(&scaled);
        let others = |powers: &[f64], i: usize| [&powers[..i], &powers[i + 1..]].concat();
        for i in 0..n {
            let rows = others(&rows, i);
            for j in 0..n {
                let factors = std::iter::once(cofactors[(i, j)]).chain(rows.iter().copied());
                cofactors[(i, j)] = product(factors.chain(others(&columns, j)));
            }
        }
        push(&cofactors, out);
    })
}

/// Rows or columns that differ by less are not scaled for cofactors: that costs at most half of the digits of a small one.
const SPREAD: f64 = (1u64 << 26) as f64;

/// A matrix whose rows and columns have elements near 1, and the powers of two that they were divided by. The singular values of
/// one whose rows differ in size by more than its digits are lost in the largest.
fn equilibrated(a: &DMatrix<f64>) -> (DMatrix<f64>, [Vec<f64>; 2]) {
    let scale = |largest: f64| if largest > 0.0 { power_of_two_below(largest) } else { 1.0 };
    let mut scaled = a.clone();
    let mut rows = Vec::with_capacity(a.nrows());
    for mut row in scaled.row_iter_mut() {
        let power = scale(row.amax());
        row.unscale_mut(power);
        rows.push(power);
    }
    let mut columns = Vec::with_capacity(a.ncols());
    for mut column in scaled.column_iter_mut() {
        let power = scale(column.amax());
        column.unscale_mut(power);
        columns.push(power);
    }
    (scaled, [rows, columns])
}

/// By the singular values, so for singular matrices too.
fn cofactors_of(a: &DMatrix<f64>) -> DMatrix<f64> {
    let n = a.nrows();
    let Factors { u, s, v } = svd_of(a);
    let vt = v.transpose();
    let others = nalgebra::DVector::from_fn(n, |i, _| product((0..n).filter(|&j| j != i).map(|j| s[j])));
    let sign = (&u * &vt).determinant().signum();
    u * DMatrix::from_diagonal(&others) * vt * sign
}
