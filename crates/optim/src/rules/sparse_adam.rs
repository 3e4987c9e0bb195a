//! SparseAdam: Adam that leaves the rows alone which a step does not touch.

use gradus_tensor::kernel::{Real, parallel};
use gradus_tensor::{Tensor, with_float};

use crate::options::Options;
use crate::rule::{Rule, Slot, Step, zeros};
use crate::settings;

/// Adam for embedding tables: rows (along the first axis) whose gradient is all zero keep their value and
/// their averages; the count `$t$` goes on for all.
///
/// ```math
/// \theta_r \leftarrow \theta_r
/// - \eta\,\frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t}\,\frac{m_r}{\sqrt{v_r} + \epsilon}
/// \quad\text{for rows with } g_r \ne 0
/// ```
///
/// # Source
/// `torch.optim.SparseAdam`, with its defaults (its learning rate is 1e-3).
///
/// # Differs
/// PyTorch's gradient lists the rows of a batch; here it is dense, and a row is absent when its gradient is
/// zero.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseAdam {
    /// The decay of the average gradient, `$\beta_1$`.
    pub beta1: f64,
    /// The decay of the average squared gradient, `$\beta_2$`.
    pub beta2: f64,
    /// Added to the root, `$\epsilon$`.
    pub eps: f64,
}

impl Default for SparseAdam {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-8 }
    }
}

impl Rule for SparseAdam {
    settings!(beta1, beta2, eps);

    fn options(&self) -> Options {
        Options::of("SparseAdam")
            .below_one("beta1", self.beta1)
            .below_one("beta2", self.beta2)
            .non_negative("eps", self.eps)
    }

    fn slots(&self, theta: &Tensor, _: f64) -> Vec<Slot> {
        zeros(theta, ["m", "v"])
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, slots: &mut [Tensor]) {
        let [m, v] = slots else { panic!("SparseAdam has two slots") };
        let rows = theta.shape().first().copied().unwrap_or(1).max(1);
        let width = (theta.elements() / rows).max(1);
        let g = g.contiguous();
        with_float!("sparse_adam", theta.dtype(), T => {
            let rate = T::of(step.lr * step.correction(self.beta2).sqrt() / step.correction(self.beta1));
            let (rest1, rest2, eps) = (T::of(1.0 - self.beta1), T::of(1.0 - self.beta2), T::of(self.eps));
            let g = g.as_slice::<T>();
            let slices = [theta.slice_mut::<T>(), m.slice_mut(), v.slice_mut()];
            parallel::chunks_all(slices, 16_384_usize.next_multiple_of(width), 0.5, |start, [x, m, v]| {
                let rows = x.chunks_mut(width).zip(m.chunks_mut(width)).zip(v.chunks_mut(width));
                for (((x, m), v), g) in rows.zip(g[start..].chunks(width)) {
                    if g.iter().all(|&g| g == T::ZERO) {
                        continue;
                    }
                    for (((x, m), v), &g) in x.iter_mut().zip(m).zip(v).zip(g) {
                        *m += rest1 * (g - *m);
                        *v += rest2 * (g * g - *v);
                        *x -= rate * *m / (v.sqrt() + eps);
                    }
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;

    #[test]
    fn absent_rows_stay() {
        let rule = SparseAdam::default();
        let mut theta = Tensor::from([[1.0, 1.0], [1.0, 1.0]]);
        let mut slots: Vec<Tensor> = rule.slots(&theta, 0.5).into_iter().map(|(_, slot)| slot).collect();
        rule.update(&Step::new(0.5, 1), &mut theta, &Tensor::from([[1.0, 0.0], [0.0, 0.0]]), &mut slots);
        let got = theta.to_vec::<f64>();
        assert!(abs_diff_eq!(got[0], 0.5, epsilon = 1e-6) && got[1..] == [1.0, 1.0, 1.0]);
        assert_eq!(slots[0].to_vec::<f64>()[1..], [0.0; 3]);
    }
}
