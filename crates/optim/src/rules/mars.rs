//! MARS: AdamW on gradients whose variance is reduced by the ones before.

use gradus_tensor::Tensor;

use super::adam::AdamW;
use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step};
use crate::settings;

/// MARS-AdamW, approximate: the change of the gradient is added to it, scaled, and the sum clipped to length
/// 1.
///
/// ```math
/// c = g + \gamma\,\frac{\beta_1}{1-\beta_1}\,(g - g'), \qquad
/// \tilde c = c/\max(1, \lVert c\rVert), \qquad \text{then AdamW with } \tilde c
/// ```
///
/// # Source
/// Yuan et al. 2024, *MARS: unleashing the power of variance reduction*, algorithms 1 and 2, with a learning
/// rate of 3e-3; `$g'$` is the gradient of the step before on its own data, as in the authors' approximate
/// form.
#[derive(Debug, Clone, PartialEq)]
pub struct Mars {
    /// How much of the change counts, `$\gamma$`.
    pub gamma: f64,
    /// The averages and the step.
    pub adamw: AdamW,
}

impl Default for Mars {
    fn default() -> Self {
        Self {
            gamma: 0.025,
            adamw: AdamW { beta1: 0.95, beta2: 0.99, weight_decay: 0.0, ..AdamW::default() },
        }
    }
}

impl Rule for Mars {
    settings!(gamma, adamw);

    fn options(&self) -> Options {
        Options::of("Mars").non_negative("gamma", self.gamma).and(self.adamw.options())
    }

    fn slots(&self, theta: &Tensor, lr: f64) -> Vec<Slot> {
        let mut slots = self.adamw.slots(theta, lr);
        slots.push(("before", theta.zeros_like()));
        slots
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let [adamw @ .., before] = slots else { panic!("Mars has a slot of its own") };
        let change = if step.t == 1 { g.zeros_like() } else { g - &*before };
        let c = g + change * (self.gamma * self.adamw.beta1 / (1.0 - self.adamw.beta1));
        let length = pass::norm(&c);
        let c = if length > 1.0 { c * (1.0 / length) } else { c };
        *before = g.clone();
        self.adamw.update(step, theta, &c, adamw);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::{abs_diff_eq, assert_abs_diff_eq};

    #[test]
    fn long_gradients_are_clipped_to_one() {
        let mut theta = Tensor::from([1.0]);
        let mut slots: Vec<Tensor> =
            Mars::default().slots(&theta, 0.5).into_iter().map(|(_, slot)| slot).collect();
        Mars::default().update(&Step::new(0.5, 1), &mut theta, &Tensor::from([7.0]), &mut slots);
        assert!(abs_diff_eq!(slots[0].item(), 0.05, epsilon = 1e-15) && slots[2].item() == 7.0);
        assert_abs_diff_eq!(theta.item(), 0.5, epsilon = 1e-7);
    }
}
