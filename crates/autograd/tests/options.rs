//! Values at the edges of options: factors of 0, output padding beyond the stride, equal singular values, ranks that are
//! whole up to rounding. The references are closed forms, or loops over the definition.

use approx::abs_diff_eq;
use gradus_autograd::ops::{ConvOptions, Padding, PaddingMode};
use gradus_autograd::{GradcheckOptions, Tape, Var, gradcheck_with};
use gradus_tensor::{DType, Tensor, rng};

const INF: f64 = f64::INFINITY;

/// BLAS' rule: a factor of 0 makes 0 of anything, in the value and in all gradients.
#[test]
fn a_factor_of_zero_reads_nothing() {
    let wild = Tensor::from([[f64::NAN, INF], [-INF, 1.0]]);
    let tape = Tape::new();
    let (c, a, b) = (
        tape.var(&wild),
        tape.var(Tensor::eye_of(2, DType::F64)),
        tape.var(Tensor::from([[1.0, 2.0], [3.0, 4.0]])),
    );
    let y = c.add_matmul(a, b, 0.0, 2.0);
    assert_eq!(y.value().to_f64_vec(), [2.0, 4.0, 6.0, 8.0]);
    let grads = y.sum().backward();
    assert_eq!(grads.wrt(c).to_f64_vec(), [0.0; 4]);
    assert_eq!(grads.wrt(a).to_f64_vec(), [6.0, 14.0, 6.0, 14.0]);
    assert_eq!(y.sum().grad(c).value().to_f64_vec(), [0.0; 4]);
    // α = 0: the product is not read.
    let y = b.add_matmul(c, c, 3.0, 0.0);
    assert_eq!(y.value().to_f64_vec(), [3.0, 6.0, 9.0, 12.0]);
    assert_eq!(y.sum().backward().wrt(c).to_f64_vec(), [0.0; 4]);
    // Batches, vectors and what broadcasts.
    let row = tape.var(Tensor::from([f64::NAN, 1.0]));
    let stack = tape.var(Tensor::ones_of([3, 2, 2], DType::F64));
    let y = row.add_matmul(stack, b, 0.0, 1.0);
    assert_eq!((y.rank(), y.value().to_f64_vec()[..2].to_vec()), (3, vec![4.0, 6.0]));
    assert_eq!(y.sum().backward().wrt(row).to_f64_vec(), [0.0; 2]);
    assert_eq!(c.matrix_power(0).value().to_f64_vec(), [1.0, 0.0, 0.0, 1.0]);
}

/// `$y_{i s + k d - q} \mathrel{+}= x_i w_k$` along each axis, read off the definition; one channel.
fn transposed(x: &Tensor, w: &Tensor, [s, q, d, e]: [usize; 4]) -> Tensor {
    let rank = x.rank() - 2;
    let size = |a: usize| (x.shape()[2 + a] - 1) * s + d * (w.shape()[2 + a] - 1) + 1 + e - 2 * q;
    let sizes: Vec<usize> = (0..rank).map(size).collect();
    let mut y = vec![0.0; sizes.iter().product()];
    let places = |t: &Tensor| t.to(DType::Bool).ones_like().nonzero().to_vec2::<i64>();
    for (i, x) in places(x).iter().zip(x.to_f64_vec()) {
        for (k, w) in places(w).iter().zip(w.to_f64_vec()) {
            let at = (0..rank).map(|a| i[2 + a] * s as i64 + k[2 + a] * d as i64 - q as i64);
            let inside = at.clone().zip(&sizes).all(|(at, &n)| (0..n as i64).contains(&at));
            if inside {
                let flat = at.zip(&sizes).fold(0, |flat, (at, &n)| flat * n + at as usize);
                y[flat] += x * w;
            }
        }
    }
    Tensor::from_vec(y, [&[1, 1], &sizes[..]].concat())
}

