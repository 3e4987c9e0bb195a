//! LARS: momentum with a rate per tensor, for large batches.

use gradus_tensor::kernel::Real;
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// Layer-wise adaptive rate scaling: the step of a tensor is in proportion to the tensor's own norm.
///
/// ```math
/// \begin{aligned}
/// \ell &= c\,\frac{\lVert\theta\rVert}{\lVert g\rVert + \lambda\lVert\theta\rVert}
///   \quad\text{(1 where a norm is 0)} \\
/// d &= \eta\,\ell\,(g + \lambda\theta), \qquad v \leftarrow \mu v + d \\
/// \theta &\leftarrow \theta - v \quad\text{or, with Nesterov's form,}\quad \theta - (d + \mu v)
/// \end{aligned}
/// ```
///
/// # Source
/// You, Gitman and Ginsburg 2017, algorithm 1, with its trust coefficient of 0.001.
///
/// # Differs
/// Optax divides by `$\lVert g + \lambda\theta\rVert + \epsilon$`: [`Lars::joint_norm`].
#[derive(Debug, Clone, PartialEq)]
pub struct Lars {
    /// `$\mu$`.
    pub momentum: f64,
    /// `$\lambda$`.
    pub weight_decay: f64,
    /// The trust coefficient, `$c$`.
    pub trust: f64,
    /// Added to the norm in the denominator.
    pub eps: f64,
    /// Nesterov's form.
    pub nesterov: bool,
    /// The norm of gradient and decay together, instead of the sum of their norms.
    pub joint_norm: bool,
}

impl Default for Lars {
    fn default() -> Self {
        Self { momentum: 0.9, weight_decay: 0.0, trust: 1e-3, eps: 0.0, nesterov: false, joint_norm: false }
    }
}

impl Rule for Lars {
    settings!(momentum, weight_decay, trust, eps, nesterov, joint_norm);

    fn options(&self) -> Options {
        Options::of("Lars")
            .up_to_one("momentum", self.momentum)
            .non_negative("weight_decay", self.weight_decay)
            .positive("trust", self.trust)
            .non_negative("eps", self.eps)
            .must(!self.nesterov || self.momentum > 0.0, || {
                "Lars: nesterov needs momentum above 0".to_string()
            })
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        zeros(theta, ["v"])
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let size = pass::norm(theta);
        let length = if self.joint_norm {
            pass::norm(&(g + &*theta * self.weight_decay))
        } else {
            pass::norm(g) + self.weight_decay * size
        };
        let ratio = if size == 0.0 || length == 0.0 { 1.0 } else { self.trust * size / (length + self.eps) };
        with_float!("lars", theta.dtype(), T => {
            let (rate, decay, mu) = (T::of(step.lr * ratio), T::of(self.weight_decay), T::of(self.momentum));
            let (direct, through) = if self.nesterov { (T::ONE, mu) } else { (T::ZERO, T::ONE) };
            pass::one::<T>(theta, g, slots, #[inline(always)] |x, g, v| {
                let d = rate * (g + decay * *x);
                *v = mu * *v + d;
                *x -= direct * d + through * *v;
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;

    #[test]
    fn the_step_is_in_proportion_to_the_parameter() {
        let rule = Lars { trust: 0.5, momentum: 0.0, ..Lars::default() };
        assert_eq!(path(&rule, &[0.5; 2], &[100.0, 0.01]), [0.75, 0.5625]);
    }
}
