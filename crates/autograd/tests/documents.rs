//! What the documents of the operations say of edges, sentence by sentence. Formulas, shapes and panics have tests
//! elsewhere (`every_op`, the oracle, `bad_input`).

use approx::relative_eq;
use gradus_autograd::ops::{Attention, GaussianNllOptions, NllOptions, PoissonNllOptions, Pool};
use gradus_autograd::{Tape, Var};
use gradus_tensor::Tensor;

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

/// The value, and the slope of its sum.
fn of(x: &Tensor, f: impl for<'t> Fn(Var<'t>) -> Var<'t>) -> (Vec<f64>, Vec<f64>) {
    let tape = Tape::new();
    let v = tape.var(x.clone());
    let y = f(v);
    (y.value().to_f64_vec(), y.sum().backward().wrt(v).to_f64_vec())
}

fn same(got: &[f64], want: &[f64]) {
    let equal =
        |a: f64, b: f64| a.is_nan() && b.is_nan() || relative_eq!(a, b, epsilon = 0.0, max_relative = 1e-13);
    assert!(
        got.len() == want.len() && got.iter().zip(want).all(|(&a, &b)| equal(a, b)),
        "{got:?}, not {want:?}"
    );
}

/// The same along one axis or of a batch of one picture.
fn picture(rows: [[f64; 4]; 2]) -> Tensor {
    Tensor::from(rows).reshape([1, 1, 2, 4])
}

