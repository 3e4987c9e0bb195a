//! Adan: Adam with Nesterov's momentum through the difference of gradients.

use gradus_tensor::kernel::Real;
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// Adan: averages of the gradient, of its change, and of the square of both together.
///
/// ```math
/// \begin{aligned}
/// d &= g - g' \text{ (0 at first)}, \qquad m \leftarrow \beta_1 m + (1-\beta_1)\,g, \qquad
/// v \leftarrow \beta_2 v + (1-\beta_2)\,d \\
/// n &\leftarrow \beta_3 n + (1-\beta_3)\,(g + \beta_2 d)^2, \qquad
/// u = \frac{\hat m + \beta_2\hat v}{\sqrt{\hat n} + \epsilon} \\
/// \theta &\leftarrow (\theta - \eta u)/(1 + \eta\lambda)
///   \quad\text{or}\quad (1 - \eta\lambda)\,\theta - \eta u
/// \end{aligned}
/// ```
///
/// # Source
/// Xie et al. 2022, algorithm 1, with a learning rate of 1e-3. The betas are decays, as in the authors' code;
/// the paper's are 1 minus these.
#[derive(Debug, Clone, PartialEq)]
pub struct Adan {
    /// The decay of the average gradient, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the average change, `$\beta_2$`.
    pub beta2: f64,
    /// The decay of the average square, `$\beta_3$`.
    pub beta3: f64,
    /// Added to the root, `$\epsilon$`.
    pub eps: f64,
    /// `$\lambda$`.
    pub weight_decay: f64,
    /// Decay by division after the step (a proximal step) instead of by multiplication before it.
    pub proximal: bool,
}

impl Default for Adan {
    fn default() -> Self {
        Self { beta1: 0.98, beta2: 0.92, beta3: 0.99, eps: 1e-8, weight_decay: 0.0, proximal: true }
    }
}

impl Rule for Adan {
    settings!(beta1, beta2, beta3, eps, weight_decay, proximal);

    fn options(&self) -> Options {
        Options::of("Adan")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .below_one("beta3", self.beta3)
            .non_negative("eps", self.eps)
            .non_negative("weight_decay", self.weight_decay)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        zeros(theta, ["m", "v", "n", "before"])
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let decay = step.lr * self.weight_decay;
        let (before, after) = if self.proximal { (1.0, 1.0 / (1.0 + decay)) } else { (1.0 - decay, 1.0) };
        if step.t == 1 {
            slots[3] = g.clone();
        }
        with_float!("adan", theta.dtype(), T => {
            let (lr, before, after, eps) = (T::of(step.lr), T::of(before), T::of(after), T::of(self.eps));
            let (rest1, rest2, rest3) =
                (T::of(1.0 - self.beta1), T::of(1.0 - self.beta2), T::of(1.0 - self.beta3));
            let beta2 = T::of(self.beta2);
            let for_m = T::of(1.0 / step.correction(self.beta1));
            let for_v = T::of(self.beta2 / step.correction(self.beta2));
            let for_n = T::of(1.0 / step.correction(self.beta3));
            pass::four::<T>(theta, g, slots, #[inline(always)] |x, g, m, v, n, last| {
                let d = g - *last;
                let both = g + beta2 * d;
                *m += rest1 * (g - *m);
                *v += rest2 * (d - *v);
                *n += rest3 * (both * both - *n);
                let u = (for_m * *m + for_v * *v) / ((for_n * *n).sqrt() + eps);
                *x = (before * *x - lr * u) * after;
                *last = g;
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;
    use approx::assert_abs_diff_eq;

    #[test]
    fn the_first_step_is_the_rate_and_decay_divides() {
        let got = path(&Adan { eps: 0.0, weight_decay: 2.0, ..Adan::default() }, &[0.5], &[3.0]);
        assert_abs_diff_eq!(got[0], 0.25, epsilon = 1e-15);
    }
}
