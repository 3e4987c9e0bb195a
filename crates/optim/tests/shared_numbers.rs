//! Rules with numbers that all parameters of a group share: what they are told (rate, count of updates, the numbers), and
//! their formulas, written out over two numbers.

use approx::{abs_diff_eq, assert_abs_diff_eq};
use std::sync::{Arc, Mutex};

use gradus_autograd::{Gradients, Param};
use gradus_optim::schedule::{Schedule, StepDecay};
use gradus_optim::{DAdaptAdam, Dog, Global, Optimizer, Prodigy, Rule, Sgd, Slot, Step};
use gradus_tensor::Tensor;

/// `(what is asked, updates, steps, rate, shared number)`.
type Seen = (&'static str, u64, u64, f64, f64);

/// Notes what it is told, and counts in its shared number.
#[derive(Debug, Clone, Default)]
struct Witness(Arc<Mutex<Vec<Seen>>>);

impl Witness {
    fn note(&self, what: &'static str, step: &Step<'_>, shared: f64) {
        self.0.lock().unwrap().push((what, step.t, step.step, step.lr, shared));
    }
}

impl Rule for Witness {
    fn slots(&self, _: &Tensor, _: f64) -> Vec<Slot> {
        Vec::new()
    }
    fn update(&self, step: &Step<'_>, _: &mut Tensor, _: &Tensor, _: &mut [Tensor]) {
        self.note("update", step, step.shared[0]);
    }
    fn global(&self) -> Option<&dyn Global> {
        Some(self)
    }
}

impl Global for Witness {
    fn shared(&self) -> Vec<(&'static str, f64)> {
        vec![("sum", 0.0)]
    }
    fn measure(&self, step: &Step<'_>, _: &Tensor, g: &Tensor, _: &mut [Tensor]) -> [f64; 3] {
        self.note("measure", step, step.shared[0]);
        [g.sum().item(), 0.0, 0.0]
    }
    fn agree(&self, step: &Step<'_>, [sum, ..]: [f64; 3], shared: &mut [f64]) {
        self.note("agree", step, step.shared[0]);
        shared[0] += sum;
    }
}

#[test]
fn a_rule_with_shared_numbers_is_told_its_count_and_rate() {
    let witness = Witness::default();
    let rate = StepDecay { initial: 0.5, factor: 0.5, every: 1 };
    let mut optimizer = Optimizer::new(Sgd::default(), 1.0).group_with_lr("*", witness.clone(), rate);
    let mut model = [Param::new(0.0), Param::new(0.0)];
    // The second has no gradient at first, so its count is one behind.
    let mut grads = Gradients::default();
    grads.set(model[0].id(), Tensor::scalar(1.0));
    optimizer.step(&mut model, &grads);
    grads.set(model[1].id(), Tensor::scalar(2.0));
    optimizer.step(&mut model, &grads);
    let seen: Vec<Seen> = witness.0.lock().unwrap().clone();
    assert_eq!(
        seen,
        [
            ("measure", 1, 0, 0.5, 0.0),
            ("agree", 1, 0, 0.5, 0.0),
            ("update", 1, 0, 0.5, 1.0),
            ("measure", 2, 1, 0.25, 1.0),
            ("measure", 1, 1, 0.25, 1.0),
            ("agree", 2, 1, 0.25, 1.0),
            ("update", 2, 1, 0.25, 4.0),
            ("update", 1, 1, 0.25, 4.0),
        ]
    );
}

const START: [f64; 2] = [2.0, 1.0];

/// The gradient of `$\tfrac12 (x_0 - 1)^2 + 2 (x_1 + 0.5)^2$`.
fn slope(x: [f64; 2]) -> [f64; 2] {
    [x[0] - 1.0, 4.0 * (x[1] + 0.5)]
}

/// Of the k-th step, counted from 1.
fn rate(k: u64) -> f64 {
    0.5 * 0.75f64.powf(((k - 1) / 2) as f64)
}

/// Compares the optimizer's path with that of `step(k, rate, x, gradient)`; returns the optimizer and the last x.
fn compare(
    rule: impl Rule,
    mut step: impl FnMut(u64, f64, [f64; 2], [f64; 2]) -> [f64; 2],
) -> (Optimizer, Param, [f64; 2]) {
    let schedule = 0.5.times(StepDecay { initial: 1.0, factor: 0.75, every: 2 });
    let (mut w, mut optimizer, mut x) = (Param::new(START), Optimizer::new(rule, schedule), START);
    for k in 1..=8 {
        let g = slope(x);
        let mut grads = Gradients::default();
        grads.set(w.id(), Tensor::from(g));
        optimizer.step(&mut w, &grads);
        x = step(k, rate(k), x, g);
        let got = w.value().to_f64_vec();
        assert!((0..2).all(|i| abs_diff_eq!(got[i], x[i], epsilon = 1e-13)), "{k}: {got:?} instead of {x:?}");
    }
    (optimizer, w, x)
}

/// Mishchenko and Defazio 2023, algorithm 4, with the authors' code for bias correction, decay and the bound of the growth.
#[test]
fn prodigy_by_its_formulas() {
    let rule = Prodigy {
        bias_correction: true,
        weight_decay: 0.1,
        d0: 1e-3,
        growth: 1.1,
        beta1: 0.8,
        beta2: 0.9,
        ..Prodigy::default()
    };
    let Prodigy { beta1, beta2, eps, weight_decay, d0, growth, .. } = rule;
    let beta3 = beta2.sqrt();
    let (mut m, mut v, mut s) = ([0.0; 2], [0.0; 2], [0.0; 2]);
    let (mut d, mut largest, mut numerator) = (d0, d0, 0.0);
    let _ = compare(rule, |k, rate, mut x, g| {
        let k = k as f64;
        let lr = d * rate * (1.0 - beta2.powf(k)).sqrt() / (1.0 - beta1.powf(k));
        numerator *= beta3;
        for i in 0..2 {
            numerator += d / d0 * lr * g[i] * (START[i] - x[i]);
            m[i] = beta1 * m[i] + d * (1.0 - beta1) * g[i];
            v[i] = beta2 * v[i] + d * d * (1.0 - beta2) * g[i] * g[i];
            s[i] = beta3 * s[i] + d / d0 * lr * g[i];
        }
        let estimate = numerator / (s[0].abs() + s[1].abs());
        let grown = if d == d0 { d.max(estimate) } else { d };
        largest = largest.max(estimate);
        d = largest.min(grown * growth);
        for i in 0..2 {
            x[i] = x[i] * (1.0 - weight_decay * lr) - lr * m[i] / (v[i].sqrt() + d * eps);
        }
        x
    });
    assert!(d > 1.2 * d0 && d < largest, "the estimate has grown and was held back: {d}, {largest}");
}

/// Defazio and Mishchenko 2023, algorithm 5, with the authors' code for decay and the bound of the growth.
#[test]
fn d_adaptation_by_its_formulas() {
    let rule = DAdaptAdam {
        weight_decay: 0.1,
        d0: 1e-2,
        growth: 1.5,
        beta1: 0.8,
        beta2: 0.9,
        ..DAdaptAdam::default()
    };
    let DAdaptAdam { beta1, beta2, eps, weight_decay, d0, growth } = rule;
    let beta3 = beta2.sqrt();
    let (mut m, mut v, mut s) = ([0.0; 2], [0.0f64; 2], [0.0f64; 2]);
    let (mut d, mut weighted) = (d0, 0.0);
    let _ = compare(rule, |_, rate, mut x, g| {
        let lr = d * rate;
        let mut numerator = 0.0;
        for i in 0..2 {
            numerator += lr * g[i] * s[i] / (v[i].sqrt() + eps);
            m[i] = beta1 * m[i] + lr * (1.0 - beta1) * g[i];
            v[i] = beta2 * v[i] + (1.0 - beta2) * g[i] * g[i];
            s[i] = beta3 * s[i] + lr * (1.0 - beta3) * g[i];
        }
        weighted = beta3 * weighted + (1.0 - beta3) * numerator;
        let estimate = weighted / ((1.0 - beta3) * (s[0].abs() + s[1].abs()));
        d = d.max(estimate.min(d * growth));
        for i in 0..2 {
            x[i] = x[i] * (1.0 - weight_decay * lr) - m[i] / (v[i].sqrt() + eps);
        }
        x
    });
    assert!(d > 1.5 * d0, "the estimate has grown: {d}");
}

/// Ivgi, Hinder and Carmon 2023, algorithm 1, and the weighted average of its iterates.
#[test]
fn distance_over_gradients_by_its_formulas() {
    let rule = Dog { first: 0.1, eps: 1e-3, power: 3.0 };
    let norm = |x: [f64; 2]| x[0].hypot(x[1]);
    let (mut distance, mut squares, mut average) = (0.1 * (1.0 + norm(START)), 0.0, START);
    let (mut optimizer, mut w, x) = compare(rule, |k, rate, mut x, g| {
        distance = f64::max(distance, norm([x[0] - START[0], x[1] - START[1]]));
        squares += g[0] * g[0] + g[1] * g[1];
        for i in 0..2 {
            x[i] -= rate * distance / (squares + 1e-3f64).sqrt() * g[i];
            average[i] += 4.0 / (k as f64 + 3.0) * (x[i] - average[i]);
        }
        x
    });
    assert!(distance > 0.1 * (1.0 + norm(START)), "it has gone farther than the first guess");
    let kept = optimizer.answer(&mut w);
    let got = w.value().to_f64_vec();
    assert!(
        (0..2).all(|i| abs_diff_eq!(got[i], average[i], epsilon = 1e-13)),
        "{got:?} instead of {average:?}"
    );
    kept.restore(&mut w);
    assert_abs_diff_eq!(w.value().to_f64_vec()[0], x[0], epsilon = 1e-13);
}
