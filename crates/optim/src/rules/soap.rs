//! SOAP: Adam in the eigenbasis of Shampoo's preconditioners.

use gradus_tensor::{DType, Tensor};

use super::shampoo::as_matrix;
use crate::linalg::eigen;
use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// SOAP: the gradient is turned into the eigenbasis of its second moments, Adam runs there, and its step is
/// turned back.
///
/// ```math
/// \begin{aligned}
/// L &\leftarrow \beta_s L + (1-\beta_s)\,GG^\top, \qquad R \leftarrow \beta_s R + (1-\beta_s)\,G^\top G \\
/// G' &= Q_L^\top G\,Q_R, \qquad M \leftarrow \beta_1 M + (1-\beta_1)\,G, \qquad M' = Q_L^\top M\,Q_R \\
/// V &\leftarrow \beta_2 V + (1-\beta_2)\,G'^2, \qquad
/// \theta \leftarrow (1-\eta\lambda)\,\theta - \eta\,Q_L\frac{\hat M'}{\sqrt{\hat V} + \epsilon}\,Q_R^\top
/// \end{aligned}
/// ```
///
/// `$Q_L$` and `$Q_R$` are renewed in every `every`-th step; a parameter's first gradient only sets them up.
/// Vectors and scalars are treated as by AdamW.
///
/// # Source
/// Vyas et al. 2024, *SOAP: improving and stabilizing Shampoo using Adam*, algorithm 3, with the authors'
/// defaults (a learning rate of 3e-3).
///
/// # Differs
/// The paper renews `$Q$` by one step of a power iteration; here the eigenvectors are computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Soap {
    /// The decay of the average gradient, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the average squared gradient, `$\beta_2$`.
    pub beta2: f64,
    /// The decay of the second moments, `$\beta_s$`.
    pub beta_shampoo: f64,
    /// Added to the root, `$\epsilon$`.
    pub eps: f64,
    /// Decoupled decay, `$\lambda$`.
    pub weight_decay: f64,
    /// After how many steps the basis is renewed.
    pub every: u64,
}

impl Default for Soap {
    fn default() -> Self {
        Self { beta1: 0.95, beta2: 0.95, beta_shampoo: 0.95, eps: 1e-8, weight_decay: 0.01, every: 10 }
    }
}

impl Soap {
    /// Renews the second moments, and the bases when their time has come.
    fn renew(&self, t: u64, g: &Tensor, slots: &mut [Tensor]) {
        let keep = self.beta_shampoo;
        slots[2] = pass::faded(&slots[2] * keep + g.matmul(&g.t()) * (1.0 - keep));
        slots[3] = pass::faded(&slots[3] * keep + g.t().matmul(g) * (1.0 - keep));
        if (t - 1).is_multiple_of(self.every) {
            let basis = |moments: &Tensor| eigen(&moments.to(DType::F64)).1.to(moments.dtype());
            (slots[4], slots[5]) = (basis(&slots[2]), basis(&slots[3]));
        }
    }
}

impl Rule for Soap {
    settings!(beta1, beta2, beta_shampoo, eps, weight_decay, every);

    fn options(&self) -> Options {
        Options::of("Soap")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .below_one("beta_shampoo", self.beta_shampoo)
            .non_negative("eps", self.eps)
            .non_negative("weight_decay", self.weight_decay)
            .count("every", self.every)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        let mut slots = zeros(theta, ["m", "v"]);
        if let Some([rows, columns]) = as_matrix(theta.shape()) {
            let (dtype, square) = (theta.dtype(), |n| [n, n]);
            slots.push(("left", Tensor::zeros_of(square(rows), dtype)));
            slots.push(("right", Tensor::zeros_of(square(columns), dtype)));
            slots.push(("left_basis", Tensor::eye_of(rows, dtype)));
            slots.push(("right_basis", Tensor::eye_of(columns, dtype)));
        }
        slots
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let shape = as_matrix(theta.shape());
        let flat = |x: &Tensor| shape.map_or_else(|| x.clone(), |shape| x.reshape(shape));
        let (g, mut count) = (flat(g), step.t);
        if shape.is_some() {
            if step.t == 1 {
                return self.renew(1, &g, slots);
            }
            count -= 1;
        }
        let turn = |x: &Tensor, slots: &[Tensor]| match shape {
            Some(_) => slots[4].t().matmul(x).matmul(&slots[5]),
            None => x.clone(),
        };
        let turned = turn(&g, slots);
        slots[0] =
            pass::faded(flat(&slots[0]) * self.beta1 + &g * (1.0 - self.beta1)).reshape(*theta.shape());
        let v = flat(&slots[1]) * self.beta2 + turned.square() * (1.0 - self.beta2);
        slots[1] = pass::faded(v).reshape(*theta.shape());
        let at = Step { t: count, ..*step };
        let m = turn(&flat(&slots[0]), slots) * (1.0 / at.correction(self.beta1));
        let v = flat(&slots[1]) * (1.0 / at.correction(self.beta2));
        let mut u = m / (v.sqrt() + self.eps);
        if shape.is_some() {
            u = slots[4].matmul(&u).matmul(&slots[5].t());
            self.renew(step.t, &g, slots);
        }
        *theta = &*theta * (1.0 - step.lr * self.weight_decay) - u.reshape(*theta.shape()) * step.lr;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test::path;
    use approx::{abs_diff_eq, assert_abs_diff_eq};

    #[test]
    fn vectors_go_by_adam() {
        let got = path(&Soap { eps: 0.0, weight_decay: 0.0, ..Soap::default() }, &[0.5], &[3.0]);
        assert_abs_diff_eq!(got[0], 0.5, epsilon = 1e-15);
    }

    #[test]
    fn the_first_gradient_of_a_matrix_sets_the_basis_up() {
        let rule = Soap { weight_decay: 0.0, ..Soap::default() };
        let mut theta = Tensor::zeros_of([2, 3], DType::F64);
        let mut slots: Vec<Tensor> = rule.slots(&theta, 0.5).into_iter().map(|(_, slot)| slot).collect();
        let g = Tensor::from([[0.0, 2.0, 0.0], [1.0, 0.0, 0.0]]);
        rule.update(&Step::new(0.5, 1), &mut theta, &g, &mut slots);
        assert_eq!(theta.abs().max().item(), 0.0);
        // In the eigenbasis the gradient has one element per row and column: each moves by the rate.
        rule.update(&Step::new(0.5, 2), &mut theta, &g, &mut slots);
        let want = [0.0, -0.5, 0.0, -0.5, 0.0, 0.0];
        assert!(
            theta.to_f64_vec().iter().zip(want).all(|(x, y)| abs_diff_eq!(*x, y, epsilon = 1e-6)),
            "{theta}"
        );
    }
}
