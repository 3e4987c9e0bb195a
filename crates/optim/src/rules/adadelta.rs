//! Adadelta: AdaGrad without a learning rate to choose.

use gradus_tensor::kernel::Real;
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// Adadelta: the step has the unit of the parameter, since it is scaled by the root mean square of earlier
/// steps.
///
/// ```math
/// \begin{aligned}
/// g &\leftarrow g + \lambda\theta, \qquad s \leftarrow \rho s + (1-\rho)\,g^2 \\
/// d &= \sqrt{D + \epsilon}\,/\sqrt{s + \epsilon}\;g, \qquad D \leftarrow \rho D + (1-\rho)\,d^2 \\
/// \theta &\leftarrow \theta - \eta\,d
/// \end{aligned}
/// ```
///
/// # Source
/// Zeiler 2012, algorithm 1; `torch.optim.Adadelta`, with its defaults (its learning rate is 1, the paper's).
#[derive(Debug, Clone, PartialEq)]
pub struct Adadelta {
    /// The decay of both averages, `$\rho$`.
    pub rho: f64,
    /// `$\epsilon$`, inside both roots.
    pub eps: f64,
    /// L2 regularisation, `$\lambda$`.
    pub weight_decay: f64,
}

impl Default for Adadelta {
    fn default() -> Self {
        Self { rho: 0.9, eps: 1e-6, weight_decay: 0.0 }
    }
}

impl Rule for Adadelta {
    settings!(rho, eps, weight_decay);

    fn options(&self) -> Options {
        Options::of("Adadelta")
            .below_one("rho", self.rho)
            .non_negative("eps", self.eps)
            .non_negative("weight_decay", self.weight_decay)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        zeros(theta, ["s", "d"])
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        with_float!("adadelta", theta.dtype(), T => {
            let (lr, l2, eps) = (T::of(step.lr), T::of(self.weight_decay), T::of(self.eps));
            let (rho, rest) = (T::of(self.rho), T::of(1.0 - self.rho));
            pass::two::<T>(theta, g, slots, #[inline(always)] |x, g, s, d| {
                let g = g + l2 * *x;
                *s = rho * *s + rest * (g * g);
                let change = (*d + eps).sqrt() / (*s + eps).sqrt() * g;
                *d = rho * *d + rest * (change * change);
                *x -= lr * change;
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
    fn the_first_step_comes_from_epsilon() {
        // s = 0.5 · 4 = 2, with epsilon 2: √2/√4 · 2 = √2
        let got = path(&Adadelta { rho: 0.5, eps: 2.0, weight_decay: 0.0 }, &[1.0], &[2.0]);
        assert_abs_diff_eq!(got[0], 1.0 - 2f64.sqrt(), epsilon = 1e-15);
    }
}
