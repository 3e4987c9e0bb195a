//! Adam and AdamW: averages of the gradient and of its square.

use gradus_tensor::kernel::{Real, math};
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// Adam: each element's step is its average gradient over the root of its average squared gradient.
///
/// ```math
/// \begin{aligned}
/// g &\leftarrow g + \lambda\theta \\
/// m &\leftarrow \beta_1 m + (1-\beta_1)\,g, & \hat m &= m/(1-\beta_1^t) \\
/// v &\leftarrow \beta_2 v + (1-\beta_2)\,g^2, & \hat v &= v/(1-\beta_2^t) \\
/// \theta &\leftarrow \theta - \eta\,\hat m/(\sqrt{\hat v} + \epsilon)
/// \end{aligned}
/// ```
///
/// ```
/// use gradus_autograd::Param;
/// use gradus_optim::{Adam, Optimizer};
///
/// let mut w = Param::new([3.0, -200.0]);
/// let mut optimizer = Optimizer::new(Adam::default(), 0.1);
/// optimizer.training_step(&mut w, |w, tape| tape.param(w).square().sum());
/// // The first step has the length of the learning rate in each element, however large the gradient is.
/// assert!(w.value().allclose(&gradus_tensor::Tensor::from([2.9, -199.9]), 1e-8, 0.0));
/// ```
///
/// AMSGrad divides by the root of the largest `$v$` so far. Weight decay is L2 regularisation, inside the
/// averages; [`AdamW`] has the decoupled one.
///
/// # Source
/// Kingma and Ba 2015, algorithm 1; Reddi et al. 2018 (AMSGrad); `torch.optim.Adam`, with its defaults (its
/// learning rate is 1e-3).
///
/// # Differs
/// AMSGrad as in PyTorch: the maximum is over `$v$`, not `$\hat v$`, and is divided by the present
/// correction. The paper's order of the operations at the end of section 2, `$\epsilon$` before the
/// correction, is [`RAdam`](crate::RAdam)'s.
#[derive(Debug, Clone, PartialEq)]
pub struct Adam {
    /// The decay of the average gradient, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the average squared gradient, `$\beta_2$`.
    pub beta2: f64,
    /// Added to the root, `$\epsilon$`.
    pub eps: f64,
    /// L2 regularisation, `$\lambda$`, added to the gradient.
    pub weight_decay: f64,
    /// Divide by the root of the largest average so far.
    pub amsgrad: bool,
    /// Divide the averages by `$1 - \beta^t$`, which undoes their beginning at 0.
    pub bias_correction: bool,
}

impl Default for Adam {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0, amsgrad: false, bias_correction: true }
    }
}

impl Rule for Adam {
    settings!(beta1, beta2, eps, weight_decay, amsgrad, bias_correction);

    fn options(&self) -> Options {
        Options::of("Adam")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .non_negative("eps", self.eps)
            .non_negative("weight_decay", self.weight_decay)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        if self.amsgrad { zeros(theta, ["m", "v", "v_max"]) } else { zeros(theta, ["m", "v"]) }
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        adam(self, self.weight_decay, 0.0, step, theta, g, slots);
    }
}

/// Adam with decoupled weight decay: the parameter itself shrinks, whatever the averages are.
///
/// ```math
/// \theta \leftarrow \theta\,(1 - \eta\lambda) - \eta\,\hat m/(\sqrt{\hat v} + \epsilon)
/// ```
///
/// ```
/// use gradus_optim::{AdamW, Optimizer, schedule::{Cosine, Schedule}};
/// // As language models are trained: a warm-up, a cosine, clipped gradients, other averages than the usual ones.
/// let rate = Cosine { peak: 6e-4, end: 6e-5, steps: 1900 }.warmup(100);
/// let rule = AdamW { beta2: 0.95, weight_decay: 0.1, ..AdamW::default() };
/// let optimizer = Optimizer::new(rule, rate).clip_norm(1.0);
/// ```
///
/// # Source
/// Loshchilov and Hutter 2019, algorithm 2; `torch.optim.AdamW`, with its defaults (its learning rate is
/// 1e-3).
///
/// # Differs
/// PyTorch's `$\eta$` is the scheduled learning rate and multiplies the decay too. In the paper it is a
/// schedule's multiplier `$s_t$`, apart from `$\alpha$`, and the decay is `$s_t\lambda$`: set
/// [`AdamW::paper_rate`] to `$\alpha$` and let the schedule be `$s_t$`.
#[derive(Debug, Clone, PartialEq)]
pub struct AdamW {
    /// The decay of the average gradient, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the average squared gradient, `$\beta_2$`.
    pub beta2: f64,
    /// Added to the root, `$\epsilon$`.
    pub eps: f64,
    /// Decoupled decay, `$\lambda$`.
    pub weight_decay: f64,
    /// Divide by the root of the largest average so far.
    pub amsgrad: bool,
    /// Divide the averages by `$1 - \beta^t$`.
    pub bias_correction: bool,
    /// The paper's `$\alpha$`: multiplies the step but not the decay. 1 is PyTorch's form.
    pub paper_rate: f64,
}

impl Default for AdamW {
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            weight_decay: 0.01,
            amsgrad: false,
            bias_correction: true,
            paper_rate: 1.0,
        }
    }
}

