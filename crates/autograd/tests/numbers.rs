//! Right numbers where floating-point arithmetic is thin, by kind of fault: slopes made from rounded outputs, products of 0
//! and ∞, squares that overflow or vanish, guards that hide the next derivative. The rows have tests of their own
//! (`slopes`); here are the operations made of more. Reference values: mpmath with 50 digits, or closed forms.

use approx::{abs_diff_eq, relative_eq};
use gradus_autograd::ops::{CrossEntropyOptions, elementwise::table};
use gradus_autograd::{Param, Row, Tape, Var, hessian, value_and_grad};
use gradus_tensor::{DType, Tensor};

const INF: f64 = f64::INFINITY;

fn near(got: &[f64], want: &[f64], rtol: f64) {
    assert_eq!(got.len(), want.len());
    for (g, w) in got.iter().zip(want) {
        assert!(
            relative_eq!(g, w, epsilon = 0.0, max_relative = rtol) || g.is_nan() && w.is_nan(),
            "{got:?}, not {want:?}"
        );
    }
}

/// The value of a function of one tensor, and its gradient by both sweeps, which agree.
fn value_and_slope(x: &Tensor, f: impl for<'t> Fn(Var<'t>) -> Var<'t>) -> (f64, Vec<f64>) {
    let tape = Tape::new();
    let v = tape.var(x.clone());
    let y = f(v);
    let (numeric, recorded) = (y.backward().wrt(v).to_f64_vec(), y.grad(v).value().to_f64_vec());
    near(&recorded, &numeric, if x.dtype() == DType::F32 { 1e-5 } else { 1e-12 });
    (y.item(), numeric)
}

fn curvature(x: &Tensor, f: impl for<'t> Fn(Var<'t>) -> Var<'t>) -> Vec<f64> {
    hessian(|x| f(x[0]), std::slice::from_ref(x))[0][0].to_f64_vec()
}

fn row(name: &str) -> &'static Row {
    table().find(|row| row.name == name).expect("a row of this name")
}

/// mpmath: σ(−37.5) = 5.175555005801868e-17 = ln(1 + e^−37.5) to 16 digits, and σ(37.5) σ(−37.5).
#[test]
fn a_sure_prediction_keeps_its_gradient() {
    const LEFT: f64 = 5.175_555_005_801_868e-17;
    let x = Tensor::from([[37.5, 0.0]]);
    let labels = Tensor::from([0i64]);
    let losses: [&dyn for<'t> Fn(Var<'t>) -> Var<'t>; 5] = [
        &|x| x.cross_entropy(&labels),
        &|x| x.cross_entropy_with(&labels, &CrossEntropyOptions::default()),
        &|x| x.soft_cross_entropy(Tensor::from([[1.0, 0.0]])),
        &|x| -x.log_softmax(1).select(1, 0).sum(),
        &|x| x.logsumexp() - x.select(1, 0).sum(),
    ];
    for (i, loss) in losses.iter().enumerate() {
        let (value, slope) = value_and_slope(&x, loss);
        if i < 4 {
            near(&[value], &[LEFT], 1e-14);
            near(&slope, &[-LEFT, LEFT], 1e-12);
            assert_eq!(slope[0] + slope[1], 0.0);
        }
        near(&curvature(&x, loss), &[LEFT, -LEFT, -LEFT, LEFT], 1e-12);
    }
    let (value, slope) = value_and_slope(&Tensor::from([0.0, -37.5]), |x| x.logsumexp());
    near(&[value, slope[0], slope[1]], &[LEFT, 1.0, LEFT], 1e-14);
    near(
        &value_and_slope(&Tensor::from([37.5, 0.0]), |x| x.softmax(0).select(0, 0)).1,
        &[LEFT, -LEFT],
        1e-12,
    );
    // x = (40, 0) in f32: e^-40.
    let (value, slope) = value_and_slope(&Tensor::from([[40f32, 0.0]]), |x| x.cross_entropy(&labels));
    near(&[value, slope[0], slope[1]], &[4.248_354e-18, -4.248_354e-18, 4.248_354e-18], 1e-5);
}

