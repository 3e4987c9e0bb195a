//! A network that obeys an equation: no data, only `x'' + 2 δ x' + ω² x = 0`, and its own second derivative in the loss.
//!
//! The tape differentiates the network by its input, twice, and records that; `training_step` then differentiates the equation's
//! error by the weights: a third derivative. The start is built in, `x(t) = 1 + t² N(t)`, so that x(0) = 1 and x'(0) = 0 hold
//! exactly. Adam comes near, L-BFGS finishes. The exact solution is known:
//!
//! ```text
//! x(t) = e^(−δt) (cos ωd t + δ/ωd sin ωd t),   ωd = √(ω² − δ²)
//! ```
//!
//! After Lagaris, Likas and Fotiadis 1998, and Raissi, Perdikaris and Karniadakis 2019.

#[path = "common/published.rs"]
mod published;

use gradus::optim::{Lbfgs, LineSearch};
use gradus::prelude::*;
use published::Published;

const DELTA: f64 = 1.0;
const OMEGA: f64 = 6.0;

/// The exact place at a time.
fn exact(t: f64) -> f64 {
    let damped = (OMEGA * OMEGA - DELTA * DELTA).sqrt();
    (-DELTA * t).exp() * ((damped * t).cos() + DELTA / damped * (damped * t).sin())
}

/// Place, speed and acceleration at times `[n, 1]`: the sum over the times has each one's derivative, since each place depends on
/// its own time only.
fn motion<'t>(model: &Sequential, t: Var<'t>) -> [Var<'t>; 3] {
    let x = 1.0 + t.square() * model.forward(t);
    let v = x.sum().grad(t);
    let a = v.sum().grad(t);
    [x, v, a]
}

/// The mean squared error of the equation, in units of ω² x.
fn residual<'t>(model: &Sequential, tape: &'t Tape, times: &Tensor) -> Var<'t> {
    let [x, v, a] = motion(model, tape.var(times));
    ((a + 2.0 * DELTA * v) / (OMEGA * OMEGA) + x).square().mean()
}

fn network(rng: &mut Rng) -> Sequential {
    let mut model =
        sequential![Linear::new(1, 32, rng), Tanh, Linear::new(32, 32, rng), Tanh, Linear::new(32, 1, rng)];
    model.convert(DType::F64);
    model
}

/// The largest distance from the exact solution.
fn furthest(model: &Sequential, times: &Tensor) -> f64 {
    let tape = Tape::new();
    let [x, ..] = motion(model, tape.var(times));
    let off = x.value().to_f64_vec().into_iter().zip(times.to_f64_vec()).map(|(x, t)| (x - exact(t)).abs());
    off.max_by(f64::total_cmp).unwrap_or(0.0)
}

/// A few times with the exact place and the network's place and speed.
fn show(model: &Sequential, times: &Tensor) {
    let tape = Tape::new();
    let [x, v, _] = motion(model, tape.var(times));
    let [t, x, v] = [times.clone(), x.value(), v.value()].map(|column| column.to_f64_vec());
    println!("   t      exact       ours      speed");
    for i in (0..t.len()).step_by(20) {
        println!("{:4.1} {:10.6} {:10.6} {:10.6}", t[i], exact(t[i]), x[i], v[i]);
    }
    println!();
}

fn main() {
    let published =
        Published::new("An oscillator from its equation", "x'' + 2 x' + 36 x = 0, x(0) = 1, x'(0) = 0", 3);
    let (steps, polish) = if published.quick { (150, 10) } else { (1500, 50) };
    let times = Tensor::linspace_of(0.0, 2.0, 101, DType::F64).reshape([101, 1]);
    let [mut by_adam, mut by_lbfgs, mut left] = [const { Vec::new() }; 3];
    for seed in 0..published.seeds {
        let mut model = network(&mut rng(seed));
        let mut adam = Optimizer::new(Adam::default(), Cosine { peak: 5e-3, end: 0.0, steps });
        let line_search = LineSearch::StrongWolfe;
        let rule = Lbfgs { line_search, tolerance_grad: 0.0, tolerance_change: 0.0, ..Lbfgs::default() };
        let mut lbfgs = Optimizer::new(rule, 1.0);
        let mut losses = Vec::new();
        for _ in 0..steps {
            losses.push(adam.training_step(&mut model, |model, tape| residual(model, tape, &times)));
        }
        by_adam.push(furthest(&model, &times));
        for _ in 0..polish {
            losses.push(lbfgs.training_step(&mut model, |model, tape| residual(model, tape, &times)));
        }
        by_lbfgs.push(1e6 * furthest(&model, &times));
        let last = losses[losses.len() - 1];
        published.falls("the equation's error", losses[0], last);
        left.push(last.log10());
        if seed == 0 {
            show(&model, &times);
        }
    }
    published.row("largest error after Adam", "exact 0", &by_adam);
    published.row("largest error after L-BFGS, millionths", "exact 0", &by_lbfgs);
    published.row("lg of the equation's error", "-", &left);
    assert!(published.quick || by_lbfgs.iter().all(|error| *error < 10_000.0), "{by_lbfgs:?}");
    published.done();
}
