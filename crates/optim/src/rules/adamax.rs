//! Adamax: Adam with the largest gradient in place of the mean square.

use gradus_tensor::kernel::{Real, math};
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// Adamax: Adam in the infinity norm.
///
/// ```math
/// \begin{aligned}
/// g &\leftarrow g + \lambda\theta, \qquad m \leftarrow \beta_1 m + (1-\beta_1)\,g \\
/// u &\leftarrow \max(\beta_2 u,\ |g| + \epsilon) \\
/// \theta &\leftarrow \theta - \frac{\eta}{1-\beta_1^t}\,\frac{m}{u}
/// \end{aligned}
/// ```
///
/// # Source
/// Kingma and Ba 2015, algorithm 2; `torch.optim.Adamax`, with its defaults (its learning rate is 2e-3).
///
/// # Differs
/// The paper has no `$\epsilon$`; PyTorch adds it to the gradient's size, which keeps `$u$` from 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Adamax {
    /// The decay of the average gradient, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the largest gradient, `$\beta_2$`.
    pub beta2: f64,
    /// `$\epsilon$`.
    pub eps: f64,
    /// L2 regularisation, `$\lambda$`.
    pub weight_decay: f64,
}

impl Default for Adamax {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0 }
    }
}

impl Rule for Adamax {
    settings!(beta1, beta2, eps, weight_decay);

    fn options(&self) -> Options {
        Options::of("Adamax")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .non_negative("eps", self.eps)
            .non_negative("weight_decay", self.weight_decay)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        zeros(theta, ["m", "u"])
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        with_float!("adamax", theta.dtype(), T => {
            let (rate, l2, eps) =
                (T::of(step.lr / step.correction(self.beta1)), T::of(self.weight_decay), T::of(self.eps));
            let (rest, beta2) = (T::of(1.0 - self.beta1), T::of(self.beta2));
            pass::two::<T>(theta, g, slots, #[inline(always)] |x, g, m, u| {
                let g = g + l2 * *x;
                *m += rest * (g - *m);
                *u = math::max(beta2 * *u, g.abs() + eps);
                *x -= rate * *m / *u;
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
    fn the_first_step_is_the_rate() {
        let got = path(&Adamax { eps: 0.0, ..Adamax::default() }, &[0.5], &[-3.0]);
        assert_abs_diff_eq!(got[0], 1.5, epsilon = 1e-15);
    }
}
