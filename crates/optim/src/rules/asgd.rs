//! ASGD: gradient descent whose answer is the average of its path.

use gradus_tensor::kernel::Real;
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, number};
use crate::settings;

/// Averaged stochastic gradient descent: a rate that falls as a power of the step, and from step `$t_0$` on
/// the mean of the parameters, which is the answer ([`Optimizer::answer`](crate::Optimizer::answer)).
///
/// ```math
/// \begin{aligned}
/// g &\leftarrow g + w\theta, \qquad \theta \leftarrow (1 - \lambda\eta_t)\,\theta - \eta_t\,g \\
/// a &\leftarrow a + \mu_t\,(\theta - a) \\
/// \eta_{t+1} &= \eta/(1 + \lambda\eta t)^\alpha, \qquad \mu_{t+1} = 1/\max(1, t - t_0)
/// \end{aligned}
/// ```
///
/// # Source
/// Polyak and Juditsky 1992; Bottou 2010; `torch.optim.ASGD`, with its defaults (its learning rate is 1e-2).
///
/// # Differs
/// As in PyTorch, `$\eta_t$` and `$\mu_t$` are those computed at the end of the step before, so a changed
/// learning rate acts one step late.
#[derive(Debug, Clone, PartialEq)]
pub struct Asgd {
    /// Decay, `$\lambda$`.
    pub lambd: f64,
    /// The power of the falling rate, `$\alpha$`.
    pub alpha: f64,
    /// When averaging begins, `$t_0$`.
    pub t0: f64,
    /// L2 regularisation, `$w$`.
    pub weight_decay: f64,
}

impl Default for Asgd {
    fn default() -> Self {
        Self { lambd: 1e-4, alpha: 0.75, t0: 1e6, weight_decay: 0.0 }
    }
}

impl Rule for Asgd {
    settings!(lambd, alpha, t0, weight_decay);

    fn options(&self) -> Options {
        Options::of("Asgd")
            .non_negative("lambd", self.lambd)
            .non_negative("alpha", self.alpha)
            .non_negative("t0", self.t0)
            .non_negative("weight_decay", self.weight_decay)
    }

    fn slots(&self, theta: &Tensor, lr: f64) -> Vec<Slot> {
        vec![("average", theta.zeros_like()), number("eta", lr), number("mu", 1.0)]
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let (eta, mu) = (slots[1].item(), slots[2].item());
        with_float!("asgd", theta.dtype(), T => {
            let (keep, l2) = (T::of(1.0 - self.lambd * eta), T::of(self.weight_decay));
            let (eta, mu) = (T::of(eta), T::of(mu));
            pass::one::<T>(theta, g, &mut slots[..1], #[inline(always)] |x, g, average| {
                *x = keep * *x - eta * (g + l2 * *x);
                *average = if mu == T::ONE { *x } else { *average + mu * (*x - *average) };
            });
        });
        let t = step.t as f64;
        slots[1] = Tensor::scalar(step.lr / (1.0 + self.lambd * step.lr * t).powf(self.alpha));
        slots[2] = Tensor::scalar(1.0 / (t - self.t0).max(1.0));
    }

    fn answer(&self, _: &Tensor, slots: &[Tensor]) -> Option<Tensor> {
        Some(slots[0].clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;

    #[test]
    fn without_decay_it_is_gradient_descent() {
        let rule = Asgd { lambd: 0.0, ..Asgd::default() };
        assert_eq!(path(&rule, &[0.5; 2], &[1.0, 2.0]), [0.5, -0.5]);
    }

    #[test]
    fn the_answer_is_the_mean_of_the_path() {
        let rule = Asgd { lambd: 0.0, t0: 1.0, ..Asgd::default() };
        let mut theta = Tensor::from([1.0]);
        let mut slots: Vec<Tensor> = rule.slots(&theta, 0.5).into_iter().map(|(_, slot)| slot).collect();
        for t in 1..=4 {
            rule.update(&Step::new(0.5, t), &mut theta, &Tensor::from([1.0]), &mut slots);
        }
        // 0.5, 0, -0.5, -1: the last three, from the second update's on.
        assert_eq!(rule.answer(&theta, &slots).unwrap().item(), -0.75);
    }
}
