//! Nonlinear conjugate gradients.

use super::line_search::{Place, Wolfe};
use super::{Method, Notes, Objective, along, dot, largest};
use crate::options::Options;
use crate::settings;

/// How much of the last direction is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConjugateForm {
    /// `$\langle g, g\rangle/\langle g', g'\rangle$`, Fletcher and Reeves 1964.
    FletcherReeves,
    /// `$\max(0, \langle g, g - g'\rangle/\langle g', g'\rangle)$`, Polak and Ribière 1969, Powell 1984.
    PolakRibiere,
    /// `$\max(0, \langle g, g - g'\rangle/\langle d, g - g'\rangle)$`, Hestenes and Stiefel 1952.
    HestenesStiefel,
}

/// Nonlinear conjugate gradients: each direction is the gradient and a part of the last direction, followed
/// to a place that fulfils the strong Wolfe conditions. On a quadratic of `$n$` dimensions it ends after
/// `$n$` steps.
///
/// ```math
/// d \leftarrow -g + \beta d, \qquad x \leftarrow x + t\,d
/// ```
///
/// # Source
/// Nocedal and Wright 2006, algorithm 5.4. The learning rate is the first length tried in the first step.
#[derive(Debug, Clone, PartialEq)]
pub struct ConjugateGradients {
    /// How `$\beta$` is computed.
    pub form: ConjugateForm,
    /// Flatness asked of the line search.
    pub flatness: f64,
}

impl Default for ConjugateGradients {
    fn default() -> Self {
        Self { form: ConjugateForm::PolakRibiere, flatness: 0.1 }
    }
}

impl ConjugateGradients {
    fn beta(&self, g: &[f64], before: &[f64], d: &[f64]) -> f64 {
        let change: Vec<f64> = g.iter().zip(before).map(|(g, b)| g - b).collect();
        let beta = match self.form {
            ConjugateForm::FletcherReeves => dot(g, g) / dot(before, before),
            ConjugateForm::PolakRibiere => (dot(g, &change) / dot(before, before)).max(0.0),
            ConjugateForm::HestenesStiefel => (dot(g, &change) / dot(d, &change)).max(0.0),
        };
        if beta.is_finite() { beta } else { 0.0 }
    }
}

impl Method for ConjugateGradients {
    settings!(form, flatness);

    fn options(&self) -> Options {
        Options::of("ConjugateGradients").must(self.flatness > 0.0 && self.flatness < 1.0, || {
            format!("ConjugateGradients: flatness is {}; it must be above 0 and below 1", self.flatness)
        })
    }

    fn step(&self, lr: f64, x: &mut [f64], notes: &mut Notes, f: &mut dyn Objective) -> f64 {
        let (value, g) = f.value_and_grad(x);
        if largest(&g) == 0.0 {
            return value;
        }
        let minus: Vec<f64> = g.iter().map(|g| -g).collect();
        let mut d = match (notes.get("gradient"), notes.get("direction")) {
            (Some(before), Some(d)) => along(&minus, self.beta(&g, before, d), d),
            _ => minus.clone(),
        };
        if dot(&g, &d) >= 0.0 {
            d = minus;
        }
        let slope = dot(&g, &d);
        // The first length: as much decrease to first order as in the step before.
        let last = notes.get("decrease").map_or(lr, |last| (1.01 * 2.0 * last[0] / slope).clamp(1e-12, 1e6));
        let wolfe = Wolfe { c1: 1e-4, c2: self.flatness, tolerance: 1e-14, limit: 40 };
        let start = Place { t: 0.0, value, grad: g.clone(), slope };
        let (place, _) = wolfe.search(&start, last, &d, &mut |t| f.value_and_grad(&along(x, t, &d)));
        x.copy_from_slice(&along(x, place.t, &d));
        notes.insert("decrease".into(), vec![place.value - value]);
        notes.insert("gradient".into(), g);
        notes.insert("direction".into(), d);
        value
    }
}
