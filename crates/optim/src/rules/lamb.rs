//! LAMB: Adam with a rate per tensor, for large batches.

use gradus_tensor::kernel::Real;
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// LAMB: Adam's direction, as long as the tensor itself.
///
/// ```math
/// \begin{aligned}
/// m, v, \hat m, \hat v &\text{ as in Adam}, \qquad u = \hat m/(\sqrt{\hat v} + \epsilon) + \lambda\theta \\
/// \theta &\leftarrow \theta - \eta\,\frac{\lVert\theta\rVert}{\lVert u\rVert}\,u
///   \quad\text{(the ratio is 1 where a norm is 0)}
/// \end{aligned}
/// ```
///
/// # Source
/// You et al. 2020, *Large batch optimization for deep learning*, algorithm 2, with `$\phi(z) = z$`.
///
/// # Differs
/// The paper's first versions and some packages leave the bias correction out: [`Lamb::bias_correction`].
/// Some limit the parameter's norm to 10; here it has no limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Lamb {
    /// The decay of the average gradient, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the average squared gradient, `$\beta_2$`.
    pub beta2: f64,
    /// Added to the root, `$\epsilon$`.
    pub eps: f64,
    /// Decay, part of the direction, `$\lambda$`.
    pub weight_decay: f64,
    /// Divide the averages by `$1 - \beta^t$`.
    pub bias_correction: bool,
}

impl Default for Lamb {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-6, weight_decay: 0.0, bias_correction: true }
    }
}

impl Rule for Lamb {
    settings!(beta1, beta2, eps, weight_decay, bias_correction);

    fn options(&self) -> Options {
        Options::of("Lamb")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .non_negative("eps", self.eps)
            .non_negative("weight_decay", self.weight_decay)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        zeros(theta, ["m", "v"])
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let correction = |beta| if self.bias_correction { step.correction(beta) } else { 1.0 };
        // The direction is written over a copy of the parameter.
        let mut u = theta.clone();
        with_float!("lamb", theta.dtype(), T => {
            let (beta2, rest1, rest2) = (T::of(self.beta2), T::of(1.0 - self.beta1), T::of(1.0 - self.beta2));
            let (scale1, scale2) = (T::of(1.0 / correction(self.beta1)), T::of(1.0 / correction(self.beta2)));
            let (eps, decay) = (T::of(self.eps), T::of(self.weight_decay));
            pass::two::<T>(&mut u, g, slots, #[inline(always)] |u, g, m, v| {
                *m += rest1 * (g - *m);
                *v = beta2 * *v + rest2 * (g * g);
                *u = scale1 * *m / ((scale2 * *v).sqrt() + eps) + decay * *u;
            });
            let (size, length) = (pass::norm(theta), pass::norm(&u));
            let rate = T::of(step.lr * if size == 0.0 || length == 0.0 { 1.0 } else { size / length });
            pass::none::<T>(theta, &u, &mut [], #[inline(always)] |x, u| *x -= rate * u);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;
    use approx::abs_diff_eq;

    #[test]
    fn the_step_is_the_rate_times_the_parameter() {
        let got = path(&Lamb { eps: 0.0, ..Lamb::default() }, &[0.5; 2], &[7.0, 7.0]);
        assert!(abs_diff_eq!(got[0], 0.5, epsilon = 1e-15) && abs_diff_eq!(got[1], 0.25, epsilon = 1e-15));
    }
}
