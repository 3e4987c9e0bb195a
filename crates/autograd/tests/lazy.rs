//! Values that wait and run block by block give what operations give that run at once.

use approx::{abs_diff_eq, assert_abs_diff_eq, relative_eq};
use std::sync::{Mutex, MutexGuard};

use gradus_autograd::ops::elementwise::table;
use gradus_autograd::{Param, Row, Tape, Var, fuse_above, value_and_grad};
use gradus_tensor::kernel::parallel::set_threads;
use gradus_tensor::{DType, Shape, Tensor, rng};

/// The switch is one for the whole process, so the tests here take turns.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The result of `f` with waiting values and without.
fn both<R>(f: impl Fn() -> R) -> (R, R) {
    fuse_above(0);
    let waiting = f();
    fuse_above(usize::MAX);
    let at_once = f();
    (waiting, at_once)
}

fn random(shape: &[usize], dtype: DType, seed: u64) -> Param {
    Param::new(Tensor::uniform_of(Shape::new(shape), 0.2, 0.8, dtype, &mut rng(seed)))
}

type Formula = dyn for<'t> Fn(&[Var<'t>]) -> Var<'t>;

/// The value of `f`, and the gradients of its weighted sum in all inputs.
fn values_and_gradients(f: &Formula, inputs: &[Param]) -> Vec<Tensor> {
    let tape = Tape::new();
    let value = f(&inputs.iter().map(|p| tape.param(p)).collect::<Vec<_>>()).value();
    let weights = Tensor::uniform_of(*value.shape(), 0.5, 1.5, value.dtype(), &mut rng(99));
    let (loss, grads) = value_and_grad(|tape| {
        let x: Vec<Var<'_>> = inputs.iter().map(|p| tape.param(p)).collect();
        (f(&x) * &weights).sum()
    });
    let gradients =
        inputs.iter().map(|p| grads.get(p).cloned().unwrap_or_else(|| Tensor::zeros_like(p.value())));
    [value, Tensor::scalar(loss)].into_iter().chain(gradients).collect()
}

#[track_caller]
fn agree(name: &str, f: &Formula, inputs: &[Param]) {
    let (waiting, at_once) = both(|| values_and_gradients(f, inputs));
    let bits = |t: &Tensor| t.to_f64_vec().into_iter().map(f64::to_bits).collect::<Vec<_>>();
    assert_eq!(bits(&waiting[0]), bits(&at_once[0]), "{name}: the values differ");
    let tolerance = if waiting[0].dtype() == DType::F32 { 2e-5 } else { 1e-12 };
    for (i, (a, b)) in waiting.iter().zip(&at_once).enumerate().skip(1) {
        assert_eq!(a.shape(), b.shape(), "{name}: result {i}");
        for (x, y) in a.to_f64_vec().into_iter().zip(b.to_f64_vec()) {
            let near = relative_eq!(x, y, epsilon = tolerance, max_relative = tolerance)
                || (x.is_nan() && y.is_nan());
            assert!(near, "{name}: result {i}: {x} instead of {y}");
        }
    }
}

#[test]
fn every_row_of_the_table() {
    let _turn = turn();
    for row in table() {
        for dtype in [DType::F32, DType::F64] {
            let c = if row.has_number { 0.75 } else { 0.0 };
            let inputs: Vec<Param> = (0..row.arity).map(|i| random(&[37, 41], dtype, u64::from(i))).collect();
            let row: &'static Row = row;
            agree(row.name, &move |x| row.apply(x, c), &inputs);
        }
    }
}

#[test]
fn broadcast_operands() {
    let _turn = turn();
    let whole = || random(&[6, 50, 40], DType::F64, 1);
    for shape in
        [&[40][..], &[50, 40], &[6, 1, 1], &[6, 50, 1], &[6, 1, 40], &[1], &[], &[50, 1], &[1, 1, 40]]
    {
        let inputs = [whole(), random(shape, DType::F64, 2)];
        agree(&format!("{shape:?}"), &|x| x[0] * x[1] + x[1], &inputs);
        agree(&format!("{shape:?} first"), &|x| (x[1].exp() / x[0] - x[1]).tanh(), &inputs);
    }
}