#[test]
fn pooling() {
    // "The gradient goes to the first of equal elements."
    let tie = picture([[1.0, 1.0, 0.0, 2.0], [1.0, 0.0, 2.0, 2.0]]);
    let (y, slope) = of(&tie, |x| x.max_pool(&Pool::of(2)).0);
    same(&y, &[1.0, 2.0]);
    same(&slope, &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    // "Where the sum is 0 so is the slope; where it is negative there is no root."
    let x = picture([[0.0, 0.0, 3.0, 4.0], [0.0, 0.0, 0.0, 0.0]]);
    let (y, slope) = of(&x, |x| x.lp_pool(2.0, &Pool::of(2)));
    same(&y, &[0.0, 5.0]);
    same(&slope, &[0.0, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 0.0]);
    same(&of(&(&x * -1.0), |x| x.lp_pool(3.0, &Pool::of(2))).0, &[0.0, NAN]);
    // "Where places repeat … the last one counts; the slope of the others is 0."
    let places = Tensor::from([1i64, 0, 1]).reshape([1, 1, 3]);
    let x = Tensor::from([5.0, 6.0, 7.0]).reshape([1, 1, 3]);
    let (y, slope) = of(&x, |x| x.max_unpool(&places, &[4]).square());
    same(&y, &[36.0, 49.0, 0.0, 0.0]);
    same(&slope, &[0.0, 12.0, 14.0]);
}

#[test]
fn places_of_extremes() {
    // Running maxima: "where each was found, the last of equal ones".
    let x = Tensor::from([1.0, 3.0, 3.0, 2.0]);
    let tape = Tape::new();
    let v = tape.var(x.clone());
    let (y, places) = v.cummax(0);
    same(&y.value().to_f64_vec(), &[1.0, 3.0, 3.0, 3.0]);
    assert_eq!(places.to_vec::<i64>(), [0, 1, 2, 2]);
    same(&y.sum().backward().wrt(v).to_f64_vec(), &[1.0, 1.0, 2.0, 0.0]);
    // "The first of several … the gradient goes to that place."
    same(&of(&x, |x| x.max_with_place(0).0).1, &[0.0, 1.0, 0.0, 0.0]);
    // "Equal ones share the gradient evenly."
    same(&of(&x, |x| x.max()).1, &[0.0, 0.5, 0.5, 0.0]);
    same(&of(&Tensor::from([3.0, 2.0, 2.0, 1.0]), |x| x.median()).1, &[0.0, 0.5, 0.5, 0.0]);
    // "Equal elements keep their order; NaN counts as the largest."
    let (y, places) = tape.var(Tensor::from([2.0, NAN, 1.0, 2.0])).sort(0, false);
    same(&y.value().to_f64_vec(), &[1.0, 2.0, 2.0, NAN]);
    assert_eq!(places.to_vec::<i64>(), [2, 0, 3, 1]);
}

#[test]
fn masks() {
    // "The gradient of the branch not taken is 0 times its slope, which is NaN where that slope is infinite."
    let mask = Tensor::from([false, true]);
    let (y, slope) = of(&Tensor::from([0.0, 4.0]), |x| x.sqrt().where_(&mask, x * 3.0));
    same(&y, &[0.0, 2.0]);
    same(&slope, &[NAN, 0.25]);
    // "No gradient flows where the mask holds."
    same(&of(&Tensor::from([0.0, 4.0]), |x| x.masked_fill(&mask, 7.0).square()).1, &[0.0, 0.0]);
    // "A query that sees no key gives 0."
    let seen = Tensor::from([[true, true], [false, false]]);
    let (y, slope) = of(&Tensor::from([[1.0, 2.0], [3.0, 4.0]]), |x| {
        let how = Attention { mask: Some(x.tape().constant(seen.clone())), ..Attention::default() };
        x.attention(x, x, &how)
    });
    same(&y[2..], &[0.0, 0.0]);
    assert!(slope.iter().all(|s| s.is_finite()), "{slope:?}");
}

#[test]
fn elementwise_operations_made_of_rows() {
    let numbers = Tensor::from([NAN, INF, -INF, 2.0]);
    // "Numbers in the place of NaN and the infinities. The slope there is 0."
    let (y, slope) = of(&numbers, |x| x.nan_to_num(1.0, 3.0, -3.0));
    same(&y, &[1.0, 3.0, -3.0, 2.0]);
    same(&slope, &[0.0, 0.0, 0.0, 1.0]);
    // "x where it is above `threshold`, else `value`. The slope at the threshold is 0."
    let (y, slope) = of(&Tensor::from([0.5, 0.6]), |x| x.threshold(0.5, 9.0));
    same(&[y, slope].concat(), &[9.0, 0.6, 0.0, 1.0]);
    // "The slope at 0 is w"; an infinite x says nothing of the weight where it is positive.
    let (y, slope) = of(&Tensor::from([0.0, -2.0, INF]), |x| x.prelu(x.tape().constant(0.25)));
    same(&[y, slope].concat(), &[0.0, -0.5, INF, 0.25, 0.25, 1.0]);
    let (_, slope) = of(&Tensor::from([0.25]), |w| w.tape().constant(Tensor::from([INF, -2.0])).prelu(w));
    same(&slope, &[-2.0]);
    // "x held between `eps` and `1 - eps`; the slope outside is 0."
    let (y, slope) = of(&Tensor::from([0.1, 0.5, 1.0]), |x| x.logit_with(0.25));
    same(&[y, slope].concat(), &[-(3f64.ln()), 0.0, 3f64.ln(), 0.0, 4.0, 0.0]);
    // "At equality half of the gradient goes to the bound; where the bounds cross, `high` wins."
    let bound = |x: f64, low: f64, high: f64| {
        of(&Tensor::from([x]), |x| {
            x.clamp_between(Some(x.tape().constant(low)), Some(x.tape().constant(high)))
        })
    };
    same(&bound(1.0, 1.0, 2.0).1, &[0.5]);
    same(&bound(1.0, 3.0, 2.0).0, &[2.0]);
    // "Halves to the even one. The slope is 0."
    let (y, slope) = of(&Tensor::from([0.125, 25.0]), |x| x.round_decimals(2));
    same(&[y, slope].concat(), &[0.12, 25.0, 0.0, 0.0]);
}

#[test]
fn norms() {
    // "The gradient at a norm of 0, and for p < 2 at elements that are 0, is 0."
    for p in [1.0, 1.5, 2.0, 3.0, INF] {
        same(&of(&Tensor::from([0.0, 0.0]), |x| x.vector_norm(p)).1, &[0.0, 0.0]);
    }
    for p in [1.0, 1.5] {
        same(&of(&Tensor::from([0.0, 2.0]), |x| x.vector_norm(p)).1, &[0.0, 1.0]);
    }
    // "p = ∞ and -∞ give the largest and smallest modulus, p = 0 counts what is not 0."
    let x = Tensor::from([-3.0, 0.0, 2.0]);
    let tape = Tape::new();
    let norm = |p: f64| tape.var(x.clone()).vector_norm(p).item();
    assert_eq!([norm(INF), norm(f64::NEG_INFINITY), norm(0.0)], [3.0, 0.0, 2.0]);
    // "$x / \max(‖x‖, ε)$": of nothing but zeros the slope is 1/ε.
    same(&of(&Tensor::from([0.0, 0.0]), |x| x.normalize(2.0, 0, 0.5)).1, &[2.0, 2.0]);
}

#[test]
fn negative_eps_of_normalisations() {
    // "Any finite ε is taken"; "where a negative one makes the sum under the root negative, the result is NaN."
    // The row [1, 5] has mean 3, variance 4 and mean square 13; [1, 2] has the variance 1/4.
    let rows = Tensor::from([[1.0, 5.0], [1.0, 2.0]]);
    let root = 2.0 / 3.5_f64.sqrt();
    let want = [-root, root, NAN, NAN];
    same(&of(&rows, |x| x.standardize(1, -0.5)).0, &want);
    same(&of(&rows, |x| x.layer_norm(Tensor::ones(2), Tensor::zeros(2), -0.5)).0, &want);
    same(&of(&rows, |x| x.group_norm(1, None, None, -0.5)).0, &want);
    same(&of(&rows, |x| x.rms_norm(1, -4.0)).0, &[1.0 / 3.0, 5.0 / 3.0, NAN, NAN]);
}

#[test]
fn losses() {
    // "The logarithms are held at -100."
    let (y, _) = of(&Tensor::from([0.0, 1.0]), |x| x.binary_cross_entropy(Tensor::from([1.0, 0.0])));
    same(&y, &[100.0]);
    // "The variance is held above eps; its slope is not cut off there."
    let how = GaussianNllOptions { eps: 0.5, ..GaussianNllOptions::default() };
    let (y, slope) = of(&Tensor::from([0.1]), |v| {
        let x = v.tape().constant(Tensor::from([1.0]));
        x.gaussian_nll_loss_with(Tensor::from([0.0]), v, &how)
    });
    same(&y, &[0.5 * (0.5f64.ln() + 2.0)]);
    same(&slope, &[0.5 * (2.0 - 4.0)]);
    // "`full` adds Stirling's where t > 1."
    let stirling = |t: f64| t * t.ln() - t + 0.5 * (2.0 * std::f64::consts::PI * t).ln();
    let how = PoissonNllOptions { full: true, ..PoissonNllOptions::default() };
    for (t, more) in [(1.0, 0.0), (3.0, stirling(3.0))] {
        let (y, _) = of(&Tensor::from([0.0]), |x| x.poisson_nll_loss_with(Tensor::from([t]), &how));
        same(&y, &[1.0 + more]);
    }
    // "A label whose places count nothing."
    let how = NllOptions { ignore: Some(1), ..NllOptions::default() };
    let x = Tensor::from([[-0.5, -1.0], [-INF, NAN]]);
    let (y, slope) = of(&x, |x| x.nll_loss_with(&Tensor::from([0i64, 1]), &how));
    same(&y, &[0.5]);
    same(&slope, &[-1.0, 0.0, 0.0, 0.0]);
}
