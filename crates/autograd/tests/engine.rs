//! The engine end to end: values, gradients of numbers and of recorded operations.

use approx::{abs_diff_eq, assert_abs_diff_eq, assert_relative_eq, relative_eq};
use gradus_autograd::{Backward, Op, Param, Tape, Var, grad, value_and_grad};
use gradus_tensor::{DType, Tensor, rng};

#[test]
fn a_scalar_chain() {
    let tape = Tape::new();
    let x = tape.var(0.5);
    let y = (x.sin() * x).tanh();
    let grads = y.backward();
    let want = (1.0 - (0.5f64.sin() * 0.5).tanh().powi(2)) * (0.5f64.cos() * 0.5 + 0.5f64.sin());
    assert_abs_diff_eq!(grads.wrt(x).item(), want, epsilon = 1e-15);
    assert_abs_diff_eq!(y.grad(x).item(), want, epsilon = 1e-15);
}

#[test]
fn third_derivative_of_sin_times_exp() {
    let tape = Tape::new();
    let d3 = grad(grad(grad(|x| x.sin() * x.exp())));
    for x in [-1.0f64, 0.0, 0.5, 2.0] {
        // (e^x sin x)''' = 2 e^x (cos x - sin x)
        let want = 2.0 * x.exp() * (x.cos() - x.sin());
        assert_relative_eq!(d3(tape.var(x)).item(), want, epsilon = 1e-12, max_relative = 1e-12);
    }
}

#[test]
fn nested_derivatives_keep_their_variables_apart() {
    // d/dx ( x · d/dy (x y) at y = 1 ) = d/dx x² = 2x
    let tape = Tape::new();
    let f = grad(|x| {
        let y = x.tape().var(1.0);
        x * (x * y).grad(y)
    });
    assert_eq!(f(tape.var(3.0)).item(), 6.0);
}

fn mlp<'t>(x: Var<'t>, w1: Var<'t>, b1: Var<'t>, w2: Var<'t>) -> Var<'t> {
    ((x.matmul(w1) + b1).tanh().matmul(w2)).square().mean()
}

/// Central differences of a scalar function of tensors, in f64.
fn differences(f: &dyn Fn(&[Tensor]) -> f64, at: &[Tensor], which: usize) -> Vec<f64> {
    let n = at[which].elements();
    (0..n)
        .map(|i| {
            let shifted = |h: f64| {
                let mut all = at.to_vec();
                all[which] = all[which].copied();
                all[which].slice_mut::<f64>()[i] += h;
                f(&all)
            };
            (shifted(1e-6) - shifted(-1e-6)) / 2e-6
        })
        .collect()
}

fn inputs(big: bool) -> Vec<Tensor> {
    let mut rng = rng(7);
    let (n, d, h) = if big { (40, 30, 20) } else { (4, 3, 5) };
    let mut random = |shape: &[usize]| Tensor::randn(shape, &mut rng).to(gradus_tensor::DType::F64);
    vec![random(&[n, d]), random(&[d, h]), random(&[h]), random(&[h, 2])]
}

#[test]
fn a_network_against_central_differences() {
    for big in [false, true] {
        let at = inputs(big);
        let f = |at: &[Tensor]| {
            let tape = Tape::inference();
            let v: Vec<Var<'_>> = at.iter().map(|t| tape.constant(t)).collect();
            mlp(v[0], v[1], v[2], v[3]).item()
        };
        let tape = Tape::new();
        let v: Vec<Var<'_>> = at.iter().map(|t| tape.var(t)).collect();
        let y = mlp(v[0], v[1], v[2], v[3]);
        let recorded = y.grads(&v);
        let grads = y.backward();
        for (i, &x) in v.iter().enumerate() {
            let g = grads.wrt(x);
            assert!(g.max_abs_diff(&recorded[i].value()) < 1e-13, "{i}");
            let numeric = differences(&f, &at, i);
            for (a, b) in g.to_f64_vec().iter().zip(&numeric) {
                assert!(relative_eq!(a, b, epsilon = 1e-8, max_relative = 1e-8), "{i}: {a} {b}");
            }
        }
    }
}

#[test]
fn the_scoped_form_gives_the_same_gradients() {
    for big in [false, true] {
        let at = inputs(big);
        let p: Vec<Param> = at.iter().map(|t| Param::new(t.clone())).collect();
        for _ in 0..3 {
            let (loss, grads) =
                value_and_grad(|t| mlp(t.param(&p[0]), t.param(&p[1]), t.param(&p[2]), t.param(&p[3])));
            let tape = Tape::new();
            let v: Vec<Var<'_>> = at.iter().map(|t| tape.var(t)).collect();
            let y = mlp(v[0], v[1], v[2], v[3]);
            let open = y.backward();
            assert_eq!(loss, y.item());
            for i in 0..4 {
                assert_eq!(grads.get(&p[i]).unwrap().to_f64_vec(), open.wrt(v[i]).to_f64_vec(), "{i}");
            }
        }
    }
}

