//! RAdam: Adam that waits until its average of squares can be trusted.

use gradus_tensor::kernel::Real;
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, power, zeros};
use crate::settings;

/// Rectified Adam: the variance of the adaptive rate is known, and early steps are scaled down for it, or
/// taken by momentum alone.
///
/// ```math
/// \begin{aligned}
/// \rho_\infty &= \tfrac{2}{1-\beta_2} - 1, \qquad \rho_t = \rho_\infty - \frac{2t\beta_2^t}{1-\beta_2^t} \\
/// r_t &= \sqrt{\frac{(\rho_t-4)(\rho_t-2)\,\rho_\infty}{(\rho_\infty-4)(\rho_\infty-2)\,\rho_t}} \\
/// \theta &\leftarrow \theta - \eta\,\hat m\,r_t\,\frac{\sqrt{1-\beta_2^t}}{\sqrt v + \epsilon}
///   \quad\text{if } \rho_t > 5, \text{ else } \theta - \eta\,\hat m
/// \end{aligned}
/// ```
///
/// # Source
/// Liu et al. 2020, algorithm 2; `torch.optim.RAdam`, with its defaults (its learning rate is 1e-3).
///
/// # Differs
/// The paper's threshold is 4 and it has no `$\epsilon$`; PyTorch's are as above, `$\epsilon$` before the
/// correction.
#[derive(Debug, Clone, PartialEq)]
pub struct RAdam {
    /// The decay of the average gradient, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the average squared gradient, `$\beta_2$`.
    pub beta2: f64,
    /// Added to the root, `$\epsilon$`.
    pub eps: f64,
    /// `$\lambda$`: L2 in the gradient, or decay of the parameter.
    pub weight_decay: f64,
    /// Decay of the parameter itself instead of L2 in the gradient.
    pub decoupled: bool,
}

impl Default for RAdam {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0, decoupled: false }
    }
}

/// `$r_t$`, or `None` while `$\rho_t \le$` the threshold.
pub(crate) fn rectification(beta2: f64, t: u64, threshold: f64) -> Option<f64> {
    let last = 2.0 / (1.0 - beta2) - 1.0;
    let decay = power(beta2, t);
    let rho = last - 2.0 * t as f64 * decay / (1.0 - decay);
    (rho > threshold).then(|| ((rho - 4.0) * (rho - 2.0) * last / ((last - 4.0) * (last - 2.0) * rho)).sqrt())
}

impl Rule for RAdam {
    settings!(beta1, beta2, eps, weight_decay, decoupled);

    fn options(&self) -> Options {
        Options::of("RAdam")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .non_negative("eps", self.eps)
            .non_negative("weight_decay", self.weight_decay)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        zeros(theta, ["m", "v"])
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let rate = step.lr / step.correction(self.beta1);
        let adaptive = rectification(self.beta2, step.t, 5.0).map(|r| r * step.correction(self.beta2).sqrt());
        let (l2, shrink) =
            if self.decoupled { (0.0, step.lr * self.weight_decay) } else { (self.weight_decay, 0.0) };
        with_float!("radam", theta.dtype(), T => {
            let (l2, keep, eps) = (T::of(l2), T::of(1.0 - shrink), T::of(self.eps));
            let (beta2, rest1, rest2) = (T::of(self.beta2), T::of(1.0 - self.beta1), T::of(1.0 - self.beta2));
            let rate = T::of(rate * adaptive.unwrap_or(1.0));
            let averages = |g: T, m: &mut T, v: &mut T| {
                *m += rest1 * (g - *m);
                *v = beta2 * *v + rest2 * (g * g);
            };
            if adaptive.is_some() {
                pass::two::<T>(theta, g, slots, #[inline(always)] |x, g, m, v| {
                    averages(g + l2 * *x, m, v);
                    *x = keep * *x - rate * *m / (v.sqrt() + eps);
                });
            } else {
                pass::two::<T>(theta, g, slots, #[inline(always)] |x, g, m, v| {
                    averages(g + l2 * *x, m, v);
                    *x = keep * *x - rate * *m;
                });
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;
    use approx::assert_abs_diff_eq;

    #[test]
    fn early_steps_are_momentum() {
        let got = path(&RAdam::default(), &[0.5], &[2.0]);
        assert_abs_diff_eq!(got[0], 0.0, epsilon = 1e-15);
        assert_eq!(rectification(0.999, 5, 5.0), None);
        assert_abs_diff_eq!(rectification(0.999, 100_000, 5.0).unwrap(), 1.0, epsilon = 1e-12);
    }
}
