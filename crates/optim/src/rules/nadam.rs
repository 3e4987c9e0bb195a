//! NAdam: Adam with Nesterov's momentum.

use gradus_tensor::kernel::Real;
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, number, power, zeros};
use crate::settings;

/// NAdam: Adam whose average gradient looks one step ahead, with a momentum `$\mu_t$` that warms up.
///
/// ```math
/// \begin{aligned}
/// \mu_t &= \beta_1\,(1 - \tfrac12\,0.96^{t\psi}), \qquad \Pi_t = \textstyle\prod_{i \le t}\mu_i \\
/// m &\leftarrow \beta_1 m + (1-\beta_1)\,g, \qquad v \leftarrow \beta_2 v + (1-\beta_2)\,g^2 \\
/// \theta &\leftarrow \theta - \eta\,\frac{\frac{1-\mu_t}{1-\Pi_t}\,g + \frac{\mu_{t+1}}{1-\Pi_{t+1}}\,m}
///   {\sqrt{v/(1-\beta_2^t)} + \epsilon}
/// \end{aligned}
/// ```
///
/// # Source
/// Dozat 2016, *Incorporating Nesterov momentum into Adam*; `torch.optim.NAdam`, with its defaults (its
/// learning rate is 2e-3).
///
/// # Differs
/// The paper's `$m$` is averaged with `$\mu_t$`; PyTorch's with `$\beta_1$`, as here.
#[derive(Debug, Clone, PartialEq)]
pub struct NAdam {
    /// The decay of the average gradient, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the average squared gradient, `$\beta_2$`.
    pub beta2: f64,
    /// Added to the root, `$\epsilon$`.
    pub eps: f64,
    /// How fast the momentum warms up, `$\psi$`.
    pub momentum_decay: f64,
    /// `$\lambda$`: L2 in the gradient, or decay of the parameter.
    pub weight_decay: f64,
    /// Decay of the parameter itself instead of L2 in the gradient.
    pub decoupled: bool,
}

impl Default for NAdam {
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            momentum_decay: 4e-3,
            weight_decay: 0.0,
            decoupled: false,
        }
    }
}

impl Rule for NAdam {
    settings!(beta1, beta2, eps, momentum_decay, weight_decay, decoupled);

    fn options(&self) -> Options {
        Options::of("NAdam")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .non_negative("eps", self.eps)
            .non_negative("momentum_decay", self.momentum_decay)
            .non_negative("weight_decay", self.weight_decay)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        let mut slots = zeros(theta, ["m", "v"]);
        slots.push(number("mu_product", 1.0));
        slots
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let mu = |t: u64| self.beta1 * (1.0 - 0.5 * 0.96f64.powf(t as f64 * self.momentum_decay));
        let (now, next) = (mu(step.t), mu(step.t + 1));
        let product_now = slots[2].item() * now;
        slots[2] = Tensor::scalar(product_now);
        let for_g = step.lr * (1.0 - now) / (1.0 - product_now);
        let for_m = step.lr * next / (1.0 - product_now * next);
        let correction = 1.0 - power(self.beta2, step.t);
        let (l2, shrink) =
            if self.decoupled { (0.0, step.lr * self.weight_decay) } else { (self.weight_decay, 0.0) };
        with_float!("nadam", theta.dtype(), T => {
            let (l2, keep, eps) = (T::of(l2), T::of(1.0 - shrink), T::of(self.eps));
            let (beta2, rest1, rest2) = (T::of(self.beta2), T::of(1.0 - self.beta1), T::of(1.0 - self.beta2));
            let (for_g, for_m, scale) = (T::of(for_g), T::of(for_m), T::of(1.0 / correction));
            pass::two::<T>(theta, g, &mut slots[..2], #[inline(always)] |x, g, m, v| {
                let g = g + l2 * *x;
                *m += rest1 * (g - *m);
                *v = beta2 * *v + rest2 * (g * g);
                let root = (*v * scale).sqrt() + eps;
                *x = keep * *x - for_g * g / root - for_m * *m / root;
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;
    use approx::{abs_diff_eq, assert_abs_diff_eq};

    #[test]
    fn without_warm_up_by_hand() {
        // psi = 0: mu = 0.25 always. m = 0.5, v̂ = 1: 0.5 · (0.75/0.75 + 0.25 · 0.5/(1 − 1/16))
        let rule = NAdam { beta1: 0.5, beta2: 0.5, eps: 0.0, momentum_decay: 0.0, ..NAdam::default() };
        let got = path(&rule, &[0.5], &[1.0]);
        assert_abs_diff_eq!(got[0], 1.0 - 0.5 * (1.0 + 0.125 / (1.0 - 1.0 / 16.0)), epsilon = 1e-15);
    }

    #[test]
    fn the_momentum_warms_up() {
        // psi = 1: mu_t = 0.5 (1 - 0.5 · 0.96^t). v̂ = 1 for gradients of 1, so θ falls by
        // lr ((1 - mu_t) / (1 - Π mu) + mu_{t+1} m / (1 - mu_{t+1} Π mu)) with m = 0.5, 0.75.
        let rule = NAdam { beta1: 0.5, beta2: 0.5, eps: 0.0, momentum_decay: 1.0, ..NAdam::default() };
        let got = path(&rule, &[0.5; 2], &[1.0; 2]);
        let mu = [0.96f64, 0.96f64.powi(2), 0.96f64.powi(3)].map(|x| 0.5 * (1.0 - 0.5 * x));
        let fall = |product: f64, now: f64, next: f64, m: f64| {
            0.5 * ((1.0 - now) / (1.0 - product) + next * m / (1.0 - next * product))
        };
        let first = 1.0 - fall(mu[0], mu[0], mu[1], 0.5);
        let second = first - fall(mu[0] * mu[1], mu[1], mu[2], 0.75);
        assert!(
            abs_diff_eq!(got[0], first, epsilon = 1e-15) && abs_diff_eq!(got[1], second, epsilon = 1e-15),
            "{got:?}"
        );
    }
}
