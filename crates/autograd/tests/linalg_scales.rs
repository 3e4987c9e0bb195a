//! Linear algebra far from 1: what is homogeneous of degree p has c^p times the value at c A, and its slope c^(p - 1) times,
//! in squares that overflow or vanish, too.
#![cfg(feature = "linalg")]

use approx::{abs_diff_eq, assert_abs_diff_eq, relative_eq};
use gradus_autograd::ops::MatrixNorm;
use gradus_autograd::{Tape, Var};
use gradus_tensor::{DType, Tensor};

type Function = for<'t> fn(Var<'t>) -> Var<'t>;

fn regular() -> Tensor {
    Tensor::from([[3.0, 1.0, -0.5], [0.5, 2.0, 0.7], [-0.3, 0.4, 1.5]])
}

fn tall() -> Tensor {
    Tensor::from([[3.0, 1.0], [0.5, 2.0], [-0.3, 0.4]])
}

/// Symmetric and positive definite.
fn positive() -> Tensor {
    Tensor::from([[3.0, 1.0, -0.5], [1.0, 2.0, 0.7], [-0.5, 0.7, 1.5]])
}

/// Name, matrix, degree, function.
fn cases() -> Vec<(&'static str, Tensor, f64, Function)> {
    vec![
        ("inverse", regular(), -1.0, |a| a.inverse()),
        ("solve", regular(), -1.0, |a| a.solve(a.tape().constant(tall()))),
        ("solve_triangular", regular(), -1.0, |a| a.solve_triangular(a.tape().constant(tall()), true, false)),
        ("pinv", regular(), -1.0, |a| a.pinv(1e-12)),
        ("pinv of a tall matrix", tall(), -1.0, |a| a.pinv(1e-12)),
        ("pinv of a flat matrix", tall().t(), -1.0, |a| a.pinv(1e-12)),
        ("pinv_symmetric", positive(), -1.0, |a| a.pinv_symmetric(1e-12)),
        ("least_squares", tall(), -1.0, |a| a.least_squares(a.tape().constant(tall()))),
        ("Q", regular(), 0.0, |a| a.qr().0),
        ("R", regular(), 1.0, |a| a.qr().1),
        ("Q of a tall matrix", tall(), 0.0, |a| a.qr().0),
        ("R of a tall matrix", tall(), 1.0, |a| a.qr().1),
        ("Q of a flat matrix", tall().t(), 0.0, |a| a.qr().0),
        ("R of a flat matrix", tall().t(), 1.0, |a| a.qr().1),
        ("U", regular(), 0.0, |a| a.svd().u),
        ("s", tall(), 1.0, |a| a.svd().s),
        ("V of a flat matrix", tall().t(), 0.0, |a| a.svd().v),
        ("eigenvalues", positive(), 1.0, |a| a.eigh().values),
        ("eigenvectors", positive(), 0.0, |a| a.eigh().vectors),
        ("cholesky", positive(), 0.5, |a| a.cholesky()),
        ("Frobenius", regular(), 1.0, |a| a.matrix_norm(MatrixNorm::Frobenius)),
        ("nuclear", regular(), 1.0, |a| a.matrix_norm(MatrixNorm::Nuclear)),
        ("order 2", regular(), 1.0, |a| a.matrix_norm(MatrixNorm::Order(2.0))),
        ("order 1", regular(), 1.0, |a| a.matrix_norm(MatrixNorm::Order(1.0))),
        ("condition", regular(), 0.0, |a| a.cond(MatrixNorm::Order(2.0))),
        ("condition of order 1", regular(), 0.0, |a| a.cond(MatrixNorm::Order(1.0))),
    ]
}

/// The value of `f` times `unit`, and the slope of its sum with weights in A, by both sweeps.
fn value_and_slope(f: Function, a: &Tensor, unit: f64) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let tape = Tape::new();
    let x = tape.var(a.clone());
    let y = f(x) * unit;
    let weights: Vec<f64> = (0..y.elements()).map(|k| 1.0 + 0.3 * k as f64).collect();
    let sum = (y * &Tensor::from_vec(weights, y.shape()).to(a.dtype())).sum();
    (y.value().to_f64_vec(), sum.backward().wrt(x).to_f64_vec(), sum.grad(x).value().to_f64_vec())
}

fn near(what: &str, got: &[f64], want: &[f64], factor: f64, rtol: f64) {
    let size = want.iter().fold(0.0, |m: f64, w| m.max(w.abs()));
    for (g, w) in got.iter().zip(want) {
        assert!(
            size.is_finite() && abs_diff_eq!(g * factor, w, epsilon = rtol * size),
            "{what}: {got:?} times {factor:e}, not {want:?}"
        );
    }
}

#[test]
fn functions_that_are_homogeneous() {
    for (name, a, degree, f) in cases() {
        let (y, slope, recorded) = value_and_slope(f, &a, 1.0);
        near(name, &recorded, &slope, 1.0, 1e-12);
        for c in [1e100, 1e-100, 1e-200, 1e200, 1e290, 1e-290] {
            let what = format!("{name} at {c:e}");
            let (large, numeric, recorded) = value_and_slope(f, &(&a * c), c.powf(-degree));
            near(&what, &large, &y, 1.0, 1e-12);
            near(&what, &numeric, &slope, c, 1e-11);
            near(&what, &recorded, &slope, c, 1e-11);
        }
        let a = a.to(DType::F32);
        let (y, slope, _) = value_and_slope(f, &a, 1.0);
        for c in [1e30, 1e-30, 1e25, 1e-25] {
            let what = format!("{name} in f32 at {c:e}");
            let (large, numeric, recorded) = value_and_slope(f, &(&a * c), c.powf(-degree));
            near(&what, &large, &y, 1.0, 1e-5);
            near(&what, &numeric, &slope, c, 1e-4);
            near(&what, &recorded, &slope, c, 1e-4);
        }
    }
}

