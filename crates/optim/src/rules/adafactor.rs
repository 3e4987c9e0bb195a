//! Adafactor: the squared gradients of a matrix by its rows and columns only.

use gradus_tensor::kernel::{Real, math};
use gradus_tensor::{DType, Tensor, with_float};

use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// Adafactor: `$n + m$` numbers remembered for an `$n \times m$` matrix instead of `$2nm$`.
///
/// ```math
/// \begin{aligned}
/// \rho_t &= \min(\eta, 1/\sqrt t), \qquad \alpha_t = \max(\epsilon_2, \mathrm{RMS}(\theta))\,\rho_t,
///   \qquad 1 - \beta_t = t^{\,c} \\
/// R &\leftarrow \beta_t R + (1-\beta_t)\,\overline{g^2}^{\,\text{row}}, \qquad
/// C \leftarrow \beta_t C + (1-\beta_t)\,\overline{g^2}^{\,\text{col}}, \qquad
/// \hat V = \frac{R\,C}{\max(\bar R, \epsilon_1)} \\
/// U &= g/\max(\sqrt{\hat V}, \epsilon_1), \qquad
/// \theta \leftarrow (1 - \eta\lambda)\,\theta - \alpha_t\,U/\max(1, \mathrm{RMS}(U)/d)
/// \end{aligned}
/// ```
///
/// Vectors have an average of squares for each element, `$V$`. Matrices are the last two axes.
///
/// # Source
/// Shazeer and Stern 2018, algorithms 4 to 6; `torch.optim.Adafactor`, with its defaults (its learning rate
/// is 1e-2).
///
/// # Differs
/// The paper adds `$\epsilon_1$` to the squared gradient; PyTorch keeps the root above it. `$\epsilon_1$` of
/// `None` is the distance from 1 to the next number of the parameter's type.
#[derive(Debug, Clone, PartialEq)]
pub struct Adafactor {
    /// The power of the step in the decay, `$c$`.
    pub beta2_decay: f64,
    /// `$\epsilon_1$`.
    pub eps1: Option<f64>,
    /// `$\epsilon_2$`, the least size that a parameter counts for.
    pub eps2: f64,
    /// The largest root mean square of an update, `$d$`.
    pub clip: f64,
    /// Decoupled decay, `$\lambda$`.
    pub weight_decay: f64,
}

impl Default for Adafactor {
    fn default() -> Self {
        Self { beta2_decay: -0.8, eps1: None, eps2: 1e-3, clip: 1.0, weight_decay: 0.0 }
    }
}

impl Adafactor {
    /// The estimate `$\hat V$` from the row and column averages, which are renewed.
    fn factored(g: &Tensor, slots: &mut [Tensor], rest: f64, eps: f64) -> Tensor {
        let squares = g.square();
        slots[0] = pass::faded(&slots[0] + (squares.mean_keep(-1) - &slots[0]) * rest);
        slots[1] = pass::faded(&slots[1] + (squares.mean_keep(-2) - &slots[1]) * rest);
        let mean = slots[0].mean_keep(-2).maximum(&Tensor::full_of((), eps, g.dtype()));
        slots[0].matmul(&slots[1]) / mean
    }
}

impl Rule for Adafactor {
    settings!(beta2_decay, eps1, eps2, clip, weight_decay);

    fn options(&self) -> Options {
        Options::of("Adafactor")
            .non_positive("beta2_decay", self.beta2_decay)
            .non_negative("eps1", self.eps1.unwrap_or_default())
            .non_negative("eps2", self.eps2)
            .limit("clip", self.clip)
            .non_negative("weight_decay", self.weight_decay)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        let Some(rank) = theta.rank().checked_sub(2) else { return zeros(theta, ["v"]) };
        let (rows, columns) = (theta.shape().with(rank + 1, 1), theta.shape().with(rank, 1));
        let dtype = theta.dtype();
        vec![("rows", Tensor::zeros_of(rows, dtype)), ("columns", Tensor::zeros_of(columns, dtype))]
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let machine = if theta.dtype() == DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON };
        let eps = self.eps1.unwrap_or(machine);
        let (t, root) = (step.t as f64, (theta.elements() as f64).sqrt());
        let rest = t.powf(self.beta2_decay);
        let size = math::max(pass::norm(theta) / root, self.eps2) * step.lr.min(1.0 / t.sqrt());
        let variance = if slots.len() == 2 {
            Self::factored(g, slots, rest, eps)
        } else {
            slots[0] = pass::faded(&slots[0] + (g.square() - &slots[0]) * rest);
            slots[0].clone()
        };
        let mut u = g.clone();
        with_float!("adafactor", theta.dtype(), T => {
            let least = T::of(eps * eps);
            pass::none::<T>(&mut u, &variance, &mut [], #[inline(always)] |u, v| {
                *u /= math::max(v, least).sqrt();
            });
            let rate = T::of(size / math::max(pass::norm(&u) / (root * self.clip), 1.0));
            let keep = T::of(1.0 - step.lr * self.weight_decay);
            pass::none::<T>(theta, &u, &mut [], #[inline(always)] |x, u| *x = keep * *x - rate * u);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;

    #[test]
    fn the_first_step_of_a_scalar() {
        // U = sign(g), RMS(θ) = 1: the step is the rate.
        assert_eq!(path(&Adafactor::default(), &[0.25], &[3.0]), [0.75]);
    }

    #[test]
    fn a_matrix_remembers_rows_and_columns() {
        let slots = Adafactor::default().slots(&Tensor::zeros([5, 4, 3]), 0.1);
        assert_eq!(slots[0].1.shape()[..], [5, 4, 1]);
        assert_eq!(slots[1].1.shape()[..], [5, 1, 3]);
    }
}