#[test]
fn rows_totals_and_diamonds() {
    let _turn = turn();
    let inputs =
        [random(&[64, 33], DType::F64, 1), random(&[33], DType::F64, 2), random(&[33], DType::F64, 3)];
    agree("expression", &|x| x[0].tanh() * x[0] + (-(x[0] * x[0])).exp(), &inputs);
    agree("softmax", &|x| (x[0] * 3.0).softmax(-1) * x[1], &inputs);
    agree("log_softmax", &|x| x[0].square().log_softmax(-1).exp() + x[0], &inputs);
    agree("layer_norm", &|x| x[0].sin().layer_norm(x[1], x[2], 1e-5).relu(), &inputs);
    agree("means", &|x| x[0] / x[0].mean() - x[0].sum(), &inputs);
    agree("two norms", &|x| x[0].layer_norm(x[1], x[2], 1e-5).softmax(-1), &inputs);
    agree("a product between", &|x| x[0].exp().t().matmul(x[0].sin()).tanh(), &inputs);
    agree("detached", &|x| x[0].exp().detach() * x[0], &inputs);
    agree("transposed", &|x| x[0].exp() + (x[0].t().sin() * 2.0).t(), &inputs);
}

/// A scalar and its gradients, as they are: no weights stand between the loss and `f`.
fn loss_and_gradients(f: &Formula, inputs: &[Param]) -> Vec<Tensor> {
    let (loss, grads) =
        value_and_grad(|tape| f(&inputs.iter().map(|p| tape.param(p)).collect::<Vec<Var<'_>>>()));
    let gradient = |p: &Param| grads.get(p).cloned().unwrap_or_else(|| Tensor::zeros_like(p.value()));
    [Tensor::scalar(loss)].into_iter().chain(inputs.iter().map(gradient)).collect()
}

#[track_caller]
fn same_losses(name: &str, f: &Formula, inputs: &[Param]) {
    let (waiting, at_once) = both(|| loss_and_gradients(f, inputs));
    for (i, (a, b)) in waiting.iter().zip(&at_once).enumerate() {
        assert_eq!(a.shape(), b.shape(), "{name}: result {i}");
        let scale = b.abs().max().item();
        let far = a.max_abs_diff(b);
        assert!(scale.is_finite() && far <= 1e-12 * scale, "{name}: result {i} differs by {far} of {scale}");
    }
}

/// More elements than one piece of a program has, so that sums are put together from pieces.
const PIECES: [usize; 2] = [300, 257];

#[test]
fn a_mean_is_divided_once() {
    let _turn = turn();
    let [rows, width] = PIECES;
    let n = (rows * width) as f64;
    let inputs = [random(&PIECES, DType::F64, 1), random(&PIECES, DType::F64, 2)];
    fuse_above(0);
    // The gradient of mean(x y) is y/n and x/n, that of the mean itself 1/n.
    let found = loss_and_gradients(&|x| (x[0] * x[1]).mean(), &inputs);
    let mean = (inputs[0].value() * inputs[1].value()).sum().item() / n;
    assert!(abs_diff_eq!(found[0].item(), mean, epsilon = 1e-13), "{} is not {mean}", found[0].item());
    assert!(found[1].max_abs_diff(&(inputs[1].value() / n)) < 1e-20);
    assert!(found[2].max_abs_diff(&(inputs[0].value() / n)) < 1e-20);
    let found = loss_and_gradients(&|x| x[0].exp().ln().mean(), &inputs);
    assert_abs_diff_eq!(found[0].item(), inputs[0].value().sum().item() / n, epsilon = 1e-13);
    assert!(found[1].max_abs_diff(&Tensor::full_of(PIECES, 1.0 / n, DType::F64)) < 1e-18);
    // A mean that waits until another operation asks for it, and one of a value that does not wait.
    let found = loss_and_gradients(&|x| x[0].exp().mean().ln(), &inputs);
    let exp = inputs[0].value().exp();
    assert_abs_diff_eq!(found[0].item(), (exp.sum().item() / n).ln(), epsilon = 1e-13);
    assert!(found[1].max_abs_diff(&(&exp / exp.sum().item())) < 1e-18);
}

#[test]
fn sums_over_several_pieces() {
    let _turn = turn();
    let [rows, width] = PIECES;
    let x = || random(&PIECES, DType::F64, 1);
    for shape in [&[width][..], &[rows, 1], &[1, width], &[], &[1]] {
        let inputs = [x(), random(shape, DType::F64, 2)];
        same_losses(&format!("bias {shape:?}"), &|x| (x[0] + x[1]).tanh().sum(), &inputs);
        same_losses(&format!("scale {shape:?}"), &|x| (x[0] * x[1]).mean(), &inputs);
        same_losses(&format!("both {shape:?}"), &|x| (x[0] / x[1] + x[1]).square().mean(), &inputs);
    }
    let inputs = [x(), random(&[width], DType::F64, 2), random(&[width], DType::F64, 3)];
    same_losses("layer_norm", &|x| x[0].layer_norm(x[1], x[2], 1e-5).square().mean(), &inputs);
    same_losses("two totals", &|x| (x[0] / x[0].mean()).square().mean() * x[0].sum(), &inputs[..1]);
    same_losses("three uses", &|x| (x[0] * x[0] - x[0] + x[0] * 2.0).mean(), &inputs[..1]);
    // The bias of a sum gets a 1 from each row: an exact number.
    fuse_above(0);
    let found = loss_and_gradients(&|x| (x[0] + x[1]).sum(), &inputs[..2]);
    assert!(found[2].equal(&Tensor::full_of(width, rows as f64, DType::F64)), "{}", found[2]);
}

#[test]
fn the_mean_of_every_row_over_several_pieces() {
    let _turn = turn();
    for row in table().filter(|row| !row.facts.estimator) {
        let c = if row.has_number { 0.75 } else { 0.0 };
        let row: &'static Row = row;
        let shapes: [&[usize]; 2] = [&PIECES, &PIECES[1..]];
        let drawn = |i: usize| {
            let [low, high] = row.facts.domain[i];
            let part = random(shapes[i], DType::F64, i as u64);
            Param::new(part.value() * (high - low) + low)
        };
        let inputs: Vec<Param> = (0..usize::from(row.arity)).map(drawn).collect();
        same_losses(row.name, &move |x| row.apply(x, c).mean(), &inputs);
    }
}

#[test]
fn a_long_chain_and_values_asked_for_on_the_way() {
    let _turn = turn();
    let inputs = [random(&[500], DType::F64, 1)];
    let chain = |x: &[Var<'_>]| -> Vec<Tensor> {
        let mut y = x[0];
        let mut seen = Vec::new();
        for i in 0..1000 {
            y = (y * 1.01).sin() + x[0];
            if i % 7 == 0 {
                seen.push(y.value());
            }
        }
        seen.push(y.value());
        seen
    };
    let (waiting, at_once) = both(|| {
        let tape = Tape::new();
        chain(&[tape.param(&inputs[0])])
    });
    assert!(waiting.iter().zip(&at_once).all(|(a, b)| a.equal(b)));
    agree(
        "chain",
        &|x| {
            (0..300).fold(x[0], |y, i| if i % 50 == 49 { y.cumsum(0).sin() } else { (y * 1.01).sin() + x[0] })
        },
        &inputs,
    );
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let _turn = turn();
    fuse_above(0);
    let inputs = [
        random(&[700, 513], DType::F32, 1),
        random(&[513], DType::F32, 2),
        random(&[513], DType::F32, 3),
        random(&[700, 1], DType::F32, 4),
    ];
    let run = |threads: usize| {
        set_threads(threads);
        let f: &Formula = &|x| (x[0].layer_norm(x[1], x[2], 1e-5) * x[3]).softmax(-1) + x[0].tanh() * x[3];
        values_and_gradients(f, &inputs)
    };
    let one = run(1);
    for threads in [2, 4] {
        assert!(run(threads).iter().zip(&one).all(|(a, b)| a.equal(b)), "{threads} threads");
    }
}

#[test]
fn higher_derivatives_and_checkpoints() {
    let _turn = turn();
    let x = random(&[300], DType::F64, 1);
    let (waiting, at_once) = both(|| {
        let (_, grads) = value_and_grad(|tape| {
            let x = tape.param(&x);
            let slope = (x.sin() * x).checkpoint(|x| x.tanh() * x).sum().grad(x);
            (slope * slope).sum()
        });
        grads.get(&x).cloned().expect("a gradient")
    });
    assert!(waiting.max_abs_diff(&at_once) < 1e-13);
}

#[test]
fn printing_and_the_search_for_nan_compute_what_waits() {
    let _turn = turn();
    fuse_above(0);
    let tape = Tape::new();
    let x = tape.var(Tensor::linspace(-1.0, 1.0, 300));
    let y = x.sqrt() * 2.0;
    assert!(!tape.to_string().contains("(freed)"), "{tape}");
    let tape = Tape::new();
    let x = tape.var(Tensor::linspace(-1.0, 1.0, 300));
    let _ = x.sqrt() * 2.0;
    assert_eq!(tape.detect_anomalies().map(|a| a.formula), Some("sqrt(%0)".to_string()));
    assert!(y.value().to_f64_vec()[0].is_nan());
}

#[test]
#[should_panic(expected = "add: [300] and [299] do not broadcast")]
fn shapes_are_checked_when_an_operation_is_recorded() {
    let _turn = turn();
    fuse_above(0);
    let tape = Tape::new();
    let _ = tape.var(Tensor::linspace(0.0, 1.0, 300)) + tape.var(Tensor::linspace(0.0, 1.0, 299));
}
