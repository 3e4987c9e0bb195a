//! AdEMAMix: Adam with a second, far slower average of the gradient.

use gradus_tensor::kernel::Real;
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// AdEMAMix: a fast average that follows the landscape and a slow one that remembers tens of thousands of
/// steps.
///
/// ```math
/// \begin{aligned}
/// m &\leftarrow \beta_1 m + (1-\beta_1)\,g, \qquad s \leftarrow \beta_3 s + (1-\beta_3)\,g, \qquad
/// v \leftarrow \beta_2 v + (1-\beta_2)\,g^2 \\
/// \theta &\leftarrow \theta
///   - \eta\left(\frac{\hat m + \alpha s}{\sqrt{\hat v} + \epsilon} + \lambda\theta\right)
/// \end{aligned}
/// ```
///
/// Over the first `warmup` steps `$\alpha$` rises linearly from 0, and `$\beta_3$` from `$\beta_1$` so that
/// its half-life rises linearly.
///
/// # Source
/// Pagliardini, Ablin and Grangier 2024, algorithm 1, with a learning rate of 1e-3.
#[derive(Debug, Clone, PartialEq)]
pub struct AdEmaMix {
    /// The decay of the fast average, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the average squared gradient, `$\beta_2$`.
    pub beta2: f64,
    /// The decay of the slow average, `$\beta_3$`.
    pub beta3: f64,
    /// The weight of the slow average, `$\alpha$`.
    pub alpha: f64,
    /// Added to the root, `$\epsilon$`.
    pub eps: f64,
    /// Decoupled decay, `$\lambda$`.
    pub weight_decay: f64,
    /// Steps in which `$\alpha$` and `$\beta_3$` rise.
    pub warmup: u64,
}

impl Default for AdEmaMix {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, beta3: 0.9999, alpha: 5.0, eps: 1e-8, weight_decay: 0.0, warmup: 0 }
    }
}

impl AdEmaMix {
    /// `$\alpha$` and `$\beta_3$` at update `t`.
    fn warm(&self, t: u64) -> (f64, f64) {
        if t >= self.warmup {
            return (self.alpha, self.beta3);
        }
        let part = t as f64 / self.warmup as f64;
        let (start, end) = (self.beta1.ln(), self.beta3.ln());
        let beta3 = (start * end / ((1.0 - part) * end + part * start)).exp();
        (self.alpha * part, beta3.min(self.beta3))
    }
}

impl Rule for AdEmaMix {
    settings!(beta1, beta2, beta3, alpha, eps, weight_decay, warmup);

    fn options(&self) -> Options {
        Options::of("AdEmaMix")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .below_one("beta3", self.beta3)
            .non_negative("alpha", self.alpha)
            .non_negative("eps", self.eps)
            .non_negative("weight_decay", self.weight_decay)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        zeros(theta, ["m", "slow", "v"])
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let (alpha, beta3) = self.warm(step.t);
        with_float!("ademamix", theta.dtype(), T => {
            let (lr, keep, eps) = (T::of(step.lr), T::of(1.0 - step.lr * self.weight_decay), T::of(self.eps));
            let (rest1, rest3) = (T::of(1.0 - self.beta1), T::of(1.0 - beta3));
            let (beta2, rest2) = (T::of(self.beta2), T::of(1.0 - self.beta2));
            let (scale1, scale2) =
                (T::of(1.0 / step.correction(self.beta1)), T::of(1.0 / step.correction(self.beta2)));
            let alpha = T::of(alpha);
            pass::three::<T>(theta, g, slots, #[inline(always)] |x, g, m, s, v| {
                *m += rest1 * (g - *m);
                *s += rest3 * (g - *s);
                *v = beta2 * *v + rest2 * (g * g);
                *x = keep * *x - lr * (scale1 * *m + alpha * *s) / ((scale2 * *v).sqrt() + eps);
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    #[test]
    fn half_lives_rise_linearly() {
        let rule = AdEmaMix { warmup: 100, ..AdEmaMix::default() };
        let half_life = |t| 0.5f64.ln() / rule.warm(t).1.ln();
        let (first, last) = (0.5f64.ln() / 0.9f64.ln(), 0.5f64.ln() / 0.9999f64.ln());
        assert_abs_diff_eq!(half_life(50), f64::midpoint(first, last), epsilon = 1e-6);
        assert_eq!(rule.warm(100), (5.0, 0.9999));
    }
}
