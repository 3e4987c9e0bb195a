//! Newton's method, damped.

use super::{Method, Notes, Objective, along, dot};
use crate::linalg::solve_positive;
use crate::options::Options;
use crate::settings;

/// Newton's method: to the minimum of the quadratic that touches the function here. For small problems.
///
/// ```math
/// (H + \mu I)\,d = -g, \qquad x \leftarrow x + t\,d
/// ```
///
/// with the smallest of `$\mu = 0, \mu_0, 10\mu_0, \dots$` for which the matrix is positive definite, and
/// `$t$` halved from the learning rate (1) until the value falls enough (Armijo's condition).
///
/// # Source
/// Nocedal and Wright 2006, algorithms 3.2 and 3.3.
#[derive(Debug, Clone, PartialEq)]
pub struct Newton {
    /// The first shift in units of the Hessian's largest element, `$\mu_0$`.
    pub shift: f64,
    /// The part of the predicted decrease that is enough.
    pub decrease: f64,
    /// How often a step is halved at most; 0 takes every step as it is.
    pub halvings: usize,
}

impl Default for Newton {
    fn default() -> Self {
        Self { shift: 1e-6, decrease: 1e-4, halvings: 40 }
    }
}

impl Method for Newton {
    settings!(shift, decrease, halvings);

    fn options(&self) -> Options {
        Options::of("Newton").non_negative("shift", self.shift).below_one("decrease", self.decrease)
    }

    fn step(&self, lr: f64, x: &mut [f64], _: &mut Notes, f: &mut dyn Objective) -> f64 {
        let n = x.len();
        let (value, g) = f.value_and_grad(x);
        let hessian = f.hessian(x);
        let minus: Vec<f64> = g.iter().map(|g| -g).collect();
        let unit = self.shift * super::largest(&hessian).max(f64::MIN_POSITIVE);
        let solved = (0..40).find_map(|k| {
            let shift = if k == 0 { 0.0 } else { unit * 10f64.powi(k - 1) };
            let mut shifted = hessian.clone();
            (0..n).for_each(|i| shifted[i * n + i] += shift);
            solve_positive(&shifted, &minus)
        });
        let d = solved.unwrap_or(minus);
        let (mut t, slope) = (lr, dot(&g, &d));
        let enough = |new: f64, t: f64| new.is_finite() && new <= value + self.decrease * t * slope;
        for _ in 0..self.halvings {
            if enough(f.value_and_grad(&along(x, t, &d)).0, t) {
                break;
            }
            t /= 2.0;
        }
        let there = along(x, t, &d);
        if self.halvings == 0 || f.value_and_grad(&there).0.is_finite() {
            x.copy_from_slice(&there);
        }
        value
    }
}