#[test]
fn output_padding_up_to_the_larger_of_stride_and_dilation() {
    let mut rng = rng(3);
    for rank in 1..=3 {
        for how @ [s, q, d, e] in
            [[1, 0, 2, 1], [1, 1, 2, 1], [1, 0, 3, 2], [2, 1, 3, 2], [2, 0, 1, 1], [3, 1, 2, 0]]
        {
            let shape = |n: usize| [vec![1, 1], vec![n; rank]].concat();
            let x = Tensor::uniform_of(shape(3), -1.0, 1.0, DType::F64, &mut rng);
            let w = Tensor::uniform_of(shape(2), -1.0, 1.0, DType::F64, &mut rng);
            let options = ConvOptions {
                stride: vec![s],
                padding: q.into(),
                dilation: vec![d],
                ..ConvOptions::default()
            };
            let f = |x: &[Var<'_>]| -> Tensor { x[0].conv_transpose(x[1], None, &options, &[e]).value() };
            let tape = Tape::new();
            let y = f(&[tape.var(&x), tape.var(&w)]);
            let want = transposed(&x, &w, how);
            assert_eq!(y.shape(), want.shape(), "{rank} {how:?}");
            assert!(y.max_abs_diff(&want) < 1e-14, "{rank} {how:?}");
            if rank < 3 {
                let check = GradcheckOptions { order: 2, ..GradcheckOptions::default() };
                gradcheck_with(|x| x[0].conv_transpose(x[1], None, &options, &[e]).square(), &[x, w], &check)
                    .assert();
            }
        }
    }
}

/// Of an odd number of places the larger half stands behind; any mode is what a frame and no padding give.
#[test]
fn padding_that_keeps_sizes() {
    let tape = Tape::new();
    let same = |padding_mode| ConvOptions { padding: Padding::Same, padding_mode, ..ConvOptions::default() };
    let (x, w) = (tape.var(Tensor::from([[[1.0, 2.0, 3.0]]])), tape.var(Tensor::from([[[1.0, 10.0]]])));
    let row = |mode| x.conv(w, None, &same(mode)).value().to_f64_vec();
    assert_eq!(row(PaddingMode::Zeros), [21.0, 32.0, 3.0]);
    assert_eq!(row(PaddingMode::Constant(4.0)), [21.0, 32.0, 43.0]);
    assert_eq!(row(PaddingMode::Reflect), [21.0, 32.0, 23.0]);
    assert_eq!(row(PaddingMode::Replicate), [21.0, 32.0, 33.0]);
    assert_eq!(row(PaddingMode::Circular), [21.0, 32.0, 13.0]);
    // Dilated by 3, a kernel of 2 reaches over 3 places: 1 in front, 2 behind.
    let wide = ConvOptions { dilation: vec![3], ..same(PaddingMode::Zeros) };
    assert_eq!(x.conv(w, None, &wide).value().to_f64_vec(), [30.0, 1.0, 2.0]);
    let mut rng = rng(5);
    let draw = |shape: [usize; 4], rng: &mut _| Tensor::uniform_of(shape, -1.0, 1.0, DType::F64, rng);
    let (x, w) = (draw([2, 4, 4, 5], &mut rng), draw([2, 2, 3, 2], &mut rng));
    let check = GradcheckOptions { order: 2, ..GradcheckOptions::default() };
    for padding_mode in [PaddingMode::Reflect, PaddingMode::Replicate, PaddingMode::Circular] {
        let how = ConvOptions {
            stride: vec![2, 1],
            padding: [1, 2].into(),
            dilation: vec![1, 2],
            groups: 2,
            padding_mode,
        };
        let plain = ConvOptions { padding: Padding::Valid, padding_mode: PaddingMode::Zeros, ..how.clone() };
        let framed = |x: &[Var<'_>]| -> Tensor {
            x[0].pad(&[(2, (1, 1)), (3, (2, 2))], padding_mode).conv(x[1], None, &plain).value()
        };
        let (a, b) = (tape.var(&x), tape.var(&w));
        assert_eq!(a.conv(b, None, &how).value(), framed(&[a, b]), "{padding_mode:?}");
        gradcheck_with(|x| x[0].conv(x[1], None, &how).square(), &[x.clone(), w.clone()], &check).assert();
    }
}

/// Twice, with values before and behind: as of the whole row.
#[test]
fn differences_of_second_order_with_values_put_before_and_behind() {
    let tape = Tape::new();
    let x = tape.var(Tensor::from([[1.0, 4.0, 9.0], [2.0, 4.0, 8.0]]));
    let (before, behind) =
        (tape.var(Tensor::from([[0.0], [1.0]])), tape.var(Tensor::from([[16.0, 25.0], [16.0, 32.0]])));
    let y = Var::cat(&[before, x, behind], 1).diff(2, 1);
    assert_eq!(y.value().to_vec2::<f64>(), [[2.0, 2.0, 2.0, 2.0], [1.0, 2.0, 4.0, 8.0]]);
    assert_eq!(Var::cat(&[before, x, behind], 1).diff(7, 1).shape()[..], [2, 0]);
    // The column sums of the matrix of second differences.
    assert_eq!(y.sum().backward().wrt(before).to_f64_vec(), [1.0, 1.0]);
    assert_eq!(y.sum().backward().wrt(x).to_f64_vec(), [-1.0, 0.0, 0.0, -1.0, 0.0, 0.0]);
}

#[test]
fn ranks_are_whole_up_to_rounding() {
    use gradus_autograd::ops::Interpolation;
    let tape = Tape::new();
    let x = tape.constant(Tensor::arange(101).to(DType::F64));
    for (k, how) in (0..=100).flat_map(|k| {
        [
            Interpolation::Lower,
            Interpolation::Higher,
            Interpolation::Nearest,
            Interpolation::Midpoint,
            Interpolation::Linear,
        ]
        .map(|how| (k, how))
    }) {
        let q = tape.constant(f64::from(k) / 100.0);
        let y = x.quantile(q, 0, how, false).item();
        assert!(abs_diff_eq!(y, f64::from(k), epsilon = 1e-12), "{k} {how:?}: {y}");
    }
}

#[cfg(feature = "linalg")]
mod linalg {
    use super::*;

    fn random(shape: [usize; 2]) -> Tensor {
        Tensor::uniform_of(shape, -1.0, 1.0, DType::F64, &mut rng(9))
    }

    /// The gradient of a function of one matrix.
    fn gradient(a: &Tensor, f: impl for<'t> Fn(Var<'t>) -> Var<'t>) -> Tensor {
        let tape = Tape::new();
        let x = tape.var(a);
        f(x).backward().wrt(x)
    }

    /// Matrices with two, three and all singular values equal.
    fn degenerate() -> Vec<Tensor> {
        let turn = |seed| {
            let tape = Tape::new();
            tape.constant(Tensor::uniform_of([3, 3], -1.0, 1.0, DType::F64, &mut rng(seed))).qr().0.value()
        };
        let of = |s: [f64; 3]| turn(1).matmul(&(&turn(2) * Tensor::from(s)).t());
        let mut all: Vec<Tensor> = [[2.0, 2.0, 1.0], [3.0, 2.0, 2.0], [2.0, 2.0, 2.0]].map(of).to_vec();
        all.push(Tensor::eye_of(3, DType::F64));
        all.push(Tensor::from([[0.0, 2.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 1.0]]));
        all
    }

    /// ⟨W, U S Vᵀ⟩ is ⟨W, A⟩, whose gradient is W.
    #[test]
    fn the_whole_decomposition_has_its_gradient() {
        let ones = Tensor::from([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]);
        for a in degenerate() {
            for w in [random([3, 3]), ones.clone()] {
                let g = gradient(&a, |x| {
                    let svd = x.svd();
                    ((svd.u * svd.s.unsqueeze(0)).matmul(svd.v.t()) * &w).sum()
                });
                assert!(g.max_abs_diff(&w) < 1e-9, "{a}: {g} is not {w}");
            }
        }
        // Not square.
        let tall = Tensor::cat(&[&degenerate()[2], &Tensor::zeros_of([2, 3], DType::F64)], 0);
        for (a, w) in [(tall.clone(), random([5, 3])), (tall.t(), random([3, 5]))] {
            let g = gradient(&a, |x| {
                let svd = x.svd();
                ((svd.u * svd.s.unsqueeze(0)).matmul(svd.v.t()) * &w).sum()
            });
            assert!(g.max_abs_diff(&w) < 1e-9, "{g} is not {w}");
        }
    }

    /// U S³ Vᵀ is A Aᵀ A: with ⟨W, ·⟩ the gradient is W Aᵀ A + A Wᵀ A + A Aᵀ W. Tr S² is ‖A‖²: 2A.
    #[test]
    fn functions_of_equal_singular_values() {
        for a in degenerate() {
            let w = random([3, 3]);
            let g = gradient(&a, |x| {
                let svd = x.svd();
                ((svd.u * svd.s.powf(3.0).unsqueeze(0)).matmul(svd.v.t()) * &w).sum()
            });
            let (at, wt) = (a.t(), w.t());
            let want = w.matmul(&at).matmul(&a) + a.matmul(&wt).matmul(&a) + a.matmul(&at).matmul(&w);
            assert!(g.max_abs_diff(&want) < 1e-8, "{a}: {g} is not {want}");
            let g = gradient(&a, |x| x.singular_values().square().sum());
            assert!(g.max_abs_diff(&(&a * 2.0)) < 1e-12);
            // U Uᵀ is the identity, whatever A is.
            let g = gradient(&a, |x| {
                let u = x.svd().u;
                (u.matmul(u.t()) * &w).sum()
            });
            assert!(g.abs().max().item() < 1e-8, "{a}: {g}");
        }
    }

    /// V Λ Vᵀ is A, V Λ² Vᵀ is A²: the gradients of ⟨W, ·⟩ with symmetric W are W and A W + W A.
    #[test]
    fn functions_of_equal_eigenvalues() {
        let w = random([3, 3]);
        let w = &w + &w.t();
        for a in degenerate() {
            let a = a.matmul(&a.t());
            let power = |p: f64| {
                let w = &w;
                gradient(&a, move |x| {
                    let eigen = x.eigh();
                    ((eigen.vectors * eigen.values.powf(p).unsqueeze(0)).matmul(eigen.vectors.t()) * w).sum()
                })
            };
            let g = power(1.0);
            assert!(g.max_abs_diff(&w) < 1e-8, "{a}: {g} is not {w}");
            let (g, want) = (power(2.0), a.matmul(&w) + w.matmul(&a));
            assert!(g.max_abs_diff(&want) < 1e-7, "{a}: {g} is not {want}");
            let g = gradient(&a, |x| x.eigh().values.sum());
            assert!(g.max_abs_diff(&Tensor::eye_of(3, DType::F64)) < 1e-12);
        }
    }
}
