//! DoG: distance over gradients, a learning rate without a parameter.

use gradus_tensor::kernel::{Real, math};
use gradus_tensor::{Tensor, inner_product, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Global, Rule, Slot, Step};
use crate::settings;

/// Distance over gradients: the rate is the largest distance from the start so far, over the root of the
/// summed squared gradient norms. The learning rate multiplies it and is left at 1.
///
/// ```math
/// \eta_t = \eta\,\frac{\max_{i \le t}\lVert\theta_i - \theta_0\rVert}
/// {\sqrt{\sum_{i \le t}\lVert g_i\rVert^2 + \epsilon}},
/// \qquad \theta \leftarrow \theta - \eta_t g
/// ```
///
/// The answer ([`Optimizer::answer`](crate::Optimizer::answer)) is a mean of the path that weighs late steps
/// more.
///
/// # Source
/// Ivgi, Hinder and Carmon 2023, eq. 2, with `$r_\epsilon(1 + \lVert\theta_0\rVert)$` as first distance;
/// averaging of Shamir and Zhang 2013 with power 8.
#[derive(Debug, Clone, PartialEq)]
pub struct Dog {
    /// The first distance in units of the parameters' norm, `$r_\epsilon$`.
    pub first: f64,
    /// `$\epsilon$`.
    pub eps: f64,
    /// The power of the average.
    pub power: f64,
}

impl Default for Dog {
    fn default() -> Self {
        Self { first: 1e-6, eps: 1e-8, power: 8.0 }
    }
}

impl Rule for Dog {
    settings!(first, eps, power);

    fn options(&self) -> Options {
        Options::of("Dog")
            .positive("first", self.first)
            .non_negative("eps", self.eps)
            .non_negative("power", self.power)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        vec![("start", theta.clone()), ("average", theta.clone())]
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let rate = step.lr * step.shared[0] / (step.shared[1] + self.eps).sqrt();
        let share = (1.0 + self.power) / (step.t as f64 + self.power);
        with_float!("dog", theta.dtype(), T => {
            let (rate, share) = (T::of(rate), T::of(share));
            pass::one::<T>(theta, g, &mut slots[1..], #[inline(always)] |x, g, average| {
                *x -= rate * g;
                *average += share * (*x - *average);
            });
        });
    }

    fn answer(&self, _: &Tensor, slots: &[Tensor]) -> Option<Tensor> {
        Some(slots[1].clone())
    }

    fn global(&self) -> Option<&dyn Global> {
        Some(self)
    }
}

impl Global for Dog {
    fn shared(&self) -> Vec<(&'static str, f64)> {
        vec![("distance", 0.0), ("gradients", 0.0)]
    }

    fn measure(&self, step: &Step<'_>, theta: &Tensor, g: &Tensor, slots: &mut [Tensor]) -> [f64; 3] {
        let way = theta - &slots[0];
        let size = if step.shared[0] == 0.0 { inner_product(theta, theta) } else { 0.0 };
        [inner_product(&way, &way), inner_product(g, g), size]
    }

    fn agree(&self, _: &Step<'_>, [way, square, size]: [f64; 3], shared: &mut [f64]) {
        let first = if shared[0] == 0.0 { self.first * (1.0 + size.sqrt()) } else { 0.0 };
        shared[0] = math::max(math::max(shared[0], way.sqrt()), first);
        shared[1] += square;
    }
}
