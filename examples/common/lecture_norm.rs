//! Batch normalisation as makemore's lectures write it out. The layer of the library (and of PyTorch) divides by the root of the mean
//! square; here it is n − 1 that the squares are divided by, and part 3 averages deviations, not their squares.

#![allow(dead_code, reason = "each example takes what it needs")]

use gradus::prelude::*;

/// `gain (x - mean)/√(variance + eps) + shift` over the rows of `[N, C]`.
#[derive(Debug, Clone)]
pub(crate) struct LectureNorm {
    gain: Param,
    shift: Param,
    mean: Param,
    /// The running variance, or the running deviation.
    spread: Param,
    deviations: bool,
    momentum: f64,
    eps: f64,
}

gradus::params!(LectureNorm { gain, shift, mean, spread });

impl LectureNorm {
    /// Part 3: deviations are averaged, slowly, and nothing is added to them.
    pub(crate) fn of_part_3(channels: usize) -> Self {
        Self { deviations: true, momentum: 0.001, eps: 0.0, ..Self::of_part_5(channels) }
    }

    /// Part 5: variances are averaged.
    pub(crate) fn of_part_5(channels: usize) -> Self {
        let (ones, zeros) = (Tensor::ones(channels), Tensor::zeros(channels));
        Self {
            gain: Param::new(&ones),
            shift: Param::new(&zeros),
            mean: Param::buffer(zeros),
            spread: Param::buffer(ones),
            deviations: false,
            momentum: 0.1,
            eps: 1e-5,
        }
    }
}

impl Module for LectureNorm {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let tape = x.tape();
        let (gain, shift) = (tape.param(&self.gain), Some(tape.param(&self.shift)));
        if !tape.is_training_for("LectureNorm") {
            let spread = tape.param(&self.spread);
            let variance = if self.deviations { spread.square() } else { spread };
            return x.batch_norm_with(tape.param(&self.mean), variance, Some(gain), shift, self.eps);
        }
        // The library's operation divides by the root of v (n - 1)/n + e: so e is chosen, and the gain is scaled.
        let n = x.shape()[0] as f64;
        let ratio = (n - 1.0) / n;
        let (y, mean, variance) = x.batch_norm_training(Some(gain * ratio.sqrt()), shift, self.eps * ratio);
        let variance = variance / ratio;
        let spread = if self.deviations { variance.sqrt() } else { variance };
        for (running, batch) in [(&self.mean, mean), (&self.spread, spread)] {
            tape.update(running, running.value() * (1.0 - self.momentum) + batch * self.momentum);
        }
        y
    }
}
