//! AdaBelief: Adam that divides by how far gradients are from what was expected.

use gradus_tensor::kernel::Real;
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// AdaBelief: where the gradient is near its average, the step is large.
///
/// ```math
/// \begin{aligned}
/// m &\leftarrow \beta_1 m + (1-\beta_1)\,g, \qquad
/// s \leftarrow \beta_2 s + (1-\beta_2)\,(g - m)^2 + \epsilon' \\
/// \theta &\leftarrow (1 - \eta\lambda)\,\theta
///   - \eta\,\frac{m/(1-\beta_1^t)}{\sqrt{s/(1-\beta_2^t)} + \epsilon}
/// \end{aligned}
/// ```
///
/// # Source
/// Zhuang et al. 2020, algorithm 2, with a learning rate of 1e-3. `$\epsilon'$` is part of `$s$` and adds up,
/// as in Optax.
#[derive(Debug, Clone, PartialEq)]
pub struct AdaBelief {
    /// The decay of the average gradient, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the average squared surprise, `$\beta_2$`.
    pub beta2: f64,
    /// Added to the root, `$\epsilon$`.
    pub eps: f64,
    /// Added to the average, `$\epsilon'$`.
    pub eps_root: f64,
    /// Decoupled decay, `$\lambda$`.
    pub weight_decay: f64,
}

impl Default for AdaBelief {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-16, eps_root: 1e-16, weight_decay: 0.0 }
    }
}

impl Rule for AdaBelief {
    settings!(beta1, beta2, eps, eps_root, weight_decay);

    fn options(&self) -> Options {
        Options::of("AdaBelief")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .non_negative("eps", self.eps)
            .non_negative("eps_root", self.eps_root)
            .non_negative("weight_decay", self.weight_decay)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        zeros(theta, ["m", "s"])
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        with_float!("adabelief", theta.dtype(), T => {
            let (rate, keep) =
                (T::of(step.lr / step.correction(self.beta1)), T::of(1.0 - step.lr * self.weight_decay));
            let (eps, eps_root) = (T::of(self.eps), T::of(self.eps_root));
            let scale = T::of(1.0 / step.correction(self.beta2));
            let (rest1, beta2, rest2) = (T::of(1.0 - self.beta1), T::of(self.beta2), T::of(1.0 - self.beta2));
            pass::two::<T>(theta, g, slots, #[inline(always)] |x, g, m, s| {
                *m += rest1 * (g - *m);
                let surprise = g - *m;
                *s = beta2 * *s + rest2 * (surprise * surprise) + eps_root;
                *x = keep * *x - rate * *m / ((scale * *s).sqrt() + eps);
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
    fn the_first_surprise_is_nine_tenths_of_the_gradient() {
        let got = path(&AdaBelief::default(), &[0.5], &[3.0]);
        assert_abs_diff_eq!(got[0], 1.0 - 0.5 / 0.9, epsilon = 1e-14);
    }
}
