//! Shampoo: a preconditioner for each side of a matrix.

use gradus_tensor::kernel::Real;
use gradus_tensor::{Shape, Tensor, with_float};

use crate::linalg::matrix_power;
use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// Shampoo: AdaGrad for matrices, with the second moments of rows and of columns.
///
/// ```math
/// \begin{aligned}
/// L &\leftarrow L + GG^\top, \qquad R \leftarrow R + G^\top G \\
/// B &\leftarrow \mu B + L^{-1/4}\,G\,R^{-1/4}, \qquad
/// \theta \leftarrow (1 - \eta\lambda)\,\theta - \eta\,B
/// \end{aligned}
/// ```
///
/// A tensor of more axes is a matrix of its first axis and the rest. Vectors and scalars are treated as by
/// AdaGrad.
///
/// # Source
/// Gupta, Koren and Singer 2018, algorithm 1, with a learning rate of 0.1; roots by eigenvalues.
#[derive(Debug, Clone, PartialEq)]
pub struct Shampoo {
    /// `$\mu$`.
    pub momentum: f64,
    /// What `$L$` and `$R$` begin with on their diagonals, `$\epsilon$`.
    pub eps: f64,
    /// Decoupled decay, `$\lambda$`.
    pub weight_decay: f64,
    /// After how many steps the roots are renewed.
    pub every: u64,
}

impl Default for Shampoo {
    fn default() -> Self {
        Self { momentum: 0.0, eps: 1e-4, weight_decay: 0.0, every: 1 }
    }
}

/// The shape of a tensor as a matrix.
pub(crate) fn as_matrix(shape: &Shape) -> Option<[usize; 2]> {
    (shape.len() >= 2).then(|| [shape[0], shape[1..].iter().product()])
}

impl Rule for Shampoo {
    settings!(momentum, eps, weight_decay, every);

    fn options(&self) -> Options {
        Options::of("Shampoo")
            .below_one("momentum", self.momentum)
            .non_negative("eps", self.eps)
            .non_negative("weight_decay", self.weight_decay)
            .count("every", self.every)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        let mut slots = zeros(theta, ["b"]);
        let Some([rows, columns]) = as_matrix(theta.shape()) else {
            slots.push(("s", theta.full_like(self.eps)));
            return slots;
        };
        let eye = |n| Tensor::eye_of(n, theta.dtype());
        slots.extend([("left", eye(rows) * self.eps), ("right", eye(columns) * self.eps)]);
        slots.extend([("left_root", eye(rows)), ("right_root", eye(columns))]);
        slots
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let direction = if let Some(shape) = as_matrix(theta.shape()) {
            let matrix = g.reshape(shape);
            slots[1] = &slots[1] + matrix.matmul(&matrix.t());
            slots[2] = &slots[2] + matrix.t().matmul(&matrix);
            if (step.t - 1).is_multiple_of(self.every) {
                slots[3] = matrix_power(&slots[1], -0.25, self.eps);
                slots[4] = matrix_power(&slots[2], -0.25, self.eps);
            }
            slots[3].matmul(&matrix).matmul(&slots[4]).reshape(*theta.shape())
        } else {
            slots[1] = &slots[1] + g.square();
            g / slots[1].sqrt()
        };
        with_float!("shampoo", theta.dtype(), T => {
            let (lr, keep) = (T::of(step.lr), T::of(1.0 - step.lr * self.weight_decay));
            let mu = T::of(self.momentum);
            pass::one::<T>(theta, &direction, &mut slots[..1], #[inline(always)] |x, u, b| {
                *b = mu * *b + u;
                *x = keep * *x - lr * *b;
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;

    #[test]
    fn a_diagonal_gradient_is_brought_to_size_one() {
        let rule = Shampoo { eps: 1e-12, ..Shampoo::default() };
        let mut theta = Tensor::zeros_of([2, 2], gradus_tensor::DType::F64);
        let mut slots: Vec<Tensor> = rule.slots(&theta, 0.5).into_iter().map(|(_, slot)| slot).collect();
        // L = R = diag(16, 1/4): the roots are diag(1/2, √2), so 4 and −1/2 become 1 and −1.
        rule.update(&Step::new(0.5, 1), &mut theta, &Tensor::from([[4.0, 0.0], [0.0, -0.5]]), &mut slots);
        let want = [-0.5, 0.0, 0.0, 0.5];
        assert!(
            theta.to_f64_vec().iter().zip(want).all(|(x, y)| abs_diff_eq!(*x, y, epsilon = 1e-9)),
            "{theta}"
        );
    }
}
