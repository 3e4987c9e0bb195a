//! The figures that the lecture notes print, to all their digits.

use approx::assert_abs_diff_eq;
use gradus_autograd::FiniteDifference;
use gradus_optim::theory::{QuadraticMomentum, effective_samples, ewma, stability_limit};
use gradus_optim::{
    Adagrad, Differences, Momentum, MomentumForm, Objective, Optimizer, Rule, Sgd, minimize, surfaces,
};

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
fn what_the_window_holds() {
    for (gamma, window, share) in [(0.9, 10, 0.651), (0.99, 100, 0.634)] {
        let held = ewma(gamma, &vec![1.0; window]);
        assert_abs_diff_eq!(*held.last().expect("there are samples"), share, epsilon = 5e-4);
    }
}

/// Ten steps down x²/2 from 1, whose rate is 0.1 and then this one.
fn end_of_ten(rule: impl Rule, later: f64) -> f64 {
    let (mut x, mut optimizer) = (gradus_autograd::Param::new(1.0), Optimizer::new(rule, 0.1));
    for step in 0..10 {
        optimizer.set_lr(if step < 5 { 0.1 } else { later });
        optimizer.training_step(&mut x, |x, tape| 0.5 * tape.param(x).square());
    }
    x.value().item()
}

#[test]
fn a_rate_that_drops() {
    let inside = || Momentum { form: MomentumForm::Velocity, ..Momentum::default() };
    let outside = || Sgd { momentum: 0.9, ..Sgd::default() };
    for (rate, by_inside, by_outside) in
        [(0.1, -0.588_789_388_8, -0.588_789_388_8), (0.01, -0.929_648_165_6, -0.115_839_979_9)]
    {
        assert_abs_diff_eq!(end_of_ten(inside(), rate), by_inside, epsilon = 1e-9);
        assert_abs_diff_eq!(end_of_ten(outside(), rate), by_outside, epsilon = 1e-9);
    }
}

#[test]
fn epsilon_at_a_small_slope() {
    let first = |eps_inside| {
        let rule = Adagrad { eps: 1e-8, eps_inside, ..Adagrad::default() };
        let mut x = gradus_autograd::Param::new(0.0);
        Optimizer::new(rule, 1e-3).training_step(&mut x, |x, tape| tape.param(x) * 1e-6);
        -x.value().item()
    };
    assert_abs_diff_eq!(first(false), 9.901e-4, epsilon = 1e-7);
    assert_abs_diff_eq!(first(true), 9.9995e-6, epsilon = 1e-9);
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
