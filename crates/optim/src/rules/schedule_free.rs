//! Schedule-free learning: averaging in place of a falling learning rate.

use gradus_tensor::kernel::Real;
use gradus_tensor::{Tensor, with_float};

use super::radam::rectification;
use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, number, power};
use crate::settings;

/// What the steps of a schedule-free method are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ScheduleFreeBase {
    /// The gradient.
    Sgd,
    /// The gradient over the root of its average square, as in AdamW.
    AdamW {
        /// The decay of the average square, `$\beta_2$`.
        beta2: f64,
        /// Added to the root, `$\epsilon$`.
        eps: f64,
    },
    /// As AdamW, with the rate of RAdam: no warm-up to choose.
    RAdam {
        /// The decay of the average square, `$\beta_2$`.
        beta2: f64,
        /// Added to the root, `$\epsilon$`.
        eps: f64,
        /// Make no steps until the average can be trusted, instead of plain ones.
        silent: bool,
    },
}

impl ScheduleFreeBase {
    fn options(self) -> Options {
        let options = Options::of("ScheduleFreeBase");
        match self {
            Self::Sgd => options,
            Self::AdamW { beta2, eps } | Self::RAdam { beta2, eps, .. } => {
                options.below_one("beta2", beta2).non_negative("eps", eps)
            }
        }
    }
}

/// Schedule-free learning: gradients are taken at `$y$`, between the sequence of steps `$z$` and its average
/// `$x$`, which is the answer ([`Optimizer::answer`](crate::Optimizer::answer)).
///
/// ```math
/// \begin{aligned}
/// y &= (1-\beta)\,z + \beta x, \qquad z \leftarrow z - \eta_t\,(d(g(y)) + \lambda y) \\
/// x &\leftarrow (1 - c)\,x + c\,z, \qquad c = w_t/\textstyle\sum w, \quad w_t = t^r\,(\max\eta)^p
/// \end{aligned}
/// ```
///
/// The parameter is `$y$` while it is trained.
///
/// # Source
/// Defazio et al. 2024, *The road less scheduled*, and the authors' package, with its defaults (learning
/// rates of 1 for the gradient, 2.5e-3 for the others).
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleFree {
    /// The steps.
    pub base: ScheduleFreeBase,
    /// How near the average the gradient is taken, `$\beta$`.
    pub momentum: f64,
    /// `$\lambda$`.
    pub weight_decay: f64,
    /// Steps in which the rate rises.
    pub warmup: u64,
    /// The power of the step in a weight, `$r$`.
    pub step_power: f64,
    /// The power of the rate in a weight, `$p$`.
    pub lr_power: f64,
}

impl ScheduleFree {
    /// Steps along the gradient.
    pub fn sgd() -> Self {
        Self {
            base: ScheduleFreeBase::Sgd,
            momentum: 0.9,
            weight_decay: 0.0,
            warmup: 0,
            step_power: 0.0,
            lr_power: 2.0,
        }
    }

    /// Steps as in AdamW.
    pub fn adamw() -> Self {
        Self { base: ScheduleFreeBase::AdamW { beta2: 0.999, eps: 1e-8 }, ..Self::sgd() }
    }

    /// Steps as in RAdam.
    pub fn radam() -> Self {
        Self { base: ScheduleFreeBase::RAdam { beta2: 0.999, eps: 1e-8, silent: true }, ..Self::sgd() }
    }
}

impl Rule for ScheduleFree {
    settings!(base, momentum, weight_decay, warmup, step_power, lr_power);

    fn options(&self) -> Options {
        Options::of("ScheduleFree")
            .below_one("momentum", self.momentum)
            .and(self.base.options())
            .non_negative("weight_decay", self.weight_decay)
            .non_negative("step_power", self.step_power)
            .non_negative("lr_power", self.lr_power)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        let mut slots = vec![("z", theta.clone())];
        if self.base != ScheduleFreeBase::Sgd {
            slots.push(("v", theta.zeros_like()));
        }
        slots.extend([number("largest_lr", -1.0), number("weights", 0.0)]);
        slots
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let warm = if step.t <= self.warmup { step.t as f64 / self.warmup as f64 } else { 1.0 };
        // The rate, and beta2 and epsilon where gradients are divided.
        let (lr, divisor) = match self.base {
            ScheduleFreeBase::Sgd => (step.lr * warm, None),
            ScheduleFreeBase::AdamW { beta2, eps } => (step.lr * warm, Some((beta2, eps, true))),
            ScheduleFreeBase::RAdam { beta2, eps, silent } => {
                let r = rectification(beta2, step.t, 4.0);
                let factor = r.unwrap_or(if silent { 0.0 } else { 1.0 });
                (step.lr * warm * factor, Some((beta2, eps, r.is_some())))
            }
        };
        let n = slots.len();
        let largest = slots[n - 2].item().max(lr);
        let weight = (step.t as f64).powf(self.step_power) * largest.powf(self.lr_power);
        let sum = slots[n - 1].item() + weight;
        let share = if sum == 0.0 { 0.0 } else { weight / sum };
        (slots[n - 2], slots[n - 1]) = (Tensor::scalar(largest), Tensor::scalar(sum));
        with_float!("schedule_free", theta.dtype(), T => {
            let (share, decay) = (T::of(share), T::of(self.weight_decay));
            let (along, lr) = (T::of(lr * (self.momentum * (1.0 - share.to_f64()) - 1.0)), T::of(lr));
            let advance = |y: &mut T, d: T, z: &mut T| {
                let d = d + decay * *y;
                *y = *y + share * (*z - *y) + along * d;
                *z -= lr * d;
            };
            let Some((beta2, eps, divide)) = divisor else {
                return pass::one::<T>(theta, g, &mut slots[..1], #[inline(always)] |y, g, z| {
                    advance(y, g, z);
                });
            };
            let scale = T::of(1.0 / (1.0 - power(beta2, step.t)));
            let (beta2, rest, eps) = (T::of(beta2), T::of(1.0 - beta2), T::of(eps));
            pass::two::<T>(theta, g, &mut slots[..2], #[inline(always)] |y, g, z, v| {
                *v = beta2 * *v + rest * (g * g);
                let d = g / ((scale * *v).sqrt() + eps);
                advance(y, if divide { d } else { g }, z);
            });
        });
    }

    fn answer(&self, theta: &Tensor, slots: &[Tensor]) -> Option<Tensor> {
        Some(theta + (&slots[0] - theta) * (1.0 - 1.0 / self.momentum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;
    use approx::abs_diff_eq;

    #[test]
    fn the_answer_is_the_mean_of_the_steps() {
        // g = 1: z = 0.5, 0; x = 0.5, 0.25; y = 0.1 z + 0.9 x
        let got = path(&ScheduleFree::sgd(), &[0.5; 2], &[1.0; 2]);
        assert!(abs_diff_eq!(got[0], 0.5, epsilon = 1e-15) && abs_diff_eq!(got[1], 0.225, epsilon = 1e-15));
    }
}
