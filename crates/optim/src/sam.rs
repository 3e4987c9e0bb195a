//! SAM: gradients taken where the loss is worst nearby.

use gradus_autograd::{Gradients, Params};

use crate::fused;
use crate::optimizer::Optimizer;
use crate::step::Kept;

/// Sharpness-aware minimisation, around any optimizer: a step up the gradient of length `$\rho$`, the
/// gradient there, and with that a step from the old place.
///
/// ```math
/// \epsilon = \rho\,\frac{g(\theta)}{\lVert g(\theta)\rVert + \epsilon_0}, \qquad
/// \theta \leftarrow \text{optimizer}(\theta, g(\theta + \epsilon))
/// ```
///
/// # Source
/// Foret et al. 2021, algorithm 1; Kwon et al. 2021 (adaptive).
#[derive(Debug, Clone, PartialEq)]
pub struct Sam {
    /// How far up, `$\rho$`.
    pub rho: f64,
    /// Added to the norm, `$\epsilon_0$`.
    pub eps: f64,
    /// Distances in units of the parameters: `$\epsilon = \rho\,\theta^2 g/\lVert\theta g\rVert$`.
    pub adaptive: bool,
}

impl Default for Sam {
    fn default() -> Self {
        Self { rho: 0.05, eps: 1e-12, adaptive: false }
    }
}

impl Sam {
    /// One step of `optimizer`; `f` gives the loss and the gradients of a model, and is called twice. Returns
    /// the loss before the step.
    pub fn step<M: Params>(
        &self,
        optimizer: &mut Optimizer,
        model: &mut M,
        mut f: impl FnMut(&M) -> (f64, Gradients),
    ) -> f64 {
        let (loss, grads) = f(model);
        let mut square = 0.0;
        model.visit("", &mut |_, param| {
            if let Some(g) = grads.get(param) {
                let scaled = if self.adaptive { param.value().abs() * g } else { g.clone() };
                square += fused::dot(&scaled, &scaled);
            }
        });
        let length = self.rho / (square.sqrt() + self.eps);
        let mut kept = Vec::new();
        model.visit_mut("", &mut |_, param| {
            let Some(g) = grads.get(param) else { return };
            let up = if self.adaptive { param.value().square() * g } else { g.clone() };
            kept.push((param.id(), param.value().clone()));
            param.set(param.value() + up * length);
        });
        let (_, grads) = f(model);
        Kept(kept).restore(model);
        optimizer.step(model, &grads);
        loss
    }
}
