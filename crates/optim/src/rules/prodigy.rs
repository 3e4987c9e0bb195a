//! Prodigy: Adam that estimates its own learning rate.

use gradus_tensor::kernel::{Real, math};
use gradus_tensor::{Tensor, inner_product, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Global, Rule, Slot, Step, power, zeros};
use crate::settings;

/// Prodigy: the distance `$D$` to the solution is estimated on the way, and is the unit of the learning rate,
/// which is left at 1.
///
/// ```math
/// \begin{aligned}
/// r &\leftarrow \beta_3 r + \tfrac{d}{d_0}\,\eta d\,\langle g, \theta_0 - \theta\rangle, \qquad
/// s \leftarrow \beta_3 s + \tfrac{d}{d_0}\,\eta d\,g \\
/// m &\leftarrow \beta_1 m + (1-\beta_1)\,d\,g, \qquad v \leftarrow \beta_2 v + (1-\beta_2)\,d^2 g^2 \\
/// \hat d &= r/\lVert s\rVert_1, \qquad d' = \max(d, \hat d), \qquad
/// \theta \leftarrow (1 - \eta d\lambda)\,\theta - \eta d\,m/(\sqrt v + d'\epsilon)
/// \end{aligned}
/// ```
///
/// # Source
/// Mishchenko and Defazio 2023, *Prodigy: an expeditiously adaptive parameter-free learner*, algorithm 4, in
/// the order of the authors' code, with its defaults (a learning rate of 1).
#[derive(Debug, Clone, PartialEq)]
pub struct Prodigy {
    /// The decay of the average gradient, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the average squared gradient, `$\beta_2$`; `$\beta_3$` is its root.
    pub beta2: f64,
    /// Added to the root, `$\epsilon$`.
    pub eps: f64,
    /// Decoupled decay, `$\lambda$`.
    pub weight_decay: f64,
    /// The first estimate of the distance, `$d_0$`.
    pub d0: f64,
    /// How fast the estimate may grow at a step.
    pub growth: f64,
    /// Multiplies the rate by `$\sqrt{1-\beta_2^t}/(1-\beta_1^t)$`.
    pub bias_correction: bool,
}

impl Default for Prodigy {
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            weight_decay: 0.0,
            d0: 1e-6,
            growth: f64::INFINITY,
            bias_correction: false,
        }
    }
}

impl Prodigy {
    /// The rate in units of the distance.
    fn rate(&self, lr: f64, t: u64) -> f64 {
        if !self.bias_correction {
            return lr;
        }
        lr * (1.0 - power(self.beta2, t)).sqrt() / (1.0 - power(self.beta1, t))
    }
}

impl Rule for Prodigy {
    settings!(beta1, beta2, eps, weight_decay, d0, growth, bias_correction);

    fn options(&self) -> Options {
        Options::of("Prodigy")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .non_negative("eps", self.eps)
            .non_negative("weight_decay", self.weight_decay)
            .positive("d0", self.d0)
            .from_one("growth", self.growth)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        let mut slots = zeros(theta, ["m", "v", "s"]);
        slots.push(("start", theta.clone()));
        slots
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let (now, before) = (step.shared[0], step.shared[3]);
        let rate = before * self.rate(step.lr, step.t);
        with_float!("prodigy", theta.dtype(), T => {
            let (rate, keep, eps) =
                (T::of(rate), T::of(1.0 - rate * self.weight_decay), T::of(now * self.eps));
            let (beta1, beta2) = (T::of(self.beta1), T::of(self.beta2));
            let into1 = T::of(before * (1.0 - self.beta1));
            let into2 = T::of(before * before * (1.0 - self.beta2));
            pass::two::<T>(theta, g, &mut slots[..2], #[inline(always)] |x, g, m, v| {
                *m = beta1 * *m + into1 * g;
                *v = beta2 * *v + into2 * (g * g);
                *x = keep * *x - rate * *m / (v.sqrt() + eps);
            });
        });
    }

    fn global(&self) -> Option<&dyn Global> {
        Some(self)
    }
}

impl Global for Prodigy {
    fn shared(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("distance", self.d0),
            ("largest_distance", self.d0),
            ("numerator", 0.0),
            ("distance_before", self.d0),
        ]
    }

    fn measure(&self, step: &Step<'_>, theta: &Tensor, g: &Tensor, slots: &mut [Tensor]) -> [f64; 3] {
        let d = step.shared[0];
        let weight = d / self.d0 * d * self.rate(step.lr, step.t);
        let numerator = weight * inner_product(g, &(&slots[3] - theta));
        slots[2] = pass::faded(&slots[2] * self.beta2.sqrt() + g * weight);
        [numerator, slots[2].abs().sum().item(), 0.0]
    }

    fn agree(&self, _: &Step<'_>, [numerator, size, _]: [f64; 3], shared: &mut [f64]) {
        let before = shared[0];
        shared[2] = self.beta2.sqrt() * shared[2] + numerator;
        // NaN wins each comparison, as it does in the parameters.
        if size != 0.0 {
            let estimate = shared[2] / size;
            let d = if before == self.d0 { math::max(before, estimate) } else { before };
            shared[1] = math::max(shared[1], estimate);
            shared[0] = math::min(shared[1], d * self.growth);
        }
        shared[3] = before;
    }
}
