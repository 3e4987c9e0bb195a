//! Signum: the sign of the momentum.

use gradus_tensor::kernel::{Real, math};
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// Signum: `$m \leftarrow \beta m + (1-\beta)\,g$`,
/// `$\theta \leftarrow (1 - \eta\lambda)\,\theta - \eta \operatorname{sign}(m)$`. With `$\beta = 0$` it is
/// signSGD.
///
/// # Source
/// Bernstein et al. 2018, *signSGD*, algorithm 2, with a learning rate of 1e-4.
#[derive(Debug, Clone, PartialEq)]
pub struct Signum {
    /// The decay of the average gradient, `$\beta$`.
    pub beta: f64,
    /// Decoupled decay, `$\lambda$`.
    pub weight_decay: f64,
}

impl Default for Signum {
    fn default() -> Self {
        Self { beta: 0.9, weight_decay: 0.0 }
    }
}

impl Rule for Signum {
    settings!(beta, weight_decay);

    fn options(&self) -> Options {
        Options::of("Signum").below_one("beta", self.beta).non_negative("weight_decay", self.weight_decay)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        zeros(theta, ["m"])
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        with_float!("signum", theta.dtype(), T => {
            let (lr, keep) = (T::of(step.lr), T::of(1.0 - step.lr * self.weight_decay));
            let rest = T::of(1.0 - self.beta);
            pass::one::<T>(theta, g, slots, #[inline(always)] |x, g, m| {
                *m += rest * (g - *m);
                *x = keep * *x - lr * math::sign(*m);
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;

    #[test]
    fn the_sign_of_the_average() {
        // m = 0.5, 0.25 − 0.25 = 0, −0.5
        let rule = Signum { beta: 0.5, ..Signum::default() };
        assert_eq!(path(&rule, &[0.25; 3], &[1.0, -0.5, -1.0]), [0.75, 0.75, 1.0]);
    }
}
