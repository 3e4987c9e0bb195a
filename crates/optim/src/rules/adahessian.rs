//! AdaHessian: Adam with the Hessian's diagonal in place of the gradient's square.

use gradus_tensor::kernel::{Real, math};
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Needs, Rule, Slot, Step, number, power, zeros};
use crate::settings;

/// AdaHessian: steps divided by a power of the root mean square curvature.
///
/// ```math
/// \begin{aligned}
/// m &\leftarrow \beta_1 m + (1-\beta_1)\,g, \qquad
/// v \leftarrow \beta_2 v + (1-\beta_2)\,D^2 \text{ where an estimate } D \text{ is given} \\
/// \theta &\leftarrow (1 - \eta\lambda)\,\theta - \eta\,\frac{\hat m}{\hat v^{\,k/2} + \epsilon}
/// \end{aligned}
/// ```
///
/// [`Optimizer::training_step`](crate::Optimizer::training_step) makes `$D$` at every step by
/// [`hutchinson`](crate::hutchinson).
///
/// # Source
/// Yao et al. 2021, algorithm 1, with a learning rate of 0.15.
///
/// # Differs
/// No averaging over the elements of a convolution's kernel. The correction of `$v$` counts the estimates
/// given.
#[derive(Debug, Clone, PartialEq)]
pub struct AdaHessian {
    /// The decay of the average gradient, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the average squared curvature, `$\beta_2$`.
    pub beta2: f64,
    /// `$\epsilon$`.
    pub eps: f64,
    /// The Hessian's power, `$k$`.
    pub power: f64,
    /// Decoupled decay, `$\lambda$`.
    pub weight_decay: f64,
    /// After how many steps the curvature is estimated anew.
    pub every: u64,
}

impl Default for AdaHessian {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-4, power: 1.0, weight_decay: 0.0, every: 1 }
    }
}

impl Rule for AdaHessian {
    settings!(beta1, beta2, eps, power, weight_decay, every);

    fn options(&self) -> Options {
        Options::of("AdaHessian")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .non_negative("eps", self.eps)
            .up_to_one("power", self.power)
            .non_negative("weight_decay", self.weight_decay)
            .count("every", self.every)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        let mut slots = zeros(theta, ["m", "v"]);
        slots.push(number("estimates", 0.0));
        slots
    }

    fn needs(&self) -> Needs {
        Needs { curvature: Some(self.every), ..Needs::default() }
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        if let Some(estimate) = step.curvature {
            slots[1] = &slots[1] * self.beta2 + estimate.square() * (1.0 - self.beta2);
            slots[2] = Tensor::scalar(slots[2].item() + 1.0);
        }
        let estimates = slots[2].item();
        let correction = if estimates > 0.0 { 1.0 - power(self.beta2, estimates as u64) } else { 1.0 };
        with_float!("adahessian", theta.dtype(), T => {
            let (rate, keep) =
                (T::of(step.lr / step.correction(self.beta1)), T::of(1.0 - step.lr * self.weight_decay));
            let (rest, eps, scale) = (T::of(1.0 - self.beta1), T::of(self.eps), T::of(1.0 / correction));
            let half = T::of(self.power / 2.0);
            pass::two::<T>(theta, g, &mut slots[..2], #[inline(always)] |x, g, m, v| {
                *m += rest * (g - *m);
                *x = keep * *x - rate * *m / (math::pow(scale * *v, half) + eps);
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    #[test]
    fn the_first_step_is_newtons() {
        let rule = AdaHessian { eps: 0.0, ..AdaHessian::default() };
        let mut theta = Tensor::from([1.0]);
        let mut slots: Vec<Tensor> = rule.slots(&theta, 1.0).into_iter().map(|(_, slot)| slot).collect();
        let curvature = Tensor::from([4.0]);
        let step = Step { curvature: Some(&curvature), ..Step::new(1.0, 1) };
        rule.update(&step, &mut theta, &Tensor::from([2.0]), &mut slots);
        assert_abs_diff_eq!(theta.item(), 0.5, epsilon = 1e-14);
    }
}
