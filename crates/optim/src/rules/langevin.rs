//! Noisy gradient descent: a walk that visits places by how good they are.

use gradus_tensor::{Tensor, rng};

use crate::options::Options;
use crate::rule::{Rule, Step};
use crate::settings;

/// Langevin dynamics: gradient descent with noise, so that the parameters become samples of
/// `$p(\theta) \propto e^{-f(\theta)/T}$` for small rates. At `$T = 0$` it is gradient descent.
///
/// ```math
/// \theta \leftarrow \theta - \eta\,g + \sqrt{2\eta T}\,\xi, \qquad \xi \sim N(0, 1)
/// ```
///
/// The noise is a function of the seed, the parameter's name and the step, so a resumed run is the same run.
///
/// # Source
/// Welling and Teh 2011, *Bayesian learning via stochastic gradient Langevin dynamics*, eq. 4 (with its rate
/// twice this).
#[derive(Debug, Clone, PartialEq)]
pub struct Langevin {
    /// The temperature, `$T$`.
    pub temperature: f64,
    /// The seed of the noise.
    pub seed: u64,
}

impl Default for Langevin {
    fn default() -> Self {
        Self { temperature: 1e-4, seed: 0 }
    }
}

impl Rule for Langevin {
    settings!(temperature, seed);

    fn options(&self) -> Options {
        Options::of("Langevin").non_negative("temperature", self.temperature)
    }

    fn update(&self, step: &Step<'_>, theta: &mut Tensor, g: &Tensor, _: &mut [Tensor]) {
        let mut rng = rng(self.seed ^ step.key.rotate_left(32) ^ step.t.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let noise = Tensor::randn_of(*theta.shape(), theta.dtype(), &mut rng);
        *theta = &*theta - g * step.lr + noise * (2.0 * step.lr * self.temperature).sqrt();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    #[test]
    fn samples_have_the_variance_of_the_temperature() {
        // f = x²/2: the stationary variance is T/(1 − η/2).
        let rule = Langevin { temperature: 0.5, seed: 3 };
        let mut theta = Tensor::zeros_of(20_000, gradus_tensor::DType::F64);
        for t in 1..=100 {
            let g = theta.clone();
            rule.update(&Step::new(0.1, t), &mut theta, &g, &mut []);
        }
        assert_abs_diff_eq!(theta.var(0).item(), 0.5 / 0.95, epsilon = 0.02);
    }
}