/// The limits.
#[test]
fn activations_at_infinity() {
    let x = Tensor::from([-INF, INF]);
    for name in ["silu", "gelu", "gelu_tanh", "mish", "hardswish"] {
        for x in [x.clone(), x.to(DType::F32)] {
            let tape = Tape::new();
            let v = tape.var(x);
            let y = row(name).apply(&[v], 0.0);
            assert_eq!(y.value().to_f64_vec(), [0.0, INF], "{name}");
            assert_eq!(y.sum().backward().wrt(v).to_f64_vec(), [0.0, 1.0], "{name}");
            assert_eq!(y.sum().grad(v).sum().grad(v).value().to_f64_vec(), [0.0, 0.0], "{name}");
        }
    }
}

/// The limit where there is one; where all are -∞ the one along the diagonal.
#[test]
fn logarithms_of_sums_at_infinity() {
    let check = |x: &[f64], value: f64, slope: &[f64]| {
        let (y, s) = value_and_slope(&Tensor::from_vec(x.to_vec(), x.len()), |x| x.logsumexp());
        assert!(y == value && s == slope, "logsumexp of {x:?}: {y}, {s:?}");
    };
    check(&[1.0, INF], INF, &[0.0, 1.0]);
    check(&[1.0, -INF], 1.0, &[1.0, 0.0]);
    check(&[-INF, -INF], -INF, &[0.5, 0.5]);
    for (a, b, y, slopes) in [
        (-INF, -INF, -INF, [0.5, 0.5]),
        (1.0, INF, INF, [0.0, 1.0]),
        (-INF, 2.0, 2.0, [0.0, 1.0]),
        (INF, INF, INF, [0.5, 0.5]),
    ] {
        let tape = Tape::new();
        let (p, q) = (tape.var(a), tape.var(b));
        let z = p.logaddexp(q);
        let g = z.backward();
        assert_eq!((z.item(), [g.wrt(p).item(), g.wrt(q).item()]), (y, slopes), "logaddexp({a}, {b})");
    }
    let (y, s) = value_and_slope(&Tensor::from([1.0, INF]), |x| x.softmax(0).select(0, 1));
    assert!(y == 1.0 && s == [0.0, 0.0], "{y} {s:?}");
}

#[test]
fn a_probability_of_0_counts_nothing() {
    let log = Tensor::from([[0.0, -INF]]);
    let sure = || Tensor::from([[1.0, 0.0]]);
    assert_eq!(value_and_slope(&log, |x| x.soft_cross_entropy(sure())), (0.0, vec![0.0, 0.0]));
    // Half of -t, the mean over two.
    assert_eq!(value_and_slope(&log, |x| x.kl_div(sure())), (0.0, vec![-0.5, 0.0]));
    let (value, slope) =
        value_and_slope(&sure(), |t| t.tape().constant(Tensor::from([[-0.5, -3.0]])).kl_div(t));
    assert_eq!((value, slope), (0.25, vec![0.75, -INF]));
    let logits = Tensor::from([INF, -INF]);
    let (value, slope) =
        value_and_slope(&logits, |x| x.binary_cross_entropy_with_logits(Tensor::from([1.0, 0.0])));
    assert_eq!((value, slope), (0.0, vec![0.0, 0.0]));
    let (value, slope) =
        value_and_slope(&logits, |x| x.binary_cross_entropy_with_logits(Tensor::from([0.0, 0.0])));
    assert_eq!((value, slope), (INF, vec![0.5, 0.0]));
}

#[test]
fn an_ignored_row_may_hold_anything() {
    for smoothing in [0.0, 0.1] {
        for bad in [-INF, INF, f64::NAN] {
            let x = Tensor::from([[bad, bad], [0.0, 0.0]]);
            let how = CrossEntropyOptions { ignore: Some(-1), smoothing, ..CrossEntropyOptions::default() };
            let (value, slope) =
                value_and_slope(&x, |x| x.cross_entropy_with(&Tensor::from([-1i64, 0]), &how));
            near(&[value], &[2f64.ln()], 1e-15);
            assert_eq!(slope[..2], [0.0, 0.0], "{bad}");
            near(&slope[2..], &[-0.5 * (1.0 - smoothing), 0.5 * (1.0 - smoothing)], 1e-14);
        }
    }
}

