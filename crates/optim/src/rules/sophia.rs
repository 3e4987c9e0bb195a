//! Sophia: a clipped step of Newton's, by the diagonal of the Hessian.

use gradus_tensor::kernel::{Real, math};
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Needs, Rule, Slot, Step, zeros};
use crate::settings;

/// Sophia: momentum divided by an estimate of the curvature, at most the learning rate per element.
///
/// ```math
/// \begin{aligned}
/// m &\leftarrow \beta_1 m + (1-\beta_1)\,g, \qquad h \leftarrow \beta_2 h + (1-\beta_2)\,\hat h
///   \text{ where an estimate is given} \\
/// \theta &\leftarrow (1 - \eta\lambda)\,\theta
///   - \eta\operatorname{clip}\!\left(\frac{m}{\max(\gamma h, \epsilon)}, -1, 1\right)
/// \end{aligned}
/// ```
///
/// [`Optimizer::training_step`](crate::Optimizer::training_step) makes the estimate `$\hat h$` at every tenth step by
/// [`hutchinson`](crate::hutchinson).
///
/// # Source
/// Liu et al. 2023, algorithm 3, with a learning rate of 1e-3.
#[derive(Debug, Clone, PartialEq)]
pub struct Sophia {
    /// The decay of the average gradient, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the average curvature, `$\beta_2$`.
    pub beta2: f64,
    /// How much of the curvature counts, `$\gamma$`.
    pub gamma: f64,
    /// The least curvature, `$\epsilon$`.
    pub eps: f64,
    /// Decoupled decay, `$\lambda$`.
    pub weight_decay: f64,
    /// After how many steps the curvature is estimated anew.
    pub every: u64,
}

impl Default for Sophia {
    fn default() -> Self {
        Self { beta1: 0.965, beta2: 0.99, gamma: 0.01, eps: 1e-12, weight_decay: 0.1, every: 10 }
    }
}

impl Rule for Sophia {
    settings!(beta1, beta2, gamma, eps, weight_decay, every);

    fn options(&self) -> Options {
        Options::of("Sophia")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .non_negative("gamma", self.gamma)
            .non_negative("eps", self.eps)
            .non_negative("weight_decay", self.weight_decay)
            .count("every", self.every)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        zeros(theta, ["m", "h"])
    }

    fn needs(&self) -> Needs {
        Needs { curvature: Some(self.every), ..Needs::default() }
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        if let Some(estimate) = step.curvature {
            slots[1] = &slots[1] * self.beta2 + estimate * (1.0 - self.beta2);
        }
        with_float!("sophia", theta.dtype(), T => {
            let (lr, keep) = (T::of(step.lr), T::of(1.0 - step.lr * self.weight_decay));
            let (rest, gamma, eps) = (T::of(1.0 - self.beta1), T::of(self.gamma), T::of(self.eps));
            pass::two::<T>(theta, g, slots, #[inline(always)] |x, g, m, h| {
                *m += rest * (g - *m);
                let u = *m / math::max(gamma * *h, eps);
                let u = if u > T::ONE { T::ONE } else { u };
                *x = keep * *x - lr * if u < -T::ONE { -T::ONE } else { u };
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;

    #[test]
    fn without_curvature_it_is_a_sign() {
        let rule = Sophia { weight_decay: 0.0, ..Sophia::default() };
        assert_eq!(path(&rule, &[0.25; 2], &[1.0, 5.0]), [0.75, 0.5]);
    }
}