#[test]
fn a_long_chain_on_a_small_stack() {
    let run = || {
        let tape = Tape::new();
        let x = tape.var(1.0f32);
        let mut y = x;
        for _ in 0..500_000 {
            y *= 0.999_999_9;
            y += 1e-7;
        }
        y.backward().wrt(x).item()
    };
    let g = std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap().join().unwrap();
    assert!(abs_diff_eq!(g, 0.940_395, epsilon = 1e-4), "{g}");
}

#[test]
fn ties_share_a_gradient() {
    let tape = Tape::new();
    let x = tape.var(Tensor::from([2.0, 1.0, 2.0, 1.0, 1.0]));
    for gradient in [x.max().backward().wrt(x), x.max().grad(x).value()] {
        assert_eq!(gradient.to_f64_vec(), [0.5, 0.0, 0.5, 0.0, 0.0]);
    }
    assert_eq!((x.min() * 3.0).backward().wrt(x).to_f64_vec(), [0.0, 1.0, 0.0, 1.0, 1.0]);
}

#[test]
fn an_unreached_infinite_slope_does_not_leak() {
    let tape = Tape::new();
    let x = tape.var(0.0);
    let unused = x.sqrt();
    let y = x * 2.0;
    assert_eq!(y.backward().wrt(x).item(), 2.0);
    assert_eq!(unused.item(), 0.0);
}

#[derive(Debug)]
struct BadShape;
impl Op for BadShape {
    fn name(&self) -> &'static str {
        "bad_shape"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].clone()
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let wrong = step.tape().constant(Tensor::from([1.0, 2.0, 3.0]));
        step.give(0, wrong);
    }
}

#[test]
#[should_panic(expected = "bad_shape: its rule gives input 0 a gradient of f64[3]; the input is f64[2]")]
fn a_rule_of_the_wrong_shape_is_named() {
    let tape = Tape::new();
    let x = tape.var(Tensor::from([1.0, 2.0]));
    tape.apply(BadShape, &[x]).sum().backward();
}

#[test]
fn panics_point_at_the_callers_line() {
    use std::panic;
    let place = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let seen = place.clone();
    let old = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.location().is_some_and(|l| l.file().contains("engine.rs")) {
            *seen.lock().unwrap() = info.location().unwrap().file().to_string();
        }
    }));
    let _ = panic::catch_unwind(|| {
        let tape = Tape::new();
        let _ = tape.var(Tensor::from([1.0, 2.0])) + tape.var(Tensor::from([1.0, 2.0, 3.0]));
    });
    let first = place.lock().unwrap().clone();
    place.lock().unwrap().clear();
    let _ = panic::catch_unwind(|| {
        let tape = Tape::new();
        let _ = tape.var(Tensor::zeros([3, 4])).matmul(tape.var(Tensor::zeros([3, 4])));
    });
    let second = place.lock().unwrap().clone();
    panic::set_hook(old);
    assert!(first.ends_with("engine.rs"), "{first}");
    assert!(second.ends_with("engine.rs"), "{second}");
}

/// The second product is added to the gradient of the first, in its place; the recorded rule knows of no place.
#[test]
fn a_weight_that_is_used_again() {
    for sizes in [[3, 4], [40, 70]] {
        let (mut random, tape) = (rng(1), Tape::new());
        let w = tape.var(Tensor::randn_of([sizes[1], sizes[1]], DType::F64, &mut random));
        let x = tape.var(Tensor::randn_of(sizes, DType::F64, &mut random));
        let y = x.linear(w, None).linear(w, None).linear(w, None).sum();
        let (numeric, recorded) = (y.backward(), y.grads(&[w, x]));
        assert!(numeric.wrt(w).allclose(&recorded[0].value(), 1e-12, 1e-12));
        assert!(numeric.wrt(x).allclose(&recorded[1].value(), 1e-12, 1e-12));
    }
}

/// The same of parts that overlap, and of rows and elements that are picked twice.
#[test]
fn parts_that_are_used_again() {
    for sizes in [[3, 4], [300, 70]] {
        let (mut random, tape) = (rng(2), Tape::new());
        let x = tape.var(Tensor::randn_of(sizes, DType::F64, &mut random));
        let (rows, places) = (Tensor::from([2, 0, 2]), Tensor::from([[3, 1, 1], [0, 0, 2]]));
        let picked =
            x.index_select(0, &rows).sin().sum() + x.narrow(0, 0, 2).gather(1, &places).square().sum();
        let y = x.narrow(0, 0, 2).square().sum() + x.narrow(0, 1, 2).sin().sum() + picked + x.exp().sum();
        let (numeric, recorded) = (y.backward(), y.grad(x));
        assert!(numeric.wrt(x).allclose(&recorded.value(), 1e-12, 1e-12));
    }
}
