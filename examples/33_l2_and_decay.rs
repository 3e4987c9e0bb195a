//! L2 regularisation against decoupled decay, in SGD, momentum and Adam.
//!
//! Two weights start at 1. Their gradients change sign at every step, 100 and -100 for one, 1 and -1 for the other, so only what
//! shrinks weights moves them in the long run. In SGD the two forms are one. In momentum L2 gathers in the velocity and shrinks
//! 1/(1 - β) times as fast. In Adam L2 is divided by the gradients' size like all else: it hardly reaches the weight whose
//! gradients are large, which decoupled decay shrinks as it shrinks any other.

#[path = "common/lesson.rs"]
mod lesson;

use approx::abs_diff_eq;
use gradus::optim::Rule;
use gradus::prelude::*;
use gradus::viz::{Chart, Figure, Scale};
use lesson::{Point, push, save};

const LAMBDA: f64 = 2.0;
const LR: f64 = 2.5e-4;
const STEPS: usize = 1600;
const SIZES: [f64; 2] = [100.0, 1.0];

/// Both weights after every second step, when the gradients have taken back what they did.
fn weights(rule: impl Into<Box<dyn Rule>>) -> [Vec<Point>; 2] {
    let mut optimizer = Optimizer::new(rule, LR);
    let mut w = Param::new([1.0, 1.0]);
    let mut paths = [vec![(0.0, 1.0)], vec![(0.0, 1.0)]];
    for step in 0..STEPS {
        let sign = if step % 2 == 0 { 1.0 } else { -1.0 };
        push(&mut optimizer, &mut w, SIZES.map(|size| sign * size));
        if step % 2 == 1 {
            let now = w.value().to_f64_vec();
            paths.iter_mut().zip(now).for_each(|(path, w)| path.push(((step + 1) as f64, w)));
        }
    }
    paths
}

fn end(path: &[Point]) -> f64 {
    path.last().expect("there are steps").1
}

fn main() {
    let sgd = |momentum, decoupled| Sgd { momentum, decoupled, weight_decay: LAMBDA, ..Sgd::default() };
    let pairs = [
        ("SGD", weights(sgd(0.0, false)), weights(sgd(0.0, true))),
        ("momentum 0.9", weights(sgd(0.9, false)), weights(sgd(0.9, true))),
        (
            "Adam",
            weights(Adam { weight_decay: LAMBDA, ..Adam::default() }),
            weights(AdamW { weight_decay: LAMBDA, ..AdamW::default() }),
        ),
    ];
    println!("two weights after {STEPS} steps, λ = {LAMBDA}, η = {LR}; (1 - ηλ)^{STEPS} = {:.4}\n", shrunk());
    println!("{:14} {:>10} {:>10} {:>12} {:>12}", "", "L2, 100", "L2, 1", "decay, 100", "decay, 1");
    let mut figure = Figure::new("L2 in the gradient, and decay of the weight itself").shared_legend();
    for (name, l2, decay) in &pairs {
        let ends = [end(&l2[0]), end(&l2[1]), end(&decay[0]), end(&decay[1])];
        let [a, b, c, d] = ends.map(|end| format!("{end:.4}"));
        println!("{name:14} {a:>10} {b:>10} {c:>12} {d:>12}");
        figure = figure.panel(
            Chart::new(name)
                .size(215.0, 240.0)
                .x_axis("step", Scale::Integer)
                .y_axis("weight", Scale::Linear)
                .y_range(0.0, 1.05)
                .line("decoupled, gradients of 100", &decay[0])
                .stroke(6.0)
                .line("decoupled, gradients of 1", &decay[1])
                .stroke(3.5)
                .line("L2, gradients of 100", &l2[0])
                .line("L2, gradients of 1", &l2[1]),
        );
        // Decoupled decay is blind to gradients, whatever the rule.
        assert!(ends[2..].iter().all(|end| abs_diff_eq!(*end, shrunk(), epsilon = 0.11)), "{name}: {ends:?}");
    }
    let [sgd, momentum, adam] = &pairs;
    let apart = |i: usize| (end(&sgd.1[i]) - end(&sgd.2[i])).abs();
    assert!(apart(0) < 1e-12 && apart(1) < 1e-12, "in SGD the two are one");
    assert!(end(&momentum.1[1]) < 0.01, "in momentum L2 shrinks ten times as fast");
    let lost = |path: &[Point]| 1.0 - end(path);
    assert!(lost(&adam.1[1]) > 20.0 * lost(&adam.1[0]), "in Adam L2 spares the weight of large gradients");
    assert!(lost(&adam.2[0]) > 20.0 * lost(&adam.1[0]), "where decoupled decay does not");
    let figure = figure.note(
        "In SGD all four lie on each other; in Adam both decoupled ones do. With momentum 0.9 gradients of 100 shake the weight at the \
         start, and both forms shrink it from there on.",
    );
    save("33_l2_and_decay", &figure.svg());
}

fn shrunk() -> f64 {
    (1.0 - LR * LAMBDA).powi(STEPS as i32)
}
