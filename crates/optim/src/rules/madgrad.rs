//! MADGRAD: dual averaging with cube roots.

use gradus_tensor::kernel::{Real, math};
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step};
use crate::settings;

/// MADGRAD: weighted sums of gradients and squares from the start; the parameter follows the dual average.
///
/// ```math
/// \begin{aligned}
/// \lambda_t &= \eta\sqrt t, \qquad s \leftarrow s + \lambda_t g, \qquad v \leftarrow v + \lambda_t g^2 \\
/// z &= \theta_0 - s/(\sqrt[3]{v} + \epsilon), \qquad \theta \leftarrow \mu\theta + (1-\mu)\,z
/// \end{aligned}
/// ```
///
/// # Source
/// Defazio and Jelassi 2022, *Adaptivity without compromise*, algorithm 1, with a learning rate of 1e-2.
#[derive(Debug, Clone, PartialEq)]
pub struct Madgrad {
    /// `$\mu$`.
    pub momentum: f64,
    /// `$\epsilon$`.
    pub eps: f64,
    /// L2 regularisation, added to the gradient.
    pub weight_decay: f64,
}

impl Default for Madgrad {
    fn default() -> Self {
        Self { momentum: 0.9, eps: 1e-6, weight_decay: 0.0 }
    }
}

impl Rule for Madgrad {
    settings!(momentum, eps, weight_decay);

    fn options(&self) -> Options {
        Options::of("Madgrad")
            .below_one("momentum", self.momentum)
            .non_negative("eps", self.eps)
            .non_negative("weight_decay", self.weight_decay)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        vec![("s", theta.zeros_like()), ("v", theta.zeros_like()), ("start", theta.clone())]
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        with_float!("madgrad", theta.dtype(), T => {
            let (weight, l2) = (T::of(step.lr * (step.t as f64).sqrt()), T::of(self.weight_decay));
            let (mu, rest, eps) = (T::of(self.momentum), T::of(1.0 - self.momentum), T::of(self.eps));
            let third = T::of(1.0 / 3.0);
            pass::three::<T>(theta, g, slots, #[inline(always)] |x, g, s, v, start| {
                let g = g + l2 * *x;
                *s += weight * g;
                *v += weight * (g * g);
                let z = *start - *s / (math::pow(*v, third) + eps);
                *x = mu * *x + rest * z;
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
    fn the_first_step_by_hand() {
        // s = 1, v = 2: z = 1 − 2^(−1/3), of which a tenth counts.
        let got = path(&Madgrad { eps: 0.0, ..Madgrad::default() }, &[0.5], &[2.0]);
        assert_abs_diff_eq!(got[0], 1.0 - 0.1 / 2f64.cbrt(), epsilon = 1e-15);
    }
}
