//! Noise on the gradients of a race, as small batches make it.

use gradus::optim::Objective;
use gradus::prelude::*;

/// Noise of independent examples: its deviation falls with the root of the batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noise {
    /// The deviation of one example's gradient, in each coordinate.
    pub(crate) deviation: f64,
    /// Examples in a batch.
    pub(crate) batch: u32,
    pub(crate) seed: u64,
}

impl Noise {
    /// The deviation of a batch's gradient, `$\sigma/\sqrt B$`.
    pub(crate) fn of_batch(self) -> f64 {
        self.deviation / f64::from(self.batch).sqrt()
    }
}

/// An objective whose gradients are noisy; its values are exact.
pub(crate) struct Noisy<O> {
    f: O,
    deviation: f64,
    rng: Rng,
}

impl<O: Objective> Noisy<O> {
    pub(crate) fn new(f: O, noise: Noise) -> Self {
        Self { f, deviation: noise.of_batch(), rng: rng(noise.seed) }
    }
}

impl<O: Objective> Objective for Noisy<O> {
    fn value_and_grad(&mut self, x: &[f64]) -> (f64, Vec<f64>) {
        let (value, mut gradient) = self.f.value_and_grad(x);
        let noise = Tensor::randn(gradient.len(), &mut self.rng).to_f64_vec();
        for (g, noise) in gradient.iter_mut().zip(noise) {
            *g += self.deviation * noise;
        }
        (value, gradient)
    }

    fn fault(&mut self, x: &[f64]) -> Option<String> {
        self.f.fault(x)
    }

    fn hessian(&mut self, x: &[f64]) -> Vec<f64> {
        self.f.hessian(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::race::ground::Ground;

    /// The variance of a gradient is σ²/B.
    #[test]
    fn the_variance_falls_with_the_batch() {
        let ground = Ground::read("quadratic").unwrap();
        for batch in [1, 16] {
            let mut noisy = Noisy::new(&ground, Noise { deviation: 2.0, batch, seed: 3 });
            let draws: Vec<f64> = (0..4000).map(|_| noisy.value_and_grad(&[0.0, 0.0]).1[0]).collect();
            let variance = draws.iter().map(|x| x * x).sum::<f64>() / draws.len() as f64;
            approx::assert_relative_eq!(variance, 4.0 / f64::from(batch), max_relative = 0.1);
        }
    }
}
