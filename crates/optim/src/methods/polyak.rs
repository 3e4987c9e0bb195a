//! Polyak's step size.

use gradus_tensor::kernel::math;

use super::{Method, Notes, Objective, along, dot};
use crate::options::Options;
use crate::settings;

/// Gradient descent whose rate follows from the value at the minimum, where that is known.
///
/// ```math
/// \eta = \frac{f(x) - f^*}{\lVert g\rVert^2}, \qquad x \leftarrow x - \min(c\,\eta, \eta_{\max})\,g
/// ```
///
/// The learning rate is `$c$`, 1 in the original.
///
/// # Source
/// Polyak 1987, sec. 5.3; Loizou et al. 2021 (the limit).
#[derive(Debug, Clone, PartialEq)]
pub struct PolyakStep {
    /// The value at the minimum, `$f^*$`.
    pub minimum: f64,
    /// The largest rate, `$\eta_{\max}$`.
    pub limit: f64,
}

impl Default for PolyakStep {
    fn default() -> Self {
        Self { minimum: 0.0, limit: f64::INFINITY }
    }
}

impl Method for PolyakStep {
    settings!(minimum, limit);

    fn options(&self) -> Options {
        Options::of("PolyakStep").finite("minimum", self.minimum).limit("limit", self.limit)
    }

    fn step(&self, lr: f64, x: &mut [f64], _: &mut Notes, f: &mut dyn Objective) -> f64 {
        let (value, g) = f.value_and_grad(x);
        let square = dot(&g, &g);
        if square != 0.0 {
            let rate = math::min(lr * (value - self.minimum) / square, self.limit);
            x.copy_from_slice(&along(x, -rate, &g));
        }
        value
    }
}
