//! Muon: momentum whose matrix is made orthogonal.

use gradus_tensor::kernel::{Real, math};
use gradus_tensor::{Tensor, with_float};

use super::adam::AdamW;
use crate::options::Options;
use crate::pass;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// How Muon's rate depends on a matrix's shape `$A \times B$`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MuonRate {
    /// `$\eta\sqrt{\max(1, A/B)}$`, the author's.
    Original,
    /// `$0.2\,\eta\sqrt{\max(A, B)}$`, so that the rates of AdamW fit.
    MatchAdamW,
    /// `$\eta\sqrt{A/B}$`.
    Spectral,
}

/// Muon: the velocity of a matrix, with all its singular values brought to about 1, by five steps of Newton
/// and Schulz's iteration. For the matrices of hidden layers; vectors go by [`Muon::others`], and embeddings
/// and the last layer should get another rule by a group.
///
/// ```math
/// \begin{aligned}
/// B &\leftarrow B + (1-\mu)\,(G - B), \qquad
/// X = \text{Nesterov: } G + \mu\,(B - G), \text{ else } B \\
/// X &\leftarrow X/\max(\lVert X\rVert_F, \epsilon), \quad\text{then } k \text{ times }\quad
/// A = XX^\top,\ X \leftarrow aX + (bA + cA^2)\,X \\
/// \theta &\leftarrow (1 - \eta\lambda)\,\theta - \eta'\,X
/// \end{aligned}
/// ```
///
/// # Source
/// Jordan et al. 2024, *Muon: an optimizer for hidden layers in neural networks*; `torch.optim.Muon`, with
/// its defaults (its learning rate is 1e-3).
///
/// # Differs
/// The iteration runs in the parameter's type; PyTorch's in bfloat16, 8 bits of precision, and it refuses
/// vectors. The author's buffer is a leaky sum; PyTorch's, as here, an average, which the normalisation makes
/// equal but for the first steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Muon {
    /// The decay of the average, `$\mu$`.
    pub momentum: f64,
    /// Nesterov's form.
    pub nesterov: bool,
    /// Decoupled decay, `$\lambda$`; with the unadjusted rate.
    pub weight_decay: f64,
    /// The iteration's `$a, b, c$`.
    pub coefficients: [f64; 3],
    /// `$\epsilon$`.
    pub eps: f64,
    /// The number of iterations, `$k$`.
    pub iterations: usize,
    /// How the rate is adjusted, `$\eta'$`.
    pub rate: MuonRate,
    /// The rule of parameters that are no matrices.
    pub others: AdamW,
}

impl Default for Muon {
    fn default() -> Self {
        Self {
            momentum: 0.95,
            nesterov: true,
            weight_decay: 0.1,
            coefficients: [3.4445, -4.775, 2.0315],
            eps: 1e-7,
            iterations: 5,
            rate: MuonRate::Original,
            others: AdamW::default(),
        }
    }
}

/// Newton and Schulz's iteration towards the nearest orthogonal matrix.
fn orthogonalized(g: &Tensor, [a, b, c]: [f64; 3], iterations: usize, eps: f64) -> Tensor {
    let tall = g.shape()[0] > g.shape()[1];
    let mut x = if tall { g.t() } else { g.clone() };
    x = &x * (1.0 / math::max(pass::norm(&x), eps));
    for _ in 0..iterations {
        let gram = x.matmul(&x.t());
        let polynomial = &gram * b + gram.matmul(&gram) * c;
        x = &x * a + polynomial.matmul(&x);
    }
    if tall { x.t() } else { x }
}

impl Rule for Muon {
    settings!(momentum, nesterov, weight_decay, coefficients, eps, iterations, rate, others);

    fn options(&self) -> Options {
        Options::of("Muon")
            .below_one("momentum", self.momentum)
            .non_negative("weight_decay", self.weight_decay)
            .non_negative("eps", self.eps)
            .must(self.coefficients.iter().all(|c| c.is_finite()), || {
                format!("Muon: coefficients are {:?}; they must be finite", self.coefficients)
            })
            .and(self.others.options())
    }

    fn slots(&self, theta: &Tensor, lr: f64) -> Vec<Slot> {
        if theta.rank() == 2 { zeros(theta, ["b"]) } else { self.others.slots(theta, lr) }
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        if theta.rank() != 2 {
            return self.others.update(step, theta, g, slots);
        }
        let (rows, columns) = (theta.shape()[0] as f64, theta.shape()[1] as f64);
        let rate = step.lr
            * match self.rate {
                MuonRate::Original => (rows / columns).max(1.0).sqrt(),
                MuonRate::MatchAdamW => 0.2 * rows.max(columns).sqrt(),
                MuonRate::Spectral => (rows / columns).sqrt(),
            };
        let b = pass::faded(&slots[0] + (g - &slots[0]) * (1.0 - self.momentum));
        let x = if self.nesterov { g + (&b - g) * self.momentum } else { b.clone() };
        slots[0] = b;
        let x = orthogonalized(&x, self.coefficients, self.iterations, self.eps);
        with_float!("muon", theta.dtype(), T => {
            let (keep, rate) = (T::of(1.0 - step.lr * self.weight_decay), T::of(rate));
            pass::none::<T>(theta, &x, &mut [], #[inline(always)] |w, x| *w = keep * *w - rate * x);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;

    #[test]
    fn singular_values_come_near_one() {
        let x = orthogonalized(
            &Tensor::from([[3.0, 0.0], [0.0, 0.5], [0.0, 0.0]]),
            Muon::default().coefficients,
            5,
            1e-7,
        );
        let gram = x.t().matmul(&x).to_vec::<f64>();
        assert!(
            gram[1].abs() < 1e-12
                && abs_diff_eq!(gram[0], 1.0, epsilon = 0.5)
                && abs_diff_eq!(gram[3], 1.0, epsilon = 0.5)
        );
    }

    #[test]
    fn vectors_go_by_the_other_rule() {
        let slots = Muon::default().slots(&Tensor::zeros(3), 0.1);
        assert_eq!(slots.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["m", "v"]);
    }
}
