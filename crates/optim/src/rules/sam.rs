//! SAM: gradients taken where the loss is worst nearby.

use gradus_tensor::Tensor;

use crate::options::Options;
use crate::rule::{Ascent, Global, Needs, Rule, Slot, Step};
use crate::settings;

/// Sharpness-aware minimisation, around any rule: a step up the gradient of length `$\rho$`, the gradient
/// there, and with that the rule's step from the old place.
///
/// ```math
/// \hat\epsilon = \rho\,\frac{g(\theta)}{\lVert g(\theta)\rVert + \epsilon}, \qquad
/// \theta \leftarrow \text{rule}(\theta, g(\theta + \hat\epsilon))
/// ```
///
/// The norm is that of all parameters together. It needs two gradients, so use
/// [`Optimizer::training_step`](crate::Optimizer::training_step).
///
/// # Source
/// Foret et al. 2021, algorithm 1; Kwon et al. 2021 (adaptive).
#[derive(Debug, Clone, PartialEq)]
pub struct Sam<R> {
    /// The rule.
    pub rule: R,
    /// How far up, `$\rho$`.
    pub rho: f64,
    /// Added to the norm, `$\epsilon$`.
    pub eps: f64,
    /// Distances in units of the parameters: `$\hat\epsilon = \rho\,\theta^2 g/(\lVert\theta g\rVert + \epsilon)$`.
    pub adaptive: bool,
}

impl<R> Sam<R> {
    /// With the paper's distance, 0.05.
    pub fn new(rule: R) -> Self {
        Self { rule, rho: 0.05, eps: 1e-12, adaptive: false }
    }
}

impl<R: Rule> Rule for Sam<R> {
    settings!(rule, rho, eps, adaptive);

    fn options(&self) -> Options {
        Options::of("Sam")
            .non_negative("rho", self.rho)
            .non_negative("eps", self.eps)
            .and(self.rule.options())
    }

    fn slots(&self, theta: &Tensor, lr: f64) -> Vec<Slot> {
        self.rule.slots(theta, lr)
    }

    fn needs(&self) -> Needs {
        let Self { rho, eps, adaptive, .. } = *self;
        Needs { ascent: Some(Ascent { rho, eps, adaptive }), ..self.rule.needs() }
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        self.rule.update(step, theta, g, slots);
    }

    fn ahead(&self, lr: f64, theta: &Tensor, slots: &[Tensor]) -> Option<Tensor> {
        self.rule.ahead(lr, theta, slots)
    }

    fn answer(&self, theta: &Tensor, slots: &[Tensor]) -> Option<Tensor> {
        self.rule.answer(theta, slots)
    }

    fn global(&self) -> Option<&dyn Global> {
        self.rule.global()
    }
}

#[cfg(test)]
mod tests {
    use approx::abs_diff_eq;
    use gradus_autograd::Param;

    use super::*;
    use crate::{Optimizer, Sgd};

    #[test]
    fn the_gradient_is_taken_up_the_slope() {
        // x²/2 at (3, 4): up by ρ (3, 4)/5, so g = (3.3, 4.4) for ρ = 0.5.
        let mut x = Param::new([3.0, 4.0]);
        let sam = Sam { rho: 0.5, eps: 0.0, ..Sam::new(Sgd::default()) };
        let mut optimizer = Optimizer::new(sam.clone(), 1.0);
        let loss = optimizer.training_step(&mut x, |x, tape| tape.param(x).square().sum() * 0.5);
        assert_eq!(loss, 12.5);
        let close = |x: &Param, want: [f64; 2]| {
            assert!(
                x.value().to_f64_vec().iter().zip(want).all(|(a, b)| abs_diff_eq!(*a, b, epsilon = 1e-15)),
                "{x:?}"
            );
        };
        close(&x, [-0.3, -0.4]);
        // Adaptive at (3, 0): θ²g/‖θg‖ = 27/9.
        let mut x = Param::new([3.0, 0.0]);
        let mut optimizer = Optimizer::new(Sam { adaptive: true, ..sam }, 1.0);
        optimizer.training_step(&mut x, |x, tape| tape.param(x).square().sum() * 0.5);
        close(&x, [-1.5, 0.0]);
    }
}
