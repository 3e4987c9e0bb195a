//! A neural ODE: the network is a velocity, its layers are steps of a Runge–Kutta method, and what it learns is a spiral.
//!
//! The gradient of the last point by the weights is found three ways, and held side by side: through all recorded steps; with
//! checkpoints, which keep only the points between the steps and compute the rest again (the same numbers, less memory); and by the
//! adjoint equation `a' = −aᵀ ∂f/∂x`, solved back in time beside x itself (no tape of the steps at all, with the method's error).
//!
//! Chen, Rubanova, Bettencourt and Duvenaud, "Neural Ordinary Differential Equations", 2018, and the spiral of its authors' program:
//! `x' = A x³` from (2, 0) for 25 seconds.

#[path = "common/published.rs"]
mod published;

use gradus::prelude::*;
use published::Published;

const POINTS: usize = 1000;
const STEP: f64 = 25.0 / (POINTS - 1) as f64;
const PIECE: usize = 20; // points in a piece of the spiral
const BATCH: usize = 32; // pieces in a batch

/// One step of the classical method of order 4 for `x' = f(x)`, on a tape or with numbers.
fn step<T>(x: &T, h: f64, f: &dyn Fn(&T) -> T, add: &dyn Fn(&T, f64, &T) -> T) -> T {
    let k1 = f(x);
    let k2 = f(&add(x, h / 2.0, &k1));
    let k3 = f(&add(x, h / 2.0, &k2));
    let k4 = f(&add(x, h, &k3));
    let slopes = [(1.0, &k1), (2.0, &k2), (2.0, &k3)];
    slopes.iter().fold(add(x, h / 6.0, &k4), |sum, (c, k)| add(&sum, c * h / 6.0, k))
}

fn step_on_tape<'t>(model: &Sequential, x: Var<'t>) -> Var<'t> {
    step(&x, STEP, &|x| model.forward(x.pow(3.0)), &|x, h, k| *x + h * *k)
}

/// The true spiral, `[POINTS, 2]`.
fn spiral() -> Tensor {
    let a = Tensor::from([[-0.1, 2.0], [-2.0, -0.1]]);
    let mut points = vec![Tensor::from([[2.0, 0.0]])];
    for i in 1..POINTS {
        points.push(step(&points[i - 1], STEP, &|x| (x * x * x).matmul(&a), &|x, h, k| x + k * h));
    }
    Tensor::cat(&points, 0)
}

/// A point, the gradient of the loss by it, and the gradient by the weights: what the adjoint method carries back in time.
struct Adjoint(Tensor, Tensor, Gradients);

/// The loss's gradient by the weights, where the loss is the sum of the last point's coordinates.
fn by_adjoint(model: &Sequential, end: &Tensor, steps: usize) -> Gradients {
    let velocity = |Adjoint(x, a, _): &Adjoint| {
        let tape = Tape::new();
        let point = tape.var(x);
        let f = model.forward(point.pow(3.0));
        let found = (f * a).sum().backward();
        Adjoint(f.value(), -found.wrt(point), found.of(model))
    };
    // The weights' gradient grows as time runs back, so its velocity has the other sign.
    let add = |Adjoint(x, a, g): &Adjoint, h: f64, Adjoint(dx, da, dg): &Adjoint| {
        let (mut sum, mut part) = (g.of(model), dg.of(model));
        part.scale(-h);
        sum += part;
        Adjoint(x + dx * h, a + da * h, sum)
    };
    let end = Adjoint(end.clone(), end.ones_like(), Gradients::default());
    (0..steps).fold(end, |at, _| step(&at, -STEP, &velocity, &add)).2
}

/// The largest difference of two gradients, in parts of the largest entry.
fn difference(model: &Sequential, a: &Gradients, b: &Gradients) -> f64 {
    let of = |f: &dyn Fn(&Param) -> Tensor| {
        model.params().iter().map(|(_, p)| f(p).abs().max().item()).max_by(f64::total_cmp).unwrap_or(0.0)
    };
    let get = |grads: &Gradients, p: &Param| grads.get(p).expect("each weight has one").clone();
    of(&|p| get(a, p) - get(b, p)) / of(&|p| get(a, p))
}

fn main() {
    let published = Published::new("A neural ODE learns a spiral", "x' = A x³, 1,000 points in 25 s", 3);
    let (truth, steps) = (spiral(), if published.quick { 60 } else { 5000 });
    let (start, all) = (truth.narrow(0, 0, 1), truth.unfold(0, PIECE, 1)); // [pieces, 2, PIECE]
    let [mut errors, mut adjoints] = [const { Vec::new() }; 2];
    for seed in 0..published.seeds {
        let mut random = rng(seed);
        let mut model = sequential![Linear::new(2, 50, &mut random), Tanh, Linear::new(50, 2, &mut random)];
        model.convert(DType::F64);
        let mut optimizer = Optimizer::new(Adam::default(), Cosine { peak: 1e-2, end: 1e-4, steps });
        let mut losses = Vec::new();
        for _ in 0..steps {
            let from = Tensor::randint(0, (POINTS - PIECE) as i64, [BATCH], &mut random);
            let pieces = all.index_select(0, &from);
            losses.push(optimizer.training_step(&mut model, |model, tape| {
                let mut x = tape.constant(pieces.select(2, 0));
                let off = (1..PIECE).map(|i| {
                    x = step_on_tape(model, x);
                    x.mse(pieces.select(2, i as isize))
                });
                Var::stack(&off.collect::<Vec<_>>(), 0).mean()
            }));
        }
        published.falls("the loss", losses[0], losses[losses.len() - 1]);
        let path = predict(|tape| {
            let mut points = vec![tape.constant(&start)];
            (1..POINTS).for_each(|i| points.push(step_on_tape(&model, points[i - 1])));
            Var::cat(&points, 0)
        });
        errors.push((&path - &truth).abs().mean().item());
        let run = |f: &dyn for<'t> Fn(Var<'t>) -> Var<'t>| {
            value_and_grad(|tape| (0..40).fold(tape.constant(&start), |x, _| f(x)).sum()).1
        };
        let recorded = run(&|x| step_on_tape(&model, x));
        let checkpoints = run(&|x| x.checkpoint(|x| step_on_tape(&model, x)));
        assert_eq!(difference(&model, &recorded, &checkpoints), 0.0);
        let adjoint = by_adjoint(&model, &path.narrow(0, 40, 1), 40);
        adjoints.push(1e6 * difference(&model, &recorded, &adjoint));
    }
    published.row("mean distance of the whole path", "exact 0", &errors);
    published.row("gradient, adjoint and recorded, millionths", "0", &adjoints);
    assert!(published.quick || errors.iter().all(|error| *error < 0.1), "{errors:?}");
    published.done();
}
