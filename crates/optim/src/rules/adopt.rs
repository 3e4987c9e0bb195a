//! ADOPT: Adam whose division comes before the average, and with the mean square of the step before.

use gradus_tensor::kernel::{Real, math};
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// ADOPT: converges for any `$\beta_2$`, since a gradient is not divided by itself.
///
/// ```math
/// \begin{aligned}
/// &t = 1:\quad v \leftarrow g^2; \qquad t > 1: \\
/// &u = \operatorname{clip}\!\left(\frac{g}{\max(\sqrt v, \epsilon)}, \pm(t-1)^{1/4}\right), \qquad
/// m \leftarrow \beta_1 m + (1-\beta_1)\,u \\
/// &\theta \leftarrow (1 - \eta\lambda)\,\theta - \eta m, \qquad v \leftarrow \beta_2 v + (1-\beta_2)\,g^2
/// \end{aligned}
/// ```
///
/// # Source
/// Taniguchi et al. 2024, *ADOPT: modified Adam can converge with any β2*, algorithm 2, with a learning rate
/// of 1e-3.
#[derive(Debug, Clone, PartialEq)]
pub struct Adopt {
    /// The decay of the average, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the average squared gradient, `$\beta_2$`.
    pub beta2: f64,
    /// The least divisor, `$\epsilon$`.
    pub eps: f64,
    /// Decoupled decay, `$\lambda$`.
    pub weight_decay: f64,
    /// The power of the step in the limit; `None`: no limit.
    pub clip_power: Option<f64>,
}

impl Default for Adopt {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.9999, eps: 1e-6, weight_decay: 0.0, clip_power: Some(0.25) }
    }
}

impl Rule for Adopt {
    settings!(beta1, beta2, eps, weight_decay, clip_power);

    fn options(&self) -> Options {
        Options::of("Adopt")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .non_negative("eps", self.eps)
            .non_negative("weight_decay", self.weight_decay)
            .non_negative("clip_power", self.clip_power.unwrap_or_default())
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        zeros(theta, ["m", "v"])
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        if step.t == 1 {
            slots[1] = g.square();
            return;
        }
        let limit = self.clip_power.map_or(f64::MAX, |power| ((step.t - 1) as f64).powf(power));
        with_float!("adopt", theta.dtype(), T => {
            let (lr, keep, eps) = (T::of(step.lr), T::of(1.0 - step.lr * self.weight_decay), T::of(self.eps));
            let (rest1, beta2, rest2) = (T::of(1.0 - self.beta1), T::of(self.beta2), T::of(1.0 - self.beta2));
            let limit = T::of(limit);
            pass::two::<T>(theta, g, slots, #[inline(always)] |x, g, m, v| {
                let root = v.sqrt();
                let u = g / math::max(root, eps);
                let u = if u > limit { limit } else { u };
                let u = if u < -limit { -limit } else { u };
                *m += rest1 * (u - *m);
                *x = keep * *x - lr * *m;
                *v = beta2 * *v + rest2 * (g * g);
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;

    #[test]
    fn the_first_gradient_is_only_measured() {
        let rule = Adopt { beta1: 0.5, ..Adopt::default() };
        // u = 4/2 limited to 1, m = 0.5
        assert_eq!(path(&rule, &[0.5; 2], &[2.0, 4.0]), [1.0, 0.75]);
    }
}
