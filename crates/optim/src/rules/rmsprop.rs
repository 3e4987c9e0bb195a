//! RMSProp: AdaGrad that forgets.

use gradus_tensor::kernel::Real;
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// RMSProp: each element's step is divided by the root of its average squared gradient.
///
/// ```math
/// \begin{aligned}
/// g &\leftarrow g + \lambda\theta, \qquad v \leftarrow \alpha v + (1-\alpha)\,g^2 \\
/// d &= \sqrt v + \epsilon \quad\text{or, centred,}\quad \sqrt{v - \bar g^2} + \epsilon,
///   \quad \bar g \leftarrow \alpha\bar g + (1-\alpha)\,g \\
/// b &\leftarrow \mu b + g/d, \qquad \theta \leftarrow \theta - \eta\,b
/// \end{aligned}
/// ```
///
/// # Source
/// Tieleman and Hinton 2012, lecture 6.5; Graves 2013, eq. 38 to 45 (centred); `torch.optim.RMSprop`, with
/// its defaults (its learning rate is 1e-2).
///
/// # Differs
/// Textbooks have `$\epsilon$` inside the root, `$g/\sqrt{v + \epsilon}$`: [`RmsProp::eps_inside`].
/// TensorFlow has it there too, and the rate inside the momentum.
#[derive(Debug, Clone, PartialEq)]
pub struct RmsProp {
    /// The decay of the averages, `$\alpha$`.
    pub alpha: f64,
    /// `$\epsilon$`.
    pub eps: f64,
    /// `$\sqrt{v + \epsilon}$` instead of `$\sqrt v + \epsilon$`.
    pub eps_inside: bool,
    /// Divide by the standard deviation instead of the root mean square.
    pub centered: bool,
    /// `$\mu$`.
    pub momentum: f64,
    /// L2 regularisation, `$\lambda$`.
    pub weight_decay: f64,
}

impl Default for RmsProp {
    fn default() -> Self {
        Self { alpha: 0.99, eps: 1e-8, eps_inside: false, centered: false, momentum: 0.0, weight_decay: 0.0 }
    }
}

impl Rule for RmsProp {
    settings!(alpha, eps, eps_inside, centered, momentum, weight_decay);

    fn options(&self) -> Options {
        Options::of("RmsProp")
            .below_one("alpha", self.alpha)
            .non_negative("eps", self.eps)
            .up_to_one("momentum", self.momentum)
            .non_negative("weight_decay", self.weight_decay)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        match (self.centered, self.momentum != 0.0) {
            (false, false) => zeros(theta, ["v"]),
            (true, false) => zeros(theta, ["v", "mean"]),
            (false, true) => zeros(theta, ["v", "b"]),
            (true, true) => zeros(theta, ["v", "b", "mean"]),
        }
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let (inside, outside) = if self.eps_inside { (self.eps, 0.0) } else { (0.0, self.eps) };
        with_float!("rmsprop", theta.dtype(), T => {
            let (lr, l2, mu) = (T::of(step.lr), T::of(self.weight_decay), T::of(self.momentum));
            let (alpha, rest) = (T::of(self.alpha), T::of(1.0 - self.alpha));
            let (inside, outside) = (T::of(inside), T::of(outside));
            // g / d, after v is renewed.
            let quotient = |g: T, v: &mut T| {
                *v = alpha * *v + rest * (g * g);
                g / ((*v + inside).sqrt() + outside)
            };
            let centered = |g: T, v: &mut T, mean: &mut T| {
                *v = alpha * *v + rest * (g * g);
                *mean += rest * (g - *mean);
                g / ((*v - *mean * *mean + inside).sqrt() + outside)
            };
            match (self.centered, slots.len()) {
                (false, 1) => pass::one::<T>(theta, g, slots, #[inline(always)] |x, g, v| {
                    *x -= lr * quotient(g + l2 * *x, v);
                }),
                (true, 2) => pass::two::<T>(theta, g, slots, #[inline(always)] |x, g, v, mean| {
                    *x -= lr * centered(g + l2 * *x, v, mean);
                }),
                (false, _) => pass::two::<T>(theta, g, &mut slots[..2], #[inline(always)] |x, g, v, b| {
                    *b = mu * *b + quotient(g + l2 * *x, v);
                    *x -= lr * *b;
                }),
                (true, _) => pass::three::<T>(theta, g, slots, #[inline(always)] |x, g, v, b, mean| {
                    *b = mu * *b + centered(g + l2 * *x, v, mean);
                    *x -= lr * *b;
                }),
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;

    #[test]
    fn by_hand() {
        let rule = RmsProp { alpha: 0.75, eps: 0.0, ..RmsProp::default() };
        // v = 0.25 · 16 = 4: step 0.5 · 4/2
        assert_eq!(path(&rule, &[0.5], &[4.0]), [0.0]);
        // centred: v − mean² = 4 − 1 = 3
        let rule = RmsProp { centered: true, ..rule };
        assert_eq!(path(&rule, &[0.5], &[4.0]), [1.0 - 0.5 * (4.0 / 3f64.sqrt())]);
        let rule = RmsProp { centered: false, momentum: 0.5, ..rule };
        assert_eq!(path(&rule, &[0.5; 2], &[4.0, 0.0]), [0.0, -0.5]);
    }
}
