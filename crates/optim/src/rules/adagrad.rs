//! AdaGrad: a rate per element that falls with all the gradients it has seen.

use gradus_tensor::kernel::Real;
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step};
use crate::settings;

/// AdaGrad: each element's step is divided by the root of its summed squared gradients.
///
/// ```math
/// \begin{aligned}
/// g &\leftarrow g + \lambda\theta, \qquad S \leftarrow S + g^2 \\
/// \theta &\leftarrow \theta - \frac{\eta}{1 + (t-1)\,\delta}\,\frac{g}{\sqrt S + \epsilon}
/// \end{aligned}
/// ```
///
/// # Source
/// Duchi, Hazan and Singer 2011; `torch.optim.Adagrad`, with its defaults (its learning rate is 1e-2).
///
/// # Differs
/// Textbooks have `$\epsilon$` inside the root, `$g/\sqrt{S + \epsilon}$`: [`Adagrad::eps_inside`]. The form
/// `$\eta_t/\sigma_t$` with `$\eta_t = \eta/\sqrt{t}$` and `$\sigma_t$` the root mean square of all gradients
/// is this one with `$\epsilon = 0$`: the counts cancel. PyTorch takes the initial sum from its constructor and
/// ignores it among the options of a group; here every group has its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Adagrad {
    /// How the rate falls besides, `$\delta$`.
    pub lr_decay: f64,
    /// L2 regularisation, `$\lambda$`.
    pub weight_decay: f64,
    /// What the sum starts from.
    pub initial_accumulator: f64,
    /// `$\epsilon$`.
    pub eps: f64,
    /// `$\sqrt{S + \epsilon}$` instead of `$\sqrt S + \epsilon$`.
    pub eps_inside: bool,
}

impl Default for Adagrad {
    fn default() -> Self {
        Self { lr_decay: 0.0, weight_decay: 0.0, initial_accumulator: 0.0, eps: 1e-10, eps_inside: false }
    }
}

impl Rule for Adagrad {
    settings!(lr_decay, weight_decay, initial_accumulator, eps, eps_inside);

    fn options(&self) -> Options {
        Options::of("Adagrad")
            .non_negative("lr_decay", self.lr_decay)
            .non_negative("weight_decay", self.weight_decay)
            .non_negative("initial_accumulator", self.initial_accumulator)
            .non_negative("eps", self.eps)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        vec![("s", theta.full_like(self.initial_accumulator))]
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let lr = step.lr / (1.0 + (step.t - 1) as f64 * self.lr_decay);
        let (inside, outside) = if self.eps_inside { (self.eps, 0.0) } else { (0.0, self.eps) };
        with_float!("adagrad", theta.dtype(), T => {
            let (lr, l2) = (T::of(lr), T::of(self.weight_decay));
            let (inside, outside) = (T::of(inside), T::of(outside));
            pass::one::<T>(theta, g, slots, #[inline(always)] |x, g, s| {
                let g = g + l2 * *x;
                *s += g * g;
                *x -= lr * g / ((*s + inside).sqrt() + outside);
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;
    use approx::{abs_diff_eq, assert_abs_diff_eq};

    #[test]
    fn the_first_step_is_the_rate_and_later_ones_shrink() {
        let got = path(&Adagrad { eps: 0.0, ..Adagrad::default() }, &[0.5; 2], &[3.0, 4.0]);
        // 0.5 · 3/3, 0.5 · 4/5
        assert_eq!(got[0], 0.5);
        assert_abs_diff_eq!(got[1], 0.1, epsilon = 1e-15);
    }

    #[test]
    fn epsilon_inside() {
        let rule = Adagrad { eps: 7.0, eps_inside: true, ..Adagrad::default() };
        assert_eq!(path(&rule, &[0.5], &[3.0])[0], 1.0 - 0.5 * 3.0 / 4.0);
    }

    #[test]
    fn the_decay_begins_with_the_second_step() {
        let rule = Adagrad { lr_decay: 0.25, eps: 0.0, ..Adagrad::default() };
        // 0.5 · 3/3, then 0.5/1.25 · 4/5
        let got = path(&rule, &[0.5; 2], &[3.0, 4.0]);
        assert!(
            abs_diff_eq!(got[0], 0.5, epsilon = 1e-15) && abs_diff_eq!(got[1], 0.18, epsilon = 1e-15),
            "{got:?}"
        );
    }
}
