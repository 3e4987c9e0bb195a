//! Yogi: Adam whose average of squares changes by a bounded amount.

use gradus_tensor::kernel::{Real, math};
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step};
use crate::settings;

/// Yogi: the average of squares grows and shrinks by addition, so that it does not forget fast when gradients
/// are sparse.
///
/// ```math
/// \begin{aligned}
/// m &\leftarrow \beta_1 m + (1-\beta_1)\,g, \qquad
/// v \leftarrow v - (1-\beta_2)\operatorname{sign}(v - g^2)\,g^2 \\
/// \theta &\leftarrow \theta - \eta\,\frac{m/(1-\beta_1^t)}{\sqrt{v/(1-\beta_2^t)} + \epsilon}
/// \end{aligned}
/// ```
///
/// # Source
/// Zaheer et al. 2018, *Adaptive methods for nonconvex optimization*, algorithm 2, with a learning rate of
/// 1e-2.
///
/// # Differs
/// The paper has no bias correction; here as in Optax, whose averages begin at 1e-6.
#[derive(Debug, Clone, PartialEq)]
pub struct Yogi {
    /// The decay of the average gradient, `$\beta_1$`.
    pub beta1: f64,
    /// How fast the average of squares changes, `$\beta_2$`.
    pub beta2: f64,
    /// Added to the root, `$\epsilon$`.
    pub eps: f64,
    /// What both averages begin at.
    pub initial: f64,
}

impl Default for Yogi {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-3, initial: 1e-6 }
    }
}

impl Rule for Yogi {
    settings!(beta1, beta2, eps, initial);

    fn options(&self) -> Options {
        Options::of("Yogi")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .non_negative("eps", self.eps)
            .non_negative("initial", self.initial)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        vec![("m", theta.full_like(self.initial)), ("v", theta.full_like(self.initial))]
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        with_float!("yogi", theta.dtype(), T => {
            let (rate, eps) = (T::of(step.lr / step.correction(self.beta1)), T::of(self.eps));
            let scale = T::of(1.0 / step.correction(self.beta2));
            let (rest1, rest2) = (T::of(1.0 - self.beta1), T::of(1.0 - self.beta2));
            pass::two::<T>(theta, g, slots, #[inline(always)] |x, g, m, v| {
                *m += rest1 * (g - *m);
                let square = g * g;
                *v -= rest2 * math::sign(*v - square) * square;
                *x -= rate * *m / ((scale * *v).sqrt() + eps);
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
        let got = path(&Yogi { eps: 0.0, initial: 0.0, ..Yogi::default() }, &[0.5], &[3.0]);
        assert_abs_diff_eq!(got[0], 0.5, epsilon = 1e-15);
    }
}