#[test]
fn powers_of_0_to_second_order() {
    for base in [0.0, -0.0] {
        let tape = Tape::new();
        let x = tape.var(Tensor::from([0.5, 2.0, 3.0]));
        let y = row("number_pow").apply(&[x], base).sum();
        assert_eq!(y.grad(x).sum().grad(x).value().to_f64_vec(), [0.0; 3]);
    }
    // ∂²/∂a² a^b at 0: 0 for b = 1 and 3, 2 for b = 2; nothing of the exponent is NaN.
    let (a, b) = (Tensor::from([0.0; 3]), Tensor::from([1.0, 2.0, 3.0]));
    let tape = Tape::new();
    let (a, b) = (tape.var(a), tape.var(b));
    let first = a.pow(b).sum().grads(&[a, b]);
    assert_eq!(first[0].sum().grad(a).value().to_f64_vec(), [0.0, 2.0, 0.0]);
    assert!(first[1].sum().grads(&[a, b]).iter().all(|x| x.value().is_nan().any().item() == 0.0));
    // ∂²/∂a∂b a^b = a^(b-1) (1 + b ln a), at (2, 0) one half: the mask of b = 0 must not hide it.
    let (a, b) = (tape.var(2.0), tape.var(0.0));
    assert_eq!(a.pow(b).grad(a).grad(b).item(), 0.5);
}

#[test]
fn a_product_with_zeros_among_large_factors() {
    let check = |x: Tensor, want: &[f64]| {
        let (y, slope) = value_and_slope(&x, |x| x.prod());
        assert!(y == 0.0 && slope == want, "{x}: {y}, {slope:?}");
    };
    check(Tensor::from([0f32, 0.0, 1e20, 1e20]), &[0.0; 4]);
    check(Tensor::from([1e20f32, 1e20, 0.0, 0.0]), &[0.0; 4]);
    check(Tensor::from([1e200, 1e200, 0.0, 0.0]), &[0.0; 4]);
    check(Tensor::from([1e200, 1e200, 1e-200, 0.0]), &[0.0, 0.0, 0.0, 1e200]);
    let second = curvature(&Tensor::from([0f32, 0.0, 1e10, 1e20]), |x| x.prod());
    assert!(abs_diff_eq!(second[1] / 1e30, 1.0, epsilon = 1e-6) && second[11] == 0.0, "{second:?}");
}

/// Norms and deviations are homogeneous: of c x they are c times those of x, with the same slope.
#[test]
fn norms_of_large_and_small_numbers() {
    let norms: [&dyn for<'t> Fn(Var<'t>) -> Var<'t>; 5] =
        [&|x| x.norm(), &|x| x.std(1), &|x| x.vector_norm(3.0), &|x| x.vector_norm(1.5), &|x| x.norm_axes(0)];
    for norm in norms {
        let x = [3.0, 4.0, -1.0];
        let (y, slope) = value_and_slope(&Tensor::from(x), norm);
        for c in [1e200, 1e-200, 1e-300, 1e300] {
            let (big, same) = value_and_slope(&Tensor::from(x.map(|x| x * c)), norm);
            near(&[big / c], &[y], 1e-13);
            near(&same, &slope, 1e-13);
        }
        for c in [1e25f32, 1e-25] {
            let (big, same) = value_and_slope(&Tensor::from(x.map(|x| x as f32 * c)), norm);
            near(&[big / f64::from(c)], &[y], 1e-6);
            near(&same, &slope, 1e-5);
        }
    }
}

