//! Lion: the sign of an interpolated momentum.

use gradus_tensor::kernel::{Real, math};
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// Lion, an update found by a search over programs: every element moves by the learning rate.
///
/// ```math
/// \begin{aligned}
/// u &= \operatorname{sign}(\beta_1 m + (1-\beta_1)\,g), \qquad
/// \theta \leftarrow (1 - \eta\lambda)\,\theta - \eta\,u \\
/// m &\leftarrow \beta_2 m + (1-\beta_2)\,g
/// \end{aligned}
/// ```
///
/// # Source
/// Chen et al. 2023, *Symbolic discovery of optimization algorithms*, algorithm 2. A learning rate of a third
/// to a tenth of AdamW's (1e-4), with a decay as many times larger.
#[derive(Debug, Clone, PartialEq)]
pub struct Lion {
    /// The share of the momentum in the direction, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the momentum, `$\beta_2$`.
    pub beta2: f64,
    /// Decoupled decay, `$\lambda$`.
    pub weight_decay: f64,
}

impl Default for Lion {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.99, weight_decay: 0.0 }
    }
}

impl Rule for Lion {
    settings!(beta1, beta2, weight_decay);

    fn options(&self) -> Options {
        Options::of("Lion")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .non_negative("weight_decay", self.weight_decay)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        zeros(theta, ["m"])
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        with_float!("lion", theta.dtype(), T => {
            let (lr, keep) = (T::of(step.lr), T::of(1.0 - step.lr * self.weight_decay));
            let (beta1, beta2) = (T::of(self.beta1), T::of(self.beta2));
            let (rest1, rest2) = (T::of(1.0 - self.beta1), T::of(1.0 - self.beta2));
            pass::one::<T>(theta, g, slots, #[inline(always)] |x, g, m| {
                *x = keep * *x - lr * math::sign(beta1 * *m + rest1 * g);
                *m = beta2 * *m + rest2 * g;
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;

    #[test]
    fn every_step_is_the_rate() {
        assert_eq!(path(&Lion::default(), &[0.25; 3], &[0.1, 7.0, 0.0]), [0.75, 0.5, 0.25]);
    }
}
