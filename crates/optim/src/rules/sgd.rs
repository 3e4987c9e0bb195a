//! Stochastic gradient descent with momentum, as PyTorch has it.

use gradus_tensor::kernel::Real;
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// Gradient descent, with momentum (`$\mu$`), dampening (`$\tau$`), Nesterov's form, and L2 regularisation
/// (`$\lambda$`).
///
/// ```math
/// \begin{aligned}
/// g &\leftarrow g + \lambda\theta \\
/// b &\leftarrow g \text{ in the first step, then } \mu b + (1-\tau)\,g \\
/// \theta &\leftarrow \theta - \eta\,b \quad\text{or, with Nesterov's form,}\quad \theta - \eta\,(g + \mu b)
/// \end{aligned}
/// ```
///
/// The learning rate stands outside the velocity, so it acts at once when it changes.
/// [`Momentum`](crate::Momentum) has the other notations, [`Nesterov`](crate::Nesterov) the true look-ahead.
///
/// ```
/// use gradus_autograd::Param;
/// use gradus_optim::{Optimizer, Sgd};
///
/// let mut w = Param::new(3.0);
/// let mut optimizer = Optimizer::new(Sgd { momentum: 0.9, ..Sgd::default() }, 0.1);
/// optimizer.training_step(&mut w, |w, tape| tape.param(w).square());
/// assert!((w.value().item() - (3.0 - 0.1 * 6.0)).abs() < 1e-15); // θ - η · 2θ
/// ```
///
/// # Source
/// Polyak 1964; Sutskever et al. 2013, *On the importance of initialization and momentum in deep learning*;
/// `torch.optim.SGD`, with its defaults (its learning rate is 1e-3).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sgd {
    /// The part of the velocity that is kept, `$\mu$`.
    pub momentum: f64,
    /// What the gradient in the velocity is reduced by, `$\tau$`.
    pub dampening: f64,
    /// L2 regularisation, `$\lambda$`, added to the gradient.
    pub weight_decay: f64,
    /// Decoupled decay instead of L2: `$\theta \leftarrow \theta\,(1 - \eta\lambda)$`, past the velocity.
    /// Without momentum the two are the same.
    pub decoupled: bool,
    /// Nesterov's form: the step looks one velocity ahead.
    pub nesterov: bool,
}

impl Rule for Sgd {
    settings!(momentum, dampening, weight_decay, decoupled, nesterov);

    fn options(&self) -> Options {
        Options::of("Sgd")
            .up_to_one("momentum", self.momentum)
            .finite("dampening", self.dampening)
            .non_negative("weight_decay", self.weight_decay)
            .must(!self.nesterov || (self.momentum > 0.0 && self.dampening == 0.0), || {
                format!(
                    "Sgd: nesterov needs momentum above 0 and dampening 0; they are {} and {}",
                    self.momentum, self.dampening
                )
            })
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        if self.momentum == 0.0 { vec![] } else { zeros(theta, ["b"]) }
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        with_float!("sgd", theta.dtype(), T => {
            let l2 = if self.decoupled { 0.0 } else { self.weight_decay };
            let shrink = if self.decoupled { step.lr * self.weight_decay } else { 0.0 };
            let (lr, decay, stay) = (T::of(step.lr), T::of(l2), T::of(1.0 - shrink));
            let mu = T::of(self.momentum);
            if slots.is_empty() && self.momentum == 0.0 {
                return pass::none::<T>(theta, g, slots, #[inline(always)] |x, g| {
                    *x = stay * *x - lr * (g + decay * *x);
                });
            }
            let (keep, take) =
                if step.t == 1 { (T::ZERO, T::ONE) } else { (mu, T::of(1.0 - self.dampening)) };
            if self.nesterov {
                return pass::one::<T>(theta, g, slots, #[inline(always)] |x, g, b| {
                    let g = g + decay * *x;
                    *b = keep * *b + take * g;
                    *x = stay * *x - lr * (g + mu * *b);
                });
            }
            pass::one::<T>(theta, g, slots, #[inline(always)] |x, g, b| {
                *b = keep * *b + take * (g + decay * *x);
                *x = stay * *x - lr * *b;
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(rule: &Sgd, g: [f64; 3]) -> [f64; 3] {
        let mut theta = Tensor::from([1.0]);
        let mut slots: Vec<Tensor> = rule.slots(&theta, 0.5).into_iter().map(|(_, slot)| slot).collect();
        std::array::from_fn(|i| {
            rule.update(&Step::new(0.5, i as u64 + 1), &mut theta, &Tensor::from([g[i]]), &mut slots);
            theta.item()
        })
    }

    #[test]
    fn plain() {
        assert_eq!(run(&Sgd::default(), [1.0, 2.0, -1.0]), [0.5, -0.5, 0.0]);
    }

    #[test]
    fn the_first_velocity_is_the_gradient_undamped() {
        let rule = Sgd { momentum: 0.5, dampening: 0.5, ..Sgd::default() };
        // b = 1, then 0.5 + 0.5 = 1, then 0.5
        assert_eq!(run(&rule, [1.0, 1.0, 0.0]), [0.5, 0.0, -0.25]);
    }

    #[test]
    fn nesterov_and_decay() {
        let rule = Sgd { momentum: 0.5, nesterov: true, ..Sgd::default() };
        // b = 1: step 1.5; b = 0.5: step 0.25
        assert_eq!(run(&rule, [1.0, 0.0, 0.0])[..2], [0.25, 0.125]);
        let rule = Sgd { weight_decay: 1.0, ..Sgd::default() };
        assert_eq!(run(&rule, [0.0, 0.0, 0.0]), [0.5, 0.25, 0.125]);
    }
}