/// Standardised values do not depend on the scale.
#[test]
fn normalised_large_numbers() {
    let x = [1f32, 2.0, 3.0, 6.0];
    for f in [(|x| x.standardize(1, 1e-5)) as for<'t> fn(Var<'t>) -> Var<'t>, |x| x.rms_norm(1, 1e-5)] {
        let at = |c: f32| {
            let tape = Tape::new();
            let v = tape.var(Tensor::from(x.map(|x| x * c)));
            let y = f(v);
            let first = y.select(0, 0);
            let (numeric, recorded) =
                (first.backward().wrt(v).to_f64_vec(), first.grad(v).value().to_f64_vec());
            near(&numeric, &recorded, 1e-4);
            (y.value().to_f64_vec(), numeric.into_iter().map(|g| g * f64::from(c)).collect::<Vec<f64>>())
        };
        let ((y, slope), (large, same)) = (at(1e10), at(1e25));
        near(&large, &y, 1e-5);
        near(&same, &slope, 1e-4);
    }
}

/// f(‖x‖) with f′(0) = 0 has the Hessian f″(0) I at 0; of a variance it is 2 (I - 1/n)/(n - c).
#[test]
fn curvature_at_a_norm_of_0() {
    let zero = Tensor::zeros_of(2, DType::F64);
    assert_eq!(curvature(&zero, |x| x.norm().square()), [2.0, 0.0, 0.0, 2.0]);
    assert_eq!(
        curvature(&zero, |x| [x.norm(); 2].into_iter().reduce(|a, b| a * b).unwrap()),
        [2.0, 0.0, 0.0, 2.0]
    );
    // Recorded twice it is the same function; beside another norm there is no limit, and 0 is taken.
    assert_eq!(curvature(&zero, |x| x.norm() * x.norm()), [2.0, 0.0, 0.0, 2.0]);
    assert_eq!(curvature(&zero, |x| x.norm() * x.norm() * x.norm() * x.norm().cos()), [0.0; 4]);
    assert_eq!(curvature(&zero, |x| x.norm() * (x * 2.0).norm()), [0.0; 4]);
    assert_eq!(curvature(&zero, |x| x.norm().powf(2.0)), [2.0, 0.0, 0.0, 2.0]);
    assert_eq!(curvature(&zero, |x| x.norm().cos()), [-1.0, 0.0, 0.0, -1.0]);
    assert_eq!(curvature(&zero, |x| x.norm()), [0.0; 4]);
    assert_eq!(curvature(&Tensor::from([3.0, 3.0]), |x| x.std(1).square()), [1.0, -1.0, -1.0, 1.0]);
    // exp(-‖x - z‖²/2) at x = z.
    let second = curvature(&Tensor::from([1.0, 2.0]), |x| {
        let rows = x.reshape([1, 2]);
        (rows.cdist(rows.detach(), 2.0).square() * -0.5).exp().sum()
    });
    assert_eq!(second, [-1.0, 0.0, 0.0, -1.0]);
}

/// sinc′(x) = -π²x/3 + …, sinc″(0) = -π²/3.
#[test]
fn sinc_near_0() {
    let third = std::f64::consts::PI.powi(2) / 3.0;
    near(&value_and_slope(&Tensor::scalar(1e-8), |x| x.sinc()).1, &[-third * 1e-8], 1e-14);
    near(&curvature(&Tensor::scalar(0.0), |x| x.sinc()), &[-third], 1e-15);
}

/// The rows with two inputs at large f32, where squares overflow.
#[test]
fn angles_of_far_points() {
    let tape = Tape::new();
    let (a, b) = (tape.var(2e20f32), tape.var(2e20f32));
    let g = a.atan2(b).backward();
    near(&[g.wrt(a).item(), g.wrt(b).item()], &[2.5e-21, -2.5e-21], 1e-6);
    for name in ["asinh", "acosh"] {
        let x = tape.var(1e25f32);
        near(&[row(name).apply(&[x], 0.0).backward().wrt(x).item()], &[1e-25], 1e-6);
    }
}

