//! The first descents of a course on optimizers, from a start to an end that is known to six digits: a step too small, a step too
//! large, a valley that wants momentum, rates that fall by themselves, and Newton's method, which runs to whatever is flat.

#[path = "common/published.rs"]
mod published;

use std::f64::consts::PI;

use gradus::optim::{Adagrad, Method, Notes, Objective, RmsProp, Rule, minimize};
use gradus::prelude::*;
use published::Published;

/// Newton's method as its formula stands, `x - lr · f'/f''`. Nothing keeps it from a maximum; `gradus::optim::Newton` would.
#[derive(Debug)]
struct Textbook;

impl Method for Textbook {
    fn step(&self, lr: f64, x: &mut [f64], _: &mut Notes, f: &mut dyn Objective) -> f64 {
        let (value, slope) = f.value_and_grad(x);
        x[0] -= lr * slope[0] / f.hessian(x)[0];
        value
    }
}

fn parabola(x: Var<'_>) -> Var<'_> {
    x.square().sum()
}

fn waves(x: Var<'_>) -> Var<'_> {
    (x * (0.15 * PI * x).cos()).sum()
}

fn catenary(x: Var<'_>) -> Var<'_> {
    (0.5 * x).cosh().sum()
}

fn bowl(x: Var<'_>) -> Var<'_> {
    (x.square() * &Tensor::from([1.0, 2.0])).sum()
}

fn valley(x: Var<'_>) -> Var<'_> {
    (x.square() * &Tensor::from([0.1, 2.0])).sum()
}

type Function = for<'t> fn(Var<'t>) -> Var<'t>;

/// Goes down, and compares the end with the published one, digit by digit.
fn descend(what: &str, f: Function, rule: impl Into<Box<dyn Rule>>, lr: f64, published: &str) {
    // Functions of one number start at 10 and go ten steps, those of two start at (-5, -2) and go twenty.
    let (start, steps): (&[f64], _) =
        if published.contains(", ") { (&[-5.0, -2.0], 20) } else { (&[10.0], 10) };
    let path = minimize(f, start, &mut Optimizer::new(rule, lr), steps);
    let digits = published.split('.').next_back().map_or(0, str::len);
    let ours: Vec<String> = path.last().iter().map(|x| format!("{x:.digits$}")).collect();
    let ours = ours.join(", ");
    println!("{what:34} rate {lr:4}   published {published:>22}   ours {ours:>22}");
    assert_eq!(ours, published, "{what}");
}

fn main() {
    let source = "github.com/d2l-ai/d2l-pytorch-colab, chapter_optimization: gd, momentum, adagrad, rmsprop";
    let run = Published::new("Descents to all digits that were printed", source, 1);

    println!("x²: a good step, a small one, one too large");
    descend("gradient descent", parabola, Sgd::default(), 0.2, "0.060466");
    descend("gradient descent", parabola, Sgd::default(), 0.05, "3.486784");
    descend("gradient descent", parabola, Sgd::default(), 1.1, "61.917364");

    println!("\nx cos(0.15 π x): many minima, and a step that jumps to a poor one");
    descend("gradient descent", waves, Sgd::default(), 2.0, "-1.528166");

    println!("\nx² + 2 y²");
    descend("gradient descent", bowl, Sgd::default(), 0.1, "-0.057646, -0.000073");

    println!(
        "\ncosh(x/2) is convex; x cos(0.15 π x) is not, and there the end is a maximum unless steps are halved"
    );
    descend("Newton's method", catenary, Textbook, 1.0, "0.0000");
    descend("Newton's method", waves, Textbook, 1.0, "26.8341");
    descend("Newton's method, damped", waves, Textbook, 0.5, "7.2699");

    println!("\n0.1 x² + 2 y²: what is small for x is large for y");
    descend("gradient descent", valley, Sgd::default(), 0.4, "-0.943467, -0.000073");
    descend("gradient descent", valley, Sgd::default(), 0.6, "-0.387814, -1673.365109");
    let momentum = |momentum| Sgd { momentum, ..Sgd::default() };
    descend("momentum 0.5", valley, momentum(0.5), 0.6, "0.007188, 0.002553");
    descend("momentum 0.25", valley, momentum(0.25), 0.6, "-0.126340, -0.186632");
    let adagrad = || Adagrad { eps: 1e-6, eps_inside: true, ..Adagrad::default() };
    descend("AdaGrad", valley, adagrad(), 0.4, "-2.382563, -0.158591");
    descend("AdaGrad", valley, adagrad(), 2.0, "-0.002295, -0.000000");
    let rmsprop = RmsProp { alpha: 0.9, eps: 1e-6, eps_inside: true, ..RmsProp::default() };
    descend("RMSProp", valley, rmsprop, 0.4, "-0.010599, 0.000000");
    run.done();
}
