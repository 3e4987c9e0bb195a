//! NovoGrad: Adam with one mean square per tensor.

use gradus_tensor::kernel::Real;
use gradus_tensor::{Tensor, inner_product, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, number, zeros};
use crate::settings;

/// NovoGrad: gradients are divided by the average norm of their tensor, before the momentum.
///
/// ```math
/// \begin{aligned}
/// v &\leftarrow \lVert g\rVert^2 \text{ at first, then } \beta_2 v + (1-\beta_2)\lVert g\rVert^2, \qquad
/// u = g/(\sqrt v + \epsilon) + \lambda\theta \\
/// m &\leftarrow u \text{ at first, then } \beta_1 m + u, \qquad \theta \leftarrow \theta - \eta m
/// \end{aligned}
/// ```
///
/// # Source
/// Ginsburg et al. 2019, algorithm 1, with a learning rate of 1e-2.
#[derive(Debug, Clone, PartialEq)]
pub struct NovoGrad {
    /// The part of the momentum that is kept, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the average squared norm, `$\beta_2$`.
    pub beta2: f64,
    /// Added to the root, `$\epsilon$`.
    pub eps: f64,
    /// Decay, inside the momentum, `$\lambda$`.
    pub weight_decay: f64,
}

impl Default for NovoGrad {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.25, eps: 1e-6, weight_decay: 0.0 }
    }
}

impl Rule for NovoGrad {
    settings!(beta1, beta2, eps, weight_decay);

    fn options(&self) -> Options {
        Options::of("NovoGrad")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .non_negative("eps", self.eps)
            .non_negative("weight_decay", self.weight_decay)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        let mut slots = zeros(theta, ["m"]);
        slots.push(number("v", 0.0));
        slots
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let square = inner_product(g, g);
        let v = if step.t == 1 { square } else { self.beta2 * slots[1].item() + (1.0 - self.beta2) * square };
        slots[1] = Tensor::scalar(v);
        with_float!("novograd", theta.dtype(), T => {
            let (lr, keep, decay) = (T::of(step.lr), T::of(self.beta1), T::of(self.weight_decay));
            let scale = T::of(1.0 / (v.sqrt() + self.eps));
            pass::one::<T>(theta, g, &mut slots[..1], #[inline(always)] |x, g, m| {
                *m = keep * *m + (scale * g + decay * *x);
                *x -= lr * *m;
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;

    #[test]
    fn the_first_step_is_the_rate() {
        assert_eq!(path(&NovoGrad { eps: 0.0, ..NovoGrad::default() }, &[0.5], &[8.0]), [0.5]);
    }
}
