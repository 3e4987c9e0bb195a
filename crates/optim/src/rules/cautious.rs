//! Cautious: moves only where the step and the gradient agree.

use gradus_tensor::Tensor;

use crate::options::Options;
use crate::rule::{Global, Needs, Rule, Slot, Step};
use crate::settings;

/// Any rule, whose step is left out where its sign is not the gradient's, and enlarged elsewhere to make up
/// for it.
///
/// ```math
/// u = \theta - \theta_{\text{rule}}, \qquad \mu = [u \odot g > 0], \qquad
/// \theta \leftarrow \theta - \frac{d}{\lVert\mu\rVert_1 + 1}\;\mu \odot u
/// ```
///
/// # Source
/// Liang et al. 2024, *Cautious optimizers: improving training with one line of code*, algorithm 1.
///
/// # Differs
/// The rule's decoupled decay is part of `$u$`, where the paper leaves it out of the mask.
#[derive(Debug, Clone, PartialEq)]
pub struct Cautious<R> {
    /// The rule.
    pub rule: R,
}

impl<R: Rule> Rule for Cautious<R> {
    settings!(rule);

    fn options(&self) -> Options {
        Options::of("Cautious").and(self.rule.options())
    }

    fn slots(&self, theta: &Tensor, lr: f64) -> Vec<Slot> {
        self.rule.slots(theta, lr)
    }

    fn needs(&self) -> Needs {
        self.rule.needs()
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

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let mut there = theta.clone();
        self.rule.update(step, &mut there, g, slots);
        let u = &*theta - &there;
        let agree = (&u * g).gt(0.0).to(theta.dtype());
        let scale = theta.elements() as f64 / (agree.sum().item() + 1.0);
        *theta = &*theta - (u * agree) * scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sgd;
    use crate::rules::test::path;

    #[test]
    fn no_step_against_the_gradient() {
        let rule = Cautious { rule: Sgd { momentum: 0.5, ..Sgd::default() } };
        // One element: the scale is 1/2. The second velocity, 0.25, is against the gradient −0.25.
        assert_eq!(path(&rule, &[0.5; 2], &[1.0, -0.25]), [0.75, 0.75]);
    }
}