/// ln |det c A| = ln |det A| + n ln c; the slope is that of A over c.
#[test]
fn logarithms_of_determinants() {
    let log: Function = |a| a.slogdet().1;
    let (y, slope, _) = value_and_slope(log, &regular(), 1.0);
    let at = |a: &Tensor| Tape::new().var(a.clone()).slogdet().0.item();
    for c in [1e100, 1e-200, 1e290, 1e-290] {
        let (large, numeric, _) = value_and_slope(log, &(&regular() * c), 1.0);
        near("slogdet", &[large[0] - 3.0 * c.ln()], &y, 1.0, 1e-12);
        near("slogdet", &numeric, &slope, c, 1e-12);
        assert_eq!((at(&(&regular() * c)), at(&(&regular() * -c))), (1.0, -1.0));
    }
    let single = regular().to(DType::F32);
    for c in [1e30, 1e-30] {
        let (large, numeric, _) = value_and_slope(log, &(&single * c), 1.0);
        near("slogdet", &[large[0] - 3.0 * c.ln()], &y, 1.0, 1e-4);
        near("slogdet", &numeric, &slope, c, 1e-5);
    }
}

/// The slopes of such a determinant, its cofactors: det A / aᵢᵢ of a diagonal matrix; of [[a, b], [c, d]] with rows and columns
/// of any size [[d, -c], [-b, a]].
#[test]
fn slopes_of_determinants_of_large_and_small() {
    for diagonal in
        [[1e200, 1e200, 1e-200, 1e-200], [1e-200, 1e200, 1e-200, 1e200], [1e100, 1.0, 1e-150, 3.0]]
    {
        let tape = Tape::new();
        let x = tape.var(Tensor::from(diagonal));
        let slope = x.diag_embed(0).det().backward().wrt(x).to_f64_vec();
        for (i, slope) in slope.into_iter().enumerate() {
            // In an order in which nothing overflows.
            let mut others: Vec<f64> = (0..4).filter(|j| *j != i).map(|j| diagonal[j]).collect();
            others.sort_by(f64::total_cmp);
            let want = others[0] * others[2] * others[1];
            assert!(abs_diff_eq!(slope / want, 1.0, epsilon = 1e-12), "{diagonal:?} {i}: {slope} {want}");
        }
    }
    let (a, b, c, d) = (2e150, 3e-20, 5e20, 7e-150);
    let tape = Tape::new();
    let x = tape.var(Tensor::from([[a, b], [c, d]]));
    let slope = x.det().backward().wrt(x).to_f64_vec();
    for (slope, want) in slope.into_iter().zip([d, -c, -b, a]) {
        assert!(abs_diff_eq!(slope / want, 1.0, epsilon = 1e-12), "{slope} {want}");
    }
    let inverse = x.inverse().value().to_f64_vec();
    for (found, want) in inverse.into_iter().zip([-d, b, c, -a]) {
        assert!(relative_eq!(found, want, epsilon = 0.0, max_relative = 1e-12), "{found} {want}");
    }
}

/// A determinant whose factors overflow on the way and which is an ordinary number: (1e200, 1e200, 1e-200, 1e-200) on
/// the diagonal.
#[test]
fn determinants_of_large_and_small() {
    for order in [[0, 1, 2, 3], [2, 0, 3, 1], [3, 2, 1, 0]] {
        let sizes = order.map(|i| [1e200, 1e200, 1e-200, 1e-200][i]);
        let mut a = vec![0.0; 16];
        (0..4).for_each(|i| a[5 * i] = sizes[i]);
        let tape = Tape::new();
        let x = tape.var(Tensor::from_vec(a, [4, 4]));
        assert!(abs_diff_eq!(x.det().item(), 1.0, epsilon = 1e-13), "{}", x.det().item());
    }
    let tape = Tape::new();
    let x = tape.var(Tensor::from([[3.0, 1.0], [0.5, 2.0]].map(|row| row.map(|x| x * 1e100))));
    assert_abs_diff_eq!(x.det().item() / 5.5e200, 1.0, epsilon = 1e-14);
}

/// No iteration runs on for ever, and none drops a NaN.
#[test]
fn matrices_with_nan_and_infinity() {
    for (name, a, _, f) in cases() {
        for bad in [f64::NAN, f64::INFINITY] {
            let mut flat = a.to_f64_vec();
            flat[0] = bad;
            let y = f(Tape::new().var(Tensor::from_vec(flat, *a.shape()))).value();
            assert!(bad.is_infinite() || y.is_nan().any().item() != 0.0, "{name}: {y}");
        }
    }
}

#[test]
fn norms_of_matrices_without_elements() {
    let norm = |shape: &[usize], which| {
        Tape::new().var(Tensor::zeros(shape)).matrix_norm(which).value().to_f64_vec()
    };
    // Sums over no rows are 0; the largest of no sums is undefined.
    for order in [1.0, -1.0] {
        assert_eq!(norm(&[2, 0, 4], MatrixNorm::Order(order)), [0.0, 0.0]);
    }
    for order in [f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(norm(&[2, 4, 0], MatrixNorm::Order(order)), [0.0, 0.0]);
    }
    assert_eq!(norm(&[0, 4], MatrixNorm::Nuclear), [0.0]);
}