/// Where places repeat, the last one is in the result, and the gradient is of what is in it.
#[test]
fn repeated_places() {
    let index = Tensor::from([1i64, 0, 1]);
    let base = Tensor::from([7.0, 8.0, 9.0]);
    type Write<'f> = &'f dyn for<'t> Fn(Var<'t>, Var<'t>) -> Var<'t>;
    let writes: [Write<'_>; 4] = [
        &|x, s| x.scatter(0, &index, s),
        &|x, s| x.index_copy(0, &index, s),
        &|x, s| x.put(&index, s, false),
        &|x, s| x.put_at(&[Some(index.clone())], s, false),
    ];
    for write in writes {
        let tape = Tape::new();
        let (x, s) = (tape.var(base.clone()), tape.var(Tensor::from([1.0, 2.0, 3.0])));
        let y = write(x, s);
        assert_eq!(y.value().to_f64_vec(), [2.0, 3.0, 9.0]);
        let g = y.square().sum().backward();
        assert_eq!(
            (g.wrt(x).to_f64_vec(), g.wrt(s).to_f64_vec()),
            (vec![0.0, 0.0, 18.0], vec![0.0, 4.0, 6.0])
        );
    }
}

#[test]
#[should_panic(expected = "does not broadcast to the prediction's [3, 1]")]
fn a_variance_that_would_widen_the_prediction() {
    let tape = Tape::new();
    let x = tape.var(Tensor::zeros_of([3, 1], DType::F64));
    let _ = x.gaussian_nll_loss(Tensor::zeros_of([3, 1], DType::F64), Tensor::ones_of(3, DType::F64));
}

/// Steps, factors of 0, the sign of `copysign`: a slope that is the number 0 meets an infinite slope behind it. Nothing is handed
/// back, in all ways: recorded, small values, large values, blocks that wait.
#[test]
fn a_slope_of_0_meets_an_infinite_one() {
    let large = Tensor::zeros_of(1 << 17, DType::F64);
    let ways = |name: &str, f: &dyn for<'t> Fn(Var<'t>) -> Var<'t>| {
        let tape = Tape::new();
        let v = tape.var(0.0);
        let y = f(v.sqrt());
        let recorded = y.grad(v).item();
        let small = y.backward().wrt(v).item();
        let w = tape.var(large.clone());
        let eager = f(w.sqrt()).sum().backward().wrt(w).to_f64_vec()[0];
        let (_, waiting) = grad_of(&large, f);
        for other in [small, eager, waiting] {
            let same = other == recorded || other.is_nan() && recorded.is_nan();
            assert!(same, "{name}: recorded {recorded}, small {small}, large {eager}, waiting {waiting}");
        }
        recorded
    };
    for row in table() {
        let usual = row.facts.number.unwrap_or(2.0);
        for c in if row.has_number { vec![0.0, usual] } else { vec![0.0] } {
            match row.arity {
                1 => ways(row.name, &|u| row.apply(&[u], c)),
                _ => ways(row.name, &|u| row.apply(&[u, u.detach() + 1.0], c))
                    .max(ways(row.name, &|u| row.apply(&[u.detach() + 1.0, u], c))),
            };
        }
    }
    type Step = dyn for<'t> Fn(Var<'t>) -> Var<'t>;
    let steps: [(&str, &Step); 5] = [
        ("floor", &|u| u.floor()),
        ("sign", &|u| u.sign()),
        ("times 0", &|u| u * 0.0),
        ("copysign", &|u| (u.detach() + 1.0).copysign(u)),
        ("trunc_div", &|u| (u.detach() + 1.0).trunc_div(u + 1.0)),
    ];
    for (name, step) in steps {
        assert_eq!(ways(name, step), 0.0, "{name}");
    }
}

/// The sum of a function of a root, and its first slope, in blocks that wait.
fn grad_of(x: &Tensor, f: &dyn for<'t> Fn(Var<'t>) -> Var<'t>) -> (f64, f64) {
    let x = Param::new(x.clone());
    let (value, grads) = value_and_grad(|tape| f(tape.param(&x).sqrt()).sum());
    (value, grads.get(&x).map_or(0.0, |g| g.to_f64_vec()[0]))
}

#[test]
fn outside_the_domain() {
    // "−∞ below"; the slope of a logarithm of odds is NaN where its value is.
    assert_eq!(value_and_slope(&Tensor::from([-0.5]), |x| x.entr().sum()).0, -INF);
    for x in [-0.5, 1.5, INF, -INF] {
        let (value, slope) = value_and_slope(&Tensor::from([x]), |x| x.logit().sum());
        assert!(value.is_nan() && slope[0].is_nan(), "{x}: {value}, {slope:?}");
    }
}