impl Rule for AdamW {
    settings!(beta1, beta2, eps, weight_decay, amsgrad, bias_correction, paper_rate);

    fn options(&self) -> Options {
        Options::of("AdamW")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .non_negative("eps", self.eps)
            .non_negative("weight_decay", self.weight_decay)
            .non_negative("paper_rate", self.paper_rate)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        if self.amsgrad { zeros(theta, ["m", "v", "v_max"]) } else { zeros(theta, ["m", "v"]) }
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let Self { beta1, beta2, eps, amsgrad, bias_correction, .. } = *self;
        let rule = Adam { beta1, beta2, eps, weight_decay: 0.0, amsgrad, bias_correction };
        let scaled = Step { lr: step.lr * self.paper_rate, ..*step };
        adam(&rule, 0.0, step.lr * self.weight_decay, &scaled, theta, g, slots);
    }
}

/// Both forms in one pass: `l2` is added to the gradient, `shrink` taken off the parameter.
fn adam(
    rule: &Adam,
    l2: f64,
    shrink: f64,
    step: &Step<'_>,
    theta: &mut Tensor,
    g: &Tensor,
    slots: &mut [Tensor],
) {
    let correction = |beta| if rule.bias_correction { step.correction(beta) } else { 1.0 };
    let root = correction(rule.beta2).sqrt();
    with_float!("adam", theta.dtype(), T => {
        let (l2, keep, eps) = (T::of(l2), T::of(1.0 - shrink), T::of(rule.eps));
        let (beta2, rest1, rest2) = (T::of(rule.beta2), T::of(1.0 - rule.beta1), T::of(1.0 - rule.beta2));
        let (rate, root) = (T::of(step.lr / correction(rule.beta1)), T::of(1.0 / root));
        if !rule.amsgrad {
            return pass::two::<T>(theta, g, &mut slots[..2], #[inline(always)] |x, g, m, v| {
                let g = g + l2 * *x;
                *m += rest1 * (g - *m);
                *v = beta2 * *v + rest2 * (g * g);
                *x = keep * *x - rate * *m / (v.sqrt() * root + eps);
            });
        }
        pass::three::<T>(theta, g, slots, #[inline(always)] |x, g, m, v, v_max| {
            let g = g + l2 * *x;
            *m += rest1 * (g - *m);
            *v = beta2 * *v + rest2 * (g * g);
            *v_max = math::max(*v, *v_max);
            *x = keep * *x - rate * *m / (v_max.sqrt() * root + eps);
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::{abs_diff_eq, assert_abs_diff_eq};

    fn first_steps(rule: &dyn Rule) -> [f64; 2] {
        let mut theta = Tensor::from([1.0]);
        let mut slots: Vec<Tensor> = rule.slots(&theta, 0.5).into_iter().map(|(_, slot)| slot).collect();
        [1, 2].map(|t| {
            rule.update(&Step::new(0.5, t), &mut theta, &Tensor::from([2.0]), &mut slots);
            theta.item()
        })
    }

    #[test]
    fn the_first_step_is_the_learning_rate_whatever_the_gradient() {
        let [first, second] = first_steps(&Adam { eps: 0.0, ..Adam::default() });
        assert!(abs_diff_eq!(first, 0.5, epsilon = 1e-14) && second.abs() < 1e-14);
    }

    #[test]
    fn without_correction_the_first_step_is_larger() {
        // m = 0.2, v = 0.004: step 0.5 · 0.2 / 0.0632… = 1.58…
        let rule = Adam { eps: 0.0, bias_correction: false, ..Adam::default() };
        assert_abs_diff_eq!(first_steps(&rule)[0], 1.0 - 0.1 / 0.004f64.sqrt(), epsilon = 1e-14);
    }

    #[test]
    fn amsgrad_keeps_the_largest_square() {
        let rule = Adam {
            beta1: 0.0,
            beta2: 0.5,
            eps: 0.0,
            amsgrad: true,
            bias_correction: false,
            ..Adam::default()
        };
        let mut theta = Tensor::from([0.0]);
        let mut slots: Vec<Tensor> = rule.slots(&theta, 1.0).into_iter().map(|(_, slot)| slot).collect();
        let moves = [4.0, 1.0, 8.0].map(|g| {
            let before = theta.item();
            rule.update(&Step::new(1.0, 1), &mut theta, &Tensor::from([g]), &mut slots);
            before - theta.item()
        });
        // v = 8, 4.5, 34.25; the largest so far 8, 8, 34.25.
        for (got, want) in
            moves.into_iter().zip([4.0 / 8f64.sqrt(), 1.0 / 8f64.sqrt(), 8.0 / 34.25f64.sqrt()])
        {
            assert!(abs_diff_eq!(got, want, epsilon = 1e-14), "{got} {want}");
        }
    }

    #[test]
    fn decoupled_decay_shrinks_the_parameter() {
        let rule = AdamW { eps: 0.0, weight_decay: 0.5, ..AdamW::default() };
        // 1 · (1 − 0.25) − 0.5
        assert_abs_diff_eq!(first_steps(&rule)[0], 0.25, epsilon = 1e-15);
        let paper = AdamW { paper_rate: 0.1, ..rule };
        assert_abs_diff_eq!(first_steps(&paper)[0], 0.75 - 0.05, epsilon = 1e-15);
    }
}
