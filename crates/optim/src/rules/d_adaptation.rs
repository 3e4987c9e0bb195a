//! D-Adaptation: Adam that estimates its own learning rate from below.

use gradus_tensor::kernel::{Real, math};
use gradus_tensor::{Tensor, inner_product, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Global, Rule, Slot, Step, zeros};
use crate::settings;

/// D-Adaptation for Adam: a growing lower bound `$d$` of the distance to the solution is the unit of the
/// learning rate, which is left at 1.
///
/// ```math
/// \begin{aligned}
/// r &\leftarrow \sqrt{\beta_2}\,r + (1-\sqrt{\beta_2})\,\eta d\,\langle g, s/(\sqrt v + \epsilon)\rangle \\
/// m &\leftarrow \beta_1 m + (1-\beta_1)\,\eta d\,g, \quad v \leftarrow \beta_2 v + (1-\beta_2)\,g^2, \quad
/// s \leftarrow \sqrt{\beta_2}\,s + (1-\sqrt{\beta_2})\,\eta d\,g \\
/// d &\leftarrow \max\!\left(d, \frac{r}{(1-\sqrt{\beta_2})\lVert s\rVert_1}\right), \qquad
/// \theta \leftarrow \theta - m/(\sqrt v + \epsilon)
/// \end{aligned}
/// ```
///
/// # Source
/// Defazio and Mishchenko 2023, *Learning-rate-free learning by D-Adaptation*, algorithm 4, in the order of
/// the authors' code, with its defaults (a learning rate of 1).
#[derive(Debug, Clone, PartialEq)]
pub struct DAdaptAdam {
    /// The decay of the average gradient, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the average squared gradient, `$\beta_2$`.
    pub beta2: f64,
    /// Added to the root, `$\epsilon$`.
    pub eps: f64,
    /// Decoupled decay, `$\lambda$`.
    pub weight_decay: f64,
    /// The first estimate of the distance, `$d_0$`.
    pub d0: f64,
    /// How fast the estimate may grow at a step.
    pub growth: f64,
}

impl Default for DAdaptAdam {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0, d0: 1e-6, growth: f64::INFINITY }
    }
}

impl Rule for DAdaptAdam {
    settings!(beta1, beta2, eps, weight_decay, d0, growth);

    fn options(&self) -> Options {
        Options::of("DAdaptAdam")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .non_negative("eps", self.eps)
            .non_negative("weight_decay", self.weight_decay)
            .positive("d0", self.d0)
            .from_one("growth", self.growth)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        zeros(theta, ["m", "v", "s"])
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        // The averages were renewed with the distance of before, when they were measured.
        let _ = g;
        let rate = step.shared[2] * step.lr;
        let [m, v, _] = slots else { panic!("DAdaptAdam has three slots") };
        with_float!("d_adapt_adam", theta.dtype(), T => {
            let (keep, eps) = (T::of(1.0 - rate * self.weight_decay), T::of(self.eps));
            pass::one::<T>(theta, v, std::slice::from_mut(m), #[inline(always)] |x, v, m| {
                *x = keep * *x - *m / (v.sqrt() + eps);
            });
        });
    }

    fn global(&self) -> Option<&dyn Global> {
        Some(self)
    }
}

impl Global for DAdaptAdam {
    fn shared(&self) -> Vec<(&'static str, f64)> {
        vec![("distance", self.d0), ("numerator", 0.0), ("distance_before", self.d0)]
    }

    fn measure(&self, step: &Step<'_>, _: &Tensor, g: &Tensor, slots: &mut [Tensor]) -> [f64; 3] {
        let (rate, keep) = (step.shared[0] * step.lr, self.beta2.sqrt());
        let scaled = &slots[2] / (slots[1].sqrt() + self.eps);
        let numerator = rate * inner_product(g, &scaled);
        slots[0] = pass::faded(&slots[0] * self.beta1 + g * (rate * (1.0 - self.beta1)));
        slots[1] = pass::faded(&slots[1] * self.beta2 + g.square() * (1.0 - self.beta2));
        slots[2] = pass::faded(&slots[2] * keep + g * (rate * (1.0 - keep)));
        [numerator, slots[2].abs().sum().item(), 0.0]
    }

    fn agree(&self, _: &Step<'_>, [numerator, size, _]: [f64; 3], shared: &mut [f64]) {
        let keep = self.beta2.sqrt();
        shared[1] = keep * shared[1] + (1.0 - keep) * numerator;
        shared[2] = shared[0];
        // NaN wins each comparison, as it does in the parameters.
        if size != 0.0 {
            let estimate = shared[1] / ((1.0 - keep) * size);
            shared[0] = math::max(shared[0], math::min(estimate, shared[0] * self.growth));
        }
    }
}
