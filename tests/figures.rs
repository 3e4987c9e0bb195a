//! The figures that the lecture notes print, to all their digits.

use approx::assert_abs_diff_eq;
use gradus_autograd::FiniteDifference;
use gradus_optim::theory::{QuadraticMomentum, effective_samples, stability_limit};
use gradus_optim::{Differences, Momentum, Objective, Optimizer, Rule, Sgd, minimize, surfaces};

/// 20 steps on 0.1 x² + 2 y² from (−5, −2), as the notes print their end.
fn end_of_descent(rule: impl Rule, lr: f64) -> String {
    let surface = surfaces::surface("quadratic").expect("it is one of the surfaces");
    let path = minimize(surface.f, &surface.start, &mut Optimizer::new(rule, lr), 20);
    format!("epoch 20, x1: {:.6}, x2: {:.6}", path.last()[0], path.last()[1])
}

#[test]
fn gradient_descent() {
    assert_eq!(end_of_descent(Sgd::default(), 0.4), "epoch 20, x1: -0.943467, x2: -0.000073");
    assert_eq!(end_of_descent(Sgd::default(), 0.6), "epoch 20, x1: -0.387814, x2: -1673.365109");
}

#[test]
fn momentum() {
    let leaky = |beta| Momentum { beta, ..Momentum::default() };
    let torch = |momentum| Sgd { momentum, ..Sgd::default() };
    for end in [end_of_descent(leaky(0.5), 0.6), end_of_descent(torch(0.5), 0.6)] {
        assert_eq!(end, "epoch 20, x1: 0.007188, x2: 0.002553");
    }
    for end in [end_of_descent(leaky(0.25), 0.6), end_of_descent(torch(0.25), 0.6)] {
        assert_eq!(end, "epoch 20, x1: -0.126340, x2: -0.186632");
    }
}

#[test]
fn windows_of_averages() {
    for (gamma, window) in [(0.9, 10.0), (0.96, 25.0), (0.95, 20.0)] {
        approx::assert_relative_eq!(effective_samples(gamma), window, max_relative = 1e-12);
    }
}

#[test]
fn weights_of_the_leaky_sum() {
    // The weight of a gradient t steps back is what is left in the velocity of a single one.
    let mut optimizer = Optimizer::new(Momentum { beta: 0.95, ..Momentum::default() }, 1.0);
    let mut x = gradus_autograd::Param::new(0.0);
    for t in 0..40 {
        let mut grads = gradus_autograd::Gradients::default();
        grads.set(x.id(), if t == 0 { 1.0 } else { 0.0 }.into());
        optimizer.step(&mut x, &grads);
        let weight = optimizer.slot("", "v").expect("momentum has a velocity").item();
        assert_abs_diff_eq!(weight, 0.95f64.powi(t), epsilon = 1e-15);
    }
    // An effective step of 1/(1 − β).
    assert_abs_diff_eq!(
        -x.value().item() / effective_samples(0.95),
        (1.0 - 0.95f64.powi(40)),
        epsilon = 1e-12
    );
}

#[test]
fn descent_on_one_curvature() {
    for (lambda, factor) in [(0.1, 0.99), (1.0, 0.9), (10.0, 0.0), (19.0, -0.9)] {
        let path = QuadraticMomentum { beta: 0.0, eta: 0.1, lambda }.trajectory(0.0, 1.0, 19);
        for (t, x) in (1..).zip(path) {
            assert_abs_diff_eq!(x, f64::powi(factor, t), epsilon = 1e-13);
        }
    }
}

#[test]
fn the_range_of_convergence() {
    assert_eq!((stability_limit(0.0), stability_limit(0.5)), (2.0, 3.0));
    for (beta, step, stable) in [(0.0, 1.9, true), (0.0, 2.1, false), (0.5, 2.9, true), (0.5, 3.1, false)] {
        assert_eq!(QuadraticMomentum { beta, eta: 0.1, lambda: step / 0.1 }.is_stable(), stable);
    }
}

#[test]
fn forward_differences() {
    let mut f =
        Differences { f: |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>(), by: FiniteDifference::forward() };
    let cases: [(&[f64], &[f64]); 4] = [
        (&[1.0, 2.0, 3.0], &[2.000_001_000_368_456_5, 4.000_001_000_648_012_5, 6.000_001_000_927_568]),
        (&[0.0, 0.0], &[1e-6, 1e-6]),
        (&[-5.0, -2.0], &[-9.999_999_001_308_879, -3.999_998_998_693_854_4]),
        (
            &[10.0, -3.0, 0.5, 7.0],
            &[
                20.000_000_972_686_394,
                -5.999_999_018_513_336,
                1.000_001_020_656_782_2,
                14.000_000_987_834_937,
            ],
        ),
    ];
    for (x, want) in cases {
        assert_eq!(f.value_and_grad(x).1, want);
    }
}
